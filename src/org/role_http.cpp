#include <charconv>
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
#include "org/officer_store.h"
#include "org/rights.h"
#include "org/role.h"
#include "org/role_store.h"
#include "org/room.h"
#include "org/session_store.h"
#include "org/target_store.h"
#include "org/words.h"

namespace sj::org {
namespace {

struct KindDto {
  json::OneOf<kRoleNames> role;
  std::vector<json::OneOf<kPlaceKinds>> places;
  std::vector<json::OneOf<kPermissionNames>> may;
  bool assignable = false;
};
BOOST_DESCRIBE_STRUCT(KindDto, (), (role, places, may, assignable))
struct CatalogueDto {
  std::vector<KindDto> rows;
};
BOOST_DESCRIBE_STRUCT(CatalogueDto, (), (rows))

struct PersonDto {
  json::Id id;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(PersonDto, (), (id, name))
struct PlaceDto {
  json::OneOf<kPlaceKinds> kind;
  json::Id id;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(PlaceDto, (), (kind, id, name))
struct RoleDto {
  json::Id id;
  PersonDto person;
  json::OneOf<kRoleNames> role;
  PlaceDto place;
  json::Day from;
  std::optional<json::Day> until;
  std::string granted_by;
  std::optional<json::Moment> revoked;
};
BOOST_DESCRIBE_STRUCT(RoleDto, (), (id, person, role, place, from, until, granted_by, revoked))
struct RolesDto {
  std::vector<RoleDto> rows;
};
BOOST_DESCRIBE_STRUCT(RolesDto, (), (rows))

struct GrantBody {
  json::Id person_id;
  json::OneOf<kRoleNames> role;
  json::OneOf<kPlaceKinds> place_kind;
  std::optional<std::string> place_id;
  json::Day from_day;
  std::optional<json::Day> until_day;
};
BOOST_DESCRIBE_STRUCT(GrantBody, (), (person_id, role, place_kind, place_id, from_day, until_day))
struct RoleMadeDto {
  json::Id id;
};
BOOST_DESCRIBE_STRUCT(RoleMadeDto, (), (id))

struct AllowedDto {
  json::OneOf<kPermissionNames> permission;
  json::OneOf<kRoleNames> role;
  PlaceDto place;
  json::Day since;
  std::string granted_by;
};
BOOST_DESCRIBE_STRUCT(AllowedDto, (), (permission, role, place, since, granted_by))
struct WhyDto {
  std::vector<AllowedDto> allowed;
  std::string sentence;
};
BOOST_DESCRIBE_STRUCT(WhyDto, (), (allowed, sentence))

Result<PlaceDto> place_dto(sql::Reader& store,
                           std::int64_t area,
                           const auth::Place& place,
                           LocalDay today) {
  auto name = SJ_TRY(find_place_name(store, area, place, today));
  // The district is named by its own id.
  const std::int64_t id = place.kind == auth::PlaceKind::area ? area : place.id;
  return PlaceDto{name_of(place.kind), id, std::move(name)};
}

/// What `place_kind` and `place_id` name; the district is named by 0, its own id, or not at all.
/// Fails: org.bad_role_place
Result<auth::Place> place_of(const GrantBody& body, std::int64_t area) {
  const auto kind = place_kind_of(body.place_kind);
  const std::string text = body.place_id.value_or("0");
  std::int64_t id = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), id);
  const bool is_id = read.ec == std::errc{} && read.ptr == text.data() + text.size() && id >= 0;
  if (kind == auth::PlaceKind::area && id == area) id = 0;
  if (!kind || !is_id || (*kind == auth::PlaceKind::area) != (id == 0)) {
    return Error{ErrorKind::invalid, "org.bad_role_place",
                 "place_kind: area, street, school or class; place_id: its id, 0 for the area"};
  }
  return auth::Place{*kind, id};
}

/// What somebody holds at a place, all grants together.
auth::Permissions held_at(const auth::Access& access, const auth::Target& target) {
  auth::Permissions held;
  for (const Permission& permission : permissions()) {
    if (access.allows(permission, target)) held.set(static_cast<std::size_t>(permission.bit));
  }
  return held;
}

desk::Entry entry_of(const char* action,
                     const auth::Target& target,
                     std::int64_t person,
                     std::string detail) {
  desk::Entry entry;
  entry.school = target.school;
  entry.action = action;
  entry.subject_kind = "person";
  entry.subject = person;
  entry.detail = std::move(detail);
  return entry;
}

Result<http::Response> get_catalogue(const api::Call&, sql::Reader&) {
  CatalogueDto dto;
  for (const Role& role : roles()) {
    KindDto row;
    row.role = role.name;
    row.assignable = role.assignable;
    for (const auth::PlaceKind kind : role.places) row.places.emplace_back(name_of(kind));
    for (const Permission& permission : role.may) row.may.emplace_back(permission.name);
    dto.rows.push_back(std::move(row));
  }
  return api::reply(json::encode(dto));
}

Result<http::Response> get_roles(const api::Call& call, sql::Reader& store) {
  const std::int64_t school =
      SJ_TRY(call.query_number("school", 0, 0, std::numeric_limits<std::int64_t>::max()));
  const auto rows = SJ_TRY(list_roles(store, call.scope, school));
  const LocalDay today = day_of(call.now);
  RolesDto dto;
  for (const RoleRow& row : rows) {
    RoleDto line;
    line.id = row.id;
    line.person = {row.person, row.person_name};
    line.role = row.role;
    line.place = SJ_TRY(place_dto(store, call.scope.area(), row.place, today));
    line.from = row.from;
    if (row.until) line.until = *row.until;
    line.granted_by = row.granted_by;
    if (row.revoked_ms) line.revoked = Instant(*row.revoked_ms);
    dto.rows.push_back(std::move(line));
  }
  return api::reply(json::encode(dto));
}

Result<http::Response> post_role(const api::Call& call, desk::Tx& tx) {
  const auto body = SJ_TRY(json::read<GrantBody>(call.request.body));
  const std::int64_t area = call.scope.area();
  GrantCommand command;
  command.person = body.person_id.value;
  command.role = body.role;
  command.place = SJ_TRY(place_of(body, area));
  command.from = body.from_day.value;
  if (body.until_day) command.until = body.until_day->value;
  const auto target = SJ_TRY(find_target(tx, area, command.place, tx.today()));
  if (!target || !call.scope.covers(*target)) {
    return Error{ErrorKind::not_found, "org.unknown_place", "no such place in reach"};
  }
  // Who works where the giver has no say is answered as who does not exist.
  const auto works = SJ_TRY(find_work_targets(tx, area, command.person, tx.today()));
  if (!call.scope.everywhere() && !covers_any(call.scope, works)) {
    return Error{ErrorKind::not_found, "org.unknown_person", "no such person in reach"};
  }
  GrantState state;
  state.giver = held_at(call.access, *target);
  state.giver_arranges_area = call.scope.everywhere();
  state.giver_person = call.actor.person;
  state.is_giver_made = SJ_TRY(is_behind(tx, area, command.person, call.actor.person, tx.today()));
  state.is_staff = SJ_TRY(is_staff(tx, area, command.person, tx.today()));
  const auto held = SJ_TRY(list_roles_of(tx, area, command.person, tx.today()));
  for (const RoleRow& row : held) state.held.push_back(row.role);
  SJ_TRY(decide_grant(state, command, tx.today()));
  SJ_TRY(use_officer_leave(tx, area, {"grant", command.person, command.role, command.place.id}));
  const std::int64_t id = tx.new_id();
  SJ_TRY(insert_role(tx, area, id, command));
  SJ_TRY(tx.audit(area,
                  entry_of("org.role.granted", *target, command.person,
                           object_of({{"from", command.from.to_iso()},
                                      {"place_id", std::to_string(command.place.id)},
                                      {"place_kind", std::string(name_of(command.place.kind))},
                                      {"role", command.role},
                                      {"row", std::to_string(id)},
                                      {"until", command.until ? command.until->to_iso() : ""}}))));
  return api::reply(json::encode(RoleMadeDto{id}), 201);
}

Result<http::Response> delete_role(const api::Call& call, desk::Tx& tx) {
  const std::int64_t id = SJ_TRY(call.id(0));
  const std::int64_t area = call.scope.area();
  const Error unknown{ErrorKind::not_found, "org.unknown_role_row", "no such role in reach"};
  const auto row = SJ_TRY(find_role_row(tx, area, id));
  if (!row) return unknown;
  const auto target = SJ_TRY(find_target(tx, area, row->place, tx.today()));
  if (!target || !call.scope.covers(*target)) return unknown;
  const Role* const role = find_role(row->role);
  const bool is_above = role != nullptr && !call.scope.everywhere() &&
                        !holds_all(held_at(call.access, *target), rights_of(*role));
  if (is_above) {
    return Error{ErrorKind::forbidden, "org.above_own_rights",
                 "the role may more than you may at this place"};
  }
  if (row->role == "admin") {
    const std::int64_t others = SJ_TRY(count_others(tx, area, row->role, id, tx.today()));
    if (others == 0) {
      return Error{ErrorKind::conflict, "org.last_admin", "appoint another one first"};
    }
  }
  SJ_TRY(use_officer_leave(tx, area, {"revoke", row->person, row->role, row->place.id}));
  SJ_TRY(revoke_role(tx, area, id));
  SJ_TRY(tx.audit(area, entry_of("org.role.revoked", *target, row->person,
                                 object_of({{"role", row->role}, {"row", std::to_string(id)}}))));
  return api::nothing();
}

/// The rights that matter for somebody who is known at a place.
bool concerns(const Permission& permission, const auth::Target& target) {
  if (target.pupil != 0) {
    return permission.bit == kPupilRead.bit || permission.bit == kPupilWrite.bit ||
           permission.bit == kInvite.bit || permission.bit == kExport.bit ||
           permission.bit == kSensitiveAsk.bit || permission.bit == kSensitiveApprove.bit ||
           permission.bit == kRequestDecide.bit || permission.bit == kChildRead.bit;
  }
  return permission.bit == kStaffRead.bit || permission.bit == kStaffWrite.bit ||
         permission.bit == kRoleWrite.bit;
}

/// The name of somebody, as far as the caller's right to names reaches: of staff as the roles name
/// them, of families where he may read pupils. Whoever only audits reads 某人.
Result<std::string> name_for(const api::Call& call,
                             sql::Reader& store,
                             std::int64_t person,
                             LocalDay today) {
  const std::int64_t area = call.scope.area();
  const auto works = SJ_TRY(find_work_targets(store, area, person, today));
  bool may_know = covers_any(call.scope, works);
  if (!may_know) {
    const auto known = SJ_TRY(find_person_targets(store, area, person, today));
    may_know = covers_any(call.access.scope(kPupilRead), known);
  }
  if (!may_know) return std::string("某人");
  return find_person_name(store, area, person);
}

std::string sentence_of(const std::string& who,
                        const std::string& whom,
                        const std::vector<AllowedDto>& allowed) {
  if (allowed.empty()) return who + "目前没有查看或办理" + whom + "信息的权限。";
  const AllowedDto& first = allowed.front();
  std::string sentence = who + "可以查看或办理" + whom + "的信息，因为自 " +
                         first.since.value.to_iso() + " 起在“" + first.place.name + "”担任 " +
                         first.role;
  sentence += first.granted_by.empty() ? "（依据任教或监护登记）。"
                                       : "（由" + first.granted_by + "授予）。";
  return sentence;
}

Result<http::Response> get_why(const api::Call& call, sql::Reader& store) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  const std::int64_t person = SJ_TRY(call.query_number("person_id", 0, 1, kMax));
  const std::int64_t whom = SJ_TRY(call.query_number("target_person", 0, 1, kMax));
  const std::int64_t area = call.scope.area();
  const LocalDay today = day_of(call.now);
  const auto targets = SJ_TRY(find_person_targets(store, area, whom, today));
  if (!covers_any(call.scope, targets)) {
    return Error{ErrorKind::not_found, "org.unknown_person", "no such person in reach"};
  }
  const auto access = SJ_TRY(load_access(store, area, person, today));
  WhyDto dto;
  for (const auth::Target& target : targets) {
    for (const Permission& permission : permissions()) {
      const auth::Grant* const grant = access.why(permission, target);
      if (grant == nullptr || !concerns(permission, target)) continue;
      const auto origin = SJ_TRY(find_origin(store, area, *grant));
      AllowedDto allowed;
      allowed.permission = permission.name;
      allowed.role = grant->role;
      allowed.place = SJ_TRY(place_dto(store, area, grant->where, today));
      if (origin) {
        allowed.since = origin->since;
        allowed.granted_by = origin->granted_by;
      }
      dto.allowed.push_back(std::move(allowed));
    }
  }
  const auto who_targets = SJ_TRY(find_person_targets(store, area, person, today));
  if (dto.allowed.empty() && !call.scope.everywhere() && !covers_any(call.scope, who_targets)) {
    // Somebody else's people: not even a name.
    return Error{ErrorKind::not_found, "org.unknown_person", "no such person in reach"};
  }
  const auto who_name = SJ_TRY(name_for(call, store, person, today));
  const auto whom_name = SJ_TRY(name_for(call, store, whom, today));
  dto.sentence = sentence_of(who_name, whom_name, dto.allowed);
  return api::reply(json::encode(dto));
}

}  // namespace

void add_role_routes(api::Room& room, const Settings&) {
  room.routes.emplace_back(http::Method::get, "/api/org/roles/catalogue", kRoleRead,
                           api::Read{get_catalogue},
                           api::Doc{.id = "list_role_kinds",
                                    .summary = "Every role, where it is held and what it may do.",
                                    .reply = &json::schema_of<CatalogueDto>});
  room.routes.emplace_back(
      http::Method::get, "/api/org/roles", kRoleRead, api::Read{get_roles},
      api::Doc{.id = "list_roles",
               .summary = "Who holds which role where.",
               .query = {{.name = "school", .about = "of one school", .takes = api::Takes::id}},
               .reply = &json::schema_of<RolesDto>});
  room.routes.emplace_back(http::Method::post, "/api/org/roles", kRoleWrite, api::Write{post_role},
                           api::Doc{.id = "grant_role",
                                    .summary = "Gives a role at a place from a day on.",
                                    .body = &json::schema_of<GrantBody>,
                                    .reply = &json::schema_of<RoleMadeDto>,
                                    .status = 201});
  room.routes.emplace_back(
      http::Method::delete_, "/api/org/roles/{id}", kRoleWrite, api::Write{delete_role},
      api::Doc{
          .id = "revoke_role", .summary = "Ends a role with the next request.", .status = 204});
  room.routes.emplace_back(
      http::Method::get, "/api/org/why", kRoleRead, api::Read{get_why},
      api::Doc{.id = "explain_access",
               .summary = "Why somebody can see somebody.",
               .query = {{.name = "person_id", .about = "who", .takes = api::Takes::id},
                         {.name = "target_person", .about = "whom", .takes = api::Takes::id}},
               .reply = &json::schema_of<WhyDto>});
}

}  // namespace sj::org
