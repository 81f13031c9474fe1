#include "org/school_store.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "kernel/text/text.h"
#include "kernel/text/unicode.h"
#include "kernel/time/zone.h"

namespace sj::org {
namespace {

const sql::Statement kListSchools{
    "SELECT s.id, s.code, s.name, s.kind, s.stages, s.primary_years, s.street_id, t.name, s.rural, "
    "s.opened_on, s.closed_on FROM org_school s LEFT JOIN org_street t "
    "ON t.area_id = s.area_id AND t.id = s.street_id "
    "WHERE s.area_id = $1 AND ($2 = 1 OR s.id IN {{IDS $3}}) ORDER BY s.id"};
const sql::Statement kFindSchool{
    "SELECT s.id, s.code, s.name, s.kind, s.stages, s.primary_years, s.street_id, t.name, s.rural, "
    "s.opened_on, s.closed_on FROM org_school s LEFT JOIN org_street t "
    "ON t.area_id = s.area_id AND t.id = s.street_id "
    "WHERE s.area_id = $1 AND s.id = $2"};
const sql::Statement kCountPupils{
    "SELECT school_id, count(*) FROM org_membership WHERE area_id = $1 AND from_day <= $2 "
    "AND (until_day IS NULL OR until_day > $2) GROUP BY school_id"};
const sql::Statement kCountStaff{
    "SELECT school_id, count(DISTINCT person_id) FROM org_staff WHERE area_id = $1 "
    "AND from_day <= $2 AND (until_day IS NULL OR until_day > $2) GROUP BY school_id"};
const sql::Statement kCountJoined{
    "SELECT m.school_id, count(DISTINCT l.child_id) FROM org_family_link l JOIN org_membership m "
    "ON m.area_id = l.child_area_id AND m.person_id = l.child_id AND m.from_day <= $2 "
    "AND (m.until_day IS NULL OR m.until_day > $2) "
    "WHERE l.child_area_id = $1 AND l.ended_ms IS NULL GROUP BY m.school_id"};
const sql::Statement kCohorts{
    "SELECT school_id, stage, entry_year, count(*) FROM org_class WHERE area_id = $1 "
    "AND closed_on IS NULL GROUP BY school_id, stage, entry_year"};
const sql::Statement kInsertSchool{
    "INSERT INTO org_school (area_id, id, code, name, name_folded, kind, stages, primary_years, "
    "street_id, rural, opened_on, closed_on) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"};
const sql::Statement kUpdateSchool{
    "UPDATE org_school SET code = $3, name = $4, name_folded = $5, kind = $6, stages = $7, "
    "primary_years = $8, street_id = $9, rural = $10, closed_on = $11 "
    "WHERE area_id = $1 AND id = $2"};
const sql::Statement kListStreets{
    "SELECT id, code, name FROM org_street WHERE area_id = $1 ORDER BY code, id"};
const sql::Statement kInsertStreet{
    "INSERT INTO org_street (area_id, id, code, name) VALUES ($1, $2, $3, $4)"};
const sql::Statement kListTerms{
    "SELECT id, school_year, part, first_day, last_day FROM org_term WHERE area_id = $1 "
    "ORDER BY first_day DESC, id"};
const sql::Statement kInsertTerm{
    "INSERT INTO org_term (area_id, id, school_year, part, first_day, last_day) "
    "VALUES ($1, $2, $3, $4, $5, $6)"};
const sql::Statement kListClasses{
    "SELECT c.id, c.school_id, c.stage, c.entry_year, c.number, c.name, c.opened_on, c.closed_on, "
    "s.name, s.primary_years FROM org_class c JOIN org_school s "
    "ON s.area_id = c.area_id AND s.id = c.school_id WHERE c.area_id = $1 AND c.school_id = $2 "
    "AND ($3 = 1 OR c.school_id IN {{IDS $4}} OR c.id IN {{IDS $5}}) "
    "ORDER BY c.stage DESC, c.entry_year DESC, c.number, c.id"};
const sql::Statement kFindClass{
    "SELECT c.id, c.school_id, c.stage, c.entry_year, c.number, c.name, c.opened_on, c.closed_on, "
    "s.name, s.primary_years FROM org_class c JOIN org_school s "
    "ON s.area_id = c.area_id AND s.id = c.school_id WHERE c.area_id = $1 AND c.id = $2"};
const sql::Statement kClassPupils{
    "SELECT class_id, count(*) FROM org_membership WHERE area_id = $1 AND school_id = $2 "
    "AND class_id IS NOT NULL AND from_day <= $3 AND (until_day IS NULL OR until_day > $3) "
    "GROUP BY class_id"};
const sql::Statement kClassJoined{
    "SELECT m.class_id, count(DISTINCT l.child_id) FROM org_family_link l JOIN org_membership m "
    "ON m.area_id = l.child_area_id AND m.person_id = l.child_id AND m.from_day <= $3 "
    "AND (m.until_day IS NULL OR m.until_day > $3) "
    "WHERE l.child_area_id = $1 AND l.ended_ms IS NULL AND m.school_id = $2 "
    "AND m.class_id IS NOT NULL GROUP BY m.class_id"};
const sql::Statement kHomerooms{
    "SELECT t.class_id, t.person_id, n.name FROM org_teaching t "
    "JOIN org_class c ON c.area_id = t.area_id AND c.id = t.class_id "
    "JOIN org_person n ON n.area_id = t.area_id AND n.id = t.person_id "
    "WHERE t.area_id = $1 AND c.school_id = $2 AND t.part = 'homeroom' AND t.from_day <= $3 "
    "AND (t.until_day IS NULL OR t.until_day > $3) ORDER BY t.class_id, t.from_day, t.id"};
const sql::Statement kInsertClass{
    "INSERT INTO org_class (area_id, id, school_id, stage, entry_year, number, name, opened_on) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"};
const sql::Statement kUpdateClass{
    "UPDATE org_class SET name = $3, closed_on = $4 WHERE area_id = $1 AND id = $2"};

// What needs a person: each gives (school, count).
const sql::Statement kOpenLeavers{
    "SELECT m.school_id, count(*) FROM org_leaver l JOIN org_membership m "
    "ON m.area_id = l.area_id AND m.id = l.membership_id "
    "WHERE l.area_id = $1 AND l.decided_ms IS NULL AND m.until_day IS NULL GROUP BY m.school_id"};
const sql::Statement kOpenMerges{
    "SELECT coalesce(m.school_id, 0), count(DISTINCT g.id) FROM org_merge g "
    "LEFT JOIN org_membership m ON m.area_id = g.area_id AND m.person_id = g.kept_id "
    "AND m.until_day IS NULL WHERE g.area_id = $1 AND g.state = 'proposed' GROUP BY m.school_id"};
const sql::Statement kOpenRequests{
    "SELECT coalesce(m.school_id, 0), count(DISTINCT r.id) FROM org_request r "
    "LEFT JOIN org_membership m ON m.area_id = r.area_id AND m.person_id = r.pupil_id "
    "AND m.until_day IS NULL WHERE r.area_id = $1 AND r.decided_ms IS NULL GROUP BY m.school_id"};
const sql::Statement kOpenDataGrants{
    "SELECT school_id, count(*) FROM (SELECT COALESCE(CASE g.place_kind "
    "WHEN 'school' THEN g.place_id "
    "WHEN 'class' THEN (SELECT c.school_id FROM org_class c "
    "WHERE c.area_id = g.area_id AND c.id = g.place_id) "
    "WHEN 'pupil' THEN (SELECT min(m.school_id) FROM org_membership m "
    "WHERE m.area_id = g.area_id AND m.person_id = g.place_id AND m.until_day IS NULL) END, 0) "
    "AS school_id FROM org_data_grant g WHERE g.area_id = $1 AND g.decided_ms IS NULL "
    "AND g.until_ms > $2) asked GROUP BY school_id"};
const sql::Statement kNoClass{
    "SELECT school_id, count(*) FROM org_membership WHERE area_id = $1 AND until_day IS NULL "
    "AND class_id IS NULL GROUP BY school_id"};
const sql::Statement kNoGuardian{
    "SELECT m.school_id, count(*) FROM org_membership m WHERE m.area_id = $1 "
    "AND m.until_day IS NULL AND NOT EXISTS (SELECT 1 FROM org_guardianship g "
    "WHERE g.area_id = m.area_id AND g.pupil_id = m.person_id AND g.until_day IS NULL) "
    "GROUP BY m.school_id"};
const sql::Statement kExpiring{
    "SELECT m.school_id, count(*) FROM org_invitation i JOIN org_membership m "
    "ON m.area_id = i.area_id AND m.person_id = i.pupil_id AND m.until_day IS NULL "
    "WHERE i.area_id = $1 AND i.redeemed_ms IS NULL AND i.revoked_ms IS NULL "
    "AND i.expires_ms > $2 AND i.expires_ms < $3 GROUP BY m.school_id"};
const sql::Statement kOddJoins{
    "SELECT m.school_id, count(*) FROM org_family_link l JOIN org_membership m "
    "ON m.area_id = $1 AND m.person_id = l.child_id AND m.until_day IS NULL "
    "WHERE l.child_area_id = $1 AND l.ended_ms IS NULL AND l.confirmed_ms IS NULL "
    "AND l.odd <> '' GROUP BY m.school_id"};
const sql::Statement kNewcomers{
    "SELECT m.school_id, count(*) FROM org_family_link l JOIN org_membership m "
    "ON m.area_id = $1 AND m.person_id = l.child_id AND m.until_day IS NULL "
    "WHERE l.child_area_id = $1 AND l.ended_ms IS NULL AND l.confirmed_ms IS NULL "
    "AND l.odd = '' GROUP BY m.school_id"};
const sql::Statement kOpenImports{
    "SELECT school_id, count(*) FROM org_import WHERE area_id = $1 AND state = 'preview' "
    "GROUP BY school_id"};
const sql::Statement kClassesWithoutHomeroom{
    "SELECT c.school_id, c.stage, c.entry_year, s.primary_years, count(*) FROM org_class c "
    "JOIN org_school s ON s.area_id = c.area_id AND s.id = c.school_id "
    "WHERE c.area_id = $1 AND c.closed_on IS NULL AND NOT EXISTS (SELECT 1 FROM org_teaching t "
    "WHERE t.area_id = c.area_id AND t.class_id = c.id AND t.part = 'homeroom' "
    "AND t.from_day <= $2 AND (t.until_day IS NULL OR t.until_day > $2)) "
    "GROUP BY c.school_id, c.stage, c.entry_year, s.primary_years"};

School school_of(const sql::Row& row) {
  School school;
  school.id = row.integer(0);
  school.code = row.text(1);
  school.name = row.text(2);
  school.kind = row.text(3);
  school.stages = row.text(4);
  school.primary_years = static_cast<int>(row.integer(5));
  school.street_id = row.integer(6);
  school.street = row.maybe_text(7).value_or("");
  school.rural = row.flag(8);
  school.opened_on = row.day(9);
  school.closed_on = row.maybe_day(10);
  return school;
}

Class class_of(const sql::Row& row) {
  Class what;
  what.id = row.integer(0);
  what.school_id = row.integer(1);
  what.stage = stage_of(row.bytes(2)).value_or(Stage::primary);
  what.entry_year = static_cast<int>(row.integer(3));
  what.number = row.integer(4);
  what.own_name = row.text(5);
  what.opened_on = row.day(6);
  what.closed_on = row.maybe_day(7);
  what.school = row.text(8);
  what.primary_years = static_cast<int>(row.integer(9));
  return what;
}

// Fills one figure of many things from rows of (id, count).
Result<std::map<std::int64_t, std::int64_t>> figures(sql::Reader& store,
                                                     const sql::Statement& statement,
                                                     sql::Binds binds) {
  std::map<std::int64_t, std::int64_t> found;
  SJ_TRY(store.each(statement, binds, [&](const sql::Row& row) -> Result<void> {
    found[row.integer(0)] += row.integer(1);
    return {};
  }));
  return found;
}

std::int64_t figure(const std::map<std::int64_t, std::int64_t>& figures, std::int64_t id) {
  const auto found = figures.find(id);
  return found == figures.end() ? 0 : found->second;
}

Result<void> fill_class_figures(sql::Reader& store,
                                std::int64_t area,
                                std::int64_t school,
                                LocalDay today,
                                std::vector<Class>& classes) {
  const auto pupils = SJ_TRY(figures(store, kClassPupils, {area, school, today}));
  const auto joined = SJ_TRY(figures(store, kClassJoined, {area, school, today}));
  for (Class& what : classes) {
    what.pupils = figure(pupils, what.id);
    what.joined_pupils = figure(joined, what.id);
  }
  return store.each(kHomerooms, {area, school, today}, [&](const sql::Row& row) -> Result<void> {
    for (Class& what : classes) {
      if (what.id != row.integer(0)) continue;
      what.homeroom_id = row.integer(1);
      what.homeroom = row.text(2);
    }
    return {};
  });
}

Error taken(const Error& error, std::string code, const std::string& what) {
  if (error.code != "sql.duplicate") return error;
  return {ErrorKind::conflict, std::move(code), what};
}

auth::Target target_of(const auth::Scope& scope, std::int64_t school, std::int64_t class_id) {
  auth::Target target;
  target.area = scope.area();
  target.school = school;
  target.class_id = class_id;
  return target;
}

}  // namespace

Result<std::vector<School>> list_schools(sql::Reader& store,
                                         const auth::Scope& scope,
                                         LocalDay today) {
  const std::int64_t area = scope.area();
  std::vector<School> schools = SJ_TRY(
      store.all(kListSchools, {area, scope.everywhere(), sql::Ids{scope.schools()}}, school_of));
  if (schools.empty()) return schools;
  const auto pupils = SJ_TRY(figures(store, kCountPupils, {area, today}));
  const auto staff = SJ_TRY(figures(store, kCountStaff, {area, today}));
  const auto joined = SJ_TRY(figures(store, kCountJoined, {area, today}));
  std::map<std::int64_t, School*> by_id;
  for (School& school : schools) {
    by_id[school.id] = &school;
    school.counts.pupils = figure(pupils, school.id);
    school.counts.staff = figure(staff, school.id);
    school.counts.joined_pupils = figure(joined, school.id);
  }
  const int year = school_year_of(today);
  SJ_TRY(store.each(kCohorts, {area}, [&](const sql::Row& row) -> Result<void> {
    const auto found = by_id.find(row.integer(0));
    if (found == by_id.end()) return {};
    const auto grade =
        grade_of(stage_of(row.bytes(1)).value_or(Stage::primary), static_cast<int>(row.integer(2)),
                 found->second->primary_years, year);
    if (grade) found->second->counts.classes += row.integer(3);
    return {};
  }));
  return schools;
}

Result<std::optional<School>> find_school(sql::Reader& store,
                                          const auth::Scope& scope,
                                          std::int64_t school) {
  if (!scope.covers(target_of(scope, school, 0))) return std::optional<School>();
  return store.first(kFindSchool, {scope.area(), school}, school_of);
}

Result<void> insert_school(desk::Tx& tx, std::int64_t area, const School& school) {
  const auto inserted =
      tx.run(kInsertSchool, {area, school.id, school.code, school.name, text::fold(school.name),
                             school.kind, school.stages, school.primary_years, school.street_id,
                             school.rural, school.opened_on, school.closed_on});
  if (!inserted.ok()) return taken(inserted.error(), "org.school_exists", school.name);
  return {};
}

Result<void> update_school(desk::Tx& tx, std::int64_t area, const School& school) {
  const auto updated =
      tx.run(kUpdateSchool, {area, school.id, school.code, school.name, text::fold(school.name),
                             school.kind, school.stages, school.primary_years, school.street_id,
                             school.rural, school.closed_on});
  if (!updated.ok()) return taken(updated.error(), "org.school_exists", school.name);
  return {};
}

Result<std::vector<Street>> list_streets(sql::Reader& store, std::int64_t area) {
  return store.all(kListStreets, {area}, [](const sql::Row& row) {
    return Street{row.integer(0), row.text(1), row.text(2)};
  });
}

Result<void> insert_street(desk::Tx& tx, std::int64_t area, const Street& street) {
  static_cast<void>(SJ_TRY(tx.run(kInsertStreet, {area, street.id, street.code, street.name})));
  return {};
}

Result<std::vector<Term>> list_terms(sql::Reader& store, std::int64_t area) {
  return store.all(kListTerms, {area}, [](const sql::Row& row) {
    return Term{row.integer(0), row.integer(1), row.integer(2), row.day(3), row.day(4)};
  });
}

Result<void> insert_term(desk::Tx& tx, std::int64_t area, const Term& term) {
  const auto inserted = tx.run(
      kInsertTerm, {area, term.id, term.school_year, term.part, term.first_day, term.last_day});
  if (!inserted.ok()) return taken(inserted.error(), "org.term_exists", "");
  return {};
}

Result<std::vector<Class>> list_classes(sql::Reader& store,
                                        const auth::Scope& scope,
                                        std::int64_t school,
                                        LocalDay today) {
  std::vector<Class> classes =
      SJ_TRY(store.all(kListClasses,
                       {scope.area(), school, scope.everywhere(), sql::Ids{scope.schools()},
                        sql::Ids{scope.classes()}},
                       class_of));
  SJ_TRY(fill_class_figures(store, scope.area(), school, today, classes));
  return classes;
}

Result<std::optional<Class>> find_class(sql::Reader& store,
                                        const auth::Scope& scope,
                                        std::int64_t class_id,
                                        LocalDay today) {
  auto found = SJ_TRY(store.first(kFindClass, {scope.area(), class_id}, class_of));
  if (!found || !scope.covers(target_of(scope, found->school_id, class_id))) {
    return std::optional<Class>();
  }
  std::vector<Class> one{*found};
  SJ_TRY(fill_class_figures(store, scope.area(), found->school_id, today, one));
  return std::optional<Class>(one.front());
}

Result<void> insert_class(desk::Tx& tx, std::int64_t area, const Class& what) {
  const auto inserted =
      tx.run(kInsertClass, {area, what.id, what.school_id, name_of(what.stage), what.entry_year,
                            what.number, what.own_name, what.opened_on});
  if (!inserted.ok()) return taken(inserted.error(), "org.class_exists", "");
  return {};
}

Result<void> update_class(desk::Tx& tx, std::int64_t area, const Class& what) {
  static_cast<void>(SJ_TRY(tx.run(kUpdateClass, {area, what.id, what.own_name, what.closed_on})));
  return {};
}

Result<std::vector<Exception>> list_exceptions(sql::Reader& store,
                                               const auth::Scope& scope,
                                               Instant now) {
  constexpr std::int64_t kWeekMs = 7LL * 24 * 60 * 60 * 1000;
  const std::int64_t area = scope.area();
  const LocalDay today = day_of(now);
  std::vector<Exception> exceptions;
  const auto add = [&](std::string_view kind,
                       const std::map<std::int64_t, std::int64_t>& by_school) {
    for (const auto& [school, count] : by_school) {
      // What belongs to no school is the district's.
      const bool mine =
          school == 0 ? scope.everywhere() : scope.covers(target_of(scope, school, 0));
      if (mine) exceptions.push_back({std::string(kind), count, school});
    }
  };
  const auto add_from = [&](std::string_view kind, const sql::Statement& statement,
                            sql::Binds binds) -> Result<void> {
    const auto by_school = SJ_TRY(figures(store, statement, binds));
    add(kind, by_school);
    return {};
  };
  // In order of harm to a child.
  SJ_TRY(add_from("odd_joins", kOddJoins, {area}));
  SJ_TRY(add_from("requests", kOpenRequests, {area}));
  SJ_TRY(add_from("newcomers", kNewcomers, {area}));
  SJ_TRY(add_from("no_class", kNoClass, {area}));
  SJ_TRY(add_from("no_guardian", kNoGuardian, {area}));
  SJ_TRY(add_from("data_grants", kOpenDataGrants, {area, now}));
  SJ_TRY(add_from("leavers", kOpenLeavers, {area}));
  SJ_TRY(add_from("merges", kOpenMerges, {area}));
  std::map<std::int64_t, std::int64_t> without_homeroom;
  SJ_TRY(
      store.each(kClassesWithoutHomeroom, {area, today}, [&](const sql::Row& row) -> Result<void> {
        const auto grade = grade_of(stage_of(row.bytes(1)).value_or(Stage::primary),
                                    static_cast<int>(row.integer(2)),
                                    static_cast<int>(row.integer(3)), school_year_of(today));
        if (grade) without_homeroom[row.integer(0)] += row.integer(4);
        return {};
      }));
  add("no_homeroom", without_homeroom);
  SJ_TRY(add_from("imports", kOpenImports, {area}));
  SJ_TRY(add_from("invitations_expiring", kExpiring, {area, now, Instant(now.utc_ms() + kWeekMs)}));
  return exceptions;
}

}  // namespace sj::org
