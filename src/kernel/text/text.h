#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.h"

namespace sj::text {

/// The byte offset where `bytes` first stops being UTF-8, or nothing if all of it is.
///
/// Strict, as Unicode 15 table 3-7 has it: no overlong forms, no surrogates, nothing above
/// U+10FFFF, no sequence cut short. The offset is that of the sequence's first byte.
[[nodiscard]] std::optional<std::size_t> first_bad_utf8(std::string_view bytes);

/// The number of code points of `text`, which must be UTF-8 (else an invariant is broken).
///
/// Limits on names and remarks are counted in code points, so that 汉字 and letters weigh alike.
[[nodiscard]] std::size_t count_code_points(std::string_view text);

/// `text` without the blanks around it: ASCII white space, the no-break space and the ideographic
/// space (U+3000), which Chinese input methods and spreadsheets leave behind.
[[nodiscard]] std::string_view trim(std::string_view text);

/// `text` with the full-width forms of ASCII (U+FF01 to U+FF5E, U+3000) as ASCII: what a Chinese
/// input method leaves in numbers and codes. Everything else stays, also what is no UTF-8.
[[nodiscard]] std::string to_half_width(std::string_view text);

/// `text` for a terminal: what would break the line, steer the terminal or turn the direction of
/// reading or cannot be seen (is_unprintable() of unicode.h) is written as \n, \u200b or \u{e0041},
/// so that what is quoted from a file cannot forge a line. Takes any bytes.
[[nodiscard]] std::string one_line(std::string_view text);

/// Appends `number`, which is not negative (checked), with zeros before it to at least `digits`.
void append_padded(std::string& out, std::int64_t number, std::size_t digits);

/// Two lower-case digits a byte.
[[nodiscard]] std::string to_hex(std::span<const std::uint8_t> bytes);

/// The bytes that lower-case hex stands for; the only spelling taken, so that equal bytes are
/// equal text everywhere.
///
/// Fails: text.bad_hex (invalid), with the offset of the first wrong digit or the odd length.
[[nodiscard]] Result<std::vector<std::uint8_t>> from_hex(std::string_view hex);

}  // namespace sj::text
