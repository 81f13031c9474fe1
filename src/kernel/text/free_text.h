#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "kernel/base/result.h"

namespace sj::text {

/// Names are one line; reasons and remarks may have several.
enum class Lines : unsigned char { one, many };

/// Text that somebody typed and others will read in pages, print-outs and spreadsheets
/// (校名、班名、 活动名、理由、备注), as it is stored: it shows what it is and does nothing.
///
/// Blanks around it go, and so do invisible marks, among them those that turn the direction of
/// writing. Line ends become \n. Everything people write with stays as it is: full-width brackets,
/// other scripts, emoji. Checking the result again gives the same.
/// Takes:  at most `characters_max` characters (code points), at least one.
/// Fails:  (all invalid) text.free_length · text.free_character: a control character, a line end or
///         tab where `lines` is one, a character of the private use area or bytes that are no text;
///         the detail says which · text.free_markup: a tag or a character reference of HTML, or
///         < or > at all where `lines` is one · text.free_formula: see `starts_formula`
[[nodiscard]] Result<std::string> check_free_text(std::string_view text,
                                                  std::size_t characters_max,
                                                  Lines lines = Lines::one);

/// Whether a text holds what nobody sees or can type into a field of one line: control characters,
/// line ends, invisible marks, characters of one system only and bytes that are no text.
[[nodiscard]] bool has_unseen(std::string_view text);

/// Whether a spreadsheet program may take `text` for a formula when it opens it as a cell: it
/// begins with = + - @ or their full-width forms, whatever blanks and invisible marks stand before,
/// or with a tab or a carriage return. A plain negative number is none, nor what is no text.
[[nodiscard]] bool starts_formula(std::string_view text);

/// `text` as a file for people holds it: without what does not show what it is (is_unprintable()),
/// but for line ends, tabs and private use. What is no UTF-8 stays.
[[nodiscard]] std::string show_plainly(std::string_view text);

/// The name of a file that somebody sent, as it is kept, and offered to others: without folders,
/// signs that steer programs, dots and blanks at its ends. Empty where nothing is left.
[[nodiscard]] std::string file_name(std::string_view text);

}  // namespace sj::text
