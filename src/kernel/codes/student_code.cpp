#include "kernel/codes/student_code.h"

#include <cstddef>
#include <utility>

#include "kernel/codes/clean.h"

namespace sj::codes {
namespace {

constexpr std::size_t kSize = 19;

Error refuse(const char* code, std::string detail) {
  return Error{ErrorKind::invalid, code, std::move(detail)};
}

Result<void> check_shape(std::string_view code) {
  if (code.empty() || (code[0] != 'G' && code[0] != 'J' && code[0] != 'L')) {
    return refuse("codes.student_code_letter", "the first letter is not G, J or L");
  }
  if (code.size() != kSize) {
    return refuse("codes.student_code_length",
                  std::to_string(code.size() - 1) + " characters after the letter instead of 18");
  }
  const std::size_t wrong = first_non_digit(code.substr(1)) + 1;
  const bool is_x_at_end = wrong == kSize - 1 && code[wrong] == 'X';
  if (wrong != kSize && !is_x_at_end) {
    return refuse(
        "codes.student_code_character",
        "place " + std::to_string(wrong + 1) + " is not a digit; only the last may be X instead");
  }
  return {};
}

}  // namespace

Result<StudentCode> StudentCode::create(std::string_view text, LocalDay today) {
  std::string code = clean(text);
  SJ_TRY(check_shape(code));
  const std::string_view rest = std::string_view(code).substr(1);
  if (code[0] == 'G') {
    IdCardNo id_card = SJ_TRY(IdCardNo::create(rest, today));
    const LocalDay birth_day = id_card.birth_day();
    return StudentCode(std::move(code), birth_day, std::move(id_card));
  }
  const auto birth_day = LocalDay::create(
      to_number(rest.substr(6, 4)), to_number(rest.substr(10, 2)), to_number(rest.substr(12, 2)));
  if (!birth_day.ok()) return refuse("codes.student_code_birth", "places 8 to 15 are no day");
  if (birth_day.value() > today) {
    return refuse("codes.student_code_birth", "places 8 to 15: still to come");
  }
  return StudentCode(std::move(code), birth_day.value(), std::nullopt);
}

std::string StudentCode::masked() const {
  return mask(text_, 7, 4);
}

StudentCodeKind StudentCode::kind() const {
  if (text_[0] == 'G') return StudentCodeKind::with_id_card;
  return text_[0] == 'J' ? StudentCodeKind::without_id_card : StudentCodeKind::temporary;
}

bool StudentCode::check_character_fits() const {
  if (kind() == StudentCodeKind::temporary) return true;
  const std::string_view rest = std::string_view(text_).substr(1);
  return id_card_check_character(rest.substr(0, 17)) == rest[17];
}

}  // namespace sj::codes
