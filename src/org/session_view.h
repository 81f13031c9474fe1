#pragma once

#include <string>

#include "kernel/auth/access.h"
#include "kernel/base/result.h"
#include "kernel/sql/sql.h"
#include "kernel/time/instant.h"

namespace sj::org {

/// What GET /api/session answers, as JSON: after a log-in and after joining, too.
[[nodiscard]] Result<std::string> session_json(sql::Reader& store,
                                               const auth::Actor& actor,
                                               const auth::Access& access,
                                               Instant now);

/// Its JSON Schema.
[[nodiscard]] std::string session_schema();

}  // namespace sj::org
