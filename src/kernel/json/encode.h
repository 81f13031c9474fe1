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

/// Writing described structs (BOOST_DESCRIBE_STRUCT) as JSON: members in the order of the struct,
/// an empty optional not at all, enumerations by name.
namespace sj::json {

void write(Writer& out, Id id);
void write(Writer& out, Day day);
void write(Writer& out, Moment moment);
inline void write(Writer& out, const Raw& raw) {
  out.raw(raw.text);
}
template <class Shape>
void write(Writer& out, const RawOf<Shape>& raw) {
  out.raw(raw.text);
}
template <const auto& kWords>
void write(Writer& out, const OneOf<kWords>& one) {
  out.value(std::string_view(one));
}
inline void write(Writer& out, const std::string& text) {
  out.value(std::string_view(text));
}
inline void write(Writer& out, std::int64_t number) {
  out.value(number);
}
inline void write(Writer& out, int number) {
  out.value(number);
}
inline void write(Writer& out, bool flag) {
  out.value(flag);
}
/// Shortest decimal that reads back as the same number; not finite breaks an invariant.
void write(Writer& out, double number);
template <class T>
void write(Writer& out, const std::vector<T>& list);
/// A list of pairs is an object: keys as they come.
void write(Writer& out, const std::vector<std::pair<std::string, std::int64_t>>& members);

template <class T,
          class Values = boost::describe::describe_enumerators<T>,
          class = std::enable_if_t<std::is_enum_v<T>>,
          class = void>
void write(Writer& out, T value) {
  std::string_view name;
  boost::mp11::mp_for_each<Values>([&](auto one) {
    if (one.value == value) name = one.name;
  });
  if (name.size() > 1 && name.back() == '_') name.remove_suffix(1);
  out.value(name);
}

template <class T>
void write_member(Writer& out, std::string_view name, const T& value) {
  out.key(name);
  write(out, value);
}
template <class T>
void write_member(Writer& out, std::string_view name, const std::optional<T>& value) {
  if (value) write_member(out, name, *value);
}

template <class T,
          class Members = boost::describe::describe_members<T, boost::describe::mod_public>>
void write(Writer& out, const T& value) {
  out.begin_object();
  boost::mp11::mp_for_each<Members>(
      [&](auto member) { write_member(out, travel_name(member.name), value.*member.pointer); });
  out.end_object();
}

template <class T>
void write(Writer& out, const std::vector<T>& list) {
  out.begin_array();
  for (const auto& element : list) write(out, static_cast<const T&>(element));
  out.end_array();
}

/// The whole text, to be sent by `api::reply`.
template <class T>
[[nodiscard]] std::string encode(const T& value) {
  Writer out;
  write(out, value);
  return out.take();
}

}  // namespace sj::json
