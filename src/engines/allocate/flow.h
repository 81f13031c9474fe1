#pragma once

#include "engines/allocate/problem.h"
#include "engines/allocate/proof.h"

namespace sj::allocate {

struct FlowSolution {
  Bundles bundles;
  ProofNode prices;  // a leaf of scale 1 that proves the bundles best, `min` aside
  // With `open`, per place of every list: what the student must forgo elsewhere for it.
  std::vector<Value> costs{};
};

/// The best assignment when of each student's conflicts only those within the cliques of its
/// cover count, and `min` does not.
///
/// Takes:   `open`, if any, per section: those with `min` that are open hold at least so many, the
///          others nobody. Where that is not possible some hold fewer.
/// Gives:   for a problem with `is_flow` the bundles of greatest total Value and prices that prove
///          it; else bundles that may conflict, and prices that bound the true optimum.
/// Limits:  network simplex with strongly feasible trees: it ends; worst case exponential, in
///          practice near linear in the number of wishes times log.
/// Source:  Cunningham 1976 (strongly feasible bases); Ahuja, Magnanti and Orlin, ch. 11.
[[nodiscard]] FlowSolution solve_flow(const Problem& problem,
                                      const std::vector<char>* open = nullptr);

/// A good assignment that keeps every constraint, quickly: the flow above, conflicts given up,
/// gaps filled, sections below `min` closed one by one. The prices bound the true optimum.
/// It is where branching starts, and all there is where branching would be too large.
[[nodiscard]] FlowSolution solve_roughly(const Problem& problem);

/// Of the `open` sections the one with the largest shortfall below its `min`, or -1.
[[nodiscard]] int shortest_section(const Problem& problem,
                                   const std::vector<char>& open,
                                   const Bundles& bundles);

/// Makes bundles keep every constraint: gives up what conflicts or lacks a seat, closes sections
/// below `min`, fills free seats.
void repair(const Problem& problem, Bundles& bundles);

}  // namespace sj::allocate
