#pragma once

#include <span>
#include <string_view>

namespace sj::auth {

/// policy/tables/common_passwords.txt, sorted by bytes; made by the build.
[[nodiscard]] std::span<const std::string_view> common_passwords();

}  // namespace sj::auth
