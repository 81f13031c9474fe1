#include "kernel/http/message.h"

#include <algorithm>
#include <array>
#include <iterator>

#include <arpa/inet.h>
#include <netinet/in.h>

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

std::string network_of(std::string_view address) {
  std::string text(address.substr(0, 64));
  in6_addr v6{};
  if (::inet_pton(AF_INET6, text.c_str(), &v6) != 1) return text;
  std::array<char, INET6_ADDRSTRLEN> spelt{};
  if (IN6_IS_ADDR_V4MAPPED(&v6)) {
    ::inet_ntop(AF_INET, &v6.s6_addr[12], spelt.data(), spelt.size());
    return spelt.data();
  }
  std::fill(std::begin(v6.s6_addr) + 8, std::end(v6.s6_addr), 0);
  ::inet_ntop(AF_INET6, &v6, spelt.data(), spelt.size());
  return std::string(spelt.data()) + "/64";
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
