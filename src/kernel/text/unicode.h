#pragma once

#include <string>
#include <string_view>

namespace sj::text {

/// The code points of `text`, which must be UTF-8 (else an invariant is broken).
[[nodiscard]] std::u32string to_code_points(std::string_view text);

/// `points` in UTF-8; none may be a surrogate or above U+10FFFF (checked).
[[nodiscard]] std::string to_utf8(std::u32string_view points);

/// Normalisation form NFKC (UAX 15): one spelling for what looks the same, and full-width forms,
/// ligatures and radicals as the characters they stand for.
[[nodiscard]] std::u32string nfkc(std::u32string_view points);

/// NFKC without differences of case and without invisible marks (NFKC_Casefold,
/// DerivedNormalization Props of the Unicode database).
[[nodiscard]] std::u32string nfkc_casefold(std::u32string_view points);

/// White_Space of the Unicode database: blanks, tabs, line ends, the ideographic space.
[[nodiscard]] bool is_blank(char32_t point);

/// What nobody sees in a text and what may turn its direction: Default_Ignorable_Code_Point of the
/// Unicode database (soft hyphen, joiners, marks of direction, variation selectors, tags) and the
/// marks of annotations. It goes from whatever people type.
[[nodiscard]] bool is_invisible(char32_t point);

/// What does not show what it is: is_invisible(), control characters, line and paragraph
/// separators, noncharacters, surrogates, private use. Of these \n and \t have a place in longer
/// texts.
[[nodiscard]] bool is_unprintable(char32_t point);

/// A character of the private use area: what it shows, only one system knows.
[[nodiscard]] bool is_private(char32_t point);

/// Whether it is a Chinese character, simple, rare or 〇.
[[nodiscard]] bool is_han(char32_t point);

/// What search columns hold and what is typed into a search box becomes: `text` in
/// nfkc_casefold() without blanks. Folding twice changes nothing more.
///
/// `text` must be UTF-8 (else an invariant is broken).
[[nodiscard]] std::string fold(std::string_view text);

}  // namespace sj::text
