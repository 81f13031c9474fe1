#pragma once

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

}  // namespace sj
