#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/time/calendar.h"

#include "policy/pack.h"

namespace sj::api {
struct Room;
}

/// School calendars (校历): what a change would move, what the rules say of it, and whether it is
/// taken.
namespace sj::policy {

struct Settings;

/// Everybody who may see a school may read its calendar; schools and the district change theirs.
void add_calendar_routes(api::Room& room, const Settings& settings);

/// What a change of a calendar is judged by: no lessons on holidays, terms as the district's.
inline constexpr std::string_view kHolidayRule = "ST-HOLCLASS";
inline constexpr std::string_view kTermRule = "NEG25-TERM";
inline constexpr std::array kCalendarRules = {kHolidayRule, kTermRule};

// The words of the kernel's enumerations, in their order.
inline constexpr std::array<std::string_view, 4> kDayKinds = {"school_day", "weekend", "holiday",
                                                              "vacation"};
inline constexpr std::array<std::string_view, 2> kNationalKinds = {"holiday", "makeup"};
inline constexpr std::array<std::string_view, 5> kEntryKinds = {"vacation", "holiday", "school_day",
                                                                "half_day", "event"};
inline constexpr std::array<std::string_view, 3> kCalendarLayers = {"national", "district",
                                                                    "school"};
/// Stages that dismissal rows name; bit n of their mask is the n-th.
inline constexpr std::array<std::string_view, 2> kDismissalStages = {"primary", "junior"};

[[nodiscard]] std::string_view name_of(DayKind kind);
[[nodiscard]] std::string_view name_of(NationalKind kind);
[[nodiscard]] std::string_view name_of(EntryKind kind);
[[nodiscard]] std::string_view name_of(CalendarLayer layer);
[[nodiscard]] std::optional<EntryKind> find_entry_kind(std::string_view word);
[[nodiscard]] std::optional<NationalKind> find_national_kind(std::string_view word);
/// The mask of a school's stages: "nine_year" has both; of no school, all.
[[nodiscard]] unsigned stage_mask(std::string_view school_stages);

/// "16:30"; anything else is nothing.
[[nodiscard]] std::optional<int> minute_of(std::string_view clock);
[[nodiscard]] std::string clock_of(int minute);

/// /// Days that calendars are made of; those further away are nobody's plans.
[[nodiscard]] bool is_in_reach(LocalDay day);

/// From a day to another, both included.
struct Days {
  LocalDay from = LocalDay::first();
  LocalDay to = LocalDay::first();
};
/// From September to August.
[[nodiscard]] Days school_year_days(int school_year);

/// What is counted of a term.
struct TermFigures {
  std::int64_t weeks = 0;
  std::int64_t school_days = 0;
  std::int64_t half_days = 0;
  std::int64_t event_days = 0;   // school days without ordinary lessons
  std::int64_t makeup_days = 0;  // make-up days of the country on which there is school

  friend bool operator==(const TermFigures&, const TermFigures&) = default;
};
[[nodiscard]] TermFigures figures_of(const Calendar& calendar, const Term& term);

/// Parts of school years of which a day of the range lies in the year and no term is entered: what
/// looks like vacation there may be none.
struct TermPart {
  std::int64_t school_year = 0;
  std::int64_t part = 1;
};
[[nodiscard]] std::vector<TermPart> missing_terms(std::span<const Term> terms, Days range);

/// What somebody wants of the calendar of one layer. Ids of what is added are 0.
struct EntriesCommand {
  CalendarLayer layer = CalendarLayer::district;
  unsigned stages = 0;  // of the school; all for the district
  std::vector<CalendarEntry> add{};
  std::vector<std::int64_t> end{};
  std::vector<Dismissal> add_dismissals{};
  std::vector<std::int64_t> end_dismissals{};
};

/// Decides whether entries are taken into a calendar and others ended (校历调整).
///
/// Gives:   the calendar as it would be then.
/// Fails:   policy.nothing_to_change · policy.bad_entry · policy.bad_dismissal (invalid, with the
///          wrong fields) · policy.no_such_entry (not_found) · policy.no_term (conflict): a day of
///          what is added lies in a school year without terms · policy.entry_overlaps (conflict):
///          with one of its kind in the same layer; events may share a day
/// Limits:  an entry is at most 400 days long, in the years 2000 to 2100
/// Source:  design
[[nodiscard]] Result<Calendar> decide_entries(const Calendar& now, const EntriesCommand& command);

/// A day that a change moves.
struct Move {
  CalendarDay before{};
  CalendarDay after{};
};
/// The days that a command touches and that are another day afterwards, in order.
[[nodiscard]] std::vector<Move> moves_of(const Calendar& before,
                                         const Calendar& after,
                                         const EntriesCommand& command);
/// The days of a range that differ.
[[nodiscard]] std::vector<Move> moves_in(const Calendar& before,
                                         const Calendar& after,
                                         Days range,
                                         unsigned stages);

/// What a rule says of a change.
struct CalendarRuling {
  Ruling ruling{};
  LocalDay day = LocalDay::first();  // the first it concerns
  std::int64_t days = 1;
  bool refuses = false;  // the change is not taken
  std::string value{};   // as in the ruling, in words
  std::string limit{};
};

/// What the rules say of a change: ST-HOLCLASS of new school days, NEG25-TERM of a school's terms.
/// `place`: digits of GB/T 2260.
///
/// A school may not teach where ST-HOLCLASS says no of the day as the layers below have it; of a
/// weekday of a year without a notice the rule does not know. What the district says of weekends
/// and vacations is the local calendar itself; only the country's days off are not its to give.
///
/// Fails: policy.bad_fact (invalid): the pack's facts are not those
/// this asks with
[[nodiscard]] Result<std::vector<CalendarRuling>> judge_change(const Pack& pack,
                                                               std::string_view place,
                                                               const Calendar& before,
                                                               const Calendar& after,
                                                               const EntriesCommand& command);
/// Fails: policy.no_lessons_then (rule_violated), with the rule and what it compared
[[nodiscard]] Result<void> refuse_if_forbidden(std::span<const CalendarRuling> rulings);

/// A day that another notice for the same year tells otherwise.
struct YearChange {
  std::optional<NationalDay> before{};
  std::optional<NationalDay> after{};
};

/// Decides what taking a year's notice would change (年度节假日导入).
///
/// Gives:   the days that are new, changed or gone, in order; none if it is the same.
/// Fails:   policy.bad_year (invalid, with the wrong fields): no days, a day twice, a day outside
/// the
///          year and the December before, a make-up day that is no weekend, a name missing
/// Source:  HOL
[[nodiscard]] Result<std::vector<YearChange>> decide_year(const NationalYear* now,
                                                          const NationalYear& next);
/// What is wrong with a year, by field; empty: nothing.
[[nodiscard]] std::vector<FieldError> faults_of(const NationalYear& year);

}  // namespace sj::policy
