#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/desk/tx.h"
#include "kernel/sql/sql.h"
#include "kernel/time/local_day.h"

#include "org/officer.h"

namespace sj::org {

/// Does somebody hold the office of one of the three, now or from a later day on?
[[nodiscard]] Result<bool> is_officer(sql::Reader& store,
                                      std::int64_t area,
                                      std::int64_t person,
                                      LocalDay today);
/// Does it take two: does it touch an officer, or make or unmake one?
[[nodiscard]] Result<bool> concerns_officer(sql::Reader& store,
                                            std::int64_t area,
                                            const OfficerDeed& deed,
                                            LocalDay today);

[[nodiscard]] Result<void> insert_officer_act(desk::Tx& tx,
                                              std::int64_t area,
                                              const OfficerAct& act);
/// The latest first, at most 200.
[[nodiscard]] Result<std::vector<OfficerAct>> list_officer_acts(sql::Reader& store,
                                                                std::int64_t area);
[[nodiscard]] Result<std::optional<OfficerAct>> find_officer_act(sql::Reader& store,
                                                                 std::int64_t area,
                                                                 std::int64_t id);
[[nodiscard]] Result<void> update_officer_answer(desk::Tx& tx,
                                                 std::int64_t area,
                                                 std::int64_t id,
                                                 bool approved);

/// Called by whoever is about to do such a deed: uses up the leave for it, if it needs one. The
/// operator needs none: a district whose only officer is missing is helped by whoever may use the
/// data folder, and the trail says so.
///
/// Fails:   org.second_officer (conflict): another officer has to approve it first
[[nodiscard]] Result<void> use_officer_leave(desk::Tx& tx,
                                             std::int64_t area,
                                             const OfficerDeed& deed);

}  // namespace sj::org
