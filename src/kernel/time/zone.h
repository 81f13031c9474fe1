#pragma once

#include <string>
#include <string_view>

#include "kernel/base/result.h"
#include "kernel/time/instant.h"
#include "kernel/time/local_day.h"

namespace sj {

/// The product's zone is +08:00 (北京时间) whatever the machine says, and has no summer time.

/// The day it is at `instant`.
[[nodiscard]] LocalDay day_of(Instant instant);

/// Minutes since midnight at `instant`, 0..1439.
[[nodiscard]] int minute_of_day(Instant instant);

/// The moment `minute` minutes after the midnight with which `day` begins; `minute` 0..1440, so
/// that 1440 is the end of the day (checked).
[[nodiscard]] Instant instant_of(LocalDay day, int minute);

/// `2026-10-12T08:00:00.000+08:00`: how an instant is written everywhere. Years 1 to 9999 in the
/// product's zone (checked).
[[nodiscard]] std::string to_iso(Instant instant);

/// The instant that ISO 8601 text with an offset names: `2026-10-12T08:00+08:00`, with seconds and
/// a fraction (1 to 9 digits, of which milliseconds are kept) or without; the offset is `Z` or
/// `±hh:mm`. Without an offset the text is refused: it would name another moment elsewhere.
///
/// Fails: time.bad_instant (invalid).
[[nodiscard]] Result<Instant> parse_instant(std::string_view iso);

}  // namespace sj
