#include "kernel/time/local_day.h"

#include <chrono>
#include <cstddef>
#include <utility>

#include "kernel/base/check.h"
#include "kernel/text/text.h"

namespace sj {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr int kYearMin = 1;
constexpr int kYearMax = 9999;

constexpr std::int64_t epoch_days_of(year_month_day date) {
  return sys_days(date).time_since_epoch().count();
}

constexpr std::int64_t kFirst =
    epoch_days_of({std::chrono::year(kYearMin), std::chrono::January, std::chrono::day(1)});
constexpr std::int64_t kLast =
    epoch_days_of({std::chrono::year(kYearMax), std::chrono::December, std::chrono::day(31)});

Error bad_day(std::string detail) {
  return Error{ErrorKind::invalid, "time.bad_day", std::move(detail)};
}

}  // namespace

Result<LocalDay> LocalDay::create(int year, int month, int day) {
  const bool in_range =
      year >= kYearMin && year <= kYearMax && month >= 1 && month <= 12 && day >= 1 && day <= 31;
  if (in_range) {
    const year_month_day date{std::chrono::year(year),
                              std::chrono::month(static_cast<unsigned>(month)),
                              std::chrono::day(static_cast<unsigned>(day))};
    if (date.ok()) return from_epoch_days(epoch_days_of(date));
  }
  return bad_day("no such day: year " + std::to_string(year) + ", month " + std::to_string(month) +
                 ", day " + std::to_string(day));
}

Result<LocalDay> LocalDay::parse(std::string_view iso) {
  constexpr std::string_view kShape = "0000-00-00";
  bool fits = iso.size() == kShape.size();
  for (std::size_t i = 0; fits && i < iso.size(); ++i) {
    fits = kShape[i] == '0' ? iso[i] >= '0' && iso[i] <= '9' : iso[i] == kShape[i];
  }
  if (!fits) return bad_day("not a day like 2026-10-12");
  const auto number = [iso](std::size_t from, std::size_t size) {
    int value = 0;
    for (const char digit : iso.substr(from, size)) value = value * 10 + (digit - '0');
    return value;
  };
  return create(number(0, 4), number(5, 2), number(8, 2));
}

LocalDay LocalDay::from_epoch_days(std::int64_t days) {
  SJ_CHECK(days >= kFirst);
  SJ_CHECK(days <= kLast);
  return LocalDay(static_cast<std::int32_t>(days));
}

LocalDay LocalDay::first() {
  return from_epoch_days(kFirst);
}

LocalDay LocalDay::last() {
  return from_epoch_days(kLast);
}

std::string LocalDay::to_iso() const {
  const year_month_day date{sys_days(days(epoch_days_))};
  std::string iso;
  text::append_padded(iso, static_cast<int>(date.year()), 4);
  iso += '-';
  text::append_padded(iso, static_cast<int>(static_cast<unsigned>(date.month())), 2);
  iso += '-';
  text::append_padded(iso, static_cast<int>(static_cast<unsigned>(date.day())), 2);
  return iso;
}

Weekday LocalDay::weekday() const {
  const std::chrono::weekday weekday{sys_days(days(epoch_days_))};
  return static_cast<Weekday>(weekday.iso_encoding());
}

LocalDay LocalDay::plus_days(std::int64_t days) const {
  // Bounded first, so that the sum cannot overflow.
  SJ_CHECK(days >= kFirst - kLast);
  SJ_CHECK(days <= kLast - kFirst);
  return from_epoch_days(epoch_days_ + days);
}

std::int64_t days_between(LocalDay from, LocalDay to) {
  return to.epoch_days() - from.epoch_days();
}

}  // namespace sj
