#include "kernel/text/text.h"

#include <algorithm>
#include <array>

#include "kernel/base/check.h"
#include "kernel/text/unicode.h"

namespace sj::text {
namespace {

// What may follow a first byte: how many bytes in all, and the bounds of the second one. The bounds
// are what shuts out overlong forms (E0, F0), surrogates (ED) and the values above U+10FFFF (F4).
struct Lead {
  std::uint8_t first, last;
  std::size_t length;
  std::uint8_t second_min, second_max;
};

constexpr std::array<Lead, 9> kLeads{{
    {0x00, 0x7F, 1, 0, 0},
    {0xC2, 0xDF, 2, 0x80, 0xBF},
    {0xE0, 0xE0, 3, 0xA0, 0xBF},
    {0xE1, 0xEC, 3, 0x80, 0xBF},
    {0xED, 0xED, 3, 0x80, 0x9F},
    {0xEE, 0xEF, 3, 0x80, 0xBF},
    {0xF0, 0xF0, 4, 0x90, 0xBF},
    {0xF1, 0xF3, 4, 0x80, 0xBF},
    {0xF4, 0xF4, 4, 0x80, 0x8F},
}};

bool within(std::uint8_t low, char c, std::uint8_t high) {
  const auto byte = static_cast<std::uint8_t>(c);
  return low <= byte && byte <= high;
}

bool is_continuation(char c) {
  return within(0x80, c, 0xBF);
}

// The length of the sequence at the start of `rest`, 0 if it is none.
std::size_t sequence_length(std::string_view rest) {
  for (const Lead& lead : kLeads) {
    if (!within(lead.first, rest[0], lead.last)) continue;
    if (lead.length == 1) return 1;
    if (rest.size() < lead.length) return 0;
    if (!within(lead.second_min, rest[1], lead.second_max)) return 0;
    for (std::size_t i = 2; i < lead.length; ++i) {
      if (!is_continuation(rest[i])) return 0;
    }
    return lead.length;
  }
  return 0;
}

// The length of the blank that `text` starts with, 0 if it does not.
std::size_t leading_blank(std::string_view text) {
  for (const std::string_view blank : {" ", "\t", "\n", "\v", "\f", "\r", "\u00A0", "\u3000"}) {
    if (text.starts_with(blank)) return blank.size();
  }
  return 0;
}

std::size_t trailing_blank(std::string_view text) {
  // No blank is the tail of another character: in UTF-8 a sequence starts with a byte of its own.
  for (const std::size_t size : {std::size_t{1}, std::size_t{2}, std::size_t{3}}) {
    if (text.size() >= size && leading_blank(text.substr(text.size() - size)) == size) return size;
  }
  return 0;
}

constexpr std::string_view kDigits = "0123456789abcdef";

}  // namespace

std::optional<std::size_t> first_bad_utf8(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    const std::size_t length = sequence_length(bytes.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

std::size_t count_code_points(std::string_view text) {
  SJ_CHECK(!first_bad_utf8(text).has_value());
  std::size_t count = 0;
  for (const char c : text) {
    if (!is_continuation(c)) ++count;
  }
  return count;
}

std::string_view trim(std::string_view text) {
  while (const std::size_t size = leading_blank(text)) text.remove_prefix(size);
  while (const std::size_t size = trailing_blank(text)) text.remove_suffix(size);
  return text;
}

std::string one_line(std::string_view text) {
  constexpr char32_t kFourDigitsMax = 0xFFFF;
  std::string line;
  while (!text.empty()) {
    const std::size_t length = std::max<std::size_t>(sequence_length(text), 1);
    const std::string_view one = text.substr(0, length);
    text.remove_prefix(length);
    const char32_t point = first_bad_utf8(one) ? U'x' : to_code_points(one)[0];
    if (!is_unprintable(point)) {
      line += one;
    } else if (point == U'\n') {
      line += "\\n";
    } else {
      std::string digits;
      for (char32_t rest = point; rest != 0 || digits.size() < 4; rest >>= 4U) {
        digits.insert(digits.begin(), kDigits[rest & 15U]);
      }
      line += point > kFourDigitsMax ? "\\u{" + digits + "}" : "\\u" + digits;
    }
  }
  return line;
}

std::string to_half_width(std::string_view text) {
  std::string narrow;
  narrow.reserve(text.size());
  while (!text.empty()) {
    const char third = text.size() < 3 ? '\0' : text[2];
    if (text.starts_with("\xEF\xBC") && within(0x81, third, 0xBF)) {  // U+FF01 to U+FF3F
      narrow += static_cast<char>(third - '\x81' + '!');
      text.remove_prefix(3);
    } else if (text.starts_with("\xEF\xBD") && within(0x80, third, 0x9E)) {  // U+FF40 to U+FF5E
      narrow += static_cast<char>(third - '\x80' + '`');
      text.remove_prefix(3);
    } else if (text.starts_with("\u3000")) {
      narrow += ' ';
      text.remove_prefix(3);
    } else {
      narrow += text.front();
      text.remove_prefix(1);
    }
  }
  return narrow;
}

void append_padded(std::string& out, std::int64_t number, std::size_t digits) {
  SJ_CHECK(number >= 0);
  const std::string text = std::to_string(number);
  if (text.size() < digits) out.append(digits - text.size(), '0');
  out += text;
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    hex.push_back(kDigits[byte / 16]);
    hex.push_back(kDigits[byte % 16]);
  }
  return hex;
}

Result<std::vector<std::uint8_t>> from_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) {
    return Error{ErrorKind::invalid, "text.bad_hex",
                 "an odd number of digits: " + std::to_string(hex.size())};
  }
  std::vector<std::uint8_t> bytes;
  bytes.reserve(hex.size() / 2);
  std::size_t high = 0;
  for (std::size_t i = 0; i < hex.size(); ++i) {
    const std::size_t digit = kDigits.find(hex[i]);
    if (digit == std::string_view::npos) {
      return Error{ErrorKind::invalid, "text.bad_hex",
                   "digit " + std::to_string(i) + ": not one of 0-9, a-f"};
    }
    if (i % 2 == 0) {
      high = digit;
    } else {
      bytes.push_back(static_cast<std::uint8_t>(high * 16 + digit));
    }
  }
  return bytes;
}

}  // namespace sj::text
