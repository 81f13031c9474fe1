#include "kernel/time/zone.h"

#include <cstddef>
#include <cstdint>
#include <optional>

#include "kernel/base/check.h"
#include "kernel/text/text.h"

namespace sj {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::int64_t kHourMinutes = 60;
constexpr std::int64_t kDayMs = kMinuteMs * kHourMinutes * 24;
constexpr std::int64_t kOffsetMs = kMinuteMs * kHourMinutes * 8;

// Rounded down also before 1970, unlike `/`.
std::int64_t local_days(Instant instant) {
  std::int64_t local_ms = 0;
  SJ_CHECK(!__builtin_add_overflow(instant.utc_ms(), kOffsetMs, &local_ms));
  return local_ms / kDayMs - (local_ms % kDayMs < 0 ? 1 : 0);
}

// Takes pieces off the front of a text; once a piece does not fit, all that follow do not either.
class Reader {
 public:
  explicit Reader(std::string_view rest) : rest_(rest) {}

  bool take(char c) {
    if (!fits_ || rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void expect(char c) { fits_ = take(c); }

  // Exactly so many digits.
  int number(std::size_t digits) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) value = value * 10 + digit();
    return value;
  }

  int number(std::size_t digits, int max) {
    const int value = number(digits);
    fits_ = fits_ && value <= max;
    return value;
  }

  // Digits after a decimal point; finer than a millisecond is dropped.
  int fraction_ms() {
    int value = number(1);
    int digits = 1;
    for (; digits < 9 && next_is_digit(); ++digits) {
      const int next = digit();
      if (digits < 3) value = value * 10 + next;
    }
    for (; digits < 3; ++digits) value *= 10;
    return value;
  }

  [[nodiscard]] bool done() const { return fits_ && rest_.empty(); }

 private:
  [[nodiscard]] bool next_is_digit() const {
    return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9';
  }

  int digit() {
    fits_ = fits_ && next_is_digit();
    if (!fits_) return 0;
    const int value = rest_.front() - '0';
    rest_.remove_prefix(1);
    return value;
  }

  std::string_view rest_;
  bool fits_ = true;
};

std::optional<std::int64_t> read_offset_ms(Reader& reader) {
  if (reader.take('Z')) return 0;
  const bool east = reader.take('+');
  if (!east && !reader.take('-')) return std::nullopt;
  std::int64_t minutes = reader.number(2, 23) * kHourMinutes;
  reader.expect(':');
  minutes += reader.number(2, 59);
  return (east ? minutes : -minutes) * kMinuteMs;
}

}  // namespace

LocalDay day_of(Instant instant) {
  return LocalDay::from_epoch_days(local_days(instant));
}

int minute_of_day(Instant instant) {
  const std::int64_t since_midnight = instant.utc_ms() - instant_of(day_of(instant), 0).utc_ms();
  return static_cast<int>(since_midnight / kMinuteMs);
}

Instant instant_of(LocalDay day, int minute) {
  SJ_CHECK(minute >= 0);
  SJ_CHECK(minute <= 24 * 60);
  return Instant(day.epoch_days() * kDayMs + minute * kMinuteMs - kOffsetMs);
}

std::string to_iso(Instant instant) {
  const LocalDay day = day_of(instant);
  const std::int64_t ms = instant.utc_ms() - instant_of(day, 0).utc_ms();
  std::string iso = day.to_iso();
  iso += 'T';
  text::append_padded(iso, ms / (kHourMinutes * kMinuteMs), 2);
  iso += ':';
  text::append_padded(iso, ms / kMinuteMs % kHourMinutes, 2);
  iso += ':';
  text::append_padded(iso, ms % kMinuteMs / 1000, 2);
  iso += '.';
  text::append_padded(iso, ms % 1000, 3);
  iso += "+08:00";
  return iso;
}

Result<Instant> parse_instant(std::string_view iso) {
  const Error refusal{ErrorKind::invalid, "time.bad_instant",
                      "not an instant like 2026-10-12T08:00:00+08:00"};
  constexpr std::size_t kDaySize = 10;
  const auto day = LocalDay::parse(iso.substr(0, kDaySize));
  if (!day.ok()) return refusal;
  Reader reader(iso.substr(kDaySize));
  reader.expect('T');
  std::int64_t ms = reader.number(2, 23) * kHourMinutes * kMinuteMs;
  reader.expect(':');
  ms += reader.number(2, 59) * kMinuteMs;
  if (reader.take(':')) {
    ms += reader.number(2, 59) * std::int64_t{1000};
    if (reader.take('.')) ms += reader.fraction_ms();
  }
  const std::optional<std::int64_t> offset_ms = read_offset_ms(reader);
  if (!offset_ms.has_value() || !reader.done()) return refusal;
  const Instant instant(day.value().epoch_days() * kDayMs + ms - *offset_ms);
  // At either end of the calendar an offset can lead to a day that does not exist here.
  if (instant < instant_of(LocalDay::first(), 0)) return refusal;
  if (instant >= instant_of(LocalDay::last(), 24 * 60)) return refusal;
  return instant;
}

}  // namespace sj
