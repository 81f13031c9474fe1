#include "kernel/api/problem.h"

#include <array>
#include <utility>

#include "kernel/json/writer.h"

namespace sj::api {
namespace {

constexpr std::array<std::pair<std::string_view, int>, 9> kStatusOfCode = {{
    {"api.wrong_method", 405},
    {"http.body_too_large", 413},
    {"http.head_too_large", 431},
    {"http.slow_body", 408},
    {"http.slow_head", 408},
    {"http.too_many_headers", 431},
    {"http.unknown_expectation", 417},
    {"http.unknown_method", 501},
    {"http.unknown_version", 505},
}};

int status_of_kind(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid:
      return 400;
    case ErrorKind::unauthenticated:
      return 401;
    case ErrorKind::forbidden:
      return 403;
    case ErrorKind::not_found:
      return 404;
    case ErrorKind::conflict:
      return 409;
    case ErrorKind::rule_violated:
      return 422;
    case ErrorKind::limited:
      return 429;
    case ErrorKind::unavailable:
      return 503;
    case ErrorKind::internal:
      return 500;
  }
  return 500;
}

void write_fields(json::Writer& out, const Error& error, Language language) {
  if (error.fields.empty()) return;
  out.key("fields").begin_array();
  for (const FieldError& one : error.fields) {
    out.begin_object().key("field").value(one.field).key("code").value(one.code);
    out.key("message").value(sentence_of(one.code, language));
    if (!one.value.empty()) out.key("value").value(one.value);
    out.end_object();
  }
  out.end_array();
}

}  // namespace

int status_of(const Error& error) {
  for (const auto& [code, status] : kStatusOfCode) {
    if (error.code == code) return status;
  }
  return status_of_kind(error.kind);
}

bool is_of_store(const Error& error) {
  return std::string_view(error.code).starts_with("sql.");
}

http::Response problem(const Error& error, Language language, std::string_view request_id) {
  http::Response response;
  response.status = status_of(error);
  response.content_type = "application/problem+json; charset=utf-8";
  response.headers.push_back({"Content-Language", name_of(language)});
  json::Writer out;
  out.begin_object().key("type").value("about:blank");
  out.key("title").value(sentence_of(error.code, language));
  out.key("status").value(response.status).key("code").value(error.code);
  const bool ours = error.kind == ErrorKind::internal || is_of_store(error);
  if (!ours && !error.detail.empty()) out.key("detail").value(error.detail);
  if (!ours) write_fields(out, error, language);
  if (error.rule) {
    out.key("rule").value(error.rule->rule).key("clause").value(error.rule->clause);
    out.key("limit").value(error.rule->limit).key("value").value(error.rule->value);
  }
  if (!request_id.empty()) out.key("request").value(request_id);
  response.body = out.end_object().take();
  if (error.kind == ErrorKind::limited || error.kind == ErrorKind::unavailable) {
    std::string seconds = "1";
    for (const FieldError& one : error.fields) {
      if (one.field == kRetryAfter) seconds = one.value;
    }
    response.headers.push_back({"Retry-After", seconds});
  }
  if (response.status == 401) response.headers.push_back({"WWW-Authenticate", "Bearer"});
  return response;
}

}  // namespace sj::api
