#include <algorithm>
#include <cmath>

#include "kernel/json/json.h"

#include "policy/pack.h"
#include "policy/value.h"

namespace sj::policy {

namespace {

constexpr rules::Value kUnknown = rules::kUnknown;

// In millionths, to the nearest. What is divided are counts, minutes and fen: double is exact
// enough.
rules::Value divided(rules::Value a, rules::Value b) {
  return std::llround(static_cast<double>(a) / static_cast<double>(b) * 1e6);
}

// A grade (1 to 12) as the index of its stage: primary, junior, senior.
rules::Value stage_of(rules::Value grade) {
  const rules::Value whole = grade / rules::kMillion;
  return whole <= 6 ? 0 : (whole <= 9 ? 1 : 2);
}

rules::Value computed(const Fact& fact, rules::FactType of, rules::Value a, rules::Value b) {
  if (a == kUnknown || b == kUnknown) return kUnknown;
  switch (fact.computed) {
    case Computed::given:
      return kUnknown;
    case Computed::minus:
      // Of times the minutes between them, of days the days, as a number.
      return of == rules::FactType::number ? a - b : (a - b) * rules::kMillion;
    case Computed::ratio:
      return b == 0 ? kUnknown : divided(a, b);
    case Computed::saving:
      return b == 0 ? kUnknown : divided(b - a, b);
    case Computed::stage:
      return stage_of(a);
    case Computed::compulsory:
      return a < 2 ? 1 : 0;
  }
  return kUnknown;
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  const std::size_t at = text.find(what);
  return at == std::string::npos ? text : text.replace(at, what.size(), by);
}

// "依据《…》（中办发〔2021〕40号）三.9。"
std::string cited(const Citation& citation) {
  std::string text = "依据" + citation.source->title;
  if (!citation.source->number.empty()) text += "（" + citation.source->number + "）";
  if (!citation.clause.empty() && citation.clause != "-") text += citation.clause;
  return text + "。";
}

// Why a broken rule only warns.
std::string why_soft(const Rule& rule, const rules::Check& check, const rules::Limit& limit) {
  if (rule.logic.doubtful) return "本条只作提示：" + rule.doubtful + "。";
  if (rule.logic.strength == rules::Strength::encouraged) return "本条为鼓励性要求，只作提示。";
  if (check.values[limit.index].kind == rules::Kind::design)
    return "这是本平台的预警线，不是规定。";
  if (limit.imprecise) return "生效日期尚未核到日，此期间只作提示。";
  return "已备案为例外，只作提示。";
}

}  // namespace

Result<std::vector<rules::Value>> read_facts(const Pack& pack,
                                             const Rule& rule,
                                             std::string_view json) {
  const auto parsed = SJ_TRY(json::parse(json));
  const auto* const object = parsed.if_object();
  if (object == nullptr) return json::wrong_type({}, "an object");
  Error wrong{ErrorKind::invalid, "policy.bad_fact", ""};
  const auto refuse = [&](std::string_view name, const std::string& why) {
    wrong.detail += (wrong.detail.empty() ? "" : "; ") + std::string(name) + ": " + why;
    wrong.fields.push_back({std::string(name), "policy.bad_fact", ""});
  };
  std::vector<rules::Value> facts(rule.facts.size(), kUnknown);
  for (const auto& member : *object) {
    const std::string_view name(member.key().data(), member.key().size());
    const auto fact = std::find_if(rule.facts.begin(), rule.facts.end(),
                                   [&](const Fact& one) { return one.name == name; });
    if (fact == rule.facts.end()) {
      if (pack.knows_fact(name)) continue;
      std::string known;
      for (const Fact& one : rule.facts) known += (known.empty() ? "" : ", ") + one.name;
      refuse(name, "no rule asks for it; " + rule.id + " asks for " + known);
      continue;
    }
    if (member.value().is_null()) continue;
    const auto value = read_value(*fact, rules::Op::equal, json::canonical(member.value()));
    if (!value) {
      refuse(name, "should be " + wanted_of(*fact));
      continue;
    }
    facts[static_cast<std::size_t>(fact - rule.facts.begin())] = *value;
  }
  if (!wrong.fields.empty()) return wrong;
  // What follows from a fact that itself follows from others comes right in the second round.
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < facts.size(); ++i) {
      const Fact& fact = rule.facts[i];
      if (facts[i] != kUnknown || fact.computed == Computed::given) continue;
      facts[i] = computed(fact, rule.facts[fact.a].type, facts[fact.a], facts[fact.b]);
    }
  }
  return facts;
}

std::string said(const Rule& rule, std::size_t check, rules::Value limit) {
  const rules::Condition& must = rule.logic.checks[check].must;
  const bool is_fact = must.than.from == rules::Operand::From::fact;
  const Fact& fact = rule.facts[must.fact];
  return replaced(rule.checks[check].say, "{limit}",
                  is_fact && limit == kUnknown ? rule.facts[must.than.fact].title
                                               : value_words(fact, must.op, limit));
}

Ruling rule_on(const Rule& rule,
               std::string_view area,
               LocalDay day,
               std::span<const rules::Value> facts) {
  const rules::InForce in_force = rules::in_force(rule.logic, area, day);
  const rules::Judgement judged = rules::judge(in_force, facts);
  Ruling ruling;
  ruling.verdict = judged.verdict;
  ruling.rule = rule.id;
  ruling.version = rule.version;
  ruling.citation = rule.citation;
  if (judged.check == rules::Judgement::kNone) {
    ruling.explanation = in_force.any ? "本条不适用于此情形。" : "当日本地没有本条的规定。";
    ruling.explanation += cited(ruling.citation);
    return ruling;
  }
  const rules::Check& check = rule.logic.checks[judged.check];
  const CheckWords& words = rule.checks[judged.check];
  const rules::Limit& limit = in_force.limits[judged.check];
  const Fact& fact = rule.facts[check.must.fact];
  ruling.citation = words.citations[limit.index];
  ruling.unit = fact.unit;
  ruling.limit = value_json(fact, check.must.op, judged.limit);
  ruling.value = value_json(fact, rules::Op::equal, judged.value);
  ruling.explanation = said(rule, judged.check, judged.limit) + "；";
  if (judged.verdict == rules::Verdict::unknown) {
    ruling.explanation += "缺少“" + rule.facts[judged.missing].title + "”，不能判断。";
  } else {
    ruling.explanation += "实际" + value_words(fact, rules::Op::equal, judged.value) + "。";
  }
  if (judged.softened) ruling.explanation += why_soft(rule, check, limit);
  ruling.explanation += cited(ruling.citation);
  return ruling;
}

}  // namespace sj::policy
