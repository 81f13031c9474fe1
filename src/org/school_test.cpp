#include "org/school.h"

#include <memory>

#include <gtest/gtest.h>

#include "org/school_store.h"
#include "org/test_district.h"

namespace sj::org {
namespace {

using auth::PlaceKind;

LocalDay day(const char* iso) {
  return LocalDay::parse(iso).value();
}

School good_school() {
  School school;
  school.name = "天心小学";
  school.kind = "public";
  school.stages = "primary";
  return school;
}

std::string wrong_fields(const School& school) {
  const auto result = check_school(school);
  if (result.ok()) return "";
  EXPECT_EQ("org.bad_school", result.error().code);
  std::string fields;
  for (const FieldError& field : result.error().fields) {
    fields += (fields.empty() ? "" : " ") + field.field;
  }
  return fields;
}

TEST(School, every_wrong_field_is_told) {
  EXPECT_EQ("", wrong_fields(good_school()));
  School school = good_school();
  school.name.clear();
  school.code = "123";
  school.kind = "royal";
  school.stages = "university";
  school.primary_years = 7;
  EXPECT_EQ("name code kind stages primary_years", wrong_fields(school));
  school = good_school();
  for (int i = 0; i < 20; ++i) school.name += "很长的";
  EXPECT_EQ("name", wrong_fields(school)) << "more than 60 characters";
  school = good_school();
  school.code = "2143000001";
  EXPECT_EQ("", wrong_fields(school));
  school.code = "2143000O01";
  EXPECT_EQ("code", wrong_fields(school)) << "a letter for a digit";
}

TEST(School, classes_are_of_grades_it_has) {
  School school = good_school();
  EXPECT_TRUE(check_class(school, 6, 1).ok());
  EXPECT_EQ("org.bad_class", code_of(check_class(school, 7, 1)));
  EXPECT_EQ("org.bad_class", code_of(check_class(school, 0, 1)));
  EXPECT_EQ("org.bad_class", code_of(check_class(school, 10, 1)));
  EXPECT_EQ("org.bad_class", code_of(check_class(school, 1, 0)));
  EXPECT_EQ("org.bad_class", code_of(check_class(school, 1, 100)));
  school.primary_years = 5;
  EXPECT_EQ("org.bad_class", code_of(check_class(school, 6, 1)));
  school.stages = "junior";
  EXPECT_TRUE(check_class(school, 6, 1).ok());
  EXPECT_EQ("org.bad_class", code_of(check_class(school, 5, 1)));
  school.stages = "nine_year";
  EXPECT_TRUE(check_class(school, 1, 99).ok());
  EXPECT_TRUE(check_class(school, 9, 1).ok());
}

TEST(School, terms_end_after_they_begin) {
  Term term;
  term.part = 1;
  term.first_day = day("2026-09-01");
  term.last_day = day("2027-01-29");
  EXPECT_TRUE(check_term(term).ok());
  term.last_day = term.first_day;
  EXPECT_EQ("org.bad_term", code_of(check_term(term)));
  term.last_day = term.first_day.plus_days(220);
  EXPECT_TRUE(check_term(term).ok());
  term.last_day = term.first_day.plus_days(221);
  EXPECT_EQ("org.bad_term", code_of(check_term(term)));
  term.last_day = day("2027-01-29");
  term.part = 3;
  EXPECT_EQ("org.bad_term", code_of(check_term(term)));
}

class SchoolStore : public testing::TestWithParam<sql::Dialect> {
 protected:
  void SetUp() override {
    if (!sql::FreshStore::available(GetParam())) GTEST_SKIP() << "SJ_TEST_PG is not set";
    one_ = std::make_unique<District>(GetParam());
    north_ = here().add_school("城北小学");
    south_ = here().add_school("城南小学");
    class_ = here().add_class(north_, 3, 1);
    other_ = here().add_class(south_, 3, 1);
    wei_ = here().add_pupil(north_, class_, "张伟");
    here().add_pupil(north_, class_, "李娜");
    here().add_pupil(south_, other_, "王芳");
    guardian_ = here().add_guardian(wei_, "张三");
    here().add_staff(north_, "陈老师");
  }
  District& here() { return *one_; }

  std::vector<School> schools(const auth::Scope& scope) {
    return list_schools(*here().db, scope, here().today()).value();
  }
  std::vector<Class> classes(const auth::Scope& scope, std::int64_t school) {
    return list_classes(*here().db, scope, school, here().today()).value();
  }

  std::unique_ptr<District> one_;
  std::int64_t north_ = 0;
  std::int64_t south_ = 0;
  std::int64_t class_ = 0;
  std::int64_t other_ = 0;
  std::int64_t wei_ = 0;
  std::int64_t guardian_ = 0;
};

INSTANTIATE_TEST_SUITE_P(On,
                         SchoolStore,
                         testing::Values(sql::Dialect::sqlite, sql::Dialect::postgres),
                         [](const auto& engine) {
                           return engine.param == sql::Dialect::sqlite ? "sqlite" : "postgres";
                         });

TEST_P(SchoolStore, figures_are_of_today) {
  here().add_link(5, wei_, guardian_);
  here().add_link(6, wei_, guardian_);  // a second phone is not a second pupil
  const std::int64_t later = here().add_pupil(north_, class_, "下周来");
  here().run("UPDATE org_membership SET from_day = '2026-10-20' WHERE person_id = " +
             std::to_string(later));
  const std::int64_t gone = here().add_pupil(north_, class_, "昨天走");
  here().run(
      "UPDATE org_membership SET until_day = '2026-10-12', ended = 'left' "
      "WHERE person_id = " +
      std::to_string(gone));
  const auto all = schools(District::everywhere());
  ASSERT_EQ(2U, all.size());
  EXPECT_EQ("城北小学", all[0].name);
  EXPECT_EQ(2, all[0].counts.pupils);
  EXPECT_EQ(1, all[0].counts.staff);
  EXPECT_EQ(1, all[0].counts.classes);
  EXPECT_EQ(1, all[0].counts.joined_pupils);
  EXPECT_EQ(0, all[1].counts.joined_pupils);
  EXPECT_EQ(1, all[1].counts.pupils);
  const auto north = classes(District::everywhere(), north_);
  ASSERT_EQ(1U, north.size());
  EXPECT_EQ(2, north[0].pupils);
  EXPECT_EQ(1, north[0].joined_pupils);
}

TEST_P(SchoolStore, classes_that_left_are_not_counted) {
  here().run("UPDATE org_class SET entry_year = 2018 WHERE id = " + std::to_string(class_));
  EXPECT_EQ(0, schools(District::everywhere())[0].counts.classes);
  EXPECT_EQ(1U, classes(District::everywhere(), north_).size());
}

TEST_P(SchoolStore, another_school_sees_nothing) {
  const auto south = District::at(PlaceKind::school, south_);
  ASSERT_EQ(1U, schools(south).size());
  EXPECT_EQ(south_, schools(south)[0].id);
  EXPECT_FALSE(find_school(*here().db, south, north_).value().has_value());
  EXPECT_TRUE(find_school(*here().db, south, south_).value().has_value());
  EXPECT_TRUE(classes(south, north_).empty());
  EXPECT_FALSE(find_class(*here().db, south, class_, here().today()).value().has_value());
  EXPECT_TRUE(find_class(*here().db, south, other_, here().today()).value().has_value());
}

TEST_P(SchoolStore, a_teacher_sees_the_class) {
  const std::int64_t second = here().add_class(north_, 3, 2);
  const auto mine = District::at(PlaceKind::class_, second);
  ASSERT_EQ(1U, classes(mine, north_).size());
  EXPECT_EQ(second, classes(mine, north_)[0].id);
  EXPECT_FALSE(find_class(*here().db, mine, class_, here().today()).value().has_value());
}

TEST_P(SchoolStore, another_district_sees_nothing) {
  auth::Grant grant;
  grant.what.set(100);
  const auth::Permission any{100, "test.any"};
  const auto other = auth::Access(430'104, {grant}).scope(any);
  ASSERT_TRUE(other.everywhere());
  EXPECT_TRUE(schools(other).empty());
  EXPECT_FALSE(find_school(*here().db, other, north_).value().has_value());
  EXPECT_TRUE(classes(other, north_).empty());
  EXPECT_TRUE(list_exceptions(*here().db, other, here().clock.now()).value().empty());
}

TEST_P(SchoolStore, names_and_numbers_are_given_once) {
  const auto again = [&](const School& school) {
    return here().tell([&](desk::Tx& tx) { return insert_school(tx, District::kArea, school); });
  };
  School school = good_school();
  school.id = here().ids.next();
  school.name = "城北小学";
  EXPECT_EQ("org.school_exists", code_of(again(school)));
  school.name = "城 北小学";
  EXPECT_EQ("org.school_exists", code_of(again(school))) << "blanks make no other name";
  Class what;
  what.id = here().ids.next();
  what.school_id = north_;
  what.entry_year = 2024;
  what.number = 1;
  EXPECT_EQ(
      "org.class_exists",
      code_of(here().tell([&](desk::Tx& tx) { return insert_class(tx, District::kArea, what); })));
  Term term;
  term.id = here().ids.next();
  term.school_year = 2026;
  const auto put = [&] {
    ++term.id;
    return here().tell([&](desk::Tx& tx) { return insert_term(tx, District::kArea, term); });
  };
  EXPECT_TRUE(put().ok());
  EXPECT_EQ("org.term_exists", code_of(put()));
}

TEST_P(SchoolStore, schools_and_classes_change) {
  School school = find_school(*here().db, District::everywhere(), north_).value().value();
  school.name = "城北实验小学";
  school.rural = true;
  school.closed_on = day("2027-07-01");
  here().tell([&](desk::Tx& tx) { return update_school(tx, District::kArea, school); }).value();
  const School after = find_school(*here().db, District::everywhere(), north_).value().value();
  EXPECT_EQ("城北实验小学", after.name);
  EXPECT_TRUE(after.rural);
  EXPECT_EQ("2027-07-01", after.closed_on->to_iso());
  Class what =
      find_class(*here().db, District::everywhere(), class_, here().today()).value().value();
  what.own_name = "向日葵班";
  here().tell([&](desk::Tx& tx) { return update_class(tx, District::kArea, what); }).value();
  EXPECT_EQ(
      "向日葵班",
      find_class(*here().db, District::everywhere(), class_, here().today()).value()->own_name);
}

TEST_P(SchoolStore, the_homeroom_teacher_is_todays) {
  const auto teach = [&](std::int64_t person, const char* from, const char* until) {
    here().run(
        "INSERT INTO org_teaching (area_id, id, person_id, class_id, part, subject, "
        "from_day, until_day) VALUES (430103, " +
        std::to_string(here().ids.next()) + ", " + std::to_string(person) + ", " +
        std::to_string(class_) + ", 'homeroom', '', '" + from + "', " + until + ")");
  };
  const std::int64_t before = here().add_staff(north_, "以前的班主任");
  const std::int64_t now = here().add_staff(north_, "现在的班主任");
  teach(before, "2025-09-01", "'2026-09-01'");
  EXPECT_EQ("", classes(District::everywhere(), north_)[0].homeroom);
  teach(now, "2026-09-01", "NULL");
  EXPECT_EQ("现在的班主任", classes(District::everywhere(), north_)[0].homeroom);
}

TEST_P(SchoolStore, exceptions_are_counted_by_school) {
  const auto told = [&](const auth::Scope& scope) {
    std::string all;
    const auto found = list_exceptions(*here().db, scope, here().clock.now()).value();
    for (const Exception& one : found) {
      all += one.kind + " " + (one.school_id == north_ ? "north" : "other") + " " +
             std::to_string(one.count) + "; ";
    }
    return all;
  };
  EXPECT_EQ("no_guardian north 1; no_homeroom north 1; ",
            told(District::at(PlaceKind::school, north_)));
  const std::int64_t lost = here().add_pupil(north_, 0, "没有班");
  here().add_guardian(lost, "某某");
  here().run("UPDATE org_membership SET class_id = NULL WHERE person_id = " + std::to_string(lost));
  here().run(
      "INSERT INTO org_leaver (area_id, id, person_id, membership_id, import_id, "
      "proposed_ms) SELECT 430103, 9, person_id, id, 1, 1 FROM org_membership "
      "WHERE person_id = " +
      std::to_string(wei_));
  EXPECT_EQ("no_class north 1; no_guardian north 1; leavers north 1; no_homeroom north 1; ",
            told(District::at(PlaceKind::school, north_)));
  EXPECT_EQ("no_guardian other 1; no_homeroom other 1; ",
            told(District::at(PlaceKind::school, south_)));
  EXPECT_EQ("", told(District::at(PlaceKind::class_, class_)));
}

}  // namespace
}  // namespace sj::org
