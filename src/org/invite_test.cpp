#include "org/invite.h"

#include <gtest/gtest.h>

namespace sj::org {
namespace {

const LocalDay kBirthDay = LocalDay::parse("2016-03-08").value();
const Instant kNow(1'000);

std::string code_of(const Result<void>& result) {
  return result.ok() ? "ok" : result.error().code;
}

Invitation open_invitation() {
  Invitation invitation;
  invitation.id = 5;
  invitation.pupil = 7;
  invitation.expires = Instant(2'000);
  invitation.birth_day = kBirthDay;
  return invitation;
}

JoinCommand mother() {
  return {kBirthDay, "王芳", "mother"};
}

TEST(Invite, WhoMayBeInvitedByWhom) {
  struct Case {
    InviteState state;
    const char* code;
  };
  const Case cases[] = {
      {{}, "ok"},
      {{.by = InvitedBy::guardian}, "ok"},
      {{.at_school = false}, "org.not_at_school"},
      {{.by = InvitedBy::guardian, .is_protected = true}, "org.only_school_admits"},
      {{.is_protected = true}, "org.name_the_guardian"},
      {{.is_protected = true, .names_guardian = true}, "ok"},
      {{.knows_birth_day = false}, "org.no_birth_day"},
  };
  for (const Case& one : cases) EXPECT_EQ(code_of(decide_invite(one.state)), one.code);
}

TEST(Invite, TheRightBirthDayAdmits) {
  EXPECT_EQ(code_of(decide_join(open_invitation(), mother(), kNow)), "ok");
}

TEST(Invite, WhatKeepsACodeFromBeingRedeemed) {
  const auto refused = [](auto change) {
    Invitation invitation = open_invitation();
    change(invitation);
    return code_of(decide_join(invitation, mother(), kNow));
  };
  EXPECT_EQ(refused([](Invitation& i) { i.redeemed = true; }), "org.code_used");
  EXPECT_EQ(refused([](Invitation& i) { i.revoked = true; }), "org.code_withdrawn");
  EXPECT_EQ(refused([](Invitation& i) { i.expires = kNow; }), "org.code_expired");
  EXPECT_EQ(refused([](Invitation& i) { i.wrong_birth_days = 5; }), "org.code_locked");
  EXPECT_EQ(refused([](Invitation& i) { i.wrong_birth_days = 4; }), "ok");
  EXPECT_EQ(refused([](Invitation& i) { i.at_school = false; }), "org.not_at_school");
  EXPECT_EQ(refused([](Invitation& i) { i.birth_day.reset(); }), "org.no_birth_day");
  EXPECT_EQ(refused([](Invitation& i) { i.birth_day = kBirthDay.plus_days(1); }),
            "org.wrong_birth_day");
}

TEST(Invite, APhoneThatWasNotAnsweredMayAskAgain) {
  const auto decided = [](auto change) {
    Invitation invitation = open_invitation();
    invitation.redeemed = true;
    invitation.made_account = true;
    RejoinState state{.same_account = false, .never_came = true};
    change(invitation, state);
    return code_of(decide_rejoin(invitation, state));
  };
  EXPECT_EQ(decided([](Invitation&, RejoinState&) {}), "ok");
  EXPECT_EQ(decided([](Invitation&, RejoinState& s) { s.never_came = false; }), "org.code_used");
  EXPECT_EQ(decided([](Invitation& i, RejoinState&) { i.superseded = true; }), "org.code_used");
  EXPECT_EQ(decided([](Invitation& i, RejoinState&) { i.made_account = false; }), "org.code_used");
  EXPECT_EQ(decided([](Invitation& i, RejoinState&) { i.is_linked = false; }), "org.link_ended");
  EXPECT_EQ(decided([](Invitation& i, RejoinState& s) {
              i.made_account = false;
              s = {.same_account = true, .never_came = false};
            }),
            "ok");
  EXPECT_EQ(decided([](Invitation& i, RejoinState& s) {
              i.is_linked = false;
              s.same_account = true;
            }),
            "org.link_ended");
}

TEST(Invite, AProtectedPupilIsJoinedOnlyByWhomTheSchoolNames) {
  Invitation invitation = open_invitation();
  invitation.is_protected = true;
  EXPECT_EQ(code_of(decide_join(invitation, mother(), kNow)), "org.only_school_admits");
  invitation.guardian = 9;
  EXPECT_EQ(code_of(decide_join(invitation, mother(), kNow)), "ok");
  // A code that one guardian made before the note does not get another one in after it.
  invitation.by = InvitedBy::guardian;
  EXPECT_EQ(code_of(decide_join(invitation, mother(), kNow)), "org.only_school_admits");
}

TEST(Invite, WhoeverIsNotNamedByTheCodeSaysWhoHeIs) {
  Invitation invitation = open_invitation();
  EXPECT_EQ(code_of(decide_join(invitation, {kBirthDay, "", ""}, kNow)), "org.who_are_you");
  EXPECT_EQ(code_of(decide_join(invitation, {kBirthDay, "王芳", "aunt"}, kNow)), "org.who_are_you");
  invitation.name = "李强";
  invitation.relation = "father";
  EXPECT_EQ(code_of(decide_join(invitation, {kBirthDay, "", ""}, kNow)), "ok");
}

TEST(Invite, BadInputIsToldBeforeTheBirthDayIsLookedAt) {
  const LocalDay other = kBirthDay.plus_days(1);
  EXPECT_EQ(code_of(decide_join(open_invitation(), {other, "", ""}, kNow)), "org.who_are_you");
}

TEST(Invite, AHintShowsTheFirstCharacterOnly) {
  EXPECT_EQ(name_hint("张三"), "张*");
  EXPECT_EQ(name_hint("欧阳娜娜"), "欧***");
  EXPECT_EQ(name_hint(""), "");
}

TEST(Invite, ASheetHasEightCardsAPage) {
  Sheet sheet;
  sheet.school = "示范小学";
  sheet.class_name = "三年级2班";
  sheet.expires = kBirthDay;
  for (int i = 0; i < 9; ++i) {
    sheet.cards.push_back({i, "学生", "ABCDEFGH", code_url("https://example.org", "ABCDEFGH")});
  }
  const auto nine = print_sheet(sheet);
  ASSERT_TRUE(nine.ok());
  EXPECT_NE(nine.value().find("/Count 2"), std::string::npos);
  sheet.cards.pop_back();
  const auto eight = print_sheet(sheet);
  EXPECT_NE(eight.value().find("/Count 1"), std::string::npos);
}

TEST(Invite, NobodysHostGetsOntoASlip) {
  EXPECT_EQ(loopback_url("127.0.0.1:8080", false), "http://127.0.0.1:8080");
  EXPECT_EQ(loopback_url("localhost", true), "https://localhost");
  EXPECT_EQ(loopback_url("[::1]:8080", false), "http://[::1]:8080");
  for (const char* forged :
       {"", "evil.example", "127.0.0.1.evil.example", "localhost:80@evil.example",
        "localhost:", "localhost:123456", "127.0.0.1:80/x", "127.0.0.1:8a"}) {
    EXPECT_EQ(loopback_url(forged, false), "http://127.0.0.1") << forged;
  }
}

}  // namespace
}  // namespace sj::org
