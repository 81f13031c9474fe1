#include "org/person.h"

#include <memory>

#include <gtest/gtest.h>

#include "org/data_grant_store.h"
#include "org/seals.h"
#include "org/test_district.h"

namespace sj::org {
namespace {

using auth::PlaceKind;

LocalDay day(const char* iso) {
  return LocalDay::parse(iso).value();
}

const LocalDay kToday = day("2026-10-12");

GivenPerson given() {
  GivenPerson person;
  person.name = "张 伟";
  return person;
}

// "field code; ..." of what is wrong.
std::string wrong(const GivenPerson& person) {
  const auto checked = check_person(person, kToday);
  if (checked.ok()) return "";
  EXPECT_EQ("org.bad_person", checked.error().code);
  std::string all;
  for (const FieldError& field : checked.error().fields) {
    all += (all.empty() ? "" : "; ") + field.field + " " + field.code;
    const bool shown = field.code == "org.birth_day_ahead" ||
                       field.code == "org.number_other_birth_day" || field.value.empty();
    EXPECT_TRUE(shown) << "a personal value is repeated: " << field.value;
  }
  return all;
}

TEST(Person, fields_are_normalised) {
  GivenPerson person = given();
  person.sex = "女";
  person.ethnic = "01";
  person.phone = "138 0013 8000";
  person.student_no = "l43010220170301 0001";
  const CheckedPerson checked = check_person(person, kToday).value();
  EXPECT_EQ("张伟", checked.fields.name);
  EXPECT_EQ(2, checked.fields.sex);
  EXPECT_FALSE(checked.fields.birth_day.has_value());
  EXPECT_EQ("13800138000", checked.phone);
  EXPECT_EQ("L430102201703010001", checked.student_no);
}

TEST(Person, every_wrong_field_is_told_at_once) {
  GivenPerson person;
  person.name = "张3";
  person.sex = "x";
  person.ethnic = "99";
  person.birth_day = day("2026-10-13");
  person.id_number = "430102201703010012";
  person.student_no = "Z1";
  person.phone = "123";
  const std::string all = wrong(person);
  for (const char* field :
       {"name text.", "sex codes.sex", "ethnic codes.", "birth_day org.birth_day_ahead",
        "id_number codes.", "student_no codes.student_code", "phone codes."}) {
    EXPECT_NE(std::string::npos, all.find(field)) << field << " is not in: " << all;
  }
}

TEST(Person, born_today_is_not_ahead) {
  GivenPerson person = given();
  person.birth_day = kToday;
  EXPECT_EQ("", wrong(person));
}

TEST(Person, a_number_gives_what_was_not_said) {
  GivenPerson person = given();
  person.id_number = id_number("20170301", 12);
  const CheckedPerson checked = check_person(person, kToday).value();
  EXPECT_EQ("2017-03-01", checked.fields.birth_day->to_iso());
  EXPECT_EQ(2, checked.fields.sex) << "an even sequence is a girl";
  person.id_number.clear();
  person.student_no = "G" + id_number("20170301", 13);
  const CheckedPerson by_code = check_person(person, kToday).value();
  EXPECT_EQ("2017-03-01", by_code.fields.birth_day->to_iso());
  EXPECT_EQ(1, by_code.fields.sex);
}

TEST(Person, a_number_agrees_with_what_was_said) {
  GivenPerson person = given();
  person.id_number = id_number("20170301", 12);
  person.birth_day = day("2017-03-02");
  EXPECT_EQ("id_number org.number_other_birth_day", wrong(person));
  person.birth_day = day("2017-03-01");
  person.sex = "男";
  EXPECT_EQ("id_number org.number_other_sex", wrong(person));
  person.sex = "女";
  EXPECT_EQ("", wrong(person));
  person.student_no = "G" + id_number("20180301", 12);
  EXPECT_EQ("student_no org.number_other_birth_day", wrong(person));
}

Person at_school(const char* from) {
  Person person;
  MembershipLine before;
  before.id = 1;
  before.from = day("2024-09-01");
  before.until = day(from);
  MembershipLine now;
  now.id = 2;
  now.from = day(from);
  person.memberships = {now, before};
  return person;
}

TEST(Person, leaves_on_a_day_after_he_came) {
  const Person person = at_school("2026-09-01");
  EXPECT_EQ(2, decide_end(person, day("2026-10-12"), kToday).value().id);
  EXPECT_EQ(2, decide_end(person, day("2026-09-01"), kToday).value().id);
  EXPECT_EQ("org.bad_move_day", code_of(decide_end(person, day("2026-08-31"), kToday)));
  EXPECT_TRUE(decide_end(person, kToday.plus_days(366), kToday).ok());
  EXPECT_EQ("org.bad_move_day", code_of(decide_end(person, kToday.plus_days(367), kToday)));
  EXPECT_EQ("org.not_at_school", code_of(decide_end(Person{}, kToday, kToday)));
}

TEST(Person, posts_are_known) {
  EXPECT_TRUE(is_post("clerk"));
  EXPECT_FALSE(is_post("king"));
}

TEST(Person, what_is_typed_may_be_a_number) {
  const std::string number = id_number("20170301", 12);
  EXPECT_EQ(number,
            read_search(" " + number.substr(0, 6) + " " + number.substr(6), kToday).id_number);
  EXPECT_EQ("L430102201703010001", read_search("l430102201703010001", kToday).student_no);
  EXPECT_EQ("13800138000", read_search("13800138000", kToday).phone);
  const Search name = read_search("Zhang W", kToday);
  EXPECT_EQ("zhangw", name.key);
  EXPECT_EQ("", name.id_number + name.student_no + name.phone);
}

class PersonStore : public testing::TestWithParam<sql::Dialect> {
 protected:
  void SetUp() override {
    if (!sql::FreshStore::available(GetParam())) GTEST_SKIP() << "SJ_TEST_PG is not set";
    one_ = std::make_unique<District>(GetParam());
    north_ = here().add_school("城北小学");
    south_ = here().add_school("城南小学");
    class_ = here().add_class(north_, 3, 1);
    second_ = here().add_class(north_, 3, 2);
    other_ = here().add_class(south_, 3, 1);
    wei_ = here().add_pupil(north_, class_, "张小伟");
    na_ = here().add_pupil(north_, second_, "欧阳娜娜");
    fang_ = here().add_pupil(south_, other_, "张芳");
    mother_ = here().add_guardian(wei_, "张丽");
    teacher_ = here().add_staff(north_, "张老师");
  }
  District& here() { return *one_; }
  static auth::Scope school(std::int64_t id) { return District::at(PlaceKind::school, id); }
  std::optional<Person> find(const auth::Scope& scope, std::int64_t person) {
    return find_person(*here().db, scope, person, here().today()).value();
  }
  Result<void> put(std::int64_t person, std::string_view field, std::string_view value) {
    return here().tell([&](desk::Tx& tx) {
      return put_sealed(tx, District::kArea, person, {field, value, true});
    });
  }

  std::unique_ptr<District> one_;
  std::int64_t north_ = 0;
  std::int64_t south_ = 0;
  std::int64_t class_ = 0;
  std::int64_t second_ = 0;
  std::int64_t other_ = 0;
  std::int64_t wei_ = 0;
  std::int64_t na_ = 0;
  std::int64_t fang_ = 0;
  std::int64_t mother_ = 0;
  std::int64_t teacher_ = 0;
};

INSTANTIATE_TEST_SUITE_P(On,
                         PersonStore,
                         testing::Values(sql::Dialect::sqlite, sql::Dialect::postgres),
                         [](const auto& engine) {
                           return engine.param == sql::Dialect::sqlite ? "sqlite" : "postgres";
                         });

TEST_P(PersonStore, are_found_by_name_ending_pinyin_and_initials) {
  const auto all = District::everywhere();
  EXPECT_EQ("张小伟", here().search(all, "张小伟"));
  EXPECT_EQ("张小伟", here().search(all, "小伟"));
  EXPECT_EQ("张小伟", here().search(all, "伟"));
  EXPECT_EQ("张小伟", here().search(all, "zhang xiao"));
  EXPECT_EQ("张小伟", here().search(all, "ZXW"));
  EXPECT_EQ("欧阳娜娜", here().search(all, "oynn"));
  EXPECT_EQ("欧阳娜娜", here().search(all, "娜娜"));
  EXPECT_EQ("", here().search(all,
                              "小"
                              "张"));
  EXPECT_EQ("", here().search(all, "xiaowei")) << "an ending of the pinyin is none of the keys";
  EXPECT_EQ("", here().search(all, ""));
}

TEST_P(PersonStore, each_is_found_once) {
  // Both the pinyin and the initials begin so.
  EXPECT_EQ("张芳 张老师 张丽 张小伟", here().search(District::everywhere(), "z"));
  const auto north = school(north_);
  EXPECT_EQ("张老师 张丽 张小伟", here().search(north, "z"));
}

TEST_P(PersonStore, kinds_are_kept_apart) {
  for (const auth::Scope& scope : {District::everywhere(), school(north_)}) {
    EXPECT_EQ("张老师", here().search(scope, "zhang", "staff"));
    EXPECT_EQ("张丽", here().search(scope, "zhang", "guardian"));
    EXPECT_EQ("张小伟", here().search(scope, "zhangx", "pupil"));
    EXPECT_EQ("", here().search(scope, "zhang", "king"));
  }
}

TEST_P(PersonStore, who_is_two_things_is_shown_as_what_was_searched) {
  const std::int64_t ward = here().add_pupil(north_, class_, "陈小");
  here().add_guardianship(ward, teacher_);
  const auto line = [&](const char* kind) {
    Search search = read_search("张老师", here().today());
    search.kind = kind;
    const auto lines =
        search_people(*here().db, here().vault, school(north_), search, here().today()).value();
    return lines.size() == 1 ? lines[0].kind + " " + lines[0].class_name : "none";
  };
  EXPECT_EQ("guardian 陈小", line("guardian"));
  EXPECT_EQ("staff ", line("staff"));
  EXPECT_EQ("staff ", line(""));
}

TEST_P(PersonStore, scopes_hide_others) {
  EXPECT_EQ("张芳", here().search(school(south_), "z"));
  EXPECT_EQ("张丽 张小伟", here().search(District::at(PlaceKind::class_, class_), "z"));
  EXPECT_EQ("", here().search(District::at(PlaceKind::class_, second_), "z"));
  EXPECT_EQ("张丽 张小伟", here().search(District::at(PlaceKind::pupil, wei_), "z"));
  EXPECT_FALSE(find(school(south_), wei_).has_value());
  EXPECT_FALSE(find(school(south_), mother_).has_value());
  EXPECT_FALSE(find(school(south_), teacher_).has_value());
  EXPECT_FALSE(find(District::at(PlaceKind::class_, second_), wei_).has_value());
  EXPECT_TRUE(find(District::at(PlaceKind::class_, class_), wei_).has_value());
  EXPECT_TRUE(find(District::at(PlaceKind::class_, class_), mother_).has_value());
  EXPECT_TRUE(find(school(north_), teacher_).has_value());
  EXPECT_FALSE(find(school(north_), 999'999).has_value());
}

TEST_P(PersonStore, children_of_a_family_elsewhere_stay_hidden) {
  here().add_guardianship(fang_, mother_);
  const auto near = find(school(north_), wei_).value();
  EXPECT_TRUE(near.siblings.empty());
  EXPECT_EQ(1U, find(school(north_), mother_)->wards.size());
  const auto all = find(District::everywhere(), wei_).value();
  ASSERT_EQ(1U, all.siblings.size());
  EXPECT_EQ("张芳", all.siblings[0].name);
  EXPECT_EQ(2U, find(District::everywhere(), mother_)->wards.size());
  const auto wards_told = [&](const auth::Scope& scope) {
    return search_people(*here().db, here().vault, scope, read_search("张丽", here().today()),
                         here().today())
        .value()
        .at(0)
        .class_name;
  };
  EXPECT_EQ("张小伟", wards_told(school(north_)));
  EXPECT_EQ("张小伟、张芳", wards_told(District::everywhere()));
}

TEST_P(PersonStore, who_left_is_found_by_number_only) {
  const std::string number = id_number("20170301", 13);
  here().seal(wei_, "id_number", number);
  const auto leave_on = [&](const char* until) {
    here().run("UPDATE org_membership SET until_day = '" + std::string(until) +
               "', ended = 'left' WHERE person_id = " + std::to_string(wei_));
  };
  leave_on("2026-10-13");
  EXPECT_EQ("张小伟", here().search(school(north_), "zxw")) << "tomorrow he leaves";
  leave_on("2026-10-12");
  for (const auth::Scope& scope : {District::everywhere(), school(north_)}) {
    EXPECT_EQ("", here().search(scope, "zxw"));
    EXPECT_EQ("张小伟", here().search(scope, number));
  }
  EXPECT_EQ("", here().search(school(south_), number));
}

TEST_P(PersonStore, a_line_tells_the_place_of_today) {
  here().run(
      "UPDATE org_membership SET until_day = '2026-11-01', ended = 'moved_school' "
      "WHERE person_id = " +
      std::to_string(wei_));
  NewMembership next;
  next.person = wei_;
  next.school = south_;
  next.class_id = other_;
  next.from = day("2026-11-01");
  here().tell([&](desk::Tx& tx) { return insert_membership(tx, District::kArea, next); }).value();
  const auto lines = search_people(*here().db, here().vault, District::everywhere(),
                                   read_search("zxw", here().today()), here().today())
                         .value();
  ASSERT_EQ(1U, lines.size());
  EXPECT_EQ("城北小学", lines[0].school);
  EXPECT_EQ("三年级1班", lines[0].class_name);
  EXPECT_EQ("张小伟", here().search(school(south_), "zxw")) << "he is expected there";
}

TEST_P(PersonStore, limits_hold) {
  for (int i = 0; i < 30; ++i) here().add_pupil(north_, class_, "张张张");
  for (const auth::Scope& scope : {District::everywhere(), school(north_)}) {
    Search search = read_search("z", here().today());
    search.limit = 20;
    const auto lines =
        search_people(*here().db, here().vault, scope, search, here().today()).value();
    EXPECT_EQ(20U, lines.size());
  }
}

TEST_P(PersonStore, sealed_numbers_are_found_and_belong_to_one) {
  const std::string number = id_number("20170301", 13);
  const std::string code = "L430102201703010001";
  ASSERT_TRUE(put(wei_, "id_number", number).ok());
  ASSERT_TRUE(put(wei_, "student_no", code).ok());
  ASSERT_TRUE(put(mother_, "phone", "13800138000").ok());
  EXPECT_EQ("张小伟", here().search(District::everywhere(), number));
  EXPECT_EQ("张小伟", here().search(school(north_), "l43010220170301 0001"));
  EXPECT_EQ("张丽", here().search(school(north_), "138-0013-8000"));
  EXPECT_EQ("", here().search(school(south_), number));
  EXPECT_EQ("org.number_taken", code_of(put(na_, "id_number", number)));
  EXPECT_EQ("ok", code_of(put(wei_, "id_number", number))) << "his own, again";
  EXPECT_EQ("ok", code_of(put(teacher_, "phone", "13800138000"))) << "a family shares one";
  EXPECT_EQ("张丽 张老师", here().search(school(north_), "13800138000"));
  EXPECT_EQ(0, here().count("SELECT count(*) FROM org_sealed WHERE CAST(sealed AS TEXT) LIKE "
                            "'%138%'"))
      << "nothing lies open";
  EXPECT_EQ("ok", code_of(put(wei_, "id_number", ""))) << "an empty value takes it away";
  EXPECT_EQ("ok", code_of(put(na_, "id_number", number)));
}

TEST_P(PersonStore, what_is_sealed_here_is_opened_under_a_grant) {
  here().seal(wei_, "id_number", id_number("20170301", 13));
  EXPECT_EQ(id_number("20170301", 13),
            open_field(*here().db, here().vault, District::kArea, wei_, "id_number").value());
  EXPECT_EQ(field_seal("id_number"), seal_purpose("id_number"));
}

TEST_P(PersonStore, a_page_tells_everything) {
  here().seal(wei_, "id_number", id_number("20170301", 13));
  here().seal(wei_, "custody", "判归母亲");
  here().add_link(5, wei_, mother_);
  const Person person = find(school(north_), wei_).value();
  EXPECT_EQ("张小伟", person.name);
  EXPECT_TRUE(person.is_pupil);
  ASSERT_EQ(1U, person.memberships.size());
  EXPECT_EQ("城北小学", person.memberships[0].school);
  EXPECT_EQ("三年级1班", person.memberships[0].class_name);
  ASSERT_EQ(1U, person.guardians.size());
  EXPECT_EQ("张丽", person.guardians[0].name);
  EXPECT_TRUE(person.guardians[0].joined);
  ASSERT_EQ(2U, person.sealed.size());
  EXPECT_EQ("custody", person.sealed[0].field);
  EXPECT_EQ("id_number", person.sealed[1].field);
  const Person mother = find(school(north_), mother_).value();
  EXPECT_FALSE(mother.is_pupil);
  ASSERT_EQ(1U, mother.wards.size());
  EXPECT_EQ(wei_, mother.wards[0].person_id);
  const Person teacher = find(school(north_), teacher_).value();
  ASSERT_EQ(1U, teacher.staff.size());
  EXPECT_EQ("teacher", teacher.staff[0].post);
}

TEST_P(PersonStore, a_new_name_is_found_and_the_old_is_not) {
  PersonFields fields;
  fields.name = "李强";
  fields.sex = 1;
  fields.birth_day = day("2017-03-01");
  here()
      .tell([&](desk::Tx& tx) { return update_person(tx, District::kArea, wei_, fields); })
      .value();
  EXPECT_EQ("李强", here().search(school(north_), "lq"));
  EXPECT_EQ("", here().search(school(north_), "zxw"));
  EXPECT_EQ("2017-03-01", find(school(north_), wei_)->birth_day->to_iso());
}

TEST_P(PersonStore, pupils_of_a_class_are_in_the_order_of_their_numbers) {
  const auto number = [&](std::int64_t person, const char* local_no, bool is_protected = false) {
    here()
        .tell([&](desk::Tx& tx) {
          return update_pupil(tx, District::kArea, person, local_no, is_protected);
        })
        .value();
  };
  number(wei_, "10", true);
  number(here().add_pupil(north_, class_, "二号"), "2");
  number(here().add_pupil(north_, class_, "零一号"), "01");
  number(here().add_pupil(north_, class_, "甲"), "A1");
  here().add_pupil(north_, class_, "周无号");
  here().add_pupil(north_, class_, "白无号");
  const std::int64_t gone = here().add_pupil(north_, class_, "走了");
  here().run("UPDATE org_membership SET until_day = '2026-10-12' WHERE person_id = " +
             std::to_string(gone));
  here().add_link(5, wei_, mother_);
  const auto pupils =
      list_class_pupils(*here().db, District::kArea, class_, here().today()).value();
  std::string names;
  for (const ClassPupil& pupil : pupils) names += pupil.name + " ";
  EXPECT_EQ("零一号 二号 张小伟 甲 白无号 周无号 ", names);
  EXPECT_TRUE(pupils[2].is_protected);
  ASSERT_EQ(1U, pupils[2].guardians.size());
  EXPECT_TRUE(pupils[2].guardians[0].joined);
}

TEST_P(PersonStore, guardianships_change_and_end) {
  const std::int64_t id = find(school(north_), wei_)->guardians.at(0).id;
  auto found = find_guardianship(*here().db, District::kArea, id).value().value();
  EXPECT_EQ(wei_, found.pupil);
  found.line.relation = "grandmother";
  found.line.may_collect = false;
  found.line.until = here().today();
  here()
      .tell([&](desk::Tx& tx) { return update_guardianship(tx, District::kArea, found.line); })
      .value();
  const Person person = find(school(north_), wei_).value();
  EXPECT_EQ("grandmother", person.guardians[0].relation);
  EXPECT_FALSE(person.guardians[0].may_collect);
  EXPECT_EQ("", here().search(school(north_), "张丽")) << "she is nobody's guardian now";
  EXPECT_FALSE(find_guardianship(*here().db, District::kArea, 999).value().has_value());
}

TEST_P(PersonStore, teachers_of_a_class_are_todays) {
  NewTeaching teaching;
  teaching.id = here().ids.next();
  teaching.person = teacher_;
  teaching.class_id = class_;
  teaching.part = "homeroom";
  here().tell([&](desk::Tx& tx) { return insert_teaching(tx, District::kArea, teaching); }).value();
  const auto teachers = [&] {
    return list_class_teachers(*here().db, District::kArea, class_, here().today()).value();
  };
  ASSERT_EQ(1U, teachers().size());
  EXPECT_EQ("张老师", teachers()[0].person);
  EXPECT_EQ(class_, find_teaching_class(*here().db, District::kArea, teaching.id).value());
  here()
      .tell(
          [&](desk::Tx& tx) { return end_teaching(tx, District::kArea, teaching.id, tx.today()); })
      .value();
  EXPECT_TRUE(teachers().empty());
  EXPECT_FALSE(find_teaching_class(*here().db, District::kArea, teaching.id).value().has_value());
}

TEST_P(PersonStore, invariants_hold) {
  here().seal(wei_, "id_number", id_number("20170301", 13));
  EXPECT_EQ("", here().broken());
}

}  // namespace
}  // namespace sj::org
