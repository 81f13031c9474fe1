#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernel/api/reply.h"
#include "kernel/api/route.h"
#include "kernel/json/encode.h"
#include "kernel/json/json.h"
#include "kernel/json/schema.h"
#include "kernel/text/text.h"
#include "kernel/time/zone.h"

#include "org/detail.h"
#include "org/hand_store.h"
#include "org/officer.h"
#include "org/officer_store.h"
#include "org/rights.h"
#include "org/role.h"
#include "org/role_store.h"
#include "org/target_store.h"
#include "org/words.h"

namespace sj::org {
namespace {

struct AskBody {
  json::OneOf<kOfficerActs> act;
  json::Id person_id;
  std::optional<json::OneOf<kRoleNames>> role;  // of grant and revoke
  std::optional<json::Id> other_id;             // their place, not given: the district; of merge
  std::string reason;
};
BOOST_DESCRIBE_STRUCT(AskBody, (), (act, person_id, role, other_id, reason))
struct AskedDto {
  json::Id id;
};
BOOST_DESCRIBE_STRUCT(AskedDto, (), (id))
struct AnswerBody {
  bool approve = false;
};
BOOST_DESCRIBE_STRUCT(AnswerBody, (), (approve))

struct WhomDto {
  json::Id id;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(WhomDto, (), (id, name))
struct OfficerActDto {
  json::Id id;
  json::OneOf<kOfficerActs> act;
  WhomDto person;
  std::optional<json::OneOf<kRoleNames>> role;
  std::string other;  // the name of its place, or of the other row
  std::string reason;
  std::string asked_by;
  json::Moment asked;
  json::OneOf<kOfficerStates> state;
  std::optional<std::string> decided_by;
  bool mine = false;
  bool may_decide = false;
};
BOOST_DESCRIBE_STRUCT(
    OfficerActDto,
    (),
    (id, act, person, role, other, reason, asked_by, asked, state, decided_by, mine, may_decide))
struct OfficerActsDto {
  std::vector<OfficerActDto> rows;
};
BOOST_DESCRIBE_STRUCT(OfficerActsDto, (), (rows))

bool is_officer(const auth::Access& access) {
  return std::any_of(access.grants().begin(), access.grants().end(), [](const auth::Grant& grant) {
    return is_officer_role(grant.role, grant.where.kind);
  });
}

const Error kOfficersOnly{ErrorKind::forbidden, "org.officers_only",
                          "only for admin, data_officer and auditor of the district"};

desk::Entry entry_of(const char* action, const OfficerAct& act) {
  desk::Entry entry;
  entry.action = action;
  entry.subject_kind = "person";
  entry.subject = act.deed.person;
  entry.detail = object_of({{"act", act.deed.act},
                            {"other_id", std::to_string(act.deed.other)},
                            {"request", std::to_string(act.id)},
                            {"role", act.deed.role}});
  return entry;
}

/// Where a role is held, or who the other row of a merge is; empty where neither is asked.
Result<std::string> other_name(sql::Reader& store,
                               std::int64_t area,
                               const OfficerDeed& deed,
                               LocalDay today) {
  if (deed.act == "merge") return find_person_name(store, area, deed.other);
  const Role* const role = find_role(deed.role);
  if (role == nullptr) return std::string();
  for (const auth::PlaceKind kind : role->places) {
    if ((kind == auth::PlaceKind::area) != (deed.other == 0)) continue;
    auto name = SJ_TRY(find_place_name(store, area, {kind, deed.other}, today));
    if (!name.empty()) return name;
  }
  return std::string();
}

Result<http::Response> get_officer_acts(const api::Call& call, sql::Reader& store) {
  if (!is_officer(call.access)) return kOfficersOnly;
  const std::int64_t area = call.scope.area();
  const LocalDay today = day_of(call.now);
  OfficerActsDto dto;
  for (const OfficerAct& act : SJ_TRY(list_officer_acts(store, area))) {
    OfficerActDto line;
    line.id = act.id;
    line.act = act.deed.act;
    line.person = {act.deed.person, act.person_name};
    if (!act.deed.role.empty()) line.role = act.deed.role;
    line.other = SJ_TRY(other_name(store, area, act.deed, today));
    line.reason = act.reason;
    line.asked_by = act.asker_name;
    line.asked = act.asked;
    line.state = state_of(act, call.now);
    if (!act.decider_name.empty()) line.decided_by = act.decider_name;
    line.mine = act.asked_by == call.actor.person;
    line.may_decide = !act.decided_ms && !line.mine && act.deed.person != call.actor.person;
    dto.rows.push_back(std::move(line));
  }
  return api::reply(json::encode(dto));
}

Result<http::Response> post_officer_act(const api::Call& call, desk::Tx& tx) {
  const auto body = SJ_TRY(json::read<AskBody>(call.request.body));
  // Whoever arranges rights at a school never touches an officer, not even with a second one.
  if (!call.scope.everywhere()) return kOfficersOnly;
  const std::int64_t area = call.scope.area();
  OfficerAct act;
  act.id = tx.new_id();
  act.deed.act = body.act;
  act.deed.person = body.person_id.value;
  if (body.role) act.deed.role = *body.role;
  if (body.other_id) act.deed.other = body.other_id->value;
  // As merges name their rows: the elder first.
  if (act.deed.act == "merge" && act.deed.other < act.deed.person) {
    std::swap(act.deed.person, act.deed.other);
  }
  act.reason = text::trim(body.reason);
  act.asked_by = call.actor.person;
  const auto name = SJ_TRY(find_person_name(tx, area, act.deed.person));
  if (name.empty()) return Error{ErrorKind::not_found, "org.unknown_person", "person_id"};
  const bool concerns = SJ_TRY(concerns_officer(tx, area, act.deed, tx.today()));
  SJ_TRY(decide_officer_ask(act.reason, concerns));
  SJ_TRY(insert_officer_act(tx, area, act));
  SJ_TRY(tx.audit(area, entry_of("org.officer.asked", act)));
  return api::reply(json::encode(AskedDto{act.id}), 201);
}

Result<http::Response> post_answer(const api::Call& call, desk::Tx& tx) {
  const std::int64_t id = SJ_TRY(call.id(0));
  if (!is_officer(call.access)) return kOfficersOnly;
  const std::int64_t area = call.scope.area();
  const auto act = SJ_TRY(find_officer_act(tx, area, id));
  if (!act) return Error{ErrorKind::not_found, "org.unknown_officer_act", "no such request"};
  const auto body = SJ_TRY(json::read<AnswerBody>(call.request.body));
  OfficerAnswer answer;
  answer.decider = call.actor.person;
  answer.is_same_hand = SJ_TRY(same_hand(tx, area, act->asked_by, answer.decider, tx.today()));
  answer.approve = body.approve;
  SJ_TRY(decide_officer_answer(*act, answer));
  SJ_TRY(update_officer_answer(tx, area, id, body.approve));
  SJ_TRY(tx.audit(area,
                  entry_of(body.approve ? "org.officer.approved" : "org.officer.refused", *act)));
  return api::nothing();
}

}  // namespace

void add_officer_routes(api::Room& room) {
  room.routes.emplace_back(
      http::Method::get, "/api/org/officer-acts", kRoleRead, api::Read{get_officer_acts},
      api::Doc{.id = "list_officer_acts",
               .summary = "What touches the three officers: what waits, and what became of it.",
               .reply = &json::schema_of<OfficerActsDto>});
  room.routes.emplace_back(
      http::Method::post, "/api/org/officer-acts", kRoleWrite, api::Write{post_officer_act},
      api::Doc{.id = "ask_second_officer",
               .summary = "Asks another officer for leave to do something to one of the three.",
               .body = &json::schema_of<AskBody>,
               .reply = &json::schema_of<AskedDto>,
               .status = 201});
  room.routes.emplace_back(
      http::Method::post, "/api/org/officer-acts/{officer_act}/decide", kRoleRead,
      api::Write{post_answer},
      api::Doc{.id = "decide_officer_act",
               .summary = "Approves or refuses, as another officer, what one asked for.",
               .body = &json::schema_of<AnswerBody>,
               .status = 204});
}

}  // namespace sj::org
