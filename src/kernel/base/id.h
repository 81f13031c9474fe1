#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace sj {

/// A number that names one thing of one sort, and cannot be taken for another sort of thing.
///
/// `struct StudentTag; using StudentId = Id<StudentTag>;`. Ids are made by the program, never by a
/// database, and travel as JSON strings because JavaScript rounds numbers above 2^53.
template <class Tag>
class Id {
 public:
  constexpr explicit Id(std::int64_t value) : value_(value) {}

  [[nodiscard]] constexpr std::int64_t value() const { return value_; }

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes a defaulted <=> for a null pointer
  friend constexpr auto operator<=>(Id, Id) = default;

 private:
  std::int64_t value_;
};

}  // namespace sj

template <class Tag>
struct std::hash<sj::Id<Tag>> {
  std::size_t operator()(sj::Id<Tag> id) const noexcept {
    return std::hash<std::int64_t>{}(id.value());
  }
};
