#include "kernel/auth/guess.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace sj::auth {
namespace {

const std::vector<std::string> kKnown = {"teacher3", "zhang wei", "chang sha shi shi yan xiao xue"};

TEST(Guess, WhatOthersKnowOrTryFirstIsCheap) {
  for (const char* password :
       {"teacher3teacher3",     "teacher3teacher4",    "Teacher3@2026!", "3rehcaet3rehcaet",
        "t3acher3t3acher3",     "zhangwei19880512",    "ZhangWei@1988!", "changshashiyan2026",
        "shiyanxiaoxue2026!",   "wangfang19880512",    "zhangsan@1988",  "P@ssw0rd2026!!",
        "qwertyuiop123",        "poiuytrewq098",       "1qaz2wsx3edc",   "Aa123456Aa123456",
        "abcabcabcabc",         "iloveyou2026",        "13907315826",    "13907315826abc",
        "430102199001011234",   "43010219900101123X",  "woaini5201314",  "hunan2026hunan",
        "abcdefghij",           "aaaaaaaaaaaaaaaa",    "1111aaaa2222",   "xiaoxue2026yuwen",
        "20261012abcd",         "password123password", "mima123456789",  "admin@430103",
        "双减双减双减双减双减", "!@#$%^&*()",          "asdfghjkl;2012", "20120713zxcvbnm"}) {
    EXPECT_LT(guess_cost(password, kKnown), kGuessCostMin) << password;
  }
}

TEST(Guess, LengthAndChanceAreDearWhateverLettersTheyAreOf) {
  for (const char* password : {"a much better phrase", "nine-Lives-of-a-cat", "kx7 bridge lamp",
                               "blue table seven horse", "长沙的秋天比春天更美", "K7QM-2XHD-WR9T",
                               "xk3vqp9tzm", "qwmzrtplkx", "wo jia men qian you ke shi liu shu"}) {
    EXPECT_GE(guess_cost(password, kKnown), kGuessCostMin) << password;
  }
}

TEST(Guess, SeparatorsRepeatsAndSignsForLettersHideNothing) {
  const std::vector<std::string> known = {"teacher3", "zhang wei", "张伟", "长沙市实验小学",
                                          "chang sha shi shi yan xiao xue"};
  for (const char* password :
       {"ssttrreeeett11",         "S.t.r.e.e.t.1",           "a b c d e f g",
        "a b c d e f g h i j",    "q-w-e-r-t-y-u-i",         "qwe-rty-uio-p",
        "1qaz_2wsx_3edc",         "sstreetttt2024",          "S--t--r--e--e--t",
        "s t.r-e_e t1",           "5tr337 2024!!",           "p.a.s.s.w.o.r.d",
        "1990-01-01wangfang",     "liuxiaoming19900101",     "wang.fang.1990.1.1",
        "li-xiao-ming-2010/5/12", "zhang.wei.1988.05.12",    "z h a n g w e i 1",
        "zzhhaanngg wweeii",      "teacher3-2024-09-01",     "ChangSha ShiYan 2026",
        "长沙市实验小学2026",     "实验小学2026年",          "张伟张伟20100512",
        "shi-yan-xiao-xue-2024",  "ｓｔｒｅｅｔ１２３４",    "drowssap drowssap 1",
        "teerts2024teerts",       "12/05/1990 12/05/1990",   "aabbccddeeffgg",
        "1.2.3.4.5.6.7.8.9.0",    "P a s s w o r d 2 0 2 4", "长沙市实验小学长沙市实验小学",
        "实验小学实验小学",       "长沙实验长沙实验学校",    "张伟老师张伟老师"}) {
    EXPECT_LT(guess_cost(password, known), kGuessCostMin) << password;
  }
}

TEST(Guess, NamesOfOtherSchoolsAndChineseWordsAreGuessedToo) {
  for (const char* password :
       {"石塘村小学石塘村小学", "我爱你我爱你我爱你你", "生日快乐生日快乐生日",
        "中国加油中国加油！！", "密码密码密码密码密码", "班主任老师你好老师你好"}) {
    EXPECT_LT(guess_cost(password, kKnown), kGuessCostMin) << password;
  }
  EXPECT_GE(guess_cost("夏夜萤火虫与小学的梦", kKnown), kGuessCostMin);
}

TEST(Guess, DigitsOfChanceAreAsGoodAsTheyAreMany) {
  std::uint64_t chance = 88172645463325252ULL;
  int cheap = 0;
  for (int round = 0; round < 1'000; ++round) {
    std::string digits;
    while (digits.size() < 20) {
      chance ^= chance << 13U;
      chance ^= chance >> 7U;
      chance ^= chance << 17U;
      digits += static_cast<char>('0' + chance % 10);
    }
    if (guess_cost(digits, kKnown) < kGuessCostMin) ++cheap;
  }
  EXPECT_LE(cheap, 3) << "chance, too, makes a day or a run now and then";
  for (const char* digits : {"12345678901234567890", "20240901202409012024", "13907315826139073158",
                             "430102199001011234", "11112222333344445555"}) {
    EXPECT_LT(guess_cost(digits, kKnown), kGuessCostMin) << digits;
  }
}

TEST(Guess, KnowingMoreNeverMakesItDearer) {
  rc::check([](const std::string& password, const std::vector<std::string>& known) {
    RC_ASSERT(guess_cost(password, known) <= guess_cost(password, {}));
    RC_ASSERT(guess_cost(password, known) >= 0);
  });
}

}  // namespace
}  // namespace sj::auth
