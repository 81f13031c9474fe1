#pragma once

#include <compare>
#include <concepts>
#include <cstdint>
#include <vector>

namespace sj {

/// An amount of money in fen (分), the only unit money is kept, sent or shown from.
///
/// There is no division and no floating point, on purpose: both lose fen. To share an amount use
/// `split`. Sums that leave the range of int64 break an invariant (InvariantBroken); amounts from
/// outside are limited where they are read.
class Money {
 public:
  constexpr Money() = default;
  constexpr explicit Money(std::int64_t fen) : fen_(fen) {}
  template <std::floating_point F>
  explicit Money(F) = delete;

  [[nodiscard]] constexpr std::int64_t fen() const { return fen_; }

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes a defaulted <=> for a null pointer
  friend constexpr auto operator<=>(Money, Money) = default;

  Money& operator+=(Money other);
  Money& operator-=(Money other);
  Money& operator*=(std::int64_t times);
  template <std::floating_point F>
  Money& operator*=(F) = delete;

  friend Money operator+(Money a, Money b) { return a += b; }
  friend Money operator-(Money a, Money b) { return a -= b; }
  friend Money operator-(Money a) { return Money() - a; }
  friend Money operator*(Money a, std::int64_t times) { return a *= times; }
  friend Money operator*(std::int64_t times, Money a) { return a *= times; }
  template <std::floating_point F>
  friend Money operator*(Money, F) = delete;
  template <std::floating_point F>
  friend Money operator*(F, Money) = delete;

  /// Shares the amount among `parts` as evenly as fen allow.
  ///
  /// Takes:  `parts`, 1..1,000,000 (checked).
  /// Gives:  that many amounts whose sum is exactly this one; they differ by at most one fen, the
  ///         ones further from zero first, so the same amount is always split the same way.
  [[nodiscard]] std::vector<Money> split(std::int64_t parts) const;

 private:
  std::int64_t fen_ = 0;
};

}  // namespace sj
