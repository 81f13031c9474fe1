#pragma once

#include <optional>
#include <string>

#include "kernel/base/result.h"
#include "kernel/time/local_day.h"

#include "org/staff_store.h"

namespace sj::api {
struct Room;
}

namespace sj::org {

/// Routes of posts that somebody has already: changing and ending them (教职工任职).
void add_staff_routes(api::Room& room);

/// What is to be changed of a post; not given: stays.
struct StaffChange {
  std::optional<std::string> post{};
  std::optional<std::string> staff_no{};
  std::optional<LocalDay> until{};  // the first day on which he does not work there any more
};

/// Decides a change of somebody's post at a school.
///
/// A post ends only after the roles that go with its place have been taken back, by whoever may do
/// that: ending one must not be a way around the rules of roles. What he teaches there ends with
/// it. Gives:  the post as it is to be. Fails:  org.bad_post (invalid) · org.staff_ended
/// (conflict): it was over before ·
///         org.bad_staff_day (invalid): before it began, or more than a year ahead ·
///         org.staff_has_roles (conflict).
[[nodiscard]] Result<StaffPost> decide_staff_change(const StaffPost& now,
                                                    const StaffChange& change,
                                                    LocalDay today);

}  // namespace sj::org
