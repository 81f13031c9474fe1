#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/base/result.h"

namespace sj::api {
struct Room;
}

namespace sj::org {

/// Newcomers (新加入者): whoever has redeemed a code. A code and a birth day are known to whoever
/// prints the slips, so they prove nothing about who a person is: a newcomer sees nothing that is
/// sealed until somebody of the school who did not make his code confirms him. Honest families lose
/// nothing else by waiting.

/// So many children of families that have nothing to do with each other one account, or one browser
/// in a day, may have before the school is asked to look twice: a grandmother has three.
inline constexpr std::size_t kUnrelatedMax = 3;

/// Of each pair a child, and somebody who is his guardian whatever was joined; 0: nobody.
using ChildAndGuardian = std::pair<std::int64_t, std::int64_t>;
/// Children who share a guardian, also by way of another child, count once.
[[nodiscard]] std::size_t count_unrelated(const std::vector<ChildAndGuardian>& pairs);

/// What is known when somebody has joined.
struct JoinFacts {
  // Whoever made the code has logged in on the device that redeems it, or made it in this browser
  // at this address; or so it was when the account joined another child.
  bool from_makers_browser = false;
  std::size_t of_account = 1;  // unrelated children, with the new one
  std::size_t of_browser = 1;  // at one address, within a day
  std::size_t of_device = 1;   // within a month, wherever the device was
};
/// Decides whether the school should look twice (异常加入). It keeps nobody out.
///
/// Gives:   "maker_browser", "one_account", "one_browser", or nothing.
/// Fails:   never
/// Source:  decisions.md, a newcomer to a child
[[nodiscard]] std::string_view decide_odd(const JoinFacts& facts);

enum class Verdict : unsigned char { confirmed, rejected, waiting };

/// What is known when the school decides.
struct NewcomerState {
  bool confirmed = false;
  bool made_by_decider = false;
  bool is_same_hand = false;  // same_hand() of whoever made the code and whoever would confirm
};
/// Decides whether somebody may decide so about a newcomer (确认新加入者). Cutting off is anybody's
/// who may change the pupil; `waiting` takes a confirmation back.
///
/// Gives:   nothing; the caller writes it.
/// Fails:   org.own_code (forbidden): whoever made the code does not confirm who redeemed it ·
///          org.same_hand (forbidden): the two may be one · org.decided (conflict): it is so
///          already
/// Source:  decisions.md, a newcomer to a child; 未成年人网络保护条例 36
[[nodiscard]] Result<void> decide_newcomer(const NewcomerState& state, Verdict verdict);

void add_newcomer_routes(api::Room& room);

}  // namespace sj::org
