#include "org/role_store.h"

#include "kernel/sql/statement.h"

#include "org/target_store.h"

namespace sj::org {
namespace {

// A role lies at its school when it is held there or at one of its classes.
const sql::Statement kList{
    "SELECT r.id, r.person_id, p.name, r.role, r.place_kind, r.place_id, r.from_day, "
    "r.until_day, coalesce(g.name, ''), r.revoked_ms FROM org_role r "
    "JOIN org_person p ON p.area_id = r.area_id AND p.id = r.person_id "
    "LEFT JOIN org_person g ON g.area_id = r.area_id AND g.id = r.granted_by "
    "LEFT JOIN org_class c ON c.area_id = r.area_id AND r.place_kind = 'class' AND "
    "c.id = r.place_id "
    "WHERE r.area_id = $1 AND ($2 = 1 OR (r.place_kind = 'school' AND r.place_id IN {{IDS $3}}) "
    "OR c.school_id IN {{IDS $3}}) AND "
    "(CAST($4 AS BIGINT) = 0 OR (r.place_kind = 'school' AND r.place_id = $4) OR c.school_id = $4) "
    "ORDER BY r.id DESC LIMIT 500"};
const sql::Statement kFind{
    "SELECT r.id, r.person_id, p.name, r.role, r.place_kind, r.place_id, r.from_day, "
    "r.until_day, '', r.revoked_ms FROM org_role r "
    "JOIN org_person p ON p.area_id = r.area_id AND p.id = r.person_id "
    "WHERE r.area_id = $1 AND r.id = $2"};
const sql::Statement kOfPerson{
    "SELECT r.id, r.person_id, p.name, r.role, r.place_kind, r.place_id, r.from_day, "
    "r.until_day, '', r.revoked_ms FROM org_role r "
    "JOIN org_person p ON p.area_id = r.area_id AND p.id = r.person_id "
    "WHERE r.area_id = $1 AND r.person_id = $2 AND r.revoked_ms IS NULL AND "
    "(r.until_day IS NULL OR r.until_day > $3) ORDER BY r.id"};
const sql::Statement kTaught{
    "SELECT DISTINCT class_id FROM org_teaching WHERE area_id = $1 AND person_id = $2 AND "
    "(until_day IS NULL OR until_day > $3) ORDER BY class_id"};
const sql::Statement kOthers{
    "SELECT count(*) FROM org_role r WHERE r.area_id = $1 AND r.role = $2 AND "
    "r.place_kind = 'area' AND r.id <> $3 AND r.person_id <> (SELECT o.person_id FROM org_role o "
    "WHERE o.area_id = $1 AND o.id = $3) AND r.revoked_ms IS NULL AND r.from_day <= $4 AND "
    "r.until_day IS NULL AND EXISTS (SELECT 1 FROM org_account a WHERE "
    "a.area_id = r.area_id AND a.person_id = r.person_id AND a.disabled_ms IS NULL)"};
const sql::Statement kInsert{
    "INSERT INTO org_role (area_id, id, person_id, role, place_kind, place_id, from_day, "
    "until_day, granted_by, granted_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"};
const sql::Statement kRevoke{
    "UPDATE org_role SET revoked_ms = $3 WHERE area_id = $1 AND id = $2 AND revoked_ms IS NULL"};
const sql::Statement kStaff{
    "SELECT count(*) FROM org_staff WHERE area_id = $1 AND person_id = $2 AND from_day <= $3 AND "
    "(until_day IS NULL OR until_day > $3)"};
const sql::Statement kName{"SELECT name FROM org_person WHERE area_id = $1 AND id = $2"};
const sql::Statement kRoleOrigin{
    "SELECT r.from_day, coalesce(g.name, '') FROM org_role r "
    "LEFT JOIN org_person g ON g.area_id = r.area_id AND g.id = r.granted_by "
    "WHERE r.area_id = $1 AND r.id = $2"};
const sql::Statement kTeachingOrigin{
    "SELECT from_day, '' FROM org_teaching WHERE area_id = $1 AND id = $2"};
const sql::Statement kGuardianOrigin{
    "SELECT from_day, '' FROM org_guardianship WHERE area_id = $1 AND id = $2"};

RoleRow row_of(const sql::Row& row) {
  RoleRow found;
  found.id = row.integer(0);
  found.person = row.integer(1);
  found.person_name = row.text(2);
  found.role = row.text(3);
  found.place = {place_kind_of(row.bytes(4)).value_or(auth::PlaceKind::area), row.integer(5)};
  found.from = row.day(6);
  found.until = row.maybe_day(7);
  found.granted_by = row.text(8);
  found.revoked_ms = row.maybe_integer(9);
  return found;
}

}  // namespace

Result<std::vector<RoleRow>> list_roles(sql::Reader& store,
                                        const auth::Scope& scope,
                                        std::int64_t school) {
  return store.all(kList, {scope.area(), scope.everywhere(), sql::Ids{scope.schools()}, school},
                   row_of);
}

Result<std::optional<RoleRow>> find_role_row(sql::Reader& store,
                                             std::int64_t area,
                                             std::int64_t id) {
  return store.first(kFind, {area, id}, row_of);
}

Result<std::vector<RoleRow>> list_roles_of(sql::Reader& store,
                                           std::int64_t area,
                                           std::int64_t person,
                                           LocalDay today) {
  return store.all(kOfPerson, {area, person, today}, row_of);
}

Result<std::vector<auth::Place>> list_right_places(sql::Reader& store,
                                                   std::int64_t area,
                                                   std::int64_t person,
                                                   LocalDay today) {
  auto places = SJ_TRY(store.all(kTaught, {area, person, today}, [](const sql::Row& row) {
    return auth::Place{auth::PlaceKind::class_, row.integer(0)};
  }));
  const auto roles = SJ_TRY(list_roles_of(store, area, person, today));
  for (const RoleRow& role : roles) places.push_back(role.place);
  return places;
}

Result<bool> covers_all(sql::Reader& store,
                        const auth::Scope& scope,
                        const std::vector<auth::Place>& places,
                        LocalDay today) {
  for (const auth::Place& place : places) {
    const auto target = SJ_TRY(find_target(store, scope.area(), place, today));
    if (!target || !scope.covers(*target)) return false;
  }
  return true;
}

Result<std::int64_t> count_others(sql::Reader& store,
                                  std::int64_t area,
                                  std::string_view role,
                                  std::int64_t but,
                                  LocalDay today) {
  return store.number(kOthers, {area, role, but, today});
}

Result<void> insert_role(desk::Tx& tx,
                         std::int64_t area,
                         std::int64_t id,
                         const GrantCommand& command) {
  static_cast<void>(SJ_TRY(tx.run(
      kInsert, {area, id, command.person, command.role, name_of(command.place.kind),
                command.place.id, command.from, command.until, tx.actor().person, tx.now()})));
  return {};
}

Result<void> revoke_role(desk::Tx& tx, std::int64_t area, std::int64_t id) {
  const std::int64_t revoked = SJ_TRY(tx.run(kRevoke, {area, id, tx.now()}));
  if (revoked == 1) return {};
  return Error{ErrorKind::conflict, "org.role_revoked", "the role was revoked before"};
}

Result<bool> is_staff(sql::Reader& store, std::int64_t area, std::int64_t person, LocalDay today) {
  const std::int64_t rows = SJ_TRY(store.number(kStaff, {area, person, today}));
  return rows > 0;
}

Result<std::string> find_person_name(sql::Reader& store, std::int64_t area, std::int64_t person) {
  const auto name =
      SJ_TRY(store.first(kName, {area, person}, [](const sql::Row& row) { return row.text(0); }));
  return name.value_or("");
}

Result<std::optional<Origin>> find_origin(sql::Reader& store,
                                          std::int64_t area,
                                          const auth::Grant& grant) {
  const sql::Statement& statement = grant.role == "teacher"    ? kTeachingOrigin
                                    : grant.role == "guardian" ? kGuardianOrigin
                                                               : kRoleOrigin;
  return store.first(statement, {area, grant.source}, [](const sql::Row& row) {
    return Origin{row.day(0), row.text(1)};
  });
}

}  // namespace sj::org
