#pragma once

#include <array>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <boost/describe.hpp>
#include <boost/json/value.hpp>
#include <boost/mp11.hpp>

#include "kernel/base/result.h"
#include "kernel/json/types.h"

/// Reading JSON into described structs (BOOST_DESCRIBE_STRUCT), with the place of every fault.
/// Include it only where JSON is at home: it costs seconds of compile time.
namespace sj::json {

/// What is refused besides wrong types. Files of the draw have limits of their own; bodies of
/// requests have these.
struct Limits {
  std::size_t text_max = 4000;  // code points
  std::size_t list_max = 1000;  // elements
  bool unknown_members = false;
  bool is_typed = true;  // by people: texts are checked (types.h); files of ours are not
};
/// Of files that are part of the product.
inline constexpr Limits kFileLimits{.is_typed = false};

/// Where in a document we are: `students[3].prefs[1]`. Links live on the stack of the decoder.
struct Place {
  const Place* parent = nullptr;
  std::string_view key;
  std::size_t index = 0;
  bool is_index = false;
  const Limits* of_root = nullptr;  // of the outermost place only
  [[nodiscard]] std::string text() const;
  /// Those of the document; nothing if it has none.
  [[nodiscard]] const Limits* limits() const;
};

/// One array of the document's top object, and what to do with each element.
struct ArrayReader {
  std::string_view name;
  std::function<Result<void>(const boost::json::value& element, const Place& place)> read;
};

/// Reads a document whose top is an object, one array element at a time, so that memory holds one
/// element and not the document. Other members are checked for syntax and skipped.
///
/// Gives:   the names of the arrays that were there.
/// Fails:   json.syntax, json.duplicate_member at any depth (both with line and column, from 1), or
///          what a reader returns.
[[nodiscard]] Result<std::vector<std::string>> read_arrays(std::string_view document,
                                                           const std::vector<ArrayReader>& readers);

/// Compact JSON with the keys of every object in the order of their code points: equal values give
/// equal bytes.
[[nodiscard]] std::string canonical(const boost::json::value& value);

/// How deep a document may nest; trees that are ours, such as a certificate, may nest deeper.
inline constexpr std::size_t kDepthMax = 32;

/// Reads a whole small document. Fails: json.syntax, json.duplicate_member.
[[nodiscard]] Result<boost::json::value> parse(std::string_view document,
                                               std::size_t depth_max = kDepthMax);

/// Reads a body. All wrong fields are told at once, in Error::fields.
///
/// Fails: json.syntax · json.duplicate_member · json.missing, json.wrong_type, json.unknown_field,
/// json.too_long, json.too_many, json.bad_text (a NUL), json.bad_id, json.unknown_value,
/// time.bad_day, time.bad_instant, and what text::check_free_text fails with (all invalid).
template <class T>
[[nodiscard]] Result<T> read(std::string_view document, const Limits& limits = {});

[[nodiscard]] Error wrong_type(const Place& place, std::string_view wanted);
[[nodiscard]] Error missing(const Place& place);
/// `text` is no value of an enumeration; `known` are, for people.
[[nodiscard]] Error unknown_value(const Place& place,
                                  std::string_view text,
                                  const std::string& known);

/// The first error, with the fields of all (at most 20).
class Faults {
 public:
  void add(Result<void> result);
  [[nodiscard]] Result<void> take();

 private:
  std::optional<Error> first_{};
};

/// Fails: json.too_many, when the document's limits say so.
[[nodiscard]] Result<void> check_count(const Place& place, std::size_t elements);
/// Fails: json.unknown_field, for each member that is not among `known`, when the limits say so.
[[nodiscard]] Result<void> check_members(const boost::json::object& object,
                                         const Place& place,
                                         std::span<const std::string_view> known);

[[nodiscard]] Result<void> decode(const boost::json::value& from,
                                  const Place& place,
                                  std::string& into);
[[nodiscard]] Result<void> decode(const boost::json::value& from, const Place& place, Lines& into);
[[nodiscard]] Result<void> decode(const boost::json::value& from, const Place& place, Exact& into);
/// Whole numbers only; 3.0 is one. Fails: json.wrong_type.
[[nodiscard]] Result<void> decode(const boost::json::value& from,
                                  const Place& place,
                                  std::int64_t& into);
[[nodiscard]] Result<void> decode(const boost::json::value& from, const Place& place, bool& into);
[[nodiscard]] Result<void> decode(const boost::json::value& from, const Place& place, double& into);
[[nodiscard]] Result<void> decode(const boost::json::value& from, const Place& place, Id& into);
[[nodiscard]] Result<void> decode(const boost::json::value& from, const Place& place, Day& into);
[[nodiscard]] Result<void> decode(const boost::json::value& from, const Place& place, Moment& into);
[[nodiscard]] Result<void> decode(const boost::json::value& from, const Place& place, Raw& into);
template <const auto& kWords>
[[nodiscard]] Result<void> decode(const boost::json::value& from,
                                  const Place& place,
                                  OneOf<kWords>& into) {
  return decode(from, place, static_cast<std::string&>(into));
}
/// An object as (key, number) pairs, in the order of the text.
[[nodiscard]] Result<void> decode(const boost::json::value& from,
                                  const Place& place,
                                  std::vector<std::pair<std::string, std::int64_t>>& into);

template <class T>
[[nodiscard]] Result<void> decode(const boost::json::value& from,
                                  const Place& place,
                                  std::vector<T>& into);
/// An enumeration (BOOST_DESCRIBE_ENUM) by the name of its value, without a final `_`.
template <class T,
          class = boost::describe::describe_enumerators<T>,
          class = std::enable_if_t<std::is_enum_v<T>>,
          class = void>
[[nodiscard]] Result<void> decode(const boost::json::value& from, const Place& place, T& into);
template <class T, class = boost::describe::describe_members<T, boost::describe::mod_public>>
[[nodiscard]] Result<void> decode(const boost::json::value& from, const Place& place, T& into);

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <class T>
Result<void> decode(const boost::json::value& from, const Place& place, std::vector<T>& into) {
  const auto* array = from.if_array();
  if (array == nullptr) return wrong_type(place, "an array");
  SJ_TRY(check_count(place, array->size()));
  into.clear();
  into.reserve(array->size());
  Faults faults;
  for (std::size_t i = 0; i < array->size(); ++i) {
    T element{};  // not into[i]: the bits of vector<bool> cannot be referred to
    faults.add(decode((*array)[i], Place{&place, {}, i, true}, element));
    into.push_back(std::move(element));
  }
  return faults.take();
}

template <class T, class Values, class, class>
Result<void> decode(const boost::json::value& from, const Place& place, T& into) {
  const auto* text = from.if_string();
  if (text == nullptr) return wrong_type(place, "a text in quotes");
  const std::string_view name(text->data(), text->size());
  bool found = false;
  std::string known;
  boost::mp11::mp_for_each<Values>([&](auto value) {
    if (travel_name(value.name) == name) {
      into = value.value;
      found = true;
    }
    known += (known.empty() ? "" : ", ") + std::string(travel_name(value.name));
  });
  if (!found) return unknown_value(place, name, known);
  return {};
}

template <class Field>
Result<void> decode_field(const boost::json::object& object, const Place& place, Field& into) {
  const auto* found = object.if_contains(place.key);
  if (found == nullptr || found->is_null()) {
    if constexpr (IsOptional<Field>::value) {
      return {};
    } else {
      return missing(place);
    }
  }
  if constexpr (IsOptional<Field>::value) {
    return decode(*found, place, into.emplace());
  } else {
    return decode(*found, place, into);
  }
}

template <template <class...> class List, class... Member>
constexpr std::array<std::string_view, sizeof...(Member)> names_of(List<Member...>) {
  return {travel_name(Member::name)...};
}

template <class T, class Members>
Result<void> decode(const boost::json::value& from, const Place& place, T& into) {
  const auto* object = from.if_object();
  if (object == nullptr) return wrong_type(place, "an object");
  Faults faults;
  boost::mp11::mp_for_each<Members>([&](auto member) {
    faults.add(decode_field(*object, Place{&place, travel_name(member.name), 0, false},
                            into.*member.pointer));
  });
  faults.add(check_members(*object, place, names_of(Members{})));
  return faults.take();
}

/// Parses into memory that is given up after `use`.
[[nodiscard]] Result<void> with_parsed(
    std::string_view document, const std::function<Result<void>(const boost::json::value&)>& use);

template <class T>
Result<T> read(std::string_view document, const Limits& limits) {
  T into{};
  SJ_TRY(with_parsed(document, [&](const boost::json::value& value) {
    Place root;
    root.of_root = &limits;
    return decode(value, root, into);
  }));
  return into;
}

}  // namespace sj::json
