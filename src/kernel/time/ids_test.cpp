#include "kernel/time/ids.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "kernel/base/check.h"
#include "kernel/time/entropy.h"
#include "kernel/time/local_day.h"
#include "kernel/time/zone.h"

namespace sj {
namespace {

constexpr Instant kEpoch(1'577'836'800'000);

Instant at_second(std::int64_t second) {
  return Instant(kEpoch.utc_ms() + second * 1000);
}

TEST(SystemIds, say_when_they_were_made) {
  TestClock clock(at_second(1));
  SeededEntropy entropy("a");
  SystemIds ids(clock, entropy);
  const std::int64_t first = ids.next();
  EXPECT_EQ(first >> 22, 1000);
  clock.set(at_second(2));
  const std::int64_t second = ids.next();
  EXPECT_EQ(second >> 22, 2000);
  // The same object: the same bits below the time.
  EXPECT_EQ(first & ((1 << 22) - 1), second & ((1 << 22) - 1));
}

TEST(SystemIds, increase_although_the_clock_stands_or_goes_back) {
  TestClock clock(at_second(10));
  SeededEntropy entropy("a");
  SystemIds ids(clock, entropy);
  std::int64_t last = 0;
  for (int i = 0; i < 2000; ++i) {
    if (i == 1000) clock.set(at_second(5));
    const std::int64_t id = ids.next();
    ASSERT_GT(id, last);
    last = id;
  }
  // 2000 ids need 8 milliseconds.
  EXPECT_EQ(last >> 22, 10'007);
}

TEST(SystemIds, live_from_2020_to_2089) {
  SeededEntropy entropy("a");
  TestClock clock(Instant(0));
  SystemIds ids(clock, entropy);
  EXPECT_GT(ids.next(), 0);
  clock.set(instant_of(LocalDay::create(2089, 1, 1).value(), 0));
  EXPECT_GT(ids.next(), 0);
  clock.set(instant_of(LocalDay::create(2090, 1, 1).value(), 0));
  EXPECT_THROW(static_cast<void>(ids.next()), InvariantBroken);
}

TEST(SystemIds, differ_between_processes_that_work_at_the_same_time) {
  TestClock clock(at_second(1));
  SeededEntropy entropy("a");
  SystemIds one(clock, entropy);
  SystemIds other(clock, entropy);
  std::set<std::int64_t> seen;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(seen.insert(one.next()).second);
    EXPECT_TRUE(seen.insert(other.next()).second);
  }
}

template <class Source>
void expect_distinct_from_threads(Source& ids) {
  constexpr std::size_t kEach = 20'000;
  std::array<std::vector<std::int64_t>, 4> made;
  {
    std::vector<std::thread> threads;
    threads.reserve(made.size());
    for (auto& own : made) {
      threads.emplace_back([&ids, &own] {
        for (std::size_t i = 0; i < kEach; ++i) own.push_back(ids.next());
      });
    }
    for (auto& thread : threads) thread.join();
  }
  std::set<std::int64_t> all;
  for (const auto& own : made) {
    EXPECT_TRUE(std::is_sorted(own.begin(), own.end()));
    all.insert(own.begin(), own.end());
  }
  EXPECT_EQ(all.size(), made.size() * kEach);
}

TEST(SystemIds, are_distinct_when_threads_ask_at_once) {
  const SystemClock clock;
  SystemEntropy entropy;
  SystemIds ids(clock, entropy);
  expect_distinct_from_threads(ids);
}

TEST(SequentialIds, count_up) {
  SequentialIds ids;
  EXPECT_EQ(ids.next(), 1);
  EXPECT_EQ(ids.next(), 2);
  SequentialIds later(100);
  EXPECT_EQ(later.next(), 100);
  expect_distinct_from_threads(later);
}

TEST(SeededEntropy, is_the_stream_its_comment_defines) {
  // printf 'entropy\0a\0\0\0\0\0\0\0\0\0' | sha256sum, and with a last byte of 1
  SeededEntropy entropy("a");
  EXPECT_EQ(entropy.hex(32), "6b90d6c438a041cd5393f3e233cf20c0914944f972b9038078e09a26cb0f0938");
  EXPECT_EQ(entropy.hex(32), "9309dd055b188feb9c969b3ed7593464d98f73a64b2f84e3f36861aadc8881b2");
  EXPECT_NE(SeededEntropy("b").hex(32), SeededEntropy("a").hex(32));
}

RC_GTEST_PROP(SeededEntropy, does_not_depend_on_how_the_stream_is_cut, (const std::string& seed)) {
  const auto sizes = *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange(0, 100));
  SeededEntropy whole(seed);
  SeededEntropy cut(seed);
  std::string joined;
  for (const std::size_t size : sizes) joined += cut.hex(size);
  RC_ASSERT(joined == whole.hex(joined.size() / 2));
}

TEST(SystemEntropy, fills_everything_with_something_new) {
  SystemEntropy entropy;
  for (const std::size_t size : {std::size_t{0}, std::size_t{16}, std::size_t{1000}}) {
    EXPECT_EQ(entropy.hex(size).size(), size * 2);
  }
  EXPECT_NE(entropy.hex(16), entropy.hex(16));
  // The last byte of a long buffer is one of 256; that it is 0 thirty times says it was not
  // written.
  bool written = false;
  for (int i = 0; i < 30; ++i) {
    std::vector<std::uint8_t> bytes(1000);
    entropy.fill(bytes);
    written = written || bytes.back() != 0;
  }
  EXPECT_TRUE(written);
}

}  // namespace
}  // namespace sj
