#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "kernel/base/result.h"

namespace sj::sheet {

/// `bytes` as UTF-8 without byte order mark, whichever of the encodings of `read_workbook` it is.
///
/// A mark decides; without one, text that is UTF-8 throughout is UTF-8. Text that nearly is, is
/// damaged UTF-8 and not GB18030, which would turn it into other words. Big5 is told by what
/// GB18030 would make of it: kana, Greek and characters of nobody's.
/// Fails: sheet.nul_byte · sheet.bad_utf8 · sheet.bad_encoding, with the offset in bytes ·
///        sheet.utf16_without_mark · sheet.big5.
[[nodiscard]] Result<std::string> decode_text(std::string_view bytes);

/// Fails: sheet.bad_encoding with the offset of the first byte that is not GB18030.
[[nodiscard]] Result<std::string> decode_gb18030(std::string_view bytes);

/// Appends one code point, which must be one (no surrogate, at most U+10FFFF).
void append_utf8(std::string& out, std::uint32_t code_point);

}  // namespace sj::sheet
