#include <limits>
#include <memory>
#include <utility>

#include "kernel/api/reply.h"
#include "kernel/json/encode.h"
#include "kernel/json/json.h"
#include "kernel/json/schema.h"

#include "org/api.h"
#include "policy/room.h"
#include "policy/setting.h"
#include "policy/value.h"

namespace sj::policy {

namespace {

struct SettingDto {
  json::Id id{};
  std::string rule{};
  std::string title{};
  std::string name{};  // of the limit
  json::Raw value{};
  std::string say{};
  json::Day from{};
  std::optional<json::Day> until{};
  std::string document{};
  std::string clause{};
  std::optional<json::Moment> ended{};
};
BOOST_DESCRIBE_STRUCT(SettingDto,
                      (),
                      (id, rule, title, name, value, say, from, until, document, clause, ended))
struct ExemptionDto {
  json::Id id{};
  std::string rule{};
  std::string title{};
  std::optional<json::Id> school_id{};  // none: all of the district
  std::string school{};
  json::Day from{};
  json::Day until{};  // the first day no longer
  std::string document{};
  std::string reason{};
  std::optional<json::Moment> ended{};
};
BOOST_DESCRIBE_STRUCT(ExemptionDto,
                      (),
                      (id, rule, title, school_id, school, from, until, document, reason, ended))
struct OwnRulesDto {
  std::vector<SettingDto> settings{};
  std::vector<ExemptionDto> exemptions{};
};
BOOST_DESCRIBE_STRUCT(OwnRulesDto, (), (settings, exemptions))
struct SettingBody {
  std::string rule{};
  std::string name{};
  json::Raw value{};
  json::Day from{};
  std::optional<json::Day> until{};
  std::string document{};
  std::optional<std::string> clause{};
};
BOOST_DESCRIBE_STRUCT(SettingBody, (), (rule, name, value, from, until, document, clause))
struct ExemptionBody {
  std::string rule{};
  std::optional<json::Id> school_id{};
  json::Day from{};
  json::Day until{};
  std::string document{};
  std::string reason{};
};
BOOST_DESCRIBE_STRUCT(ExemptionBody, (), (rule, school_id, from, until, document, reason))
struct OwnRuleMadeDto {
  json::Id id{};
};
BOOST_DESCRIBE_STRUCT(OwnRuleMadeDto, (), (id))

// Of the audit trail: a JSON object of texts.
std::string object_of(const std::vector<std::pair<std::string, std::string>>& members) {
  boost::json::object object;
  for (const auto& [name, value] : members) object[name] = value;
  return json::canonical(object);
}

class SettingRoutes {
 public:
  explicit SettingRoutes(std::shared_ptr<Packs> packs) : packs_(std::move(packs)) {}

  Result<http::Response> list(const api::Call& call, sql::Reader& store) const {
    const auto pack = packs_->current();
    const std::int64_t area = call.scope.area();
    OwnRulesDto dto;
    for (const Setting& one : SJ_TRY(list_settings(store, area))) {
      dto.settings.push_back(setting_dto(*pack, one));
    }
    for (const Exemption& one : SJ_TRY(list_exemptions(store, area))) {
      const auto school = SJ_TRY(school_of(store, call.scope, one.school));
      if (!school) continue;
      dto.exemptions.push_back(exemption_dto(*pack, one, *school));
    }
    return api::reply(json::encode(dto));
  }

  Result<http::Response> add(const api::Call& call, desk::Tx& tx) const {
    if (!call.scope.everywhere()) return kNotHere;
    const auto body = SJ_TRY(json::read<SettingBody>(call.request.body));
    const auto pack = packs_->current();
    const Rule& rule = *SJ_TRY(pack->rule(body.rule));
    Setting setting;
    setting.id = tx.new_id();
    setting.rule = rule.id;
    setting.check = body.name;
    setting.value = body.value.text;
    setting.from = body.from.value;
    if (body.until) setting.until = body.until->value;
    setting.document = body.document;
    setting.clause = body.clause.value_or("");
    SJ_TRY(decide_setting(rule, setting));
    const std::int64_t area = call.scope.area();
    SJ_TRY(insert_setting(tx, area, setting));
    SJ_TRY(tx.audit(area, entry_of("policy.setting.made", setting.id, 0,
                                   {{"document", setting.document},
                                    {"from", setting.from.to_iso()},
                                    {"name", setting.check},
                                    {"rule", setting.rule},
                                    {"value", setting.value}})));
    return api::reply(json::encode(OwnRuleMadeDto{setting.id}), 201);
  }

  Result<http::Response> end(const api::Call& call, desk::Tx& tx) const {
    const std::int64_t id = SJ_TRY(call.id(0));
    const bool ended = call.scope.everywhere() && SJ_TRY(end_setting(tx, call.scope.area(), id));
    if (!ended) return kNoSuch;
    SJ_TRY(tx.audit(call.scope.area(), entry_of("policy.setting.ended", id, 0, {})));
    return api::nothing();
  }

  Result<http::Response> exempt(const api::Call& call, desk::Tx& tx) const {
    if (!call.scope.everywhere()) return kNotHere;
    const auto body = SJ_TRY(json::read<ExemptionBody>(call.request.body));
    const auto pack = packs_->current();
    const Rule& rule = *SJ_TRY(pack->rule(body.rule));
    Exemption one;
    one.id = tx.new_id();
    one.rule = rule.id;
    one.school = body.school_id ? body.school_id->value : 0;
    one.from = body.from.value;
    one.until = body.until.value;
    one.document = body.document;
    one.reason = body.reason;
    if (!SJ_TRY(school_of(tx, call.scope, one.school))) {
      return Error{ErrorKind::not_found, "policy.no_such_school", "school_id"};
    }
    SJ_TRY(decide_exemption(rule, one));
    const std::int64_t area = call.scope.area();
    SJ_TRY(insert_exemption(tx, area, one));
    SJ_TRY(tx.audit(area, entry_of("policy.exemption.made", one.id, one.school,
                                   {{"document", one.document},
                                    {"from", one.from.to_iso()},
                                    {"rule", one.rule},
                                    {"until", one.until.to_iso()}})));
    return api::reply(json::encode(OwnRuleMadeDto{one.id}), 201);
  }

  Result<http::Response> unexempt(const api::Call& call, desk::Tx& tx) const {
    const std::int64_t id = SJ_TRY(call.id(0));
    const bool ended = call.scope.everywhere() && SJ_TRY(end_exemption(tx, call.scope.area(), id));
    if (!ended) return kNoSuch;
    SJ_TRY(tx.audit(call.scope.area(), entry_of("policy.exemption.ended", id, 0, {})));
    return api::nothing();
  }

 private:
  inline static const Error kNotHere{ErrorKind::forbidden, "policy.district_only",
                                     "only who may do so in all of the district"};
  inline static const Error kNoSuch{ErrorKind::not_found, "policy.no_such_own_rule",
                                    "none that is still in force"};

  static desk::Entry entry_of(std::string action,
                              std::int64_t subject,
                              std::int64_t school,
                              const std::vector<std::pair<std::string, std::string>>& detail) {
    desk::Entry entry;
    entry.school = school;
    entry.action = std::move(action);
    entry.subject_kind = "rule";
    entry.subject = subject;
    entry.detail = object_of(detail);
    return entry;
  }

  // The name of a school the scope covers; empty for the district; nothing where there is none.
  static Result<std::optional<std::string>> school_of(sql::Reader& store,
                                                      const auth::Scope& scope,
                                                      std::int64_t school) {
    if (school == 0) return std::optional<std::string>("");
    const auto found = SJ_TRY(org::find_school_place(store, scope, school));
    if (!found) return std::optional<std::string>();
    return std::optional<std::string>(found->name);
  }

  static SettingDto setting_dto(const Pack& pack, const Setting& setting) {
    SettingDto dto;
    dto.id = setting.id;
    dto.rule = setting.rule;
    dto.name = setting.check;
    dto.value.text = setting.value;
    dto.from = setting.from;
    if (setting.until) dto.until = *setting.until;
    dto.document = setting.document;
    dto.clause = setting.clause;
    if (setting.ended) dto.ended = *setting.ended;
    const Rule* const rule = pack.find(setting.rule);
    if (rule == nullptr) return dto;
    dto.title = rule->title;
    for (std::size_t i = 0; i < rule->checks.size(); ++i) {
      if (rule->checks[i].name != setting.check) continue;
      const rules::Condition& must = rule->logic.checks[i].must;
      const auto value = read_value(rule->facts[must.fact], must.op, setting.value);
      if (value) dto.say = said(*rule, i, *value);
    }
    return dto;
  }

  static ExemptionDto exemption_dto(const Pack& pack,
                                    const Exemption& one,
                                    const std::string& school) {
    ExemptionDto dto;
    dto.id = one.id;
    dto.rule = one.rule;
    const Rule* const rule = pack.find(one.rule);
    if (rule != nullptr) dto.title = rule->title;
    if (one.school != 0) dto.school_id = json::Id(one.school);
    dto.school = school;
    dto.from = one.from;
    dto.until = one.until;
    dto.document = one.document;
    dto.reason = one.reason;
    if (one.ended) dto.ended = *one.ended;
    return dto;
  }

  std::shared_ptr<Packs> packs_;
};

}  // namespace

void add_setting_routes(api::Room& room, const Settings& settings) {
  using http::Method;
  const auto routes = std::make_shared<SettingRoutes>(settings.packs);
  const auto write = [&](auto handler) {
    return api::Write{[routes, handler](const api::Call& call, desk::Tx& tx) {
      return ((*routes).*handler)(call, tx);
    }};
  };
  room.routes.emplace_back(Method::get, "/api/policy/own", org::kSchoolRead,
                           api::Read{[routes](const api::Call& call, sql::Reader& store) {
                             return routes->list(call, store);
                           }},
                           api::Doc{.id = "list_own_rules",
                                    .summary = "Limits and exemptions of the district",
                                    .reply = &json::schema_of<OwnRulesDto>});
  room.routes.emplace_back(Method::post, "/api/policy/settings", org::kRuleWrite,
                           write(&SettingRoutes::add),
                           api::Doc{.id = "set_limit",
                                    .summary = "Sets a tighter limit of the district's own",
                                    .body = &json::schema_of<SettingBody>,
                                    .reply = &json::schema_of<OwnRuleMadeDto>,
                                    .status = 201});
  room.routes.emplace_back(
      Method::delete_, "/api/policy/settings/{setting}", org::kRuleWrite,
      write(&SettingRoutes::end),
      api::Doc{.id = "end_limit", .summary = "Ends a limit of one's own", .status = 204});
  room.routes.emplace_back(Method::post, "/api/policy/exemptions", org::kRuleWrite,
                           write(&SettingRoutes::exempt),
                           api::Doc{.id = "record_exemption",
                                    .summary = "Records an exemption from a rule in principle",
                                    .body = &json::schema_of<ExemptionBody>,
                                    .reply = &json::schema_of<OwnRuleMadeDto>,
                                    .status = 201});
  room.routes.emplace_back(
      Method::delete_, "/api/policy/exemptions/{exemption}", org::kRuleWrite,
      write(&SettingRoutes::unexempt),
      api::Doc{.id = "end_exemption", .summary = "Ends an exemption", .status = 204});
}

}  // namespace sj::policy
