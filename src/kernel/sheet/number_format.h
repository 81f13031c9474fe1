#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "kernel/sheet/workbook.h"

namespace sj::sheet {

/// What a number format of a spreadsheet does to a number, as far as text of cells shows it.
struct NumberFormat {
  enum class Shape : unsigned char { general, fixed, moment };

  Shape shape = Shape::general;
  // fixed: digits of the integer at least, and behind the point
  std::uint8_t integer_min = 1;
  std::uint8_t places_min = 0;
  std::uint8_t places_max = 0;
  bool percent = false;
  // moment
  bool has_day = false;
  bool has_time = false;
  bool elapsed = false;  // hours go on beyond 24
};

/// A format by its code, such as `yyyy"年"m"月"d"日"` or `000000`. Only the part for positive
/// numbers counts.
[[nodiscard]] NumberFormat parse_number_format(std::string_view code);

/// A format every spreadsheet program knows by number alone: 0 to 163, those of Chinese editions
/// included.
[[nodiscard]] NumberFormat builtin_number_format(std::uint32_t id);

/// Appends the text of `value` and tells what kind it is and whether digits were lost.
///
/// `raw` is how the file spells the value; `days_from_1904` is the workbook's setting.
struct Rendered {
  CellKind kind = CellKind::number;
  bool lost_digits = false;
};
Rendered render_number(std::string& out,
                       double value,
                       std::string_view raw,
                       const NumberFormat& format,
                       bool days_from_1904);

}  // namespace sj::sheet
