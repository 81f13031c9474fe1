#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "kernel/base/result.h"
#include "kernel/desk/tx.h"
#include "kernel/sql/sql.h"

namespace sj::desk {

/// What was found when the trail was recomputed.
struct ChainReport {
  std::int64_t chains = 0;
  std::int64_t entries = 0;
  std::int64_t checkpoints = 0;
  /// One sentence for each break, with area, school, number and what differs.
  std::vector<std::string> breaks{};
};

/// Recomputes every chain and checkpoint from its entries: numbers without gaps, each hash over its
/// entry and the hash before, heads and checkpoints as stored. Streams; needs no key, so it also
/// holds after erasure.
[[nodiscard]] Result<ChainReport> verify_chains(sql::Reader& store);

/// Writes the day's checkpoint of an area: one hash over the heads of all its chains, chained to
/// the day before. Idempotent for a day.
[[nodiscard]] Result<void> write_checkpoint(Tx& tx, std::int64_t area, LocalDay day);

}  // namespace sj::desk
