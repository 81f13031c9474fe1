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

TEST(Guess, KnowingMoreNeverMakesItDearer) {
  rc::check([](const std::string& password, const std::vector<std::string>& known) {
    RC_ASSERT(guess_cost(password, known) <= guess_cost(password, {}));
    RC_ASSERT(guess_cost(password, known) >= 0);
  });
}

}  // namespace
}  // namespace sj::auth
