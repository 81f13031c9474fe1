#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/auth/access.h"
#include "kernel/auth/vault.h"
#include "kernel/base/result.h"
#include "kernel/desk/tx.h"
#include "kernel/sql/sql.h"

#include "org/data_grant.h"

namespace sj::org {

[[nodiscard]] Result<void> insert_data_grant(desk::Tx& tx,
                                             std::int64_t area,
                                             std::int64_t id,
                                             const AskCommand& command);
/// Undecided ones at places of the scope, the oldest first.
[[nodiscard]] Result<std::vector<DataGrant>> list_open_grants(sql::Reader& store,
                                                              const auth::Scope& scope,
                                                              LocalDay today);
/// What a person asked for, the latest first, at most 200.
[[nodiscard]] Result<std::vector<DataGrant>> list_grants_of(sql::Reader& store,
                                                            std::int64_t area,
                                                            std::int64_t person);
[[nodiscard]] Result<std::optional<DataGrant>> find_data_grant(sql::Reader& store,
                                                               std::int64_t area,
                                                               std::int64_t id);
/// From now on as long as was asked for.
[[nodiscard]] Result<void> update_answer(desk::Tx& tx,
                                         std::int64_t area,
                                         const DataGrant& grant,
                                         bool approved);

/// The sealed value in the open; nothing if the person has none. The caller has written down who
/// looks.
[[nodiscard]] Result<std::optional<std::string>> open_field(sql::Reader& store,
                                                            auth::Vault& vault,
                                                            std::int64_t area,
                                                            std::int64_t person,
                                                            std::string_view field);

/// The purpose a sealed field is sealed under: "org." and its name.
[[nodiscard]] std::string seal_purpose(std::string_view field);

}  // namespace sj::org
