#include "kernel/desk/rows.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "kernel/base/check.h"
#include "kernel/desk/audit.h"
#include "kernel/desk/test_world.h"
#include "kernel/sql/watched.h"

namespace sj::desk {
namespace {

// The store of the kernel has no rooms, so a table of its own stands for theirs.
const char* const kTable = R"(
CREATE TABLE test_right (
  area_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  name TEXT,
  level BIGINT NOT NULL,
  bytes {{BLOB}},
  seen BIGINT NOT NULL,
  PRIMARY KEY (area_id, id)
) {{STRICT}};
)";
const sql::Watched kRight{"test_right", "id", "name level bytes:bytes"};
const sql::Statement kInsert{
    "INSERT INTO test_right (area_id, id, name, level, bytes, seen) VALUES ($1, $2, $3, 1, $4, 0)"};
const sql::Statement kPut{
    "INSERT INTO test_right (area_id, id, name, level, bytes, seen) VALUES ($1, $2, $3, 1, $4, 0)"
    " ON CONFLICT (area_id, id) DO UPDATE SET name = excluded.name, level = excluded.level,"
    " bytes = excluded.bytes"};
const sql::Statement kRename{"UPDATE test_right SET name = $3 WHERE area_id = $1 AND id = $2"};
const sql::Statement kSeen{"UPDATE test_right SET seen = 1 WHERE area_id = $1 AND id = $2"};
const sql::Statement kDelete{"DELETE FROM test_right WHERE area_id = $1 AND id = $2"};
const sql::Statement kLevel{"UPDATE test_right SET level = 9 WHERE area_id = $1 AND id = $2"};
const sql::Statement kForgetBegun{
    "DELETE FROM kernel_setting WHERE name IN ('watched:test_right', 'watched_seal')"};
const sql::Statement kDropMarks{"DELETE FROM kernel_audit_rows WHERE watched = 'test_right'"};

class Rows : public testing::TestWithParam<sql::Dialect> {
 protected:
  void SetUp() override {
    if (!sql::FreshStore::available(GetParam())) GTEST_SKIP() << "SJ_TEST_PG is not set";
    world_ = std::make_unique<World>(GetParam());
    world_->store.connect()->script(kTable).value();
    desk_ = world_->open_desk();
    begin();
  }

  void begin() {
    desk_->run(clerk(), [](Tx& tx) { return begin_watching(tx); }).value();
  }
  void write(const sql::Statement& statement, sql::Binds binds) {
    desk_
        ->run(clerk(),
              [&](Tx& tx) -> Result<void> {
                static_cast<void>(SJ_TRY(tx.run(statement, binds)));
                return tx.audit(kArea, entry_of(1));
              })
        .value();
  }
  std::string breaks() {
    const auto reader = world_->reader();
    reader->begin_read().value();
    std::string all;
    const ChainReport chains = verify_chains(*reader, &world_->vault).value();
    for (const std::string& one : chains.breaks) all += one + "\n";
    const rows::RowsReport found = rows::verify_rows(*reader, world_->vault).value();
    for (const std::string& one : found.breaks) all += one + "\n";
    reader->rollback();
    return all;
  }

  std::unique_ptr<World> world_;
  std::unique_ptr<Desk> desk_;
};

TEST_P(Rows, WhatUnitsWroteIsExplained) {
  const sql::Blob bytes{std::string_view("\0\xff", 2)};
  write(kInsert, {kArea, 1, "a", bytes});
  write(kPut, {kArea, 2, nullptr, nullptr});
  write(kPut, {kArea, 2, "c", bytes});
  write(kRename, {kArea, 1, "b"});
  write(kSeen, {kArea, 1});
  write(kInsert, {kArea, 3, "d", nullptr});
  write(kDelete, {kArea, 3});
  write(kInsert, {kArea, 3, "e", nullptr});
  EXPECT_EQ(breaks(), "");
}

TEST_P(Rows, ManyAtOnceAreExplainedByOneEntry) {
  desk_
      ->run(clerk(),
            [&](Tx& tx) -> Result<void> {
              static_cast<void>(SJ_TRY(
                  tx.run_many(kInsert, 2'500, [](std::size_t i, std::vector<sql::Bind>& binds) {
                    binds = {kArea, static_cast<std::int64_t>(i + 1), "a", nullptr};
                  })));
              return tx.audit(kArea, entry_of(1));
            })
      .value();
  EXPECT_EQ(breaks(), "");
  world_->tamper(kLevel, {kArea, 2'400});
  EXPECT_EQ(breaks(), "test_right 2400 of area 430103: level is not what the trail explains\n");
}

TEST_P(Rows, WhatIsChangedBehindTheTrailIsNamed) {
  write(kInsert, {kArea, 1, "a", nullptr});
  world_->tamper(kRename, {kArea, 1, "b"});
  EXPECT_EQ(breaks(), "test_right 1 of area 430103: name is not what the trail explains\n");
  world_->tamper(kRename, {kArea, 1, nullptr});
  EXPECT_EQ(breaks(), "test_right 1 of area 430103: name is not what the trail explains\n");
  world_->tamper(kDelete, {kArea, 1});
  EXPECT_EQ(breaks(),
            "test_right 1 of area 430103: it is gone, and nothing in the trail removed it\n");
  world_->tamper(kInsert, {kArea, 1, "a", nullptr});
  EXPECT_EQ(breaks(), "");
  world_->tamper(kInsert, {kArea, 2, "a", nullptr});
  EXPECT_EQ(breaks(), "test_right 2 of area 430103: nothing in the trail explains it\n");
}

TEST_P(Rows, WritingOnDoesNotVouchForWhatStandsBeside) {
  write(kInsert, {kArea, 1, "a", nullptr});
  world_->tamper(kLevel, {kArea, 1});
  write(kRename, {kArea, 1, "b"});
  EXPECT_EQ(breaks(), "test_right 1 of area 430103: level is not what the trail explains\n");
}

TEST_P(Rows, MarksBelongToTheEntryThatAnswersForThem) {
  write(kInsert, {kArea, 1, "a", nullptr});
  world_->tamper(kDropMarks, {});
  EXPECT_EQ(
      breaks(),
      "test_right 1 of area 430103: nothing in the trail explains it\n"
      "area 430103 unit 1: the marks of its rows are not those that school 1 number 1 answers "
      "for\n");
}

TEST_P(Rows, AnAreaWithoutAnEntryGetsOne) {
  desk_
      ->run(clerk(),
            [&](Tx& tx) -> Result<void> {
              static_cast<void>(SJ_TRY(tx.run(kInsert, {kArea + 1, 1, "a", nullptr})));
              return tx.audit(kArea, entry_of(1));
            })
      .value();
  EXPECT_EQ(breaks(), "");
  world_->tamper(kLevel, {kArea + 1, 1});
  EXPECT_EQ(breaks(), "test_right 1 of area 430104: level is not what the trail explains\n");
}

TEST_P(Rows, RowsOfBeforeAreTakenOverOnce) {
  world_->tamper(kForgetBegun, {});
  world_->tamper(kInsert, {kArea, 1, "a", nullptr});
  EXPECT_EQ(breaks(), "");  // not begun: nothing is known of it
  begin();
  EXPECT_EQ(breaks(), "");
  world_->tamper(kLevel, {kArea, 1});
  EXPECT_EQ(breaks(), "test_right 1 of area 430103: level is not what the trail explains\n");
  world_->tamper(kForgetBegun, {});
  begin();
  EXPECT_NE(breaks().find("it was explained already when"), std::string::npos);
}

TEST(Touches, AreReadOffTheText) {
  const std::uint64_t all = kRight.all_columns();
  EXPECT_EQ(sql::touch_of(kInsert.text(sql::Dialect::sqlite).substr(0, 90)).columns, all);
  EXPECT_EQ(kPut.touch().columns, all);
  EXPECT_EQ(kRename.touch().columns, 1U);
  EXPECT_EQ(kLevel.touch().columns, 2U);
  EXPECT_EQ(kSeen.touch().watched, nullptr);
  EXPECT_EQ(kDelete.touch().watched, &kRight);
  EXPECT_EQ(kDelete.touch().columns, 0U);
  EXPECT_EQ(sql::touch_of("UPDATE test_right SET level = (SELECT 1, 2 WHERE 1 = 1), seen = 2,"
                          " name = 'x, bytes = 1' WHERE bytes = 3")
                .columns,
            3U);
  for (const char* bad :
       {"UPDATE test_right AS t SET level = 1", "UPDATE test_right SET id = 1",
        "DELETE FROM test_right RETURNING id",
        "INSERT INTO test_right (area_id, id) VALUES (1, 2) ON CONFLICT (area_id, id) DO UPDATE"
        " SET level = 2"}) {
    EXPECT_THROW(static_cast<void>(sql::touch_of(bad)), InvariantBroken) << bad;
  }
}

INSTANTIATE_TEST_SUITE_P(Engines,
                         Rows,
                         testing::Values(sql::Dialect::sqlite, sql::Dialect::postgres),
                         [](const auto& engine) {
                           return engine.param == sql::Dialect::sqlite ? "sqlite" : "postgres";
                         });

}  // namespace
}  // namespace sj::desk
