#pragma once

#include "engines/allocate/problem.h"
#include "engines/allocate/proof.h"

namespace sj::allocate {

struct FlowSolution {
  Bundles bundles;
  ProofNode prices;  // a leaf of scale 1 that proves the bundles best, `min` aside
};

/// The best assignment of a problem whose conflicts are cliques, `min` left out of account.
///
/// Takes:   a problem with `is_flow`.
/// Gives:   bundles of greatest total Value, and prices that prove it.
/// Limits:  network simplex with strongly feasible trees: it ends; worst case exponential, in
///          practice near linear in the number of wishes times log.
/// Source:  Cunningham 1976 (strongly feasible bases); Ahuja, Magnanti and Orlin, ch. 11.
[[nodiscard]] FlowSolution solve_flow(const Problem& problem);

}  // namespace sj::allocate
