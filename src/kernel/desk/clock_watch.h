#pragma once

#include <cstdint>

#include "kernel/base/result.h"
#include "kernel/desk/desk.h"
#include "kernel/sql/sql.h"
#include "kernel/time/clock.h"

namespace sj::desk {

/// Is the clock to be believed? Jobs that delete what has become old ask before they do: a clock
/// that jumps a year ahead makes everything old at once.
///
/// The store keeps the last moment that was believed; before the first, the last entry of the trail
/// speaks. A moment more than kJumpDays away from it, either way, is doubted until an operator
/// confirms it, or until the doubted clock has gone on for kBelievedAfterDays at the pace of a
/// clock.
inline constexpr std::int64_t kJumpDays = 3;
inline constexpr std::int64_t kBelievedAfterDays = 3;

struct ClockState {
  std::int64_t believed_ms = 0;      // the last moment believed; 0: never looked
  std::int64_t doubted_from_ms = 0;  // 0: it is not doubted
  std::int64_t doubted_to_ms = 0;    // how far it has gone on since

  [[nodiscard]] bool doubted() const { return doubted_from_ms != 0; }
  friend bool operator==(const ClockState&, const ClockState&) = default;
};

/// What to think of the clock now. Pure.
[[nodiscard]] ClockState decide_clock(const ClockState& before, Instant now);

/// Looks at the clock and writes down what it thinks, when that has changed or an hour old.
/// Gives: whether the clock is doubted.
/// Fails: desk.busy, desk.closing, sql.*
[[nodiscard]] Result<bool> watch_clock(Desk& desk, sql::Connection& reader, const Clock& clock);

/// Believes the clock as it is now: an operator says so.
[[nodiscard]] Result<void> confirm_clock(Tx& tx);

}  // namespace sj::desk
