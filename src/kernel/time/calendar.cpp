#include "kernel/time/calendar.h"

#include <algorithm>

namespace sj {

namespace {

constexpr std::int64_t kDaysOfWeek = 7;

bool is_weekend(LocalDay day) {
  return day.weekday() >= Weekday::saturday;
}

int number_of(Weekday weekday) {
  return static_cast<int>(weekday);
}

// What people call the vacation a day lies in; empty where the terms around it are not known.
std::string vacation_name(std::span<const Term> terms, LocalDay day) {
  const Term* last = nullptr;
  const Term* next = nullptr;
  for (const Term& term : terms) {
    if (term.last_day < day && (last == nullptr || term.last_day > last->last_day)) last = &term;
    if (term.first_day > day && (next == nullptr || term.first_day < next->first_day)) {
      next = &term;
    }
  }
  if (last == nullptr) return "";
  if (last->part == 1) {
    const bool is_winter =
        next != nullptr && next->school_year == last->school_year && next->part == 2;
    return is_winter ? "寒假" : "";
  }
  // The next school year may not be entered yet, but begins in September at the latest.
  const bool goes_on = next != nullptr && next->school_year == last->school_year + 1;
  constexpr std::string_view kLastOfSummer = "-08-31";
  const bool is_summer =
      goes_on || (year_of(day) == last->school_year + 1 && day.to_iso().substr(4) <= kLastOfSummer);
  return is_summer ? "暑假" : "";
}

void apply(const CalendarEntry& entry, CalendarDay& day) {
  const bool is_off = day.national != nullptr && day.national->kind == NationalKind::holiday;
  day.layer = entry.layer;
  day.entry = entry.id;
  switch (entry.kind) {
    case EntryKind::vacation:
      // The feast keeps its name and kind: people look for it.
      day.kind = is_off ? DayKind::holiday : DayKind::vacation;
      if (!is_off) day.name = entry.name;
      break;
    case EntryKind::holiday:
      day.kind = DayKind::holiday;
      day.name = entry.name;
      break;
    case EntryKind::school_day:
      day.kind = DayKind::school_day;
      day.name = entry.name;
      break;
    case EntryKind::half_day:
    case EntryKind::event:
      day.name = entry.name;
      break;
  }
  const bool is_school = day.kind == DayKind::school_day;
  if (entry.kind == EntryKind::event) {
    day.lessons = false;
  } else if (entry.kind == EntryKind::half_day) {
    if (is_school) day.ends_min = entry.ends_min;
  } else {
    day.lessons = is_school;
    day.follows = entry.follows;
    day.ends_min.reset();
  }
}

}  // namespace

int year_of(LocalDay day) {
  // The days of 400 years always are 146,097, so the guess is off by one at most.
  auto year = static_cast<int>((day.epoch_days() * 400) / 146'097 + 1970);
  while (LocalDay::create(year, 1, 1).value() > day) --year;
  while (year < 9999 && LocalDay::create(year + 1, 1, 1).value() <= day) ++year;
  return year;
}

LocalDay monday_of(LocalDay day) {
  return day.plus_days(1 - number_of(day.weekday()));
}

NationalDays::NationalDays(std::vector<NationalYear> years) {
  for (NationalYear& one : years) {
    const auto same = std::find_if(years_.begin(), years_.end(), [&](const NationalYear& other) {
      return other.year == one.year;
    });
    if (same == years_.end()) {
      years_.push_back(std::move(one));
    } else {
      *same = std::move(one);
    }
  }
  std::sort(years_.begin(), years_.end(),
            [](const NationalYear& a, const NationalYear& b) { return a.year < b.year; });
  for (const NationalYear& year : years_) {
    for (const NationalDay& day : year.days) days_[day.day.epoch_days()] = day;
  }
}

const NationalYear* NationalDays::year(int number) const {
  const auto found = std::find_if(years_.begin(), years_.end(),
                                  [&](const NationalYear& one) { return one.year == number; });
  return found == years_.end() ? nullptr : &*found;
}

const NationalDay* NationalDays::find(LocalDay day) const {
  const auto found = days_.find(day.epoch_days());
  return found == days_.end() ? nullptr : &found->second;
}

bool NationalDays::is_provisional(LocalDay day) const {
  return year(year_of(day)) == nullptr;
}

bool NationalDays::is_working_day(LocalDay day) const {
  const NationalDay* const named = find(day);
  return named == nullptr ? !is_weekend(day) : named->kind == NationalKind::makeup;
}

LocalDay NationalDays::add_working_days(LocalDay day, std::int64_t n) const {
  const std::int64_t step = n < 0 ? -1 : 1;
  while (n != 0) {
    day = day.plus_days(step);
    if (is_working_day(day)) n -= step;
  }
  return day;
}

std::int64_t NationalDays::working_days_between(LocalDay from, LocalDay to) const {
  // Backwards, `from` is not counted and `to` is, as when one adds a negative number.
  const std::int64_t step = to < from ? -1 : 1;
  std::int64_t count = 0;
  for (LocalDay day = from; day != to;) {
    day = day.plus_days(step);
    if (is_working_day(day)) count += step;
  }
  return count;
}

std::vector<int> NationalDays::provisional_years(LocalDay from, LocalDay to) const {
  std::vector<int> years;
  for (int number = year_of(from); number <= year_of(to); ++number) {
    if (year(number) == nullptr) years.push_back(number);
  }
  return years;
}

std::int64_t week_of_term(const Term& term, LocalDay day) {
  const std::int64_t days = days_between(monday_of(term.first_day), day);
  SJ_CHECK(days >= 0);
  return days / kDaysOfWeek + 1;
}

Calendar::Calendar(NationalDays national,
                   std::vector<Term> terms,
                   std::vector<CalendarEntry> entries,
                   std::vector<Dismissal> dismissals)
    : national_(std::move(national)),
      terms_(std::move(terms)),
      entries_(std::move(entries)),
      dismissals_(std::move(dismissals)) {
  std::stable_sort(
      entries_.begin(), entries_.end(),
      [](const CalendarEntry& a, const CalendarEntry& b) { return a.layer < b.layer; });
  std::stable_sort(dismissals_.begin(), dismissals_.end(),
                   [](const Dismissal& a, const Dismissal& b) { return a.layer < b.layer; });
}

CalendarDay Calendar::on(LocalDay day) const {
  return at(day, CalendarLayer::school);
}

CalendarDay Calendar::below(LocalDay day, CalendarLayer layer) const {
  SJ_CHECK(layer != CalendarLayer::national);
  return at(day,
            layer == CalendarLayer::school ? CalendarLayer::district : CalendarLayer::national);
}

CalendarDay Calendar::at(LocalDay day, CalendarLayer highest) const {
  CalendarDay answer;
  answer.day = day;
  answer.provisional = national_.is_provisional(day);
  answer.working = national_.is_working_day(day);
  answer.national = national_.find(day);
  for (const Term& term : terms_) {
    if (day < term.first_day || day > term.last_day) continue;
    answer.term = &term;
    answer.week = week_of_term(term, day);
  }
  const bool is_off = answer.national != nullptr && answer.national->kind == NationalKind::holiday;
  if (is_off) {
    answer.kind = DayKind::holiday;
    answer.name = answer.national->name;
  } else if (answer.term == nullptr) {
    answer.kind = DayKind::vacation;
    answer.name = vacation_name(terms_, day);
  } else if (answer.national != nullptr) {
    answer.kind = DayKind::school_day;
    answer.name = answer.national->name + "调休";
  } else {
    answer.kind = is_weekend(day) ? DayKind::weekend : DayKind::school_day;
  }
  answer.lessons = answer.kind == DayKind::school_day;
  for (const CalendarEntry& entry : entries_) {
    if (entry.layer <= highest && entry.from <= day && day <= entry.to) apply(entry, answer);
  }
  return answer;
}

std::optional<int> Calendar::dismissal(const CalendarDay& day, unsigned stage) const {
  if (day.kind != DayKind::school_day) return std::nullopt;
  if (day.ends_min) return day.ends_min;
  const Weekday weekday = day.follows.value_or(day.day.weekday());
  const unsigned bit = 1U << static_cast<unsigned>(weekday);
  for (auto row = dismissals_.rbegin(); row != dismissals_.rend(); ++row) {
    if (row->from <= day.day && day.day <= row->to && (row->weekdays & bit) != 0 &&
        (row->stages & stage) != 0) {
      return row->minute;
    }
  }
  return std::nullopt;
}

}  // namespace sj
