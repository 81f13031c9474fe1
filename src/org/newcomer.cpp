#include "org/newcomer.h"

#include <algorithm>
#include <map>
#include <set>

#include "org/hand.h"

namespace sj::org {
namespace {

/// Groups of children, each known by one of them.
class Families {
 public:
  std::int64_t of(std::int64_t child) {
    const auto found = leader_.emplace(child, child).first;
    if (found->second == child) return child;
    return found->second = of(found->second);
  }
  void join(std::int64_t one, std::int64_t other) { leader_[of(one)] = of(other); }

 private:
  std::map<std::int64_t, std::int64_t> leader_{};
};

}  // namespace

std::size_t count_unrelated(const std::vector<ChildAndGuardian>& pairs) {
  Families families;
  std::map<std::int64_t, std::int64_t> child_of;
  for (const auto& [child, guardian] : pairs) {
    families.of(child);
    if (guardian == 0) continue;
    families.join(child, child_of.emplace(guardian, child).first->second);
  }
  std::set<std::int64_t> leaders;
  for (const auto& pair : pairs) leaders.insert(families.of(pair.first));
  return leaders.size();
}

std::string_view decide_odd(const JoinFacts& facts) {
  if (facts.from_makers_browser) return "maker_browser";
  if (facts.of_account > kUnrelatedMax) return "one_account";
  if (std::max(facts.of_browser, facts.of_device) > kUnrelatedMax) return "one_browser";
  return {};
}

Result<void> decide_newcomer(const NewcomerState& state, Verdict verdict) {
  if (verdict == Verdict::confirmed && state.made_by_decider) {
    return Error{ErrorKind::forbidden, "org.own_code",
                 "whoever made the code does not confirm who redeemed it"};
  }
  if (verdict == Verdict::confirmed && state.is_same_hand) return same_hand_error();
  const bool is_so = (verdict == Verdict::confirmed && state.confirmed) ||
                     (verdict == Verdict::waiting && !state.confirmed);
  if (is_so) return Error{ErrorKind::conflict, "org.decided", "it was decided before"};
  return {};
}

}  // namespace sj::org
