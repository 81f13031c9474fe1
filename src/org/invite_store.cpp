#include "org/invite_store.h"

#include <utility>

#include "kernel/auth/secret.h"
#include "kernel/json/json.h"
#include "kernel/sql/statement.h"
#include "kernel/time/zone.h"

#include "org/person_store.h"
#include "org/seals.h"

namespace sj::org {
namespace {

// What follows is repeated in each: a Statement is one text.
const sql::Statement kClassInvitees{
    "SELECT p.id, p.name, p.birth_day, u.protected, EXISTS (SELECT 1 FROM org_family_link l "
    "WHERE l.child_area_id = $1 AND l.child_id = p.id AND l.ended_ms IS NULL) "
    "FROM org_membership m "
    "JOIN org_person p ON p.area_id = m.area_id AND p.id = m.person_id "
    "JOIN org_pupil u ON u.area_id = m.area_id AND u.person_id = m.person_id "
    "WHERE m.area_id = $1 AND m.class_id = $5 AND m.until_day IS NULL AND "
    "($2 = 1 OR m.school_id IN {{IDS $3}} OR m.class_id IN {{IDS $4}}) "
    "ORDER BY u.local_no, p.pinyin, p.id"};
const sql::Statement kInvitee{
    "SELECT p.id, p.name, p.birth_day, u.protected, EXISTS (SELECT 1 FROM org_family_link l "
    "WHERE l.child_area_id = $1 AND l.child_id = p.id AND l.ended_ms IS NULL) "
    "FROM org_membership m "
    "JOIN org_person p ON p.area_id = m.area_id AND p.id = m.person_id "
    "JOIN org_pupil u ON u.area_id = m.area_id AND u.person_id = m.person_id "
    "WHERE m.area_id = $1 AND m.person_id = $6 AND m.until_day IS NULL AND "
    "($2 = 1 OR m.school_id IN {{IDS $3}} OR m.class_id IN {{IDS $4}} OR "
    "m.person_id IN {{IDS $5}})"};
const sql::Statement kIsGuardian{
    "SELECT count(*) FROM org_guardianship WHERE area_id = $1 AND pupil_id = $2 AND "
    "guardian_id = $3 AND from_day <= $4 AND (until_day IS NULL OR until_day > $4)"};
const sql::Statement kRevokeOpen{
    "UPDATE org_invitation SET revoked_ms = $4 WHERE area_id = $1 AND pupil_id = $2 AND "
    "made_by = $3 AND redeemed_ms IS NULL AND revoked_ms IS NULL AND "
    "coalesce(guardian_id, 0) = $5"};
const sql::Statement kInsertInvitation{
    "INSERT INTO org_invitation (area_id, id, code_hash, pupil_id, guardian_id, made_by, "
    "made_by_account, made_ms, expires_ms, invited, maker, browser) VALUES ($1, $2, $3, $4, $5, "
    "$6, $7, $8, $9, $10, $11, $12)"};
const sql::Statement kInvitation{
    "SELECT i.id, i.pupil_id, i.guardian_id, i.made_by, i.expires_ms, i.redeemed_ms, "
    "i.revoked_ms, i.invited, p.birth_day, u.protected, EXISTS (SELECT 1 FROM org_membership m "
    "WHERE m.area_id = i.area_id AND m.person_id = i.pupil_id AND "
    "(m.until_day IS NULL OR m.until_day > $3)), i.maker, i.browser, i.redeemed_account, "
    "i.redeemed_secret, EXISTS (SELECT 1 FROM org_account a WHERE a.area_id = i.area_id AND "
    "a.id = i.redeemed_account AND a.created_ms = i.redeemed_ms AND a.disabled_ms IS NULL), "
    "EXISTS (SELECT 1 FROM org_family_link l WHERE l.child_area_id = i.area_id AND "
    "l.child_id = i.pupil_id AND l.account_id = i.redeemed_account AND l.ended_ms IS NULL), "
    "i.made_by_account, "
    "CASE WHEN i.made_by = 'school' THEN 1 ELSE (SELECT count(*) FROM org_family_link k WHERE "
    "k.child_area_id = i.area_id AND k.child_id = i.pupil_id AND "
    "k.account_id = i.made_by_account AND k.ended_ms IS NULL AND k.confirmed_ms IS NOT NULL) END, "
    "EXISTS (SELECT 1 FROM org_invitation n WHERE n.area_id = i.area_id AND "
    "n.pupil_id = i.pupil_id AND n.id > i.id AND n.made_by = i.made_by AND "
    "coalesce(n.guardian_id, 0) = coalesce(i.guardian_id, 0)) "
    "FROM org_invitation i "
    "JOIN org_person p ON p.area_id = i.area_id AND p.id = i.pupil_id "
    "JOIN org_pupil u ON u.area_id = i.area_id AND u.person_id = i.pupil_id "
    "WHERE i.area_id = $1 AND i.code_hash = $2"};
const sql::Statement kInvitations{
    "SELECT i.id, i.pupil_id, p.name, i.made_ms, i.expires_ms, i.redeemed_ms, i.revoked_ms, "
    "i.made_by FROM org_membership m "
    "JOIN org_invitation i ON i.area_id = m.area_id AND i.pupil_id = m.person_id "
    "JOIN org_person p ON p.area_id = m.area_id AND p.id = m.person_id "
    "WHERE m.area_id = $1 AND m.class_id = $5 AND m.until_day IS NULL AND "
    "($2 = 1 OR m.school_id IN {{IDS $3}} OR m.class_id IN {{IDS $4}}) "
    "ORDER BY i.id DESC LIMIT 1000"};
const sql::Statement kInvitationPupil{
    "SELECT pupil_id FROM org_invitation WHERE area_id = $1 AND id = $2"};
const sql::Statement kRevokeOne{
    "UPDATE org_invitation SET revoked_ms = $3 WHERE area_id = $1 AND id = $2 AND "
    "redeemed_ms IS NULL AND revoked_ms IS NULL"};
const sql::Statement kRedeem{
    "UPDATE org_invitation SET redeemed_ms = $3, redeemed_account = $4, invited = NULL, "
    "redeemed_secret = $5 WHERE area_id = $1 AND id = $2 AND redeemed_ms IS NULL"};
const sql::Statement kGuardians{
    "SELECT g.guardian_id, p.name FROM org_guardianship g "
    "JOIN org_person p ON p.area_id = g.area_id AND p.id = g.guardian_id "
    "WHERE g.area_id = $1 AND g.pupil_id = $2 AND g.from_day <= $3 AND "
    "(g.until_day IS NULL OR g.until_day > $3) ORDER BY g.position, g.id"};
const sql::Statement kLastPosition{
    "SELECT coalesce(max(position), 0) FROM org_guardianship WHERE area_id = $1 AND pupil_id = $2"};
const sql::Statement kInsertGuardianship{
    "INSERT INTO org_guardianship (area_id, id, pupil_id, guardian_id, relation, position, "
    "may_collect, admitted_by, from_day) VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8)"};
const sql::Statement kInsertAccount{
    "INSERT INTO org_account (area_id, id, kind, username, password_hash, must_change, person_id, "
    "failures, locked_until_ms, created_ms) VALUES ($1, $2, 'family', '', '', 0, $3, 0, 0, $4)"};
const sql::Statement kHasLink{
    "SELECT count(*) FROM org_family_link WHERE area_id = $1 AND account_id = $2 AND "
    "child_area_id = $3 AND child_id = $4 AND guardian_id = $5 AND ended_ms IS NULL"};
const sql::Statement kInsertLink{
    "INSERT INTO org_family_link (area_id, account_id, child_area_id, child_id, guardian_id, "
    "linked_ms, admitted, invited_by, maker, browser, device) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) "
    "ON CONFLICT (area_id, account_id, child_area_id, child_id) DO UPDATE SET "
    "guardian_id = excluded.guardian_id, linked_ms = excluded.linked_ms, ended_ms = NULL, "
    "admitted = excluded.admitted, invited_by = excluded.invited_by, maker = excluded.maker, "
    "browser = excluded.browser, device = excluded.device, odd = '', confirmed_ms = NULL, "
    "confirmed_by = NULL"};
const sql::Statement kInsertConsent{
    "INSERT INTO org_consent (area_id, id, pupil_id, guardian_id, purpose, wording, given_ms) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7)"};
const sql::Statement kEndLinks{
    "UPDATE org_family_link SET ended_ms = $4 WHERE child_area_id = $1 AND child_id = $2 AND "
    "ended_ms IS NULL AND (CAST($3 AS BIGINT) = 0 OR account_id = $3)"};
const sql::Statement kEndSessions{
    "UPDATE org_session SET revoked_ms = $4 WHERE revoked_ms IS NULL AND EXISTS ("
    "SELECT 1 FROM org_family_link l WHERE l.area_id = org_session.area_id AND "
    "l.account_id = org_session.account_id AND l.child_area_id = $1 AND l.child_id = $2 AND "
    "l.ended_ms = $4 AND (CAST($3 AS BIGINT) = 0 OR l.account_id = $3)) AND NOT EXISTS ("
    "SELECT 1 FROM org_family_link o WHERE o.area_id = org_session.area_id AND "
    "o.account_id = org_session.account_id AND o.ended_ms IS NULL)"};

Invitee invitee_of(const sql::Row& row) {
  Invitee invitee;
  invitee.pupil = row.integer(0);
  invitee.name = row.text(1);
  invitee.birth_day = row.maybe_day(2);
  invitee.is_protected = row.flag(3);
  invitee.joined = row.flag(4);
  return invitee;
}

/// What the first guardian wrote; sealed as `{"name": ..., "relation": ...}`.
Result<void> read_invited(std::string_view text, Invitation& invitation) {
  const auto value = SJ_TRY(json::parse(text));
  const auto* const object = value.if_object();
  SJ_CHECK(object != nullptr);
  invitation.name = object->at("name").as_string();
  invitation.relation = object->at("relation").as_string();
  return {};
}

/// The guardian the code is for: named by it, or found among the child's by name, or nobody yet.
Result<std::optional<std::int64_t>> find_guardian(sql::Reader& store,
                                                  const Invitation& invitation,
                                                  std::string_view name,
                                                  LocalDay today) {
  std::optional<std::int64_t> found = invitation.guardian;
  if (found) return found;
  SJ_TRY(store.each(kGuardians, {invitation.area, invitation.pupil, today},
                    [&](const sql::Row& row) -> Result<void> {
                      if (!found && row.bytes(1) == name) found = row.integer(0);
                      return {};
                    }));
  return found;
}

Result<std::int64_t> insert_guardian(desk::Tx& tx, std::int64_t area, const std::string& name) {
  const std::int64_t person = tx.new_id();
  PersonFields fields;
  fields.name = name;
  SJ_TRY(insert_person(tx, area, person, fields));
  return person;
}

}  // namespace

Result<std::vector<Invitee>> list_invitees(sql::Reader& store,
                                           const auth::Scope& scope,
                                           std::int64_t class_id) {
  return store.all(kClassInvitees,
                   {scope.area(), scope.everywhere(), sql::Ids{scope.schools()},
                    sql::Ids{scope.classes()}, class_id},
                   invitee_of);
}

Result<std::optional<Invitee>> find_invitee(sql::Reader& store,
                                            const auth::Scope& scope,
                                            std::int64_t pupil) {
  return store.first(kInvitee,
                     {scope.area(), scope.everywhere(), sql::Ids{scope.schools()},
                      sql::Ids{scope.classes()}, sql::Ids{scope.pupils()}, pupil},
                     invitee_of);
}

Result<bool> is_guardian(sql::Reader& store,
                         std::int64_t area,
                         std::int64_t pupil,
                         std::int64_t guardian,
                         LocalDay today) {
  const auto count = SJ_TRY(store.number(kIsGuardian, {area, pupil, guardian, today}));
  return count > 0;
}

Result<void> insert_invitation(desk::Tx& tx, const NewInvitation& invitation) {
  const std::string hash = auth::token_hash(invitation.code);
  const std::int64_t guardian = invitation.guardian.value_or(0);
  static_cast<void>(SJ_TRY(tx.run(kRevokeOpen, {invitation.area, invitation.pupil,
                                                name_of(invitation.by), tx.now(), guardian})));
  std::optional<sql::Blob> invited;
  if (!invitation.invited.empty()) invited = sql::Blob{invitation.invited};
  static_cast<void>(SJ_TRY(
      tx.run(kInsertInvitation,
             {invitation.area, invitation.id, sql::Blob{hash}, invitation.pupil,
              invitation.guardian, name_of(invitation.by), tx.actor().account, tx.now(),
              invitation.expires, invited, invitation.maker, sql::Blob{invitation.browser}})));
  return {};
}

Result<std::optional<Invitation>> find_invitation(sql::Reader& store,
                                                  auth::Vault& vault,
                                                  std::int64_t area,
                                                  std::string_view code,
                                                  LocalDay today) {
  const std::string hash = auth::token_hash(code);
  std::string invited;
  auto found =
      SJ_TRY(store.first(kInvitation, {area, sql::Blob{hash}, today}, [&](const sql::Row& row) {
        Invitation invitation;
        invitation.area = area;
        invitation.id = row.integer(0);
        invitation.pupil = row.integer(1);
        invitation.guardian = row.maybe_integer(2);
        invitation.by = row.bytes(3) == "school" ? InvitedBy::school : InvitedBy::guardian;
        invitation.expires = row.instant(4);
        invitation.redeemed = !row.is_null(5);
        invitation.redeemed_at = Instant(row.maybe_integer(5).value_or(0));
        invitation.redeemed_account = row.maybe_integer(13).value_or(0);
        invitation.redeemed_secret = row.maybe_text(14).value_or("");
        invitation.made_account = row.flag(15);
        invitation.is_linked = row.flag(16);
        invitation.maker_account = row.integer(17);
        invitation.maker_holds = row.integer(18) > 0;
        invitation.superseded = row.flag(19);
        invitation.revoked = !row.is_null(6);
        invited = row.maybe_text(7).value_or("");
        invitation.birth_day = row.maybe_day(8);
        invitation.is_protected = row.flag(9);
        invitation.at_school = row.flag(10);
        invitation.maker = row.integer(11);
        invitation.browser = row.maybe_text(12).value_or("");
        return invitation;
      }));
  if (found && !invited.empty()) {
    const auto opened = SJ_TRY(vault.open(store, area, found->pupil, kInvitedSeal, invited));
    SJ_TRY(read_invited(opened, *found));
  }
  return found;
}

Result<std::vector<InvitationLine>> list_invitations(sql::Reader& store,
                                                     const auth::Scope& scope,
                                                     std::int64_t class_id) {
  return store.all(kInvitations,
                   {scope.area(), scope.everywhere(), sql::Ids{scope.schools()},
                    sql::Ids{scope.classes()}, class_id},
                   [](const sql::Row& row) {
                     InvitationLine line;
                     line.id = row.integer(0);
                     line.pupil = row.integer(1);
                     line.name = row.text(2);
                     line.made = row.instant(3);
                     line.expires = row.instant(4);
                     line.redeemed_ms = row.maybe_integer(5);
                     line.revoked_ms = row.maybe_integer(6);
                     line.by = row.text(7);
                     return line;
                   });
}

Result<std::optional<std::int64_t>> find_invitation_pupil(sql::Reader& store,
                                                          std::int64_t area,
                                                          std::int64_t invitation) {
  return store.first(kInvitationPupil, {area, invitation},
                     [](const sql::Row& row) { return row.integer(0); });
}

Result<std::int64_t> revoke_invitation(sql::Writer& store,
                                       std::int64_t area,
                                       std::int64_t invitation,
                                       Instant now) {
  return store.run(kRevokeOne, {area, invitation, now});
}

Result<Joined> insert_joiner(desk::Tx& tx, const Invitation& invitation, const Joiner& joiner) {
  const std::int64_t area = invitation.area;
  const std::int64_t pupil = invitation.pupil;
  const std::string& name = invitation.name.empty() ? joiner.name : invitation.name;
  const std::string& relation = invitation.name.empty() ? joiner.relation : invitation.relation;
  const auto known = SJ_TRY(find_guardian(tx, invitation, name, tx.today()));
  Joined joined;
  joined.guardian = known.value_or(0);
  if (!known) joined.guardian = SJ_TRY(insert_guardian(tx, area, name));
  const bool is_one = SJ_TRY(is_guardian(tx, area, pupil, joined.guardian, tx.today()));
  if (!is_one) {
    const std::int64_t last = SJ_TRY(tx.number(kLastPosition, {area, pupil}));
    static_cast<void>(
        SJ_TRY(tx.run(kInsertGuardianship, {area, tx.new_id(), pupil, joined.guardian, relation,
                                            last + 1, name_of(invitation.by), tx.today()})));
    joined.admitted = true;
  }
  if (joiner.is_new) {
    static_cast<void>(SJ_TRY(
        tx.run(kInsertAccount, {joiner.account_area, joiner.account, joined.guardian, tx.now()})));
  }
  const std::int64_t links = SJ_TRY(
      tx.number(kHasLink, {joiner.account_area, joiner.account, area, pupil, joined.guardian}));
  if (links > 0) {
    return Error{ErrorKind::conflict, "org.already_joined", "this account has this child"};
  }
  static_cast<void>(SJ_TRY(
      tx.run(kInsertLink, {joiner.account_area, joiner.account, area, pupil, joined.guardian,
                           tx.now(), joined.admitted, name_of(invitation.by), invitation.maker,
                           sql::Blob{joiner.browser}, sql::Blob{joiner.device}})));
  static_cast<void>(SJ_TRY(tx.run(kInsertConsent, {area, tx.new_id(), pupil, joined.guardian,
                                                   kJoinPurpose, kJoinWording, tx.now()})));
  const std::string hash = joiner.secret.empty() ? "" : auth::token_hash(joiner.secret);
  std::optional<sql::Blob> secret;
  if (!hash.empty()) secret = sql::Blob{hash};
  const std::int64_t used =
      SJ_TRY(tx.run(kRedeem, {area, invitation.id, tx.now(), joiner.account, secret}));
  if (used != 1) return Error{ErrorKind::conflict, "org.code_used", "the code was redeemed before"};
  return joined;
}

Result<std::int64_t> end_links(sql::Writer& store,
                               std::int64_t child_area,
                               std::int64_t child,
                               std::int64_t account,
                               Instant now) {
  const std::int64_t ended = SJ_TRY(store.run(kEndLinks, {child_area, child, account, now}));
  static_cast<void>(SJ_TRY(store.run(kEndSessions, {child_area, child, account, now})));
  return ended;
}

}  // namespace sj::org
