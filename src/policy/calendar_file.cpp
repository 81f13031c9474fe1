#include "policy/calendar_file.h"

#include <algorithm>
#include <map>
#include <optional>

#include "kernel/json/json.h"
#include "kernel/sheet/readers.h"
#include "kernel/text/free_text.h"
#include "kernel/text/text.h"

#include "policy/calendar.h"
#include "policy/line_of.h"

namespace sj::policy {

namespace {

struct DayFile {
  json::Day day;
  std::string kind;
  std::string name;
  std::optional<bool> statutory;
};
BOOST_DESCRIBE_STRUCT(DayFile, (), (day, kind, name, statutory))
struct NoticeFile {
  std::string doc;
  std::string title;
  std::string number;
  std::string url;
};
BOOST_DESCRIBE_STRUCT(NoticeFile, (), (doc, title, number, url))
struct YearFile {
  std::int64_t year = 0;
  json::Day announced;
  NoticeFile source;
  std::vector<DayFile> days;
};
BOOST_DESCRIBE_STRUCT(YearFile, (), (year, announced, source, days))

Error bad_file(const File& file, std::size_t line, const std::string& why) {
  return {ErrorKind::invalid, "policy.bad_pack",
          file.path + ":" + std::to_string(line) + ": " + why};
}

Result<NationalYear> read_file(const File& file, const std::vector<std::string>& documents) {
  const auto read = json::read<YearFile>(file.text, json::kFileLimits);
  if (!read.ok()) {
    const Error& error = read.error();
    if (error.code == "json.syntax") {
      // "line 3, column 5: …" becomes the line of the message.
      const std::size_t colon = error.detail.find(": ");
      const std::string line = error.detail.substr(5, error.detail.find(',') - 5);
      return Error{ErrorKind::invalid, "policy.bad_pack",
                   file.path + ":" + line + ": " + error.detail.substr(colon + 2)};
    }
    const std::string place = error.fields.empty() ? "" : error.fields.front().field;
    return bad_file(file, line_of(file.text, place), error.detail);
  }
  const YearFile& from = read.value();
  if (std::find(documents.begin(), documents.end(), from.source.doc) == documents.end()) {
    return bad_file(file, line_of(file.text, "source.doc"),
                    "source.doc: sources.json has no document " + from.source.doc);
  }
  NationalYear year;
  year.year = static_cast<int>(std::clamp<std::int64_t>(from.year, 0, 10'000));
  year.announced = from.announced.value;
  year.source = from.source.title + "（" + from.source.number + "）";
  for (std::size_t i = 0; i < from.days.size(); ++i) {
    const DayFile& day = from.days[i];
    const auto kind = find_national_kind(day.kind);
    if (!kind) {
      const std::string place = "days[" + std::to_string(i) + "].kind";
      return bad_file(file, line_of(file.text, place), place + ": is none of: holiday, makeup");
    }
    year.days.push_back({day.day.value, *kind, day.name, day.statutory.value_or(false)});
  }
  for (const FieldError& fault : faults_of(year)) {
    return bad_file(file, line_of(file.text, fault.field), fault.field + ": " + fault.value);
  }
  return year;
}

Error bad_row(std::uint32_t row, const std::string& why) {
  return {ErrorKind::invalid,
          "policy.bad_year",
          "line " + std::to_string(row) + ": " + why,
          {{"csv", "policy.bad_year", "line " + std::to_string(row) + ": " + why}}};
}

}  // namespace

Result<std::vector<NationalYear>> read_calendars(const std::vector<File>& files,
                                                 const std::vector<std::string>& documents) {
  std::vector<NationalYear> years;
  std::map<int, std::string> seen;
  for (const File& file : files) {
    if (!file.path.starts_with(kCalendarFolder)) continue;
    NationalYear year = SJ_TRY(read_file(file, documents));
    const auto [same, is_new] = seen.emplace(year.year, file.path);
    if (!is_new) {
      return bad_file(file, line_of(file.text, "year"),
                      "year: " + std::to_string(year.year) + " also stands in " + same->second);
    }
    years.push_back(std::move(year));
  }
  return years;
}

Result<std::vector<NationalDay>> read_days_csv(std::string_view text) {
  constexpr std::size_t kNameMax = 80;  // characters
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const auto book = SJ_TRY(sheet::read_csv(text, "csv", sheet::Limits{}));
  const sheet::Sheet& table = book.sheets.front();
  std::map<std::string, std::uint32_t, std::less<>> columns;
  const auto column = [&](std::string_view name, std::string_view other) -> std::uint32_t {
    auto found = columns.find(name);
    if (found == columns.end()) found = columns.find(other);
    return found == columns.end() ? 0 : found->second;
  };
  std::vector<NationalDay> days;
  for (std::size_t i = 0; i < table.row_count(); ++i) {
    const sheet::Row row = table.row(i);
    if (columns.empty()) {
      for (std::uint32_t at = 1; at <= row.last_column(); ++at) {
        const std::string_view title = SJ_TRY(table.text_at(row, at));
        columns.emplace(std::string(title), at);
      }
      if (column("date", "day") == 0 || column("type", "kind") == 0 ||
          column("holiday", "name") == 0) {
        return bad_row(row.number(), "the columns date, type and holiday are wanted");
      }
      continue;
    }
    const std::string_view date = SJ_TRY(table.text_at(row, column("date", "day")));
    const std::string_view type = SJ_TRY(table.text_at(row, column("type", "kind")));
    const std::string_view name = SJ_TRY(table.text_at(row, column("holiday", "name")));
    const std::uint32_t flag_column = column("is_statutory_day", "statutory");
    std::string_view flag = "0";
    if (flag_column != 0) flag = SJ_TRY(table.text_at(row, flag_column));
    NationalDay day;
    const auto read = parse_day_loose(date);
    if (!read.ok()) return bad_row(row.number(), "no day: " + std::string(date));
    day.day = read.value();
    if (type == "makeup_workday" || type == "makeup") {
      day.kind = NationalKind::makeup;
    } else if (type != "off" && type != "holiday") {
      return bad_row(row.number(), "type is none of: off, holiday, makeup, makeup_workday");
    }
    if (!name.empty()) day.name = SJ_TRY(text::check_free_text(name, kNameMax));
    if (flag != "0" && flag != "1" && !flag.empty()) {
      return bad_row(row.number(), "is_statutory_day is 1 or 0");
    }
    day.statutory = flag == "1";
    days.push_back(std::move(day));
  }
  return days;
}

}  // namespace sj::policy
