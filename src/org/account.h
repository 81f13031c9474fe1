#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/time/entropy.h"

#include "org/role.h"

namespace sj::api {
struct Room;
}

namespace sj::org {

struct Settings;

/// Accounts of staff (教职工账号): made with a first password that is shown once and must be
/// changed.

/// 3 to 40 of a-z 0-9 . _ -, beginning with a letter or digit; capitals are made small.
/// Fails: org.bad_username (invalid)
[[nodiscard]] Result<std::string> normalise_username(std::string_view typed);

/// Twelve letters and digits in groups of four, about 59 bits: "K7QM-2XHD-WR9T".
[[nodiscard]] std::string make_first_password(Entropy& entropy);

/// What is known when somebody's account is to be made, reset or closed.
struct AccountState {
  bool is_staff = true;
  /// Of whoever acts: what he holds for the whole district, or nothing.
  bool giver_arranges_area = false;
  /// Every place where the account's owner holds a role or teaches lies where the giver arranges
  /// rights.
  bool owner_within_reach = true;
  bool is_own = false;
};

/// Decides whether somebody may make, reset or close an account (管理账号). Whoever can reset a
/// password can become its owner: so only where he could also have given all the owner's roles.
///
/// Gives:   nothing.
/// Fails:   org.not_staff (conflict) · org.above_own_rights (forbidden) · org.own_account
/// (conflict):
///          his own is changed by the password page
/// Source:  GB/T 22239-2019 8.1.4.2 (访问控制)
[[nodiscard]] Result<void> decide_account(const AccountState& state);

void add_account_routes(api::Room& room, const Settings& settings);

}  // namespace sj::org
