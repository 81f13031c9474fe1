#include "kernel/sheet/number_format.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <initializer_list>

#include "kernel/base/check.h"
#include "kernel/time/local_day.h"

namespace sj::sheet {

namespace {

// A spreadsheet keeps 15 digits of a number, so nothing longer is what somebody typed.
constexpr int kDigits = 15;
constexpr double kLostDigitsFrom = 1e15;
constexpr std::uint8_t kPlacesMax = 30;
constexpr std::int64_t kSecondsOfDay = 86'400;
constexpr std::int64_t kDay1900 = -25'569;    // 1899-12-30, counted from 1970-01-01
constexpr std::int64_t kDay1904 = -24'107;    // 1904-01-01
constexpr std::int64_t kLastDay = 2'932'896;  // 9999-12-31
// The 29th of February 1900, which did not exist but has the number 60 since Lotus 1-2-3.
constexpr std::int64_t kNoSuchDay = 60;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// The first part of a format, without what is shown as it stands: "quoted", \x, _x (a blank as wide
// as x), *x (filled with x). Of [brackets] only [h], [mm], [s] are kept: time that adds up.
struct Placeholders {
  std::string text;
  bool elapsed = false;
};

bool is_elapsed(std::string_view bracketed) {
  return !bracketed.empty() && std::all_of(bracketed.begin(), bracketed.end(), [](char c) {
    return lower(c) == 'h' || lower(c) == 'm' || lower(c) == 's';
  });
}

Placeholders placeholders_of(std::string_view code) {
  Placeholders result;
  for (std::size_t i = 0; i < code.size() && code[i] != ';'; ++i) {
    const char c = code[i];
    if (c == '\\' || c == '_' || c == '*') {
      ++i;
    } else if (c == '"') {
      i = std::min(code.find('"', i + 1), code.size() - 1);
    } else if (c == '[') {
      const std::size_t close = std::min(code.find(']', i + 1), code.size() - 1);
      const std::string_view inside = code.substr(i + 1, close - i - 1);
      if (is_elapsed(inside)) {
        result.elapsed = true;
        result.text += inside;
      }
      i = close;
    } else {
      result.text.push_back(lower(c));
    }
  }
  return result;
}

bool has_any(std::string_view text, std::string_view characters) {
  return text.find_first_of(characters) != std::string_view::npos;
}

NumberFormat moment(bool has_day, bool has_time, bool elapsed) {
  NumberFormat format;
  format.shape = NumberFormat::Shape::moment;
  format.has_day = has_day;
  format.has_time = has_time;
  format.elapsed = elapsed;
  return format;
}

NumberFormat fixed(std::string_view text) {
  NumberFormat format;
  format.shape = NumberFormat::Shape::fixed;
  const std::size_t point = std::min(text.find('.'), text.size());
  const auto zeros = [&](std::size_t from, std::size_t to) {
    return static_cast<std::uint8_t>(
        std::min<std::ptrdiff_t>(std::count(text.begin() + static_cast<std::ptrdiff_t>(from),
                                            text.begin() + static_cast<std::ptrdiff_t>(to), '0'),
                                 kPlacesMax));
  };
  const auto digits = std::count_if(text.begin() + static_cast<std::ptrdiff_t>(point), text.end(),
                                    [](char c) { return c == '0' || c == '#' || c == '?'; });
  format.integer_min = std::max<std::uint8_t>(zeros(0, point), 1);
  format.places_min = zeros(point, text.size());
  format.places_max = static_cast<std::uint8_t>(std::min<std::ptrdiff_t>(digits, kPlacesMax));
  format.percent = text.find('%') != std::string_view::npos;
  return format;
}

// Formats that shorten or recast a number hide what was typed; then the number itself is shown.
bool recasts(std::string_view text) {
  const std::size_t last = text.find_last_of("0#?");
  const bool scaled = last + 1 < text.size() && text[last + 1] == ',';
  return scaled || has_any(text, "/e@");
}

// ---- decimal digits ----

// |value| to 15 digits: 0.d1d2d3... times ten to the `point`.
struct Digits {
  std::string digits;  // without zeros at either end; empty for 0
  int point = 0;
};

void trim_zeros(Digits& number) {
  number.digits.erase(number.digits.find_last_not_of('0') + 1);
  if (number.digits.empty()) number.point = 0;
}

Digits digits_of(double value) {
  std::array<char, 40> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(value),
                                 std::chars_format::scientific, kDigits - 1);
  SJ_CHECK(end.ec == std::errc());
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data()));
  const std::size_t e = text.find('e');
  Digits result;
  result.digits = text.substr(0, 1);
  result.digits += text.substr(2, e - 2);
  int exponent = 0;
  const bool has_plus = text[e + 1] == '+';
  std::from_chars(text.data() + e + 1 + (has_plus ? 1 : 0), text.data() + text.size(), exponent);
  result.point = exponent + 1;
  trim_zeros(result);
  return result;
}

// Half away from zero, on the digits people see: 2.675 becomes 2.68 although the double is less.
void round_to(Digits& number, int places) {
  const std::int64_t keep = std::int64_t{number.point} + places;
  if (keep >= static_cast<std::int64_t>(number.digits.size())) return;
  const bool up = keep >= 0 && number.digits[static_cast<std::size_t>(keep)] >= '5';
  number.digits.resize(keep < 0 ? 0 : static_cast<std::size_t>(keep));
  if (up) {
    std::size_t i = number.digits.size();
    while (i > 0 && number.digits[i - 1] == '9') number.digits[--i] = '0';
    if (i > 0) {
      ++number.digits[i - 1];
    } else {
      number.digits.insert(number.digits.begin(), '1');
      ++number.point;
    }
  }
  trim_zeros(number);
}

void append_plain(std::string& out, const Digits& number, int integer_min, int places_min) {
  const int size = static_cast<int>(number.digits.size());
  const auto digit = [&](int i) {
    return i >= 0 && i < size ? number.digits[static_cast<std::size_t>(i)] : '0';
  };
  for (int i = std::min(0, number.point - integer_min); i < number.point; ++i) {
    out.push_back(digit(i));
  }
  const int places = std::max(places_min, size - number.point);
  if (places > 0) out.push_back('.');
  for (int i = 0; i < places; ++i) out.push_back(digit(number.point + i));
}

void append_number(std::string& out, double value, const NumberFormat& format) {
  Digits number = digits_of(value);
  if (format.percent && !number.digits.empty()) number.point += 2;
  if (format.shape == NumberFormat::Shape::fixed) round_to(number, format.places_max);
  if (value < 0 && !number.digits.empty()) out.push_back('-');
  append_plain(out, number, format.integer_min, format.places_min);
  if (format.percent) out.push_back('%');
}

// ---- days and times ----

void append_two(std::string& out, std::int64_t value) {
  if (value < 10) out.push_back('0');
  out += std::to_string(value);
}

void append_time(std::string& out, std::int64_t seconds) {
  append_two(out, seconds / 3600);
  out.push_back(':');
  append_two(out, seconds / 60 % 60);
  if (seconds % 60 == 0) return;
  out.push_back(':');
  append_two(out, seconds % 60);
}

std::string day_text(std::int64_t day, bool days_from_1904) {
  if (days_from_1904) return LocalDay::from_epoch_days(kDay1904 + day).to_iso();
  if (day == 0) return "1900-01-00";
  if (day == kNoSuchDay) return "1900-02-29";
  return LocalDay::from_epoch_days(kDay1900 + day + (day < kNoSuchDay ? 1 : 0)).to_iso();
}

// False for numbers that stand for no moment, which programs show as a row of ####.
bool append_moment(std::string& out,
                   double value,
                   const NumberFormat& format,
                   bool days_from_1904) {
  if (value < 0 || value > static_cast<double>(kLastDay - kDay1900 + 1)) return false;
  auto day = static_cast<std::int64_t>(std::floor(value));
  auto seconds = static_cast<std::int64_t>(
      std::llround((value - std::floor(value)) * static_cast<double>(kSecondsOfDay)));
  // A day alone is not moved on by a last half second, which the person did not see.
  if (seconds == kSecondsOfDay && format.has_time) ++day;
  seconds %= kSecondsOfDay;
  if (format.has_day) {
    if (day + (days_from_1904 ? kDay1904 : kDay1900) > kLastDay) return false;
    out += day_text(day, days_from_1904);
    if (format.has_time) out.push_back(' ');
  }
  if (format.has_time) append_time(out, seconds + (format.elapsed ? day * kSecondsOfDay : 0));
  return true;
}

bool is_plain_integer(std::string_view raw) {
  const bool negative = raw.starts_with('-');
  const std::string_view digits = raw.substr(negative ? 1 : 0);
  return !digits.empty() && digits[0] != '0' &&
         digits.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

NumberFormat parse_number_format(std::string_view code) {
  const Placeholders found = placeholders_of(code);
  const std::string_view text = found.text;
  // Chinese editions store their own name of the general format too.
  if (text.starts_with("general") || text.starts_with("g/")) return {};
  const bool has_clock = has_any(text, "hs");
  if (has_any(text, "yd") || (has_any(text, "m") && !has_clock && !found.elapsed)) {
    return moment(true, has_clock, false);
  }
  if (has_clock || found.elapsed) return moment(false, true, found.elapsed);
  if (has_any(text, "0#?") && !recasts(text)) return fixed(text);
  const bool is_weekday = text.find("aaa") != std::string_view::npos;
  if (!has_any(text, "0#?") && (is_weekday || has_any(text, "e")))
    return moment(true, false, false);
  return {};
}

NumberFormat builtin_number_format(std::uint32_t id) {
  const auto in = [id](std::uint32_t first, std::uint32_t last) {
    return id >= first && id <= last;
  };
  if (id == 1 || id == 3) return fixed("0");
  if (id == 2 || id == 4) return fixed("0.00");
  if (id == 9) return fixed("0%");
  if (id == 10) return fixed("0.00%");
  if (in(5, 6) || in(37, 38) || in(41, 42)) return fixed("0");
  if (in(7, 8) || in(39, 40) || in(43, 44)) return fixed("0.00");
  if (id == 22) return moment(true, true, false);
  if (id == 46) return moment(false, true, true);
  const bool is_time = in(18, 21) || in(32, 35) || in(45, 47) || in(55, 56);
  if (is_time) return moment(false, true, false);
  if (in(14, 17) || in(27, 31) || id == 36 || in(50, 54) || in(57, 58)) {
    return moment(true, false, false);
  }
  return {};
}

Rendered render_number(std::string& out,
                       double value,
                       std::string_view raw,
                       const NumberFormat& format,
                       bool days_from_1904) {
  if (format.shape == NumberFormat::Shape::moment &&
      append_moment(out, value, format, days_from_1904)) {
    return {.kind = format.has_day ? CellKind::date : CellKind::time, .lost_digits = false};
  }
  if (format.shape != NumberFormat::Shape::fixed && is_plain_integer(raw)) {
    out += raw;
  } else {
    append_number(out, value, format);
  }
  return {.kind = CellKind::number, .lost_digits = std::abs(value) >= kLostDigitsFrom};
}

}  // namespace sj::sheet
