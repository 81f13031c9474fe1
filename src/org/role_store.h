#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernel/auth/access.h"
#include "kernel/base/result.h"
#include "kernel/desk/tx.h"
#include "kernel/sql/sql.h"

#include "org/role.h"

namespace sj::org {

struct RoleRow {
  std::int64_t id = 0;
  std::int64_t person = 0;
  std::string person_name{};
  std::string role{};
  auth::Place place{};
  LocalDay from = LocalDay::first();
  std::optional<LocalDay> until{};
  std::string granted_by{};
  std::optional<std::int64_t> revoked_ms{};
};
/// The roles at places of the scope, those of its schools' classes and, with all of the district,
/// its own; at one school if `school` is not 0. The latest first, at most 500.
[[nodiscard]] Result<std::vector<RoleRow>> list_roles(sql::Reader& store,
                                                      const auth::Scope& scope,
                                                      std::int64_t school);
/// Nothing if there is none, whoever asks; the caller asks for the right to its place.
[[nodiscard]] Result<std::optional<RoleRow>> find_role_row(sql::Reader& store,
                                                           std::int64_t area,
                                                           std::int64_t id);
/// Roles of a person that are or will be in force.
[[nodiscard]] Result<std::vector<RoleRow>> list_roles_of(sql::Reader& store,
                                                         std::int64_t area,
                                                         std::int64_t person,
                                                         LocalDay today);
/// How many others than the owner of the row `but` hold `role` for the whole district from today on
/// without an end, and can log in.
[[nodiscard]] Result<std::int64_t> count_others(
    sql::Reader& store, std::int64_t area, std::string_view role, std::int64_t but, LocalDay today);
[[nodiscard]] Result<void> insert_role(desk::Tx& tx,
                                       std::int64_t area,
                                       std::int64_t id,
                                       const GrantCommand& command);
[[nodiscard]] Result<void> revoke_role(desk::Tx& tx, std::int64_t area, std::int64_t id);

/// Where somebody may do anything, now or later: the places of roles, and classes taught.
[[nodiscard]] Result<std::vector<auth::Place>> list_right_places(sql::Reader& store,
                                                                 std::int64_t area,
                                                                 std::int64_t person,
                                                                 LocalDay today);
/// Does the scope cover them all?
[[nodiscard]] Result<bool> covers_all(sql::Reader& store,
                                      const auth::Scope& scope,
                                      const std::vector<auth::Place>& places,
                                      LocalDay today);

/// Is somebody on the staff of any school, or of the district office, today?
[[nodiscard]] Result<bool> is_staff(sql::Reader& store,
                                    std::int64_t area,
                                    std::int64_t person,
                                    LocalDay today);
/// The name of a person; empty if there is none.
[[nodiscard]] Result<std::string> find_person_name(sql::Reader& store,
                                                   std::int64_t area,
                                                   std::int64_t person);

/// Where a grant comes from: since when, and who gave it (a name; empty: by the roster).
struct Origin {
  LocalDay since = LocalDay::first();
  std::string granted_by{};
};
[[nodiscard]] Result<std::optional<Origin>> find_origin(sql::Reader& store,
                                                        std::int64_t area,
                                                        const auth::Grant& grant);

}  // namespace sj::org
