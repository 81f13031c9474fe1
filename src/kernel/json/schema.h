#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <boost/describe.hpp>
#include <boost/mp11.hpp>

#include "kernel/json/types.h"
#include "kernel/json/writer.h"

/// JSON Schema (2020-12) of described structs: what `read` takes and `encode` gives.
namespace sj::json {

/// What a schema is asked for, without a value of that type.
template <class T>
struct Of {};

void describe(Writer& out, Of<Id> of);
void describe(Writer& out, Of<Day> of);
void describe(Writer& out, Of<Moment> of);
void describe(Writer& out, Of<Raw> of);
void describe(Writer& out, Of<RawObject> of);
void describe(Writer& out, Of<std::string> of);
void describe(Writer& out, Of<Lines> of);
void describe(Writer& out, Of<Exact> of);
void describe(Writer& out, Of<std::int64_t> of);
void describe(Writer& out, Of<int> of);
void describe(Writer& out, Of<bool> of);
void describe(Writer& out, Of<double> of);
void describe(Writer& out, Of<std::vector<std::pair<std::string, std::int64_t>>> of);
template <class T>
void describe(Writer& out, Of<std::vector<T>> of);
template <class T>
void describe(Writer& out, Of<RawOf<T>> of);

template <const auto& kWords>
void describe(Writer& out, Of<OneOf<kWords>> /*of*/) {
  out.begin_object().key("type").value("string").key("enum").begin_array();
  for (const std::string_view word : kWords) out.value(word);
  out.end_array().end_object();
}

template <class T,
          class Values = boost::describe::describe_enumerators<T>,
          class = std::enable_if_t<std::is_enum_v<T>>,
          class = void>
void describe(Writer& out, Of<T> /*of*/) {
  out.begin_object().key("type").value("string").key("enum").begin_array();
  boost::mp11::mp_for_each<Values>([&](auto one) {
    std::string_view name = one.name;
    if (name.size() > 1 && name.back() == '_') name.remove_suffix(1);
    out.value(name);
  });
  out.end_array().end_object();
}

template <class T>
struct Member {
  using Type = T;
  static constexpr bool kRequired = true;
};
template <class T>
struct Member<std::optional<T>> {
  using Type = T;
  static constexpr bool kRequired = false;
};

template <class T,
          class Members = boost::describe::describe_members<T, boost::describe::mod_public>>
void describe(Writer& out, Of<T> /*of*/) {
  out.begin_object().key("type").value("object").key("properties").begin_object();
  std::vector<std::string_view> required;
  boost::mp11::mp_for_each<Members>([&](auto member) {
    using Field = Member<std::remove_reference_t<decltype(std::declval<T&>().*member.pointer)>>;
    out.key(travel_name(member.name));
    describe(out, Of<typename Field::Type>{});
    if (Field::kRequired) required.emplace_back(travel_name(member.name));
  });
  out.end_object();
  if (!required.empty()) {
    out.key("required").begin_array();
    for (const std::string_view name : required) out.value(name);
    out.end_array();
  }
  out.key("additionalProperties").value(false).end_object();
}

template <class T>
void describe(Writer& out, Of<std::vector<T>> /*of*/) {
  out.begin_object().key("type").value("array").key("items");
  describe(out, Of<T>{});
  out.end_object();
}

template <class T>
void describe(Writer& out, Of<RawOf<T>> /*of*/) {
  describe(out, Of<T>{});
}

/// `{.body = &json::schema_of<NewSchoolDto>}` in a route's Doc.
template <class T>
[[nodiscard]] std::string schema_of() {
  Writer out;
  describe(out, Of<T>{});
  return out.take();
}

}  // namespace sj::json
