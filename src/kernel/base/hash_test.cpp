#include <atomic>

#include <gtest/gtest.h>

#include "kernel/base/check.h"
#include "kernel/base/parallel.h"
#include "kernel/base/sha256.h"

namespace sj {
namespace {

// FIPS 180-4 examples.
TEST(Sha256, MatchesTheStandardsExamplesAndJoinsParts) {
  Hasher hasher;
  const Sha256 abc = hasher.hash({"abc"});
  EXPECT_EQ(abc[0], 0xba);
  EXPECT_EQ(abc[31], 0xad);
  EXPECT_EQ(hasher.hash({"a", "", "bc"}), abc);
  EXPECT_EQ(hasher.hash({})[0], 0xe3);
}

TEST(ParallelFor, DoesEverythingOnceAndPassesAFaultOn) {
  for (const int threads : {1, 2, 7}) {
    std::vector<std::atomic<int>> times(100);
    parallel_for(100, threads, [&](int i) { ++times[static_cast<std::size_t>(i)]; });
    for (const auto& one : times) EXPECT_EQ(one, 1);
    EXPECT_THROW(parallel_for(100, threads, [](int i) { SJ_CHECK(i < 50); }), InvariantBroken);
  }
}

}  // namespace
}  // namespace sj
