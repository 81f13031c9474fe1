#pragma once

#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "kernel/base/check.h"

namespace sj {

/// Why something was refused, coarsely. Closed: each kind maps to one exit status and, once there
/// is a server, to one HTTP status.
enum class ErrorKind : unsigned char {
  invalid,          // the input is wrong; the caller must change it
  unauthenticated,  // nobody is logged in
  forbidden,        // logged in, but not allowed
  not_found,
  conflict,       // right in itself, but not in the present state
  rule_violated,  // a published rule says no
  limited,        // too much or too often
  unavailable,    // try again later
  internal,       // a fault of ours
};

/// One wrong field of what was sent, or one value for the sentence of an error.
struct FieldError {
  std::string field{};  // "guardians[1].phone"
  std::string code{};   // as Error::code
  std::string value{};  // what it holds; empty when it must not be repeated
};

/// Which published rule said no, and the numbers it compared.
struct RuleRefusal {
  std::string rule{};    // "AS-FEE-PROV"
  std::string clause{};  // where it is written
  std::string limit{};   // with unit
  std::string value{};
};

/// One refusal, as a value.
struct Error {
  ErrorKind kind = ErrorKind::internal;
  /// `room.snake_case`, one meaning each, listed with its Chinese sentence in docs/errors.csv.
  /// Tests and callers compare this, never `detail`.
  std::string code;
  /// English, for people, with the place: `students[3].prefs[1]: no section "A9"`.
  std::string detail;
  /// The wrong fields, if the input had several.
  std::vector<FieldError> fields{};
  /// For rule_violated.
  std::shared_ptr<const RuleRefusal> rule{};
};

/// Either a value or the Error that explains why there is none.
///
/// Ask `ok()` first, or use SJ_TRY. Taking the side that is not there breaks an invariant
/// (InvariantBroken): it is a fault of the caller, not of the input.
template <class T>
class [[nodiscard]] Result {
  static_assert(!std::is_reference_v<T>, "a Result owns its value");
  static_assert(!std::is_same_v<std::remove_cv_t<T>, Error>, "an Error is never the value");

 public:
  // Implicit, so that `return value;` and `return Error{...};` read as what they are.
  Result(T value)  // NOLINT(google-explicit-constructor): see above
      : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error)  // NOLINT(google-explicit-constructor): see above
      : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool ok() const { return state_.index() == 0; }

  [[nodiscard]] const T& value() const& {
    SJ_CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] T& value() & {
    SJ_CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] T&& value() && {
    SJ_CHECK(ok());
    return std::move(*std::get_if<0>(&state_));
  }

  [[nodiscard]] const Error& error() const& {
    SJ_CHECK(!ok());
    return *std::get_if<1>(&state_);
  }
  [[nodiscard]] Error&& error() && {
    SJ_CHECK(!ok());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  std::variant<T, Error> state_;
};

/// Success without a value, or an Error. `return {};` is success.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error)  // NOLINT(google-explicit-constructor): so that `return Error{...};` works
      : error_(std::move(error)) {}

  [[nodiscard]] bool ok() const { return !error_.has_value(); }

  /// Nothing to give; exists so that SJ_TRY and generic code need no special case.
  void value() const { SJ_CHECK(ok()); }

  [[nodiscard]] const Error& error() const& {
    SJ_CHECK(!ok());
    return *error_;
  }
  [[nodiscard]] Error&& error() && {
    SJ_CHECK(!ok());
    return std::move(*error_);
  }

 private:
  std::optional<Error> error_;
};

}  // namespace sj

#define SJ_TRY_JOIN_INNER(a, b) a##b
#define SJ_TRY_JOIN(a, b) SJ_TRY_JOIN_INNER(a, b)
// NOLINTBEGIN(bugprone-macro-parentheses): `name` is declared here, it cannot be in parentheses
#define SJ_TRY_NAMED(name, expression)              \
  __extension__({                                   \
    auto name = (expression);                       \
    if (!name.ok()) return std::move(name).error(); \
    std::move(name).value();                        \
  })
// NOLINTEND(bugprone-macro-parentheses)

/// The value of a Result, or an early return of its Error: `auto day = SJ_TRY(LocalDay::parse(s));`
/// Alone on a line for a Result<void>: `SJ_TRY(check_ids(instance));`
/// Use it as the whole right-hand side, not inside an argument list: g++ 12 forgets to destroy the
/// arguments already evaluated when a statement expression returns.
#define SJ_TRY(expression) SJ_TRY_NAMED(SJ_TRY_JOIN(sj_result_, __COUNTER__), expression)
