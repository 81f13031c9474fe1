#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/time/local_day.h"

namespace sj::org {

/// Two signatures are those of two natural persons (双人签署), not of two accounts. Whoever made or
/// reset an account can have been its user, and whoever gave its owner a post or a role may have
/// made him up.

/// What ties a person to another.
enum class Tie : unsigned char {
  same,  // two rows that were merged: one person, for good
  key,   // `by` made or reset the account of `person`, or handed out the code it joined with
  place  // `by` entered `person`, or gave him a post or a role, or merged rows of his
};

struct Hand {
  std::int64_t person = 0;
  std::int64_t by = 0;
  Tie tie = Tie::place;
  LocalDay on = LocalDay::first();
};

/// How long a hand counts, this day included; who is known so long is no puppet for one signature.
inline constexpr std::int64_t kHandDays = 30;

/// May the signatures of `a` and `b` be those of one natural person (同一人经手)?
///
/// Pure. They are if they are one person, if one of them stands behind the other, also through
/// others, or if somebody holds the keys of both. Nobody's own hand is needed twice: 0, which is
/// the operator's, ties nobody.
/// Source:  GB/T 22239-2019 8.1.5.1 to 8.1.5.3; 未成年人网络保护条例 36
[[nodiscard]] bool same_hand(std::span<const Hand> hands,
                             std::int64_t a,
                             std::int64_t b,
                             LocalDay today);

/// Does `maker` stand behind `person`, himself or through others?
[[nodiscard]] bool is_behind(std::span<const Hand> hands,
                             std::int64_t maker,
                             std::int64_t person,
                             LocalDay today);

/// org.same_hand (forbidden): what every second signature is refused with.
[[nodiscard]] Error same_hand_error();

}  // namespace sj::org
