#pragma once

#include <string>
#include <vector>

#include "kernel/api/route.h"

namespace sj::api {

/// OpenAPI 3.1 of every route under /api: id, summary, parameters, bodies, replies with the problem
/// they all share, security, and the permission as `x-permission`. Rooms are its tags. The same
/// routes give the same bytes.
[[nodiscard]] std::string openapi_of(const std::vector<Room>& rooms, const std::string& cookie);

}  // namespace sj::api
