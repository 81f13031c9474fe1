// Whatever bytes a stranger sends, reading them neither crashes nor contradicts itself.
#include <algorithm>
#include <cstdlib>

#include "kernel/http/parser.h"
#include "kernel/http/syntax.h"
#include "kernel/text/text.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void read_target(std::string_view bytes) {
  const auto target = sj::http::parse_target(bytes);
  if (!target.ok()) return;
  const std::string& path = target.value().path;
  require(!path.empty() && path.front() == '/');
  require(!sj::text::first_bad_utf8(path));
  require((path + "/").find("/../") == std::string::npos);
  require((path + "/").find("/./") == std::string::npos);
  require(path.find_first_of(std::string("\0\\\r\n", 4)) == std::string::npos);
  for (const auto& [name, value] : target.value().query) {
    require(!sj::text::first_bad_utf8(name + value));
  }
}

// Whole, and cut where the first byte says: the same request, or the same refusal.
std::string read_request(std::string_view bytes, std::size_t step) {
  const auto end = sj::http::end_of_head(bytes);
  if (!end) return "incomplete";
  sj::http::Parser parser;
  const auto head = parser.read_head(bytes.substr(0, *end), 100);
  if (!head.ok()) return head.error().code;
  std::string body;
  std::string_view rest = bytes.substr(*end);
  std::size_t shown = 0;  // bytes of `rest` that have arrived
  while (head.value().has_body && !parser.done()) {
    const auto taken = parser.read_body(rest.substr(0, shown), 4096, body);
    if (!taken.ok()) return taken.error().code;
    require(taken.value() <= shown);
    rest.remove_prefix(taken.value());
    shown -= taken.value();
    if (parser.done()) break;
    if (shown == rest.size()) return "incomplete";
    shown = std::min(rest.size(), shown + step);
  }
  std::string all = head.value().request.path + "\n";
  for (const auto& one : head.value().request.headers) all += one.name + ":" + one.value + "\n";
  return all + body + "\n" + std::string(rest);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  read_target(bytes);
  static_cast<void>(sj::http::cookie_in(bytes, "sj"));
  static_cast<void>(sj::http::accepts_coding(bytes, "br"));
  static_cast<void>(sj::http::matches_tag(bytes, "\"a\""));
  for (const std::string_view element : sj::http::list_of(bytes)) {
    const int weight = sj::http::weighted(element).second;
    require(weight >= 0 && weight <= 1000);
  }
  if (size == 0) return 0;
  const std::string_view request = bytes.substr(1);
  const std::string whole = read_request(request, request.size());
  const std::string cut = read_request(request, 1U + data[0] % 16U);
  // A body over the limit may be refused before or after a later fault is seen.
  const bool refused = whole.rfind("http.", 0) == 0 && cut.rfind("http.", 0) == 0;
  require(refused || whole == cut);
  return 0;
}
