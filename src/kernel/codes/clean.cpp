#include "kernel/codes/clean.h"

#include <algorithm>
#include <array>

#include "kernel/base/check.h"
#include "kernel/text/text.h"

namespace sj::codes {
namespace {

// Blanks of any width, and the marks that copying out of a web page or an address book leaves.
constexpr std::array<std::string_view, 25> kLeftOut{
    " ",      "\t",     "\n",     "\v",     "\f",     "\r",     "\u00A0", "\u2002", "\u2003",
    "\u2009", "\u200B", "\u200C", "\u200D", "\u200E", "\u200F", "\u202A", "\u202B", "\u202C",
    "\u202D", "\u202E", "\u202F", "\u2060", "\u2068", "\u2069", "\uFEFF"};
// What a spreadsheet puts before a number that is text, and some exports leave there.
constexpr std::array<std::string_view, 3> kTextMarks{"'", "\u2018", "\u2019"};

std::size_t left_out(std::string_view text) {
  for (const std::string_view mark : kLeftOut) {
    if (text.starts_with(mark)) return mark.size();
  }
  return 0;
}

// 4.30102E+17: digits, at most one point, an exponent.
bool is_rounded_number(std::string_view text) {
  const std::size_t e = text.find('E');
  if (e == std::string_view::npos || e == 0) return false;
  std::string_view exponent = text.substr(e + 1);
  if (!exponent.starts_with('+')) return false;
  exponent.remove_prefix(1);
  const std::string_view number = text.substr(0, e);
  const auto is_part = [](char c) { return is_digit(c) || c == '.'; };
  return !exponent.empty() && all_digits(exponent) && is_digit(number[0]) &&
         std::all_of(number.begin(), number.end(), is_part) &&
         std::count(number.begin(), number.end(), '.') <= 1;
}

}  // namespace

std::string clean(std::string_view text) {
  const std::string narrow = text::to_half_width(text);
  std::string cleaned;
  cleaned.reserve(narrow.size());
  for (std::string_view rest = narrow; !rest.empty();) {
    if (const std::size_t size = left_out(rest)) {
      rest.remove_prefix(size);
      continue;
    }
    if (cleaned.empty()) {
      const auto* const mark =
          std::find_if(kTextMarks.begin(), kTextMarks.end(),
                       [&](std::string_view one) { return rest.starts_with(one); });
      if (mark != kTextMarks.end()) {
        rest.remove_prefix(mark->size());
        continue;
      }
    }
    const char c = rest.front();
    cleaned += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    rest.remove_prefix(1);
  }
  return cleaned;
}

Result<std::string> clean_digits(std::string_view text) {
  std::string cleaned = clean(text);
  if (is_rounded_number(cleaned)) {
    return Error{ErrorKind::invalid, "codes.lost_digits",
                 "a rounded number, not a code: format the column as text and enter it again"};
  }
  return cleaned;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool all_digits(std::string_view text) {
  return first_non_digit(text) == text.size();
}

std::size_t first_non_digit(std::string_view text) {
  const auto* const found = std::find_if_not(text.begin(), text.end(), is_digit);
  return static_cast<std::size_t>(found - text.begin());
}

int to_number(std::string_view digits) {
  SJ_CHECK(digits.size() <= 9);
  SJ_CHECK(all_digits(digits));
  int number = 0;
  for (const char digit : digits) number = number * 10 + (digit - '0');
  return number;
}

std::string mask(std::string_view text, std::size_t head, std::size_t tail) {
  if (text.size() <= head + tail) return std::string(text.size(), '*');
  std::string masked(text);
  std::fill(masked.begin() + static_cast<std::ptrdiff_t>(head),
            masked.end() - static_cast<std::ptrdiff_t>(tail), '*');
  return masked;
}

}  // namespace sj::codes
