#include "org/oneroster.h"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "kernel/codes/clean.h"
#include "kernel/codes/id_card_no.h"
#include "kernel/codes/institution_codes.h"
#include "kernel/codes/person_codes.h"
#include "kernel/codes/phone_no.h"
#include "kernel/codes/student_code.h"
#include "kernel/sheet/workbook.h"
#include "kernel/text/free_text.h"
#include "kernel/text/person_name.h"
#include "kernel/text/text.h"
#include "kernel/text/unicode.h"

#include "org/oneroster_spec.h"
#include "org/roster_words.h"
#include "org/words.h"

namespace sj::org {
namespace {

using oneroster::ColumnSpec;
using oneroster::kOwn;
using oneroster::TableKind;
using oneroster::TableSpec;

// In characters. Longer ones are a column that slipped, or meant to hurt.
constexpr std::size_t kIdMax = 255;
constexpr std::size_t kTitleMax = 60;
constexpr std::size_t kNumberMax = 40;
constexpr std::int64_t kOldestPupilDays = 10'980;  // as in a roster

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::string base_name(std::string_view path) {
  const std::size_t slash = path.find_last_of('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

std::vector<std::string> split(std::string_view text, char mark) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t at = text.find(mark);
    const std::string_view part = text::trim(text.substr(0, at));
    if (!part.empty()) parts.emplace_back(part);
    if (at == std::string_view::npos) break;
    text.remove_prefix(at + 1);
  }
  return parts;
}

// Fields of one guardianship; empty ones count.
std::vector<std::string> fields_of(std::string_view text) {
  std::vector<std::string> fields(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '|') {
      fields.emplace_back();
    } else if (text[i] == '%' && i + 2 < text.size()) {
      const std::string_view code = text.substr(i + 1, 2);
      fields.back() += code == "7C" ? '|' : code == "3B" ? ';' : '%';
      i += 2;
    } else {
      fields.back() += text[i];
    }
  }
  return fields;
}

// What 1/05/2023 may mean, in the only spelling that is taken.
std::string days_meant(std::string_view text) {
  const auto loose = parse_day_loose(text);
  if (loose.ok()) return loose.value().to_iso();
  std::vector<int> numbers;
  std::string digits;
  for (const char c : std::string(text) + "/") {
    if (c >= '0' && c <= '9') {
      digits += c;
    } else if (!digits.empty()) {
      if (digits.size() > 4) return "";
      numbers.push_back(std::stoi(digits));
      digits.clear();
    }
  }
  if (numbers.size() != 3 || numbers[2] < 1900) return "";
  const auto a = LocalDay::create(numbers[2], numbers[1], numbers[0]);
  const auto b = LocalDay::create(numbers[2], numbers[0], numbers[1]);
  std::string meant;
  if (a.ok()) meant = a.value().to_iso();
  if (b.ok() && (!a.ok() || !(a.value() == b.value()))) {
    meant += (meant.empty() ? "" : "或") + b.value().to_iso();
  }
  return meant;
}

struct Line {
  sheet::Row row;
  std::string id;
  bool bad = false;
  bool gone = false;
};

struct Table {
  const TableSpec* spec = nullptr;
  std::uint32_t source = 0;
  bool is_there = false;
  bool is_delta = false;
  std::unordered_map<std::string, std::uint32_t> columns{};
  std::uint32_t width = 0;  // of the header
  std::vector<Line> lines{};
  std::unordered_map<std::string, std::size_t> by_id{};

  [[nodiscard]] std::string get(const Line& line, std::string_view column) const {
    const auto found = columns.find(std::string(column));
    if (found == columns.end()) return "";
    std::string_view text = text::trim(line.row.at(found->second).text);
    // As we write what a spreadsheet would take for a formula.
    if (text.starts_with('\'') && text::starts_formula(text.substr(1))) text.remove_prefix(1);
    // How the standard calls an empty field, and some senders write it out.
    return text == "NULL" ? std::string() : std::string(text);
  }
  [[nodiscard]] std::string own(const Line& line, std::string_view column) const {
    return get(line, std::string(kOwn) + std::string(column));
  }
  [[nodiscard]] const Line* find(const std::string& id) const {
    const auto found = by_id.find(id);
    return found == by_id.end() ? nullptr : &lines[found->second];
  }
};

enum class RoleKind : unsigned char { none, student, guardian, staff };

RoleKind kind_of(std::string_view role) {
  if (role == "student") return RoleKind::student;
  if (role == "guardian" || role == "parent" || role == "relative") return RoleKind::guardian;
  return RoleKind::staff;
}

std::string post_of(std::string_view role) {
  if (role == "principal" || role == "teacher") return std::string(role);
  if (role == "counselor") return "counsellor";
  if (role == "siteAdministrator" || role == "districtAdministrator" ||
      role == "systemAdministrator") {
    return "clerk";
  }
  return "other";
}

class OneRosterReader {
 public:
  OneRosterReader(const std::vector<sheet::Entry>& files, const OneRosterContext& context)
      : files_(files), context_(context) {}

  Incoming read() {
    if (find_files() && read_manifest()) {
      index_store();
      for (const TableSpec& spec : oneroster::tables()) read_table(spec);
      if (has_what_it_needs()) {
        read_orgs();
        read_sessions();
        read_courses();
        sort_users();
        read_classes();
        read_users();
        read_roles();
        read_enrollments();
        read_guardianships();
        infer_stages();
      }
    }
    return std::move(in_);
  }

 private:
  Table& table(TableKind kind) { return tables_.at(static_cast<std::size_t>(kind)); }

  void add(Severity severity,
           const Place& place,
           std::string_view column,
           std::string value,
           std::string code,
           std::string message,
           std::string expected = {}) {
    Fault fault;
    fault.severity = severity;
    fault.place = place;
    for (const Source::Column& known : in_.sources[place.source].columns) {
      if (known.field != column) continue;
      fault.column = known.number;
      fault.title = known.title;
    }
    fault.value = std::move(value);
    fault.code = std::move(code);
    fault.message = std::move(message);
    fault.expected = std::move(expected);
    in_.faults.push_back(std::move(fault));
  }
  Place place(const Table& table, const Line& line) const {
    return {table.source, line.row.number()};
  }
  void error(const Table& table,
             Line& line,
             std::string_view column,
             std::string value,
             std::string code,
             std::string message,
             std::string expected) {
    line.bad = true;
    add(Severity::error, place(table, line), column, std::move(value), std::move(code),
        std::move(message), std::move(expected));
  }
  void warn(const Table& table,
            const Line& line,
            std::string_view column,
            std::string value,
            std::string code,
            std::string message,
            std::string expected) {
    add(Severity::warning, place(table, line), column, std::move(value), std::move(code),
        std::move(message), std::move(expected));
  }
  std::uint32_t add_source(const std::string& name) {
    in_.sources.push_back({name, {}, 0});
    return static_cast<std::uint32_t>(in_.sources.size() - 1);
  }

  // Every file by its proper name; false when there is nothing to go on with.
  bool find_files() {
    const std::uint32_t set = add_source("OneRoster");
    if (const std::string other = other_format(); !other.empty()) {
      add(Severity::error, {set, 0}, "", "", "org.oneroster_other_format", other,
          "请让对方系统导出OneRoster 1.2 CSV");
      return false;
    }
    for (const sheet::Entry& file : files_) {
      const std::string name = base_name(file.name);
      const std::string small = lower(name);
      if (small.ends_with(".zip")) {
        add(Severity::warning, {set, 0}, "", name, "org.oneroster_other_file",
            "是压缩包里的压缩包，没有读取", "请解开后把CSV文件放在一个压缩包里");
        continue;
      }
      if (!small.ends_with(".csv")) {
        add(Severity::note, {set, 0}, "", name, "org.oneroster_other_file",
            "不是CSV文件，没有读取");
        continue;
      }
      const std::string stem = small.substr(0, small.size() - 4);
      std::string proper;
      if (stem == "manifest") proper = "manifest";
      for (const std::string_view known : oneroster::all_files()) {
        if (lower(known) == stem) proper = std::string(known);
      }
      if (proper.empty()) {
        add(Severity::warning, {set, 0}, "", name, "org.oneroster_other_file",
            "不是OneRoster 1.2的文件，没有读取", similar_file(stem));
        continue;
      }
      if (name != proper + ".csv") {
        add(Severity::warning, {set, 0}, "", name, "org.oneroster_case", "文件名的大小写不对",
            "应为" + proper + ".csv");
      }
      if (!by_name_.emplace(proper, &file).second) {
        add(Severity::error, {set, 0}, "", name, "org.oneroster_file_twice", "同一个文件有两份",
            "请只保留一份");
      }
    }
    if (by_name_.contains("manifest")) return true;
    add(Severity::error, {set, 0}, "", "", "org.oneroster_no_manifest", "缺少manifest.csv",
        "请提供OneRoster 1.2 CSV的完整文件夹或压缩包");
    return false;
  }

  // Microsoft School Data Sync has folders of its own that look much the same, and the first
  // OneRoster had no manifest: what they are, in words; empty for all else.
  std::string other_format() const {
    std::set<std::string> names;
    std::string titles;  // of users.csv
    for (const sheet::Entry& file : files_) {
      const std::string name = lower(base_name(file.name));
      names.insert(name);
      if (name != "users.csv") continue;
      const auto workbook = sheet::read_workbook(file.bytes, file.name);
      if (!workbook.ok() || workbook.value().sheets.front().row_count() == 0) continue;
      const sheet::Row row = workbook.value().sheets.front().row(0);
      for (std::uint32_t column = 1; column <= row.last_column(); ++column) {
        titles += lower(text::trim(row.at(column).text)) + ',';
      }
    }
    if (names.contains("manifest.csv")) return "";
    for (const char* first : {"studentenrollment.csv", "teacherroster.csv", "section.csv"}) {
      if (names.contains(first)) {
        return "这是微软School Data Sync（SDS）V1的文件夹，不是OneRoster";
      }
    }
    if (names.contains("userflags.csv") || names.contains("relationships.csv") ||
        titles.find("activedirectorymatchid") != std::string::npos) {
      return "这是微软School Data Sync（SDS）V2.1的文件夹，不是OneRoster";
    }
    if (titles.find("orgsourcedids,") != std::string::npos) {
      return "这是OneRoster 1.0或1.1的文件夹（没有manifest.csv，角色写在users.csv里）";
    }
    return "";
  }

  static std::string similar_file(const std::string& stem) {
    for (const std::string_view known : oneroster::all_files()) {
      const std::string small = lower(known);
      if (small == stem + "s" || small + "s" == stem || small.substr(0, 4) == stem.substr(0, 4)) {
        return "是否为" + std::string(known) + ".csv";
      }
    }
    return "";
  }

  // The one sheet of a file, or a fault.
  const sheet::Sheet* open(const std::string& name, std::uint32_t source) {
    const auto file = by_name_.find(name);
    auto workbook = sheet::read_workbook(file->second->bytes, file->second->name);
    if (!workbook.ok()) {
      add(Severity::error, {source, 0}, "", "", "org.oneroster_unreadable",
          workbook.error().code == "sheet.empty_file" ? "是空文件" : "不是可以读取的CSV文件",
          "应为UTF-8编码、有表头的CSV（" + workbook.error().detail + "）");
      return nullptr;
    }
    workbooks_.push_back(std::move(workbook).value());
    return &workbooks_.back().sheets.front();
  }

  bool read_manifest() {
    const std::uint32_t source = add_source("manifest.csv");
    const sheet::Sheet* sheet = open("manifest", source);
    if (sheet == nullptr) return false;
    in_.sources[source].columns = {{"propertyName", 1, "propertyName"}, {"value", 2, "value"}};
    std::map<std::string, std::pair<std::string, std::uint32_t>> values;
    for (std::size_t i = 0; i < sheet->row_count(); ++i) {
      const sheet::Row row = sheet->row(i);
      const std::string key(text::trim(row.at(1).text));
      const std::string value(text::trim(row.at(2).text));
      if (i == 0 && lower(key) == "propertyname") continue;
      ++in_.sources[source].rows;
      if (!values.emplace(lower(key), std::pair(value, row.number())).second) {
        add(Severity::warning, {source, row.number()}, "propertyName", key,
            "org.oneroster_manifest", "属性重复", "只用第一个");
      }
      check_manifest_key(source, row.number(), key);
    }
    const auto version = values.find("oneroster.version");
    const bool is_ours = version != values.end() && (version->second.first == "1.2" ||
                                                     version->second.first.starts_with("1.2."));
    if (!is_ours) {
      const std::string found = version == values.end() ? "" : version->second.first;
      add(Severity::error, {source, version == values.end() ? 0 : version->second.second}, "value",
          found, "org.oneroster_version",
          found.empty() ? "没有写明oneroster.version" : "不是OneRoster 1.2",
          found.starts_with("1.1") ? "1.1版把角色写在users.csv里，请让对方系统导出1.2版"
                                   : "应为1.2");
      return false;
    }
    const auto system = values.find("source.systemcode");
    in_.foreign_source =
        system == values.end() || system->second.first.empty() ? "oneroster" : system->second.first;
    bool all_bulk = true;
    for (const std::string_view name : oneroster::all_files()) {
      const auto said = values.find("file." + lower(name));
      const std::string how = said == values.end() ? "" : said->second.first;
      const std::uint32_t row = said == values.end() ? 0 : said->second.second;
      const bool is_there = by_name_.contains(std::string(name));
      if (how.empty() && is_there) {
        add(Severity::warning, {source, row}, "value", std::string(name) + ".csv",
            "org.oneroster_manifest", "文件没有写在manifest.csv里，按bulk读取",
            "应写明file." + std::string(name) + "为bulk");
      }
      if (!how.empty() && how != "absent" && how != "bulk" && how != "delta") {
        add(Severity::error, {source, row}, "value", how, "org.oneroster_manifest",
            "file." + std::string(name) + "的值不对", "应为absent、bulk或delta");
        continue;
      }
      if ((how == "bulk" || how == "delta") && !is_there) {
        add(Severity::error, {source, row}, "value", how, "org.oneroster_missing_file",
            "写明有" + std::string(name) + ".csv，却没有这个文件", "请补上文件，或改为absent");
      }
      if (how == "absent" && is_there) {
        add(Severity::warning, {source, row}, "value", how, "org.oneroster_manifest",
            "写明没有" + std::string(name) + ".csv，却有这个文件，没有读取", "如需读取应为bulk");
        by_name_.erase(std::string(name));
      }
      if (how == "delta") {
        deltas_.insert(std::string(name));
        if (name == "users" || name == "enrollments") all_bulk = false;
      }
    }
    in_.is_whole = all_bulk && by_name_.contains("users");
    return true;
  }

  void check_manifest_key(std::uint32_t source, std::uint32_t row, const std::string& key) {
    static constexpr std::array<std::string_view, 4> kKeys = {
        "manifest.version", "oneroster.version", "source.systemName", "source.systemCode"};
    std::string proper;
    for (const std::string_view known : kKeys) {
      if (lower(known) == lower(key)) proper = std::string(known);
    }
    for (const std::string_view known : oneroster::all_files()) {
      if ("file." + lower(known) == lower(key)) proper = "file." + std::string(known);
    }
    if (proper.empty() && !key.empty()) {
      add(Severity::note, {source, row}, "propertyName", key, "org.oneroster_manifest",
          "不认识这个属性，没有读取");
    } else if (proper != key) {
      add(Severity::warning, {source, row}, "propertyName", key, "org.oneroster_case",
          "属性名的大小写不对", "应为" + proper);
    }
  }

  void read_table(const TableSpec& spec) {
    Table& into = table(spec.kind);
    into.spec = &spec;
    const std::string name(spec.name);
    if (!by_name_.contains(name)) {
      into.source = 0;
      // A delta only tells what is new: its schools and people may all be there already.
      const bool is_needed = spec.kind == TableKind::orgs || spec.kind == TableKind::users;
      if (is_needed && deltas_.empty()) {
        add(Severity::error, {0, 0}, "", "", "org.oneroster_missing_file", "缺少" + name + ".csv",
            "没有它就不知道有哪些" + std::string(spec.kind == TableKind::orgs ? "学校" : "人员"));
      }
      return;
    }
    into.source = add_source(name + ".csv");
    into.is_delta = deltas_.contains(name);
    const sheet::Sheet* sheet = open(name, into.source);
    if (sheet == nullptr) return;
    if (sheet->row_count() == 0) {
      add(Severity::error, {into.source, 0}, "", "", "org.oneroster_unreadable", "没有表头",
          "第一行应为列名，如" + std::string(spec.columns.front().name));
      return;
    }
    if (!read_header(spec, into, sheet->row(0))) return;
    into.is_there = true;
    if (sheet->row_count() == 1) {
      add(Severity::warning, {into.source, 0}, "", "", "org.oneroster_no_rows",
          "只有表头，没有内容", "没有内容的文件应在manifest.csv里写absent");
    }
    bool said_status = false;
    for (std::size_t i = 1; i < sheet->row_count(); ++i) {
      Line line{sheet->row(i), {}, false, false};
      ++in_.sources[into.source].rows;
      line.id = into.get(line, "sourcedId");
      check_line(spec, into, line, said_status);
      if (!line.id.empty() && !into.by_id.emplace(line.id, into.lines.size()).second) {
        const Line& first = into.lines[into.by_id.at(line.id)];
        error(into, line, "sourcedId", line.id, "org.oneroster_duplicate_id",
              "与第" + std::to_string(first.row.number()) + "行重复", "sourcedId应唯一");
      }
      into.lines.push_back(std::move(line));
    }
  }

  bool read_header(const TableSpec& spec, Table& into, const sheet::Row& header) {
    bool is_good = true;
    into.width = header.width();
    std::vector<std::pair<std::uint32_t, std::string>> unknown;
    const auto known = [&](std::string_view title) {
      return std::any_of(spec.columns.begin(), spec.columns.end(),
                         [&](const ColumnSpec& column) { return column.name == title; });
    };
    for (std::uint32_t column = 1; column <= header.last_column(); ++column) {
      std::string title(text::trim(header.at(column).text));
      if (title.empty()) continue;
      std::string proper = title;
      if (!known(title) && !title.starts_with("metadata.")) {
        for (const ColumnSpec& one : spec.columns) {
          if (lower(one.name) == lower(title)) proper = std::string(one.name);
        }
      }
      in_.sources[into.source].columns.push_back({proper, column, title});
      if (proper != title) {
        add(Severity::warning, {into.source, 1}, proper, title, "org.oneroster_case",
            "列名的大小写不对", "应为" + proper);
      }
      if (!into.columns.emplace(proper, column).second) {
        is_good = false;
        add(Severity::error, {into.source, 1}, proper, title, "org.import_duplicate_column",
            "列名重复", "请只保留一列");
      }
      if (!known(proper) && !proper.starts_with("metadata.")) unknown.emplace_back(column, title);
    }
    const bool is_old_users = spec.kind == TableKind::users && into.columns.contains("role");
    for (const ColumnSpec& column : spec.columns) {
      if (!column.is_required || into.columns.contains(std::string(column.name))) continue;
      is_good = false;
      std::string expected = "请增加这一列";
      for (const auto& [number, title] : unknown) {
        if (is_near(title, column.name)) {
          expected = "是否把它写成了“" + title + "”（" + sheet::column_letters(number) + "列）";
        }
      }
      if (!is_old_users) {
        add(Severity::error, {into.source, 1}, "", std::string(column.name),
            "org.import_missing_column", "缺少必填的列", std::move(expected));
      }
    }
    for (const auto& [number, title] : unknown) {
      if (is_old_users && (title == "role" || title == "orgSourcedIds")) continue;
      add(Severity::note, {into.source, 1}, title, "", "org.import_unknown_column",
          "不认识这一列，没有读取");
    }
    if (is_old_users) {
      is_good = false;
      add(Severity::error, {into.source, 1}, "role", "", "org.oneroster_version",
          "users.csv里有role列，这是OneRoster 1.1的写法",
          "1.2版把角色写在roles.csv里，请让对方系统导出1.2版");
    }
    return is_good;
  }

  // Apart by two letters at most: orgSourceId for orgSourcedId.
  static bool is_near(std::string_view a, std::string_view b) {
    const std::string x = lower(a);
    const std::string y = lower(b);
    if (x.size() > 64) return false;
    std::vector<std::size_t> above(y.size() + 1);
    for (std::size_t j = 0; j <= y.size(); ++j) above[j] = j;
    for (std::size_t i = 1; i <= x.size(); ++i) {
      std::vector<std::size_t> now(y.size() + 1, i);
      for (std::size_t j = 1; j <= y.size(); ++j) {
        now[j] = std::min(
            {above[j] + 1, now[j - 1] + 1, above[j - 1] + (x[i - 1] == y[j - 1] ? 0U : 1U)});
      }
      above = std::move(now);
    }
    return above.back() <= 2;
  }

  void check_length(const Table& from, Line& line, std::string_view column, std::size_t most) {
    const std::string text = from.get(line, column);
    if (text.size() <= most || text::count_code_points(text) <= most) return;
    static constexpr std::size_t kShown = 24;  // bytes; cut between characters
    std::size_t end = kShown;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    error(from, line, column, text.substr(0, end) + "…", "org.import_too_long", "太长",
          "不超过" + std::to_string(most) + "个字");
  }

  // A text that is shown and exported as it is.
  void check_text(const Table& from, Line& line, std::string_view column, std::size_t most) {
    const std::string text = from.get(line, column);
    if (text.empty()) return;
    const auto checked = text::check_free_text(text, text.size());
    if (checked.ok()) {
      check_length(from, line, column, most);
      return;
    }
    error(from, line, column, text, checked.error().code, std::string(kNoFreeText),
          std::string(kFreeText));
  }
  // The same, as it is kept; where it was refused the row is not taken.
  static std::string kept(const std::string& text) {
    auto checked = text::check_free_text(text, text.size());
    return checked.ok() ? std::move(checked).value() : text;
  }

  // A comma without quotes moves every value behind it under the next title.
  void check_cells(const Table& into, Line& line) {
    const std::uint32_t width = line.row.width();
    if (width != into.width) {
      error(into, line, "", "",
            width > into.width ? "org.import_more_cells" : "org.import_fewer_cells",
            "有" + std::to_string(width) + "格，表头有" + std::to_string(into.width) + "列",
            "每行应与表头一样多，内容里有逗号的应加英文双引号");
    }
    for (const Source::Column& column : in_.sources[into.source].columns) {
      const sheet::Cell cell = line.row.at(column.number);
      if (!cell.lost_digits) continue;
      error(into, line, column.field, std::string(cell.text), "codes.lost_digits",
            "号码的末几位已丢失", "请把该列设为文本后重新填写");
    }
  }

  void check_line(const TableSpec& spec, const Table& into, Line& line, bool& said_status) {
    check_cells(into, line);
    // Whoever deletes a row need not say what was in it, but for an enrollment, whose id alone
    // tells nothing.
    const bool is_deletion = into.is_delta && into.get(line, "status") == "tobedeleted" &&
                             spec.kind != TableKind::enrollments;
    for (const ColumnSpec& column : spec.columns) {
      if (column.is_required && into.get(line, column.name).empty()) {
        if (is_deletion && column.name != "sourcedId") continue;
        // A given name is asked for, but not everybody has two.
        if (column.name == "givenName" || column.name == "familyName") {
          const bool has_other = !into.get(line, "givenName").empty() ||
                                 !into.get(line, "familyName").empty() ||
                                 !into.own(line, "name").empty();
          if (has_other) continue;
        }
        error(into, line, column.name, "", "org.import_missing_value", "没有填写",
              std::string(column.name) + "是必填的");
      }
    }
    const bool is_class = spec.kind == TableKind::classes;
    check_length(into, line, "sourcedId", kIdMax);
    const std::string own(kOwn);
    if (spec.kind == TableKind::orgs) check_text(into, line, "name", kTitleMax);
    if (spec.kind == TableKind::orgs) check_text(into, line, own + "streetName", kTitleMax);
    if (is_class) check_text(into, line, "title", kTitleMax);
    if (is_class) check_text(into, line, own + "name", kTitleMax);
    if (spec.kind == TableKind::users) {
      check_text(into, line, "identifier", kNumberMax);
      check_text(into, line, own + "localNo", kNumberMax);
    }
    if (spec.kind == TableKind::roles) check_text(into, line, own + "staffNo", kNumberMax);
    if (spec.kind == TableKind::enrollments) check_text(into, line, own + "subject", kTitleMax);
    const std::string status = into.get(line, "status");
    const std::string modified = into.get(line, "dateLastModified");
    if (!into.is_delta) {
      if (!status.empty() && status != "active") {
        error(into, line, "status", status, "org.oneroster_bulk_status",
              "bulk文件里的记录都是在用的，不能另有状态",
              "应留空；要删除请用增量文件，并在manifest.csv里写delta");
        return;
      }
      if ((!status.empty() || !modified.empty()) && !said_status) {
        said_status = true;
        warn(into, line, status.empty() ? "dateLastModified" : "status",
             status.empty() ? modified : status, "org.oneroster_bulk_status",
             "bulk文件里的status和dateLastModified应为空，没有采用",
             "增量文件应在manifest.csv里写delta");
      }
      return;
    }
    if (status != "active" && status != "tobedeleted") {
      error(into, line, "status", status, "org.oneroster_bad_value", "status的值不对",
            "增量文件里应为active或tobedeleted");
    }
    line.gone = status == "tobedeleted";
    const bool is_followed = spec.kind == TableKind::users || spec.kind == TableKind::enrollments ||
                             spec.kind == TableKind::demographics;
    if (line.gone && !is_followed) {
      warn(into, line, "status", status, "org.oneroster_not_deleted", "没有删除，只是不再更新",
           "如确实不再使用，请在系统里停用");
    }
    if (modified.empty()) {
      error(into, line, "dateLastModified", "", "org.import_missing_value", "没有填写",
            "增量文件里必填，如2026-10-12T08:00:00Z");
    }
  }

  // Without schools or people there is nothing to go on with; a delta can do without their files.
  bool has_what_it_needs() {
    const auto is_good = [&](TableKind kind) {
      const Table& from = table(kind);
      return from.is_there || (!deltas_.empty() && from.source == 0);
    };
    return is_good(TableKind::users) && is_good(TableKind::orgs);
  }

  std::optional<LocalDay> day(const Table& from, Line& line, std::string_view column) {
    const std::string text = from.get(line, column);
    if (text.empty()) return std::nullopt;
    const auto read = LocalDay::parse(text);
    if (read.ok()) return read.value();
    const std::string meant = days_meant(text);
    error(from, line, column, text, "org.oneroster_bad_date", "不是ISO 8601日期",
          "应写作" + (meant.empty() ? "年-月-日，如2023-05-01" : meant));
    return std::nullopt;
  }

  // The standard writes true and false; a spreadsheet makes TRUE of it, and people write 是.
  static std::optional<bool> flag_of(std::string_view text) {
    const std::string word = lower(text);
    if (word == "true" || word == "1" || word == "是") return true;
    if (word == "false" || word == "0" || word == "否") return false;
    return std::nullopt;
  }
  void check_flag(const Table& from, Line& line, std::string_view column) {
    const std::string text = from.get(line, column);
    if (text.empty() || flag_of(text)) return;
    error(from, line, column, text, "org.oneroster_bad_value", "不在允许的值之内",
          "应为true或false");
  }

  // The standard lets senders add words of their own to these lists, as `ext:` and a name.
  static bool is_extensible(std::string_view column) {
    return column == "type" || column == "classType" || column == "role" || column == "sex";
  }
  static bool is_extension(std::string_view text) {
    static constexpr std::string_view kMark = "ext:";
    return text.starts_with(kMark) && text.size() > kMark.size() &&
           std::all_of(text.begin() + kMark.size(), text.end(), [](char c) {
             return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '.' || c == '-' || c == '_';
           });
  }

  bool one_of(const Table& from,
              Line& line,
              std::string_view column,
              std::initializer_list<std::string_view> values) {
    const std::string text = from.get(line, column);
    if (text.empty() && !line.bad) return true;
    if (std::find(values.begin(), values.end(), text) != values.end()) return true;
    if (text.empty()) return false;
    if (is_extensible(column) && is_extension(text)) return true;
    std::string all;
    for (const std::string_view value : values) {
      all += (all.empty() ? "" : "、") + std::string(value);
      if (lower(value) == lower(text)) {
        error(from, line, column, text, "org.oneroster_bad_value", "大小写不对",
              "应为" + std::string(value));
        return false;
      }
    }
    error(from, line, column, text, "org.oneroster_bad_value", "不在允许的值之内", "应为" + all);
    return false;
  }

  void dangling(const Table& from,
                Line& line,
                std::string_view column,
                const std::string& id,
                std::string_view file) {
    // Of a file that could not be read, its own fault says enough.
    const bool is_unread = by_name_.contains(std::string(file)) &&
                           std::any_of(tables_.begin(), tables_.end(), [&](const Table& one) {
                             return one.spec != nullptr && one.spec->name == file && !one.is_there;
                           });
    if (is_unread) {
      error(from, line, column, id, "org.import_depends",
            "所依据的" + std::string(file) + ".csv没有读取",
            "请先改正" + std::string(file) + ".csv");
      return;
    }
    error(from, line, column, id, "org.oneroster_dangling",
          std::string(file) + ".csv里没有这个sourcedId", "请补上，或改正引用");
  }

  void index_store() {
    if (context_.store == nullptr) return;
    for (const ForeignRow& row : context_.store->foreign) {
      if (row.source != in_.foreign_source) continue;
      stored_.emplace(row.kind + '\0' + row.foreign_id, row.our_id);
    }
  }

  // Our id for one of theirs; 0: none.
  [[nodiscard]] std::int64_t stored(std::string_view kind, const std::string& id) const {
    const auto found = stored_.find(std::string(kind) + '\0' + id);
    return found == stored_.end() ? 0 : found->second;
  }

  // Are there parents in a circle? All in it are bad.
  void refuse_circles(Table& from) {
    for (Line& line : from.lines) {
      const std::string parent = from.get(line, "parentSourcedId");
      if (parent.empty()) continue;
      if (from.find(parent) == nullptr && !from.is_delta) {
        dangling(from, line, "parentSourcedId", parent, from.spec->name);
        continue;
      }
    }
    for (const std::size_t index : in_circle(from)) {
      Line& line = from.lines[index];
      error(from, line, "parentSourcedId", from.get(line, "parentSourcedId"), "org.oneroster_cycle",
            "上级绕成了圈，自己成了自己的上级", "请改正parentSourcedId");
    }
  }

  // Every row is walked through once, however long the way up is.
  static std::vector<std::size_t> in_circle(const Table& from) {
    enum class Seen : unsigned char { no, now, before };
    std::vector<Seen> seen(from.lines.size(), Seen::no);
    std::vector<std::size_t> found;
    for (std::size_t start = 0; start < from.lines.size(); ++start) {
      std::vector<std::size_t> way;
      std::optional<std::size_t> at = start;
      while (at && seen[*at] == Seen::no) {
        seen[*at] = Seen::now;
        way.push_back(*at);
        const auto up = from.by_id.find(from.get(from.lines[*at], "parentSourcedId"));
        at = up == from.by_id.end() ? std::nullopt : std::optional(up->second);
      }
      if (at && seen[*at] == Seen::now) {
        found.insert(found.end(), std::find(way.begin(), way.end(), *at), way.end());
      }
      for (const std::size_t index : way) seen[index] = Seen::before;
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  void read_orgs() {
    Table& orgs = table(TableKind::orgs);
    refuse_circles(orgs);
    for (Line& line : orgs.lines) {
      one_of(orgs, line, "type",
             {"department", "school", "district", "local", "state", "national"});
      const std::string type = orgs.get(line, "type");
      if (type == "district" && context_.store != nullptr) {
        const std::string code = orgs.get(line, "identifier");
        if (!code.empty() && !context_.store->area_code.empty() &&
            code != context_.store->area_code) {
          warn(orgs, line, "identifier", code, "org.oneroster_other_area", "不是本区的行政区划代码",
               "本区为" + context_.store->area_code);
        }
      }
      if (type != "school" || line.gone) continue;
      InSchool school;
      school.place = place(orgs, line);
      school.foreign_id = line.id;
      school.name = kept(orgs.get(line, "name"));
      const std::string code = orgs.get(line, "identifier");
      if (!code.empty()) {
        const auto read = codes::SchoolCode::create(code);
        if (read.ok()) {
          school.code = read.value().text();
        } else {
          warn(orgs, line, "identifier", code, "org.oneroster_school_code",
               "不是学校标识码，没有采用", "应为10位数字");
        }
      }
      school.kind = orgs.own(line, "kind");
      school.stages = orgs.own(line, "stages");
      if (school.kind != "public" && school.kind != "private") school.kind.clear();
      if (school.stages != "primary" && school.stages != "junior" && school.stages != "nine_year") {
        school.stages.clear();
      }
      const std::string years = orgs.own(line, "primaryYears");
      if (years == "5" || years == "6") school.primary_years = years == "5" ? 5 : 6;
      school.street_code = orgs.own(line, "streetCode");
      school.street_name = kept(orgs.own(line, "streetName"));
      school.rural = flag_of(orgs.own(line, "rural"));
      school.opened_on = day(orgs, line, std::string(kOwn) + "openedOn");
      school.closed_on = day(orgs, line, std::string(kOwn) + "closedOn");
      school.bad = line.bad;
      schools_.emplace(line.id, in_.schools.size());
      in_.schools.push_back(std::move(school));
    }
  }

  // The school an org is or lies in; none: the district. Nothing if there is no such org.
  struct Org {
    bool is_known = false;
    std::optional<std::size_t> school{};
    std::uint32_t wrong_row = 0;  // of an org below the school that has an error; 0: none
  };
  Org org_of(const std::string& id) {
    const auto named = schools_.find(id);
    if (named != schools_.end()) return {true, named->second};
    const Table& orgs = table(TableKind::orgs);
    if (orgs.find(id) == nullptr) {
      const auto known = school_in_store(id);
      return {known.has_value(), known};
    }
    // What was found on the way up holds for everything on it.
    std::vector<std::string> way;
    Org found{true};
    for (const Line* line = orgs.find(id); line != nullptr;
         line = orgs.find(orgs.get(*line, "parentSourcedId"))) {
      const auto here = schools_.find(line->id);
      if (here != schools_.end()) found.school = here->second;
      if (found.school) break;
      const auto seen = above_.try_emplace(line->id);
      if (!seen.second) found = seen.first->second;
      if (!seen.second) break;
      way.push_back(line->id);
      if (line->bad) found.wrong_row = line->row.number();
      if (line->bad) break;
    }
    found.is_known = true;
    for (const std::string& one : way) above_[one] = found;
    return found;
  }

  // An org that is not taken takes along what refers to it, which would else be the district's.
  void check_org(const Table& from,
                 Line& line,
                 std::string_view column,
                 const std::string& id,
                 const Org& org) {
    if (id.empty()) return;
    if (!org.is_known) dangling(from, line, column, id, "orgs");
    if (org.wrong_row != 0) depends_on_wrong(from, line, column, id, "orgs", org.wrong_row);
  }

  void depends_on_wrong(const Table& from,
                        Line& line,
                        std::string_view column,
                        const std::string& id,
                        std::string_view file,
                        std::uint32_t row) {
    error(from, line, column, id, "org.import_depends", "所依据的记录有错，没有导入",
          "请先改正" + std::string(file) + ".csv 第" + std::to_string(row) + "行");
  }

  // Of a delta: a school that is there already.
  std::optional<std::size_t> school_in_store(const std::string& id) {
    const std::int64_t ours = stored("school", id);
    if (ours == 0) return std::nullopt;
    for (const SchoolRow& row : context_.store->schools) {
      if (row.id != ours) continue;
      InSchool school;
      school.place = {0, 0};
      school.foreign_id = id;
      school.name = row.name;
      school.stages = row.stages;
      schools_.emplace(id, in_.schools.size());
      in_.schools.push_back(std::move(school));
      return in_.schools.size() - 1;
    }
    return std::nullopt;
  }

  struct Session {
    LocalDay first = LocalDay::first();
    LocalDay until = LocalDay::first();
  };

  void read_sessions() {
    Table& sessions = table(TableKind::academic_sessions);
    refuse_circles(sessions);
    std::map<std::pair<int, int>, std::size_t> terms;
    for (Line& line : sessions.lines) {
      one_of(sessions, line, "type", {"gradingPeriod", "semester", "schoolYear", "term"});
      const auto first = day(sessions, line, "startDate");
      const auto until = day(sessions, line, "endDate");
      if (first && until && *first >= *until) {
        error(sessions, line, "endDate", until->to_iso(), "org.oneroster_dates",
              "结束日期不在开始日期之后", "请核对startDate和endDate");
      }
      if (!first || !until) continue;
      sessions_.emplace(line.id, Session{*first, *until});
      const int year = school_year_of(*first);
      const std::string said = sessions.get(line, "schoolYear");
      if (!said.empty() && said != std::to_string(year) && said != std::to_string(year + 1)) {
        warn(sessions, line, "schoolYear", said, "org.oneroster_school_year", "与开始日期不符",
             "应为学年结束的年份" + std::to_string(year + 1));
      }
      const std::string type = sessions.get(line, "type");
      if ((type != "term" && type != "semester") || line.gone) continue;
      InTerm term;
      term.place = place(sessions, line);
      term.bad = line.bad;
      term.foreign_id = line.id;
      term.school_year = year;
      term.part = first->to_iso().substr(5, 2) >= "08" ? 1 : 2;
      term.first_day = *first;
      term.last_day = until->plus_days(-1);
      const auto known = terms.try_emplace({term.school_year, term.part}, in_.terms.size());
      if (known.second) {
        in_.terms.push_back(std::move(term));
      } else if (!term.bad) {
        add(Severity::note, term.place, "startDate", first->to_iso(), "org.oneroster_same_term",
            "这个学年的这个学期已有一个，没有另立");
      }
    }
  }

  void read_courses() {
    Table& courses = table(TableKind::courses);
    for (Line& line : courses.lines) {
      const std::string org = courses.get(line, "orgSourcedId");
      if (!org.empty() && !org_of(org).is_known) {
        dangling(courses, line, "orgSourcedId", org, "orgs");
      }
    }
  }

  // Who is what, by roles.csv and by what he does in classes.
  void sort_users() {
    Table& users = table(TableKind::users);
    Table& roles = table(TableKind::roles);
    for (Line& line : roles.lines) {
      one_of(roles, line, "roleType", {"primary", "secondary"});
      const bool is_role =
          one_of(roles, line, "role",
                 {"aide", "counselor", "districtAdministrator", "guardian", "parent", "principal",
                  "proctor", "relative", "siteAdministrator", "student", "systemAdministrator",
                  "teacher"});
      const std::string user = roles.get(line, "userSourcedId");
      if (users.find(user) == nullptr && stored("person", user) == 0) {
        if (!user.empty()) dangling(roles, line, "userSourcedId", user, "users");
        continue;
      }
      if (!is_role || line.bad) continue;
      const RoleKind kind = kind_of(roles.get(line, "role"));
      RoleKind& known = kinds_[user];
      const bool clash = (known == RoleKind::student && kind == RoleKind::staff) ||
                         (known == RoleKind::staff && kind == RoleKind::student) ||
                         (known == RoleKind::guardian && kind == RoleKind::student) ||
                         (known == RoleKind::student && kind == RoleKind::guardian);
      if (clash) {
        error(roles, line, "role", roles.get(line, "role"), "org.oneroster_wrong_role",
              known == RoleKind::student ? "这个人已是学生" : "这个人已是教职工或监护人",
              "学生不能同时是教职工或监护人");
        continue;
      }
      if (known == RoleKind::none || kind == RoleKind::staff) known = kind;
    }
    Table& enrollments = table(TableKind::enrollments);
    for (const Line& line : enrollments.lines) {
      RoleKind& known = kinds_[enrollments.get(line, "userSourcedId")];
      if (known != RoleKind::none) continue;
      const std::string role = enrollments.get(line, "role");
      if (role == "student") known = RoleKind::student;
      if (role == "teacher") known = RoleKind::staff;
    }
    for (const Line& line : users.lines) {
      if (kinds_[line.id] != RoleKind::student) continue;
      for (const std::string& agent : split(users.get(line, "agentSourcedIds"), ',')) {
        RoleKind& known = kinds_[agent];
        if (known == RoleKind::none) known = RoleKind::guardian;
      }
    }
  }

  // Schools whose scheduled classes are their classes: none is a homeroom, and nobody is a student
  // of two at a time.
  std::set<std::string> schools_without_homerooms() {
    const Table& classes = table(TableKind::classes);
    const Table& enrollments = table(TableKind::enrollments);
    std::set<std::string> without;
    for (const Line& line : classes.lines) without.insert(classes.get(line, "schoolSourcedId"));
    for (const Line& line : classes.lines) {
      if (classes.get(line, "classType") == "homeroom") {
        without.erase(classes.get(line, "schoolSourcedId"));
      }
    }
    std::map<std::string, std::string> class_of;
    for (const Line& line : enrollments.lines) {
      if (enrollments.get(line, "role") != "student") continue;
      const std::string row_class = enrollments.get(line, "classSourcedId");
      const auto known = class_of.try_emplace(enrollments.get(line, "userSourcedId"), row_class);
      if (!known.second && known.first->second != row_class) {
        without.erase(enrollments.get(line, "schoolSourcedId"));
      }
    }
    return without;
  }

  void read_classes() {
    Table& classes = table(TableKind::classes);
    const Table& courses = table(TableKind::courses);
    const auto without = schools_without_homerooms();
    std::map<std::array<std::int64_t, 3>, std::set<std::int64_t>> taken;
    std::vector<std::size_t> unnumbered;
    std::size_t skipped = 0;
    for (Line& line : classes.lines) {
      one_of(classes, line, "classType", {"homeroom", "scheduled"});
      const std::string school_id = classes.get(line, "schoolSourcedId");
      const Org org = school_id.empty() ? Org{} : org_of(school_id);
      check_org(classes, line, "schoolSourcedId", school_id, org);
      if (org.is_known && !org.school && org.wrong_row == 0) {
        error(classes, line, "schoolSourcedId", school_id, "org.oneroster_not_a_school",
              "不是学校（type不是school）", "班级应属于一所学校");
      }
      const std::string course = classes.get(line, "courseSourcedId");
      if (!course.empty() && courses.is_there && courses.find(course) == nullptr) {
        dangling(classes, line, "courseSourcedId", course, "courses");
      }
      std::optional<LocalDay> first;
      std::optional<LocalDay> until;
      for (const std::string& term : split(classes.get(line, "termSourcedIds"), ',')) {
        const auto session = sessions_.find(term);
        const Line* told = table(TableKind::academic_sessions).find(term);
        if (told != nullptr && told->bad) {
          depends_on_wrong(classes, line, "termSourcedIds", term, "academicSessions",
                           told->row.number());
        } else if (session == sessions_.end() && stored("term", term) == 0) {
          dangling(classes, line, "termSourcedIds", term, "academicSessions");
        }
        if (session == sessions_.end()) continue;
        first = first ? std::min(*first, session->second.first) : session->second.first;
        until = until ? std::max(*until, session->second.until) : session->second.until;
      }
      if (first) spans_.emplace(line.id, std::pair(*first, *until));
      if (line.gone) continue;
      const bool is_ours =
          classes.get(line, "classType") == "homeroom" || without.contains(school_id);
      if (!is_ours) {
        ++skipped;
        scheduled_.insert(line.id);
        continue;
      }
      if (!org.school) continue;
      InClass row;
      row.place = place(classes, line);
      row.foreign_id = line.id;
      row.school = *org.school;
      const bool is_numbered = read_class_key(classes, line, first, row);
      row.opened_on = day(classes, line, std::string(kOwn) + "openedOn");
      row.closed_on = day(classes, line, std::string(kOwn) + "closedOn");
      row.bad = line.bad;
      classes_.emplace(line.id, in_.classes.size());
      const std::array<std::int64_t, 3> cohort = {static_cast<std::int64_t>(row.school),
                                                  static_cast<std::int64_t>(row.stage),
                                                  row.entry_year};
      if (is_numbered) {
        taken[cohort].insert(row.number);
      } else {
        unnumbered.push_back(in_.classes.size());
      }
      in_.classes.push_back(std::move(row));
    }
    if (skipped != 0) {
      add(Severity::note, {classes.source, 0}, "classType", "scheduled", "org.oneroster_scheduled",
          std::to_string(skipped) + "个走班（scheduled）班级没有导入", "只导入行政班（homeroom）");
    }
    for (const std::size_t index : unnumbered) number_class(in_.classes[index], taken);
  }

  // A class whose title says no number: the one it has already, else the next free one.
  void number_class(InClass& row,
                    std::map<std::array<std::int64_t, 3>, std::set<std::int64_t>>& taken) {
    const std::int64_t ours = stored("class", row.foreign_id);
    if (ours != 0) {
      for (const ClassRow& old : context_.store->classes) {
        if (old.id == ours) row.number = old.number;
      }
    }
    auto& numbers = taken[{static_cast<std::int64_t>(row.school),
                           static_cast<std::int64_t>(row.stage), row.entry_year}];
    while (row.number == 0 || (ours == 0 && numbers.contains(row.number))) ++row.number;
    numbers.insert(row.number);
  }

  int primary_years_of(std::size_t school) const {
    if (in_.schools[school].primary_years) return *in_.schools[school].primary_years;
    const std::int64_t ours = stored("school", in_.schools[school].foreign_id);
    if (context_.store == nullptr) return 6;
    const std::string name = text::fold(in_.schools[school].name);
    for (const SchoolRow& row : context_.store->schools) {
      if (row.id == ours || (ours == 0 && text::fold(row.name) == name)) return row.primary_years;
    }
    return 6;
  }

  // Grade codes of CEDS are ours with a zero in front.
  static std::optional<int> grade_code(const std::string& text) {
    if (text.empty() || text.size() > 2 || !codes::all_digits(text)) return std::nullopt;
    const int grade = std::stoi(text);
    if (grade < 1 || grade > 9) return std::nullopt;
    return grade;
  }

  bool read_class_key(const Table& classes,
                      Line& line,
                      const std::optional<LocalDay>& first,
                      InClass& row) {
    const std::string title = kept(classes.get(line, "title"));
    const std::string stage = classes.own(line, "stage");
    const std::string year = classes.own(line, "entryYear");
    const std::string number = classes.own(line, "number");
    const auto known_stage = stage_of(stage);
    const auto small = [](const std::string& text) {
      return !text.empty() && text.size() <= 4 && codes::all_digits(text);
    };
    if (known_stage && small(year) && small(number)) {
      row.stage = *known_stage;
      row.entry_year = std::stoi(year);
      row.number = std::stoi(number);
      row.name = kept(classes.own(line, "name"));
      if (row.entry_year >= 1990 && row.entry_year <= 2100 && row.number >= 1) return true;
      error(classes, line, "sourcedId", line.id, "org.oneroster_bad_value",
            "metadata.sj列的入学年份或班号不对", "如2024和2");
      return true;
    }
    auto spelt = read_class(title);
    if (!spelt) spelt = read_class(classes.get(line, "classCode"));
    const auto grades = split(classes.get(line, "grades"), ',');
    std::optional<int> grade;
    if (!grades.empty()) {
      grade = grade_code(grades.front());
      if (!grade) {
        error(classes, line, "grades", grades.front(), "org.oneroster_grade", "不是义务教育的年级",
              "一至九年级写作01至09");
        return true;
      }
      if (grades.size() > 1) {
        warn(classes, line, "grades", classes.get(line, "grades"), "org.oneroster_grade",
             "一个班有几个年级，按第一个登记", "请核对年级");
      }
    } else if (spelt && spelt->grade) {
      grade = *spelt->grade + (spelt->is_junior ? primary_years_of(row.school) : 0);
    }
    // The pupils know it, where the class does not.
    if (!grade) grade = grade_of_pupils(line.id);
    if (!grade || *grade > 9) {
      error(classes, line, "grades", "", "org.oneroster_grade", "看不出是哪个年级",
            "请填写grades，如03");
      return true;
    }
    const int primary_years = primary_years_of(row.school);
    const int school_year = school_year_of(first ? *first : context_.today);
    const Cohort cohort = cohort_of(*grade, primary_years, school_year);
    row.stage = cohort.stage;
    row.entry_year = cohort.entry_year;
    // As in a roster: a title that says another grade is a mistake in one of the two.
    const bool other_grade =
        spelt && spelt->grade && *spelt->grade + (spelt->is_junior ? primary_years : 0) != *grade;
    const bool other_year =
        spelt && spelt->entry_year && *spelt->entry_year != row.entry_year &&
        (row.stage == Stage::primary || *spelt->entry_year + primary_years != row.entry_year);
    if (other_grade || other_year) {
      error(classes, line, "title", title, "org.import_grade_disagrees",
            "班级和年级说的不是同一个年级",
            "grades说的是" + std::string(grade_name(*grade)) + "，现在是" +
                std::to_string(row.entry_year) + "级");
      return true;
    }
    const bool is_numbered = spelt && spelt->number;
    if (is_numbered) row.number = *spelt->number;
    if (is_numbered && spelt->may_be_two && !has_class(row)) {
      const auto settled = settle_class(*spelt->number, *grade, {});
      if (!settled) {
        error(classes, line, "title", title, "org.import_class_number",
              "看不出是" + std::to_string(*spelt->number) + "班还是" +
                  std::to_string(*spelt->number % 10) + "班",
              "请写成" + std::string(grade_name(*grade)) + std::to_string(*spelt->number) + "班或" +
                  std::string(grade_name(*grade)) + std::to_string(*spelt->number % 10) + "班");
      }
      row.number = settled.value_or(*spelt->number);
    }
    // A name of its own, such as 向日葵班 or Homeroom 3B.
    if (!is_numbered) row.name = title;
    return is_numbered;
  }

  // Is there such a class in its school already?
  bool has_class(const InClass& row) const {
    const std::int64_t ours = stored("school", in_.schools[row.school].foreign_id);
    if (context_.store == nullptr || ours == 0) return false;
    return std::any_of(context_.store->classes.begin(), context_.store->classes.end(),
                       [&](const ClassRow& old) {
                         return old.school_id == ours && old.stage == row.stage &&
                                old.entry_year == row.entry_year && old.number == row.number;
                       });
  }

  std::optional<int> grade_of_pupils(const std::string& class_id) {
    const Table& enrollments = table(TableKind::enrollments);
    const Table& users = table(TableKind::users);
    if (pupil_of_class_.empty()) {
      for (const Line& line : enrollments.lines) {
        if (enrollments.get(line, "role") != "student") continue;
        pupil_of_class_.emplace(enrollments.get(line, "classSourcedId"),
                                enrollments.get(line, "userSourcedId"));
      }
    }
    const auto pupil = pupil_of_class_.find(class_id);
    const Line* line = pupil == pupil_of_class_.end() ? nullptr : users.find(pupil->second);
    if (line == nullptr) return std::nullopt;
    const auto grades = split(users.get(*line, "grades"), ',');
    return grades.empty() ? std::nullopt : grade_code(grades.front());
  }

  static bool is_chinese(const std::string& text) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) >= 0xE3U; });
  }

  void read_users() {
    Table& users = table(TableKind::users);
    Table& demographics = table(TableKind::demographics);
    for (Line& line : users.lines) {
      check_flag(users, line, "enabledUser");
      InPerson person;
      person.place = place(users, line);
      person.foreign_id = line.id;
      person.gone = line.gone;
      person.is_pupil = kinds_[line.id] == RoleKind::student;
      const std::string given = users.get(line, "givenName");
      const std::string family = users.get(line, "familyName");
      person.name = users.own(line, "name");
      if (person.name.empty()) {
        const bool spaced = !is_chinese(given + family) && !given.empty() && !family.empty();
        person.name = spaced ? given : family;
        if (spaced) person.name += ' ';
        person.name += spaced ? family : given;
      }
      if (!line.gone) check_name(users, line, person);
      const std::string number = users.get(line, "identifier");
      if (person.is_pupil) {
        const std::string own_no = users.own(line, "localNo");
        person.local_no = kept(own_no.empty() ? number : own_no);
        person.is_protected = flag_of(users.own(line, "protected"));
      }
      read_secrets(users, line, person);
      if (person.is_pupil) seal_identifier(person);
      if (Line* more = demographics_of(demographics, line.id)) {
        person.birth_day = day(demographics, *more, "birthDate");
        one_of(demographics, *more, "sex", {"male", "female", "unspecified", "other"});
        const std::string sex = demographics.get(*more, "sex");
        if (sex == "male") person.sex = 1;
        if (sex == "female") person.sex = 2;
        if (sex == "unspecified") person.sex = 0;
        if (sex == "other" || is_extension(sex)) person.sex = 9;
        const std::string ethnic = demographics.own(*more, "ethnic");
        if (!ethnic.empty()) {
          const auto read = codes::EthnicGroup::create(ethnic);
          if (read.ok()) person.ethnic = std::string(read.value().code());
        }
        check_birth_day(demographics, *more, person);
        if (more->bad) {
          depends_on_wrong(users, line, "sourcedId", line.id, "demographics", more->row.number());
        }
      }
      check_identity(users, line, person);
      person.bad = line.bad;
      persons_.emplace(line.id, in_.persons.size());
      in_.persons.push_back(std::move(person));
    }
    for (Line& line : demographics.lines) {
      if (users.find(line.id) == nullptr && !line.id.empty() && stored("person", line.id) == 0) {
        dangling(demographics, line, "sourcedId", line.id, "users");
      }
    }
  }

  void check_birth_day(const Table& demographics, Line& line, const InPerson& person) {
    if (!person.birth_day) return;
    const bool is_future = *person.birth_day > context_.today;
    const bool is_old =
        person.is_pupil && context_.today.plus_days(-kOldestPupilDays) > *person.birth_day;
    if (!is_future && !is_old) return;
    error(demographics, line, "birthDate", person.birth_day->to_iso(), "org.import_day_range",
          is_future ? "出生日期在今天之后" : "出生日期太早", "请核对年份");
  }

  // As in a roster. What we wrote ourselves is as it was.
  void check_name(const Table& users, Line& line, InPerson& person) {
    if (person.name.empty()) return;
    auto name = text::check_person_name(person.name);
    if (name.ok()) {
      person.name = std::move(name).value();
      return;
    }
    const bool is_long = name.error().code == "text.name_length";
    error(users, line, users.get(line, "givenName").empty() ? "familyName" : "givenName",
          is_long ? "" : person.name, name.error().code,
          is_long ? "姓名太长" : "姓名里有不该有的字符",
          is_long ? "不超过50个字" : "请去掉数字和符号");
  }

  static Line* demographics_of(Table& demographics, const std::string& id) {
    const auto found = demographics.by_id.find(id);
    return found == demographics.by_id.end() ? nullptr : &demographics.lines[found->second];
  }

  void read_secrets(const Table& users, Line& line, InPerson& person) {
    std::string phone = users.get(line, "phone");
    if (phone.empty()) phone = users.get(line, "sms");
    if (!phone.empty()) {
      const auto read = codes::PhoneNo::create(phone);
      if (read.ok()) {
        person.secrets[index_of(Secret::phone)] = read.value().text();
      } else {
        warn(users, line, "phone", phone, "codes.phone", "不是国内的电话号码，没有采用",
             "应为11位手机号，或带区号的座机号");
      }
    }
    static constexpr std::array<std::pair<std::string_view, Secret>, 7> kSealed = {
        std::pair{std::string_view("idNumber"), Secret::id_number},
        std::pair{std::string_view("studentNo"), Secret::student_no},
        std::pair{std::string_view("address"), Secret::address},
        std::pair{std::string_view("health"), Secret::health},
        std::pair{std::string_view("hardship"), Secret::hardship},
        std::pair{std::string_view("leftBehind"), Secret::left_behind},
        std::pair{std::string_view("custody"), Secret::custody}};
    for (const auto& [column, secret] : kSealed) {
      const std::string value = users.own(line, column);
      if (value.empty()) continue;
      person.secrets[index_of(secret)] = value;
    }
  }

  // What a sender knows a pupil by is often his student number or ID number: sealed as that.
  void seal_identifier(InPerson& person) const {
    std::optional<Number> number;
    const auto code = codes::StudentCode::create(person.local_no, context_.today);
    if (code.ok()) {
      number = Number{Secret::student_no, code.value().text()};
    } else if (const auto card = codes::IdCardNo::create(person.local_no, context_.today);
               card.ok()) {
      number = Number{Secret::id_number, card.value().text()};
    }
    if (!number) return;
    std::string& proper = person.secrets[index_of(number->secret)];
    if (!proper.empty() && codes::clean(proper) != number->value) return;
    proper = number->value;
    person.local_no.clear();
  }

  // Numbers in our own columns keep to their rules as in a roster.
  void check_identity(const Table& users, Line& line, InPerson& person) {
    std::string& student_no = person.secrets[index_of(Secret::student_no)];
    if (!student_no.empty()) {
      const auto read = codes::StudentCode::create(student_no, context_.today);
      if (read.ok()) {
        student_no = read.value().text();
        check_number_day(users, line, person, read.value().birth_day());
      } else {
        error(users, line, std::string(kOwn) + "studentNo", student_no, read.error().code,
              "学籍号不对", "应为G、J或L加18位");
      }
    }
    std::string& id_number = person.secrets[index_of(Secret::id_number)];
    if (id_number.empty()) return;
    id_number = codes::clean(id_number);
    if (id_number.size() != 18) return;
    const auto read = codes::IdCardNo::create(id_number, context_.today);
    if (!read.ok()) {
      error(users, line, std::string(kOwn) + "idNumber", id_number, read.error().code,
            "身份证号不对", "请核对这18位");
      return;
    }
    check_number_day(users, line, person, read.value().birth_day());
  }

  // A number says the birth day, where demographics.csv does not.
  void check_number_day(const Table& users, Line& line, InPerson& person, LocalDay day) {
    if (!person.birth_day) person.birth_day = day;
    if (*person.birth_day == day) return;
    error(users, line, std::string(kOwn) + "idNumber", "", "org.import_birth_disagrees",
          "证件号码或学籍号与birthDate不符", "号码表明应为" + day.to_iso());
  }

  // A user of the files, or of a delta one who is there already.
  std::optional<std::size_t> person_of(const std::string& id) {
    const auto found = persons_.find(id);
    if (found != persons_.end()) return found->second;
    const std::int64_t ours = stored("person", id);
    if (ours == 0) return std::nullopt;
    for (const PersonRow& row : context_.store->persons) {
      if (row.id != ours) continue;
      InPerson person;
      person.place = {0, 0};
      person.foreign_id = id;
      person.name = row.name;
      person.is_pupil = row.is_pupil;
      if (row.is_pupil) kinds_[id] = RoleKind::student;
      persons_.emplace(id, in_.persons.size());
      in_.persons.push_back(std::move(person));
      return in_.persons.size() - 1;
    }
    return std::nullopt;
  }

  std::optional<std::size_t> class_of(const std::string& id) {
    const auto found = classes_.find(id);
    if (found != classes_.end()) return found->second;
    const std::int64_t ours = stored("class", id);
    if (ours == 0) return std::nullopt;
    for (const ClassRow& row : context_.store->classes) {
      if (row.id != ours) continue;
      for (const ForeignRow& foreign : context_.store->foreign) {
        if (foreign.kind != "school" || foreign.our_id != row.school_id ||
            foreign.source != in_.foreign_source) {
          continue;
        }
        const Org org = org_of(foreign.foreign_id);
        if (!org.school) continue;
        InClass known;
        known.place = {0, 0};
        known.foreign_id = id;
        known.school = *org.school;
        known.stage = row.stage;
        known.entry_year = row.entry_year;
        known.number = row.number;
        classes_.emplace(id, in_.classes.size());
        in_.classes.push_back(std::move(known));
        return in_.classes.size() - 1;
      }
    }
    return std::nullopt;
  }

  struct Days {
    std::optional<LocalDay> from{};
    std::optional<LocalDay> until{};
  };
  Days days(const Table& from, Line& line) {
    Days result{day(from, line, "beginDate"), day(from, line, "endDate")};
    if (result.from && result.until && *result.from > *result.until) {
      error(from, line, "endDate", result.until->to_iso(), "org.oneroster_dates",
            "结束日期在开始日期之前", "请核对beginDate和endDate");
    }
    return result;
  }

  void read_roles() {
    Table& roles = table(TableKind::roles);
    for (Line& line : roles.lines) {
      const std::string org_id = roles.get(line, "orgSourcedId");
      const Org org = org_id.empty() ? Org{} : org_of(org_id);
      check_org(roles, line, "orgSourcedId", org_id, org);
      const Days when = days(roles, line);
      const auto person = person_of(roles.get(line, "userSourcedId"));
      if (!person || !org.is_known || org.wrong_row != 0 || line.gone) continue;
      const std::string role = roles.get(line, "role");
      const RoleKind kind = kind_of(role);
      if (kind == RoleKind::guardian) {
        relations_.emplace(*person, role);
        continue;
      }
      if (kind == RoleKind::student) {
        if (!org.school) continue;
        if (flag_of(roles.own(line, "membership")) == true) {
          add_membership(roles, line, *person, *org.school, std::nullopt, when);
        } else {
          pupils_at_.emplace_back(*person, *org.school, place(roles, line), line.bad);
        }
        continue;
      }
      InStaff staff;
      staff.place = place(roles, line);
      staff.bad = line.bad;
      staff.foreign_id = line.id;
      staff.person = *person;
      staff.school = org.school;
      staff.post = roles.own(line, "post").empty() ? post_of(role) : roles.own(line, "post");
      if (std::find(kPosts.begin(), kPosts.end(), staff.post) == kPosts.end()) {
        staff.post = post_of(role);
      }
      staff.staff_no = roles.own(line, "staffNo");
      if (staff.staff_no.empty()) {
        const Table& users = table(TableKind::users);
        const Line* user = users.find(roles.get(line, "userSourcedId"));
        if (user != nullptr) staff.staff_no = users.get(*user, "identifier");
      }
      staff.staff_no = kept(staff.staff_no);
      staff.from = when.from;
      staff.until = when.until;
      in_.staff.push_back(std::move(staff));
    }
  }

  void add_membership(const Table& from,
                      const Line& line,
                      std::size_t person,
                      std::size_t school,
                      std::optional<std::size_t> class_index,
                      const Days& when) {
    InMembership row;
    row.place = place(from, line);
    row.bad = line.bad;
    row.gone = line.gone;
    row.foreign_id = line.id;
    row.person = person;
    row.school = school;
    row.class_index = class_index;
    row.from = when.from;
    row.until = when.until;
    row.ended = from.own(line, "ended");
    static constexpr std::array<std::string_view, 5> kEnded = {"moved_class", "moved_school",
                                                               "left", "graduated", "mistake"};
    if (std::find(kEnded.begin(), kEnded.end(), row.ended) == kEnded.end()) row.ended.clear();
    in_.memberships.push_back(std::move(row));
  }

  void read_enrollments() {
    Table& enrollments = table(TableKind::enrollments);
    for (Line& line : enrollments.lines) read_enrollment(enrollments, line);
    // A pupil of a school who is in none of its classes, also where his enrollments are all over
    // and do not say, as ours do, how that came: then he is still there.
    std::set<std::pair<std::size_t, std::size_t>> placed;
    std::set<std::pair<std::size_t, std::size_t>> past;
    for (const InMembership& row : in_.memberships) {
      const bool is_over = row.until && *row.until <= context_.today && row.ended.empty();
      (is_over ? past : placed).emplace(row.person, row.school);
    }
    for (const auto& [person, school, where, bad] : pupils_at_) {
      if (!placed.emplace(person, school).second) continue;
      if (past.contains({person, school})) {
        add(Severity::warning, where, "userSourcedId", in_.persons[person].name,
            "org.oneroster_outside", "就读记录都已结束，按在校、还没有班级登记",
            "请核对enrollments.csv里的beginDate和endDate");
      }
      InMembership row;
      row.place = where;
      row.bad = bad;
      row.person = person;
      row.school = school;
      in_.memberships.push_back(std::move(row));
    }
  }

  void read_enrollment(const Table& enrollments, Line& line) {
    one_of(enrollments, line, "role", {"administrator", "proctor", "student", "teacher"});
    const std::string role = enrollments.get(line, "role");
    const std::string user_id = enrollments.get(line, "userSourcedId");
    const std::string class_id = enrollments.get(line, "classSourcedId");
    const std::string school_id = enrollments.get(line, "schoolSourcedId");
    const auto person = person_of(user_id);
    if (!person && !user_id.empty()) {
      dangling(enrollments, line, "userSourcedId", user_id, "users");
    }
    const bool is_scheduled = scheduled_.contains(class_id);
    const auto row_class = is_scheduled ? std::nullopt : class_of(class_id);
    const Line* class_line = table(TableKind::classes).find(class_id);
    if (!row_class && class_line == nullptr && !class_id.empty()) {
      dangling(enrollments, line, "classSourcedId", class_id, "classes");
    }
    const Org org = school_id.empty() ? Org{} : org_of(school_id);
    check_org(enrollments, line, "schoolSourcedId", school_id, org);
    if (row_class && org.school && in_.classes[*row_class].school != *org.school) {
      error(enrollments, line, "schoolSourcedId", school_id, "org.oneroster_school_disagrees",
            "不是这个班所在的学校", "应与classes.csv里该班的schoolSourcedId相同");
    }
    const RoleKind kind = kinds_[user_id];
    if (person && role == "student" && kind != RoleKind::student) {
      error(enrollments, line, "role", role, "org.oneroster_wrong_role",
            "这个人在roles.csv里不是学生", "请核对role");
    }
    if (person && role == "teacher" && kind == RoleKind::student) {
      error(enrollments, line, "role", role, "org.oneroster_wrong_role",
            "这个人在roles.csv里是学生，不能任教", "请核对role");
    }
    check_flag(enrollments, line, "primary");
    const Days when = days(enrollments, line);
    const auto span = spans_.find(class_id);
    if (span != spans_.end() && ((when.from && *when.from >= span->second.second) ||
                                 (when.until && *when.until <= span->second.first))) {
      warn(enrollments, line, when.from ? "beginDate" : "endDate",
           when.from ? when.from->to_iso() : when.until->to_iso(), "org.oneroster_outside",
           "在这个班的学期之外",
           "学期为" + span->second.first.to_iso() + "至" + span->second.second.to_iso());
    }
    if (!person || is_scheduled) return;
    if (!row_class) {
      // Its class is wrong in a way of its own; what hangs on it is wrong with it.
      if (class_line != nullptr && !line.gone && !line.bad) {
        error(enrollments, line, "classSourcedId", class_id, "org.import_depends",
              "所在的班没有导入",
              "请先改正classes.csv 第" + std::to_string(class_line->row.number()) + "行");
      }
      return;
    }
    if (role == "student") {
      add_membership(enrollments, line, *person, in_.classes[*row_class].school, row_class, when);
    } else if (role == "teacher" && !line.gone) {
      InTeaching row;
      row.place = place(enrollments, line);
      row.bad = line.bad;
      row.foreign_id = line.id;
      row.person = *person;
      row.class_index = *row_class;
      row.part = enrollments.own(line, "part");
      if (row.part != "homeroom" && row.part != "subject") {
        row.part = flag_of(enrollments.get(line, "primary")) == true ? "homeroom" : "subject";
      }
      row.subject = kept(enrollments.own(line, "subject"));
      row.from = when.from;
      row.until = when.until;
      in_.teachings.push_back(std::move(row));
    }
  }

  void read_guardianships() {
    Table& users = table(TableKind::users);
    std::set<std::pair<std::size_t, std::size_t>> linked;
    for (Line& line : users.lines) {
      const std::size_t self = persons_.at(line.id);
      if (self >= in_.persons.size()) continue;
      read_detailed(users, line, self, linked);
      for (const std::string& agent : split(users.get(line, "agentSourcedIds"), ',')) {
        const auto other = person_of(agent);
        if (!other) {
          dangling(users, line, "agentSourcedIds", agent, "users");
          in_.persons[self].bad = true;
          continue;
        }
        const bool self_is_pupil = in_.persons[self].is_pupil;
        if (self_is_pupil == in_.persons[*other].is_pupil) {
          warn(users, line, "agentSourcedIds", agent, "org.oneroster_wrong_agent",
               self_is_pupil ? "监护人也是学生，没有采用" : "两人都不是学生，没有采用",
               "应为学生与监护人");
          continue;
        }
        const std::size_t pupil = self_is_pupil ? self : *other;
        const std::size_t guardian = self_is_pupil ? *other : self;
        if (!linked.emplace(pupil, guardian).second) continue;
        InGuardianship link;
        link.place = place(users, line);
        link.bad = line.bad;
        link.pupil = pupil;
        link.guardian = guardian;
        link.relation = relation_of(guardian);
        in_.guardianships.push_back(std::move(link));
      }
    }
  }

  std::string relation_of(std::size_t guardian) const {
    const auto role = relations_.find(guardian);
    const auto& sex = in_.persons[guardian].sex;
    if (role != relations_.end() && role->second == "parent" && sex) {
      if (*sex == 1) return "father";
      if (*sex == 2) return "mother";
    }
    return "other";
  }

  void read_detailed(const Table& users,
                     Line& line,
                     std::size_t pupil,
                     std::set<std::pair<std::size_t, std::size_t>>& linked) {
    const std::string column = std::string(kOwn) + "guardianships";
    for (const std::string& one : split(users.get(line, column), ';')) {
      const auto fields = fields_of(one);
      const auto guardian = fields.size() == 8 ? person_of(fields[0]) : std::nullopt;
      const auto day_of = [](const std::string& text) {
        const auto read = LocalDay::parse(text);
        return read.ok() ? std::optional(read.value()) : std::nullopt;
      };
      const bool is_good =
          guardian &&
          std::find(kRelations.begin(), kRelations.end(), fields[1]) != kRelations.end() &&
          !fields[2].empty() && fields[2].size() <= 3 && codes::all_digits(fields[2]);
      if (!is_good) {
        error(users, line, column, one, "org.oneroster_bad_value", "看不懂这个监护关系",
              "应为本系统导出的写法");
        in_.persons[pupil].bad = true;
        continue;
      }
      InGuardianship link;
      link.place = place(users, line);
      link.bad = line.bad;
      link.pupil = pupil;
      link.guardian = *guardian;
      link.relation = fields[1];
      link.position = std::stoi(fields[2]);
      link.may_collect = fields[3] == "true";
      link.admitted_by = fields[4] == "guardian" ? "guardian" : "school";
      link.from = day_of(fields[5]);
      link.until = day_of(fields[6]);
      link.foreign_id = fields[7];
      linked.emplace(pupil, *guardian);
      in_.guardianships.push_back(std::move(link));
    }
  }

  // What a school teaches when it does not say so: the stages of its classes.
  void infer_stages() {
    for (std::size_t i = 0; i < in_.schools.size(); ++i) {
      InSchool& school = in_.schools[i];
      if (!school.stages.empty() || stored("school", school.foreign_id) != 0) continue;
      bool has_primary = false;
      bool has_junior = false;
      for (const InClass& row : in_.classes) {
        if (row.school != i || row.bad) continue;
        (row.stage == Stage::primary ? has_primary : has_junior) = true;
      }
      school.stages = has_primary && has_junior ? "nine_year" : has_junior ? "junior" : "primary";
    }
  }

  const std::vector<sheet::Entry>& files_;
  const OneRosterContext& context_;
  Incoming in_;
  std::map<std::string, const sheet::Entry*> by_name_;
  std::set<std::string> deltas_;
  std::deque<sheet::Workbook> workbooks_;
  std::array<Table, oneroster::kTables> tables_{};
  std::unordered_map<std::string, std::size_t> schools_;
  std::unordered_map<std::string, Org> above_;            // of orgs that are no school
  std::unordered_map<std::string, std::int64_t> stored_;  // our ids, by kind and their id
  std::unordered_map<std::string, Session> sessions_;
  std::unordered_map<std::string, std::pair<LocalDay, LocalDay>> spans_;  // of classes
  std::unordered_map<std::string, std::size_t> classes_;
  std::unordered_set<std::string> scheduled_;
  std::unordered_map<std::string, std::string> pupil_of_class_;
  std::unordered_map<std::string, RoleKind> kinds_;
  std::unordered_map<std::string, std::size_t> persons_;
  std::unordered_map<std::size_t, std::string> relations_;
  std::vector<std::tuple<std::size_t, std::size_t, Place, bool>> pupils_at_;
};

}  // namespace

Incoming read_oneroster(const std::vector<sheet::Entry>& files, const OneRosterContext& context) {
  return OneRosterReader(files, context).read();
}

}  // namespace sj::org
