#pragma once

#include <cstdint>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/sql/sql.h"

#include "org/hand.h"

namespace sj::org {

/// Every hand behind these people that counts today, from the trail, where none can be left out or
/// taken back; merges from their own rows.
[[nodiscard]] Result<std::vector<Hand>> load_hands(sql::Reader& store,
                                                   std::int64_t area,
                                                   std::vector<std::int64_t> people,
                                                   LocalDay today);

/// same_hand() with what the store knows of both.
[[nodiscard]] Result<bool> same_hand(
    sql::Reader& store, std::int64_t area, std::int64_t a, std::int64_t b, LocalDay today);
/// is_behind() with what the store knows of `person`.
[[nodiscard]] Result<bool> is_behind(
    sql::Reader& store, std::int64_t area, std::int64_t maker, std::int64_t person, LocalDay today);

/// The same of a guardian and a member of staff: besides, the code by which the guardian's account
/// came to this child may have been handed out by that member.
[[nodiscard]] Result<bool> same_hand_as_guardian(sql::Reader& store,
                                                 std::int64_t area,
                                                 std::int64_t child,
                                                 std::int64_t guardian,
                                                 std::int64_t staff,
                                                 LocalDay today);

}  // namespace sj::org
