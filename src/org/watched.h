#pragma once

#include "kernel/api/route.h"

namespace sj::org {

/// What is sealed in this room, for `audit verify`; the tables of it that are watched, and those
/// that are not (kernel/sql/watched.h), stand beside it.
void add_sealed(api::Room& room);

}  // namespace sj::org
