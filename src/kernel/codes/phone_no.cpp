#include "kernel/codes/phone_no.h"

#include <array>
#include <cstddef>
#include <utility>

#include "kernel/codes/clean.h"

namespace sj::codes {
namespace {

Error refuse(const char* code, std::string detail) {
  return Error{ErrorKind::invalid, code, std::move(detail)};
}

// Without what people write between the digits.
std::string bare(std::string_view cleaned) {
  std::string number;
  while (!cleaned.empty()) {
    std::size_t taken = 1;
    for (const std::string_view dash : {"\u2010", "\u2011", "\u2012", "\u2013", "\u2014"}) {
      if (cleaned.starts_with(dash)) taken = dash.size();
    }
    const bool is_mark =
        taken > 1 || std::string_view("-().").find(cleaned[0]) != std::string_view::npos;
    if (!is_mark) number += cleaned[0];
    cleaned.remove_prefix(taken);
  }
  return number;
}

// 86 alone is taken for the country only where a mobile follows: 86 also starts local numbers.
void drop_country(std::string& number) {
  if (number.size() == 13 && number.starts_with("861")) number.insert(0, 1, '+');
  for (const std::string_view country : {"+86", "0086"}) {
    if (!number.starts_with(country)) continue;
    number.erase(0, country.size());
    // Abroad an area code is said without its zero.
    const bool is_mobile = number.size() == 11 && number[0] == '1';
    if (!is_mobile && !number.starts_with('0')) number.insert(0, 1, '0');
    return;
  }
}

bool is_local(std::string_view digits) {
  return (digits.size() == 7 || digits.size() == 8) && digits[0] >= '2' && digits[0] <= '8';
}

// How many digits the area code has at the start of a number with 0 before it.
std::size_t area_size(std::string_view number) {
  return number.starts_with("010") || number.starts_with("02") ? 3 : 4;
}

}  // namespace

Result<PhoneNo> PhoneNo::create(std::string_view text) {
  const std::string cleaned = SJ_TRY(clean_digits(text));
  std::string number = bare(cleaned);
  drop_country(number);
  if (!all_digits(number)) return refuse("codes.phone", "something else than digits");
  const bool is_mobile = number.size() == 11 && number[0] == '1' && number[1] >= '3';
  if (is_mobile) return PhoneNo(std::move(number));
  if (is_local(number)) return refuse("codes.phone_area", "a fixed line without its area code");
  if (number.size() < 10 || number[0] != '0' || number[1] == '0') {
    return refuse("codes.phone", "neither 11 digits from 13 to 19 nor an area code and a number");
  }
  const std::size_t area = area_size(number);
  const std::string_view local = std::string_view(number).substr(area);
  if (!is_local(local) || (area == 3 && local.size() != 8) ||
      (number[1] == '1' && !number.starts_with("010"))) {
    return refuse("codes.phone", "no number of 7 or 8 digits after the area code");
  }
  number.insert(area, 1, '-');
  return PhoneNo(std::move(number));
}

std::string PhoneNo::masked() const {
  return mask(text_, is_mobile() ? 3 : text_.find('-') + 1, 4);
}

}  // namespace sj::codes
