#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/sheet/limits.h"

namespace sj::sheet {

enum class CellKind : unsigned char {
  empty,
  text,
  number,
  date,        // with or without a time of day
  time,        // of a day, or a duration
  boolean,     // TRUE or FALSE
  error,       // #N/A, #REF! and their like
  uncomputed,  // a formula whose program stored no result; `text` is the formula
};

/// One cell, as the person saw it.
///
/// Numbers are plain digits: no exponent, no `.0`, no thousands separator, no currency, but with
/// the zeros in front, the rounding and the `%` of their number format. Dates are
/// `2026-10-12` or `2026-10-12 08:30`, times `08:30` or, where there are seconds, `08:30:15`,
/// whatever the format shows. In text files every cell is text.
struct Cell {
  /// UTF-8, not trimmed; lives as long as its Workbook.
  std::string_view text;
  CellKind kind = CellKind::empty;
  bool formula = false;
  bool merged = false;  // belongs to a merged range; each cell of it has the value of the first
  /// A number too long for a spreadsheet (more than 15 digits, such as an ID number typed into a
  /// cell that is not text): its last digits are gone, `text` is not what was typed.
  bool lost_digits = false;
};

class Sheet;

/// One row with at least one filled cell. A view: lives as long as its Sheet.
class Row {
 public:
  /// As the spreadsheet program counts: the first row is 1. Of a text file the number of the
  /// record, as the same program shows it: blank lines count, line breaks within quotes do not.
  [[nodiscard]] std::uint32_t number() const;
  /// Column A is 1. Empty if nothing is there.
  [[nodiscard]] Cell at(std::uint32_t column) const;
  /// The last filled one.
  [[nodiscard]] std::uint32_t last_column() const;
  /// Of a text file how many cells the record has, empty ones too: one more than its titles means
  /// that a separator stands inside a value without quotes. Of a workbook as last_column().
  [[nodiscard]] std::uint32_t width() const;

 private:
  friend class Sheet;
  Row(const Sheet& sheet, std::size_t index) : sheet_(&sheet), index_(index) {}

  const Sheet* sheet_;
  std::size_t index_;
};

/// One visible table (工作表). Only filled rows and cells are stored.
class Sheet {
 public:
  /// Of a text file the name of the file.
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::size_t row_count() const { return rows_.size(); }
  /// `index` counts filled rows from 0, upwards in Row::number().
  [[nodiscard]] Row row(std::size_t index) const;
  /// The last filled column of any row; 0 if the sheet is empty.
  [[nodiscard]] std::uint32_t last_column() const { return last_column_; }
  /// Numbers of the filled rows, and of the columns up to the last filled one, that the person who
  /// saved the file did not see: hidden by hand or by a filter. They are read like all others.
  [[nodiscard]] const std::vector<std::uint32_t>& hidden_rows() const { return hidden_rows_; }
  [[nodiscard]] const std::vector<std::uint32_t>& hidden_columns() const { return hidden_columns_; }

  /// The text of a cell that can be relied on, without the blanks around it; empty for an empty
  /// cell.
  ///
  /// Fails: sheet.error_value · sheet.uncomputed_formula · sheet.lost_digits (all invalid), with
  ///        the place.
  [[nodiscard]] Result<std::string_view> text_at(const Row& row, std::uint32_t column) const;

  /// `学生!C12`, for messages.
  [[nodiscard]] std::string place(std::uint32_t row, std::uint32_t column) const;

 private:
  friend class Row;
  friend class SheetBuilder;

  struct StoredCell {
    std::uint32_t offset;
    std::uint32_t length;
    std::uint16_t column;
    CellKind kind;
    std::uint8_t flags;
  };
  struct StoredRow {
    std::uint32_t number;
    std::uint32_t first_cell;
    std::uint32_t width;  // 0: up to the last filled cell
  };

  [[nodiscard]] Cell view(const StoredCell& cell) const;

  std::string name_;
  std::uint32_t last_column_ = 0;
  std::vector<StoredRow> rows_;
  std::vector<StoredCell> cells_;  // by row, then column
  std::vector<std::uint32_t> hidden_rows_;
  std::vector<std::uint32_t> hidden_columns_;
  std::shared_ptr<const std::string> text_;
};

struct Workbook {
  std::vector<Sheet> sheets;               // visible, in the order of their tabs; at least one
  std::vector<std::string> hidden_sheets;  // names of those that were skipped
  /// Numbers of days are counted from 1904, as old programs on the Mac did. Dates are read rightly;
  /// this is for who meets such a number in a cell that is not formatted as a date.
  bool days_from_1904 = false;
};

/// The tables in a file as people send it: .xlsx (also .xlsm), or text with commas, semicolons or
/// tabs in UTF-8, UTF-16 with a byte order mark, or GB18030.
///
/// What the file is, its bytes say; `file_name` only names it in messages and tells apart what the
/// bytes do not. Rows and columns that are hidden or filtered away are read; hidden sheets are not.
/// Formulas give the result their program stored. Nothing outside the file is ever opened.
/// Fails: all invalid, with the place where there is one:
///   what it is       sheet.empty_file · sheet.too_large · sheet.old_xls · sheet.old_et ·
///                    sheet.encrypted · sheet.html_table · sheet.xml_2003 ·
///                    sheet.other_spreadsheet · sheet.not_a_table · sheet.not_zip
///   as a zip         sheet.truncated_zip · sheet.damaged_zip · sheet.unsupported_zip ·
///                    sheet.too_many_entries · sheet.zip_bomb · sheet.unsafe_name ·
///                    sheet.duplicate_entry
///   as a workbook    sheet.broken_xml · sheet.doctype · sheet.too_complex ·
///                    sheet.broken_workbook · sheet.no_sheets
///   as text          sheet.nul_byte · sheet.bad_utf8 · sheet.bad_encoding · sheet.open_quote
///   too much of it   sheet.too_many_sheets · sheet.too_many_rows · sheet.too_many_columns ·
///                    sheet.too_many_cells · sheet.too_many_strings · sheet.too_many_merges ·
///                    sheet.too_much_text · sheet.cell_too_long
/// Limits: `limits`; linear in the unpacked bytes, about 100 MB a second.
[[nodiscard]] Result<Workbook> read_workbook(std::string_view bytes,
                                             std::string_view file_name,
                                             const Limits& limits = {});

/// 1 is A, 27 is AA. Up to XFD, the last one (16,384).
[[nodiscard]] std::string column_letters(std::uint32_t column);

}  // namespace sj::sheet
