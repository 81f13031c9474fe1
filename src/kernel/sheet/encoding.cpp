#include "kernel/sheet/encoding.h"

#include <array>
#include <memory>

#include <unicode/ucnv.h>
#include <unicode/utf16.h>

#include "kernel/base/check.h"
#include "kernel/sheet/refuse.h"
#include "kernel/text/text.h"

namespace sj::sheet {

namespace {

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
constexpr std::string_view kUtf16Little = "\xFF\xFE";
constexpr std::string_view kUtf16Big = "\xFE\xFF";

std::string at_byte(std::size_t offset) {
  return "byte " + std::to_string(offset);
}

// A surrogate without its other half never gets here: both decoders below look for it.
void append_utf16(std::string& out, char16_t& high, char16_t unit) {
  if (U16_IS_LEAD(unit)) {
    high = unit;
  } else if (U16_IS_TRAIL(unit)) {
    append_utf8(out, static_cast<std::uint32_t>(U16_GET_SUPPLEMENTARY(high, unit)));
    high = 0;
  } else {
    append_utf8(out, unit);
  }
}

Result<std::string> decode_utf16(std::string_view bytes, bool big) {
  std::string out;
  out.reserve(bytes.size());
  char16_t high = 0;
  for (std::size_t i = 2; i < bytes.size(); i += 2) {
    if (i + 1 == bytes.size()) return refuse("sheet.bad_encoding", at_byte(i) + ": half a unit");
    const auto first = static_cast<unsigned char>(bytes[i]);
    const auto second = static_cast<unsigned char>(bytes[i + 1]);
    const auto unit = static_cast<char16_t>(big ? first << 8 | second : second << 8 | first);
    if (unit == 0) return refuse("sheet.nul_byte", at_byte(i));
    if ((high != 0) != static_cast<bool>(U16_IS_TRAIL(unit))) {
      return refuse("sheet.bad_encoding", at_byte(i) + ": half a surrogate pair");
    }
    append_utf16(out, high, unit);
  }
  if (high != 0) return refuse("sheet.bad_encoding", "the end is half a surrogate pair");
  return out;
}

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

// Of text that is not UTF-8: whether most of what is not ASCII in it is. Chinese in GB18030 gives
// three-byte sequences by accident only now and then.
bool is_mostly_utf8(std::string_view bytes) {
  std::size_t good = 0;
  std::size_t bad = 0;
  while (!bytes.empty()) {
    const std::size_t stop = text::first_bad_utf8(bytes).value_or(bytes.size());
    for (std::size_t i = 0; i < stop; ++i) {
      good += static_cast<unsigned char>(bytes[i]) >= 0xE0 ? 1U : 0U;
    }
    if (stop == bytes.size()) break;
    ++bad;
    bytes.remove_prefix(stop + 1);
    while (!bytes.empty() && is_continuation(bytes.front())) bytes.remove_prefix(1);
  }
  return good > 4 * bad;
}

}  // namespace

void append_utf8(std::string& out, std::uint32_t code_point) {
  const auto tail = [&out](std::uint32_t bits) {
    out.push_back(static_cast<char>(0x80 | (bits & 0x3F)));
  };
  if (code_point < 0x80) {
    out.push_back(static_cast<char>(code_point));
  } else if (code_point < 0x800) {
    out.push_back(static_cast<char>(0xC0 | code_point >> 6));
    tail(code_point);
  } else if (code_point < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | code_point >> 12));
    tail(code_point >> 6);
    tail(code_point);
  } else {
    out.push_back(static_cast<char>(0xF0 | code_point >> 18));
    tail(code_point >> 12);
    tail(code_point >> 6);
    tail(code_point);
  }
}

Result<std::string> decode_gb18030(std::string_view bytes) {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<UConverter, decltype(&ucnv_close)> converter(ucnv_open("gb18030", &status),
                                                                     &ucnv_close);
  SJ_CHECK(U_SUCCESS(status));
  ucnv_setToUCallBack(converter.get(), UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &status);
  SJ_CHECK(U_SUCCESS(status));
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 2);
  char16_t high = 0;
  const char* source = bytes.data();
  const char* const end = source + bytes.size();
  std::array<UChar, 8192> units{};
  do {
    UChar* target = units.data();
    status = U_ZERO_ERROR;
    ucnv_toUnicode(converter.get(), &target, units.data() + units.size(), &source, end, nullptr, 1,
                   &status);
    for (const UChar* unit = units.data(); unit != target; ++unit) append_utf16(out, high, *unit);
    if (status == U_BUFFER_OVERFLOW_ERROR) continue;
    if (U_FAILURE(status)) {
      std::array<char, 16> invalid{};
      auto length = static_cast<std::int8_t>(invalid.size());
      UErrorCode asked = U_ZERO_ERROR;
      ucnv_getInvalidChars(converter.get(), invalid.data(), &length, &asked);
      return refuse("sheet.bad_encoding",
                    at_byte(static_cast<std::size_t>(source - bytes.data() - length)));
    }
  } while (status == U_BUFFER_OVERFLOW_ERROR);
  return out;
}

Result<std::string> decode_text(std::string_view bytes) {
  if (bytes.starts_with(kUtf16Little)) return decode_utf16(bytes, false);
  if (bytes.starts_with(kUtf16Big)) return decode_utf16(bytes, true);
  const std::size_t nul = bytes.find('\0');
  if (nul != std::string_view::npos) return refuse("sheet.nul_byte", at_byte(nul));
  const bool has_mark = bytes.starts_with(kUtf8Mark);
  const auto bad = text::first_bad_utf8(bytes);
  if (!bad) return std::string(bytes.substr(has_mark ? kUtf8Mark.size() : 0));
  if (has_mark || is_mostly_utf8(bytes)) return refuse("sheet.bad_utf8", at_byte(*bad));
  return decode_gb18030(bytes);
}

}  // namespace sj::sheet
