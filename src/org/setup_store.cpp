#include <string>

#include "org/account_store.h"
#include "org/detail.h"
#include "org/person_store.h"
#include "org/retention.h"
#include "org/role_store.h"
#include "org/session_store.h"
#include "org/setup.h"

namespace sj::org {
namespace {

const sql::Statement kFindArea{"SELECT id FROM org_area WHERE code = $1"};
const sql::Statement kInsertArea{"INSERT INTO org_area (id, code, name) VALUES ($1, $2, $3)"};

bool is_region_code(std::string_view code) {
  return code.size() == 6 && code.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

Result<std::int64_t> find_operator_area(sql::Reader& store, std::string_view named) {
  const auto areas = SJ_TRY(list_areas(store));
  if (named.empty() && areas.empty()) return std::int64_t{0};
  if (named.empty() && areas.size() == 1) return areas.front().id;
  for (const Area& area : areas) {
    if (named == area.code || named == std::to_string(area.id)) return area.id;
  }
  return Error{ErrorKind::invalid, "org.area_needed", std::string(named)};
}

Result<std::int64_t> ensure_area(desk::Tx& tx, std::string_view code, std::string_view name) {
  if (!is_region_code(code)) {
    return Error{ErrorKind::invalid, "org.bad_area_code", "area code: wants six digits"};
  }
  const auto found =
      SJ_TRY(tx.first(kFindArea, {code}, [](const sql::Row& row) { return row.integer(0); }));
  if (found) return *found;
  const std::int64_t area = tx.new_id();
  static_cast<void>(SJ_TRY(tx.run(kInsertArea, {area, code, name})));
  SJ_TRY(insert_retention_defaults(tx, area));
  desk::Entry entry;
  entry.action = "org.area.created";
  entry.subject_kind = "area";
  entry.subject = area;
  entry.detail = object_of({{"code", std::string(code)}, {"name", std::string(name)}});
  SJ_TRY(tx.audit(area, entry));
  return area;
}

Result<void> insert_login(desk::Tx& tx, std::int64_t area, const NewLogin& login) {
  if (!login.role.empty()) {
    GrantCommand grant;
    grant.person = login.person;
    grant.role = login.role;
    grant.place = login.place;
    grant.from = tx.today();
    SJ_TRY(insert_role(tx, area, tx.new_id(), grant));
  }
  NewAccount account;
  account.area = area;
  account.id = tx.new_id();
  account.username = login.username;
  account.password_hash = login.password_hash;
  account.person = login.person;
  SJ_TRY(insert_account(tx, account));
  if (!login.must_change) {
    SJ_TRY(update_password(tx, area, account.id, login.password_hash, false));
  }
  desk::Entry entry;
  entry.action = "org.account.created";
  entry.subject_kind = "person";
  entry.subject = login.person;
  entry.detail = object_of({{"role", login.role}, {"username", login.username}});
  return tx.audit(area, entry);
}

Result<std::int64_t> insert_office_member(desk::Tx& tx, std::int64_t area, std::string_view name) {
  PersonFields fields;
  fields.name = name;
  const std::int64_t person = tx.new_id();
  SJ_TRY(insert_person(tx, area, person, fields));
  NewStaff staff;
  staff.id = tx.new_id();
  staff.person = person;
  staff.post = "other";
  SJ_TRY(insert_staff(tx, area, staff));
  return person;
}

}  // namespace sj::org
