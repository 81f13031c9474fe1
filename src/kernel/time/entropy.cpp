#include "kernel/time/entropy.h"

#include <algorithm>
#include <array>
#include <vector>

#include <sys/random.h>

#include "kernel/base/check.h"
#include "kernel/text/text.h"

namespace sj {
namespace {

constexpr std::size_t kSystemBytesMax = 256;  // what getentropy takes at a time

std::array<char, 8> big_endian(std::uint64_t number) {
  std::array<char, 8> bytes{};
  for (std::size_t i = bytes.size(); i-- > 0; number >>= 8) bytes[i] = static_cast<char>(number);
  return bytes;
}

}  // namespace

std::string Entropy::hex(std::size_t bytes) {
  std::vector<std::uint8_t> fresh(bytes);
  fill(fresh);
  return text::to_hex(fresh);
}

void SystemEntropy::fill(std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const auto piece = bytes.first(std::min(bytes.size(), kSystemBytesMax));
    SJ_CHECK(getentropy(piece.data(), piece.size()) == 0);
    bytes = bytes.subspan(piece.size());
  }
}

void SeededEntropy::fill(std::span<std::uint8_t> bytes) {
  using namespace std::string_view_literals;
  const std::scoped_lock lock(mutex_);
  for (std::uint8_t& byte : bytes) {
    const std::uint64_t at = used_ % block_.size();
    if (at == 0) {
      // The leading word keeps this stream apart from other uses of the same seed.
      const auto block = big_endian(used_ / block_.size());
      block_ = hasher_.hash({"entropy\0"sv, seed_, "\0"sv, {block.data(), block.size()}});
    }
    byte = block_[at];
    ++used_;
  }
}

}  // namespace sj
