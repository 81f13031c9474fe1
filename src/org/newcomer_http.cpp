#include <limits>
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
#include "org/hand_store.h"
#include "org/newcomer_store.h"
#include "org/rights.h"
#include "org/target_store.h"
#include "org/words.h"

namespace sj::org {
namespace {

struct NewcomerChildDto {
  json::Id id;
  std::string name;
  std::string school;
  std::string class_name;
};
BOOST_DESCRIBE_STRUCT(NewcomerChildDto, (), (id, name, school, class_name))
struct NewcomerGuardianDto {
  json::Id id;
  std::string name;
  json::OneOf<kRelations> relation;
  std::optional<json::Day> registered;  // since when the school knows him; none: it did not
};
BOOST_DESCRIBE_STRUCT(NewcomerGuardianDto, (), (id, name, relation, registered))
struct InviterDto {
  json::OneOf<kInviters> kind;
  std::string name;  // empty: not known any more
  bool you = false;  // then somebody else has to confirm
};
BOOST_DESCRIBE_STRUCT(InviterDto, (), (kind, name, you))
struct NewcomerDto {
  json::Id account;
  NewcomerChildDto child;
  NewcomerGuardianDto guardian;
  json::Moment joined;
  InviterDto invited_by;
  std::optional<json::OneOf<kOddJoins>> odd;  // why to look twice
  json::OneOf<kNewcomerStates> state;
  std::optional<std::string> confirmed_by;
};
BOOST_DESCRIBE_STRUCT(NewcomerDto,
                      (),
                      (account, child, guardian, joined, invited_by, odd, state, confirmed_by))
struct NewcomersDto {
  std::vector<NewcomerDto> rows;
  bool more = false;  // decide about these first
};
BOOST_DESCRIBE_STRUCT(NewcomersDto, (), (rows, more))

struct NewcomerKey {
  json::Id child_id;
  json::Id account_id;
};
BOOST_DESCRIBE_STRUCT(NewcomerKey, (), (child_id, account_id))
struct VerdictBody {
  std::vector<NewcomerKey> rows;
  json::OneOf<kVerdicts> verdict;
};
BOOST_DESCRIBE_STRUCT(VerdictBody, (), (rows, verdict))
struct DecidedDto {
  std::int64_t done = 0;
};
BOOST_DESCRIBE_STRUCT(DecidedDto, (), (done))

constexpr std::size_t kRowsMax = 500;

std::optional<Verdict> verdict_of(std::string_view word) {
  if (word == "confirmed") return Verdict::confirmed;
  if (word == "rejected") return Verdict::rejected;
  if (word == "waiting") return Verdict::waiting;
  return std::nullopt;
}

const char* action_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::confirmed:
      return "org.newcomer.confirmed";
    case Verdict::rejected:
      return "org.newcomer.rejected";
    case Verdict::waiting:
      return "org.newcomer.reopened";
  }
  return "";
}

Result<http::Response> get_newcomers(const api::Call& call, sql::Reader& store) {
  const std::int64_t school =
      SJ_TRY(call.query_number("school", 0, 1, std::numeric_limits<std::int64_t>::max()));
  const bool confirmed = call.query_text("state") == "confirmed";
  const LocalDay today = day_of(call.now);
  const std::int64_t area = call.scope.area();
  const auto found = SJ_TRY(list_newcomers(store, call.scope, school, confirmed));
  NewcomersDto dto;
  dto.more = found.size() == kRowsMax;
  for (const Newcomer& one : found) {
    NewcomerDto row;
    row.account = one.account;
    row.child.id = one.child;
    row.child.name = one.child_name;
    const auto target = SJ_TRY(find_pupil_target(store, area, one.child, today));
    const auth::Target place = target.value_or(auth::Target{});
    row.child.school =
        SJ_TRY(find_place_name(store, area, {auth::PlaceKind::school, place.school}, today));
    row.child.class_name =
        SJ_TRY(find_place_name(store, area, {auth::PlaceKind::class_, place.class_id}, today));
    row.guardian = {one.guardian, one.name, one.relation, std::nullopt};
    if (one.registered) row.guardian.registered = *one.registered;
    row.joined = one.joined;
    row.invited_by = {one.invited_by, one.maker_name, one.maker == call.actor.person};
    if (!one.odd.empty()) row.odd = one.odd;
    row.state = one.confirmed ? "confirmed" : "waiting";
    if (!one.confirmed_by.empty()) row.confirmed_by = one.confirmed_by;
    dto.rows.push_back(std::move(row));
  }
  return api::reply(json::encode(dto));
}

Result<std::int64_t> decide_one(const api::Call& call,
                                desk::Tx& tx,
                                const NewcomerKey& key,
                                Verdict verdict) {
  const std::int64_t area = call.scope.area();
  const Error unknown{ErrorKind::not_found, "org.unknown_newcomer", "no such newcomer in reach"};
  const auto target = SJ_TRY(find_pupil_target(tx, area, key.child_id.value, tx.today()));
  if (!target || !call.scope.covers(*target)) return unknown;
  const auto found = SJ_TRY(find_newcomer(tx, area, key.child_id.value, key.account_id.value));
  if (!found) return unknown;
  NewcomerState state;
  state.confirmed = found->confirmed;
  if (found->maker != 0) {
    state.made_by_decider = found->maker == call.actor.person;
    state.is_same_hand = SJ_TRY(same_hand(tx, area, found->maker, call.actor.person, tx.today()));
  }
  SJ_TRY(decide_newcomer(state, verdict));
  std::int64_t done = 1;
  if (verdict == Verdict::rejected) {
    done = SJ_TRY(reject_newcomer(tx, area, *found));
  } else {
    SJ_TRY(update_newcomer(tx, area, *found, verdict == Verdict::confirmed));
  }
  desk::Entry entry;
  entry.school = target->school;
  entry.action = action_of(verdict);
  entry.subject_kind = "pupil";
  entry.subject = found->child;
  entry.detail = object_of({{"account", std::to_string(found->account)},
                            {"ended", std::to_string(verdict == Verdict::rejected ? done : 0)},
                            {"guardian", std::to_string(found->guardian)}});
  SJ_TRY(tx.audit(area, entry));
  SJ_TRY(tx.publish(area, {entry.action, object_of({{"account", std::to_string(found->account)},
                                                    {"guardian", std::to_string(found->guardian)},
                                                    {"pupil", std::to_string(found->child)}})}));
  return done;
}

/// All or none, so that a list says what was decided.
Result<http::Response> post_verdict(const api::Call& call, desk::Tx& tx) {
  const auto body = SJ_TRY(json::read<VerdictBody>(call.request.body));
  const auto verdict = verdict_of(body.verdict);
  if (!verdict || body.rows.empty() || body.rows.size() > kRowsMax) {
    return Error{ErrorKind::invalid, "org.bad_verdict",
                 "verdict: confirmed, rejected or waiting; rows: 1 to 500 of GET "
                 "/api/org/newcomers"};
  }
  DecidedDto dto;
  for (const NewcomerKey& key : body.rows) dto.done += SJ_TRY(decide_one(call, tx, key, *verdict));
  return api::reply(json::encode(dto));
}

}  // namespace

void add_newcomer_routes(api::Room& room) {
  room.routes.emplace_back(
      http::Method::get, "/api/org/newcomers", kNewcomerDecide, api::Read{get_newcomers},
      api::Doc{
          .id = "list_newcomers",
          .summary = "Who joined a child and waits to be confirmed; the odd ones first.",
          .query = {{.name = "school", .about = "of one school", .takes = api::Takes::id},
                    {.name = "state", .about = "waiting if not given", .one_of = kNewcomerStates}},
          .reply = &json::schema_of<NewcomersDto>});
  room.routes.emplace_back(
      http::Method::post, "/api/org/newcomers/decide", kNewcomerDecide, api::Write{post_verdict},
      api::Doc{.id = "decide_newcomers",
               .summary = "Confirms newcomers, cuts them off, or takes a confirmation back.",
               .body = &json::schema_of<VerdictBody>,
               .reply = &json::schema_of<DecidedDto>});
}

}  // namespace sj::org
