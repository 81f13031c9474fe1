#include "kernel/api/reply.h"

#include <utility>

#include "kernel/text/free_text.h"

namespace sj::api {

http::Response reply(std::string json, int status) {
  http::Response response;
  response.status = status;
  response.body = std::move(json);
  return response;
}

http::Response nothing() {
  http::Response response;
  response.status = 204;
  return response;
}

http::Response download(std::string bytes, std::string_view content_type, std::string_view name) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  http::Response response;
  response.content_type = std::string(content_type);
  response.body = std::move(bytes);
  // RFC 6266: every byte of the name that is not a letter or a digit is encoded.
  std::string encoded;
  for (const char c : text::file_name(name)) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
        c == '-' || c == '_') {
      encoded += c;
    } else {
      encoded += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  response.headers.push_back({"Content-Disposition", "attachment; filename*=UTF-8''" + encoded});
  return response;
}

}  // namespace sj::api
