#pragma once

#include <array>
#include <cmath>
#include <cstdint>

namespace sj::allocate {

/// 128 bits, which both compilers have and the standard does not name.
__extension__ using Int128 = __int128;

/// Exact value of a seat or a price: seats and rank in one number, then minus the lottery position,
/// then minus the tie hash. Compared from the left.
using Value = std::array<std::int64_t, 3>;

/// Totals of many values times capacities, which 64 bits may not hold.
using Total = std::array<Int128, 3>;

/// What the linear programme computes with: first a count of broken branch conditions, then the
/// three levels of a Value. Compared from the left, each level up to its rounding error.
using Real = std::array<double, 4>;

/// -1, 0 or 1.
[[nodiscard]] inline int compare(const Real& a, const Real& b) {
  // Levels hold integers or fractions with small denominators, of about 1, 1e6, 1e8 and 1e12.
  constexpr Real kError = {1e-7, 1e-5, 1e-4, 1e-2};
  for (std::size_t level = 0; level < a.size(); ++level) {
    const double difference = a[level] - b[level];
    if (difference > kError[level]) return 1;
    if (difference < -kError[level]) return -1;
  }
  return 0;
}
[[nodiscard]] inline int compare(const Value& a, const Value& b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}

template <class Number, std::size_t Levels>
std::array<Number, Levels>& operator+=(std::array<Number, Levels>& a,
                                       const std::array<Number, Levels>& b) {
  for (std::size_t level = 0; level < Levels; ++level) a[level] += b[level];
  return a;
}
template <class Number, std::size_t Levels>
std::array<Number, Levels>& operator-=(std::array<Number, Levels>& a,
                                       const std::array<Number, Levels>& b) {
  for (std::size_t level = 0; level < Levels; ++level) a[level] -= b[level];
  return a;
}

}  // namespace sj::allocate
