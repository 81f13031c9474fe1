#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/auth/access.h"
#include "kernel/base/id.h"
#include "kernel/time/local_day.h"

namespace sj::org {

struct AreaTag;
struct SchoolTag;
struct ClassTag;
struct PersonTag;
using AreaId = Id<AreaTag>;      // 区县
using SchoolId = Id<SchoolTag>;  // 学校
using ClassId = Id<ClassTag>;    // 班级
using PersonId = Id<PersonTag>;  // 人：学生、监护人、教职工

/// Part of compulsory education (学段). Stored and sent as spelt here, as every enum of this room.
enum class Stage : unsigned char { primary, junior };
[[nodiscard]] std::string_view name_of(Stage stage);
[[nodiscard]] std::optional<Stage> stage_of(std::string_view name);

/// The school year (学年) a day lies in, by the year in which it begins: from 1 August on, so that
/// rosters prepared in summer speak of the coming year.
[[nodiscard]] int school_year_of(LocalDay day);

/// The grade (年级), 1..9, of a class of that stage that began in `entry_year`, in `school_year`.
/// Nothing when it has not begun or has left: `primary_years` 5 or 6, junior school the rest of 9.
[[nodiscard]] std::optional<int> grade_of(Stage stage,
                                          int entry_year,
                                          int primary_years,
                                          int school_year);
/// The stage and entry year of a class that is in `grade` in `school_year`; `grade` 1..9 (checked).
struct Cohort {
  Stage stage = Stage::primary;
  int entry_year = 0;
};
[[nodiscard]] Cohort cohort_of(int grade, int primary_years, int school_year);

/// 一年级..九年级; `grade` 1..9 (checked).
[[nodiscard]] std::string_view grade_name(int grade);
/// "三年级2班", or the class's own name if it has one; "2019级2班" when it has left.
[[nodiscard]] std::string class_name(std::optional<int> grade,
                                     int entry_year,
                                     std::int64_t number,
                                     std::string_view own_name);

}  // namespace sj::org
