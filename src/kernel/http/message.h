#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sj::http {

enum class Method : unsigned char { get, head, post, put, patch, delete_ };
[[nodiscard]] const char* name_of(Method method);

struct Header {
  std::string name{};
  std::string value{};
};

/// One request, whole. Values of path and query are percent-decoded UTF-8.
struct Request {
  Method method = Method::get;
  std::string path{};  // "/api/org/schools/17", decoded, without the query
  std::vector<std::pair<std::string, std::string>> query{};
  std::vector<Header> headers{};
  std::string body{};
  /// Made by the server for each request; also in the reply's X-Request-Id and in the log.
  std::string id{};
  std::string
      peer{};  // network_of() its address, for limits on guessing; never stored with content
  bool operator_socket = false;  // came in by the socket inside the data folder
  bool is_loopback = false;      // came from this machine, and through no proxy

  /// The first header of that name, whatever the case; nothing if there is none.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
  [[nodiscard]] std::optional<std::string_view> query_value(std::string_view name) const;
  [[nodiscard]] std::optional<std::string_view> cookie(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json; charset=utf-8";
  std::vector<Header> headers{};
  std::string body{};
  /// If set, sent instead of `body` without a copy.
  std::shared_ptr<const std::string> shared{};
};

/// Answers one request, once, from any thread; may be called later.
using Respond = std::function<void(Response)>;

/// Whom limits count as one: an IPv4 address without port, but of IPv6 the first 64 bits, as every
/// household has as many addresses in its network as it likes. What is no address stays as it is.
[[nodiscard]] std::string network_of(std::string_view address);

}  // namespace sj::http
