#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kernel/auth/access.h"
#include "kernel/base/result.h"
#include "kernel/desk/tx.h"
#include "kernel/sql/sql.h"
#include "kernel/time/local_day.h"

namespace sj::org {

/// What somebody is at a school, or at the district office (school 0).
struct StaffPost {
  std::int64_t id = 0;
  std::int64_t person = 0;
  std::int64_t school = 0;
  std::string school_name{};
  std::string post{};
  std::string staff_no{};
  LocalDay from = LocalDay::first();
  std::optional<LocalDay> until{};
  std::int64_t roles = 0;                 // roles at this place that are or will be in force
  std::optional<LocalDay> roles_until{};  // when the last of them ends; nothing: one has no end
};

/// Nothing if there is none, or the scope does not cover its place.
[[nodiscard]] Result<std::optional<StaffPost>> find_post(sql::Reader& store,
                                                         const auth::Scope& scope,
                                                         std::int64_t id,
                                                         LocalDay today);
/// Stores post, number and end. With an end, what is taught there ends not later.
/// Gives: how many teachings that ended.
[[nodiscard]] Result<std::int64_t> update_post(desk::Tx& tx,
                                               std::int64_t area,
                                               const StaffPost& post);

}  // namespace sj::org
