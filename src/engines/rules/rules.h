#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/time/local_day.h"

/// Rules of law and policy over facts (政策规则): what they hold of a situation, on a day, at a
/// place. Pure: numbers in, verdicts out. Texts, sources and files are the room policy's.
namespace sj::rules {

/// A fact's value as one number: numbers in millionths of their unit, times in minutes since
/// midnight, days since 1970-01-01, flags 0 or 1, words as their index among the words of the fact.
using Value = std::int64_t;
/// Not known. Never equal to anything, never less, and never a pass.
inline constexpr Value kUnknown = std::numeric_limits<Value>::min();
inline constexpr Value kMillion = 1'000'000;

enum class FactType : unsigned char { number, time, day, flag, word };

/// Ordered by what prevails when several checks of one rule were judged.
enum class Verdict : unsigned char { na, pass, warn, unknown, fail };

/// How strongly a text binds: 不得、必须 · 原则上、一般 · 鼓励、推行 · a figure that is watched.
enum class Strength : unsigned char { must, in_principle, encouraged, indicator };

/// `one_of` and `none_of` compare with a set of words, as a mask of their indices.
enum class Op : unsigned char { equal, not_equal, less, at_most, more, at_least, one_of, none_of };

/// What a fact is compared with: a constant, a set of words, the value in force of the check's own
/// limit, or another fact.
struct Operand {
  enum class From : unsigned char { constant, limit, fact };
  From from = From::constant;
  Value constant = 0;
  std::size_t fact = 0;
};

struct Condition {
  std::size_t fact = 0;  // index among the facts of the rule
  Op op = Op::equal;
  Operand than{};
  bool assumed =
      false;  // holds where its fact is missing: excludes only who is known to be outside
};

/// Who set a number. `design`: we did, as an early warning; it never makes anything fail.
enum class Kind : unsigned char { national, local, design };

/// How exactly a day is known. What is known to the month only is doubtful until the month is over.
enum class Precision : unsigned char { day, month, term };

/// A limit from a day on, and at a place.
struct Dated {
  Value value = 0;
  LocalDay from = LocalDay::first();
  std::optional<LocalDay> until{};  // the first day on which it no longer holds
  Precision precision = Precision::day;
  std::string area{};  // digits of GB/T 2260: "" the country, "43", "4306", "430602"
  Kind kind = Kind::national;
  std::size_t source = 0;  // for the caller
};

/// One comparison of a rule. A rule may have several: other grades, other facts.
struct Check {
  std::vector<Condition> when{};  // all must hold, else the check says nothing
  Condition must{};
  bool warns = false;           // broken, it warns and never fails
  bool if_known = false;        // says nothing, rather than unknown, where its facts are missing
  std::vector<Dated> values{};  // of the limit; the check is in force where one is
};

struct Rule {
  std::vector<Condition> applies{};  // all must hold, else the rule says nothing
  std::vector<Check> checks{};
  std::optional<std::size_t> exempt{};  // the flag that an exemption is recorded
  Strength strength = Strength::must;
  bool doubtful = false;  // informs, and never fails anybody
};

/// The limit of one check that holds on a day at a place; `value` is kUnknown where none does.
struct Limit {
  Value value = kUnknown;
  std::size_t index = 0;   // in Check::values
  bool imprecise = false;  // the day lies where it is not known whether it was in force already
};

/// What of a rule holds on a day at a place: made once, asked for many facts.
struct InForce {
  const Rule* rule = nullptr;
  std::vector<Limit> limits{};  // one a check
  bool any = false;
};

/// Gives: for each check the value of the nearest place (county, city, province, country), of these
///        the latest; a local one only where it is at least as strict as the country's of that day.
[[nodiscard]] InForce in_force(const Rule& rule, std::string_view area, LocalDay day);

/// Is `local` as strict as `national` or stricter, for what must be `op` of it? Where no order is,
/// only the same is.
[[nodiscard]] bool tightens(Op op, Value national, Value local);

struct Judgement {
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  Verdict verdict = Verdict::na;
  std::size_t check = kNone;    // the one that decided
  Value value = kUnknown;       // of its fact
  Value limit = kUnknown;       // what it was compared with
  std::size_t missing = kNone;  // of unknown: the fact that is needed
  bool softened = false;        // a warning that would have been a failure
};

/// Judges facts, indexed as the rule's, kUnknown where missing.
///
/// na: not in force, or not about this. unknown: a fact is missing that could change the verdict.
/// A failure becomes a warning where the rule is doubtful, only encouraged, or in principle with an
/// exemption, where the limit is our own design, and while its beginning is not known to the day.
/// Limits: facts.size() is the rule's; O(conditions), no allocation.
[[nodiscard]] Judgement judge(const InForce& rule, std::span<const Value> facts);

}  // namespace sj::rules
