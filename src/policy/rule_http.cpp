#include <optional>
#include <utility>

#include "kernel/json/encode.h"
#include "kernel/json/json.h"

#include "policy/rule.h"

namespace sj::policy {

namespace {

// Where it is written. `number` 中办发〔2021〕40号; empty if it has none.
struct SourceDto {
  std::string title{};
  std::string number{};
  std::string clause{};
};
BOOST_DESCRIBE_STRUCT(SourceDto, (), (title, number, clause))

struct WordDto {
  std::string word{};
  std::string title{};
};
BOOST_DESCRIBE_STRUCT(WordDto, (), (word, title))
// A fact that a rule asks for.
struct FactDto {
  std::string name{};
  std::string type{};  // number | time | day | flag | word
  std::string unit{};
  std::string title{};
  std::vector<WordDto> words{};
  bool computed = false;  // follows from others where it is not given
};
BOOST_DESCRIBE_STRUCT(FactDto, (), (name, type, unit, title, words, computed))
// One limit of a rule on a day at a place.
struct LimitDto {
  std::string name{};  // what a locality sets
  std::string fact{};
  std::string op{};    // "<="
  json::Raw limit{};   // null where two facts are compared
  std::string say{};   // "课后服务每天不少于120分钟"
  std::string kind{};  // national | local | design
  std::string area{};  // digits of GB/T 2260; empty: the country
  json::Day since{};
  std::string precision{};  // day | month | term
  bool warns = false;       // broken, it only warns
  SourceDto source{};
};
BOOST_DESCRIBE_STRUCT(LimitDto,
                      (),
                      (name, fact, op, limit, say, kind, area, since, precision, warns, source))
struct RuleDto {
  std::string rule{};
  std::string title{};
  std::string domain{};
  std::vector<std::string> for_{};
  std::string strength{};
  std::string confidence{};
  bool computed = true;
  bool in_force = false;
  std::string about{};  // why it may only inform, what one should know, or why it is not computed
  std::vector<LimitDto> limits{};
  std::vector<FactDto> facts{};
  std::optional<SourceDto> source{};
  std::string last_checked_on{};
  std::string version{};
};
BOOST_DESCRIBE_STRUCT(RuleDto,
                      (),
                      (rule,
                       title,
                       domain,
                       for_,
                       strength,
                       confidence,
                       computed,
                       in_force,
                       about,
                       limits,
                       facts,
                       source,
                       last_checked_on,
                       version))

// What `policy check` prints (contracts).
struct RulingDto {
  std::string rule{};
  std::string verdict{};
  json::Raw value{};
  json::Raw limit{};
  std::string unit{};
  SourceDto source{};
  std::string version{};
  std::string explanation{};
};
BOOST_DESCRIBE_STRUCT(RulingDto,
                      (),
                      (rule, verdict, value, limit, unit, source, version, explanation))
constexpr std::string_view kKinds[] = {"national", "local", "design"};
constexpr std::string_view kPrecisions[] = {"day", "month", "term"};

SourceDto source_of(const Citation& citation) {
  return {citation.source->title, citation.source->number, citation.clause};
}

std::string joined(std::string a, const std::string& b) {
  if (!a.empty() && !b.empty()) a += "。";
  return std::move(a) + b;
}

RuleDto rule_dto(const Rule& rule, std::string_view area, LocalDay day) {
  RuleDto dto;
  dto.rule = rule.id;
  dto.title = rule.title;
  dto.domain = rule.domain;
  dto.for_ = rule.audience;
  dto.strength = name_of(rule.logic.strength);
  dto.confidence = rule.confidence;
  dto.about = joined(rule.doubtful, rule.note);
  dto.source = source_of(rule.citation);
  dto.last_checked_on = rule.last_checked_on;
  dto.version = rule.version;
  for (const Fact& fact : rule.facts) {
    FactDto one{fact.name, std::string(name_of(fact.type)), fact.unit, fact.title};
    for (const Word& word : fact.words) one.words.push_back({word.word, word.title});
    one.computed = fact.computed != Computed::given;
    dto.facts.push_back(std::move(one));
  }
  const rules::InForce in_force = rules::in_force(rule.logic, area, day);
  dto.in_force = in_force.any;
  for (std::size_t i = 0; i < rule.checks.size(); ++i) {
    const rules::Limit& limit = in_force.limits[i];
    if (limit.value == rules::kUnknown) continue;
    const rules::Check& check = rule.logic.checks[i];
    const rules::Dated& dated = check.values[limit.index];
    const Fact& fact = rule.facts[check.must.fact];
    LimitDto one;
    one.name = rule.checks[i].name;
    one.fact = fact.name;
    one.op = name_of(check.must.op);
    if (rule.checks[i].has_value) one.limit.text = value_json(fact, check.must.op, limit.value);
    one.say = said(rule, i, rule.checks[i].has_value ? limit.value : rules::kUnknown);
    one.kind = kKinds[static_cast<std::size_t>(dated.kind)];
    one.area = dated.area;
    one.since = dated.from;
    one.precision = kPrecisions[static_cast<std::size_t>(dated.precision)];
    one.warns = check.warns;
    one.source = source_of(rule.checks[i].citations[limit.index]);
    dto.limits.push_back(std::move(one));
  }
  return dto;
}

RuleDto rule_dto(const Uncomputed& rule) {
  RuleDto dto;
  dto.rule = rule.id;
  dto.title = rule.title;
  dto.domain = rule.domain;
  dto.computed = false;
  dto.about = rule.why;
  return dto;
}

RulingDto ruling_dto(const Ruling& ruling) {
  RulingDto dto;
  dto.rule = ruling.rule;
  dto.verdict = name_of(ruling.verdict);
  dto.value.text = ruling.value;
  dto.limit.text = ruling.limit;
  dto.unit = ruling.unit;
  dto.source = source_of(ruling.citation);
  dto.version = ruling.version;
  dto.explanation = ruling.explanation;
  return dto;
}

}  // namespace

std::string rule_json(const Rule& rule, std::string_view area, LocalDay day) {
  return json::encode(rule_dto(rule, area, day));
}
std::string rule_json(const Uncomputed& rule) {
  return json::encode(rule_dto(rule));
}
std::string ruling_json(const Ruling& ruling) {
  return json::encode(ruling_dto(ruling));
}

}  // namespace sj::policy
