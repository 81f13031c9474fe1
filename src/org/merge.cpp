#include "org/merge.h"

#include <array>
#include <utility>

namespace sj::org {
namespace {

constexpr std::array<std::pair<MergeState, std::string_view>, 4> kStates = {{
    {MergeState::proposed, "proposed"},
    {MergeState::merged, "merged"},
    {MergeState::refused, "refused"},
    {MergeState::undone, "undone"},
}};

}  // namespace

std::string_view name_of(MergeState state) {
  return kStates.at(static_cast<std::size_t>(state)).second;
}

std::optional<MergeState> merge_state_of(std::string_view name) {
  for (const auto& [state, spelt] : kStates) {
    if (spelt == name) return state;
  }
  return std::nullopt;
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
