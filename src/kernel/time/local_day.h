#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "kernel/base/result.h"

namespace sj {

/// Numbered as in ISO 8601.
enum class Weekday : unsigned char {
  monday = 1,
  tuesday,
  wednesday,
  thursday,
  friday,
  saturday,
  sunday
};

/// A day of a school (日期), without time of day or zone: 0001-01-01 to 9999-12-31.
class LocalDay {
 public:
  /// Fails: time.bad_day (invalid): there is no such day, or it is out of range.
  [[nodiscard]] static Result<LocalDay> create(int year, int month, int day);

  /// Takes exactly `2026-10-12`.
  /// Fails: time.bad_day (invalid).
  [[nodiscard]] static Result<LocalDay> parse(std::string_view iso);

  /// The day so many days after 1970-01-01; out of range breaks an invariant.
  [[nodiscard]] static LocalDay from_epoch_days(std::int64_t days);

  /// 0001-01-01 and 9999-12-31.
  [[nodiscard]] static LocalDay first();
  [[nodiscard]] static LocalDay last();

  [[nodiscard]] std::int64_t epoch_days() const { return epoch_days_; }
  [[nodiscard]] std::string to_iso() const;
  [[nodiscard]] Weekday weekday() const;

  /// The day `days` later (earlier if negative); out of range breaks an invariant.
  [[nodiscard]] LocalDay plus_days(std::int64_t days) const;

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes a defaulted <=> for a null pointer
  friend auto operator<=>(LocalDay, LocalDay) = default;

 private:
  explicit LocalDay(std::int32_t epoch_days) : epoch_days_(epoch_days) {}

  std::int32_t epoch_days_;
};

/// A day as people and spreadsheets write it: year, month, day in this order, as 2015-03-07,
/// 2015/3/7, 2015.3.7, 20150307 or 2015年3月7日, in any width, with blanks, and with a midnight
/// (0:00:00) that a spreadsheet adds.
///
/// Fails: time.ambiguous_day (invalid): numbers that could be a day in another order, or with a
///        year of two digits (7/3/2015, 15-3-7, 150307) · time.bad_day (invalid): anything else
[[nodiscard]] Result<LocalDay> parse_day_loose(std::string_view text);

/// How many days `to` is after `from`; negative if before.
[[nodiscard]] std::int64_t days_between(LocalDay from, LocalDay to);

}  // namespace sj
