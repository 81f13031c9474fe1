#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/sheet/limits.h"
#include "kernel/sheet/workbook.h"

namespace sj::sheet {

/// Where a text lies in the pool of its workbook.
struct Span {
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
};

/// What all sheets of a workbook share: their text, stored once however often cells repeat it, and
/// what is left of the limits.
class Pool {
 public:
  explicit Pool(const Limits& limits);

  /// Fails: sheet.cell_too_long · sheet.too_much_text, both without a place.
  [[nodiscard]] Result<Span> add(std::string_view text);
  [[nodiscard]] std::string_view view(Span span) const;

  const Limits limits;
  std::size_t cells_left;

 private:
  friend class SheetBuilder;
  std::shared_ptr<std::string> bytes_;
};

struct Range {
  std::uint32_t first_row = 0;
  std::uint32_t first_column = 0;
  std::uint32_t last_row = 0;
  std::uint32_t last_column = 0;
};

struct NewCell {
  std::uint32_t column = 0;
  CellKind kind = CellKind::text;
  bool formula = false;
  bool lost_digits = false;
  Span text = {};
};

/// Puts a Sheet together, from its first row to its last.
///
/// Fails: sheet.too_many_rows · sheet.too_many_columns · sheet.too_many_cells, with the place ·
///        sheet.broken_workbook: rows or columns that do not rise.
class SheetBuilder {
 public:
  SheetBuilder(std::string name, Pool& pool);

  [[nodiscard]] Result<void> begin_row(std::uint32_t number);
  /// Empty text is no cell.
  [[nodiscard]] Result<void> add(const NewCell& cell);
  /// Gives every cell of a range the value of its first one, as far as the sheet is filled.
  [[nodiscard]] Result<void> merge(const std::vector<Range>& ranges);
  [[nodiscard]] std::string place(std::uint32_t column) const;
  /// How many cells the present row has in its file, the empty ones too.
  void set_width(std::uint32_t width);
  /// The present row, or these columns, in rising order, are not shown.
  void hide_row();
  void hide_columns(std::uint32_t first, std::uint32_t last);
  [[nodiscard]] Sheet finish();

 private:
  struct Spread;
  [[nodiscard]] Result<void> spread(const Range& range, std::vector<Spread>& out);
  [[nodiscard]] Result<void> rebuild(const std::vector<Spread>& spreads);
  [[nodiscard]] const Sheet::StoredCell* find(std::uint32_t row, std::uint32_t column) const;
  [[nodiscard]] Result<void> store(std::uint32_t row, const Sheet::StoredCell& cell);

  Pool* pool_;
  Sheet sheet_;
  std::uint32_t row_ = 0;
  std::uint32_t column_ = 0;
};

}  // namespace sj::sheet
