// Arbitrary bytes as a workbook: as a zip where they start like one, else as its parts, separated
// by lines of %%, in a zip that is whole. Refused, or read into cells that keep the contract.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "kernel/base/check.h"
#include "kernel/sheet/test_package.h"
#include "kernel/sheet/workbook.h"
#include "kernel/text/text.h"

namespace {

using sj::sheet::CellKind;
using sj::sheet::Row;
using sj::sheet::Sheet;

void take_part(std::string_view& rest, std::string& part) {
  if (rest.empty()) return;
  constexpr std::string_view kLine = "\n%%\n";
  const std::size_t end = rest.find(kLine);
  part = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + kLine.size());
}

std::string package_of(std::string_view parts) {
  sj::sheet::TestPackage package;
  for (std::string* part : {&package.sheet, &package.strings, &package.styles, &package.workbook,
                            &package.relationships, &package.root_relationships}) {
    take_part(parts, *part);
  }
  return package.bytes(sj::sheet::Packing::stored);
}

void check_row(const Sheet& sheet, const Row& row) {
  SJ_CHECK(row.last_column() <= sheet.last_column());
  SJ_CHECK(row.at(row.last_column()).kind != CellKind::empty);
  for (std::uint32_t column = 1; column <= row.last_column(); ++column) {
    const auto cell = row.at(column);
    SJ_CHECK(cell.text.empty() == (cell.kind == CellKind::empty));
    SJ_CHECK(!sj::text::first_bad_utf8(cell.text));
    const auto text = sheet.text_at(row, column);
    SJ_CHECK(text.ok() || text.error().code.starts_with("sheet."));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string bytes = input.starts_with("PK") ? std::string(input) : package_of(input);
  const sj::sheet::Limits limits = {.rows_max = 1000, .cells_max = 20'000};
  const auto workbook = sj::sheet::read_workbook(bytes, "a.xlsx", limits);
  if (!workbook.ok()) {
    SJ_CHECK(workbook.error().code.starts_with("sheet."));
    return 0;
  }
  for (const Sheet& sheet : workbook.value().sheets) {
    for (std::size_t i = 0; i < sheet.row_count(); ++i) {
      SJ_CHECK(i == 0 || sheet.row(i).number() > sheet.row(i - 1).number());
      check_row(sheet, sheet.row(i));
    }
  }
  return 0;
}
