#pragma once

#include <string>
#include <string_view>

#include "kernel/api/route.h"
#include "kernel/http/message.h"

namespace sj::org {

/// The secret by which a browser is known again (设备标识), whoever uses it: made by us, kept by
/// the browser for a year. What is stored is its hash only. Whoever clears what the browser keeps
/// has a new one.

/// Empty if the request brings none, or none of ours.
[[nodiscard]] std::string device_secret(const http::Request& request);

[[nodiscard]] http::Header device_cookie(const api::Call& call, std::string_view secret);

}  // namespace sj::org
