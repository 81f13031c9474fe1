#include "org/data_grant.h"

#include <gtest/gtest.h>

#include "org/audit.h"
#include "org/family.h"
#include "org/rights.h"

namespace sj::org {
namespace {

std::string code_of(const Result<void>& result) {
  return result.ok() ? "ok" : result.error().code;
}

AskCommand ask() {
  AskCommand command;
  command.purpose = "办理学籍异动";
  command.fields = {"id_number"};
  command.place = {auth::PlaceKind::school, 3};
  command.hours = 24;
  return command;
}

DataGrant approved() {
  DataGrant grant;
  grant.id = 1;
  grant.person = 7;
  grant.purpose = "办理学籍异动";
  grant.fields = {"id_number", "phone"};
  grant.place = {auth::PlaceKind::class_, 4};
  grant.from = Instant(1'000);
  grant.until = Instant(2'000);
  grant.decided_ms = 1'000;
  grant.approved = true;
  return grant;
}

Look look_at(const char* field) {
  Look look;
  look.field = field;
  look.targets = {{.area = 1, .school = 3, .class_id = 4, .pupil = 5}};
  return look;
}

TEST(DataGrant, WhatMayBeAskedFor) {
  EXPECT_EQ(code_of(decide_ask(ask())), "ok");
  AskCommand command = ask();
  command.purpose = " 看看 ";
  EXPECT_EQ(code_of(decide_ask(command)), "org.bad_purpose");
  command = ask();
  command.fields = {"id_number", "id_number"};
  EXPECT_EQ(code_of(decide_ask(command)), "org.bad_fields");
  command.fields = {"name"};
  EXPECT_EQ(code_of(decide_ask(command)), "org.bad_fields");
  command.fields = {};
  EXPECT_EQ(code_of(decide_ask(command)), "org.bad_fields");
  command = ask();
  command.hours = 721;
  EXPECT_EQ(code_of(decide_ask(command)), "org.bad_hours");
  command.hours = 0;
  EXPECT_EQ(code_of(decide_ask(command)), "org.bad_hours");
  command = ask();
  command.place.kind = auth::PlaceKind::street;
  EXPECT_EQ(code_of(decide_ask(command)), "org.bad_grant_place");
}

TEST(DataGrant, NobodyDecidesWhatHeAskedFor) {
  DataGrant grant = approved();
  grant.decided_ms.reset();
  EXPECT_EQ(code_of(decide_answer(grant, {7, false, true})), "org.own_request");
  EXPECT_EQ(code_of(decide_answer(grant, {7, false, false})), "org.own_request");
  EXPECT_EQ(code_of(decide_answer(grant, {8, false, true})), "ok");
  EXPECT_EQ(code_of(decide_answer(grant, {8, true, true})), "org.same_hand");
  EXPECT_EQ(code_of(decide_answer(grant, {8, true, false})), "ok") << "to refuse takes one person";
  EXPECT_EQ(code_of(decide_answer(approved(), {8, false, true})), "org.decided");
}

TEST(DataGrant, ALookNeedsFieldPlaceTimeAndApproval) {
  const std::vector<DataGrant> grants = {approved()};
  EXPECT_NE(find_grant(grants, look_at("phone"), Instant(1'000)), nullptr);
  EXPECT_NE(find_grant(grants, look_at("phone"), Instant(1'999)), nullptr);
  EXPECT_EQ(find_grant(grants, look_at("phone"), Instant(999)), nullptr);
  EXPECT_EQ(find_grant(grants, look_at("phone"), Instant(2'000)), nullptr);
  EXPECT_EQ(find_grant(grants, look_at("health"), Instant(1'500)), nullptr);
  Look elsewhere = look_at("phone");
  elsewhere.targets[0].class_id = 6;
  EXPECT_EQ(find_grant(grants, elsewhere, Instant(1'500)), nullptr);
  Look other_purpose = look_at("phone");
  other_purpose.purpose = "联系家长";
  EXPECT_EQ(find_grant(grants, other_purpose, Instant(1'500)), nullptr);
  std::vector<DataGrant> refused = grants;
  refused[0].approved = false;
  EXPECT_EQ(find_grant(refused, look_at("phone"), Instant(1'500)), nullptr);
}

TEST(DataGrant, AMaskShowsTheEnds) {
  EXPECT_EQ(mask("430103201603081234"), "43**************34");
  EXPECT_EQ(mask("1234567"), "*******");
}

TEST(Request, AFamilyAsksInAFewWords) {
  EXPECT_EQ(code_of(decide_request({RequestKind::correction, "名字错了", "name"}, 0)), "ok");
  EXPECT_EQ(code_of(decide_request({RequestKind::correction, " 错 ", "name"}, 0)),
            "org.bad_request_text");
  EXPECT_EQ(code_of(decide_request({RequestKind::erasure, "已转学，请删除", ""}, 5)),
            "org.too_many_requests");
}

TEST(Request, ARecordIsKeptWhileThePupilIsAtSchool) {
  const RequestAnswer yes{true, ""};
  const RequestAnswer no{false, "依法保存"};
  EXPECT_EQ(code_of(decide_request_answer({RequestKind::erasure, false, true}, yes)),
            "org.erasure_at_school");
  EXPECT_EQ(code_of(decide_request_answer({RequestKind::erasure, false, true}, no)), "ok");
  EXPECT_EQ(code_of(decide_request_answer({RequestKind::erasure, false, false}, yes)), "ok");
  EXPECT_EQ(code_of(decide_request_answer({RequestKind::correction, false, true}, yes)), "ok");
  EXPECT_EQ(code_of(decide_request_answer({RequestKind::correction, true, true}, yes)),
            "org.decided");
  EXPECT_EQ(code_of(decide_request_answer({RequestKind::correction, false, true}, {false, " "})),
            "org.answer_needed");
}

TEST(Request, AGuardianSeesHisChildAndNothingElse) {
  const auth::Scope scope = scope_of({1, 5, 9});
  EXPECT_TRUE(scope.covers({.area = 1, .school = 3, .class_id = 4, .pupil = 5}));
  EXPECT_FALSE(scope.covers({.area = 1, .school = 3, .class_id = 4, .pupil = 6}));
  EXPECT_FALSE(scope.covers({.area = 2, .school = 3, .class_id = 4, .pupil = 5}));
  EXPECT_FALSE(scope.everywhere());
}

TrailLine line() {
  TrailLine made;
  made.school = 3;
  made.actor_kind = "guardian";
  made.actor_name = "王芳";
  made.action = "org.pupil.moved";
  made.subject_kind = "pupil";
  made.subject_name = "张三";
  made.personal = "sealed";
  return made;
}

auth::Access access_of(const char* role, auth::Place place) {
  return auth::Access(1, {{rights_of(*find_role(role)), place, role, 1}});
}

TEST(Audit, AnAuditorReadsTheTrailWithoutNamesOfFamilies) {
  const auth::Access auditor = access_of("auditor", {auth::PlaceKind::area, 0});
  TrailLine pupil = line();
  hide_names(pupil, auditor);
  EXPECT_EQ(pupil.actor_name, "");
  EXPECT_EQ(pupil.subject_name, "");
  EXPECT_EQ(pupil.personal, "");
  TrailLine role = line();
  role.actor_kind = "staff";
  role.action = "org.role.granted";
  role.subject_kind = "person";
  hide_names(role, auditor);
  EXPECT_EQ(role.actor_name, "王芳");
  EXPECT_EQ(role.subject_name, "张三");
}

TEST(Audit, AClerkReadsNamesOfHisOwnSchoolOnly) {
  const auth::Access clerk = access_of("clerk", {auth::PlaceKind::school, 3});
  TrailLine own = line();
  hide_names(own, clerk);
  EXPECT_EQ(own.subject_name, "张三");
  EXPECT_EQ(own.personal, "sealed");
  TrailLine other = line();
  other.school = 4;
  hide_names(other, clerk);
  EXPECT_EQ(other.subject_name, "");
}

}  // namespace
}  // namespace sj::org
