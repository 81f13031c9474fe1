#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/time/local_day.h"

#include "org/person_store.h"

namespace sj::api {
struct Room;
}

namespace sj::org {

struct Settings;

/// Routes of people: search, a person's page, pupils, guardians, staff, teachers of a class.
void add_person_routes(api::Room& room, const Settings& settings);

/// Numbers and words of a person as they came in; empty: not given.
struct GivenPerson {
  std::string name{};
  std::string sex{};
  std::optional<LocalDay> birth_day{};
  std::string ethnic{};
  std::string id_number{};
  std::string student_no{};
  std::string phone{};
};
/// The same, normalised.
struct CheckedPerson {
  PersonFields fields{};
  std::string id_number{};
  std::string student_no{};
  std::string phone{};
};
/// Checks every field and tells all that are wrong at once.
///
/// An ID number gives birth day and sex where they were not given, and must agree where they were;
/// so must a student number that holds an ID number.
/// Fails:  org.bad_person (invalid), with the fields and the code of each.
/// Source: DS-ID18, DS-XJH 中小学生学籍管理办法（教基一〔2013〕7号）.
[[nodiscard]] Result<CheckedPerson> check_person(const GivenPerson& given, LocalDay today);

/// Decides whether a pupil may leave his place on a day, to go elsewhere or altogether.
///
/// Fails: org.not_at_school (conflict): he is nowhere now · org.bad_move_day (invalid): before he
/// came, or more than a year ahead.
[[nodiscard]] Result<MembershipLine> decide_end(const Person& person, LocalDay on, LocalDay today);

/// principal | clerk | teacher | doctor | counsellor | other
[[nodiscard]] bool is_post(std::string_view post);

/// What a search box holds, taken for a number where it is one.
[[nodiscard]] Search read_search(std::string_view typed, LocalDay today);

}  // namespace sj::org
