#include "org/staff.h"

#include <gtest/gtest.h>

namespace sj::org {
namespace {

const LocalDay kToday = LocalDay::parse("2026-10-12").value();

LocalDay day(const char* iso) {
  return LocalDay::parse(iso).value();
}

StaffPost a_post() {
  StaffPost post;
  post.post = "teacher";
  post.staff_no = "T07";
  post.from = day("2024-09-01");
  return post;
}

std::string code_of(const Result<StaffPost>& result) {
  return result.ok() ? "ok" : result.error().code;
}

TEST(Staff, ChangesWhatIsSentAndNothingElse) {
  StaffChange change;
  change.post = "counsellor";
  const auto next = decide_staff_change(a_post(), change, kToday);
  ASSERT_TRUE(next.ok());
  EXPECT_EQ("counsellor", next.value().post);
  EXPECT_EQ("T07", next.value().staff_no);
  EXPECT_EQ(std::nullopt, next.value().until);
  change.post = "wizard";
  EXPECT_EQ("org.bad_post", code_of(decide_staff_change(a_post(), change, kToday)));
}

TEST(Staff, EndsOnADayThatCanBe) {
  StaffChange change;
  change.until = day("2024-08-31");
  EXPECT_EQ("org.bad_staff_day", code_of(decide_staff_change(a_post(), change, kToday)));
  change.until = day("2027-10-14");
  EXPECT_EQ("org.bad_staff_day", code_of(decide_staff_change(a_post(), change, kToday)));
  change.until = day("2027-10-13");
  EXPECT_EQ("ok", code_of(decide_staff_change(a_post(), change, kToday)));
  StaffPost over = a_post();
  over.until = kToday;
  EXPECT_EQ("org.staff_ended", code_of(decide_staff_change(over, change, kToday)));
  over.until = day("2026-10-13");
  EXPECT_EQ("ok", code_of(decide_staff_change(over, change, kToday)));
}

TEST(Staff, EndsAfterItsRoles) {
  StaffChange change;
  change.until = day("2026-11-01");
  StaffPost post = a_post();
  post.roles = 1;
  EXPECT_EQ("org.staff_has_roles", code_of(decide_staff_change(post, change, kToday)));
  post.roles_until = day("2026-11-02");
  EXPECT_EQ("org.staff_has_roles", code_of(decide_staff_change(post, change, kToday)));
  post.roles_until = day("2026-11-01");
  EXPECT_EQ("ok", code_of(decide_staff_change(post, change, kToday)));
  change.until.reset();
  post.roles_until.reset();
  EXPECT_EQ("ok", code_of(decide_staff_change(post, change, kToday)));
}

}  // namespace
}  // namespace sj::org
