#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "kernel/api/reply.h"
#include "kernel/base/sha256.h"
#include "kernel/json/encode.h"
#include "kernel/json/json.h"
#include "kernel/json/schema.h"
#include "kernel/text/free_text.h"
#include "kernel/text/text.h"
#include "kernel/time/zone.h"

#include "org/api.h"
#include "org/types.h"
#include "policy/calendar.h"
#include "policy/calendar_file.h"
#include "policy/calendar_ics.h"
#include "policy/calendar_store.h"
#include "policy/room.h"

namespace sj::policy {

namespace {

struct TermRefDto {
  std::int64_t school_year = 0;
  std::int64_t part = 1;
};
BOOST_DESCRIBE_STRUCT(TermRefDto, (), (school_year, part))
struct StageTimeDto {
  json::OneOf<kDismissalStages> stage{};
  std::string at{};  // "16:30"
};
BOOST_DESCRIBE_STRUCT(StageTimeDto, (), (stage, at))
struct NationalDto {
  json::OneOf<kNationalKinds> kind{};
  std::string name{};
  bool statutory = false;
};
BOOST_DESCRIBE_STRUCT(NationalDto, (), (kind, name, statutory))
// What a day is.
struct DayDto {
  json::Day day{};
  std::int64_t weekday = 1;  // of ISO 8601
  json::OneOf<kDayKinds> kind{};
  std::string name{};  // empty: an ordinary one
  std::optional<TermRefDto> term{};
  std::optional<std::int64_t> week{};  // of the term
  bool provisional = false;            // its year has no announced calendar
  bool working = false;                // for offices
  bool lessons = false;                // ordinary ones
  json::OneOf<kCalendarLayers> layer{};
  std::optional<json::Id> entry{};
  std::optional<std::int64_t> follows_weekday{};
  std::optional<std::string> ends_at{};
  std::vector<StageTimeDto> dismissal{};
  std::optional<NationalDto> national{};
};
BOOST_DESCRIBE_STRUCT(DayDto,
                      (),
                      (day,
                       weekday,
                       kind,
                       name,
                       term,
                       week,
                       provisional,
                       working,
                       lessons,
                       layer,
                       entry,
                       follows_weekday,
                       ends_at,
                       dismissal,
                       national))
struct EntryDto {
  json::Id id{};
  std::optional<json::Id> school_id{};  // none: the district's
  json::OneOf<kEntryKinds> kind{};
  std::string name{};
  json::Day from{};
  json::Day to{};  // the last day
  std::optional<std::int64_t> follows_weekday{};
  std::optional<std::string> ends_at{};
  json::Moment made{};
  bool may_change = false;
};
BOOST_DESCRIBE_STRUCT(
    EntryDto, (), (id, school_id, kind, name, from, to, follows_weekday, ends_at, made, may_change))
struct DismissalDto {
  json::Id id{};
  std::optional<json::Id> school_id{};
  std::vector<std::string> stages{};
  std::vector<std::int64_t> weekdays{};
  json::Day from{};
  json::Day to{};
  std::string at{};
  bool may_change = false;
};
BOOST_DESCRIBE_STRUCT(DismissalDto, (), (id, school_id, stages, weekdays, from, to, at, may_change))
struct CalendarTermDto {
  std::int64_t school_year = 0;
  std::int64_t part = 1;
  json::Day first_day{};
  json::Day last_day{};
};
BOOST_DESCRIBE_STRUCT(CalendarTermDto, (), (school_year, part, first_day, last_day))
struct TermFiguresDto {
  std::int64_t school_year = 0;
  std::int64_t part = 1;
  std::int64_t weeks = 0;
  std::int64_t school_days = 0;
  std::int64_t half_days = 0;
  std::int64_t event_days = 0;
  std::int64_t makeup_days = 0;
};
BOOST_DESCRIBE_STRUCT(TermFiguresDto,
                      (),
                      (school_year, part, weeks, school_days, half_days, event_days, makeup_days))
struct CalendarDto {
  std::optional<json::Id> school{};  // none: the district's own calendar
  std::string name{};                // of the school
  json::Day from{};
  json::Day to{};
  std::vector<DayDto> days{};
  std::vector<EntryDto> entries{};
  std::vector<CalendarTermDto> terms{};
  std::vector<DismissalDto> dismissals{};
  std::vector<std::int64_t> provisional_years{};
  std::vector<TermRefDto> missing_terms{};  // what looks like vacation there may be none
  std::vector<TermFiguresDto> figures{};    // of the whole terms
  bool may_change = false;
};
BOOST_DESCRIBE_STRUCT(CalendarDto,
                      (),
                      (school,
                       name,
                       from,
                       to,
                       days,
                       entries,
                       terms,
                       dismissals,
                       provisional_years,
                       missing_terms,
                       figures,
                       may_change))

struct EntryBody {
  json::OneOf<kEntryKinds> kind{};
  std::string name{};
  json::Day from{};
  json::Day to{};
  std::optional<std::int64_t> follows_weekday{};
  std::optional<std::string> ends_at{};
};
BOOST_DESCRIBE_STRUCT(EntryBody, (), (kind, name, from, to, follows_weekday, ends_at))
struct DismissalBody {
  std::vector<std::string> stages{};
  std::vector<std::int64_t> weekdays{};
  json::Day from{};
  json::Day to{};
  std::string at{};
};
BOOST_DESCRIBE_STRUCT(DismissalBody, (), (stages, weekdays, from, to, at))
// What is to be made and ended. `seen`: of the preview that somebody looked at; if the calendar
// would move otherwise now, nothing is done.
struct CalendarChangeBody {
  std::optional<json::Id> school{};
  std::optional<std::vector<EntryBody>> add{};
  std::optional<std::vector<json::Id>> end{};
  std::optional<std::vector<DismissalBody>> add_dismissals{};
  std::optional<std::vector<json::Id>> end_dismissals{};
  std::optional<std::string> seen{};
};
BOOST_DESCRIBE_STRUCT(CalendarChangeBody,
                      (),
                      (school, add, end, add_dismissals, end_dismissals, seen))
struct MoveDto {
  DayDto before{};
  DayDto after{};
};
BOOST_DESCRIBE_STRUCT(MoveDto, (), (before, after))
struct FiguresMoveDto {
  TermFiguresDto before{};
  TermFiguresDto after{};
};
BOOST_DESCRIBE_STRUCT(FiguresMoveDto, (), (before, after))
// Where it is written.
struct CalendarSourceDto {
  std::string title{};
  std::string number{};
  std::string clause{};
};
BOOST_DESCRIBE_STRUCT(CalendarSourceDto, (), (title, number, clause))
struct CalendarRulingDto {
  std::string rule{};
  std::string title{};
  std::string verdict{};
  std::string explanation{};
  CalendarSourceDto source{};
  json::Day day{};  // the first it concerns
  std::int64_t days = 1;
  bool refuses = false;  // the change would not be taken
};
BOOST_DESCRIBE_STRUCT(CalendarRulingDto,
                      (),
                      (rule, title, verdict, explanation, source, day, days, refuses))
// Of a change of the district: whose days move, and who has entries of his own there.
struct SchoolsMovedDto {
  std::int64_t total = 0;
  std::int64_t moved = 0;
};
BOOST_DESCRIBE_STRUCT(SchoolsMovedDto, (), (total, moved))
struct PreviewDto {
  std::optional<json::Id> school{};
  std::vector<MoveDto> days{};
  std::vector<FiguresMoveDto> figures{};  // of terms that change
  std::vector<CalendarRulingDto> rules{};
  SchoolsMovedDto schools{};
  bool refused = false;  // some rule refuses it
  std::string seen{};
};
BOOST_DESCRIBE_STRUCT(PreviewDto, (), (school, days, figures, rules, schools, refused, seen))
struct CalendarChangedDto {
  std::vector<json::Id> entries{};  // as they were sent
  std::vector<json::Id> dismissals{};
  std::int64_t ended = 0;
  std::int64_t moved_days = 0;
};
BOOST_DESCRIBE_STRUCT(CalendarChangedDto, (), (entries, dismissals, ended, moved_days))

struct NationalDayDto {
  json::Day day{};
  json::OneOf<kNationalKinds> kind{};
  std::string name{};
  std::optional<bool> statutory{};
};
BOOST_DESCRIBE_STRUCT(NationalDayDto, (), (day, kind, name, statutory))
struct NationalYearDto {
  std::int64_t year = 0;
  json::Day announced{};
  std::string source{};
  bool taken = false;  // by the district; else the program came with it
  std::vector<NationalDayDto> days{};
};
BOOST_DESCRIBE_STRUCT(NationalYearDto, (), (year, announced, source, taken, days))
struct NationalYearsDto {
  std::vector<NationalYearDto> rows{};
};
BOOST_DESCRIBE_STRUCT(NationalYearsDto, (), (rows))
// A notice: its days, or the same as a table in `csv` (date,type,holiday,is_statutory_day).
struct NationalYearBody {
  std::int64_t year = 0;
  json::Day announced{};
  std::string source{};
  std::optional<std::vector<NationalDayDto>> days{};
  std::optional<json::Exact> csv{};
};
BOOST_DESCRIBE_STRUCT(NationalYearBody, (), (year, announced, source, days, csv))
constexpr std::array<std::string_view, 3> kChanges = {"new", "changed", "gone"};
struct YearChangeDto {
  json::Day day{};
  json::OneOf<kChanges> change{};
  std::optional<NationalDto> before{};
  std::optional<NationalDto> after{};
};
BOOST_DESCRIBE_STRUCT(YearChangeDto, (), (day, change, before, after))
struct YearDiffDto {
  std::int64_t year = 0;
  bool applied = false;
  std::vector<YearChangeDto> rows{};  // none: it is the same
  std::vector<MoveDto> days{};        // what moves in the district's own calendar
};
BOOST_DESCRIBE_STRUCT(YearDiffDto, (), (year, applied, rows, days))

constexpr std::int64_t kRangeMax = 400;  // days
constexpr std::int64_t kAround = 400;    // days before and after that terms may reach
constexpr json::Limits kChangeLimits = {.text_max = 200, .list_max = 100};
constexpr std::array<std::string_view, 2> kFlags = {"true", "false"};
const Error kNoSchool{ErrorKind::not_found, "policy.no_such_school", "school"};

TermRefDto ref_of(const Term& term) {
  return {term.school_year, term.part};
}

NationalDto dto_of(const NationalDay& day) {
  return {name_of(day.kind), day.name, day.statutory};
}

DayDto dto_of(const Calendar& calendar, const CalendarDay& day, unsigned stages) {
  DayDto dto;
  dto.day = day.day;
  dto.weekday = static_cast<std::int64_t>(day.day.weekday());
  dto.kind = name_of(day.kind);
  dto.name = day.name;
  if (day.term != nullptr) {
    dto.term = ref_of(*day.term);
    dto.week = day.week;
  }
  dto.provisional = day.provisional;
  dto.working = day.working;
  dto.lessons = day.lessons;
  dto.layer = name_of(day.layer);
  if (day.entry != 0) dto.entry = json::Id(day.entry);
  if (day.follows) dto.follows_weekday = static_cast<std::int64_t>(*day.follows);
  if (day.ends_min) dto.ends_at = clock_of(*day.ends_min);
  for (std::size_t i = 0; i < kDismissalStages.size(); ++i) {
    const unsigned bit = 1U << i;
    if ((stages & bit) == 0) continue;
    const auto minute = calendar.dismissal(day, bit);
    if (minute) dto.dismissal.push_back({kDismissalStages.at(i), clock_of(*minute)});
  }
  if (day.national != nullptr) dto.national = dto_of(*day.national);
  return dto;
}

TermFiguresDto dto_of(const Term& term, const TermFigures& figures) {
  return {term.school_year,  term.part,          figures.weeks,      figures.school_days,
          figures.half_days, figures.event_days, figures.makeup_days};
}

std::vector<MoveDto> dtos_of(const Calendar& before,
                             const Calendar& after,
                             std::span<const Move> moves,
                             unsigned stages) {
  std::vector<MoveDto> dtos;
  for (const Move& move : moves) {
    dtos.push_back({dto_of(before, move.before, stages), dto_of(after, move.after, stages)});
  }
  return dtos;
}

NationalYearDto dto_of(const NationalYear& year, bool taken) {
  NationalYearDto dto;
  dto.year = year.year;
  dto.announced = year.announced;
  dto.source = year.source;
  dto.taken = taken;
  for (const NationalDay& day : year.days) {
    dto.days.push_back({day.day, name_of(day.kind), day.name, day.statutory});
  }
  return dto;
}

// Whose calendar it is.
struct Whose {
  std::int64_t area = 0;
  std::int64_t school = 0;  // 0: the district's own
  std::string name{};
  unsigned stages = 0;

  [[nodiscard]] CalendarLayer layer() const {
    return school == 0 ? CalendarLayer::district : CalendarLayer::school;
  }
};

// A calendar with the rows it is made of.
struct Loaded {
  Calendar calendar;
  std::vector<StoredEntry> entries{};
  std::vector<StoredDismissal> dismissals{};
};

// The whole district, for what a change of it does to schools.
struct AllEntries {
  std::vector<StoredEntry> entries{};
  std::vector<StoredDismissal> dismissals{};

  [[nodiscard]] Calendar of(const Calendar& district, std::int64_t school) const {
    std::vector<CalendarEntry> own(district.entries().begin(), district.entries().end());
    std::vector<Dismissal> rows(district.dismissals().begin(), district.dismissals().end());
    for (const StoredEntry& one : entries) {
      if (one.school == school) own.push_back(one.entry);
    }
    for (const StoredDismissal& one : dismissals) {
      if (one.school == school) rows.push_back(one.row);
    }
    return {district.national(),
            {district.terms().begin(), district.terms().end()},
            std::move(own),
            std::move(rows)};
  }
};

// A change, decided and judged.
struct Considered {
  Calendar before;
  Calendar after;
  std::vector<Move> moves{};
  std::vector<CalendarRuling> rulings{};
  PreviewDto preview{};
};

// Wide enough for every term that a day of the range lies in or is near to.
Days widened(Days range) {
  const bool is_early = days_between(LocalDay::first(), range.from) < kAround;
  const bool is_late = days_between(range.to, LocalDay::last()) < kAround;
  return {is_early ? LocalDay::first() : range.from.plus_days(-kAround),
          is_late ? LocalDay::last() : range.to.plus_days(kAround)};
}

class CalendarRoutes {
 public:
  explicit CalendarRoutes(std::shared_ptr<Packs> packs) : packs_(std::move(packs)) {}

  Result<http::Response> get(const api::Call& call, sql::Reader& store) const {
    const Whose whose = SJ_TRY(find(store, call, call.query_text("school")));
    const Days range = SJ_TRY(range_asked(call));
    const Loaded loaded = SJ_TRY(load(store, whose, range));
    const Calendar& calendar = loaded.calendar;
    CalendarDto dto;
    if (whose.school != 0) dto.school = json::Id(whose.school);
    dto.name = whose.name;
    dto.from = range.from;
    dto.to = range.to;
    for (LocalDay day = range.from; day <= range.to; day = day.plus_days(1)) {
      dto.days.push_back(dto_of(calendar, calendar.on(day), whose.stages));
    }
    const bool may_district = may_change(call, whose.area, 0);
    dto.may_change = may_change(call, whose.area, whose.school);
    for (const StoredEntry& one : loaded.entries) {
      if (one.entry.to < range.from || one.entry.from > range.to) continue;
      dto.entries.push_back(entry_dto(one, one.school == 0 ? may_district : dto.may_change));
    }
    for (const StoredDismissal& one : loaded.dismissals) {
      if (one.row.to < range.from || one.row.from > range.to) continue;
      dto.dismissals.push_back(dismissal_dto(one, one.school == 0 ? may_district : dto.may_change));
    }
    for (const Term& term : calendar.terms()) {
      if (term.last_day < range.from || term.first_day > range.to) continue;
      dto.terms.push_back({term.school_year, term.part, term.first_day, term.last_day});
      dto.figures.push_back(dto_of(term, figures_of(calendar, term)));
    }
    for (const int year : calendar.national().provisional_years(range.from, range.to)) {
      dto.provisional_years.push_back(year);
    }
    for (const TermPart& one : missing_terms(calendar.terms(), range)) {
      dto.missing_terms.push_back({one.school_year, one.part});
    }
    return api::reply(json::encode(dto));
  }

  Result<http::Response> preview(const api::Call& call, sql::Reader& store) const {
    const auto body = SJ_TRY(json::read<CalendarChangeBody>(call.request.body, kChangeLimits));
    const Whose whose = SJ_TRY(find_writable(store, call, body.school));
    const EntriesCommand command = SJ_TRY(command_of(body, whose));
    const Considered considered = SJ_TRY(consider(store, call, whose, command));
    return api::reply(json::encode(considered.preview));
  }

  Result<http::Response> change(const api::Call& call, desk::Tx& tx) const {
    const auto body = SJ_TRY(json::read<CalendarChangeBody>(call.request.body, kChangeLimits));
    const Whose whose = SJ_TRY(find_writable(tx, call, body.school));
    const EntriesCommand command = SJ_TRY(command_of(body, whose));
    const Considered considered = SJ_TRY(consider(tx, call, whose, command));
    if (body.seen && *body.seen != considered.preview.seen) {
      return Error{ErrorKind::conflict, "policy.calendar_moved", "the preview is another now"};
    }
    SJ_TRY(refuse_if_forbidden(considered.rulings));
    CalendarChangedDto dto;
    const std::vector<std::int64_t> entries =
        SJ_TRY(insert_entries(tx, whose.area, whose.school, command.add));
    const std::vector<std::int64_t> rows =
        SJ_TRY(insert_dismissals(tx, whose.area, whose.school, command.add_dismissals));
    dto.ended = SJ_TRY(end_entries(tx, whose.area, whose.school, command.end));
    dto.ended += SJ_TRY(end_dismissals(tx, whose.area, whose.school, command.end_dismissals));
    dto.entries.assign(entries.begin(), entries.end());
    dto.dismissals.assign(rows.begin(), rows.end());
    dto.moved_days = static_cast<std::int64_t>(considered.moves.size());
    desk::Entry entry;
    entry.school = whose.school;
    entry.action = "policy.calendar.changed";
    entry.subject_kind = whose.school == 0 ? "area" : "school";
    entry.subject = whose.school == 0 ? whose.area : whose.school;
    entry.detail = change_json(command, dto, considered.moves);
    SJ_TRY(tx.audit(whose.area, entry));
    SJ_TRY(
        tx.publish(whose.area, {"policy.calendar.changed", event_json(whose, considered.moves)}));
    return api::reply(json::encode(dto));
  }

  Result<http::Response> ics(const api::Call& call, sql::Reader& store) const {
    const Whose whose = SJ_TRY(find(store, call, call.query_text("school")));
    const Days range = SJ_TRY(range_asked(call));
    const Loaded loaded = SJ_TRY(load(store, whose, range));
    IcsHead head;
    head.name = whose.school == 0 ? "校历" : whose.name + "校历";
    head.key = std::to_string(whose.area) + "-" + std::to_string(whose.school);
    head.stamp = call.now;
    return api::download(ics_of(loaded.calendar, range, head), "text/calendar; charset=utf-8",
                         head.name + ".ics");
  }

  Result<http::Response> years(const api::Call& call, sql::Reader& store) const {
    const auto pack = packs_->current();
    const std::vector<NationalYear> taken = SJ_TRY(list_taken_years(store, call.scope.area()));
    NationalYearsDto dto;
    const NationalDays national = national_of(*pack, taken);
    for (const NationalYear& year : national.years()) {
      const bool is_taken = std::any_of(taken.begin(), taken.end(), [&](const NationalYear& one) {
        return one.year == year.year;
      });
      dto.rows.push_back(dto_of(year, is_taken));
    }
    return api::reply(json::encode(dto));
  }

  Result<http::Response> take_year(const api::Call& call, desk::Tx& tx) const {
    if (!call.scope.everywhere()) return only_district();
    const NationalYear next = SJ_TRY(year_of_body(call));
    const auto pack = packs_->current();
    const std::int64_t area = call.scope.area();
    const Days range = {LocalDay::create(next.year - 1, 12, 1).value(),
                        LocalDay::create(next.year, 12, 31).value()};
    const Whose whose = {area, 0, "", stage_mask("")};
    const Loaded loaded = SJ_TRY(load(tx, whose, range));
    const Calendar& before = loaded.calendar;
    const NationalYear* const now = before.national().year(next.year);
    const auto changes = SJ_TRY(decide_year(now, next));
    std::vector<NationalYear> all = before.national().years();
    all.push_back(next);
    const Calendar after(NationalDays(std::move(all)),
                         {before.terms().begin(), before.terms().end()},
                         {before.entries().begin(), before.entries().end()},
                         {before.dismissals().begin(), before.dismissals().end()});
    YearDiffDto dto;
    dto.year = next.year;
    for (const YearChange& one : changes) dto.rows.push_back(change_dto(one));
    dto.days = dtos_of(before, after, moves_in(before, after, range, whose.stages), whose.stages);
    const bool is_same = changes.empty() && now != nullptr && now->announced == next.announced &&
                         now->source == next.source;
    dto.applied = call.query_text("apply") == "true" && !is_same;
    if (!dto.applied) return api::reply(json::encode(dto));
    SJ_TRY(insert_year(tx, area, next));
    desk::Entry entry;
    entry.action = "policy.calendar.year_taken";
    entry.subject_kind = "area";
    entry.subject = area;
    entry.detail = json::Writer()
                       .begin_object()
                       .key("changes")
                       .value(std::to_string(changes.size()))
                       .key("source")
                       .value(next.source)
                       .key("year")
                       .value(std::to_string(next.year))
                       .end_object()
                       .take();
    SJ_TRY(tx.audit(area, entry));
    SJ_TRY(tx.publish(area, {"policy.calendar.changed", event_json(whose, {})}));
    return api::reply(json::encode(dto));
  }

 private:
  static Error only_district() {
    return {ErrorKind::forbidden, "policy.only_district", "the district's own calendar"};
  }

  static bool may_change(const api::Call& call, std::int64_t area, std::int64_t school) {
    auth::Target target;
    target.area = area;
    target.school = school;
    return call.access.allows(org::kCalendarWrite, target);
  }

  static Result<Whose> find_school(sql::Reader& store, const api::Call& call, std::int64_t school) {
    const auto found = SJ_TRY(org::find_school_place(store, call.scope, school));
    if (!found) return kNoSchool;
    return Whose{call.scope.area(), found->id, found->name, stage_mask(found->stages)};
  }

  // Whoever may read some school may read the district's calendar.
  static Result<Whose> find(sql::Reader& store, const api::Call& call, const std::string& school) {
    if (school.empty()) return Whose{call.scope.area(), 0, "", stage_mask("")};
    const std::int64_t id = SJ_TRY(call.query_number("school", 0, 1, INT64_MAX));
    return find_school(store, call, id);
  }

  static Result<Whose> find_writable(sql::Reader& store,
                                     const api::Call& call,
                                     const std::optional<json::Id>& school) {
    if (school) return find_school(store, call, school->value);
    if (!call.scope.everywhere()) return only_district();
    return Whose{call.scope.area(), 0, "", stage_mask("")};
  }

  static Result<Days> range_asked(const api::Call& call) {
    Days range = school_year_days(org::school_year_of(day_of(call.now)));
    const std::string from = call.query_text("from");
    const std::string to = call.query_text("to");
    if (!from.empty()) {
      range.from = SJ_TRY(LocalDay::parse(from));
      // Without an end, the year from there.
      if (to.empty()) range.to = SJ_TRY(year_from(range.from));
    }
    if (!to.empty()) range.to = SJ_TRY(LocalDay::parse(to));
    if (range.to < range.from || days_between(range.from, range.to) >= kRangeMax ||
        !is_in_reach(range.from) || !is_in_reach(range.to)) {
      return Error{ErrorKind::invalid,
                   "policy.bad_range",
                   "from not after to, at most 400 days, in the years 2000 to 2100",
                   {{"to", "policy.bad_range", range.to.to_iso()}}};
    }
    return range;
  }

  static Result<LocalDay> year_from(LocalDay from) {
    constexpr std::int64_t kYear = 364;
    if (days_between(from, LocalDay::last()) < kYear) return LocalDay::last();
    return from.plus_days(kYear);
  }

  static NationalDays national_of(const Pack& pack, const std::vector<NationalYear>& taken) {
    std::vector<NationalYear> years(pack.national_years().begin(), pack.national_years().end());
    years.insert(years.end(), taken.begin(), taken.end());
    return NationalDays(std::move(years));
  }

  // With everything that terms around the range ask for.
  Result<Loaded> load(sql::Reader& store, const Whose& whose, Days range) const {
    const auto pack = packs_->current();
    const Days wide = widened(range);
    auto taken = SJ_TRY(list_taken_years(store, whose.area));
    auto entries = SJ_TRY(list_entries(store, whose.area, whose.school, wide));
    auto dismissals = SJ_TRY(list_dismissals(store, whose.area, whose.school, wide));
    std::vector<Term> terms;
    for (const org::TermDays& one : SJ_TRY(org::list_term_days(store, whose.area))) {
      // Whoever enters a term of the year 9999 has mistyped it.
      if (!is_in_reach(one.first_day) || !is_in_reach(one.last_day)) continue;
      terms.push_back({one.school_year, one.part, one.first_day, one.last_day});
    }
    std::vector<CalendarEntry> of_entries;
    of_entries.reserve(entries.size());
    for (const StoredEntry& one : entries) of_entries.push_back(one.entry);
    std::vector<Dismissal> of_rows;
    of_rows.reserve(dismissals.size());
    for (const StoredDismissal& one : dismissals) of_rows.push_back(one.row);
    return Loaded{Calendar(national_of(*pack, taken), std::move(terms), std::move(of_entries),
                           std::move(of_rows)),
                  std::move(entries), std::move(dismissals)};
  }

  static EntryDto entry_dto(const StoredEntry& one, bool may_change) {
    EntryDto dto;
    dto.id = one.entry.id;
    if (one.school != 0) dto.school_id = json::Id(one.school);
    dto.kind = name_of(one.entry.kind);
    dto.name = one.entry.name;
    dto.from = one.entry.from;
    dto.to = one.entry.to;
    if (one.entry.follows) dto.follows_weekday = static_cast<std::int64_t>(*one.entry.follows);
    if (one.entry.ends_min) dto.ends_at = clock_of(*one.entry.ends_min);
    dto.made = one.made;
    dto.may_change = may_change;
    return dto;
  }

  static DismissalDto dismissal_dto(const StoredDismissal& one, bool may_change) {
    DismissalDto dto;
    dto.id = one.row.id;
    if (one.school != 0) dto.school_id = json::Id(one.school);
    for (std::size_t i = 0; i < kDismissalStages.size(); ++i) {
      if ((one.row.stages & (1U << i)) != 0) dto.stages.emplace_back(kDismissalStages.at(i));
    }
    for (int weekday = 1; weekday <= 7; ++weekday) {
      if ((one.row.weekdays & (1U << static_cast<unsigned>(weekday))) != 0) {
        dto.weekdays.push_back(weekday);
      }
    }
    dto.from = one.row.from;
    dto.to = one.row.to;
    dto.at = clock_of(one.row.minute);
    dto.may_change = may_change;
    return dto;
  }

  static YearChangeDto change_dto(const YearChange& one) {
    YearChangeDto dto;
    dto.day = one.before ? one.before->day : one.after->day;
    dto.change = kChanges.at(!one.before ? 0U : one.after ? 1U : 2U);
    if (one.before) dto.before = dto_of(*one.before);
    if (one.after) dto.after = dto_of(*one.after);
    return dto;
  }

  static Error bad_field(const std::string& code,
                         const std::string& field,
                         const std::string& why) {
    return {ErrorKind::invalid, code, field + ": " + why, {{field, code, why}}};
  }

  // A text that others will read, as it is kept.
  static Result<std::string> text_in(const std::string& code,
                                     const std::string& field,
                                     std::string_view text) {
    constexpr std::size_t kCharactersMax = 120;
    if (text::trim(text).empty()) return std::string();  // what is missing is told with the rest
    auto checked = text::check_free_text(text, kCharactersMax);
    if (checked.ok()) return checked;
    return bad_field(code, field, checked.error().code + ", " + checked.error().detail);
  }

  static Result<EntriesCommand> command_of(const CalendarChangeBody& body, const Whose& whose) {
    EntriesCommand command;
    command.layer = whose.layer();
    command.stages = whose.stages;
    const auto add = body.add.value_or(std::vector<EntryBody>());
    for (std::size_t i = 0; i < add.size(); ++i) {
      const EntryBody& from = add[i];
      const std::string place = "add[" + std::to_string(i) + "].";
      CalendarEntry entry;
      entry.layer = command.layer;
      const auto kind = find_entry_kind(from.kind);
      if (!kind) {
        return bad_field("policy.bad_entry", place + "kind",
                         "is none of: vacation, holiday, school_day, half_day, event");
      }
      entry.kind = *kind;
      entry.name = SJ_TRY(text_in("policy.bad_entry", place + "name", from.name));
      entry.from = from.from.value;
      entry.to = from.to.value;
      if (from.follows_weekday) {
        if (*from.follows_weekday < 1 || *from.follows_weekday > 5) {
          return bad_field("policy.bad_entry", place + "follows_weekday", "is 1 to 5");
        }
        entry.follows = static_cast<Weekday>(*from.follows_weekday);
      }
      if (from.ends_at) {
        entry.ends_min = minute_of(*from.ends_at);
        if (!entry.ends_min) {
          return bad_field("policy.bad_entry", place + "ends_at", "is a time such as 12:00");
        }
      }
      command.add.push_back(std::move(entry));
    }
    for (const json::Id& id : body.end.value_or(std::vector<json::Id>())) {
      command.end.push_back(id.value);
    }
    const auto rows = body.add_dismissals.value_or(std::vector<DismissalBody>());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::string place = "add_dismissals[" + std::to_string(i) + "].";
      const Dismissal row = SJ_TRY(dismissal_of_body(rows[i], command.layer, place));
      command.add_dismissals.push_back(row);
    }
    for (const json::Id& id : body.end_dismissals.value_or(std::vector<json::Id>())) {
      command.end_dismissals.push_back(id.value);
    }
    return command;
  }

  static Result<Dismissal> dismissal_of_body(const DismissalBody& from,
                                             CalendarLayer layer,
                                             const std::string& place) {
    Dismissal row;
    row.layer = layer;
    for (const std::string& stage : from.stages) {
      const auto* const found = std::find(kDismissalStages.begin(), kDismissalStages.end(), stage);
      if (found == kDismissalStages.end()) {
        return bad_field("policy.bad_dismissal", place + "stages", "primary, junior");
      }
      row.stages |= 1U << static_cast<unsigned>(found - kDismissalStages.begin());
    }
    for (const std::int64_t weekday : from.weekdays) {
      if (weekday < 1 || weekday > 7) {
        return bad_field("policy.bad_dismissal", place + "weekdays", "1 to 7");
      }
      row.weekdays |= 1U << static_cast<unsigned>(weekday);
    }
    row.from = from.from.value;
    row.to = from.to.value;
    const auto minute = minute_of(from.at);
    if (!minute) return bad_field("policy.bad_dismissal", place + "at", "a time such as 16:30");
    row.minute = *minute;
    return row;
  }

  // From the first day that a command names to the last; of what it ends, the stored rows tell.
  static Result<Days> range_of(const EntriesCommand& command, Days fallback) {
    std::optional<Days> range;
    const auto add = [&](LocalDay from, LocalDay to) {
      if (!range) range = Days{from, from};
      range->from = std::min({range->from, from, to});
      range->to = std::max({range->to, from, to});
    };
    for (const CalendarEntry& one : command.add) add(one.from, one.to);
    for (const Dismissal& one : command.add_dismissals) add(one.from, one.to);
    return range.value_or(fallback);
  }

  Result<Considered> consider(sql::Reader& store,
                              const api::Call& call,
                              const Whose& whose,
                              const EntriesCommand& command) const {
    // What is ended may lie anywhere.
    const bool ends = !command.end.empty() || !command.end_dismissals.empty();
    const Days everything = {LocalDay::first(), LocalDay::last()};
    const Days range = ends ? everything : SJ_TRY(range_of(command, everything));
    Loaded loaded = SJ_TRY(load(store, whose, range));
    Calendar after = SJ_TRY(decide_entries(loaded.calendar, command));
    Considered all{std::move(loaded.calendar), std::move(after)};
    all.moves = moves_of(all.before, all.after, command);
    const auto pack = packs_->current();
    const org::District district = SJ_TRY(org::find_district(store, whose.area));
    const std::string place = SJ_TRY(area_digits(district.code));
    all.rulings = SJ_TRY(judge_change(*pack, place, all.before, all.after, command));
    PreviewDto& dto = all.preview;
    if (whose.school != 0) dto.school = json::Id(whose.school);
    dto.days = dtos_of(all.before, all.after, all.moves, whose.stages);
    for (const Term& term : all.before.terms()) {
      const TermFigures was = figures_of(all.before, term);
      const TermFigures is = figures_of(all.after, term);
      if (!(was == is)) dto.figures.push_back({dto_of(term, was), dto_of(term, is)});
    }
    for (const CalendarRuling& one : all.rulings) {
      const Citation& citation = one.ruling.citation;
      const Rule* const rule = pack->find(one.ruling.rule);
      dto.rules.push_back({one.ruling.rule,
                           rule == nullptr ? "" : rule->title,
                           std::string(name_of(one.ruling.verdict)),
                           one.ruling.explanation,
                           {citation.source->title, citation.source->number, citation.clause},
                           one.day,
                           one.days,
                           one.refuses});
      dto.refused = dto.refused || one.refuses;
    }
    if (whose.school == 0) dto.schools = SJ_TRY(schools_moved(store, call, all, command, range));
    Hasher hasher;
    dto.seen = text::to_hex(hasher.hash({json::encode(dto)})).substr(0, 16);
    return all;
  }

  static Result<SchoolsMovedDto> schools_moved(sql::Reader& store,
                                               const api::Call& call,
                                               const Considered& all,
                                               const EntriesCommand& command,
                                               Days range) {
    AllEntries own;
    own.entries = SJ_TRY(list_all_entries(store, call.scope.area(), range));
    own.dismissals = SJ_TRY(list_all_dismissals(store, call.scope.area(), range));
    SchoolsMovedDto dto;
    const auto schools = SJ_TRY(org::list_school_places(store, call.scope, day_of(call.now)));
    for (const org::SchoolPlace& school : schools) {
      ++dto.total;
      EntriesCommand of_school = command;
      of_school.stages = stage_mask(school.stages);
      if (!moves_of(own.of(all.before, school.id), own.of(all.after, school.id), of_school)
               .empty()) {
        ++dto.moved;
      }
    }
    return dto;
  }

  // Texts only, as the trail is shown; the rows themselves are kept.
  static std::string change_json(const EntriesCommand& command,
                                 const CalendarChangedDto& dto,
                                 std::span<const Move> moves) {
    std::string names;
    for (const CalendarEntry& one : command.add) names += (names.empty() ? "" : "、") + one.name;
    std::vector<std::int64_t> made;
    for (const json::Id& id : dto.entries) made.push_back(id.value);
    for (const json::Id& id : dto.dismissals) made.push_back(id.value);
    std::vector<std::int64_t> ended = command.end;
    ended.insert(ended.end(), command.end_dismissals.begin(), command.end_dismissals.end());
    json::Writer out;
    out.begin_object().key("ended").value(joined(ended));
    if (!moves.empty()) out.key("from").value(moves.front().after.day.to_iso());
    out.key("made").value(joined(made));
    out.key("moved_days").value(std::to_string(moves.size())).key("names").value(names);
    if (!moves.empty()) out.key("to").value(moves.back().after.day.to_iso());
    out.end_object();
    return out.take();
  }

  static std::string joined(const std::vector<std::int64_t>& ids) {
    std::string all;
    for (const std::int64_t id : ids) all += (all.empty() ? "" : ",") + std::to_string(id);
    return all;
  }

  // The days between which something moved; none: ask anew about all.
  static std::string event_json(const Whose& whose, std::span<const Move> moves) {
    json::Writer out;
    out.begin_object();
    if (!moves.empty()) out.key("from").value(moves.front().after.day.to_iso());
    out.key("school").value(std::to_string(whose.school));
    if (!moves.empty()) out.key("to").value(moves.back().after.day.to_iso());
    out.end_object();
    return out.take();
  }

  static Result<NationalYear> year_of_body(const api::Call& call) {
    constexpr std::size_t kTextMax = 60'000;
    json::Limits limits;
    limits.text_max = kTextMax;
    const auto body = SJ_TRY(json::read<NationalYearBody>(call.request.body, limits));
    NationalYear year;
    year.year = static_cast<int>(std::clamp<std::int64_t>(body.year, 0, 9999));
    year.announced = body.announced.value;
    year.source = SJ_TRY(text_in("policy.bad_year", "source", body.source));
    if (body.days.has_value() == body.csv.has_value()) {
      return bad_field("policy.bad_year", "days", "either days or csv");
    }
    if (body.csv) {
      year.days = SJ_TRY(read_days_csv(*body.csv));
    } else {
      for (std::size_t i = 0; i < body.days->size(); ++i) {
        const NationalDayDto& day = (*body.days)[i];
        const auto kind = find_national_kind(day.kind);
        if (!kind) {
          return bad_field("policy.bad_year", "days[" + std::to_string(i) + "].kind",
                           "holiday, makeup");
        }
        auto name =
            SJ_TRY(text_in("policy.bad_year", "days[" + std::to_string(i) + "].name", day.name));
        year.days.push_back({day.day.value, *kind, std::move(name), day.statutory.value_or(false)});
      }
    }
    const std::vector<FieldError> faults = faults_of(year);
    if (!faults.empty()) {
      return Error{ErrorKind::invalid, "policy.bad_year",
                   faults.front().field + ": " + faults.front().value, faults};
    }
    return year;
  }

  std::shared_ptr<Packs> packs_;
};

}  // namespace

void add_calendar_routes(api::Room& room, const Settings& settings) {
  using http::Method;
  add_calendar_invariants(room);
  const auto routes = std::make_shared<CalendarRoutes>(settings.packs);
  const std::vector<api::QueryParameter> range = {
      {"school", "of this school; the district's own if not given", api::Takes::id},
      {"from", "the first day; that of this school year if not given", api::Takes::day},
      {"to", "the last day, at most 400 days in all", api::Takes::day}};
  room.routes.emplace_back(
      Method::get, "/api/policy/calendar", org::kSchoolRead,
      api::Read{
          [routes](const api::Call& call, sql::Reader& store) { return routes->get(call, store); }},
      api::Doc{"get_calendar", "What every day is for a school, and why", range, nullptr,
               "application/json", json::schema_of<CalendarDto>});
  room.routes.emplace_back(Method::get, "/api/policy/calendar.ics", org::kSchoolRead,
                           api::Read{[routes](const api::Call& call, sql::Reader& store) {
                             return routes->ics(call, store);
                           }},
                           api::Doc{"get_calendar_ics", "The same for calendar programs (RFC 5545)",
                                    range, nullptr, "application/json", nullptr, "text/calendar"});
  room.routes.emplace_back(
      Method::post, "/api/policy/calendar/preview", org::kCalendarWrite,
      api::Read{[routes](const api::Call& call, sql::Reader& store) {
        return routes->preview(call, store);
      }},
      api::Doc{"preview_calendar",
               "What a change would move, and what the rules say of it; stores "
               "nothing",
               {},
               json::schema_of<CalendarChangeBody>,
               "application/json",
               json::schema_of<PreviewDto>});
  room.routes.emplace_back(Method::post, "/api/policy/calendar/entries", org::kCalendarWrite,
                           api::Write{[routes](const api::Call& call, desk::Tx& tx) {
                             return routes->change(call, tx);
                           }},
                           api::Doc{"change_calendar",
                                    "Makes and ends entries and dismissal times",
                                    {},
                                    json::schema_of<CalendarChangeBody>,
                                    "application/json",
                                    json::schema_of<CalendarChangedDto>});
  room.routes.emplace_back(Method::get, "/api/policy/calendar/years", org::kSchoolRead,
                           api::Read{[routes](const api::Call& call, sql::Reader& store) {
                             return routes->years(call, store);
                           }},
                           api::Doc{"list_calendar_years",
                                    "The country's days off and make-up days, by year",
                                    {},
                                    nullptr,
                                    "application/json",
                                    json::schema_of<NationalYearsDto>});
  room.routes.emplace_back(
      Method::post, "/api/policy/calendar/years", org::kRuleWrite,
      api::Write{
          [routes](const api::Call& call, desk::Tx& tx) { return routes->take_year(call, tx); }},
      api::Doc{"take_calendar_year",
               "Compares a year's notice with what holds; with apply=true takes it in",
               {{.name = "apply", .about = "false if not given", .one_of = kFlags}},
               json::schema_of<NationalYearBody>,
               "application/json",
               json::schema_of<YearDiffDto>});
}

}  // namespace sj::policy
