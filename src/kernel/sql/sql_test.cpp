#include "kernel/sql/sql.h"

#include <cstdint>
#include <fstream>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/stat.h>

#include "kernel/base/check.h"
#include "kernel/sql/fresh_store.h"

namespace sj::sql {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

const char* const kSchema = R"(
CREATE TABLE kernel_pupil (
  area_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  name TEXT NOT NULL,
  born TEXT,
  photo {{BLOB}},
  grade SMALLINT NOT NULL CHECK (grade BETWEEN 1 AND 9),
  PRIMARY KEY (area_id, id),
  UNIQUE (area_id, name)
) {{STRICT}};
CREATE TABLE kernel_wish (
  area_id BIGINT NOT NULL,
  pupil_id BIGINT NOT NULL,
  rank BIGINT NOT NULL,
  PRIMARY KEY (area_id, pupil_id, rank),
  FOREIGN KEY (area_id, pupil_id) REFERENCES kernel_pupil (area_id, id)
) {{STRICT}};
)";

const Statement kInsert{
    "INSERT INTO kernel_pupil (area_id, id, name, born, photo, grade) "
    "VALUES ($1, $2, $3, $4, $5, $6)"};
const Statement kInsertIfNew{
    "INSERT INTO kernel_pupil (area_id, id, name, grade) VALUES (1, $1, $2, 1) "
    "ON CONFLICT DO NOTHING"};
const Statement kInsertWish{"INSERT INTO kernel_wish (area_id, pupil_id, rank) VALUES (1, $1, $2)"};
const Statement kFind{
    "SELECT id, name, born, photo, grade FROM kernel_pupil WHERE area_id = $1 AND id = $2"};
const Statement kNames{"SELECT name FROM kernel_pupil WHERE area_id = 1 ORDER BY name, id"};
const Statement kCount{"SELECT count(*) FROM kernel_pupil"};
const Statement kFindMany{
    "SELECT id FROM kernel_pupil WHERE area_id = $1 AND id IN {{IDS $2}} ORDER BY id"};
const Statement kRename{"UPDATE kernel_pupil SET name = $2 WHERE area_id = 1 AND id = $1"};
const Statement kRaise{
    "UPDATE kernel_pupil SET grade = grade + 1 WHERE area_id = 1 RETURNING id, grade"};
const Statement kDelete{"DELETE FROM kernel_pupil WHERE area_id = 1"};
const Statement kSwapped{
    "SELECT CAST($2 AS BIGINT), CAST($1 AS BIGINT), CAST($2 AS BIGINT) + CAST($3 AS BIGINT)"};
const Statement kLargest{"SELECT max(id) FROM kernel_pupil"};
const Statement kTextLike{
    "SELECT count(*) FROM kernel_pupil WHERE area_id = 1 AND name LIKE $1 ESCAPE '!'"};
const Statement kMissingTable{"SELECT id FROM kernel_nothing WHERE id = $1"};
const Statement kTypes{
    "SELECT CAST(7 AS SMALLINT), CAST(-8 AS INTEGER), CAST(9 AS BIGINT), 1 = 1, 1 = 2, 'x', NULL"};
const Statement kSum{"SELECT sum(id) FROM kernel_pupil"};

std::string code_of(const Result<void>& result) {
  return result.ok() ? "ok" : result.error().code;
}
template <class T>
std::string code_of(const Result<T>& result) {
  return result.ok() ? "ok" : result.error().code;
}

/// Each test on each engine, on a store of its own.
class Sql : public testing::TestWithParam<Dialect> {
 protected:
  void SetUp() override {
    if (!FreshStore::available(GetParam())) GTEST_SKIP() << "SJ_TEST_PG is not set";
    store_ = std::make_unique<FreshStore>(GetParam());
    writer_ = store_->connect();
    const auto made = writer_->script(kSchema);
    ASSERT_TRUE(made.ok()) << made.error().detail;
  }

  Connection& db() { return *writer_; }
  FreshStore& store() { return *store_; }

  Result<std::int64_t> insert(std::int64_t id, const std::string& name, int grade = 1) {
    return db().run(kInsert, {1, id, name, nullptr, nullptr, grade});
  }
  std::int64_t count() { return db().number(kCount, {}).value(); }
  std::int64_t count_elsewhere() { return store().connect(Mode::read)->number(kCount, {}).value(); }

 private:
  std::unique_ptr<FreshStore> store_;
  std::unique_ptr<Connection> writer_;
};

INSTANTIATE_TEST_SUITE_P(On,
                         Sql,
                         testing::Values(Dialect::sqlite, Dialect::postgres),
                         [](const auto& engine) {
                           return engine.param == Dialect::sqlite ? "sqlite" : "postgres";
                         });

struct Pupil {
  std::int64_t id;
  std::string name;
  std::optional<LocalDay> born;
  std::optional<std::string> photo;
  std::int64_t grade;
};

Pupil make_pupil(const Row& row) {
  return Pupil{row.integer(0), row.text(1), row.maybe_day(2), row.maybe_text(3), row.integer(4)};
}

TEST_P(Sql, keeps_what_it_is_given) {
  const std::string photo("\0\xff\x01 '\\", 6);
  const LocalDay born = LocalDay::create(2015, 2, 28).value();
  EXPECT_EQ(1, db().run(kInsert, {1, kMax, "张三 ' \" \\ ;", born, Blob{photo}, 9}).value());
  EXPECT_EQ(1, db().run(kInsert, {1, kMin, "", nullptr, Blob{}, 1}).value());

  const auto full = db().first(kFind, {1, kMax}, make_pupil).value();
  ASSERT_TRUE(full.has_value());
  EXPECT_EQ(kMax, full->id);
  EXPECT_EQ("张三 ' \" \\ ;", full->name);
  EXPECT_EQ(born, full->born);
  EXPECT_EQ(photo, full->photo);
  EXPECT_EQ(9, full->grade);

  const auto bare = db().first(kFind, {1, kMin}, make_pupil).value();
  ASSERT_TRUE(bare.has_value());
  EXPECT_EQ(kMin, bare->id);
  EXPECT_EQ("", bare->name);
  EXPECT_FALSE(bare->born.has_value());
  EXPECT_EQ("", bare->photo);  // empty is not NULL

  EXPECT_FALSE(db().first(kFind, {2, kMax}, make_pupil).value().has_value());
}

TEST_P(Sql, keeps_any_number_and_any_bytes) {
  rc::check([&](std::int64_t id, const std::vector<std::uint8_t>& bytes) {
    ASSERT_TRUE(db().begin_write().ok());
    const std::string photo(bytes.begin(), bytes.end());
    RC_ASSERT(db().run(kInsert, {1, id, "x", nullptr, Blob{photo}, 1}).ok());
    const auto found = db().first(kFind, {1, id}, make_pupil).value();
    RC_ASSERT(found.has_value());
    RC_ASSERT(found->id == id);
    RC_ASSERT(found->photo == photo);
    db().rollback();
  });
}

TEST_P(Sql, matches_parameters_by_their_number) {
  std::vector<std::int64_t> found;
  ASSERT_TRUE(db().each(kSwapped, {1, 20, 300},
                        [&](const Row& row) -> Result<void> {
                          found = {row.integer(0), row.integer(1), row.integer(2)};
                          return {};
                        })
                  .ok());
  EXPECT_EQ((std::vector<std::int64_t>{20, 1, 320}), found);
}

TEST_P(Sql, takes_lists_of_ids) {
  for (const std::int64_t id : {1, 2, 3, 4}) ASSERT_TRUE(insert(id, std::to_string(id)).ok());
  const auto ids = [&](const std::vector<std::int64_t>& wanted) {
    return db()
        .all(kFindMany, {1, Ids{wanted}}, [](const Row& row) { return row.integer(0); })
        .value();
  };
  EXPECT_EQ((std::vector<std::int64_t>{2, 4}), ids({4, 2, 9, kMax, kMin}));
  EXPECT_TRUE(ids({}).empty());
  std::vector<std::int64_t> many(5000, 3);
  EXPECT_EQ((std::vector<std::int64_t>{3}), ids(many));
}

TEST_P(Sql, counts_changed_rows_and_returns_them) {
  ASSERT_TRUE(insert(1, "a").ok());
  ASSERT_TRUE(insert(2, "b", 3).ok());
  EXPECT_EQ(0, db().run(kInsertIfNew, {1, "c"}).value());
  EXPECT_EQ(0, db().run(kRename, {9, "x"}).value());
  EXPECT_EQ(1, db().run(kRename, {2, "x"}).value());
  std::int64_t grades = 0;
  ASSERT_TRUE(db().each(kRaise, {},
                        [&](const Row& row) -> Result<void> {
                          grades += row.integer(0) * 10 + row.integer(1);
                          return {};
                        })
                  .ok());
  EXPECT_EQ(10 + 2 + 20 + 4, grades);
  EXPECT_EQ(2, db().run(kRaise, {}).value());
  EXPECT_EQ(2, db().run(kDelete, {}).value());
  EXPECT_EQ(0, db().run(kDelete, {}).value());
}

TEST_P(Sql, number_takes_null_and_no_row_for_nought) {
  EXPECT_EQ(0, db().number(kLargest, {}).value());
  EXPECT_EQ(0, db().number(kFind, {1, 1}).value());
  ASSERT_TRUE(insert(5, "a").ok());
  EXPECT_EQ(5, db().number(kLargest, {}).value());
}

TEST_P(Sql, reads_the_common_types_and_no_other_way) {
  int rows = 0;
  ASSERT_TRUE(db().each(kTypes, {},
                        [&](const Row& row) -> Result<void> {
                          ++rows;
                          EXPECT_EQ(7, row.integer(0));
                          EXPECT_EQ(-8, row.integer(1));
                          EXPECT_EQ(9, row.integer(2));
                          EXPECT_TRUE(row.flag(3));
                          EXPECT_FALSE(row.flag(4));
                          EXPECT_EQ("x", row.text(5));
                          EXPECT_TRUE(row.is_null(6));
                          EXPECT_EQ(std::nullopt, row.maybe_integer(6));
                          EXPECT_EQ(std::nullopt, row.maybe_text(6));
                          EXPECT_FALSE(row.is_null(0));
                          EXPECT_THROW(static_cast<void>(row.integer(5)), InvariantBroken);
                          EXPECT_THROW(static_cast<void>(row.integer(6)), InvariantBroken);
                          EXPECT_THROW(static_cast<void>(row.bytes(0)), InvariantBroken);
                          EXPECT_THROW(static_cast<void>(row.bytes(6)), InvariantBroken);
                          EXPECT_THROW(static_cast<void>(row.integer(7)), InvariantBroken);
                          EXPECT_THROW(static_cast<void>(row.integer(-1)), InvariantBroken);
                          EXPECT_THROW(static_cast<void>(row.is_null(7)), InvariantBroken);
                          return {};
                        })
                  .ok());
  EXPECT_EQ(1, rows);
}

TEST_P(Sql, sorts_text_by_code_point_and_tells_cases_apart) {
  int id = 0;
  for (const char* name : {"b", "a", "B", "_", "中", "é", "a b", "ab"}) {
    ASSERT_TRUE(insert(++id, name).ok());
  }
  EXPECT_EQ((std::vector<std::string>{"B", "_", "a", "a b", "ab", "b", "é", "中"}),
            db().all(kNames, {}, [](const Row& row) { return row.text(0); }).value());
  EXPECT_EQ(3, db().number(kTextLike, {"a%"}).value());
  EXPECT_EQ(1, db().number(kTextLike, {"B"}).value());
  EXPECT_EQ(1, db().number(kTextLike, {"!_"}).value());
}

TEST_P(Sql, names_the_key_that_is_taken) {
  ASSERT_TRUE(insert(1, "a").ok());
  const auto by_name = insert(2, "a");
  ASSERT_EQ("sql.duplicate", code_of(by_name));
  EXPECT_EQ(ErrorKind::conflict, by_name.error().kind);
  EXPECT_EQ("taken already: kernel_pupil (area_id, name)", by_name.error().detail);
  const auto by_id = insert(1, "b");
  ASSERT_EQ("sql.duplicate", code_of(by_id));
  EXPECT_EQ("taken already: kernel_pupil (area_id, id)", by_id.error().detail);
  EXPECT_EQ(1, count());
}

TEST_P(Sql, refuses_what_constraints_forbid_without_repeating_values) {
  const auto grade = insert(1, "secret", 10);
  EXPECT_EQ("sql.refused", code_of(grade));
  EXPECT_EQ(ErrorKind::internal, grade.error().kind);
  EXPECT_EQ(std::string::npos, grade.error().detail.find("secret")) << grade.error().detail;
  const auto null = db().run(kInsert, {1, 1, nullptr, nullptr, nullptr, 1});
  EXPECT_EQ("sql.refused", code_of(null));
  const auto orphan = db().run(kInsertWish, {4711, 1});
  EXPECT_EQ("sql.refused", code_of(orphan));
  EXPECT_EQ(std::string::npos, orphan.error().detail.find("4711")) << orphan.error().detail;
  EXPECT_EQ(0, count());
}

TEST_P(Sql, does_not_take_text_for_a_number) {
  const auto wrong = db().run(kInsert, {1, "hidden", "a", nullptr, nullptr, 1});
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(std::string::npos, wrong.error().detail.find("hidden")) << wrong.error().detail;
  EXPECT_EQ(0, count());
}

TEST_P(Sql, refuses_text_that_is_none) {
  using namespace std::string_literals;
  EXPECT_EQ("sql.refused", code_of(insert(1, "a\0b"s)));
  EXPECT_EQ("sql.refused", code_of(insert(1, "\xff")));
  EXPECT_EQ("sql.refused", code_of(insert(1, "\xed\xa0\x80")));
  EXPECT_EQ(0, count());
}

TEST_P(Sql, a_wrong_statement_is_our_fault_and_is_named) {
  const auto missing = db().number(kMissingTable, {1});
  ASSERT_EQ("sql.failed", code_of(missing));
  EXPECT_EQ(ErrorKind::internal, missing.error().kind);
  EXPECT_NE(std::string::npos, missing.error().detail.find("SELECT id FROM kernel_nothing"));
  EXPECT_EQ("sql.failed", code_of(db().prepare(kMissingTable)));
  EXPECT_TRUE(db().prepare(kFind).ok());
  EXPECT_THROW(static_cast<void>(db().number(kFind, {1})), InvariantBroken);
  EXPECT_THROW(static_cast<void>(db().number(kFind, {1, 2, 3})), InvariantBroken);
  EXPECT_THROW(static_cast<void>(db().run(kFind, {1, 2})), InvariantBroken);
  EXPECT_EQ(0, db().number(kFind, {1, 2}).value());
}

TEST_P(Sql, a_row_may_ask_other_statements_but_not_its_own) {
  for (const std::int64_t id : {1, 2, 3}) ASSERT_TRUE(insert(id, std::to_string(id)).ok());
  std::int64_t seen = 0;
  ASSERT_TRUE(db().each(kNames, {},
                        [&](const Row& row) -> Result<void> {
                          const std::int64_t id = std::stoll(row.text(0));
                          seen += SJ_TRY(db().number(kFind, {1, id}));
                          static_cast<void>(SJ_TRY(db().run(kInsertWish, {id, 1})));
                          EXPECT_EQ(std::to_string(id), row.text(0));
                          return {};
                        })
                  .ok());
  EXPECT_EQ(6, seen);
  const auto nested = [&] {
    return db().each(kNames, {}, [&](const Row&) {
      return db().each(kNames, {}, [](const Row&) -> Result<void> { return {}; });
    });
  };
  EXPECT_THROW(static_cast<void>(nested()), InvariantBroken);
  EXPECT_EQ(3U, db().all(kNames, {}, [](const Row& row) { return row.text(0); }).value().size());
}

TEST_P(Sql, an_error_or_fault_of_a_row_ends_the_query) {
  for (const std::int64_t id : {1, 2, 3}) ASSERT_TRUE(insert(id, std::to_string(id)).ok());
  for (int round = 0; round < 2; ++round) {
    int rows = 0;
    const auto ended = db().each(kNames, {}, [&](const Row&) -> Result<void> {
      if (++rows == 2) return Error{ErrorKind::limited, "sql.test", ""};
      return {};
    });
    EXPECT_EQ("sql.test", code_of(ended));
    EXPECT_EQ(2, rows);
    EXPECT_THROW(static_cast<void>(db().each(kNames, {},
                                             [](const Row&) -> Result<void> {
                                               SJ_CHECK(1 == 2);
                                               return {};
                                             })),
                 InvariantBroken);
  }
}

TEST_P(Sql, commits_and_rolls_back) {
  ASSERT_TRUE(db().begin_write().ok());
  ASSERT_TRUE(insert(1, "a").ok());
  EXPECT_EQ(1, count());
  EXPECT_EQ(0, count_elsewhere());
  ASSERT_TRUE(db().commit().ok());
  EXPECT_EQ(1, count_elsewhere());

  ASSERT_TRUE(db().begin_write().ok());
  ASSERT_TRUE(insert(2, "b").ok());
  db().rollback();
  db().rollback();
  EXPECT_EQ(1, count());
  EXPECT_THROW(static_cast<void>(db().commit()), InvariantBroken);
}

TEST_P(Sql, a_savepoint_undoes_one_unit_of_a_group) {
  ASSERT_TRUE(db().begin_write().ok());
  ASSERT_TRUE(db().savepoint().ok());
  ASSERT_TRUE(insert(1, "a").ok());
  ASSERT_TRUE(db().release_savepoint().ok());
  ASSERT_TRUE(db().savepoint().ok());
  ASSERT_TRUE(insert(2, "b").ok());
  ASSERT_EQ("sql.duplicate", code_of(insert(3, "b")));
  ASSERT_TRUE(db().rollback_to_savepoint().ok());
  ASSERT_TRUE(db().savepoint().ok());
  ASSERT_TRUE(insert(4, "c").ok());
  ASSERT_TRUE(db().release_savepoint().ok());
  ASSERT_TRUE(db().commit().ok());
  EXPECT_EQ((std::vector<std::string>{"a", "c"}),
            db().all(kNames, {}, [](const Row& row) { return row.text(0); }).value());
}

TEST_P(Sql, an_error_spoils_its_transaction) {
  ASSERT_TRUE(db().begin_write().ok());
  ASSERT_TRUE(insert(1, "a").ok());
  ASSERT_EQ("sql.refused", code_of(insert(2, "b", 77)));
  EXPECT_EQ("sql.failed", code_of(insert(3, "c")));
  EXPECT_EQ("sql.failed", code_of(db().number(kCount, {})));
  EXPECT_EQ("sql.failed", code_of(db().savepoint()));
  EXPECT_EQ("sql.failed", code_of(db().commit()));
  EXPECT_EQ(0, count());
  ASSERT_TRUE(db().begin_write().ok());
  ASSERT_TRUE(insert(1, "a").ok());
  ASSERT_TRUE(db().commit().ok());
  EXPECT_EQ(1, count());
}

TEST_P(Sql, a_statement_that_cannot_be_prepared_spoils_its_transaction_too) {
  ASSERT_TRUE(db().begin_write().ok());
  ASSERT_EQ("sql.failed", code_of(db().number(kMissingTable, {1})));
  EXPECT_EQ("sql.failed", code_of(insert(1, "a")));
  db().rollback();
  EXPECT_EQ(1, insert(1, "a").value());
}

TEST_P(Sql, runs_a_statement_many_times) {
  ASSERT_TRUE(db().begin_write().ok());
  std::string name;
  const auto fill = [&](std::size_t i, std::vector<Bind>& binds) {
    name = "pupil " + std::to_string(i);
    binds = {1, static_cast<std::int64_t>(i), name, nullptr, nullptr, 1};
  };
  EXPECT_EQ(2500, db().run_many(kInsert, 2500, fill).value());
  EXPECT_EQ(0, db().run_many(kInsert, 0, fill).value());
  EXPECT_EQ(2500, count());
  const auto pupil = db().first(kFind, {1, 1234}, make_pupil).value();
  ASSERT_TRUE(pupil.has_value());
  EXPECT_EQ("pupil 1234", pupil->name);
  ASSERT_TRUE(db().commit().ok());
  EXPECT_THROW(static_cast<void>(db().run_many(kInsert, 1, fill)), InvariantBroken);
}

TEST_P(Sql, many_runs_stop_at_the_first_error) {
  ASSERT_TRUE(db().begin_write().ok());
  ASSERT_TRUE(insert(700, "in the way").ok());
  ASSERT_TRUE(db().savepoint().ok());
  std::string name;
  const auto fill = [&](std::size_t i, std::vector<Bind>& binds) {
    name = std::to_string(i);
    binds = {1, static_cast<std::int64_t>(i), name, nullptr, nullptr, 1};
  };
  const auto many = db().run_many(kInsert, 2500, fill);
  ASSERT_EQ("sql.duplicate", code_of(many));
  EXPECT_EQ("taken already: kernel_pupil (area_id, id)", many.error().detail);
  EXPECT_EQ("sql.failed", code_of(insert(9000, "later")));
  ASSERT_TRUE(db().rollback_to_savepoint().ok());
  EXPECT_EQ(1, count());
  ASSERT_TRUE(db().commit().ok());
  EXPECT_EQ(1, count());
  ASSERT_TRUE(insert(9000, "later").ok());
}

TEST_P(Sql, a_fault_while_filling_leaves_the_connection_usable) {
  ASSERT_TRUE(db().begin_write().ok());
  EXPECT_THROW(static_cast<void>(db().run_many(kInsert, 10,
                                               [](std::size_t i, std::vector<Bind>& binds) {
                                                 SJ_CHECK(i < 5);
                                                 binds = {1,
                                                          static_cast<std::int64_t>(i),
                                                          std::string_view("abcdef").substr(i, 1),
                                                          nullptr,
                                                          nullptr,
                                                          1};
                                               })),
               InvariantBroken);
  db().rollback();
  EXPECT_EQ(0, count());
  ASSERT_TRUE(insert(1, "a").ok());
  EXPECT_EQ(1, count());
}

TEST_P(Sql, a_reader_sees_one_moment_and_cannot_write) {
  ASSERT_TRUE(insert(1, "a").ok());
  const auto reader = store().connect(Mode::read);
  ASSERT_TRUE(reader->begin_read().ok());
  EXPECT_EQ(1, reader->number(kCount, {}).value());
  ASSERT_TRUE(insert(2, "b").ok());
  EXPECT_EQ(1, reader->number(kCount, {}).value());
  ASSERT_TRUE(reader->commit().ok());
  EXPECT_EQ(2, reader->number(kCount, {}).value());

  EXPECT_EQ("sql.failed", code_of(reader->run(kDelete, {})));
  EXPECT_EQ("sql.failed", code_of(reader->run_text("DELETE FROM kernel_pupil", {})));
  EXPECT_EQ("sql.failed", code_of(reader->script("DELETE FROM kernel_pupil;")));
  ASSERT_TRUE(db().begin_read().ok());
  EXPECT_EQ("sql.failed", code_of(db().run(kDelete, {})));
  db().rollback();
  EXPECT_EQ(2, count());
}

TEST_P(Sql, writers_wait_for_each_other) {
  const auto other = store().connect();
  ASSERT_TRUE(db().begin_write().ok());
  ASSERT_TRUE(insert(1, "a").ok());
  std::int64_t seen = -1;
  std::thread second([&] {
    EXPECT_TRUE(other->begin_write().ok());
    seen = other->number(kCount, {}).value();
    EXPECT_TRUE(other->run(kInsert, {1, 2, "b", nullptr, nullptr, 1}).ok());
    EXPECT_TRUE(other->commit().ok());
  });
  EXPECT_TRUE(insert(3, "c").ok());
  EXPECT_TRUE(db().commit().ok());
  second.join();
  EXPECT_EQ(2, seen);
  EXPECT_EQ(3, count());
}

TEST_P(Sql, asks_with_texts_made_at_run_time) {
  ASSERT_TRUE(insert(1, "a").ok());
  const Bind binds[] = {"b", 1};
  EXPECT_EQ(1, db().run_text("UPDATE kernel_pupil SET name = $1 WHERE id = $2", binds).value());
  std::string name;
  ASSERT_TRUE(db().each_text("SELECT name FROM kernel_pupil", {},
                             [&](const Row& row) -> Result<void> {
                               name = row.text(0);
                               return {};
                             })
                  .ok());
  EXPECT_EQ("b", name);
  EXPECT_EQ(0, db().run_text("CREATE TABLE kernel_more (id BIGINT)", {}).value());
  EXPECT_EQ("sql.failed", code_of(db().run_text("DELETE FROM kernel_more; SELECT 1", {})));
}

TEST_P(Sql, large_texts_are_read_row_by_row_in_a_transaction) {
  ASSERT_TRUE(db().begin_write().ok());
  std::string name;
  ASSERT_TRUE(db().run_many(kInsert, 5000,
                            [&](std::size_t i, std::vector<Bind>& binds) {
                              name = std::to_string(i);
                              binds = {1, static_cast<std::int64_t>(i), name, nullptr, nullptr, 1};
                            })
                  .ok());
  ASSERT_TRUE(db().commit().ok());
  ASSERT_TRUE(db().begin_read().ok());
  std::int64_t next = 0;
  const Bind binds[] = {1};
  ASSERT_TRUE(db().each_text("SELECT id FROM kernel_pupil WHERE area_id = $1 ORDER BY id", binds,
                             [&](const Row& row) -> Result<void> {
                               EXPECT_EQ(next, row.integer(0));
                               ++next;
                               if (next == 100) static_cast<void>(SJ_TRY(db().number(kCount, {})));
                               return {};
                             })
                  .ok());
  EXPECT_EQ(5000, next);
  const auto ended =
      db().each_text("SELECT id FROM kernel_pupil", {}, [](const Row&) -> Result<void> {
        return Error{ErrorKind::limited, "sql.test", ""};
      });
  EXPECT_EQ("sql.test", code_of(ended));
  EXPECT_EQ(5000, count());
  ASSERT_TRUE(db().commit().ok());
}

constexpr Migration kFirst{
    "20260101_0900_first",
    "CREATE TABLE kernel_a (id BIGINT NOT NULL PRIMARY KEY, t TEXT) {{STRICT}};\n"
    "INSERT INTO kernel_a (id, t) VALUES (1, 'x; y');\n"};
constexpr Migration kSecond{"20260102_0900_second",
                            "ALTER TABLE kernel_a ADD COLUMN more BIGINT;\n"
                            "UPDATE kernel_a SET more = 5;\n"};

TEST_P(Sql, migrates_once_and_forward) {
  const Migration one[] = {kFirst};
  const Migration two[] = {kFirst, kSecond};
  EXPECT_EQ(1, migrate(db(), one).value());
  EXPECT_EQ(1, migrate(db(), two).value());
  EXPECT_EQ(0, migrate(db(), two).value());
  std::int64_t more = 0;
  ASSERT_TRUE(db().each_text("SELECT more FROM kernel_a", {},
                             [&](const Row& row) -> Result<void> {
                               more = row.integer(0);
                               return {};
                             })
                  .ok());
  EXPECT_EQ(5, more);

  const auto newer = migrate(db(), one);
  EXPECT_EQ("sql.newer_store", code_of(newer));
  EXPECT_EQ(ErrorKind::conflict, newer.error().kind);
  EXPECT_NE(std::string::npos, newer.error().detail.find(kSecond.name));

  const Migration changed[] = {{kFirst.name, "SELECT 1;"}, kSecond};
  EXPECT_EQ("sql.migration_changed", code_of(migrate(db(), changed)));
}

TEST_P(Sql, a_query_of_one_person_does_not_read_the_whole_area) {
  if (GetParam() == Dialect::postgres) return;  // which counts for itself
  const Migration ties[] = {
      {"20260101_0900_ties",
       "CREATE TABLE kernel_tie (area_id BIGINT NOT NULL, id BIGINT NOT NULL, pupil BIGINT NOT "
       "NULL,"
       " guardian BIGINT NOT NULL, PRIMARY KEY (area_id, id)) {{STRICT}};\n"
       "CREATE INDEX kernel_tie_pupil ON kernel_tie (area_id, pupil);\n"
       "CREATE INDEX kernel_tie_guardian ON kernel_tie (area_id, guardian);\n"}};
  const auto plan = [](Connection& connection) {
    std::string all;
    connection
        .each_text(
            "EXPLAIN QUERY PLAN SELECT DISTINCT b.pupil FROM kernel_tie a JOIN kernel_tie b"
            " ON b.area_id = a.area_id AND b.guardian = a.guardian AND b.pupil <> a.pupil"
            " WHERE a.area_id = 1 AND a.pupil = 2 ORDER BY b.pupil",
            {},
            [&](const Row& row) -> Result<void> {
              all += row.text(3) + "\n";
              return {};
            })
        .value();
    return all;
  };
  const std::string wanted =
      "SEARCH a USING INDEX kernel_tie_pupil (area_id=? AND pupil=?)\n"
      "SEARCH b USING INDEX kernel_tie_guardian (area_id=? AND guardian=?)\n";
  EXPECT_EQ(1, migrate(db(), ties).value());
  EXPECT_EQ(0U, plan(db()).find(wanted)) << plan(db());
  EXPECT_EQ(0U, plan(*store().connect()).find(wanted)) << plan(*store().connect());
  // Also a store that was made before there was this.
  ASSERT_TRUE(db().script("DROP TABLE sqlite_stat1").ok());
  EXPECT_EQ(0, migrate(db(), ties).value());
  EXPECT_EQ(0U, plan(*store().connect()).find(wanted));
}

TEST_P(Sql, a_migration_that_fails_leaves_nothing) {
  const Migration broken[] = {
      kFirst, {"20260102_0900_broken", "CREATE TABLE kernel_b (id BIGINT);\nnonsense;\n"}};
  const auto failed = migrate(db(), broken);
  ASSERT_EQ("sql.failed", code_of(failed));
  EXPECT_NE(std::string::npos, failed.error().detail.find("20260102_0900_broken"));
  EXPECT_EQ("sql.failed", code_of(db().run_text("INSERT INTO kernel_b (id) VALUES (1)", {})));
  const Migration whole[] = {kFirst, kSecond};
  EXPECT_EQ(1, migrate(db(), whole).value());
}

TEST_P(Sql, two_programs_may_migrate_at_once) {
  const Migration steps[] = {kFirst, kSecond};
  const auto other = store().connect();
  int theirs = 0;
  std::thread second([&] { theirs = migrate(*other, steps).value(); });
  const int ours = migrate(db(), steps).value();
  second.join();
  EXPECT_EQ(2, ours + theirs);
}

TEST_P(Sql, a_table_that_is_rebuilt_keeps_its_references) {
  ASSERT_TRUE(insert(1, "a").ok());
  ASSERT_TRUE(db().run(kInsertWish, {1, 1}).ok());
  if (GetParam() == Dialect::postgres) return;  // has ALTER TABLE for that
  const Migration rebuild[] = {
      {"20260101_0900_rebuild",
       "CREATE TABLE kernel_new (area_id BIGINT NOT NULL, id BIGINT NOT NULL, name TEXT NOT NULL,"
       " PRIMARY KEY (area_id, id)) {{STRICT}};\n"
       "INSERT INTO kernel_new SELECT area_id, id, name FROM kernel_pupil;\n"
       "DROP TABLE kernel_pupil;\n"
       "ALTER TABLE kernel_new RENAME TO kernel_pupil;\n"}};
  const auto done = migrate(db(), rebuild);
  ASSERT_TRUE(done.ok()) << done.error().detail;
  EXPECT_EQ("sql.refused", code_of(db().run(kDelete, {})));  // the wish still points there
  const Migration orphans[] = {rebuild[0],
                               {"20260102_0900_orphans", "DELETE FROM kernel_pupil;\n"}};
  EXPECT_EQ("sql.refused", code_of(migrate(db(), orphans)));
  EXPECT_EQ(1, count());
}

TEST_P(Sql, a_type_of_one_engine_only_is_found_when_preparing) {
  const bool sqlite = GetParam() == Dialect::sqlite;
  const auto prepared = db().prepare(kSum);
  EXPECT_EQ(sqlite ? "ok" : "sql.failed", code_of(prepared));
  if (sqlite) return;
  EXPECT_NE(std::string::npos, prepared.error().detail.find("CAST")) << prepared.error().detail;
  EXPECT_THROW(static_cast<void>(db().number(kSum, {})), InvariantBroken);
}

class Postgres : public Sql {
 protected:
  /// Ends the session of `connection` from outside, as a restart of the server would.
  void end_session(Connection& connection) {
    std::int64_t pid = 0;
    ASSERT_TRUE(connection
                    .each_text("SELECT pg_backend_pid()", {},
                               [&](const Row& row) -> Result<void> {
                                 pid = row.integer(0);
                                 return {};
                               })
                    .ok());
    const Bind binds[] = {pid};
    const auto ended = [](const Row& row) -> Result<void> {
      EXPECT_TRUE(row.flag(0));
      return {};
    };
    ASSERT_TRUE(
        store()
            .connect()
            ->each_text("SELECT pg_terminate_backend(CAST($1 AS INTEGER), 5000)", binds, ended)
            .ok());
  }
};

INSTANTIATE_TEST_SUITE_P(On, Postgres, testing::Values(Dialect::postgres), [](const auto&) {
  return "postgres";
});

TEST_P(Postgres, a_lost_connection_is_told_once_and_made_again) {
  ASSERT_TRUE(insert(1, "a").ok());
  ASSERT_TRUE(db().begin_write().ok());
  ASSERT_TRUE(db().savepoint().ok());
  ASSERT_TRUE(insert(2, "b").ok());
  end_session(db());
  const auto gone = insert(3, "c");
  ASSERT_EQ("sql.unavailable", code_of(gone));
  EXPECT_EQ(ErrorKind::unavailable, gone.error().kind);
  EXPECT_EQ("sql.unavailable", code_of(insert(4, "d")));
  EXPECT_EQ("sql.unavailable", code_of(db().rollback_to_savepoint()));
  EXPECT_EQ("sql.unavailable", code_of(db().commit()));

  ASSERT_TRUE(db().begin_write().ok());
  ASSERT_TRUE(insert(5, "e").ok());  // prepared anew
  ASSERT_TRUE(db().commit().ok());
  EXPECT_EQ((std::vector<std::string>{"a", "e"}),
            db().all(kNames, {}, [](const Row& row) { return row.text(0); }).value());
}

TEST_P(Postgres, losing_an_idle_connection_is_not_noticed) {
  ASSERT_TRUE(insert(1, "a").ok());
  end_session(db());
  ASSERT_TRUE(db().begin_read().ok());
  EXPECT_EQ(1, count());
  ASSERT_TRUE(db().commit().ok());
  end_session(db());
  EXPECT_EQ("sql.unavailable", code_of(db().number(kCount, {})));
  EXPECT_EQ(1, count());
}

TEST_P(Postgres, losing_the_connection_amid_many_runs_or_at_the_commit) {
  std::string name;
  ASSERT_TRUE(db().begin_write().ok());
  std::int64_t pid = 0;
  ASSERT_TRUE(db().each_text("SELECT pg_backend_pid()", {},
                             [&](const Row& row) -> Result<void> {
                               pid = row.integer(0);
                               return {};
                             })
                  .ok());
  const auto many = db().run_many(kInsert, 2500, [&](std::size_t i, std::vector<Bind>& binds) {
    if (i == 700) {
      const Bind of[] = {pid};
      const auto killed =
          store().connect()->each_text("SELECT pg_terminate_backend(CAST($1 AS INTEGER), 5000)", of,
                                       [](const Row&) { return Result<void>(); });
      EXPECT_TRUE(killed.ok());
    }
    name = std::to_string(i);
    binds = {1, static_cast<std::int64_t>(i), name, nullptr, nullptr, 1};
  });
  EXPECT_EQ("sql.unavailable", code_of(many));
  db().rollback();
  ASSERT_TRUE(db().begin_write().ok());
  EXPECT_EQ(0, count());
  ASSERT_TRUE(insert(1, "a").ok());
  end_session(db());
  EXPECT_EQ("sql.unavailable", code_of(db().commit()));
  EXPECT_EQ(0, count());
}

TEST_P(Postgres, sessions_are_durable_and_patient_within_limits) {
  const auto ask = [](Connection& connection, const std::string& what) {
    std::string value;
    EXPECT_TRUE(connection
                    .each_text("SHOW " + what, {},
                               [&](const Row& row) -> Result<void> {
                                 value = row.text(0);
                                 return {};
                               })
                    .ok());
    return value;
  };
  const auto reader = store().connect(Mode::read);
  EXPECT_EQ("on", ask(db(), "synchronous_commit"));
  EXPECT_EQ("off", ask(db(), "default_transaction_read_only"));
  EXPECT_EQ("on", ask(*reader, "default_transaction_read_only"));
  EXPECT_EQ("UTF8", ask(*reader, "client_encoding"));
  ASSERT_TRUE(db().script("SELECT 1;").ok());
  EXPECT_EQ("30s", ask(db(), "statement_timeout"));
  ASSERT_TRUE(reader->begin_read().ok());
  EXPECT_EQ("repeatable read", ask(*reader, "transaction_isolation"));
}

TEST(Store, a_password_is_never_told) {
  for (const char* url :
       {"postgresql://u:geheim@127.0.0.1:1/x", "postgresql://u:geheim@127.0.0.1:port/x",
        "postgresql://u:x@geheim@127.0.0.1:1/x", "postgresql://u:geheim%zz@127.0.0.1:1/x",
        "postgresql://u:geheim@127.0.0.1:1/x?geheim=1", "mysql://u:geheim@127.0.0.1:1/x"}) {
    const auto none = Database::open({.url = url});
    ASSERT_EQ("sql.cannot_open", code_of(none)) << url;
    EXPECT_EQ(ErrorKind::unavailable, none.error().kind);
    EXPECT_EQ(std::string::npos, none.error().detail.find("geheim")) << none.error().detail;
  }
}

TEST(Store, says_why_it_cannot_be_opened) {
  const auto none = Database::open({.file = "/nonexistent/folder/store.db"});
  ASSERT_EQ("sql.cannot_open", code_of(none));
  EXPECT_NE(std::string::npos, none.error().detail.find("/nonexistent/folder/store.db"));
}

TEST(Store, an_sqlite_file_is_its_owners_and_durable) {
  FreshStore store(Dialect::sqlite);
  struct stat status {};
  ASSERT_EQ(0, ::stat(store.address().file.c_str(), &status));
  EXPECT_EQ(0600U, status.st_mode & 0777U);
  const auto ask = [](Connection& connection, const std::string& what) {
    std::string value;
    EXPECT_TRUE(connection
                    .each_text("SELECT CAST(" + what + " AS TEXT) FROM pragma_" + what, {},
                               [&](const Row& row) -> Result<void> {
                                 value = row.text(0);
                                 return {};
                               })
                    .ok());
    return value;
  };
  const auto writer = store.connect();
  const auto reader = store.connect(Mode::read);
  EXPECT_EQ("wal", ask(*writer, "journal_mode"));
  EXPECT_EQ("2", ask(*writer, "synchronous"));
  EXPECT_EQ("1", ask(*writer, "foreign_keys"));
}

TEST(Store, damage_that_one_meets_stops_all_writing) {
  FreshStore store(Dialect::sqlite);
  auto writer = store.connect();
  ASSERT_TRUE(writer->script(kSchema).ok());
  ASSERT_TRUE(writer->script("PRAGMA wal_checkpoint(TRUNCATE)").ok());
  std::int64_t root = 0;
  ASSERT_TRUE(writer
                  ->each_text("SELECT rootpage FROM sqlite_schema WHERE name = 'kernel_wish'", {},
                              [&](const Row& row) -> Result<void> {
                                root = row.integer(0);
                                return {};
                              })
                  .ok());
  {
    std::fstream file(store.address().file, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp((root - 1) * 4096);
    file << std::string(4096, 'Z');
  }
  EXPECT_TRUE(store.database().check_sound().ok());
  // The writer has its own pages and has met nothing.
  writer->begin_write().value();
  EXPECT_EQ(writer->run(kInsertIfNew, {1, "a"}).value(), 1);
  EXPECT_EQ(code_of(store.database().look_through()), "sql.corrupt");
  EXPECT_FALSE(store.database().check_sound().ok());
  EXPECT_EQ(code_of(writer->commit()), "sql.corrupt") << "not even what was begun";
  EXPECT_EQ(code_of(writer->begin_write()), "sql.corrupt");
  const auto reader = store.connect(Mode::read);
  EXPECT_EQ(reader->number(kCount, {}).value(), 0) << "what can be read still is";
}

TEST(Store, a_file_that_is_no_store_is_left_alone) {
  FreshStore store(Dialect::sqlite);
  const std::string path = store.address().file + ".txt";
  std::ofstream(path) << std::string(5000, 'x');
  EXPECT_EQ("sql.cannot_open", code_of(Database::open({.file = path})));
  std::ifstream file(path);
  EXPECT_EQ(std::string(5000, 'x'), std::string(std::istreambuf_iterator<char>(file), {}));
}

TEST(Statement, knows_what_it_writes) {
  EXPECT_FALSE(kFind.writes());
  EXPECT_TRUE(kInsert.writes());
  EXPECT_TRUE(kInsert.writes_kernel_table());
  EXPECT_TRUE(kRaise.writes());
  EXPECT_TRUE(kDelete.writes());
  static const Statement with{
      "WITH v (a) AS (SELECT 'DELETE') /* INSERT */ UPDATE org_pupil SET name = 'x' -- kernel_x\n"};
  EXPECT_TRUE(with.writes());
  EXPECT_FALSE(with.writes_kernel_table());
  static const Statement reads{"WITH v (deleted) AS (SELECT 'UPDATE') SELECT deleted FROM v"};
  EXPECT_FALSE(reads.writes());
  EXPECT_EQ(6U, kInsert.parameters());
  EXPECT_EQ(3U, kSwapped.parameters());
  EXPECT_EQ(&kInsert, Statement::all().at(kInsert.number()));
}

TEST(Statement, replaces_macros) {
  EXPECT_EQ("a (SELECT value FROM json_each($12)) b", expand("a {{IDS $12}} b", Dialect::sqlite));
  EXPECT_EQ("(SELECT unnest(CAST($1 AS BIGINT[])))", expand("{{IDS $1}}", Dialect::postgres));
  EXPECT_EQ("STRICT BLOB", expand("{{STRICT}} {{BLOB}}", Dialect::sqlite));
  EXPECT_EQ(" BYTEA", expand("{{STRICT}} {{BLOB}}", Dialect::postgres));
  for (const char* wrong : {"{{NOW}}", "{{IDS}}", "{{IDS $}}", "{{IDS $x}}", "{{STRICT"}) {
    EXPECT_THROW(static_cast<void>(expand(wrong, Dialect::sqlite)), InvariantBroken) << wrong;
  }
  EXPECT_EQ("t TEXT COLLATE \"C\" NOT NULL, 'TEXT', CAST(x AS TEXT) -- TEXT",
            expand_script("t TEXT NOT NULL, 'TEXT', CAST(x AS TEXT) -- TEXT", Dialect::postgres));
  EXPECT_EQ("t TEXT, a INT, b INT, 'BIGINT' -- BIGINT",
            expand_script("t TEXT, a BIGINT, b SMALLINT, 'BIGINT' -- BIGINT", Dialect::sqlite));
}

TEST(Statement, counts_parameters_without_gaps) {
  EXPECT_EQ(0U, count_parameters("SELECT '$1' -- $2"));
  EXPECT_EQ(2U, count_parameters("SELECT $2, $1, $2"));
  EXPECT_EQ(11U, count_parameters("$1 $2 $3 $4 $5 $6 $7 $8 $9 $10 $11"));
  EXPECT_THROW(static_cast<void>(count_parameters("SELECT $1, $3")), InvariantBroken);
  EXPECT_THROW(static_cast<void>(count_parameters("SELECT $0")), InvariantBroken);
  EXPECT_THROW(static_cast<void>(count_parameters("SELECT $x")), InvariantBroken);
}

TEST(Migrations, of_the_product_are_sorted) {
  ASSERT_FALSE(migrations().empty());
  for (std::size_t i = 1; i < migrations().size(); ++i) {
    EXPECT_LT(migrations()[i - 1].name, migrations()[i].name);
  }
  FreshStore store(Dialect::sqlite);
  const auto connection = store.connect();
  const auto done = migrate(*connection, migrations());
  ASSERT_TRUE(done.ok()) << done.error().detail;
  EXPECT_EQ(migrations().size(), static_cast<std::size_t>(done.value()));
}

}  // namespace
}  // namespace sj::sql
