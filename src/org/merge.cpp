#include "org/merge.h"

#include <algorithm>

#include "org/role.h"
#include "org/words.h"

namespace sj::org {
std::string_view name_of(MergeState state) {
  return kMergeStates.at(static_cast<std::size_t>(state));
}

std::optional<MergeState> merge_state_of(std::string_view name) {
  const auto* const found = std::find(kMergeStates.begin(), kMergeStates.end(), name);
  if (found == kMergeStates.end()) return std::nullopt;
  return static_cast<MergeState>(found - kMergeStates.begin());
}

Result<MergeState> decide_merge(MergeState now, bool merge) {
  if (now != MergeState::proposed) {
    return Error{ErrorKind::conflict, "org.merge_closed", std::string(name_of(now))};
  }
  return merge ? MergeState::merged : MergeState::refused;
}

Result<void> decide_merge_rights(const MergeRights& rights) {
  if (rights.is_own) {
    return Error{ErrorKind::forbidden, "org.own_role", "one of the two is yourself"};
  }
  if (!rights.within_reach) {
    return Error{ErrorKind::forbidden, "org.above_own_rights",
                 "one of the two holds rights where you give none"};
  }
  if (are_incompatible(rights.roles)) {
    return Error{ErrorKind::conflict, "org.incompatible_roles",
                 "admin, data_officer and auditor are never one person"};
  }
  return {};
}

Result<MergeState> decide_undo(MergeState now) {
  if (now != MergeState::merged) {
    return Error{ErrorKind::conflict, "org.merge_closed", std::string(name_of(now))};
  }
  return MergeState::undone;
}

}  // namespace sj::org
