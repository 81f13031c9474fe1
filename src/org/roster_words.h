#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "kernel/time/local_day.h"

/// How schools spell what stands in a roster: column titles, grades, classes, yes and no.
namespace sj::org {

enum class RosterField : unsigned char {
  ignored,  // known and of no use: 序号
  school,
  school_code,
  grade,
  entry_year,
  class_name,
  name,
  sex,
  birth_day,
  id_type,
  id_number,
  student_no,
  ethnic,
  local_no,
  left_behind,
  hardship,
  address,
  guardian_name,
  guardian_relation,
  guardian_phone,
  guardian_collects,
};

/// A column's meaning. Guardians: `slot` 0 whoever is meant where no number is said, 1..4 by
/// number, 5 the father, 6 the mother.
struct RosterColumn {
  RosterField field = RosterField::ignored;
  std::size_t slot = 0;

  friend bool operator==(const RosterColumn&, const RosterColumn&) = default;
};
inline constexpr std::size_t kGuardianSlots = 7;
inline constexpr std::size_t kFatherSlot = 5;
inline constexpr std::size_t kMotherSlot = 6;

/// `birth_day`, `guardian2.phone`: what Source::Column::field says.
[[nodiscard]] std::string name_of(const RosterColumn& column);

/// The meaning of a title, whatever its blanks, stars and remarks in brackets.
[[nodiscard]] std::optional<RosterColumn> read_title(std::string_view title);
/// A known title that differs in one character; empty if there is none.
[[nodiscard]] std::string similar_title(std::string_view title);

/// What a grade or a class says of itself: 三年级, 初一, 2024级, 三（2）班, 三二班, 302班, 3.2,
/// 二班.
struct SpeltClass {
  std::optional<int> grade{};       // 1..9 as spelt; of 初一 the year within junior school
  bool is_junior = false;           // 初…
  std::optional<int> entry_year{};  // 2024级
  std::optional<int> number{};      // of the class
  bool may_be_two = false;          // 41班: the 41st, or the first of grade 4
};
/// Nothing if it cannot be read.
[[nodiscard]] std::optional<SpeltClass> read_grade(std::string_view text);
[[nodiscard]] std::optional<SpeltClass> read_class(std::string_view text);

/// The year of 2023, 2023年, 2023级, 202309, 2023-09-01.
[[nodiscard]] std::optional<int> read_entry_year(std::string_view text);

/// Which class 41班 is in a grade: the number itself, or its last digit behind that of the grade.
/// `others` are all such numbers of the grade in the file. Nothing if it may be either: the 11th
/// class of grade 1 is as likely as the first.
[[nodiscard]] std::optional<int> settle_class(int number, int grade, const std::set<int>& others);

/// 2017-05, 201705, 2017年5月: its first day.
[[nodiscard]] std::optional<LocalDay> read_month(std::string_view text);

/// 无, 暂无, 不详, 已故, 未上户口, 保密 …, or lines only: says that there is nothing to say.
[[nodiscard]] bool is_none(std::string_view text);

/// 是, √, Y, 1 … or 否, ×, N, 0 …
[[nodiscard]] std::optional<bool> read_yes(std::string_view text);

/// father | mother | grandfather | grandmother | other; empty if it is no word for a relation.
[[nodiscard]] std::string_view read_relation(std::string_view text);

/// 同上, 〃 …: the value of another row, which only its writer knows for certain.
[[nodiscard]] bool is_ditto(std::string_view text);

/// 年級 as 年级, 漢族 as 汉族: traditional characters in the words that are known here. Not for
/// names.
[[nodiscard]] std::string simplified(std::string_view text);

/// 合计, 填表人 …: what stands below a table and is no pupil.
[[nodiscard]] bool is_below_table(std::string_view text);

}  // namespace sj::org
