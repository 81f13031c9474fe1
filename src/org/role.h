#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/auth/access.h"
#include "kernel/base/result.h"
#include "kernel/time/local_day.h"

#include "org/rights.h"

namespace sj::api {
struct Room;
}

namespace sj::org {

struct Settings;

/// Roles given and taken (授权): who may do what, where, from when until when.

struct GrantCommand {
  std::int64_t person = 0;
  std::string role{};
  auth::Place place{};
  LocalDay from = LocalDay::first();
  std::optional<LocalDay> until{};
};

/// What is known when a role is to be given.
struct GrantState {
  /// What the giver holds at the place.
  auth::Permissions giver{};
  bool giver_arranges_area = false;  // may give roles in all of the district
  std::int64_t giver_person = 0;
  /// Whoever gets it stands behind the giver's account (hand.h).
  bool is_giver_made = false;
  /// Roles of whoever gets it, in force or to come, in the whole district.
  std::vector<std::string> held{};
  bool is_staff = true;
};

/// Decides whether a role may be given (授予角色).
///
/// Nobody gives more than he has: a right only to ask (org.sensitive.ask) counts as held by whoever
/// may approve it. Whoever arranges rights for the whole district may give every role, as somebody
/// must. Nobody gives himself a role, or has one given to him by whom he made. Arranging rights,
/// approving looks and reading the trail are three persons' work.
/// Gives:   nothing; the caller writes the row.
/// Fails:   org.unknown_role (invalid): no such role, or one that follows from teaching ·
///          org.bad_role_place (invalid) · org.bad_period (invalid) · org.own_role (forbidden) ·
///          org.above_own_rights (forbidden) · org.not_staff (conflict) ·
///          org.incompatible_roles (conflict)
/// Source:  GB/T 22239-2019 8.1.5.1 to 8.1.5.3 (系统、审计、安全管理员分设)
[[nodiscard]] Result<void> decide_grant(const GrantState& state,
                                        const GrantCommand& command,
                                        LocalDay today);

/// Has `holder` every right of `wanted`, or may he approve what it only asks for?
[[nodiscard]] bool holds_all(const auth::Permissions& holder, const auth::Permissions& wanted);

/// Is it one of the district's three officers (三员): 系统管理员 admin, 数据负责人 data_officer,
/// 审计员 auditor? What touches one of them takes two (officer.h).
[[nodiscard]] bool is_officer_role(std::string_view role, auth::PlaceKind where);

/// Are there two among them that one person never holds?
[[nodiscard]] bool are_incompatible(const std::vector<std::string>& roles);

void add_role_routes(api::Room& room, const Settings& settings);

}  // namespace sj::org
