#pragma once

#include <string>
#include <string_view>

#include "kernel/http/message.h"

namespace sj::api {

/// `return api::reply(json::encode(dto));`
[[nodiscard]] http::Response reply(std::string json, int status = 200);
/// 204.
[[nodiscard]] http::Response nothing();
/// A file that the browser saves under `name`, which may be Chinese; of
/// what somebody called it text::file_name() is left.
[[nodiscard]] http::Response download(std::string bytes,
                                      std::string_view content_type,
                                      std::string_view name);

}  // namespace sj::api
