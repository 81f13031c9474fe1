#include "kernel/api/openapi.h"

#include <algorithm>
#include <map>

#include "kernel/api/table.h"
#include "kernel/json/schema.h"
#include "kernel/json/writer.h"

namespace sj::api {
namespace {

constexpr std::string_view kProblem =
    R"({"type":"object","properties":{"type":{"type":"string"},"title":{"type":"string"},)"
    R"("status":{"type":"integer"},"code":{"type":"string"},"detail":{"type":"string"},)"
    R"("fields":{"type":"array","items":{"type":"object","properties":{"field":{"type":"string"},)"
    R"("code":{"type":"string"},"message":{"type":"string"},"value":{"type":"string"}},)"
    R"("required":["field","code","message"],"additionalProperties":false}},)"
    R"("rule":{"type":"string"},"clause":{"type":"string"},"limit":{"type":"string"},)"
    R"("value":{"type":"string"},"request":{"type":"string"}},)"
    R"("required":["type","title","status","code"],"additionalProperties":false})";
constexpr std::string_view kProblemReply =
    R"({"description":"Refused; code says why.","content":{"application/problem+json":)"
    R"({"schema":{"$ref":"#/components/schemas/Problem"}}}})";
constexpr std::string_view kProblemRef = R"({"$ref":"#/components/responses/Problem"})";
constexpr std::string_view kReplayRef = R"({"$ref":"#/components/parameters/IdempotencyKey"})";
constexpr std::string_view kCsrfRef = R"({"$ref":"#/components/parameters/Csrf"})";
constexpr std::string_view kParameters =
    R"({"IdempotencyKey":{"name":"Idempotency-Key","in":"header","required":false,"description":)"
    R"("The same key and body get the reply of the first time.","schema":{"type":"string",)"
    R"("pattern":"^[-0-9A-Za-z_.:]{8,128}$"}},"Csrf":{"name":"X-CSRF-Token","in":"header",)"
    R"("required":false,"description":"Of the session, when a cookie signs in.",)"
    R"("schema":{"type":"string"}}})";

struct Endpoint {
  const Room* room = nullptr;
  const Route* route = nullptr;
};

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

void write_content(json::Writer& out, std::string_view type, SchemaOf schema) {
  out.key("content").begin_object().key(type).begin_object().key("schema");
  if (schema != nullptr) {
    out.raw(schema());
  } else {
    out.raw("{}");
  }
  out.end_object().end_object();
}

void write_query_schema(json::Writer& out, const QueryParameter& one) {
  out.key("schema");
  if (one.one_of.empty()) {
    switch (one.takes) {
      case Takes::text:
        return static_cast<void>(out.raw(json::schema_of<std::string>()));
      case Takes::number:
        return static_cast<void>(out.raw(json::schema_of<std::int64_t>()));
      case Takes::id:
        return static_cast<void>(out.raw(json::schema_of<json::Id>()));
      case Takes::day:
        return static_cast<void>(out.raw(json::schema_of<json::Day>()));
    }
  }
  out.begin_object().key("type").value("string").key("enum").begin_array();
  for (const std::string_view word : one.one_of) out.value(word);
  out.end_array().end_object();
}

void write_parameters(json::Writer& out, const Route& route) {
  out.key("parameters").begin_array();
  for (const std::string& name : parameters_of(route.path())) {
    out.begin_object().key("name").value(name).key("in").value("path").key("required").value(true);
    out.key("schema").raw(json::schema_of<json::Id>()).end_object();
  }
  for (const QueryParameter& one : route.doc().query) {
    out.begin_object().key("name").value(one.name).key("in").value("query");
    out.key("required").value(false).key("description").value(one.about);
    write_query_schema(out, one);
    out.end_object();
  }
  const bool changes = route.method() != http::Method::get;
  if (route.method() == http::Method::post) out.raw(kReplayRef);
  if (changes && route.permission().bit != auth::kPublic.bit) out.raw(kCsrfRef);
  out.end_array();
}

void write_operation(json::Writer& out, const Endpoint& endpoint) {
  const Route& route = *endpoint.route;
  const Doc& doc = route.doc();
  out.key(lower_case(http::name_of(route.method()))).begin_object();
  out.key("operationId").value(doc.id).key("summary").value(doc.summary);
  out.key("tags").begin_array().value(endpoint.room->name).end_array();
  write_parameters(out, route);
  if (doc.body != nullptr || doc.body_type != "application/json") {
    out.key("requestBody").begin_object().key("required").value(true);
    write_content(out, doc.body_type, doc.body);
    out.end_object();
  }
  out.key("responses").begin_object().key(std::to_string(doc.status)).begin_object();
  out.key("description").value("Done.");
  if (doc.reply != nullptr || doc.reply_type != "application/json") {
    write_content(out, doc.reply_type, doc.reply);
  }
  out.end_object().key("4XX").raw(kProblemRef).key("default").raw(kProblemRef).end_object();
  out.key("security").begin_array();
  if (route.permission().bit != auth::kPublic.bit) {
    out.raw(R"({"cookie":[]})").raw(R"({"bearer":[]})");
  }
  out.end_array();
  if (doc.shown_once) out.key("x-shown-once").value(true);
  out.key("x-permission").value(route.permission().name).end_object();
}

}  // namespace

std::string openapi_of(const std::vector<Room>& rooms, const std::string& cookie) {
  std::map<std::string, std::map<http::Method, Endpoint>> paths;
  for (const Room& room : rooms) {
    for (const Route& route : room.routes) {
      if (route.path().substr(0, 5) != "/api/") continue;
      paths[std::string(route.path())][route.method()] = {&room, &route};
    }
  }
  json::Writer out;
  out.begin_object().key("openapi").value("3.1.0").key("info").begin_object();
  out.key("title").value("shuangjian").key("version").value("1");
  out.key("description").value("Every endpoint of the server. Ids are strings, money is in fen.");
  out.key("license").raw(R"({"name":"Apache-2.0","identifier":"Apache-2.0"})").end_object();
  out.key("servers").begin_array().begin_object().key("url").value("/").end_object().end_array();
  out.key("tags").begin_array();
  for (const Room& room : rooms) {
    const bool has_any = std::any_of(room.routes.begin(), room.routes.end(), [](const Route& one) {
      return one.path().substr(0, 5) == "/api/";
    });
    if (!has_any) continue;
    out.begin_object().key("name").value(room.name);
    out.key("description").value("Endpoints of " + room.name + ".").end_object();
  }
  out.end_array().key("paths").begin_object();
  for (const auto& [path, operations] : paths) {
    out.key(path).begin_object();
    for (const auto& [method, endpoint] : operations) write_operation(out, endpoint);
    out.end_object();
  }
  out.end_object().key("components").begin_object();
  out.key("securitySchemes").begin_object().key("cookie").begin_object();
  out.key("type").value("apiKey").key("in").value("cookie").key("name").value(cookie).end_object();
  out.key("bearer").raw(R"({"type":"http","scheme":"bearer"})").end_object();
  out.key("parameters").raw(kParameters);
  out.key("responses").begin_object().key("Problem").raw(kProblemReply).end_object();
  out.key("schemas").begin_object().key("Problem").raw(kProblem).end_object();
  return out.end_object().end_object().take();
}

}  // namespace sj::api
