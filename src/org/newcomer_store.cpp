#include "org/newcomer_store.h"

#include <utility>

#include "kernel/sql/statement.h"

#include "org/invite_store.h"

namespace sj::org {
namespace {

// What follows is repeated in each: a Statement is one text.
const sql::Statement kWaiting{
    "SELECT l.account_id, l.child_id, c.name, l.guardian_id, p.name, coalesce((SELECT g.relation "
    "FROM org_guardianship g WHERE g.area_id = $1 AND g.pupil_id = l.child_id AND "
    "g.guardian_id = l.guardian_id ORDER BY g.from_day DESC, g.id DESC LIMIT 1), 'other'), "
    "l.linked_ms, CASE WHEN l.admitted = 1 THEN NULL ELSE (SELECT min(g.from_day) "
    "FROM org_guardianship g WHERE g.area_id = $1 AND g.pupil_id = l.child_id AND "
    "g.guardian_id = l.guardian_id) END, l.invited_by, l.maker, coalesce(m.name, ''), l.odd, "
    "l.confirmed_ms, '' FROM org_family_link l "
    "JOIN org_membership s ON s.area_id = $1 AND s.person_id = l.child_id AND s.until_day IS NULL "
    "JOIN org_person c ON c.area_id = $1 AND c.id = l.child_id "
    "JOIN org_person p ON p.area_id = $1 AND p.id = l.guardian_id "
    "LEFT JOIN org_person m ON m.area_id = $1 AND m.id = l.maker "
    "WHERE l.child_area_id = $1 AND l.ended_ms IS NULL AND l.confirmed_ms IS NULL AND "
    "($2 = 1 OR s.school_id IN {{IDS $3}} OR s.class_id IN {{IDS $4}}) AND "
    "(CAST($5 AS BIGINT) = 0 OR s.school_id = $5) "
    "ORDER BY CASE WHEN l.odd = '' THEN 1 ELSE 0 END, l.linked_ms, l.child_id, l.account_id "
    "LIMIT 500"};
const sql::Statement kConfirmed{
    "SELECT l.account_id, l.child_id, c.name, l.guardian_id, p.name, coalesce((SELECT g.relation "
    "FROM org_guardianship g WHERE g.area_id = $1 AND g.pupil_id = l.child_id AND "
    "g.guardian_id = l.guardian_id ORDER BY g.from_day DESC, g.id DESC LIMIT 1), 'other'), "
    "l.linked_ms, CASE WHEN l.admitted = 1 THEN NULL ELSE (SELECT min(g.from_day) "
    "FROM org_guardianship g WHERE g.area_id = $1 AND g.pupil_id = l.child_id AND "
    "g.guardian_id = l.guardian_id) END, l.invited_by, l.maker, coalesce(m.name, ''), l.odd, "
    "l.confirmed_ms, coalesce(d.name, '') FROM org_family_link l "
    "JOIN org_membership s ON s.area_id = $1 AND s.person_id = l.child_id AND s.until_day IS NULL "
    "JOIN org_person c ON c.area_id = $1 AND c.id = l.child_id "
    "JOIN org_person p ON p.area_id = $1 AND p.id = l.guardian_id "
    "LEFT JOIN org_person m ON m.area_id = $1 AND m.id = l.maker "
    "LEFT JOIN org_person d ON d.area_id = $1 AND d.id = l.confirmed_by "
    "WHERE l.child_area_id = $1 AND l.ended_ms IS NULL AND l.confirmed_ms IS NOT NULL AND "
    "($2 = 1 OR s.school_id IN {{IDS $3}} OR s.class_id IN {{IDS $4}}) AND "
    "(CAST($5 AS BIGINT) = 0 OR s.school_id = $5) "
    "ORDER BY l.confirmed_ms DESC, l.child_id, l.account_id LIMIT 500"};
const sql::Statement kFind{
    "SELECT l.account_id, l.child_id, c.name, l.guardian_id, p.name, coalesce((SELECT g.relation "
    "FROM org_guardianship g WHERE g.area_id = $1 AND g.pupil_id = l.child_id AND "
    "g.guardian_id = l.guardian_id ORDER BY g.from_day DESC, g.id DESC LIMIT 1), 'other'), "
    "l.linked_ms, CASE WHEN l.admitted = 1 THEN NULL ELSE (SELECT min(g.from_day) "
    "FROM org_guardianship g WHERE g.area_id = $1 AND g.pupil_id = l.child_id AND "
    "g.guardian_id = l.guardian_id) END, l.invited_by, l.maker, '', l.odd, l.confirmed_ms, '' "
    "FROM org_family_link l "
    "JOIN org_person c ON c.area_id = $1 AND c.id = l.child_id "
    "JOIN org_person p ON p.area_id = $1 AND p.id = l.guardian_id "
    "WHERE l.child_area_id = $1 AND l.child_id = $2 AND l.account_id = $3 AND l.ended_ms IS NULL"};
// Guardians who are so whatever was joined: those of a link count if the link found them.
const sql::Statement kOfAccount{
    "SELECT l.child_id, g.guardian_id FROM org_family_link l LEFT JOIN org_guardianship g "
    "ON g.area_id = $1 AND g.pupil_id = l.child_id AND g.until_day IS NULL AND "
    "NOT (l.admitted = 1 AND g.guardian_id = l.guardian_id) "
    "WHERE l.child_area_id = $1 AND l.account_id = $2 AND l.ended_ms IS NULL"};
// One address and browser, or one device: the bytes tell which, a keyed hash or a longer one.
const sql::Statement kOfBrowser{
    "SELECT l.child_id, g.guardian_id FROM org_family_link l LEFT JOIN org_guardianship g "
    "ON g.area_id = $1 AND g.pupil_id = l.child_id AND g.until_day IS NULL AND "
    "NOT (l.admitted = 1 AND g.guardian_id = l.guardian_id) "
    "WHERE l.child_area_id = $1 AND (l.browser = $2 OR l.device = $2) AND "
    "l.linked_ms > $3 AND l.ended_ms IS NULL"};
const sql::Statement kWithMaker{
    "SELECT count(*) FROM org_family_link l WHERE l.child_area_id = $1 AND l.account_id = $2 AND "
    "(l.browser = $4 OR EXISTS (SELECT 1 FROM org_device d WHERE d.area_id = $1 AND "
    "d.account_id = $3 AND d.secret_hash = l.device))"};
const sql::Statement kMarkOne{
    "UPDATE org_family_link SET odd = $4 WHERE child_area_id = $1 AND child_id = $2 AND "
    "account_id = $3"};
const sql::Statement kMarkAccount{
    "UPDATE org_family_link SET odd = $3 WHERE child_area_id = $1 AND account_id = $2 AND "
    "ended_ms IS NULL AND odd = ''"};
const sql::Statement kMarkBrowser{
    "UPDATE org_family_link SET odd = $3 WHERE child_area_id = $1 AND "
    "(browser = $2 OR device = $2) AND linked_ms > $4 AND ended_ms IS NULL AND odd = ''"};
const sql::Statement kConfirm{
    "UPDATE org_family_link SET confirmed_ms = $4, confirmed_by = $5 WHERE child_area_id = $1 AND "
    "child_id = $2 AND account_id = $3 AND ended_ms IS NULL"};
const sql::Statement kMayCollect{
    "UPDATE org_guardianship SET may_collect = $4 WHERE area_id = $1 AND pupil_id = $2 AND "
    "guardian_id = $3 AND until_day IS NULL"};
// Only if no other phone of his is tied to the child.
const sql::Statement kEndGuardianship{
    "UPDATE org_guardianship SET until_day = $4 WHERE area_id = $1 AND pupil_id = $2 AND "
    "guardian_id = $3 AND until_day IS NULL AND NOT EXISTS (SELECT 1 FROM org_family_link l "
    "WHERE l.child_area_id = $1 AND l.child_id = $2 AND l.guardian_id = $3 AND "
    "l.ended_ms IS NULL)"};
const sql::Statement kEndConsent{
    "UPDATE org_consent SET withdrawn_ms = $4 WHERE area_id = $1 AND pupil_id = $2 AND "
    "guardian_id = $3 AND withdrawn_ms IS NULL AND NOT EXISTS (SELECT 1 FROM org_family_link l "
    "WHERE l.child_area_id = $1 AND l.child_id = $2 AND l.guardian_id = $3 AND "
    "l.ended_ms IS NULL)"};
const sql::Statement kRevokeCodes{
    "UPDATE org_invitation SET revoked_ms = $4, invited = NULL WHERE area_id = $1 AND "
    "pupil_id = $2 AND made_by = 'guardian' AND made_by_account = $3 AND redeemed_ms IS NULL AND "
    "revoked_ms IS NULL"};
const sql::Statement kInvitedBy{
    "SELECT l.account_id FROM org_family_link l WHERE l.child_area_id = $1 AND l.child_id = $2 AND "
    "l.invited_by = 'guardian' AND l.maker = $3 AND l.confirmed_ms IS NULL AND "
    "l.ended_ms IS NULL ORDER BY l.account_id"};

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kMonthMs = 30 * kDayMs;

Newcomer newcomer_of(const sql::Row& row) {
  Newcomer found;
  found.account = row.integer(0);
  found.child = row.integer(1);
  found.child_name = row.text(2);
  found.guardian = row.integer(3);
  found.name = row.text(4);
  found.relation = row.text(5);
  found.joined = row.instant(6);
  found.registered = row.maybe_day(7);
  found.invited_by = row.text(8);
  found.maker = row.integer(9);
  found.maker_name = row.text(10);
  found.odd = row.text(11);
  found.confirmed = !row.is_null(12);
  found.confirmed_by = row.text(13);
  return found;
}

ChildAndGuardian pair_of(const sql::Row& row) {
  return {row.integer(0), row.maybe_integer(1).value_or(0)};
}

}  // namespace

Result<std::vector<Newcomer>> list_newcomers(sql::Reader& store,
                                             const auth::Scope& scope,
                                             std::int64_t school,
                                             bool confirmed) {
  return store.all(confirmed ? kConfirmed : kWaiting,
                   {scope.area(), scope.everywhere(), sql::Ids{scope.schools()},
                    sql::Ids{scope.classes()}, school},
                   newcomer_of);
}

Result<std::optional<Newcomer>> find_newcomer(sql::Reader& store,
                                              std::int64_t area,
                                              std::int64_t child,
                                              std::int64_t account) {
  return store.first(kFind, {area, child, account}, newcomer_of);
}

Result<JoinFacts> load_join_facts(sql::Reader& store,
                                  const JoinOrigin& origin,
                                  std::int64_t maker_account,
                                  const std::string& maker_browser,
                                  Instant now) {
  JoinFacts facts;
  const auto count = [&](const std::string& where, std::int64_t within_ms) -> Result<std::size_t> {
    if (where.empty()) return std::size_t{0};
    const Instant since(now.utc_ms() - within_ms);
    return count_unrelated(
        SJ_TRY(store.all(kOfBrowser, {origin.area, sql::Blob{where}, since}, pair_of)));
  };
  facts.of_account =
      count_unrelated(SJ_TRY(store.all(kOfAccount, {origin.area, origin.account}, pair_of)));
  facts.of_browser = SJ_TRY(count(origin.browser, kDayMs));
  facts.of_device = SJ_TRY(count(origin.device, kMonthMs));
  if (maker_account == 0) return facts;
  const auto with_maker = SJ_TRY(store.number(
      kWithMaker, {origin.area, origin.account, maker_account, sql::Blob{maker_browser}}));
  facts.from_makers_browser = with_maker > 0;
  return facts;
}

Result<void> mark_odd(desk::Tx& tx,
                      const JoinOrigin& origin,
                      std::int64_t child,
                      const JoinFacts& facts) {
  const std::string odd(decide_odd(facts));
  static_cast<void>(SJ_TRY(tx.run(kMarkOne, {origin.area, child, origin.account, odd})));
  const auto mark = [&](const std::string& where, std::int64_t within_ms) -> Result<void> {
    const Instant since(tx.now().utc_ms() - within_ms);
    static_cast<void>(
        SJ_TRY(tx.run(kMarkBrowser, {origin.area, sql::Blob{where}, "one_browser", since})));
    return {};
  };
  if (facts.of_account > kUnrelatedMax) {
    static_cast<void>(SJ_TRY(tx.run(kMarkAccount, {origin.area, origin.account, "one_account"})));
  }
  if (facts.of_browser > kUnrelatedMax) SJ_TRY(mark(origin.browser, kDayMs));
  if (facts.of_device > kUnrelatedMax) SJ_TRY(mark(origin.device, kMonthMs));
  return {};
}

Result<void> update_newcomer(desk::Tx& tx,
                             std::int64_t area,
                             const Newcomer& newcomer,
                             bool confirmed) {
  std::optional<std::int64_t> at;
  std::optional<std::int64_t> by;
  if (confirmed) {
    at = tx.now().utc_ms();
    by = tx.actor().person;
  }
  static_cast<void>(SJ_TRY(tx.run(kConfirm, {area, newcomer.child, newcomer.account, at, by})));
  if (newcomer.registered) return {};
  static_cast<void>(
      SJ_TRY(tx.run(kMayCollect, {area, newcomer.child, newcomer.guardian, confirmed})));
  return {};
}

Result<std::int64_t> reject_newcomer(desk::Tx& tx, std::int64_t area, const Newcomer& newcomer) {
  std::vector<Newcomer> left = {newcomer};
  std::int64_t done = 0;
  while (!left.empty()) {
    const Newcomer one = std::move(left.back());
    left.pop_back();
    const std::int64_t ended = SJ_TRY(end_links(tx, area, one.child, one.account, tx.now()));
    if (ended == 0) continue;
    done += ended;
    if (!one.registered) {
      static_cast<void>(
          SJ_TRY(tx.run(kEndGuardianship, {area, one.child, one.guardian, tx.today()})));
    }
    static_cast<void>(SJ_TRY(tx.run(kEndConsent, {area, one.child, one.guardian, tx.now()})));
    static_cast<void>(SJ_TRY(tx.run(kRevokeCodes, {area, one.child, one.account, tx.now()})));
    const auto invited = SJ_TRY(tx.all(kInvitedBy, {area, one.child, one.guardian},
                                       [](const sql::Row& row) { return row.integer(0); }));
    for (const std::int64_t account : invited) {
      auto next = SJ_TRY(find_newcomer(tx, area, one.child, account));
      if (next) left.push_back(*std::move(next));
    }
  }
  return done;
}

}  // namespace sj::org
