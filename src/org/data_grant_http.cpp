#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "kernel/api/reply.h"
#include "kernel/api/route.h"
#include "kernel/json/encode.h"
#include "kernel/json/json.h"
#include "kernel/json/schema.h"
#include "kernel/text/text.h"
#include "kernel/time/zone.h"

#include "org/data_grant.h"
#include "org/data_grant_store.h"
#include "org/detail.h"
#include "org/rights.h"
#include "org/room.h"
#include "org/target_store.h"
#include "org/words.h"

namespace sj::org {
namespace {

struct AskBody {
  std::string purpose;
  std::vector<json::OneOf<kSealedFields>> fields;
  json::OneOf<kPlaceKinds> place_kind;
  std::optional<json::Id> place_id;  // not given: the district
  std::int64_t hours = 0;
};
BOOST_DESCRIBE_STRUCT(AskBody, (), (purpose, fields, place_kind, place_id, hours))
struct AskedDto {
  json::Id id;
};
BOOST_DESCRIBE_STRUCT(AskedDto, (), (id))

struct AnswerBody {
  bool approve = false;
};
BOOST_DESCRIBE_STRUCT(AnswerBody, (), (approve))

struct GrantPlaceDto {
  json::OneOf<kPlaceKinds> kind;
  json::Id id;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(GrantPlaceDto, (), (kind, id, name))
struct DataGrantDto {
  json::Id id;
  std::string purpose;
  std::vector<json::OneOf<kSealedFields>> fields;
  GrantPlaceDto place;
  std::string asked_by;
  json::Moment asked;
  std::int64_t hours = 0;
  json::OneOf<kGrantStates> state;
  std::optional<std::string> decided_by;
  std::optional<json::Moment> until;
  bool mine = false;
};
BOOST_DESCRIBE_STRUCT(
    DataGrantDto,
    (),
    (id, purpose, fields, place, asked_by, asked, hours, state, decided_by, until, mine))
struct DataGrantsDto {
  std::vector<DataGrantDto> rows;
};
BOOST_DESCRIBE_STRUCT(DataGrantsDto, (), (rows))

struct LookBody {
  json::OneOf<kSealedFields> field;
  std::optional<std::string> purpose;  // of which grant; else any that fits
};
BOOST_DESCRIBE_STRUCT(LookBody, (), (field, purpose))

struct SealedDto {
  json::OneOf<kSealedFields> field;
  std::string value;
};
BOOST_DESCRIBE_STRUCT(SealedDto, (), (field, value))

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::array<Word, 2> kListed = {"open", "mine"};

desk::Entry entry_of(const char* action,
                     const auth::Target& target,
                     std::int64_t grant,
                     std::string detail) {
  desk::Entry entry;
  entry.school = target.school;
  entry.action = action;
  entry.subject_kind = "data_grant";
  entry.subject = grant;
  entry.detail = std::move(detail);
  return entry;
}

std::string joined(const std::vector<std::string>& fields) {
  std::string text;
  for (const std::string& field : fields) text += (text.empty() ? "" : " ") + field;
  return text;
}

std::string state_of(const DataGrant& grant, Instant now) {
  if (!grant.decided_ms) return "open";
  if (!grant.approved) return "refused";
  return now < grant.until ? "approved" : "ended";
}

Result<DataGrantDto> dto_of(const api::Call& call, sql::Reader& store, const DataGrant& grant) {
  DataGrantDto dto;
  dto.id = grant.id;
  dto.purpose = grant.purpose;
  dto.fields.assign(grant.fields.begin(), grant.fields.end());
  auto name = SJ_TRY(find_place_name(store, call.actor.area, grant.place, day_of(call.now)));
  const bool is_area = grant.place.kind == auth::PlaceKind::area;
  dto.place = {name_of(grant.place.kind), is_area ? call.actor.area : grant.place.id,
               std::move(name)};
  dto.asked_by = grant.person_name;
  dto.asked = grant.asked;
  dto.hours = (grant.until.utc_ms() - grant.from.utc_ms()) / kHourMs;
  dto.state = state_of(grant, call.now);
  if (!grant.decided_by.empty()) dto.decided_by = grant.decided_by;
  if (grant.approved) dto.until = grant.until;
  dto.mine = grant.person == call.actor.person;
  return dto;
}

Result<http::Response> post_data_grant(const api::Call& call, desk::Tx& tx) {
  const auto body = SJ_TRY(json::read<AskBody>(call.request.body));
  const std::int64_t area = call.scope.area();
  AskCommand command;
  command.purpose = text::trim(body.purpose);
  command.fields.assign(body.fields.begin(), body.fields.end());
  command.hours = body.hours;
  const auto kind = place_kind_of(body.place_kind);
  if (!kind) {
    return Error{ErrorKind::invalid, "org.bad_grant_place",
                 "place_kind: area, school, class or pupil"};
  }
  command.place = {*kind, body.place_id ? body.place_id->value : 0};
  if (*kind == auth::PlaceKind::area) command.place.id = 0;
  SJ_TRY(decide_ask(command));
  const auto target = SJ_TRY(find_target(tx, area, command.place, tx.today()));
  if (!target || !call.scope.covers(*target)) {
    return Error{ErrorKind::not_found, "org.unknown_place", "no such place in reach"};
  }
  const std::int64_t id = tx.new_id();
  SJ_TRY(insert_data_grant(tx, area, id, command));
  SJ_TRY(tx.audit(area, entry_of("org.data_grant.asked", *target, id,
                                 object_of({{"fields", joined(command.fields)},
                                            {"hours", std::to_string(command.hours)},
                                            {"place_id", std::to_string(command.place.id)},
                                            {"place_kind", body.place_kind}}))));
  return api::reply(json::encode(AskedDto{id}), 201);
}

Result<http::Response> get_data_grants(const api::Call& call, sql::Reader& store) {
  const std::string state = call.query_text("state");
  DataGrantsDto dto;
  if (state == "mine") {
    const auto grants = SJ_TRY(list_grants_of(store, call.actor.area, call.actor.person));
    for (const DataGrant& grant : grants) {
      auto line = SJ_TRY(dto_of(call, store, grant));
      dto.rows.push_back(std::move(line));
    }
    return api::reply(json::encode(dto));
  }
  const auth::Scope scope = call.access.scope(kSensitiveApprove);
  const auto grants = SJ_TRY(list_open_grants(store, scope, day_of(call.now)));
  for (const DataGrant& grant : grants) {
    auto line = SJ_TRY(dto_of(call, store, grant));
    dto.rows.push_back(std::move(line));
  }
  return api::reply(json::encode(dto));
}

Result<http::Response> post_decision(const api::Call& call, desk::Tx& tx) {
  const std::int64_t id = SJ_TRY(call.id(0));
  const auto body = SJ_TRY(json::read<AnswerBody>(call.request.body));
  const std::int64_t area = call.scope.area();
  const Error unknown{ErrorKind::not_found, "org.unknown_data_grant", "no such request in reach"};
  const auto grant = SJ_TRY(find_data_grant(tx, area, id));
  if (!grant) return unknown;
  const auto target = SJ_TRY(find_target(tx, area, grant->place, tx.today()));
  if (!target || !call.scope.covers(*target)) return unknown;
  SJ_TRY(decide_answer(*grant, call.actor.person));
  SJ_TRY(update_answer(tx, area, *grant, body.approve));
  SJ_TRY(tx.audit(
      area,
      entry_of(body.approve ? "org.data_grant.approved" : "org.data_grant.refused", *target, id,
               object_of({{"fields", joined(grant->fields)},
                          {"person", std::to_string(grant->person)}}))));
  return api::nothing();
}

/// The role under which somebody may ask for looks at one of the places.
std::string role_of(const auth::Access& access, const std::vector<auth::Target>& targets) {
  for (const auth::Target& target : targets) {
    const auth::Grant* const grant = access.why(kSensitiveAsk, target);
    if (grant != nullptr) return grant->role;
  }
  return {};
}

/// The look is on record before the value leaves.
Result<http::Response> post_look(const api::Call& call, desk::Tx& tx) {
  const std::int64_t person = SJ_TRY(call.id(0));
  const std::int64_t area = call.scope.area();
  Look look;
  look.targets = SJ_TRY(find_person_targets(tx, area, person, tx.today()));
  if (!covers_any(call.scope, look.targets)) {
    return Error{ErrorKind::not_found, "org.unknown_person", "no such person in reach"};
  }
  const auto body = SJ_TRY(json::read<LookBody>(call.request.body));
  look.field = body.field;
  look.purpose = body.purpose.value_or("");
  if (!is_sealed_field(look.field)) {
    return Error{ErrorKind::invalid, "org.bad_fields", "field: one of the sensitive fields"};
  }
  const auto grants = SJ_TRY(list_grants_of(tx, area, call.actor.person));
  const DataGrant* const grant = find_grant(grants, look, tx.now());
  if (grant == nullptr) {
    return Error{ErrorKind::forbidden, "org.no_data_grant",
                 "ask by POST /api/org/data-grants; somebody else approves"};
  }
  const auto value = SJ_TRY(open_field(tx, tx.vault(), area, person, look.field));
  if (!value) return Error{ErrorKind::not_found, "org.unknown_field", "he has no such field"};
  desk::Entry entry;
  entry.school = look.targets.front().school;
  entry.action = "org.person.looked";
  entry.subject_kind = "person";
  entry.subject = person;
  entry.detail = object_of({{"fields", look.field},
                            {"grant", std::to_string(grant->id)},
                            {"role", role_of(call.access, look.targets)}});
  entry.personal = object_of({{"purpose", grant->purpose}});
  entry.person = person;
  SJ_TRY(tx.audit(area, entry));
  http::Response response = api::reply(json::encode(SealedDto{look.field, *value}));
  response.headers.push_back({"Cache-Control", "no-store"});
  return response;
}

}  // namespace

void add_data_grant_routes(api::Room& room, const Settings&) {
  room.routes.emplace_back(http::Method::post, "/api/org/data-grants", kSensitiveAsk,
                           api::Write{post_data_grant},
                           api::Doc{.id = "ask_to_look",
                                    .summary = "Asks for leave to see sensitive fields.",
                                    .body = &json::schema_of<AskBody>,
                                    .reply = &json::schema_of<AskedDto>,
                                    .status = 201});
  room.routes.emplace_back(
      http::Method::get, "/api/org/data-grants", auth::kSignedIn, api::Read{get_data_grants},
      api::Doc{.id = "list_data_grants",
               .summary = "What waits for my decision, or what I asked for.",
               .query = {{.name = "state", .about = "open if not given", .one_of = kListed}},
               .reply = &json::schema_of<DataGrantsDto>});
  room.routes.emplace_back(http::Method::post, "/api/org/data-grants/{id}/decide",
                           kSensitiveApprove, api::Write{post_decision},
                           api::Doc{.id = "decide_data_grant",
                                    .summary = "Gives or refuses leave to somebody else.",
                                    .body = &json::schema_of<AnswerBody>,
                                    .status = 204});
  room.routes.emplace_back(
      http::Method::post, "/api/org/people/{person}/sealed", kSensitiveAsk, api::Write{post_look},
      api::Doc{.id = "look_at_sealed",
               .summary = "Shows one sensitive field under an approved grant; the look is logged.",
               .body = &json::schema_of<LookBody>,
               .reply = &json::schema_of<SealedDto>});
}

}  // namespace sj::org
