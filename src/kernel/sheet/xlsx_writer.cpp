#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "kernel/base/check.h"
#include "kernel/sheet/export.h"
#include "kernel/sheet/refuse.h"
#include "kernel/text/free_text.h"
#include "kernel/text/text.h"

namespace sj::sheet {

namespace {

constexpr std::size_t kCellCharactersMax = 32'767;
constexpr std::size_t kChoiceCharactersMax = 255;
constexpr std::size_t kNameCharactersMax = 31;
// A list within a validation, commas between its choices; longer ones stand in a sheet.
constexpr std::size_t kInlineListBytesMax = 255;
constexpr lxw_row_t kLastRow = 1'048'575;
constexpr std::int64_t kDayOffset = 25'569;    // 1970-01-01 in a spreadsheet
constexpr std::int64_t kFirstSafeSerial = 61;  // 1900-03-01; earlier numbers are a day off
constexpr std::string_view kChoicesSheet = "\xE9\x80\x89\xE9\xA1\xB9";  // 选项
constexpr std::uint8_t kTextFormat = 49;  // "@", which every program knows by number
constexpr std::uint32_t kRed = 0xFFC7CE;
constexpr std::uint32_t kYellow = 0xFFEB9C;
constexpr std::uint32_t kHeaderGrey = 0xE7E6E6;

// How a cell looks. Money and its like need a format for each number of places.
struct Look {
  Shade shade = Shade::none;
  Typed typed = Typed::text;
  int places = 0;

  friend bool operator<(const Look& a, const Look& b) {
    return std::tie(a.shade, a.typed, a.places) < std::tie(b.shade, b.typed, b.places);
  }
};

std::string format_code(const Look& look) {
  if (look.typed == Typed::day) return "yyyy-mm-dd";
  return look.places == 0 ? "0" : "0." + std::string(static_cast<std::size_t>(look.places), '0');
}

// Spreadsheets count characters beyond U+FFFF twice.
std::size_t count_characters(std::string_view text) {
  const auto beyond = std::count_if(text.begin(), text.end(),
                                    [](char c) { return static_cast<unsigned char>(c) >= 0xF0; });
  return text::count_code_points(text) + static_cast<std::size_t>(beyond);
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

// Text that would itself read as an escaped character.
bool looks_escaped(std::string_view text) {
  return text.size() >= 7 && text.starts_with("_x") && text[6] == '_' && is_hex(text[2]) &&
         is_hex(text[3]) && is_hex(text[4]) && is_hex(text[5]);
}

// A carriage return XML turns into a line feed, unless it is escaped. What else it has no place for
// is not shown in the first place.
std::string escape(std::string_view content) {
  const std::string shown = text::show_plainly(content);
  const std::string_view text = shown;
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool is_control = byte < 0x20 && byte != '\t' && byte != '\n';
    const std::string_view rest = text.substr(i);
    if (is_control) {
      out += "_x00";
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
      out.push_back('_');
    } else {
      out += looks_escaped(rest) ? "_x005F_" : text.substr(i, 1);
    }
  }
  return out;
}

Result<std::string> cell_text(const std::string& text) {
  SJ_CHECK(!text::first_bad_utf8(text));
  SJ_CHECK(text.find('\0') == std::string::npos);
  if (count_characters(text) > kCellCharactersMax) {
    return refuse("sheet.cell_too_long", "more than " + std::to_string(kCellCharactersMax) +
                                             " characters: " + text.substr(0, 60));
  }
  return escape(text);
}

// The file as it is written: in memory, because it holds pupils' data.
class MemoryFile {
 public:
  MemoryFile() : descriptor_(memfd_create("workbook", MFD_CLOEXEC)) {}
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() {
    if (descriptor_ >= 0) close(descriptor_);
  }

  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

  [[nodiscard]] std::string bytes() const {
    std::string result(
        static_cast<std::size_t>(std::max<off_t>(lseek(descriptor_, 0, SEEK_END), 0)), '\0');
    std::size_t done = 0;
    while (done < result.size()) {
      const ssize_t count =
          pread(descriptor_, result.data() + done, result.size() - done, static_cast<off_t>(done));
      if (count <= 0) return {};
      done += static_cast<std::size_t>(count);
    }
    return result;
  }

 private:
  int descriptor_;
};

// The library copies the list into a buffer of as many bytes as Excel takes characters.
bool fits_inline(const std::vector<std::string>& choices) {
  std::size_t bytes = choices.size() - 1;
  for (const std::string& choice : choices) {
    if (choice.find_first_of(",\"") != std::string::npos) return false;
    bytes += choice.size();
  }
  return bytes <= kInlineListBytesMax;
}

// The library copies the formula of a validation twice and frees it once. So what it is given is a
// list, whose one copy is then exchanged for the range.
void take_from_range(lxw_worksheet* sheet, const std::string& range) {
  lxw_data_val_obj* last = sheet->data_validations->stqh_first;
  while (last->list_pointers.stqe_next != nullptr) last = last->list_pointers.stqe_next;
  std::free(last->value_formula);
  last->value_formula = strdup(range.c_str());
  last->validate = LXW_VALIDATION_TYPE_LIST_FORMULA;
}

struct CloseWorkbook {
  void operator()(lxw_workbook* workbook) const { static_cast<void>(workbook_close(workbook)); }
};

}  // namespace

struct XlsxWriter::State {
  MemoryFile file;
  std::unique_ptr<lxw_workbook, CloseWorkbook> workbook;
  std::map<Look, lxw_format*> formats;
  lxw_format* header = nullptr;
  std::vector<std::vector<std::string>> long_lists;  // for a hidden sheet at the end

  lxw_worksheet* sheet = nullptr;
  SheetPlan plan;
  lxw_row_t rows = 0;  // of the present sheet, the titles among them

  explicit State(Instant created);
  lxw_format* format(const Look& look);
  void add_titles();
  void add_choices(lxw_col_t column, std::vector<std::string> choices);
  void end_sheet();
  void add_choices_sheet();
  Result<void> add_cell(lxw_col_t column, const OutCell& cell);
  Result<void> add_value(lxw_col_t column, const OutCell& cell);
};

XlsxWriter::State::State(Instant created) {
  SJ_CHECK(created.utc_ms() >= 1000);
  lxw_workbook_options options{};
  options.constant_memory = LXW_TRUE;
  options.use_zip64 = LXW_FALSE;
  const std::string path = file.path();
  workbook.reset(workbook_new_opt(path.c_str(), &options));
  SJ_CHECK(workbook != nullptr);
  lxw_doc_properties properties{};
  properties.created = static_cast<time_t>(created.utc_ms() / 1000);
  SJ_CHECK(workbook_set_properties(workbook.get(), &properties) == LXW_NO_ERROR);
  header = workbook_add_format(workbook.get());
  format_set_bold(header);
  format_set_bg_color(header, kHeaderGrey);
  format_set_bottom(header, LXW_BORDER_THIN);
  format_set_num_format_index(header, kTextFormat);
}

lxw_format* XlsxWriter::State::format(const Look& look) {
  lxw_format*& made = formats[look];
  if (made != nullptr) return made;
  made = workbook_add_format(workbook.get());
  if (look.typed == Typed::text) {
    format_set_num_format_index(made, kTextFormat);
  } else {
    format_set_num_format(made, format_code(look).c_str());
  }
  if (look.shade == Shade::wrong) format_set_bg_color(made, kRed);
  if (look.shade == Shade::doubtful) format_set_bg_color(made, kYellow);
  return made;
}

void XlsxWriter::State::add_titles() {
  for (std::size_t i = 0; i < plan.columns.size(); ++i) {
    const OutColumn& column = plan.columns[i];
    const auto at = static_cast<lxw_col_t>(i);
    worksheet_set_column(sheet, at, at, column.width, format({.typed = column.typed}));
    worksheet_write_string(sheet, 0, at, escape(column.title).c_str(), header);
    if (!column.choices.empty()) add_choices(at, column.choices);
  }
  rows = 1;
  if (plan.freeze_header) worksheet_freeze_panes(sheet, 1, 0);
}

void XlsxWriter::State::add_choices(lxw_col_t column, std::vector<std::string> choices) {
  const bool is_inline = fits_inline(choices);
  std::string stand_in = "x";
  std::vector<char*> list;
  if (is_inline) {
    for (std::string& choice : choices) list.push_back(choice.data());
  } else {
    list.push_back(stand_in.data());
  }
  list.push_back(nullptr);
  lxw_data_validation validation{};
  validation.validate = LXW_VALIDATION_TYPE_LIST;
  validation.value_list = list.data();
  const lxw_error done =
      worksheet_data_validation_range(sheet, 1, column, kLastRow, column, &validation);
  SJ_CHECK(done == LXW_NO_ERROR);
  if (is_inline) return;
  std::array<char, 8> letters{};
  lxw_col_to_name(letters.data(), static_cast<lxw_col_t>(long_lists.size()), 1);
  take_from_range(sheet, "'" + std::string(kChoicesSheet) + "'!" + letters.data() +
                             "$1:" + letters.data() + "$" + std::to_string(choices.size()));
  long_lists.push_back(std::move(choices));
}

void XlsxWriter::State::end_sheet() {
  if (sheet == nullptr || !plan.filter) return;
  worksheet_autofilter(sheet, 0, 0, std::max<lxw_row_t>(rows, 2) - 1,
                       static_cast<lxw_col_t>(plan.columns.size() - 1));
}

// Rows are written one after the other, so the lists stand side by side.
void XlsxWriter::State::add_choices_sheet() {
  if (long_lists.empty()) return;
  lxw_worksheet* hidden = workbook_add_worksheet(workbook.get(), kChoicesSheet.data());
  SJ_CHECK(hidden != nullptr);
  worksheet_hide(hidden);
  std::size_t longest = 0;
  for (const auto& list : long_lists) longest = std::max(longest, list.size());
  for (std::size_t row = 0; row < longest; ++row) {
    for (std::size_t i = 0; i < long_lists.size(); ++i) {
      if (row >= long_lists[i].size()) continue;
      worksheet_write_string(hidden, static_cast<lxw_row_t>(row), static_cast<lxw_col_t>(i),
                             escape(long_lists[i][row]).c_str(), format({}));
    }
  }
}

Result<void> XlsxWriter::State::add_cell(lxw_col_t column, const OutCell& cell) {
  SJ_TRY(add_value(column, cell));
  if (cell.reason.empty()) return {};
  const std::string reason = SJ_TRY(cell_text(cell.reason));
  SJ_CHECK(worksheet_write_comment(sheet, rows, column, reason.c_str()) == LXW_NO_ERROR);
  return {};
}

Result<void> XlsxWriter::State::add_value(lxw_col_t column, const OutCell& cell) {
  Look look{.shade = cell.shade, .typed = Typed::number, .places = 0};
  const auto number = [&](double value) {
    SJ_CHECK(worksheet_write_number(sheet, rows, column, value, format(look)) == LXW_NO_ERROR);
    return Result<void>();
  };
  if (const auto* integer = std::get_if<std::int64_t>(&cell.value)) {
    return number(static_cast<double>(*integer));
  }
  if (const auto* decimal = std::get_if<Decimal>(&cell.value)) {
    look.places = decimal->places;
    return number(static_cast<double>(decimal->units) / std::pow(10.0, decimal->places));
  }
  if (const auto* day = std::get_if<LocalDay>(&cell.value)) {
    look.typed = Typed::day;
    const std::int64_t serial = day->epoch_days() + kDayOffset;
    if (serial >= kFirstSafeSerial) return number(static_cast<double>(serial));
  }
  if (std::holds_alternative<std::monostate>(cell.value)) {
    look.typed = plan.columns[column].typed;
    SJ_CHECK(worksheet_write_blank(sheet, rows, column, format(look)) == LXW_NO_ERROR);
    return {};
  }
  look.typed = Typed::text;
  const std::string text = SJ_TRY(cell_text(to_text(cell.value)));
  SJ_CHECK(worksheet_write_string(sheet, rows, column, text.c_str(), format(look)) == LXW_NO_ERROR);
  return {};
}

XlsxWriter::XlsxWriter(Instant created) : state_(std::make_unique<State>(created)) {}
XlsxWriter::XlsxWriter(XlsxWriter&&) noexcept = default;
XlsxWriter& XlsxWriter::operator=(XlsxWriter&&) noexcept = default;
XlsxWriter::~XlsxWriter() = default;

Result<void> XlsxWriter::add_sheet(const SheetPlan& plan) {
  SJ_CHECK(state_ != nullptr);
  SJ_CHECK(!plan.columns.empty());
  if (plan.name.empty() || count_characters(plan.name) > kNameCharactersMax ||
      plan.name == kChoicesSheet ||
      workbook_validate_sheet_name(state_->workbook.get(), plan.name.c_str()) != LXW_NO_ERROR) {
    return refuse("sheet.bad_sheet_name", "'" + plan.name + "'");
  }
  for (const OutColumn& column : plan.columns) {
    for (const std::string& choice : column.choices) {
      if (choice.empty() || count_characters(choice) > kChoiceCharactersMax) {
        return refuse("sheet.bad_choices", column.title + ": '" + choice + "'");
      }
    }
  }
  state_->end_sheet();
  state_->plan = plan;
  state_->sheet = workbook_add_worksheet(state_->workbook.get(), plan.name.c_str());
  SJ_CHECK(state_->sheet != nullptr);
  state_->add_titles();
  return {};
}

Result<void> XlsxWriter::add_row(const std::vector<OutCell>& cells) {
  SJ_CHECK(state_ != nullptr);
  SJ_CHECK(state_->sheet != nullptr);
  SJ_CHECK(cells.size() <= state_->plan.columns.size());
  if (state_->rows > kLastRow) {
    return refuse("sheet.too_many_rows", state_->plan.name + ": more than a sheet can hold");
  }
  for (std::size_t i = 0; i < cells.size(); ++i) {
    SJ_TRY(state_->add_cell(static_cast<lxw_col_t>(i), cells[i]));
  }
  ++state_->rows;
  return {};
}

Result<std::string> XlsxWriter::finish() {
  SJ_CHECK(state_ != nullptr);
  SJ_CHECK(state_->sheet != nullptr);
  const auto state = std::exchange(state_, nullptr);
  state->end_sheet();
  state->add_choices_sheet();
  const lxw_error closed = workbook_close(state->workbook.release());
  std::string bytes = state->file.bytes();
  if (closed != LXW_NO_ERROR || bytes.empty()) {
    return Error{ErrorKind::internal, "sheet.cannot_write", lxw_strerror(closed)};
  }
  return bytes;
}

}  // namespace sj::sheet
