#include "kernel/http/message.h"

#include "kernel/http/syntax.h"

namespace sj::http {

const char* name_of(Method method) {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::patch:
      return "PATCH";
    case Method::delete_:
      return "DELETE";
  }
  return "";
}

std::optional<std::string_view> Request::header(std::string_view name) const {
  for (const Header& one : headers) {
    if (equal_ignoring_case(one.name, name)) return one.value;
  }
  return std::nullopt;
}

std::optional<std::string_view> Request::query_value(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::optional<std::string_view> Request::cookie(std::string_view name) const {
  for (const Header& one : headers) {
    if (!equal_ignoring_case(one.name, "cookie")) continue;
    if (const auto value = cookie_in(one.value, name)) return value;
  }
  return std::nullopt;
}

}  // namespace sj::http
