#include "kernel/time/clock.h"

#include <chrono>

namespace sj {
namespace {

std::int64_t steady_ms() {
  const auto since_start = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since_start).count();
}

}  // namespace

Instant SystemClock::now() const {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return Instant(std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count());
}

OffsetClock::OffsetClock(Instant start) : start_ms_(start.utc_ms()), origin_ms_(steady_ms()) {}

Instant OffsetClock::now() const {
  return Instant(start_ms_ + steady_ms() - origin_ms_);
}

}  // namespace sj
