#include "org/names.h"

#include <array>
#include <cstddef>

#include "kernel/text/text.h"

namespace sj::org {
namespace {

// What input methods and old systems write for the dot between the parts of a name.
constexpr std::array<std::string_view, 6> kDots = {"\u2022", "\u2027", "\u30FB",
                                                   "\uFF65", "\uFF0E", "."};
constexpr std::string_view kDot = "\u00B7";
constexpr std::array<std::string_view, 6> kLeftOut = {" ",      "\t",     "\n",
                                                      "\u00A0", "\u200B", "\uFEFF"};

template <std::size_t n>
std::size_t starts_with_any(std::string_view text, const std::array<std::string_view, n>& marks) {
  for (const std::string_view mark : marks) {
    if (text.starts_with(mark)) return mark.size();
  }
  return 0;
}

}  // namespace

std::string fold_name(std::string_view name) {
  const std::string narrow = text::to_half_width(name);
  std::string folded;
  folded.reserve(narrow.size());
  for (std::string_view rest = narrow; !rest.empty();) {
    if (const std::size_t left_out = starts_with_any(rest, kLeftOut)) {
      rest.remove_prefix(left_out);
    } else if (const std::size_t dot = starts_with_any(rest, kDots)) {
      folded += kDot;
      rest.remove_prefix(dot);
    } else {
      const char c = rest.front();
      folded += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      rest.remove_prefix(1);
    }
  }
  return folded;
}

}  // namespace sj::org
