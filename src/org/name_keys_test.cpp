#include "org/name_keys.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sj::org {
namespace {

using Keys = std::vector<std::string>;

TEST(NameKeys, hold_endings_pinyin_and_initials) {
  Keys wanted = {"张小伟", "小伟", "伟", "zhangxiaowei", "zxw"};
  std::sort(wanted.begin(), wanted.end());
  EXPECT_EQ(wanted, name_keys("张小伟"));
}

TEST(NameKeys, of_letters_have_no_endings) {
  EXPECT_EQ((Keys{"anna", "annasmith", "as"}).back(), name_keys("Anna Smith").back());
  const Keys keys = name_keys("Anna Smith");
  EXPECT_EQ(keys.end(), std::find(keys.begin(), keys.end(), "smith"));
  EXPECT_NE(keys.end(), std::find(keys.begin(), keys.end(), "annasmith"));
}

TEST(NameKeys, of_long_names_are_few) {
  const Keys keys = name_keys("买买提·吐尔逊·阿卜杜拉");
  EXPECT_LE(keys.size(), static_cast<std::size_t>(kNameKeysMax));
  EXPECT_NE(keys.end(), std::find(keys.begin(), keys.end(), "买买提·吐尔逊·阿卜杜拉"));
}

TEST(NameKeys, no_name_no_keys) {
  EXPECT_TRUE(name_keys("").empty());
}

TEST(NameKeys, what_is_typed_is_folded_alike) {
  EXPECT_EQ("zhangwei", search_key(" Zhang Ｗei "));
  EXPECT_EQ("张伟", search_key("张　伟"));
}

RC_GTEST_PROP(NameKeys, every_ending_of_a_short_name_is_found, ()) {
  const auto characters = *rc::gen::resize(
      4, rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(
             rc::gen::element<std::string>("张", "伟", "欧", "阳", "娜", "𠮷", "A"))));
  std::string name;
  for (const auto& one : characters) name += one;
  const Keys keys = name_keys(name);
  RC_ASSERT(keys.size() <= static_cast<std::size_t>(kNameKeysMax));
  std::string ending;
  for (std::size_t i = characters.size(); i-- > 0;) {
    ending = characters[i] + ending;
    const std::string key = search_key(ending);
    const bool is_letters = characters[i] == "A" && i > 0;
    const bool too_far = i > 3;
    const bool found = std::any_of(keys.begin(), keys.end(),
                                   [&](const std::string& one) { return one.rfind(key, 0) == 0; });
    RC_ASSERT(found || is_letters || too_far);
  }
}

}  // namespace
}  // namespace sj::org
