#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "kernel/base/result.h"

namespace sj::codes {

/// What people and spreadsheets put around a code taken away: full-width forms become ASCII, small
/// letters capitals; blanks and invisible marks go, also from within.
[[nodiscard]] std::string clean(std::string_view text);

/// As clean(), for codes that a spreadsheet takes for numbers.
///
/// Fails: codes.lost_digits (invalid): the text is a number like 4.30102E+17, whose last digits
///        cannot be got back.
[[nodiscard]] Result<std::string> clean_digits(std::string_view text);

[[nodiscard]] bool is_digit(char c);
[[nodiscard]] bool all_digits(std::string_view text);

/// Where the first character is that is no digit; text.size() if all are.
[[nodiscard]] std::size_t first_non_digit(std::string_view text);

/// The digits of `text`, at most nine of them (checked), as a number.
[[nodiscard]] int to_number(std::string_view digits);

/// `text` with all but the first `head` and the last `tail` characters as stars; all stars if it is
/// not longer than the two. For ASCII.
[[nodiscard]] std::string mask(std::string_view text, std::size_t head, std::size_t tail);

}  // namespace sj::codes
