#pragma once

#include <atomic>
#include <cstdint>

#include "kernel/time/instant.h"

namespace sj {

/// Where the present moment comes from. Passed in wherever it matters, so that a test, a rehearsal
/// or a replay can say what time it is.
class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;

  [[nodiscard]] virtual Instant now() const = 0;
};

/// The machine's clock.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override;
};

/// Starts at a chosen moment and runs on at the machine's pace: serves the demo on its day.
/// Never goes back, whatever happens to the machine's clock.
class OffsetClock final : public Clock {
 public:
  explicit OffsetClock(Instant start);

  [[nodiscard]] Instant now() const override;

 private:
  std::int64_t start_ms_;
  std::int64_t origin_ms_;  // of the machine's steady clock
};

/// Stands still until told otherwise; for tests and rehearsals. May be set and read from several
/// threads.
class TestClock final : public Clock {
 public:
  explicit TestClock(Instant now) : now_ms_(now.utc_ms()) {}

  [[nodiscard]] Instant now() const override { return Instant(now_ms_.load()); }
  void set(Instant now) { now_ms_.store(now.utc_ms()); }
  void advance_ms(std::int64_t ms) { now_ms_.fetch_add(ms); }

 private:
  std::atomic<std::int64_t> now_ms_;
};

}  // namespace sj
