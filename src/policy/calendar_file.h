#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/time/calendar.h"

#include "policy/pack.h"

namespace sj::policy {

/// Files below this are calendars and no rules.
inline constexpr std::string_view kCalendarFolder = "calendars/";

/// The notices of the country among the files of a pack: calendars/national/2026.json, one a year.
/// `documents`: of sources.json.
/// Fails: policy.bad_pack (invalid), with `file:line: place: reason`.
[[nodiscard]] Result<std::vector<NationalYear>> read_calendars(
    const std::vector<File>& files, const std::vector<std::string>& documents);

/// Days of one year out of a table with the columns date, type (off, holiday, makeup,
/// makeup_workday), holiday or name, and is_statutory_day or statutory (1, 0); others are passed
/// over.
/// Fails: policy.bad_year (invalid), naming the line · sheet.* what is no table
[[nodiscard]] Result<std::vector<NationalDay>> read_days_csv(std::string_view text);

}  // namespace sj::policy
