#include "org/import.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace {

using namespace sj::org;  // NOLINT(google-build-using-namespace): the subject of this file
using sj::LocalDay;

LocalDay day(const char* iso) {
  return LocalDay::parse(iso).value();
}

const LocalDay kToday = day("2026-10-12");

std::string blind(Secret secret, std::int64_t person, std::string_view value) {
  return std::string(name_of(secret)) + (finds_person(secret) ? "" : std::to_string(person)) +
         std::string(value);
}

// A file of pupils of one school, a row each.
struct File {
  Incoming in;

  File() {
    in.sources.push_back({"名册", {}, 0});
    InSchool school;
    school.place = {0, 2};
    school.name = "育红小学";
    school.stages = "primary";
    in.schools.push_back(school);
  }

  std::size_t add_class(int grade, int number) {
    const Cohort cohort = cohort_of(grade, 6, 2026);
    for (std::size_t i = 0; i < in.classes.size(); ++i) {
      if (in.classes[i].entry_year == cohort.entry_year && in.classes[i].number == number) return i;
    }
    InClass row;
    row.place = {0, next_row()};
    row.stage = cohort.stage;
    row.entry_year = cohort.entry_year;
    row.number = number;
    in.classes.push_back(row);
    return in.classes.size() - 1;
  }

  std::uint32_t next_row() const { return static_cast<std::uint32_t>(in.persons.size() + 2); }

  struct Pupil {
    std::string name = "张三";
    std::string student_no = "";
    std::string id_number = "";
    std::string birth_day = "2017-11-02";
    int grade = 3;
    int number = 1;
    int sex = 1;
  };

  std::size_t add(const Pupil& pupil) {
    InPerson person;
    person.place = {0, next_row()};
    person.is_pupil = true;
    person.name = pupil.name;
    if (!pupil.birth_day.empty()) person.birth_day = day(pupil.birth_day.c_str());
    person.sex = pupil.sex;
    person.secrets[index_of(Secret::student_no)] = pupil.student_no;
    person.secrets[index_of(Secret::id_number)] = pupil.id_number;
    InMembership membership;
    membership.place = person.place;
    membership.class_index = add_class(pupil.grade, pupil.number);
    membership.person = in.persons.size();
    in.persons.push_back(person);
    in.memberships.push_back(membership);
    return in.persons.size() - 1;
  }

  std::size_t add_guardian(std::size_t pupil, const std::string& name, const std::string& phone) {
    InPerson person;
    person.place = in.persons[pupil].place;
    person.name = name;
    person.secrets[index_of(Secret::phone)] = phone;
    InGuardianship link;
    link.place = person.place;
    link.pupil = pupil;
    link.guardian = in.persons.size();
    link.relation = "mother";
    // Readers bring everybody with one name and phone once.
    for (std::size_t i = 0; i < in.persons.size() && !phone.empty(); ++i) {
      const InPerson& known = in.persons[i];
      if (known.name == name && known.secrets == person.secrets) link.guardian = i;
    }
    if (link.guardian == in.persons.size()) in.persons.push_back(person);
    in.guardianships.push_back(link);
    return link.guardian;
  }
};

// A store that files are brought into.
struct Store {
  Snapshot rows;
  sj::SequentialIds ids{1000};
  ImportOptions options;

  Store() { options.today = kToday; }

  Plan plan(const Incoming& in) const { return plan_import(rows, in, options, blind); }

  Plan bring(const Incoming& in) {
    Plan made = plan(in);
    const auto writes = decide_writes(rows, in, made, options, blind, ids);
    EXPECT_TRUE(writes.ok());
    if (writes.ok()) apply(rows, writes.value());
    return made;
  }

  std::int64_t id_of(std::string_view name) const {
    for (const PersonRow& row : rows.persons) {
      if (row.name == name) return row.id;
    }
    return 0;
  }
  MembershipRow current(std::string_view name) const {
    for (const MembershipRow& row : rows.memberships) {
      if (row.person_id == id_of(name) && !row.until) return row;
    }
    return {};
  }
};

std::vector<std::string> codes_of(const Plan& plan) {
  std::vector<std::string> codes;
  for (const Fault& fault : plan.faults) codes.push_back(fault.code);
  return codes;
}

bool has_code(const Plan& plan, std::string_view code) {
  const auto codes = codes_of(plan);
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

TEST(ImportPlan, FillsAnEmptyStoreAndThenChangesNothing) {
  File file;
  const std::size_t child = file.add({.name = "李一", .student_no = "G1"});
  file.add({.name = "李二", .grade = 4});
  file.add_guardian(child, "王芳", "13800000001");
  Store store;
  const Plan first = store.bring(file.in);
  EXPECT_EQ(first.pupils.fresh, 2);
  EXPECT_EQ(first.guardians.fresh, 1);
  EXPECT_EQ(first.school_counts.fresh, 1);
  EXPECT_EQ(first.class_counts.fresh, 2);
  EXPECT_EQ(store.rows.memberships.size(), 2U);
  EXPECT_EQ(store.rows.guardianships.size(), 1U);
  const Plan again = store.plan(file.in);
  EXPECT_TRUE(again.is_empty());
  EXPECT_EQ(again.pupils.unchanged, 2);
  EXPECT_EQ(again.guardians.unchanged, 1);
}

TEST(ImportPlan, FindsByStudentNumberBeforeIdNumberAndTellsWhatChanged) {
  Store store;
  File before;
  before.add({.name = "李一", .student_no = "G1", .id_number = "I1"});
  before.add({.name = "李二", .student_no = "G2", .id_number = "I2"});
  store.bring(before.in);
  File after;
  after.add({.name = "李壹", .student_no = "G1", .id_number = "I1", .number = 2});
  after.add({.name = "李二", .id_number = "I2"});
  const Plan plan = store.bring(after.in);
  ASSERT_EQ(plan.persons[0].changes.size(), 1U);
  EXPECT_EQ(plan.persons[0].changes[0].field, "name");
  EXPECT_EQ(plan.persons[0].changes[0].before, "李一");
  EXPECT_EQ(plan.persons[0].changes[0].after, "李壹");
  ASSERT_EQ(plan.memberships[0].changes.size(), 1U);
  EXPECT_EQ(plan.memberships[0].changes[0].before, "三年级1班");
  EXPECT_EQ(plan.memberships[0].changes[0].after, "三年级2班");
  EXPECT_EQ(plan.pupils.changed, 1);
  EXPECT_EQ(plan.pupils.unchanged, 1);
  EXPECT_EQ(store.rows.persons.size(), 2U);
  // The old membership ended, a new one began.
  EXPECT_EQ(store.rows.memberships.size(), 3U);
  EXPECT_EQ(store.rows.memberships[0].ended, "moved_class");
  EXPECT_EQ(store.rows.memberships[0].until, kToday);
  EXPECT_NE(store.current("李壹").class_id, store.rows.memberships[0].class_id);
  EXPECT_TRUE(store.plan(after.in).is_empty());
}

// A student number with G is an ID number: one child, whichever comes first, and in one file once.
TEST(ImportPlan, TakesAStudentNumberWithGForTheIdNumberInIt) {
  const std::string id = "430111201705010117";
  for (const bool id_first : {false, true}) {
    Store store;
    File with_id;
    with_id.add({.name = "林一", .id_number = id});
    File with_student_no;
    with_student_no.add({.name = "林壹", .student_no = "G" + id, .number = 2});
    store.bring((id_first ? with_id : with_student_no).in);
    const Plan plan = store.bring((id_first ? with_student_no : with_id).in);
    EXPECT_EQ(plan.pupils.changed, 1);
    EXPECT_EQ(store.rows.persons.size(), 1U);
    EXPECT_FALSE(store.rows.persons[0].blinds[index_of(Secret::id_number)].empty());
    EXPECT_FALSE(store.rows.persons[0].blinds[index_of(Secret::student_no)].empty());
    EXPECT_TRUE(plan.leaving.empty());
    // Another school's clerk is told no more than of an ID number.
    const File& same_name = id_first ? with_student_no : with_id;
    store.rows.persons[0].is_elsewhere = true;
    EXPECT_TRUE(has_code(store.plan(same_name.in), "org.import_elsewhere"));
  }
  File both;
  both.add({.name = "林一", .student_no = "G" + id});
  both.add({.name = "林二", .id_number = id});
  EXPECT_TRUE(has_code(Store().plan(both.in), "org.import_twice"));
  File one;
  one.add({.name = "林一", .student_no = "G" + id, .id_number = id});
  EXPECT_TRUE(Store().plan(one.in).faults.empty());
}

// Two rows made of one number before are not chosen among.
TEST(ImportPlan, RefusesANumberThatTwoAlreadyHave) {
  Store store;
  File file;
  file.add({.name = "林一", .student_no = "G1"});
  file.add({.name = "林二", .id_number = "2"});
  store.bring(file.in);
  store.rows.persons[1].blinds[index_of(Secret::id_number)] = blind(Secret::id_number, 0, "1");
  File again;
  again.add({.name = "林一", .id_number = "1"});
  EXPECT_TRUE(has_code(store.plan(again.in), "org.import_numbers_disagree"));
}

// A number that comes later, or is left out later, is of the child of that name, class, birth day
// and sex, if it can be of nobody else.
TEST(ImportPlan, AddsANumberThatComesLater) {
  const File::Pupil bare{.name = "李一"};
  const File::Pupil numbered{.name = "李一", .id_number = "I1"};
  for (const bool bare_first : {true, false}) {
    Store store;
    File before;
    before.add(bare_first ? bare : numbered);
    store.bring(before.in);
    File after;
    after.add(bare_first ? numbered : bare);
    const Plan plan = store.bring(after.in);
    EXPECT_EQ(plan.pupils.changed, bare_first ? 1 : 0);
    EXPECT_EQ(plan.pupils.unchanged, bare_first ? 0 : 1);
    EXPECT_TRUE(plan.faults.empty());
    EXPECT_EQ(store.rows.persons.size(), 1U);
    EXPECT_FALSE(store.rows.persons[0].blinds[index_of(Secret::id_number)].empty());
    EXPECT_TRUE(store.plan(after.in).is_empty());
  }
}

// What may be of one child and may be of two is nobody's until somebody chooses.
TEST(ImportPlan, HoldsWhoMayBeThereAlready) {
  struct Case {
    const char* what;
    std::vector<File::Pupil> before;
    std::vector<File::Pupil> after;
    int held;
  };
  const std::vector<Case> cases = {
      {"an ID number where only a student number is known",
       {{.name = "李一", .student_no = "J1"}},
       {{.name = "李一", .id_number = "I1"}},
       1},
      {"another student number, as when a temporary one is replaced",
       {{.name = "李一", .student_no = "L1"}},
       {{.name = "李一", .student_no = "J1"}},
       1},
      {"another ID number on the same day",
       {{.name = "李一", .id_number = "I1"}},
       {{.name = "李一", .id_number = "I2"}},
       1},
      {"another birth day", {{.name = "李一"}}, {{.name = "李一", .birth_day = "2017-11-03"}}, 1},
      {"another birth day and a number",
       {{.name = "李一"}},
       {{.name = "李一", .id_number = "I1", .birth_day = "2017-11-03"}},
       1},
      {"another sex", {{.name = "李一"}}, {{.name = "李一", .sex = 2}}, 1},
      {"two rows for one child",
       {{.name = "李一"}},
       {{.name = "李一", .id_number = "I1"}, {.name = "李一"}},
       2},
      {"two children for one row",
       {{.name = "李一"}, {.name = "李一", .id_number = "I1"}},
       {{.name = "李一", .student_no = "J1"}},
       1},
      {"in another class, and the file is not about the old one",
       {{.name = "李一"}, {.name = "王一"}, {.name = "王二"}, {.name = "王三"}},
       {{.name = "李一", .number = 2}},
       1},
      {"gone from one of two other classes",
       {{.name = "李一"}, {.name = "李一", .number = 2}},
       {{.name = "王一"}, {.name = "王二", .number = 2}, {.name = "李一", .number = 3}},
       1},
      {"gone from his class, and two rows may be he",
       {{.name = "李一"}},
       {{.name = "王一"}, {.name = "李一", .number = 2}, {.name = "李一", .number = 3}},
       2},
  };
  for (const Case& one : cases) {
    Store store;
    File before;
    for (const File::Pupil& pupil : one.before) before.add(pupil);
    store.bring(before.in);
    File after;
    for (const File::Pupil& pupil : one.after) after.add(pupil);
    const Plan plan = store.bring(after.in);
    EXPECT_EQ(plan.pupils.doubtful, one.held) << one.what;
    EXPECT_TRUE(has_code(plan, "org.import_maybe_same")) << one.what;
    for (const Leaving& leaving : plan.leaving) EXPECT_NE(leaving.name, "李一") << one.what;
    const auto namesakes = std::count_if(store.rows.persons.begin(), store.rows.persons.end(),
                                         [](const PersonRow& row) { return row.name == "李一"; });
    EXPECT_EQ(namesakes, std::ssize(one.before) - (one.before.size() == 4 ? 3 : 0)) << one.what;
    EXPECT_TRUE(store.plan(after.in).is_empty()) << one.what;
  }
}

TEST(ImportPlan, KeepsNamesakesApart) {
  Store store;
  File file;
  file.add({.name = "李一", .id_number = "I1"});
  file.add({.name = "李一"});
  file.add({.name = "李一", .number = 2});
  store.bring(file.in);
  EXPECT_EQ(store.rows.persons.size(), 3U);
  EXPECT_TRUE(store.plan(file.in).is_empty());
  // Different ID numbers in different classes are different children.
  File other;
  other.add({.name = "李一", .id_number = "I9", .number = 3});
  EXPECT_EQ(store.plan(other.in).pupils.doubtful, 1);  // may be one of the two without a number
  store.rows.persons[1].blinds[index_of(Secret::id_number)] = blind(Secret::id_number, 0, "I2");
  store.rows.persons[2].blinds[index_of(Secret::id_number)] = blind(Secret::id_number, 0, "I3");
  EXPECT_EQ(store.plan(other.in).pupils.fresh, 1);
}

// A child without any number who is gone from one class and in another of his school.
TEST(ImportPlan, MovesAChildWithoutNumbers) {
  for (const char* number : {"", "I1"}) {
    Store store;
    File before;
    before.add({.name = "林一"});
    before.add({.name = "林三"});
    before.add({.name = "陈一", .number = 2});
    store.bring(before.in);
    File after;
    after.add({.name = "林一"});
    after.add({.name = "林三", .id_number = number, .number = 2});
    after.add({.name = "陈一", .number = 2});
    const Plan plan = store.bring(after.in);
    EXPECT_EQ(plan.pupils.changed, 1);
    EXPECT_EQ(plan.pupils.fresh, 0);
    EXPECT_TRUE(plan.leaving.empty());
    ASSERT_EQ(plan.memberships[1].changes.size(), 1U);
    EXPECT_EQ(plan.memberships[1].changes[0].after, "三年级2班");
    EXPECT_EQ(store.rows.persons.size(), 3U);
    EXPECT_TRUE(store.plan(after.in).is_empty());
  }
}

TEST(ImportPlan, TakesAChoice) {
  Store store;
  File before;
  before.add({.name = "李一", .student_no = "J1"});
  store.bring(before.in);
  File after;
  after.add_guardian(after.add({.name = "李一", .student_no = "J2"}), "王芳", "13800000001");
  Plan plan = store.bring(after.in);
  EXPECT_EQ(plan.pupils.doubtful, 1);
  EXPECT_EQ(store.id_of("王芳"), 0);  // nothing of a row that is held
  store.options.choices = {{0, store.id_of("李一")}};
  plan = store.plan(after.in);
  EXPECT_EQ(plan.pupils.changed, 1);
  EXPECT_FALSE(has_code(plan, "org.import_maybe_same"));
  store.options.choices = {{0, 0}};
  plan = store.bring(after.in);
  EXPECT_EQ(plan.pupils.fresh, 1);
  EXPECT_NE(store.id_of("王芳"), 0);
}

// Whose number a wrong row has is no leaver, whatever name stands beside it.
TEST(ImportPlan, TakesNobodyOfAWrongRowForALeaver) {
  Store store;
  File before;
  before.add({.name = "李一", .student_no = "J1"});
  before.add({.name = "李二", .id_number = "430111201705010117"});
  before.add({.name = "李三"});
  store.bring(before.in);
  File after;
  after.add({.name = "李三"});
  after.in.persons[after.add({.name = "赵六", .student_no = "J1"})].bad = true;
  after.in.persons[after.add({.name = "赵七", .student_no = "G430111201705010117"})].bad = true;
  store.options.partial = true;
  EXPECT_TRUE(store.bring(after.in).leaving.empty());
  EXPECT_EQ(store.id_of("赵六"), 0);
}

TEST(ImportPlan, RefusesASecondClassForOnePupil) {
  File file;
  const std::size_t child = file.add({.name = "李一", .student_no = "J1"});
  InMembership second = file.in.memberships[0];
  second.place.row = 77;
  second.person = child;
  second.class_index = file.add_class(3, 2);
  file.in.memberships.push_back(second);
  const Plan plan = Store().plan(file.in);
  EXPECT_TRUE(has_code(plan, "org.import_two_classes"));
  EXPECT_EQ(plan.memberships[0].verdict, Verdict::fresh);
  EXPECT_EQ(plan.memberships[1].verdict, Verdict::refused);
  // The same class twice is no contradiction.
  file.in.memberships[1].class_index = file.in.memberships[0].class_index;
  EXPECT_TRUE(Store().plan(file.in).faults.empty());
}

TEST(ImportPlan, HoldsARowThatFitsTwo) {
  Store store;
  File before;
  before.add({.name = "李一", .student_no = "G1"});
  before.add({.name = "李一", .student_no = "G2"});
  store.bring(before.in);
  for (PersonRow& row : store.rows.persons) row.blinds = {};
  File after;
  after.add({.name = "李一"});
  const Plan plan = store.bring(after.in);
  EXPECT_EQ(plan.pupils.doubtful, 1);
  EXPECT_EQ(plan.persons[0].candidates.size(), 2U);
  EXPECT_EQ(store.rows.persons.size(), 2U);
  EXPECT_TRUE(store.rows.proposed_merges.empty());
}

TEST(ImportPlan, AsksWhenANumberComesBackWithAnotherNameAndDay) {
  Store store;
  File before;
  before.add({.name = "李一", .student_no = "G1"});
  store.bring(before.in);
  File after;
  after.add({.name = "赵六", .student_no = "G1", .birth_day = "2016-01-01"});
  const Plan plan = store.bring(after.in);
  EXPECT_TRUE(has_code(plan, "org.import_other_person"));
  EXPECT_EQ(store.id_of("赵六"), 0);
  EXPECT_TRUE(plan.leaving.empty());
}

TEST(ImportPlan, RefusesNumbersOfTwoPupilsInOneRow) {
  Store store;
  File before;
  before.add({.name = "李一", .student_no = "G1", .id_number = "I1"});
  before.add({.name = "李二", .student_no = "G2", .id_number = "I2"});
  store.bring(before.in);
  File after;
  after.add({.name = "李一", .student_no = "G1", .id_number = "I2"});
  EXPECT_TRUE(has_code(store.plan(after.in), "org.import_numbers_disagree"));
}

TEST(ImportPlan, RefusesTheSamePupilTwice) {
  File file;
  file.add({.name = "李一", .student_no = "G1"});
  file.add({.name = "李二", .student_no = "G1"});
  file.add({.name = "李三"});
  file.add({.name = "李三"});
  Store store;
  const Plan plan = store.plan(file.in);
  EXPECT_EQ(plan.count(Severity::error), 2U);
  EXPECT_EQ(plan.faults[0].message, "学籍号与名册 第2行重复");
  EXPECT_EQ(plan.pupils.refused, 2);
}

TEST(ImportPlan, ProposesLeaversOfTheClassesInTheFileOnly) {
  Store store;
  File before;
  before.add({.name = "李一", .student_no = "G1"});
  before.add({.name = "李二", .student_no = "G2"});
  for (int i = 0; i < 8; ++i) {
    before.add(
        {.name = "王" + std::to_string(i), .student_no = "H" + std::to_string(i), .grade = 5});
  }
  store.bring(before.in);
  File after;
  after.add({.name = "李一", .student_no = "G1"});
  const Plan plan = store.bring(after.in);
  ASSERT_EQ(plan.leaving.size(), 1U);
  EXPECT_EQ(plan.leaving[0].name, "李二");
  EXPECT_EQ(plan.leaving[0].class_name, "三年级1班");
  // Proposed, still there, and not proposed again.
  EXPECT_FALSE(store.current("李二").until);
  EXPECT_EQ(store.current("李二").person_id, store.id_of("李二"));
  EXPECT_TRUE(store.plan(after.in).leaving.empty());
  // In a roster again, also of another class, he is missing no more.
  after.add({.name = "李二", .student_no = "G2", .number = 2});
  const Plan back = store.bring(after.in);
  EXPECT_EQ(back.back_again, std::vector<std::int64_t>{store.id_of("李二")});
  EXPECT_TRUE(has_code(back, "org.import_back_again"));
  EXPECT_TRUE(store.rows.proposed_leavers.empty());
  EXPECT_TRUE(store.plan(after.in).is_empty());
}

TEST(ImportPlan, TakesAFileOfMostOfASchoolForAllOfIt) {
  Store store;
  File before;
  before.add({.name = "李一", .student_no = "G1"});
  before.add({.name = "李二", .student_no = "G2"});
  before.add({.name = "赵五", .student_no = "G3", .grade = 5});
  store.bring(before.in);
  File after;
  after.add({.name = "李一", .student_no = "G1"});
  after.add({.name = "李二", .student_no = "G2"});
  const Plan plan = store.plan(after.in);
  ASSERT_EQ(plan.leaving.size(), 1U);
  EXPECT_EQ(plan.leaving[0].name, "赵五");
}

TEST(ImportPlan, DoesNotTakeAWrongRowForALeaver) {
  Store store;
  File before;
  before.add({.name = "李一", .student_no = "G1"});
  before.add({.name = "李二", .student_no = "G2"});
  store.bring(before.in);
  File after;
  after.add({.name = "李一", .student_no = "G1"});
  after.in.persons[after.add({.name = "李二"})].bad = true;
  store.options.partial = true;
  EXPECT_TRUE(store.plan(after.in).leaving.empty());
}

TEST(ImportPlan, WarnsOfAgesThatDoNotFitTheGrade) {
  File file;
  file.add({.name = "太小", .birth_day = "2022-01-01"});
  file.add({.name = "正好", .birth_day = "2017-11-01"});
  file.add({.name = "太大", .birth_day = "2012-01-01"});
  const Plan plan = Store().plan(file.in);
  ASSERT_EQ(plan.faults.size(), 2U);
  EXPECT_EQ(plan.faults[0].code, "org.import_age");
  EXPECT_EQ(plan.faults[0].severity, Severity::warning);
  EXPECT_EQ(plan.faults[0].message, "三年级学生4岁，与年级不符");
  EXPECT_EQ(plan.pupils.fresh, 3);
}

TEST(ImportPlan, RefusesAllUnlessPartIsWanted) {
  File file;
  file.add({.name = "李一", .student_no = "G1"});
  const std::size_t wrong = file.add({.name = "李二", .student_no = "G2"});
  file.in.persons[wrong].bad = true;
  file.in.faults.push_back({.place = file.in.persons[wrong].place, .code = "codes.phone"});
  file.add_guardian(wrong, "王芳", "13800000001");
  Store store;
  const Plan plan = store.plan(file.in);
  const auto all = decide_writes(store.rows, file.in, plan, store.options, blind, store.ids);
  ASSERT_FALSE(all.ok());
  EXPECT_EQ(all.error().code, "org.import_has_faults");
  store.options.partial = true;
  store.bring(file.in);
  EXPECT_NE(store.id_of("李一"), 0);
  EXPECT_EQ(store.id_of("李二"), 0);
  EXPECT_EQ(store.id_of("王芳"), 0);
}

TEST(ImportPlan, DropsWhatDependsOnAWrongClass) {
  File file;
  file.add({.name = "李一", .student_no = "G1"});
  file.in.classes[0].bad = true;
  file.in.classes[0].place = {0, 99};
  Store store;
  const Plan plan = store.plan(file.in);
  ASSERT_EQ(plan.faults.size(), 1U);
  EXPECT_EQ(plan.faults[0].code, "org.import_depends");
  EXPECT_EQ(plan.faults[0].expected, "请先改正名册 第99行");
}

TEST(ImportPlan, KeepsAClerkInHisSchool) {
  Store store;
  File before;
  before.add({});
  store.bring(before.in);
  store.options.only_school = store.rows.schools[0].id + 77;
  EXPECT_TRUE(has_code(store.plan(before.in), "org.import_other_school"));
  store.options.only_school = store.rows.schools[0].id;
  EXPECT_TRUE(store.plan(before.in).faults.empty());
}

TEST(ImportPlan, RefusesWhoIsInAnotherSchool) {
  Store store;
  File before;
  before.add({.name = "李一", .student_no = "G1"});
  store.bring(before.in);
  store.rows.persons[0].is_elsewhere = true;
  store.rows.memberships.clear();
  Plan plan = store.plan(before.in);
  EXPECT_TRUE(has_code(plan, "org.import_elsewhere"));
  ASSERT_EQ(plan.met.size(), 1U);
  EXPECT_TRUE(plan.met[0].by_name);
  // Of whoever has the number only, nothing is said of another school; that he met it counts.
  before.in.persons[0].name = "李二";
  plan = store.plan(before.in);
  EXPECT_EQ(codes_of(plan), std::vector<std::string>{"org.import_number_name"});
  ASSERT_EQ(plan.met.size(), 1U);
  EXPECT_FALSE(plan.met[0].by_name);
  EXPECT_EQ(plan.met[0].field, "student_no");
}

// Also beside a number of one's own pupil, or by what a sender is said to call him.
TEST(ImportPlan, CountsEveryWayToMeetAPupilElsewhere) {
  Store store;
  File before;
  before.add({.name = "李一", .student_no = "J1"});
  before.add({.name = "王二", .id_number = "I2"});
  before.in.foreign_source = "sis";
  before.in.persons[1].foreign_id = "p2";
  store.bring(before.in);
  store.rows.persons[1].is_elsewhere = true;
  File beside;
  beside.add({.name = "李一", .student_no = "J1", .id_number = "I2"});
  EXPECT_EQ(store.plan(beside.in).met.size(), 1U);
  File named;
  named.add({.name = "赵三"});
  named.in.foreign_source = "sis";
  named.in.persons[0].foreign_id = "p2";
  EXPECT_EQ(store.plan(named.in).met.size(), 1U);
  File own;
  own.add({.name = "李一", .student_no = "J1"});
  EXPECT_TRUE(store.plan(own.in).met.empty());
  EXPECT_FALSE(store.plan(own.in).has_unknown);
  own.add({.name = "孙四", .student_no = "J9"});
  EXPECT_TRUE(store.plan(own.in).met.empty());
  EXPECT_TRUE(store.plan(own.in).has_unknown);
}

// A child of that name and birth date at another school: held, with a number or without.
TEST(ImportPlan, HoldsWhoMayHaveComeFromAnotherSchool) {
  for (const bool has_number : {false, true}) {
    Store store;
    File before;
    before.add({.name = "李一"});
    before.add({.name = "王二", .student_no = "J2"});
    store.bring(before.in);
    File after;
    after.in.schools[0].name = "石榴小学";
    after.add({.name = "李一", .id_number = has_number ? "I1" : ""});
    Plan plan = store.bring(after.in);
    EXPECT_EQ(plan.pupils.doubtful, 1);
    EXPECT_TRUE(has_code(plan, "org.import_maybe_moved"));
    ASSERT_EQ(plan.persons[0].candidates.size(), 1U);
    EXPECT_EQ(store.rows.persons.size(), 2U);
    // Chosen, he has moved.
    Store other;
    other.rows = store.rows;
    other.options.choices = {{0, store.id_of("李一")}};
    plan = other.bring(after.in);
    EXPECT_EQ(other.rows.persons.size(), 2U);
    EXPECT_EQ(other.rows.memberships[0].ended, "moved_school");
    EXPECT_EQ(other.current("李一").school_id, other.rows.schools[1].id);
    // Of a pupil elsewhere a school's clerk is given nothing to choose but that it is another one.
    store.rows.persons[0].is_elsewhere = true;
    plan = store.bring(after.in);
    EXPECT_EQ(plan.pupils.doubtful, 1);
    EXPECT_TRUE(plan.persons[0].candidates.empty());
    ASSERT_EQ(plan.met.size(), 1U);
    EXPECT_EQ(store.rows.persons.size(), 2U);
    store.options.choices = {{0, 0}};
    store.bring(after.in);
    EXPECT_EQ(store.rows.persons.size(), 3U);
  }
  // Two ID numbers are two children.
  Store store;
  File before;
  before.add({.name = "李一", .id_number = "I1"});
  store.bring(before.in);
  File after;
  after.in.schools[0].name = "石榴小学";
  after.add({.name = "李一", .id_number = "I2"});
  EXPECT_EQ(store.plan(after.in).pupils.fresh, 1);
}

// A number that went to another school's row first leaves no child of this one behind.
TEST(ImportPlan, RefusesANumberWhoseChildIsHereWithoutIt) {
  Store store;
  File here;
  here.add({.name = "李一"});
  store.bring(here.in);
  File there;
  there.in.schools[0].name = "石榴小学";
  there.add({.name = "李一", .id_number = "I1"});
  store.options.choices = {{0, 0}};
  store.bring(there.in);
  store.options.choices.clear();
  ASSERT_EQ(store.rows.persons.size(), 2U);
  here.in.persons[0].secrets[index_of(Secret::id_number)] = "I1";
  Plan plan = store.plan(here.in);
  EXPECT_TRUE(has_code(plan, "org.import_numbers_disagree"));
  EXPECT_TRUE(plan.leaving.empty());
  store.rows.persons[1].is_elsewhere = true;
  plan = store.plan(here.in);
  EXPECT_TRUE(has_code(plan, "org.import_elsewhere"));
  EXPECT_TRUE(plan.leaving.empty());
}

// Whoever changes an officer's telephone could be called in his name.
TEST(ImportPlan, ChangesNothingOfAnOfficer) {
  Store store;
  File file;
  const std::size_t child = file.add({.name = "李一", .student_no = "J1"});
  file.add_guardian(child, "王芳", "13800000001");
  store.bring(file.in);
  file.in.persons[1].secrets[index_of(Secret::phone)] = "13900000009";
  EXPECT_EQ(store.plan(file.in).persons[1].verdict, Verdict::changed);
  store.rows.officers = {{store.id_of("王芳"), std::nullopt}};
  const Plan plan = store.bring(file.in);
  EXPECT_TRUE(has_code(plan, "org.import_officer"));
  EXPECT_EQ(plan.persons[1].verdict, Verdict::unchanged);
  EXPECT_TRUE(plan.is_empty());
  store.rows.officers = {{store.id_of("王芳"), kToday}};
  EXPECT_EQ(store.plan(file.in).persons[1].verdict, Verdict::changed);
}

TEST(ImportPlan, AddsNoGuardianWhereAChildIsProtected) {
  Store store;
  File before;
  before.add({.name = "李一", .student_no = "G1"});
  store.bring(before.in);
  store.rows.persons[0].is_protected = true;
  File after;
  after.add_guardian(after.add({.name = "李一", .student_no = "G1"}), "王芳", "13800000001");
  const Plan plan = store.bring(after.in);
  EXPECT_TRUE(has_code(plan, "org.import_protected"));
  EXPECT_EQ(store.id_of("王芳"), 0);
}

TEST(ImportPlan, KnowsASiblingsMotherByNameAndPhone) {
  Store store;
  File before;
  before.add_guardian(before.add({.name = "李一", .student_no = "G1"}), "王芳", "13800000001");
  store.bring(before.in);
  File after;
  after.add_guardian(after.add({.name = "李二", .student_no = "G2", .grade = 5}), "王芳",
                     "13800000001");
  store.bring(after.in);
  ASSERT_EQ(store.rows.guardianships.size(), 2U);
  EXPECT_EQ(store.rows.guardianships[0].guardian_id, store.rows.guardianships[1].guardian_id);
}

TEST(ImportPlan, CorrectsTheNameOfAGuardianWithTheSameTelephone) {
  Store store;
  File before;
  const std::size_t first = before.add({.name = "李一", .student_no = "J1"});
  before.add_guardian(first, "王方", "13800000001");
  store.bring(before.in);
  File after;
  after.add_guardian(after.add({.name = "李一", .student_no = "J1"}), "王芳", "13800000001");
  Plan plan = store.plan(after.in);
  EXPECT_EQ(plan.guardians.changed, 1);
  EXPECT_EQ(plan.guardians.fresh, 0);
  // Beside the one who is known he is another person; so is who comes to a protected pupil.
  File both;
  const std::size_t child = both.add({.name = "李一", .student_no = "J1"});
  both.add_guardian(child, "王芳", "13800000001");
  both.add_guardian(child, "王方", "13800000001");
  EXPECT_EQ(store.plan(both.in).guardians.fresh, 1);
  for (PersonRow& row : store.rows.persons) row.is_protected = row.is_pupil;
  EXPECT_TRUE(has_code(store.plan(after.in), "org.import_protected"));
  for (PersonRow& row : store.rows.persons) row.is_protected = false;
  store.bring(after.in);
  EXPECT_EQ(store.rows.guardianships.size(), 1U);
  EXPECT_EQ(store.id_of("王方"), 0);
}

// What is stored as it is typed holds no number of a person, whatever format it came in.
TEST(ImportPlan, LetsNoNumberLieOpen) {
  const std::string number = "G430111201705010117";
  const auto refused = [&](const auto& spoil) {
    File file;
    const std::size_t child = file.add({.name = "李一"});
    InPerson teacher;
    teacher.name = "王老师";
    InStaff post;
    post.person = file.in.persons.size();
    post.school = 0;
    post.post = "teacher";
    InTeaching teaching;
    teaching.person = post.person;
    teaching.part = "subject";
    file.in.persons.push_back(teacher);
    file.in.staff.push_back(post);
    file.in.teachings.push_back(teaching);
    EXPECT_TRUE(Store().plan(file.in).faults.empty());
    spoil(file.in, child);
    return has_code(Store().plan(file.in), "org.import_number_here");
  };
  using In = Incoming;
  EXPECT_TRUE(refused([&](In& in, std::size_t child) { in.persons[child].local_no = number; }));
  EXPECT_TRUE(refused([&](In& in, std::size_t child) { in.persons[child].name = number; }));
  EXPECT_TRUE(refused([&](In& in, std::size_t) { in.persons[1].name = number; }));
  EXPECT_TRUE(refused([&](In& in, std::size_t) { in.schools[0].name = number; }));
  EXPECT_TRUE(refused([&](In& in, std::size_t) { in.schools[0].street_name = number; }));
  EXPECT_TRUE(refused([&](In& in, std::size_t) { in.classes[0].name = number; }));
  EXPECT_TRUE(refused([&](In& in, std::size_t) { in.staff[0].staff_no = number; }));
  EXPECT_TRUE(refused([&](In& in, std::size_t) { in.teachings[0].subject = number; }));
}

TEST(ImportPlan, NumbersGuardiansInTheirOrder) {
  File file;
  const std::size_t child = file.add({.name = "李一", .student_no = "G1"});
  file.add_guardian(child, "王芳", "13800000001");
  file.add_guardian(child, "李强", "13800000002");
  Store store;
  store.bring(file.in);
  EXPECT_EQ(store.rows.guardianships[0].position, 1);
  EXPECT_EQ(store.rows.guardianships[1].position, 2);
}

TEST(ImportPlan, NeverErasesWithAnEmptyCell) {
  Store store;
  File before;
  before.add({.name = "李一", .student_no = "G1", .id_number = "I1"});
  store.bring(before.in);
  File after;
  after.add({.name = "李一", .student_no = "G1", .birth_day = ""});
  EXPECT_TRUE(store.plan(after.in).is_empty());
  EXPECT_EQ(store.rows.persons[0].birth_day, day("2017-11-02"));
}

TEST(ImportSentence, SaysWhereWhatAndWhatWouldBeRight) {
  const std::vector<Source> sources = {{"名册", {}, 1}};
  const Fault fault{.place = {0, 7},
                    .title = "身份证号",
                    .value = "43",
                    .message = "校验码不对",
                    .expected = "末位应为X"};
  EXPECT_EQ(sentence(fault, sources), "名册 第7行“身份证号”：“43”校验码不对，末位应为X");
}

// What a plan would write, for the report of a failure.
std::string news_of(const Plan& plan, const Incoming& in) {
  std::string news;
  for (std::size_t i = 0; i < in.persons.size(); ++i) {
    const Outcome& outcome = plan.persons[i];
    news += std::string(name_of(outcome.verdict)) + " " + in.persons[i].name + "\n";
    for (const FieldChange& change : outcome.changes) news += "  " + change.field + "\n";
  }
  for (const Outcome& outcome : plan.memberships) {
    news += "membership " + std::string(name_of(outcome.verdict)) + "\n";
  }
  for (std::size_t i = 0; i < in.guardianships.size(); ++i) {
    const InGuardianship& link = in.guardianships[i];
    news += "guardianship " + std::string(name_of(plan.guardianships[i].verdict)) + " of " +
            std::to_string(plan.persons[link.pupil].id) + " by " +
            std::to_string(plan.persons[link.guardian].id) + " " +
            in.persons[link.guardian].secrets[index_of(Secret::phone)] + "\n";
  }
  for (const Leaving& leaving : plan.leaving) news += "leaving " + leaving.name + "\n";
  return news;
}

// Files one after the other, made of few names, numbers and classes so that they collide.
Incoming any_file() {
  File file;
  const int count = *rc::gen::inRange(0, 12);
  for (int i = 0; i < count; ++i) {
    const auto pick = [](std::vector<std::string> from) { return *rc::gen::elementOf(from); };
    const std::size_t pupil = file.add({
        .name = pick({"李一", "李二", "李三"}),
        .student_no = pick({"", "", "G1", "G2", "G3", "G4"}),
        .id_number = pick({"", "", "I1", "I2", "I3"}),
        .birth_day = pick({"", "2017-11-02", "2017-12-03"}),
        .grade = *rc::gen::inRange(3, 5),
        .number = *rc::gen::inRange(1, 3),
        .sex = *rc::gen::inRange(0, 3),
    });
    if (*rc::gen::arbitrary<bool>()) {
      file.add_guardian(pupil, pick({"王芳", "李强"}), pick({"", "13800000001", "13800000002"}));
    }
    if (*rc::gen::inRange(0, 8) == 0) file.in.persons[pupil].bad = true;
  }
  return file.in;
}

// Numbers one row too low: every child has the number of the one before him.
TEST(ImportPlan, NumbersThatSlippedIntoTheNextRowRenameNobody) {
  const std::vector<std::string> names = {"林一", "林二", "林三", "林四", "林五", "林六"};
  Store store;
  File before;
  File slipped;
  for (std::size_t i = 0; i + 1 < names.size(); ++i) {
    const std::string number = "I" + std::to_string(i + 1);
    before.add({.name = names[i], .id_number = number});
    slipped.add({.name = names[i + 1], .id_number = number});
  }
  store.bring(before.in);
  const Plan plan = store.bring(slipped.in);
  EXPECT_EQ(plan.pupils.doubtful, 5);
  EXPECT_EQ(plan.pupils.changed, 0);
  File corrected;
  corrected.add({.name = "林壹", .id_number = "I1"});
  EXPECT_TRUE(has_code(store.bring(corrected.in), "org.import_renamed"));
  File other;
  other.add({.name = "完全他", .id_number = "I2"});
  EXPECT_TRUE(has_code(store.bring(other.in), "org.import_other_person"));
}

TEST(ImportPlan, ComparedAgainWithWhatItMadeIsEmpty) {
  EXPECT_TRUE(rc::check([] {
    Store store;
    store.options.partial = true;
    for (int file = 0; file < 3; ++file) {
      const Incoming in = any_file();
      Plan again = store.bring(in);
      // A row refused because of a number that another row of the file changes may be right the
      // next time; without such rows the second time is the last.
      const bool is_clean = again.count(Severity::error) == 0;
      again = store.bring(in);
      if (is_clean && !again.is_empty()) RC_FAIL(news_of(again, in));
      for (int run = 0; run < 3 && !again.is_empty(); ++run) again = store.bring(in);
      if (!again.is_empty()) RC_FAIL(news_of(again, in));
      // At most one membership of each lasts, and every row points at rows that exist.
      std::vector<std::int64_t> lasting;
      for (const MembershipRow& row : store.rows.memberships) {
        if (!row.until) lasting.push_back(row.person_id);
      }
      std::sort(lasting.begin(), lasting.end());
      RC_ASSERT(std::adjacent_find(lasting.begin(), lasting.end()) == lasting.end());
      // Two of one number are never made.
      std::vector<std::string> numbers;
      for (const PersonRow& row : store.rows.persons) {
        const std::string& number = row.blinds[index_of(Secret::student_no)];
        if (!number.empty()) numbers.push_back(number);
      }
      std::sort(numbers.begin(), numbers.end());
      RC_ASSERT(std::adjacent_find(numbers.begin(), numbers.end()) == numbers.end());
    }
  }));
}

}  // namespace
