#include "org/types.h"

#include <array>

#include "kernel/base/check.h"

namespace sj::org {

std::string_view name_of(Stage stage) {
  return stage == Stage::primary ? "primary" : "junior";
}

std::optional<Stage> stage_of(std::string_view name) {
  if (name == "primary") return Stage::primary;
  if (name == "junior") return Stage::junior;
  return std::nullopt;
}

int school_year_of(LocalDay day) {
  const std::string iso = day.to_iso();
  const int year = std::stoi(iso.substr(0, 4));
  return iso.substr(5, 2) >= "08" ? year : year - 1;
}

std::optional<int> grade_of(Stage stage, int entry_year, int primary_years, int school_year) {
  const int year_of_stage = school_year - entry_year + 1;
  const int years = stage == Stage::primary ? primary_years : 9 - primary_years;
  if (year_of_stage < 1 || year_of_stage > years) return std::nullopt;
  return stage == Stage::primary ? year_of_stage : primary_years + year_of_stage;
}

Cohort cohort_of(int grade, int primary_years, int school_year) {
  SJ_CHECK(grade >= 1);
  SJ_CHECK(grade <= 9);
  if (grade <= primary_years) return {Stage::primary, school_year - grade + 1};
  return {Stage::junior, school_year - (grade - primary_years) + 1};
}

std::string_view grade_name(int grade) {
  static constexpr std::array<std::string_view, 9> kNames = {
      "一年级", "二年级", "三年级", "四年级", "五年级", "六年级", "七年级", "八年级", "九年级"};
  SJ_CHECK(grade >= 1);
  SJ_CHECK(grade <= 9);
  return kNames.at(static_cast<std::size_t>(grade - 1));
}

std::string class_name(std::optional<int> grade,
                       int entry_year,
                       std::int64_t number,
                       std::string_view own_name) {
  if (!own_name.empty()) return std::string(own_name);
  const std::string number_text = std::to_string(number) + "班";
  if (grade) return std::string(grade_name(*grade)) + number_text;
  return std::to_string(entry_year) + "级" + number_text;
}

}  // namespace sj::org
