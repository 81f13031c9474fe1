#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

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

/// The same, always an object.
struct RawObject : Raw {
  RawObject() : Raw{"{}"} {}
  explicit RawObject(std::string json) : Raw{std::move(json)} {}
};

/// The same, of the shape of a described struct: written elsewhere, promised to be so.
template <class Shape>
struct RawOf : Raw {
  RawOf() = default;
  explicit RawOf(std::string json) : Raw{std::move(json)} {}
};

/// Every text of a body is checked as text::check_free_text says, as one line, wherever it stands,
/// also in a field that is added tomorrow. These two say otherwise.
///
/// What people write in several lines: a letter, and the answer to it.
struct Lines : std::string {
  Lines() = default;
  explicit Lines(std::string text) : std::string(std::move(text)) {}
};
/// What is taken as it comes: a password, a telephone number, the cells of somebody's own table.
struct Exact : std::string {
  Exact() = default;
  explicit Exact(std::string text) : std::string(std::move(text)) {}
};

/// A text that is one of `kWords`, an array of texts, as the schema tells:
/// `json::OneOf<kSchoolKinds> kind;`. Reading takes any text: what is not among the words, the
/// reader refuses with a code of its own.
template <const auto& kWords>
struct OneOf : std::string {
  OneOf() = default;
  template <std::convertible_to<std::string_view> Text>
  OneOf(const Text& text)  // NOLINT(google-explicit-constructor): as Id
      : std::string(std::string_view(text)) {}
};

/// The name of a described member or enumerator as it travels: `class_` is "class", because C++
/// keeps that word for itself.
[[nodiscard]] constexpr std::string_view travel_name(std::string_view name) {
  return name.substr(0, name.size() - (name.size() > 1 && name.back() == '_' ? 1 : 0));
}

}  // namespace sj::json
