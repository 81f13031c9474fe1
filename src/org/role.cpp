#include "org/role.h"

#include <algorithm>

#include "org/words.h"

namespace sj::org {
namespace {

// Three offices that one person never holds two of: who arranges rights, who approves looks, who
// reads the trail.
bool is_apart(std::string_view role) {
  return std::find(kOfficerRoles.begin(), kOfficerRoles.end(), role) != kOfficerRoles.end();
}

std::size_t bit_of(const Permission& permission) {
  return static_cast<std::size_t>(permission.bit);
}

}  // namespace

bool holds_all(const auth::Permissions& holder, const auth::Permissions& wanted) {
  auth::Permissions held = holder;
  if (held[bit_of(kSensitiveApprove)]) held.set(bit_of(kSensitiveAsk));
  return (wanted & ~held).none();
}

bool is_officer_role(std::string_view role, auth::PlaceKind where) {
  return where == auth::PlaceKind::area && is_apart(role);
}

bool are_incompatible(const std::vector<std::string>& roles) {
  std::string_view first;
  for (const std::string& role : roles) {
    if (!is_apart(role) || role == first) continue;
    if (!first.empty()) return true;
    first = role;
  }
  return false;
}

Result<void> decide_grant(const GrantState& state, const GrantCommand& command, LocalDay today) {
  const Role* const role = find_role(command.role);
  if (role == nullptr || !role->assignable) {
    return Error{ErrorKind::invalid, "org.unknown_role",
                 "role: one of GET /api/org/roles/catalogue that is assignable"};
  }
  if (std::find(role->places.begin(), role->places.end(), command.place.kind) ==
      role->places.end()) {
    return Error{ErrorKind::invalid, "org.bad_role_place",
                 "place_kind: not where this role can be held"};
  }
  if (command.until && (*command.until <= command.from || *command.until <= today)) {
    return Error{ErrorKind::invalid, "org.bad_period",
                 "until_day: the first day no longer, after from_day and today"};
  }
  if (command.person == state.giver_person || state.is_giver_made) {
    return Error{ErrorKind::forbidden, "org.own_role", "nobody gives himself a role"};
  }
  if (!state.giver_arranges_area && !holds_all(state.giver, rights_of(*role))) {
    return Error{ErrorKind::forbidden, "org.above_own_rights",
                 "the role may more than you may at this place"};
  }
  if (!state.is_staff) {
    return Error{ErrorKind::conflict, "org.not_staff", "person_id: nobody on the staff today"};
  }
  std::vector<std::string> all = state.held;
  all.emplace_back(role->name);
  if (is_apart(role->name) && are_incompatible(all)) {
    return Error{ErrorKind::conflict, "org.incompatible_roles",
                 "admin, data_officer and auditor are never one person"};
  }
  return {};
}

}  // namespace sj::org
