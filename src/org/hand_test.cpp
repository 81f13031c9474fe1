#include "org/hand.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "org/hand_store.h"
#include "org/officer.h"
#include "org/officer_store.h"
#include "org/role_store.h"
#include "org/test_district.h"

namespace sj::org {
namespace {

const LocalDay kToday = LocalDay::parse("2026-10-12").value();
constexpr std::int64_t kA = 1;
constexpr std::int64_t kB = 2;
constexpr std::int64_t kC = 3;
constexpr std::int64_t kD = 4;

Hand hand(std::int64_t by, std::int64_t person, Tie tie, std::int64_t days_ago = 0) {
  return {person, by, tie, kToday.plus_days(-days_ago)};
}

TEST(Hand, OnePersonIsOneHandAndStrangersAreTwo) {
  EXPECT_TRUE(same_hand({}, kA, kA, kToday));
  EXPECT_FALSE(same_hand({}, kA, kB, kToday));
}

TEST(Hand, CountsForThirtyDays) {
  for (const Tie tie : {Tie::key, Tie::place}) {
    for (const auto& [days, same] : {std::pair{0, true}, {29, true}, {30, true}, {31, false}}) {
      const std::vector<Hand> hands{hand(kA, kB, tie, days)};
      EXPECT_EQ(same_hand(hands, kA, kB, kToday), same) << days;
      EXPECT_EQ(same_hand(hands, kB, kA, kToday), same) << "either way round " << days;
      EXPECT_EQ(is_behind(hands, kA, kB, kToday), same) << days;
      EXPECT_FALSE(is_behind(hands, kB, kA, kToday)) << "whoever was made stands behind nobody";
    }
  }
}

TEST(Hand, ReachesThroughOthers) {
  std::vector<Hand> hands{hand(kA, kB, Tie::key), hand(kB, kC, Tie::place)};
  EXPECT_TRUE(same_hand(hands, kA, kC, kToday));
  EXPECT_TRUE(is_behind(hands, kA, kC, kToday));
  hands.front().on = kToday.plus_days(-31);
  EXPECT_FALSE(same_hand(hands, kA, kC, kToday)) << "one link is old";
}

TEST(Hand, WhoeverHoldsTheKeysOfBothSignsForBoth) {
  EXPECT_TRUE(
      same_hand(std::vector<Hand>{hand(kA, kB, Tie::key), hand(kA, kC, Tie::key)}, kB, kC, kToday));
  EXPECT_TRUE(same_hand(
      std::vector<Hand>{hand(kA, kB, Tie::key), hand(kA, kD, Tie::key), hand(kD, kC, Tie::key)}, kB,
      kC, kToday))
      << "through an account of his own making";
  EXPECT_FALSE(same_hand(std::vector<Hand>{hand(kA, kB, Tie::place), hand(kA, kC, Tie::place)}, kB,
                         kC, kToday))
      << "whoever gave both their roles can log in as neither";
  EXPECT_FALSE(same_hand(std::vector<Hand>{hand(kA, kB, Tie::key), hand(kA, kC, Tie::place)}, kB,
                         kC, kToday));
}

TEST(Hand, TheOperatorTiesNobody) {
  const std::vector<Hand> hands{hand(0, kB, Tie::key), hand(0, kC, Tie::key)};
  EXPECT_FALSE(same_hand(hands, kB, kC, kToday));
}

TEST(Hand, MergedRowsAreOnePersonForGood) {
  const std::vector<Hand> hands{hand(kA, kB, Tie::same, 4000), hand(kB, kC, Tie::key)};
  EXPECT_TRUE(same_hand(hands, kA, kB, kToday));
  EXPECT_TRUE(same_hand(hands, kA, kC, kToday)) << "what either row did, he did";
}

TEST(Hand, ARingEnds) {
  const std::vector<Hand> hands{hand(kA, kB, Tie::key), hand(kB, kA, Tie::key)};
  EXPECT_TRUE(same_hand(hands, kA, kB, kToday));
  EXPECT_FALSE(same_hand(hands, kA, kC, kToday));
}

OfficerAct asked() {
  OfficerAct act;
  act.deed = {"reset", kB};
  act.asked_by = kA;
  return act;
}

TEST(Officer, ADeedIsAskedForWithAReasonAndOnlyWhereItNeedsTwo) {
  EXPECT_EQ(code_of(decide_officer_ask("忘记密码", true)), "ok");
  EXPECT_EQ(code_of(decide_officer_ask("忘记密", true)), "org.bad_purpose");
  EXPECT_EQ(code_of(decide_officer_ask(std::string(201, 'x'), true)), "org.bad_purpose");
  EXPECT_EQ(code_of(decide_officer_ask("忘记密码", false)), "org.not_officer");
}

TEST(Officer, AThirdPersonApproves) {
  EXPECT_EQ(code_of(decide_officer_answer(asked(), {kA, false, true})), "org.own_request");
  EXPECT_EQ(code_of(decide_officer_answer(asked(), {kB, false, true})), "org.own_request");
  EXPECT_EQ(code_of(decide_officer_answer(asked(), {kC, true, true})), "org.same_hand");
  EXPECT_EQ(code_of(decide_officer_answer(asked(), {kC, true, false})), "ok");
  EXPECT_EQ(code_of(decide_officer_answer(asked(), {kC, false, true})), "ok");
  OfficerAct decided = asked();
  decided.decided_ms = 1;
  EXPECT_EQ(code_of(decide_officer_answer(decided, {kC, false, true})), "org.decided");
}

TEST(Officer, LeaveLastsADayAndIsUsedOnce) {
  OfficerAct act = asked();
  EXPECT_EQ(state_of(act, Instant(0)), "open");
  act.decided_ms = 1000;
  EXPECT_EQ(state_of(act, Instant(1000)), "refused");
  act.approved = true;
  EXPECT_EQ(state_of(act, Instant(1000 + kOfficerLeaveMs - 1)), "approved");
  EXPECT_EQ(state_of(act, Instant(1000 + kOfficerLeaveMs)), "ended");
  act.done_ms = 2000;
  EXPECT_EQ(state_of(act, Instant(3000)), "done");
}

class HandStore : public testing::TestWithParam<sql::Dialect> {
 protected:
  District d_{GetParam()};

  // What the trail says somebody did.
  void tell(std::int64_t by, const char* action, std::int64_t subject) {
    auth::Actor actor = District::clerk();
    actor.person = by;
    d_.db->begin_write().value();
    desk::Tx tx(*d_.db, d_.context, desk::Unit(actor));
    desk::Entry entry;
    entry.action = action;
    entry.subject_kind = "person";
    entry.subject = subject;
    entry.detail = "{}";
    tx.audit(District::kArea, entry).value();
    tx.check().value();
    d_.db->commit().value();
  }
  bool same(std::int64_t a, std::int64_t b) {
    d_.db->begin_read().value();
    const bool result = same_hand(*d_.db, District::kArea, a, b, d_.today()).value();
    d_.db->rollback();
    return result;
  }
};

TEST_P(HandStore, ReadsTheTrailOfPeopleAndOfTheirAccounts) {
  const std::int64_t school = d_.add_school("学校");
  std::int64_t people[6] = {};
  for (std::int64_t& person : people) person = d_.add_staff(school, "人");
  d_.run(
      "INSERT INTO org_account (area_id, id, kind, username, password_hash, must_change, "
      "person_id, failures, locked_until_ms, created_ms) VALUES (430103, 77, 'staff', 'b', '', "
      "0, " +
      std::to_string(people[1]) + ", 0, 0, 0)");
  EXPECT_FALSE(same(people[0], people[1]));
  tell(people[0], "org.person.changed", people[1]);
  tell(people[0], "org.teaching.added", people[1]);
  EXPECT_FALSE(same(people[0], people[1])) << "not everything makes somebody up";
  tell(people[0], "org.account.reset", 77);
  EXPECT_TRUE(same(people[0], people[1]));
  tell(people[1], "org.staff.imported", people[2]);
  EXPECT_TRUE(same(people[0], people[2])) << "through the account";
  const char* const acts[] = {"org.staff.created", "org.role.granted", "org.person.merged",
                              "org.account.created"};
  for (const char* const act : acts) {
    const std::int64_t fresh = d_.add_staff(school, "新人");
    EXPECT_FALSE(same(people[3], fresh));
    tell(people[3], act, fresh);
    EXPECT_TRUE(same(people[3], fresh)) << act;
  }
  d_.run(
      "INSERT INTO org_merge (area_id, id, kept_id, gone_id, reason, state, made_ms) VALUES "
      "(430103, 78, " +
      std::to_string(people[4]) + ", " + std::to_string(people[5]) + ", 'x', 'merged', 0)");
  EXPECT_TRUE(same(people[4], people[5]));
  d_.run("UPDATE org_merge SET state = 'undone' WHERE area_id = 430103 AND id = 78");
  EXPECT_FALSE(same(people[4], people[5]));
}

TEST_P(HandStore, AGuardianIsWhoHandedOutTheCode) {
  const std::int64_t school = d_.add_school("学校");
  const std::int64_t pupil = d_.add_pupil(school, d_.add_class(school, 3, 1), "孩子");
  const std::int64_t guardian = d_.add_guardian(pupil, "家长");
  const std::int64_t principal = d_.add_staff(school, "校长");
  d_.run(
      "INSERT INTO org_account (area_id, id, kind, username, password_hash, must_change, "
      "person_id, failures, locked_until_ms, created_ms) VALUES (430103, 77, 'staff', 'b', '', "
      "0, " +
      std::to_string(principal) + ", 0, 0, 0)");
  d_.add_link(88, pupil, guardian);
  const auto same = [&](LocalDay on) {
    d_.db->begin_read().value();
    const bool result =
        same_hand_as_guardian(*d_.db, District::kArea, pupil, guardian, principal, on).value();
    d_.db->rollback();
    return result;
  };
  EXPECT_FALSE(same(d_.today()));
  d_.seal(pupil, "id_number", id_number("20170301", 1));  // some bytes for the code
  d_.run(
      "INSERT INTO org_invitation (area_id, id, code_hash, pupil_id, made_by, made_by_account, "
      "made_ms, expires_ms, redeemed_ms, redeemed_account) SELECT area_id, 99, blind, "
      "person_id, 'school', 77, 0, 0, " +
      std::to_string(d_.clock.now().utc_ms()) +
      ", 88 FROM org_sealed WHERE person_id = " + std::to_string(pupil));
  EXPECT_TRUE(same(d_.today()));
  EXPECT_TRUE(same(d_.today().plus_days(30)));
  EXPECT_FALSE(same(d_.today().plus_days(31)));
}

TEST_P(HandStore, LeaveIsForOneDeedOfOneAskerOnce) {
  const std::int64_t office = d_.add_staff(d_.add_school("局"), "数据负责人");
  GrantCommand grant;
  grant.person = office;
  grant.role = "data_officer";
  grant.place = {auth::PlaceKind::area, 0};
  grant.from = d_.today();
  const auto granted = d_.tell([&](desk::Tx& tx) -> Result<void> {
    SJ_TRY(insert_role(tx, District::kArea, tx.new_id(), grant));
    desk::Entry entry;
    entry.action = "org.role.granted";
    entry.detail = "{}";
    return tx.audit(District::kArea, entry);
  });
  ASSERT_EQ(code_of(granted), "ok");
  const auto use = [&](const OfficerDeed& deed) {
    return code_of(d_.tell([&](desk::Tx& tx) -> Result<void> {
      SJ_TRY(use_officer_leave(tx, District::kArea, deed));
      desk::Entry entry;
      entry.action = "org.account.reset";
      entry.subject = deed.person;
      entry.detail = "{}";
      return tx.audit(District::kArea, entry);
    }));
  };
  const auto approve = [&](std::int64_t asker, std::int64_t ago) {
    OfficerAct act;
    act.deed = {"reset", office};
    act.asked_by = asker;
    act.reason = "忘记密码";
    const auto written = d_.tell([&](desk::Tx& tx) -> Result<void> {
      act.id = tx.new_id();
      SJ_TRY(insert_officer_act(tx, District::kArea, act));
      SJ_TRY(update_officer_answer(tx, District::kArea, act.id, true));
      desk::Entry entry;
      entry.action = "org.officer.approved";
      entry.detail = "{}";
      return tx.audit(District::kArea, entry);
    });
    ASSERT_EQ(code_of(written), "ok");
    d_.run("UPDATE org_officer_act SET decided_ms = decided_ms - " + std::to_string(ago) +
           " WHERE area_id = 430103 AND id = " + std::to_string(act.id));
  };
  const std::int64_t me = District::clerk().person;
  EXPECT_EQ(use({"reset", office}), "org.second_officer");
  EXPECT_EQ(use({"grant", me + 1000, "auditor", 0}), "org.second_officer") << "makes an officer";
  EXPECT_EQ(use({"grant", me + 1000, "data_officer", 5}), "ok") << "of a school";
  EXPECT_EQ(use({"merge", me + 1000, "", office}), "org.second_officer");
  approve(me + 1, 0);
  EXPECT_EQ(use({"reset", office}), "org.second_officer") << "somebody else's leave";
  approve(me, kOfficerLeaveMs);
  EXPECT_EQ(use({"reset", office}), "org.second_officer") << "a day old";
  approve(me, 0);
  EXPECT_EQ(use({"disable", office}), "org.second_officer") << "another deed";
  EXPECT_EQ(use({"reset", office}), "ok");
  EXPECT_EQ(use({"reset", office}), "org.second_officer") << "used";
}

INSTANTIATE_TEST_SUITE_P(On,
                         HandStore,
                         testing::Values(sql::Dialect::sqlite, sql::Dialect::postgres),
                         [](const auto& engine) {
                           return engine.param == sql::Dialect::sqlite ? "sqlite" : "postgres";
                         });

}  // namespace
}  // namespace sj::org
