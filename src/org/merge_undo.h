#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.h"

namespace sj::org {

/// The kept person's row of pupils, before and after a merge. No row before: it was made.
struct MergePupilRow {
  std::string local_no{};
  bool is_protected = false;
};
struct MergePupilChange {
  std::optional<MergePupilRow> before{};
  MergePupilRow after{};
};

/// What a merge changed, so that it can be taken back.
struct MergeUndo {
  using Ids = std::vector<std::int64_t>;
  /// A family's tie to a child, by the account's area and id.
  struct Link {
    std::int64_t area = 0;
    std::int64_t account = 0;
  };
  struct GuardianLink {
    Link link{};
    std::int64_t child = 0;
  };
  struct Foreign {
    std::string source{};
    std::string id{};
  };
  /// Bytes that were sealed anew, as they were.
  struct Resealed {
    std::int64_t id = 0;
    std::string bytes{};
  };
  std::map<std::string, Ids, std::less<>> rows{};  // given over, by whose they are: "staff"
  std::vector<Link> links{};
  std::vector<Link> shut_links{};
  std::vector<GuardianLink> guardian_links{};
  Ids overlaps{};             // memberships ended as a mistake
  Ids twins{};                // guardianships ended because the kept person has the same
  std::string twins_until{};  // the day they ended
  std::optional<MergePupilChange> pupil{};
  std::vector<Foreign> foreign{};
  std::vector<std::string> sealed{};  // fields
  std::vector<Resealed> invitations{};
  std::vector<Resealed> requests{};
};

/// As a JSON object; it holds ciphertext and numbers of schools, so it is itself sealed.
[[nodiscard]] std::string to_json(const MergeUndo& undo);
/// Fails: json.* when it is no JSON; what to_json did not write breaks an invariant.
[[nodiscard]] Result<MergeUndo> merge_undo_of(std::string_view json);

}  // namespace sj::org
