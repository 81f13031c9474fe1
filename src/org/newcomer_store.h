#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernel/auth/access.h"
#include "kernel/base/result.h"
#include "kernel/desk/tx.h"
#include "kernel/sql/sql.h"

#include "org/newcomer.h"

namespace sj::org {

/// Somebody who redeemed a code for a child, and what the school has to know to decide.
struct Newcomer {
  std::int64_t account = 0;
  std::int64_t child = 0;
  std::string child_name{};
  std::int64_t guardian = 0;
  std::string name{};
  std::string relation{};
  Instant joined{0};
  /// Since when he has been his guardian, if he was before he joined.
  std::optional<LocalDay> registered{};
  std::string invited_by{};  // school | guardian
  std::int64_t maker = 0;    // a person; 0: not known
  std::string maker_name{};
  std::string odd{};
  bool confirmed = false;
  std::string confirmed_by{};
};

/// Of pupils whom the scope covers, at one school if `school` is not 0: the odd ones first, then
/// the oldest; of those confirmed the latest first. At most 500.
[[nodiscard]] Result<std::vector<Newcomer>> list_newcomers(sql::Reader& store,
                                                           const auth::Scope& scope,
                                                           std::int64_t school,
                                                           bool confirmed);
/// Nothing if there is none, whoever asks; the caller asks for the right to the child.
[[nodiscard]] Result<std::optional<Newcomer>> find_newcomer(sql::Reader& store,
                                                            std::int64_t area,
                                                            std::int64_t child,
                                                            std::int64_t account);

/// Where a join comes from.
struct JoinOrigin {
  std::int64_t area = 0;
  std::int64_t account = 0;
  std::string browser{};  // as browser_of() tells
  std::string device{};   // the hash of what device_secret() tells
};
/// What a join that has been stored is held against. `maker_account` and `maker_browser`: of a code
/// that the school made; 0 and empty for one of a guardian.
[[nodiscard]] Result<JoinFacts> load_join_facts(sql::Reader& store,
                                                const JoinOrigin& origin,
                                                std::int64_t maker_account,
                                                const std::string& maker_browser,
                                                Instant now);
/// Says of every link that made it so that it is odd: of the child and account, or of all of the
/// account's, the browser's or the device's, whichever are too many.
[[nodiscard]] Result<void> mark_odd(desk::Tx& tx,
                                    const JoinOrigin& origin,
                                    std::int64_t child,
                                    const JoinFacts& facts);

/// Confirms him, or lets him wait again. Who became a guardian by joining may collect the child
/// only while he is confirmed.
[[nodiscard]] Result<void> update_newcomer(desk::Tx& tx,
                                           std::int64_t area,
                                           const Newcomer& newcomer,
                                           bool confirmed);
/// Undoes his access: link, sessions, consent, codes he made, the guardianship that came with it;
/// the same for those waiting whom he invited. Gives: how many were cut off.
[[nodiscard]] Result<std::int64_t> reject_newcomer(desk::Tx& tx,
                                                   std::int64_t area,
                                                   const Newcomer& newcomer);

}  // namespace sj::org
