#pragma once

#include <functional>
#include <optional>

#include "engines/allocate/branch.h"
#include "engines/allocate/proof.h"
#include "engines/allocate/rules.h"

namespace sj::allocate {

struct WelfareOptions {
  int threads = 1;  // changes the time, never the result
  SearchLimits limits{};
  /// Called now and then, from any thread but never twice at once: components done and in all.
  std::function<void(int done, int all)> report{};
};

struct WelfareOutcome {
  Outcome outcome;
  Certificate certificate;
};

/// Most seats, then least total rank (most points), then least positions, then least ties
/// (`welfare-1`), each component by itself, with a proof.
///
/// Takes:   a market with `ties`, without priorities.
/// Gives:   for every component an optimum, or the best found with the gap its proof leaves.
/// Limits:  components whose conflicts are cliques: network simplex. Others: see branch.h.
/// Source:  Koopmans and Beckmann 1957 (prices as proof); docs/algorithms/draw.md, section 5.
[[nodiscard]] WelfareOutcome decide_welfare(const Market& market, const WelfareOptions& options);

/// Checks a certificate against an assignment, trusting neither: linear in the certificate times
/// the market.
/// Gives: false if it is malformed, or the assignment breaks a constraint.
[[nodiscard]] bool check_certificate(const Market& market,
                                     const Assignment& assignment,
                                     const Certificate& certificate);

/// Fills in what follows from the seats of a `welfare` result: cut-offs and closed sections.
void complete_welfare(const Market& market, Outcome& outcome);

/// What the best assignment loses if `student` must hold the wish at `place` of its list.
struct SeatCost {
  std::int64_t seats = 0;
  std::int64_t rank = 0;  // more rank in total; with points: fewer points
  bool proved = true;
  bool possible = true;  // false: no assignment gives this seat
};
[[nodiscard]] SeatCost cost_of_giving(const Market& market,
                                      const Assignment& assignment,
                                      int student,
                                      int place,
                                      const SearchLimits& limits);

}  // namespace sj::allocate
