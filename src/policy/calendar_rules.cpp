#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "policy/calendar.h"

namespace sj::policy {

namespace {

constexpr std::string_view kCompulsory = R"("compulsory":true)";

std::string day_type(const CalendarDay& day) {
  return "\"day_type\":\"" + std::string(name_of(day.kind)) + "\"";
}

// // The words of a value or limit instead of what stands for them: "上课日" for ["school_day"].
std::string in_words(const Rule& rule, std::string text) {
  const auto replace = [&](const std::string& what, const std::string& by) {
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
      text.replace(at, what.size(), by);
      at += by.size();
    }
  };
  for (const Fact& fact : rule.facts) {
    for (const Word& word : fact.words) replace("\"" + word.word + "\"", word.title);
  }
  replace("[", "");
  replace("]", "");
  replace(",", "、");
  return text;
}

// Judges one rule of the pack; nothing if the pack lacks it.
Result<std::optional<Ruling>> judge(const Pack& pack,
                                    std::string_view id,
                                    std::string_view place,
                                    LocalDay day,
                                    const std::string& facts) {
  const Rule* const rule = pack.find(id);
  if (rule == nullptr) return std::optional<Ruling>();
  const auto values = SJ_TRY(read_facts(pack, *rule, "{" + facts + "}"));
  return std::optional<Ruling>(rule_on(*rule, place, day, values));
}

// Adds to the ruling of the same rule with the same verdict, or as a new one.
void add(std::vector<CalendarRuling>& rulings, CalendarRuling one) {
  for (CalendarRuling& other : rulings) {
    if (other.ruling.rule == one.ruling.rule && other.refuses == one.refuses &&
        other.ruling.verdict == one.ruling.verdict && other.ruling.value == one.ruling.value) {
      ++other.days;
      return;
    }
  }
  rulings.push_back(std::move(one));
}

// Where there will be lessons that the layers below do not have.
Result<void> judge_new_school_days(const Pack& pack,
                                   std::string_view place,
                                   const Calendar& before,
                                   const EntriesCommand& command,
                                   std::vector<CalendarRuling>& rulings) {
  const Rule* const rule = pack.find(kHolidayRule);
  if (rule == nullptr) return {};
  // The facts differ by the kind of the day only, or do not know it.
  std::map<std::string, std::vector<rules::Value>> by_kind;
  for (const CalendarEntry& entry : command.add) {
    if (entry.kind != EntryKind::school_day) continue;
    for (LocalDay day = entry.from; day <= entry.to; day = day.plus_days(1)) {
      const CalendarDay below = before.below(day, command.layer);
      // A notice may still take a weekday away.
      const bool is_known = !below.provisional || below.kind != DayKind::school_day;
      const std::string kind = is_known ? "," + day_type(below) : "";
      auto found = by_kind.find(kind);
      if (found == by_kind.end()) {
        const std::string facts =
            "{" + std::string(kCompulsory) + ",\"lesson_held\":true" + kind + "}";
        const auto values = SJ_TRY(read_facts(pack, *rule, facts));
        found = by_kind.emplace(kind, values).first;
      }
      const Ruling ruling = rule_on(*rule, place, day, found->second);
      const bool is_off =
          below.national != nullptr && below.national->kind == NationalKind::holiday;
      const bool may_decide = command.layer == CalendarLayer::district && !is_off;
      CalendarRuling one{ruling, day};
      one.refuses = ruling.verdict == rules::Verdict::fail && !may_decide;
      one.value = in_words(*rule, ruling.value);
      one.limit = in_words(*rule, ruling.limit);
      add(rulings, std::move(one));
    }
  }
  return {};
}

std::optional<LocalDay> first_school_day(const Calendar& calendar, Days range) {
  for (LocalDay day = range.from; day <= range.to; day = day.plus_days(1)) {
    if (calendar.on(day).kind == DayKind::school_day) return day;
  }
  return std::nullopt;
}

std::optional<LocalDay> last_school_day(const Calendar& calendar, Days range) {
  for (LocalDay day = range.to; day >= range.from; day = day.plus_days(-1)) {
    if (calendar.on(day).kind == DayKind::school_day) return day;
  }
  return std::nullopt;
}

// A term with the days around it that are nearer to it than to another, a month at most.
Days around(std::span<const Term> terms, std::size_t index) {
  constexpr std::int64_t kMonth = 31;
  const Term& term = terms[index];
  Days days = {term.first_day.plus_days(-kMonth), term.last_day.plus_days(kMonth)};
  if (index > 0) {
    const std::int64_t gap = days_between(terms[index - 1].last_day, term.first_day);
    days.from = std::max(days.from, term.first_day.plus_days(-std::max<std::int64_t>(gap / 2, 0)));
  }
  if (index + 1 < terms.size()) {
    const std::int64_t gap = days_between(term.last_day, terms[index + 1].first_day);
    days.to =
        std::min(days.to, term.last_day.plus_days(std::max<std::int64_t>((gap + 1) / 2 - 1, 0)));
  }
  return days;
}

// A school against the district's terms, of terms that the change touches.
Result<void> judge_terms(const Pack& pack,
                         std::string_view place,
                         const Calendar& after,
                         std::span<const Move> moves,
                         std::vector<CalendarRuling>& rulings) {
  const auto terms = after.terms();
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const Days days = around(terms, i);
    const bool is_touched = std::any_of(moves.begin(), moves.end(), [&](const Move& move) {
      return days.from <= move.after.day && move.after.day <= days.to;
    });
    if (!is_touched) continue;
    const auto first = first_school_day(after, days);
    const auto last = last_school_day(after, days);
    if (!first || !last) continue;
    const std::string facts = "\"first_lesson_day\":\"" + first->to_iso() + "\",\"term_start\":\"" +
                              terms[i].first_day.to_iso() + "\",\"last_lesson_day\":\"" +
                              last->to_iso() + "\",\"term_end\":\"" + terms[i].last_day.to_iso() +
                              "\"";
    const auto ruling = SJ_TRY(judge(pack, kTermRule, place, *first, facts));
    if (ruling) add(rulings, CalendarRuling{*ruling, terms[i].first_day});
  }
  return {};
}

}  // namespace

Result<std::vector<CalendarRuling>> judge_change(const Pack& pack,
                                                 std::string_view place,
                                                 const Calendar& before,
                                                 const Calendar& after,
                                                 const EntriesCommand& command) {
  std::vector<CalendarRuling> rulings;
  const std::vector<Move> moves = moves_of(before, after, command);
  SJ_TRY(judge_new_school_days(pack, place, before, command, rulings));
  if (command.layer == CalendarLayer::school) {
    SJ_TRY(judge_terms(pack, place, after, moves, rulings));
  }
  return rulings;
}

Result<void> refuse_if_forbidden(std::span<const CalendarRuling> rulings) {
  for (const CalendarRuling& one : rulings) {
    if (!one.refuses) continue;
    Error error{ErrorKind::rule_violated, "policy.no_lessons_then",
                one.day.to_iso() + ": " + one.ruling.rule};
    error.fields.push_back({"day", "policy.no_lessons_then", one.day.to_iso()});
    error.rule = std::make_shared<const RuleRefusal>(
        RuleRefusal{one.ruling.rule, one.ruling.citation.source->title + one.ruling.citation.clause,
                    one.limit, one.value});
    return error;
  }
  return {};
}

}  // namespace sj::policy
