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
/// Takes:   the problem; what `solve_roughly` gave; what must hold
///          besides (for `explain`: a seat given).
/// Gives:   the best assignment found and the tree that proves it. If a limit is reached, leaves
///          that prove less remain and the gap says so. `feasible` is false if nothing satisfies
///          `demands`.
/// Limits:  one working basis is (sections + groups)² numbers; sensible up to a few thousand.
struct BranchResult {
  bool feasible = false;
  std::int64_t work = 0;  // done
  BranchSolution solution;
};
[[nodiscard]] BranchResult solve_by_branching(const Problem& problem,
                                              const FlowSolution& start,
                                              const Restrictions& demands,
                                              const SearchLimits& limits);

}  // namespace sj::allocate
