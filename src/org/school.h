#pragma once

#include <string>

#include "kernel/base/result.h"

namespace sj::api {
struct Room;
}

namespace sj::org {

struct School;
struct Class;
struct Term;

/// Routes of schools, classes, streets, terms and the overview (概览).
void add_school_routes(api::Room& room);

/// Fails: org.bad_school (invalid), with the wrong fields: no name, a code that is no school
/// identification code (DS-SCHID), unknown kind or stages.
[[nodiscard]] Result<void> check_school(const School& school);

/// A street's code (街道代码) as a district writes it, of a standard or its own; there may be none.
/// Fails: org.bad_street_code (invalid), with the field: 1 to 12 letters and digits
[[nodiscard]] Result<void> check_street_code(const std::string& code);

/// Fails: org.bad_class (invalid): the school has no such grade, or the number is not 1..99.
/// `grade` 1..9.
[[nodiscard]] Result<void> check_class(const School& school,
                                       std::int64_t grade,
                                       std::int64_t number);

/// Fails: org.bad_term (invalid): ends before it begins, or lasts more than 220 days.
[[nodiscard]] Result<void> check_term(const Term& term);

}  // namespace sj::org
