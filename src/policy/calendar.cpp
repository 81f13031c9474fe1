#include "policy/calendar.h"

#include <algorithm>
#include <map>
#include <set>

#include "kernel/text/text.h"

namespace sj::policy {

namespace {

constexpr std::int64_t kEntryDaysMax = 400;
constexpr std::size_t kNameMax = 120;  // bytes
constexpr int kMinutesOfDay = 24 * 60;
constexpr int kFirstYear = 2000;
constexpr int kLastYear = 2100;

template <class Enum, std::size_t kCount>
std::optional<Enum> find_word(const std::array<std::string_view, kCount>& words,
                              std::string_view word) {
  const auto* const found = std::find(words.begin(), words.end(), word);
  if (found == words.end()) return std::nullopt;
  return static_cast<Enum>(found - words.begin());
}

bool meet(LocalDay a_from, LocalDay a_to, LocalDay b_from, LocalDay b_to) {
  return a_from <= b_to && b_from <= a_to;
}

int month_of(LocalDay day) {
  return std::stoi(day.to_iso().substr(5, 2));
}

// The school year of a day by the calendar alone, from September on.
int school_year_by_month(LocalDay day) {
  constexpr int kSeptember = 9;
  return year_of(day) - (month_of(day) < kSeptember ? 1 : 0);
}

std::string place_of(std::string_view list, std::size_t index, std::string_view field) {
  return std::string(list) + "[" + std::to_string(index) + "]." + std::string(field);
}

bool contains(const std::vector<std::int64_t>& ids, std::int64_t id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

// Is every day in a term, or in a school year of which a term is known?
std::optional<LocalDay> first_day_without_term(std::span<const Term> terms, Days range) {
  for (LocalDay day = range.from; day <= range.to; day = day.plus_days(1)) {
    const int year = school_year_by_month(day);
    const bool is_known = std::any_of(terms.begin(), terms.end(), [&](const Term& term) {
      return term.school_year == year || (term.first_day <= day && day <= term.last_day);
    });
    if (!is_known) return day;
  }
  return std::nullopt;
}

void check_range(LocalDay from,
                 LocalDay to,
                 std::string_view list,
                 std::size_t index,
                 const std::string& code,
                 std::vector<FieldError>& faults) {
  if (!is_in_reach(from)) faults.push_back({place_of(list, index, "from"), code, from.to_iso()});
  if (to < from || days_between(from, to) >= kEntryDaysMax || !is_in_reach(to)) {
    faults.push_back({place_of(list, index, "to"), code, to.to_iso()});
  }
}

Error bad(const std::string& code, const std::string& detail, std::vector<FieldError> faults) {
  return {ErrorKind::invalid, code, faults.front().field + ": " + detail, std::move(faults)};
}

Result<void> check_entries(const EntriesCommand& command) {
  const std::string code = "policy.bad_entry";
  std::vector<FieldError> faults;
  for (std::size_t i = 0; i < command.add.size(); ++i) {
    const CalendarEntry& entry = command.add[i];
    const std::string_view name = text::trim(entry.name);
    if (name.empty() || name.size() > kNameMax) {
      faults.push_back({place_of("add", i, "name"), code, ""});
    }
    check_range(entry.from, entry.to, "add", i, code, faults);
    const bool has_weekday = entry.follows.has_value();
    if (has_weekday && (entry.kind != EntryKind::school_day || *entry.follows < Weekday::monday ||
                        *entry.follows > Weekday::friday)) {
      faults.push_back({place_of("add", i, "follows_weekday"), code, ""});
    }
    const bool is_half = entry.kind == EntryKind::half_day;
    if (is_half != entry.ends_min.has_value() ||
        (is_half && (*entry.ends_min <= 0 || *entry.ends_min >= kMinutesOfDay))) {
      faults.push_back({place_of("add", i, "ends_at"), code, ""});
    }
  }
  if (!faults.empty()) {
    return bad(code,
               "a name, from not after to, at most 400 days, ends_at for half days only, "
               "follows_weekday 1 to 5 for school days only",
               std::move(faults));
  }
  return {};
}

Result<void> check_terms(const Calendar& now, const EntriesCommand& command) {
  const auto check = [&](LocalDay from, LocalDay to, std::string_view list,
                         std::size_t index) -> Result<void> {
    const auto lost = first_day_without_term(now.terms(), {from, to});
    if (!lost) return {};
    return Error{ErrorKind::conflict,
                 "policy.no_term",
                 lost->to_iso() + ": no term of its school year is entered",
                 {{place_of(list, index, "from"), "policy.no_term", lost->to_iso()}}};
  };
  for (std::size_t i = 0; i < command.add.size(); ++i) {
    SJ_TRY(check(command.add[i].from, command.add[i].to, "add", i));
  }
  for (std::size_t i = 0; i < command.add_dismissals.size(); ++i) {
    const Dismissal& row = command.add_dismissals[i];
    SJ_TRY(check(row.from, row.to, "add_dismissals", i));
  }
  return {};
}

Result<void> check_overlaps(const Calendar& now, const EntriesCommand& command) {
  const auto clash = [](const CalendarEntry& a, const CalendarEntry& b) {
    if (a.kind != b.kind || !meet(a.from, a.to, b.from, b.to)) return false;
    return a.kind != EntryKind::event || text::trim(a.name) == text::trim(b.name);
  };
  for (std::size_t i = 0; i < command.add.size(); ++i) {
    const CalendarEntry& entry = command.add[i];
    const CalendarEntry* found = nullptr;
    for (const CalendarEntry& other : now.entries()) {
      if (other.layer != command.layer || contains(command.end, other.id)) continue;
      if (clash(entry, other)) found = &other;
    }
    for (std::size_t k = 0; k < i; ++k) {
      if (clash(entry, command.add[k])) found = &command.add[k];
    }
    if (found == nullptr) continue;
    return Error{ErrorKind::conflict,
                 "policy.entry_overlaps",
                 "add[" + std::to_string(i) + "]: " + found->name + " is from " +
                     found->from.to_iso() + " to " + found->to.to_iso(),
                 {{place_of("add", i, "from"), "policy.entry_overlaps",
                   found->name + " " + found->from.to_iso() + " " + found->to.to_iso()}}};
  }
  return {};
}

Result<void> check_dismissals(const EntriesCommand& command) {
  constexpr unsigned kWeekdays = 0xFE;  // bits 1 to 7
  const std::string code = "policy.bad_dismissal";
  std::vector<FieldError> faults;
  for (std::size_t i = 0; i < command.add_dismissals.size(); ++i) {
    const Dismissal& row = command.add_dismissals[i];
    const std::string_view list = "add_dismissals";
    if (row.stages == 0 || (row.stages & ~command.stages) != 0) {
      faults.push_back({place_of(list, i, "stages"), code, ""});
    }
    if (row.weekdays == 0 || (row.weekdays & ~kWeekdays) != 0) {
      faults.push_back({place_of(list, i, "weekdays"), code, ""});
    }
    check_range(row.from, row.to, list, i, code, faults);
    if (row.minute <= 0 || row.minute >= kMinutesOfDay) {
      faults.push_back({place_of(list, i, "at"), code, ""});
    }
  }
  if (faults.empty()) return {};
  return bad(code,
             "stages of the school, weekdays 1 to 7, from not after to, at most 400 days, a time "
             "such as 16:30",
             std::move(faults));
}

template <class T>
Result<void> check_ends(std::span<const T> there,
                        const std::vector<std::int64_t>& ids,
                        CalendarLayer layer,
                        std::string_view list) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const bool is_open = std::any_of(there.begin(), there.end(), [&](const T& one) {
      return one.id == ids[i] && one.layer == layer;
    });
    if (!is_open) {
      return Error{ErrorKind::not_found, "policy.no_such_entry",
                   std::string(list) + "[" + std::to_string(i) + "]: " + std::to_string(ids[i])};
    }
  }
  return {};
}

std::optional<int> dismissal_of(const Calendar& calendar,
                                const CalendarDay& day,
                                unsigned stages,
                                std::size_t stage) {
  const unsigned bit = 1U << stage;
  return (stages & bit) == 0 ? std::nullopt : calendar.dismissal(day, bit);
}

bool differs(const Calendar& before, const Calendar& after, const Move& move, unsigned stages) {
  const CalendarDay& a = move.before;
  const CalendarDay& b = move.after;
  if (a.kind != b.kind || a.name != b.name || a.lessons != b.lessons || a.follows != b.follows ||
      a.ends_min != b.ends_min || a.provisional != b.provisional || a.working != b.working) {
    return true;
  }
  for (std::size_t i = 0; i < kDismissalStages.size(); ++i) {
    if (dismissal_of(before, a, stages, i) != dismissal_of(after, b, stages, i)) return true;
  }
  return false;
}

// The days that entries and rows of a command lie on, each once.
std::set<LocalDay> touched_days(const Calendar& before, const EntriesCommand& command) {
  std::set<LocalDay> days;
  const auto add = [&](LocalDay from, LocalDay to) {
    for (LocalDay day = from; day <= to; day = day.plus_days(1)) days.insert(day);
  };
  for (const CalendarEntry& one : command.add) add(one.from, one.to);
  for (const Dismissal& one : command.add_dismissals) add(one.from, one.to);
  for (const CalendarEntry& one : before.entries()) {
    if (contains(command.end, one.id)) add(one.from, one.to);
  }
  for (const Dismissal& one : before.dismissals()) {
    if (contains(command.end_dismissals, one.id)) add(one.from, one.to);
  }
  return days;
}

}  // namespace

std::string_view name_of(DayKind kind) {
  return kDayKinds.at(static_cast<std::size_t>(kind));
}
std::string_view name_of(NationalKind kind) {
  return kNationalKinds.at(static_cast<std::size_t>(kind));
}
std::string_view name_of(EntryKind kind) {
  return kEntryKinds.at(static_cast<std::size_t>(kind));
}
std::string_view name_of(CalendarLayer layer) {
  return kCalendarLayers.at(static_cast<std::size_t>(layer));
}
std::optional<EntryKind> find_entry_kind(std::string_view word) {
  return find_word<EntryKind>(kEntryKinds, word);
}
std::optional<NationalKind> find_national_kind(std::string_view word) {
  return find_word<NationalKind>(kNationalKinds, word);
}

unsigned stage_mask(std::string_view school_stages) {
  constexpr unsigned kAll = 3;
  for (std::size_t i = 0; i < kDismissalStages.size(); ++i) {
    if (kDismissalStages.at(i) == school_stages) return 1U << i;
  }
  return kAll;
}

std::optional<int> minute_of(std::string_view clock) {
  const auto digit = [&](std::size_t at) { return clock[at] - '0'; };
  if (clock.size() != 5 || clock[2] != ':') return std::nullopt;
  for (const std::size_t at : {0U, 1U, 3U, 4U}) {
    if (digit(at) < 0 || digit(at) > 9) return std::nullopt;
  }
  const int hour = digit(0) * 10 + digit(1);
  const int minute = digit(3) * 10 + digit(4);
  if (hour > 23 || minute > 59) return std::nullopt;
  return hour * 60 + minute;
}

std::string clock_of(int minute) {
  const auto two = [](int number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  return two(minute / 60) + ":" + two(minute % 60);
}

bool is_in_reach(LocalDay day) {
  return LocalDay::create(kFirstYear, 1, 1).value() <= day &&
         day <= LocalDay::create(kLastYear, 12, 31).value();
}

Days school_year_days(int school_year) {
  return {LocalDay::create(school_year, 9, 1).value(),
          LocalDay::create(school_year + 1, 8, 31).value()};
}

TermFigures figures_of(const Calendar& calendar, const Term& term) {
  TermFigures figures;
  figures.weeks = week_of_term(term, term.last_day);
  for (LocalDay day = term.first_day; day <= term.last_day; day = day.plus_days(1)) {
    const CalendarDay one = calendar.on(day);
    if (one.kind != DayKind::school_day) continue;
    ++figures.school_days;
    if (one.ends_min) ++figures.half_days;
    if (!one.lessons) ++figures.event_days;
    if (one.national != nullptr && one.national->kind == NationalKind::makeup) {
      ++figures.makeup_days;
    }
  }
  return figures;
}

std::vector<TermPart> missing_terms(std::span<const Term> terms, Days range) {
  std::vector<TermPart> missing;
  for (int year = school_year_by_month(range.from); year <= school_year_by_month(range.to);
       ++year) {
    for (const std::int64_t part : {1, 2}) {
      const bool is_there = std::any_of(terms.begin(), terms.end(), [&](const Term& term) {
        return term.school_year == year && term.part == part;
      });
      if (!is_there) missing.push_back({year, part});
    }
  }
  return missing;
}

Result<Calendar> decide_entries(const Calendar& now, const EntriesCommand& command) {
  if (command.add.empty() && command.end.empty() && command.add_dismissals.empty() &&
      command.end_dismissals.empty()) {
    return Error{ErrorKind::invalid, "policy.nothing_to_change",
                 "add, end, add_dismissals or end_dismissals"};
  }
  SJ_TRY(check_ends(now.entries(), command.end, command.layer, "end"));
  SJ_TRY(check_ends(now.dismissals(), command.end_dismissals, command.layer, "end_dismissals"));
  SJ_TRY(check_entries(command));
  SJ_TRY(check_dismissals(command));
  SJ_TRY(check_terms(now, command));
  SJ_TRY(check_overlaps(now, command));
  std::vector<CalendarEntry> entries;
  for (const CalendarEntry& one : now.entries()) {
    if (!contains(command.end, one.id)) entries.push_back(one);
  }
  entries.insert(entries.end(), command.add.begin(), command.add.end());
  std::vector<Dismissal> dismissals;
  for (const Dismissal& one : now.dismissals()) {
    if (!contains(command.end_dismissals, one.id)) dismissals.push_back(one);
  }
  dismissals.insert(dismissals.end(), command.add_dismissals.begin(), command.add_dismissals.end());
  return Calendar(now.national(), {now.terms().begin(), now.terms().end()}, std::move(entries),
                  std::move(dismissals));
}

std::vector<Move> moves_of(const Calendar& before,
                           const Calendar& after,
                           const EntriesCommand& command) {
  std::vector<Move> moves;
  for (const LocalDay day : touched_days(before, command)) {
    const Move move = {before.on(day), after.on(day)};
    if (differs(before, after, move, command.stages)) moves.push_back(move);
  }
  return moves;
}

std::vector<Move> moves_in(const Calendar& before,
                           const Calendar& after,
                           Days range,
                           unsigned stages) {
  std::vector<Move> moves;
  for (LocalDay day = range.from; day <= range.to; day = day.plus_days(1)) {
    const Move move = {before.on(day), after.on(day)};
    if (differs(before, after, move, stages)) moves.push_back(move);
  }
  return moves;
}

std::vector<FieldError> faults_of(const NationalYear& year) {
  const std::string code = "policy.bad_year";
  std::vector<FieldError> faults;
  if (year.year < kFirstYear || year.year > kLastYear) {
    faults.push_back({"year", code, "2000 to 2100"});
    return faults;
  }
  if (text::trim(year.source).empty()) faults.push_back({"source", code, "missing"});
  if (year.days.empty()) faults.push_back({"days", code, "no days"});
  const LocalDay first = LocalDay::create(year.year - 1, 12, 1).value();
  const LocalDay last = LocalDay::create(year.year, 12, 31).value();
  std::set<LocalDay> seen;
  for (std::size_t i = 0; i < year.days.size(); ++i) {
    const NationalDay& day = year.days[i];
    const std::string place = "days[" + std::to_string(i) + "].";
    if (day.day < first || day.day > last) {
      faults.push_back({place + "day", code,
                        day.day.to_iso() + " is neither in the year nor in the December before"});
    }
    if (!seen.insert(day.day).second) {
      faults.push_back({place + "day", code, day.day.to_iso() + " stands here twice"});
    }
    if (text::trim(day.name).empty() || day.name.size() > kNameMax) {
      faults.push_back({place + "name", code, "a name is wanted"});
    }
    const bool is_makeup = day.kind == NationalKind::makeup;
    if (is_makeup && day.day.weekday() < Weekday::saturday) {
      faults.push_back({place + "kind", code,
                        day.day.to_iso() + " is worked anyway: a make-up day is a weekend"});
    }
    if (is_makeup && day.statutory) {
      faults.push_back({place + "statutory", code, "a make-up day is no statutory holiday"});
    }
  }
  return faults;
}

Result<std::vector<YearChange>> decide_year(const NationalYear* now, const NationalYear& next) {
  std::vector<FieldError> faults = faults_of(next);
  if (!faults.empty()) {
    const std::string detail = faults.front().field + ": " + faults.front().value;
    return Error{ErrorKind::invalid, "policy.bad_year", detail, std::move(faults)};
  }
  std::map<LocalDay, YearChange> by_day;
  if (now != nullptr) {
    for (const NationalDay& day : now->days) by_day[day.day].before = day;
  }
  for (const NationalDay& day : next.days) by_day[day.day].after = day;
  std::vector<YearChange> changes;
  for (const auto& [day, change] : by_day) {
    if (change.before != change.after) changes.push_back(change);
  }
  return changes;
}

}  // namespace sj::policy
