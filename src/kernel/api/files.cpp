#include "kernel/api/files.h"

#include <array>
#include <utility>

#include "kernel/http/syntax.h"

namespace sj::api {
namespace {

// Each encoding of a file is a thing of its own, with a tag of its own.
std::string tag_of(const StaticFile& file, std::string_view coding) {
  std::string_view tag = file.etag;
  if (tag.size() >= 2 && tag.front() == '"' && tag.back() == '"') {
    tag = tag.substr(1, tag.size() - 2);
  }
  std::string quoted = "\"";
  quoted += tag;
  if (!coding.empty()) quoted.append("-").append(coding);
  return quoted + "\"";
}

bool names_a_page(std::string_view path) {
  return path.substr(path.rfind('/')).find('.') == std::string_view::npos;
}

}  // namespace

Files::Files(std::vector<StaticFile> files) {
  for (StaticFile& file : files) {
    std::string path = file.path;
    by_path_.emplace(std::move(path), std::move(file));
  }
}

std::optional<http::Response> Files::serve(const http::Request& request) const {
  auto found = by_path_.find(request.path);
  if (found == by_path_.end() && names_a_page(request.path)) found = by_path_.find("/index.html");
  if (found == by_path_.end()) return std::nullopt;
  const StaticFile& file = found->second;
  http::Response response;
  response.content_type = file.content_type;
  response.shared = file.plain;
  std::string_view coding;
  const auto accepted = request.header("accept-encoding");
  const std::array<std::pair<std::string_view, const std::shared_ptr<const std::string>*>, 2>
      codings = {{{"br", &file.brotli}, {"gzip", &file.gzip}}};
  for (const auto& [name, bytes] : codings) {
    if (!*bytes || !coding.empty() || !http::accepts_coding(accepted, name)) continue;
    coding = name;
    response.shared = *bytes;
  }
  const std::string tag = tag_of(file, coding);
  response.headers.push_back({"ETag", tag});
  response.headers.push_back(
      {"Cache-Control", file.immutable ? "public, max-age=31536000, immutable" : "no-cache"});
  if (file.gzip || file.brotli) response.headers.push_back({"Vary", "Accept-Encoding"});
  const auto known = request.header("if-none-match");
  if (known && http::matches_tag(*known, tag)) {
    response.status = 304;
    response.shared = nullptr;
    return response;
  }
  if (!coding.empty()) response.headers.push_back({"Content-Encoding", std::string(coding)});
  return response;
}

}  // namespace sj::api
