// Arbitrary bytes as a text file: refused, or read into cells that can be written and read again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/check.h"
#include "kernel/sheet/export.h"
#include "kernel/sheet/workbook.h"
#include "kernel/text/text.h"

namespace {

using sj::sheet::Row;
using sj::sheet::Sheet;

std::vector<std::string> cells_of(const Row& row) {
  std::vector<std::string> cells;
  cells.reserve(row.last_column());
  for (std::uint32_t column = 1; column <= row.last_column(); ++column) {
    SJ_CHECK(!sj::text::first_bad_utf8(row.at(column).text));
    cells.emplace_back(row.at(column).text);
  }
  return cells;
}

std::string write_again(const Sheet& sheet) {
  sj::sheet::CsvWriter writer({});
  writer.add_row(std::vector<std::string>{"sep=,"});
  for (std::size_t i = 0; i < sheet.row_count(); ++i) writer.add_row(cells_of(sheet.row(i)));
  std::string bytes = writer.finish();
  // What was one quoted cell is the line that names the separator.
  const std::string_view quoted = "\"sep=,\"";
  return bytes.replace(bytes.find(quoted), quoted.size(), "sep=,");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto workbook = sj::sheet::read_workbook(bytes, "a.csv");
  if (!workbook.ok()) {
    SJ_CHECK(workbook.error().code.starts_with("sheet."));
    return 0;
  }
  SJ_CHECK(workbook.value().sheets.size() == 1);
  const Sheet& sheet = workbook.value().sheets[0];
  const auto again = sj::sheet::read_workbook(write_again(sheet), "a.csv");
  SJ_CHECK(again.ok());
  const Sheet& copy = again.value().sheets[0];
  SJ_CHECK(copy.row_count() == sheet.row_count());
  for (std::size_t i = 0; i < sheet.row_count(); ++i) {
    SJ_CHECK(i == 0 || sheet.row(i).number() > sheet.row(i - 1).number());
    SJ_CHECK(cells_of(copy.row(i)) == cells_of(sheet.row(i)));
  }
  return 0;
}
