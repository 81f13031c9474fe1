#include "org/merge.h"

#include <algorithm>
#include <map>
#include <memory>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "org/merge_undo.h"
#include "org/seals.h"
#include "org/test_district.h"

namespace sj::org {
namespace {

using auth::PlaceKind;

TEST(Merge, is_decided_once) {
  EXPECT_EQ(MergeState::merged, decide_merge(MergeState::proposed, true).value());
  EXPECT_EQ(MergeState::refused, decide_merge(MergeState::proposed, false).value());
  EXPECT_EQ("org.merge_closed", code_of(decide_merge(MergeState::merged, true)));
  EXPECT_EQ("org.merge_closed", code_of(decide_merge(MergeState::refused, true)));
  EXPECT_EQ(MergeState::undone, decide_undo(MergeState::merged).value());
  EXPECT_EQ("org.merge_closed", code_of(decide_undo(MergeState::proposed)));
  EXPECT_EQ("org.merge_closed", code_of(decide_undo(MergeState::undone)));
  for (const MergeState state :
       {MergeState::proposed, MergeState::merged, MergeState::refused, MergeState::undone}) {
    EXPECT_EQ(state, merge_state_of(name_of(state)));
  }
  EXPECT_FALSE(merge_state_of("lost").has_value());
}

TEST(Merge, brings_no_rights_to_who_could_not_give_them) {
  EXPECT_TRUE(decide_merge_rights({}).ok());
  MergeRights rights;
  rights.roles = {"clerk", "data_officer", "data_officer"};
  EXPECT_TRUE(decide_merge_rights(rights).ok());
  rights.roles.emplace_back("admin");
  EXPECT_EQ("org.incompatible_roles", code_of(decide_merge_rights(rights)));
  rights.within_reach = false;
  EXPECT_EQ("org.above_own_rights", code_of(decide_merge_rights(rights)));
  rights.is_own = true;
  EXPECT_EQ("org.own_role", code_of(decide_merge_rights(rights)));
}

class MergeStore : public testing::TestWithParam<sql::Dialect> {
 protected:
  void SetUp() override {
    if (!sql::FreshStore::available(GetParam())) GTEST_SKIP() << "SJ_TEST_PG is not set";
    one_ = std::make_unique<District>(GetParam());
    school_ = here().add_school("城北小学");
    class_ = here().add_class(school_, 3, 1);
    second_ = here().add_class(school_, 3, 2);
  }
  District& here() { return *one_; }

  Merge propose(std::int64_t kept, std::int64_t gone) {
    Merge merge;
    merge.id = here().ids.next();
    merge.kept = kept;
    merge.gone = gone;
    merge.reason = "同名同班";
    here().tell([&](desk::Tx& tx) { return insert_merge(tx, District::kArea, merge); }).value();
    return merge;
  }
  Result<void> merge(const Merge& merge) {
    return here().tell([&](desk::Tx& tx) -> Result<void> {
      SJ_TRY(carry_out_merge(tx, District::kArea, merge));
      return update_merge_state(tx, District::kArea, merge.id, MergeState::merged);
    });
  }
  Result<void> undo(const Merge& merge) {
    return here().tell([&](desk::Tx& tx) -> Result<void> {
      SJ_TRY(carry_out_undo(tx, District::kArea, merge));
      return update_merge_state(tx, District::kArea, merge.id, MergeState::undone);
    });
  }
  Person find(std::int64_t person) {
    return find_person(*here().db, District::everywhere(), person, here().today()).value().value();
  }

  // A row of a table with the area and an id in front, and gives the id.
  std::int64_t put(const std::string& table,
                   const std::string& columns,
                   const std::string& values) {
    const std::int64_t id = here().ids.next();
    here().run("INSERT INTO " + table + " (area_id, id, " + columns + ") VALUES (430103, " +
               std::to_string(id) + ", " + values + ")");
    return id;
  }
  std::int64_t put_membership(std::int64_t person, std::int64_t in, const std::string& from_until) {
    return put("org_membership", "person_id, school_id, class_id, from_day, until_day, ended",
               std::to_string(person) + ", " + std::to_string(school_) + ", " + std::to_string(in) +
                   ", " + from_until);
  }
  void put_pupil(std::int64_t person, const std::string& local_no, bool is_protected) {
    here().run("INSERT INTO org_pupil (area_id, person_id, local_no, protected) VALUES (430103, " +
               std::to_string(person) + ", '" + local_no + "', " + (is_protected ? "1" : "0") +
               ")");
  }
  void put_foreign(std::int64_t person, const std::string& id) {
    here().run(
        "INSERT INTO org_foreign_id (area_id, source, kind, foreign_id, our_id) VALUES "
        "(430103, 'sis', 'person', '" +
        id + "', " + std::to_string(person) + ")");
  }
  // A guardian's invitation and a family's request, sealed under the pupil's key.
  void put_sealed_words(std::int64_t pupil) {
    const sql::Statement& invite = kInvite;
    const sql::Statement& request = kRequest;
    here()
        .tell([&](desk::Tx& tx) -> Result<void> {
          const std::string invited =
              SJ_TRY(tx.vault().seal(tx, District::kArea, pupil, kInvitedSeal, R"({"name":"王"})"));
          const std::int64_t id = tx.new_id();
          const std::string hash = std::to_string(id);
          static_cast<void>(SJ_TRY(
              tx.run(invite, {District::kArea, id, sql::Blob{hash}, pupil, sql::Blob{invited}})));
          const std::string asked =
              SJ_TRY(tx.vault().seal(tx, District::kArea, pupil, kRequestSeal, "名字写错了"));
          static_cast<void>(
              SJ_TRY(tx.run(request, {District::kArea, tx.new_id(), pupil, sql::Blob{asked}})));
          return {};
        })
        .value();
  }
  std::vector<std::string> words_of(std::int64_t pupil) {
    std::vector<std::string> words;
    for (const auto* statement : {&kInvitedOf, &kRequestsOf}) {
      const auto purpose = statement == &kInvitedOf ? kInvitedSeal : kRequestSeal;
      const auto sealed = here()
                              .db
                              ->all(*statement, {District::kArea, pupil},
                                    [](const sql::Row& row) { return row.text(0); })
                              .value();
      for (const std::string& one : sealed) {
        words.push_back(
            here().vault.open(*here().db, District::kArea, pupil, purpose, one).value());
      }
    }
    return words;
  }

  static const sql::Statement kInvite;
  static const sql::Statement kRequest;
  static const sql::Statement kInvitedOf;
  static const sql::Statement kRequestsOf;
  std::unique_ptr<District> one_;
  std::int64_t school_ = 0;
  std::int64_t class_ = 0;
  std::int64_t second_ = 0;
};

const sql::Statement MergeStore::kInvite{
    "INSERT INTO org_invitation (area_id, id, code_hash, pupil_id, made_by, made_by_account, "
    "made_ms, expires_ms, invited) VALUES ($1, $2, $3, $4, 'guardian', 5, 1, 2, $5)"};
const sql::Statement MergeStore::kRequest{
    "INSERT INTO org_request (area_id, id, pupil_id, account_id, kind, sealed, asked_ms, answer) "
    "VALUES ($1, $2, $3, 5, 'correction', $4, 1, '')"};
const sql::Statement MergeStore::kInvitedOf{
    "SELECT invited FROM org_invitation WHERE area_id = $1 AND pupil_id = $2 "
    "AND invited IS NOT NULL ORDER BY id"};
const sql::Statement MergeStore::kRequestsOf{
    "SELECT sealed FROM org_request WHERE area_id = $1 AND pupil_id = $2 ORDER BY id"};

INSTANTIATE_TEST_SUITE_P(On,
                         MergeStore,
                         testing::Values(sql::Dialect::sqlite, sql::Dialect::postgres),
                         [](const auto& engine) {
                           return engine.param == sql::Dialect::sqlite ? "sqlite" : "postgres";
                         });

TEST_P(MergeStore, everything_of_one_becomes_the_others) {
  const std::int64_t kept = here().add_pupil(school_, class_, "张伟");
  const std::int64_t gone = here().add_person("张伟");
  put_pupil(gone, "17", true);
  put_membership(gone, second_, "'2025-09-01', '2026-09-01', 'moved_class'");
  const std::int64_t mother = here().add_guardian(gone, "李丽");
  const std::string number = id_number("20170301", 13);
  here().seal(gone, "id_number", number);
  here().seal(gone, "custody", "判归母亲");
  put_foreign(gone, "s-17");
  here().add_link(5, gone, mother);
  put_sealed_words(gone);
  const Merge one = propose(kept, gone);
  ASSERT_EQ("ok", code_of(merge(one)));

  const Person person = find(kept);
  EXPECT_EQ(2U, person.memberships.size());
  ASSERT_EQ(1U, person.guardians.size());
  EXPECT_TRUE(person.guardians[0].joined);
  EXPECT_EQ("17", person.local_no);
  EXPECT_TRUE(person.is_protected) << "a protection note is never lost";
  EXPECT_EQ(number, here().open(kept, "id_number"));
  EXPECT_EQ("判归母亲", here().open(kept, "custody"));
  EXPECT_EQ("张伟", here().search(District::everywhere(), number)) << "found once";
  EXPECT_EQ(kept, here().count("SELECT our_id FROM org_foreign_id WHERE foreign_id = 's-17'"));
  EXPECT_EQ((std::vector<std::string>{R"({"name":"王"})", "名字写错了"}), words_of(kept));
  EXPECT_EQ(kept, find(gone).merged_into);
  EXPECT_EQ("张伟", here().search(District::everywhere(), "zw"));
  EXPECT_EQ("", here().broken());
  EXPECT_EQ(MergeState::merged, find_merge(*here().db, District::kArea, one.id).value()->state);
}

TEST_P(MergeStore, a_number_of_who_went_leads_to_who_stayed) {
  const std::int64_t kept = here().add_pupil(school_, class_, "张伟");
  const std::int64_t gone = here().add_pupil(school_, class_, "张玮");
  here().seal(kept, "id_number", id_number("20170301", 13));
  here().seal(gone, "id_number", id_number("20170301", 15));
  ASSERT_EQ("ok", code_of(merge(propose(kept, gone))));
  EXPECT_EQ("张伟", here().search(District::everywhere(), id_number("20170301", 15)));
  EXPECT_EQ("张伟", here().search(District::everywhere(), id_number("20170301", 13)));
}

TEST_P(MergeStore, overlapping_places_end_as_a_mistake) {
  const std::int64_t kept = here().add_pupil(school_, class_, "张伟");
  const std::int64_t gone = here().add_pupil(school_, second_, "张伟");
  const Merge one = propose(kept, gone);
  ASSERT_EQ("ok", code_of(merge(one)));
  EXPECT_EQ(1U, find(kept).memberships.size());
  ASSERT_EQ(1U, find(gone).memberships.size());
  EXPECT_EQ("mistake", find(gone).memberships[0].ended);
  EXPECT_EQ("张伟", here().search(District::at(PlaceKind::class_, class_), "zw"));
  EXPECT_EQ("", here().search(District::at(PlaceKind::class_, second_), "zw"));
  EXPECT_EQ("", here().broken());
  ASSERT_EQ("ok", code_of(undo(one)));
  EXPECT_EQ("张伟", here().search(District::at(PlaceKind::class_, second_), "zw"));
  EXPECT_EQ("", here().broken());
}

TEST_P(MergeStore, two_rows_of_one_guardian_become_one) {
  const std::int64_t pupil = here().add_pupil(school_, class_, "张伟");
  const std::int64_t kept = here().add_guardian(pupil, "李丽");
  const std::int64_t gone = here().add_guardian(pupil, "李丽");
  const std::int64_t other = here().add_pupil(school_, class_, "张敏");
  here().add_guardianship(other, gone);
  here().add_link(5, pupil, gone);
  const std::string before = here().dump();
  const Merge one = propose(kept, gone);
  ASSERT_EQ("ok", code_of(merge(one)));
  const auto open = [](const Person& person) {
    return std::count_if(person.guardians.begin(), person.guardians.end(),
                         [](const GuardianshipLine& line) { return !line.until; });
  };
  EXPECT_EQ(1, open(find(pupil)));
  EXPECT_EQ(1, open(find(other)));
  const auto guardians = find(pupil).guardians;
  EXPECT_TRUE(std::any_of(guardians.begin(), guardians.end(), [&](const GuardianshipLine& line) {
    return !line.until && line.person_id == kept && line.joined;
  })) << "her phone is still tied to the child";
  EXPECT_EQ("", here().broken());
  ASSERT_EQ("ok", code_of(undo(one)));
  EXPECT_EQ(before, here().dump());
}

TEST_P(MergeStore, a_family_tied_to_both_is_tied_once) {
  const std::int64_t kept = here().add_pupil(school_, class_, "张伟");
  const std::int64_t gone = here().add_pupil(school_, class_, "张伟");
  here().add_link(5, kept, here().add_guardian(kept, "李丽"));
  here().add_link(5, gone, here().add_guardian(gone, "李丽"));
  here().add_link(6, gone, here().add_guardian(gone, "张三"));
  const std::string before = here().dump();
  const Merge one = propose(kept, gone);
  ASSERT_EQ("ok", code_of(merge(one)));
  EXPECT_EQ(2, here().count("SELECT count(*) FROM org_family_link WHERE ended_ms IS NULL "
                            "AND child_id = " +
                            std::to_string(kept)));
  EXPECT_EQ(0, here().count("SELECT count(*) FROM org_family_link WHERE ended_ms IS NULL "
                            "AND child_id = " +
                            std::to_string(gone)));
  ASSERT_EQ("ok", code_of(undo(one)));
  EXPECT_EQ(before, here().dump());
}

TEST_P(MergeStore, twice_is_refused) {
  const std::int64_t kept = here().add_pupil(school_, class_, "张伟");
  const std::int64_t gone = here().add_pupil(school_, class_, "张伟");
  const std::int64_t third = here().add_pupil(school_, class_, "张伟");
  const Merge one = propose(kept, gone);
  const Merge same = propose(kept, gone);
  const Merge other = propose(third, gone);
  const Merge into = propose(gone, third);
  ASSERT_EQ("ok", code_of(merge(one)));
  const std::string after = here().dump();
  EXPECT_EQ("org.person_closed", code_of(merge(same)));
  EXPECT_EQ("org.person_closed", code_of(merge(other)));
  EXPECT_EQ("org.person_closed", code_of(merge(into)));
  EXPECT_EQ(after, here().dump());
  ASSERT_EQ("ok", code_of(undo(one)));
  EXPECT_EQ("org.merge_closed", code_of(undo(one)));
}

TEST_P(MergeStore, a_guardian_is_not_his_child) {
  const std::int64_t pupil = here().add_pupil(school_, class_, "张伟");
  const std::int64_t guardian = here().add_guardian(pupil, "张伟");
  EXPECT_EQ("org.merge_related", code_of(merge(propose(pupil, guardian))));
  EXPECT_EQ("org.merge_related", code_of(merge(propose(guardian, pupil))));
}

TEST_P(MergeStore, merges_are_undone_in_reverse) {
  const std::int64_t a = here().add_pupil(school_, class_, "张伟");
  const std::int64_t b = here().add_pupil(school_, class_, "张玮");
  const std::int64_t c = here().add_pupil(school_, class_, "章伟");
  const std::string before = here().dump();
  const Merge first = propose(a, b);
  const Merge then = propose(c, a);
  ASSERT_EQ("ok", code_of(merge(first)));
  const std::string between = here().dump();
  ASSERT_EQ("ok", code_of(merge(then)));
  EXPECT_EQ(c, find(b).merged_into) << "nobody is merged into somebody merged";
  EXPECT_EQ("", here().broken());
  EXPECT_EQ("org.merge_closed", code_of(undo(first)));
  ASSERT_EQ("ok", code_of(undo(then)));
  EXPECT_EQ(between, here().dump());
  ASSERT_EQ("ok", code_of(undo(first)));
  EXPECT_EQ(before, here().dump());
}

TEST_P(MergeStore, what_was_written_since_stays) {
  const std::int64_t kept = here().add_person("张伟");
  const std::int64_t gone = here().add_pupil(school_, class_, "张伟");
  here().seal(gone, "phone", "13800138000");
  here().seal(gone, "address", "书院路 1 号");
  const Merge one = propose(kept, gone);
  ASSERT_EQ("ok", code_of(merge(one)));
  here().seal(kept, "phone", "13900139000");
  here().add_guardian(kept, "李丽");
  ASSERT_EQ("ok", code_of(undo(one)));
  EXPECT_EQ("13900139000", here().open(kept, "phone"));
  EXPECT_EQ("", here().open(kept, "address"));
  EXPECT_EQ("13800138000", here().open(gone, "phone"));
  EXPECT_TRUE(find(kept).is_pupil) << "a guardian was added to him";
  EXPECT_EQ("", here().broken());
}

TEST_P(MergeStore, a_number_given_away_since_stops_the_undo) {
  const std::int64_t kept = here().add_pupil(school_, class_, "张伟");
  const std::int64_t gone = here().add_pupil(school_, class_, "张玮");
  const std::int64_t third = here().add_pupil(school_, class_, "王五");
  here().seal(kept, "id_number", id_number("20170301", 13));
  here().seal(gone, "id_number", id_number("20170301", 15));
  const Merge one = propose(kept, gone);
  ASSERT_EQ("ok", code_of(merge(one)));
  here().seal(third, "id_number", id_number("20170301", 15));
  const std::string before = here().dump();
  EXPECT_EQ("org.number_taken", code_of(undo(one)));
  EXPECT_EQ(before, here().dump());
  EXPECT_EQ("", here().broken());
}

TEST_P(MergeStore, lists_are_by_state) {
  const std::int64_t kept = here().add_pupil(school_, class_, "张伟");
  const std::int64_t gone = here().add_pupil(school_, class_, "张玮");
  const Merge one = propose(kept, gone);
  const auto listed = [&](MergeState state) {
    return list_merges(*here().db, District::kArea, state).value();
  };
  ASSERT_EQ(1U, listed(MergeState::proposed).size());
  EXPECT_EQ("同名同班", listed(MergeState::proposed)[0].reason);
  EXPECT_TRUE(listed(MergeState::merged).empty());
  here()
      .tell([&](desk::Tx& tx) {
        return update_merge_state(tx, District::kArea, one.id, MergeState::refused);
      })
      .value();
  EXPECT_TRUE(listed(MergeState::proposed).empty());
  EXPECT_FALSE(find_merge(*here().db, District::kArea, 1).value().has_value());
}

TEST_P(MergeStore, leavers_wait_for_somebody) {
  const std::int64_t pupil = here().add_pupil(school_, class_, "张伟");
  const std::int64_t membership = find(pupil).memberships.at(0).id;
  const std::int64_t leaver =
      put("org_leaver", "person_id, membership_id, import_id, proposed_ms",
          std::to_string(pupil) + ", " + std::to_string(membership) + ", 7, 1");
  const auto listed = [&](const auth::Scope& scope) {
    return list_leavers(*here().db, scope, here().today()).value();
  };
  ASSERT_EQ(1U, listed(District::at(PlaceKind::school, school_)).size());
  const Leaver found = listed(District::at(PlaceKind::class_, class_)).at(0);
  EXPECT_EQ("张伟", found.name);
  EXPECT_EQ("三年级1班", found.class_name);
  EXPECT_EQ(7, found.import_id);
  EXPECT_EQ("2026-09-01", found.since.to_iso());
  EXPECT_TRUE(listed(District::at(PlaceKind::class_, second_)).empty());
  EXPECT_TRUE(listed(District::at(PlaceKind::school, school_ + 1)).empty());
  here().run("UPDATE org_membership SET until_day = '2026-10-01', ended = 'left'");
  EXPECT_TRUE(listed(District::everywhere()).empty()) << "he left meanwhile";
  here().run("UPDATE org_membership SET until_day = NULL, ended = NULL");
  here()
      .tell([&](desk::Tx& tx) { return close_leaver(tx, District::kArea, leaver, std::nullopt); })
      .value();
  EXPECT_TRUE(listed(District::everywhere()).empty());
}

// Whatever two rows hold, merging keeps what always holds, and undoing gives back every row.
TEST_P(MergeStore, undo_gives_back_every_row) {
  const bool sqlite = GetParam() == sql::Dialect::sqlite;
  int cases = sqlite ? 100 : 25;  // a case is some hundred commits
  const bool held = rc::check("merge then undo changes nothing", [&] {
    if (--cases < 0) return;
    const auto yes = [] { return *rc::gen::arbitrary<bool>(); };
    const std::int64_t kept = here().add_person("张伟");
    const std::int64_t gone = here().add_person("张玮");
    const std::int64_t other = here().add_person("旁人");
    const std::int64_t ward = here().add_pupil(school_, class_, "孩子");
    std::int64_t link = here().ids.next();
    for (const std::int64_t person : {kept, gone}) {
      const std::string id = std::to_string(person);
      const std::string account = std::to_string(link);
      if (yes()) {
        put_pupil(person, yes() ? "7" : "", yes());
        // Up to three places one after the other, the last perhaps open.
        int year = *rc::gen::inRange(2020, 2024);
        const int places = *rc::gen::inRange(0, 4);
        for (int i = 0; i < places; ++i) {
          const int from = year;
          year += *rc::gen::inRange(0, 3);
          const bool open = i + 1 == places && yes();
          put_membership(
              person, yes() ? class_ : second_,
              "'" + std::to_string(from) + "-09-01', " +
                  (open ? "NULL, NULL" : "'" + std::to_string(year) + "-09-01', 'moved_class'"));
        }
        if (yes()) here().add_guardianship(person, other);
        if (yes()) here().add_link(link, person, other);
        if (yes()) here().add_link(here().ids.next(), person, other);
        if (yes()) put_sealed_words(person);
        if (yes()) {
          put("org_consent", "pupil_id, guardian_id, purpose, wording, given_ms",
              id + ", " + std::to_string(other) + ", 'x', 'y', 1");
        }
        if (yes())
          put("org_leaver", "person_id, membership_id, import_id, proposed_ms", id + ", 1, 1, 1");
        if (yes()) {
          put("org_data_grant",
              "person_id, purpose, fields, place_kind, place_id, asked_ms, from_ms, until_ms",
              "1, 'x', 'phone', 'pupil', " + id + ", 1, 1, 2");
        }
      }
      if (yes()) {
        here().add_guardianship(ward, person);
        if (yes()) here().add_link(here().ids.next(), ward, person);
        if (yes()) {
          put("org_consent", "pupil_id, guardian_id, purpose, wording, given_ms",
              std::to_string(ward) + ", " + id + ", 'x', 'y', 1");
        }
      }
      if (yes()) {
        put("org_staff", "person_id, school_id, post, staff_no, from_day",
            id + ", " + std::to_string(school_) + ", 'teacher', '', '2020-09-01'");
        put("org_teaching", "person_id, class_id, part, subject, from_day",
            id + ", " + std::to_string(class_) + ", 'subject', '语文', '2020-09-01'");
        put("org_role", "person_id, role, place_kind, place_id, from_day, granted_by, granted_ms",
            id + ", 'clerk', 'school', " + std::to_string(school_) + ", '2020-09-01', 1, 1");
        put("org_account",
            "kind, username, password_hash, must_change, person_id, failures, locked_until_ms, "
            "created_ms",
            "'staff', '" + account + id + "', '', 0, " + id + ", 0, 0, 1");
        put("org_data_grant",
            "person_id, purpose, fields, place_kind, place_id, asked_ms, from_ms, until_ms",
            id + ", 'x', 'phone', 'school', 1, 1, 1, 2");
      }
      for (const char* field : {"phone", "custody", "address"}) {
        if (yes()) here().seal(person, field, std::string(field) + (yes() ? "1" : "2"));
      }
      if (yes()) {
        here().seal(person, "id_number", "n" + id);
        if (yes()) here().seal(person, "student_no", "s" + id);
      }
      if (yes()) put_foreign(person, "f" + id);
    }
    const std::string broken = here().broken();
    RC_ASSERT(broken.empty());
    const std::string before = here().dump();
    const Merge one = propose(kept, gone);
    RC_ASSERT(code_of(merge(one)) == "ok");
    RC_ASSERT(here().broken().empty());
    RC_ASSERT(here().count("SELECT count(*) FROM org_membership WHERE until_day IS NULL "
                           "AND person_id = " +
                           std::to_string(gone)) == 0);
    RC_ASSERT(code_of(undo(one)) == "ok");
    RC_ASSERT(here().broken().empty());
    RC_ASSERT(here().dump() == before);
  });
  EXPECT_TRUE(held);
}

TEST(MergeUndo, is_read_as_it_was_written) {
  MergeUndo undo;
  undo.rows["staff"] = {1, 9'000'000'000'000};
  undo.links = {{1, 2}};
  undo.shut_links = {{3, 4}};
  undo.guardian_links = {{{5, 6}, 7}};
  undo.overlaps = {8};
  undo.twins = {9};
  undo.twins_until = "2026-10-12";
  undo.pupil = MergePupilChange{MergePupilRow{"7", false}, {"8", true}};
  undo.foreign = {{"sis", "a\"b"}};
  undo.sealed = {"phone"};
  undo.invitations = {{10, std::string("\0\xff", 2)}};
  undo.requests = {{11, ""}};
  EXPECT_EQ(to_json(undo), to_json(merge_undo_of(to_json(undo)).value()));
  undo.pupil->before.reset();
  EXPECT_EQ(to_json(undo), to_json(merge_undo_of(to_json(undo)).value()));
  EXPECT_EQ(std::string("\0\xff", 2), merge_undo_of(to_json(undo)).value().invitations[0].bytes);
}

// Each invariant sees the one row that breaks it.
TEST_P(MergeStore, every_invariant_sees_what_breaks_it) {
  const std::int64_t pupil = here().add_pupil(school_, class_, "张伟");
  const std::int64_t mother = here().add_guardian(pupil, "李丽");
  const std::int64_t teacher = here().add_staff(school_, "陈老师");
  const std::int64_t far = here().add_class(here().add_school("城南小学"), 3, 1);
  here().seal(pupil, "id_number", "n1");
  here().seal(mother, "id_number", "n2");
  const std::string p = std::to_string(pupil);
  const std::string m = std::to_string(mother);
  const std::string t = std::to_string(teacher);
  const std::string role =
      "INSERT INTO org_role (area_id, id, person_id, role, place_kind, "
      "place_id, from_day, granted_by, granted_ms) VALUES (430103, 1, ";
  const std::string grant =
      "INSERT INTO org_data_grant (area_id, id, person_id, purpose, fields, "
      "place_kind, place_id, asked_ms, from_ms, until_ms, decided_by, "
      "decided_ms, approved) VALUES (430103, 1, ";
  const std::string invitation =
      "INSERT INTO org_invitation (area_id, id, code_hash, pupil_id, made_by, made_by_account, "
      "made_ms, expires_ms, redeemed_ms, redeemed_account, revoked_ms) SELECT 430103, 1, blind, " +
      p + ", 'school', 1, 1, 9, 5, ";
  const std::string sealed_row = " FROM org_sealed WHERE person_id = " + p;
  const std::map<std::string, std::string> breaks = {
      {"every membership is in a school that exists and a class of it",
       "UPDATE org_membership SET class_id = " + std::to_string(far)},
      {"every membership is a pupil's",
       "INSERT INTO org_membership (area_id, id, person_id, school_id, from_day) VALUES (430103, "
       "1, " +
           t + ", " + std::to_string(school_) + ", '2026-09-01')"},
      {"no pupil is in two places at once",
       "INSERT INTO org_membership (area_id, id, person_id, school_id, from_day, until_day) VALUES "
       "(430103, 1, " +
           p + ", " + std::to_string(school_) + ", '2026-08-01', '2026-09-02')"},
      {"no membership ends before it begins",
       "UPDATE org_membership SET until_day = '2026-08-31', ended = 'left'"},
      {"every pupil is a person",
       "INSERT INTO org_pupil (area_id, person_id, local_no, protected) VALUES (430103, 1, '', 0)"},
      {"every guardianship joins a pupil and another person",
       "UPDATE org_guardianship SET guardian_id = pupil_id"},
      {"every member of staff is a person at a place that exists",
       "UPDATE org_staff SET school_id = 1"},
      {"every teaching joins a person and a class",
       "INSERT INTO org_teaching (area_id, id, person_id, class_id, part, subject, from_day) "
       "VALUES (430103, 1, " +
           t + ", 1, 'subject', '', '2026-09-01')"},
      {"every person can be found by name", "DELETE FROM org_name_key WHERE person_id = " + m},
      {"no number belongs to two people",
       "UPDATE org_sealed SET blind = (SELECT s.blind FROM org_sealed s WHERE s.person_id = " + p +
           ")"},
      {"everything sealed belongs to a person with a key",
       "DELETE FROM kernel_person_key WHERE person_id = " + m},
      {"nothing sealed is left of whoever was erased",
       "UPDATE org_person SET erased_ms = 1 WHERE id = " + m},
      {"nobody is merged into somebody merged",
       "UPDATE org_person SET merged_into = CASE WHEN id = " + p + " THEN " + t +
           " ELSE 1 END "
           "WHERE id IN (" +
           p + ", " + t + ")"},
      {"every role is a person's", role + "1, 'clerk', 'area', 0, '2026-09-01', 1, 1)"},
      {"every session is an account's",
       "INSERT INTO org_session (area_id, token_hash, id, account_id, csrf, device, created_ms, "
       "seen_ms, expires_ms) SELECT 430103, blind, 1, 1, '', '', 1, 1, 1" +
           sealed_row},
      {"every code that was redeemed was good then", invitation + "NULL, NULL" + sealed_row},
      {"whoever is merged is so by a merge",
       "UPDATE org_person SET merged_into = " + t + " WHERE id = " + p},
      {"whoever is erased has lost his key, and nobody else has",
       "UPDATE kernel_person_key SET wrapped = NULL, erased_ms = 1 WHERE person_id = " + m},
      {"nobody approved his own look at sensitive data",
       grant + t + ", 'x', 'phone', 'area', 0, 1, 1, 2, " + t + ", 2, 1)"},
      {"what touched an officer was approved by another one",
       "INSERT INTO org_officer_act (area_id, id, act, person_id, role, other_id, reason, "
       "asked_by, "
       "asked_ms, decided_by, decided_ms, approved) VALUES (430103, 1, 'reset', 5, '', 0, 'x', " +
           t + ", 1, " + t + ", 2, 1)"}};
  EXPECT_EQ("", here().broken());
  for (const auto& [holds, sql] : breaks) {
    here().db->begin_write().value();
    static_cast<void>(here().db->run_text(sql, {}).value());
    const std::string broken = here().broken();
    here().db->rollback();
    EXPECT_NE(std::string::npos, broken.find(holds + ": 1\n")) << holds << "; told: " << broken;
  }
  EXPECT_EQ(here().invariants(), breaks.size()) << "each has a row that breaks it";
}

}  // namespace
}  // namespace sj::org
