#pragma once

#include <atomic>
#include <cstdint>

#include "kernel/time/clock.h"
#include "kernel/time/entropy.h"

namespace sj {

/// Where new ids come from (`Id<Tag>`): positive, each larger than the one before.
class IdSource {
 public:
  IdSource() = default;
  IdSource(const IdSource&) = delete;
  IdSource& operator=(const IdSource&) = delete;
  virtual ~IdSource() = default;

  /// May be called from several threads.
  [[nodiscard]] virtual std::int64_t next() = 0;
};

/// Ids ordered by the time they were made, to be used by several processes on one database.
///
/// From the top: 41 bits milliseconds since 2020-01-01T00:00Z, 14 bits drawn once per object, 8
/// bits counting within the millisecond. Always increasing within one object, also when the clock
/// goes back or more than 256 are wanted in a millisecond: it then runs ahead of the clock. Two
/// objects can give the same id only if they drew the same 14 bits (1 in 16,384) in the same
/// millisecond; the primary key refuses it then. Limits: a clock before 2020 counts as 2020; one
/// after 2089 breaks an invariant.
class SystemIds final : public IdSource {
 public:
  /// `clock` must outlive this; `entropy` is used here only.
  SystemIds(const Clock& clock, Entropy& entropy);

  [[nodiscard]] std::int64_t next() override;

 private:
  const Clock& clock_;
  std::int64_t own_bits_;
  std::atomic<std::int64_t> last_tick_ = -1;  // milliseconds and count as one number
};

/// Counts up: 1, 2, 3. For tests and the demo.
class SequentialIds final : public IdSource {
 public:
  explicit SequentialIds(std::int64_t first = 1) : next_(first) {}

  [[nodiscard]] std::int64_t next() override { return next_.fetch_add(1); }

 private:
  std::atomic<std::int64_t> next_;
};

}  // namespace sj
