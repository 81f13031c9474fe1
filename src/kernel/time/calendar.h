#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernel/time/local_day.h"

/// What day it is for a school (校历): the country's days off and make-up days, the district's
/// calendar on top of them, the school's on top of that. Pure.
namespace sj {

/// Words of the fact day_type of the rules.
enum class DayKind : unsigned char { school_day, weekend, holiday, vacation };

enum class NationalKind : unsigned char { holiday, makeup };

/// A day that the State Council's notice names (节假日安排).
struct NationalDay {
  LocalDay day = LocalDay::first();
  NationalKind kind = NationalKind::holiday;  // makeup: a weekend that is worked (调休)
  std::string name{};                         // 春节
  bool statutory = false;                     // 法定节假日, not merely off

  friend bool operator==(const NationalDay&, const NationalDay&) = default;
};

/// One notice. Its days lie in its year, or in the December before: days off around New Year are
/// announced with the new year.
struct NationalYear {
  int year = 0;
  LocalDay announced = LocalDay::first();
  std::string source{};  // a document of the packs, or what the district wrote
  std::vector<NationalDay> days{};
};

[[nodiscard]] int year_of(LocalDay day);
/// The Monday of its week.
[[nodiscard]] LocalDay monday_of(LocalDay day);

/// The country's days: working days are Monday to Friday without days off, and make-up days.
///
/// A year without a notice is counted by its weekdays alone and is provisional: nothing is guessed.
class NationalDays {
 public:
  NationalDays() = default;
  /// Of two notices for one year the later in the list holds, whole. Where two years name one day,
  /// the later year does.
  explicit NationalDays(std::vector<NationalYear> years);

  /// Ordered by year, one each.
  [[nodiscard]] const std::vector<NationalYear>& years() const { return years_; }
  [[nodiscard]] const NationalYear* year(int number) const;
  [[nodiscard]] const NationalDay* find(LocalDay day) const;
  /// Has its year no notice?
  [[nodiscard]] bool is_provisional(LocalDay day) const;
  [[nodiscard]] bool is_working_day(LocalDay day) const;
  /// The n-th working day (工作日) after `day`, which is not counted itself; before it if n is
  /// negative, `day` if 0. Out of range breaks an invariant.
  [[nodiscard]] LocalDay add_working_days(LocalDay day, std::int64_t n) const;
  /// How many working days are after `from` up to and with `to`; negative if `to` is before. So
  /// add_working_days(from, n) is n working days away.
  [[nodiscard]] std::int64_t working_days_between(LocalDay from, LocalDay to) const;
  /// Years without a notice in this range, which working days in it depend on.
  [[nodiscard]] std::vector<int> provisional_years(LocalDay from, LocalDay to) const;

 private:
  std::vector<NationalYear> years_{};
  std::map<std::int64_t, NationalDay> days_{};  // by days since 1970
};

/// A term (学期): school year 2026 begins in September 2026; part 1 autumn, 2 spring.
struct Term {
  std::int64_t school_year = 0;
  std::int64_t part = 1;
  LocalDay first_day = LocalDay::first();
  LocalDay last_day = LocalDay::first();
};

/// The week of a term (第几周): weeks begin on Monday, that of the term's first day is 1. `day` is
/// not before that week (checked).
[[nodiscard]] std::int64_t week_of_term(const Term& term, LocalDay day);

/// What a district or school enters.
enum class EntryKind : unsigned char {
  vacation,
  holiday,     // no lessons: a day off for sports, a typhoon, a local holiday
  school_day,  // lessons, perhaps by the timetable of another weekday
  half_day,    // lessons end early
  event,       // named; on a school day there are no ordinary lessons
};

enum class CalendarLayer : unsigned char { national, district, school };

/// An entry in a calendar, of each day from `from` to `to`.
struct CalendarEntry {
  std::int64_t id = 0;
  CalendarLayer layer = CalendarLayer::district;
  EntryKind kind = EntryKind::event;
  std::string name{};
  LocalDay from = LocalDay::first();
  LocalDay to = LocalDay::first();
  std::optional<Weekday> follows{};  // of a school_day
  std::optional<int> ends_min{};     // of a half_day, minutes since midnight
};

/// When pupils go home (放学时间): by stage, weekday and season.
struct Dismissal {
  std::int64_t id = 0;
  CalendarLayer layer = CalendarLayer::district;
  unsigned stages = 0;    // a bit for each stage, as the caller numbers them
  unsigned weekdays = 0;  // bit n: weekday n of ISO 8601
  LocalDay from = LocalDay::first();
  LocalDay to = LocalDay::first();
  int minute = 0;  // since midnight
};

/// What a calendar says of a day.
struct CalendarDay {
  LocalDay day = LocalDay::first();
  DayKind kind = DayKind::school_day;
  std::string name{};
  const Term* term = nullptr;                     // that it lies in
  std::int64_t week = 0;                          // of the term
  bool provisional = false;                       // its year has no notice
  bool working = false;                           // for offices
  bool lessons = false;                           // ordinary ones
  CalendarLayer layer = CalendarLayer::national;  // which had the last word
  std::int64_t entry = 0;                         // that had it
  std::optional<Weekday> follows{};
  std::optional<int> ends_min{};
  const NationalDay* national = nullptr;
};

/// A calendar in force. A day is asked of the country first: off, make-up day, weekend, and
/// vacation outside every term (寒假 between the terms of a school year, 暑假 after the second);
/// then the district's entries change it, then the school's, in each
/// layer the older ones before the newer. Days off of the country keep their kind in a vacation; a
/// half day or an event changes nothing of days without lessons but their name.
class Calendar {
 public:
  /// Of entries and rows those later in their list are newer; layers are put in order here.
  Calendar(NationalDays national,
           std::vector<Term> terms,
           std::vector<CalendarEntry> entries,
           std::vector<Dismissal> dismissals = {});

  [[nodiscard]] const NationalDays& national() const { return national_; }
  [[nodiscard]] std::span<const Term> terms() const { return terms_; }
  [[nodiscard]] std::span<const CalendarEntry> entries() const { return entries_; }
  [[nodiscard]] std::span<const Dismissal> dismissals() const { return dismissals_; }

  /// Pointers in the answer live as long as the calendar.
  [[nodiscard]] CalendarDay on(LocalDay day) const;
  /// As the layers below this one have it.
  [[nodiscard]] CalendarDay below(LocalDay day, CalendarLayer layer) const;
  /// When pupils of the stages in this mask go home, in minutes since midnight: at the end of a
  /// half day, else by the newest row of the highest layer that has one. Nothing on days without
  /// school.
  [[nodiscard]] std::optional<int> dismissal(const CalendarDay& day, unsigned stage) const;

 private:
  [[nodiscard]] CalendarDay at(LocalDay day, CalendarLayer highest) const;

  NationalDays national_;
  std::vector<Term> terms_;
  std::vector<CalendarEntry> entries_;
  std::vector<Dismissal> dismissals_;
};

}  // namespace sj
