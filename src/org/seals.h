#pragma once

#include <string>
#include <string_view>

/// What everything sealed in this room is sealed for: the purposes given to auth::Vault. Whoever
/// seals and whoever opens must say the same, so they are said here only.
namespace sj::org {

/// A field of org_sealed, and its blind index: "id_number", "phone", "custody".
[[nodiscard]] inline std::string field_seal(std::string_view field) {
  return "org." + std::string(field);
}
/// Whom a guardian invites, under the pupil's key.
inline constexpr std::string_view kInvitedSeal = "org.invitation.invited";
/// What a family asks for, under the pupil's key.
inline constexpr std::string_view kRequestSeal = "org.request.text";
/// What a merge changed, under the key of the person who goes.
inline constexpr std::string_view kMergeUndoSeal = "org.merge.undo";
/// The personal part of an entry of the trail, as desk::Tx::audit seals it.
inline constexpr std::string_view kAuditSeal = "audit";

}  // namespace sj::org
