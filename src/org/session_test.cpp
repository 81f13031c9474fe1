#include "org/session.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sj::org {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;

std::string code_of(const Result<void>& result) {
  return result.ok() ? "ok" : result.error().code;
}

TEST(Session, ATokenNamesItsDistrict) {
  const std::string secret(43, 'x');
  const auto token = parse_token(spell_token({430103, secret}));
  ASSERT_TRUE(token.has_value());
  EXPECT_EQ(token->area, 430103);
  EXPECT_EQ(token->secret, secret);
}

RC_GTEST_PROP(Session, EveryDistrictIsReadBack, ()) {
  const auto area = *rc::gen::inRange<std::int64_t>(1, std::numeric_limits<std::int64_t>::max());
  const std::string secret(43, 'a');
  const auto token = parse_token(spell_token({area, secret}));
  RC_ASSERT(token.has_value());
  RC_ASSERT(token->area == area);
}

TEST(Session, WhatIsNoTokenOfOursIsNone) {
  const std::string secret(43, 'x');
  for (const std::string& cookie :
       {std::string(), std::string("."), "." + secret, "0." + secret, "-1." + secret,
        "a!." + secret, "1." + secret + "x", "1." + secret.substr(1), secret,
        "zzzzzzzzzzzzzzzzzzzz." + secret}) {
    EXPECT_FALSE(parse_token(cookie).has_value()) << cookie;
  }
}

TEST(Session, FiveWrongPasswordsLockForGrowingTimes) {
  const Instant last(1'000 * kMinuteMs);
  struct Case {
    std::int64_t failures;
    std::int64_t minutes;
  };
  for (const Case& one : {Case{5, 1}, Case{6, 5}, Case{7, 15}, Case{8, 60}, Case{100, 60}}) {
    LoginState state;
    state.failures = one.failures;
    state.last_failure = last;
    EXPECT_EQ(locked_until(state).utc_ms(), last.utc_ms() + one.minutes * kMinuteMs)
        << one.failures;
  }
  LoginState four;
  four.failures = 4;
  four.last_failure = last;
  EXPECT_LE(locked_until(four), last);
}

TEST(Session, FiftyWrongPasswordsFromAnywhereLockWhereNobodyIsKnown) {
  LoginState state;
  state.last_of_all = Instant(1'000 * kMinuteMs);
  state.failures_of_all = 49;
  EXPECT_EQ(locked_until(state), Instant(0));
  state.failures_of_all = 50;
  EXPECT_EQ(locked_until(state), Instant(1'060 * kMinuteMs));
}

TEST(Session, WhileLockedEvenTheRightPasswordIsRefused) {
  LoginState state;
  state.failures = 5;
  state.last_failure = Instant(1'000 * kMinuteMs);
  state.password_matches = true;
  const auto early = decide_login(state, Instant(1'000 * kMinuteMs + 1));
  EXPECT_EQ(code_of(early), "org.locked");
  EXPECT_EQ(early.error().fields.at(0).value, "60");
  EXPECT_EQ(code_of(decide_login(state, Instant(1'001 * kMinuteMs))), "ok");
}

TEST(Session, WrongPasswordUnknownNameAndClosedAccountLookTheSame) {
  LoginState wrong;
  LoginState closed;
  closed.password_matches = true;
  closed.disabled = true;
  const auto first = decide_login(wrong, Instant(0));
  const auto second = decide_login(closed, Instant(0));
  EXPECT_EQ(code_of(first), "org.wrong_login");
  EXPECT_EQ(first.error().detail, second.error().detail);
  EXPECT_EQ(first.error().code, second.error().code);
}

TEST(Session, ADeviceNameIsCutBetweenCharacters) {
  EXPECT_EQ(device_name("  iPhone\r\n "), "iPhone");
  EXPECT_EQ(device_name("\xff"), "");
  std::string cut;
  std::string whole;
  for (int i = 0; i < 80; ++i) cut += "课";
  whole = cut + "课课";
  EXPECT_EQ(device_name(whole), cut);
}

TEST(Session, ADeviceIsNamedAsPeopleNameIt) {
  const std::string webkit = "AppleWebKit/537.36 (KHTML, like Gecko) ";
  EXPECT_EQ(device_name("Mozilla/5.0 (Windows NT 10.0; Win64; x64) " + webkit +
                        "Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0"),
            "Windows Edge");
  EXPECT_EQ(device_name("Mozilla/5.0 (Linux; Android 14; V2309A) " + webkit +
                        "Version/4.0 Chrome/126.0 Mobile Safari/537.36 MicroMessenger/8.0.49"),
            "Android WeChat");
  EXPECT_EQ(device_name("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) "
                        "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/604.1"),
            "iPhone Safari");
  EXPECT_EQ(device_name("Mozilla/5.0 (Plan 9)"), "Mozilla/5.0 (Plan 9)");
}

TEST(Session, UsesAreTakenOnceWithTheLatestOfEach) {
  SessionsSeen seen;
  seen.note({2, 7, AccountKind::family, Instant(5)});
  seen.note({1, 9, AccountKind::staff, Instant(6)});
  seen.note({2, 7, AccountKind::family, Instant(8)});
  EXPECT_TRUE(seen.has(2, 7));
  EXPECT_FALSE(seen.has(1, 7));
  const auto uses = seen.take();
  ASSERT_EQ(uses.size(), 2U);
  EXPECT_EQ(uses[0].session, 9);
  EXPECT_EQ(uses[1].at, Instant(8));
  EXPECT_TRUE(seen.take().empty());
  EXPECT_FALSE(seen.has(2, 7));
}

}  // namespace
}  // namespace sj::org
