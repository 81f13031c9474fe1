#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sj::auth {

/// What a password has to be worth (guess_cost). 28 is ten letters of chance, or five words that
/// have nothing to do with each other; the common trick "a word, a year, a mark" is worth 15.
inline constexpr std::int64_t kGuessCostMin = 28;

/// How dear a password is to whoever guesses, about in bits: the cheapest way to put it together.
///
/// What everybody knows of its owner (`known`: user name, name, school, in pinyin or as it is
/// written) costs nothing, a part of it little, also written with other capitals, 0 for o and 3 for
/// e, or backwards. Cheap are the commonest passwords and words, syllables of pinyin, days and
/// years, telephone and ID numbers, runs on the keyboard or of the alphabet, and what was there
/// before in the same password. The same password is looked at with every letter once that stands
/// several times in a row, and without the marks and blanks that stand between letters. A letter of
/// chance costs 4, a digit 3, a Chinese character 6.
[[nodiscard]] std::int64_t guess_cost(std::string_view password,
                                      std::span<const std::string> known);

}  // namespace sj::auth
