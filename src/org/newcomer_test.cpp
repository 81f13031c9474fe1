// Who waits, whom the school should look at twice, and who may decide.
#include "org/newcomer.h"

#include <gtest/gtest.h>

#include "org/family.h"

namespace sj::org {
namespace {

std::string code_of(const Result<void>& result) {
  return result.ok() ? "" : result.error().code;
}

TEST(Newcomer, ChildrenWhoShareAGuardianAreOneFamily) {
  EXPECT_EQ(count_unrelated({}), 0U);
  EXPECT_EQ(count_unrelated({{1, 0}, {2, 0}, {3, 0}}), 3U);
  EXPECT_EQ(count_unrelated({{1, 10}, {2, 10}, {3, 0}}), 2U);
  // By way of a child in between, in whatever order they come.
  EXPECT_EQ(count_unrelated({{1, 10}, {3, 11}, {2, 10}, {2, 11}}), 1U);
  EXPECT_EQ(count_unrelated({{1, 10}, {1, 11}}), 1U);
}

TEST(Newcomer, AGrandmotherHasThreeAndAThiefAClass) {
  EXPECT_EQ(decide_odd({}), "");
  EXPECT_EQ(decide_odd({.of_account = 3, .of_browser = 3, .of_device = 3}), "");
  EXPECT_EQ(decide_odd({.of_account = 4, .of_browser = 4}), "one_account");
  EXPECT_EQ(decide_odd({.of_account = 1, .of_browser = 4}), "one_browser");
  EXPECT_EQ(decide_odd({.of_browser = 1, .of_device = 4}), "one_browser");
  EXPECT_EQ(decide_odd({.from_makers_browser = true}), "maker_browser");
}

TEST(Newcomer, SeesAndLeavesUntilTheSchoolHasConfirmedHim) {
  const Ward waiting{};
  const Ward confirmed{.confirmed = true};
  const struct {
    FamilyDeed deed;
    const char* while_waiting;
  } deeds[] = {{FamilyDeed::see, ""},
               {FamilyDeed::copy, ""},
               {FamilyDeed::leave, ""},
               {FamilyDeed::ask, "org.newcomer_waits"},
               {FamilyDeed::invite, "org.newcomer_waits"}};
  for (const auto& one : deeds) {
    EXPECT_EQ(code_of(decide_family_deed(waiting, one.deed)), one.while_waiting);
    EXPECT_EQ(code_of(decide_family_deed(confirmed, one.deed)), "");
  }
}

TEST(Newcomer, WhoeverMadeTheCodeDoesNotConfirm) {
  const NewcomerState own{.confirmed = false, .made_by_decider = true};
  EXPECT_EQ(code_of(decide_newcomer(own, Verdict::confirmed)), "org.own_code");
  EXPECT_EQ(code_of(decide_newcomer(own, Verdict::rejected)), "");
  const NewcomerState hand{.confirmed = false, .is_same_hand = true};
  EXPECT_EQ(code_of(decide_newcomer(hand, Verdict::confirmed)), "org.same_hand");
  EXPECT_EQ(code_of(decide_newcomer(hand, Verdict::rejected)), "");
  const NewcomerState waiting{};
  EXPECT_EQ(code_of(decide_newcomer(waiting, Verdict::confirmed)), "");
  EXPECT_EQ(code_of(decide_newcomer(waiting, Verdict::waiting)), "org.decided");
  const NewcomerState confirmed{.confirmed = true};
  EXPECT_EQ(code_of(decide_newcomer(confirmed, Verdict::confirmed)), "org.decided");
  EXPECT_EQ(code_of(decide_newcomer(confirmed, Verdict::waiting)), "");
  EXPECT_EQ(code_of(decide_newcomer(confirmed, Verdict::rejected)), "");
}

}  // namespace
}  // namespace sj::org
