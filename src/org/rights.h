#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "kernel/auth/access.h"

/// What roles may do, also in rooms above. The one table of roles; the matrix test and the screen
/// "who may see what" read it.
namespace sj::org {

using auth::Permission;

inline constexpr Permission kSchoolRead{16, "org.school.read"};
inline constexpr Permission kSchoolWrite{17, "org.school.write"};  // schools, sites, streets, terms
inline constexpr Permission kClassRead{18, "org.class.read"};
inline constexpr Permission kClassWrite{19, "org.class.write"};
inline constexpr Permission kPupilRead{20, "org.pupil.read"};  // name, class, sex, guardians' names
inline constexpr Permission kPupilWrite{21, "org.pupil.write"};
inline constexpr Permission kStaffRead{22, "org.staff.read"};
inline constexpr Permission kStaffWrite{23, "org.staff.write"};
inline constexpr Permission kImport{24, "org.import"};
inline constexpr Permission kExport{25, "org.export"};
inline constexpr Permission kInvite{26, "org.invite"};
inline constexpr Permission kRoleRead{27, "org.role.read"};
inline constexpr Permission kRoleWrite{28, "org.role.write"};  // also accounts of staff
inline constexpr Permission kSensitiveAsk{29, "org.sensitive.ask"};
inline constexpr Permission kSensitiveApprove{30, "org.sensitive.approve"};
inline constexpr Permission kAuditRead{31, "org.audit.read"};
inline constexpr Permission kRequestDecide{32, "org.request.decide"};
inline constexpr Permission kChildRead{33, "org.child.read"};      // a guardian's own children
inline constexpr Permission kChildInvite{34, "org.child.invite"};  // the second guardian

// Of the room policy.
inline constexpr Permission kCalendarWrite{35, "policy.calendar.write"};
inline constexpr Permission kRuleWrite{36, "policy.rule.write"};  // local limits, exemptions

// Who joined by a code is let in: also the district's data officer's, where at a school everybody
// has made everybody's account.
inline constexpr Permission kNewcomerDecide{37, "org.newcomer.decide"};

inline constexpr std::array kPermissions = {
    kSchoolRead,  kSchoolWrite,   kClassRead,        kClassWrite,    kPupilRead,     kPupilWrite,
    kStaffRead,   kStaffWrite,    kImport,           kExport,        kInvite,        kRoleRead,
    kRoleWrite,   kSensitiveAsk,  kSensitiveApprove, kAuditRead,     kRequestDecide, kChildRead,
    kChildInvite, kCalendarWrite, kRuleWrite,        kNewcomerDecide};
inline constexpr auto kPermissionNames = [] {
  std::array<std::string_view, kPermissions.size()> names{};
  for (std::size_t i = 0; i < names.size(); ++i) names.at(i) = kPermissions.at(i).name;
  return names;
}();

/// Every permission of the room.
[[nodiscard]] std::span<const Permission> permissions();

struct Role {
  std::string_view name;
  std::vector<auth::PlaceKind> places{};  // where it can be held
  std::vector<Permission> may{};
  bool assignable = true;  // false: follows from teaching or guardianship, never granted by hand
};

/// admin office street_office auditor data_officer (area); principal clerk data_officer (school);
/// teacher (class, from org_teaching); guardian (pupil, from guardianship and family link).
[[nodiscard]] std::span<const Role> roles();
[[nodiscard]] const Role* find_role(std::string_view name);
[[nodiscard]] auth::Permissions rights_of(const Role& role);

}  // namespace sj::org
