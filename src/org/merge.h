#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/auth/access.h"
#include "kernel/base/result.h"
#include "kernel/desk/tx.h"

namespace sj::api {
struct Room;
}

/// Two rows that are one person (合并重复人员), and pupils missing from a new roster (离校待确认).
namespace sj::org {

void add_merge_routes(api::Room& room);

enum class MergeState : unsigned char { proposed, merged, refused, undone };
[[nodiscard]] std::string_view name_of(MergeState state);
[[nodiscard]] std::optional<MergeState> merge_state_of(std::string_view name);

/// Decides what may become of a merge.
///
/// Fails: org.merge_closed (conflict): it was decided already, or there is nothing to undo.
[[nodiscard]] Result<MergeState> decide_merge(MergeState now, bool merge);
[[nodiscard]] Result<MergeState> decide_undo(MergeState now);

/// What two people may do, who are said to be one.
struct MergeRights {
  bool is_own = false;               // one of them is whoever says so
  bool within_reach = true;          // he arranges rights wherever they hold a role or teach
  std::vector<std::string> roles{};  // of both
};
/// Decides about the rights of two rows that become one, or two again: what either may do, both may
/// then. So nobody merges himself, and rights are only brought together by who could give them.
///
/// Gives:   nothing.
/// Fails:   org.own_role (forbidden) · org.above_own_rights (forbidden) ·
///          org.incompatible_roles (conflict)
/// Source:  GB/T 22239-2019 8.1.4.2, 8.1.5.1 to 8.1.5.3
[[nodiscard]] Result<void> decide_merge_rights(const MergeRights& rights);

struct Merge {
  std::int64_t id = 0;
  std::int64_t kept = 0;
  std::int64_t gone = 0;
  std::string reason{};
  MergeState state = MergeState::proposed;
  Instant made{0};
};
[[nodiscard]] Result<std::optional<Merge>> find_merge(sql::Reader& store,
                                                      std::int64_t area,
                                                      std::int64_t id);
[[nodiscard]] Result<std::vector<Merge>> list_merges(sql::Reader& store,
                                                     std::int64_t area,
                                                     MergeState state);
[[nodiscard]] Result<void> insert_merge(desk::Tx& tx, std::int64_t area, const Merge& merge);
/// Gives every row of `gone` to `kept`, remembers which, and closes `gone`. What both have is not
/// doubled: memberships that overlap one of `kept` stay where they are, the open one ends as a
/// mistake; guardianships of a child whose guardian `kept` is, too, end today; of two ties of one
/// family one ends. `kept` is a pupil if either was, and protected if either was. Sealed fields
/// that only `gone` has are sealed anew for `kept`.
///
/// Fails: org.person_closed (conflict): one of them is erased, or merged into another ·
/// org.merge_related (conflict): one is the other's guardian · auth.* · sql.*
[[nodiscard]] Result<void> carry_out_merge(desk::Tx& tx, std::int64_t area, const Merge& merge);
/// Puts back every row that carry_out_merge changed. What was written of `kept` since stays.
///
/// Fails: org.merge_closed (conflict): what is to be put back has been changed since, or merged on
/// · org.person_closed (conflict): one of them was erased · org.number_taken (conflict): a number
/// of `gone` was given to somebody since · auth.* · sql.*
[[nodiscard]] Result<void> carry_out_undo(desk::Tx& tx, std::int64_t area, const Merge& merge);
[[nodiscard]] Result<void> update_merge_state(desk::Tx& tx,
                                              std::int64_t area,
                                              std::int64_t id,
                                              MergeState state);

struct Leaver {
  std::int64_t id = 0;
  std::int64_t person = 0;
  std::string name{};
  std::int64_t membership = 0;
  std::int64_t school = 0;
  std::int64_t class_id = 0;
  std::string class_name{};
  std::int64_t import_id = 0;
  Instant proposed{0};
  LocalDay since = LocalDay::first();  // of the membership
};
/// Undecided ones that the scope covers.
[[nodiscard]] Result<std::vector<Leaver>> list_leavers(sql::Reader& store,
                                                       const auth::Scope& scope,
                                                       LocalDay today);
[[nodiscard]] Result<void> close_leaver(desk::Tx& tx,
                                        std::int64_t area,
                                        std::int64_t leaver,
                                        std::optional<LocalDay> left);

}  // namespace sj::org
