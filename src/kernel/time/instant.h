#pragma once

#include <compare>
#include <cstdint>

namespace sj {

/// A moment, in milliseconds since 1970-01-01T00:00Z. The same everywhere; what day it is somewhere
/// is a question for zone.h.
class Instant {
 public:
  constexpr explicit Instant(std::int64_t utc_ms) : utc_ms_(utc_ms) {}

  [[nodiscard]] constexpr std::int64_t utc_ms() const { return utc_ms_; }

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes a defaulted <=> for a null pointer
  friend constexpr auto operator<=>(Instant, Instant) = default;

 private:
  std::int64_t utc_ms_;
};

}  // namespace sj
