#pragma once

#include "engines/allocate/problem.h"
#include "engines/allocate/proof.h"

namespace sj::allocate {

struct FlowSolution {
  Bundles bundles;
  ProofNode prices;  // a leaf of scale 1 that proves the bundles best, `min` aside
};

/// The best assignment when of each student's conflicts only those within the cliques of its
/// cover count, and `min` does not.
///
/// Gives:   for a problem with `is_flow` the bundles of greatest total Value and prices that prove
///          it; else bundles that may conflict, and prices that bound the true optimum.
/// Limits:  network simplex with strongly feasible trees: it ends; worst case exponential, in
///          practice near linear in the number of wishes times log.
/// Source:  Cunningham 1976 (strongly feasible bases); Ahuja, Magnanti and Orlin, ch. 11.
[[nodiscard]] FlowSolution solve_flow(const Problem& problem);

/// A good assignment that keeps every constraint, quickly: the flow above, conflicts given up,
/// gaps filled, sections below `min` closed one by one. The prices bound the true optimum.
/// It is where branching starts, and all there is where branching would be too large.
[[nodiscard]] FlowSolution solve_roughly(const Problem& problem);

/// Makes bundles keep every constraint: gives up what conflicts or lacks a seat, closes sections
/// below `min`, fills free seats.
void repair(const Problem& problem, Bundles& bundles);

}  // namespace sj::allocate
