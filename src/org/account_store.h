#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernel/auth/access.h"
#include "kernel/base/result.h"
#include "kernel/desk/tx.h"
#include "kernel/sql/sql.h"

#include "org/account.h"

namespace sj::org {

struct AccountRow {
  std::int64_t id = 0;
  std::string username{};
  std::int64_t person = 0;
  std::string person_name{};
  Instant locked_until{0};
  bool disabled = false;
  std::optional<std::int64_t> last_seen_ms{};
};
/// Accounts of staff who work at the scope's schools today (with all of the district, of all); at
/// one school if `school` is not 0. By user name, at most 500.
[[nodiscard]] Result<std::vector<AccountRow>> list_accounts(sql::Reader& store,
                                                            const auth::Scope& scope,
                                                            std::int64_t school,
                                                            LocalDay today);

struct NewAccount {
  std::int64_t area = 0;
  std::int64_t id = 0;
  std::string username{};
  std::string password_hash{};
  std::int64_t person = 0;
};
/// Fails: org.username_taken (conflict) · org.has_account (conflict): the person has one
[[nodiscard]] Result<void> insert_account(desk::Tx& tx, const NewAccount& account);

/// A new first password; forgets wrong ones.
[[nodiscard]] Result<void> reset_account(desk::Tx& tx,
                                         std::int64_t area,
                                         std::int64_t id,
                                         std::string_view password_hash);
[[nodiscard]] Result<void> disable_account(desk::Tx& tx, std::int64_t area, std::int64_t id);

}  // namespace sj::org
