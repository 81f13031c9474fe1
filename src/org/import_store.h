#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "kernel/auth/vault.h"
#include "kernel/base/result.h"
#include "kernel/desk/tx.h"
#include "kernel/sql/sql.h"

#include "org/import.h"

namespace sj::org {

/// The keyed hash of a secret, by the vault of the store.
[[nodiscard]] Blind blind_of(const auth::Vault& vault);

/// Everything of a district that an import is compared with. `only_school`, if not 0: people of
/// other schools are there to be found by their numbers, and marked as elsewhere.
[[nodiscard]] Result<Snapshot> load_snapshot(sql::Reader& store,
                                             std::int64_t area,
                                             std::int64_t only_school);

/// Called now and then while rows are written, with how many are done of all; false cancels.
using OnProgress = std::function<bool(std::size_t done, std::size_t all)>;

/// What the entries in the audit trail say of an import.
struct ImportSource {
  std::int64_t import_id = 0;
  std::string format{};  // roster | oneroster | demo
  std::string file_sha256{};
};

/// Writes all of it: rows, names by which people are found, sealed fields, proposals, and the audit
/// trail: one entry for each school, and one for each pupil that is new and each person changed.
///
/// Fails: org.import_cancelled (conflict) · auth.erased (conflict) · sql.*
[[nodiscard]] Result<void> store_writes(desk::Tx& tx,
                                        std::int64_t area,
                                        const Snapshot& before,
                                        const Plan& plan,
                                        const Writes& writes,
                                        const ImportSource& source,
                                        const OnProgress& on_progress = {});

/// Compares and stores in one unit of work, all or nothing.
/// Gives: our id of each person of `incoming`.
/// Fails: org.import_has_faults (conflict) · store_writes
[[nodiscard]] Result<std::vector<std::int64_t>> import_incoming(desk::Tx& tx,
                                                                std::int64_t area,
                                                                const Incoming& incoming,
                                                                const ImportSource& source);

}  // namespace sj::org
