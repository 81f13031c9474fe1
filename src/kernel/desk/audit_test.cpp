#include "kernel/desk/audit.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kernel/base/check.h"
#include "kernel/desk/chain.h"
#include "kernel/desk/test_world.h"
#include "kernel/text/text.h"

namespace sj::desk {
namespace {

const sql::Statement kPersonal{
    "SELECT personal FROM kernel_audit_entry WHERE person_id = $1 ORDER BY id"};
const sql::Statement kEntry{
    "SELECT seq, at_ms, actor_kind, actor_account, actor_person, action, subject_kind, subject_id,"
    " detail FROM kernel_audit_entry WHERE school_id = $1 ORDER BY seq"};
const sql::Statement kHash{"SELECT hash FROM kernel_audit_entry WHERE school_id = $1 AND seq = $2"};
const sql::Statement kHashes{"SELECT hash FROM kernel_audit_entry ORDER BY school_id, seq"};
const sql::Statement kHeads{"SELECT heads FROM kernel_audit_checkpoint WHERE day = $1"};
const sql::Statement kTimes{
    "SELECT at_ms FROM kernel_audit_entry ORDER BY area_id, school_id, seq"};
const sql::Statement kCheckpoints{"SELECT count(*) FROM kernel_audit_checkpoint"};
const sql::Statement kDeleteEntry{
    "DELETE FROM kernel_audit_entry WHERE school_id = $1 AND seq >= $2 AND seq <= $3"};
const sql::Statement kSetHead{
    "UPDATE kernel_audit_chain SET seq = $2, hash = $3 WHERE school_id = $1"};
const sql::Statement kSetAlgorithm{"UPDATE kernel_audit_chain SET algorithm = $1"};
const sql::Statement kDropHeads{"DELETE FROM kernel_audit_chain WHERE school_id = $1"};
const sql::Statement kDropCheckpoint{"DELETE FROM kernel_audit_checkpoint WHERE day = $1"};
const sql::Statement kSetHeads{"UPDATE kernel_audit_checkpoint SET heads = $2 WHERE day = $1"};
const sql::Statement kSetChains{"UPDATE kernel_audit_checkpoint SET chains = 9 WHERE day = $1"};

class Audit : public testing::TestWithParam<sql::Dialect> {
 protected:
  void SetUp() override {
    if (!sql::FreshStore::available(GetParam())) GTEST_SKIP() << "SJ_TEST_PG is not set";
    world_ = std::make_unique<World>(GetParam());
    desk_ = world_->open_desk();
  }

  void write(const Entry& entry) {
    desk_->run(clerk(), [&](Tx& tx) { return tx.audit(kArea, entry); }).value();
  }
  /// Three entries of school 1, two of school 2, one of the district.
  void write_some() {
    for (const std::int64_t school : {1, 2, 1, 0, 1, 2}) write(entry_of(school));
  }
  void checkpoint(std::string_view day) {
    desk_
        ->run(clerk(),
              [&](Tx& tx) { return write_checkpoint(tx, kArea, LocalDay::parse(day).value()); })
        .value();
  }
  ChainReport verify() {
    const auto reader = world_->reader();
    reader->begin_read().value();
    ChainReport report = verify_chains(*reader).value();
    reader->rollback();
    return report;
  }
  /// The breaks, without their area, one a line.
  std::string breaks() {
    std::string all;
    for (const std::string& one : verify().breaks) {
      all += one.substr(std::string("area 430103 ").size()) + "\n";
    }
    return all;
  }
  std::string hash(std::int64_t school, std::int64_t seq) {
    return world_->reader()
        ->first(kHash, {school, seq}, [](const sql::Row& row) { return row.text(0); })
        .value()
        .value();
  }

  std::unique_ptr<World> world_;
  std::unique_ptr<Desk> desk_;
};

TEST_P(Audit, NumbersEachChainFromOneAndKeepsWhatWasSaid) {
  write_some();
  const ChainReport report = verify();
  EXPECT_EQ(report.chains, 3);
  EXPECT_EQ(report.entries, 6);
  EXPECT_TRUE(report.breaks.empty()) << report.breaks.front();
}

TEST_P(Audit, AnEntrySaysWhoWhenAndWhat) {
  write(entry_of(2, "test.pupil.moved"));
  Entry bare;
  bare.school = 2;
  bare.action = "test.bare";
  write(bare);
  std::string lines;
  world_->reader()
      ->each(kEntry, {2},
             [&](const sql::Row& row) -> Result<void> {
               lines += std::to_string(row.integer(0)) + " " + to_iso(row.instant(1)) + " " +
                        row.text(2) + " " + std::to_string(row.integer(3)) + " " +
                        std::to_string(row.integer(4)) + " " + row.text(5) + " " + row.text(6) +
                        " " + std::to_string(row.integer(7)) + " " + row.text(8) + "\n";
               return {};
             })
      .value();
  EXPECT_EQ(lines,
            "1 2026-10-12T08:00:00.000+08:00 staff 71 72 test.pupil.moved pupil 9 {\"grade\":3}\n"
            "2 2026-10-12T08:00:00.000+08:00 staff 71 72 test.bare  0 {}\n");
}

TEST_P(Audit, EntriesOfOneGroupFollowEachOther) {
  // Also past one that was rolled back.
  desk_->submit(clerk(), [](Tx& tx) { return tx.audit(kArea, entry_of(1)); }, {}).value();
  desk_
      ->submit(clerk(),
               [](Tx& tx) -> Result<void> {
                 SJ_TRY(tx.audit(kArea, entry_of(1)));
                 return Error{ErrorKind::conflict, "test.no", ""};
               },
               {})
      .value();
  desk_
      ->submit(clerk(),
               [](Tx& tx) -> Result<void> {
                 SJ_TRY(tx.audit(kArea, entry_of(1)));
                 return tx.audit(kArea, entry_of(1));
               },
               {})
      .value();
  desk_->close();
  EXPECT_EQ(verify().entries, 3);
  EXPECT_EQ(breaks(), "");
}

TEST_P(Audit, ManyEntriesHashAsTheyWouldOneByOne) {
  write_some();
  World other(GetParam());
  std::vector<Entry> entries;
  for (const std::int64_t school : {1, 2, 1, 0, 1, 2}) entries.push_back(entry_of(school));
  const std::span<const Entry> all(entries);
  const auto desk = other.open_desk();
  desk->run(clerk(),
            [&](Tx& tx) -> Result<void> {
              SJ_TRY(tx.audit_many(kArea, all.first(4)));
              SJ_TRY(tx.audit_many(kArea, {}));
              SJ_TRY(tx.audit_many(kArea, all.subspan(4)));
              return add_unaudited(tx, "a");  // they account for it
            })
      .value();
  const auto hashes = [](World& world) {
    return world.reader()
        ->all(kHashes, {}, [](const sql::Row& row) { return row.text(0); })
        .value();
  };
  EXPECT_EQ(hashes(other), hashes(*world_));
  EXPECT_EQ(hashes(other).size(), 6U);
}

TEST_P(Audit, ManyEntriesSealWhatIsPersonalUnderEachPersonsKey) {
  std::vector<Entry> entries;
  for (const std::int64_t person : {9, 0, 8}) {
    entries.push_back(entry_of(1));
    entries.back().person = person;
    if (person != 0) entries.back().personal = "{\"id\":" + std::to_string(person) + "}";
  }
  desk_->run(clerk(), [&](Tx& tx) { return tx.audit_many(kArea, entries); }).value();
  EXPECT_EQ(breaks(), "");
  const auto reader = world_->reader();
  for (const std::int64_t person : {9, 8}) {
    const auto sealed =
        reader->first(kPersonal, {person}, [](const sql::Row& row) { return row.text(0); });
    EXPECT_EQ(world_->vault.open(*reader, kArea, person, "audit", sealed.value().value()).value(),
              "{\"id\":" + std::to_string(person) + "}");
  }
  desk_->run(clerk(), [&](Tx& tx) { return tx.vault().erase(tx, kArea, 9, tx.now()); }).value();
  EXPECT_EQ(code_of(desk_->run(clerk(), [&](Tx& tx) { return tx.audit_many(kArea, entries); })),
            "auth.erased");
  EXPECT_EQ(verify().entries, 3);
  entries.front().person = 0;
  EXPECT_EQ(code_of(desk_->run(clerk(), [&](Tx& tx) { return tx.audit_many(kArea, entries); })),
            "desk.fault");
}

// The definition in audit.h, computed by another program (python3, hashlib).
TEST_P(Audit, HashesAsItIsWrittenDown) {
  Hasher hasher;
  chain::Row row;
  row.area = 430'103;
  row.school = 1;
  row.seq = 2;
  row.id = 3;
  row.at_ms = 4;
  row.actor_kind = "staff";
  row.actor_account = 5;
  row.actor_person = 6;
  row.action = "org.pupil.moved";
  row.subject_kind = "pupil";
  row.subject = 7;
  row.detail = "{}";
  row.person = 8;
  EXPECT_EQ(text::to_hex(chain::hash_of(hasher, chain::zeros(), row)),
            "3db38df66775979aa2a3accaed9dd23e3a6b344b4e61cc2faf695cd9e3152a68");
  const std::string other(32, '\1');
  EXPECT_NE(chain::hash_of(hasher, other, row), chain::hash_of(hasher, chain::zeros(), row));
  row.personal = "";
  EXPECT_EQ(text::to_hex(chain::hash_of(hasher, chain::zeros(), row)),
            "159d59fe469469bb8c6a630d9618f7fc9b16fdb92163c51836945895a75086f5");
}

TEST_P(Audit, EveryColumnIsUnderTheHash) {
  const struct {
    const char* change;
    const char* back;
  } cases[] = {
      {"id = id + 1", "id = id - 1"},
      {"at_ms = at_ms + 1", "at_ms = at_ms - 1"},
      {"actor_kind = 'guardian'", "actor_kind = 'staff'"},
      {"actor_account = 70", "actor_account = 71"},
      {"actor_person = 70", "actor_person = 72"},
      {"action = 'test.pupil.adde'", "action = 'test.pupil.added'"},
      {"subject_kind = 'pupils'", "subject_kind = 'pupil'"},
      {"subject_id = 8", "subject_id = 9"},
      {"detail = '{}'", "detail = '{\"grade\":3}'"},
      {"person_id = 5", "person_id = 0"},
      {"personal = hash", "personal = NULL"},
  };
  write_some();
  const auto db = world_->store.connect();
  const auto update = [&](const char* what) {
    db->begin_write().value();
    const auto changed = db->run_text(
        std::string("UPDATE kernel_audit_entry SET ") + what + " WHERE school_id = 1 AND seq = 2",
        {});
    EXPECT_EQ(changed.value(), 1);
    db->commit().value();
  };
  for (const auto& one : cases) {
    update(one.change);
    EXPECT_EQ(breaks(),
              "school 1 number 2: its hash is not that of the entry and the hash before\n")
        << one.change;
    update(one.back);
    EXPECT_EQ(breaks(), "") << one.back;
  }
}

TEST_P(Audit, ARemovedEntryIsAGap) {
  write_some();
  world_->tamper(kDeleteEntry, {1, 2, 2});
  EXPECT_EQ(breaks(), "school 1 number 3: it follows number 1\n");
}

TEST_P(Audit, RemovedLastEntriesDoNotMatchTheHead) {
  write_some();
  world_->tamper(kDeleteEntry, {1, 3, 3});
  EXPECT_EQ(breaks(), "school 1: the head says 3, the last entry is number 2\n");
  world_->tamper(kSetHead, {1, 2, sql::Blob{hash(1, 1)}});
  EXPECT_EQ(breaks(), "school 1: the head has another hash than the last entry, number 2\n");
}

TEST_P(Audit, AWholeChainCannotVanish) {
  write_some();
  world_->tamper(kDeleteEntry, {2, 1, 9});
  EXPECT_EQ(breaks(), "school 2: the head says 2 entries, but there are none\n");
  world_->tamper(kDropHeads, {1});
  EXPECT_EQ(breaks(),
            "school 1: the chain has no head\n"
            "school 2: the head says 2 entries, but there are none\n");
}

TEST_P(Audit, AnUnknownAlgorithmIsABreak) {
  write(entry_of(1));
  world_->tamper(kSetAlgorithm, {"md5"});
  EXPECT_EQ(breaks(), "school 1: unknown algorithm md5\n");
}

TEST_P(Audit, CheckpointsHoldTheHeadsOfAllChains) {
  write_some();
  checkpoint("2026-10-11");
  write(entry_of(1));
  checkpoint("2026-10-12");
  const auto heads = world_->reader()->first(kHeads, {"2026-10-11"},
                                             [](const sql::Row& row) { return row.text(0); });
  const auto hex = [&](std::int64_t school, std::int64_t seq) {
    const std::string bytes = hash(school, seq);
    return text::to_hex({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  };
  EXPECT_EQ(heads.value().value(),
            "0:1:" + hex(0, 1) + "\n1:3:" + hex(1, 3) + "\n2:2:" + hex(2, 2) + "\n");
  EXPECT_EQ(verify().checkpoints, 2);
  EXPECT_EQ(breaks(), "");
}

TEST_P(Audit, ADayHasOneCheckpointAndNoneIsWrittenIntoThePast) {
  write_some();
  checkpoint("2026-10-11");
  write(entry_of(1));
  checkpoint("2026-10-11");
  checkpoint("2026-10-10");
  EXPECT_EQ(world_->number(kCheckpoints), 1);
  EXPECT_EQ(breaks(), "");
}

TEST_P(Audit, AClockThatWasAheadDoesNotEndTheCheckpoints) {
  write_some();
  checkpoint("2027-11-16");
  checkpoint("2026-10-13");
  EXPECT_EQ(world_->number(kCheckpoints), 1) << "nothing has happened";
  write(entry_of(1));
  checkpoint("2026-10-13");
  EXPECT_EQ(world_->number(kCheckpoints), 2);
  const auto reader = world_->reader();
  EXPECT_TRUE(reader->first(kHeads, {"2027-11-17"}, [](const sql::Row&) { return 0; }).value());
  EXPECT_EQ(breaks(), "");
}

TEST_P(Audit, ItsTimeNeverRunsBackwards) {
  const Instant right = world_->clock.now();
  write(entry_of(1));
  world_->clock.advance_ms(std::int64_t{400} * 24 * 3'600'000);
  const Instant ahead = world_->clock.now();
  write(entry_of(1));
  world_->clock.set(right);
  write(entry_of(1));
  write(entry_of(2));
  const auto reader = world_->reader();
  const auto times = reader->all(kTimes, {}, [](const sql::Row& row) { return row.instant(0); });
  EXPECT_EQ(times.value(), (std::vector<Instant>{right, ahead, ahead, right}));
  EXPECT_EQ(breaks(), "");
}

// Somebody who can compute hashes may shorten a chain and its head; the checkpoint still tells.
TEST_P(Audit, ACheckpointTellsOfAChainThatWasShortenedWithItsHead) {
  write_some();
  checkpoint("2026-10-11");
  world_->tamper(kDeleteEntry, {1, 3, 3});
  world_->tamper(kSetHead, {1, 2, sql::Blob{hash(1, 2)}});
  EXPECT_EQ(breaks(), "school 1 number 3: the checkpoint of 2026-10-11 names it, but it is gone\n");
}

TEST_P(Audit, ACheckpointTellsOfAChainThatWasWrittenAnew) {
  write_some();
  checkpoint("2026-10-11");
  world_->tamper(kDeleteEntry, {1, 3, 3});
  world_->tamper(kSetHead, {1, 2, sql::Blob{hash(1, 2)}});
  write(entry_of(1, "test.another"));
  EXPECT_EQ(breaks(),
            "school 1 number 3: what stood before it was not the end that this program had written "
            "({\"seq\":2})\n"
            "school 1 number 3: the checkpoint of 2026-10-11 has another hash for it\n");
}

TEST_P(Audit, AHeadIsSealedUnderTheKey) {
  write_some();
  world_->tamper(kDeleteEntry, {1, 3, 3});
  world_->tamper(kSetHead, {1, 2, sql::Blob{hash(1, 2)}});
  EXPECT_EQ(breaks(), "");  // nobody can tell without the key
  const auto reader = world_->reader();
  const ChainReport report = verify_chains(*reader, &world_->vault).value();
  ASSERT_EQ(report.breaks.size(), 1U);
  EXPECT_EQ(report.breaks[0],
            "area 430103 school 1: the head, number 2, is not sealed by this program");
}

TEST_P(Audit, AHeadThatWasPublishedMustBeThere) {
  write_some();
  checkpoint("2026-10-11");
  const auto reader = world_->reader();
  PublishedHead head = verify().heads.at(0);
  EXPECT_TRUE(verify_chains(*reader, nullptr, {&head, 1}).value().breaks.empty());
  head.hash[0] = head.hash[0] == '0' ? '1' : '0';
  EXPECT_EQ(verify_chains(*reader, nullptr, {&head, 1}).value().breaks.size(), 1U);
}

TEST_P(Audit, CheckpointsAreAChainThemselves) {
  write_some();
  for (const char* day : {"2026-10-09", "2026-10-10", "2026-10-11"}) {
    write(entry_of(1));
    checkpoint(day);
  }
  world_->tamper(kSetChains, {"2026-10-10"});
  EXPECT_EQ(breaks(),
            "checkpoint of 2026-10-10: its hash is not that of its text\n"
            "checkpoint of 2026-10-10: it counts 9 chains and lists 3\n");
  world_->tamper(kDropCheckpoint, {"2026-10-10"});
  EXPECT_EQ(breaks(), "checkpoint of 2026-10-11: it does not follow the checkpoint before\n");
  world_->tamper(kSetHeads, {"2026-10-11", "what\n"});
  EXPECT_EQ(breaks(),
            "checkpoint of 2026-10-11: it does not follow the checkpoint before\n"
            "checkpoint of 2026-10-11: its hash is not that of its text\n"
            "checkpoint of 2026-10-11: its heads cannot be read\n");
}

TEST_P(Audit, ErasureLeavesTheTrailWholeAndItsPersonalPartUnreadable) {
  Entry entry = entry_of(1);
  entry.personal = R"({"name":"王小明"})";
  entry.person = 9;
  write(entry);
  write(entry_of(1));
  const auto reader = world_->reader();
  const auto sealed = reader->first(kPersonal, {9}, [](const sql::Row& row) { return row.text(0); })
                          .value()
                          .value();
  EXPECT_EQ(sealed.find("王"), std::string::npos);
  EXPECT_EQ(world_->vault.open(*reader, kArea, 9, "audit", sealed).value(), entry.personal);

  desk_->run(clerk(), [&](Tx& tx) { return tx.vault().erase(tx, kArea, 9, tx.now()); }).value();
  const auto opened = world_->vault.open(*reader, kArea, 9, "audit", sealed);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, "auth.erased");
  EXPECT_EQ(verify().entries, 2);
  EXPECT_EQ(breaks(), "");
  EXPECT_EQ(code_of(desk_->run(clerk(), [&](Tx& tx) { return tx.audit(kArea, entry); })),
            "auth.erased");
}

TEST_P(Audit, PersonalDataWithoutAPersonIsAFaultOfOurs) {
  Entry entry = entry_of(1);
  entry.personal = "{}";
  EXPECT_EQ(code_of(desk_->run(clerk(), [&](Tx& tx) { return tx.audit(kArea, entry); })),
            "desk.fault");
}

TEST_P(Audit, TheNightlyJobWritesYesterdaysCheckpointOfEveryArea) {
  write_some();
  desk_->run(clerk(), [](Tx& tx) { return tx.audit(kArea + 1, entry_of(1)); }).value();
  const auto reader = world_->reader();
  EXPECT_EQ(run_due(*desk_, *reader, world_->clock, {checkpoint_job()}).value(), 1);
  EXPECT_EQ(run_due(*desk_, *reader, world_->clock, {checkpoint_job()}).value(), 0);
  EXPECT_EQ(world_->number(kCheckpoints), 2);
  EXPECT_TRUE(reader->first(kHeads, {"2026-10-11"}, [](const sql::Row&) { return 0; }).value());
  world_->clock.set(parse_instant("2026-10-13T00:05:00+08:00").value());
  EXPECT_EQ(run_due(*desk_, *reader, world_->clock, {checkpoint_job()}).value(), 1);
  EXPECT_EQ(world_->number(kCheckpoints), 4);
  EXPECT_EQ(breaks(), "");
}

INSTANTIATE_TEST_SUITE_P(Engines,
                         Audit,
                         testing::Values(sql::Dialect::sqlite, sql::Dialect::postgres),
                         [](const auto& engine) {
                           return engine.param == sql::Dialect::sqlite ? "sqlite" : "postgres";
                         });

}  // namespace
}  // namespace sj::desk
