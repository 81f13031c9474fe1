#pragma once

#include <string_view>

#include "kernel/api/sentence.h"
#include "kernel/base/result.h"
#include "kernel/http/message.h"

namespace sj::api {

/// The field of an Error that says after how many seconds to try again.
inline constexpr std::string_view kRetryAfter = "retry_after_s";

/// The one place that maps refusals to HTTP: by kind, and for what HTTP itself has a status for
/// (http.*) by code.
[[nodiscard]] int status_of(const Error& error);

/// Is it the store's own (sql.*)? Its detail names hosts, files and statements.
[[nodiscard]] bool is_of_store(const Error& error);

/// An error as application/problem+json (RFC 9457): type, title (the code's sentence), status,
/// code, detail (not of faults of ours or the store), fields with a message each, rule, clause,
/// limit and value of a rule's refusal, and request. Limited and unavailable ones get Retry-After:
/// kRetryAfter of the error, else 1.
[[nodiscard]] http::Response problem(const Error& error,
                                     Language language,
                                     std::string_view request_id);

}  // namespace sj::api
