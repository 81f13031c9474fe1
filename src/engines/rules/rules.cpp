#include "engines/rules/rules.h"

#include <algorithm>

#include "kernel/base/check.h"

namespace sj::rules {

namespace {

// Three-valued: what is not known is neither.
enum class Truth : unsigned char { no, yes, unknown };

Value operand(const Operand& than, const Limit& limit, std::span<const Value> facts) {
  switch (than.from) {
    case Operand::From::constant:
      return than.constant;
    case Operand::From::limit:
      return limit.value;
    case Operand::From::fact:
      return facts[than.fact];
  }
  return kUnknown;
}

bool compare(Op op, Value value, Value than) {
  switch (op) {
    case Op::equal:
      return value == than;
    case Op::not_equal:
      return value != than;
    case Op::less:
      return value < than;
    case Op::at_most:
      return value <= than;
    case Op::more:
      return value > than;
    case Op::at_least:
      return value >= than;
    case Op::one_of:
      return ((than >> value) & 1) != 0;
    case Op::none_of:
      return ((than >> value) & 1) == 0;
  }
  return false;
}

Truth test(const Condition& condition, const Limit& limit, std::span<const Value> facts) {
  const Value value = facts[condition.fact];
  const Value than = operand(condition.than, limit, facts);
  if (value == kUnknown || than == kUnknown) {
    return condition.assumed ? Truth::yes : Truth::unknown;
  }
  return compare(condition.op, value, than) ? Truth::yes : Truth::no;
}

// All of them; `missing` becomes the fact on which it depends. One that does not hold settles it,
// whatever else is unknown.
Truth all(const std::vector<Condition>& conditions,
          const Limit& limit,
          std::span<const Value> facts,
          std::size_t& missing) {
  Truth truth = Truth::yes;
  for (const Condition& one : conditions) {
    switch (test(one, limit, facts)) {
      case Truth::no:
        return Truth::no;
      case Truth::yes:
        break;
      case Truth::unknown:
        if (truth == Truth::yes) {
          missing = facts[one.fact] == kUnknown ? one.fact : one.than.fact;
        }
        truth = Truth::unknown;
    }
  }
  return truth;
}

// The day on which it is certain that something known to the month or term has begun. A term is
// taken for half a year.
LocalDay certain_from(const Dated& value) {
  switch (value.precision) {
    case Precision::day:
      return value.from;
    case Precision::month:
      return value.from.plus_days(31);
    case Precision::term:
      return value.from.plus_days(183);
  }
  return value.from;
}

bool holds(const Dated& value, std::string_view area, LocalDay day) {
  return area.starts_with(value.area) && value.from <= day && (!value.until || day < *value.until);
}

Limit limit_of(const Check& check, std::string_view area, LocalDay day) {
  constexpr std::size_t kNone = Judgement::kNone;
  std::size_t nearest = kNone;
  std::size_t national = kNone;
  // Of one place the latest; of places the nearest.
  const auto better = [&](std::size_t than, std::size_t one) {
    if (than == kNone) return true;
    const Dated& a = check.values[than];
    const Dated& b = check.values[one];
    return b.area.size() != a.area.size() ? b.area.size() > a.area.size() : b.from >= a.from;
  };
  for (std::size_t i = 0; i < check.values.size(); ++i) {
    if (!holds(check.values[i], area, day)) continue;
    if (better(nearest, i)) nearest = i;
    if (check.values[i].area.empty() && better(national, i)) national = i;
  }
  if (nearest == kNone) return {};
  if (national != kNone &&
      !tightens(check.must.op, check.values[national].value, check.values[nearest].value)) {
    nearest = national;
  }
  const Dated& value = check.values[nearest];
  bool imprecise = day < certain_from(value);
  // What an earlier text already forbade for certain is not doubtful because it was said again.
  for (const Dated& other : check.values) {
    imprecise = imprecise && !(holds(other, area, day) && day >= certain_from(other) &&
                               other.area.size() <= value.area.size() &&
                               tightens(check.must.op, value.value, other.value));
  }
  return {value.value, nearest, imprecise};
}

}  // namespace

InForce in_force(const Rule& rule, std::string_view area, LocalDay day) {
  InForce found;
  found.rule = &rule;
  found.limits.reserve(rule.checks.size());
  for (const Check& check : rule.checks) {
    found.limits.push_back(limit_of(check, area, day));
    found.any = found.any || found.limits.back().value != kUnknown;
  }
  return found;
}

bool tightens(Op op, Value national, Value local) {
  switch (op) {
    case Op::less:
    case Op::at_most:
      return local <= national;
    case Op::more:
    case Op::at_least:
      return local >= national;
    case Op::one_of:
      return (local & ~national) == 0;
    case Op::none_of:
      return (national & ~local) == 0;
    case Op::equal:
    case Op::not_equal:
      return local == national;
  }
  return false;
}

Judgement judge(const InForce& rule, std::span<const Value> facts) {
  Judgement judged;
  if (!rule.any) return judged;
  const Rule& what = *rule.rule;
  std::size_t missing = Judgement::kNone;
  const Truth applies = all(what.applies, {}, facts, missing);
  if (applies == Truth::no) return judged;
  for (std::size_t i = 0; i < what.checks.size(); ++i) {
    const Check& check = what.checks[i];
    const Limit& limit = rule.limits[i];
    if (limit.value == kUnknown) continue;
    std::size_t needs = Judgement::kNone;
    Truth truth = all(check.when, limit, facts, needs);
    if (truth == Truth::no) continue;
    Verdict verdict = Verdict::unknown;
    bool softened = false;
    if (truth == Truth::yes) {
      truth = test(check.must, limit, facts);
      if (truth == Truth::unknown) {
        needs = facts[check.must.fact] == kUnknown ? check.must.fact : check.must.than.fact;
      } else if (truth == Truth::yes) {
        verdict = Verdict::pass;
      } else {
        softened =
            what.doubtful || what.strength == Strength::encouraged || limit.imprecise ||
            check.values[limit.index].kind == Kind::design ||
            (what.strength == Strength::in_principle && what.exempt && facts[*what.exempt] == 1);
        verdict = softened || check.warns ? Verdict::warn : Verdict::fail;
      }
    }
    if (truth == Truth::unknown && check.if_known) continue;
    if (judged.check != Judgement::kNone && verdict <= judged.verdict) continue;
    judged.verdict = verdict;
    judged.check = i;
    judged.value = facts[check.must.fact];
    judged.limit = operand(check.must.than, limit, facts);
    judged.missing = needs;
    judged.softened = softened && !check.warns;
  }
  // Whether the rule is about this at all is not known: nothing it would say is certain.
  if (applies == Truth::unknown && judged.verdict != Verdict::na) {
    judged.verdict = Verdict::unknown;
    judged.missing = missing;
    judged.softened = false;
  }
  return judged;
}

}  // namespace sj::rules
