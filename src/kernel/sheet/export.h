#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/time/instant.h"
#include "kernel/time/local_day.h"

namespace sj::sheet {

/// A number with a fixed point: {12345, 2} is 123.45. Money in yuan is {fen, 2}.
struct Decimal {
  std::int64_t units = 0;
  int places = 0;  // 0..6
};

/// Text stays text, whatever it looks like: an ID number keeps its digits, `=1+1` is no formula.
using Value = std::variant<std::monostate, std::string, std::int64_t, Decimal, LocalDay>;

enum class Shade : unsigned char {
  none,
  doubtful,  // yellow
  wrong,     // red
};

struct OutCell {
  Value value = {};
  Shade shade = Shade::none;
  std::string reason = {};  // shown as a comment on the cell
};

/// What people will type into a column, and so how its unfilled cells are formatted.
enum class Typed : unsigned char { text, number, day };

struct OutColumn {
  std::string title;
  int width = 12;  // in digits; a Chinese character is two
  Typed typed = Typed::text;
  std::vector<std::string> choices = {};  // not empty: only these can be typed, from a list
};

struct SheetPlan {
  std::string name;
  std::vector<OutColumn> columns;
  bool freeze_header = true;
  bool filter = true;
};

/// Writes an .xlsx, row after row; memory does not grow with the rows.
///
/// The same calls give the same bytes. Titles stand in row 1, bold. Cells, comments and titles hold
/// what they show (`text::show_plainly`).
class XlsxWriter {
 public:
  /// `created` is written into the file, to the second; not the epoch itself.
  explicit XlsxWriter(Instant created);
  XlsxWriter(XlsxWriter&&) noexcept;
  XlsxWriter& operator=(XlsxWriter&&) noexcept;
  XlsxWriter(const XlsxWriter&) = delete;
  XlsxWriter& operator=(const XlsxWriter&) = delete;
  ~XlsxWriter();

  /// Further rows go to this sheet; at least one column.
  ///
  /// Fails: sheet.bad_sheet_name (invalid): empty, over 31 characters, with one of []:*?/\, an
  ///        apostrophe at an end, or used already, in whatever case ·
  ///        sheet.bad_choices (invalid): one of the choices is empty or over 255 characters.
  [[nodiscard]] Result<void> add_sheet(const SheetPlan& plan);

  /// At most as many cells as the sheet has columns.
  ///
  /// Fails: sheet.cell_too_long (invalid): text or reason over 32,767 characters ·
  ///        sheet.too_many_rows (invalid): over 1,048,575 below the titles.
  [[nodiscard]] Result<void> add_row(const std::vector<OutCell>& cells);

  /// The file. Nothing can be added afterwards.
  ///
  /// Fails: sheet.cannot_write (internal): no room for temporary files.
  [[nodiscard]] Result<std::string> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct CsvOptions {
  /// For a spreadsheet program that people open: cells hold what they show (`text::show_plainly`),
  /// and one that could run as a formula (`text::starts_formula`) gets an apostrophe in front.
  /// Leave it off where a program reads the file.
  bool for_people = false;
};

/// Writes comma-separated values as RFC 4180 has them, lines ended by CR LF, UTF-8 with a byte
/// order mark so that Excel shows Chinese.
class CsvWriter {
 public:
  explicit CsvWriter(CsvOptions options);
  void add_row(std::span<const std::string> cells);
  /// Shade and reason have no place in such a file and are left out.
  void add_row(const std::vector<OutCell>& cells);
  [[nodiscard]] std::string finish() { return std::move(bytes_); }

 private:
  void add_cell(std::string_view content);
  void end_row();

  CsvOptions options_;
  std::string bytes_;
  bool row_started_ = false;
};

/// The text of a value as exports write it: `123.45`, `2026-10-12`.
[[nodiscard]] std::string to_text(const Value& value);

}  // namespace sj::sheet
