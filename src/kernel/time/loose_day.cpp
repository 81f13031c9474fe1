// parse_day_loose of local_day.h: the spellings of spreadsheets and forms.
#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "kernel/text/text.h"
#include "kernel/time/local_day.h"

namespace sj {
namespace {

constexpr std::string_view kAdvice = "write it like 2015-03-07";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Narrow, without blanks around, and without a midnight after one.
std::string tidy(std::string_view text) {
  std::string narrow = text::to_half_width(text::trim(text));
  for (const std::string_view midnight : {"00:00:00", "0:00:00", "00:00", "0:00"}) {
    if (!narrow.ends_with(midnight)) continue;
    const std::string_view day =
        std::string_view(narrow).substr(0, narrow.size() - midnight.size());
    if (day.ends_with(' ') || day.ends_with('T')) narrow.resize(day.size() - 1);
    break;
  }
  return std::string(text::trim(narrow));
}

struct Parts {
  std::vector<std::string> numbers;  // digits
  std::vector<std::string> marks;    // what follows each number, without blanks
};

// Digits and what stands between them; nothing if the text starts with something else.
Parts split(std::string_view text) {
  Parts parts;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t number = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    const std::size_t mark = at;
    while (at < text.size() && !is_digit(text[at])) ++at;
    parts.numbers.emplace_back(text.substr(number, mark - number));
    std::string& kept = parts.marks.emplace_back(text.substr(mark, at - mark));
    kept.erase(std::remove(kept.begin(), kept.end(), ' '), kept.end());
  }
  return parts;
}

bool is_numeric(const Parts& parts) {
  if (parts.numbers.size() != 3 || !parts.marks[2].empty()) return false;
  const std::string& mark = parts.marks[0];
  return mark == parts.marks[1] && (mark == "-" || mark == "/" || mark == ".");
}

bool is_chinese(const Parts& parts) {
  if (parts.numbers.size() != 3) return false;
  const std::string& last = parts.marks[2];
  return parts.marks[0] == "年" && parts.marks[1] == "月" &&
         (last == "日" || last == "号" || last.empty());
}

Error bad_day() {
  return Error{ErrorKind::invalid, "time.bad_day", "no such day; " + std::string(kAdvice)};
}

Error ambiguous(std::string_view why) {
  return Error{ErrorKind::invalid, "time.ambiguous_day",
               std::string(why) + "; " + std::string(kAdvice)};
}

Result<LocalDay> from_numbers(std::string_view year, std::string_view month, std::string_view day) {
  const auto number = [](std::string_view digits) {
    int value = 0;
    for (const char digit : digits) value = value * 10 + (digit - '0');
    return value;
  };
  if (month.empty() || month.size() > 2 || day.empty() || day.size() > 2) return bad_day();
  auto made = LocalDay::create(number(year), number(month), number(day));
  if (!made.ok()) return bad_day();
  return made;
}

}  // namespace

Result<LocalDay> parse_day_loose(std::string_view text) {
  const std::string tidied = tidy(text);
  // A day is short; what is longer need not be taken apart.
  constexpr std::size_t kSizeMax = 40;
  if (tidied.size() > kSizeMax) return bad_day();
  const Parts parts = split(tidied);
  if (parts.numbers.size() == 1 && parts.marks[0].empty()) {
    const std::string_view digits = parts.numbers[0];
    if (digits.size() == 6) return ambiguous("a year of two digits, or no day");
    if (digits.size() != 8) return bad_day();
    return from_numbers(digits.substr(0, 4), digits.substr(4, 2), digits.substr(6, 2));
  }
  if (!is_numeric(parts) && !is_chinese(parts)) return bad_day();
  const std::string& year = parts.numbers[0];
  if (year.size() == 1 || year.size() == 2) {
    return ambiguous(parts.numbers[2].size() == 4 ? "day or month first" : "a year of two digits");
  }
  if (year.size() != 4) return bad_day();
  return from_numbers(year, parts.numbers[1], parts.numbers[2]);
}

}  // namespace sj
