#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/time/instant.h"

namespace sj::api {
struct Room;
}

namespace sj::org {

/// The route by which every table of the desk is exported: exactly what is shown, as the page shows
/// it, made into a file here and written into the trail.
void add_sheet_routes(api::Room& room);

enum class SheetFormat : unsigned char { xlsx, csv };
[[nodiscard]] std::string_view name_of(SheetFormat format);

/// A table as a page shows it.
struct ShownTable {
  std::string table{};  // a word for the trail, which holds no free text: "class_pupils"
  std::string name{};   // of the file
  SheetFormat format = SheetFormat::xlsx;
  struct Column {
    std::string title{};
    bool numeric = false;
  };
  std::vector<Column> columns{};
  std::vector<std::vector<std::string>> rows{};
};
inline constexpr std::size_t kShownColumnsMax = 60;
inline constexpr std::size_t kShownRowsMax = 20'000;

/// The file's bytes. Text stays text, whatever it looks like; in numeric columns what is a whole
/// number is one. In an .xlsx days are days; a .csv keeps what a spreadsheet would run from
/// running. Fails: org.bad_sheet (invalid): no name, no such word, none or too many columns, too
/// many rows,
///        or a row with more cells than there are columns · sheet.*
[[nodiscard]] Result<std::string> write_shown(const ShownTable& table, Instant now);
/// "学校.xlsx": without what file systems do not take.
[[nodiscard]] std::string file_name_of(const ShownTable& table);

}  // namespace sj::org
