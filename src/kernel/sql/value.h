#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "kernel/base/id.h"
#include "kernel/time/instant.h"
#include "kernel/time/local_day.h"

namespace sj::sql {

/// Bytes that are not text: ciphertext, hashes, files. A view; the bytes must outlive the call.
struct Blob {
  std::string_view bytes{};
};

/// A list of ids for `{{IDS $n}}`. A view; the ids must outlive the call.
struct Ids {
  std::span<const std::int64_t> ids{};
};

/// One parameter of a statement. Text, bytes and ids are views that must outlive the call; days are
/// kept as the ISO text they are stored as.
class Bind {
 public:
  using Value =
      std::variant<std::monostate, std::int64_t, std::string_view, Blob, Ids, std::string>;

  // Implicit, so that a call reads `{area, school, name}`.
  // NOLINTBEGIN(google-explicit-constructor): see above
  Bind(std::nullptr_t) {}
  Bind(std::nullopt_t) {}
  Bind(std::int64_t number) : value_(number) {}
  Bind(int number) : value_(static_cast<std::int64_t>(number)) {}
  Bind(bool flag) : value_(static_cast<std::int64_t>(flag ? 1 : 0)) {}
  Bind(Instant instant) : value_(instant.utc_ms()) {}
  Bind(LocalDay day) : value_(day.to_iso()) {}
  Bind(std::string_view text) : value_(text) {}
  Bind(const std::string& text) : value_(std::string_view(text)) {}
  Bind(const char* text) : value_(std::string_view(text)) {}
  Bind(Blob blob) : value_(blob) {}
  Bind(Ids ids) : value_(ids) {}
  template <class Tag>
  Bind(Id<Tag> id) : value_(id.value()) {}
  template <class T>
  Bind(const std::optional<T>& maybe) {
    if (maybe) value_ = Bind(*maybe).value_;
  }
  // NOLINTEND(google-explicit-constructor)

  [[nodiscard]] const Value& value() const { return value_; }

 private:
  Value value_;
};

/// The present row of a result; valid until the next one. Columns count from 0. Asking a column for
/// what it does not hold breaks an invariant: statements and readers are written together.
class Row {
 public:
  Row() = default;
  Row(const Row&) = delete;
  Row& operator=(const Row&) = delete;
  virtual ~Row() = default;

  [[nodiscard]] virtual bool is_null(int column) const = 0;
  [[nodiscard]] virtual std::int64_t integer(int column) const = 0;
  /// Text or bytes; the view dies with the row.
  [[nodiscard]] virtual std::string_view bytes(int column) const = 0;

  [[nodiscard]] std::string text(int column) const { return std::string(bytes(column)); }
  [[nodiscard]] bool flag(int column) const { return integer(column) != 0; }
  [[nodiscard]] Instant instant(int column) const { return Instant(integer(column)); }
  /// A day stored as ISO text; anything else breaks an invariant.
  [[nodiscard]] LocalDay day(int column) const { return LocalDay::parse(bytes(column)).value(); }
  [[nodiscard]] std::optional<std::int64_t> maybe_integer(int column) const {
    if (is_null(column)) return std::nullopt;
    return integer(column);
  }
  [[nodiscard]] std::optional<std::string> maybe_text(int column) const {
    if (is_null(column)) return std::nullopt;
    return text(column);
  }
  [[nodiscard]] std::optional<LocalDay> maybe_day(int column) const {
    if (is_null(column)) return std::nullopt;
    return day(column);
  }
};

}  // namespace sj::sql
