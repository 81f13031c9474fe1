#include "kernel/desk/jobs.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "kernel/base/check.h"
#include "kernel/desk/runner.h"
#include "kernel/desk/test_world.h"

namespace sj::desk {
namespace {

const sql::Statement kFailures{"SELECT failures FROM kernel_job WHERE name = $1"};
const sql::Statement kEvents{"SELECT count(*) FROM kernel_outbox_event WHERE topic = 'test.moved'"};

class Jobs : public testing::TestWithParam<sql::Dialect> {
 protected:
  void SetUp() override {
    if (!sql::FreshStore::available(GetParam())) GTEST_SKIP() << "SJ_TEST_PG is not set";
    world_ = std::make_unique<World>(GetParam());
    desk_ = world_->open_desk();
    reader_ = world_->reader();
  }

  /// Adds a row with the time of the day at each run.
  Job noting(const std::string& name) {
    Job job;
    job.name = name;
    job.work = [name](Tx& tx) { return add(tx, name + to_iso(tx.now()).substr(5, 11)); };
    return job;
  }
  int run_at(std::string_view iso, const std::vector<Job>& jobs) {
    world_->clock.set(parse_instant(std::string(iso) + "+08:00").value());
    return run_due(*desk_, *reader_, world_->clock, jobs).value();
  }

  std::unique_ptr<World> world_;
  std::unique_ptr<Desk> desk_;
  std::unique_ptr<sql::Connection> reader_;
};

TEST_P(Jobs, WhatDeletesWaitsWhileTheClockIsDoubted) {
  Job deletes = noting("d");
  deletes.deletes = true;
  const std::vector<Job> jobs{deletes, noting("a")};
  world_->clock.set(parse_instant("2026-10-12T08:00:00+08:00").value());
  EXPECT_EQ(run_due(*desk_, *reader_, world_->clock, jobs, true).value(), 1);
  EXPECT_EQ(world_->names(), "a10-12T08:00");
  EXPECT_EQ(run_due(*desk_, *reader_, world_->clock, jobs, false).value(), 1);
  EXPECT_EQ(world_->names(), "a10-12T08:00 d10-12T08:00");
}

TEST_P(Jobs, AnIntervalCountsFromTheLastRun) {
  Job job = noting("a");
  job.every_minutes = 30;
  EXPECT_EQ(run_at("2026-10-12T08:00:00", {job}), 1) << "never ran";
  EXPECT_EQ(run_at("2026-10-12T08:29:59", {job}), 0);
  EXPECT_EQ(run_at("2026-10-12T08:30:00", {job}), 1);
  EXPECT_EQ(run_at("2026-10-12T10:00:00", {job}), 1) << "once, however late";
  EXPECT_EQ(run_at("2026-10-12T10:00:00", {job}), 0);
  EXPECT_EQ(world_->names(), "a10-12T08:00 a10-12T08:30 a10-12T10:00");
}

TEST_P(Jobs, ADailyJobRunsAtItsMinuteOfTheProductsZone) {
  Job job = noting("a");
  job.at_minute_of_day = 3 * 60;
  EXPECT_EQ(run_at("2026-10-12T02:59:59", {job}), 0) << "a new job waits for its minute";
  EXPECT_EQ(run_at("2026-10-12T03:00:00", {job}), 1);
  EXPECT_EQ(run_at("2026-10-12T03:00:01", {job}), 0);
  EXPECT_EQ(run_at("2026-10-12T23:59:00", {job}), 0);
  EXPECT_EQ(run_at("2026-10-13T02:59:00", {job}), 0);
  EXPECT_EQ(run_at("2026-10-13T08:00:00", {job}), 1) << "missed, and made up for";
  EXPECT_EQ(run_at("2026-10-14T02:00:00", {job}), 0);
  EXPECT_EQ(run_at("2026-10-15T02:00:00", {job}), 1) << "yesterday's was missed";
  EXPECT_EQ(run_at("2026-10-15T03:00:00", {job}), 1);
}

TEST_P(Jobs, ARestartNeitherForgetsNorRepeats) {
  Job job = noting("a");
  EXPECT_EQ(run_at("2026-10-12T08:00:00", {job}), 1);
  desk_ = world_->open_desk();
  EXPECT_EQ(run_at("2026-10-12T08:30:00", {job}), 0);
  EXPECT_EQ(run_at("2026-10-12T09:00:00", {job}), 1);
}

TEST_P(Jobs, AClockPutBackDoesNotStopThem) {
  Job often = noting("a");
  Job daily = noting("b");
  daily.at_minute_of_day = 60;
  EXPECT_EQ(run_at("2027-10-12T07:00:00", {often, daily}), 2);
  EXPECT_EQ(run_at("2026-10-12T08:00:00", {often, daily}), 2);
  EXPECT_EQ(run_at("2026-10-12T08:01:00", {often, daily}), 0);
}

TEST_P(Jobs, AFailureIsTakenBackCountedAndDueAgainAfterTheInterval) {
  bool fails = true;
  Job job;
  job.name = "a";
  job.work = [&](Tx& tx) -> Result<void> {
    SJ_TRY(add(tx, "a"));
    if (fails) return Error{ErrorKind::conflict, "test.no", ""};
    return {};
  };
  Job broken;
  broken.name = "b";
  broken.work = [](Tx& tx) -> Result<void> {
    SJ_CHECK(tx.new_id() < 0);
    return {};
  };
  EXPECT_EQ(run_at("2026-10-12T08:00:00", {job, broken, noting("c")}), 1) << "others go on";
  EXPECT_EQ(world_->names(), "c10-12T08:00");
  EXPECT_EQ(world_->number(kFailures, {"a"}), 1);
  EXPECT_EQ(world_->number(kFailures, {"b"}), 1);
  EXPECT_EQ(run_at("2026-10-12T08:30:00", {job}), 0);
  EXPECT_EQ(run_at("2026-10-12T09:00:00", {job}), 0);
  EXPECT_EQ(world_->number(kFailures, {"a"}), 2);
  fails = false;
  EXPECT_EQ(run_at("2026-10-12T10:00:00", {job}), 1);
  EXPECT_EQ(world_->number(kFailures, {"a"}), 0);
}

TEST_P(Jobs, TwoWhoFindItDueDoItOnce) {
  const Job job = noting("a");
  std::atomic<int> ran = 0;
  std::vector<std::thread> threads;
  threads.reserve(2);
  {
    Gate gate(*desk_);
    for (int t = 0; t < 2; ++t) {
      threads.emplace_back([&] {
        const auto reader = world_->reader();
        ran += run_due(*desk_, *reader, world_->clock, {job}).value();
      });
    }
    while (desk_->counts().waiting < 2) std::this_thread::yield();
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(world_->names(), "a10-12T08:00");
  EXPECT_EQ(world_->number(kFailures, {"a"}), 0);
}

TEST_P(Jobs, ALostCommitIsNoFailureOfTheJob) {
  desk_->close();
  Faulty::Plan plan;
  desk_ = std::make_unique<Desk>(std::make_unique<Faulty>(world_->store.connect(), plan),
                                 world_->context);
  plan.commits_lost = 1;
  const auto result = run_due(*desk_, *reader_, world_->clock, {noting("a")});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, "sql.unavailable");
  EXPECT_EQ(run_at("2026-10-12T08:00:00", {noting("a")}), 1) << "at once";
  desk_->close();
}

TEST_P(Jobs, AClosedDeskIsNoFailureOfTheJob) {
  desk_->close();
  const auto result = run_due(*desk_, *reader_, world_->clock, {noting("a")});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, "desk.closing");
  desk_ = world_->open_desk();
  EXPECT_EQ(run_at("2026-10-12T08:00:00", {noting("a")}), 1);
}

/// Waits, for as long as a slow machine may need, until `is_so`.
template <class F>
bool soon(const F& is_so) {
  for (int i = 0; i < 1'000; ++i) {
    if (is_so()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

TEST_P(Jobs, TheRunnerDeliversAfterACommitAndRunsJobsByTheClock) {
  std::vector<Listener> listeners{{"a", "test.moved", [](Tx& tx, const Delivery& delivery) {
                                     return add(tx, "heard" + delivery.payload);
                                   }}};
  Job job = noting("j");
  const log::Log log(-1, log::Level::error, world_->clock);
  // No tick comes to help: delivery must be woken by the commit.
  auto runner = std::make_unique<Runner>(*desk_, world_->reader(), world_->clock, listeners,
                                         std::vector<Job>{job}, log, std::chrono::hours(1));
  desk_->run(clerk(), [](Tx& tx) { return tx.publish(kArea, {"test.moved", "1"}); }).value();
  EXPECT_TRUE(soon([&] { return world_->number(kEvents) == 0; }));
  EXPECT_TRUE(soon([&] { return world_->names() == "heard1 j10-12T08:00"; })) << world_->names();
  runner.reset();

  // And by the clock alone, without any commit.
  runner = std::make_unique<Runner>(*desk_, world_->reader(), world_->clock, listeners,
                                    std::vector<Job>{job}, log, std::chrono::milliseconds(10));
  world_->clock.set(parse_instant("2026-10-12T09:30:00+08:00").value());
  EXPECT_TRUE(soon([&] { return world_->names() == "heard1 j10-12T08:00 j10-12T09:30"; }))
      << world_->names();
  runner->stop();
  desk_->run(clerk(), [](Tx& tx) { return tx.publish(kArea, {"test.moved", "2"}); }).value();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(world_->number(kEvents), 1) << "it has stopped";
}

TEST_P(Jobs, TheRunnerOutlivesFaults) {
  std::vector<Listener> listeners{{"a", "test.moved", [](Tx& tx, const Delivery&) -> Result<void> {
                                     SJ_CHECK(tx.new_id() < 0);
                                     return {};
                                   }}};
  Job nameless;  // a fault of ours, outside any unit
  nameless.work = [](Tx&) -> Result<void> { return {}; };
  const log::Log log(-1, log::Level::error, world_->clock);
  const Runner runner(
      *desk_, world_->reader(), world_->clock,
      {listeners[0],
       {"b", "test.moved",
        [](Tx& tx, const Delivery& delivery) { return add(tx, "heard" + delivery.payload); }}},
      {nameless}, log, std::chrono::milliseconds(10));
  for (const char* payload : {"1", "2"}) {
    desk_->run(clerk(), [&](Tx& tx) { return tx.publish(kArea, {"test.moved", payload}); }).value();
    EXPECT_TRUE(soon([&] { return world_->names().ends_with(payload); })) << payload;
  }
}

INSTANTIATE_TEST_SUITE_P(Engines,
                         Jobs,
                         testing::Values(sql::Dialect::sqlite, sql::Dialect::postgres),
                         [](const auto& engine) {
                           return engine.param == sql::Dialect::sqlite ? "sqlite" : "postgres";
                         });

}  // namespace
}  // namespace sj::desk
