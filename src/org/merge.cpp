#include "org/merge.h"

#include <algorithm>

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

Result<MergeState> decide_undo(MergeState now) {
  if (now != MergeState::merged) {
    return Error{ErrorKind::conflict, "org.merge_closed", std::string(name_of(now))};
  }
  return MergeState::undone;
}

}  // namespace sj::org
