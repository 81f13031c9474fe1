// What the tests of stores in this folder share; it has no tests of its own.
#include <gtest/gtest.h>

#include "kernel/api/route.h"
#include "kernel/base/check.h"
#include "kernel/codes/id_card_no.h"

#include "org/invariants.h"
#include "org/person.h"
#include "org/school_store.h"
#include "org/seals.h"
#include "org/test_district.h"

namespace sj::org {
namespace {

const sql::Statement kSealedOf{
    "SELECT sealed FROM org_sealed WHERE area_id = $1 AND person_id = $2 AND field = $3"};

std::vector<std::string> texts(sql::Connection& db, const std::string& sql) {
  std::vector<std::string> found;
  db.each_text(sql, {}, [&](const sql::Row& row) -> Result<void> {
      found.push_back(row.maybe_text(0).value_or("NULL"));
      return {};
    }).value();
  return found;
}

}  // namespace

District::District(sql::Dialect dialect) : store(dialect), db(store.connect()) {
  static_cast<void>(sql::migrate(*db, sql::migrations()).value());
  run("INSERT INTO org_area (id, code, name) VALUES (430103, '430103', '天心区')");
}

auth::Actor District::clerk() {
  auth::Actor actor;
  actor.kind = auth::ActorKind::staff;
  actor.area = kArea;
  actor.account = 71;
  actor.person = 72;
  return actor;
}

auth::Scope District::at(auth::PlaceKind kind, std::int64_t id) {
  constexpr auth::Permission kAny{100, "test.any"};
  auth::Grant grant;
  grant.what.set(100);
  grant.where = {kind, id};
  return auth::Access(kArea, {grant}).scope(kAny);
}

std::int64_t District::add_school(const std::string& name, const std::string& stages) {
  School school;
  school.id = ids.next();
  school.name = name;
  school.kind = "public";
  school.stages = stages;
  school.opened_on = LocalDay::parse("2000-09-01").value();
  tell([&](desk::Tx& tx) { return insert_school(tx, kArea, school); }).value();
  return school.id;
}

std::int64_t District::add_class(std::int64_t school, int grade, std::int64_t number) {
  const Cohort cohort = cohort_of(grade, 6, school_year_of(today()));
  Class what;
  what.id = ids.next();
  what.school_id = school;
  what.stage = cohort.stage;
  what.entry_year = cohort.entry_year;
  what.number = number;
  what.opened_on = LocalDay::parse("2024-09-01").value();
  tell([&](desk::Tx& tx) { return insert_class(tx, kArea, what); }).value();
  return what.id;
}

std::int64_t District::add_person(const std::string& name) {
  PersonFields fields;
  fields.name = name;
  fields.sex = 1;
  const std::int64_t person = ids.next();
  tell([&](desk::Tx& tx) { return insert_person(tx, kArea, person, fields); }).value();
  return person;
}

std::int64_t District::add_pupil(std::int64_t school,
                                 std::int64_t class_id,
                                 const std::string& name) {
  const std::int64_t person = add_person(name);
  NewMembership membership;
  membership.person = person;
  membership.school = school;
  membership.class_id = class_id;
  membership.from = LocalDay::parse("2026-09-01").value();
  tell([&](desk::Tx& tx) -> Result<void> {
    SJ_TRY(insert_pupil(tx, kArea, person, ""));
    return insert_membership(tx, kArea, membership);
  }).value();
  return person;
}

std::int64_t District::add_guardian(std::int64_t pupil, const std::string& name) {
  const std::int64_t guardian = add_person(name);
  add_guardianship(pupil, guardian);
  return guardian;
}

void District::add_guardianship(std::int64_t pupil, std::int64_t guardian) {
  NewGuardianship guardianship;
  guardianship.id = ids.next();
  guardianship.pupil = pupil;
  guardianship.guardian = guardian;
  guardianship.relation = "mother";
  tell([&](desk::Tx& tx) { return insert_guardianship(tx, kArea, guardianship); }).value();
}

std::int64_t District::add_staff(std::int64_t school, const std::string& name) {
  NewStaff staff;
  staff.id = ids.next();
  staff.person = add_person(name);
  staff.school = school;
  staff.post = "teacher";
  tell([&](desk::Tx& tx) { return insert_staff(tx, kArea, staff); }).value();
  return staff.person;
}

void District::add_link(std::int64_t account, std::int64_t child, std::int64_t guardian) {
  run("INSERT INTO org_family_link (area_id, account_id, child_area_id, child_id, guardian_id, "
      "linked_ms) VALUES (430103, " +
      std::to_string(account) + ", 430103, " + std::to_string(child) + ", " +
      std::to_string(guardian) + ", 5)");
}

void District::seal(std::int64_t person, std::string_view field, std::string_view value) {
  const bool findable = field == "id_number" || field == "student_no" || field == "phone";
  tell([&](desk::Tx& tx) {
    return put_sealed(tx, kArea, person, {field, value, findable});
  }).value();
}

std::string District::open(std::int64_t person, std::string_view field) {
  const auto sealed = db->first(kSealedOf, {kArea, person, field}, [](const sql::Row& row) {
                          return row.text(0);
                        }).value();
  if (!sealed) return "";
  return vault.open(*db, kArea, person, field_seal(field), *sealed).value();
}

void District::run(const std::string& sql) {
  db->begin_write().value();
  static_cast<void>(db->run_text(sql, {}).value());
  db->commit().value();
}

std::int64_t District::count(const std::string& sql) {
  std::int64_t number = 0;
  db->each_text(sql, {}, [&](const sql::Row& row) -> Result<void> {
      number = row.integer(0);
      return {};
    }).value();
  return number;
}

std::string District::dump() {
  const bool sqlite = db->dialect() == sql::Dialect::sqlite;
  const auto tables =
      texts(*db, sqlite ? "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE "
                          "'org_%' ORDER BY name"
                        : "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE "
                          "table_name LIKE 'org_%' ORDER BY 1");
  SJ_CHECK(tables.size() > 20);
  std::string all;
  for (const std::string& table : tables) {
    if (table == "org_merge") continue;
    const auto columns =
        texts(*db, sqlite ? "SELECT CASE WHEN type = 'BLOB' THEN 'hex(' || name || ')' ELSE name "
                            "END FROM pragma_table_info('" +
                                table + "')"
                          : "SELECT CASE WHEN data_type = 'bytea' THEN 'encode(' || column_name || "
                            "', ''hex'')' ELSE CAST(column_name AS TEXT) END FROM "
                            "information_schema.columns WHERE table_name = '" +
                                table + "' ORDER BY ordinal_position");
    std::string row = "'" + table + "'";
    for (const std::string& column : columns) {
      row += " || ' ' || coalesce(CAST(" + column + " AS TEXT), 'NULL')";
    }
    for (const std::string& line : texts(*db, "SELECT " + row + " FROM " + table + " ORDER BY 1")) {
      all += line + "\n";
    }
  }
  return all;
}

std::string District::broken() {
  api::Room room;
  add_invariants(room);
  std::string all;
  for (const api::Invariant& invariant : room.invariants) {
    const std::int64_t rows = db->number(*invariant.breaks, {}).value();
    if (rows != 0) all += std::string(invariant.holds) + ": " + std::to_string(rows) + "\n";
  }
  return all;
}

std::size_t District::invariants() {
  api::Room room;
  add_invariants(room);
  return room.invariants.size();
}

std::string District::search(const auth::Scope& scope,
                             std::string_view typed,
                             std::string_view kind) {
  Search search = read_search(typed, today());
  search.kind = kind;
  const auto names = [&] {
    std::string all;
    const auto lines = search_people(*db, vault, scope, search, today()).value();
    for (const PersonLine& line : lines) all += (all.empty() ? "" : " ") + line.name;
    return all;
  };
  const std::string along_keys = names();
  search.few_keys = 0;
  EXPECT_EQ(along_keys, names()) << "both ways to read find the same";
  return along_keys;
}

std::string id_number(const std::string& birth, int sequence) {
  std::string digits = "430102" + birth + std::to_string(1000 + sequence).substr(1);
  digits += codes::id_card_check_character(digits);
  return digits;
}

}  // namespace sj::org
