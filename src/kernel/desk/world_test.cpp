// What the tests of this folder share; it has no tests of its own.
#include <utility>

#include "kernel/desk/test_world.h"

namespace sj::desk {
namespace {

const char* const kRoom = R"(
CREATE TABLE test_pupil (
  area_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (area_id, id),
  UNIQUE (area_id, name)
) {{STRICT}};
)";

const sql::Statement kInsert{"INSERT INTO test_pupil (area_id, id, name) VALUES ($1, $2, $3)"};
const sql::Statement kNames{"SELECT name FROM test_pupil ORDER BY id"};

}  // namespace

World::World(sql::Dialect dialect) : store(dialect) {
  const auto db = store.connect();
  static_cast<void>(sql::migrate(*db, sql::migrations()).value());
  db->script(kRoom).value();
}

std::unique_ptr<Desk> World::open_desk(DeskLimits limits) {
  return std::make_unique<Desk>(store.connect(), context, limits);
}

std::unique_ptr<sql::Connection> World::reader() {
  return store.connect(sql::Mode::read);
}

std::string World::names() {
  std::string all;
  reader()
      ->each(kNames, {},
             [&](const sql::Row& row) -> Result<void> {
               all += (all.empty() ? "" : " ") + row.text(0);
               return {};
             })
      .value();
  return all;
}

std::int64_t World::number(const sql::Statement& statement, sql::Binds binds) {
  return reader()->number(statement, binds).value();
}

void World::tamper(const sql::Statement& statement, sql::Binds binds) {
  const auto db = store.connect();
  db->begin_write().value();
  static_cast<void>(db->run(statement, binds).value());
  db->commit().value();
}

auth::Actor clerk() {
  auth::Actor actor;
  actor.kind = auth::ActorKind::staff;
  actor.area = kArea;
  actor.account = 71;
  actor.person = 72;
  return actor;
}

Result<void> add_unaudited(Tx& tx, const std::string& name) {
  static_cast<void>(SJ_TRY(tx.run(kInsert, {kArea, tx.new_id(), name})));
  return {};
}

Result<void> add(Tx& tx, const std::string& name) {
  SJ_TRY(add_unaudited(tx, name));
  return tx.audit(kArea, entry_of(1));
}

Entry entry_of(std::int64_t school, std::string action) {
  Entry entry;
  entry.school = school;
  entry.action = std::move(action);
  entry.subject_kind = "pupil";
  entry.subject = 9;
  entry.detail = R"({"grade":3})";
  return entry;
}

std::string code_of(const Result<void>& result) {
  return result.ok() ? "ok" : result.error().code;
}

}  // namespace sj::desk
