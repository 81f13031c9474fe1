#include "kernel/base/check.h"

#include <string>

namespace sj {

void throw_invariant_broken(const char* expression, const char* file, int line) {
  throw InvariantBroken(std::string(file) + ":" + std::to_string(line) +
                        ": broken invariant: " + expression);
}

}  // namespace sj
