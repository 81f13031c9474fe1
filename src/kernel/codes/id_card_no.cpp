#include "kernel/codes/id_card_no.h"

#include <array>
#include <cstddef>
#include <utility>

#include "kernel/base/check.h"
#include "kernel/codes/clean.h"
#include "kernel/codes/region_code.h"

namespace sj::codes {
namespace {

constexpr std::size_t kSize = 18;
constexpr std::size_t kOldSize = 15;
constexpr std::size_t kCheckAt = kSize - 1;
constexpr std::string_view kTaiwanPermit = "830000";
constexpr char kForeigner = '9';
// What a spreadsheet, which keeps fifteen digits, makes of the last three.
constexpr std::string_view kRounded = "000";
// The oldest number in the standard's own examples is of 1880.
constexpr int kYearMin = 1800;

Error refuse(const char* code, std::string detail) {
  return Error{ErrorKind::invalid, code, std::move(detail)};
}

Result<void> check_shape(std::string_view number) {
  if (number.size() == kOldSize && all_digits(number)) {
    return refuse("codes.id_card_old", "15 digits: the number of 18 characters is needed");
  }
  // Before the length, which says nothing about a text of other characters.
  const std::size_t wrong = first_non_digit(number);
  const bool is_x_at_end = wrong == kCheckAt && number.size() == kSize && number[wrong] == 'X';
  if (wrong != number.size() && !is_x_at_end) {
    return refuse("codes.id_card_character", "place " + std::to_string(wrong + 1) +
                                                 " is not a digit; only the 18th may be X instead");
  }
  if (number.size() != kSize) {
    return refuse("codes.id_card_length", std::to_string(number.size()) + " digits instead of 18");
  }
  return {};
}

bool is_of_foreigner(std::string_view number) {
  return number[0] == kForeigner && !province_name(number.substr(1)).empty();
}

Result<LocalDay> read_birth_day(std::string_view number, LocalDay today) {
  const int year = to_number(number.substr(6, 4));
  const auto day =
      LocalDay::create(year, to_number(number.substr(10, 2)), to_number(number.substr(12, 2)));
  if (!day.ok()) return refuse("codes.id_card_birth", "places 7 to 14 are no day");
  if (year < kYearMin) {
    return refuse("codes.id_card_birth", "places 7 to 14: nobody alive was born then");
  }
  if (day.value() > today) return refuse("codes.id_card_birth", "places 7 to 14: still to come");
  return day.value();
}

}  // namespace

char id_card_check_character(std::string_view seventeen_digits) {
  constexpr std::array<int, kCheckAt> kWeights{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  constexpr std::string_view kCheckCharacters = "10X98765432";
  SJ_CHECK(seventeen_digits.size() == kWeights.size());
  SJ_CHECK(all_digits(seventeen_digits));
  int sum = 0;
  for (std::size_t i = 0; i < kWeights.size(); ++i)
    sum += (seventeen_digits[i] - '0') * kWeights[i];
  return kCheckCharacters[static_cast<std::size_t>(sum % 11)];
}

Result<IdCardNo> IdCardNo::create(std::string_view text, LocalDay today) {
  std::string number = SJ_TRY(clean_digits(text));
  SJ_TRY(check_shape(number));
  const bool is_known = !province_name(number).empty() || number.starts_with(kTaiwanPermit) ||
                        is_of_foreigner(number);
  if (!is_known) {
    return refuse("codes.id_card_region", "no province has the code " + number.substr(0, 2));
  }
  const LocalDay birth_day = SJ_TRY(read_birth_day(number, today));
  const char want = id_card_check_character(std::string_view(number).substr(0, kCheckAt));
  if (number[kCheckAt] != want && number.ends_with(kRounded)) {
    return refuse("codes.lost_digits",
                  "rounded to fifteen digits: format the column as text and enter it again");
  }
  if (number[kCheckAt] != want) {
    return refuse("codes.id_card_check", std::string("the last character is ") + number[kCheckAt] +
                                             ", but the 17 before it ask for " + want);
  }
  return IdCardNo(std::move(number), birth_day);
}

std::string IdCardNo::masked() const {
  return mask(text_, 6, 4);
}

Sex IdCardNo::sex() const {
  return (text_[16] - '0') % 2 == 1 ? Sex::male : Sex::female;
}

IdCardHolder IdCardNo::holder() const {
  if (text_.starts_with("810000")) return IdCardHolder::hongkong;
  if (text_.starts_with("820000")) return IdCardHolder::macao;
  if (text_.starts_with(kTaiwanPermit)) return IdCardHolder::taiwan;
  if (is_of_foreigner(text_)) return IdCardHolder::foreigner;
  return IdCardHolder::citizen;
}

std::string_view IdCardNo::region() const {
  return std::string_view(text_).substr(0, 6);
}

}  // namespace sj::codes
