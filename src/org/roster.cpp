#include "org/roster.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "kernel/codes/clean.h"
#include "kernel/codes/id_card_no.h"
#include "kernel/codes/institution_codes.h"
#include "kernel/codes/person_codes.h"
#include "kernel/codes/phone_no.h"
#include "kernel/codes/student_code.h"
#include "kernel/codes/travel_document_no.h"
#include "kernel/text/free_text.h"
#include "kernel/text/person_name.h"
#include "kernel/text/text.h"
#include "kernel/text/unicode.h"
#include "kernel/time/local_day.h"

#include "org/clear_text.h"
#include "org/roster_words.h"

namespace sj::org {
namespace {

constexpr std::int64_t kOldestDays = 10'980;  // nobody at school was born before
constexpr std::size_t kTitleRows = 10;        // among which the titles are looked for
constexpr std::size_t kIdNumberSize = 18;
constexpr std::size_t kTitlesMin = 3;     // fewer known titles are no title row
constexpr std::size_t kAddressMax = 200;  // characters
constexpr std::size_t kLocalNoMax = 40;   // characters
// How an ID number ends whose last digits a spreadsheet has lost: it keeps fifteen.
constexpr std::string_view kRounded = "000";
constexpr int kClassesMax = 30;  // more in a grade are asked about

// What a code of kernel/codes says, to somebody at a school.
struct Words {
  std::string_view code;
  std::string_view message;
  std::string_view expected;
};
constexpr std::array kWords = {
    Words{"codes.lost_digits", "号码的末几位已丢失", "请把该列设为文本后重新粘贴"},
    Words{"codes.id_card_old", "是15位的旧号码", "应为18位身份证号"},
    Words{"codes.id_card_length", "位数不对", "应为18位"},
    Words{"codes.id_card_character", "含有不该有的字符", "前17位应为数字，末位为数字或X"},
    Words{"codes.id_card_region", "前两位不是任何省份的代码", "请核对前6位"},
    Words{"codes.id_card_birth", "第7至14位不是有效的出生日期", "请核对第7至14位"},
    Words{"codes.id_card_check", "校验码不对", ""},
    Words{"codes.student_code_letter", "首字母不对", "学籍号以G、J或L开头"},
    Words{"codes.student_code_length", "位数不对", "应为1个字母加18位"},
    Words{"codes.student_code_character", "含有不该有的字符", "字母后应为数字，末位可以是X"},
    Words{"codes.student_code_birth", "其中的出生日期无效", "请核对第8至15位"},
    Words{"codes.phone", "不是电话号码", "应为11位手机号，或带区号的座机号"},
    Words{"codes.phone_area", "座机缺少区号", "如0731-82345678"},
    Words{"codes.sex", "看不出性别", "请填男或女"},
    Words{"codes.ethnic_group", "没有这个民族", "如汉族、苗族"},
    Words{"codes.passport", "不是护照号码", "应为5至9位字母和数字"},
    Words{"codes.hk_macao_permit", "不是港澳居民来往内地通行证号码", "应为H或M加8位数字"},
    Words{"codes.taiwan_permit", "不是台湾居民来往大陆通行证号码", "应为8位数字"},
    Words{"codes.foreigner_permit", "不是外国人永久居留身份证号码",
          "应为18位，旧证为3个字母加12位数字"},
    Words{"codes.school_code", "不是学校标识码", "应为10位数字"},
    Words{"codes.school_code_type", "前两位不是学校类别", "小学为21，初中为31"},
    Words{"codes.school_code_region", "第3、4位不是任何省份的代码", "请核对第3、4位"},
};

struct RowReader;

class RosterReader {
 public:
  RosterReader(const sheet::Workbook& workbook, const RosterContext& context)
      : workbook_(workbook), context_(context) {}

  Incoming read();

 private:
  friend struct RowReader;

  struct Columns {
    std::uint32_t title_row = 0;
    std::size_t title_index = 0;
    std::vector<std::pair<std::uint32_t, RosterColumn>> known{};  // number, meaning
    std::optional<SpeltClass> sheet_class{};                      // of the sheet's name
    bool is_rounded = false;  // some ID numbers have lost their last digits for certain
    // By school and grade as spelt: numbers of classes that may be grade and number, such as 41,
    // and those that stand for one place of it, such as 4; and everything that looks like a
    // decimal.
    std::map<std::pair<std::string, std::string>, std::set<int>> class_numbers{};
    std::set<std::string> decimals{};
    std::set<std::string> said{};  // of what has been warned about once
    [[nodiscard]] bool has(RosterField field) const {
      return std::any_of(known.begin(), known.end(),
                         [&](const auto& column) { return column.second.field == field; });
    }
  };

  void add(Severity severity,
           std::uint32_t row,
           std::uint32_t column,
           std::string value,
           std::string code,
           std::string message,
           std::string expected = {});
  [[nodiscard]] static std::optional<std::size_t> find_titles(const sheet::Sheet& sheet);
  [[nodiscard]] bool read_titles(const sheet::Sheet& sheet, std::size_t index, Columns& columns);
  void look_ahead(const sheet::Sheet& sheet, Columns& columns);
  void tell_hidden(const sheet::Sheet& sheet);
  void read_sheet(const sheet::Sheet& sheet, std::size_t titles);
  [[nodiscard]] bool is_skipped(const sheet::Sheet& sheet,
                                const sheet::Row& row,
                                const Columns& columns);

  [[nodiscard]] const SchoolRow* store_school(std::int64_t id) const;
  std::optional<std::size_t> school_for(const std::string& name,
                                        const std::string& code,
                                        const Place& place);
  [[nodiscard]] std::string school_like(const std::string& name) const;
  void infer_stages();

  const sheet::Workbook& workbook_;
  const RosterContext& context_;
  Incoming in_;
  std::uint32_t source_ = 0;
  std::map<std::string, std::size_t> schools_by_name_;
  std::map<std::string, std::size_t> schools_by_code_;
  std::map<std::array<std::int64_t, 4>, std::size_t> classes_;
  std::unordered_map<std::string, std::size_t> guardians_;
};

void RosterReader::add(Severity severity,
                       std::uint32_t row,
                       std::uint32_t column,
                       std::string value,
                       std::string code,
                       std::string message,
                       std::string expected) {
  Fault fault;
  fault.severity = severity;
  fault.place = {source_, row};
  fault.column = column;
  for (const Source::Column& known : in_.sources[source_].columns) {
    if (known.number == column) fault.title = known.title;
  }
  fault.value = std::move(value);
  fault.code = std::move(code);
  fault.message = std::move(message);
  fault.expected = std::move(expected);
  in_.faults.push_back(std::move(fault));
}

// The title of a column that ends in row `index`, with what the row above says of it.
//
// Schools put one title over several (监护人1 over 姓名, 关系, 电话) and let others reach down over
// both rows. A workbook says which cells are one; in a text file only the first of them is filled.
struct TitleCell {
  std::string title{};
  std::optional<RosterColumn> meaning{};
  bool is_here = false;  // in this row, not only in the one above
};

bool is_of_guardian(const RosterColumn& column) {
  return column.field == RosterField::guardian_name ||
         column.field == RosterField::guardian_phone ||
         column.field == RosterField::guardian_relation ||
         column.field == RosterField::guardian_collects;
}

std::vector<TitleCell> titles_of(const sheet::Sheet& sheet, std::size_t index) {
  const sheet::Row row = sheet.row(index);
  std::optional<sheet::Row> above;
  if (index != 0 && sheet.row(index - 1).number() + 1 == row.number()) {
    above = sheet.row(index - 1);
  }
  const std::uint32_t last =
      std::max(row.last_column(), above ? above->last_column() : std::uint32_t{0});
  std::vector<TitleCell> titles(last + 1);
  std::string group;
  for (std::uint32_t column = 1; column <= last; ++column) {
    TitleCell& cell = titles[column];
    cell.title = std::string(text::trim(row.at(column).text));
    const std::string over = above ? std::string(text::trim(above->at(column).text)) : "";
    if (!over.empty()) group = over;
    cell.is_here = !cell.title.empty();
    if (!cell.is_here) {
      // Reaches down from above.
      cell.meaning = over.empty() ? std::nullopt : read_title(over);
      if (cell.meaning) cell.title = over;
      continue;
    }
    cell.meaning = read_title(cell.title);
    const auto grouped = group.empty() ? std::nullopt : read_title(group + cell.title);
    if (grouped && is_of_guardian(*grouped)) cell.meaning = grouped;
  }
  return titles;
}

// The row with most columns of different meanings; a name must be among them.
std::optional<std::size_t> RosterReader::find_titles(const sheet::Sheet& sheet) {
  std::optional<std::size_t> best;
  std::size_t most = kTitlesMin - 1;
  for (std::size_t i = 0; i < std::min(kTitleRows, sheet.row_count()); ++i) {
    std::vector<RosterColumn> known;
    std::size_t here = 0;
    for (const TitleCell& cell : titles_of(sheet, i)) {
      if (!cell.meaning) continue;
      if (cell.is_here) ++here;
      if (std::find(known.begin(), known.end(), *cell.meaning) == known.end()) {
        known.push_back(*cell.meaning);
      }
    }
    const bool has_name = std::any_of(known.begin(), known.end(), [](const RosterColumn& column) {
      return column.field == RosterField::name;
    });
    // A single title in a row of its own is a value that looks like one.
    if (has_name && here >= 2 && known.size() > most) {
      most = known.size();
      best = i;
    }
  }
  return best;
}

bool RosterReader::read_titles(const sheet::Sheet& sheet, std::size_t index, Columns& columns) {
  columns.title_row = sheet.row(index).number();
  columns.title_index = index;
  bool is_good = true;
  struct Unknown {
    std::uint32_t column;
    std::string title;
  };
  std::vector<Unknown> unknown;
  const std::vector<TitleCell> titles = titles_of(sheet, index);
  for (std::uint32_t column = 1; column < titles.size(); ++column) {
    const std::string& title = titles[column].title;
    const std::optional<RosterColumn>& meaning = titles[column].meaning;
    if (title.empty()) continue;
    if (!meaning) {
      unknown.push_back({column, title});
      continue;
    }
    if (meaning->field == RosterField::ignored) continue;
    in_.sources[source_].columns.push_back({name_of(*meaning), column, title});
    const auto same = std::find_if(columns.known.begin(), columns.known.end(),
                                   [&](const auto& known) { return known.second == *meaning; });
    if (same != columns.known.end()) {
      is_good = false;
      add(Severity::error, columns.title_row, column, "", "org.import_duplicate_column",
          "与" + sheet::column_letters(same->first) + "列的意思相同", "请只保留一列");
      continue;
    }
    columns.known.emplace_back(column, *meaning);
  }
  for (const Unknown& one : unknown) {
    const std::string similar = similar_title(one.title);
    add(Severity::note, columns.title_row, one.column, one.title, "org.import_unknown_column",
        "不认识这一列，没有读取", similar.empty() ? "" : "是否为“" + similar + "”");
  }

  columns.sheet_class = read_class(sheet.name());
  if (columns.sheet_class && !columns.sheet_class->grade && !columns.sheet_class->entry_year) {
    columns.sheet_class.reset();
  }
  const auto require = [&](bool is_there, std::string_view title) {
    if (is_there) return;
    is_good = false;
    add(Severity::error, columns.title_row, 0, "", "org.import_missing_column", "缺少必填的列",
        "请增加“" + std::string(title) + "”列");
  };
  require(columns.has(RosterField::class_name) || columns.sheet_class.has_value(), "班级");
  require(columns.has(RosterField::birth_day) || columns.has(RosterField::id_number) ||
              columns.has(RosterField::student_no),
          "出生日期");
  const bool one_school = context_.own_school != 0 || context_.schools->size() == 1;
  require(one_school || columns.has(RosterField::school) || columns.has(RosterField::school_code),
          "学校");
  return is_good;
}

const SchoolRow* RosterReader::store_school(std::int64_t id) const {
  for (const SchoolRow& row : *context_.schools) {
    if (row.id == id) return &row;
  }
  return nullptr;
}

// A known school whose name has this one in it, or the reverse.
std::string RosterReader::school_like(const std::string& name) const {
  const std::string folded = text::fold(name);
  for (const SchoolRow& row : *context_.schools) {
    const std::string known = text::fold(row.name);
    if (known.find(folded) != std::string::npos || folded.find(known) != std::string::npos) {
      return row.name;
    }
  }
  return "";
}

std::optional<std::size_t> RosterReader::school_for(const std::string& name,
                                                    const std::string& code,
                                                    const Place& place) {
  const std::string folded = text::fold(name);
  const auto coded = code.empty() ? schools_by_code_.end() : schools_by_code_.find(code);
  const auto named = folded.empty() ? schools_by_name_.end() : schools_by_name_.find(folded);
  if (coded != schools_by_code_.end() && named != schools_by_name_.end() &&
      coded->second != named->second) {
    return std::nullopt;
  }
  std::size_t index = in_.schools.size();
  if (coded != schools_by_code_.end()) index = coded->second;
  if (named != schools_by_name_.end()) index = named->second;
  if (index == in_.schools.size()) {
    InSchool school;
    school.place = place;
    school.name = name;
    if (name.empty()) {
      for (const SchoolRow& row : *context_.schools) {
        if (row.code == code) school.name = row.name;
      }
    }
    in_.schools.push_back(std::move(school));
  }
  InSchool& school = in_.schools[index];
  if (!code.empty() && !school.code.empty() && school.code != code) return std::nullopt;
  if (!folded.empty() && text::fold(school.name) != folded) return std::nullopt;
  if (!code.empty()) {
    school.code = code;
    schools_by_code_[code] = index;
  }
  schools_by_name_[text::fold(school.name)] = index;
  return index;
}

// One row, cell by cell.
struct RowReader {
  RosterReader& reader;
  const sheet::Row& row;
  const RosterReader::Columns& columns;
  bool is_bad = false;

  struct Found {
    std::uint32_t column = 0;
    std::string text{};
    bool is_refused = false;  // has been said already
    bool is_number = false;   // typed into a cell that is not text
    [[nodiscard]] bool empty() const { return text.empty(); }
  };

  void error(std::uint32_t column,
             std::string value,
             std::string code,
             std::string message,
             std::string expected) {
    is_bad = true;
    reader.add(Severity::error, row.number(), column, std::move(value), std::move(code),
               std::move(message), std::move(expected));
  }
  void warn(std::uint32_t column,
            std::string value,
            std::string code,
            std::string message,
            std::string expected) {
    reader.add(Severity::warning, row.number(), column, std::move(value), std::move(code),
               std::move(message), std::move(expected));
  }
  // In a text file a separator without quotes moves every value behind it under the next title. A
  // spreadsheet that saves one fills its rows up with empty cells, which move nothing.
  // Where the rows around have as many it is that, and said once.
  void check_width(std::uint32_t titles, bool is_like_others, std::set<std::string>& said) {
    const bool is_text = row.width() != 0;
    const std::string text =
        "有" + std::to_string(row.width()) + "格，表头有" + std::to_string(titles) + "列";
    if (is_text && row.last_column() > titles) {
      error(0, "", "org.import_more_cells", text, "内容里有逗号的应加英文双引号");
    } else if (row.width() > titles) {
      if (is_like_others && !said.insert("empty cells").second) return;
      warn(0, "", "org.import_more_cells", text + "，多出的是空格子",
           is_like_others ? "没有读取；请核对这一行有没有错位，其他行也是这样处理"
                          : "请核对这一行有没有错位");
    } else if (is_text && row.width() < titles) {
      warn(0, "", "org.import_fewer_cells", text, "请核对是否漏了一格");
    }
  }
  // What stands below no title is not read, and said once for each column.
  void check_untitled(const std::vector<TitleCell>& titles, std::set<std::string>& said) {
    for (std::uint32_t column = 1; column <= row.last_column(); ++column) {
      if (column < titles.size() && !titles[column].title.empty()) continue;
      const std::string_view text = text::trim(row.at(column).text);
      const std::string letters = sheet::column_letters(column);
      if (text.empty() || !said.insert("untitled " + letters).second) continue;
      warn(column, std::string(text), "org.import_unknown_column", letters + "列没有表头，没有读取",
           "如要读取，请加上表头");
    }
  }
  // A name over two rows: one child whose guardians fill two rows, or two children.
  void check_merged(const sheet::Row& above) {
    for (const auto& [number, meaning] : columns.known) {
      if (meaning.field != RosterField::name || above.number() + 1 != row.number()) continue;
      const sheet::Cell here = row.at(number);
      const sheet::Cell there = above.at(number);
      if (!here.merged || !there.merged || here.text.empty() || here.text != there.text) continue;
      error(number, std::string(here.text), "org.import_merged_name",
            "姓名是与上一行合并的单元格，看不出是一名学生还是两名",
            "请取消合并，每名学生一行；第二位监护人写在同一行的另外几列");
    }
  }
  void refuse(const Found& cell, const std::string& code) {
    for (const Words& words : kWords) {
      if (words.code != code) continue;
      std::string expected(words.expected);
      std::string message(words.message);
      if (code == "codes.id_card_check") expected = "末位应为" + last_character(cell.text);
      if (code == "codes.id_card_birth" && codes::clean(cell.text).starts_with('G')) {
        message = "第8至15位不是有效的出生日期";
        expected = "请核对第8至15位";
      }
      error(cell.column, cell.text, code, std::move(message), std::move(expected));
      return;
    }
    error(cell.column, cell.text, code, "不对", "请核对");
  }
  static std::string last_character(std::string_view text) {
    const std::string number = codes::clean(text);
    const std::size_t start = number.size() - 18;
    return std::string(1, codes::id_card_check_character(number.substr(start, 17)));
  }

  Found get(RosterField field, std::size_t slot = 0) {
    for (const auto& [number, meaning] : columns.known) {
      if (!(meaning == RosterColumn{field, slot})) continue;
      const sheet::Cell cell = row.at(number);
      Found found{number, std::string(text::trim(cell.text))};
      found.is_number = cell.kind == sheet::CellKind::number;
      if (is_ditto(found.text)) {
        error(number, found.text, "org.import_ditto", "不能写“同上”", "请写明实际内容");
        found.is_refused = true;
      }
      if (cell.kind == sheet::CellKind::error) {
        error(number, found.text, "org.import_error_cell", "单元格里是错误值", "请改为实际内容");
        found.is_refused = true;
      } else if (cell.kind == sheet::CellKind::uncomputed) {
        error(number, found.text.starts_with('=') ? found.text : "=" + found.text,
              "org.import_error_cell", "公式没有算出结果", "请打开文件重新保存，或改为实际内容");
        found.is_refused = true;
      } else if (cell.lost_digits) {
        refuse(found, "codes.lost_digits");
        found.is_refused = true;
      }
      const bool is_free = field == RosterField::school || field == RosterField::local_no ||
                           field == RosterField::address;
      if (is_free && !found.is_refused && !found.empty()) {
        const auto lines = field == RosterField::address ? text::Lines::many : text::Lines::one;
        auto checked = text::check_free_text(found.text, found.text.size(), lines);
        found.is_refused = !checked.ok();
        if (!checked.ok()) {
          error(number, found.text, checked.error().code, std::string(kNoFreeText),
                std::string(kFreeText));
        } else {
          found.text = std::move(checked).value();
        }
      }
      if (found.is_refused) found.text.clear();
      return found;
    }
    return {};
  }

  // A cell that may say that there is nothing to say.
  Found get_some(RosterField field, std::size_t slot = 0) {
    Found found = get(field, slot);
    if (is_none(found.text)) found.text.clear();
    return found;
  }

  std::string read_name(const Found& cell, std::string_view whose) {
    if (cell.is_refused) return "";
    if (cell.empty() || is_none(cell.text)) {
      error(cell.column, cell.text, "org.import_missing_value",
            "没有填写" + std::string(whose) + "姓名", "请填写姓名");
      return "";
    }
    if (cell.text.find('?') != std::string::npos || cell.text.find("\uFFFD") != std::string::npos ||
        cell.text.find("□") != std::string::npos) {
      error(cell.column, cell.text, "org.import_damaged_name", "姓名里有丢失的字",
            "请补上生僻字，不要用问号或方框代替");
      return cell.text;
    }
    auto name = text::check_person_name(cell.text);
    if (name.ok()) return std::move(name).value();
    const std::string& code = name.error().code;
    error(cell.column, cell.text, code,
          code == "text.name_length" ? "姓名太长" : "姓名里有不该有的字符",
          code == "text.name_length"    ? "不超过50个字"
          : code == "text.name_private" ? "请用标准字重新输入"
                                        : "请去掉数字和符号");
    return cell.text;
  }

  // 出生年月 beside a number that says the day: only the month has to agree.
  std::optional<LocalDay> read_birth(const Found& cell,
                                     LocalDay today,
                                     const std::optional<LocalDay>& known) {
    auto month = read_month(cell.text);
    const bool is_of_month = title_of(cell.column).find("年月") != std::string::npos &&
                             title_of(cell.column).find("年月日") == std::string::npos;
    const auto day = month ? Result<LocalDay>(*month) : parse_day_loose(cell.text);
    // A spreadsheet shows 2017年5月 and keeps its first day.
    if (!month && is_of_month && day.ok() && day.value().to_iso().ends_with("-01")) {
      month = day.value();
    }
    if (known && month && known->to_iso().substr(0, 7) == month->to_iso().substr(0, 7)) {
      return known;
    }
    if (!known && read_month(cell.text)) {
      error(cell.column, cell.text, "org.import_month_only", "只有年月，没有日",
            "请按年-月-日填写，如2015-09-01，或填写身份证号");
      return std::nullopt;
    }
    return month ? month : read_day(cell, today);
  }
  [[nodiscard]] std::string title_of(std::uint32_t column) const {
    for (const Source::Column& known : reader.in_.sources[reader.source_].columns) {
      if (known.number == column) return known.title;
    }
    return "";
  }

  std::optional<LocalDay> read_day(const Found& cell, LocalDay today) {
    if (cell.empty()) return std::nullopt;
    auto day = parse_day_loose(cell.text);
    // A date whose cell was turned into a number: days since the spreadsheet's own beginning.
    if (!day.ok() && cell.text.size() == 5 && codes::all_digits(cell.text)) {
      const auto first = reader.workbook_.days_from_1904 ? LocalDay::create(1904, 1, 1)
                                                         : LocalDay::create(1899, 12, 30);
      day = first.value().plus_days(codes::to_number(cell.text));
      warn(cell.column, cell.text, "org.import_serial_day", "是数字而不是日期",
           "按" + day.value().to_iso() + "读取，请核对");
    }
    if (!day.ok()) {
      const bool is_ambiguous = day.error().code == "time.ambiguous_day";
      error(cell.column, cell.text, day.error().code,
            is_ambiguous ? "看不出哪个是年、哪个是月" : "不是有效的日期",
            "请按年-月-日填写，如2015-09-01");
      return std::nullopt;
    }
    if (day.value() > today || today.plus_days(-kOldestDays) > day.value()) {
      error(cell.column, cell.text, "org.import_day_range",
            day.value() > today ? "出生日期在今天之后" : "出生日期太早", "请核对年份");
      return std::nullopt;
    }
    return day.value();
  }
};

bool RosterReader::is_skipped(const sheet::Sheet& sheet,
                              const sheet::Row& row,
                              const Columns& columns) {
  std::size_t filled = 0;
  std::string first;
  std::string name;
  bool is_repeated = true;
  const sheet::Row titles = sheet.row(columns.title_index);
  for (const auto& [number, meaning] : columns.known) {
    const std::string_view text = text::trim(row.at(number).text);
    if (text.empty()) continue;
    ++filled;
    if (meaning.field == RosterField::name) name = std::string(text);
    is_repeated = is_repeated && text == text::trim(titles.at(number).text);
  }
  for (std::uint32_t column = 1; column <= row.last_column() && first.empty(); ++column) {
    first = std::string(text::trim(row.at(column).text));
  }
  // Only numbers in front, lines or remarks: as good as blank.
  if (filled == 0) {
    if (is_below_table(first)) {
      add(Severity::note, row.number(), 0, first, "org.import_skipped_row", "不是学生，已跳过");
    }
    return true;
  }
  if (is_repeated) {
    add(Severity::note, row.number(), 0, "", "org.import_skipped_row", "是重复的表头，已跳过");
    return true;
  }
  if (is_below_table(name) || (is_below_table(first) && (name.empty() || filled <= 3))) {
    add(Severity::note, row.number(), 0, name.empty() ? first : name, "org.import_skipped_row",
        "不是学生，已跳过");
    return true;
  }
  if (text::fold(name).starts_with("示例")) {
    add(Severity::note, row.number(), 0, name, "org.import_example_row", "是模板里的示例，已跳过");
    return true;
  }
  return false;
}

// What only the whole column can tell: whether ID numbers were rounded, and how classes are
// counted.
void RosterReader::look_ahead(const sheet::Sheet& sheet, Columns& columns) {
  for (std::size_t i = columns.title_index + 1; i < sheet.row_count(); ++i) {
    const sheet::Row row = sheet.row(i);
    std::array<std::string, 4> spelt;  // school, grade, year, class
    for (const auto& [number, meaning] : columns.known) {
      const sheet::Cell cell = row.at(number);
      const std::string_view text = text::trim(cell.text);
      if (meaning.field == RosterField::id_number) {
        const auto read = codes::IdCardNo::create(text, context_.today);
        columns.is_rounded = columns.is_rounded || cell.lost_digits ||
                             (!read.ok() && read.error().code == "codes.lost_digits");
      }
      if (meaning.field == RosterField::school) spelt[0] = text;
      if (meaning.field == RosterField::grade) spelt[1] = text;
      if (meaning.field == RosterField::entry_year) spelt[2] = text;
      if (meaning.field == RosterField::class_name) spelt[3] = text;
    }
    const auto in_class = read_class(spelt[3]);
    if (!in_class || !in_class->number) continue;
    if (!in_class->grade && !in_class->entry_year) {
      columns.class_numbers[{spelt[0], spelt[1] + "/" + spelt[2]}].insert(*in_class->number);
    }
    columns.decimals.insert(text::fold(spelt[3]));
  }
}

void RosterReader::tell_hidden(const sheet::Sheet& sheet) {
  const auto list = [](const std::vector<std::uint32_t>& numbers, const auto& name) {
    constexpr std::size_t kShown = 5;
    std::string text;
    for (std::size_t i = 0; i < std::min(numbers.size(), kShown); ++i) {
      text += (i == 0 ? "" : "、") + name(numbers[i]);
    }
    return text + (numbers.size() > kShown ? "等" : "");
  };
  if (!sheet.hidden_rows().empty()) {
    add(Severity::warning, 0, 0, "", "org.import_hidden_rows",
        "有" + std::to_string(sheet.hidden_rows().size()) + "行是隐藏或筛选掉的，也一并读取了",
        "请核对第" + list(sheet.hidden_rows(), [](std::uint32_t row) {
          return std::to_string(row);
        }) + "行；不要的请删除");
  }
  if (!sheet.hidden_columns().empty()) {
    add(Severity::warning, 0, 0, "", "org.import_hidden_rows",
        "有" + std::to_string(sheet.hidden_columns().size()) + "列是隐藏的，也一并读取了",
        "请核对" + list(sheet.hidden_columns(), sheet::column_letters) + "列；不要的请删除");
  }
}

// 三年级 in one column and 2班 in the other, or both in one; what they say of one another.
std::optional<SpeltClass> join(const std::optional<SpeltClass>& grade,
                               const std::optional<SpeltClass>& in_class) {
  if (!in_class) return grade;
  SpeltClass joined = *in_class;
  if (!grade) return joined;
  if (joined.grade && grade->grade &&
      (*joined.grade != *grade->grade || joined.is_junior != grade->is_junior)) {
    // 初一(1)班 in 七年级.
    const auto plain = [](const SpeltClass& spelt) {
      return *spelt.grade + (spelt.is_junior ? 6 : 0);
    };
    if (plain(joined) != plain(*grade)) return std::nullopt;
  }
  if (joined.entry_year && grade->entry_year && *joined.entry_year != *grade->entry_year) {
    return std::nullopt;
  }
  if (!joined.grade) {
    joined.grade = grade->grade;
    joined.is_junior = grade->is_junior;
  }
  if (!joined.entry_year) joined.entry_year = grade->entry_year;
  return joined;
}

// A paper of somebody from elsewhere, in a column of ID numbers that says nothing of its kind. The
// eight digits of a permit for Taiwan may be a day as well.
std::optional<codes::TravelDocumentNo> read_paper(std::string_view text) {
  const std::string number = codes::clean(text);
  constexpr std::size_t kLeast = 8;
  if (number.size() < kLeast || codes::is_digit(number.front())) return std::nullopt;
  for (const auto document :
       {codes::TravelDocument::hk_macao_permit, codes::TravelDocument::passport}) {
    auto read = codes::TravelDocumentNo::create(document, text);
    if (read.ok()) return std::move(read).value();
  }
  return std::nullopt;
}

// As somebody marks a number that is to stay text.
bool is_marked_text(std::string_view text) {
  return text.starts_with('\'') || text.starts_with("\u2018") || text.starts_with("\u2019");
}

// The ID number is the best witness of birth day and sex.
struct Identity {
  std::optional<LocalDay> birth_day;
  std::optional<int> sex;
};

// 4.1 may have been 4.10: where it is a number, and where the classes around are there as well.
bool is_short_decimal(const RowReader::Found& cell, const std::set<std::string>& all) {
  const std::string text = text::fold(cell.text);
  if (text.size() != 3 || text[0] < '1' || text[0] > '9' || text.substr(1) != ".1") return false;
  const std::string grade = text.substr(0, 2);
  return cell.is_number ||
         (!all.contains(grade + "10") && (all.contains(grade + "9") || all.contains(grade + "11")));
}

void RosterReader::read_sheet(const sheet::Sheet& sheet, std::size_t titles) {
  Columns columns;
  if (!read_titles(sheet, titles, columns)) return;
  look_ahead(sheet, columns);
  tell_hidden(sheet);
  const int school_year = school_year_of(context_.today);
  std::array<bool, kGuardianSlots> has_name{};
  for (const auto& column : columns.known) {
    if (column.second.field == RosterField::guardian_name) has_name.at(column.second.slot) = true;
  }
  const std::vector<TitleCell> title_cells = titles_of(sheet, titles);
  std::uint32_t width = 0;  // the last column with a title
  for (std::uint32_t column = 1; column < title_cells.size(); ++column) {
    if (!title_cells[column].title.empty()) width = column;
  }
  for (std::size_t i = titles + 1; i < sheet.row_count(); ++i) {
    const sheet::Row row = sheet.row(i);
    if (is_skipped(sheet, row, columns)) continue;
    ++in_.sources[source_].rows;
    const Place place{source_, row.number()};
    RowReader cells{*this, row, columns};
    const bool is_like_others =
        (i + 1 < sheet.row_count() && sheet.row(i + 1).width() == row.width()) ||
        (i > titles + 1 && sheet.row(i - 1).width() == row.width());
    cells.check_width(width, is_like_others, columns.said);
    cells.check_untitled(title_cells, columns.said);
    cells.check_merged(sheet.row(i - 1));

    InPerson pupil;
    pupil.place = place;
    pupil.is_pupil = true;
    pupil.name = cells.read_name(cells.get(RosterField::name), "学生");

    // The number and what it says. A student number under another title is still one.
    auto id_cell = cells.get_some(RosterField::id_number);
    auto student_cell = cells.get_some(RosterField::student_no);
    auto local_cell = cells.get_some(RosterField::local_no);
    if (const auto kind = number_in(local_cell.text, context_.today)) {
      const std::string here = codes::clean(local_cell.text);
      const bool is_student_no = *kind == Secret::student_no;
      RowReader::Found& proper = is_student_no ? student_cell : id_cell;
      const std::string what = is_student_no ? "学籍号" : "身份证号";
      const std::string there = codes::clean(proper.text);
      if (proper.empty()) proper = local_cell;
      if (!there.empty() && there != here) {
        cells.error(local_cell.column, local_cell.text, "org.import_number_here",
                    "像是" + what + "，这一列不加密保存", "请移到“" + what + "”列");
      } else if (columns.said.insert("local_no " + what).second) {
        cells.warn(
            local_cell.column, local_cell.text, "org.import_moved_number",
            std::string("是").append(what).append("，按").append(what).append("读取并加密保存"),
            "这一列的其他行也是这样处理");
      }
      local_cell.text.clear();
    }
    Identity identity;
    const auto id_type = cells.get_some(RosterField::id_type);
    const std::string type = simplified(text::fold(id_type.text));
    std::optional<codes::TravelDocument> document;
    if (type.find("护照") != std::string::npos) document = codes::TravelDocument::passport;
    if (type.find("来往内地") != std::string::npos || type.find("回乡证") != std::string::npos) {
      document = codes::TravelDocument::hk_macao_permit;
    }
    if (type.find("来往大陆") != std::string::npos || type.find("台胞证") != std::string::npos) {
      document = codes::TravelDocument::taiwan_permit;
    }
    // Later cards have a number like a citizen's.
    const bool is_old_card = codes::clean(id_cell.text).size() != kIdNumberSize;
    if (type.find("永久居留") != std::string::npos && is_old_card) {
      document = codes::TravelDocument::foreigner_permit;
    }
    const bool is_card = type.empty() || type.find("身份证") != std::string::npos ||
                         type.find("居住证") != std::string::npos ||
                         type.find("户口") != std::string::npos || type == "1";
    bool is_round = false;
    if (!id_cell.empty()) {
      std::string& number = pupil.secrets[index_of(Secret::id_number)];
      if (document) {
        const auto read = codes::TravelDocumentNo::create(*document, id_cell.text);
        if (read.ok()) number = read.value().text();
        if (!read.ok()) cells.refuse(id_cell, read.error().code);
      } else if (is_card) {
        const auto read = codes::IdCardNo::create(id_cell.text, context_.today);
        is_round = read.ok() && read.value().text().ends_with(kRounded);
        if (is_round && (columns.is_rounded || id_cell.is_number)) {
          cells.refuse(id_cell, "codes.lost_digits");
        } else if (read.ok()) {
          number = read.value().text();
          identity.birth_day = read.value().birth_day();
          identity.sex = static_cast<int>(read.value().sex());
        } else if (const auto paper = type.empty() ? read_paper(id_cell.text) : std::nullopt) {
          number = paper->text();
          if (columns.said.insert("paper").second) {
            cells.warn(id_cell.column, id_cell.text, "org.import_paper",
                       paper->document() == codes::TravelDocument::passport
                           ? "按护照号码读取"
                           : "按港澳居民来往内地通行证号码读取",
                       "请核对；最好另有“证件类型”列");
          }
        } else if (type.empty() && codes::clean(id_cell.text).size() < 15 &&
                   read.error().code != "codes.lost_digits") {
          cells.error(id_cell.column, id_cell.text, "org.import_id_type", "不是18位身份证号",
                      "如是其他证件，请在“证件类型”列写明");
        } else {
          cells.refuse(id_cell, read.error().code);
        }
      } else {
        number = codes::clean(id_cell.text);
      }
    }

    if (!student_cell.empty()) {
      const auto read = codes::StudentCode::create(student_cell.text, context_.today);
      if (!read.ok()) {
        cells.refuse(student_cell, read.error().code);
      } else {
        pupil.secrets[index_of(Secret::student_no)] = read.value().text();
        const auto& card = read.value().id_card();
        const std::string& number = pupil.secrets[index_of(Secret::id_number)];
        if (card && !number.empty() && is_card && card->text() != number) {
          cells.error(student_cell.column, student_cell.text, "org.import_student_no_disagrees",
                      "G后的18位与身份证号不同", "应为G" + number);
        }
        if (card && !identity.birth_day) {
          identity.birth_day = card->birth_day();
          identity.sex = static_cast<int>(card->sex());
        }
        if (!read.value().check_character_fits()) {
          cells.warn(student_cell.column, student_cell.text, "org.import_student_no_check",
                     "末位校验码与算法不符", "请核对学籍号");
        }
        if (!identity.birth_day) identity.birth_day = read.value().birth_day();
      }
    }

    const auto birth_cell = cells.get_some(RosterField::birth_day);
    pupil.birth_day = cells.read_birth(birth_cell, context_.today, identity.birth_day);
    if (pupil.birth_day && identity.birth_day && *pupil.birth_day != *identity.birth_day) {
      cells.error(birth_cell.column, birth_cell.text, "org.import_birth_disagrees",
                  "与证件号码或学籍号不符", "号码表明应为" + identity.birth_day->to_iso());
    }
    if (!pupil.birth_day) pupil.birth_day = identity.birth_day;
    if (!pupil.birth_day && !cells.is_bad) {
      cells.error(birth_cell.column, "", "org.import_missing_value", "没有出生日期",
                  "请填写出生日期或身份证号");
    }

    const auto sex_cell = cells.get_some(RosterField::sex);
    if (!sex_cell.empty()) {
      const auto sex = codes::parse_sex(sex_cell.text);
      if (!sex.ok()) cells.refuse(sex_cell, sex.error().code);
      if (sex.ok()) pupil.sex = static_cast<int>(sex.value());
    }
    if (pupil.sex && identity.sex && *pupil.sex != *identity.sex && *pupil.sex != 0 &&
        *pupil.sex != 9) {
      if (is_round) {
        // The digit that tells the sex is among those that are lost.
        cells.refuse(id_cell, "codes.lost_digits");
      } else {
        cells.error(sex_cell.column, sex_cell.text, "org.import_sex_disagrees", "与证件号码不符",
                    std::string("号码表明应为") + (*identity.sex == 1 ? "男" : "女"));
      }
    } else if (is_round && !cells.is_bad) {
      // A text file does not say what was a number in the spreadsheet it came from.
      if (row.width() != 0 && !is_marked_text(id_cell.text)) {
        cells.error(id_cell.column, id_cell.text, "org.import_round_number",
                    "末三位都是0，可能是表格丢了末几位",
                    "请与原件核对；确实如此的，请在号码前加一个英文单引号（'）再导入");
      } else {
        cells.warn(id_cell.column, id_cell.text, "org.import_round_number",
                   "末三位都是0，可能是表格丢了末几位",
                   "请与原件核对；如已丢失，请把该列设为文本后重新粘贴");
      }
    }
    if (!pupil.sex) pupil.sex = identity.sex;

    const auto ethnic_cell = cells.get_some(RosterField::ethnic);
    if (!ethnic_cell.empty()) {
      const auto ethnic = codes::EthnicGroup::create(simplified(ethnic_cell.text));
      if (!ethnic.ok()) cells.refuse(ethnic_cell, ethnic.error().code);
      if (ethnic.ok()) pupil.ethnic = std::string(ethnic.value().code());
    }
    pupil.local_no = text::to_half_width(local_cell.text);
    if (text::count_code_points(pupil.local_no) > kLocalNoMax) {
      cells.error(local_cell.column, "", "org.import_too_long", "太长", "不超过40个字");
      pupil.local_no.clear();
    }
    for (const auto& [field, secret] : {std::pair{RosterField::left_behind, Secret::left_behind},
                                        std::pair{RosterField::hardship, Secret::hardship}}) {
      const auto cell = cells.get(field);
      if (cell.empty()) continue;
      const auto yes = read_yes(cell.text);
      if (!yes && is_none(cell.text)) continue;
      if (!yes) {
        cells.error(cell.column, cell.text, "org.import_yes_or_no", "看不出是或否", "请填是或否");
      } else {
        pupil.secrets[index_of(secret)] = *yes ? "yes" : "no";
      }
    }
    const auto address_cell = cells.get_some(RosterField::address);
    if (text::count_code_points(address_cell.text) > kAddressMax) {
      cells.error(address_cell.column, "", "org.import_too_long", "太长", "不超过200个字");
    } else {
      pupil.secrets[index_of(Secret::address)] = address_cell.text;
    }

    // School, then grade and class: how long primary school is decides what a grade means.
    const auto school_cell = cells.get(RosterField::school);
    const auto code_cell = cells.get(RosterField::school_code);
    std::string school_code;
    if (!code_cell.empty()) {
      const auto code = codes::SchoolCode::create(code_cell.text);
      if (!code.ok()) cells.refuse(code_cell, code.error().code);
      if (code.ok()) school_code = code.value().text();
    }
    std::string school_name = school_cell.text;
    if (school_name.empty() && school_code.empty()) {
      const SchoolRow* own = context_.own_school != 0 ? store_school(context_.own_school) : nullptr;
      if (own == nullptr && context_.schools->size() == 1) own = &context_.schools->front();
      if (own != nullptr) school_name = own->name;
    }
    std::optional<std::size_t> school;
    if (school_name.empty() && school_code.empty()) {
      if (!cells.is_bad) {
        cells.error(school_cell.column, "", "org.import_missing_value", "没有填写学校",
                    "请填写学校名称");
      }
    } else {
      school = school_for(school_name, school_code, place);
      if (!school) {
        cells.error(school_cell.column != 0 ? school_cell.column : code_cell.column, school_name,
                    "org.import_school_disagrees", "学校名称与标识码和其他行不一致",
                    "请核对学校名称和学校标识码");
      }
    }

    const auto grade_cell = cells.get(RosterField::grade);
    const auto class_cell = cells.get(RosterField::class_name);
    const auto grade = grade_cell.empty() ? std::nullopt : read_grade(grade_cell.text);
    auto in_class = class_cell.empty() ? std::nullopt : read_class(class_cell.text);
    bool is_readable = true;
    if (!grade_cell.empty() && !grade) {
      is_readable = false;
      cells.error(grade_cell.column, grade_cell.text, "org.import_bad_grade", "看不出是哪个年级",
                  "如三年级、初一、2024级");
    }
    const auto year_cell = cells.get_some(RosterField::entry_year);
    const auto entry_year = year_cell.empty() ? std::nullopt : read_entry_year(year_cell.text);
    if (!year_cell.empty() && !entry_year) {
      is_readable = false;
      cells.error(year_cell.column, year_cell.text, "org.import_bad_grade", "看不出是哪一年入学",
                  "如2023、2023级");
    }
    if (!class_cell.empty() && !in_class) {
      is_readable = false;
      cells.error(class_cell.column, class_cell.text, "org.import_bad_class", "看不出是几班",
                  "如2班、三（2）班、302班");
    }
    if (class_cell.empty() && columns.sheet_class) in_class = columns.sheet_class;
    if (class_cell.empty() && !columns.sheet_class && is_readable) {
      is_readable = false;
      cells.error(class_cell.column, "", "org.import_missing_value", "没有填写班级",
                  "请填写班级，如2班");
    }
    std::optional<std::size_t> class_index;
    if (is_readable && school) {
      const SchoolRow* known = nullptr;
      for (const SchoolRow& one : *context_.schools) {
        const bool by_code =
            !in_.schools[*school].code.empty() && one.code == in_.schools[*school].code;
        if (by_code || text::fold(one.name) == text::fold(in_.schools[*school].name)) known = &one;
      }
      const int primary_years = known == nullptr ? 6 : known->primary_years;
      auto spelt = join(grade, in_class);
      if (spelt && entry_year && !spelt->entry_year) spelt->entry_year = entry_year;
      const RowReader::Found& says_grade = grade_cell.column != 0 ? grade_cell : class_cell;
      std::optional<Cohort> cohort;
      if (!spelt) {
        cells.error(class_cell.column, class_cell.text, "org.import_grade_disagrees",
                    "班级和年级说的不是同一个年级", "年级列为“" + grade_cell.text + "”");
      } else if (spelt->grade) {
        const int number = *spelt->grade + (spelt->is_junior ? primary_years : 0);
        if (number <= 9) {
          cohort = cohort_of(number, primary_years, school_year);
        } else {
          cells.error(says_grade.column, says_grade.text, "org.import_bad_grade", "没有这个年级",
                      "一至九年级");
        }
        // In a school of nine years somebody is also called by the year he came to it.
        const bool agrees =
            !cohort || !spelt->entry_year || *spelt->entry_year == cohort->entry_year ||
            (cohort->stage == Stage::junior && (known == nullptr || known->stages == "nine_year") &&
             *spelt->entry_year + primary_years == cohort->entry_year);
        if (!agrees) {
          const std::string right = std::string(grade_name(number)) + "现在是" +
                                    std::to_string(cohort->entry_year) + "级";
          if (entry_year && *entry_year == *spelt->entry_year && !in_class->entry_year) {
            cells.warn(year_cell.column, year_cell.text, "org.import_grade_disagrees",
                       "与年级不符，按年级登记", right + "，请核对");
          } else {
            const auto& says_year = in_class->entry_year ? class_cell : grade_cell;
            cells.error(says_year.column, says_year.text, "org.import_grade_disagrees",
                        "班级和年级说的不是同一个年级", right);
            cohort.reset();
          }
        }
      } else if (spelt->entry_year) {
        // 2024级 of a primary school, or of a junior one.
        const bool is_junior = known != nullptr && known->stages == "junior";
        cohort = Cohort{is_junior ? Stage::junior : Stage::primary, *spelt->entry_year};
        const RowReader::Found& says_year =
            grade_cell.column == 0 && year_cell.column != 0 ? year_cell : says_grade;
        if (known != nullptr && known->stages == "nine_year") {
          cohort.reset();
          cells.error(says_year.column, says_year.empty() ? class_cell.text : says_year.text,
                      "org.import_bad_grade", "九年一贯制学校的入学年份看不出学段",
                      "如三年级、八年级");
        } else if (!grade_of(cohort->stage, cohort->entry_year, primary_years, school_year)) {
          cells.error(says_year.column, std::to_string(*spelt->entry_year), "org.import_grade_left",
                      "这一级现在不在校", "请核对入学年份");
          cohort.reset();
        }
      } else {
        cells.error(says_grade.column, class_cell.text, "org.import_missing_value", "没有写明年级",
                    "请填写年级，如三年级");
      }
      if (cohort && spelt->number && spelt->may_be_two) {
        const int now =
            grade_of(cohort->stage, cohort->entry_year, primary_years, school_year).value_or(0);
        const bool is_there =
            context_.classes != nullptr && known != nullptr &&
            std::any_of(
                context_.classes->begin(), context_.classes->end(), [&](const ClassRow& one) {
                  return one.school_id == known->id && one.stage == cohort->stage &&
                         one.entry_year == cohort->entry_year && one.number == *spelt->number;
                });
        const auto number =
            is_there ? spelt->number
                     : settle_class(*spelt->number, now,
                                    columns.class_numbers[{
                                        school_cell.text, grade_cell.text + "/" + year_cell.text}]);
        const std::string grade_text = now == 0 ? "" : std::string(grade_name(now));
        if (!number) {
          cells.error(class_cell.column, class_cell.text, "org.import_class_number",
                      "看不出是" + std::to_string(*spelt->number) + "班还是" +
                          std::to_string(*spelt->number % 10) + "班",
                      std::string("请写成")
                          .append(grade_text)
                          .append(std::to_string(*spelt->number))
                          .append("班或")
                          .append(grade_text)
                          .append(std::to_string(*spelt->number % 10))
                          .append("班"));
          cohort.reset();
        } else if (*number > kClassesMax && !is_there &&
                   columns.said.insert(grade_text + class_cell.text).second) {
          cells.warn(class_cell.column, class_cell.text, "org.import_class_number",
                     "一个年级很少有这么多班，按" + grade_text + std::to_string(*number) + "班读取",
                     "请核对班号和年级");
        }
        spelt->number = number;
      }
      if (cohort && is_short_decimal(class_cell, columns.decimals) &&
          columns.said.insert(class_cell.text).second) {
        cells.warn(class_cell.column, class_cell.text, "org.import_class_digit",
                   "可能原是" + class_cell.text + "0，表格会丢掉末尾的0；按1班读取",
                   "请核对；如是10班，请把该列设为文本后重新填写");
      }
      if (cohort) {
        const std::array<std::int64_t, 4> key = {static_cast<std::int64_t>(*school),
                                                 static_cast<std::int64_t>(cohort->stage),
                                                 cohort->entry_year, *spelt->number};
        const auto found = classes_.try_emplace(key, in_.classes.size());
        class_index = found.first->second;
        if (found.second) {
          InClass row_class;
          row_class.place = place;
          row_class.school = *school;
          row_class.stage = cohort->stage;
          row_class.entry_year = cohort->entry_year;
          row_class.number = *spelt->number;
          in_.classes.push_back(std::move(row_class));
        }
      }
    }

    // Guardians.
    struct Link {
      InPerson guardian;
      InGuardianship guardianship;
    };
    std::vector<Link> links;
    for (const std::size_t slot : {std::size_t{1}, std::size_t{0}, kFatherSlot, kMotherSlot,
                                   std::size_t{2}, std::size_t{3}, std::size_t{4}}) {
      const auto name_cell = cells.get_some(RosterField::guardian_name, slot);
      auto phone_cell = cells.get_some(RosterField::guardian_phone, slot);
      // 联系电话 beside 父亲姓名: the first guardian's.
      if (phone_cell.column == 0 && slot != 0 && !has_name[0] && links.empty() &&
          !name_cell.empty()) {
        phone_cell = cells.get_some(RosterField::guardian_phone, 0);
      }
      std::string phone;
      if (!phone_cell.empty()) {
        const auto read = codes::PhoneNo::create(phone_cell.text);
        if (!read.ok()) cells.refuse(phone_cell, read.error().code);
        if (read.ok()) phone = read.value().text();
      }
      if (name_cell.empty()) {
        const bool is_taken = slot == 0 && !links.empty();
        if (!is_taken && !phone.empty()) pupil.secrets[index_of(Secret::phone)] = phone;
        continue;
      }
      Link link;
      link.guardian.place = place;
      link.guardian.name = cells.read_name(name_cell, "监护人");
      link.guardian.secrets[index_of(Secret::phone)] = phone;
      link.guardianship.place = place;
      auto relation_cell = cells.get_some(RosterField::guardian_relation, slot);
      if (relation_cell.column == 0 && slot == 1) {
        relation_cell = cells.get_some(RosterField::guardian_relation, 0);
      }
      link.guardianship.relation = slot == kFatherSlot   ? "father"
                                   : slot == kMotherSlot ? "mother"
                                                         : "other";
      if (!relation_cell.empty()) {
        const std::string_view relation = read_relation(relation_cell.text);
        if (relation.empty()) {
          cells.warn(relation_cell.column, relation_cell.text, "org.import_relation",
                     "不认识这种关系，按“其他”登记", "如父亲、母亲、祖父、外祖母");
        } else {
          link.guardianship.relation = std::string(relation);
        }
      }
      if (link.guardianship.relation == "father" || link.guardianship.relation == "grandfather") {
        link.guardian.sex = 1;
      }
      if (link.guardianship.relation == "mother" || link.guardianship.relation == "grandmother") {
        link.guardian.sex = 2;
      }
      auto collect_cell = cells.get(RosterField::guardian_collects, slot);
      if (collect_cell.column == 0 && slot == 1) {
        collect_cell = cells.get(RosterField::guardian_collects, 0);
      }
      if (!collect_cell.empty()) {
        link.guardianship.may_collect = read_yes(collect_cell.text);
        if (!link.guardianship.may_collect && !is_none(collect_cell.text)) {
          cells.error(collect_cell.column, collect_cell.text, "org.import_yes_or_no",
                      "看不出是或否", "请填是或否");
        }
      }
      links.push_back(std::move(link));
    }

    for (const std::string_view relation : {"father", "mother"}) {
      std::set<std::string> names;
      for (const Link& link : links) {
        if (link.guardianship.relation == relation) names.insert(text::fold(link.guardian.name));
      }
      if (names.size() < 2) continue;
      const bool is_father = relation == "father";
      cells.warn(0, "", "org.import_relation",
                 std::string("有两位监护人都写作") + (is_father ? "父亲" : "母亲"),
                 std::string("请核对；继父、养母等请照实填写"));
    }

    const std::size_t person = in_.persons.size();
    pupil.bad = cells.is_bad;
    in_.persons.push_back(std::move(pupil));
    if (school) {
      InMembership membership;
      membership.place = place;
      membership.bad = cells.is_bad;
      membership.person = person;
      membership.school = *school;
      membership.class_index = class_index;
      in_.memberships.push_back(membership);
    }
    for (Link& link : links) {
      const std::string& phone = link.guardian.secrets[index_of(Secret::phone)];
      std::size_t guardian = in_.persons.size();
      if (!phone.empty()) {
        const auto known =
            guardians_.try_emplace(text::fold(link.guardian.name) + '\0' + phone, guardian);
        guardian = known.first->second;
      }
      if (guardian == in_.persons.size()) in_.persons.push_back(std::move(link.guardian));
      link.guardianship.bad = cells.is_bad;
      link.guardianship.pupil = person;
      link.guardianship.guardian = guardian;
      in_.guardianships.push_back(std::move(link.guardianship));
    }
  }
}

// What a school nobody knows teaches: what its name says, else the grades of its rows.
void RosterReader::infer_stages() {
  for (std::size_t i = 0; i < in_.schools.size(); ++i) {
    InSchool& school = in_.schools[i];
    const std::string folded = text::fold(school.name);
    const bool is_known =
        std::any_of(context_.schools->begin(), context_.schools->end(), [&](const SchoolRow& row) {
          return text::fold(row.name) == folded ||
                 (!school.code.empty() && row.code == school.code);
        });
    if (is_known) continue;
    source_ = school.place.source;
    if (!context_.schools->empty() && school.code.empty()) {
      const std::string like = school_like(school.name);
      school.bad = true;
      std::uint32_t column = 0;
      for (const Source::Column& known : in_.sources[source_].columns) {
        if (known.field == "school") column = known.number;
      }
      add(Severity::error, school.place.row, column, school.name, "org.import_unknown_school",
          "系统里没有这所学校",
          like.empty() ? "请核对学校名称，或先登记这所学校" : "是否为“" + like + "”");
      continue;
    }
    bool has_primary = false;
    bool has_junior = false;
    for (const InClass& row : in_.classes) {
      if (row.school != i) continue;
      (row.stage == Stage::primary ? has_primary : has_junior) = true;
    }
    const auto says = [&](std::string_view word) { return folded.find(word) != std::string::npos; };
    // Of a primary school by its name a junior class is a mistake, and no second stage.
    if (says("小学") && !says("中学") && !says("初中") && !says("九年") && !says("一贯"))
      has_junior = false;
    const bool is_nine = says("九年") || says("一贯") || (has_primary && has_junior);
    school.stages = is_nine ? "nine_year" : has_junior ? "junior" : "primary";
    school.kind = folded.find("民办") != std::string::npos ? "private" : "public";
    add(Severity::note, school.place.row, 0, school.name, "org.import_new_school",
        "是新学校，按名称和年级登记为" + std::string(is_nine      ? "九年一贯制学校"
                                                     : has_junior ? "初中"
                                                                  : "小学"),
        "导入后请核对");
  }
}

Incoming RosterReader::read() {
  for (const sheet::Sheet& sheet : workbook_.sheets) {
    in_.sources.push_back({sheet.name(), {}, 0});
    source_ = static_cast<std::uint32_t>(in_.sources.size() - 1);
    const auto titles = find_titles(sheet);
    if (titles) {
      read_sheet(sheet, *titles);
    } else if (sheet.row_count() != 0) {
      add(Severity::note, 0, 0, "", "org.import_no_titles", "没有找到表头，跳过了这张表",
          "表头应在前10行内，并有“姓名”列");
    }
  }
  const bool has_rows = std::any_of(in_.sources.begin(), in_.sources.end(),
                                    [](const Source& source) { return source.rows != 0; });
  const bool has_errors = std::any_of(in_.faults.begin(), in_.faults.end(), [](const Fault& fault) {
    return fault.severity == Severity::error;
  });
  source_ = 0;
  if (!has_rows && !has_errors && !in_.sources.empty()) {
    add(Severity::error, 0, 0, "", "org.import_no_rows", "文件里没有学生",
        "请用模板填写，表头应有“姓名”“班级”等列");
  }
  for (const std::string& hidden : workbook_.hidden_sheets) {
    add(Severity::note, 0, 0, hidden, "org.import_hidden_sheet", "是隐藏的工作表，没有读取");
  }
  infer_stages();
  return std::move(in_);
}

}  // namespace

Incoming read_roster(const sheet::Workbook& workbook, const RosterContext& context) {
  return RosterReader(workbook, context).read();
}

}  // namespace sj::org
