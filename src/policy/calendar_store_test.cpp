// What the store of calendars does on both engines.
#include "policy/calendar_store.h"

#include <memory>

#include <gtest/gtest.h>

#include "kernel/api/route.h"
#include "kernel/desk/desk.h"
#include "kernel/sql/fresh_store.h"
#include "kernel/time/zone.h"

namespace sj::policy {
namespace {

using sql::Dialect;

constexpr std::int64_t kArea = 1;
constexpr std::int64_t kLarge = 900'000'000'000'000'000;

LocalDay day(std::string_view iso) {
  return LocalDay::parse(iso).value();
}
Days days(std::string_view from, std::string_view to) {
  return {day(from), day(to)};
}

class CalendarStore : public testing::TestWithParam<Dialect> {
 protected:
  void SetUp() override {
    if (!sql::FreshStore::available(GetParam())) GTEST_SKIP() << "SJ_TEST_PG is not set";
    store_ = std::make_unique<sql::FreshStore>(GetParam());
    auto connection = store_->connect();
    static_cast<void>(sql::migrate(*connection, sql::migrations()).value());
    desk_ = std::make_unique<desk::Desk>(std::move(connection), context_);
    reader_ = store_->connect(sql::Mode::read);
  }

  std::string write(const desk::Work& work, bool audited = true) {
    const auth::Actor actor{auth::ActorKind::staff, kArea, 401, 301, 1};
    const auto done = desk_->run(actor, [&](desk::Tx& tx) -> Result<void> {
      SJ_TRY(work(tx));
      if (!audited) return {};
      desk::Entry entry;
      entry.action = "policy.test.done";
      entry.subject_kind = "area";
      entry.subject = kArea;
      return tx.audit(kArea, entry);
    });
    clock_.advance_ms(1);
    return done.ok() ? "ok" : done.error().code;
  }
  std::int64_t add(std::int64_t school, const CalendarEntry& entry, std::int64_t area = kArea) {
    std::int64_t id = 0;
    EXPECT_EQ(write([&](desk::Tx& tx) -> Result<void> {
                id = SJ_TRY(insert_entries(tx, area, school, {&entry, 1})).front();
                return {};
              }),
              "ok");
    return id;
  }
  std::vector<std::string> names(std::int64_t school, Days range) {
    std::vector<std::string> found;
    const auto entries = list_entries(*reader_, kArea, school, range).value();
    for (const StoredEntry& one : entries) found.push_back(one.entry.name);
    return found;
  }

  static CalendarEntry entry(std::string name, std::string_view from, std::string_view to) {
    CalendarEntry made;
    made.kind = EntryKind::holiday;
    made.name = std::move(name);
    made.from = day(from);
    made.to = day(to);
    return made;
  }

  TestClock clock_{parse_instant("2026-10-12T08:00:00+08:00").value()};
  SequentialIds ids_{kLarge};
  SeededEntropy entropy_{"policy"};
  auth::Vault vault_{std::string(auth::Vault::kMasterBytes, 'm'), entropy_};
  desk::Context context_{clock_, ids_, entropy_, vault_};
  std::unique_ptr<sql::FreshStore> store_;
  std::unique_ptr<desk::Desk> desk_;
  std::unique_ptr<sql::Connection> reader_;
};

TEST_P(CalendarStore, GivesADistrictAndOneSchoolTheOlderFirst) {
  add(10, entry("b", "2026-10-12", "2026-10-14"));
  add(0, entry("a", "2026-10-13", "2026-10-13"));
  add(20, entry("other", "2026-10-13", "2026-10-13"));
  add(10, entry("elsewhere", "2026-10-13", "2026-10-13"), 2);
  using Names = std::vector<std::string>;
  EXPECT_EQ(names(10, days("2026-10-01", "2026-10-31")), (Names{"b", "a"}));
  EXPECT_EQ(names(0, days("2026-10-01", "2026-10-31")), (Names{"a"}));
  // Borders belong to the range.
  EXPECT_EQ(names(10, days("2026-10-14", "2026-10-14")), (Names{"b"}));
  EXPECT_EQ(names(10, days("2026-10-15", "2026-10-31")), Names());
  EXPECT_EQ(names(10, days("2026-10-01", "2026-10-12")), (Names{"b"}));
  EXPECT_EQ(list_all_entries(*reader_, kArea, days("2026-10-01", "2026-10-31")).value().size(), 3U);
}

TEST_P(CalendarStore, KeepsWhatAnEntrySays) {
  CalendarEntry taught = entry("上课", "2026-10-10", "2026-10-10");
  taught.kind = EntryKind::school_day;
  taught.follows = Weekday::wednesday;
  CalendarEntry half = entry("半天", "2027-01-22", "2027-01-22");
  half.kind = EntryKind::half_day;
  half.ends_min = 720;
  add(10, taught);
  add(0, half);
  const auto found = list_entries(*reader_, kArea, 10, days("2026-09-01", "2027-08-31")).value();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].entry.kind, EntryKind::school_day);
  EXPECT_EQ(found[0].entry.follows, Weekday::wednesday);
  EXPECT_FALSE(found[0].entry.ends_min.has_value());
  EXPECT_EQ(found[0].entry.layer, CalendarLayer::school);
  EXPECT_EQ(found[0].school, 10);
  EXPECT_EQ(to_iso(found[0].made), "2026-10-12T08:00:00.000+08:00");
  EXPECT_EQ(found[1].entry.ends_min, 720);
  EXPECT_FALSE(found[1].entry.follows.has_value());
  EXPECT_EQ(found[1].entry.layer, CalendarLayer::district);
}

TEST_P(CalendarStore, EndsOnlyWhatIsOpenInThatCalendar) {
  const std::int64_t id = add(10, entry("b", "2026-10-12", "2026-10-14"));
  const auto end = [&](std::int64_t area, std::int64_t school) {
    std::int64_t count = -1;
    const std::vector<std::int64_t> ids = {id, 77};
    EXPECT_EQ(write([&](desk::Tx& tx) -> Result<void> {
                count = SJ_TRY(end_entries(tx, area, school, ids));
                return {};
              }),
              "ok");
    return count;
  };
  EXPECT_EQ(end(kArea, 0), 0);
  EXPECT_EQ(end(kArea, 20), 0);
  EXPECT_EQ(end(2, 10), 0);
  EXPECT_EQ(names(10, days("2026-10-01", "2026-10-31")).size(), 1U);
  EXPECT_EQ(end(kArea, 10), 1);
  EXPECT_EQ(end(kArea, 10), 0);
  EXPECT_TRUE(names(10, days("2026-10-01", "2026-10-31")).empty());
}

TEST_P(CalendarStore, KeepsDismissalTimes) {
  const Dismissal row{0, CalendarLayer::school, 3, 0x3E, day("2026-09-01"), day("2027-01-22"), 990};
  std::int64_t id = 0;
  ASSERT_EQ(write([&](desk::Tx& tx) -> Result<void> {
              id = SJ_TRY(insert_dismissals(tx, kArea, 10, {&row, 1})).front();
              return {};
            }),
            "ok");
  const auto found = list_dismissals(*reader_, kArea, 10, days("2027-01-22", "2027-01-22")).value();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].row.stages, 3U);
  EXPECT_EQ(found[0].row.weekdays, 0x3EU);
  EXPECT_EQ(found[0].row.minute, 990);
  EXPECT_EQ(found[0].row.id, id);
  EXPECT_TRUE(
      list_dismissals(*reader_, kArea, 20, days("2027-01-22", "2027-01-22")).value().empty());
  EXPECT_EQ(list_all_dismissals(*reader_, kArea, days("2027-01-22", "2027-01-22")).value().size(),
            1U);
  ASSERT_EQ(write([&](desk::Tx& tx) -> Result<void> {
              const std::vector<std::int64_t> ids = {id};
              EXPECT_EQ(SJ_TRY(end_dismissals(tx, kArea, 10, ids)), 1);
              return {};
            }),
            "ok");
  EXPECT_TRUE(
      list_dismissals(*reader_, kArea, 10, days("2027-01-22", "2027-01-22")).value().empty());
}

TEST_P(CalendarStore, TheNewestNoticeOfAYearHolds) {
  const auto take = [&](std::int64_t area, int number, std::string name) {
    const NationalYear year{
        number,
        day("2026-11-04"),
        "通知",
        {{LocalDay::create(number, 1, 1).value(), NationalKind::holiday, std::move(name), true}}};
    ASSERT_EQ(write([&](desk::Tx& tx) { return insert_year(tx, area, year); }), "ok");
  };
  take(kArea, 2027, "元旦");
  take(kArea, 2028, "元旦");
  take(kArea, 2027, "新年");
  take(2, 2027, "别处");
  const auto years = list_taken_years(*reader_, kArea).value();
  ASSERT_EQ(years.size(), 2U);
  const NationalDays all{years};
  EXPECT_EQ(all.find(day("2027-01-01"))->name, "新年");
  EXPECT_TRUE(all.find(day("2027-01-01"))->statutory);
  EXPECT_EQ(all.year(2028)->source, "通知");
  EXPECT_EQ(all.year(2027)->announced, day("2026-11-04"));
}

TEST_P(CalendarStore, FindsRowsThatCannotBe) {
  api::Room room;
  add_calendar_invariants(room);
  const auto broken = [&] {
    std::vector<std::int64_t> counts;
    for (const api::Invariant& one : room.invariants) {
      counts.push_back(reader_->number(*one.breaks, {}).value());
    }
    return counts;
  };
  using Counts = std::vector<std::int64_t>;
  const std::int64_t first = add(10, entry("a", "2026-10-12", "2026-10-13"));
  add(20, entry("a", "2026-10-12", "2026-10-13"));
  add(10, entry("a", "2026-10-14", "2026-10-14"));
  EXPECT_EQ(broken(), (Counts{0, 0, 0}));
  add(10, entry("b", "2026-10-13", "2026-10-13"));
  EXPECT_EQ(broken(), (Counts{1, 0, 0}));
  ASSERT_EQ(write([&](desk::Tx& tx) -> Result<void> {
              const std::vector<std::int64_t> ids = {first};
              (void)SJ_TRY(end_entries(tx, kArea, 10, ids));
              return insert_year(tx, kArea, {2027, day("2026-11-04"), "x", {}});
            }),
            "ok");
  EXPECT_EQ(broken(), (Counts{0, 0, 1}));
}

TEST_P(CalendarStore, WritesNothingWithoutATrail) {
  const CalendarEntry one = entry("b", "2026-10-12", "2026-10-14");
  EXPECT_EQ(write(
                [&](desk::Tx& tx) -> Result<void> {
                  (void)SJ_TRY(insert_entries(tx, kArea, 10, {&one, 1}));
                  return {};
                },
                false),
            "desk.unaudited");
  EXPECT_TRUE(names(10, days("2026-10-01", "2026-10-31")).empty());
}

INSTANTIATE_TEST_SUITE_P(On,
                         CalendarStore,
                         testing::Values(Dialect::sqlite, Dialect::postgres),
                         [](const auto& engine) {
                           return engine.param == Dialect::sqlite ? "sqlite" : "postgres";
                         });

}  // namespace
}  // namespace sj::policy
