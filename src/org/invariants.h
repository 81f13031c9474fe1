#pragma once

#include "kernel/api/route.h"

namespace sj::org {

/// What always holds between the rows of this room, for `audit verify`.
void add_invariants(api::Room& room);

}  // namespace sj::org
