#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/sheet/workbook.h"
#include "kernel/time/instant.h"

#include "org/import.h"

/// The roster sheet (学生名册) as schools keep it.
namespace sj::org {

struct RosterContext {
  LocalDay today = LocalDay::first();
  /// Schools a row may belong to. Where a sheet names no school and there is only one, it is that.
  const std::vector<SchoolRow>* schools = nullptr;
  /// Their classes, which tell a class 41 from the first of grade 4; none if not given.
  const std::vector<ClassRow>* classes = nullptr;
  /// Of a school's clerk: rows that name no school are of this one. 0: none.
  std::int64_t own_school = 0;
};

/// Reads every visible sheet that has a title row among its first ten rows.
///
/// Columns come in any order and by many names; those nobody knows are left out and named, and so
/// are hidden rows, which are read. Digits that a spreadsheet lost are never taken without a word.
/// Blank rows, totals, repeated titles and the template's example are skipped and named. Every
/// value is checked by itself and against its neighbours: ID number, birth date and sex, student
/// number. A row with an error stays in as bad, so that its pupil is not taken for one who left. A
/// school nobody knows is proposed as new only where there is none yet or its code is given. Gives:
/// pupils, their guardians (one for all rows with the same name and phone), classes and
///          schools, with every fault found.
/// Limits:  as `read_workbook`; four numbered guardians, a father and a mother a row.
/// Source:  中小学生学籍管理办法（教基一〔2013〕7号）; GB 11643; design.
[[nodiscard]] Incoming read_roster(const sheet::Workbook& workbook, const RosterContext& context);

/// An .xlsx to fill in: lists to choose from, one example row that is recognised and skipped, and a
/// sheet that explains every column. `classes` of `school` are what can be chosen.
[[nodiscard]] Result<std::string> roster_template(const SchoolRow& school,
                                                  const std::vector<ClassRow>& classes,
                                                  LocalDay today,
                                                  Instant created);

}  // namespace sj::org
