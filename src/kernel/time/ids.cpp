#include "kernel/time/ids.h"

#include <algorithm>
#include <array>

#include "kernel/base/check.h"

namespace sj {
namespace {

constexpr int kTimeBits = 41;
constexpr int kOwnBits = 14;
constexpr int kCountBits = 8;
static_assert(kTimeBits + kOwnBits + kCountBits == 63);
constexpr std::int64_t kCountMask = (1 << kCountBits) - 1;
constexpr std::int64_t kEpochMs = 1'577'836'800'000;  // 2020-01-01T00:00Z

std::int64_t draw_own_bits(Entropy& entropy) {
  std::array<std::uint8_t, 2> bytes{};
  entropy.fill(bytes);
  return (bytes[0] * 256 + bytes[1]) & ((1 << kOwnBits) - 1);
}

}  // namespace

SystemIds::SystemIds(const Clock& clock, Entropy& entropy)
    : clock_(clock), own_bits_(draw_own_bits(entropy)) {}

std::int64_t SystemIds::next() {
  // From 1, so that no id is 0, which elsewhere often means "none".
  const std::int64_t elapsed_ms = std::max(clock_.now().utc_ms(), kEpochMs + 1) - kEpochMs;
  SJ_CHECK(elapsed_ms < std::int64_t{1} << kTimeBits);
  const std::int64_t now_tick = elapsed_ms << kCountBits;
  std::int64_t last = last_tick_.load();
  std::int64_t tick = 0;
  do {
    tick = std::max(last + 1, now_tick);
  } while (!last_tick_.compare_exchange_weak(last, tick));
  SJ_CHECK(tick >> kCountBits < std::int64_t{1} << kTimeBits);
  return (tick >> kCountBits) << (kOwnBits + kCountBits) | own_bits_ << kCountBits |
         (tick & kCountMask);
}

}  // namespace sj
