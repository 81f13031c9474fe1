#include "org/person_store.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "kernel/text/pinyin.h"
#include "kernel/text/unicode.h"

#include "org/name_keys.h"
#include "org/seals.h"
#include "org/target_store.h"

namespace sj::org {
namespace {

const sql::Statement kFindPerson{
    "SELECT n.id, n.name, n.sex, n.birth_day, n.ethnic, n.merged_into, n.erased_ms, p.local_no, "
    "p.protected FROM org_person n LEFT JOIN org_pupil p "
    "ON p.area_id = n.area_id AND p.person_id = n.id WHERE n.area_id = $1 AND n.id = $2"};
const sql::Statement kMemberships{
    "SELECT m.id, m.school_id, s.name, m.class_id, c.stage, c.entry_year, c.number, c.name, "
    "s.primary_years, m.from_day, m.until_day, m.ended FROM org_membership m "
    "JOIN org_school s ON s.area_id = m.area_id AND s.id = m.school_id "
    "LEFT JOIN org_class c ON c.area_id = m.area_id AND c.id = m.class_id "
    "WHERE m.area_id = $1 AND m.person_id = $2 ORDER BY m.from_day DESC, "
    "CASE WHEN m.until_day IS NULL THEN 0 ELSE 1 END, m.id DESC"};
const sql::Statement kGuardians{
    "SELECT g.id, g.guardian_id, n.name, g.relation, g.position, g.may_collect, g.admitted_by, "
    "g.from_day, g.until_day, EXISTS (SELECT 1 FROM org_family_link l "
    "WHERE l.child_area_id = g.area_id AND l.child_id = g.pupil_id AND l.guardian_id = "
    "g.guardian_id "
    "AND l.ended_ms IS NULL) FROM org_guardianship g "
    "JOIN org_person n ON n.area_id = g.area_id AND n.id = g.guardian_id "
    "WHERE g.area_id = $1 AND g.pupil_id = $2 ORDER BY g.position, g.id"};
const sql::Statement kWards{
    "SELECT g.id, g.pupil_id, n.name, g.relation, g.position, g.may_collect, g.admitted_by, "
    "g.from_day, g.until_day, FALSE FROM org_guardianship g "
    "JOIN org_person n ON n.area_id = g.area_id AND n.id = g.pupil_id "
    "WHERE g.area_id = $1 AND g.guardian_id = $2 ORDER BY n.birth_day, g.id"};
const sql::Statement kSiblings{
    "SELECT DISTINCT b.pupil_id, n.name FROM org_guardianship a JOIN org_guardianship b "
    "ON b.area_id = a.area_id AND b.guardian_id = a.guardian_id AND b.pupil_id <> a.pupil_id "
    "AND b.until_day IS NULL JOIN org_person n ON n.area_id = b.area_id AND n.id = b.pupil_id "
    "WHERE a.area_id = $1 AND a.pupil_id = $2 AND a.until_day IS NULL ORDER BY b.pupil_id"};
const sql::Statement kStaff{
    "SELECT f.id, f.school_id, s.name, f.post, f.staff_no, f.from_day, f.until_day "
    "FROM org_staff f LEFT JOIN org_school s ON s.area_id = f.area_id AND s.id = f.school_id "
    "WHERE f.area_id = $1 AND f.person_id = $2 ORDER BY f.from_day DESC, f.id DESC"};
const sql::Statement kTeachings{
    "SELECT t.id, t.class_id, c.stage, c.entry_year, c.number, c.name, s.primary_years, "
    "t.person_id, n.name, t.part, t.subject, t.from_day, t.until_day FROM org_teaching t "
    "JOIN org_class c ON c.area_id = t.area_id AND c.id = t.class_id "
    "JOIN org_school s ON s.area_id = c.area_id AND s.id = c.school_id "
    "JOIN org_person n ON n.area_id = t.area_id AND n.id = t.person_id "
    "WHERE t.area_id = $1 AND t.person_id = $2 ORDER BY t.from_day DESC, t.id DESC"};
const sql::Statement kClassTeachers{
    "SELECT t.id, t.class_id, c.stage, c.entry_year, c.number, c.name, s.primary_years, "
    "t.person_id, n.name, t.part, t.subject, t.from_day, t.until_day FROM org_teaching t "
    "JOIN org_class c ON c.area_id = t.area_id AND c.id = t.class_id "
    "JOIN org_school s ON s.area_id = c.area_id AND s.id = c.school_id "
    "JOIN org_person n ON n.area_id = t.area_id AND n.id = t.person_id "
    "WHERE t.area_id = $1 AND t.class_id = $2 AND t.from_day <= $3 "
    "AND (t.until_day IS NULL OR t.until_day > $3) ORDER BY t.part, t.id"};
const sql::Statement kSealed{
    "SELECT field FROM org_sealed WHERE area_id = $1 AND person_id = $2 ORDER BY field"};

// Searching: along the keys in their order until enough people are found, or from the people of the
// scope, whichever reads less (reads_along_keys). What ends on a day to come still lasts, and who
// comes on a day to come is found, too.
// OFFSET 0 keeps PostgreSQL from reading a whole table into a hash first, for the sake of 60 rows.
const sql::Statement kSearchAlongKeys{
    "SELECT k.person_id, k.key FROM org_name_key k "
    "WHERE k.area_id = $1 AND k.key >= $2 AND k.key < $3 AND (($4 IN ('', 'pupil') "
    "AND EXISTS (SELECT 1 FROM org_membership m WHERE m.area_id = k.area_id "
    "AND m.person_id = k.person_id AND (m.until_day IS NULL OR m.until_day > $6) "
    "AND ($7 = 1 OR m.school_id IN {{IDS $8}} OR ((m.class_id IN {{IDS $9}} "
    "OR m.person_id IN {{IDS $10}}) AND (CAST($11 AS BIGINT) = 0 OR m.school_id = $11))) "
    "LIMIT 1 OFFSET 0)) "
    "OR ($4 IN ('', 'guardian') AND EXISTS (SELECT 1 FROM org_guardianship g "
    "WHERE g.area_id = k.area_id AND g.guardian_id = k.person_id "
    "AND (g.until_day IS NULL OR g.until_day > $6) "
    "AND ($7 = 1 OR EXISTS (SELECT 1 FROM org_membership m WHERE m.area_id = g.area_id "
    "AND m.person_id = g.pupil_id AND (m.until_day IS NULL OR m.until_day > $6) "
    "AND (m.school_id IN {{IDS $8}} OR ((m.class_id IN {{IDS $9}} OR m.person_id IN {{IDS $10}}) "
    "AND (CAST($11 AS BIGINT) = 0 OR m.school_id = $11))) LIMIT 1 OFFSET 0)) LIMIT 1 OFFSET 0)) "
    "OR ($4 IN ('', 'staff') AND EXISTS (SELECT 1 FROM org_staff f WHERE f.area_id = k.area_id "
    "AND f.person_id = k.person_id AND (f.until_day IS NULL OR f.until_day > $6) "
    "AND ($7 = 1 OR f.school_id IN {{IDS $8}}) LIMIT 1 OFFSET 0))) "
    "ORDER BY k.key, k.person_id LIMIT $5"};
const sql::Statement kCountKeys{
    "SELECT count(*) FROM (SELECT 1 FROM org_name_key "
    "WHERE area_id = $1 AND key >= $2 AND key < $3 LIMIT $4) AS few"};
const sql::Statement kCountPupils{
    "SELECT count(*) FROM (SELECT 1 FROM org_membership WHERE area_id = $1 "
    "AND school_id IN {{IDS $2}} AND until_day IS NULL LIMIT $3) AS many"};
const sql::Statement kPupilsOf{
    "SELECT person_id FROM org_membership WHERE area_id = $1 AND school_id IN {{IDS $2}} "
    "AND (until_day IS NULL OR until_day > $5) UNION "
    "SELECT person_id FROM org_membership WHERE area_id = $1 AND class_id IN {{IDS $3}} "
    "AND (until_day IS NULL OR until_day > $5) AND (CAST($6 AS BIGINT) = 0 OR school_id = $6) "
    "UNION "
    "SELECT person_id FROM org_membership WHERE area_id = $1 AND person_id IN {{IDS $4}} "
    "AND (until_day IS NULL OR until_day > $5) AND (CAST($6 AS BIGINT) = 0 OR school_id = $6)"};
const sql::Statement kGuardiansOf{
    "SELECT DISTINCT guardian_id FROM org_guardianship WHERE area_id = $1 "
    "AND pupil_id IN {{IDS $2}} AND (until_day IS NULL OR until_day > $3)"};
// By their ids, so that neither planner can mistake how many they are.
const sql::Statement kSearchAmong{
    "SELECT person_id, key FROM org_name_key WHERE area_id = $1 AND person_id IN {{IDS $2}} "
    "AND key >= $3 AND key < $4 ORDER BY key, person_id LIMIT $5"};
const sql::Statement kSearchStaff{
    "SELECT DISTINCT k.person_id, k.key FROM org_staff f JOIN org_name_key k "
    "ON k.area_id = f.area_id AND k.person_id = f.person_id "
    "WHERE f.area_id = $1 AND f.school_id IN {{IDS $2}} "
    "AND (f.until_day IS NULL OR f.until_day > $6) AND k.key >= $3 AND k.key < $4 "
    "ORDER BY k.key, k.person_id LIMIT $5"};
// Pupils without a class, or without a guardian: the same as the overview counts.
const sql::Statement kSearchLacking{
    "SELECT m.person_id, k.key FROM org_membership m JOIN org_name_key k "
    "ON k.area_id = m.area_id AND k.person_id = m.person_id "
    "WHERE m.area_id = $1 AND m.until_day IS NULL "
    "AND (CAST($2 AS BIGINT) = 0 OR m.school_id = $2) "
    "AND ($3 = 1 OR m.school_id IN {{IDS $4}} OR m.class_id IN {{IDS $5}}) "
    "AND (($6 = 'class' AND m.class_id IS NULL) OR ($6 = 'guardian' AND NOT EXISTS ("
    "SELECT 1 FROM org_guardianship g WHERE g.area_id = m.area_id "
    "AND g.pupil_id = m.person_id AND g.until_day IS NULL))) "
    "AND k.key >= $7 AND k.key < $8 ORDER BY k.key, k.person_id LIMIT $9"};
const sql::Statement kByBlind{
    "SELECT DISTINCT coalesce(n.merged_into, n.id) FROM org_sealed s JOIN org_person n "
    "ON n.area_id = s.area_id AND n.id = s.person_id "
    "WHERE s.area_id = $1 AND s.field = $2 AND s.blind = $3 ORDER BY 1"};
const sql::Statement kAllSchools{"SELECT id FROM org_school WHERE area_id = $1 ORDER BY id"};
// What somebody is, or was: who left is found by his number.
const sql::Statement kLines{
    "SELECT n.id, n.name, n.sex, n.birth_day, "
    "CASE WHEN EXISTS (SELECT 1 FROM org_pupil p WHERE p.area_id = n.area_id "
    "AND p.person_id = n.id) THEN 1 ELSE 0 END, "
    "CASE WHEN EXISTS (SELECT 1 FROM org_guardianship g WHERE g.area_id = n.area_id "
    "AND g.guardian_id = n.id) THEN 1 ELSE 0 END, "
    "CASE WHEN EXISTS (SELECT 1 FROM org_staff f WHERE f.area_id = n.area_id "
    "AND f.person_id = n.id) THEN 1 ELSE 0 END "
    "FROM org_person n WHERE n.area_id = $1 AND n.id IN {{IDS $2}} AND n.merged_into IS NULL"};
const sql::Statement kLinePlaces{
    "SELECT m.person_id, s.name, c.stage, c.entry_year, c.number, c.name, s.primary_years "
    "FROM org_membership m JOIN org_school s ON s.area_id = m.area_id AND s.id = m.school_id "
    "LEFT JOIN org_class c ON c.area_id = m.area_id AND c.id = m.class_id "
    "WHERE m.area_id = $1 AND m.person_id IN {{IDS $2}} "
    "AND (m.until_day IS NULL OR m.until_day > $3) ORDER BY m.person_id, m.from_day DESC"};
const sql::Statement kLineStaff{
    "SELECT f.person_id, s.name FROM org_staff f LEFT JOIN org_school s "
    "ON s.area_id = f.area_id AND s.id = f.school_id "
    "WHERE f.area_id = $1 AND f.person_id IN {{IDS $2}} "
    "AND (f.until_day IS NULL OR f.until_day > $3) ORDER BY f.person_id, f.id"};
const sql::Statement kLineWards{
    "SELECT g.guardian_id, g.pupil_id, n.name, s.name FROM org_guardianship g "
    "JOIN org_person n ON n.area_id = g.area_id AND n.id = g.pupil_id "
    "LEFT JOIN org_membership m ON m.area_id = g.area_id AND m.person_id = g.pupil_id "
    "AND (m.until_day IS NULL OR m.until_day > $3) "
    "LEFT JOIN org_school s ON s.area_id = m.area_id AND s.id = m.school_id "
    "WHERE g.area_id = $1 AND g.guardian_id IN {{IDS $2}} "
    "AND (g.until_day IS NULL OR g.until_day > $3) AND ($4 = 1 OR m.school_id IN {{IDS $5}} "
    "OR m.class_id IN {{IDS $6}} OR g.pupil_id IN {{IDS $7}}) "
    "ORDER BY g.guardian_id, g.id, m.from_day"};

const sql::Statement kClassPupils{
    "SELECT n.id, n.name, n.sex, n.birth_day, p.local_no, p.protected FROM org_membership m "
    "JOIN org_person n ON n.area_id = m.area_id AND n.id = m.person_id "
    "JOIN org_pupil p ON p.area_id = m.area_id AND p.person_id = m.person_id "
    "WHERE m.area_id = $1 AND m.class_id = $2 AND m.from_day <= $3 "
    "AND (m.until_day IS NULL OR m.until_day > $3) ORDER BY n.id"};
const sql::Statement kClassGuardians{
    "SELECT g.id, g.guardian_id, n.name, g.relation, g.position, g.may_collect, g.admitted_by, "
    "g.from_day, g.until_day, EXISTS (SELECT 1 FROM org_family_link l "
    "WHERE l.child_area_id = g.area_id AND l.child_id = g.pupil_id AND l.guardian_id = "
    "g.guardian_id "
    "AND l.ended_ms IS NULL), g.pupil_id FROM org_membership m JOIN org_guardianship g "
    "ON g.area_id = m.area_id AND g.pupil_id = m.person_id "
    "AND (g.until_day IS NULL OR g.until_day > $3) "
    "JOIN org_person n ON n.area_id = g.area_id AND n.id = g.guardian_id "
    "WHERE m.area_id = $1 AND m.class_id = $2 AND m.from_day <= $3 "
    "AND (m.until_day IS NULL OR m.until_day > $3) ORDER BY g.pupil_id, g.position, g.id"};

const sql::Statement kInsertPerson{
    "INSERT INTO org_person (area_id, id, name, pinyin, sex, birth_day, ethnic, created_ms) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"};
const sql::Statement kUpdatePerson{
    "UPDATE org_person SET sex = $3, birth_day = $4, ethnic = $5 WHERE area_id = $1 AND id = $2"};
const sql::Statement kPersonName{"SELECT name FROM org_person WHERE area_id = $1 AND id = $2"};
const sql::Statement kRenamePerson{
    "UPDATE org_person SET name = $3, pinyin = $4 WHERE area_id = $1 AND id = $2"};
const sql::Statement kPutSealed{
    "INSERT INTO org_sealed (area_id, person_id, field, sealed, blind) VALUES ($1, $2, $3, $4, $5) "
    "ON CONFLICT (area_id, person_id, field) DO UPDATE SET sealed = excluded.sealed, "
    "blind = excluded.blind"};
const sql::Statement kDropSealed{
    "DELETE FROM org_sealed WHERE area_id = $1 AND person_id = $2 AND field = $3"};
const sql::Statement kOtherWithBlind{
    "SELECT s.person_id FROM org_sealed s JOIN org_person n "
    "ON n.area_id = s.area_id AND n.id = s.person_id AND n.merged_into IS NULL "
    "WHERE s.area_id = $1 AND s.field = $2 AND s.blind = $3 AND s.person_id <> $4"};
const sql::Statement kInsertPupil{
    "INSERT INTO org_pupil (area_id, person_id, local_no, protected) VALUES ($1, $2, $3, 0)"};
const sql::Statement kUpdatePupil{
    "UPDATE org_pupil SET local_no = $3, protected = $4 WHERE area_id = $1 AND person_id = $2"};
const sql::Statement kInsertMembership{
    "INSERT INTO org_membership (area_id, id, person_id, school_id, class_id, from_day) "
    "VALUES ($1, $2, $3, $4, $5, $6)"};
const sql::Statement kEndMembership{
    "UPDATE org_membership SET until_day = $3, ended = $4 WHERE area_id = $1 AND id = $2"};
const sql::Statement kInsertGuardianship{
    "INSERT INTO org_guardianship (area_id, id, pupil_id, guardian_id, relation, position, "
    "may_collect, admitted_by, from_day) VALUES ($1, $2, $3, $4, $5, $6, $7, 'school', $8)"};
const sql::Statement kFindGuardianship{
    "SELECT g.id, g.guardian_id, n.name, g.relation, g.position, g.may_collect, g.admitted_by, "
    "g.from_day, g.until_day, FALSE, g.pupil_id FROM org_guardianship g JOIN org_person n "
    "ON n.area_id = g.area_id AND n.id = g.guardian_id WHERE g.area_id = $1 AND g.id = $2"};
const sql::Statement kUpdateGuardianship{
    "UPDATE org_guardianship SET relation = $3, position = $4, may_collect = $5, until_day = $6 "
    "WHERE area_id = $1 AND id = $2"};
const sql::Statement kInsertStaff{
    "INSERT INTO org_staff (area_id, id, person_id, school_id, post, staff_no, from_day) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7)"};
const sql::Statement kInsertTeaching{
    "INSERT INTO org_teaching (area_id, id, person_id, class_id, part, subject, from_day) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7)"};
const sql::Statement kTeachingClass{
    "SELECT class_id FROM org_teaching WHERE area_id = $1 AND id = $2 AND until_day IS NULL"};
const sql::Statement kEndTeaching{
    "UPDATE org_teaching SET until_day = $3 WHERE area_id = $1 AND id = $2"};

// A class's name from five columns beginning at `column`: stage, entry year, number, own name,
// primary years of its school. Empty without a class.
std::string class_name_of(const sql::Row& row, int column, LocalDay today) {
  if (row.is_null(column)) return "";
  const int entry_year = static_cast<int>(row.integer(column + 1));
  const auto grade = grade_of(stage_of(row.bytes(column)).value_or(Stage::primary), entry_year,
                              static_cast<int>(row.integer(column + 4)), school_year_of(today));
  return class_name(grade, entry_year, row.integer(column + 2), row.bytes(column + 3));
}

GuardianshipLine guardianship_of(const sql::Row& row) {
  GuardianshipLine line;
  line.id = row.integer(0);
  line.person_id = row.integer(1);
  line.name = row.text(2);
  line.relation = row.text(3);
  line.position = row.integer(4);
  line.may_collect = row.flag(5);
  line.admitted_by = row.text(6);
  line.from = row.day(7);
  line.until = row.maybe_day(8);
  line.joined = row.flag(9);
  return line;
}

TeachingLine teaching_of(const sql::Row& row, LocalDay today) {
  TeachingLine line;
  line.id = row.integer(0);
  line.class_id = row.integer(1);
  line.class_name = class_name_of(row, 2, today);
  line.person_id = row.integer(7);
  line.person = row.text(8);
  line.part = row.text(9);
  line.subject = row.text(10);
  line.from = row.day(11);
  line.until = row.maybe_day(12);
  return line;
}

Result<void> load_person_parts(sql::Reader& store,
                               std::int64_t area,
                               LocalDay today,
                               Person& person) {
  person.memberships = SJ_TRY(store.all(kMemberships, {area, person.id}, [&](const sql::Row& row) {
    MembershipLine line;
    line.id = row.integer(0);
    line.school_id = row.integer(1);
    line.school = row.text(2);
    line.class_id = row.maybe_integer(3).value_or(0);
    line.class_name = class_name_of(row, 4, today);
    line.from = row.day(9);
    line.until = row.maybe_day(10);
    line.ended = row.maybe_text(11).value_or("");
    return line;
  }));
  person.guardians = SJ_TRY(store.all(kGuardians, {area, person.id}, guardianship_of));
  person.wards = SJ_TRY(store.all(kWards, {area, person.id}, guardianship_of));
  person.siblings = SJ_TRY(store.all(kSiblings, {area, person.id}, [](const sql::Row& row) {
    GuardianshipLine line;
    line.person_id = row.integer(0);
    line.name = row.text(1);
    return line;
  }));
  person.staff = SJ_TRY(store.all(kStaff, {area, person.id}, [](const sql::Row& row) {
    StaffLine line;
    line.id = row.integer(0);
    line.school_id = row.integer(1);
    line.school = row.maybe_text(2).value_or("");
    line.post = row.text(3);
    line.staff_no = row.text(4);
    line.from = row.day(5);
    line.until = row.maybe_day(6);
    return line;
  }));
  person.teachings = SJ_TRY(store.all(
      kTeachings, {area, person.id}, [&](const sql::Row& row) { return teaching_of(row, today); }));
  person.sealed = SJ_TRY(store.all(kSealed, {area, person.id},
                                   [](const sql::Row& row) { return SealedLine{row.text(0)}; }));
  return {};
}

// The end of the range of keys that begin with this one: no key holds the last code point.
std::string after_prefix(std::string key) {
  return std::move(key) + "\xf4\x8f\xbf\xbf";
}

// The schools among which a search looks: those of the scope, or the one asked for if the scope has
// all of it. With part of it only, its classes and pupils are asked.
std::vector<std::int64_t> schools_of(const auth::Scope& scope, std::int64_t asked) {
  if (asked == 0) return scope.schools();
  const bool has_it = scope.everywhere() ||
                      std::binary_search(scope.schools().begin(), scope.schools().end(), asked);
  if (has_it) return {asked};
  return {};
}

// Fills the lines of these people, in their order; people merged into others are left out, and who
// never was of the kind. Of a
// guardian's children only those are named whom the scope covers. Somebody who is several things is
// shown as what was searched for, else as the first of pupil, staff, guardian.
Result<std::vector<PersonLine>> load_lines(sql::Reader& store,
                                           const auth::Scope& scope,
                                           const std::vector<std::int64_t>& people,
                                           std::string_view kind,
                                           LocalDay today) {
  std::map<std::int64_t, PersonLine> lines;
  const std::int64_t area = scope.area();
  const sql::Ids ids{people};
  const auto wants = [&](std::string_view one) { return kind.empty() || kind == one; };
  SJ_TRY(store.each(kLines, {area, ids}, [&](const sql::Row& row) -> Result<void> {
    const std::pair<std::string_view, int> kinds[] = {{"pupil", 4}, {"staff", 6}, {"guardian", 5}};
    const auto* const is = std::find_if(std::begin(kinds), std::end(kinds), [&](const auto& one) {
      return row.integer(one.second) == 1 && wants(one.first);
    });
    if (is == std::end(kinds)) return {};
    PersonLine& line = lines[row.integer(0)];
    line.id = row.integer(0);
    line.kind = is->first;
    line.name = row.text(1);
    line.sex = static_cast<int>(row.integer(2));
    line.birth_day = row.maybe_day(3);
    return {};
  }));
  if (wants("guardian")) {
    std::set<std::pair<std::int64_t, std::int64_t>> named;
    SJ_TRY(store.each(kLineWards,
                      {area, ids, today, scope.everywhere(), sql::Ids{scope.schools()},
                       sql::Ids{scope.classes()}, sql::Ids{scope.pupils()}},
                      [&](const sql::Row& row) -> Result<void> {
                        if (!named.emplace(row.integer(0), row.integer(1)).second) return {};
                        PersonLine& line = lines[row.integer(0)];
                        line.kind = "guardian";
                        line.class_name += (line.class_name.empty() ? "" : "、") + row.text(2);
                        if (line.school.empty()) line.school = row.maybe_text(3).value_or("");
                        return {};
                      }));
  }
  if (wants("staff")) {
    SJ_TRY(store.each(kLineStaff, {area, ids, today}, [&](const sql::Row& row) -> Result<void> {
      PersonLine& line = lines[row.integer(0)];
      line.kind = "staff";
      line.school = row.maybe_text(1).value_or("");
      line.class_name.clear();
      return {};
    }));
  }
  if (wants("pupil")) {
    SJ_TRY(store.each(kLinePlaces, {area, ids, today}, [&](const sql::Row& row) -> Result<void> {
      PersonLine& line = lines[row.integer(0)];
      line.kind = "pupil";
      line.school = row.text(1);
      line.class_name = class_name_of(row, 2, today);
      return {};
    }));
  }
  std::vector<PersonLine> ordered;
  for (const std::int64_t person : people) {
    const auto found = lines.find(person);
    if (found != lines.end() && found->second.id != 0) ordered.push_back(found->second);
  }
  return ordered;
}

// (key, person) pairs of one query, ordered by key.
using Hits = std::set<std::pair<std::string, std::int64_t>>;

constexpr std::int64_t kSpareRows = 16;

// With so many pupils in the scope one soon meets enough of them along the keys: reading these
// costs limit x people of the district / people of the scope, reading the scope costs its people.
constexpr std::int64_t kManyPupils = 2500;

Result<bool> reads_along_keys(sql::Reader& store,
                              std::int64_t area,
                              const sql::Ids& schools,
                              const Search& search,
                              const std::string& end) {
  const auto count = [](const sql::Row& row) { return row.integer(0); };
  const auto keys =
      SJ_TRY(store.first(kCountKeys, {area, search.key, end, search.few_keys}, count));
  if (keys.value_or(0) < search.few_keys) return true;
  const auto pupils = SJ_TRY(store.first(kCountPupils, {area, schools, kManyPupils}, count));
  return pupils.value_or(0) >= kManyPupils;
}

// The hits of one statement, of which `ask` gives so many rows. Nearly everybody has one key that
// begins like that, so that few rows hold enough people; where they do not, as many keys as a
// person can have are read of each.
Result<void> collect(
    const Search& search,
    Hits& hits,
    const std::function<Result<void>(std::int64_t rows, const sql::OnRow& on_row)>& ask) {
  for (const std::int64_t rows : {search.limit + kSpareRows, search.limit * kNameKeysMax}) {
    std::int64_t count = 0;
    std::set<std::int64_t> people;
    SJ_TRY(ask(rows, [&](const sql::Row& row) -> Result<void> {
      ++count;
      people.insert(row.integer(0));
      hits.emplace(row.text(1), row.integer(0));
      return {};
    }));
    if (count < rows || static_cast<std::int64_t>(people.size()) >= search.limit) break;
  }
  return {};
}

Result<std::vector<std::int64_t>> people_by_name(sql::Reader& store,
                                                 const auth::Scope& scope,
                                                 const Search& search,
                                                 LocalDay today) {
  const std::string end = after_prefix(search.key);
  const std::int64_t area = scope.area();
  std::vector<std::int64_t> places = schools_of(scope, search.school);
  // All staff of a district are few among all its names: they are listed by their schools.
  const bool is_all_staff = scope.everywhere() && search.everybody && search.kind == "staff";
  if (is_all_staff && search.school == 0) {
    places =
        SJ_TRY(store.all(kAllSchools, {area}, [](const sql::Row& row) { return row.integer(0); }));
    places.insert(places.begin(), 0);  // the district office
  }
  const bool in_all = scope.everywhere() && search.school == 0 && !is_all_staff;
  const sql::Ids schools{places};
  const sql::Ids classes{scope.classes()};
  const sql::Ids pupils{scope.pupils()};
  const auto wants = [&](std::string_view kind) {
    return search.kind.empty() || search.kind == kind;
  };
  Hits hits;
  const auto find = [&](const sql::Statement& statement, const auto& binds_for) {
    return collect(search, hits, [&](std::int64_t rows, const sql::OnRow& on_row) {
      const std::vector<sql::Bind> binds = binds_for(rows);
      return store.each(statement, binds, on_row);
    });
  };
  const auto find_among = [&](const std::vector<std::int64_t>& people) {
    const sql::Ids ids{people};
    return find(kSearchAmong, [&](std::int64_t rows) {
      return std::vector<sql::Bind>{area, ids, search.key, end, rows};
    });
  };
  if (!search.lacks.empty()) {
    const sql::Ids own_schools{scope.schools()};
    SJ_TRY(find(kSearchLacking, [&](std::int64_t rows) {
      return std::vector<sql::Bind>{area,        search.school, scope.everywhere(),
                                    own_schools, classes,       search.lacks,
                                    search.key,  end,           rows};
    }));
  } else if (in_all || (search.kind != "staff" &&
                        SJ_TRY(reads_along_keys(store, area, schools, search, end)))) {
    SJ_TRY(find(kSearchAlongKeys, [&](std::int64_t rows) {
      return std::vector<sql::Bind>{area,   search.key, end,     search.kind, rows,         today,
                                    in_all, schools,    classes, pupils,      search.school};
    }));
  } else {
    const auto id_of = [](const sql::Row& row) { return row.integer(0); };
    if (wants("pupil") || wants("guardian")) {
      const auto mine = SJ_TRY(
          store.all(kPupilsOf, {area, schools, classes, pupils, today, search.school}, id_of));
      if (wants("pupil")) SJ_TRY(find_among(mine));
      if (wants("guardian")) {
        const auto theirs = SJ_TRY(store.all(kGuardiansOf, {area, sql::Ids{mine}, today}, id_of));
        SJ_TRY(find_among(theirs));
      }
    }
    if (wants("staff")) {
      SJ_TRY(find(kSearchStaff, [&](std::int64_t rows) {
        return std::vector<sql::Bind>{area, schools, search.key, end, rows, today};
      }));
    }
  }
  std::vector<std::int64_t> people;
  std::set<std::int64_t> found;
  for (const auto& [key, person] : hits) {
    if (static_cast<std::int64_t>(people.size()) == search.limit) break;
    if (found.insert(person).second) people.push_back(person);
  }
  return people;
}

Result<std::vector<std::int64_t>> people_by_number(sql::Reader& store,
                                                   auth::Vault& vault,
                                                   const auth::Scope& scope,
                                                   const Search& search,
                                                   LocalDay today) {
  std::vector<std::int64_t> people;
  const std::pair<std::string_view, const std::string&> numbers[] = {
      {"id_number", search.id_number}, {"student_no", search.student_no}, {"phone", search.phone}};
  for (const auto& [field, number] : numbers) {
    if (number.empty()) continue;
    const std::string blind = vault.blind(field_seal(field), number);
    const auto found = SJ_TRY(store.all(kByBlind, {scope.area(), field, sql::Blob{blind}},
                                        [](const sql::Row& row) { return row.integer(0); }));
    for (const std::int64_t person : found) {
      const auto targets = SJ_TRY(find_person_targets(store, scope.area(), person, today));
      const auto is_there = [&](const auth::Target& target) {
        return target.school == search.school;
      };
      if (search.school != 0 && std::none_of(targets.begin(), targets.end(), is_there)) continue;
      if (scope.everywhere() || covers_any(scope, targets)) people.push_back(person);
    }
  }
  return people;
}

// Children of a family at other schools are not this reader's to see.
Result<void> leave_out(sql::Reader& store,
                       const auth::Scope& scope,
                       LocalDay today,
                       std::vector<GuardianshipLine>& children) {
  if (scope.everywhere()) return {};
  std::vector<GuardianshipLine> seen;
  for (GuardianshipLine& child : children) {
    const auto target = SJ_TRY(find_pupil_target(store, scope.area(), child.person_id, today));
    if (target && scope.covers(*target)) seen.push_back(std::move(child));
  }
  children = std::move(seen);
  return {};
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// 2 before 10; those without a number last, by name.
bool comes_before(const ClassPupil& a, const ClassPupil& b) {
  const auto rank = [](const ClassPupil& pupil) {
    const bool counts = is_number(pupil.local_no);
    const int sort = counts ? 0 : (pupil.local_no.empty() ? 2 : 1);
    const std::size_t zeros =
        std::min(pupil.local_no.find_first_not_of('0'), pupil.local_no.size());
    return std::tuple(sort, counts ? pupil.local_no.size() - zeros : 0,
                      counts ? pupil.local_no.substr(zeros) : pupil.local_no);
  };
  const auto rank_a = rank(a);
  const auto rank_b = rank(b);
  if (rank_a != rank_b) return rank_a < rank_b;
  return std::pair(text::pinyin(a.name), a.id) < std::pair(text::pinyin(b.name), b.id);
}

}  // namespace

Result<std::optional<Person>> find_person(sql::Reader& store,
                                          const auth::Scope& scope,
                                          std::int64_t person,
                                          LocalDay today) {
  const auto targets = SJ_TRY(find_person_targets(store, scope.area(), person, today));
  if (!scope.everywhere() && !covers_any(scope, targets)) return std::optional<Person>();
  auto found = SJ_TRY(store.first(kFindPerson, {scope.area(), person}, [](const sql::Row& row) {
    Person one;
    one.id = row.integer(0);
    one.name = row.text(1);
    one.sex = static_cast<int>(row.integer(2));
    one.birth_day = row.maybe_day(3);
    one.ethnic = row.text(4);
    one.merged_into = row.maybe_integer(5).value_or(0);
    one.erased = !row.is_null(6);
    one.is_pupil = !row.is_null(7);
    if (one.is_pupil) {
      one.local_no = row.text(7);
      one.is_protected = row.flag(8);
    }
    return one;
  }));
  if (!found) return found;
  SJ_TRY(load_person_parts(store, scope.area(), today, *found));
  SJ_TRY(leave_out(store, scope, today, found->wards));
  SJ_TRY(leave_out(store, scope, today, found->siblings));
  return found;
}

Result<std::vector<PersonLine>> search_people(sql::Reader& store,
                                              auth::Vault& vault,
                                              const auth::Scope& scope,
                                              const Search& search,
                                              LocalDay today) {
  std::vector<std::int64_t> people = SJ_TRY(people_by_number(store, vault, scope, search, today));
  if (people.empty() && (!search.key.empty() || search.everybody)) {
    people = SJ_TRY(people_by_name(store, scope, search, today));
  }
  return load_lines(store, scope, people, search.kind, today);
}

Result<std::vector<ClassPupil>> list_class_pupils(sql::Reader& store,
                                                  std::int64_t area,
                                                  std::int64_t class_id,
                                                  LocalDay today) {
  std::vector<ClassPupil> pupils =
      SJ_TRY(store.all(kClassPupils, {area, class_id, today}, [](const sql::Row& row) {
        ClassPupil pupil;
        pupil.id = row.integer(0);
        pupil.name = row.text(1);
        pupil.sex = static_cast<int>(row.integer(2));
        pupil.birth_day = row.maybe_day(3);
        pupil.local_no = row.text(4);
        pupil.is_protected = row.flag(5);
        return pupil;
      }));
  std::sort(pupils.begin(), pupils.end(), comes_before);
  std::map<std::int64_t, ClassPupil*> by_id;
  for (ClassPupil& pupil : pupils) by_id[pupil.id] = &pupil;
  SJ_TRY(store.each(kClassGuardians, {area, class_id, today},
                    [&](const sql::Row& row) -> Result<void> {
                      const auto found = by_id.find(row.integer(10));
                      if (found != by_id.end())
                        found->second->guardians.push_back(guardianship_of(row));
                      return {};
                    }));
  return pupils;
}

Result<std::vector<TeachingLine>> list_class_teachers(sql::Reader& store,
                                                      std::int64_t area,
                                                      std::int64_t class_id,
                                                      LocalDay today) {
  return store.all(kClassTeachers, {area, class_id, today},
                   [&](const sql::Row& row) { return teaching_of(row, today); });
}

Result<void> insert_person(desk::Tx& tx,
                           std::int64_t area,
                           std::int64_t id,
                           const PersonFields& fields) {
  static_cast<void>(
      SJ_TRY(tx.run(kInsertPerson, {area, id, fields.name, text::pinyin(fields.name), fields.sex,
                                    fields.birth_day, fields.ethnic, tx.now()})));
  return put_name_keys(tx, area, id, fields.name);
}

Result<void> update_person(desk::Tx& tx,
                           std::int64_t area,
                           std::int64_t id,
                           const PersonFields& fields) {
  static_cast<void>(
      SJ_TRY(tx.run(kUpdatePerson, {area, id, fields.sex, fields.birth_day, fields.ethnic})));
  // Seldom does a name change, and with it all that he is found by.
  const auto named = SJ_TRY(tx.first(
      kPersonName, {area, id}, [&](const sql::Row& row) { return row.bytes(0) == fields.name; }));
  if (named.value_or(true)) return {};
  static_cast<void>(
      SJ_TRY(tx.run(kRenamePerson, {area, id, fields.name, text::pinyin(fields.name)})));
  return put_name_keys(tx, area, id, fields.name);
}

Result<std::optional<std::int64_t>> find_holder(sql::Reader& store,
                                                const auth::Vault& vault,
                                                std::int64_t area,
                                                std::int64_t person,
                                                const SealedValue& value) {
  const std::string blind = vault.blind(field_seal(value.field), value.value);
  return store.first(kOtherWithBlind, {area, value.field, sql::Blob{blind}, person},
                     [](const sql::Row& row) { return row.integer(0); });
}

Error number_taken(std::string_view field) {
  const std::string name(field);
  return {ErrorKind::conflict,
          "org.number_taken",
          name + ": somebody else has it",
          {FieldError{name, "org.number_taken", {}}}};
}

Result<void> put_sealed(desk::Tx& tx,
                        std::int64_t area,
                        std::int64_t person,
                        const SealedValue& value) {
  if (value.value.empty()) {
    static_cast<void>(SJ_TRY(tx.run(kDropSealed, {area, person, value.field})));
    return {};
  }
  const std::string purpose = field_seal(value.field);
  std::optional<std::string> blind;
  if (value.findable) {
    blind = tx.vault().blind(purpose, value.value);
    // A telephone may be shared by a family; a number of a person may not.
    if (value.field != "phone") {
      const auto other = SJ_TRY(find_holder(tx, tx.vault(), area, person, value));
      if (other) return number_taken(value.field);
    }
  }
  const std::string sealed = SJ_TRY(tx.vault().seal(tx, area, person, purpose, value.value));
  const std::optional<sql::Blob> blind_bytes =
      blind ? std::optional<sql::Blob>(sql::Blob{*blind}) : std::nullopt;
  static_cast<void>(
      SJ_TRY(tx.run(kPutSealed, {area, person, value.field, sql::Blob{sealed}, blind_bytes})));
  return {};
}

Result<void> insert_pupil(desk::Tx& tx,
                          std::int64_t area,
                          std::int64_t person,
                          std::string_view local_no) {
  static_cast<void>(SJ_TRY(tx.run(kInsertPupil, {area, person, local_no})));
  return {};
}

Result<void> update_pupil(desk::Tx& tx,
                          std::int64_t area,
                          std::int64_t person,
                          std::string_view local_no,
                          bool is_protected) {
  static_cast<void>(SJ_TRY(tx.run(kUpdatePupil, {area, person, local_no, is_protected})));
  return {};
}

Result<void> insert_membership(desk::Tx& tx, std::int64_t area, const NewMembership& membership) {
  const std::optional<std::int64_t> class_id =
      membership.class_id == 0 ? std::nullopt : std::optional<std::int64_t>(membership.class_id);
  static_cast<void>(
      SJ_TRY(tx.run(kInsertMembership, {area, tx.new_id(), membership.person, membership.school,
                                        class_id, membership.from})));
  return {};
}

Result<void> end_membership(desk::Tx& tx,
                            std::int64_t area,
                            std::int64_t membership,
                            LocalDay until,
                            std::string_view ended) {
  static_cast<void>(SJ_TRY(tx.run(kEndMembership, {area, membership, until, ended})));
  return {};
}

Result<void> insert_guardianship(desk::Tx& tx,
                                 std::int64_t area,
                                 const NewGuardianship& guardianship) {
  static_cast<void>(SJ_TRY(tx.run(
      kInsertGuardianship,
      {area, guardianship.id, guardianship.pupil, guardianship.guardian, guardianship.relation,
       guardianship.position, guardianship.may_collect, tx.today()})));
  return {};
}

Result<std::optional<GuardianshipRef>> find_guardianship(sql::Reader& store,
                                                         std::int64_t area,
                                                         std::int64_t id) {
  return store.first(kFindGuardianship, {area, id}, [](const sql::Row& row) {
    return GuardianshipRef{row.integer(10), guardianship_of(row)};
  });
}

Result<void> update_guardianship(desk::Tx& tx, std::int64_t area, const GuardianshipLine& line) {
  static_cast<void>(SJ_TRY(tx.run(kUpdateGuardianship, {area, line.id, line.relation, line.position,
                                                        line.may_collect, line.until})));
  return {};
}

Result<void> insert_staff(desk::Tx& tx, std::int64_t area, const NewStaff& staff) {
  static_cast<void>(SJ_TRY(tx.run(kInsertStaff, {area, staff.id, staff.person, staff.school,
                                                 staff.post, staff.staff_no, tx.today()})));
  return {};
}

Result<void> insert_teaching(desk::Tx& tx, std::int64_t area, const NewTeaching& teaching) {
  static_cast<void>(
      SJ_TRY(tx.run(kInsertTeaching, {area, teaching.id, teaching.person, teaching.class_id,
                                      teaching.part, teaching.subject, tx.today()})));
  return {};
}

Result<std::optional<std::int64_t>> find_teaching_class(sql::Reader& store,
                                                        std::int64_t area,
                                                        std::int64_t teaching) {
  return store.first(kTeachingClass, {area, teaching},
                     [](const sql::Row& row) { return row.integer(0); });
}

Result<void> end_teaching(desk::Tx& tx, std::int64_t area, std::int64_t teaching, LocalDay until) {
  static_cast<void>(SJ_TRY(tx.run(kEndTeaching, {area, teaching, until})));
  return {};
}

}  // namespace sj::org
