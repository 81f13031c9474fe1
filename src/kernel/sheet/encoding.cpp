#include "kernel/sheet/encoding.h"

#include <algorithm>
#include <array>
#include <memory>

#include <unicode/ucnv.h>
#include <unicode/utf16.h>

#include "kernel/base/check.h"
#include "kernel/sheet/refuse.h"
#include "kernel/text/text.h"
#include "kernel/text/unicode.h"

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

Result<std::string> decode_multibyte(const char* encoding, std::string_view bytes);

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

// Of text without a mark: line ends and separators of two bytes, none of one.
bool is_utf16_without_mark(std::string_view bytes) {
  if (bytes.size() % 2 != 0) return false;
  std::size_t little = 0;
  std::size_t big = 0;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    const auto is_mark = [](char c) { return c == ',' || c == '\t' || c == ';' || c == '\n'; };
    if (bytes[i] == '\0' && is_mark(bytes[i + 1])) ++big;
    if (bytes[i + 1] == '\0' && is_mark(bytes[i])) ++little;
  }
  return little + big >= 2 && (little == 0 || big == 0);
}

bool is_private(char32_t point) {
  return point >= 0xE000 && point <= 0xF8FF;
}

bool is_big5(std::string_view bytes) {
  const auto text = decode_multibyte("Big5", bytes);
  if (!text.ok()) return false;
  const std::u32string points = text::to_code_points(text.value());
  return std::none_of(points.begin(), points.end(), is_private);
}

// What Big5 text has most of, GB18030 reads as kana, Greek, Cyrillic, lines or private characters,
// which no roster has more than one or two of.
bool looks_like_big5(std::string_view bytes, std::string_view read_as_gb18030) {
  std::size_t odd = 0;
  std::size_t all = 0;
  for (const char32_t point : text::to_code_points(read_as_gb18030)) {
    if (point < 0x80) continue;
    ++all;
    const bool is_letter = point >= 0x370 && point <= 0x4FF;
    const bool is_kana =
        (point >= 0x3041 && point <= 0x30FF) || (point >= 0x3105 && point <= 0x3129);
    const bool is_line = point >= 0x2500 && point <= 0x25FF;
    if (is_private(point) || is_letter || is_kana || is_line) ++odd;
  }
  return odd >= 3 && 5 * odd > all && is_big5(bytes);
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
  return decode_multibyte("gb18030", bytes);
}

namespace {

Result<std::string> decode_multibyte(const char* encoding, std::string_view bytes) {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<UConverter, decltype(&ucnv_close)> converter(ucnv_open(encoding, &status),
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

}  // namespace

Result<std::string> decode_text(std::string_view bytes) {
  if (bytes.starts_with(kUtf16Little)) return decode_utf16(bytes, false);
  if (bytes.starts_with(kUtf16Big)) return decode_utf16(bytes, true);
  const std::size_t nul = bytes.find('\0');
  if (nul != std::string_view::npos && is_utf16_without_mark(bytes)) {
    return refuse("sheet.utf16_without_mark", "UTF-16 without a byte order mark");
  }
  if (nul != std::string_view::npos) return refuse("sheet.nul_byte", at_byte(nul));
  const bool has_mark = bytes.starts_with(kUtf8Mark);
  const auto bad = text::first_bad_utf8(bytes);
  if (!bad) return std::string(bytes.substr(has_mark ? kUtf8Mark.size() : 0));
  if (has_mark || is_mostly_utf8(bytes)) return refuse("sheet.bad_utf8", at_byte(*bad));
  auto text = decode_gb18030(bytes);
  const bool is_other = text.ok() ? looks_like_big5(bytes, text.value()) : is_big5(bytes);
  if (is_other) return refuse("sheet.big5", "traditional Chinese in Big5");
  return text;
}

}  // namespace sj::sheet
