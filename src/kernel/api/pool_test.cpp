#include "kernel/api/pool.h"

#include <atomic>
#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "kernel/sql/fresh_store.h"

namespace sj::api {
namespace {

using namespace std::chrono_literals;

struct Line : public ::testing::Test {
  sql::FreshStore store{sql::Dialect::sqlite};
  std::promise<void> gate{};
  std::vector<std::string> done{};  // by the one thread

  // Keeps the thread busy until the gate opens.
  void block(Pool& pool) {
    std::promise<void> begun;
    ASSERT_TRUE(pool.submit([this, &begun](const Result<sql::Connection*>&) {
      begun.set_value();
      gate.get_future().wait();
    }));
    begun.get_future().wait();
  }
  bool add(Pool& pool, const std::string& who, bool known = false) {
    return pool.submit(
        [this, who](const Result<sql::Connection*>& connection) {
          EXPECT_TRUE(connection.ok());
          done.push_back(who);
        },
        {who, known});
  }
};

TEST_F(Line, TakesTurnsBetweenThoseWhoAsk) {
  Pool pool(store.database(), {.threads = 1});
  block(pool);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(add(pool, "many"));
  EXPECT_TRUE(add(pool, "one"));
  EXPECT_TRUE(add(pool, "two"));
  EXPECT_TRUE(add(pool, "two"));
  EXPECT_EQ(pool.waiting(), 6U);
  gate.set_value();
  pool.close();
  EXPECT_EQ(done, (std::vector<std::string>{"many", "one", "two", "many", "two", "many"}));
  EXPECT_FALSE(add(pool, "late"));
}

TEST_F(Line, HasRoomForTheKnownHoweverManyStrangersThereAre) {
  Pool pool(store.database(), {.threads = 1, .queue = 3});
  block(pool);
  for (const char* who : {"s1", "s2", "s3"}) EXPECT_TRUE(add(pool, who));
  EXPECT_FALSE(add(pool, "s4"));
  for (const char* who : {"k1", "k1", "k2"}) EXPECT_TRUE(add(pool, who, true));
  gate.set_value();
  pool.close();
  EXPECT_EQ(done, (std::vector<std::string>{"k1", "s1", "k2", "s2", "k1", "s3"}));
}

TEST_F(Line, IsAsLongAsItMayBe) {
  Pool pool(store.database(), {.threads = 1, .queue = 2});
  block(pool);
  EXPECT_TRUE(add(pool, "a"));
  EXPECT_TRUE(add(pool, "b"));
  EXPECT_FALSE(add(pool, "c"));
  gate.set_value();
  pool.close();
  EXPECT_EQ(done.size(), 2U);
}

TEST_F(Line, TakesNothingThatWouldBeDoneTooLate) {
  Pool pool(store.database(), {.threads = 1, .queue = 100'000, .wait = 60s});
  // From here on it is known that a job takes 50 ms or more.
  std::promise<void> seen;
  ASSERT_TRUE(pool.submit([&](const Result<sql::Connection*>&) {
    std::this_thread::sleep_for(50ms);
    seen.set_value();
  }));
  seen.get_future().wait();
  block(pool);
  int taken = 0;
  while (taken <= 1'200 && add(pool, "many")) ++taken;
  EXPECT_LE(taken, 1'200) << "at 50 ms each the last would wait a minute";
  EXPECT_GT(taken, 0);
  EXPECT_TRUE(add(pool, "one")) << "whose turn comes second";
  int strangers = 0;
  while (strangers <= 1'200 && add(pool, std::to_string(strangers))) ++strangers;
  EXPECT_LE(strangers, 1'200) << "from as many addresses no more are taken";
  EXPECT_TRUE(add(pool, "own", true)) << "who is known does not wait for them all";
  gate.set_value();
  pool.close();
}

}  // namespace
}  // namespace sj::api
