#include "kernel/text/text.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "kernel/base/check.h"

namespace sj::text {
namespace {

using namespace std::string_view_literals;

TEST(Utf8, finds_the_first_byte_that_is_none) {
  const struct {
    std::string_view bytes;
    std::optional<std::size_t> want;
  } cases[] = {
      {"", std::nullopt},
      {"abc\0def"sv, std::nullopt},
      {"课后服务", std::nullopt},
      {"\u007F\u0080\u07FF\u0800\uD7FF\uE000\uFFFF\U00010000\U0010FFFF", std::nullopt},
      {"ab\x80", 2},                     // a continuation without a start
      {"ab\xC3", 2},                     // cut short
      {"课\xE8\xAF", 3},                 // cut short
      {"\xC0\x80", 0},                   // overlong NUL
      {"\xC1\xBF", 0},                   // overlong
      {"\xE0\x9F\xBF", 0},               // overlong
      {"\xF0\x8F\xBF\xBF", 0},           // overlong
      {"a\xED\xA0\x80", 1},              // surrogate
      {"a\xED\xBF\xBF", 1},              // surrogate
      {"\xF4\x90\x80\x80", 0},           // above U+10FFFF
      {"\xF5\x80\x80\x80", 0},           // no such start
      {"\xFF", 0},                       // no such start
      {"\xE8\xAF\x41", 0},               // broken off by a letter
      {"\xF0\x90\x80\xC0", 0},           // last byte is a start
      {"ok \xD6\xD0\xCE\xC4", 3},        // 中文 in GBK
      {"\xFE\xFF\x00\x61"sv, 0},         // UTF-16
      {"\xEF\xBB\xBF{}", std::nullopt},  // a byte order mark is a character like any other
  };
  for (const auto& c : cases)
    EXPECT_EQ(first_bad_utf8(c.bytes), c.want) << testing::PrintToString(c.bytes);
}

TEST(Utf8, counts_code_points) {
  const struct {
    std::string_view text;
    std::size_t want;
  } cases[] = {{"", 0}, {"abc", 3}, {"课后服务", 4}, {"é𠮷a", 3}};
  for (const auto& c : cases) EXPECT_EQ(count_code_points(c.text), c.want) << c.text;
  EXPECT_THROW(static_cast<void>(count_code_points("\xFF")), InvariantBroken);
}

TEST(Trim, takes_blanks_off_both_ends_only) {
  const struct {
    std::string_view text, want;
  } cases[] = {
      {"", ""},
      {" \t\r\n", ""},
      {"a", "a"},
      {" a b ", "a b"},
      {"\u3000\u00A0王 小明\u3000 ", "王 小明"},
      {"\u3000", ""},
      {"\u0420\u00A0", "\u0420"},  // ends in the bytes A0, C2 A0: only the second is a blank
      {"、", "、"},                // E3 80 81, near to E3 80 80
  };
  for (const auto& c : cases) EXPECT_EQ(trim(c.text), c.want) << c.text;
}

TEST(HalfWidth, narrows_what_has_an_ascii_form_and_nothing_else) {
  const struct {
    std::string_view text, want;
  } cases[] = {
      {"", ""},
      {"４３０１０２ｘ", "430102x"},
      {"！～＠＿｀　Ａｚ", "!~@_` Az"},
      {"王小明（大）。", "王小明(大)。"},  // the full stop is another character
      {"\uFF5F\uFF00\uFF61", "\uFF5F\uFF00\uFF61"},
      {"a\xEF\xBC", "a\xEF\xBC"},  // cut short
      {"\xEF", "\xEF"},
  };
  for (const auto& c : cases) EXPECT_EQ(to_half_width(c.text), c.want) << c.text;
  std::string wide;
  std::string narrow;
  for (int i = 0; i < 94; ++i) {
    const int third = 0x81 + i;
    wide += third <= 0xBF ? "\xEF\xBC" : "\xEF\xBD";
    wide += static_cast<char>(third <= 0xBF ? third : third - 0x40);
    narrow += static_cast<char>('!' + i);
  }
  EXPECT_EQ(to_half_width(wide), narrow);
}

TEST(AppendPadded, fills_up_with_zeros_and_never_cuts) {
  std::string out = "x";
  for (const std::int64_t number : {0, 7, 42, 12345}) append_padded(out, number, 3);
  EXPECT_EQ(out, "x00000704212345");
  EXPECT_THROW(append_padded(out, -1, 3), InvariantBroken);
}

TEST(Hex, refuses_all_but_lower_case_pairs) {
  const struct {
    std::string_view hex, detail;
  } cases[] = {
      {"0", "an odd number of digits: 1"},       {"0A", "digit 1: not one of 0-9, a-f"},
      {"zz", "digit 0: not one of 0-9, a-f"},    {"00 1", "digit 2: not one of 0-9, a-f"},
      {"0\0"sv, "digit 1: not one of 0-9, a-f"},
  };
  for (const auto& c : cases) {
    const auto got = from_hex(c.hex);
    ASSERT_FALSE(got.ok()) << c.hex;
    EXPECT_EQ(got.error().code, "text.bad_hex");
    EXPECT_EQ(got.error().detail, c.detail);
  }
  EXPECT_TRUE(from_hex("").value().empty());
}

TEST(Hex, writes_lower_case) {
  EXPECT_EQ(to_hex(std::vector<std::uint8_t>{0x00, 0x0A, 0xFF, 0x5C}), "000aff5c");
}

RC_GTEST_PROP(Hex, decodes_what_it_encoded, (const std::vector<std::uint8_t>& bytes)) {
  RC_ASSERT(from_hex(to_hex(bytes)).value() == bytes);
}

RC_GTEST_PROP(Utf8, what_precedes_the_first_bad_byte_is_good, (const std::string& bytes)) {
  const auto bad = first_bad_utf8(bytes);
  RC_ASSERT(!first_bad_utf8(bytes.substr(0, bad.value_or(bytes.size()))).has_value());
}

TEST(OneLine, ShowsWhatCouldForgeALine) {
  EXPECT_EQ(one_line("a\nb\x1b[2J\x7f"), "a\\nb\\u001b[2J\\u007f");
  EXPECT_EQ(one_line("\u0085\u061c\u200f\u2028\u202e\u2066\ufeff"),
            "\\u0085\\u061c\\u200f\\u2028\\u202e\\u2066\\ufeff");
  EXPECT_EQ(one_line("a\u00ad\u034f\u115f\u17b4\u180f\u3164\ufe0f\uffa0\ufff9\uffff\ue000b"),
            "a\\u00ad\\u034f\\u115f\\u17b4\\u180f\\u3164\\ufe0f\\uffa0\\ufff9\\uffff\\ue000b");
  EXPECT_EQ(one_line("\U0001bca0\U0001d173\U000e0041\U000e0fff\U000f0000\U0010ffff𠀀"),
            "\\u{1bca0}\\u{1d173}\\u{e0041}\\u{e0fff}\\u{f0000}\\u{10ffff}𠀀");
  EXPECT_EQ(one_line("围棋—…“甲” é"), "围棋—…“甲” é");
  EXPECT_EQ(one_line("\xE2\x80"), "\xE2\x80") << "what is no UTF-8 stays";
}

}  // namespace
}  // namespace sj::text
