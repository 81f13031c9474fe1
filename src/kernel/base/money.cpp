#include "kernel/base/money.h"

#include <cstddef>

#include "kernel/base/check.h"

namespace sj {

Money& Money::operator+=(Money other) {
  std::int64_t fen = 0;
  SJ_CHECK(!__builtin_add_overflow(fen_, other.fen_, &fen));
  fen_ = fen;
  return *this;
}

Money& Money::operator-=(Money other) {
  std::int64_t fen = 0;
  SJ_CHECK(!__builtin_sub_overflow(fen_, other.fen_, &fen));
  fen_ = fen;
  return *this;
}

Money& Money::operator*=(std::int64_t times) {
  std::int64_t fen = 0;
  SJ_CHECK(!__builtin_mul_overflow(fen_, times, &fen));
  fen_ = fen;
  return *this;
}

std::vector<Money> Money::split(std::int64_t parts) const {
  SJ_CHECK(parts >= 1);
  SJ_CHECK(parts <= 1'000'000);
  const std::int64_t each = fen_ / parts;
  const std::int64_t left = fen_ % parts;  // has the sign of fen_
  const std::int64_t step = left < 0 ? -1 : 1;
  std::vector<Money> shares(static_cast<std::size_t>(parts), Money(each));
  for (std::int64_t i = 0; i < left * step; ++i) {
    shares[static_cast<std::size_t>(i)] += Money(step);
  }
  return shares;
}

}  // namespace sj
