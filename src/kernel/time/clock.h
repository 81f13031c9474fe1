#pragma once

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

/// Stands still until told otherwise. For one thread.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Instant now) : now_(now) {}

  [[nodiscard]] Instant now() const override { return now_; }
  void set(Instant now) { now_ = now; }

 private:
  Instant now_;
};

}  // namespace sj
