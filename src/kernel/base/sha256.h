#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string_view>

namespace sj {

using Sha256 = std::array<std::uint8_t, 32>;

/// SHA-256 (FIPS 180-4) by OpenSSL. One hasher serves many texts and belongs to one thread.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;

  /// Hash of the parts, one after the other.
  [[nodiscard]] Sha256 hash(std::initializer_list<std::string_view> parts);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sj
