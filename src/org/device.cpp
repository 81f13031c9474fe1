#include "org/device.h"

namespace sj::org {
namespace {

// Not named after the session's cookie: a browser takes "__Host-…" for the path / only.
constexpr std::string_view kCookie = "sj-known";
constexpr std::size_t kSecretLength = 43;  // auth::make_token
constexpr std::string_view kSecretLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

std::string device_secret(const http::Request& request) {
  const std::string_view secret = request.cookie(kCookie).value_or(std::string_view());
  const bool is_ours = secret.size() == kSecretLength &&
                       secret.find_first_not_of(kSecretLetters) == std::string_view::npos;
  return is_ours ? std::string(secret) : std::string();
}

http::Header device_cookie(const api::Call& call, std::string_view secret) {
  std::string value = std::string(kCookie) + "=" + std::string(secret);
  value += "; Path=/api; HttpOnly; SameSite=Strict; Max-Age=31536000";
  if (call.secure_cookie) value += "; Secure";
  return {"Set-Cookie", value};
}

}  // namespace sj::org
