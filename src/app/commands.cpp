#include "app/commands.h"

#include <cstdio>

#include "kernel/text/text.h"

namespace sj::app {

int fail(const Error& error, const std::string& file) {
  const std::string where = file.empty() ? "" : file + ": ";
  std::fprintf(stderr, "shuangjian: %s: %s\n", error.code.c_str(),
               text::one_line(where + error.detail).c_str());
  const bool is_input = error.kind == ErrorKind::invalid || error.kind == ErrorKind::not_found;
  return is_input ? 2 : 1;
}

int report(const Result<void>& outcome) {
  return outcome.ok() ? 0 : fail(outcome.error());
}

}  // namespace sj::app
