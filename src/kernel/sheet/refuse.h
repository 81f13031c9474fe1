#pragma once

#include <string>
#include <utility>

#include "kernel/base/result.h"

namespace sj::sheet {

/// Everything that is wrong with a foreign file is the input's fault.
[[nodiscard]] inline Error refuse(std::string code, std::string detail) {
  return Error{ErrorKind::invalid, std::move(code), std::move(detail)};
}

}  // namespace sj::sheet
