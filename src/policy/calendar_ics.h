#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "kernel/time/calendar.h"
#include "kernel/time/instant.h"

#include "policy/calendar.h"

namespace sj::policy {

/// A calendar for calendar programs (RFC 5545), in UTF-8: days off, vacations, make-up days, half
/// days, events, and the first and last days of terms, all as whole days.
///
/// `name` is what the program calls it; `key` tells apart calendars ("430602-0-…"), so that the UID
/// of the same thing stays the same and no other thing gets it. `stamp` is when it was made.
struct IcsHead {
  std::string name{};
  std::string key{};
  Instant stamp{0};
};
[[nodiscard]] std::string ics_of(const Calendar& calendar, Days range, const IcsHead& head);

/// One content line: escaped by the caller, folded at 75 octets without cutting a character, ended
/// by CRLF.
[[nodiscard]] std::string ics_line(std::string_view text);
/// Backslash, semicolon, comma and line breaks of a TEXT value.
[[nodiscard]] std::string ics_text(std::string_view text);

}  // namespace sj::policy
