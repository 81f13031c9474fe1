#pragma once

#include <string_view>

#include "kernel/base/result.h"
#include "kernel/sheet/limits.h"
#include "kernel/sheet/workbook.h"

namespace sj::sheet {

/// `read_workbook` of what is a zip already. Fails as it says under zip, workbook and too much.
[[nodiscard]] Result<Workbook> read_xlsx(std::string_view bytes, const Limits& limits);

/// `read_workbook` of text that is UTF-8 already; `name` becomes the name of the sheet.
///
/// The separator is the one of , ; | and tab that splits the first 20 records most evenly; a first
/// line `sep=;` decides it. Text after a closing quote belongs to the cell. `="0012"`, which some
/// programs write to keep zeros, is 0012. A cell like 4.30101E+17 has lost its digits.
/// Fails: sheet.open_quote · sheet.odd_separator, and what it says under too much.
[[nodiscard]] Result<Workbook> read_csv(std::string_view text,
                                        std::string_view name,
                                        const Limits& limits);

}  // namespace sj::sheet
