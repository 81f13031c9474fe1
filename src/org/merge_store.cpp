#include <array>
#include <set>
#include <string>
#include <utility>

#include "kernel/json/json.h"
#include "kernel/json/writer.h"

#include "org/merge.h"
#include "org/name_keys.h"
#include "org/person_store.h"
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
const sql::Statement kPupilLocalNo{
    "SELECT local_no FROM org_pupil WHERE area_id = $1 AND person_id = $2"};

// A column that says whose a row is. Each table's rows go to the kept person one by one, so that an
// undo knows them.
struct Owned {
  std::string_view table;
  const sql::Statement& find;
  const sql::Statement& give;
};
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
const sql::Statement kFindInvitation{
    "SELECT id FROM org_invitation WHERE area_id = $1 AND pupil_id = $2 ORDER BY id"};
const sql::Statement kGiveInvitation{
    "UPDATE org_invitation SET pupil_id = $4 WHERE area_id = $1 AND id = $2 AND pupil_id = $3"};
const sql::Statement kFindLinkChild{
    "SELECT account_id FROM org_family_link WHERE area_id = $1 AND child_area_id = $1 "
    "AND child_id = $2 AND NOT EXISTS (SELECT 1 FROM org_family_link o "
    "WHERE o.area_id = org_family_link.area_id AND o.account_id = org_family_link.account_id "
    "AND o.child_area_id = $1 AND o.child_id = $3) ORDER BY account_id"};
const sql::Statement kGiveLinkChild{
    "UPDATE org_family_link SET child_id = $4 WHERE area_id = $1 AND account_id = $2 "
    "AND child_area_id = $1 AND child_id = $3"};
const sql::Statement kFindMembership{
    "SELECT id FROM org_membership WHERE area_id = $1 AND person_id = $2 AND NOT EXISTS ("
    "SELECT 1 FROM org_membership k WHERE k.area_id = org_membership.area_id AND k.person_id = $3 "
    "AND (k.until_day IS NULL OR k.until_day > org_membership.from_day) "
    "AND (org_membership.until_day IS NULL OR org_membership.until_day > k.from_day)) ORDER BY id"};
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
    "UPDATE org_foreign_id SET our_id = $4 WHERE area_id = $1 AND source = $2 AND kind = 'person' "
    "AND foreign_id = $3 AND our_id = $5"};
const sql::Statement kOnlyGoneSealed{
    "SELECT g.field, g.sealed, CASE WHEN g.blind IS NULL THEN 0 ELSE 1 END FROM org_sealed g "
    "WHERE g.area_id = $1 AND g.person_id = $2 AND NOT EXISTS (SELECT 1 FROM org_sealed k "
    "WHERE k.area_id = g.area_id AND k.person_id = $3 AND k.field = g.field) ORDER BY g.field"};
const sql::Statement kDropSealed{
    "DELETE FROM org_sealed WHERE area_id = $1 AND person_id = $2 AND field = $3"};
const sql::Statement kDropPupil{"DELETE FROM org_pupil WHERE area_id = $1 AND person_id = $2"};

const sql::Statement kListLeavers{
    "SELECT l.id, l.person_id, n.name, l.membership_id, m.school_id, m.class_id, c.stage, "
    "c.entry_year, c.number, c.name, s.primary_years, l.import_id, l.proposed_ms, m.from_day "
    "FROM org_leaver l JOIN org_membership m ON m.area_id = l.area_id AND m.id = l.membership_id "
    "JOIN org_person n ON n.area_id = l.area_id AND n.id = l.person_id "
    "JOIN org_school s ON s.area_id = m.area_id AND s.id = m.school_id "
    "LEFT JOIN org_class c ON c.area_id = m.area_id AND c.id = m.class_id "
    "WHERE l.area_id = $1 AND l.decided_ms IS NULL AND ($2 = 1 OR m.school_id IN {{IDS $3}} "
    "OR m.class_id IN {{IDS $4}}) ORDER BY m.school_id, m.class_id, n.id"};
const sql::Statement kCloseLeaver{
    "UPDATE org_leaver SET decided_ms = $3, decided_by = $4, left_day = $5 "
    "WHERE area_id = $1 AND id = $2 AND decided_ms IS NULL"};

const std::vector<Owned>& owned() {
  static const std::vector<Owned> kOwned = {
      {"wards", kFindWardOf, kGiveWardOf},      {"guardians", kFindGuardianOf, kGiveGuardianOf},
      {"staff", kFindStaff, kGiveStaff},        {"teachings", kFindTeaching, kGiveTeaching},
      {"roles", kFindRole, kGiveRole},          {"accounts", kFindAccount, kGiveAccount},
      {"consents", kFindConsent, kGiveConsent}, {"invitations", kFindInvitation, kGiveInvitation},
  };
  return kOwned;
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

Result<std::vector<std::int64_t>> give_rows(desk::Tx& tx,
                                            const sql::Statement& give,
                                            std::int64_t area,
                                            const std::vector<std::int64_t>& rows,
                                            std::pair<std::int64_t, std::int64_t> from_to) {
  for (const std::int64_t row : rows) {
    static_cast<void>(SJ_TRY(tx.run(give, {area, row, from_to.first, from_to.second})));
  }
  return rows;
}

void write_ids(json::Writer& undo, std::string_view name, const std::vector<std::int64_t>& ids) {
  undo.key(name).begin_array();
  for (const std::int64_t id : ids) undo.value(std::to_string(id));
  undo.end_array();
}

std::vector<std::int64_t> read_ids(const boost::json::value& undo, std::string_view name) {
  std::vector<std::int64_t> ids;
  const auto* list = undo.as_object().if_contains(name);
  SJ_CHECK(list != nullptr);
  for (const auto& id : list->as_array()) ids.push_back(std::stoll(std::string(id.as_string())));
  return ids;
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
  json::Writer undo;
  undo.begin_object();
  for (const Owned& part : owned()) {
    const auto rows = SJ_TRY(tx.all(part.find, {area, merge.gone}, first_id));
    const auto given = SJ_TRY(give_rows(tx, part.give, area, rows, {merge.gone, merge.kept}));
    write_ids(undo, part.table, given);
  }
  const auto links = SJ_TRY(tx.all(kFindLinkChild, {area, merge.gone, merge.kept}, first_id));
  static_cast<void>(SJ_TRY(give_rows(tx, kGiveLinkChild, area, links, {merge.gone, merge.kept})));
  write_ids(undo, "links", links);

  // A pupil's part goes over when only the row that goes has one.
  const auto gone_pupil = SJ_TRY(
      tx.first(kPupilLocalNo, {area, merge.gone}, [](const sql::Row& row) { return row.text(0); }));
  const auto kept_pupil = SJ_TRY(
      tx.first(kPupilLocalNo, {area, merge.kept}, [](const sql::Row& row) { return row.text(0); }));
  const bool makes_pupil = gone_pupil && !kept_pupil;
  if (makes_pupil) SJ_TRY(insert_pupil(tx, area, merge.kept, *gone_pupil));
  undo.key("made_pupil").value(makes_pupil);
  const auto memberships =
      SJ_TRY(tx.all(kFindMembership, {area, merge.gone, merge.kept}, first_id));
  static_cast<void>(
      SJ_TRY(give_rows(tx, kGiveMembership, area, memberships, {merge.gone, merge.kept})));
  write_ids(undo, "memberships", memberships);
  const auto overlaps = SJ_TRY(tx.all(kFindOverlap, {area, merge.gone}, first_id));
  for (const std::int64_t overlap : overlaps) {
    static_cast<void>(SJ_TRY(tx.run(kEndOverlap, {area, overlap})));
  }
  write_ids(undo, "overlaps", overlaps);

  undo.key("foreign").begin_array();
  struct Foreign {
    std::string source;
    std::string id;
  };
  const auto foreign = SJ_TRY(tx.all(kFindForeign, {area, merge.gone}, [](const sql::Row& row) {
    return Foreign{row.text(0), row.text(1)};
  }));
  for (const Foreign& one : foreign) {
    static_cast<void>(
        SJ_TRY(tx.run(kGiveForeign, {area, one.source, one.id, merge.kept, merge.gone})));
    undo.begin_array().value(one.source).value(one.id).end_array();
  }
  undo.end_array();

  // Closed before its numbers are given on: a number belongs to one person at a time.
  static_cast<void>(SJ_TRY(tx.run(kCloseGone, {area, merge.gone, merge.kept})));
  static_cast<void>(SJ_TRY(tx.run(kDropKeys, {area, merge.gone})));
  struct Sealed {
    std::string field;
    std::string bytes;
    bool findable = false;
  };
  const auto sealed =
      SJ_TRY(tx.all(kOnlyGoneSealed, {area, merge.gone, merge.kept}, [](const sql::Row& row) {
        return Sealed{row.text(0), row.text(1), row.flag(2)};
      }));
  undo.key("sealed").begin_array();
  for (const Sealed& one : sealed) {
    const std::string plain =
        SJ_TRY(tx.vault().open(tx, area, merge.gone, "org." + one.field, one.bytes));
    SJ_TRY(put_sealed(tx, area, merge.kept, {one.field, plain, one.findable}));
    undo.value(one.field);
  }
  undo.end_array().end_object();
  const std::string bytes = SJ_TRY(tx.vault().seal(tx, area, merge.gone, "org.merge.undo", undo.text()));
  static_cast<void>(SJ_TRY(tx.run(kSetUndo, {area, merge.id, sql::Blob{bytes}})));
  return {};
}

Result<void> carry_out_undo(desk::Tx& tx, std::int64_t area, const Merge& merge) {
  const auto bytes = SJ_TRY(
      tx.first(kFindUndo, {area, merge.id}, [](const sql::Row& row) { return row.text(0); }));
  SJ_CHECK(bytes.has_value());
  const std::string text = SJ_TRY(tx.vault().open(tx, area, merge.gone, "org.merge.undo", *bytes));
  const boost::json::value undo = SJ_TRY(json::parse(text));
  const std::int64_t opened = SJ_TRY(tx.run(kOpenGone, {area, merge.gone, merge.kept}));
  if (opened != 1) return Error{ErrorKind::conflict, "org.merge_closed", "merged on since"};

  const std::pair<std::int64_t, std::int64_t> back{merge.kept, merge.gone};
  for (const Owned& part : owned()) {
    static_cast<void>(SJ_TRY(give_rows(tx, part.give, area, read_ids(undo, part.table), back)));
  }
  static_cast<void>(SJ_TRY(give_rows(tx, kGiveLinkChild, area, read_ids(undo, "links"), back)));
  static_cast<void>(
      SJ_TRY(give_rows(tx, kGiveMembership, area, read_ids(undo, "memberships"), back)));
  for (const std::int64_t overlap : read_ids(undo, "overlaps")) {
    static_cast<void>(SJ_TRY(tx.run(kReopenOverlap, {area, overlap})));
  }
  if (undo.as_object().at("made_pupil").as_bool()) {
    static_cast<void>(SJ_TRY(tx.run(kDropPupil, {area, merge.kept})));
  }
  for (const auto& one : undo.as_object().at("foreign").as_array()) {
    const std::string source(one.as_array().at(0).as_string());
    const std::string id(one.as_array().at(1).as_string());
    static_cast<void>(SJ_TRY(tx.run(kGiveForeign, {area, source, id, merge.gone, merge.kept})));
  }
  for (const auto& field : undo.as_object().at("sealed").as_array()) {
    const std::string name(field.as_string());
    static_cast<void>(SJ_TRY(tx.run(kDropSealed, {area, merge.kept, name})));
  }
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
