#pragma once

#include "engines/allocate/branch.h"
#include "engines/allocate/problem.h"

namespace sj::allocate {

/// The best assignment where sections have `min`: branch and bound over which of them open.
///
/// Bounds come from prices on what a student can give (one seat of its quota, one of a clique of
/// its conflicts) and on seats of groups: at such prices each section picks its students for
/// itself, and at most so many sections open as all students can fill. That is as strong as the
/// linear programme in which nobody holds more of a section than is open of it. Once every section
/// is decided a flow is left, or what BundleLp solves.
///
/// Takes:   a problem with some `min`; an assignment that keeps every constraint.
/// Gives:   the best found, with the tree that proves it, or what is left when a limit is reached.
/// Limits:  an evaluation of the bound is linear in the wishes and counts ten steps for each.
/// Source:  Held, Wolfe and Crowder 1974 (subgradients); Geoffrion 1974 (Lagrangian relaxation).
[[nodiscard]] BranchSolution solve_by_opening(const Problem& problem,
                                              const Bundles& start,
                                              const SearchLimits& limits);

/// Whether some section has `min` and all bounds are exact in 64 bits.
[[nodiscard]] bool can_solve_by_opening(const Problem& problem);

}  // namespace sj::allocate
