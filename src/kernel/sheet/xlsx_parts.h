#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/sheet/builder.h"
#include "kernel/sheet/number_format.h"
#include "kernel/sheet/zip.h"

namespace sj::sheet {

/// The parts of a workbook file, one function each. `part` is the name of an entry of the zip; all
/// fail with sheet.broken_workbook where the part is missing or contradicts itself, and as
/// `read_xml` does.

struct Relationship {
  std::string id;
  std::string type;    // the last word of its address: `worksheet`, `sharedStrings`
  std::string target;  // the name of an entry
};

/// Those of `part`, without those that lead out of the file; of the whole file if `part` is empty.
[[nodiscard]] Result<std::vector<Relationship>> read_relationships(Zip& zip, std::string_view part);

struct SheetEntry {
  std::string name;
  std::string relationship;
  bool hidden = false;
};
struct WorkbookPart {
  std::vector<SheetEntry> sheets;
  bool days_from_1904 = false;
};
/// Fails: sheet.too_many_sheets.
[[nodiscard]] Result<WorkbookPart> read_workbook_part(Zip& zip,
                                                      std::string_view part,
                                                      const Limits& limits);

/// Fails: sheet.too_many_strings · sheet.cell_too_long · sheet.too_much_text.
[[nodiscard]] Result<std::vector<Span>> read_shared_strings(Zip& zip,
                                                            std::string_view part,
                                                            Pool& pool);

/// The number format of each cell style.
/// Fails: sheet.too_many_strings.
[[nodiscard]] Result<std::vector<NumberFormat>> read_styles(Zip& zip,
                                                            std::string_view part,
                                                            const Limits& limits);

/// What the cells of all sheets refer to.
struct SheetContext {
  std::vector<Span> strings;
  std::vector<NumberFormat> formats;
  bool days_from_1904 = false;
};
/// Fails: sheet.too_many_rows · sheet.too_many_columns · sheet.too_many_cells ·
///        sheet.too_many_merges · sheet.cell_too_long · sheet.too_much_text.
[[nodiscard]] Result<Sheet> read_sheet(
    Zip& zip, std::string_view part, std::string name, const SheetContext& context, Pool& pool);

/// Decodes `_x000D_`, as text of a workbook spells what XML cannot.
[[nodiscard]] std::string unescape(std::string_view text);

}  // namespace sj::sheet
