#include "kernel/text/person_name.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <unicode/uchar.h>

#include "kernel/text/text.h"
#include "kernel/text/unicode.h"

namespace sj::text {
namespace {

constexpr std::size_t kSizeMax = 50;
constexpr char32_t kDot = U'·';
constexpr std::u32string_view kDots = U"·•‧∙⋅・";

Error refuse(const char* code, std::string detail) {
  return Error{ErrorKind::invalid, code, std::move(detail)};
}

// Composing can leave invisible marks of its own behind.
std::u32string without_invisible(std::u32string points) {
  do {
    points.erase(std::remove_if(points.begin(), points.end(), is_invisible), points.end());
    points = nfkc(points);
  } while (std::any_of(points.begin(), points.end(), is_invisible));
  return points;
}

bool is_letter(char32_t point) {
  return is_han(point) || u_isalpha(static_cast<UChar32>(point)) != 0;
}

// Accents, and the vowels of scripts that write them around letters.
bool is_accent(char32_t point) {
  const std::uint32_t kind = U_GET_GC_MASK(static_cast<UChar32>(point));
  return (kind & (U_GC_MN_MASK | U_GC_MC_MASK)) != 0;
}

// The neighbours of a place in a name, 0 at either end.
struct Around {
  char32_t before = 0;
  char32_t after = 0;
};

Around around(std::u32string_view name, std::size_t at) {
  return {.before = at == 0 ? 0 : name[at - 1], .after = at + 1 == name.size() ? 0 : name[at + 1]};
}

void unify_marks(std::u32string& name) {
  for (std::size_t i = 0; i < name.size(); ++i) {
    const Around next = around(name, i);
    if (kDots.find(name[i]) != std::u32string_view::npos) name[i] = kDot;
    if (name[i] == U'.' && is_han(next.before) && is_han(next.after)) name[i] = kDot;
    if (name[i] == U'\u2019') name[i] = U'\'';
    if (name[i] == U'\u2010') name[i] = U'-';
  }
}

// One blank between words; none at the ends, around · and between Chinese characters.
std::u32string without_padding(std::u32string_view name) {
  std::u32string out;
  bool is_parted = false;
  for (const char32_t point : name) {
    if (is_blank(point) && (u_iscntrl(static_cast<UChar32>(point)) == 0)) {
      is_parted = true;
      continue;
    }
    const char32_t last = out.empty() ? kDot : out.back();
    const bool needs_none = last == kDot || point == kDot || (is_han(last) && is_han(point));
    if (is_parted && !needs_none) out += U' ';
    is_parted = false;
    out += point;
  }
  return out;
}

bool is_in_place(char32_t point, Around next) {
  if (is_letter(point)) return true;
  const bool follows_letter = is_letter(next.before) || is_accent(next.before);
  if (is_accent(point)) return follows_letter;
  const bool joins = point == kDot || point == U'-' || point == U'\'' || point == U' ';
  return joins && follows_letter && is_letter(next.after);
}

std::string describe(char32_t point) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string hex;
  for (char32_t rest = point; rest != 0 || hex.size() < 4; rest /= 16) {
    hex.insert(hex.begin(), kDigits[rest % 16]);
  }
  return "U+" + hex;
}

}  // namespace

Result<std::string> check_person_name(std::string_view text) {
  if (first_bad_utf8(text).has_value()) {
    return refuse("text.name_character", "bytes that are no text");
  }
  std::u32string name = without_invisible(to_code_points(trim(text)));
  unify_marks(name);
  name = without_padding(name);
  if (name.empty() || name.size() > kSizeMax) {
    return refuse("text.name_length", std::to_string(name.size()) + " characters, not 1 to 50");
  }
  for (std::size_t i = 0; i < name.size(); ++i) {
    const std::string place = "character " + std::to_string(i + 1) + ": " + describe(name[i]);
    if (is_private(name[i])) return refuse("text.name_private", place);
    if (!is_in_place(name[i], around(name, i))) return refuse("text.name_character", place);
  }
  return to_utf8(name);
}

}  // namespace sj::text
