// Decisions about calendars, the calendars the program comes with, and calendar files.
#include "policy/calendar.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "policy/calendar_file.h"
#include "policy/calendar_ics.h"
#include "policy/files.h"

namespace sj::policy {
namespace {

using L = CalendarLayer;
using K = EntryKind;

LocalDay day(std::string_view iso) {
  return LocalDay::parse(iso).value();
}

const Pack& pack() {
  static const Pack built_in = Pack::read(built_in_files()).value();
  return built_in;
}

NationalDays national() {
  return NationalDays({pack().national_years().begin(), pack().national_years().end()});
}

CalendarEntry entry(
    L layer, K kind, std::string_view from, std::string_view to, std::int64_t id = 0) {
  CalendarEntry made;
  made.id = id;
  made.layer = layer;
  made.kind = kind;
  made.name = "名称";
  made.from = day(from);
  made.to = day(to);
  if (kind == K::half_day) made.ends_min = 720;
  return made;
}

Calendar calendar(std::vector<CalendarEntry> entries = {}, std::vector<Dismissal> rows = {}) {
  return {national(),
          {{2025, 2, day("2026-03-02"), day("2026-07-03")},
           {2026, 1, day("2026-09-01"), day("2027-01-22")},
           {2026, 2, day("2027-02-22"), day("2027-07-02")}},
          std::move(entries),
          std::move(rows)};
}

EntriesCommand command(L layer,
                       std::vector<CalendarEntry> add,
                       std::vector<std::int64_t> end = {}) {
  EntriesCommand made;
  made.layer = layer;
  made.stages = stage_mask("primary");
  made.add = std::move(add);
  made.end = std::move(end);
  return made;
}

std::string refused(const Calendar& now, const EntriesCommand& wanted) {
  const auto decided = decide_entries(now, wanted);
  return decided.ok() ? "taken" : decided.error().code;
}

TEST(Calendars, EveryDayIsAsTheTableOfNoticesSays) {
  std::ifstream file("policy/calendars/every_day_2025_2026.csv");
  ASSERT_TRUE(file) << "run it in the folder of the project";
  const NationalDays days = national();
  std::string line;
  std::getline(file, line);
  int rows = 0;
  int working = 0;
  while (std::getline(file, line)) {
    std::vector<std::string> cells;
    std::istringstream in(line);
    for (std::string cell; std::getline(in, cell, ',');) cells.push_back(cell);
    ASSERT_EQ(cells.size(), 6U) << line;
    const LocalDay one = day(cells[0]);
    const NationalDay* const named = days.find(one);
    std::string type = one.weekday() >= Weekday::saturday ? "weekend" : "workday";
    if (named != nullptr) {
      type = named->kind == NationalKind::makeup ? "makeup_workday" : "holiday_off";
    }
    EXPECT_EQ(type, cells[2]) << line;
    EXPECT_EQ(static_cast<int>(one.weekday()), std::stoi(cells[1])) << line;
    EXPECT_EQ(named == nullptr ? "" : named->name, cells[3]) << line;
    EXPECT_EQ(named != nullptr && named->statutory, cells[4] == "1") << line;
    EXPECT_EQ(days.is_working_day(one), type == "workday" || type == "makeup_workday") << line;
    EXPECT_FALSE(days.is_provisional(one));
    ++rows;
    if (days.is_working_day(one)) ++working;
  }
  EXPECT_EQ(rows, 730);
  EXPECT_EQ(working, 2 * 248);
  // The law has thirteen days a year (全国年节及纪念日放假办法 第二条).
  for (const NationalYear& year : days.years()) {
    EXPECT_EQ(std::count_if(year.days.begin(), year.days.end(),
                            [](const NationalDay& one) { return one.statutory; }),
              13)
        << year.year;
  }
}

TEST(Calendars, AFaultyFileIsRefusedWithItsLine) {
  const std::string good = R"({
  "year": 2027,
  "announced": "2026-11-04",
  "source": {"doc": "HOL", "title": "t", "number": "n", "url": ""},
  "days": [
    {"day": "2027-01-01", "kind": "holiday", "name": "元旦", "statutory": true},
    {"day": "2027-01-10", "kind": "makeup", "name": "元旦"}
  ]
})";
  const auto said = [&](const std::string& what, const std::string& by) {
    std::string text = good;
    text.replace(text.find(what), what.size(), by);
    std::vector<File> files = built_in_files();
    files.push_back({"calendars/national/2027.json", text});
    const auto read = Pack::read(files);
    return read.ok() ? "taken" : read.error().code + " " + read.error().detail;
  };
  EXPECT_EQ(said("2027,", "2027,"), "taken");
  const struct {
    const char* what;
    const char* by;
    const char* said;
  } cases[] = {
      {"2027,", "2027", "2027.json:3: "},
      {"\"year\": 2027,\n", "\"year\": 2026,\n", "2027.json:6: days[0].day: 2027-01-01 is neither"},
      {"HOL", "HOLE", "2027.json:4: source.doc: sources.json has no document HOLE"},
      {"\"makeup\"", "\"work\"", "2027.json:7: days[1].kind: is none of: holiday, makeup"},
      {"2027-01-10", "2027-01-11", "2027.json:7: days[1].kind: 2027-01-11 is worked anyway"},
      {"2027-01-10\", \"kind\": \"makeup", "2027-01-01\", \"kind\": \"holiday",
       "2027.json:7: days[1].day: 2027-01-01 stands here twice"},
      {"\"announced\"", "\"anounced\"", "2027.json:"},
  };
  for (const auto& c : cases) {
    const std::string is = said(c.what, c.by);
    EXPECT_EQ(is.find("policy.bad_pack calendars/national/"), 0U) << is;
    EXPECT_NE(is.find(c.said), std::string::npos) << is << " does not say " << c.said;
  }
  std::vector<File> twice = built_in_files();
  for (const File& file : built_in_files()) {
    if (file.path == "calendars/national/2026.json") {
      twice.push_back({"calendars/national/again.json", file.text});
    }
  }
  EXPECT_NE(Pack::read(twice).error().detail.find("2026 also stands in"), std::string::npos);
}

TEST(Calendars, ATableOfDaysIsReadInManySpellings) {
  const auto days = read_days_csv(
      "\xEF\xBB\xBF"
      "date;type;holiday;statutory\n2027年1月1日;off;元旦;1\n2027.1.10;makeup;元旦;\n");
  ASSERT_TRUE(days.ok()) << days.error().detail;
  ASSERT_EQ(days.value().size(), 2U);
  EXPECT_TRUE(days.value()[0].statutory);
  EXPECT_EQ(days.value()[1].kind, NationalKind::makeup);
  EXPECT_EQ(read_days_csv("date,type\n").error().code, "policy.bad_year");
  EXPECT_EQ(read_days_csv("date,type,holiday,statutory\n2027-01-01,off,x,yes\n").error().detail,
            "line 2: is_statutory_day is 1 or 0");
  EXPECT_EQ(read_days_csv("").ok() ? "" : read_days_csv("").error().code, "");
}

TEST(Calendars, ClocksAreReadExactly) {
  EXPECT_EQ(minute_of("00:00"), 0);
  EXPECT_EQ(minute_of("16:30"), 990);
  EXPECT_EQ(minute_of("23:59"), 1439);
  for (const char* wrong : {"", "24:00", "12:60", "9:30", "12-30", "12:3a", "12:300", "-1:00"}) {
    EXPECT_FALSE(minute_of(wrong).has_value()) << wrong;
  }
  for (const int minute : {0, 59, 60, 990, 1439}) EXPECT_EQ(minute_of(clock_of(minute)), minute);
}

TEST(Calendars, StagesOfSchoolsAreMasks) {
  EXPECT_EQ(stage_mask("primary"), 1U);
  EXPECT_EQ(stage_mask("junior"), 2U);
  EXPECT_EQ(stage_mask("nine_year"), 3U);
  EXPECT_EQ(stage_mask(""), 3U);
}

TEST(DecideEntries, RefusesWhatIsNoEntry) {
  const Calendar now = calendar();
  EXPECT_EQ(refused(now, command(L::school, {})), "policy.nothing_to_change");
  const auto with = [&](auto change) {
    CalendarEntry one = entry(L::school, K::holiday, "2026-10-12", "2026-10-13");
    change(one);
    return refused(now, command(L::school, {one}));
  };
  EXPECT_EQ(with([](CalendarEntry&) {}), "taken");
  EXPECT_EQ(with([](CalendarEntry& one) { one.name = "  "; }), "policy.bad_entry");
  EXPECT_EQ(with([](CalendarEntry& one) { one.name = std::string(121, 'x'); }), "policy.bad_entry");
  EXPECT_EQ(with([](CalendarEntry& one) { one.to = day("2026-10-11"); }), "policy.bad_entry");
  EXPECT_EQ(with([](CalendarEntry& one) { one.ends_min = 720; }), "policy.bad_entry");
  EXPECT_EQ(with([](CalendarEntry& one) { one.follows = Weekday::monday; }), "policy.bad_entry");
  EXPECT_EQ(with([](CalendarEntry& one) {
              one.kind = K::school_day;
              one.follows = Weekday::saturday;
            }),
            "policy.bad_entry");
  EXPECT_EQ(with([](CalendarEntry& one) { one.kind = K::half_day; }), "policy.bad_entry");
  EXPECT_EQ(with([](CalendarEntry& one) {
              one.kind = K::half_day;
              one.ends_min = 0;
            }),
            "policy.bad_entry");
  EXPECT_EQ(with([](CalendarEntry& one) { one.from = one.to = day("1999-12-31"); }),
            "policy.bad_entry");
  EXPECT_EQ(with([](CalendarEntry& one) { one.from = one.to = LocalDay::last(); }),
            "policy.bad_entry");
  // 400 days are one too many to be 401.
  EXPECT_EQ(with([](CalendarEntry& one) {
              one.from = day("2026-03-02");
              one.to = one.from.plus_days(399);
            }),
            "taken");
  EXPECT_EQ(with([](CalendarEntry& one) {
              one.from = day("2026-03-02");
              one.to = one.from.plus_days(400);
            }),
            "policy.bad_entry");
}

TEST(DecideEntries, TellsEveryWrongFieldAtOnce) {
  CalendarEntry one = entry(L::school, K::event, "2026-10-12", "2026-10-11");
  one.name = "";
  const auto decided = decide_entries(calendar(), command(L::school, {one}));
  ASSERT_EQ(decided.error().fields.size(), 2U);
  EXPECT_EQ(decided.error().fields[0].field, "add[0].name");
  EXPECT_EQ(decided.error().fields[1].field, "add[0].to");
}

TEST(DecideEntries, WantsTermsOfTheSchoolYear) {
  const auto at = [](std::string_view from, std::string_view to) {
    return refused(calendar(), command(L::school, {entry(L::school, K::vacation, from, to)}));
  };
  EXPECT_EQ(at("2025-09-01", "2025-09-01"), "taken");  // the year of the spring term
  EXPECT_EQ(at("2025-08-31", "2025-09-01"), "policy.no_term");
  EXPECT_EQ(at("2027-08-31", "2027-08-31"), "taken");
  EXPECT_EQ(at("2027-08-31", "2027-09-01"), "policy.no_term");
  // A term may begin before September.
  const Calendar early(national(), {{2026, 1, day("2026-08-28"), day("2027-01-22")}}, {});
  const auto in = [&](std::string_view from) {
    return refused(early, command(L::school, {entry(L::school, K::holiday, from, from)}));
  };
  EXPECT_EQ(in("2026-08-28"), "taken");
  EXPECT_EQ(in("2026-08-27"), "policy.no_term");
}

TEST(DecideEntries, RefusesTheSameKindTwiceInOneLayerOnly) {
  const Calendar now = calendar({entry(L::school, K::holiday, "2026-10-12", "2026-10-14", 7),
                                 entry(L::district, K::holiday, "2026-10-20", "2026-10-20", 8)});
  const auto with = [&](K kind, std::string_view from, std::string_view to,
                        std::vector<std::int64_t> end = {}) {
    return refused(now, command(L::school, {entry(L::school, kind, from, to)}, std::move(end)));
  };
  EXPECT_EQ(with(K::holiday, "2026-10-14", "2026-10-15"), "policy.entry_overlaps");
  EXPECT_EQ(with(K::holiday, "2026-10-11", "2026-10-12"), "policy.entry_overlaps");
  EXPECT_EQ(with(K::holiday, "2026-10-13", "2026-10-13"), "policy.entry_overlaps");
  EXPECT_EQ(with(K::holiday, "2026-10-15", "2026-10-15"), "taken");
  EXPECT_EQ(with(K::half_day, "2026-10-13", "2026-10-13"), "taken");
  EXPECT_EQ(with(K::holiday, "2026-10-20", "2026-10-20"), "taken");  // of the other layer
  EXPECT_EQ(with(K::holiday, "2026-10-13", "2026-10-13", {7}), "taken");
  CalendarEntry sports = entry(L::school, K::event, "2026-10-12", "2026-10-12");
  CalendarEntry trip = sports;
  trip.name = "研学";
  EXPECT_EQ(refused(now, command(L::school, {sports, trip})), "taken");
  EXPECT_EQ(refused(now, command(L::school, {sports, sports})), "policy.entry_overlaps");
}

TEST(DecideEntries, EndsWhatIsOpenInItsOwnLayer) {
  const Calendar now = calendar({entry(L::school, K::holiday, "2026-10-12", "2026-10-14", 7),
                                 entry(L::district, K::holiday, "2026-10-20", "2026-10-20", 8)});
  EXPECT_EQ(refused(now, command(L::school, {}, {7})), "taken");
  EXPECT_EQ(refused(now, command(L::school, {}, {8})), "policy.no_such_entry");
  EXPECT_EQ(refused(now, command(L::district, {}, {8})), "taken");
  EXPECT_EQ(refused(now, command(L::district, {}, {9})), "policy.no_such_entry");
  const auto after = decide_entries(now, command(L::school, {}, {7}));
  EXPECT_EQ(after.value().on(day("2026-10-12")).kind, DayKind::school_day);
  EXPECT_EQ(after.value().on(day("2026-10-20")).kind, DayKind::holiday);
  EntriesCommand rows = command(L::school, {});
  rows.end_dismissals = {7};
  EXPECT_EQ(refused(now, rows), "policy.no_such_entry");
}

TEST(DecideEntries, RefusesWhatIsNoDismissalTime) {
  const auto with = [&](auto change) {
    EntriesCommand wanted = command(L::school, {});
    Dismissal row{0, L::school, 1, 0x3E, day("2026-09-01"), day("2027-01-22"), 990};
    change(row);
    wanted.add_dismissals = {row};
    return refused(calendar(), wanted);
  };
  EXPECT_EQ(with([](Dismissal&) {}), "taken");
  EXPECT_EQ(with([](Dismissal& row) { row.stages = 0; }), "policy.bad_dismissal");
  EXPECT_EQ(with([](Dismissal& row) { row.stages = 3; }), "policy.bad_dismissal");
  EXPECT_EQ(with([](Dismissal& row) { row.weekdays = 0; }), "policy.bad_dismissal");
  EXPECT_EQ(with([](Dismissal& row) { row.weekdays = 1; }), "policy.bad_dismissal");
  EXPECT_EQ(with([](Dismissal& row) { row.minute = 0; }), "policy.bad_dismissal");
  EXPECT_EQ(with([](Dismissal& row) { row.minute = 1440; }), "policy.bad_dismissal");
  EXPECT_EQ(with([](Dismissal& row) { row.to = day("2026-08-31"); }), "policy.bad_dismissal");
  EXPECT_EQ(with([](Dismissal& row) { row.to = day("2027-09-01"); }), "policy.no_term");
}

TEST(MovesOf, TellsOnlyDaysThatChange) {
  // A weekend in a half day's range, and a day that is off already.
  const Calendar now = calendar({entry(L::school, K::holiday, "2026-10-15", "2026-10-15", 7)});
  CalendarEntry off = entry(L::school, K::vacation, "2026-10-14", "2026-10-16");
  const EntriesCommand wanted = command(L::school, {off});
  const Calendar after = decide_entries(now, wanted).value();
  const auto moves = moves_of(now, after, wanted);
  ASSERT_EQ(moves.size(), 3U);
  EXPECT_EQ(moves[1].before.kind, DayKind::holiday);
  EXPECT_EQ(moves[1].after.kind, DayKind::vacation);
  const EntriesCommand nothing = command(L::school, {}, {7});
  EXPECT_EQ(moves_of(after, decide_entries(after, nothing).value(), nothing).size(), 0U)
      << "the newer vacation still covers the day";
  EXPECT_EQ(figures_of(now, now.terms()[1]).school_days, 99);
  EXPECT_EQ(figures_of(after, now.terms()[1]).school_days, 97);
}

std::vector<CalendarRuling> judged(const Calendar& now, const EntriesCommand& wanted) {
  const auto after = decide_entries(now, wanted);
  EXPECT_TRUE(after.ok()) << after.error().detail;
  const auto rulings = judge_change(pack(), "430602", now, after.value(), wanted);
  EXPECT_TRUE(rulings.ok()) << rulings.error().detail;
  return rulings.value();
}

TEST(JudgeChange, RefusesLessonsOfASchoolWhereThereAreNone) {
  const auto refuses = [](L layer, std::string_view on) {
    const auto rulings = judged(calendar(), command(layer, {entry(layer, K::school_day, on, on)}));
    EXPECT_EQ(rulings.front().ruling.rule, "ST-HOLCLASS");
    const auto refusal = refuse_if_forbidden(rulings);
    if (!refusal.ok()) {
      EXPECT_EQ(refusal.error().kind, ErrorKind::rule_violated);
      EXPECT_EQ(refusal.error().rule->rule, "ST-HOLCLASS");
      EXPECT_EQ(refusal.error().rule->limit, "上课日");
      EXPECT_NE(refusal.error().rule->clause.find("第三十三条"), std::string::npos);
    }
    return refusal.ok() ? std::string(name_of(rulings.front().ruling.verdict))
                        : refusal.error().rule->value;
  };
  EXPECT_EQ(refuses(L::school, "2026-10-01"), "法定节假日");  // statutory
  EXPECT_EQ(refuses(L::school, "2026-10-05"), "法定节假日");  // merely off
  EXPECT_EQ(refuses(L::school, "2026-10-17"), "休息日");
  EXPECT_EQ(refuses(L::school, "2026-08-20"), "寒暑假");
  EXPECT_EQ(refuses(L::school, "2026-10-10"), "pass");  // a make-up day
  EXPECT_EQ(refuses(L::school, "2026-10-12"), "pass");
  EXPECT_EQ(refuses(L::school, "2027-03-01"), "unknown");  // nobody has announced 2027
  EXPECT_EQ(refuses(L::school, "2027-03-06"), "休息日");
  EXPECT_EQ(refuses(L::district, "2026-10-01"), "法定节假日");
  EXPECT_EQ(refuses(L::district, "2026-10-05"), "法定节假日");
  EXPECT_EQ(refuses(L::district, "2026-10-17"), "fail");  // told, and taken
  EXPECT_EQ(refuses(L::district, "2026-08-20"), "fail");
}

TEST(JudgeChange, ASchoolMayTeachWhereTheDistrictSaysSo) {
  const Calendar now = calendar({entry(L::district, K::school_day, "2026-10-17", "2026-10-17", 3)});
  const auto rulings = judged(
      now, command(L::school, {entry(L::school, K::school_day, "2026-10-17", "2026-10-17")}));
  EXPECT_EQ(rulings.front().ruling.verdict, rules::Verdict::pass);
}

TEST(JudgeChange, ASchoolMayTakeItsOwnDayOffBack) {
  const Calendar now = calendar({entry(L::school, K::holiday, "2026-10-12", "2026-10-12", 3)});
  const auto rulings = judged(
      now, command(L::school, {entry(L::school, K::school_day, "2026-10-12", "2026-10-12")}));
  EXPECT_EQ(rulings.front().ruling.rule, "ST-HOLCLASS");
  EXPECT_EQ(rulings.front().ruling.verdict, rules::Verdict::pass);
}

TEST(JudgeChange, MeasuresASchoolAgainstTheTermsOfTheDistrict) {
  const auto verdict = [](std::string_view from, std::string_view to) {
    for (const CalendarRuling& one :
         judged(calendar(), command(L::school, {entry(L::school, K::school_day, from, to)}))) {
      if (one.ruling.rule == "NEG25-TERM" && one.ruling.verdict != rules::Verdict::pass) {
        return std::string(name_of(one.ruling.verdict)) + " " + one.day.to_iso();
      }
    }
    return std::string("pass");
  };
  EXPECT_EQ(verdict("2026-08-31", "2026-08-31"), "fail 2026-09-01");  // too early
  EXPECT_EQ(verdict("2027-01-23", "2027-01-23"), "fail 2026-09-01");  // too late
  EXPECT_EQ(verdict("2027-02-21", "2027-02-21"), "fail 2027-02-22");
  EXPECT_EQ(verdict("2026-10-10", "2026-10-10"), "pass");
}

TEST(DecideYear, TellsWhatIsNewChangedAndGone) {
  const NationalDays days = national();
  NationalYear next = *days.year(2026);
  EXPECT_TRUE(decide_year(days.year(2026), next).value().empty());
  const std::size_t all = next.days.size();
  EXPECT_EQ(decide_year(nullptr, next).value().size(), all);
  next.days[0].name = "新年";
  next.days.pop_back();
  next.days.insert(next.days.begin(), {day("2026-12-31"), NationalKind::holiday, "跨年", false});
  const auto changes = decide_year(days.year(2026), next).value();
  ASSERT_EQ(changes.size(), 3U);
  EXPECT_EQ(changes[0].before->name, "元旦");
  EXPECT_EQ(changes[0].after->name, "新年");
  EXPECT_EQ(changes[1].before->day, day("2026-10-10"));
  EXPECT_FALSE(changes[1].after.has_value());
  EXPECT_EQ(changes[2].after->day, day("2026-12-31"));
  EXPECT_FALSE(changes[2].before.has_value());
}

TEST(DecideYear, RefusesWhatIsNoNotice) {
  const auto with = [](auto change) {
    NationalYear year{
        2027, day("2026-11-04"), "x", {{day("2027-01-01"), NationalKind::holiday, "元旦", true}}};
    change(year);
    const auto decided = decide_year(nullptr, year);
    return decided.ok() ? std::string("taken") : decided.error().detail;
  };
  EXPECT_EQ(with([](NationalYear&) {}), "taken");
  EXPECT_EQ(with([](NationalYear& year) { year.days[0].day = day("2026-12-01"); }), "taken");
  EXPECT_NE(with([](NationalYear& year) { year.days[0].day = day("2026-11-30"); }), "taken");
  EXPECT_NE(with([](NationalYear& year) { year.days[0].day = day("2028-01-01"); }), "taken");
  EXPECT_NE(with([](NationalYear& year) { year.days.clear(); }), "taken");
  EXPECT_NE(with([](NationalYear& year) { year.source = " "; }), "taken");
  EXPECT_NE(with([](NationalYear& year) { year.year = 1999; }), "taken");
  EXPECT_NE(with([](NationalYear& year) { year.days.push_back(year.days[0]); }), "taken");
  EXPECT_NE(with([](NationalYear& year) { year.days[0].kind = NationalKind::makeup; }), "taken");
}

TEST(MissingTerms, AreThoseOfSchoolYearsInTheRange) {
  const Calendar now = calendar();
  EXPECT_TRUE(missing_terms(now.terms(), {day("2026-09-01"), day("2027-08-31")}).empty());
  const auto missing = missing_terms(now.terms(), {day("2026-08-31"), day("2027-09-01")});
  ASSERT_EQ(missing.size(), 3U);
  EXPECT_EQ(missing[0].school_year, 2025);
  EXPECT_EQ(missing[0].part, 1);
  EXPECT_EQ(missing[2].school_year, 2027);
}

TEST(Ics, FoldsAt75OctetsAndNeverWithinACharacter) {
  const std::string ascii(75, 'x');
  EXPECT_EQ(ics_line(ascii), ascii + "\r\n");
  EXPECT_EQ(ics_line(ascii + "y"), ascii + "\r\n y\r\n");
  std::string chinese = "SUMMARY:";
  for (int i = 0; i < 60; ++i) chinese += "节";
  const std::string folded = ics_line(chinese);
  std::string unfolded;
  std::size_t at = 0;
  while (at < folded.size()) {
    const std::size_t end = folded.find("\r\n", at);
    ASSERT_NE(end, std::string::npos);
    const std::string line = folded.substr(at, end - at);
    EXPECT_LE(line.size(), 75U);
    EXPECT_TRUE(at == 0 || line.front() == ' ');
    const std::string part = at == 0 ? line : line.substr(1);
    if (at != 0) {
      EXPECT_EQ(part.size() % 3, 0U) << "a character was cut";
    }
    unfolded += part;
    at = end + 2;
  }
  EXPECT_EQ(unfolded, chinese);
  EXPECT_EQ(ics_text("a,b;c\\d\r\ne"), "a\\,b\\;c\\\\d\\ne");
}

TEST(Ics, TellsDaysThatAreNotOrdinary) {
  CalendarEntry taught = entry(L::school, K::school_day, "2026-10-10", "2026-10-10");
  taught.follows = Weekday::wednesday;
  taught.name = "国庆节调休";
  CalendarEntry half = entry(L::school, K::half_day, "2026-10-16", "2026-10-16");
  const Calendar now = calendar({taught, half});
  const IcsHead head = {"东小学校历", "1-10", Instant(1'791'763'200'000)};  // 2026-10-12 00:00 UTC
  const std::string text = ics_of(now, {day("2026-09-01"), day("2027-08-31")}, head);
  const auto has = [&](const std::string& what) { return text.find(what) != std::string::npos; };
  EXPECT_EQ(text.find("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"), 0U);
  EXPECT_TRUE(text.ends_with("END:VCALENDAR\r\n"));
  EXPECT_TRUE(has("DTSTAMP:20261012T000000Z\r\n"));
  EXPECT_TRUE(has("UID:holiday-20261001-1-10@shuangjian\r\n"));
  EXPECT_TRUE(
      has("DTSTART;VALUE=DATE:20261001\r\nDTEND;VALUE=DATE:20261008\r\n"
          "SUMMARY:国庆节（放假）\r\n"));
  EXPECT_TRUE(has("SUMMARY:国庆节调休（上周三的课）\r\n"));
  EXPECT_TRUE(has("SUMMARY:国庆节调休（上课）\r\n")) << "the worked Sunday before";
  EXPECT_TRUE(has("SUMMARY:名称（12:00放学）\r\n"));
  EXPECT_TRUE(has("SUMMARY:秋季学期开学\r\n"));
  EXPECT_TRUE(has("SUMMARY:春季学期最后一天\r\n"));
  // The winter begins in a year that nobody has announced.
  EXPECT_TRUE(
      has("DTSTART;VALUE=DATE:20270123\r\nDTEND;VALUE=DATE:20270222\r\nSUMMARY:寒假\r\n"
          "STATUS:TENTATIVE\r\n"));
  // What begins before the range keeps its days and its UID.
  const std::string part = ics_of(now, {day("2026-10-03"), day("2026-10-04")}, head);
  EXPECT_NE(part.find("UID:holiday-20261001-1-10@shuangjian\r\n"), std::string::npos);
  EXPECT_NE(part.find("DTEND;VALUE=DATE:20261008\r\n"), std::string::npos);
  EXPECT_EQ(part.find("20261010"), std::string::npos);
}

}  // namespace
}  // namespace sj::policy
