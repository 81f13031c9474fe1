#include "kernel/http/networks.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "kernel/http/syntax.h"

namespace sj::http {
namespace {

using Address = std::array<std::uint8_t, 16>;

constexpr int kV4Bits = 96;  // of ::ffff:0:0/96 before an IPv4 address

std::optional<Address> address_in(std::string_view text) {
  const std::string spelt(text.substr(0, 64));
  Address address{};
  in_addr v4{};
  if (::inet_pton(AF_INET, spelt.c_str(), &v4) == 1) {
    address[10] = address[11] = 0xff;
    std::copy_n(reinterpret_cast<const std::uint8_t*>(&v4), 4, address.begin() + 12);
    return address;
  }
  if (::inet_pton(AF_INET6, spelt.c_str(), address.data()) == 1) return address;
  return std::nullopt;
}

bool are_alike(const Address& a, const Address& b, int bits) {
  const auto whole = static_cast<std::ptrdiff_t>(bits / 8);
  if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
  const unsigned rest = static_cast<unsigned>(bits) % 8U;
  if (rest == 0) return true;
  const auto at = static_cast<std::size_t>(whole);
  return ((a[at] ^ b[at]) >> (8U - rest)) == 0;
}

// Wider than the private networks 10.0.0.0/8 and fc00::/7, or all of IPv4 in other words.
bool is_far_too_wide(const Address& address, int bits) {
  constexpr int kV4BitsMin = 8;
  constexpr int kV6BitsMin = 7;
  static const Address any_v4 = *address_in("0.0.0.0");
  const bool is_of_v4 = are_alike(address, any_v4, std::min(bits, kV4Bits));
  return bits < (is_of_v4 ? kV4Bits + kV4BitsMin : kV6BitsMin);
}

// "10.1.2.3:4711", "[2001:db8::7]:4711" and "[2001:db8::7]" without what is not the address.
std::string_view without_port(std::string_view hop) {
  if (!hop.empty() && hop.front() == '[') {
    const std::size_t end = hop.find(']');
    return end == std::string_view::npos ? std::string_view() : hop.substr(1, end - 1);
  }
  const std::size_t colon = hop.find(':');
  const bool is_v4_with_port =
      colon != std::string_view::npos && hop.find(':', colon + 1) == std::string_view::npos;
  return is_v4_with_port ? hop.substr(0, colon) : hop;
}

}  // namespace

Result<Networks> Networks::parse(const std::vector<std::string>& texts) {
  Networks all;
  for (const std::string& text : texts) {
    const Error bad{ErrorKind::invalid, "http.bad_network",
                    text + ": wants an address or a network, such as 10.0.0.7 or 10.0.0.0/8"};
    const std::size_t slash = text.find('/');
    const std::string_view front = std::string_view(text).substr(0, slash);
    const auto address = address_in(front);
    if (!address) return bad;
    Net net{*address, 128};
    if (slash != std::string::npos) {
      const bool is_v4 = front.find(':') == std::string_view::npos;
      const char* const end = text.data() + text.size();
      int bits = -1;
      const auto [stop, problem] = std::from_chars(text.data() + slash + 1, end, bits);
      const bool fits = bits >= 0 && bits <= (is_v4 ? 32 : 128);
      if (problem != std::errc() || stop != end || !fits) return bad;
      net.bits = is_v4 ? kV4Bits + bits : bits;
    }
    if (is_far_too_wide(net.address, net.bits)) {
      return Error{ErrorKind::invalid, "http.bad_network",
                   text + ": is half the world, so anybody could say who he is; name the proxies"};
    }
    all.nets_.push_back(net);
  }
  return all;
}

bool Networks::contain(std::string_view address) const {
  if (nets_.empty()) return false;
  const auto read = address_in(address);
  return read && std::any_of(nets_.begin(), nets_.end(), [&](const Net& net) {
           return are_alike(net.address, *read, net.bits);
         });
}

bool is_loopback(std::string_view address) {
  static const Networks own = Networks::parse({"127.0.0.0/8", "::1"}).value();
  return own.contain(address);
}

std::string sender_of(const Networks& proxies,
                      std::string_view peer,
                      const std::vector<Header>& headers) {
  if (!proxies.contain(peer)) return std::string(peer);
  std::vector<std::string_view> hops;
  for (const Header& one : headers) {
    if (!equal_ignoring_case(one.name, "x-forwarded-for")) continue;
    for (const std::string_view hop : list_of(one.value)) hops.push_back(without_port(hop));
  }
  std::string_view last = peer;
  for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop) {
    if (!address_in(*hop)) break;
    last = *hop;
    if (!proxies.contain(last)) break;
  }
  return std::string(last);
}

}  // namespace sj::http
