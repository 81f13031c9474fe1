#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/describe.hpp>
#include <boost/json/value.hpp>
#include <boost/mp11.hpp>

#include "kernel/base/result.h"

/// Reading JSON into described structs (BOOST_DESCRIBE_STRUCT), with the place of every fault.
/// Include it only where JSON is at home: it costs seconds of compile time.
namespace sj::json {

/// Where in a document we are: `students[3].prefs[1]`. Links live on the stack of the decoder.
struct Place {
  const Place* parent = nullptr;
  std::string_view key;
  std::size_t index = 0;
  bool is_index = false;
  [[nodiscard]] std::string text() const;
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
/// Fails:   json.syntax (with line and column, both from 1), or what a reader returns.
[[nodiscard]] Result<std::vector<std::string>> read_arrays(std::string_view document,
                                                           const std::vector<ArrayReader>& readers);

/// Compact JSON with the keys of every object in the order of their code points: equal values give
/// equal bytes.
[[nodiscard]] std::string canonical(const boost::json::value& value);

/// Reads a whole small document. Fails: json.syntax.
[[nodiscard]] Result<boost::json::value> parse(std::string_view document);

[[nodiscard]] Error wrong_type(const Place& place, std::string_view wanted);
[[nodiscard]] Error missing(const Place& place);

[[nodiscard]] Result<void> decode(const boost::json::value& from,
                                  const Place& place,
                                  std::string& into);
/// Whole numbers only; 3.0 is one. Fails: json.wrong_type.
[[nodiscard]] Result<void> decode(const boost::json::value& from,
                                  const Place& place,
                                  std::int64_t& into);
/// An object as (key, number) pairs, in the order of the text.
[[nodiscard]] Result<void> decode(const boost::json::value& from,
                                  const Place& place,
                                  std::vector<std::pair<std::string, std::int64_t>>& into);

template <class T>
[[nodiscard]] Result<void> decode(const boost::json::value& from,
                                  const Place& place,
                                  std::vector<T>& into);
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
  into.resize(array->size());
  for (std::size_t i = 0; i < array->size(); ++i) {
    SJ_TRY(decode((*array)[i], Place{&place, {}, i, true}, into[i]));
  }
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

template <class T, class Members>
Result<void> decode(const boost::json::value& from, const Place& place, T& into) {
  const auto* object = from.if_object();
  if (object == nullptr) return wrong_type(place, "an object");
  Result<void> result;
  boost::mp11::mp_for_each<Members>([&](auto member) {
    if (!result.ok()) return;
    result = decode_field(*object, Place{&place, member.name, 0, false}, into.*member.pointer);
  });
  return result;
}

}  // namespace sj::json
