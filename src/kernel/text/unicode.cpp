#include "kernel/text/unicode.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include "kernel/base/check.h"
#include "kernel/text/text.h"

namespace sj::text {
namespace {

std::u32string normalise(const icu::Normalizer2* form,
                         std::u32string_view points,
                         UErrorCode status) {
  SJ_CHECK(U_SUCCESS(status));
  icu::UnicodeString text;
  for (const char32_t point : points) text.append(static_cast<UChar32>(point));
  const icu::UnicodeString normal = form->normalize(text, status);
  SJ_CHECK(U_SUCCESS(status));
  std::u32string out(static_cast<std::size_t>(normal.countChar32()), U'\0');
  normal.toUTF32(reinterpret_cast<UChar32*>(out.data()), static_cast<std::int32_t>(out.size()),
                 status);
  SJ_CHECK(U_SUCCESS(status));
  return out;
}

}  // namespace

std::u32string to_code_points(std::string_view text) {
  SJ_CHECK(!first_bad_utf8(text).has_value());
  std::u32string points;
  points.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    UChar32 point = 0;
    U8_NEXT_UNSAFE(text.data(), at, point);
    points += static_cast<char32_t>(point);
  }
  return points;
}

std::string to_utf8(std::u32string_view points) {
  std::string text;
  for (const char32_t point : points) {
    SJ_CHECK(point <= 0x10FFFF);
    SJ_CHECK(!U_IS_SURROGATE(point));
    std::array<std::uint8_t, U8_MAX_LENGTH> bytes{};
    std::size_t size = 0;
    U8_APPEND_UNSAFE(bytes.data(), size, point);
    text.append(bytes.begin(), bytes.begin() + size);
  }
  return text;
}

std::u32string nfkc(std::u32string_view points) {
  UErrorCode status = U_ZERO_ERROR;
  const auto* const form = icu::Normalizer2::getNFKCInstance(status);
  return normalise(form, points, status);
}

std::u32string nfkc_casefold(std::u32string_view points) {
  UErrorCode status = U_ZERO_ERROR;
  const auto* const form = icu::Normalizer2::getNFKCCasefoldInstance(status);
  return normalise(form, points, status);
}

bool is_blank(char32_t point) {
  return u_isUWhiteSpace(static_cast<UChar32>(point)) != 0;
}

bool is_invisible(char32_t point) {
  const bool annotates = point >= 0xFFF9 && point <= 0xFFFB;
  return annotates ||
         u_hasBinaryProperty(static_cast<UChar32>(point), UCHAR_DEFAULT_IGNORABLE_CODE_POINT) != 0;
}

bool is_unprintable(char32_t point) {
  constexpr std::uint32_t kMasks =
      U_GC_CC_MASK | U_GC_CO_MASK | U_GC_CS_MASK | U_GC_ZL_MASK | U_GC_ZP_MASK;
  const auto of_library = static_cast<UChar32>(point);
  return is_invisible(point) || (U_GET_GC_MASK(of_library) & kMasks) != 0 ||
         u_hasBinaryProperty(of_library, UCHAR_NONCHARACTER_CODE_POINT) != 0;
}

bool is_private(char32_t point) {
  return u_charType(static_cast<UChar32>(point)) == U_PRIVATE_USE_CHAR;
}

bool is_han(char32_t point) {
  constexpr char32_t kZero = U'〇';  // a number to Unicode, a character of names to people
  return point == kZero ||
         (u_hasBinaryProperty(static_cast<UChar32>(point), UCHAR_IDEOGRAPHIC) != 0 &&
          u_isalpha(static_cast<UChar32>(point)) != 0);
}

std::string fold(std::string_view text) {
  std::u32string points = nfkc_casefold(to_code_points(text));
  // What stood on both sides of a blank may now combine.
  for (auto blank = std::find_if(points.begin(), points.end(), is_blank); blank != points.end();
       blank = std::find_if(points.begin(), points.end(), is_blank)) {
    points.erase(std::remove_if(blank, points.end(), is_blank), points.end());
    points = nfkc_casefold(points);
  }
  return to_utf8(points);
}

}  // namespace sj::text
