#include "org/sheet.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "kernel/sheet/export.h"
#include "kernel/text/text.h"
#include "kernel/time/local_day.h"

namespace sj::org {
namespace {

constexpr std::size_t kWordMax = 30;
constexpr std::size_t kNameMax = 60;    // code points
constexpr std::size_t kTabMax = 31;     // of a spreadsheet's tab
constexpr std::size_t kDigitsMax = 15;  // a spreadsheet rounds numbers that are longer
constexpr std::size_t kWidthMin = 8;
constexpr std::size_t kWidthMax = 48;

Error refuse(const std::string& why) {
  return Error{ErrorKind::invalid, "org.bad_sheet", why};
}

Result<void> check(const ShownTable& table) {
  const bool is_word =
      !table.table.empty() && table.table.size() <= kWordMax &&
      table.table.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string::npos;
  if (!is_word) return refuse("table: a word of a to z and _");
  const std::size_t length = text::count_code_points(table.name);
  if (length == 0 || length > kNameMax) return refuse("name: 1 to 60 characters");
  if (table.columns.empty() || table.columns.size() > kShownColumnsMax) {
    return refuse("columns: 1 to " + std::to_string(kShownColumnsMax));
  }
  if (table.rows.size() > kShownRowsMax) {
    return refuse("rows: at most " + std::to_string(kShownRowsMax));
  }
  const auto is_long = [&](const auto& row) { return row.size() > table.columns.size(); };
  if (std::any_of(table.rows.begin(), table.rows.end(), is_long)) {
    return refuse("rows: one has more cells than there are columns");
  }
  return {};
}

// A name without `forbidden`, not longer than `most` code points, never empty.
std::string clean_name(std::string_view name, std::string_view forbidden, std::size_t most) {
  std::string clean;
  std::size_t points = 0;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || forbidden.find(c) != std::string_view::npos) continue;
    if ((byte & 0xC0U) != 0x80U && ++points > most) break;
    clean += c;
  }
  return clean.empty() ? "表" : clean;
}

std::optional<std::int64_t> number_in(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c != ',') digits += c;  // as pages write thousands
  }
  std::int64_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, problem] = std::from_chars(digits.data(), end, number);
  if (digits.empty() || digits.size() > kDigitsMax || problem != std::errc() || stop != end) {
    return std::nullopt;
  }
  return number;
}

sheet::Value value_of(const std::string& text, bool numeric) {
  if (text.empty()) return {};
  if (numeric) {
    const auto number = number_in(text);
    if (number) return *number;
  } else if (text.size() == std::string_view("2026-10-12").size()) {
    const auto day = LocalDay::parse(text);
    if (day.ok()) return day.value();
  }
  return text;
}

std::vector<sheet::OutCell> cells_of(const ShownTable& table, const std::vector<std::string>& row) {
  std::vector<sheet::OutCell> cells(table.columns.size());
  for (std::size_t i = 0; i < row.size(); ++i) {
    cells[i].value = value_of(row[i], table.columns[i].numeric);
  }
  return cells;
}

// Wide enough for what stands in the column: a Chinese character is two digits wide.
int width_of(const ShownTable& table, std::size_t column) {
  const auto width = [](const std::string& text) {
    return std::min(text.size(), 2 * text::count_code_points(text));
  };
  std::size_t widest = width(table.columns[column].title) + 2;
  for (const auto& row : table.rows) {
    if (column < row.size()) widest = std::max(widest, width(row[column]));
  }
  return static_cast<int>(std::clamp(widest + 1, kWidthMin, kWidthMax));
}

}  // namespace

std::string_view name_of(SheetFormat format) {
  return format == SheetFormat::csv ? "csv" : "xlsx";
}

Result<std::string> write_shown(const ShownTable& table, Instant now) {
  SJ_TRY(check(table));
  if (table.format == SheetFormat::csv) {
    sheet::CsvWriter writer(sheet::CsvOptions{.for_people = true});
    std::vector<std::string> titles;
    titles.reserve(table.columns.size());
    for (const ShownTable::Column& column : table.columns) titles.push_back(column.title);
    writer.add_row(titles);
    for (const auto& row : table.rows) writer.add_row(cells_of(table, row));
    return writer.finish();
  }
  sheet::XlsxWriter writer(now);
  sheet::SheetPlan plan;
  plan.name = clean_name(table.name, "[]:*?/\\'", kTabMax);
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    sheet::OutColumn column;
    column.title = table.columns[i].title;
    column.width = width_of(table, i);
    plan.columns.push_back(std::move(column));
  }
  SJ_TRY(writer.add_sheet(plan));
  for (const auto& row : table.rows) SJ_TRY(writer.add_row(cells_of(table, row)));
  return writer.finish();
}

std::string file_name_of(const ShownTable& table) {
  return clean_name(table.name, "/\\:*?\"<>|", kNameMax) + "." + std::string(name_of(table.format));
}

}  // namespace sj::org
