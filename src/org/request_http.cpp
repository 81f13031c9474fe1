#include <optional>
#include <utility>
#include <vector>

#include "kernel/api/reply.h"
#include "kernel/api/route.h"
#include "kernel/json/encode.h"
#include "kernel/json/json.h"
#include "kernel/json/schema.h"
#include "kernel/time/zone.h"

#include "org/detail.h"
#include "org/family.h"
#include "org/family_store.h"
#include "org/hand_store.h"
#include "org/rights.h"
#include "org/room.h"
#include "org/target_store.h"
#include "org/words.h"

namespace sj::org {
namespace {

struct OfChildDto {
  json::Id id;
  std::string name;
  std::string school;
  std::string class_name;
};
BOOST_DESCRIBE_STRUCT(OfChildDto, (), (id, name, school, class_name))
struct AskerDto {
  json::Id id;
  std::string name;
  std::optional<json::OneOf<kRelations>> relation;  // none: is no guardian any more
  bool waiting = false;  // the school has not confirmed him: decide about him first
};
BOOST_DESCRIBE_STRUCT(AskerDto, (), (id, name, relation, waiting))
struct OpenRequestDto {
  json::Id id;
  json::OneOf<kRequestKinds> kind;
  std::string text;
  std::optional<std::string> field;
  json::Moment asked;
  OfChildDto child;
  std::optional<AskerDto> asker;  // none: not known any more
};
BOOST_DESCRIBE_STRUCT(OpenRequestDto, (), (id, kind, text, field, asked, child, asker))
struct OpenRequestsDto {
  std::vector<OpenRequestDto> rows;
};
BOOST_DESCRIBE_STRUCT(OpenRequestsDto, (), (rows))

struct DecideBody {
  bool grant = false;
  std::optional<json::Lines> answer;
};
BOOST_DESCRIBE_STRUCT(DecideBody, (), (grant, answer))

Result<http::Response> get_requests(const Settings& settings,
                                    const api::Call& call,
                                    sql::Reader& store) {
  const LocalDay today = day_of(call.now);
  const std::int64_t area = call.scope.area();
  const auto lines = SJ_TRY(list_open_requests(store, *settings.vault, call.scope, today));
  OpenRequestsDto dto;
  for (const RequestLine& line : lines) {
    OpenRequestDto request;
    request.id = line.id;
    request.kind = name_of(line.kind);
    request.text = line.text;
    if (!line.field.empty()) request.field = line.field;
    request.asked = line.asked;
    if (line.asker != 0) {
      request.asker = AskerDto{line.asker, line.asker_name, std::nullopt, line.waiting};
      if (!line.asker_relation.empty()) request.asker->relation = line.asker_relation;
    }
    request.child.id = line.pupil;
    request.child.name = line.pupil_name;
    const auto target = SJ_TRY(find_pupil_target(store, area, line.pupil, today));
    const auth::Target place = target.value_or(auth::Target{});
    request.child.school =
        SJ_TRY(find_place_name(store, area, {auth::PlaceKind::school, place.school}, today));
    request.child.class_name =
        SJ_TRY(find_place_name(store, area, {auth::PlaceKind::class_, place.class_id}, today));
    dto.rows.push_back(std::move(request));
  }
  return api::reply(json::encode(dto));
}

Result<http::Response> post_decision(const api::Call& call, desk::Tx& tx) {
  const std::int64_t id = SJ_TRY(call.id(0));
  const std::int64_t area = call.scope.area();
  const Error unknown{ErrorKind::not_found, "org.unknown_request", "no such request in reach"};
  const auto request = SJ_TRY(find_request(tx, tx.vault(), area, id));
  if (!request) return unknown;
  const auto target = SJ_TRY(find_pupil_target(tx, area, request->pupil, tx.today()));
  if (!target || !call.scope.covers(*target)) return unknown;
  const auto body = SJ_TRY(json::read<DecideBody>(call.request.body));
  RequestState state;
  state.kind = request->kind;
  state.decided = request->decided_ms.has_value();
  state.at_school = SJ_TRY(is_at_school(tx, area, request->pupil, tx.today()));
  state.is_waiting = request->waiting;
  if (request->asker != 0) {
    state.is_own = request->asker == call.actor.person;
    state.is_same_hand = SJ_TRY(same_hand_as_guardian(tx, area, request->pupil, request->asker,
                                                      call.actor.person, tx.today()));
  }
  RequestAnswer answer;
  answer.grant = body.grant;
  if (body.answer) answer.answer = *body.answer;
  SJ_TRY(decide_request_answer(state, answer));
  SJ_TRY(update_request(tx, area, id, answer));
  std::int64_t erased = 0;
  if (answer.grant && request->kind == RequestKind::erasure) {
    erased = SJ_TRY(erase_leaver(tx, area, request->pupil));
  }
  desk::Entry entry;
  entry.school = target->school;
  entry.action = erased > 0 ? "org.person.erased" : "org.request.decided";
  entry.subject_kind = "pupil";
  entry.subject = request->pupil;
  entry.detail = object_of({{"erased", std::to_string(erased)},
                            {"granted", answer.grant ? "yes" : "no"},
                            {"kind", std::string(name_of(request->kind))},
                            {"request", std::to_string(id)}});
  SJ_TRY(tx.audit(area, entry));
  SJ_TRY(
      tx.publish(area, {"org.request.decided", object_of({{"pupil", std::to_string(request->pupil)},
                                                          {"request", std::to_string(id)}})}));
  return api::nothing();
}

}  // namespace

void add_request_routes(api::Room& room, const Settings& settings) {
  room.routes.emplace_back(
      http::Method::get, "/api/org/requests", kRequestDecide,
      api::Read{[settings](const api::Call& call, sql::Reader& store) {
        return get_requests(settings, call, store);
      }},
      api::Doc{.id = "list_requests",
               .summary = "What families ask to be corrected or erased, undecided.",
               .reply = &json::schema_of<OpenRequestsDto>});
  room.routes.emplace_back(
      http::Method::post, "/api/org/requests/{id}/decide", kRequestDecide,
      api::Write{post_decision},
      api::Doc{.id = "decide_request",
               .summary = "Answers a family; granting an erasure destroys the person's key.",
               .body = &json::schema_of<DecideBody>,
               .status = 204});
}

}  // namespace sj::org
