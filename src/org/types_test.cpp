#include "org/types.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sj::org {
namespace {

LocalDay day(const char* iso) {
  return LocalDay::parse(iso).value();
}

TEST(Types, school_year_begins_in_august) {
  EXPECT_EQ(2026, school_year_of(day("2026-08-01")));
  EXPECT_EQ(2025, school_year_of(day("2026-07-31")));
  EXPECT_EQ(2026, school_year_of(day("2026-12-31")));
  EXPECT_EQ(2026, school_year_of(day("2027-01-01")));
}

TEST(Types, grade_follows_from_the_year) {
  EXPECT_EQ(1, grade_of(Stage::primary, 2026, 6, 2026));
  EXPECT_EQ(6, grade_of(Stage::primary, 2021, 6, 2026));
  EXPECT_EQ(std::nullopt, grade_of(Stage::primary, 2020, 6, 2026)) << "left in summer";
  EXPECT_EQ(std::nullopt, grade_of(Stage::primary, 2027, 6, 2026)) << "comes next year";
  EXPECT_EQ(7, grade_of(Stage::junior, 2026, 6, 2026));
  EXPECT_EQ(9, grade_of(Stage::junior, 2024, 6, 2026));
  EXPECT_EQ(std::nullopt, grade_of(Stage::junior, 2023, 6, 2026));
  // Five years of primary school, four of junior school.
  EXPECT_EQ(std::nullopt, grade_of(Stage::primary, 2021, 5, 2026));
  EXPECT_EQ(6, grade_of(Stage::junior, 2026, 5, 2026));
  EXPECT_EQ(9, grade_of(Stage::junior, 2023, 5, 2026));
}

RC_GTEST_PROP(Types, a_cohort_is_in_its_grade, ()) {
  const int grade = *rc::gen::inRange(1, 10);
  const int years = *rc::gen::element(5, 6);
  const int year = *rc::gen::inRange(2000, 2060);
  const Cohort cohort = cohort_of(grade, years, year);
  RC_ASSERT(grade_of(cohort.stage, cohort.entry_year, years, year) == grade);
  RC_ASSERT((cohort.stage == Stage::primary) == (grade <= years));
  const auto next = grade_of(cohort.stage, cohort.entry_year, years, year + 1);
  const bool leaves = grade == years || grade == 9;
  RC_ASSERT((leaves ? !next.has_value() : next == grade + 1));
}

TEST(Types, class_names) {
  EXPECT_EQ("三年级2班", class_name(3, 2024, 2, ""));
  EXPECT_EQ("2019级2班", class_name(std::nullopt, 2019, 2, ""));
  EXPECT_EQ("向日葵班", class_name(3, 2024, 2, "向日葵班"));
}

TEST(Types, stages_are_spelt_one_way) {
  EXPECT_EQ(Stage::junior, stage_of(name_of(Stage::junior)));
  EXPECT_EQ(Stage::primary, stage_of(name_of(Stage::primary)));
  EXPECT_EQ(std::nullopt, stage_of("senior"));
}

}  // namespace
}  // namespace sj::org
