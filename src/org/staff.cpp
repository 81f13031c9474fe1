#include "org/staff.h"

#include <cstdint>

#include "org/person.h"

namespace sj::org {

Result<StaffPost> decide_staff_change(const StaffPost& now,
                                      const StaffChange& change,
                                      LocalDay today) {
  constexpr std::int64_t kAheadMax = 366;
  if (now.until && *now.until <= today) {
    return Error{ErrorKind::conflict, "org.staff_ended", "ended on " + now.until->to_iso()};
  }
  StaffPost next = now;
  if (change.post) next.post = *change.post;
  if (change.staff_no) next.staff_no = *change.staff_no;
  if (!is_post(next.post)) {
    Error error{ErrorKind::invalid, "org.bad_post", "post"};
    error.fields.push_back({"post", "org.bad_post", next.post});
    return error;
  }
  if (!change.until) return next;
  if (*change.until < now.from || days_between(today, *change.until) > kAheadMax) {
    Error error{ErrorKind::invalid, "org.bad_staff_day",
                "until: wants a day from " + now.from.to_iso() + " on"};
    error.fields.push_back({"until", "org.bad_staff_day", change.until->to_iso()});
    return error;
  }
  // A role without an end outlasts every day.
  if (now.roles > 0 && (!now.roles_until || *now.roles_until > *change.until)) {
    return Error{ErrorKind::conflict, "org.staff_has_roles",
                 std::to_string(now.roles) + " roles at this place outlast the day"};
  }
  next.until = change.until;
  return next;
}

}  // namespace sj::org
