#include "kernel/time/zone.h"

#include <cstdint>

#include "kernel/base/check.h"

namespace sj {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::int64_t kDayMs = kMinuteMs * 60 * 24;
constexpr std::int64_t kOffsetMs = kMinuteMs * 60 * 8;

// Rounded down also before 1970, unlike `/`.
std::int64_t local_days(Instant instant) {
  std::int64_t local_ms = 0;
  SJ_CHECK(!__builtin_add_overflow(instant.utc_ms(), kOffsetMs, &local_ms));
  return local_ms / kDayMs - (local_ms % kDayMs < 0 ? 1 : 0);
}

}  // namespace

LocalDay day_of(Instant instant) {
  return LocalDay::from_epoch_days(local_days(instant));
}

int minute_of_day(Instant instant) {
  const std::int64_t since_midnight = instant.utc_ms() - instant_of(day_of(instant), 0).utc_ms();
  return static_cast<int>(since_midnight / kMinuteMs);
}

Instant instant_of(LocalDay day, int minute) {
  SJ_CHECK(minute >= 0);
  SJ_CHECK(minute <= 24 * 60);
  return Instant(day.epoch_days() * kDayMs + minute * kMinuteMs - kOffsetMs);
}

}  // namespace sj
