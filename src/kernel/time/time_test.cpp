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

TEST(LooseDay, is_read_in_many_spellings) {
  for (const std::string_view text :
       {"2015-03-07", "2015/3/7", "2015.3.7", "2015.03.07", "20150307", "2015年3月7日",
        "2015年03月07号", "2015年3月7", " 2015 年 3 月 7 日 ", "２０１５－０３－０７",
        "２０１５年３月７日", "2015．3．7", "2015-3-7", "2015/3/7 0:00", "2015-03-07 00:00:00",
        "2015-03-07T00:00:00", "2015年3月7日 0:00:00", "\u30002015/03/07\r\n"}) {
    const auto got = parse_day_loose(text);
    ASSERT_TRUE(got.ok()) << text << ": " << got.error().detail;
    EXPECT_EQ(got.value().to_iso(), "2015-03-07") << text;
  }
}

TEST(LooseDay, refuses_what_could_be_another_day_or_is_none) {
  const struct {
    std::string_view text, code;
  } cases[] = {
      {"7/3/2015", "time.ambiguous_day"},
      {"1/05/2023", "time.ambiguous_day"},
      {"07.03.2015", "time.ambiguous_day"},
      {"15-3-7", "time.ambiguous_day"},
      {"15/03/07", "time.ambiguous_day"},
      {"15年3月7日", "time.ambiguous_day"},
      {"150307", "time.ambiguous_day"},
      {"201503", "time.ambiguous_day"},
      {"15-mar", "time.bad_day"},
      {"7-Mar-2015", "time.bad_day"},
      {"2015-03", "time.bad_day"},
      {"2015年3月", "time.bad_day"},
      {"2015-03/07", "time.bad_day"},
      {"2015年3-7", "time.bad_day"},
      {"2015-02-29", "time.bad_day"},
      {"20150229", "time.bad_day"},
      {"2015-13-01", "time.bad_day"},
      {"2015-003-07", "time.bad_day"},
      {"12015-03-07", "time.bad_day"},
      {"0000-03-07", "time.bad_day"},
      {"2015-03-07 08:00", "time.bad_day"},
      {"2015-03-07-", "time.bad_day"},
      {"-2015-03-07", "time.bad_day"},
      {"2015-03-07x", "time.bad_day"},
      {"42070", "time.bad_day"},
      {"99999999999999999999", "time.bad_day"},
      {"2015-99999999999999999999-1", "time.bad_day"},
      {"0:00", "time.bad_day"},
      {"年月日", "time.bad_day"},
      {"", "time.bad_day"},
  };
  for (const auto& c : cases) {
    const auto got = parse_day_loose(c.text);
    ASSERT_FALSE(got.ok()) << c.text;
    EXPECT_EQ(got.error().code, c.code) << c.text;
    EXPECT_NE(got.error().detail.find("2015-03-07"), std::string::npos);
  }
  EXPECT_FALSE(parse_day_loose(std::string(1'000'000, '1')).ok());
}

RC_GTEST_PROP(LooseDay, reads_every_day_that_is_written, ()) {
  const LocalDay one = LocalDay::from_epoch_days(*rc::gen::inRange<std::int64_t>(-719162, 2932897));
  RC_ASSERT(parse_day_loose(one.to_iso()).value() == one);
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

TEST(Instant, is_written_with_its_offset_and_read_back) {
  const struct {
    std::string_view iso;
    std::string_view want;
  } cases[] = {
      {"2026-10-12T08:00:00.000+08:00", "2026-10-12T08:00:00.000+08:00"},
      {"2026-09-01T08:00+08:00", "2026-09-01T08:00:00.000+08:00"},
      {"2026-10-12T00:00:00Z", "2026-10-12T08:00:00.000+08:00"},
      {"2026-10-12T20:30:05-05:30", "2026-10-13T10:00:05.000+08:00"},
      {"2026-10-12T08:00:00.5+08:00", "2026-10-12T08:00:00.500+08:00"},
      {"2026-10-12T08:00:59.987654321+08:00", "2026-10-12T08:00:59.987+08:00"},
      {"1969-12-31T23:59:59.999+00:00", "1970-01-01T07:59:59.999+08:00"},
      {"0001-01-01T00:00+08:00", "0001-01-01T00:00:00.000+08:00"},
      {"9999-12-31T23:59:59.999+08:00", "9999-12-31T23:59:59.999+08:00"},
  };
  for (const auto& c : cases) {
    const auto got = parse_instant(c.iso);
    ASSERT_TRUE(got.ok()) << c.iso;
    EXPECT_EQ(to_iso(got.value()), c.want) << c.iso;
  }
  EXPECT_EQ(parse_instant("2026-10-12T18:05+08:00").value(), Instant(1'791'799'500'000));
}

TEST(Instant, refuses_what_names_no_moment) {
  for (const std::string_view text : {"",
                                      "2026-10-12",
                                      "2026-10-12T08:00:00",
                                      "2026-10-12 08:00:00+08:00",
                                      "2026-10-12T08:00:00+0800",
                                      "2026-10-12T08:00:00+08",
                                      "2026-10-12T08+08:00",
                                      "2026-10-12T8:00:00+08:00",
                                      "2026-10-12T24:00:00+08:00",
                                      "2026-10-12T08:60:00+08:00",
                                      "2026-10-12T08:00:60+08:00",
                                      "2026-10-12T08:00:00.+08:00",
                                      "2026-10-12T08:00:00.0000000000+08:00",
                                      "2026-10-12T08:00:00+24:00",
                                      "2026-10-12T08:00:00+08:60",
                                      "2026-10-12T08:00:00z",
                                      "2026-10-12T08:00:00Z ",
                                      "2026-02-30T08:00:00Z",
                                      "0001-01-01T00:00+08:01",
                                      "9999-12-31T23:59:59-00:00"}) {
    const auto got = parse_instant(text);
    ASSERT_FALSE(got.ok()) << text;
    EXPECT_EQ(got.error().code, "time.bad_instant");
  }
}

RC_GTEST_PROP(Instant, text_and_back_is_the_same_moment, ()) {
  const Instant one(*rc::gen::inRange<std::int64_t>(instant_of(LocalDay::first(), 0).utc_ms(),
                                                    instant_of(LocalDay::last(), 1440).utc_ms()));
  RC_ASSERT(parse_instant(to_iso(one)).value() == one);
}

TEST(Clock, stands_still_or_follows_the_machine) {
  TestClock still(Instant(5));
  EXPECT_EQ(still.now(), Instant(5));
  still.set(Instant(3));
  still.advance_ms(4);
  EXPECT_EQ(still.now(), Instant(7));
  const SystemClock system;
  EXPECT_GT(system.now(), instant_of(day("2020-01-01"), 0));
}

TEST(Clock, runs_on_from_where_it_was_started) {
  const Instant start = instant_of(day("2026-10-12"), 8 * 60);
  const OffsetClock clock(start);
  const Instant first = clock.now();
  EXPECT_GE(first, start);
  EXPECT_LT(first, instant_of(day("2026-10-12"), 8 * 60 + 5));
  const SystemClock system;
  const std::int64_t begun_ms = system.now().utc_ms();
  while (clock.now() == first) EXPECT_LT(system.now().utc_ms() - begun_ms, 10'000);
  EXPECT_GT(clock.now(), first);
}

}  // namespace
}  // namespace sj
