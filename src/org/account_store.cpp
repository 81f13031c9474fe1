#include "org/account_store.h"

#include "kernel/sql/statement.h"

#include "org/session_store.h"

namespace sj::org {
namespace {

const sql::Statement kList{
    "SELECT a.id, a.username, a.person_id, p.name, a.locked_until_ms, a.disabled_ms, "
    "(SELECT max(s.seen_ms) FROM org_session s WHERE s.area_id = a.area_id AND "
    "s.account_id = a.id) FROM org_account a "
    "JOIN org_person p ON p.area_id = a.area_id AND p.id = a.person_id "
    "WHERE a.area_id = $1 AND a.kind = 'staff' AND (($2 = 1 AND CAST($4 AS BIGINT) = 0) OR EXISTS "
    "(SELECT 1 FROM "
    "org_staff f WHERE f.area_id = a.area_id AND f.person_id = a.person_id AND f.from_day <= $5 "
    "AND (f.until_day IS NULL OR f.until_day > $5) AND ($2 = 1 OR f.school_id IN {{IDS $3}}) AND "
    "(CAST($4 AS BIGINT) = 0 OR f.school_id = $4))) ORDER BY a.username LIMIT 500"};
const sql::Statement kOfPerson{
    "SELECT count(*) FROM org_account WHERE area_id = $1 AND person_id = $2 AND kind = 'staff'"};
const sql::Statement kInsert{
    "INSERT INTO org_account (area_id, id, kind, username, password_hash, must_change, person_id, "
    "failures, locked_until_ms, created_ms) VALUES ($1, $2, 'staff', $3, $4, 1, $5, 0, 0, $6)"};
const sql::Statement kReset{
    "UPDATE org_account SET password_hash = $3, must_change = 1, failures = 0, "
    "locked_until_ms = 0, disabled_ms = NULL WHERE area_id = $1 AND id = $2"};
const sql::Statement kDisable{
    "UPDATE org_account SET disabled_ms = $3 WHERE area_id = $1 AND id = $2 AND "
    "disabled_ms IS NULL"};

}  // namespace

Result<std::vector<AccountRow>> list_accounts(sql::Reader& store,
                                              const auth::Scope& scope,
                                              std::int64_t school,
                                              LocalDay today) {
  return store.all(kList,
                   {scope.area(), scope.everywhere(), sql::Ids{scope.schools()}, school, today},
                   [](const sql::Row& row) {
                     AccountRow account;
                     account.id = row.integer(0);
                     account.username = row.text(1);
                     account.person = row.integer(2);
                     account.person_name = row.text(3);
                     account.locked_until = row.instant(4);
                     account.disabled = !row.is_null(5);
                     account.last_seen_ms = row.maybe_integer(6);
                     return account;
                   });
}

Result<void> insert_account(desk::Tx& tx, const NewAccount& account) {
  const std::int64_t own = SJ_TRY(tx.number(kOfPerson, {account.area, account.person}));
  if (own > 0) return Error{ErrorKind::conflict, "org.has_account", "person_id: has an account"};
  const auto taken = SJ_TRY(find_account(tx, account.area, account.username));
  if (taken) return Error{ErrorKind::conflict, "org.username_taken", "username: is taken"};
  static_cast<void>(SJ_TRY(tx.run(kInsert, {account.area, account.id, account.username,
                                            account.password_hash, account.person, tx.now()})));
  return {};
}

Result<void> reset_account(desk::Tx& tx,
                           std::int64_t area,
                           std::int64_t id,
                           std::string_view password_hash) {
  static_cast<void>(SJ_TRY(tx.run(kReset, {area, id, password_hash})));
  return {};
}

Result<void> disable_account(desk::Tx& tx, std::int64_t area, std::int64_t id) {
  static_cast<void>(SJ_TRY(tx.run(kDisable, {area, id, tx.now()})));
  return {};
}

}  // namespace sj::org
