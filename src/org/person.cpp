#include "org/person.h"

#include <algorithm>
#include <array>
#include <utility>

#include "kernel/codes/id_card_no.h"
#include "kernel/codes/person_codes.h"
#include "kernel/codes/phone_no.h"
#include "kernel/codes/student_code.h"
#include "kernel/text/person_name.h"

#include "org/name_keys.h"
#include "org/words.h"

namespace sj::org {
namespace {

template <std::size_t N>
bool is_among(const std::array<std::string_view, N>& known, std::string_view word) {
  return std::find(known.begin(), known.end(), word) != known.end();
}

// A number and what was said besides must be of one person.
void check_agreement(const codes::IdCardNo& number,
                     const std::string& field,
                     PersonFields& fields,
                     Error& error) {
  if (!fields.birth_day) fields.birth_day = number.birth_day();
  if (fields.sex == 0) fields.sex = static_cast<int>(number.sex());
  if (*fields.birth_day != number.birth_day()) {
    error.fields.push_back({field, "org.number_other_birth_day", fields.birth_day->to_iso()});
  }
  const bool says_sex = fields.sex == 1 || fields.sex == 2;
  if (says_sex && fields.sex != static_cast<int>(number.sex())) {
    error.fields.push_back({field, "org.number_other_sex", ""});
  }
}

}  // namespace

bool is_post(std::string_view post) {
  return is_among(kPosts, post);
}

Result<CheckedPerson> check_person(const GivenPerson& given, LocalDay today) {
  Error error{ErrorKind::invalid, "org.bad_person", "person"};
  const auto refuse = [&](const char* field, const Error& why) {
    error.fields.push_back({field, why.code, ""});
  };
  CheckedPerson checked;
  const auto name = text::check_person_name(given.name);
  if (name.ok()) {
    checked.fields.name = name.value();
  } else {
    refuse("name", name.error());
  }
  if (!given.sex.empty()) {
    const auto sex = codes::parse_sex(given.sex);
    if (sex.ok()) {
      checked.fields.sex = static_cast<int>(sex.value());
    } else {
      refuse("sex", sex.error());
    }
  }
  if (!given.ethnic.empty()) {
    const auto ethnic = codes::EthnicGroup::create(given.ethnic);
    if (ethnic.ok()) {
      checked.fields.ethnic = ethnic.value().code();
    } else {
      refuse("ethnic", ethnic.error());
    }
  }
  checked.fields.birth_day = given.birth_day;
  if (given.birth_day && *given.birth_day > today) {
    error.fields.push_back({"birth_day", "org.birth_day_ahead", given.birth_day->to_iso()});
  }
  if (!given.id_number.empty()) {
    const auto number = codes::IdCardNo::create(given.id_number, today);
    if (number.ok()) {
      checked.id_number = number.value().text();
      check_agreement(number.value(), "id_number", checked.fields, error);
    } else {
      refuse("id_number", number.error());
    }
  }
  if (!given.student_no.empty()) {
    const auto number = codes::StudentCode::create(given.student_no, today);
    if (!number.ok()) {
      refuse("student_no", number.error());
    } else {
      checked.student_no = number.value().text();
      if (number.value().id_card()) {
        check_agreement(*number.value().id_card(), "student_no", checked.fields, error);
      }
    }
  }
  if (!given.phone.empty()) {
    const auto phone = codes::PhoneNo::create(given.phone);
    if (phone.ok()) {
      checked.phone = phone.value().text();
    } else {
      refuse("phone", phone.error());
    }
  }
  if (error.fields.empty()) return checked;
  return error;
}

Result<MembershipLine> decide_end(const Person& person, LocalDay on, LocalDay today) {
  constexpr std::int64_t kAheadMax = 366;
  const auto open =
      std::find_if(person.memberships.begin(), person.memberships.end(),
                   [](const MembershipLine& membership) { return !membership.until; });
  if (open == person.memberships.end()) {
    return Error{ErrorKind::conflict, "org.not_at_school", "the pupil is at no school now"};
  }
  if (on < open->from || days_between(today, on) > kAheadMax) {
    return Error{ErrorKind::invalid, "org.bad_move_day",
                 on.to_iso() + ": wants a day from " + open->from.to_iso() + " on"};
  }
  return *open;
}

Search read_search(std::string_view typed, LocalDay today) {
  Search search;
  search.key = search_key(typed);
  const auto id_number = codes::IdCardNo::create(typed, today);
  if (id_number.ok()) search.id_number = id_number.value().text();
  const auto student_no = codes::StudentCode::create(typed, today);
  if (student_no.ok()) search.student_no = student_no.value().text();
  const auto phone = codes::PhoneNo::create(typed);
  if (phone.ok()) search.phone = phone.value().text();
  return search;
}

}  // namespace sj::org
