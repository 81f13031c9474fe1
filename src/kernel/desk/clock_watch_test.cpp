#include "kernel/desk/clock_watch.h"

#include <memory>
#include <string_view>

#include <gtest/gtest.h>

#include "kernel/desk/test_world.h"

namespace sj::desk {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kDayMs = 24 * kHourMs;
constexpr std::int64_t kStart = 1'791'763'200'000;

/// What is thought after the clock has shown these moments, each so many milliseconds after the
/// first.
ClockState after(std::initializer_list<std::int64_t> moments) {
  ClockState state;
  for (const std::int64_t moment : moments) state = decide_clock(state, Instant(kStart + moment));
  return state;
}

TEST(Clock, ThatGoesOnIsBelieved) {
  EXPECT_FALSE(after({0}).doubted());
  EXPECT_FALSE(after({0, kHourMs, 3 * kDayMs}).doubted()) << "off over a long weekend";
  EXPECT_FALSE(after({0, kDayMs, 0}).doubted()) << "set back by a day";
  EXPECT_EQ(after({0, kDayMs, 0}).believed_ms, kStart + kDayMs);
}

TEST(Clock, ThatJumpsIsDoubtedEitherWay) {
  EXPECT_TRUE(after({0, 3 * kDayMs + 1}).doubted());
  EXPECT_TRUE(after({0, 400 * kDayMs}).doubted());
  EXPECT_TRUE(after({0, -400 * kDayMs}).doubted());
  EXPECT_FALSE(after({0, 400 * kDayMs, kHourMs}).doubted()) << "it was put right";
  EXPECT_EQ(after({0, 400 * kDayMs, kHourMs}).believed_ms, kStart + kHourMs);
}

TEST(Clock, ThatIsDoubtedIsBelievedAfterSomeDaysAtItsPace) {
  const std::int64_t there = 400 * kDayMs;
  EXPECT_TRUE(after({0, there, there + kDayMs, there + 2 * kDayMs}).doubted());
  EXPECT_FALSE(after({0, there, there + kDayMs, there + 2 * kDayMs, there + 3 * kDayMs}).doubted());
  EXPECT_TRUE(after({0, there, there + 3 * kDayMs}).doubted()) << "it jumped once more";
  EXPECT_TRUE(after({0, there, there + kDayMs, there, there + 2 * kDayMs}).doubted());
}

class ClockWatch : public testing::TestWithParam<sql::Dialect> {};

TEST_P(ClockWatch, IsRememberedAndConfirmed) {
  if (!sql::FreshStore::available(GetParam())) GTEST_SKIP() << "SJ_TEST_PG is not set";
  World world(GetParam());
  const auto reader = world.reader();
  const auto desk = world.open_desk();
  const auto doubted = [&] { return watch_clock(*desk, *reader, world.clock).value(); };
  // A store of before has only its trail to tell what time it was.
  desk->run(clerk(), [](Tx& tx) { return add(tx, "a"); }).value();
  world.clock.advance_ms(400 * kDayMs);
  EXPECT_TRUE(doubted());
  world.clock.advance_ms(kHourMs);
  EXPECT_TRUE(doubted());
  desk->run(clerk(), confirm_clock).value();
  EXPECT_FALSE(doubted());
  world.clock.advance_ms(2 * kDayMs);
  EXPECT_FALSE(doubted());
  world.clock.advance_ms(2 * kDayMs);
  EXPECT_FALSE(doubted()) << "counted from the last look";
}

INSTANTIATE_TEST_SUITE_P(Engines,
                         ClockWatch,
                         testing::Values(sql::Dialect::sqlite, sql::Dialect::postgres),
                         [](const auto& engine) {
                           return engine.param == sql::Dialect::sqlite ? "sqlite" : "postgres";
                         });

}  // namespace
}  // namespace sj::desk
