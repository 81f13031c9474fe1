#pragma once

#include "engines/allocate/flow.h"
#include "engines/allocate/problem.h"
#include "engines/allocate/proof.h"

namespace sj::allocate {

/// How much a search may do. Counted in steps, not in seconds, so that it ends at the same point,
/// with the same result, on every machine.
struct SearchLimits {
  int nodes = 4000;
  std::int64_t work = 20'000'000'000;
  bool ties = true;  // false: seats and rank (points) only, which is proved far sooner
};

/// A working basis holds the square of this many numbers; beyond it none is built.
constexpr std::size_t kMostRows = 4000;

struct BranchSolution {
  Bundles bundles;
  ComponentProof proof;  // `gap` left to `check_proof`
};

/// The best assignment of any problem, by branch and bound over BundleLp.
///
/// Takes:   the problem; an assignment that keeps every constraint, and prices; what has been
///          decided before. What the search offers need not keep to that: it must only be good.
/// Gives:   the best assignment found and the tree that proves that none below what was decided is
///          better. If a limit is reached, leaves that prove less remain and the gap says so.
/// Limits:  one working basis is (sections + groups)² numbers; sensible up to a few thousand.
struct BranchResult {
  std::int64_t work = 0;  // done
  BranchSolution solution;
};
[[nodiscard]] BranchResult solve_by_branching(const Problem& problem,
                                              const FlowSolution& start,
                                              const Restrictions& demands,
                                              const SearchLimits& limits);

}  // namespace sj::allocate
