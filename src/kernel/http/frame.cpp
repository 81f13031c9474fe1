#include "kernel/http/frame.h"

#include <array>
#include <charconv>

#include "kernel/http/syntax.h"
#include "kernel/time/local_day.h"

namespace sj::http {
namespace {

constexpr std::string_view kPolicy =
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'none'";

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Other";
  }
}

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  const auto append_clean = [&](std::string_view text) {
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      out += byte < 0x20U || byte == 0x7FU ? ' ' : c;
    }
  };
  append_clean(name);
  out += ": ";
  append_clean(value);
  out += "\r\n";
}

bool has_header(const Response& response, std::string_view name) {
  for (const Header& one : response.headers) {
    if (equal_ignoring_case(one.name, name)) return true;
  }
  return false;
}

}  // namespace

bool has_content(int status) {
  return status >= 200 && status != 204 && status != 304;
}

void append_head(std::string& out,
                 const Response& response,
                 std::size_t content_length,
                 const Frame& frame) {
  out += frame.is_http_1_0 ? "HTTP/1.0 " : "HTTP/1.1 ";
  append_number(out, static_cast<std::uint64_t>(response.status));
  out += ' ';
  out += reason_of(response.status);
  out += "\r\n";
  append_header(out, "Date", frame.date);
  if (has_content(response.status)) {
    if (!response.content_type.empty()) append_header(out, "Content-Type", response.content_type);
    out += "Content-Length: ";
    append_number(out, content_length);
    out += "\r\n";
  }
  if (!frame.id.empty()) append_header(out, "X-Request-Id", frame.id);
  out += "X-Content-Type-Options: nosniff\r\nReferrer-Policy: strict-origin-when-cross-origin\r\n";
  if (frame.by_tls_only) out += "Strict-Transport-Security: max-age=31536000\r\n";
  if (std::string_view(response.content_type).substr(0, 9) == "text/html" &&
      !has_header(response, "Content-Security-Policy")) {
    append_header(out, "Content-Security-Policy", kPolicy);
  }
  for (const Header& one : response.headers) append_header(out, one.name, one.value);
  if (!frame.keep_alive) {
    out += "Connection: close\r\n";
  } else if (frame.is_http_1_0) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
}

std::string date_text(std::int64_t seconds) {
  constexpr std::array<const char*, 7> kDays = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr std::int64_t kDay = 86'400;
  const LocalDay day = LocalDay::from_epoch_days(seconds / kDay);
  const std::string iso = day.to_iso();
  const auto of_day = static_cast<int>(seconds % kDay);
  std::string text = kDays.at(static_cast<std::size_t>(day.weekday()) - 1);
  text += ", " + iso.substr(8, 2) + ' ';
  text += kMonths.at(static_cast<std::size_t>((iso[5] - '0') * 10 + (iso[6] - '0') - 1));
  text += ' ' + iso.substr(0, 4);
  for (const auto& [separator, number] :
       {std::pair{' ', of_day / 3600}, std::pair{':', of_day / 60 % 60},
        std::pair{':', of_day % 60}}) {
    text += separator;
    text += static_cast<char>('0' + number / 10);
    text += static_cast<char>('0' + number % 10);
  }
  return text + " GMT";
}

}  // namespace sj::http
