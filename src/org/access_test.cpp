// What the stores of sessions, invitations, roles and private data do on both engines.
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "kernel/auth/secret.h"
#include "kernel/desk/audit.h"
#include "kernel/desk/desk.h"
#include "kernel/sql/fresh_store.h"
#include "kernel/time/zone.h"

#include "org/audit.h"
#include "org/data_grant_store.h"
#include "org/family_store.h"
#include "org/guess_store.h"
#include "org/invite_store.h"
#include "org/merge.h"
#include "org/retention.h"
#include "org/rights.h"
#include "org/role_store.h"
#include "org/session_store.h"
#include "org/target_store.h"

namespace sj::org {
namespace {

using auth::PlaceKind;
using sql::Dialect;

constexpr std::int64_t kArea = 1;
// As large as ids of the product are, so that no engine takes them for small integers.
constexpr std::int64_t kLarge = 900'000'000'000'000'000;
constexpr std::int64_t kMum = kLarge + 500;
const LocalDay kToday = LocalDay::parse("2026-10-12").value();

// Two schools in two streets with a class each; a pupil in each class; a teacher, a clerk and an
// officer of the street as staff.
const char* const kDistrict = R"(
INSERT INTO org_area VALUES (1, '430103', '示范区');
INSERT INTO org_street VALUES (1, 5, 's', '东街');
INSERT INTO org_street VALUES (1, 6, 't', '西街');
INSERT INTO org_school VALUES
  (1, 10, '', '东小学', '东小学', 'public', 'primary', 6, 5, 0, '2000-09-01', NULL);
INSERT INTO org_school VALUES
  (1, 20, '', '西小学', '西小学', 'public', 'primary', 6, 6, 0, '2000-09-01', NULL);
INSERT INTO org_class VALUES (1, 11, 10, 'primary', 2024, 1, '', '2024-09-01', NULL);
INSERT INTO org_class VALUES (1, 21, 20, 'primary', 2024, 1, '', '2024-09-01', NULL);
INSERT INTO org_person VALUES (1, 100, '张三', 'zhang san', 1, '2016-03-08', '01', 0, NULL, NULL);
INSERT INTO org_person VALUES (1, 200, '李四', 'li si', 2, '2016-04-09', '01', 0, NULL, NULL);
INSERT INTO org_person VALUES (1, 300, '陈老师', 'chen', 2, NULL, '', 0, NULL, NULL);
INSERT INTO org_person VALUES (1, 301, '周干事', 'zhou', 2, NULL, '', 0, NULL, NULL);
INSERT INTO org_pupil VALUES (1, 100, '1', 0);
INSERT INTO org_pupil VALUES (1, 200, '1', 0);
INSERT INTO org_membership VALUES (1, 110, 100, 10, 11, '2024-09-01', NULL, NULL);
INSERT INTO org_membership VALUES (1, 210, 200, 20, 21, '2024-09-01', NULL, NULL);
INSERT INTO org_staff VALUES (1, 310, 300, 10, 'teacher', '', '2020-09-01', NULL);
INSERT INTO org_staff VALUES (1, 311, 301, 10, 'clerk', '', '2020-09-01', NULL);
INSERT INTO org_teaching VALUES (1, 320, 300, 11, 'homeroom', '', '2024-09-01', NULL);
INSERT INTO org_account VALUES (1, 400, 'staff', 'chen', 'x', 0, 300, 0, 0, 0, NULL, '');
INSERT INTO org_account VALUES (1, 401, 'staff', 'zhou', 'x', 0, 301, 0, 0, 0, NULL, '');
)";

const sql::Statement kEndMembership{
    "UPDATE org_membership SET until_day = $3, ended = 'left' WHERE area_id = $1 AND "
    "person_id = $2"};
const sql::Statement kDisable{
    "UPDATE org_account SET disabled_ms = 1 WHERE area_id = $1 AND id = $2"};
const sql::Statement kMustChange{
    "UPDATE org_account SET must_change = 1 WHERE area_id = $1 AND id = $2"};
const sql::Statement kName{"SELECT name FROM org_person WHERE area_id = $1 AND id = $2"};
const sql::Statement kSessions{"SELECT count(*) FROM org_session WHERE area_id = $1"};
const sql::Statement kNamed{
    "SELECT (SELECT count(*) FROM org_person WHERE area_id = $1 AND name LIKE $2) + "
    "(SELECT count(*) FROM org_data_grant WHERE area_id = $1 AND purpose LIKE $2) + "
    "(SELECT count(*) FROM org_request WHERE area_id = $1 AND answer LIKE $2) + "
    "(SELECT count(*) FROM org_merge WHERE area_id = $1 AND reason LIKE $2)"};
const sql::Statement kSealed{
    "INSERT INTO org_sealed (area_id, person_id, field, sealed) VALUES ($1, $2, $3, $4)"};

auth::Scope scope_at(Permission permission, const char* role, auth::Place place) {
  return auth::Access(kArea, {{rights_of(*find_role(role)), place, role, 1}}).scope(permission);
}

class OrgStore : public testing::TestWithParam<Dialect> {
 protected:
  void SetUp() override {
    if (!sql::FreshStore::available(GetParam())) GTEST_SKIP() << "SJ_TEST_PG is not set";
    store_ = std::make_unique<sql::FreshStore>(GetParam());
    auto connection = store_->connect();
    static_cast<void>(sql::migrate(*connection, sql::migrations()).value());
    connection->script(kDistrict).value();
    desk_ = std::make_unique<desk::Desk>(std::move(connection), context_);
    reader_ = store_->connect(sql::Mode::read);
  }

  /// Does a unit of work with an entry, so that it may be stored.
  std::string write(const desk::Work& work, std::int64_t account = 401, std::int64_t person = 301) {
    const auth::Actor actor{auth::ActorKind::staff, kArea, account, person, 1};
    const auto done = desk_->run(actor, [&](desk::Tx& tx) -> Result<void> {
      SJ_TRY(work(tx));
      desk::Entry entry;
      entry.action = "org.test.done";
      entry.subject_kind = "pupil";
      entry.subject = 100;
      entry.school = 10;
      return tx.audit(kArea, entry);
    });
    return done.ok() ? "ok" : done.error().code + ": " + done.error().detail;
  }
  std::string change(const sql::Statement& statement, std::vector<sql::Bind> binds) {
    return write([&](desk::Tx& tx) -> Result<void> {
      static_cast<void>(SJ_TRY(tx.run(statement, binds)));
      return {};
    });
  }

  sql::Reader& store() { return *reader_; }
  auth::Vault& vault() { return vault_; }
  TestClock& clock() { return clock_; }

  std::string open_session(std::int64_t account, AccountKind kind) {
    NewSession session{kArea, kLarge + ++sessions_, account, kind, std::string(43, 'a'), "csrf",
                       "test"};
    session.secret.back() = static_cast<char>('a' + sessions_);
    EXPECT_EQ(write([&](desk::Tx& tx) { return insert_session(tx, session, tx.now()); }), "ok");
    return spell_token({kArea, session.secret});
  }
  bool is_open(const std::string& token) {
    return find_session(store(), token, clock_.now()).value().has_value();
  }

  /// An invitation of the school for pupil 100, and its code.
  std::string invite(std::int64_t id) {
    NewInvitation invitation;
    invitation.area = kArea;
    invitation.id = id;
    invitation.code = "CODE" + std::to_string(id);
    invitation.pupil = 100;
    invitation.expires = Instant(clock_.now().utc_ms() + 1'000'000);
    EXPECT_EQ(write([&](desk::Tx& tx) { return insert_invitation(tx, invitation); }), "ok");
    return invitation.code;
  }
  Invitation found(const std::string& code) {
    return find_invitation(store(), vault_, kArea, code, kToday).value().value();
  }
  std::string join(const std::string& code, std::int64_t account, bool is_new = true) {
    const Invitation invitation = found(code);
    const Joiner joiner{kArea, account, is_new, "王芳", "mother"};
    return write([&](desk::Tx& tx) -> Result<void> {
      const auto joined = SJ_TRY(insert_joiner(tx, invitation, joiner));
      guardian_ = joined.guardian;
      return {};
    });
  }
  std::int64_t guardian() const { return guardian_; }
  Ward ward() const { return {kArea, 100, guardian_, true}; }

 private:
  TestClock clock_{parse_instant("2026-10-12T08:00:00+08:00").value()};
  SequentialIds ids_{kLarge + 10'000};
  SeededEntropy entropy_{"org"};
  auth::Vault vault_{std::string(auth::Vault::kMasterBytes, 'm'), entropy_};
  desk::Context context_{clock_, ids_, entropy_, vault_};
  std::unique_ptr<sql::FreshStore> store_;
  std::unique_ptr<desk::Desk> desk_;
  std::unique_ptr<sql::Connection> reader_;
  std::int64_t sessions_ = 0;
  std::int64_t guardian_ = 0;
};

INSTANTIATE_TEST_SUITE_P(On,
                         OrgStore,
                         testing::Values(Dialect::sqlite, Dialect::postgres),
                         [](const auto& engine) {
                           return engine.param == Dialect::sqlite ? "sqlite" : "postgres";
                         });

TEST_P(OrgStore, RolesHoldFromADayUntilADayOrUntilRevoked) {
  const auto give = [&](std::int64_t id, const char* role, auth::Place place, int from, int until) {
    GrantCommand command;
    command.person = 301;
    command.role = role;
    command.place = place;
    command.from = kToday.plus_days(from);
    command.until = kToday.plus_days(until);
    EXPECT_EQ(write([&](desk::Tx& tx) { return insert_role(tx, kArea, id, command); }), "ok");
  };
  give(1, "clerk", {PlaceKind::school, 10}, -1, 1);
  give(2, "clerk", {PlaceKind::school, 20}, -2, 0);  // ended yesterday
  give(3, "auditor", {PlaceKind::area, 0}, 1, 9);    // begins tomorrow
  const auto access = load_access(store(), kArea, 301, kToday).value();
  EXPECT_TRUE(access.allows(kPupilRead, {.area = kArea, .school = 10}));
  EXPECT_FALSE(access.allows(kPupilRead, {.area = kArea, .school = 20}));
  EXPECT_FALSE(access.has(kRequestDecide));
  EXPECT_FALSE(access.scope(kAuditRead).everywhere());
  EXPECT_EQ(access.why(kPupilRead, {.area = kArea, .school = 10})->source, 1);

  EXPECT_EQ(write([&](desk::Tx& tx) { return revoke_role(tx, kArea, 1); }), "ok");
  EXPECT_FALSE(load_access(store(), kArea, 301, kToday).value().has(kPupilRead));
  EXPECT_EQ(write([&](desk::Tx& tx) { return revoke_role(tx, kArea, 1); }).substr(0, 16),
            "org.role_revoked");
}

TEST_P(OrgStore, AStreetIsItsSchoolsAndATeacherHasHisClass) {
  GrantCommand command;
  command.person = 301;
  command.role = "street_office";
  command.place = {PlaceKind::street, 5};
  command.from = kToday;
  EXPECT_EQ(write([&](desk::Tx& tx) { return insert_role(tx, kArea, 1, command); }), "ok");
  const auto officer = load_access(store(), kArea, 301, kToday).value();
  EXPECT_EQ(officer.scope(kSchoolRead).schools(), std::vector<std::int64_t>{10});
  EXPECT_FALSE(officer.has(kPupilRead));

  const auto teacher = load_access(store(), kArea, 300, kToday).value();
  EXPECT_EQ(teacher.scope(kPupilRead).classes(), std::vector<std::int64_t>{11});
  EXPECT_TRUE(teacher.scope(kPupilRead).schools().empty());
  EXPECT_EQ(teacher.scope(kSchoolRead).schools(), std::vector<std::int64_t>{10});
  EXPECT_EQ(find_origin(store(), kArea, teacher.grants().front()).value()->since,
            LocalDay::parse("2024-09-01").value());
}

TEST_P(OrgStore, SessionsEndWhenUnusedRevokedOrTheirAccountIsClosed) {
  const std::string token = open_session(400, AccountKind::staff);
  const auto session = find_session(store(), token, clock().now()).value();
  ASSERT_TRUE(session.has_value());
  EXPECT_EQ(session->session.actor.person, 300);
  EXPECT_EQ(session->session.csrf, "csrf");
  EXPECT_TRUE(session->session.access.has(kPupilRead));
  EXPECT_FALSE(is_open(token + "x"));
  EXPECT_FALSE(is_open("2" + token.substr(1)));  // another district's

  // A use that is written down keeps it open.
  clock().advance_ms(11 * 3'600'000);
  const SessionsSeen::Use use{kArea, session->session.actor.session, AccountKind::staff,
                              clock().now()};
  EXPECT_EQ(write([&](desk::Tx& tx) { return update_seen(tx, {use}); }), "ok");
  clock().advance_ms(11 * 3'600'000);
  EXPECT_TRUE(is_open(token));
  clock().advance_ms(3'600'000);
  EXPECT_FALSE(is_open(token));

  const std::string other = open_session(400, AccountKind::staff);
  const std::string third = open_session(400, AccountKind::staff);
  EXPECT_EQ(write([&](desk::Tx& tx) -> Result<void> {
              static_cast<void>(SJ_TRY(revoke_sessions(tx, kArea, 400, tx.now(), {0, kLarge + 3})));
              return {};
            }),
            "ok");
  EXPECT_FALSE(is_open(other));
  EXPECT_TRUE(is_open(third));
  EXPECT_EQ(change(kMustChange, {kArea, 400}), "ok");
  EXPECT_FALSE(find_session(store(), third, clock().now()).value()->session.access.has(kPupilRead));
  EXPECT_EQ(change(kDisable, {kArea, 400}), "ok");
  EXPECT_FALSE(is_open(third));
}

TEST_P(OrgStore, ASessionThatCameIsToldFromOneThatDidNot) {
  SessionsSeen seen;
  const auto never_came = [&] { return has_unused_session(store(), seen, kArea, 400).value(); };
  EXPECT_FALSE(never_came()) << "there was none";
  const std::string token = open_session(400, AccountKind::staff);
  EXPECT_TRUE(never_came());
  const std::int64_t id =
      find_session(store(), token, clock().now()).value()->session.actor.session;
  const SessionsSeen::Use use{kArea, id, AccountKind::staff, Instant(clock().now().utc_ms() + 1)};
  seen.note(use);
  EXPECT_FALSE(never_came()) << "a use that is not written down yet";
  EXPECT_EQ(write([&](desk::Tx& tx) { return update_seen(tx, seen.take()); }), "ok");
  EXPECT_FALSE(never_came()) << "and one that is";
  open_session(400, AccountKind::staff);
  EXPECT_FALSE(never_came()) << "a newer session does not undo it";
}

TEST_P(OrgStore, GuessesAreCountedPerAddress) {
  const auto too_much = [&](const char* peer) {
    return guesses_too_much(store(), vault(), kArea, "login", peer, clock().now()).value();
  };
  for (std::int64_t i = 0; i < kGuessesOfPeer; ++i) {
    EXPECT_FALSE(too_much("10.0.0.1"));
    EXPECT_EQ(write([&](desk::Tx& tx) {
                return count_guess(tx, vault(), kArea, "login", "10.0.0.1", tx.now());
              }),
              "ok");
  }
  EXPECT_TRUE(too_much("10.0.0.1"));
  EXPECT_FALSE(too_much("10.0.0.2"));
  clock().advance_ms(12 * 60'000);
  EXPECT_FALSE(too_much("10.0.0.1"));
}

TEST_P(OrgStore, GuessesAreForgottenWithTheirAddresses) {
  const auto count = [&](const char* subject) {
    return load_guesses(store(), kArea, subject, Instant(0)).value().count;
  };
  EXPECT_EQ(write([&](desk::Tx& tx) -> Result<void> {
              for (const char* subject : {"login:ab", "login:ab@1", "login:ab@2", "login:abc"}) {
                SJ_TRY(insert_guess(tx, kArea, subject, tx.now()));
              }
              return {};
            }),
            "ok");
  EXPECT_EQ(write([&](desk::Tx& tx) { return forget_guesses(tx, kArea, "login:ab@1"); }), "ok");
  EXPECT_EQ(count("login:ab@1") + count("login:ab@2"), 1);
  EXPECT_EQ(write([&](desk::Tx& tx) { return forget_guesses(tx, kArea, "login:ab"); }), "ok");
  EXPECT_EQ(count("login:ab") + count("login:ab@2"), 0);
  EXPECT_EQ(count("login:abc"), 1) << "another's";
}

TEST_P(OrgStore, ACodeAdmitsOneGuardianOnce) {
  const std::string lost = invite(1);
  const std::string code = invite(2);
  EXPECT_TRUE(found(lost).revoked);
  EXPECT_FALSE(found(code).revoked);
  EXPECT_EQ(found(code).birth_day, LocalDay::parse("2016-03-08").value());
  EXPECT_EQ(join(code, kMum), "ok");
  EXPECT_TRUE(found(code).redeemed);
  EXPECT_EQ(join(code, kMum + 1).substr(0, 13), "org.code_used");

  const auto access = load_family_access(store(), kArea, kMum, kToday).value();
  EXPECT_TRUE(
      access.allows(kChildRead, {.area = kArea, .school = 10, .class_id = 11, .pupil = 100}));
  EXPECT_FALSE(
      access.allows(kChildRead, {.area = kArea, .school = 20, .class_id = 21, .pupil = 200}));
  EXPECT_EQ(list_consents(store(), ward(), 0).value().size(), 1U);

  // The same guardian on a new phone is one person with two accounts.
  const std::int64_t first = guardian();
  EXPECT_EQ(join(invite(3), kMum + 2), "ok");
  EXPECT_EQ(guardian(), first);
  EXPECT_EQ(join(invite(4), kMum, false).substr(0, 18), "org.already_joined");
}

TEST_P(OrgStore, ASchoolEndsAFamilysLinkWithTheNextRequest) {
  EXPECT_EQ(join(invite(1), kMum), "ok");
  const std::string token = open_session(kMum, AccountKind::family);
  EXPECT_TRUE(is_open(token));
  EXPECT_EQ(write([&](desk::Tx& tx) -> Result<void> {
              const auto ended = SJ_TRY(end_links(tx, kArea, 100, kMum, tx.now()));
              EXPECT_EQ(ended, 1);
              return {};
            }),
            "ok");
  EXPECT_FALSE(is_open(token));
  EXPECT_FALSE(load_family_access(store(), kArea, kMum, kToday).value().has(kChildRead));
  const auth::Actor actor{auth::ActorKind::guardian, kArea, kMum, 0, 1};
  EXPECT_EQ(find_ward(store(), actor, 100, kToday, FamilyDeed::see).error().code,
            "org.unknown_child");
}

TEST_P(OrgStore, WhomAGuardianInvitesIsUnknownUntilHeComes) {
  NewInvitation invitation;
  invitation.area = kArea;
  invitation.id = 1;
  invitation.code = "CODE1";
  invitation.pupil = 100;
  invitation.by = InvitedBy::guardian;
  invitation.expires = Instant(clock().now().utc_ms() + 1'000);
  EXPECT_EQ(write([&](desk::Tx& tx) -> Result<void> {
              invitation.invited =
                  SJ_TRY(tx.vault().seal(tx, kArea, 100, "org.invitation.invited",
                                         R"({"name":"张伟","relation":"father"})"));
              return insert_invitation(tx, invitation);
            }),
            "ok");
  EXPECT_EQ(found("CODE1").name, "张伟");
  EXPECT_TRUE(found("CODE1").knows_who());
  EXPECT_EQ(join("CODE1", kMum), "ok");
  const auto guardians = list_guardians_of(store(), scope_of(ward()), 100, kToday).value();
  ASSERT_EQ(guardians.size(), 1U);
  EXPECT_EQ(guardians[0].name, "张伟");
  EXPECT_EQ(guardians[0].relation, "father");
  EXPECT_TRUE(guardians[0].joined_ms.has_value());
}

TEST_P(OrgStore, ListsShowNothingOfAnotherSchool) {
  const auto own = scope_at(kInvite, "clerk", {PlaceKind::school, 10});
  const auto other = scope_at(kInvite, "clerk", {PlaceKind::school, 20});
  static_cast<void>(invite(1));
  EXPECT_EQ(list_invitees(store(), own, 11).value().size(), 1U);
  EXPECT_TRUE(list_invitees(store(), other, 11).value().empty());
  EXPECT_EQ(list_invitations(store(), own, 11).value().size(), 1U);
  EXPECT_TRUE(list_invitations(store(), other, 11).value().empty());
  EXPECT_TRUE(find_invitee(store(), own, 100).value().has_value());
  EXPECT_FALSE(find_invitee(store(), other, 100).value().has_value());
  const auto trail_own = scope_at(kAuditRead, "clerk", {PlaceKind::school, 10});
  const auto trail_other = scope_at(kAuditRead, "clerk", {PlaceKind::school, 20});
  EXPECT_FALSE(list_trail(store(), trail_own, {}).value().empty());
  EXPECT_TRUE(list_trail(store(), trail_other, {}).value().empty());
  TrailFilter about;
  about.person = 100;
  about.action = "org.test.";
  EXPECT_FALSE(list_trail(store(), trail_own, about).value().empty());
  EXPECT_TRUE(list_trail(store(), trail_other, about).value().empty());
  about.actor = kLarge;
  about.school = kLarge;
  EXPECT_TRUE(list_trail(store(), trail_own, about).value().empty());
  EXPECT_TRUE(list_roles(store(), trail_own, kLarge).value().empty());
  about = {};
  about.action = "org.other.";
  EXPECT_TRUE(list_trail(store(), trail_own, about).value().empty());
  EXPECT_EQ(list_roles(store(), trail_other, 0).value().size(), 0U);
}

TEST_P(OrgStore, LeaveToLookBeginsWhenItIsGiven) {
  AskCommand command;
  command.purpose = "办理学籍异动";
  command.fields = {"id_number", "phone"};
  command.place = {PlaceKind::class_, 11};
  command.hours = 2;
  EXPECT_EQ(write([&](desk::Tx& tx) { return insert_data_grant(tx, kArea, 1, command); }), "ok");
  const auto own = scope_at(kSensitiveApprove, "principal", {PlaceKind::school, 10});
  const auto other = scope_at(kSensitiveApprove, "principal", {PlaceKind::school, 20});
  EXPECT_TRUE(list_open_grants(store(), other, kToday).value().empty());
  const auto open = list_open_grants(store(), own, kToday).value();
  ASSERT_EQ(open.size(), 1U);
  EXPECT_EQ(open[0].fields, command.fields);
  clock().advance_ms(3 * 3'600'000);
  EXPECT_EQ(write([&](desk::Tx& tx) { return update_answer(tx, kArea, open[0], true); }, 400, 300),
            "ok");
  const auto mine = list_grants_of(store(), kArea, 301).value();
  ASSERT_EQ(mine.size(), 1U);
  EXPECT_TRUE(mine[0].approved);
  EXPECT_EQ(mine[0].decided_by, "陈老师");
  Look look;
  look.field = "phone";
  look.targets = find_person_targets(store(), kArea, 100, kToday).value();
  EXPECT_NE(find_grant(mine, look, clock().now()), nullptr);
  EXPECT_EQ(find_grant(mine, look, Instant(clock().now().utc_ms() + 2 * 3'600'000)), nullptr);
  look.targets = find_person_targets(store(), kArea, 200, kToday).value();
  EXPECT_EQ(find_grant(mine, look, clock().now()), nullptr);
}

TEST_P(OrgStore, ErasureLeavesNoNameAndAWholeTrail) {
  EXPECT_EQ(join(invite(1), kMum), "ok");
  EXPECT_EQ(
      write([&](desk::Tx& tx) -> Result<void> {
        const auto sealed =
            SJ_TRY(tx.vault().seal(tx, kArea, 100, seal_purpose("id_number"), "430103"));
        static_cast<void>(SJ_TRY(tx.run(kSealed, {kArea, 100, "id_number", sql::Blob{sealed}})));
        desk::Entry look;
        look.school = 10;
        look.action = "org.person.looked";
        look.subject_kind = "person";
        look.subject = 100;
        look.detail = R"({"fields":"id_number","role":"clerk"})";
        look.personal = R"({"purpose":"办理学籍异动"})";
        look.person = 100;
        SJ_TRY(tx.audit(kArea, look));
        return insert_request(tx, ward(), 7, {RequestKind::erasure, "请删除", ""});
      }),
      "ok");
  EXPECT_EQ(open_field(store(), vault(), kArea, 100, "id_number").value().value(), "430103");
  const auto looks = list_looks(store(), vault(), ward()).value();
  ASSERT_EQ(looks.size(), 1U);
  EXPECT_EQ(looks[0].purpose, "办理学籍异动");
  EXPECT_EQ(looks[0].who, "周干事");
  EXPECT_EQ(find_request(store(), vault(), kArea, 7).value()->text, "请删除");
  EXPECT_TRUE(is_at_school(store(), kArea, 100, kToday).value());

  EXPECT_EQ(change(kEndMembership, {kArea, 100, kToday}), "ok");
  EXPECT_FALSE(is_at_school(store(), kArea, 100, kToday).value());
  EXPECT_EQ(write([&](desk::Tx& tx) -> Result<void> {
              const auto erased = SJ_TRY(erase_leaver(tx, kArea, 100));
              EXPECT_EQ(erased, 2);  // and his only guardian
              return {};
            }),
            "ok");
  const auto name = [&](std::int64_t person) {
    return store()
        .first(kName, {kArea, person}, [](const sql::Row& row) { return row.text(0); })
        .value()
        .value();
  };
  EXPECT_EQ(name(100).find("张三"), std::string::npos);
  EXPECT_EQ(name(guardian()).find("王芳"), std::string::npos);
  EXPECT_EQ(name(200), "李四");
  EXPECT_FALSE(open_field(store(), vault(), kArea, 100, "id_number").value().has_value());
  EXPECT_EQ(find_request(store(), vault(), kArea, 7).value()->text, "");
  EXPECT_EQ(list_looks(store(), vault(), ward()).value().at(0).purpose, "");
  EXPECT_FALSE(load_family_access(store(), kArea, kMum, kToday).value().has(kChildRead));
  EXPECT_TRUE(desk::verify_chains(store()).value().breaks.empty());
}

TEST_P(OrgStore, ErasureLeavesNothingThatStaffWroteAboutHim) {
  const auto named = [&] { return store().number(kNamed, {kArea, "%张三%"}).value(); };
  AskCommand ask;
  ask.purpose = "核对张三的学籍";
  ask.fields = {"id_number"};
  ask.place = {PlaceKind::pupil, 100};
  ask.hours = 1;
  EXPECT_EQ(write([&](desk::Tx& tx) -> Result<void> {
              SJ_TRY(insert_data_grant(tx, kArea, 1, ask));
              SJ_TRY(insert_request(tx, ward(), 7, {RequestKind::erasure, "请删除张三", ""}));
              SJ_TRY(update_request(tx, kArea, 7, {true, "已删除张三的信息"}));
              return insert_merge(tx, kArea, {9, 100, 200, "张三也叫李四"});
            }),
            "ok");
  EXPECT_EQ(named(), 4);
  EXPECT_EQ(change(kEndMembership, {kArea, 100, kToday}), "ok");
  EXPECT_EQ(write([&](desk::Tx& tx) -> Result<void> {
              static_cast<void>(SJ_TRY(erase_leaver(tx, kArea, 100)));
              return {};
            }),
            "ok");
  EXPECT_EQ(named(), 0);
}

TEST_P(OrgStore, RetentionDeletesWhatIsOlderThanItsPeriod) {
  EXPECT_EQ(write([&](desk::Tx& tx) { return insert_retention_defaults(tx, kArea); }), "ok");
  EXPECT_EQ(list_periods(store(), kArea).value().size(), 8U);
  static_cast<void>(open_session(400, AccountKind::staff));
  const auto sessions = [&] { return store().number(kSessions, {kArea}).value(); };
  EXPECT_EQ(write(carry_out_retention), "ok");
  EXPECT_EQ(sessions(), 1);
  clock().advance_ms(std::int64_t{200} * 24 * 3'600'000);
  static_cast<void>(open_session(400, AccountKind::staff));
  EXPECT_EQ(write(carry_out_retention), "ok");
  EXPECT_EQ(sessions(), 1);
  TrailFilter filter;
  filter.action = "org.retention.";
  const auto everything = scope_at(kAuditRead, "auditor", {PlaceKind::area, 0});
  EXPECT_EQ(list_trail(store(), everything, filter).value().size(), 1U);
}

}  // namespace
}  // namespace sj::org
