#include "org/school.h"

#include <utility>

#include "kernel/codes/institution_codes.h"
#include "kernel/text/text.h"

#include "org/school_store.h"

namespace sj::org {
namespace {

constexpr std::size_t kNameMax = 60;  // code points
constexpr std::size_t kStreetCodeMax = 12;
constexpr std::int64_t kTermDaysMax = 220;

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> known) {
  for (const std::string_view one : known) {
    if (text == one) return true;
  }
  return false;
}

}  // namespace

Result<void> check_school(const School& school) {
  Error error{ErrorKind::invalid, "org.bad_school", "school"};
  const std::size_t length = text::count_code_points(school.name);
  if (length == 0 || length > kNameMax) {
    error.fields.push_back({"name", "org.bad_name", school.name});
  }
  if (!school.code.empty()) {
    const auto code = codes::SchoolCode::create(school.code);
    if (!code.ok()) error.fields.push_back({"code", code.error().code, school.code});
  }
  if (!is_one_of(school.kind, {"public", "private"})) {
    error.fields.push_back({"kind", "org.unknown_kind", school.kind});
  }
  if (!is_one_of(school.stages, {"primary", "junior", "nine_year"})) {
    error.fields.push_back({"stages", "org.unknown_stages", school.stages});
  }
  if (school.primary_years != 5 && school.primary_years != 6) {
    error.fields.push_back({"primary_years", "org.bad_primary_years", ""});
  }
  if (error.fields.empty()) return {};
  return error;
}

Result<void> check_street_code(const std::string& code) {
  constexpr std::string_view kLetters =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  if (code.size() <= kStreetCodeMax && code.find_first_not_of(kLetters) == std::string::npos) {
    return {};
  }
  Error error{ErrorKind::invalid, "org.bad_street_code", "code"};
  error.fields.push_back({"code", error.code, code});
  return error;
}

Result<void> check_class(const School& school, std::int64_t grade, std::int64_t number) {
  const Error error{ErrorKind::invalid, "org.bad_class", "class"};
  if (grade < 1 || grade > 9 || number < 1 || number > 99) return error;
  const bool is_primary = grade <= school.primary_years;
  if (school.stages == "primary" && !is_primary) return error;
  if (school.stages == "junior" && is_primary) return error;
  return {};
}

Result<void> check_term(const Term& term) {
  const std::int64_t days = days_between(term.first_day, term.last_day);
  if (days < 1 || days > kTermDaysMax || (term.part != 1 && term.part != 2)) {
    return Error{ErrorKind::invalid, "org.bad_term", "term"};
  }
  return {};
}

}  // namespace sj::org
