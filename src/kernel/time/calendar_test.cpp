#include "kernel/time/calendar.h"

#include <string_view>
#include <utility>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "kernel/base/check.h"

namespace sj {
namespace {

LocalDay day(std::string_view iso) {
  return LocalDay::parse(iso).value();
}

NationalDay off(std::string_view iso, std::string name, bool statutory = false) {
  return {day(iso), NationalKind::holiday, std::move(name), statutory};
}
NationalDay makeup(std::string_view iso, std::string name) {
  return {day(iso), NationalKind::makeup, std::move(name), false};
}

// 2026 of the State Council, in part.
NationalYear year_2026() {
  return {2026,
          day("2025-11-04"),
          "notice",
          {off("2026-01-01", "元旦", true), off("2026-01-02", "元旦"), off("2026-01-03", "元旦"),
           makeup("2026-01-04", "元旦"), makeup("2026-02-14", "春节"),
           off("2026-02-16", "春节", true), off("2026-02-17", "春节", true),
           makeup("2026-09-20", "国庆节"), off("2026-10-01", "国庆节", true),
           off("2026-10-02", "国庆节", true), makeup("2026-10-10", "国庆节")}};
}

std::vector<Term> terms() {
  return {{2025, 1, day("2025-09-03"), day("2026-01-30")},
          {2025, 2, day("2026-03-02"), day("2026-07-03")},
          {2026, 1, day("2026-09-01"), day("2027-01-22")}};
}

CalendarEntry entry(CalendarLayer layer,
                    EntryKind kind,
                    std::string_view from,
                    std::string_view to,
                    std::string name = "x") {
  static std::int64_t id = 0;
  CalendarEntry made;
  made.id = ++id;
  made.layer = layer;
  made.kind = kind;
  made.name = std::move(name);
  made.from = day(from);
  made.to = day(to);
  return made;
}

Calendar calendar(std::vector<CalendarEntry> entries = {}, std::vector<Dismissal> rows = {}) {
  return {NationalDays({year_2026()}), terms(), std::move(entries), std::move(rows)};
}

TEST(Calendar, knows_the_year_and_the_monday_of_every_day) {
  for (LocalDay one = day("1895-12-20"); one < day("2105-01-10"); one = one.plus_days(1)) {
    ASSERT_EQ(year_of(one), std::stoi(one.to_iso().substr(0, 4))) << one.to_iso();
    ASSERT_EQ(monday_of(one).weekday(), Weekday::monday);
    ASSERT_GE(days_between(monday_of(one), one), 0);
    ASSERT_LT(days_between(monday_of(one), one), 7);
  }
  EXPECT_EQ(year_of(LocalDay::first()), 1);
  EXPECT_EQ(year_of(LocalDay::last()), 9999);
}

TEST(NationalDays, take_the_later_notice_of_a_year_whole) {
  NationalYear again = year_2026();
  again.days = {off("2026-01-05", "元旦")};
  const NationalDays days({year_2026(), again});
  ASSERT_EQ(days.years().size(), 1U);
  EXPECT_FALSE(days.is_working_day(day("2026-01-05")));
  EXPECT_TRUE(days.is_working_day(day("2026-01-01")));
}

TEST(NationalDays, let_the_new_year_reach_into_december) {
  // Announced with 2027, whatever 2026 says of the day.
  NationalYear next;
  next.year = 2027;
  next.days = {makeup("2026-12-27", "元旦"), off("2026-12-31", "元旦")};
  NationalYear now = year_2026();
  now.days.push_back(off("2026-12-27", "x"));
  const NationalDays days({next, now});
  EXPECT_TRUE(days.is_working_day(day("2026-12-27")));
  EXPECT_FALSE(days.is_working_day(day("2026-12-31")));
}

TEST(NationalDays, are_provisional_without_a_notice_before_and_after) {
  const NationalDays days({year_2026()});
  EXPECT_TRUE(days.is_provisional(day("2025-12-31")));
  EXPECT_FALSE(days.is_provisional(day("2026-01-01")));
  EXPECT_FALSE(days.is_provisional(day("2026-12-31")));
  EXPECT_TRUE(days.is_provisional(day("2027-01-01")));
  EXPECT_EQ(days.provisional_years(day("2025-12-31"), day("2027-01-01")),
            (std::vector<int>{2025, 2027}));
  EXPECT_TRUE(days.provisional_years(day("2026-01-01"), day("2026-12-31")).empty());
}

TEST(NationalDays, count_working_days) {
  const NationalDays days({year_2026()});
  const struct {
    std::string_view from;
    std::int64_t n;
    std::string_view to;
  } cases[] = {
      {"2026-10-12", 0, "2026-10-12"},  {"2026-10-11", 0, "2026-10-11"},
      {"2026-10-12", 1, "2026-10-13"},  {"2026-10-09", 1, "2026-10-10"},  // a worked Saturday
      {"2026-10-10", 1, "2026-10-12"},  {"2026-09-30", 1, "2026-10-05"},  // over a feast
      {"2026-10-05", -1, "2026-09-30"}, {"2026-10-12", -1, "2026-10-10"},
      {"2025-12-31", 1, "2026-01-04"},  {"2026-09-18", 1, "2026-09-20"},  // a worked Sunday
      {"2024-02-28", 1, "2024-02-29"},  {"2024-02-29", 1, "2024-03-01"},
      {"2023-02-28", 1, "2023-03-01"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(days.add_working_days(day(c.from), c.n).to_iso(), c.to) << c.from << " " << c.n;
  }
  EXPECT_EQ(days.working_days_between(day("2026-09-30"), day("2026-10-12")), 7);
  EXPECT_EQ(days.working_days_between(day("2026-10-10"), day("2026-10-11")), 0);
  EXPECT_EQ(days.working_days_between(day("2026-10-11"), day("2026-10-10")), -1);
}

RC_GTEST_PROP(NationalDays, adds_as_it_counts, ()) {
  const NationalDays days({year_2026()});
  const LocalDay from = day("2025-06-01").plus_days(*rc::gen::inRange(0, 700));
  const std::int64_t n = *rc::gen::inRange(-300, 300);
  const LocalDay to = days.add_working_days(from, n);
  RC_ASSERT(days.working_days_between(from, to) == n);
  if (n != 0) RC_ASSERT(days.is_working_day(to));
}

TEST(Calendar, counts_weeks_from_the_monday_of_the_first_day) {
  const Term term = {2025, 1, day("2025-09-03"), day("2026-01-30")};  // a Wednesday
  EXPECT_EQ(week_of_term(term, day("2025-09-03")), 1);
  EXPECT_EQ(week_of_term(term, day("2025-09-07")), 1);
  EXPECT_EQ(week_of_term(term, day("2025-09-08")), 2);
  EXPECT_EQ(week_of_term(term, day("2025-09-01")), 1);
  EXPECT_EQ(week_of_term(term, day("2026-01-04")), 18);  // ISO week 1 of 2026 is the next
  EXPECT_EQ(week_of_term(term, day("2026-01-05")), 19);
  EXPECT_THROW((void)week_of_term(term, day("2025-08-31")), InvariantBroken);
  const Term sunday = {2026, 2, day("2026-03-01"), day("2026-07-03")};
  EXPECT_EQ(week_of_term(sunday, day("2026-03-01")), 1);
  EXPECT_EQ(week_of_term(sunday, day("2026-03-02")), 2);
}

TEST(Calendar, asks_the_country_and_the_terms_first) {
  const Calendar one = calendar();
  const struct {
    std::string_view day;
    std::string_view name;
    DayKind kind;
    bool working;
  } cases[] = {
      {"2026-09-30", "", DayKind::school_day, true},
      {"2026-10-01", "国庆节", DayKind::holiday, false},
      {"2026-10-10", "国庆节调休", DayKind::school_day, true},
      {"2026-10-11", "", DayKind::weekend, false},
      {"2026-01-31", "寒假", DayKind::vacation, false},
      {"2026-02-14", "寒假", DayKind::vacation, true},  // a make-up day that no school knows
      {"2026-02-16", "春节", DayKind::holiday, false},
      {"2026-07-04", "暑假", DayKind::vacation, false},
      {"2026-08-31", "暑假", DayKind::vacation, true},
      {"2025-09-02", "", DayKind::vacation, true},
      {"2027-01-23", "", DayKind::vacation, false},  // nobody knows when the next term begins
  };
  for (const auto& c : cases) {
    const CalendarDay is = one.on(day(c.day));
    EXPECT_EQ(is.kind, c.kind) << c.day;
    EXPECT_EQ(is.name, c.name) << c.day;
    EXPECT_EQ(is.working, c.working) << c.day;
    EXPECT_EQ(is.lessons, c.kind == DayKind::school_day) << c.day;
    EXPECT_EQ(is.layer, CalendarLayer::national);
  }
  EXPECT_EQ(one.on(day("2026-10-12")).week, 7);
  EXPECT_EQ(one.on(day("2026-10-12")).term->part, 1);
  EXPECT_EQ(one.on(day("2026-08-31")).term, nullptr);
}

TEST(Calendar, ends_a_summer_before_september_where_the_next_year_is_not_entered) {
  const Calendar one(NationalDays({year_2026()}), {{2025, 2, day("2026-03-02"), day("2026-07-03")}},
                     {});
  EXPECT_EQ(one.on(day("2026-08-31")).name, "暑假");
  EXPECT_EQ(one.on(day("2026-09-01")).name, "");
}

TEST(Calendar, lets_the_school_speak_after_the_district_and_the_newer_after_the_older) {
  using L = CalendarLayer;
  using K = EntryKind;
  // The list is by age; layers are not.
  const Calendar one = calendar({
      entry(L::school, K::holiday, "2026-10-20", "2026-10-21", "校庆"),
      entry(L::district, K::holiday, "2026-10-19", "2026-10-20", "台风"),
      entry(L::school, K::school_day, "2026-10-21", "2026-10-21", "照常"),
  });
  EXPECT_EQ(one.on(day("2026-10-19")).name, "台风");
  EXPECT_EQ(one.on(day("2026-10-19")).layer, L::district);
  EXPECT_EQ(one.on(day("2026-10-20")).name, "校庆");
  EXPECT_EQ(one.on(day("2026-10-20")).layer, L::school);
  EXPECT_EQ(one.on(day("2026-10-21")).kind, DayKind::school_day);
  EXPECT_EQ(one.below(day("2026-10-20"), L::school).name, "台风");
  EXPECT_EQ(one.below(day("2026-10-20"), L::district).kind, DayKind::school_day);
  EXPECT_THROW((void)one.below(day("2026-10-20"), L::national), InvariantBroken);
}

TEST(Calendar, keeps_a_feast_in_a_vacation_and_takes_a_make_up_sunday_into_it) {
  const Calendar one = calendar(
      {entry(CalendarLayer::district, EntryKind::vacation, "2026-09-19", "2026-10-02", "秋假")});
  EXPECT_EQ(one.on(day("2026-09-20")).kind, DayKind::vacation);
  EXPECT_EQ(one.on(day("2026-09-20")).name, "秋假");
  EXPECT_TRUE(one.on(day("2026-09-20")).working);
  EXPECT_EQ(one.on(day("2026-10-01")).kind, DayKind::holiday);
  EXPECT_EQ(one.on(day("2026-10-01")).name, "国庆节");
}

TEST(Calendar, leaves_days_without_lessons_as_they_are_under_half_days_and_events) {
  using L = CalendarLayer;
  CalendarEntry half = entry(L::school, EntryKind::half_day, "2026-10-16", "2026-10-17", "半天");
  half.ends_min = 12 * 60;
  const Calendar one =
      calendar({half, entry(L::school, EntryKind::event, "2026-10-23", "2026-10-24", "研学")});
  EXPECT_EQ(one.on(day("2026-10-16")).ends_min, 720);
  EXPECT_TRUE(one.on(day("2026-10-16")).lessons);
  EXPECT_EQ(one.on(day("2026-10-17")).kind, DayKind::weekend);
  EXPECT_FALSE(one.on(day("2026-10-17")).ends_min.has_value());
  EXPECT_EQ(one.on(day("2026-10-23")).kind, DayKind::school_day);
  EXPECT_FALSE(one.on(day("2026-10-23")).lessons);
  EXPECT_EQ(one.on(day("2026-10-24")).kind, DayKind::weekend);
  EXPECT_EQ(one.on(day("2026-10-24")).name, "研学");
}

TEST(Calendar, an_event_on_a_taught_make_up_day_keeps_its_weekday) {
  using L = CalendarLayer;
  CalendarEntry taught = entry(L::school, EntryKind::school_day, "2026-10-10", "2026-10-10");
  taught.follows = Weekday::wednesday;
  const Calendar one =
      calendar({taught, entry(L::school, EntryKind::event, "2026-10-10", "2026-10-10", "运动会")});
  const CalendarDay is = one.on(day("2026-10-10"));
  EXPECT_EQ(is.kind, DayKind::school_day);
  EXPECT_EQ(is.follows, Weekday::wednesday);
  EXPECT_FALSE(is.lessons);
}

TEST(Calendar, sends_pupils_home_by_stage_weekday_and_season) {
  using L = CalendarLayer;
  constexpr unsigned kPrimary = 1;
  constexpr unsigned kJunior = 2;
  constexpr unsigned kWeek = 0x3E;
  constexpr unsigned kFriday = 0x20;
  const LocalDay first = day("2026-09-01");
  const LocalDay last = day("2027-01-22");
  CalendarEntry half = entry(L::school, EntryKind::half_day, "2026-10-16", "2026-10-16");
  half.ends_min = 11 * 60;
  CalendarEntry taught = entry(L::school, EntryKind::school_day, "2026-10-10", "2026-10-10");
  taught.follows = Weekday::friday;
  const Calendar one =
      calendar({half, taught},
               {
                   {1, L::school, kPrimary, kWeek, first, last, 990},
                   {2, L::district, kPrimary | kJunior, kWeek, first, last, 1020},
                   {3, L::school, kPrimary, kFriday, day("2026-10-01"), day("2026-10-31"), 950},
               });
  const auto at = [&](std::string_view iso, unsigned stage) {
    return one.dismissal(one.on(day(iso)), stage);
  };
  EXPECT_EQ(at("2026-09-11", kPrimary), 990);  // a Friday before the season
  EXPECT_EQ(at("2026-10-09", kPrimary), 950);
  EXPECT_EQ(at("2026-10-30", kPrimary), 950);  // its last day's week
  EXPECT_EQ(at("2026-11-06", kPrimary), 990);
  EXPECT_EQ(at("2026-10-12", kPrimary), 990);
  EXPECT_EQ(at("2026-10-12", kJunior), 1020);  // the district's shows through
  EXPECT_EQ(at("2026-10-16", kPrimary), 660);
  EXPECT_EQ(at("2026-10-10", kPrimary), 950);  // a Saturday taught as a Friday
  EXPECT_EQ(at("2026-10-11", kPrimary), std::nullopt);
  EXPECT_EQ(at("2026-10-01", kPrimary), std::nullopt);
  EXPECT_EQ(at("2026-09-20", kPrimary), std::nullopt);  // a worked Sunday that no row names
}

}  // namespace
}  // namespace sj
