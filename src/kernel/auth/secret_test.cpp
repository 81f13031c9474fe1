#include "kernel/auth/secret.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "kernel/auth/common_passwords.h"

namespace sj::auth {
namespace {

// What a test can afford; the parameters are in the text.
constexpr PasswordCost kCheap{.operations = 1, .memory_kib = 8};

std::string code_of(const Result<void>& result) {
  return result.ok() ? "" : result.error().code;
}

TEST(Token, Is43CharactersOfBase64UrlAndNeverTheSame) {
  SystemEntropy entropy;
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string token = make_token(entropy);
    ASSERT_EQ(token.size(), 43U);
    ASSERT_EQ(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                      "0123456789-_"),
              std::string::npos);
    seen.insert(token);
  }
  EXPECT_EQ(seen.size(), 1000U);
}

TEST(Token, ItsHashIsBlake2bOf32Bytes) {
  // BLAKE2b-256 of "abc", computed with b2sum -l 256.
  std::string hex;
  for (const char c : token_hash("abc")) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    hex += kDigits[static_cast<unsigned char>(c) >> 4U];
    hex += kDigits[static_cast<unsigned char>(c) & 15U];
  }
  EXPECT_EQ(hex, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
  EXPECT_NE(token_hash("abd"), token_hash("abc"));
}

TEST(Code, HasEightReadableLettersAllOfWhichOccur) {
  SeededEntropy entropy("codes");
  std::set<char> letters;
  for (int i = 0; i < 500; ++i) {
    const std::string code = make_code(entropy);
    ASSERT_EQ(code.size(), 8U);
    ASSERT_EQ(normalise_code(code).value(), code);
    letters.insert(code.begin(), code.end());
  }
  EXPECT_EQ(letters.size(), 31U);
  for (const char c : {'0', 'O', '1', 'I', 'L'}) EXPECT_EQ(letters.count(c), 0U) << c;
}

TEST(Code, EachLetterIsAboutAsLikely) {
  SeededEntropy entropy("letters");
  std::array<int, 256> counts{};
  for (int i = 0; i < 10'000; ++i) {
    for (const char c : make_code(entropy)) ++counts[static_cast<unsigned char>(c)];
  }
  // 80,000 / 31 = 2,581 each, with a standard deviation of 50; modulo 256 would give 9/8 of it.
  for (const char c : std::string("23456789ABCDEFGHJKMNPQRSTUVWXYZ")) {
    EXPECT_NEAR(counts[static_cast<unsigned char>(c)], 2581, 220) << c;
  }
}

TEST(Code, IsReadAsPeopleTypeIt) {
  for (const char* typed : {"ABCD2345", "abcd2345", "ABCD-2345", " abcd 2345 ", "ABCD　2345",
                            "ＡＢＣＤ２３４５", "ａｂｃｄ－２３４５", "AB\u00A0CD2345"}) {
    const auto code = normalise_code(typed);
    ASSERT_TRUE(code.ok()) << typed;
    EXPECT_EQ(code.value(), "ABCD2345") << typed;
  }
  for (const char* typed : {"", "ABCD234", "ABCD23456", "ABCD234O", "ABCD2340", "ABCD234!",
                            "ABCD23é", "双减双减双减双减", "\xEF\xBC", "ABCD2345\xEF"}) {
    const auto code = normalise_code(typed);
    ASSERT_FALSE(code.ok()) << typed;
    EXPECT_EQ(code.error().code, "auth.bad_code") << typed;
  }
}

TEST(Secrets, AreEqualByLengthAndBytes) {
  EXPECT_TRUE(equal_secrets("", ""));
  EXPECT_TRUE(equal_secrets("abc", "abc"));
  EXPECT_FALSE(equal_secrets("abc", "abd"));
  EXPECT_FALSE(equal_secrets("abc", "abcd"));
  EXPECT_FALSE(equal_secrets("", "a"));
}

TEST(Password, MatchesItsHashOnly) {
  SystemEntropy entropy;
  const std::string hash = hash_password("correct horse", entropy, kCheap);
  EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$")) << hash;
  EXPECT_TRUE(password_matches("correct horse", hash));
  EXPECT_FALSE(password_matches("correct horsf", hash));
  EXPECT_FALSE(password_matches("", hash));
  EXPECT_NE(hash, hash_password("correct horse", entropy, kCheap)) << "the salt must differ";
}

TEST(Password, HashIsTheUsualArgon2id) {
  // Made by the reference program: echo -n password | argon2 somesalt -id -t 2 -k 1024 -p 1 -l 32
  EXPECT_TRUE(password_matches(
      "password",
      "$argon2id$v=19$m=1024,t=2,p=1$c29tZXNhbHQ$7FfsnA6vUe7qLpL/3Kqc3uR48ZJyFbUVt7jWZlf0Htk"));
}

TEST(Password, ABrokenHashMatchesNothing) {
  for (const char* hash :
       {"", "x", "$argon2id$", "$argon2id$v=19$m=8,t=1,p=1$AAAA$", "$2b$12$abc"}) {
    EXPECT_FALSE(password_matches("", hash)) << hash;
    EXPECT_TRUE(needs_rehash(hash)) << hash;
  }
  EXPECT_FALSE(password_matches("", std::string(1000, '$')));
}

TEST(Password, TheSameSaltGivesTheSameHash) {
  SeededEntropy one("salt");
  SeededEntropy two("salt");
  EXPECT_EQ(hash_password("correct horse", one, kCheap),
            hash_password("correct horse", two, kCheap));
}

TEST(Password, IsHashedAnewWhenItCostLessThanNow) {
  SystemEntropy entropy;
  const std::string hash =
      hash_password("correct horse", entropy, {.operations = 2, .memory_kib = 64});
  EXPECT_FALSE(needs_rehash(hash, {.operations = 2, .memory_kib = 64}));
  EXPECT_FALSE(needs_rehash(hash, {.operations = 1, .memory_kib = 32})) << "dearer is as good";
  EXPECT_TRUE(needs_rehash(hash, {.operations = 3, .memory_kib = 64}));
  EXPECT_TRUE(needs_rehash(hash, {.operations = 2, .memory_kib = 65}));
  EXPECT_TRUE(needs_rehash(hash));
}

TEST(Password, OfLessCostIsLookedAtAsLong) {
  SystemEntropy entropy;
  const auto missing = [&](PasswordCost made_with, PasswordCost now) {
    const auto cost = cost_short_of(hash_password("correct horse", entropy, made_with), now);
    return cost ? cost->operations * cost->memory_kib : 0;
  };
  EXPECT_EQ(missing({.operations = 2, .memory_kib = 64}, {.operations = 2, .memory_kib = 64}), 0);
  EXPECT_EQ(missing({.operations = 3, .memory_kib = 64}, {.operations = 2, .memory_kib = 64}), 0);
  EXPECT_EQ(missing({.operations = 1, .memory_kib = 64}, {.operations = 3, .memory_kib = 64}), 128);
  EXPECT_EQ(missing({.operations = 1, .memory_kib = 48}, {.operations = 1, .memory_kib = 64}), 16);
  EXPECT_EQ(cost_short_of("", {.operations = 2, .memory_kib = 64})->operations, 2);
}

TEST(Password, DefaultCostIsTheMinimumOfOwasp) {
  SeededEntropy entropy("default");
  EXPECT_TRUE(hash_password("x", entropy).starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
}

TEST(NewPassword, MustBeNeitherShortNorLongNorKnown) {
  SeededEntropy entropy("long");
  std::string random;
  while (random.size() < 201) random += make_token(entropy);
  const std::vector<std::string> known{"li.ming.2011"};
  const struct {
    std::string password;
    bool good;
  } cases[] = {{"kx7 bridge lamp", true},
               {"长沙的秋天比春天更美", true},  // ten characters, thirty bytes
               {"长沙的秋天比春天美", false},   // nine
               {"abcdefgh9", false},            // nine
               {"", false},
               {random.substr(0, 200), true},
               {random.substr(0, 201), false},
               {"Li.Ming.2011", false},  // the user name in other letters
               {"li.ming.2012", false},
               {"1234567890", false},
               {"QwertyUiop", false},  // a common one in other letters
               {"1q2w3e4r5t", false},
               {"woaini1314", false},
               {"woaini5201314", false},
               {"qq123456789", false},
               {"a123456789", false},
               {"Wang123456", false}};
  for (const auto& one : cases) {
    EXPECT_EQ(code_of(check_new_password(one.password, known)),
              one.good ? "" : "auth.weak_password")
        << one.password;
  }
}

TEST(NewPassword, HoldsNothingThatNobodySeesOrTypes) {
  for (const char* password :
       {"correct horse\nbattery", "correct horse\r\nbattery", "correct horse\tbattery",
        "correct horse battery\x7F", "correct\u0085horse battery", "correct\u2028horse battery",
        "correct\u200Bhorse battery", "correct\u202Ehorse battery", "\uFEFFcorrect horse battery",
        "correct\u00ADhorse battery", "correct\uE000horse battery", "not \xFF utf-8 text"}) {
    EXPECT_EQ(code_of(check_new_password(password, {})), "auth.password_character") << password;
  }
  EXPECT_EQ(code_of(check_new_password(std::string("correct\0horse battery", 21), {})),
            "auth.password_character");
  for (const char* password :
       {"correct horse battery", "长沙的秋天　比春天更美", "naïve Übung überall"}) {
    EXPECT_EQ(code_of(check_new_password(password, {})), "") << password;
  }
}

TEST(NewPassword, TheTableIsSortedAndHoldsTheCommonestOnes) {
  const auto table = common_passwords();
  EXPECT_GE(table.size(), 12'000U);
  EXPECT_TRUE(std::is_sorted(table.begin(), table.end()));
  for (const char* word : {"123456", "password", "a123456", "5201314"}) {
    EXPECT_TRUE(std::binary_search(table.begin(), table.end(), std::string_view(word))) << word;
  }
  for (const std::string_view word : table) {
    EXPECT_FALSE(check_new_password(word, {}).ok()) << word;
  }
}

}  // namespace
}  // namespace sj::auth
