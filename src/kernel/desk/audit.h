#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/auth/vault.h"
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
/// data is hashed as it is sealed, so that destroying a person's key leaves the chain whole. The
/// number of a unit and the hash over its rows (rows.h) follow where there are any.
///
/// Where a chain ends is sealed under a key that does not lie in the store, so that a chain cannot
/// be shortened or written anew with the database alone. A unit that finds a head it has not sealed
/// says so in an entry of its own (desk.trail.broken), and that stays.
///
/// A checkpoint holds the heads of all chains of an area as lines `school:number:hash in hex`, by
/// school; its hash is over the hash of the checkpoint before and area, day, chains, heads
/// likewise. It is an event (kCheckpointTopic): whoever keeps the hash elsewhere can tell later
/// even what somebody with the key has changed.

/// A checkpoint as it is kept outside of the store: in a file, on paper, at the district's site.
struct PublishedHead {
  std::int64_t area = 0;  // 0: any
  std::string day{};
  std::string hash{};  // in hex
};

/// What was found when the trail was recomputed.
struct ChainReport {
  std::int64_t chains = 0;
  std::int64_t entries = 0;
  std::int64_t checkpoints = 0;
  /// One sentence for each break, with area, school, number and what differs.
  std::vector<std::string> breaks{};
  /// Chains whose head bears no seal yet, because no server has begun to seal in this store.
  std::int64_t unsealed = 0;
  /// The newest checkpoint of each area.
  std::vector<PublishedHead> heads{};
  /// Every checkpoint.
  std::vector<PublishedHead> all_heads{};
};

/// Recomputes every chain and checkpoint from its entries: numbers without gaps, each hash over its
/// entry and the hash before, heads and checkpoints as stored, and every head of a checkpoint still
/// on its chain; the `published` heads as they are kept outside. `sealed_before`: the place of the
/// key says that a store was sealed with it, so that this one cannot pass for one of before.
/// Streams; needs no key, so it also holds after erasure. With the key the seals of heads are
/// looked at as well. Ask it inside begin_read(), or what is written meanwhile looks like a break.
[[nodiscard]] Result<ChainReport> verify_chains(sql::Reader& store,
                                                const auth::Vault* key = nullptr,
                                                std::span<const PublishedHead> published = {},
                                                bool sealed_before = false);

/// Begins to seal the heads and to watch the tables of a store that was made before there was that,
/// or before a table was watched: what is there is taken as it is, and an entry in each area says
/// so. Changes nothing when all is watched already, nor when the store does not say by our seal
/// what is watched although it must (`sealed_before`, as above): that is for verify_chains() to
/// tell. Every server and command that writes does it before anything else. Fails: sql.*
[[nodiscard]] Result<void> begin_watching(Tx& tx, bool sealed_before = false);

/// Whether a store says that its heads are sealed: one of before does not.
[[nodiscard]] Result<bool> says_it_is_sealed(sql::Reader& store);

/// By what a list of breaks is known again.
[[nodiscard]] std::string findings_hash(const std::vector<std::string>& breaks);
/// An operator knows of these breaks and goes on: an entry in each area and behind each end that is
/// not ours. The breaks stay what they are; only whoever asks is_accepted() is told. What was
/// refused as a store of before is taken over as it is.
[[nodiscard]] Result<void> accept_findings(Tx& tx, const std::string& hash, std::int64_t breaks);
[[nodiscard]] Result<bool> is_accepted(sql::Reader& store,
                                       const auth::Vault& vault,
                                       const std::string& hash);

/// Says area, day and hash of each new checkpoint: {"day": ..., "hash": hex}.
inline constexpr std::string_view kCheckpointTopic = "desk.trail.checkpoint";

/// Writes the day's checkpoint of an area: one hash over the heads of all its chains, chained to
/// the day before, and an entry that answers for it. Idempotent for a day. After a clock that was
/// ahead has been put back, the next is named by the day after the last one.
[[nodiscard]] Result<void> write_checkpoint(Tx& tx, std::int64_t area, LocalDay day);

/// Does so for the day before, in every area with a trail, every night.
[[nodiscard]] Job checkpoint_job();

}  // namespace sj::desk
