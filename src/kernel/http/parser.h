#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/base/result.h"
#include "kernel/http/message.h"

namespace sj::http {

/// What a head says besides the request itself.
struct Head {
  Request request{};  // without id, peer and body
  bool keep_alive = false;
  bool expects_continue = false;
  bool has_body = false;
  std::optional<std::uint64_t> content_length{};  // nothing if the body comes in chunks
  bool is_http_1_0 = false;
};

/// Where the head in `bytes` ends, behind its empty line; nothing if it is not all there.
[[nodiscard]] std::optional<std::size_t> end_of_head(std::string_view bytes);

/// Reads one request from the bytes of a connection. Strict where a proxy before us might read
/// otherwise, so that a request cannot be smuggled inside another.
class Parser {
 public:
  Parser();
  ~Parser();
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  /// `head` is exactly up to end_of_head().
  ///
  /// Fails, all (invalid): http.bad_request · http.bad_target · http.bad_host: none, several or an
  /// odd one · http.ambiguous_length: both Content-Length and Transfer-Encoding, either twice, or
  /// an odd number · http.too_many_headers · http.unknown_method · http.unknown_version ·
  /// http.unknown_coding · http.unknown_expectation
  [[nodiscard]] Result<Head> read_head(std::string_view head, std::size_t headers_max);

  /// Takes what it can of the bytes that follow and appends the body to `body`; gives how many it
  /// took. Call it again with what is left and more.
  ///
  /// Fails (invalid): http.bad_chunk · http.body_too_large
  [[nodiscard]] Result<std::size_t> read_body(std::string_view bytes,
                                              std::size_t body_max,
                                              std::string& body);
  [[nodiscard]] bool done() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sj::http
