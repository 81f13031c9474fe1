#include "org/role.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "org/account.h"
#include "org/words.h"

namespace sj::org {
namespace {

const LocalDay kToday = LocalDay::parse("2026-10-12").value();

std::string code_of(const Result<void>& result) {
  return result.ok() ? "ok" : result.error().code;
}

GrantCommand grant(const char* role, auth::PlaceKind kind) {
  GrantCommand command;
  command.person = 7;
  command.role = role;
  command.place = {kind, kind == auth::PlaceKind::area ? 0 : 3};
  command.from = kToday;
  return command;
}

GrantState as_role(const char* role) {
  GrantState state;
  state.giver = rights_of(*find_role(role));
  state.giver_arranges_area = std::string_view(role) == "admin";
  state.giver_person = 1;
  return state;
}

using auth::PlaceKind;

TEST(Role, AreSpeltOneWay) {
  std::vector<std::string_view> names;
  for (const Role& role : roles()) {
    if (std::find(names.begin(), names.end(), role.name) == names.end()) names.push_back(role.name);
  }
  EXPECT_EQ(names, std::vector<std::string_view>(kRoleNames.begin(), kRoleNames.end()));
}

TEST(Role, NobodyGivesMoreThanHeHas) {
  struct Case {
    const char* giver;
    const char* role;
    PlaceKind kind;
    const char* code;
  };
  const Case cases[] = {
      {"admin", "office", PlaceKind::area, "ok"},
      {"admin", "data_officer", PlaceKind::area, "ok"},
      {"admin", "principal", PlaceKind::school, "ok"},
      {"principal", "clerk", PlaceKind::school, "ok"},
      {"principal", "data_officer", PlaceKind::school, "ok"},
      {"principal", "admin", PlaceKind::area, "org.above_own_rights"},
      {"principal", "office", PlaceKind::area, "org.above_own_rights"},
      {"clerk", "principal", PlaceKind::school, "org.above_own_rights"},
      {"admin", "teacher", PlaceKind::class_, "org.unknown_role"},
      {"admin", "guardian", PlaceKind::pupil, "org.unknown_role"},
      {"admin", "emperor", PlaceKind::area, "org.unknown_role"},
      {"admin", "clerk", PlaceKind::area, "org.bad_role_place"},
      {"admin", "auditor", PlaceKind::school, "org.bad_role_place"},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(code_of(decide_grant(as_role(one.giver), grant(one.role, one.kind), kToday)),
              one.code)
        << one.giver << " gives " << one.role;
  }
}

TEST(Role, NobodyGivesHimselfARole) {
  GrantState state = as_role("admin");
  state.giver_person = 7;
  EXPECT_EQ(code_of(decide_grant(state, grant("auditor", PlaceKind::area), kToday)),
            "org.own_role");
}

TEST(Role, ThreeOfficesStayApart) {
  GrantState state = as_role("admin");
  state.held = {"admin"};
  EXPECT_EQ(code_of(decide_grant(state, grant("auditor", PlaceKind::area), kToday)),
            "org.incompatible_roles");
  EXPECT_EQ(code_of(decide_grant(state, grant("office", PlaceKind::area), kToday)), "ok");
  EXPECT_EQ(code_of(decide_grant(state, grant("admin", PlaceKind::area), kToday)), "ok");
}

TEST(Role, APeriodEndsAfterItBeginsAndAfterToday) {
  GrantCommand command = grant("clerk", PlaceKind::school);
  command.until = kToday;
  EXPECT_EQ(code_of(decide_grant(as_role("admin"), command, kToday)), "org.bad_period");
  command.until = kToday.plus_days(1);
  EXPECT_EQ(code_of(decide_grant(as_role("admin"), command, kToday)), "ok");
  command.from = kToday.plus_days(-10);
  command.until = kToday.plus_days(-5);
  EXPECT_EQ(code_of(decide_grant(as_role("admin"), command, kToday)), "org.bad_period");
}

TEST(Role, OnlyStaffGetRoles) {
  GrantState state = as_role("admin");
  state.is_staff = false;
  EXPECT_EQ(code_of(decide_grant(state, grant("clerk", PlaceKind::school), kToday)),
            "org.not_staff");
}

TEST(Account, WhoeverCouldNotGiveTheRolesCannotTakeThePassword) {
  EXPECT_EQ(code_of(decide_account({})), "ok");
  EXPECT_EQ(code_of(decide_account({.owner_within_reach = false})), "org.above_own_rights");
  EXPECT_EQ(code_of(decide_account({.giver_arranges_area = true, .owner_within_reach = false})),
            "ok");
  EXPECT_EQ(code_of(decide_account({.is_own = true})), "org.own_account");
  EXPECT_EQ(code_of(decide_account({.is_staff = false})), "org.not_staff");
}

TEST(Account, UserNamesAreSmallAndPlain) {
  EXPECT_EQ(normalise_username("  Zhang.San_01 ").value(), "zhang.san_01");
  for (const char* bad :
       {"ab", "-abc", "张三丰", "a b c", "", ".abc", "a234567890123456789012345678901234567890b"}) {
    EXPECT_FALSE(normalise_username(bad).ok()) << bad;
  }
}

TEST(Account, AFirstPasswordIsReadAloudInGroups) {
  SeededEntropy entropy("x");
  const std::string password = make_first_password(entropy);
  ASSERT_EQ(password.size(), 14U);
  EXPECT_EQ(password[4], '-');
  EXPECT_EQ(password[9], '-');
  EXPECT_NE(password, make_first_password(entropy));
}

}  // namespace
}  // namespace sj::org
