#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sj::auth {

/// libsodium must be told once before it is used; cheap and safe from any thread.
void ready();

/// libsodium speaks of unsigned bytes.
[[nodiscard]] inline const std::uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}
[[nodiscard]] inline std::uint8_t* bytes_of(std::string& text) {
  return reinterpret_cast<std::uint8_t*>(text.data());
}

}  // namespace sj::auth
