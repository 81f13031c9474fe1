#include <algorithm>
#include <optional>
#include <set>
#include <string>
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
#include "org/merge.h"
#include "org/officer_store.h"
#include "org/person_store.h"
#include "org/rights.h"
#include "org/role_store.h"
#include "org/words.h"

namespace sj::org {
namespace {

struct SideDto {
  json::Id id;
  std::string name;
  std::string place;
};
BOOST_DESCRIBE_STRUCT(SideDto, (), (id, name, place))
struct DifferenceDto {
  std::string field;
  std::string kept;
  std::string gone;
};
BOOST_DESCRIBE_STRUCT(DifferenceDto, (), (field, kept, gone))
struct MergeDto {
  json::Id id;
  SideDto kept;
  SideDto gone;
  std::string reason;
  json::OneOf<kMergeStates> state;
  json::Moment made;
  std::vector<DifferenceDto> differences;
};
BOOST_DESCRIBE_STRUCT(MergeDto, (), (id, kept, gone, reason, state, made, differences))
struct MergesDto {
  std::vector<MergeDto> rows;
};
BOOST_DESCRIBE_STRUCT(MergesDto, (), (rows))
struct MergeBody {
  json::Id kept_id;
  json::Id gone_id;
  std::string reason;
};
BOOST_DESCRIBE_STRUCT(MergeBody, (), (kept_id, gone_id, reason))
struct DecideBody {
  bool merge = false;
};
BOOST_DESCRIBE_STRUCT(DecideBody, (), (merge))
struct MadeDto {
  json::Id id;
};
BOOST_DESCRIBE_STRUCT(MadeDto, (), (id))
struct LeaverDto {
  json::Id id;
  json::Id person_id;
  std::string name;
  std::string class_name;
  json::Id school_id;
  json::Moment proposed;
  json::Id import_id;
};
BOOST_DESCRIBE_STRUCT(LeaverDto,
                      (),
                      (id, person_id, name, class_name, school_id, proposed, import_id))
struct LeaversDto {
  std::vector<LeaverDto> rows;
  std::int64_t total = 0;
};
BOOST_DESCRIBE_STRUCT(LeaversDto, (), (rows, total))
struct LeaversBody {
  std::vector<json::Id> ids;
  bool left = false;
  std::optional<json::Day> on;
};
BOOST_DESCRIBE_STRUCT(LeaversBody, (), (ids, left, on))
struct DoneDto {
  std::int64_t done = 0;
};
BOOST_DESCRIBE_STRUCT(DoneDto, (), (done))

const Error kNoMerge{ErrorKind::not_found, "org.no_such_merge", "merge"};

std::string place_of(const Person& person) {
  for (const MembershipLine& line : person.memberships) {
    if (!line.until) return line.school + " " + line.class_name;
  }
  return person.staff.empty() ? "" : person.staff.front().school;
}

std::string day_text(const std::optional<LocalDay>& day) {
  return day ? day->to_iso() : "";
}

MergeDto dto_of(const Merge& merge, const Person& kept, const Person& gone) {
  MergeDto dto;
  dto.id = merge.id;
  dto.kept = {kept.id, kept.name, place_of(kept)};
  dto.gone = {gone.id, gone.name, place_of(gone)};
  dto.reason = merge.reason;
  dto.state = name_of(merge.state);
  dto.made = merge.made;
  const auto differ = [&](const char* field, const std::string& a, const std::string& b) {
    if (a != b) dto.differences.push_back({field, a, b});
  };
  differ("name", kept.name, gone.name);
  differ("birth_day", day_text(kept.birth_day), day_text(gone.birth_day));
  differ("sex", std::to_string(kept.sex), std::to_string(gone.sex));
  differ("ethnic", kept.ethnic, gone.ethnic);
  differ("place", place_of(kept), place_of(gone));
  return dto;
}

// Both sides, when the caller may see both.
struct Sides {
  Person kept{};
  Person gone{};
};
Result<std::optional<Sides>> find_sides(sql::Reader& store,
                                        const auth::Scope& scope,
                                        const Merge& merge,
                                        LocalDay today) {
  auto kept = SJ_TRY(find_person(store, scope, merge.kept, today));
  auto gone = SJ_TRY(find_person(store, scope, merge.gone, today));
  // A row that was merged lies nowhere any more; its other side answers for it.
  const bool both = kept && (gone || merge.state == MergeState::merged);
  if (!both) return std::optional<Sides>();
  if (!gone) {
    gone.emplace();
    gone->id = merge.gone;
  }
  return std::optional<Sides>(Sides{std::move(*kept), std::move(*gone)});
}

Result<http::Response> get_merges(const api::Call& call, sql::Reader& store) {
  const std::string asked = call.query_text("state");
  const auto state = merge_state_of(asked).value_or(MergeState::proposed);
  const auto merges = SJ_TRY(list_merges(store, call.scope.area(), state));
  MergesDto dto;
  for (const Merge& merge : merges) {
    const auto sides = SJ_TRY(find_sides(store, call.scope, merge, day_of(call.now)));
    if (sides) dto.rows.push_back(dto_of(merge, sides->kept, sides->gone));
  }
  return api::reply(json::encode(dto));
}

Result<void> check_rights(const api::Call& call, desk::Tx& tx, const Merge& merge) {
  const std::int64_t area = call.scope.area();
  const auth::Scope gives = call.access.scope(kRoleWrite);
  MergeRights rights;
  for (const std::int64_t person : {merge.kept, merge.gone}) {
    // Nor does somebody he made do it for him.
    rights.is_own =
        rights.is_own || SJ_TRY(is_behind(tx, area, person, call.actor.person, tx.today()));
    const auto places = SJ_TRY(list_right_places(tx, area, person, tx.today()));
    const bool covered = SJ_TRY(covers_all(tx, gives, places, tx.today()));
    rights.within_reach = rights.within_reach && covered;
    const auto roles = SJ_TRY(list_roles_of(tx, area, person, tx.today()));
    for (const RoleRow& role : roles) rights.roles.push_back(role.role);
  }
  return decide_merge_rights(rights);
}

desk::Entry entry_of(std::string action, const Merge& merge, const Sides& sides) {
  desk::Entry entry;
  if (!sides.kept.memberships.empty()) entry.school = sides.kept.memberships.front().school_id;
  entry.action = std::move(action);
  entry.subject_kind = "person";
  entry.subject = merge.kept;
  entry.person = merge.kept;
  entry.detail = object_of({{"gone_id", std::to_string(merge.gone)},
                            {"kept_id", std::to_string(merge.kept)},
                            {"merge_id", std::to_string(merge.id)}});
  return entry;
}

Result<http::Response> post_merge(const api::Call& call, desk::Tx& tx) {
  const auto body = SJ_TRY(json::read<MergeBody>(call.request.body));
  Merge merge;
  merge.id = tx.new_id();
  merge.kept = body.kept_id.value;
  merge.gone = body.gone_id.value;
  merge.reason = body.reason;
  if (merge.kept == merge.gone) {
    return Error{ErrorKind::invalid, "org.same_person", "kept_id and gone_id are one"};
  }
  const auto sides = SJ_TRY(find_sides(tx, call.scope, merge, tx.today()));
  if (!sides) return Error{ErrorKind::not_found, "org.no_such_person", "person"};
  if (sides->kept.merged_into != 0 || sides->gone.merged_into != 0 || sides->kept.erased ||
      sides->gone.erased) {
    return Error{ErrorKind::conflict, "org.person_closed", "erased or merged into another"};
  }
  SJ_TRY(check_rights(call, tx, merge));
  SJ_TRY(insert_merge(tx, call.scope.area(), merge));
  SJ_TRY(tx.audit(call.scope.area(), entry_of("org.merge.proposed", merge, *sides)));
  return api::reply(json::encode(MadeDto{merge.id}), 201);
}

// Which of the two rows stays makes no difference to whoever approves it.
OfficerDeed deed_of(const Merge& merge) {
  return {"merge", std::min(merge.kept, merge.gone), "", std::max(merge.kept, merge.gone)};
}

struct FoundMerge {
  Merge merge{};
  Sides sides{};
};
Result<FoundMerge> find_to_decide(const api::Call& call, desk::Tx& tx) {
  const std::int64_t id = SJ_TRY(call.id(0));
  auto merge = SJ_TRY(find_merge(tx, call.scope.area(), id));
  if (!merge) return kNoMerge;
  auto sides = SJ_TRY(find_sides(tx, call.scope, *merge, tx.today()));
  if (!sides) return kNoMerge;
  return FoundMerge{std::move(*merge), std::move(*sides)};
}

Result<http::Response> post_decide(const api::Call& call, desk::Tx& tx) {
  auto found = SJ_TRY(find_to_decide(call, tx));
  const auto body = SJ_TRY(json::read<DecideBody>(call.request.body));
  const std::int64_t area = call.scope.area();
  found.merge.state = SJ_TRY(decide_merge(found.merge.state, body.merge));
  if (body.merge) {
    SJ_TRY(check_rights(call, tx, found.merge));
    SJ_TRY(use_officer_leave(tx, area, deed_of(found.merge)));
    SJ_TRY(carry_out_merge(tx, area, found.merge));
  }
  SJ_TRY(update_merge_state(tx, area, found.merge.id, found.merge.state));
  SJ_TRY(tx.audit(area, entry_of(body.merge ? "org.person.merged" : "org.merge.refused",
                                 found.merge, found.sides)));
  return api::reply(json::encode(dto_of(found.merge, found.sides.kept, found.sides.gone)));
}

Result<http::Response> post_undo(const api::Call& call, desk::Tx& tx) {
  auto found = SJ_TRY(find_to_decide(call, tx));
  const std::int64_t area = call.scope.area();
  found.merge.state = SJ_TRY(decide_undo(found.merge.state));
  SJ_TRY(check_rights(call, tx, found.merge));
  SJ_TRY(use_officer_leave(tx, area, deed_of(found.merge)));
  SJ_TRY(carry_out_undo(tx, area, found.merge));
  SJ_TRY(update_merge_state(tx, area, found.merge.id, found.merge.state));
  SJ_TRY(tx.audit(area, entry_of("org.person.unmerged", found.merge, found.sides)));
  return api::reply(json::encode(dto_of(found.merge, found.sides.kept, found.sides.gone)));
}

Result<http::Response> get_leavers(const api::Call& call, sql::Reader& store) {
  const auto leavers = SJ_TRY(list_leavers(store, call.scope, day_of(call.now)));
  LeaversDto dto;
  for (const Leaver& leaver : leavers) {
    const std::string asked = call.query_text("school");
    if (!asked.empty() && asked != std::to_string(leaver.school)) continue;
    LeaverDto row;
    row.id = leaver.id;
    row.person_id = leaver.person;
    row.name = leaver.name;
    row.class_name = leaver.class_name;
    row.school_id = leaver.school;
    row.proposed = leaver.proposed;
    row.import_id = leaver.import_id;
    dto.rows.push_back(std::move(row));
  }
  dto.total = static_cast<std::int64_t>(dto.rows.size());
  return api::reply(json::encode(dto));
}

Result<http::Response> post_leavers(const api::Call& call, desk::Tx& tx) {
  const auto body = SJ_TRY(json::read<LeaversBody>(call.request.body));
  const auto leavers = SJ_TRY(list_leavers(tx, call.scope, tx.today()));
  const LocalDay on = body.on ? body.on->value : tx.today();
  const std::int64_t area = call.scope.area();
  std::set<std::int64_t> ids;
  for (const json::Id& id : body.ids) ids.insert(id.value);
  DoneDto dto;
  for (const std::int64_t id : ids) {
    const auto found = std::find_if(leavers.begin(), leavers.end(),
                                    [&](const Leaver& leaver) { return leaver.id == id; });
    if (found == leavers.end()) {
      return Error{ErrorKind::not_found, "org.no_such_leaver", std::to_string(id)};
    }
    if (body.left && on < found->since) {
      return Error{ErrorKind::invalid, "org.bad_move_day",
                   on.to_iso() + ": wants a day from " + found->since.to_iso() + " on"};
    }
    if (body.left) SJ_TRY(end_membership(tx, area, found->membership, on, "left"));
    SJ_TRY(
        close_leaver(tx, area, found->id, body.left ? std::optional<LocalDay>(on) : std::nullopt));
    desk::Entry entry;
    entry.school = found->school;
    entry.action = body.left ? "org.pupil.left" : "org.leaver.refused";
    entry.subject_kind = "person";
    entry.subject = found->person;
    entry.person = found->person;
    entry.detail = object_of(
        {{"import_id", std::to_string(found->import_id)}, {"on", body.left ? on.to_iso() : ""}});
    SJ_TRY(tx.audit(area, entry));
    ++dto.done;
  }
  return api::reply(json::encode(dto));
}

}  // namespace

void add_merge_routes(api::Room& room) {
  using http::Method;
  const auto add = [&](Method method, std::string_view path, auth::Permission permission,
                       api::Handler handler, api::Doc doc) {
    room.routes.emplace_back(method, path, permission, std::move(handler), std::move(doc));
  };
  add(Method::get, "/api/org/merges", kPupilWrite, api::Read(get_merges),
      {"list_merges",
       "Pairs of rows that may be one person, with what differs",
       {{.name = "state", .about = "proposed if not given", .one_of = kMergeStates}},
       nullptr,
       "application/json",
       json::schema_of<MergesDto>});
  add(Method::post, "/api/org/merges", kPupilWrite, api::Write(post_merge),
      {"propose_merge",
       "Says that two rows are one person",
       {},
       json::schema_of<MergeBody>,
       "application/json",
       json::schema_of<MadeDto>,
       "application/json",
       201});
  add(Method::post, "/api/org/merges/{merge}/decide", kPupilWrite, api::Write(post_decide),
      {"decide_merge",
       "Merges two rows, or says that they are two people",
       {},
       json::schema_of<DecideBody>,
       "application/json",
       json::schema_of<MergeDto>});
  add(Method::post, "/api/org/merges/{merge}/undo", kPupilWrite, api::Write(post_undo),
      {"undo_merge",
       "Takes a merge back",
       {},
       nullptr,
       "application/json",
       json::schema_of<MergeDto>});
  add(Method::get, "/api/org/leavers", kPupilWrite, api::Read(get_leavers),
      {"list_leavers",
       "Pupils who were missing from a new roster",
       {{"school", "id of a school", api::Takes::id}},
       nullptr,
       "application/json",
       json::schema_of<LeaversDto>});
  add(Method::post, "/api/org/leavers/decide", kPupilWrite, api::Write(post_leavers),
      {"decide_leavers",
       "Lets pupils leave on a day, or keeps them",
       {},
       json::schema_of<LeaversBody>,
       "application/json",
       json::schema_of<DoneDto>});
}

}  // namespace sj::org
