#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "kernel/base/id.h"
#include "kernel/time/instant.h"
#include "kernel/time/local_day.h"

/// Types of the fields of `*Dto` structs that JSON has no type for.
namespace sj::json {

/// An id: in JSON a text of digits, because JavaScript rounds numbers above 2^53. Received ones are
/// 1 to 2^63-1.
struct Id {
  Id() = default;
  // Implicit, so that a reply is filled by `dto.id = school.id`.
  // NOLINTBEGIN(google-explicit-constructor): see above
  Id(std::int64_t number) : value(number) {}
  template <class Tag>
  Id(sj::Id<Tag> id) : value(id.value()) {}
  // NOLINTEND(google-explicit-constructor)

  std::int64_t value = 0;
};

/// A day: `2026-10-12`.
struct Day {
  Day() = default;
  Day(LocalDay day) : value(day) {}  // NOLINT(google-explicit-constructor): as Id

  LocalDay value = LocalDay::from_epoch_days(0);
};

/// An instant: ISO 8601 with its offset.
struct Moment {
  Moment() = default;
  Moment(Instant instant) : value(instant) {}  // NOLINT(google-explicit-constructor): as Id

  Instant value{0};
};

/// JSON that is written or kept as it is, such as an object of another sort of thing.
struct Raw {
  std::string text = "null";
};

/// The name of a described member or enumerator as it travels: `class_` is "class", because C++
/// keeps that word for itself.
[[nodiscard]] constexpr std::string_view travel_name(std::string_view name) {
  return name.substr(0, name.size() - (name.size() > 1 && name.back() == '_' ? 1 : 0));
}

}  // namespace sj::json
