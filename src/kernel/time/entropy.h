#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "kernel/base/sha256.h"

namespace sj {

/// Where bytes come from that nobody may guess: tokens, salts, keys, shares of a seed. Passed in,
/// so that a test or the demo can say what they are.
class Entropy {
 public:
  Entropy() = default;
  Entropy(const Entropy&) = delete;
  Entropy& operator=(const Entropy&) = delete;
  virtual ~Entropy() = default;

  /// Overwrites all of `bytes`. May be called from several threads.
  virtual void fill(std::span<std::uint8_t> bytes) = 0;

  /// `bytes` fresh bytes in lower-case hex: twice as many digits.
  [[nodiscard]] std::string hex(std::size_t bytes);
};

/// The operating system's generator; the only one fit for secrets.
class SystemEntropy final : public Entropy {
 public:
  void fill(std::span<std::uint8_t> bytes) override;
};

/// The same bytes for the same seed on every machine: for tests and the demo, never for secrets.
///
/// Byte n of the stream is byte n mod 32 of SHA-256("entropy" NUL seed NUL k), where k is n / 32
/// as eight bytes, highest first. How callers cut the stream into pieces does not change it.
class SeededEntropy final : public Entropy {
 public:
  explicit SeededEntropy(std::string_view seed) : seed_(seed) {}

  void fill(std::span<std::uint8_t> bytes) override;

 private:
  std::mutex mutex_;
  Hasher hasher_;
  std::string seed_;
  Sha256 block_{};
  std::uint64_t used_ = 0;  // bytes of the stream
};

}  // namespace sj
