#include "kernel/sheet/workbook.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "kernel/base/check.h"
#include "kernel/sheet/builder.h"
#include "kernel/sheet/refuse.h"
#include "kernel/text/text.h"

namespace sj::sheet {

namespace {

constexpr std::uint32_t kColumnsOfFormat = 16'384;

constexpr std::uint8_t kFormula = 1;
constexpr std::uint8_t kMerged = 2;
constexpr std::uint8_t kLostDigits = 4;

}  // namespace

std::string column_letters(std::uint32_t column) {
  SJ_CHECK(column >= 1);
  SJ_CHECK(column <= kColumnsOfFormat);
  std::string letters;
  for (; column > 0; column = (column - 1) / 26) {
    letters.insert(letters.begin(), static_cast<char>('A' + (column - 1) % 26));
  }
  return letters;
}

// ---- Sheet ----

Cell Sheet::view(const StoredCell& cell) const {
  return {.text = std::string_view(*text_).substr(cell.offset, cell.length),
          .kind = cell.kind,
          .formula = (cell.flags & kFormula) != 0,
          .merged = (cell.flags & kMerged) != 0,
          .lost_digits = (cell.flags & kLostDigits) != 0};
}

Row Sheet::row(std::size_t index) const {
  SJ_CHECK(index < rows_.size());
  return {*this, index};
}

std::uint32_t Row::number() const {
  return sheet_->rows_[index_].number;
}

std::uint32_t Row::last_column() const {
  const bool is_last = index_ + 1 == sheet_->rows_.size();
  const std::size_t end = is_last ? sheet_->cells_.size() : sheet_->rows_[index_ + 1].first_cell;
  return sheet_->cells_[end - 1].column;
}

std::uint32_t Row::width() const {
  const std::uint32_t width = sheet_->rows_[index_].width;
  return width == 0 ? last_column() : width;
}

Cell Row::at(std::uint32_t column) const {
  const bool is_last = index_ + 1 == sheet_->rows_.size();
  const auto begin =
      sheet_->cells_.begin() + static_cast<std::ptrdiff_t>(sheet_->rows_[index_].first_cell);
  const auto end = is_last ? sheet_->cells_.end()
                           : sheet_->cells_.begin() +
                                 static_cast<std::ptrdiff_t>(sheet_->rows_[index_ + 1].first_cell);
  const auto found = std::lower_bound(
      begin, end, column,
      [](const Sheet::StoredCell& cell, std::uint32_t wanted) { return cell.column < wanted; });
  return found == end || found->column != column ? Cell{} : sheet_->view(*found);
}

std::string Sheet::place(std::uint32_t row, std::uint32_t column) const {
  return name_ + "!" + column_letters(column) + std::to_string(row);
}

Result<std::string_view> Sheet::text_at(const Row& row, std::uint32_t column) const {
  const Cell cell = row.at(column);
  const std::string_view text = text::trim(cell.text);
  const auto refused = [&](const char* code, const char* why) {
    return refuse(code, place(row.number(), column) + ": " + std::string(text) + why);
  };
  if (cell.kind == CellKind::error) return refused("sheet.error_value", " is an error");
  if (cell.kind == CellKind::uncomputed) {
    return refused("sheet.uncomputed_formula", " has no stored result");
  }
  if (cell.lost_digits)
    return refused("sheet.lost_digits", " is a number that lost its last digits");
  return text;
}

// ---- Pool ----

Pool::Pool(const Limits& wanted)
    : limits(wanted), cells_left(wanted.cells_max), bytes_(std::make_shared<std::string>()) {
  SJ_CHECK(limits.text_bytes_max <= std::numeric_limits<std::uint32_t>::max());
  SJ_CHECK(limits.columns_max <= kColumnsOfFormat);
}

Result<Span> Pool::add(std::string_view text) {
  if (text.size() > limits.cell_bytes_max) {
    return refuse("sheet.cell_too_long", std::to_string(text.size()) + " bytes, at most " +
                                             std::to_string(limits.cell_bytes_max));
  }
  if (text.size() > limits.text_bytes_max - bytes_->size()) {
    return refuse("sheet.too_much_text",
                  "more than " + std::to_string(limits.text_bytes_max) + " bytes of text");
  }
  const Span span{static_cast<std::uint32_t>(bytes_->size()),
                  static_cast<std::uint32_t>(text.size())};
  bytes_->append(text);
  return span;
}

std::string_view Pool::view(Span span) const {
  return std::string_view(*bytes_).substr(span.offset, span.length);
}

// ---- SheetBuilder ----

struct SheetBuilder::Spread {
  std::uint32_t row;
  Sheet::StoredCell cell;  // kind empty: nothing is left there
};

SheetBuilder::SheetBuilder(std::string name, Pool& pool) : pool_(&pool) {
  sheet_.name_ = std::move(name);
  sheet_.text_ = pool.bytes_;
}

std::string SheetBuilder::place(std::uint32_t column) const {
  return sheet_.place(row_, std::clamp(column, std::uint32_t{1}, kColumnsOfFormat));
}

Result<void> SheetBuilder::begin_row(std::uint32_t number) {
  if (number <= row_) {
    return refuse("sheet.broken_workbook", sheet_.name_ + ": row " + std::to_string(number) +
                                               " after row " + std::to_string(row_));
  }
  row_ = number;
  column_ = 0;
  return {};
}

Result<void> SheetBuilder::add(const NewCell& cell) {
  if (cell.column <= column_) {
    return refuse("sheet.broken_workbook", place(cell.column) + " stands twice or out of order");
  }
  column_ = cell.column;
  if (cell.text.length == 0) return {};
  if (cell.column > pool_->limits.columns_max) {
    return refuse("sheet.too_many_columns", place(cell.column) + ": at most column " +
                                                column_letters(pool_->limits.columns_max) +
                                                " may be filled");
  }
  const int flags = (cell.formula ? kFormula : 0) | (cell.lost_digits ? kLostDigits : 0);
  return store(row_, {.offset = cell.text.offset,
                      .length = cell.text.length,
                      .column = static_cast<std::uint16_t>(cell.column),
                      .kind = cell.kind,
                      .flags = static_cast<std::uint8_t>(flags)});
}

Result<void> SheetBuilder::store(std::uint32_t row, const Sheet::StoredCell& cell) {
  if (pool_->cells_left == 0) {
    return refuse("sheet.too_many_cells", sheet_.place(row, cell.column) + ": more than " +
                                              std::to_string(pool_->limits.cells_max) +
                                              " filled cells");
  }
  if (sheet_.rows_.empty() || sheet_.rows_.back().number != row) {
    if (sheet_.rows_.size() == pool_->limits.rows_max) {
      return refuse("sheet.too_many_rows", sheet_.place(row, cell.column) + ": more than " +
                                               std::to_string(pool_->limits.rows_max) +
                                               " filled rows");
    }
    sheet_.rows_.push_back({.number = row,
                            .first_cell = static_cast<std::uint32_t>(sheet_.cells_.size()),
                            .width = 0});
  }
  --pool_->cells_left;
  sheet_.cells_.push_back(cell);
  sheet_.last_column_ = std::max(sheet_.last_column_, std::uint32_t{cell.column});
  return {};
}

void SheetBuilder::set_width(std::uint32_t width) {
  if (!sheet_.rows_.empty() && sheet_.rows_.back().number == row_)
    sheet_.rows_.back().width = width;
}

void SheetBuilder::hide_row() {
  sheet_.hidden_rows_.push_back(row_);
}

// A range may go on to the end of the format; what lies beyond the last filled column goes later.
void SheetBuilder::hide_columns(std::uint32_t first, std::uint32_t last) {
  auto& hidden = sheet_.hidden_columns_;
  if (!hidden.empty()) first = std::max(first, hidden.back() + 1);
  last = std::min(last, pool_->limits.columns_max);
  for (std::uint32_t column = first; column <= last; ++column) hidden.push_back(column);
}

Sheet SheetBuilder::finish() {
  auto& rows = sheet_.hidden_rows_;
  const auto is_filled = [&](std::uint32_t number) {
    return std::binary_search(
        sheet_.rows_.begin(), sheet_.rows_.end(), Sheet::StoredRow{number, 0, 0},
        [](const Sheet::StoredRow& a, const Sheet::StoredRow& b) { return a.number < b.number; });
  };
  rows.erase(std::remove_if(rows.begin(), rows.end(),
                            [&](std::uint32_t number) { return !is_filled(number); }),
             rows.end());
  auto& columns = sheet_.hidden_columns_;
  columns.erase(std::upper_bound(columns.begin(), columns.end(), sheet_.last_column_),
                columns.end());
  return std::move(sheet_);
}

const Sheet::StoredCell* SheetBuilder::find(std::uint32_t row, std::uint32_t column) const {
  const auto& rows = sheet_.rows_;
  const auto found = std::lower_bound(
      rows.begin(), rows.end(), row,
      [](const Sheet::StoredRow& stored, std::uint32_t wanted) { return stored.number < wanted; });
  if (found == rows.end() || found->number != row) return nullptr;
  const auto next = std::next(found);
  const std::size_t end = next == rows.end() ? sheet_.cells_.size() : next->first_cell;
  for (std::size_t i = found->first_cell; i < end; ++i) {
    if (sheet_.cells_[i].column == column) return &sheet_.cells_[i];
  }
  return nullptr;
}

// A title over the whole width is often merged to the last column of the format, so ranges end
// where the sheet does.
Result<void> SheetBuilder::spread(const Range& range, std::vector<Spread>& out) {
  const std::uint32_t last_row = std::min(range.last_row, sheet_.rows_.back().number);
  const std::uint32_t last_column = std::min(range.last_column, sheet_.last_column_);
  if (range.first_row > last_row || range.first_column > last_column) return {};
  const std::uint64_t area =
      std::uint64_t{last_row - range.first_row + 1} * (last_column - range.first_column + 1);
  if (area > pool_->limits.cells_max - out.size()) {
    return refuse("sheet.too_many_cells", sheet_.place(range.first_row, range.first_column) +
                                              ": merged ranges of more than " +
                                              std::to_string(pool_->limits.cells_max) + " cells");
  }
  const Sheet::StoredCell* const first = find(range.first_row, range.first_column);
  Sheet::StoredCell cell{};
  if (first != nullptr) cell = *first;
  cell.flags |= kMerged;
  for (std::uint32_t row = range.first_row; row <= last_row; ++row) {
    for (std::uint32_t column = range.first_column; column <= last_column; ++column) {
      cell.column = static_cast<std::uint16_t>(column);
      out.push_back({.row = row, .cell = cell});
    }
  }
  return {};
}

Result<void> SheetBuilder::merge(const std::vector<Range>& ranges) {
  if (ranges.empty() || sheet_.rows_.empty()) return {};
  std::vector<Spread> spreads;
  for (const Range& range : ranges) SJ_TRY(spread(range, spreads));
  std::stable_sort(spreads.begin(), spreads.end(), [](const Spread& a, const Spread& b) {
    return std::tie(a.row, a.cell.column) < std::tie(b.row, b.cell.column);
  });
  return rebuild(spreads);
}

// Both lists are in order; where both have a cell, the merged one is what the person saw.
Result<void> SheetBuilder::rebuild(const std::vector<Spread>& spreads) {
  const auto old_rows = std::exchange(sheet_.rows_, {});
  const auto old_cells = std::exchange(sheet_.cells_, {});
  pool_->cells_left += old_cells.size();
  std::size_t old_row = 0;
  std::size_t spread_index = 0;
  for (std::size_t i = 0; i < old_cells.size() || spread_index < spreads.size();) {
    while (old_row + 1 < old_rows.size() && old_rows[old_row + 1].first_cell <= i) ++old_row;
    const bool has_old = i < old_cells.size();
    const bool has_spread = spread_index < spreads.size();
    const auto old_at = std::pair(old_rows[old_row].number, has_old ? old_cells[i].column : 0);
    const auto spread_at =
        has_spread ? std::pair(spreads[spread_index].row, int{spreads[spread_index].cell.column})
                   : std::pair(std::uint32_t{0}, 0);
    if (has_old && (!has_spread || old_at < spread_at)) {
      SJ_TRY(store(old_at.first, old_cells[i++]));
      continue;
    }
    const Spread& merged = spreads[spread_index];
    if (merged.cell.length != 0) SJ_TRY(store(merged.row, merged.cell));
    if (has_old && old_at == spread_at) ++i;
    // Ranges that overlap are damage; the first one holds.
    while (spread_index < spreads.size() && spreads[spread_index].row == merged.row &&
           spreads[spread_index].cell.column == merged.cell.column) {
      ++spread_index;
    }
  }
  return {};
}

}  // namespace sj::sheet
