#include "kernel/sheet/xlsx_parts.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include "kernel/sheet/encoding.h"
#include "kernel/sheet/refuse.h"
#include "kernel/sheet/xml.h"
#include "kernel/time/local_day.h"

namespace sj::sheet {

namespace {

Error broken(std::string_view part, const std::string& why) {
  return refuse("sheet.broken_workbook", std::string(part) + ": " + why);
}

Result<void> read_part(Zip& zip, std::string_view part, XmlHandler& handler) {
  const auto index = zip.find(part);
  if (!index) return broken(part, "is missing");
  auto stream = SJ_TRY(zip.stream(*index));
  return read_xml(part, stream, handler);
}

bool is_true(std::optional<std::string_view> flag) {
  return flag == "1" || flag == "true";
}

std::optional<std::uint32_t> number_of(std::optional<std::string_view> text) {
  std::uint32_t number = 0;
  if (!text) return std::nullopt;
  const char* const end = text->data() + text->size();
  const auto read = std::from_chars(text->data(), end, number);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return number;
}

std::string_view folder_of(std::string_view part) {
  const std::size_t slash = part.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : part.substr(0, slash + 1);
}

// The entry that `target` means, seen from `folder`; nothing if it leads out of the file.
std::optional<std::string> resolve(std::string_view folder, std::string_view target) {
  std::string path = target.starts_with('/') ? std::string() : std::string(folder);
  path += target.substr(target.starts_with('/') ? 1 : 0);
  std::vector<std::string_view> steps;
  for (std::string_view rest = path; !rest.empty();) {
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const std::string_view step = rest.substr(0, slash);
    rest.remove_prefix(std::min(slash + 1, rest.size()));
    if (step.empty() || step == ".") continue;
    if (step != "..") {
      steps.push_back(step);
    } else if (steps.empty()) {
      return std::nullopt;
    } else {
      steps.pop_back();
    }
  }
  std::string resolved;
  for (const std::string_view step : steps) {
    if (!resolved.empty()) resolved.push_back('/');
    resolved += step;
  }
  return resolved;
}

class RelationshipsHandler final : public XmlHandler {
 public:
  explicit RelationshipsHandler(std::string_view folder) : folder_(folder) {}

  Result<void> on_start(std::string_view name, const XmlAttributes& attributes) override {
    if (name != "Relationship" || attributes.find("TargetMode") == "External") return {};
    const auto id = attributes.find("Id");
    const auto type = attributes.find("Type");
    const auto target = attributes.find("Target");
    if (!id || !type || !target) return broken(folder_, "a relationship lacks something");
    auto resolved = resolve(folder_, *target);
    if (!resolved) return broken(*target, "leads out of the file");
    found.push_back({.id = std::string(*id),
                     .type = std::string(type->substr(type->rfind('/') + 1)),
                     .target = *std::move(resolved)});
    return {};
  }
  Result<void> on_end(std::string_view) override { return {}; }
  Result<void> on_text(std::string_view) override { return {}; }

  std::vector<Relationship> found;

 private:
  std::string_view folder_;
};

class WorkbookHandler final : public XmlHandler {
 public:
  explicit WorkbookHandler(std::size_t sheets_max) : sheets_max_(sheets_max) {}

  Result<void> on_start(std::string_view name, const XmlAttributes& attributes) override {
    if (name == "workbookPr") found.days_from_1904 = is_true(attributes.find("date1904"));
    if (name != "sheet") return {};
    if (found.sheets.size() == sheets_max_) {
      return refuse("sheet.too_many_sheets", "more than " + std::to_string(sheets_max_));
    }
    const auto state = attributes.find("state");
    found.sheets.push_back(
        {.name = std::string(attributes.find("name").value_or("")),
         .relationship = std::string(attributes.find_prefixed("id").value_or("")),
         .hidden = state == "hidden" || state == "veryHidden"});
    return {};
  }
  Result<void> on_end(std::string_view) override { return {}; }
  Result<void> on_text(std::string_view) override { return {}; }

  WorkbookPart found;

 private:
  std::size_t sheets_max_;
};

// Text in runs is joined; what says how to pronounce it is left out.
class SharedStringsHandler final : public XmlHandler {
 public:
  explicit SharedStringsHandler(Pool& pool) : pool_(pool) {}

  Result<void> on_start(std::string_view name, const XmlAttributes&) override {
    if (name == "si") {
      text_.clear();
      in_string_ = true;
    }
    if (name == "rPh") in_phonetic_ = true;
    if (name == "t") in_text_ = in_string_ && !in_phonetic_;
    return {};
  }

  Result<void> on_end(std::string_view name) override {
    if (name == "t") in_text_ = false;
    if (name == "rPh") in_phonetic_ = false;
    if (name != "si") return {};
    in_string_ = false;
    if (found.size() == pool_.limits.strings_max) {
      return refuse("sheet.too_many_strings",
                    "more than " + std::to_string(pool_.limits.strings_max));
    }
    const Span span = SJ_TRY(pool_.add(unescape(text_)));
    found.push_back(span);
    return {};
  }

  Result<void> on_text(std::string_view piece) override {
    if (!in_text_) return {};
    text_ += piece;
    if (text_.size() <= pool_.limits.cell_bytes_max) return {};
    return refuse("sheet.cell_too_long", "text " + std::to_string(found.size()));
  }

  std::vector<Span> found;

 private:
  Pool& pool_;
  std::string text_;
  bool in_string_ = false;
  bool in_phonetic_ = false;
  bool in_text_ = false;
};

class StylesHandler final : public XmlHandler {
 public:
  explicit StylesHandler(std::size_t count_max) : count_max_(count_max) {}

  Result<void> on_start(std::string_view name, const XmlAttributes& attributes) override {
    if (name == "numFmts") in_formats_ = true;
    if (name == "cellXfs") in_cell_styles_ = true;
    const auto id = number_of(attributes.find("numFmtId"));
    if (name == "numFmt" && in_formats_ && id) {
      formats_[*id] = parse_number_format(attributes.find("formatCode").value_or(""));
    }
    if (name == "xf" && in_cell_styles_) style_formats_.push_back(id.value_or(0));
    if (formats_.size() + style_formats_.size() <= count_max_) return {};
    return refuse("sheet.too_many_strings", "more than " + std::to_string(count_max_) + " formats");
  }
  Result<void> on_end(std::string_view name) override {
    if (name == "numFmts") in_formats_ = false;
    if (name == "cellXfs") in_cell_styles_ = false;
    return {};
  }
  Result<void> on_text(std::string_view) override { return {}; }

  // A file may give a number of the builtin formats a meaning of its own.
  [[nodiscard]] std::vector<NumberFormat> formats() const {
    std::vector<NumberFormat> result;
    result.reserve(style_formats_.size());
    for (const std::uint32_t id : style_formats_) {
      const auto own = formats_.find(id);
      result.push_back(own == formats_.end() ? builtin_number_format(id) : own->second);
    }
    return result;
  }

 private:
  std::size_t count_max_;
  std::map<std::uint32_t, NumberFormat> formats_;
  std::vector<std::uint32_t> style_formats_;
  bool in_formats_ = false;
  bool in_cell_styles_ = false;
};

}  // namespace

std::string unescape(std::string_view text) {
  std::string out;
  for (;;) {
    const std::size_t at = text.find("_x");
    if (at == std::string_view::npos) break;
    out += text.substr(0, at);
    text.remove_prefix(at);
    std::uint32_t code = 0;
    const char* const digits = text.data() + 2;
    const bool is_long_enough = text.size() >= 7 && text[6] == '_';
    const bool is_escape =
        is_long_enough && std::from_chars(digits, digits + 4, code, 16).ptr == digits + 4;
    const bool is_character = is_escape && code != 0 && (code < 0xD800 || code > 0xDFFF);
    if (is_character) append_utf8(out, code);
    if (!is_escape) out += "_x";
    if (is_escape && !is_character) out += text.substr(0, 7);
    text.remove_prefix(is_escape ? 7 : 2);
  }
  out += text;
  return out;
}

Result<std::vector<Relationship>> read_relationships(Zip& zip, std::string_view part) {
  const std::string_view folder = folder_of(part);
  RelationshipsHandler handler(folder);
  const std::string name =
      std::string(folder) + "_rels/" + std::string(part.substr(folder.size())) + ".rels";
  SJ_TRY(read_part(zip, name, handler));
  return std::move(handler.found);
}

Result<WorkbookPart> read_workbook_part(Zip& zip, std::string_view part, const Limits& limits) {
  WorkbookHandler handler(limits.sheets_max);
  SJ_TRY(read_part(zip, part, handler));
  return std::move(handler.found);
}

Result<std::vector<Span>> read_shared_strings(Zip& zip, std::string_view part, Pool& pool) {
  SharedStringsHandler handler(pool);
  SJ_TRY(read_part(zip, part, handler));
  return std::move(handler.found);
}

Result<std::vector<NumberFormat>> read_styles(Zip& zip,
                                              std::string_view part,
                                              const Limits& limits) {
  StylesHandler handler(limits.strings_max);
  SJ_TRY(read_part(zip, part, handler));
  return handler.formats();
}

// ---- cells ----

namespace {

constexpr std::uint32_t kRowsOfFormat = 1'048'576;
constexpr std::uint32_t kColumnsOfFormat = 16'384;

struct Reference {
  std::uint32_t row = 0;
  std::uint32_t column = 0;
};

std::optional<Reference> parse_reference(std::string_view text) {
  Reference at;
  std::size_t i = 0;
  for (; i < text.size() && text[i] >= 'A' && text[i] <= 'Z'; ++i) {
    at.column = at.column * 26 + static_cast<std::uint32_t>(text[i] - 'A' + 1);
    if (at.column > kColumnsOfFormat) return std::nullopt;
  }
  const auto row = number_of(text.substr(i));
  if (at.column == 0 || !row || *row == 0 || *row > kRowsOfFormat) return std::nullopt;
  at.row = *row;
  return at;
}

std::optional<Range> parse_range(std::string_view text) {
  const std::size_t colon = std::min(text.find(':'), text.size());
  const auto first = parse_reference(text.substr(0, colon));
  const auto last = colon == text.size() ? first : parse_reference(text.substr(colon + 1));
  if (!first || !last || last->row < first->row || last->column < first->column) {
    return std::nullopt;
  }
  return Range{first->row, first->column, last->row, last->column};
}

enum class CellType : unsigned char {
  number,
  shared,
  formula_text,
  inline_text,
  boolean,
  error,
  day
};

std::optional<CellType> parse_type(std::optional<std::string_view> type) {
  if (!type || type == "n") return CellType::number;
  if (type == "s") return CellType::shared;
  if (type == "str") return CellType::formula_text;
  if (type == "inlineStr") return CellType::inline_text;
  if (type == "b") return CellType::boolean;
  if (type == "e") return CellType::error;
  if (type == "d") return CellType::day;
  return std::nullopt;
}

class SheetHandler final : public XmlHandler {
 public:
  SheetHandler(std::string name, const SheetContext& context, Pool& pool)
      : name_(name), context_(context), pool_(pool), builder_(std::move(name), pool) {}

  Result<void> on_start(std::string_view name, const XmlAttributes& attributes) override;
  Result<void> on_end(std::string_view name) override;
  Result<void> on_text(std::string_view piece) override;

  Result<Sheet> finish() {
    SJ_TRY(builder_.merge(merges_));
    return builder_.finish();
  }

 private:
  Result<void> start_row(const XmlAttributes& attributes);
  Result<void> start_cell(const XmlAttributes& attributes);
  Result<void> start_in_cell(std::string_view name);
  Result<void> end_cell();
  Result<void> add_merge(const XmlAttributes& attributes);
  Result<Span> text_of(CellKind& kind, bool& lost_digits);
  Result<Span> number_text(CellKind& kind, bool& lost_digits);
  Result<Span> shared_text();
  Result<Span> day_text(CellKind& kind);
  [[nodiscard]] NumberFormat format_of_cell() const;
  [[nodiscard]] Error broken_cell(const std::string& why) const {
    return refuse("sheet.broken_workbook", builder_.place(cell_column_) + ": " + why);
  }

  std::string name_;
  const SheetContext& context_;
  Pool& pool_;
  SheetBuilder builder_;
  std::vector<Range> merges_;
  bool in_data_ = false;
  bool in_phonetic_ = false;
  std::uint32_t row_ = 0;

  bool in_cell_ = false;
  std::uint32_t cell_column_ = 0;
  CellType cell_type_ = CellType::number;
  std::uint32_t cell_style_ = 0;
  bool has_formula_ = false;
  std::string value_;
  std::string formula_;
  std::string* collecting_ = nullptr;
};

Result<void> SheetHandler::on_start(std::string_view name, const XmlAttributes& attributes) {
  if (in_cell_) return start_in_cell(name);
  if (in_data_) {
    if (name == "c") return start_cell(attributes);
    if (name == "row") return start_row(attributes);
    return {};
  }
  if (name == "sheetData") in_data_ = true;
  if (name == "col" && is_true(attributes.find("hidden"))) {
    const auto first = number_of(attributes.find("min"));
    const auto last = number_of(attributes.find("max"));
    if (first && last && *first != 0) builder_.hide_columns(*first, *last);
  }
  if (name == "mergeCell") return add_merge(attributes);
  return {};
}

Result<void> SheetHandler::start_row(const XmlAttributes& attributes) {
  const auto given = attributes.find("r");
  const auto number = given ? number_of(given) : row_ + 1;
  if (!number || *number > kRowsOfFormat) {
    return broken(name_, "row '" + std::string(given.value_or("")) + "'");
  }
  row_ = *number;
  cell_column_ = 0;
  SJ_TRY(builder_.begin_row(row_));
  if (is_true(attributes.find("hidden"))) builder_.hide_row();
  return {};
}

Result<void> SheetHandler::start_cell(const XmlAttributes& attributes) {
  ++cell_column_;
  if (const auto given = attributes.find("r")) {
    const auto at = parse_reference(*given);
    if (!at || at->row != row_) {
      return broken(name_, "cell '" + std::string(*given) + "' in row " + std::to_string(row_));
    }
    cell_column_ = at->column;
  }
  const auto type = parse_type(attributes.find("t"));
  const auto style = attributes.find("s");
  const auto style_number = style ? number_of(style) : 0;
  if (!type) return broken_cell("unknown type");
  // Of a workbook without styles every cell is shown plainly, whatever it refers to.
  const bool has_styles = !context_.formats.empty();
  if (!style_number || (style && has_styles && *style_number >= context_.formats.size())) {
    return broken_cell("no style " + std::string(style.value_or("")));
  }
  cell_type_ = *type;
  cell_style_ = *style_number;
  in_cell_ = true;
  has_formula_ = false;
  value_.clear();
  formula_.clear();
  return {};
}

Result<void> SheetHandler::start_in_cell(std::string_view name) {
  const bool is_inline = cell_type_ == CellType::inline_text;
  if (name == "rPh") in_phonetic_ = true;
  if (name == "f") {
    has_formula_ = true;
    collecting_ = &formula_;
  } else if (name == (is_inline ? "t" : "v") && !in_phonetic_) {
    collecting_ = &value_;
  }
  return {};
}

Result<void> SheetHandler::on_end(std::string_view name) {
  collecting_ = nullptr;
  if (name == "rPh") in_phonetic_ = false;
  if (in_cell_ && name == "c") return end_cell();
  if (name == "sheetData") in_data_ = false;
  return {};
}

Result<void> SheetHandler::on_text(std::string_view piece) {
  if (collecting_ == nullptr) return {};
  *collecting_ += piece;
  if (collecting_->size() <= pool_.limits.cell_bytes_max) return {};
  return refuse("sheet.cell_too_long", builder_.place(cell_column_));
}

Result<void> SheetHandler::add_merge(const XmlAttributes& attributes) {
  const std::string_view text = attributes.find("ref").value_or("");
  const auto range = parse_range(text);
  if (!range) return broken(name_, "merged range '" + std::string(text) + "'");
  if (merges_.size() == pool_.limits.merges_max) {
    return refuse("sheet.too_many_merges",
                  name_ + ": more than " + std::to_string(pool_.limits.merges_max));
  }
  merges_.push_back(*range);
  return {};
}

Result<void> SheetHandler::end_cell() {
  in_cell_ = false;
  in_phonetic_ = false;
  const bool is_text = cell_type_ == CellType::formula_text || cell_type_ == CellType::inline_text;
  if (value_.empty() && !(has_formula_ && !is_text)) return {};
  CellKind kind = CellKind::text;
  bool lost_digits = false;
  auto text = text_of(kind, lost_digits);
  if (!text.ok()) {
    const Error& error = text.error();
    return refuse(error.code, builder_.place(cell_column_) + ": " + error.detail);
  }
  return builder_.add({.column = cell_column_,
                       .kind = kind,
                       .formula = has_formula_,
                       .lost_digits = lost_digits,
                       .text = text.value()});
}

Result<Span> SheetHandler::text_of(CellKind& kind, bool& lost_digits) {
  if (value_.empty()) {
    kind = CellKind::uncomputed;
    return pool_.add("=" + formula_);
  }
  switch (cell_type_) {
    case CellType::shared:
      return shared_text();
    case CellType::number:
      return number_text(kind, lost_digits);
    case CellType::boolean:
      kind = CellKind::boolean;
      return pool_.add(is_true(value_) ? "TRUE" : "FALSE");
    case CellType::error:
      kind = CellKind::error;
      return pool_.add(value_);
    case CellType::day:
      return day_text(kind);
    case CellType::formula_text:
    case CellType::inline_text:
      break;
  }
  return pool_.add(unescape(value_));
}

// A date as strict workbooks spell it: 2026-10-12, 2026-10-12T08:30:00, 2026-10-12T08:30:00.000Z.
Result<Span> SheetHandler::day_text(CellKind& kind) {
  const NumberFormat format = format_of_cell();
  const std::size_t mark = std::min(value_.find('T'), value_.size());
  const std::string_view day = std::string_view(value_).substr(0, mark);
  const std::string_view time = std::string_view(value_).substr(std::min(mark + 1, value_.size()));
  if (!LocalDay::parse(day).ok()) {
    kind = CellKind::text;
    return pool_.add(value_);
  }
  kind = CellKind::date;
  std::string text(day);
  const bool is_day_only = format.shape == NumberFormat::Shape::moment && !format.has_time;
  const bool has_seconds = time.size() >= 8 && time.substr(5, 3) != ":00";
  const std::string_view shown = time.substr(0, has_seconds ? 8 : 5);
  const bool is_time = shown.size() >= 5 && shown != "00:00" &&
                       shown.find_first_not_of("0123456789:") == std::string_view::npos;
  if (!is_day_only && is_time) text.append(" ").append(shown);
  return pool_.add(text);
}

NumberFormat SheetHandler::format_of_cell() const {
  return context_.formats.empty() ? NumberFormat{} : context_.formats[cell_style_];
}

Result<Span> SheetHandler::shared_text() {
  const auto index = number_of(value_);
  if (!index || *index >= context_.strings.size()) {
    return refuse("sheet.broken_workbook", "no text '" + value_ + "'");
  }
  return context_.strings[*index];
}

Result<Span> SheetHandler::number_text(CellKind& kind, bool& lost_digits) {
  double value = 0;
  const char* const end = value_.data() + value_.size();
  const auto read = std::from_chars(value_.data(), end, value);
  const bool is_finite = value - value == 0;
  if (read.ec != std::errc() || read.ptr != end || !is_finite) {
    return refuse("sheet.broken_workbook", "'" + value_ + "' is no number");
  }
  const NumberFormat format = format_of_cell();
  std::string text;
  const Rendered rendered = render_number(text, value, value_, format, context_.days_from_1904);
  kind = rendered.kind;
  lost_digits = rendered.lost_digits;
  return pool_.add(text);
}

}  // namespace

Result<Sheet> read_sheet(
    Zip& zip, std::string_view part, std::string name, const SheetContext& context, Pool& pool) {
  SheetHandler handler(std::move(name), context, pool);
  SJ_TRY(read_part(zip, part, handler));
  return handler.finish();
}

}  // namespace sj::sheet
