#include <string>
#include <utility>

#include "org/merge.h"
#include "org/merge_undo.h"
#include "org/name_keys.h"
#include "org/person_store.h"
#include "org/seals.h"
#include "org/types.h"

namespace sj::org {
namespace {

const sql::Statement kFindMerge{
    "SELECT id, kept_id, gone_id, reason, state, made_ms FROM org_merge "
    "WHERE area_id = $1 AND id = $2"};
const sql::Statement kListMerges{
    "SELECT id, kept_id, gone_id, reason, state, made_ms FROM org_merge "
    "WHERE area_id = $1 AND state = $2 ORDER BY id LIMIT 500"};
const sql::Statement kInsertMerge{
    "INSERT INTO org_merge (area_id, id, kept_id, gone_id, reason, state, made_ms) "
    "VALUES ($1, $2, $3, $4, $5, 'proposed', $6)"};
const sql::Statement kCloseMerge{
    "UPDATE org_merge SET state = $3, decided_by = $4, decided_ms = $5 "
    "WHERE area_id = $1 AND id = $2"};
const sql::Statement kSetUndo{"UPDATE org_merge SET undo = $3 WHERE area_id = $1 AND id = $2"};
const sql::Statement kFindUndo{"SELECT undo FROM org_merge WHERE area_id = $1 AND id = $2"};
const sql::Statement kCloseGone{
    "UPDATE org_person SET merged_into = $3 WHERE area_id = $1 AND id = $2"};
const sql::Statement kOpenGone{
    "UPDATE org_person SET merged_into = NULL WHERE area_id = $1 AND id = $2 AND merged_into = $3"};
const sql::Statement kDropKeys{"DELETE FROM org_name_key WHERE area_id = $1 AND person_id = $2"};
const sql::Statement kName{"SELECT name FROM org_person WHERE area_id = $1 AND id = $2"};
const sql::Statement kOpenPeople{
    "SELECT count(*) FROM org_person WHERE area_id = $1 AND id IN ($2, $3) "
    "AND merged_into IS NULL AND erased_ms IS NULL"};
const sql::Statement kRelated{
    "SELECT count(*) FROM org_guardianship WHERE area_id = $1 "
    "AND ((pupil_id = $2 AND guardian_id = $3) OR (pupil_id = $3 AND guardian_id = $2))"};

// A column that says whose a row is. Each table's rows go to the kept person one by one, so that an
// undo knows them.
struct Owned {
  std::string_view name;
  const sql::Statement& find;
  const sql::Statement& give;
};
const sql::Statement kFindAbsorbed{
    "SELECT id FROM org_person WHERE area_id = $1 AND merged_into = $2 ORDER BY id"};
const sql::Statement kGiveAbsorbed{
    "UPDATE org_person SET merged_into = $4 WHERE area_id = $1 AND id = $2 AND merged_into = $3"};
const sql::Statement kFindWardOf{
    "SELECT id FROM org_guardianship WHERE area_id = $1 AND pupil_id = $2 ORDER BY id"};
const sql::Statement kGiveWardOf{
    "UPDATE org_guardianship SET pupil_id = $4 WHERE area_id = $1 AND id = $2 AND pupil_id = $3"};
const sql::Statement kFindGuardianOf{
    "SELECT id FROM org_guardianship WHERE area_id = $1 AND guardian_id = $2 ORDER BY id"};
const sql::Statement kGiveGuardianOf{
    "UPDATE org_guardianship SET guardian_id = $4 WHERE area_id = $1 AND id = $2 "
    "AND guardian_id = $3"};
const sql::Statement kFindStaff{
    "SELECT id FROM org_staff WHERE area_id = $1 AND person_id = $2 ORDER BY id"};
const sql::Statement kGiveStaff{
    "UPDATE org_staff SET person_id = $4 WHERE area_id = $1 AND id = $2 AND person_id = $3"};
const sql::Statement kFindTeaching{
    "SELECT id FROM org_teaching WHERE area_id = $1 AND person_id = $2 ORDER BY id"};
const sql::Statement kGiveTeaching{
    "UPDATE org_teaching SET person_id = $4 WHERE area_id = $1 AND id = $2 AND person_id = $3"};
const sql::Statement kFindRole{
    "SELECT id FROM org_role WHERE area_id = $1 AND person_id = $2 ORDER BY id"};
const sql::Statement kGiveRole{
    "UPDATE org_role SET person_id = $4 WHERE area_id = $1 AND id = $2 AND person_id = $3"};
const sql::Statement kFindAccount{
    "SELECT id FROM org_account WHERE area_id = $1 AND person_id = $2 ORDER BY id"};
const sql::Statement kGiveAccount{
    "UPDATE org_account SET person_id = $4 WHERE area_id = $1 AND id = $2 AND person_id = $3"};
const sql::Statement kFindConsent{
    "SELECT id FROM org_consent WHERE area_id = $1 AND pupil_id = $2 ORDER BY id"};
const sql::Statement kGiveConsent{
    "UPDATE org_consent SET pupil_id = $4 WHERE area_id = $1 AND id = $2 AND pupil_id = $3"};
const sql::Statement kFindConsentBy{
    "SELECT id FROM org_consent WHERE area_id = $1 AND guardian_id = $2 AND pupil_id IN "
    "(SELECT pupil_id FROM org_guardianship WHERE area_id = $1 AND guardian_id = $2) ORDER BY id"};
const sql::Statement kGiveConsentBy{
    "UPDATE org_consent SET guardian_id = $4 WHERE area_id = $1 AND id = $2 AND guardian_id = $3"};
const sql::Statement kFindInvitation{
    "SELECT id FROM org_invitation WHERE area_id = $1 AND pupil_id = $2 ORDER BY id"};
const sql::Statement kGiveInvitation{
    "UPDATE org_invitation SET pupil_id = $4 WHERE area_id = $1 AND id = $2 AND pupil_id = $3"};
const sql::Statement kFindInvitationFor{
    "SELECT id FROM org_invitation WHERE area_id = $1 AND guardian_id = $2 AND pupil_id IN "
    "(SELECT pupil_id FROM org_guardianship WHERE area_id = $1 AND guardian_id = $2) ORDER BY id"};
const sql::Statement kGiveInvitationFor{
    "UPDATE org_invitation SET guardian_id = $4 WHERE area_id = $1 AND id = $2 "
    "AND guardian_id = $3"};
const sql::Statement kFindLeaver{
    "SELECT id FROM org_leaver WHERE area_id = $1 AND person_id = $2 ORDER BY id"};
const sql::Statement kGiveLeaver{
    "UPDATE org_leaver SET person_id = $4 WHERE area_id = $1 AND id = $2 AND person_id = $3"};
const sql::Statement kFindRequest{
    "SELECT id FROM org_request WHERE area_id = $1 AND pupil_id = $2 ORDER BY id"};
const sql::Statement kGiveRequest{
    "UPDATE org_request SET pupil_id = $4 WHERE area_id = $1 AND id = $2 AND pupil_id = $3"};
const sql::Statement kFindDataGrant{
    "SELECT id FROM org_data_grant WHERE area_id = $1 AND person_id = $2 ORDER BY id"};
const sql::Statement kGiveDataGrant{
    "UPDATE org_data_grant SET person_id = $4 WHERE area_id = $1 AND id = $2 AND person_id = $3"};
const sql::Statement kFindGrantOn{
    "SELECT id FROM org_data_grant WHERE area_id = $1 AND place_kind = 'pupil' AND place_id = $2 "
    "ORDER BY id"};
const sql::Statement kGiveGrantOn{
    "UPDATE org_data_grant SET place_id = $4 WHERE area_id = $1 AND id = $2 "
    "AND place_kind = 'pupil' AND place_id = $3"};

// A family's ties to the child who goes; `shut` where the family is tied to the kept one, too. Who
// was confirmed for one row was not for the other, so that he waits again.
const sql::Statement kFindLinkChild{
    "SELECT l.area_id, l.account_id FROM org_family_link l WHERE l.child_area_id = $1 "
    "AND l.child_id = $2 AND NOT EXISTS (SELECT 1 FROM org_family_link o "
    "WHERE o.area_id = l.area_id AND o.account_id = l.account_id "
    "AND o.child_area_id = $1 AND o.child_id = $3) ORDER BY l.area_id, l.account_id"};
// The child is in the key of a link, and keys of what is watched do not change.
const sql::Statement kGiveLinkChild{
    "INSERT INTO org_family_link (area_id, account_id, child_area_id, child_id, guardian_id, "
    "linked_ms, ended_ms, admitted, invited_by, maker, browser, device, odd) SELECT area_id, "
    "account_id, "
    "child_area_id, CAST($5 AS BIGINT), guardian_id, linked_ms, ended_ms, admitted, invited_by, "
    "maker, browser, device, odd FROM org_family_link WHERE area_id = $1 "
    "AND account_id = $2 AND child_area_id = $3 AND child_id = $4"};
// A link that came with the other child waits again, and who became a guardian by it collects
// nobody until the school knows him.
const sql::Statement kWaitsAgain{
    "UPDATE org_guardianship SET may_collect = 0 WHERE area_id = $1 AND pupil_id = $2 AND "
    "until_day IS NULL AND guardian_id IN (SELECT l.guardian_id FROM org_family_link l "
    "WHERE l.child_area_id = $1 AND l.child_id = $2 AND l.admitted = 1 AND l.ended_ms IS NULL "
    "AND l.confirmed_ms IS NULL)"};
const sql::Statement kDropLink{
    "DELETE FROM org_family_link WHERE area_id = $1 AND account_id = $2 "
    "AND child_area_id = $3 AND child_id = $4"};
const sql::Statement kFindLinkTwin{
    "SELECT l.area_id, l.account_id FROM org_family_link l WHERE l.child_area_id = $1 "
    "AND l.child_id = $2 AND l.ended_ms IS NULL ORDER BY l.area_id, l.account_id"};
const sql::Statement kShutLink{
    "UPDATE org_family_link SET ended_ms = $5 WHERE area_id = $1 AND account_id = $2 "
    "AND child_area_id = $3 AND child_id = $4"};
// Who the family is to the child: the guardian may be the row that goes.
const sql::Statement kFindLinkGuardian{
    "SELECT l.area_id, l.account_id, l.child_id FROM org_family_link l "
    "WHERE l.child_area_id = $1 AND l.guardian_id = $2 AND l.child_id IN "
    "(SELECT pupil_id FROM org_guardianship WHERE area_id = $1 AND guardian_id = $2) "
    "ORDER BY l.area_id, l.account_id, l.child_id"};
const sql::Statement kGiveLinkGuardian{
    "UPDATE org_family_link SET guardian_id = $6 WHERE area_id = $1 AND account_id = $2 "
    "AND child_area_id = $3 AND child_id = $4 AND guardian_id = $5"};

// Both rows guard the same child: one of them is enough.
const sql::Statement kFindTwin{
    "SELECT g.id FROM org_guardianship g WHERE g.area_id = $1 AND g.guardian_id = $2 "
    "AND g.until_day IS NULL AND EXISTS (SELECT 1 FROM org_guardianship k "
    "WHERE k.area_id = g.area_id AND k.pupil_id = g.pupil_id AND k.guardian_id = $3 "
    "AND k.until_day IS NULL) ORDER BY g.id"};
const sql::Statement kEndTwin{
    "UPDATE org_guardianship SET until_day = $3 WHERE area_id = $1 AND id = $2"};
const sql::Statement kReopenTwin{
    "UPDATE org_guardianship SET until_day = NULL WHERE area_id = $1 AND id = $2 "
    "AND until_day = $3"};

const sql::Statement kFindMembership{
    "SELECT m.id FROM org_membership m WHERE m.area_id = $1 AND m.person_id = $2 "
    "AND NOT EXISTS (SELECT 1 FROM org_membership k WHERE k.area_id = m.area_id "
    "AND k.person_id = $3 AND (k.until_day IS NULL OR k.until_day > m.from_day) "
    "AND (m.until_day IS NULL OR m.until_day > k.from_day)) ORDER BY m.id"};
const sql::Statement kGiveMembership{
    "UPDATE org_membership SET person_id = $4 WHERE area_id = $1 AND id = $2 AND person_id = $3"};
const sql::Statement kFindOverlap{
    "SELECT id FROM org_membership WHERE area_id = $1 AND person_id = $2 AND until_day IS NULL"};
const sql::Statement kEndOverlap{
    "UPDATE org_membership SET until_day = from_day, ended = 'mistake' "
    "WHERE area_id = $1 AND id = $2"};
const sql::Statement kReopenOverlap{
    "UPDATE org_membership SET until_day = NULL, ended = NULL "
    "WHERE area_id = $1 AND id = $2 AND ended = 'mistake'"};

const sql::Statement kFindForeign{
    "SELECT source, foreign_id FROM org_foreign_id WHERE area_id = $1 AND kind = 'person' "
    "AND our_id = $2 ORDER BY source, foreign_id"};
const sql::Statement kGiveForeign{
    "UPDATE org_foreign_id SET our_id = $5 WHERE area_id = $1 AND source = $2 AND kind = 'person' "
    "AND foreign_id = $3 AND our_id = $4"};

const sql::Statement kOnlyGoneSealed{
    "SELECT g.field, g.sealed, CASE WHEN g.blind IS NULL THEN 0 ELSE 1 END FROM org_sealed g "
    "WHERE g.area_id = $1 AND g.person_id = $2 AND NOT EXISTS (SELECT 1 FROM org_sealed k "
    "WHERE k.area_id = g.area_id AND k.person_id = $3 AND k.field = g.field) ORDER BY g.field"};
const sql::Statement kFindSealed{
    "SELECT sealed FROM org_sealed WHERE area_id = $1 AND person_id = $2 AND field = $3"};
const sql::Statement kDropSealed{
    "DELETE FROM org_sealed WHERE area_id = $1 AND person_id = $2 AND field = $3"};
const sql::Statement kNumberTaken{
    "SELECT count(*) FROM org_sealed g JOIN org_sealed o ON o.area_id = g.area_id "
    "AND o.field = g.field AND o.blind = g.blind AND o.person_id <> g.person_id "
    "JOIN org_person n ON n.area_id = o.area_id AND n.id = o.person_id "
    "WHERE g.area_id = $1 AND g.person_id = $2 AND g.field IN ('id_number', 'student_no') "
    "AND n.merged_into IS NULL"};
const sql::Statement kInvited{
    "SELECT id, invited FROM org_invitation WHERE area_id = $1 AND pupil_id = $2 "
    "AND invited IS NOT NULL ORDER BY id"};
const sql::Statement kSetInvited{
    "UPDATE org_invitation SET invited = $3 WHERE area_id = $1 AND id = $2 "
    "AND invited IS NOT NULL"};
const sql::Statement kRequested{
    "SELECT id, sealed FROM org_request WHERE area_id = $1 AND pupil_id = $2 ORDER BY id"};
const sql::Statement kSetRequested{
    "UPDATE org_request SET sealed = $3 WHERE area_id = $1 AND id = $2"};

const sql::Statement kPupilRow{
    "SELECT local_no, protected FROM org_pupil WHERE area_id = $1 AND person_id = $2"};
const sql::Statement kDropPupil{
    "DELETE FROM org_pupil WHERE area_id = $1 AND person_id = $2 AND NOT EXISTS "
    "(SELECT 1 FROM org_membership m WHERE m.area_id = $1 AND m.person_id = $2) AND NOT EXISTS "
    "(SELECT 1 FROM org_guardianship g WHERE g.area_id = $1 AND g.pupil_id = $2)"};

const sql::Statement kListLeavers{
    "SELECT l.id, l.person_id, n.name, l.membership_id, m.school_id, m.class_id, c.stage, "
    "c.entry_year, c.number, c.name, s.primary_years, l.import_id, l.proposed_ms, m.from_day "
    "FROM org_leaver l JOIN org_membership m ON m.area_id = l.area_id AND m.id = l.membership_id "
    "JOIN org_person n ON n.area_id = l.area_id AND n.id = l.person_id "
    "JOIN org_school s ON s.area_id = m.area_id AND s.id = m.school_id "
    "LEFT JOIN org_class c ON c.area_id = m.area_id AND c.id = m.class_id "
    "WHERE l.area_id = $1 AND l.decided_ms IS NULL AND m.until_day IS NULL AND ($2 = 1 OR "
    "m.school_id IN {{IDS $3}} "
    "OR m.class_id IN {{IDS $4}}) ORDER BY m.school_id, m.class_id, n.id"};
const sql::Statement kCloseLeaver{
    "UPDATE org_leaver SET decided_ms = $3, decided_by = $4, left_day = $5 "
    "WHERE area_id = $1 AND id = $2 AND decided_ms IS NULL"};

// In this order: what is found by a guardianship is given before it.
const std::vector<Owned>& owned() {
  static const std::vector<Owned> parts = {
      {"absorbed", kFindAbsorbed, kGiveAbsorbed},
      {"accounts", kFindAccount, kGiveAccount},
      {"consents", kFindConsent, kGiveConsent},
      {"consents_by", kFindConsentBy, kGiveConsentBy},
      {"data_grants", kFindDataGrant, kGiveDataGrant},
      {"grants_on", kFindGrantOn, kGiveGrantOn},
      {"invitations", kFindInvitation, kGiveInvitation},
      {"invitations_for", kFindInvitationFor, kGiveInvitationFor},
      {"leavers", kFindLeaver, kGiveLeaver},
      {"requests", kFindRequest, kGiveRequest},
      {"roles", kFindRole, kGiveRole},
      {"staff", kFindStaff, kGiveStaff},
      {"teachings", kFindTeaching, kGiveTeaching},
      {"guardians", kFindGuardianOf, kGiveGuardianOf},
      {"wards", kFindWardOf, kGiveWardOf},
  };
  return parts;
}

Merge merge_of(const sql::Row& row) {
  Merge merge;
  merge.id = row.integer(0);
  merge.kept = row.integer(1);
  merge.gone = row.integer(2);
  merge.reason = row.text(3);
  merge.state = merge_state_of(row.bytes(4)).value_or(MergeState::refused);
  merge.made = row.instant(5);
  return merge;
}

std::int64_t first_id(const sql::Row& row) {
  return row.integer(0);
}

using Ids = MergeUndo::Ids;
using Link = MergeUndo::Link;

constexpr std::string_view kMemberships = "memberships";  // in MergeUndo::rows

// One unit of work on one merge.
struct Work {
  desk::Tx& tx;
  std::int64_t area;
  const Merge& merge;
};

const Error kChangedSince{ErrorKind::conflict, "org.merge_closed", "changed since the merge"};

Result<void> give_rows(const Work& work,
                       const sql::Statement& give,
                       const Ids& rows,
                       std::pair<std::int64_t, std::int64_t> from_to) {
  for (const std::int64_t row : rows) {
    const std::int64_t given =
        SJ_TRY(work.tx.run(give, {work.area, row, from_to.first, from_to.second}));
    if (given != 1) return kChangedSince;
  }
  return {};
}

Result<std::optional<MergePupilRow>> find_pupil_row(const Work& work, std::int64_t person) {
  return work.tx.first(kPupilRow, {work.area, person}, [](const sql::Row& row) {
    return MergePupilRow{row.text(0), row.flag(1)};
  });
}

// The kept person is a pupil if either was, and protected if either was.
Result<void> merge_pupil_rows(const Work& work, MergeUndo& undo) {
  const auto gone = SJ_TRY(find_pupil_row(work, work.merge.gone));
  if (!gone) return {};
  MergePupilChange change;
  change.before = SJ_TRY(find_pupil_row(work, work.merge.kept));
  change.after = change.before.value_or(*gone);
  if (change.after.local_no.empty()) change.after.local_no = gone->local_no;
  change.after.is_protected = change.after.is_protected || gone->is_protected;
  if (!change.before) {
    SJ_TRY(insert_pupil(work.tx, work.area, work.merge.kept, change.after.local_no));
  }
  SJ_TRY(update_pupil(work.tx, work.area, work.merge.kept, change.after.local_no,
                      change.after.is_protected));
  undo.pupil = std::move(change);
  return {};
}

// What was changed by hand since the merge stays as it is.
Result<void> undo_pupil_rows(const Work& work, const MergePupilChange& change) {
  auto now = SJ_TRY(find_pupil_row(work, work.merge.kept));
  if (!now) return kChangedSince;
  if (!change.before) {
    static_cast<void>(SJ_TRY(work.tx.run(kDropPupil, {work.area, work.merge.kept})));
    return {};
  }
  if (now->local_no == change.after.local_no) now->local_no = change.before->local_no;
  if (now->is_protected == change.after.is_protected) {
    now->is_protected = change.before->is_protected;
  }
  return update_pupil(work.tx, work.area, work.merge.kept, now->local_no, now->is_protected);
}

/// Gives: how many links were given to the other child.
Result<std::int64_t> give_link(desk::Tx& tx,
                               const Link& link,
                               std::pair<std::int64_t, std::int64_t> child,
                               std::int64_t other) {
  const auto [area, id] = child;
  const std::int64_t given =
      SJ_TRY(tx.run(kGiveLinkChild, {link.area, link.account, area, id, other}));
  static_cast<void>(SJ_TRY(tx.run(kDropLink, {link.area, link.account, area, id})));
  return given;
}

Result<void> merge_links(const Work& work, MergeUndo& undo) {
  const auto& [tx, area, merge] = work;
  const auto link_of = [](const sql::Row& row) { return Link{row.integer(0), row.integer(1)}; };
  undo.guardian_links =
      SJ_TRY(tx.all(kFindLinkGuardian, {area, merge.gone}, [&](const sql::Row& row) {
        return MergeUndo::GuardianLink{link_of(row), row.integer(2)};
      }));
  for (const MergeUndo::GuardianLink& one : undo.guardian_links) {
    static_cast<void>(SJ_TRY(tx.run(kGiveLinkGuardian, {one.link.area, one.link.account, area,
                                                        one.child, merge.gone, merge.kept})));
  }
  undo.links = SJ_TRY(tx.all(kFindLinkChild, {area, merge.gone, merge.kept}, link_of));
  for (const Link& link : undo.links) {
    static_cast<void>(SJ_TRY(give_link(tx, link, {area, merge.gone}, merge.kept)));
  }
  undo.shut_links = SJ_TRY(tx.all(kFindLinkTwin, {area, merge.gone}, link_of));
  for (const Link& link : undo.shut_links) {
    static_cast<void>(
        SJ_TRY(tx.run(kShutLink, {link.area, link.account, area, merge.gone, tx.now()})));
  }
  return {};
}

Result<void> undo_links(const Work& work, const MergeUndo& undo) {
  const auto& [tx, area, merge] = work;
  for (const Link& link : undo.shut_links) {
    static_cast<void>(
        SJ_TRY(tx.run(kShutLink, {link.area, link.account, area, merge.gone, nullptr})));
  }
  for (const Link& link : undo.links) {
    const std::int64_t given = SJ_TRY(give_link(tx, link, {area, merge.kept}, merge.gone));
    if (given != 1) return kChangedSince;
  }
  for (const auto& one : undo.guardian_links) {
    const std::int64_t given =
        SJ_TRY(tx.run(kGiveLinkGuardian,
                      {one.link.area, one.link.account, area, one.child, merge.kept, merge.gone}));
    if (given != 1) return kChangedSince;
  }
  return {};
}

// Sealed under the key of whom it is about, it cannot be read once the row is another's.
Result<std::vector<MergeUndo::Resealed>> seal_anew(const Work& work,
                                                   const sql::Statement& find,
                                                   const sql::Statement& set,
                                                   std::string_view purpose) {
  const auto& [tx, area, merge] = work;
  auto found = SJ_TRY(tx.all(find, {area, merge.gone}, [](const sql::Row& row) {
    return MergeUndo::Resealed{row.integer(0), row.text(1)};
  }));
  for (const MergeUndo::Resealed& one : found) {
    const std::string plain = SJ_TRY(tx.vault().open(tx, area, merge.gone, purpose, one.bytes));
    const std::string sealed = SJ_TRY(tx.vault().seal(tx, area, merge.kept, purpose, plain));
    static_cast<void>(SJ_TRY(tx.run(set, {area, one.id, sql::Blob{sealed}})));
  }
  return found;
}

Result<void> merge_sealed(const Work& work, MergeUndo& undo) {
  const auto& [tx, area, merge] = work;
  struct Sealed {
    std::string field;
    std::string bytes;
    bool findable = false;
  };
  const auto sealed =
      SJ_TRY(tx.all(kOnlyGoneSealed, {area, merge.gone, merge.kept}, [](const sql::Row& row) {
        return Sealed{row.text(0), row.text(1), row.flag(2)};
      }));
  for (const Sealed& one : sealed) {
    const std::string plain =
        SJ_TRY(tx.vault().open(tx, area, merge.gone, field_seal(one.field), one.bytes));
    SJ_TRY(put_sealed(tx, area, merge.kept, {one.field, plain, one.findable}));
    undo.sealed.push_back(one.field);
  }
  return {};
}

// A field that was given over goes again, unless somebody has written another value since.
Result<void> undo_sealed(const Work& work, const MergeUndo& undo) {
  const auto open = [&](std::int64_t person,
                        const std::string& field) -> Result<std::optional<std::string>> {
    const auto sealed = SJ_TRY(work.tx.first(kFindSealed, {work.area, person, field},
                                             [](const sql::Row& row) { return row.text(0); }));
    if (!sealed) return std::optional<std::string>();
    auto plain =
        SJ_TRY(work.tx.vault().open(work.tx, work.area, person, field_seal(field), *sealed));
    return std::optional<std::string>(std::move(plain));
  };
  for (const std::string& field : undo.sealed) {
    const auto kept = SJ_TRY(open(work.merge.kept, field));
    const auto gone = SJ_TRY(open(work.merge.gone, field));
    if (kept == gone) {
      static_cast<void>(SJ_TRY(work.tx.run(kDropSealed, {work.area, work.merge.kept, field})));
    }
  }
  const std::int64_t taken = SJ_TRY(work.tx.number(kNumberTaken, {work.area, work.merge.gone}));
  if (taken == 0) return {};
  return Error{ErrorKind::conflict, "org.number_taken", "a number of who would come back"};
}

}  // namespace

Result<std::optional<Merge>> find_merge(sql::Reader& store, std::int64_t area, std::int64_t id) {
  return store.first(kFindMerge, {area, id}, merge_of);
}

Result<std::vector<Merge>> list_merges(sql::Reader& store, std::int64_t area, MergeState state) {
  return store.all(kListMerges, {area, name_of(state)}, merge_of);
}

Result<void> insert_merge(desk::Tx& tx, std::int64_t area, const Merge& merge) {
  static_cast<void>(SJ_TRY(
      tx.run(kInsertMerge, {area, merge.id, merge.kept, merge.gone, merge.reason, tx.now()})));
  return {};
}

Result<void> carry_out_merge(desk::Tx& tx, std::int64_t area, const Merge& merge) {
  const Work work{tx, area, merge};
  const std::int64_t open = SJ_TRY(tx.number(kOpenPeople, {area, merge.kept, merge.gone}));
  if (open != 2) {
    return Error{ErrorKind::conflict, "org.person_closed", "erased or merged into another"};
  }
  const std::int64_t related = SJ_TRY(tx.number(kRelated, {area, merge.kept, merge.gone}));
  if (related != 0) {
    return Error{ErrorKind::conflict, "org.merge_related", "one is the other's guardian"};
  }
  MergeUndo undo;
  SJ_TRY(merge_links(work, undo));
  undo.invitations = SJ_TRY(seal_anew(work, kInvited, kSetInvited, kInvitedSeal));
  undo.requests = SJ_TRY(seal_anew(work, kRequested, kSetRequested, kRequestSeal));
  undo.twins = SJ_TRY(tx.all(kFindTwin, {area, merge.gone, merge.kept}, first_id));
  undo.twins_until = tx.today().to_iso();
  for (const std::int64_t twin : undo.twins) {
    static_cast<void>(SJ_TRY(tx.run(kEndTwin, {area, twin, undo.twins_until})));
  }
  const std::pair<std::int64_t, std::int64_t> over{merge.gone, merge.kept};
  for (const Owned& part : owned()) {
    Ids rows = SJ_TRY(tx.all(part.find, {area, merge.gone}, first_id));
    SJ_TRY(give_rows(work, part.give, rows, over));
    undo.rows.emplace(part.name, std::move(rows));
  }
  static_cast<void>(SJ_TRY(tx.run(kWaitsAgain, {area, merge.kept})));
  SJ_TRY(merge_pupil_rows(work, undo));
  Ids memberships = SJ_TRY(tx.all(kFindMembership, {area, merge.gone, merge.kept}, first_id));
  SJ_TRY(give_rows(work, kGiveMembership, memberships, over));
  undo.rows.emplace(kMemberships, std::move(memberships));
  undo.overlaps = SJ_TRY(tx.all(kFindOverlap, {area, merge.gone}, first_id));
  for (const std::int64_t overlap : undo.overlaps) {
    static_cast<void>(SJ_TRY(tx.run(kEndOverlap, {area, overlap})));
  }
  undo.foreign = SJ_TRY(tx.all(kFindForeign, {area, merge.gone}, [](const sql::Row& row) {
    return MergeUndo::Foreign{row.text(0), row.text(1)};
  }));
  for (const auto& one : undo.foreign) {
    static_cast<void>(
        SJ_TRY(tx.run(kGiveForeign, {area, one.source, one.id, merge.gone, merge.kept})));
  }
  // Closed before its numbers are given on: a number belongs to one person at a time.
  static_cast<void>(SJ_TRY(tx.run(kCloseGone, {area, merge.gone, merge.kept})));
  static_cast<void>(SJ_TRY(tx.run(kDropKeys, {area, merge.gone})));
  SJ_TRY(merge_sealed(work, undo));
  const std::string bytes =
      SJ_TRY(tx.vault().seal(tx, area, merge.gone, kMergeUndoSeal, to_json(undo)));
  static_cast<void>(SJ_TRY(tx.run(kSetUndo, {area, merge.id, sql::Blob{bytes}})));
  return {};
}

Result<void> carry_out_undo(desk::Tx& tx, std::int64_t area, const Merge& merge) {
  const Work work{tx, area, merge};
  const auto bytes = SJ_TRY(
      tx.first(kFindUndo, {area, merge.id}, [](const sql::Row& row) { return row.text(0); }));
  SJ_CHECK(bytes.has_value());
  const std::string text = SJ_TRY(tx.vault().open(tx, area, merge.gone, kMergeUndoSeal, *bytes));
  const MergeUndo undo = SJ_TRY(merge_undo_of(text));
  const std::int64_t opened = SJ_TRY(tx.run(kOpenGone, {area, merge.gone, merge.kept}));
  if (opened != 1) return kChangedSince;
  const std::int64_t open = SJ_TRY(tx.number(kOpenPeople, {area, merge.kept, merge.gone}));
  if (open != 2) {
    return Error{ErrorKind::conflict, "org.person_closed", "erased or merged into another"};
  }

  const std::pair<std::int64_t, std::int64_t> back{merge.kept, merge.gone};
  const auto rows_of = [&](std::string_view name) -> const Ids& {
    const auto found = undo.rows.find(name);
    SJ_CHECK(found != undo.rows.end());
    return found->second;
  };
  for (const Owned& part : owned()) SJ_TRY(give_rows(work, part.give, rows_of(part.name), back));
  for (const std::int64_t twin : undo.twins) {
    static_cast<void>(SJ_TRY(tx.run(kReopenTwin, {area, twin, undo.twins_until})));
  }
  SJ_TRY(give_rows(work, kGiveMembership, rows_of(kMemberships), back));
  for (const std::int64_t overlap : undo.overlaps) {
    static_cast<void>(SJ_TRY(tx.run(kReopenOverlap, {area, overlap})));
  }
  if (undo.pupil) SJ_TRY(undo_pupil_rows(work, *undo.pupil));
  SJ_TRY(undo_links(work, undo));
  for (const auto& one : undo.foreign) {
    static_cast<void>(
        SJ_TRY(tx.run(kGiveForeign, {area, one.source, one.id, merge.kept, merge.gone})));
  }
  for (const auto& one : undo.invitations) {
    static_cast<void>(SJ_TRY(tx.run(kSetInvited, {area, one.id, sql::Blob{one.bytes}})));
  }
  for (const auto& one : undo.requests) {
    static_cast<void>(SJ_TRY(tx.run(kSetRequested, {area, one.id, sql::Blob{one.bytes}})));
  }
  SJ_TRY(undo_sealed(work, undo));
  const auto name =
      SJ_TRY(tx.first(kName, {area, merge.gone}, [](const sql::Row& row) { return row.text(0); }));
  return put_name_keys(tx, area, merge.gone, name.value_or(""));
}

Result<void> update_merge_state(desk::Tx& tx,
                                std::int64_t area,
                                std::int64_t id,
                                MergeState state) {
  static_cast<void>(
      SJ_TRY(tx.run(kCloseMerge, {area, id, name_of(state), tx.actor().person, tx.now()})));
  return {};
}

Result<std::vector<Leaver>> list_leavers(sql::Reader& store,
                                         const auth::Scope& scope,
                                         LocalDay today) {
  return store.all(
      kListLeavers,
      {scope.area(), scope.everywhere(), sql::Ids{scope.schools()}, sql::Ids{scope.classes()}},
      [&](const sql::Row& row) {
        Leaver leaver;
        leaver.id = row.integer(0);
        leaver.person = row.integer(1);
        leaver.name = row.text(2);
        leaver.membership = row.integer(3);
        leaver.school = row.integer(4);
        leaver.class_id = row.maybe_integer(5).value_or(0);
        if (leaver.class_id != 0) {
          const int entry_year = static_cast<int>(row.integer(7));
          const auto grade = grade_of(stage_of(row.bytes(6)).value_or(Stage::primary), entry_year,
                                      static_cast<int>(row.integer(10)), school_year_of(today));
          leaver.class_name = class_name(grade, entry_year, row.integer(8), row.bytes(9));
        }
        leaver.import_id = row.integer(11);
        leaver.proposed = row.instant(12);
        leaver.since = row.day(13);
        return leaver;
      });
}

Result<void> close_leaver(desk::Tx& tx,
                          std::int64_t area,
                          std::int64_t leaver,
                          std::optional<LocalDay> left) {
  static_cast<void>(
      SJ_TRY(tx.run(kCloseLeaver, {area, leaver, tx.now(), tx.actor().person, left})));
  return {};
}

}  // namespace sj::org
