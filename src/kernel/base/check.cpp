#include "kernel/base/check.h"

#include <string>
#include <string_view>

namespace sj {

void throw_invariant_broken(const char* expression, const char* file, int line) {
  const std::string_view path(file);
  const auto start = path.rfind("src/");
  throw InvariantBroken(std::string(path.substr(start == std::string_view::npos ? 0 : start)) +
                        ":" + std::to_string(line) + ": broken invariant: " + expression);
}

}  // namespace sj
