#pragma once

#include <functional>

#include "engines/allocate/problem.h"
#include "engines/allocate/proof.h"

namespace sj::allocate {

/// How much a search may do. Counted in steps, not in seconds, so that it ends at the same point,
/// with the same result, on every machine.
struct SearchLimits {
  int nodes = 4000;
  std::int64_t work = 60'000'000'000;
};

struct BranchSolution {
  Bundles bundles;
  ComponentProof proof;  // `gap` left to `check_proof`
};

/// The best assignment of any problem, by branch and bound over BundleLp.
///
/// Takes:   the problem; what must hold from the start (for `explain`: a seat given); a report of
///          the number of nodes, called now and then.
/// Gives:   the best assignment found and the tree that proves it. If a limit is reached, leaves
///          that prove less remain and the gap says so. `feasible` is false if nothing satisfies
///          `start`.
/// Limits:  one working basis is (sections + groups)² numbers; sensible up to a few thousand.
struct BranchResult {
  bool feasible = false;
  BranchSolution solution;
};
[[nodiscard]] BranchResult solve_by_branching(const Problem& problem,
                                              const Restrictions& start,
                                              const SearchLimits& limits,
                                              const std::function<void(int nodes)>& report);

}  // namespace sj::allocate
