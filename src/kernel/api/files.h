#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernel/api/application.h"

namespace sj::api {

/// The pages and what they load, from memory.
class Files {
 public:
  explicit Files(std::vector<StaticFile> files);

  /// Answers GET and HEAD: the file, or "/index.html" for the address of a page (a path without an
  /// extension that names no file), in the best encoding the browser takes, or 304. Nothing if
  /// there is none.
  [[nodiscard]] std::optional<http::Response> serve(const http::Request& request) const;

 private:
  std::unordered_map<std::string, StaticFile> by_path_{};
};

}  // namespace sj::api
