#include "kernel/api/route.h"

#include <charconv>

#include "kernel/api/replay.h"

namespace sj::api {
namespace {

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, number);
  if (problem != std::errc() || stop != end) return std::nullopt;
  return number;
}

}  // namespace

Result<std::int64_t> Call::id(std::size_t n) const {
  const std::string& text = path_values.at(n);
  const auto number = number_in(text);
  if (!number || *number < 1 || text.front() == '0') {
    return Error{ErrorKind::invalid, "api.bad_id",
                 "the address holds no id where one should stand"};
  }
  return *number;
}

Result<std::int64_t> Call::query_number(std::string_view name,
                                        std::int64_t fallback,
                                        std::int64_t min,
                                        std::int64_t max) const {
  const auto text = request.query_value(name);
  if (!text) return fallback;
  const auto number = number_in(*text);
  if (number && *number >= min && *number <= max) return *number;
  const std::string field(name);
  return Error{ErrorKind::invalid,
               "api.bad_query",
               field + ": should be a whole number from " + std::to_string(min) + " to " +
                   std::to_string(max),
               {FieldError{field, "api.bad_query", std::string(text->substr(0, 100))}}};
}

std::string Call::query_text(std::string_view name) const {
  return std::string(request.query_value(name).value_or(std::string_view()));
}

Result<http::Response> Call::store(desk::Desk& desk, const Write& work) const {
  http::Response reply;
  SJ_TRY(desk.run(unit(), [&](desk::Tx& tx) -> Result<void> {
    reply = SJ_TRY(do_once(tx, *this, work));
    return {};
  }));
  return reply;
}

http::Header Call::session_cookie(std::string_view token, std::int64_t seconds) const {
  std::string value(cookie);
  value += '=';
  value += token;
  value += "; Path=/; HttpOnly; SameSite=Lax; Max-Age=";
  value += std::to_string(token.empty() ? 0 : seconds);
  if (secure_cookie) value += "; Secure";
  return {"Set-Cookie", value};
}

}  // namespace sj::api
