#include "kernel/http/syntax.h"

#include <algorithm>

#include "kernel/text/text.h"

namespace sj::http {
namespace {

constexpr std::size_t kParametersMax = 100;

Error bad_target(const char* what) {
  return {ErrorKind::invalid, "http.bad_target", what};
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20U || byte == 0x7FU;
}

bool starts_ignoring_case(std::string_view text, std::string_view start) {
  return text.size() >= start.size() && equal_ignoring_case(text.substr(0, start.size()), start);
}

// Takes the element before `separator` off the front of `rest`.
std::string_view take(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view first = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return first;
}

// A path is decoded segment by segment: a server behind or before us that decodes another way must
// not see other segments than we do.
Result<std::string> decode_path(std::string_view raw) {
  std::string path;
  std::string_view rest = raw.substr(1);
  while (true) {
    const bool last = rest.find('/') == std::string_view::npos;
    const auto segment = percent_decode(take(rest, '/'));
    if (!segment) return bad_target("a % in the path is not followed by two hexadecimal digits");
    if (*segment == "." || *segment == "..") return bad_target("the path has a dot segment");
    if (std::any_of(segment->begin(), segment->end(),
                    [](char c) { return c == '/' || c == '\\' || is_control(c); })) {
      return bad_target("a segment of the path holds a character it must not");
    }
    path += '/';
    path += *segment;
    if (last) break;
  }
  if (text::first_bad_utf8(path)) return bad_target("the path is not UTF-8");
  return path;
}

std::optional<std::string> decode_value(std::string_view raw) {
  std::string blanks(raw);
  std::replace(blanks.begin(), blanks.end(), '+', ' ');
  auto value = percent_decode(blanks);
  if (!value || text::first_bad_utf8(*value) || value->find('\0') != std::string::npos) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

Result<Target> parse_target(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!starts_ignoring_case(target, scheme)) continue;
    target.remove_prefix(scheme.size());
    const std::size_t end = target.find_first_of("/?");
    const std::string_view authority = target.substr(0, end);
    if (authority.empty() || authority.find('@') != std::string_view::npos) {
      return bad_target("the address names no host, or a user");
    }
    target = end == std::string_view::npos ? std::string_view("/") : target.substr(end);
    break;
  }
  if (target.find('#') != std::string_view::npos) return bad_target("a fragment is not sent");
  const std::size_t question = target.find('?');
  std::string_view raw_path = target.substr(0, question);
  if (raw_path.empty() && question != std::string_view::npos) raw_path = "/";
  if (raw_path.empty() || raw_path.front() != '/') {
    return bad_target("neither a path nor an address");
  }
  Target decoded;
  decoded.path = SJ_TRY(decode_path(raw_path));
  if (question == std::string_view::npos) return decoded;
  std::string_view rest = target.substr(question + 1);
  while (!rest.empty()) {
    std::string_view pair = take(rest, '&');
    if (pair.empty()) continue;
    if (decoded.query.size() == kParametersMax) return bad_target("too many parameters");
    auto name = decode_value(take(pair, '='));
    auto value = decode_value(pair);
    if (!name || !value) return bad_target("the query is not percent-encoded UTF-8");
    decoded.query.emplace_back(*std::move(name), *std::move(value));
  }
  return decoded;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

std::optional<std::string_view> cookie_in(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    std::string_view pair = trim_blanks(take(header, ';'));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
    std::string_view value = pair.substr(equals + 1);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    return value;
  }
  return std::nullopt;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim_blanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string_view> list_of(std::string_view header) {
  std::vector<std::string_view> elements;
  while (!header.empty()) {
    const std::string_view element = trim_blanks(take(header, ','));
    if (!element.empty()) elements.push_back(element);
  }
  return elements;
}

std::pair<std::string_view, int> weighted(std::string_view element) {
  const std::string_view name = trim_blanks(take(element, ';'));
  while (!element.empty()) {
    std::string_view parameter = trim_blanks(take(element, ';'));
    if (!starts_ignoring_case(parameter, "q=")) continue;
    parameter.remove_prefix(2);
    // qvalue: 0, 1, and up to three decimals.
    if (parameter.empty() || parameter.size() > 5 || (parameter[0] != '0' && parameter[0] != '1') ||
        (parameter.size() > 1 && parameter[1] != '.')) {
      return {name, 0};
    }
    int weight = (parameter[0] - '0') * 1000;
    int place = 100;
    for (const char c : parameter.substr(std::min<std::size_t>(2, parameter.size()))) {
      if (c < '0' || c > '9') return {name, 0};
      weight += (c - '0') * place;
      place /= 10;
    }
    return {name, std::min(weight, 1000)};
  }
  return {name, 1000};
}

bool accepts_coding(std::optional<std::string_view> header, std::string_view coding) {
  if (!header) return false;
  std::optional<int> any;
  for (const std::string_view element : list_of(*header)) {
    const auto [name, weight] = weighted(element);
    if (equal_ignoring_case(name, coding)) return weight > 0;
    if (name == "*") any = weight;
  }
  return any.value_or(0) > 0;
}

bool matches_tag(std::string_view header, std::string_view etag) {
  const auto opaque = [](std::string_view tag) {
    return tag.substr(0, 2) == "W/" ? tag.substr(2) : tag;
  };
  for (const std::string_view element : list_of(header)) {
    if (element == "*" || opaque(element) == opaque(etag)) return true;
  }
  return false;
}

std::optional<std::string> fault_of_head(std::string_view head) {
  for (std::size_t i = 0; i < head.size(); ++i) {
    const char c = head[i];
    if (c == '\0') return "the head holds a NUL";
    if (c == '\n' && (i == 0 || head[i - 1] != '\r')) return "a line ends without CR";
    if (c != '\r') continue;
    if (i + 1 == head.size() || head[i + 1] != '\n') return "a CR stands alone";
    if (i + 2 < head.size() && (head[i + 2] == ' ' || head[i + 2] == '\t')) {
      return "a header is folded";
    }
  }
  return std::nullopt;
}

}  // namespace sj::http
