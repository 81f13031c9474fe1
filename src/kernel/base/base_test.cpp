#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <numeric>
#include <string>
#include <type_traits>
#include <unordered_set>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "kernel/base/check.h"
#include "kernel/base/id.h"
#include "kernel/base/money.h"
#include "kernel/base/result.h"

namespace sj {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

TEST(Check, says_where_and_what) {
  try {
    SJ_CHECK(1 + 1 == 3);
    FAIL() << "not thrown";
  } catch (const InvariantBroken& broken) {
    const std::string text = broken.what();
    EXPECT_NE(text.find("src/kernel/base/base_test.cpp:"), std::string::npos) << text;
    EXPECT_NE(text.find("1 + 1 == 3"), std::string::npos) << text;
  }
}

TEST(Check, leaves_a_true_statement_alone) {
  EXPECT_NO_THROW(SJ_CHECK(true));
}

Result<int> half(int n) {
  if (n % 2 != 0) return Error{ErrorKind::invalid, "base.odd", "n: " + std::to_string(n)};
  return n / 2;
}

Result<void> must_be_even(int n) {
  static_cast<void>(SJ_TRY(half(n)));
  return {};
}

Result<int> quarter(int n) {
  SJ_TRY(must_be_even(n));
  const int once = SJ_TRY(half(n));
  return half(once);
}

Result<std::unique_ptr<int>> boxed(int n) {
  const int once = SJ_TRY(half(n));
  return std::make_unique<int>(once);
}

TEST(Result, carries_the_value_or_the_first_error) {
  EXPECT_EQ(quarter(12).value(), 3);
  const Result<int> at_first = quarter(3);
  ASSERT_FALSE(at_first.ok());
  EXPECT_EQ(at_first.error().kind, ErrorKind::invalid);
  EXPECT_EQ(at_first.error().code, "base.odd");
  EXPECT_EQ(at_first.error().detail, "n: 3");
  EXPECT_EQ(quarter(6).error().detail, "n: 3");
}

TEST(Result, moves_values_that_cannot_be_copied) {
  Result<std::unique_ptr<int>> result = boxed(8);
  ASSERT_TRUE(result.ok());
  *result.value() += 1;
  const std::unique_ptr<int> box = std::move(result).value();
  EXPECT_EQ(*box, 5);
  EXPECT_EQ(boxed(7).error().code, "base.odd");
}

TEST(Result, taking_the_side_that_is_not_there_is_a_fault) {
  const Result<int> good = half(2);
  const Result<int> bad = half(1);
  EXPECT_THROW(static_cast<void>(good.error()), InvariantBroken);
  EXPECT_THROW(static_cast<void>(bad.value()), InvariantBroken);
  EXPECT_THROW(static_cast<void>(must_be_even(2).error()), InvariantBroken);
  EXPECT_THROW(must_be_even(1).value(), InvariantBroken);
}

TEST(Money, adds_subtracts_and_multiplies) {
  const Money fee(36'000);
  EXPECT_EQ(fee + Money(1), Money(36'001));
  EXPECT_EQ(fee - Money(36'001), Money(-1));
  EXPECT_EQ(-fee, Money(-36'000));
  EXPECT_EQ(fee * 3, Money(108'000));
  EXPECT_EQ(3 * fee, fee * 3);
  EXPECT_LT(Money(-1), Money());
}

TEST(Money, never_wraps_around) {
  EXPECT_THROW(Money(kMax) + Money(1), InvariantBroken);
  EXPECT_THROW(Money(kMin) - Money(1), InvariantBroken);
  EXPECT_THROW(-Money(kMin), InvariantBroken);
  EXPECT_THROW(Money(kMax) * 2, InvariantBroken);
}

template <class T, class U>
concept Multiplies = requires(T a, U b) {
  a* b;
};
template <class T, class U>
concept Divides = requires(T a, U b) {
  a / b;
};

TEST(Money, has_no_division_and_no_floating_point) {
  static_assert(Multiplies<Money, std::int64_t>);
  static_assert(!Multiplies<Money, double>);
  static_assert(!Multiplies<double, Money>);
  static_assert(!Divides<Money, std::int64_t>);
  static_assert(!std::is_constructible_v<Money, double>);
  static_assert(!std::is_convertible_v<std::int64_t, Money>);
}

TEST(Money, splits_the_odd_fen_to_the_first) {
  const struct {
    std::int64_t fen, parts;
    std::vector<std::int64_t> want;
  } cases[] = {
      {100, 3, {34, 33, 33}},
      {-100, 3, {-34, -33, -33}},
      {2, 4, {1, 1, 0, 0}},
      {0, 2, {0, 0}},
      {7, 1, {7}},
      {kMin, 2, {kMin / 2, kMin / 2}},
  };
  for (const auto& c : cases) {
    std::vector<std::int64_t> got;
    for (const Money share : Money(c.fen).split(c.parts)) got.push_back(share.fen());
    EXPECT_EQ(got, c.want) << c.fen << " / " << c.parts;
  }
  EXPECT_THROW(static_cast<void>(Money(1).split(0)), InvariantBroken);
  EXPECT_THROW(static_cast<void>(Money(1).split(1'000'001)), InvariantBroken);
}

RC_GTEST_PROP(Money, split_keeps_the_sum_and_is_even, ()) {
  const auto fen = *rc::gen::arbitrary<std::int64_t>();
  const auto parts = *rc::gen::inRange<std::int64_t>(1, 2000);
  const std::vector<Money> shares = Money(fen).split(parts);
  RC_ASSERT(std::ssize(shares) == parts);
  RC_ASSERT(std::accumulate(shares.begin(), shares.end(), Money()) == Money(fen));
  const auto [low, high] = std::minmax_element(shares.begin(), shares.end());
  RC_ASSERT(*high - *low <= Money(1));
}

struct StudentTag;
struct SectionTag;
using StudentId = Id<StudentTag>;
using SectionId = Id<SectionTag>;

TEST(Id, keeps_sorts_apart) {
  static_assert(!std::is_constructible_v<StudentId, SectionId>);
  static_assert(!std::is_convertible_v<std::int64_t, StudentId>);
  EXPECT_LT(StudentId(1), StudentId(2));
  const std::unordered_set<StudentId> seen{StudentId(1), StudentId(1), StudentId(2)};
  EXPECT_EQ(seen.size(), 2U);
  EXPECT_EQ(StudentId(42).value(), 42);
}

}  // namespace
}  // namespace sj
