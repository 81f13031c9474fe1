#include "org/hand.h"

#include <algorithm>
#include <set>

namespace sj::org {
namespace {

enum class Follow : unsigned char { keys, all };

/// Whoever stands behind a person: himself, every row he was merged with, and on from there.
std::set<std::int64_t> behind(std::span<const Hand> hands,
                              std::int64_t person,
                              Follow follow,
                              LocalDay today) {
  std::set<std::int64_t> found{person};
  std::vector<std::int64_t> next{person};
  const auto reach = [&](std::int64_t who) {
    if (who != 0 && found.insert(who).second) next.push_back(who);
  };
  while (!next.empty()) {
    const std::int64_t at = next.back();
    next.pop_back();
    for (const Hand& hand : hands) {
      if (hand.tie == Tie::same) {
        if (hand.person == at) reach(hand.by);
        if (hand.by == at) reach(hand.person);
        continue;
      }
      const bool counts = days_between(hand.on, today) <= kHandDays &&
                          (follow == Follow::all || hand.tie == Tie::key);
      if (counts && hand.person == at) reach(hand.by);
    }
  }
  return found;
}

}  // namespace

bool is_behind(std::span<const Hand> hands,
               std::int64_t maker,
               std::int64_t person,
               LocalDay today) {
  return behind(hands, person, Follow::all, today).count(maker) > 0;
}

Error same_hand_error() {
  return Error{ErrorKind::forbidden, "org.same_hand",
               "within 30 days one of you made, reset or granted the other, or somebody both of "
               "you: the district's data officer decides, or another one"};
}

bool same_hand(std::span<const Hand> hands, std::int64_t a, std::int64_t b, LocalDay today) {
  if (is_behind(hands, a, b, today) || is_behind(hands, b, a, today)) return true;
  const auto of_a = behind(hands, a, Follow::keys, today);
  const auto of_b = behind(hands, b, Follow::keys, today);
  return std::any_of(of_a.begin(), of_a.end(),
                     [&](std::int64_t who) { return of_b.count(who) > 0; });
}

}  // namespace sj::org
