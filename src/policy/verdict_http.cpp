#include <limits>
#include <memory>
#include <utility>

#include "kernel/api/reply.h"
#include "kernel/json/encode.h"
#include "kernel/json/json.h"
#include "kernel/json/schema.h"

#include "org/api.h"
#include "policy/room.h"
#include "policy/verdict.h"

namespace sj::policy {

namespace {

struct VerdictDto {
  json::Id id{};
  std::optional<json::Id> school_id{};
  std::string rule{};
  std::string version{};
  json::Day on{};
  json::RawObject facts{};
  std::string verdict{};
  json::Raw value{};
  json::Raw limit{};
  std::string explanation{};
  json::Moment made{};
};
BOOST_DESCRIBE_STRUCT(
    VerdictDto,
    (),
    (id, school_id, rule, version, on, facts, verdict, value, limit, explanation, made))
struct VerdictsDto {
  std::vector<VerdictDto> rows{};
  std::optional<std::string> next{};  // what `before` of the next page is
};
BOOST_DESCRIBE_STRUCT(VerdictsDto, (), (rows, next))
struct VerdictBody {
  std::string rule{};
  std::optional<json::Id> school_id{};
  json::Day on{};
  json::RawObject facts{};
};
BOOST_DESCRIBE_STRUCT(VerdictBody, (), (rule, school_id, on, facts))
struct RecheckDto {
  std::int64_t checked = 0;
  std::int64_t same = 0;
  std::vector<json::Id> differs{};
};
BOOST_DESCRIBE_STRUCT(RecheckDto, (), (checked, same, differs))

constexpr std::size_t kPage = 200;  // as list_verdicts

VerdictDto dto_of(const KeptVerdict& kept) {
  VerdictDto dto;
  dto.id = kept.id;
  if (kept.school != 0) dto.school_id = json::Id(kept.school);
  dto.rule = kept.rule;
  dto.version = kept.version;
  dto.on = kept.on;
  dto.facts.text = kept.facts;
  dto.verdict = kept.verdict;
  dto.value.text = kept.value;
  dto.limit.text = kept.limit;
  dto.explanation = kept.explanation;
  dto.made = kept.made;
  return dto;
}

Result<http::Response> post_verdict(const Packs& packs, const api::Call& call, desk::Tx& tx) {
  const auto body = SJ_TRY(json::read<VerdictBody>(call.request.body));
  const std::int64_t school = body.school_id ? body.school_id->value : 0;
  const bool is_there = school == 0
                            ? call.scope.everywhere()
                            : SJ_TRY(org::find_school_place(tx, call.scope, school)).has_value();
  if (!is_there) return Error{ErrorKind::not_found, "policy.no_such_school", "school_id"};
  const std::int64_t area = call.scope.area();
  const Book book = SJ_TRY(Book::load(tx, packs.current(), area));
  const KeptVerdict kept =
      SJ_TRY(keep_verdict(tx, area, book, school, body.rule, body.on.value, body.facts.text));
  desk::Entry entry;
  entry.school = school;
  entry.action = "policy.verdict.kept";
  entry.subject_kind = "verdict";
  entry.subject = kept.id;
  entry.detail = json::canonical(boost::json::object{
      {"rule", kept.rule}, {"verdict", kept.verdict}, {"version", kept.version}});
  SJ_TRY(tx.audit(area, entry));
  return api::reply(json::encode(dto_of(kept)), 201);
}

Result<http::Response> get_verdicts(const api::Call& call, sql::Reader& store) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  const std::int64_t school = SJ_TRY(call.query_number("school", 0, 0, kMax));
  const std::int64_t before = SJ_TRY(call.query_number("before", 0, 0, kMax));
  VerdictsDto dto;
  for (const KeptVerdict& kept : SJ_TRY(list_verdicts(store, call.scope, school, before))) {
    dto.rows.push_back(dto_of(kept));
  }
  if (dto.rows.size() == kPage) dto.next = std::to_string(dto.rows.back().id.value);
  return api::reply(json::encode(dto));
}

Result<http::Response> get_recheck(const api::Call& call, sql::Reader& store) {
  const org::District district = SJ_TRY(org::find_district(store, call.actor.area));
  if (district.id == 0) {
    return Error{ErrorKind::invalid, "policy.bad_area", "say which district: --area"};
  }
  const Recheck found = SJ_TRY(recheck(store, district.id));
  RecheckDto dto;
  dto.checked = found.checked;
  dto.same = found.same;
  for (const std::int64_t id : found.differs) dto.differs.emplace_back(id);
  return api::reply(json::encode(dto));
}

}  // namespace

void add_verdict_routes(api::Room& room, const Settings& settings) {
  using http::Method;
  const auto packs = settings.packs;
  room.routes.emplace_back(Method::post, "/api/policy/verdicts", org::kRuleWrite,
                           api::Write{[packs](const api::Call& call, desk::Tx& tx) {
                             return post_verdict(*packs, call, tx);
                           }},
                           api::Doc{.id = "keep_verdict",
                                    .summary = "Judges facts and keeps the verdict",
                                    .body = &json::schema_of<VerdictBody>,
                                    .reply = &json::schema_of<VerdictDto>,
                                    .status = 201});
  room.routes.emplace_back(
      Method::get, "/api/policy/verdicts", org::kRuleWrite, api::Read{get_verdicts},
      api::Doc{.id = "list_verdicts",
               .summary = "Verdicts that were kept, the latest first",
               .query = {{.name = "school", .about = "of one school", .takes = api::Takes::id},
                         {.name = "before",
                          .about = "next of the page before",
                          .takes = api::Takes::id}},
               .reply = &json::schema_of<VerdictsDto>});
  room.routes.emplace_back(Method::get, "/api/policy/recheck", auth::kOperate,
                           api::Read{get_recheck},
                           api::Doc{.id = "recheck_verdicts",
                                    .summary = "Makes every kept verdict again",
                                    .reply = &json::schema_of<RecheckDto>});
}

}  // namespace sj::policy
