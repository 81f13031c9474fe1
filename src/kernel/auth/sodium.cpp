#include "kernel/auth/sodium.h"

#include <sodium.h>

#include "kernel/base/check.h"

namespace sj::auth {

void ready() {
  static const bool is_ready = sodium_init() >= 0;
  SJ_CHECK(is_ready);
}

}  // namespace sj::auth
