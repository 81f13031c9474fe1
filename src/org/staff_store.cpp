#include "org/staff_store.h"

#include <algorithm>

namespace sj::org {
namespace {

const sql::Statement kFind{
    "SELECT f.id, f.person_id, f.school_id, coalesce(s.name, ''), f.post, f.staff_no, f.from_day, "
    "f.until_day, coalesce(s.street_id, 0) FROM org_staff f LEFT JOIN org_school s "
    "ON s.area_id = f.area_id AND s.id = f.school_id WHERE f.area_id = $1 AND f.id = $2"};
// Roles of the district and its streets go with a post at its office.
const sql::Statement kRoles{
    "SELECT r.until_day FROM org_role r LEFT JOIN org_class c ON c.area_id = r.area_id AND "
    "r.place_kind = 'class' AND c.id = r.place_id WHERE r.area_id = $1 AND r.person_id = $2 AND "
    "r.revoked_ms IS NULL AND (r.until_day IS NULL OR r.until_day > $4) AND "
    "((CAST($3 AS BIGINT) = 0 AND r.place_kind IN ('area', 'street')) OR "
    "(r.place_kind = 'school' AND r.place_id = $3) OR c.school_id = $3)"};
const sql::Statement kUpdate{
    "UPDATE org_staff SET post = $3, staff_no = $4, until_day = $5 WHERE area_id = $1 AND id = $2"};
const sql::Statement kEndTeachings{
    "UPDATE org_teaching SET until_day = $4 WHERE area_id = $1 AND person_id = $2 AND "
    "(until_day IS NULL OR until_day > $4) AND class_id IN "
    "(SELECT id FROM org_class WHERE area_id = $1 AND school_id = $3)"};

}  // namespace

Result<std::optional<StaffPost>> find_post(sql::Reader& store,
                                           const auth::Scope& scope,
                                           std::int64_t id,
                                           LocalDay today) {
  auth::Target target;
  target.area = scope.area();
  auto post = SJ_TRY(store.first(kFind, {scope.area(), id}, [&](const sql::Row& row) {
    StaffPost one;
    one.id = row.integer(0);
    one.person = row.integer(1);
    one.school = row.integer(2);
    one.school_name = row.text(3);
    one.post = row.text(4);
    one.staff_no = row.text(5);
    one.from = row.day(6);
    one.until = row.maybe_day(7);
    target.school = one.school;
    target.street = row.integer(8);
    return one;
  }));
  if (!post || !scope.covers(target)) return std::optional<StaffPost>();
  bool has_end = true;
  SJ_TRY(store.each(kRoles, {scope.area(), post->person, post->school, today},
                    [&](const sql::Row& row) -> Result<void> {
                      ++post->roles;
                      const auto until = row.maybe_day(0);
                      has_end = has_end && until.has_value();
                      if (until) {
                        post->roles_until =
                            post->roles_until ? std::max(*post->roles_until, *until) : *until;
                      }
                      return {};
                    }));
  if (!has_end) post->roles_until.reset();
  return post;
}

Result<std::int64_t> update_post(desk::Tx& tx, std::int64_t area, const StaffPost& post) {
  static_cast<void>(SJ_TRY(tx.run(kUpdate, {area, post.id, post.post, post.staff_no, post.until})));
  if (!post.until) return std::int64_t{0};
  return tx.run(kEndTeachings, {area, post.person, post.school, *post.until});
}

}  // namespace sj::org
