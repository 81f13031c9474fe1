#include "kernel/desk/desk.h"

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "kernel/base/check.h"
#include "kernel/desk/test_world.h"

namespace sj::desk {
namespace {

const sql::Statement kCount{"SELECT count(*) FROM test_pupil"};
const sql::Statement kEntries{"SELECT count(*) FROM kernel_audit_entry"};
const sql::Statement kRename{"UPDATE test_pupil SET name = $1 WHERE area_id = $2"};
const sql::Statement kRenameGiving{
    "UPDATE test_pupil SET name = $1 WHERE area_id = $2 RETURNING name"};
const sql::Statement kInsertMany{"INSERT INTO test_pupil (area_id, id, name) VALUES ($1, $2, $3)"};
const sql::Statement kSetting{"INSERT INTO kernel_setting (name, value) VALUES ($1, $2)"};

/// Outcomes in the order in which they were given.
struct Outcomes {
  [[nodiscard]] Done as(const std::string& name) {
    return [this, name](const Result<void>& result) { list += name + ":" + code_of(result) + " "; };
  }
  std::string list;  // of the desk's thread until it is closed
};

Work adding(const std::string& name) {
  return [name](Tx& tx) { return add(tx, name); };
}

class DeskTest : public testing::TestWithParam<sql::Dialect> {
 protected:
  void SetUp() override {
    if (!sql::FreshStore::available(GetParam())) GTEST_SKIP() << "SJ_TEST_PG is not set";
    world_ = std::make_unique<World>(GetParam());
    desk_ = world_->open_desk();
  }

  void submit(const std::string& name, Work work) {
    desk_->submit(clerk(), std::move(work), outcomes_.as(name)).value();
  }

  /// Until what is queued has been taken up, so that the next unit is not in the same group.
  void drain() {
    while (desk_->counts().waiting > 0) std::this_thread::yield();
  }

  std::unique_ptr<World> world_;
  std::unique_ptr<Desk> desk_;
  Outcomes outcomes_;
};

TEST_P(DeskTest, StoresAUnitBeforeItAnswers) {
  desk_->run(clerk(), adding("a")).value();
  EXPECT_EQ(world_->names(), "a");
  const DeskCounts counts = desk_->counts();
  EXPECT_EQ(counts.units, 1U);
  EXPECT_EQ(counts.groups, 1U);
  EXPECT_EQ(counts.refused, 0U);
}

TEST_P(DeskTest, WhatQueuedUpIsOneCommitAnsweredInOrder) {
  {
    Gate gate(*desk_);
    for (const char* name : {"a", "b", "c", "d"}) submit(name, adding(name));
    EXPECT_EQ(desk_->counts().waiting, 4U);
  }
  desk_->close();
  EXPECT_EQ(outcomes_.list, "a:ok b:ok c:ok d:ok ");
  EXPECT_EQ(world_->names(), "a b c d");
  EXPECT_EQ(desk_->counts().groups, 2U) << "the gate's own and one";
  EXPECT_EQ(desk_->counts().group_largest, 4U);
}

TEST_P(DeskTest, NoMoreThanTheLimitIsInOneGroup) {
  desk_ = world_->open_desk({.group_max = 3});
  {
    Gate gate(*desk_);
    for (int i = 0; i < 7; ++i) submit("x", adding(std::to_string(i)));
  }
  desk_->close();
  EXPECT_EQ(desk_->counts().group_largest, 3U);
  EXPECT_EQ(desk_->counts().groups, 4U);
  EXPECT_EQ(world_->number(kCount), 7);
}

// One unit's failure, of whatever sort, takes back what it did and nothing else.
TEST_P(DeskTest, AFailingUnitDoesNotHurtItsNeighbours) {
  {
    Gate gate(*desk_);
    submit("before", adding("before"));
    submit("refused", [](Tx& tx) -> Result<void> {
      SJ_TRY(add(tx, "refused"));
      return Error{ErrorKind::rule_violated, "test.no", ""};
    });
    submit("broken", [](Tx& tx) -> Result<void> {
      SJ_TRY(add(tx, "broken"));
      SJ_CHECK(tx.new_id() < 0);
      return {};
    });
    submit("thrown", [](Tx& tx) -> Result<void> {
      SJ_TRY(add(tx, "thrown"));
      throw std::runtime_error("test");
    });
    submit("odd", [](Tx& tx) -> Result<void> {
      SJ_TRY(add(tx, "odd"));
      throw 7;
    });
    submit("duplicate", adding("before"));
    submit("unaudited", [](Tx& tx) { return add_unaudited(tx, "unaudited"); });
    submit("after", adding("after"));
  }
  desk_->close();
  EXPECT_EQ(outcomes_.list,
            "before:ok refused:test.no broken:desk.fault thrown:desk.fault odd:desk.fault "
            "duplicate:sql.duplicate unaudited:desk.unaudited after:ok ");
  EXPECT_EQ(world_->names(), "before after");
  EXPECT_EQ(world_->number(kEntries), 2) << "no trail of what did not happen";
  EXPECT_EQ(desk_->counts().refused, 6U);
  EXPECT_EQ(desk_->counts().faults, 3U);
}

TEST_P(DeskTest, AUnitAloneFailsInTheSameWays) {
  EXPECT_EQ(code_of(desk_->run(clerk(),
                               [](Tx& tx) -> Result<void> {
                                 SJ_TRY(add(tx, "refused"));
                                 return Error{ErrorKind::rule_violated, "test.no", ""};
                               })),
            "test.no");
  EXPECT_EQ(code_of(desk_->run(clerk(),
                               [](Tx& tx) -> Result<void> {
                                 SJ_TRY(add(tx, "broken"));
                                 SJ_CHECK(tx.new_id() < 0);
                                 return {};
                               })),
            "desk.fault");
  EXPECT_EQ(code_of(desk_->run(clerk(), [](Tx& tx) { return add_unaudited(tx, "u"); })),
            "desk.unaudited");
  EXPECT_EQ(world_->names(), "");
  EXPECT_EQ(code_of(desk_->run(clerk(), adding("a"))), "ok");
  EXPECT_EQ(world_->names(), "a");
}

TEST_P(DeskTest, LaterUnitsOfAGroupSeeWhatEarlierOnesDid) {
  std::int64_t seen = -1;
  {
    Gate gate(*desk_);
    submit("a", adding("a"));
    submit("look", [&seen](Tx& tx) -> Result<void> {
      seen = SJ_TRY(tx.number(kCount, {}));
      return {};
    });
  }
  desk_->close();
  EXPECT_EQ(seen, 1);
}

// On every path by which a room can change rows, and only if it did.
TEST_P(DeskTest, ChangesOfARoomNeedAnEntry) {
  desk_->run(clerk(), adding("a")).value();
  const auto code = [&](const Work& work) { return code_of(desk_->run(clerk(), work)); };
  EXPECT_EQ(code([](Tx& tx) -> Result<void> {
              static_cast<void>(SJ_TRY(tx.run(kRename, {"b", kArea})));
              return {};
            }),
            "desk.unaudited");
  EXPECT_EQ(code([](Tx& tx) -> Result<void> {
              return tx.each(kRenameGiving, {"b", kArea},
                             [](const sql::Row&) -> Result<void> { return {}; });
            }),
            "desk.unaudited");
  EXPECT_EQ(code([](Tx& tx) -> Result<void> {
              static_cast<void>(SJ_TRY(
                  tx.run_many(kInsertMany, 2, [](std::size_t i, std::vector<sql::Bind>& binds) {
                    binds = {kArea, static_cast<std::int64_t>(1000 + i), i == 0 ? "x" : "y"};
                  })));
              return {};
            }),
            "desk.unaudited");
  EXPECT_EQ(world_->names(), "a");
  EXPECT_EQ(code([](Tx& tx) -> Result<void> {
              static_cast<void>(SJ_TRY(tx.run(kRename, {"b", kArea + 1})));
              return {};
            }),
            "ok")
      << "nothing was changed";
  EXPECT_EQ(code([](Tx& tx) -> Result<void> {
              static_cast<void>(SJ_TRY(tx.run(kSetting, {"test", "1"})));
              return tx.publish(kArea, {"test.topic", "{}"});
            }),
            "ok")
      << "the kernel's own book-keeping";
}

// PostgreSQL would spoil the transaction, SQLite would not: so that both do the same.
TEST_P(DeskTest, AUnitThatGoesOnAfterAFailedStatementIsRefused) {
  desk_->run(clerk(), adding("a")).value();
  const Work stubborn = [](Tx& tx) -> Result<void> {
    SJ_TRY(add(tx, "b"));
    EXPECT_EQ(code_of(add_unaudited(tx, "a")), "sql.duplicate");
    return {};
  };
  EXPECT_EQ(code_of(desk_->run(clerk(), stubborn)), "sql.duplicate");
  {
    Gate gate(*desk_);
    submit("stubborn", stubborn);
    submit("c", adding("c"));
  }
  desk_->close();
  EXPECT_EQ(outcomes_.list, "stubborn:sql.duplicate c:ok ");
  EXPECT_EQ(world_->names(), "a c");
}

TEST_P(DeskTest, AUnitKnowsWhoAndWhen) {
  const Instant rehearsed = parse_instant("2027-03-01T00:30:00+08:00").value();
  desk_
      ->run(clerk(),
            [&](Tx& tx) -> Result<void> {
              EXPECT_EQ(tx.actor().account, 71);
              EXPECT_EQ(tx.now(), world_->clock.now());
              EXPECT_EQ(tx.today().to_iso(), "2026-10-12");
              return {};
            })
      .value();
  desk_
      ->run({clerk(), rehearsed},
            [&](Tx& tx) -> Result<void> {
              EXPECT_EQ(tx.now(), rehearsed);
              EXPECT_EQ(tx.today().to_iso(), "2027-03-01") << "the day of the product's zone";
              return {};
            })
      .value();
}

TEST_P(DeskTest, SixtyFourThreadsAtOnce) {
  constexpr int kThreads = 64;
  constexpr int kEach = 20;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  std::atomic<int> stored = 0;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        if (desk_->run(clerk(), adding(std::to_string(t) + "." + std::to_string(i))).ok()) ++stored;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(stored, kThreads * kEach);
  EXPECT_EQ(world_->number(kCount), kThreads * kEach);
  EXPECT_EQ(world_->number(kEntries), kThreads * kEach);
  EXPECT_LT(desk_->counts().groups, static_cast<std::uint64_t>(kThreads * kEach) / 2)
      << "they share commits";
}

TEST_P(DeskTest, AFullQueueRefusesAtOnce) {
  desk_ = world_->open_desk({.queue_max = 2});
  {
    Gate gate(*desk_);
    submit("a", adding("a"));
    submit("b", adding("b"));
    EXPECT_EQ(code_of(desk_->submit(clerk(), adding("c"), outcomes_.as("c"))), "desk.busy");
  }
  drain();
  desk_->run(clerk(), adding("d")).value();
  desk_->close();
  EXPECT_EQ(outcomes_.list, "a:ok b:ok ") << "who was refused is not called";
  EXPECT_EQ(world_->names(), "a b d");
}

TEST_P(DeskTest, CloseFinishesWhatIsQueuedAndTakesNothingMore) {
  auto gate = std::make_unique<Gate>(*desk_);
  for (int i = 0; i < 50; ++i) submit("x", adding(std::to_string(i)));
  std::thread closing([&] { desk_->close(); });
  for (;;) {
    const auto late = desk_->submit(clerk(), [](Tx&) -> Result<void> { return {}; }, {});
    if (!late.ok() && late.error().code == "desk.closing") break;
  }
  gate->open();
  closing.join();
  desk_->close();
  EXPECT_EQ(world_->number(kCount), 50);
  EXPECT_EQ(code_of(desk_->run(clerk(), adding("late"))), "desk.closing");
}

TEST_P(DeskTest, WaitingOnTheDesksOwnThreadIsAFaultNotADeadlock) {
  EXPECT_EQ(code_of(desk_->run(
                clerk(), [&](Tx&) -> Result<void> { return desk_->run(clerk(), adding("a")); })),
            "desk.fault");
}

TEST_P(DeskTest, TellsAfterEachGroupThatWasStored) {
  std::atomic<int> told = 0;
  desk_->on_commit([&] { ++told; });
  desk_->run(clerk(), adding("a")).value();
  desk_->run(clerk(), adding("b")).value();
  EXPECT_FALSE(desk_->run(clerk(), adding("a")).ok());
  desk_->close();
  EXPECT_EQ(told, 2) << "nothing was stored the third time";
}

TEST_P(DeskTest, AFaultInAnAnswerEndsNothing) {
  desk_->submit(clerk(), adding("a"), [](const Result<void>&) { throw std::runtime_error("x"); })
      .value();
  desk_->run(clerk(), adding("b")).value();
  desk_->close();
  EXPECT_EQ(world_->names(), "a b");
  EXPECT_EQ(desk_->counts().faults, 1U);
}

class FaultyDesk : public DeskTest {
 protected:
  void SetUp() override {
    DeskTest::SetUp();
    if (IsSkipped()) return;
    open({});
  }
  void open(DeskLimits limits) {
    desk_ = std::make_unique<Desk>(std::make_unique<Faulty>(world_->store.connect(), plan_),
                                   world_->context, limits);
  }
  Faulty::Plan plan_;
};

TEST_P(FaultyDesk, NothingOfAGroupThatCouldNotBeCommittedIsStored) {
  {
    Gate gate(*desk_);
    submit("a", adding("a"));
    submit("no", [](Tx&) -> Result<void> { return Error{ErrorKind::conflict, "test.no", ""}; });
    submit("b", adding("b"));
    plan_.commits_lost = 2;  // the gate's own and theirs
  }
  drain();
  desk_->run(clerk(), adding("c")).value();
  desk_->close();
  EXPECT_EQ(outcomes_.list, "a:sql.unavailable no:sql.unavailable b:sql.unavailable ");
  EXPECT_EQ(world_->names(), "c");
  EXPECT_EQ(desk_->counts().groups_lost, 2U);
  EXPECT_EQ(desk_->counts().groups, 1U);
}

TEST_P(FaultyDesk, AGroupWhoseConnectionGoesIsGivenUpAsAWhole) {
  {
    Gate gate(*desk_);
    submit("a", adding("a"));
    submit("b", [&](Tx& tx) -> Result<void> {
      plan_.savepoints_lost = 1;  // the next one's
      return add(tx, "b");
    });
    submit("c", adding("c"));
  }
  drain();
  desk_->run(clerk(), adding("d")).value();
  desk_->close();
  EXPECT_EQ(outcomes_.list, "a:sql.unavailable b:sql.unavailable c:sql.unavailable ");
  EXPECT_EQ(world_->names(), "d");
}

TEST_P(FaultyDesk, WaitsForTheRightToWrite) {
  plan_.begins_refused = 3;
  EXPECT_EQ(code_of(desk_->run(clerk(), adding("a"))), "ok");
  EXPECT_EQ(world_->names(), "a");
}

TEST_P(FaultyDesk, ButNotForEver) {
  open({.begin = std::chrono::milliseconds(20)});
  plan_.begins_refused = 1'000'000;
  EXPECT_EQ(code_of(desk_->run(clerk(), adding("a"))), "sql.unavailable");
  plan_.begins_refused = 0;
  EXPECT_EQ(code_of(desk_->run(clerk(), adding("b"))), "ok");
  EXPECT_EQ(world_->names(), "b");
}

const auto& engine_name = [](const auto& engine) {
  return engine.param == sql::Dialect::sqlite ? "sqlite" : "postgres";
};
const auto kEngines = testing::Values(sql::Dialect::sqlite, sql::Dialect::postgres);
INSTANTIATE_TEST_SUITE_P(Engines, DeskTest, kEngines, engine_name);
INSTANTIATE_TEST_SUITE_P(Engines, FaultyDesk, kEngines, engine_name);

}  // namespace
}  // namespace sj::desk
