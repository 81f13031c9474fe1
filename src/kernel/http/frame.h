#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "kernel/http/message.h"

namespace sj::http {

/// What the head of a reply says besides the reply itself.
struct Frame {
  std::string_view date{};
  std::string_view id{};
  bool keep_alive = true;
  bool is_http_1_0 = false;
  bool by_tls_only = false;  // so browsers are told
};

/// May a reply of this status have a body, and a Content-Length?
[[nodiscard]] bool has_content(int status);

/// Appends status line and headers with the empty line behind them. A control character in a header
/// of the reply becomes a blank, so that no value can end its line.
void append_head(std::string& out,
                 const Response& response,
                 std::size_t content_length,
                 const Frame& frame);

/// `Mon, 12 Oct 2026 00:00:00 GMT`, of seconds since 1970.
[[nodiscard]] std::string date_text(std::int64_t seconds);

}  // namespace sj::http
