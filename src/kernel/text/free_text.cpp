#include "kernel/text/free_text.h"

#include <algorithm>
#include <utility>

#include <unicode/uchar.h>

#include "kernel/text/text.h"
#include "kernel/text/unicode.h"

namespace sj::text {
namespace {

constexpr std::u32string_view kFormulaStarts = U"=+-@＝＋－＠";
constexpr std::u32string_view kNotInFileNames = U"<>:\"|?*";
// The longest name of a character reference is CounterClockwiseContourIntegral.
constexpr std::size_t kReferenceMax = 33;

Error refuse(const char* code, std::string detail) {
  return Error{ErrorKind::invalid, code, std::move(detail)};
}

bool is_letter(char32_t point) {
  return (point >= U'a' && point <= U'z') || (point >= U'A' && point <= U'Z');
}
bool is_digit(char32_t point) {
  return point >= U'0' && point <= U'9';
}

// What no text has: control characters, line ends of its own kind, characters that only one
// system knows, and code points that are none.
bool is_foreign(char32_t point) {
  constexpr std::uint32_t kForeign =
      U_GC_CC_MASK | U_GC_CO_MASK | U_GC_CN_MASK | U_GC_ZL_MASK | U_GC_ZP_MASK;
  return (U_GET_GC_MASK(static_cast<UChar32>(point)) & kForeign) != 0;
}

// CR LF, CR and the separators of lines and paragraphs are all LF.
std::u32string with_one_line_end(std::u32string_view text) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_pair = text[i] == U'\r' && i + 1 < text.size() && text[i + 1] == U'\n';
    if (is_pair) continue;
    const bool is_end =
        text[i] == U'\r' || text[i] == U'\u0085' || text[i] == U'\u2028' || text[i] == U'\u2029';
    out += is_end ? U'\n' : text[i];
  }
  return out;
}

std::u32string_view without_blanks_around(std::u32string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// Where a browser would begin a tag: a < alone, as in 视力 < 4.8, is none.
bool is_tag(std::u32string_view rest) {
  if (rest.size() < 2 || rest[0] != U'<') return false;
  return is_letter(rest[1]) || rest[1] == U'/' || rest[1] == U'!' || rest[1] == U'?';
}

// &amp; and &#60;, as they are left behind by programs that took text out of pages.
bool is_reference(std::u32string_view rest) {
  if (rest.size() < 3 || rest[0] != U'&' || !(is_letter(rest[1]) || rest[1] == U'#')) return false;
  for (std::size_t i = 2; i < std::min(rest.size(), kReferenceMax + 2); ++i) {
    if (rest[i] == U';') return true;
    if (!is_letter(rest[i]) && !is_digit(rest[i])) return false;
  }
  return false;
}

std::string place_of(std::size_t index) {
  return "character " + std::to_string(index + 1);
}

Result<void> check_characters(std::u32string_view text, Lines lines) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool may_stand = lines == Lines::many && (text[i] == U'\n' || text[i] == U'\t');
    if (is_foreign(text[i]) && !may_stand) return refuse("text.free_character", place_of(i));
    const bool is_angle = text[i] == U'<' || text[i] == U'>';
    const std::u32string_view rest = text.substr(i);
    if ((is_angle && lines == Lines::one) || is_tag(rest) || is_reference(rest)) {
      return refuse("text.free_markup", place_of(i));
    }
  }
  return {};
}

bool is_plain_negative(std::string_view text) {
  const std::string_view digits = text.substr(1);
  const std::size_t point = digits.find('.');
  return text[0] == '-' && !digits.empty() && digits[0] != '.' && digits.back() != '.' &&
         digits.find_first_not_of("0123456789.") == std::string_view::npos &&
         (point == std::string_view::npos || digits.find('.', point + 1) == std::string_view::npos);
}

}  // namespace

bool has_unseen(std::string_view text) {
  if (first_bad_utf8(text)) return true;
  const std::u32string points = to_code_points(text);
  return std::any_of(points.begin(), points.end(),
                     [](char32_t point) { return is_foreign(point) || is_invisible(point); });
}

bool starts_formula(std::string_view text) {
  if (first_bad_utf8(text)) return false;
  const std::u32string points = to_code_points(text);
  if (!points.empty() && (points[0] == U'\t' || points[0] == U'\r')) return true;
  const auto seen = std::find_if(points.begin(), points.end(), [](char32_t point) {
    return !is_blank(point) && !is_unprintable(point);
  });
  const std::u32string_view rest =
      std::u32string_view(points).substr(static_cast<std::size_t>(seen - points.begin()));
  return !rest.empty() && kFormulaStarts.find(rest[0]) != std::u32string_view::npos &&
         !is_plain_negative(to_utf8(rest));
}

std::string show_plainly(std::string_view text) {
  if (first_bad_utf8(text)) return std::string(text);
  std::u32string points = to_code_points(text);
  points.erase(std::remove_if(points.begin(), points.end(),
                              [](char32_t point) {
                                const bool stays = point == U'\n' || point == U'\t' ||
                                                   point == U'\r' || is_private(point);
                                return is_unprintable(point) && !stays;
                              }),
               points.end());
  return to_utf8(points);
}

std::string file_name(std::string_view text) {
  constexpr std::size_t kCharactersMax = 100;
  if (first_bad_utf8(text)) return {};
  text = text.substr(std::min(text.size(), text.find_last_of("/\\") + 1));
  std::u32string points = to_code_points(text);
  points.erase(std::remove_if(points.begin(), points.end(), is_unprintable), points.end());
  for (char32_t& point : points) {
    if (kNotInFileNames.find(point) != std::u32string_view::npos) point = U'_';
  }
  std::u32string_view name = points;
  const auto is_idle = [](char32_t point) { return is_blank(point) || point == U'.'; };
  while (!name.empty() && is_idle(name.front())) name.remove_prefix(1);
  // Of a long name the end is kept: it says what the file is.
  if (name.size() > kCharactersMax) name.remove_prefix(name.size() - kCharactersMax);
  while (!name.empty() && is_idle(name.back())) name.remove_suffix(1);
  return to_utf8(name);
}

Result<std::string> check_free_text(std::string_view text,
                                    std::size_t characters_max,
                                    Lines lines) {
  if (first_bad_utf8(text)) return refuse("text.free_character", "bytes that are no text");
  std::u32string points = to_code_points(text);
  points.erase(std::remove_if(points.begin(), points.end(), is_invisible), points.end());
  points = with_one_line_end(points);
  const std::u32string_view kept = without_blanks_around(points);
  if (kept.empty() || kept.size() > characters_max) {
    return refuse("text.free_length", std::to_string(kept.size()) + " characters, not 1 to " +
                                          std::to_string(characters_max));
  }
  SJ_TRY(check_characters(kept, lines));
  std::string result = to_utf8(kept);
  if (starts_formula(result)) return refuse("text.free_formula", "begins like a formula");
  return result;
}

}  // namespace sj::text
