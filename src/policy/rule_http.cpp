#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "kernel/api/reply.h"
#include "kernel/json/encode.h"
#include "kernel/json/json.h"
#include "kernel/json/schema.h"
#include "kernel/text/unicode.h"
#include "kernel/time/zone.h"

#include "policy/calendar.h"
#include "policy/room.h"
#include "policy/rule.h"
#include "policy/setting.h"
#include "policy/value.h"

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
// One of the values a limit has had or will have.
struct ValueDto {
  std::string name{};
  std::string fact{};
  json::Raw value{};  // null where two facts are compared
  std::string say{};
  json::Day from{};
  std::optional<json::Day> until{};
  std::string precision{};
  std::string kind{};
  std::string area{};
  SourceDto source{};
};
BOOST_DESCRIBE_STRUCT(ValueDto,
                      (),
                      (name, fact, value, say, from, until, precision, kind, area, source))
struct ExampleDto {
  json::Day on{};
  std::string area{};
  json::RawObject given{};
  std::string want{};
  std::string explanation{};
};
BOOST_DESCRIBE_STRUCT(ExampleDto, (), (on, area, given, want, explanation))
struct WholeRuleDto {
  RuleDto rule{};
  json::Day on{};
  std::vector<std::string> applied_in{};  // parts of the product that ask for it: calendar
  std::vector<ValueDto> history{};
  std::vector<ExampleDto> examples{};
};
BOOST_DESCRIBE_STRUCT(WholeRuleDto, (), (rule, on, applied_in, history, examples))
struct RulesDto {
  std::vector<RuleDto> rows{};
  std::int64_t total = 0;
  json::Day on{};
  std::string place{};    // digits of GB/T 2260; empty: the country
  std::string version{};  // of all packs
};
BOOST_DESCRIBE_STRUCT(RulesDto, (), (rows, total, on, place, version))
struct CheckBody {
  json::Day on{};
  std::optional<json::Id> school_id{};  // whose recorded exemptions count
  json::RawObject facts{};
};
BOOST_DESCRIBE_STRUCT(CheckBody, (), (on, school_id, facts))

constexpr std::array<std::string_view, 3> kDomains = {"after_school", "exams", "school_time"};
constexpr std::array<std::string_view, 5> kAudience = {"family", "teacher", "school", "office",
                                                       "institution"};
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

class RuleRoutes {
 public:
  explicit RuleRoutes(std::shared_ptr<Packs> packs) : packs_(std::move(packs)) {}

  Result<http::Response> list(const api::Call& call, sql::Reader& store) const {
    const Asked asked = SJ_TRY(read_asked(call, store));
    const Pack& pack = asked.book.pack();
    RulesDto dto;
    dto.on = asked.on;
    dto.place = asked.place;
    dto.version = pack.version();
    const std::string audience = call.query_text("for");
    const std::string domain = call.query_text("domain");
    const std::string wanted = text::fold(call.query_text("q"));
    const auto add = [&](RuleDto rule) {
      rule.facts.clear();  // of one rule only: they are a third of the bytes
      if (!domain.empty() && rule.domain != domain) return;
      if (!audience.empty() &&
          std::find(rule.for_.begin(), rule.for_.end(), audience) == rule.for_.end()) {
        return;
      }
      if (!wanted.empty() && !has(rule, wanted)) return;
      dto.rows.push_back(std::move(rule));
    };
    for (const Rule& rule : pack.rules()) {
      add(rule_dto(*SJ_TRY(asked.book.rule(rule.id)), asked.place, asked.on));
    }
    for (const Uncomputed& rule : pack.uncomputed()) add(rule_dto(rule));
    dto.total = static_cast<std::int64_t>(dto.rows.size());
    return api::reply(json::encode(dto));
  }

  Result<http::Response> get(const api::Call& call, sql::Reader& store) const {
    const Asked asked = SJ_TRY(read_asked(call, store));
    const Pack& pack = asked.book.pack();
    const std::string& id = call.path_values.at(0);
    WholeRuleDto dto;
    dto.on = asked.on;
    if (std::find(kCalendarRules.begin(), kCalendarRules.end(), id) != kCalendarRules.end()) {
      dto.applied_in.emplace_back("calendar");
    }
    for (const Uncomputed& one : pack.uncomputed()) {
      if (one.id != id) continue;
      dto.rule = rule_dto(one);
      return api::reply(json::encode(dto));
    }
    const Rule& rule = *SJ_TRY(asked.book.rule(id));
    dto.rule = rule_dto(rule, asked.place, asked.on);
    for (std::size_t i = 0; i < rule.checks.size(); ++i) {
      const rules::Check& check = rule.logic.checks[i];
      for (std::size_t k = 0; k < check.values.size(); ++k) {
        dto.history.push_back(value_dto(rule, i, k));
      }
    }
    const Rule& published = *SJ_TRY(pack.rule(id));  // what its author wrote
    for (const Case& one : published.cases) {
      ExampleDto example;
      example.on = one.on;
      example.area = one.area;
      example.given.text = one.given;
      example.want = one.want;
      // A case was judged when the pack was read: its facts are right.
      example.explanation =
          rule_on(published, one.area, one.on, read_facts(pack, published, one.given).value())
              .explanation;
      dto.examples.push_back(std::move(example));
    }
    return api::reply(json::encode(dto));
  }

  Result<http::Response> check(const api::Call& call, sql::Reader& store) const {
    const Asked asked = SJ_TRY(read_asked(call, store));
    const Rule& rule = *SJ_TRY(asked.book.rule(call.path_values.at(0)));
    const auto body = SJ_TRY(json::read<CheckBody>(call.request.body));
    const std::int64_t school = body.school_id ? body.school_id->value : 0;
    const auto facts = SJ_TRY(asked.book.facts(rule, school, body.on.value, body.facts.text));
    return api::reply(json::encode(ruling_dto(rule_on(rule, asked.place, body.on.value, facts))));
  }

 private:
  // Is it in what people read of the rule?
  static bool has(const RuleDto& rule, const std::string& wanted) {
    std::string all = rule.rule + "\n" + rule.title + "\n" + rule.about;
    for (const LimitDto& limit : rule.limits) {
      all += "\n" + limit.say + "\n" + limit.source.title + limit.source.number;
    }
    if (rule.source) all += "\n" + rule.source->title + rule.source->number;
    return text::fold(all).find(wanted) != std::string::npos;
  }

  // For which day and place, with what a district set itself.
  struct Asked {
    Book book;
    std::string place{};
    LocalDay on = LocalDay::first();
  };

  Result<Asked> read_asked(const api::Call& call, sql::Reader& store) const {
    // Whoever belongs to a district asks in it, others in the only one there is.
    Asked asked{SJ_TRY(Book::load(store, packs_->current(), call.actor.area))};
    const std::string day = call.query_text("on");
    asked.on = day.empty() ? day_of(call.now) : SJ_TRY(LocalDay::parse(day));
    const std::string place = call.query_text("place");
    asked.place = place.empty() ? asked.book.place() : SJ_TRY(area_digits(place));
    return asked;
  }

  static ValueDto value_dto(const Rule& rule, std::size_t check, std::size_t index) {
    const rules::Check& logic = rule.logic.checks[check];
    const CheckWords& words = rule.checks[check];
    const rules::Dated& dated = logic.values[index];
    const Fact& fact = rule.facts[logic.must.fact];
    ValueDto dto;
    dto.name = words.name;
    dto.fact = fact.name;
    if (words.has_value) dto.value.text = value_json(fact, logic.must.op, dated.value);
    dto.say = said(rule, check, words.has_value ? dated.value : rules::kUnknown);
    dto.from = dated.from;
    if (dated.until) dto.until = *dated.until;
    dto.precision = kPrecisions[static_cast<std::size_t>(dated.precision)];
    dto.kind = kKinds[static_cast<std::size_t>(dated.kind)];
    dto.area = dated.area;
    dto.source = source_of(words.citations[index]);
    return dto;
  }

  std::shared_ptr<Packs> packs_;
};

}  // namespace

void add_rule_routes(api::Room& room, const Settings& settings) {
  using http::Method;
  const auto routes = std::make_shared<RuleRoutes>(settings.packs);
  const api::QueryParameter on{"on", "as of this day; today if not given", api::Takes::day};
  const api::QueryParameter place{
      "place", "digits of GB/T 2260: 43, 4306, 430602; one's own district if not given"};
  room.routes.emplace_back(
      Method::get, "/api/policy/rules", auth::kPublic,
      api::Read{[routes](const api::Call& call, sql::Reader& store) {
        return routes->list(call, store);
      }},
      api::Doc{"list_rules",
               "What holds at a place on a day",
               {on,
                place,
                {.name = "for", .about = "whom it concerns", .one_of = kAudience},
                {.name = "domain", .about = "of this domain", .one_of = kDomains},
                {"q", "part of the id, title, limit or source"}},
               nullptr,
               "application/json",
               json::schema_of<RulesDto>});
  room.routes.emplace_back(Method::get, "/api/policy/rules/{rule}", auth::kPublic,
                           api::Read{[routes](const api::Call& call, sql::Reader& store) {
                             return routes->get(call, store);
                           }},
                           api::Doc{"get_rule",
                                    "One rule with every value it has had, and examples",
                                    {on, place},
                                    nullptr,
                                    "application/json",
                                    json::schema_of<WholeRuleDto>});
  room.routes.emplace_back(Method::post, "/api/policy/rules/{rule}/check", auth::kPublic,
                           api::Read{[routes](const api::Call& call, sql::Reader& store) {
                             return routes->check(call, store);
                           }},
                           api::Doc{"check_rule",
                                    "The verdict of one rule on facts; stores nothing",
                                    {place},
                                    json::schema_of<CheckBody>,
                                    "application/json",
                                    json::schema_of<RulingDto>});
}

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
