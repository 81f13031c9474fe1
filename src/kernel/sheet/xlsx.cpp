#include <string>
#include <utility>
#include <vector>

#include "kernel/sheet/readers.h"
#include "kernel/sheet/refuse.h"
#include "kernel/sheet/xlsx_parts.h"
#include "kernel/sheet/zip.h"

namespace sj::sheet {

namespace {

const Relationship* find_type(const std::vector<Relationship>& all, std::string_view type) {
  for (const Relationship& one : all) {
    if (one.type == type) return &one;
  }
  return nullptr;
}

const Relationship* find_id(const std::vector<Relationship>& all, std::string_view id) {
  for (const Relationship& one : all) {
    if (one.id == id) return &one;
  }
  return nullptr;
}

// Files of other programs are zips too.
Result<void> check_is_xlsx(const Zip& zip) {
  const bool is_binary = zip.find("xl/workbook.bin").has_value();
  const bool is_open_document = zip.find("META-INF/manifest.xml").has_value();
  const bool is_numbers = zip.find("Index/Document.iwa").has_value();
  if (is_binary || is_open_document || is_numbers) {
    return refuse("sheet.other_spreadsheet", "a spreadsheet, but not .xlsx");
  }
  if (zip.find("[Content_Types].xml") && !zip.find("word/document.xml") &&
      !zip.find("ppt/presentation.xml")) {
    return {};
  }
  return refuse("sheet.not_a_table", "a zip without a workbook in it");
}

Result<std::string> workbook_part_name(Zip& zip) {
  const auto relationships = SJ_TRY(read_relationships(zip, ""));
  const Relationship* found = find_type(relationships, "officeDocument");
  if (found == nullptr) return refuse("sheet.broken_workbook", "no workbook in the zip");
  return found->target;
}

Result<SheetContext> read_context(Zip& zip,
                                  const std::vector<Relationship>& relationships,
                                  Pool& pool) {
  SheetContext context;
  if (const auto* strings = find_type(relationships, "sharedStrings")) {
    context.strings = SJ_TRY(read_shared_strings(zip, strings->target, pool));
  }
  if (const auto* styles = find_type(relationships, "styles")) {
    context.formats = SJ_TRY(read_styles(zip, styles->target, pool.limits));
  }
  return context;
}

}  // namespace

Result<Workbook> read_xlsx(std::string_view bytes, const Limits& limits) {
  Zip zip = SJ_TRY(Zip::open(bytes, limits));
  SJ_TRY(check_is_xlsx(zip));
  const std::string part = SJ_TRY(workbook_part_name(zip));
  const WorkbookPart listed = SJ_TRY(read_workbook_part(zip, part, limits));
  const auto relationships = SJ_TRY(read_relationships(zip, part));
  Pool pool(limits);
  SheetContext context = SJ_TRY(read_context(zip, relationships, pool));
  context.days_from_1904 = listed.days_from_1904;
  Workbook workbook;
  workbook.days_from_1904 = listed.days_from_1904;
  for (const SheetEntry& entry : listed.sheets) {
    const Relationship* found = find_id(relationships, entry.relationship);
    if (found == nullptr) {
      return refuse("sheet.broken_workbook", "sheet '" + entry.name + "' is missing");
    }
    if (found->type != "worksheet") continue;  // a chart or a macro has no cells
    if (entry.hidden) {
      workbook.hidden_sheets.push_back(entry.name);
    } else {
      Sheet sheet = SJ_TRY(read_sheet(zip, found->target, entry.name, context, pool));
      workbook.sheets.push_back(std::move(sheet));
    }
  }
  if (workbook.sheets.empty()) return refuse("sheet.no_sheets", "no visible sheet");
  return workbook;
}

}  // namespace sj::sheet
