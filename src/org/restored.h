#pragma once

#include "kernel/base/result.h"
#include "kernel/desk/tx.h"

namespace sj::org {

/// What must not live again when a store comes back from a backup: every session ends, and every
/// invitation that was not redeemed, because those that were withdrawn since the backup was made
/// would open again. Passwords and roles stay as they were on that day; the audit entry of each
/// district tells how much ended.
[[nodiscard]] Result<void> end_what_was_open(desk::Tx& tx);

}  // namespace sj::org
