#include "org/officer_store.h"

#include <algorithm>

#include "kernel/sql/statement.h"

#include "org/role.h"
#include "org/role_store.h"

namespace sj::org {
namespace {

const sql::Statement kInsert{
    "INSERT INTO org_officer_act (area_id, id, act, person_id, role, other_id, reason, asked_by, "
    "asked_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"};
const sql::Statement kList{
    "SELECT a.id, a.act, a.person_id, a.role, a.other_id, a.reason, a.asked_by, a.asked_ms, "
    "a.decided_ms, a.approved, a.done_ms, coalesce(p.name, ''), coalesce(q.name, ''), "
    "coalesce(d.name, '') FROM org_officer_act a "
    "LEFT JOIN org_person p ON p.area_id = a.area_id AND p.id = a.person_id "
    "LEFT JOIN org_person q ON q.area_id = a.area_id AND q.id = a.asked_by "
    "LEFT JOIN org_person d ON d.area_id = a.area_id AND d.id = a.decided_by "
    "WHERE a.area_id = $1 ORDER BY a.id DESC LIMIT 200"};
const sql::Statement kFind{
    "SELECT a.id, a.act, a.person_id, a.role, a.other_id, a.reason, a.asked_by, a.asked_ms, "
    "a.decided_ms, a.approved, a.done_ms, '', '', '' FROM org_officer_act a "
    "WHERE a.area_id = $1 AND a.id = $2"};
const sql::Statement kAnswer{
    "UPDATE org_officer_act SET decided_by = $3, decided_ms = $4, approved = $5 "
    "WHERE area_id = $1 AND id = $2 AND decided_ms IS NULL"};
// Whoever asked does it, and only what was asked for.
const sql::Statement kLeave{
    "SELECT id FROM org_officer_act WHERE area_id = $1 AND person_id = $2 AND act = $3 AND "
    "role = $4 AND other_id = $5 AND asked_by = $6 AND approved = 1 AND done_ms IS NULL AND "
    "decided_ms > $7 ORDER BY id LIMIT 1"};
const sql::Statement kDone{
    "UPDATE org_officer_act SET done_ms = $3 WHERE area_id = $1 AND id = $2 AND done_ms IS NULL"};

OfficerAct act_of(const sql::Row& row) {
  OfficerAct act;
  act.id = row.integer(0);
  act.deed = {row.text(1), row.integer(2), row.text(3), row.integer(4)};
  act.reason = row.text(5);
  act.asked_by = row.integer(6);
  act.asked = row.instant(7);
  act.decided_ms = row.maybe_integer(8);
  act.approved = row.maybe_integer(9).value_or(0) == 1;
  act.done_ms = row.maybe_integer(10);
  act.person_name = row.text(11);
  act.asker_name = row.text(12);
  act.decider_name = row.text(13);
  return act;
}

}  // namespace

Result<bool> is_officer(sql::Reader& store,
                        std::int64_t area,
                        std::int64_t person,
                        LocalDay today) {
  const auto roles = SJ_TRY(list_roles_of(store, area, person, today));
  return std::any_of(roles.begin(), roles.end(),
                     [](const RoleRow& row) { return is_officer_role(row.role, row.place.kind); });
}

Result<bool> concerns_officer(sql::Reader& store,
                              std::int64_t area,
                              const OfficerDeed& deed,
                              LocalDay today) {
  if (SJ_TRY(is_officer(store, area, deed.person, today))) return true;
  if (deed.act == "merge") return is_officer(store, area, deed.other, today);
  return deed.other == 0 && is_officer_role(deed.role, auth::PlaceKind::area);
}

Result<void> insert_officer_act(desk::Tx& tx, std::int64_t area, const OfficerAct& act) {
  static_cast<void>(
      SJ_TRY(tx.run(kInsert, {area, act.id, act.deed.act, act.deed.person, act.deed.role,
                              act.deed.other, act.reason, act.asked_by, tx.now()})));
  return {};
}

Result<std::vector<OfficerAct>> list_officer_acts(sql::Reader& store, std::int64_t area) {
  return store.all(kList, {area}, act_of);
}

Result<std::optional<OfficerAct>> find_officer_act(sql::Reader& store,
                                                   std::int64_t area,
                                                   std::int64_t id) {
  return store.first(kFind, {area, id}, act_of);
}

Result<void> update_officer_answer(desk::Tx& tx,
                                   std::int64_t area,
                                   std::int64_t id,
                                   bool approved) {
  static_cast<void>(SJ_TRY(tx.run(kAnswer, {area, id, tx.actor().person, tx.now(), approved})));
  return {};
}

Result<void> use_officer_leave(desk::Tx& tx, std::int64_t area, const OfficerDeed& deed) {
  if (tx.actor().kind == auth::ActorKind::operator_) return {};
  if (!SJ_TRY(concerns_officer(tx, area, deed, tx.today()))) return {};
  const Instant since(tx.now().utc_ms() - kOfficerLeaveMs);
  const auto leave = SJ_TRY(tx.first(
      kLeave, {area, deed.person, deed.act, deed.role, deed.other, tx.actor().person, since},
      [](const sql::Row& row) { return row.integer(0); }));
  if (!leave) {
    return Error{ErrorKind::conflict, "org.second_officer",
                 "one of the three officers: ask by POST /api/org/officer-acts, another officer "
                 "approves"};
  }
  static_cast<void>(SJ_TRY(tx.run(kDone, {area, *leave, tx.now()})));
  return {};
}

}  // namespace sj::org
