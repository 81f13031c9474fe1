#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "kernel/sheet/builder.h"
#include "kernel/sheet/readers.h"
#include "kernel/sheet/refuse.h"

namespace sj::sheet {

namespace {

constexpr std::size_t kSniffedRecords = 20;
constexpr std::size_t kSniffedBytes = std::size_t{64} << 10;
// Excel writes a number in a narrow column with an exponent from 12 digits on.
constexpr int kExponentOfLostDigits = 11;

// How often `separator` stands in each of the first records, outside quotes; blank lines left out.
std::vector<std::size_t> count_separators(std::string_view text, char separator) {
  std::vector<std::size_t> counts;
  std::size_t count = 0;
  bool is_blank = true;
  bool quoted = false;
  for (const char c : text.substr(0, kSniffedBytes)) {
    if (counts.size() == kSniffedRecords) return counts;
    if (c == '"') quoted = !quoted;
    if (!quoted && (c == '\n' || c == '\r')) {
      if (!is_blank) counts.push_back(count);
      count = 0;
      is_blank = true;
      continue;
    }
    is_blank = false;
    if (!quoted && c == separator) ++count;
  }
  if (!is_blank) counts.push_back(count);
  return counts;
}

char sniff_separator(std::string_view text) {
  char best = ',';
  auto best_score = std::pair<std::size_t, std::size_t>(0, 0);
  for (const char separator : {',', '\t', ';'}) {
    const auto counts = count_separators(text, separator);
    if (counts.empty() || counts.front() == 0) continue;
    const auto alike =
        static_cast<std::size_t>(std::count(counts.begin(), counts.end(), counts.front()));
    const auto score = std::pair(alike, counts.front());
    if (score > best_score) {
      best = separator;
      best_score = score;
    }
  }
  return best;
}

// 4.30101E+17: fewer digits than its exponent asks for.
bool is_shortened_number(std::string_view text) {
  const std::size_t e = text.find("E+");
  if (e == std::string_view::npos || e == 0) return false;
  const std::string_view mantissa = text.substr(0, e);
  if (mantissa.find_first_not_of("-.0123456789") != std::string_view::npos) return false;
  int exponent = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + e + 2, end, exponent);
  if (read.ec != std::errc() || read.ptr != end || exponent < kExponentOfLostDigits) return false;
  const auto digits =
      std::count_if(mantissa.begin(), mantissa.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits <= exponent;
}

std::string_view unwrap(std::string_view text) {
  const bool is_wrapped = text.size() >= 3 && text.starts_with("=\"") && text.ends_with('"') &&
                          text.substr(2, text.size() - 3).find('"') == std::string_view::npos;
  return is_wrapped ? text.substr(2, text.size() - 3) : text;
}

class CsvReader {
 public:
  CsvReader(std::string_view text, char separator, SheetBuilder& builder, Pool& pool)
      : text_(text), separator_(separator), builder_(builder), pool_(pool) {}

  // `record` counts from 1, as do the lines of the text.
  Result<void> read();

 private:
  Result<void> read_record();
  Result<void> read_cell();
  Result<void> read_quoted();
  void read_bare();
  Result<void> add_cell();
  void skip_line_end();
  [[nodiscard]] bool at_record_end() const {
    return at_ == text_.size() || text_[at_] == '\n' || text_[at_] == '\r';
  }

  std::string_view text_;
  char separator_;
  SheetBuilder& builder_;
  Pool& pool_;
  std::size_t at_ = 0;
  std::uint32_t record_ = 0;
  std::uint32_t column_ = 0;
  std::string cell_;
};

Result<void> CsvReader::read() {
  while (at_ < text_.size()) {
    ++record_;
    if (!at_record_end()) {
      SJ_TRY(builder_.begin_row(record_));
      SJ_TRY(read_record());
      builder_.set_width(column_);
    }
    skip_line_end();
  }
  return {};
}

void CsvReader::skip_line_end() {
  if (at_ == text_.size()) return;
  const bool is_return = text_[at_] == '\r';
  ++at_;
  if (is_return && at_ < text_.size() && text_[at_] == '\n') ++at_;
}

Result<void> CsvReader::read_record() {
  for (column_ = 1;; ++column_) {
    SJ_TRY(read_cell());
    if (at_record_end()) return {};
    ++at_;  // the separator
  }
}

Result<void> CsvReader::read_cell() {
  cell_.clear();
  if (at_ < text_.size() && text_[at_] == '"') SJ_TRY(read_quoted());
  read_bare();
  return add_cell();
}

void CsvReader::read_bare() {
  const std::size_t begin = at_;
  while (!at_record_end() && text_[at_] != separator_) ++at_;
  cell_ += text_.substr(begin, at_ - begin);
}

Result<void> CsvReader::read_quoted() {
  const std::size_t open = at_++;
  for (;;) {
    const std::size_t quote = text_.find('"', at_);
    if (quote == std::string_view::npos) {
      const auto lines =
          1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(open), '\n');
      return refuse("sheet.open_quote", builder_.place(column_) + ", line " +
                                            std::to_string(lines) + ": a quote is never closed");
    }
    cell_ += text_.substr(at_, quote - at_);
    at_ = quote + 1;
    if (at_ == text_.size() || text_[at_] != '"') return {};
    cell_.push_back('"');
    ++at_;
  }
}

Result<void> CsvReader::add_cell() {
  if (cell_.empty()) return {};
  const std::string_view text = unwrap(cell_);
  auto span = pool_.add(text);
  if (!span.ok()) {
    return refuse(span.error().code, builder_.place(column_) + ": " + span.error().detail);
  }
  return builder_.add({.column = column_,
                       .kind = CellKind::text,
                       .formula = false,
                       .lost_digits = is_shortened_number(text),
                       .text = span.value()});
}

// `sep=;` is Excel's way to say it, and no row of the table.
bool take_separator_line(std::string_view& text, char& separator) {
  if (!text.starts_with("sep=") || text.size() < 5) return false;
  const std::size_t rest = text.substr(5).starts_with("\r\n") ? 7 : 6;
  if (text.size() > 5 && text[5] != '\r' && text[5] != '\n') return false;
  separator = text[4];
  text.remove_prefix(std::min(rest, text.size()));
  return true;
}

}  // namespace

Result<Workbook> read_csv(std::string_view text, std::string_view name, const Limits& limits) {
  char separator = ',';
  if (!take_separator_line(text, separator)) separator = sniff_separator(text);
  Pool pool(limits);
  SheetBuilder builder(std::string(name), pool);
  SJ_TRY(CsvReader(text, separator, builder, pool).read());
  Workbook workbook;
  workbook.sheets.push_back(builder.finish());
  return workbook;
}

}  // namespace sj::sheet
