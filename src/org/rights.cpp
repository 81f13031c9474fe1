#include "org/rights.h"

#include <algorithm>

namespace sj::org {
namespace {

using auth::PlaceKind;

const std::vector<Role>& table() {
  // The administrator arranges who may do what and sees no sensitive field; whoever approves looks
  // is not whoever asks; whoever reads the trail changes nothing (等保三级 三员分立).
  static const std::vector<Role> roles = {
      {"admin",
       {PlaceKind::area},
       {kSchoolRead, kSchoolWrite, kClassRead, kClassWrite, kPupilRead, kPupilWrite, kStaffRead,
        kStaffWrite, kImport, kExport, kInvite, kRoleRead, kRoleWrite, kAuditRead, kCalendarWrite,
        kNewcomerDecide}},
      {"office",
       {PlaceKind::area},
       {kSchoolRead, kSchoolWrite, kClassRead, kPupilRead, kStaffRead, kImport, kExport, kRoleRead,
        kSensitiveAsk, kAuditRead, kCalendarWrite, kRuleWrite}},
      {"street_office", {PlaceKind::street}, {kSchoolRead, kClassRead}},
      {"auditor", {PlaceKind::area}, {kSchoolRead, kRoleRead, kAuditRead}},
      {"data_officer",
       {PlaceKind::area, PlaceKind::school},
       {kSchoolRead, kSensitiveApprove, kRequestDecide, kAuditRead, kRoleRead, kNewcomerDecide}},
      {"principal",
       {PlaceKind::school},
       {kSchoolRead, kClassRead, kClassWrite, kPupilRead, kPupilWrite, kStaffRead, kStaffWrite,
        kImport, kExport, kInvite, kRoleRead, kRoleWrite, kSensitiveApprove, kAuditRead,
        kRequestDecide, kCalendarWrite, kNewcomerDecide}},
      {"clerk",
       {PlaceKind::school},
       {kSchoolRead, kClassRead, kClassWrite, kPupilRead, kPupilWrite, kStaffRead, kStaffWrite,
        kImport, kExport, kInvite, kRoleRead, kSensitiveAsk, kAuditRead, kCalendarWrite,
        kNewcomerDecide}},
      {"teacher",
       {PlaceKind::class_},
       {kSchoolRead, kClassRead, kPupilRead, kInvite, kSensitiveAsk},
       false},
      {"guardian", {PlaceKind::pupil}, {kChildRead, kChildInvite}, false},
  };
  return roles;
}

}  // namespace

std::span<const Permission> permissions() {
  return kPermissions;
}

std::span<const Role> roles() {
  return table();
}

const Role* find_role(std::string_view name) {
  const auto found = std::find_if(table().begin(), table().end(),
                                  [&](const Role& role) { return role.name == name; });
  return found == table().end() ? nullptr : &*found;
}

auth::Permissions rights_of(const Role& role) {
  auth::Permissions rights;
  for (const Permission permission : role.may) rights.set(static_cast<std::size_t>(permission.bit));
  return rights;
}

}  // namespace sj::org
