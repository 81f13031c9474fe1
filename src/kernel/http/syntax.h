#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/base/result.h"

/// What HTTP says in text, as pure functions: whatever the bytes, a value or a refusal.
namespace sj::http {

/// A request target, decoded.
struct Target {
  std::string path{};
  std::vector<std::pair<std::string, std::string>> query{};
};

/// Reads `/path?query` or `http://host/path?query`.
///
/// Gives:   percent-decoded UTF-8. A path keeps its empty segments; `+` is a blank in queries only.
/// Fails:   http.bad_target (invalid): neither form, a wrong `%`, not UTF-8, a control character, a
///          `.` or `..` segment or an encoded `/` or `\` in the path, or more than 100 parameters.
[[nodiscard]] Result<Target> parse_target(std::string_view target);

/// Undoes `%41`. Nothing if a `%` is not followed by two hexadecimal digits.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

/// The value of a cookie in the value of one Cookie header; nothing if it is not there.
[[nodiscard]] std::optional<std::string_view> cookie_in(std::string_view header,
                                                        std::string_view name);

/// Equal but for the case of ASCII letters.
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);

/// Without blanks and tabs around it.
[[nodiscard]] std::string_view trim_blanks(std::string_view text);

/// The elements of a comma-separated list, trimmed, without empty ones.
[[nodiscard]] std::vector<std::string_view> list_of(std::string_view header);

/// Splits `br;q=0.5` into what it names and its weight in thousandths; a weight that cannot be read
/// is 0, none is 1000.
[[nodiscard]] std::pair<std::string_view, int> weighted(std::string_view element);

/// Does an Accept-Encoding header take this coding? Without a header nothing but identity.
[[nodiscard]] bool accepts_coding(std::optional<std::string_view> header, std::string_view coding);

/// Does an If-None-Match header hold this tag (weakly compared), or `*`?
[[nodiscard]] bool matches_tag(std::string_view header, std::string_view etag);

/// Why the bytes of a head, from the request line to the empty line, must not be parsed: a NUL,
/// a CR or LF alone, a folded line. Nothing if they may be.
[[nodiscard]] std::optional<std::string> fault_of_head(std::string_view head);

}  // namespace sj::http
