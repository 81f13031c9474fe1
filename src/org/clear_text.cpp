#include "org/clear_text.h"

#include <cstddef>
#include <string>

#include "kernel/codes/clean.h"
#include "kernel/codes/region_code.h"

namespace sj::org {
namespace {

constexpr std::size_t kSize = 18;     // of an ID number
constexpr std::size_t kOldSize = 15;  // of one given out before 1999
constexpr int kOldestYear = 1900;

bool is_day(std::string_view year, std::string_view month_and_day, LocalDay today) {
  const auto day =
      LocalDay::create(codes::to_number(year), codes::to_number(month_and_day.substr(0, 2)),
                       codes::to_number(month_and_day.substr(2)));
  return day.ok() && codes::to_number(year) >= kOldestYear && day.value() <= today;
}

// Digits of 18 places whose middle is a day of the last hundred years.
bool is_like_number(std::string_view text, LocalDay today) {
  return text.size() >= kSize && codes::all_digits(text.substr(0, kSize - 1)) &&
         (codes::is_digit(text[kSize - 1]) || text[kSize - 1] == 'X') &&
         is_day(text.substr(6, 4), text.substr(10, 4), today);
}

// Also of those who are at home elsewhere: 83 for Taiwan, 9 for other countries.
bool has_region(std::string_view digits) {
  return !codes::province_name(digits).empty() || digits.starts_with("83") ||
         digits.starts_with('9');
}

bool is_like_old_number(std::string_view digits, LocalDay today) {
  return digits.size() == kOldSize && !codes::province_name(digits).empty() &&
         is_day("19" + std::string(digits.substr(6, 2)), digits.substr(8, 4), today);
}

}  // namespace

std::optional<Secret> number_in(std::string_view text, LocalDay today) {
  std::string bare;
  for (const char c : codes::clean(text)) {
    if (std::string_view("-_./,()").find(c) == std::string_view::npos) bare += c;
  }
  const std::string_view all = bare;
  for (std::size_t at = 0; at < all.size(); ++at) {
    const std::string_view rest = all.substr(at);
    // Education offices have codes of their own, so that only the day tells a student number.
    const bool has_letter = std::string_view("GJL").find(rest.front()) != std::string_view::npos;
    if (has_letter && is_like_number(rest.substr(1), today)) return Secret::student_no;
    if (!codes::is_digit(rest.front())) continue;
    if (has_region(rest) && is_like_number(rest, today)) return Secret::id_number;
    const bool begins = at == 0 || !codes::is_digit(all[at - 1]);
    if (begins && is_like_old_number(rest.substr(0, codes::first_non_digit(rest)), today)) {
      return Secret::id_number;
    }
  }
  return std::nullopt;
}

Result<void> check_clear(std::string_view field, std::string_view text, LocalDay today) {
  if (!number_in(text, today)) return {};
  Error error{ErrorKind::invalid, "org.number_in_clear", std::string(field)};
  error.fields.push_back({std::string(field), "org.number_in_clear", ""});
  return error;
}

}  // namespace sj::org
