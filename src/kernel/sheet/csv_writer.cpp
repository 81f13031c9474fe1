#include <string>

#include "kernel/base/check.h"
#include "kernel/sheet/export.h"
#include "kernel/text/free_text.h"

namespace sj::sheet {

namespace {

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
constexpr int kPlacesMax = 6;

std::string decimal_text(Decimal decimal) {
  SJ_CHECK(decimal.places >= 0);
  SJ_CHECK(decimal.places <= kPlacesMax);
  const std::string units = std::to_string(decimal.units);
  std::string_view digits(units);
  std::string text;
  if (decimal.units < 0) {
    text.push_back('-');
    digits.remove_prefix(1);
  }
  const auto places = static_cast<std::size_t>(decimal.places);
  const std::size_t whole = digits.size() > places ? digits.size() - places : 0;
  text += whole == 0 ? std::string_view("0") : digits.substr(0, whole);
  if (places == 0) return text;
  text.push_back('.');
  text.append(places - (digits.size() - whole), '0');
  text += digits.substr(whole);
  return text;
}

}  // namespace

std::string to_text(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* decimal = std::get_if<Decimal>(&value)) return decimal_text(*decimal);
  if (const auto* day = std::get_if<LocalDay>(&value)) return day->to_iso();
  return {};
}

CsvWriter::CsvWriter(CsvOptions options) : options_(options), bytes_(kUtf8Mark) {}

void CsvWriter::add_row(std::span<const std::string> cells) {
  for (const std::string& cell : cells) add_cell(cell);
  end_row();
}

void CsvWriter::add_row(const std::vector<OutCell>& cells) {
  for (const OutCell& cell : cells) add_cell(to_text(cell.value));
  end_row();
}

void CsvWriter::add_cell(std::string_view content) {
  const std::string text = options_.for_people ? text::show_plainly(content) : std::string(content);
  if (row_started_) bytes_.push_back(',');
  row_started_ = true;
  const bool guarded = options_.for_people && text::starts_formula(content);
  const bool quoted = text.find_first_of(",\"\r\n") != std::string_view::npos;
  if (quoted) bytes_.push_back('"');
  if (guarded) bytes_.push_back('\'');
  for (const char c : text) {
    if (c == '"') bytes_.push_back('"');
    bytes_.push_back(c);
  }
  if (quoted) bytes_.push_back('"');
}

void CsvWriter::end_row() {
  bytes_ += "\r\n";
  row_started_ = false;
}

}  // namespace sj::sheet
