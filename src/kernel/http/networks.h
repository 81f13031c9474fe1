#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/http/message.h"

namespace sj::http {

/// Addresses and networks of them: "10.0.0.7", "10.0.0.0/8", "fd00::/8".
class Networks {
 public:
  /// Fails: http.bad_network (invalid), naming what cannot be read, or is the whole Internet.
  [[nodiscard]] static Result<Networks> parse(const std::vector<std::string>& texts);

  /// False for what is no address.
  [[nodiscard]] bool contain(std::string_view address) const;
  [[nodiscard]] bool empty() const { return nets_.empty(); }

 private:
  struct Net {
    std::array<std::uint8_t, 16> address{};  // IPv4 as ::ffff:a.b.c.d
    int bits = 128;
  };
  std::vector<Net> nets_{};
};

/// Is it this machine's own address: 127.0.0.0/8 or ::1?
[[nodiscard]] bool is_loopback(std::string_view address);

/// Who sent a request: `peer`, but behind proxies the last address of X-Forwarded-For that is none
/// of theirs. Each proxy appends whom it saw, so only what stands behind the client's own words is
/// believed; an address may have a port. Where a proxy wrote something else, the last proxy counts.
/// `Forwarded` is not read.
[[nodiscard]] std::string sender_of(const Networks& proxies,
                                    std::string_view peer,
                                    const std::vector<Header>& headers);

}  // namespace sj::http
