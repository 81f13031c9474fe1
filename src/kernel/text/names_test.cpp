#include <cstddef>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "kernel/base/check.h"
#include "kernel/text/person_name.h"
#include "kernel/text/pinyin.h"
#include "kernel/text/unicode.h"

namespace sj::text {
namespace {

// Characters that are read, written or joined in special ways, and a few plain ones.
std::string any_text() {
  static const std::u32string kPoints =
      U"aZéß张单〇𠮷·•. "
      U"\u3000\t-'\u2019\u200B\uFE0FﬁアqＱ１ｂقﾓ😀\u0301\u0308\u0345\u3099\u00B4\u0650"
      U"\u0F71\u1112\u1161\u115F\uFFA0\uE000\uF900\u2F45\u2010";
  return to_utf8(*rc::gen::container<std::u32string>(rc::gen::elementOf(kPoints)));
}

TEST(Utf8, is_code_points_and_back) {
  EXPECT_EQ(to_code_points("a张𠮷"), U"a张𠮷");
  EXPECT_EQ(to_utf8(U"é张􏿿"), "é张􏿿");
  EXPECT_THROW(static_cast<void>(to_code_points("\xFF")), InvariantBroken);
  EXPECT_THROW(static_cast<void>(to_utf8(std::u32string(1, 0xD800))), InvariantBroken);
  EXPECT_THROW(static_cast<void>(to_utf8(std::u32string(1, 0x110000))), InvariantBroken);
}

TEST(Han, is_every_chinese_character_and_no_sign) {
  for (const char32_t point : std::u32string_view(U"张〇㐂𠮷𪚥﨑\U00030000")) {
    EXPECT_TRUE(is_han(point)) << std::hex << static_cast<unsigned>(point);
  }
  for (const char32_t point : std::u32string_view(U"aア가、。·①々〡\u2F45 ")) {
    EXPECT_FALSE(is_han(point)) << std::hex << static_cast<unsigned>(point);
  }
}

TEST(Fold, makes_one_spelling_of_many) {
  const struct {
    std::string_view text, want;
  } cases[] = {
      {"", ""},
      {" 张 伟\u3000", "张伟"},
      {"ＡＢｃ１２", "abc12"},
      {"STRASSE Straße", "strassestrasse"},
      {"Zoe\u0308", "zoë"},
      {"ﬁ①\u2F45", "fi1方"},
      {"张\u200B伟\uFE0F", "张伟"},
      {"e \u0301", "é"},  // joined when the blank goes
  };
  for (const auto& c : cases) EXPECT_EQ(fold(c.text), c.want) << c.text;
  EXPECT_THROW(static_cast<void>(fold("\xFF")), InvariantBroken);
}

RC_GTEST_PROP(Fold, twice_is_once, ()) {
  const std::string folded = fold(any_text());
  RC_ASSERT(fold(folded) == folded);
}

TEST(Pinyin, reads_names_as_their_bearers_do) {
  const struct {
    std::string_view name, words, initials;
  } cases[] = {
      {"张伟", "zhang wei", "zw"},
      {"欧阳娜娜", "ou yang na na", "oynn"},
      {"單雄信", "shan xiong xin", "sxx"},
      {"单雄信", "shan xiong xin", "sxx"},
      {"曾国藩", "zeng guo fan", "zgf"},
      {"解缙", "xie jin", "xj"},
      {"仇英", "qiu ying", "qy"},
      {"区志强", "ou zhi qiang", "ozq"},
      {"查良镛", "zha liang yong", "zly"},
      {"尉迟恭", "yu chi gong", "ycg"},
      {"尉健行", "wei jian xing", "wjx"},
      {"万俟卨", "mo qi xie", "mqx"},
      {"万小明", "wan xiao ming", "wxm"},
      {"朴树", "piao shu", "ps"},
      {"盖叫天", "ge jiao tian", "gjt"},
      {"乐毅", "yue yi", "yy"},
      {"张乐乐", "zhang le le", "zll"},
      {"任长霞", "ren chang xia", "rcx"},
      {"缪荣", "miao rong", "mr"},
      {"宓子贱", "mi zi jian", "mzj"},
      {"华罗庚", "hua luo geng", "hlg"},
      {"葛优", "ge you", "gy"},
      {"翟志刚", "zhai zhi gang", "zzg"},
      {"覃辉", "qin hui", "qh"},
      {"种师道", "chong shi dao", "csd"},
      {"逄先知", "pang xian zhi", "pxz"},
      {"长孙无忌", "zhang sun wu ji", "zswj"},
      {"澹台灭明", "tan tai mie ming", "ttmm"},
      {"吕略", "lv lve", "ll"},
      {"宁晟", "ning sheng", "ns"},
      {"李　明", "li ming", "lm"},
      {"李单", "li dan", "ld"},  // only a surname at the start
      {"", "", ""},
      // No surname rule for names that are not Chinese.
      {"买买提·吐尔逊", "mai mai ti tu er xun", "mmttex"},
      {"单·解", "dan jie", "dj"},
      {"John Smith", "john smith", "js"},
      {"Zoë O'Neill-Müller", "zoe oneill muller", "zom"},
      {"Ødegård", "odegard", "o"},
      {"Ａnna李", "anna li", "al"},
      // What has no reading stands for itself.
      {"𠮷野", "𠮷 ye", "𠮷y"},
      {"〇", "ling", "l"},
      {"\U00030000明", "\U00030000 ming", "\U00030000m"},
      {"Иван", "иван", "и"},
      {"第1小学", "di 1 xiao xue", "d1xx"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(pinyin(c.name), c.words) << c.name;
    EXPECT_EQ(pinyin_initials(c.name), c.initials) << c.name;
  }
  EXPECT_THROW(static_cast<void>(pinyin("\xFF")), InvariantBroken);
}

TEST(Pinyin, gives_every_common_character_a_word_of_plain_letters) {
  // The few without are radicals and characters nobody has found a reading of.
  int without = 0;
  for (char32_t point = 0x4E00; point < 0xA000; ++point) {
    const std::string word = pinyin(to_utf8({&point, 1}));
    const bool is_plain = word.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == std::string::npos;
    if (!is_plain) ++without;
  }
  EXPECT_LT(without, 100);
}

TEST(Pinyin, is_the_same_from_many_threads) {
  std::vector<std::string> got(4);
  {
    std::vector<std::thread> threads;
    threads.reserve(got.size());
    for (auto& own : got) {
      threads.emplace_back([&own] {
        for (char32_t point = 0x6000; point < 0x6400; ++point) own += pinyin(to_utf8({&point, 1}));
      });
    }
    for (auto& thread : threads) thread.join();
  }
  for (const auto& one : got) EXPECT_EQ(one, got[0]);
}

RC_GTEST_PROP(Pinyin, never_loses_a_word_nor_fails, ()) {
  const std::string text = any_text();
  const std::string words = pinyin(text);
  const std::string initials = pinyin_initials(text);
  RC_ASSERT(words.empty() == initials.empty());
  RC_ASSERT(words.find("  ") == std::string::npos);
}

TEST(PersonName, has_one_spelling) {
  const struct {
    std::string_view text, want;
  } cases[] = {
      {"张伟", "张伟"},
      {" 张　伟 ", "张伟"},
      {"李 明", "李明"},
      {"买买提·吐尔逊", "买买提·吐尔逊"},
      {"买买提•吐尔逊", "买买提·吐尔逊"},
      {"买买提 ・ 吐尔逊", "买买提·吐尔逊"},
      {"买买提.吐尔逊", "买买提·吐尔逊"},
      {"买买提．吐尔逊", "买买提·吐尔逊"},
      {"John   Smith", "John Smith"},
      {"Ｊｏｈｎ", "John"},
      {"Zoe\u0308 O’Neill-Ny", "Zoë O'Neill-Ny"},
      {"李 John", "李 John"},
      {"𠮷〇\u200B\uFE0F", "𠮷〇"},
      {"\u2F45", "方"},
      {"Иван", "Иван"},
      {"ئەركىن", "ئەركىن"},
      {"བཀྲ་ཤིས", ""},  // its dot is a sign of its own
      {"བཀྲཤིས", "བཀྲཤིས"},
  };
  for (const auto& c : cases) {
    const auto got = check_person_name(c.text);
    EXPECT_EQ(got.ok() ? got.value() : "", c.want) << c.text;
  }
}

TEST(PersonName, says_what_is_wrong) {
  const struct {
    std::string text;
    std::string_view code;
  } cases[] = {
      {"", "text.name_length"},
      {" \u3000", "text.name_length"},
      {"\u200B", "text.name_length"},
      {std::string(51, 'a'), "text.name_length"},
      {"张3", "text.name_character"},
      {"张①", "text.name_character"},
      {"张伟😀", "text.name_character"},
      {"张\n伟", "text.name_character"},
      {"张\t伟", "text.name_character"},
      {std::string("张\0伟", 7), "text.name_character"},
      {"张?", "text.name_character"},
      {"张\uFFFD", "text.name_character"},
      {"张伟(大)", "text.name_character"},
      {"·张", "text.name_character"},
      {"张·", "text.name_character"},
      {"张··伟", "text.name_character"},
      {"-Anna", "text.name_character"},
      {"Anna'", "text.name_character"},
      {"J. Smith", "text.name_character"},
      {"\u0301a", "text.name_character"},
      {"张\xFF", "text.name_character"},
      {"张\uE000", "text.name_private"},
  };
  for (const auto& c : cases) {
    const auto got = check_person_name(c.text);
    ASSERT_FALSE(got.ok()) << c.text;
    EXPECT_EQ(got.error().code, c.code) << c.text;
  }
  EXPECT_TRUE(check_person_name(std::string(50, 'a')).ok());
  EXPECT_EQ(check_person_name("张3").error().detail, "character 2: U+0033");
}

RC_GTEST_PROP(PersonName, what_is_accepted_is_accepted_again_and_stays, ()) {
  const auto once = check_person_name(any_text());
  if (!once.ok()) return;
  const auto again = check_person_name(once.value());
  RC_ASSERT(again.ok());
  RC_ASSERT(again.value() == once.value());
}

}  // namespace
}  // namespace sj::text
