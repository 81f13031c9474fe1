#include "org/session_store.h"

#include <algorithm>
#include <utility>

#include "kernel/auth/secret.h"
#include "kernel/sql/statement.h"
#include "kernel/time/zone.h"

#include "org/rights.h"
#include "org/target_store.h"
#include "org/types.h"

namespace sj::org {
namespace {

const sql::Statement kAreas{"SELECT id, code, name FROM org_area ORDER BY code, id"};
const sql::Statement kAccountByName{
    "SELECT id, kind, username, password_hash, must_change, person_id, disabled_ms, first_hash "
    "FROM org_account WHERE area_id = $1 AND username = $2 AND username <> ''"};  // its index's
const sql::Statement kAccountById{
    "SELECT id, kind, username, password_hash, must_change, person_id, disabled_ms, first_hash "
    "FROM org_account WHERE area_id = $1 AND id = $2"};
const sql::Statement kSession{
    "SELECT s.id, s.account_id, s.csrf, s.seen_ms, a.kind, a.person_id, a.must_change, "
    "s.created_ms "
    "FROM org_session s JOIN org_account a ON a.area_id = s.area_id AND a.id = s.account_id "
    "WHERE s.area_id = $1 AND s.token_hash = $2 AND s.expires_ms > $3 AND s.revoked_ms IS NULL "
    "AND a.disabled_ms IS NULL"};
const sql::Statement kRoles{
    "SELECT id, role, place_kind, place_id FROM org_role "
    "WHERE area_id = $1 AND person_id = $2 AND revoked_ms IS NULL AND from_day <= $3 AND "
    "(until_day IS NULL OR until_day > $3) ORDER BY id"};
const sql::Statement kSchoolsOfStreet{
    "SELECT id FROM org_school WHERE area_id = $1 AND street_id = $2 ORDER BY id"};
const sql::Statement kTeachings{
    "SELECT t.id, t.class_id, c.school_id FROM org_teaching t "
    "JOIN org_class c ON c.area_id = t.area_id AND c.id = t.class_id "
    "WHERE t.area_id = $1 AND t.person_id = $2 AND t.from_day <= $3 AND "
    "(t.until_day IS NULL OR t.until_day > $3) ORDER BY t.id"};
const sql::Statement kWards{
    "SELECT g.id, l.child_id FROM org_family_link l "
    "JOIN org_guardianship g ON g.area_id = l.child_area_id AND g.pupil_id = l.child_id AND "
    "g.guardian_id = l.guardian_id "
    "WHERE l.area_id = $1 AND l.account_id = $2 AND l.ended_ms IS NULL AND g.from_day <= $3 AND "
    "(g.until_day IS NULL OR g.until_day > $3) ORDER BY g.id"};
const sql::Statement kInsertSession{
    "INSERT INTO org_session (area_id, token_hash, id, account_id, csrf, device, created_ms, "
    "seen_ms, expires_ms, device_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9)"};
const sql::Statement kEndOldest{
    "UPDATE org_session SET revoked_ms = $3 WHERE area_id = $1 AND id IN (SELECT id FROM "
    "org_session WHERE area_id = $1 AND account_id = $2 AND revoked_ms IS NULL AND "
    "expires_ms > $3 ORDER BY seen_ms DESC, id DESC LIMIT 1000 OFFSET $4)"};
const sql::Statement kOpened{
    "SELECT id, revoked_ms IS NOT NULL, seen_ms > created_ms FROM org_session "
    "WHERE area_id = $1 AND account_id = $2 ORDER BY created_ms DESC, id DESC LIMIT 1000"};
const sql::Statement kListSessions{
    "SELECT id, device, created_ms, seen_ms FROM org_session "
    "WHERE area_id = $1 AND account_id = $2 AND revoked_ms IS NULL AND expires_ms > $3 "
    "ORDER BY seen_ms DESC, id DESC LIMIT 100"};
const sql::Statement kRevoke{
    "UPDATE org_session SET revoked_ms = $3 WHERE area_id = $1 AND account_id = $2 AND "
    "revoked_ms IS NULL AND (CAST($4 AS BIGINT) = 0 OR id = $4 OR device_id = $4) AND id <> $5"};
const sql::Statement kKnownDevices{
    "SELECT d.id, d.name, d.created_ms, d.seen_ms FROM org_device d WHERE d.area_id = $1 AND "
    "d.account_id = $2 AND d.revoked_ms IS NULL AND NOT EXISTS (SELECT 1 FROM org_session s WHERE "
    "s.area_id = d.area_id AND s.account_id = d.account_id AND s.device_id = d.id AND "
    "s.revoked_ms IS NULL AND s.expires_ms > $3) ORDER BY d.seen_ms DESC, d.id DESC LIMIT 100"};
const sql::Statement kForgetDevices{
    "UPDATE org_device SET revoked_ms = $3 WHERE area_id = $1 AND account_id = $2 AND "
    "revoked_ms IS NULL AND (CAST($4 AS BIGINT) = 0 OR id = $4 OR EXISTS (SELECT 1 FROM "
    "org_session s WHERE s.area_id = org_device.area_id AND s.id = $4 AND "
    "s.device_id = org_device.id)) AND NOT EXISTS (SELECT 1 FROM org_session b WHERE "
    "b.area_id = org_device.area_id AND b.id = $5 AND b.device_id = org_device.id)"};
const sql::Statement kPassword{
    "UPDATE org_account SET password_hash = $3, must_change = $4 WHERE area_id = $1 AND id = $2"};
const sql::Statement kFirstPassword{
    "UPDATE org_account SET first_hash = $3 WHERE area_id = $1 AND id = $2"};
const sql::Statement kFailures{
    "UPDATE org_account SET failures = $3, locked_until_ms = $4 WHERE area_id = $1 AND id = $2"};
const sql::Statement kSeen{
    "UPDATE org_session SET seen_ms = $3, expires_ms = $4 WHERE area_id = $1 AND id = $2 AND "
    "revoked_ms IS NULL AND seen_ms < $3"};
const sql::Statement kCsrf{"SELECT csrf FROM org_session WHERE area_id = $1 AND id = $2"};
const sql::Statement kPersonName{"SELECT name FROM org_person WHERE area_id = $1 AND id = $2"};
const sql::Statement kChildren{
    "SELECT l.child_area_id, l.child_id, p.name, g.relation FROM org_family_link l "
    "JOIN org_guardianship g ON g.area_id = l.child_area_id AND g.pupil_id = l.child_id AND "
    "g.guardian_id = l.guardian_id "
    "JOIN org_person p ON p.area_id = l.child_area_id AND p.id = l.child_id "
    "WHERE l.area_id = $1 AND l.account_id = $2 AND l.ended_ms IS NULL AND g.from_day <= $3 AND "
    "(g.until_day IS NULL OR g.until_day > $3) ORDER BY p.birth_day, p.id"};

Account account_of(const sql::Row& row) {
  Account account;
  account.id = row.integer(0);
  account.kind = row.bytes(1) == "staff" ? AccountKind::staff : AccountKind::family;
  account.username = row.text(2);
  account.password_hash = row.text(3);
  account.must_change = row.flag(4);
  account.person = row.integer(5);
  account.disabled = !row.is_null(6);
  account.first_hash = row.text(7);
  return account;
}

auth::Grant grant_of(const Role& role, auth::PlaceKind kind, std::int64_t id, std::int64_t source) {
  return {rights_of(role), {kind, id}, std::string(role.name), source};
}

}  // namespace

Result<std::vector<Area>> list_areas(sql::Reader& store) {
  return store.all(kAreas, {}, [](const sql::Row& row) {
    return Area{row.integer(0), row.text(1), row.text(2)};
  });
}

Result<Area> find_area(sql::Reader& store, const std::optional<std::string>& code) {
  const auto areas = SJ_TRY(list_areas(store));
  if (!code && areas.size() == 1) return areas.front();
  const auto found = std::find_if(areas.begin(), areas.end(),
                                  [&](const Area& area) { return code && area.code == *code; });
  if (found != areas.end()) return *found;
  return Error{ErrorKind::invalid, "org.area_needed", "area: name a district of GET /api/areas"};
}

Result<std::optional<Account>> find_account(sql::Reader& store,
                                            std::int64_t area,
                                            std::string_view username) {
  return store.first(kAccountByName, {area, username}, account_of);
}

Result<std::optional<Account>> find_account(sql::Reader& store,
                                            std::int64_t area,
                                            std::int64_t account) {
  return store.first(kAccountById, {area, account}, account_of);
}

Result<auth::Access> load_access(sql::Reader& store,
                                 std::int64_t area,
                                 std::int64_t person,
                                 LocalDay today) {
  std::vector<auth::Grant> grants;
  SJ_TRY(store.each(kRoles, {area, person, today}, [&](const sql::Row& row) -> Result<void> {
    const Role* const role = find_role(row.bytes(1));
    const auto kind = place_kind_of(row.bytes(2));
    if (role == nullptr || !kind) return {};
    grants.push_back(grant_of(*role, *kind, row.integer(3), row.integer(0)));
    return {};
  }));
  // What lies in a street is reached through its schools: tables of schools know no streets.
  const std::size_t direct = grants.size();
  for (std::size_t i = 0; i < direct; ++i) {
    if (grants[i].where.kind != auth::PlaceKind::street) continue;
    const auto schools = SJ_TRY(store.all(kSchoolsOfStreet, {area, grants[i].where.id},
                                          [](const sql::Row& row) { return row.integer(0); }));
    for (const std::int64_t school : schools) {
      auth::Grant grant = grants[i];
      grant.where = {auth::PlaceKind::school, school};
      grants.push_back(std::move(grant));
    }
  }
  const Role* const teacher = find_role("teacher");
  auth::Permissions see_school;
  see_school.set(static_cast<std::size_t>(kSchoolRead.bit));
  SJ_TRY(store.each(kTeachings, {area, person, today}, [&](const sql::Row& row) -> Result<void> {
    grants.push_back(grant_of(*teacher, auth::PlaceKind::class_, row.integer(1), row.integer(0)));
    grants.push_back({see_school,
                      {auth::PlaceKind::school, row.integer(2)},
                      std::string(teacher->name),
                      row.integer(0)});
    return {};
  }));
  return auth::Access(area, std::move(grants));
}

Result<auth::Access> load_family_access(sql::Reader& store,
                                        std::int64_t area,
                                        std::int64_t account,
                                        LocalDay today) {
  const Role* const guardian = find_role("guardian");
  auto grants = SJ_TRY(store.all(kWards, {area, account, today}, [&](const sql::Row& row) {
    return grant_of(*guardian, auth::PlaceKind::pupil, row.integer(1), row.integer(0));
  }));
  return auth::Access(area, std::move(grants));
}

Result<std::optional<OpenSession>> find_session(sql::Reader& store,
                                                std::string_view token,
                                                Instant now) {
  using Found = std::optional<OpenSession>;
  const auto parsed = parse_token(token);
  if (!parsed) return Found{};
  struct Line {
    OpenSession open{};
    bool must_change = false;
  };
  const std::int64_t area = parsed->area;
  const std::string hash = auth::token_hash(parsed->secret);
  auto line = SJ_TRY(store.first(kSession, {area, sql::Blob{hash}, now}, [&](const sql::Row& row) {
    Line found;
    OpenSession& open = found.open;
    open.kind = row.bytes(4) == "staff" ? AccountKind::staff : AccountKind::family;
    const bool staff = open.kind == AccountKind::staff;
    open.session.actor = {staff ? auth::ActorKind::staff : auth::ActorKind::guardian, area,
                          row.integer(1), staff ? row.integer(5) : 0, row.integer(0)};
    open.session.csrf = row.text(2);
    open.seen = row.instant(3);
    open.created = row.instant(7);
    found.must_change = row.flag(6);
    return found;
  }));
  if (!line) return Found{};
  const auth::Actor& actor = line->open.session.actor;
  if (line->must_change) {
    line->open.session.access = auth::Access(area, {});
  } else if (line->open.kind == AccountKind::staff) {
    line->open.session.access = SJ_TRY(load_access(store, area, actor.person, day_of(now)));
  } else {
    line->open.session.access = SJ_TRY(load_family_access(store, area, actor.account, day_of(now)));
  }
  return Found{std::move(line->open)};
}

Result<bool> has_unused_session(sql::Reader& store,
                                const SessionsSeen& seen,
                                std::int64_t area,
                                std::int64_t account) {
  bool is_unused = true;
  std::optional<bool> is_last_ended;
  SJ_TRY(store.each(kOpened, {area, account}, [&](const sql::Row& row) -> Result<void> {
    if (!is_last_ended) is_last_ended = row.flag(1);
    is_unused = is_unused && !row.flag(2) && !seen.has(area, row.integer(0));
    return {};
  }));
  return is_unused && is_last_ended == false;
}

Result<void> insert_session(sql::Writer& store, const NewSession& session, Instant now) {
  const std::string hash = auth::token_hash(session.secret);
  const Instant expires(now.utc_ms() + session_lifetime_ms(session.kind));
  static_cast<void>(SJ_TRY(
      store.run(kInsertSession, {session.area, sql::Blob{hash}, session.id, session.account,
                                 session.csrf, session.device, now, expires, session.device_id})));
  static_cast<void>(
      SJ_TRY(store.run(kEndOldest, {session.area, session.account, now, kSessionsOfAccount})));
  return {};
}

Result<std::vector<SessionLine>> list_sessions(sql::Reader& store,
                                               std::int64_t area,
                                               std::int64_t account,
                                               Instant now) {
  const auto line_of = [](const sql::Row& row) {
    return SessionLine{row.integer(0), row.text(1), row.instant(2), row.instant(3)};
  };
  auto lines = SJ_TRY(store.all(kListSessions, {area, account, now}, line_of));
  auto known = SJ_TRY(store.all(kKnownDevices, {area, account, now}, line_of));
  for (SessionLine& line : known) {
    line.signed_in = false;
    lines.push_back(std::move(line));
  }
  return lines;
}

Result<std::int64_t> revoke_sessions(
    sql::Writer& store, std::int64_t area, std::int64_t account, Instant now, const Revoke& which) {
  // Before the sessions end, which tell the devices.
  std::int64_t devices = 0;
  if (which.forgets_devices) {
    devices = SJ_TRY(store.run(kForgetDevices, {area, account, now, which.only, which.but}));
  }
  const std::int64_t sessions =
      SJ_TRY(store.run(kRevoke, {area, account, now, which.only, which.but}));
  return which.only != 0 && sessions == 0 ? devices : sessions;
}

Result<void> update_password(sql::Writer& store,
                             std::int64_t area,
                             std::int64_t account,
                             std::string_view hash,
                             bool must_change) {
  static_cast<void>(SJ_TRY(store.run(kPassword, {area, account, hash, must_change})));
  return {};
}

Result<void> keep_first_password(sql::Writer& store,
                                 std::int64_t area,
                                 std::int64_t account,
                                 std::string_view hash) {
  static_cast<void>(SJ_TRY(store.run(kFirstPassword, {area, account, hash})));
  return {};
}

Result<void> update_failures(sql::Writer& store,
                             std::int64_t area,
                             std::int64_t account,
                             std::int64_t failures,
                             Instant locked_until) {
  static_cast<void>(SJ_TRY(store.run(kFailures, {area, account, failures, locked_until})));
  return {};
}

Result<void> update_seen(sql::Writer& store, const std::vector<SessionsSeen::Use>& uses) {
  static_cast<void>(
      SJ_TRY(store.run_many(kSeen, uses.size(), [&](std::size_t i, std::vector<sql::Bind>& binds) {
        const SessionsSeen::Use& use = uses[i];
        binds.assign({use.area, use.session, use.at,
                      Instant(use.at.utc_ms() + session_lifetime_ms(use.kind))});
      })));
  return {};
}

Result<SessionView> load_session_view(sql::Reader& store,
                                      const auth::Actor& actor,
                                      const auth::Access& access,
                                      Instant now) {
  SessionView view;
  const auto first_text = [](const sql::Row& row) { return row.text(0); };
  const auto areas = SJ_TRY(list_areas(store));
  for (const Area& area : areas) {
    if (area.id == actor.area) view.area = area;
  }
  const auto account = SJ_TRY(find_account(store, actor.area, actor.account));
  if (!account) {
    return Error{ErrorKind::unauthenticated, "org.wrong_login", "the account is gone"};
  }
  view.kind = account->kind;
  view.must_change = account->must_change;
  const auto csrf = SJ_TRY(store.first(kCsrf, {actor.area, actor.session}, first_text));
  view.csrf = csrf.value_or("");
  const auto name = SJ_TRY(store.first(kPersonName, {actor.area, account->person}, first_text));
  view.name = name.value_or("");
  const LocalDay today = day_of(now);
  if (view.kind == AccountKind::staff) {
    // A role at a street, and a class that is taught, each count as one: the first grant of a
    // source is where it was given.
    std::vector<std::int64_t> sources;
    for (const auth::Grant& grant : access.grants()) {
      if (std::find(sources.begin(), sources.end(), grant.source) != sources.end()) continue;
      sources.push_back(grant.source);
      auto place_name = SJ_TRY(find_place_name(store, actor.area, grant.where, today));
      view.roles.push_back({grant.role, grant.where, std::move(place_name)});
    }
    return view;
  }
  view.children =
      SJ_TRY(store.all(kChildren, {actor.area, actor.account, today}, [](const sql::Row& row) {
        ChildLine child;
        child.area = row.integer(0);
        child.id = row.integer(1);
        child.name = row.text(2);
        child.relation = row.text(3);
        return child;
      }));
  for (ChildLine& child : view.children) {
    const auto target = SJ_TRY(find_pupil_target(store, child.area, child.id, today));
    if (!target) continue;
    child.school = SJ_TRY(
        find_place_name(store, child.area, {auth::PlaceKind::school, target->school}, today));
    if (target->class_id == 0) continue;
    child.class_name = SJ_TRY(
        find_place_name(store, child.area, {auth::PlaceKind::class_, target->class_id}, today));
  }
  return view;
}

}  // namespace sj::org
