#include "kernel/text/free_text.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "kernel/text/unicode.h"

namespace sj::text {
namespace {

using namespace std::string_view_literals;

TEST(FreeText, keeps_what_people_write) {
  const struct {
    std::string_view text, want;
  } cases[] = {
      {"三（2）班", "三（2）班"},
      {" \u3000石榴小学\u00A0\n", "石榴小学"},
      {"\u202D石榴\u202E小学\u200B\uFEFF", "石榴小学"},
      {"“双减”：A&B 班、C/D — 100%", "“双减”：A&B 班、C/D — 100%"},
      {"«ئۇيغۇر» བོད་ཡིག 😀", "«ئۇيغۇر» བོད་ཡིག 😀"},
      {"-12.5", "-12.5"},
      {"1-2 班", "1-2 班"},
      {"R&D, AT & T;", "R&D, AT & T;"},
  };
  for (const auto& c : cases) {
    const auto got = check_free_text(c.text, 60);
    ASSERT_TRUE(got.ok()) << c.text;
    EXPECT_EQ(got.value(), c.want) << c.text;
  }
}

TEST(FreeText, has_lines_only_where_they_are_told) {
  EXPECT_EQ(check_free_text("一\r\n二\r三\u2028四\t五\n", 60, Lines::many).value(),
            "一\n二\n三\n四\t五");
  for (const std::string_view text : {"一\n二", "一\r二", "一\u2029二", "一\u0085二", "一\t二"}) {
    EXPECT_EQ(check_free_text(text, 60).error().code, "text.free_character") << text;
  }
}

TEST(FreeText, refuses_what_would_do_something) {
  const struct {
    std::string_view text, code;
  } cases[] = {
      {"", "text.free_length"},
      {" \u3000\u200B", "text.free_length"},
      {"石榴小学石榴小学石榴", "text.free_length"},
      {"a\0b"sv, "text.free_character"},
      {"a\x1B[2J", "text.free_character"},
      {"a\x7F", "text.free_character"},
      {"\uE000班", "text.free_character"},
      {"\uFFFF班", "text.free_character"},
      {"\xB1\xE0", "text.free_character"},
      {"<b>班", "text.free_markup"},
      {"</td>", "text.free_markup"},
      {"<!--", "text.free_markup"},
      {"&lt;b", "text.free_markup"},
      {"&#x3c;b", "text.free_markup"},
      {"=1+1", "text.free_formula"},
      {"+1", "text.free_formula"},
      {"-1+cmd", "text.free_formula"},
      {"@SUM(A1)", "text.free_formula"},
      {" \t=1", "text.free_formula"},
      {"\u200B=1", "text.free_formula"},
      {"＝1+1", "text.free_formula"},
      {"＠a", "text.free_formula"},
  };
  for (const Lines lines : {Lines::one, Lines::many}) {
    for (const auto& c : cases) {
      const auto got = check_free_text(c.text, 9, lines);
      ASSERT_FALSE(got.ok()) << c.text;
      EXPECT_EQ(got.error().code, c.code) << c.text;
    }
  }
}

TEST(FreeText, lets_a_remark_compare_but_no_name) {
  EXPECT_EQ(check_free_text("视力 < 4.8，>3", 60, Lines::many).value(), "视力 < 4.8，>3");
  EXPECT_EQ(check_free_text("1<2班", 60).error().code, "text.free_markup");
  EXPECT_EQ(check_free_text("班>", 60).error().code, "text.free_markup");
}

TEST(Formula, is_what_begins_like_one) {
  for (const std::string_view text :
       {"=1", "+1", "-a", "@a", "\ta", "\ra", "＝", "－1", "-", "-1.", "--1", " =1", "\u3000=1",
        "\u200b=1", "\u202e \ufeff=1", "\x1b=1", "\n@a", " \u00ad-a"}) {
    EXPECT_TRUE(starts_formula(text)) << text;
  }
  for (const std::string_view text :
       {"", "a=1", "-1", "-1.5", "班", "\xEF", "\xFF=", "'=1", " -1", " a", "\u200b"}) {
    EXPECT_FALSE(starts_formula(text)) << text;
  }
}

// Characters that are kept, dropped, refused or changed.
std::string any_text() {
  const std::u32string points = U"a1班<>&;#=+-@＝ \u3000\t\r\n\u2028\u200B\u202E\uE000😀";
  return to_utf8(*rc::gen::container<std::u32string>(rc::gen::elementOf(points)));
}

RC_GTEST_PROP(FreeText, twice_is_once, ()) {
  const std::string text = any_text();
  for (const Lines lines : {Lines::one, Lines::many}) {
    const auto once = check_free_text(text, 30, lines);
    if (once.ok()) RC_ASSERT(check_free_text(once.value(), 30, lines).value() == once.value());
  }
}

TEST(Plainly, leaves_out_what_does_not_show_what_it_is) {
  EXPECT_EQ(show_plainly("a\x01\x1b\u202e\u200b\ufff9\uffffb\n\tc\ue000"), "ab\n\tc\ue000");
  EXPECT_EQ(show_plainly("\xFF\x01"), "\xFF\x01");
}

TEST(FileName, has_no_folder_and_steers_nothing) {
  EXPECT_EQ(file_name("../../etc/passwd.csv"), "passwd.csv");
  EXPECT_EQ(file_name("C:\\Users\\a\\名册 2026.xlsx"), "名册 2026.xlsx");
  EXPECT_EQ(file_name(" ..hidden\u202e\x01:*?. "), "hidden___");
  for (const std::string_view none : {"", "..", "a/", "/", " . ", "\xFF"}) {
    EXPECT_EQ(file_name(none), "") << none;
  }
  EXPECT_EQ(file_name(std::string(300, 'a') + ".csv"), std::string(96, 'a') + ".csv");
}

}  // namespace
}  // namespace sj::text
