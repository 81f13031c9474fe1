#pragma once

#include <string>
#include <string_view>

namespace sj::api {

/// RFC 1952, at a middle level; the same bytes for the same text. Empty if memory lacks.
[[nodiscard]] std::string gzip(std::string_view text);

}  // namespace sj::api
