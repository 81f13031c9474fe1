#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "kernel/base/check.h"
#include "kernel/time/clock.h"
#include "kernel/time/instant.h"
#include "kernel/time/local_day.h"
#include "kernel/time/zone.h"

namespace sj {
namespace {

LocalDay day(std::string_view iso) {
  return LocalDay::parse(iso).value();
}

TEST(LocalDay, knows_weekdays_and_distances) {
  const struct {
    std::string_view iso;
    std::int64_t epoch_days;
    Weekday weekday;
  } cases[] = {
      {"1970-01-01", 0, Weekday::thursday},     {"1969-12-31", -1, Weekday::wednesday},
      {"2026-10-12", 20738, Weekday::monday},   {"2024-02-29", 19782, Weekday::thursday},
      {"2000-02-29", 11016, Weekday::tuesday},  {"0001-01-01", -719162, Weekday::monday},
      {"9999-12-31", 2932896, Weekday::friday}, {"2026-10-18", 20744, Weekday::sunday},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(day(c.iso).epoch_days(), c.epoch_days) << c.iso;
    EXPECT_EQ(day(c.iso).weekday(), c.weekday) << c.iso;
    EXPECT_EQ(day(c.iso).to_iso(), c.iso);
  }
}

TEST(LocalDay, refuses_what_is_no_day) {
  for (const std::string_view text :
       {"", "2026-10-1", "2026-10-012", "2026/10/12", "20261012", " 2026-10-12", "2026-10-12 ",
        "2026-13-01", "2026-00-10", "2026-10-00", "2026-02-29", "1900-02-29", "2026-04-31",
        "0000-12-31", "-026-10-12", "+026-10-12", "2026-1a-12", "２０２６-10-12"}) {
    const auto got = LocalDay::parse(text);
    ASSERT_FALSE(got.ok()) << text;
    EXPECT_EQ(got.error().code, "time.bad_day");
  }
  constexpr int kMost = std::numeric_limits<int>::max();
  EXPECT_FALSE(LocalDay::create(10000, 1, 1).ok());
  EXPECT_FALSE(LocalDay::create(2026, kMost, 1).ok());
  EXPECT_FALSE(LocalDay::create(2026, 1, -kMost).ok());
}

TEST(LocalDay, counts_across_months_and_leap_days) {
  const struct {
    std::string_view from;
    std::int64_t days;
    std::string_view want;
  } cases[] = {
      {"2026-10-12", 0, "2026-10-12"},   {"2026-12-31", 1, "2027-01-01"},
      {"2024-02-28", 2, "2024-03-01"},   {"2026-03-01", -1, "2026-02-28"},
      {"2026-09-01", 365, "2027-09-01"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(day(c.from).plus_days(c.days), day(c.want)) << c.from << " + " << c.days;
    EXPECT_EQ(days_between(day(c.from), day(c.want)), c.days);
  }
  EXPECT_THROW(static_cast<void>(day("9999-12-31").plus_days(1)), InvariantBroken);
  EXPECT_THROW(
      static_cast<void>(day("2026-10-12").plus_days(std::numeric_limits<std::int64_t>::min())),
      InvariantBroken);
}

RC_GTEST_PROP(LocalDay, text_and_back_is_the_same_day, ()) {
  const auto days = *rc::gen::inRange<std::int64_t>(-719162, 2932897);
  const LocalDay one = LocalDay::from_epoch_days(days);
  RC_ASSERT(day(one.to_iso()) == one);
}

TEST(Zone, is_eight_hours_ahead_whatever_the_machine_says) {
  constexpr std::int64_t kHourMs = 3'600'000;
  const struct {
    std::int64_t utc_ms;
    std::string_view day;
    int minute;
  } cases[] = {
      {0, "1970-01-01", 8 * 60},
      {16 * kHourMs - 1, "1970-01-01", 24 * 60 - 1},
      {16 * kHourMs, "1970-01-02", 0},
      {-8 * kHourMs, "1970-01-01", 0},
      {-8 * kHourMs - 1, "1969-12-31", 24 * 60 - 1},
      {1'791'799'500'000, "2026-10-12", 18 * 60 + 5},  // 2026-10-12T18:05+08:00
  };
  for (const auto& c : cases) {
    EXPECT_EQ(day_of(Instant(c.utc_ms)).to_iso(), c.day) << c.utc_ms;
    EXPECT_EQ(minute_of_day(Instant(c.utc_ms)), c.minute) << c.utc_ms;
  }
  EXPECT_EQ(instant_of(day("2026-10-12"), 18 * 60 + 5), Instant(1'791'799'500'000));
  EXPECT_EQ(instant_of(day("2026-10-12"), 24 * 60), instant_of(day("2026-10-13"), 0));
  EXPECT_THROW(static_cast<void>(instant_of(day("2026-10-12"), 24 * 60 + 1)), InvariantBroken);
  EXPECT_THROW(static_cast<void>(day_of(Instant(std::numeric_limits<std::int64_t>::max()))),
               InvariantBroken);
}

TEST(Clock, stands_still_or_follows_the_machine) {
  ManualClock manual(Instant(5));
  EXPECT_EQ(manual.now(), Instant(5));
  manual.set(Instant(3));
  EXPECT_EQ(manual.now(), Instant(3));
  const SystemClock system;
  EXPECT_GT(system.now(), instant_of(day("2020-01-01"), 0));
}

}  // namespace
}  // namespace sj
