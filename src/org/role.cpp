#include "org/role.h"

#include <algorithm>
#include <array>

namespace sj::org {
namespace {

// Three offices that one person never holds two of: who arranges rights, who approves looks, who
// reads the trail.
constexpr std::array<std::string_view, 3> kApart = {"admin", "data_officer", "auditor"};

bool is_apart(std::string_view role) {
  return std::find(kApart.begin(), kApart.end(), role) != kApart.end();
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
  if (command.person == state.giver_person) {
    return Error{ErrorKind::forbidden, "org.own_role", "nobody gives himself a role"};
  }
  if (!state.giver_arranges_area && !holds_all(state.giver, rights_of(*role))) {
    return Error{ErrorKind::forbidden, "org.above_own_rights",
                 "the role may more than you may at this place"};
  }
  if (!state.is_staff) {
    return Error{ErrorKind::conflict, "org.not_staff", "person_id: nobody on the staff today"};
  }
  const bool clashes =
      is_apart(role->name) &&
      std::any_of(state.held.begin(), state.held.end(),
                  [&](const std::string& held) { return is_apart(held) && held != role->name; });
  if (clashes) {
    return Error{ErrorKind::conflict, "org.incompatible_roles",
                 "admin, data_officer and auditor are never one person"};
  }
  return {};
}

}  // namespace sj::org
