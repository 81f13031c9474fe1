#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/desk/jobs.h"
#include "kernel/desk/tx.h"
#include "kernel/sql/sql.h"
#include "kernel/time/local_day.h"

namespace sj::desk {

/// The audit trail (审计留痕): entries numbered from 1 in chains, one for each school and one (0)
/// for the district's own, written by Tx::audit in the same unit as what they tell of.
///
/// The hash of an entry, algorithm "sha256", is SHA-256 over the hash before it (32 bytes; zeros
/// before the first) and every other column in the order of the table, integers as decimal text,
/// each written as its length in bytes, ':', the bytes, ','; no personal data is `-,`. Personal
/// data is hashed as it is sealed, so that destroying a person's key leaves the chain whole.
///
/// A checkpoint holds the heads of all chains of an area as lines `school:number:hash in hex`, by
/// school; its hash is over the hash of the checkpoint before and area, day, chains, heads
/// likewise.

/// What was found when the trail was recomputed.
struct ChainReport {
  std::int64_t chains = 0;
  std::int64_t entries = 0;
  std::int64_t checkpoints = 0;
  /// One sentence for each break, with area, school, number and what differs.
  std::vector<std::string> breaks{};
};

/// Recomputes every chain and checkpoint from its entries: numbers without gaps, each hash over its
/// entry and the hash before, heads and checkpoints as stored, and every head of a checkpoint still
/// on its chain. Streams; needs no key, so it also holds after erasure. Ask it inside begin_read(),
/// or what is written meanwhile looks like a break.
[[nodiscard]] Result<ChainReport> verify_chains(sql::Reader& store);

/// Writes the day's checkpoint of an area: one hash over the heads of all its chains, chained to
/// the day before. Idempotent for a day. After a clock that was ahead has been put back, the next
/// is named by the day after the last one.
[[nodiscard]] Result<void> write_checkpoint(Tx& tx, std::int64_t area, LocalDay day);

/// Does so for the day before, in every area with a trail, every night.
[[nodiscard]] Job checkpoint_job();

}  // namespace sj::desk
