#include "org/import_store.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "kernel/base/check.h"
#include "kernel/text/pinyin.h"
#include "kernel/text/unicode.h"

#include "org/data_grant_store.h"
#include "org/detail.h"
#include "org/name_keys.h"
#include "org/role.h"

namespace sj::org {
namespace {

const sql::Statement kArea{"SELECT code, name FROM org_area WHERE id = $1"};
const sql::Statement kStreets{
    "SELECT id, code, name FROM org_street WHERE area_id = $1 ORDER BY id"};
const sql::Statement kSchools{
    "SELECT id, code, name, kind, stages, primary_years, street_id, rural, opened_on, closed_on "
    "FROM org_school WHERE area_id = $1 ORDER BY id"};
const sql::Statement kTerms{
    "SELECT id, school_year, part, first_day, last_day FROM org_term WHERE area_id = $1 "
    "ORDER BY id"};
const sql::Statement kClasses{
    "SELECT id, school_id, stage, entry_year, number, name, opened_on, closed_on FROM org_class "
    "WHERE area_id = $1 ORDER BY id"};
const sql::Statement kPersons{
    "SELECT n.id, n.name, n.sex, n.birth_day, n.ethnic, p.local_no, p.protected "
    "FROM org_person n LEFT JOIN org_pupil p ON p.area_id = n.area_id AND p.person_id = n.id "
    "WHERE n.area_id = $1 AND n.merged_into IS NULL AND n.erased_ms IS NULL ORDER BY n.id"};
const sql::Statement kSealed{
    "SELECT person_id, field, blind FROM org_sealed WHERE area_id = $1 ORDER BY person_id, field"};
const sql::Statement kMemberships{
    "SELECT id, person_id, school_id, class_id, from_day, until_day, ended FROM org_membership "
    "WHERE area_id = $1 ORDER BY id"};
const sql::Statement kGuardianships{
    "SELECT id, pupil_id, guardian_id, relation, position, may_collect, admitted_by, from_day, "
    "until_day FROM org_guardianship WHERE area_id = $1 ORDER BY id"};
const sql::Statement kStaff{
    "SELECT id, person_id, school_id, post, staff_no, from_day, until_day FROM org_staff "
    "WHERE area_id = $1 ORDER BY id"};
const sql::Statement kTeachings{
    "SELECT id, person_id, class_id, part, subject, from_day, until_day FROM org_teaching "
    "WHERE area_id = $1 ORDER BY id"};
const sql::Statement kForeign{
    "SELECT source, kind, foreign_id, our_id FROM org_foreign_id WHERE area_id = $1 "
    "ORDER BY source, kind, foreign_id"};
const sql::Statement kOpenLeavers{
    "SELECT l.person_id FROM org_leaver l JOIN org_membership m ON m.area_id = l.area_id "
    "AND m.id = l.membership_id WHERE l.area_id = $1 AND l.decided_ms IS NULL "
    "AND m.until_day IS NULL ORDER BY l.id"};
const sql::Statement kOfficers{
    "SELECT person_id, role, until_day FROM org_role WHERE area_id = $1 AND "
    "place_kind = 'area' AND revoked_ms IS NULL ORDER BY id"};
const sql::Statement kOpenMerges{
    "SELECT kept_id, gone_id FROM org_merge WHERE area_id = $1 AND state = 'proposed' ORDER BY id"};

const sql::Statement kInsertStreet{
    "INSERT INTO org_street (area_id, id, code, name) VALUES ($1, $2, $3, $4)"};
const sql::Statement kInsertSchool{
    "INSERT INTO org_school (area_id, id, code, name, name_folded, kind, stages, primary_years, "
    "street_id, rural, opened_on, closed_on) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"};
const sql::Statement kUpdateSchool{
    "UPDATE org_school SET code = $3, name = $4, name_folded = $5, kind = $6, stages = $7, "
    "primary_years = $8, street_id = $9, rural = $10, opened_on = $11, closed_on = $12 "
    "WHERE area_id = $1 AND id = $2"};
const sql::Statement kInsertTerm{
    "INSERT INTO org_term (area_id, id, school_year, part, first_day, last_day) "
    "VALUES ($1, $2, $3, $4, $5, $6)"};
const sql::Statement kUpdateTerm{
    "UPDATE org_term SET school_year = $3, part = $4, first_day = $5, last_day = $6 "
    "WHERE area_id = $1 AND id = $2"};
const sql::Statement kInsertClass{
    "INSERT INTO org_class (area_id, id, school_id, stage, entry_year, number, name, opened_on, "
    "closed_on) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"};
const sql::Statement kUpdateClass{
    "UPDATE org_class SET school_id = $3, stage = $4, entry_year = $5, number = $6, name = $7, "
    "opened_on = $8, closed_on = $9 WHERE area_id = $1 AND id = $2"};
const sql::Statement kInsertPerson{
    "INSERT INTO org_person (area_id, id, name, pinyin, sex, birth_day, ethnic, created_ms) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"};
const sql::Statement kUpdatePerson{
    "UPDATE org_person SET name = $3, pinyin = $4, sex = $5, birth_day = $6, ethnic = $7 "
    "WHERE area_id = $1 AND id = $2"};
const sql::Statement kPutPupil{
    "INSERT INTO org_pupil (area_id, person_id, local_no, protected) VALUES ($1, $2, $3, $4) "
    "ON CONFLICT (area_id, person_id) DO UPDATE SET local_no = excluded.local_no, "
    "protected = excluded.protected"};
const sql::Statement kInsertNameKey{
    "INSERT INTO org_name_key (area_id, key, person_id) VALUES ($1, $2, $3)"};
const sql::Statement kPutSealed{
    "INSERT INTO org_sealed (area_id, person_id, field, sealed, blind) VALUES ($1, $2, $3, $4, $5) "
    "ON CONFLICT (area_id, person_id, field) DO UPDATE SET sealed = excluded.sealed, "
    "blind = excluded.blind"};
const sql::Statement kInsertMembership{
    "INSERT INTO org_membership (area_id, id, person_id, school_id, class_id, from_day, until_day, "
    "ended) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"};
const sql::Statement kUpdateMembership{
    "UPDATE org_membership SET person_id = $3, school_id = $4, class_id = $5, from_day = $6, "
    "until_day = $7, ended = $8 WHERE area_id = $1 AND id = $2"};
const sql::Statement kInsertGuardianship{
    "INSERT INTO org_guardianship (area_id, id, pupil_id, guardian_id, relation, position, "
    "may_collect, admitted_by, from_day, until_day) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"};
const sql::Statement kUpdateGuardianship{
    "UPDATE org_guardianship SET pupil_id = $3, guardian_id = $4, relation = $5, position = $6, "
    "may_collect = $7, admitted_by = $8, from_day = $9, until_day = $10 "
    "WHERE area_id = $1 AND id = $2"};
const sql::Statement kInsertStaff{
    "INSERT INTO org_staff (area_id, id, person_id, school_id, post, staff_no, from_day, "
    "until_day) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"};
const sql::Statement kUpdateStaff{
    "UPDATE org_staff SET person_id = $3, school_id = $4, post = $5, staff_no = $6, from_day = $7, "
    "until_day = $8 WHERE area_id = $1 AND id = $2"};
const sql::Statement kInsertTeaching{
    "INSERT INTO org_teaching (area_id, id, person_id, class_id, part, subject, from_day, "
    "until_day) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"};
const sql::Statement kUpdateTeaching{
    "UPDATE org_teaching SET person_id = $3, class_id = $4, part = $5, subject = $6, from_day = "
    "$7, "
    "until_day = $8 WHERE area_id = $1 AND id = $2"};
const sql::Statement kInsertForeign{
    "INSERT INTO org_foreign_id (area_id, source, kind, foreign_id, our_id) "
    "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (area_id, source, kind, foreign_id) "
    "DO UPDATE SET our_id = excluded.our_id"};
// Who is in his school's roster again is missing no more.
const sql::Statement kWithdrawLeaver{
    "UPDATE org_leaver SET decided_ms = $3, decided_by = $4 WHERE area_id = $1 AND person_id = $2 "
    "AND decided_ms IS NULL"};
const sql::Statement kInsertLeaver{
    "INSERT INTO org_leaver (area_id, id, person_id, membership_id, import_id, proposed_ms) "
    "VALUES ($1, $2, $3, $4, $5, $6)"};

using Values = std::vector<sql::Bind>;

template <class T>
std::optional<T> none_if_zero(T value) {
  if (value == 0) return std::nullopt;
  return value;
}

std::optional<std::string_view> none_if_empty(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return std::string_view(text);
}

// The columns of a row after its area and id, in the order that its INSERT and UPDATE share. Texts
// that are made here live in `made`.
struct Columns {
  std::vector<std::string>& made;
  Values& into;

  void of(const StreetRow& row) {
    into.emplace_back(row.code);
    into.emplace_back(row.name);
  }
  void of(const SchoolRow& row) {
    into.emplace_back(row.code);
    into.emplace_back(row.name);
    into.emplace_back(std::string_view(made.emplace_back(text::fold(row.name))));
    into.emplace_back(row.kind);
    into.emplace_back(row.stages);
    into.emplace_back(row.primary_years);
    into.emplace_back(row.street_id);
    into.emplace_back(row.rural);
    into.emplace_back(row.opened_on);
    into.emplace_back(row.closed_on);
  }
  void of(const TermRow& row) {
    into.emplace_back(row.school_year);
    into.emplace_back(row.part);
    into.emplace_back(row.first_day);
    into.emplace_back(row.last_day);
  }
  void of(const ClassRow& row) {
    into.emplace_back(row.school_id);
    into.emplace_back(name_of(row.stage));
    into.emplace_back(row.entry_year);
    into.emplace_back(row.number);
    into.emplace_back(row.name);
    into.emplace_back(row.opened_on);
    into.emplace_back(row.closed_on);
  }
  void of(const PersonRow& row) {
    into.emplace_back(row.name);
    into.emplace_back(std::string_view(made.emplace_back(text::pinyin(row.name))));
    into.emplace_back(row.sex);
    into.emplace_back(row.birth_day);
    into.emplace_back(row.ethnic);
  }
  void of(const MembershipRow& row) {
    into.emplace_back(row.person_id);
    into.emplace_back(row.school_id);
    into.emplace_back(none_if_zero(row.class_id));
    into.emplace_back(row.from);
    into.emplace_back(row.until);
    into.emplace_back(none_if_empty(row.ended));
  }
  void of(const GuardianshipRow& row) {
    into.emplace_back(row.pupil_id);
    into.emplace_back(row.guardian_id);
    into.emplace_back(row.relation);
    into.emplace_back(row.position);
    into.emplace_back(row.may_collect);
    into.emplace_back(row.admitted_by);
    into.emplace_back(row.from);
    into.emplace_back(row.until);
  }
  void of(const StaffRow& row) {
    into.emplace_back(row.person_id);
    into.emplace_back(row.school_id);
    into.emplace_back(row.post);
    into.emplace_back(row.staff_no);
    into.emplace_back(row.from);
    into.emplace_back(row.until);
  }
  void of(const TeachingRow& row) {
    into.emplace_back(row.person_id);
    into.emplace_back(row.class_id);
    into.emplace_back(row.part);
    into.emplace_back(row.subject);
    into.emplace_back(row.from);
    into.emplace_back(row.until);
  }
};

class Writing {
 public:
  Writing(desk::Tx& tx,
          std::int64_t area,
          const Snapshot& before,
          const Plan& plan,
          const Writes& writes,
          const ImportSource& source,
          const OnProgress& on_progress)
      : tx_(tx),
        area_(area),
        before_(before),
        plan_(plan),
        writes_(writes),
        source_(source),
        on_progress_(on_progress) {
    all_ = writes.new_persons.size() + writes.changed_persons.size() + writes.secrets.size() +
           writes.new_memberships.size() + writes.new_guardianships.size();
  }

  Result<void> run() {
    SJ_TRY(put(kInsertStreet, writes_.new_streets));
    SJ_TRY(put(kInsertSchool, writes_.new_schools));
    SJ_TRY(put(kUpdateSchool, writes_.changed_schools));
    SJ_TRY(put(kInsertTerm, writes_.new_terms));
    SJ_TRY(put(kUpdateTerm, writes_.changed_terms));
    SJ_TRY(put(kInsertClass, writes_.new_classes));
    SJ_TRY(put(kUpdateClass, writes_.changed_classes));
    SJ_TRY(put_persons());
    SJ_TRY(put_secrets());
    // What ends comes before what begins: a pupil has one open membership.
    SJ_TRY(put(kUpdateMembership, writes_.changed_memberships));
    SJ_TRY(put(kInsertMembership, writes_.new_memberships));
    SJ_TRY(put(kInsertGuardianship, writes_.new_guardianships));
    SJ_TRY(put(kUpdateGuardianship, writes_.changed_guardianships));
    SJ_TRY(put(kInsertStaff, writes_.new_staff));
    SJ_TRY(put(kUpdateStaff, writes_.changed_staff));
    SJ_TRY(put(kInsertTeaching, writes_.new_teachings));
    SJ_TRY(put(kUpdateTeaching, writes_.changed_teachings));
    SJ_TRY(put_proposals());
    return put_trail();
  }

 private:
  static constexpr std::size_t kRowsAtOnce = 2000;

  Result<void> step(std::size_t rows) {
    done_ += rows;
    if (on_progress_ && !on_progress_(std::min(done_, all_), all_)) {
      return Error{ErrorKind::conflict, "org.import_cancelled", "cancelled"};
    }
    return {};
  }

  // Every row by one statement, in pieces between which it can be cancelled.
  template <class Row>
  Result<void> put(const sql::Statement& statement, const std::vector<Row>& rows) {
    for (std::size_t from = 0; from < rows.size(); from += kRowsAtOnce) {
      const std::size_t count = std::min(kRowsAtOnce, rows.size() - from);
      static_cast<void>(SJ_TRY(tx_.run_many(statement, count, [&](std::size_t i, Values& binds) {
        made_.clear();
        made_.reserve(4);  // texts must not move while they are bound
        binds.emplace_back(area_);
        binds.emplace_back(rows[from + i].id);
        Columns{made_, binds}.of(rows[from + i]);
        // A person is also told when he was made.
        if constexpr (std::is_same_v<Row, PersonRow>) {
          if (&statement == &kInsertPerson) binds.emplace_back(tx_.now());
        }
      })));
      SJ_TRY(step(count));
    }
    return {};
  }

  Result<void> put_persons() {
    SJ_TRY(put(kInsertPerson, writes_.new_persons));
    SJ_TRY(put(kUpdatePerson, writes_.changed_persons));
    std::vector<const PersonRow*> pupils;
    struct Key {
      std::int64_t person;
      std::string text;
    };
    std::vector<Key> keys;
    for (const PersonRow& row : writes_.new_persons) {
      if (row.is_pupil) pupils.push_back(&row);
      for (std::string& key : name_keys(row.name)) keys.push_back({row.id, std::move(key)});
    }
    for (const PersonRow& row : writes_.changed_persons) {
      if (row.is_pupil) pupils.push_back(&row);
      SJ_TRY(put_name_keys(tx_, area_, row.id, row.name));
    }
    static_cast<void>(
        SJ_TRY(tx_.run_many(kPutPupil, pupils.size(), [&](std::size_t i, Values& binds) {
          binds.emplace_back(area_);
          binds.emplace_back(pupils[i]->id);
          binds.emplace_back(pupils[i]->local_no);
          binds.emplace_back(pupils[i]->is_protected);
        })));
    // In the order of the index: the next key goes beside the last one, not to another page.
    std::sort(keys.begin(), keys.end(), [](const Key& a, const Key& b) {
      return std::tie(a.text, a.person) < std::tie(b.text, b.person);
    });
    static_cast<void>(
        SJ_TRY(tx_.run_many(kInsertNameKey, keys.size(), [&](std::size_t i, Values& binds) {
          binds.emplace_back(area_);
          binds.emplace_back(keys[i].text);
          binds.emplace_back(keys[i].person);
        })));
    return step(0);
  }

  Result<void> put_secrets() {
    struct Sealed {
      std::int64_t person = 0;
      std::string_view field{};
      std::string blind{};
    };
    const Blind blind = blind_of(tx_.vault());
    std::vector<std::string> purposes;
    for (std::size_t j = 0; j < kSecrets; ++j) {
      purposes.push_back(seal_purpose(name_of(static_cast<Secret>(j))));
    }
    for (std::size_t from = 0; from < writes_.secrets.size(); from += kRowsAtOnce) {
      const std::size_t count = std::min(kRowsAtOnce, writes_.secrets.size() - from);
      std::vector<Sealed> sealed;
      std::vector<auth::Vault::Plain> plains;
      for (std::size_t i = from; i < from + count; ++i) {
        const PersonSecrets& one = writes_.secrets[i];
        for (std::size_t j = 0; j < kSecrets; ++j) {
          const std::string& plain = one.secrets.at(j);
          if (plain.empty()) continue;
          const auto secret = static_cast<Secret>(j);
          sealed.push_back({one.person_id, name_of(secret), blind(secret, one.person_id, plain)});
          plains.push_back({one.person_id, purposes[j], plain});
        }
      }
      const std::vector<std::string> bytes = SJ_TRY(tx_.vault().seal_many(tx_, area_, plains));
      static_cast<void>(
          SJ_TRY(tx_.run_many(kPutSealed, sealed.size(), [&](std::size_t i, Values& binds) {
            binds.emplace_back(area_);
            binds.emplace_back(sealed[i].person);
            binds.emplace_back(sealed[i].field);
            binds.emplace_back(sql::Blob{bytes[i]});
            binds.emplace_back(sql::Blob{sealed[i].blind});
          })));
      SJ_TRY(step(count));
    }
    return {};
  }

  Result<void> put_proposals() {
    static_cast<void>(SJ_TRY(
        tx_.run_many(kInsertForeign, writes_.new_foreign.size(), [&](std::size_t i, Values& binds) {
          const ForeignRow& row = writes_.new_foreign[i];
          binds.emplace_back(area_);
          binds.emplace_back(row.source);
          binds.emplace_back(row.kind);
          binds.emplace_back(row.foreign_id);
          binds.emplace_back(row.our_id);
        })));
    static_cast<void>(SJ_TRY(
        tx_.run_many(kWithdrawLeaver, writes_.back_again.size(), [&](std::size_t i, Values& binds) {
          binds.emplace_back(area_);
          binds.emplace_back(writes_.back_again[i]);
          binds.emplace_back(tx_.now());
          binds.emplace_back(tx_.actor().person);
        })));
    static_cast<void>(SJ_TRY(
        tx_.run_many(kInsertLeaver, writes_.leavers.size(), [&](std::size_t i, Values& binds) {
          const Leaving& row = writes_.leavers[i];
          binds.emplace_back(area_);
          binds.emplace_back(tx_.new_id());
          binds.emplace_back(row.person_id);
          binds.emplace_back(row.membership_id);
          binds.emplace_back(source_.import_id);
          binds.emplace_back(tx_.now());
        })));
    return {};
  }

  // Where each person is heard of: the school of his open membership, of his ward's, or of his
  // work.
  [[nodiscard]] std::unordered_map<std::int64_t, std::int64_t> schools_of_people() const {
    std::unordered_map<std::int64_t, std::int64_t> school_of;
    const auto add_all = [&](const auto& memberships) {
      for (const MembershipRow& row : memberships) {
        if (!row.until) school_of[row.person_id] = row.school_id;
        if (row.until) school_of.emplace(row.person_id, row.school_id);
      }
    };
    add_all(before_.memberships);
    add_all(writes_.changed_memberships);
    add_all(writes_.new_memberships);
    const auto add_wards = [&](const std::vector<GuardianshipRow>& rows) {
      for (const GuardianshipRow& row : rows) {
        const auto ward = school_of.find(row.pupil_id);
        if (ward != school_of.end()) school_of.emplace(row.guardian_id, ward->second);
      }
    };
    add_wards(before_.guardianships);
    add_wards(writes_.new_guardianships);
    for (const StaffRow& row : before_.staff) school_of.emplace(row.person_id, row.school_id);
    for (const StaffRow& row : writes_.new_staff) school_of.emplace(row.person_id, row.school_id);
    return school_of;
  }

  Result<void> put_trail() {
    const auto school_of = schools_of_people();
    const auto school_for = [&](std::int64_t person) {
      const auto found = school_of.find(person);
      return found == school_of.end() ? std::int64_t{0} : found->second;
    };
    struct Tally {
      std::int64_t fresh = 0;
      std::int64_t changed = 0;
      std::int64_t leaving = 0;
    };
    std::map<std::int64_t, Tally> tallies;
    tallies[0];  // the district hears of every import, also of one that only changes places
    for (const PersonRow& row : writes_.new_persons) ++tallies[school_for(row.id)].fresh;
    for (const PersonRow& row : writes_.changed_persons) ++tallies[school_for(row.id)].changed;
    for (const Leaving& row : writes_.leavers) ++tallies[school_for(row.person_id)].leaving;
    for (const auto& [school, tally] : tallies) {
      desk::Entry entry;
      entry.school = school;
      entry.action = "org.roster.imported";
      entry.subject_kind = "import";
      entry.subject = source_.import_id;
      entry.detail = object_of({{"changed", std::to_string(tally.changed)},
                                {"file_sha256", source_.file_sha256},
                                {"format", source_.format},
                                {"leaving", std::to_string(tally.leaving)},
                                {"new", std::to_string(tally.fresh)}});
      SJ_TRY(tx_.audit(area_, entry));
    }
    for (const std::int64_t person : writes_.back_again) {
      SJ_TRY(note(entry_of("org.leaver.withdrawn", person, school_for(person))));
    }
    for (const PersonRow& row : writes_.new_persons) {
      if (!row.is_pupil) continue;
      SJ_TRY(note(entry_of("org.pupil.imported", row.id, school_for(row.id))));
    }
    // Whoever brings somebody onto a staff stands behind him (hand.h).
    for (const StaffRow& row : writes_.new_staff) {
      SJ_TRY(note(entry_of("org.staff.imported", row.person_id, row.school_id)));
    }
    SJ_TRY(put_changes(school_for));
    return put_noted();
  }

  // Entries of people are many: they go into the trail together.
  Result<void> note(desk::Entry entry) {
    noted_.push_back(std::move(entry));
    return noted_.size() < kRowsAtOnce ? Result<void>() : put_noted();
  }
  Result<void> put_noted() {
    SJ_TRY(tx_.audit_many(area_, noted_));
    noted_.clear();
    return {};
  }

  [[nodiscard]] desk::Entry entry_of(std::string action,
                                     std::int64_t person,
                                     std::int64_t school) const {
    desk::Entry entry;
    entry.school = school;
    entry.action = std::move(action);
    entry.subject_kind = "person";
    entry.subject = person;
    entry.person = person;
    entry.detail = object_of({{"import_id", std::to_string(source_.import_id)}});
    return entry;
  }

  template <class SchoolFor>
  Result<void> put_changes(const SchoolFor& school_for) {
    for (const Outcome& outcome : plan_.persons) {
      if (outcome.id == 0 || outcome.verdict != Verdict::changed || outcome.changes.empty()) {
        continue;
      }
      desk::Entry entry = entry_of("org.person.changed", outcome.id, school_for(outcome.id));
      // Sorted by field, as every object of the trail is.
      std::map<std::string, const FieldChange*> changes;
      for (const FieldChange& change : outcome.changes) changes[change.field] = &change;
      std::string names;
      for (const auto& [field, change] : changes) names += (names.empty() ? "" : " ") + field;
      entry.detail =
          object_of({{"fields", names}, {"import_id", std::to_string(source_.import_id)}});
      entry.personal = changes_text(changes);
      SJ_TRY(note(std::move(entry)));
    }
    return {};
  }

  static std::string changes_text(const std::map<std::string, const FieldChange*>& changes) {
    std::string text = "{";
    for (const auto& [field, change] : changes) {
      const std::string one = object_of({{field, change->before + " → " + change->after}});
      text += (text.size() == 1 ? "" : ",") + one.substr(1, one.size() - 2);
    }
    return text + "}";
  }

  desk::Tx& tx_;
  std::int64_t area_;
  const Snapshot& before_;
  const Plan& plan_;
  const Writes& writes_;
  const ImportSource& source_;
  const OnProgress& on_progress_;
  std::vector<std::string> made_;
  std::vector<desk::Entry> noted_;
  std::size_t done_ = 0;
  std::size_t all_ = 0;
};

Result<void> load_places(sql::Reader& store, std::int64_t area, Snapshot& snapshot) {
  SJ_TRY(store.each(kArea, {area}, [&](const sql::Row& row) -> Result<void> {
    snapshot.area_code = row.text(0);
    snapshot.area_name = row.text(1);
    return {};
  }));
  snapshot.streets = SJ_TRY(store.all(kStreets, {area}, [](const sql::Row& row) {
    return StreetRow{row.integer(0), row.text(1), row.text(2)};
  }));
  snapshot.schools = SJ_TRY(store.all(kSchools, {area}, [](const sql::Row& row) {
    SchoolRow school;
    school.id = row.integer(0);
    school.code = row.text(1);
    school.name = row.text(2);
    school.kind = row.text(3);
    school.stages = row.text(4);
    school.primary_years = static_cast<int>(row.integer(5));
    school.street_id = row.integer(6);
    school.rural = row.flag(7);
    school.opened_on = row.day(8);
    school.closed_on = row.maybe_day(9);
    return school;
  }));
  snapshot.terms = SJ_TRY(store.all(kTerms, {area}, [](const sql::Row& row) {
    return TermRow{row.integer(0), static_cast<int>(row.integer(1)),
                   static_cast<int>(row.integer(2)), row.day(3), row.day(4)};
  }));
  snapshot.classes = SJ_TRY(store.all(kClasses, {area}, [](const sql::Row& row) {
    ClassRow what;
    what.id = row.integer(0);
    what.school_id = row.integer(1);
    what.stage = stage_of(row.bytes(2)).value_or(Stage::primary);
    what.entry_year = static_cast<int>(row.integer(3));
    what.number = row.integer(4);
    what.name = row.text(5);
    what.opened_on = row.day(6);
    what.closed_on = row.maybe_day(7);
    return what;
  }));
  return {};
}

Result<void> load_people(sql::Reader& store, std::int64_t area, Snapshot& snapshot) {
  snapshot.persons = SJ_TRY(store.all(kPersons, {area}, [](const sql::Row& row) {
    PersonRow person;
    person.id = row.integer(0);
    person.name = row.text(1);
    person.sex = static_cast<int>(row.integer(2));
    person.birth_day = row.maybe_day(3);
    person.ethnic = row.text(4);
    person.is_pupil = !row.is_null(5);
    if (person.is_pupil) {
      person.local_no = row.text(5);
      person.is_protected = row.flag(6);
    }
    return person;
  }));
  std::unordered_map<std::int64_t, PersonRow*> by_id;
  by_id.reserve(snapshot.persons.size());
  for (PersonRow& person : snapshot.persons) by_id.emplace(person.id, &person);
  SJ_TRY(store.each(kSealed, {area}, [&](const sql::Row& row) -> Result<void> {
    const auto person = by_id.find(row.integer(0));
    const auto secret = secret_of(row.bytes(1));
    if (person == by_id.end() || !secret) return {};
    person->second->blinds.at(index_of(*secret)) =
        row.is_null(2) ? std::string(kNoBlind) : row.text(2);
    return {};
  }));
  snapshot.memberships = SJ_TRY(store.all(kMemberships, {area}, [](const sql::Row& row) {
    MembershipRow membership;
    membership.id = row.integer(0);
    membership.person_id = row.integer(1);
    membership.school_id = row.integer(2);
    membership.class_id = row.maybe_integer(3).value_or(0);
    membership.from = row.day(4);
    membership.until = row.maybe_day(5);
    membership.ended = row.maybe_text(6).value_or("");
    return membership;
  }));
  snapshot.guardianships = SJ_TRY(store.all(kGuardianships, {area}, [](const sql::Row& row) {
    GuardianshipRow guardianship;
    guardianship.id = row.integer(0);
    guardianship.pupil_id = row.integer(1);
    guardianship.guardian_id = row.integer(2);
    guardianship.relation = row.text(3);
    guardianship.position = static_cast<int>(row.integer(4));
    guardianship.may_collect = row.flag(5);
    guardianship.admitted_by = row.text(6);
    guardianship.from = row.day(7);
    guardianship.until = row.maybe_day(8);
    return guardianship;
  }));
  snapshot.staff = SJ_TRY(store.all(kStaff, {area}, [](const sql::Row& row) {
    StaffRow staff;
    staff.id = row.integer(0);
    staff.person_id = row.integer(1);
    staff.school_id = row.integer(2);
    staff.post = row.text(3);
    staff.staff_no = row.text(4);
    staff.from = row.day(5);
    staff.until = row.maybe_day(6);
    return staff;
  }));
  snapshot.teachings = SJ_TRY(store.all(kTeachings, {area}, [](const sql::Row& row) {
    TeachingRow teaching;
    teaching.id = row.integer(0);
    teaching.person_id = row.integer(1);
    teaching.class_id = row.integer(2);
    teaching.part = row.text(3);
    teaching.subject = row.text(4);
    teaching.from = row.day(5);
    teaching.until = row.maybe_day(6);
    return teaching;
  }));
  return {};
}

// Whoever has no place at `school`, and is no guardian of somebody who has, is elsewhere.
void mark_elsewhere(Snapshot& snapshot, std::int64_t school) {
  std::unordered_set<std::int64_t> here;
  for (const MembershipRow& row : snapshot.memberships) {
    if (row.school_id == school) here.insert(row.person_id);
  }
  for (const StaffRow& row : snapshot.staff) {
    if (row.school_id == school) here.insert(row.person_id);
  }
  std::unordered_set<std::int64_t> with_guardians = here;
  for (const GuardianshipRow& row : snapshot.guardianships) {
    if (here.contains(row.pupil_id)) with_guardians.insert(row.guardian_id);
  }
  for (PersonRow& person : snapshot.persons) {
    person.is_elsewhere = !with_guardians.contains(person.id);
  }
}

}  // namespace

Blind blind_of(const auth::Vault& vault) {
  return [&vault](Secret secret, std::int64_t person, std::string_view value) {
    const std::string purpose = seal_purpose(name_of(secret));
    if (finds_person(secret)) return vault.blind(purpose, value);
    return vault.blind(purpose, std::to_string(person) + "|" + std::string(value));
  };
}

Result<Snapshot> load_snapshot(sql::Reader& store, std::int64_t area, std::int64_t only_school) {
  Snapshot snapshot;
  SJ_TRY(load_places(store, area, snapshot));
  SJ_TRY(load_people(store, area, snapshot));
  snapshot.foreign = SJ_TRY(store.all(kForeign, {area}, [](const sql::Row& row) {
    return ForeignRow{row.text(0), row.text(1), row.text(2), row.integer(3)};
  }));
  snapshot.proposed_leavers =
      SJ_TRY(store.all(kOpenLeavers, {area}, [](const sql::Row& row) { return row.integer(0); }));
  SJ_TRY(store.each(kOfficers, {area}, [&](const sql::Row& row) -> Result<void> {
    if (is_officer_role(row.text(1), auth::PlaceKind::area)) {
      snapshot.officers.push_back({row.integer(0), row.maybe_day(2)});
    }
    return {};
  }));
  snapshot.proposed_merges = SJ_TRY(store.all(kOpenMerges, {area}, [](const sql::Row& row) {
    return std::pair(row.integer(0), row.integer(1));
  }));
  if (only_school != 0) mark_elsewhere(snapshot, only_school);
  return snapshot;
}

Result<void> store_writes(desk::Tx& tx,
                          std::int64_t area,
                          const Snapshot& before,
                          const Plan& plan,
                          const Writes& writes,
                          const ImportSource& source,
                          const OnProgress& on_progress) {
  return Writing(tx, area, before, plan, writes, source, on_progress).run();
}

Result<std::vector<std::int64_t>> import_incoming(desk::Tx& tx,
                                                  std::int64_t area,
                                                  const Incoming& incoming,
                                                  const ImportSource& source) {
  const Snapshot before = SJ_TRY(load_snapshot(tx, area, 0));
  ImportOptions options;
  options.today = tx.today();
  const Blind blind = blind_of(tx.vault());
  const Plan plan = plan_import(before, incoming, options, blind);
  const Writes writes = SJ_TRY(decide_writes(before, incoming, plan, options, blind, tx.ids()));
  SJ_TRY(store_writes(tx, area, before, plan, writes, source));
  return writes.person_ids;
}

}  // namespace sj::org
