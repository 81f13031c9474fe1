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

#include "org/invite.h"

namespace sj::org {

/// A pupil of a class, for inviting his guardians.
struct Invitee {
  std::int64_t pupil = 0;
  std::string name{};
  std::optional<LocalDay> birth_day{};
  bool is_protected = false;
  bool joined = false;  // some guardian's phone is tied to him
};
/// Those in the class now, by name.
[[nodiscard]] Result<std::vector<Invitee>> list_invitees(sql::Reader& store,
                                                         const auth::Scope& scope,
                                                         std::int64_t class_id);
/// Whoever it is, if the scope covers him; nothing otherwise.
[[nodiscard]] Result<std::optional<Invitee>> find_invitee(sql::Reader& store,
                                                          const auth::Scope& scope,
                                                          std::int64_t pupil);

/// Is somebody the pupil's guardian today?
[[nodiscard]] Result<bool> is_guardian(sql::Reader& store,
                                       std::int64_t area,
                                       std::int64_t pupil,
                                       std::int64_t guardian,
                                       LocalDay today);

struct NewInvitation {
  std::int64_t area = 0;
  std::int64_t id = 0;
  std::string code{};  // stored as its hash only
  std::int64_t pupil = 0;
  std::optional<std::int64_t> guardian{};
  InvitedBy by = InvitedBy::school;
  std::int64_t maker = 0;  // the member of the staff, or the guardian, who makes it
  std::string browser{};   // in which it is made, as browser_of() tells
  std::string invited{};   // sealed; empty: nothing
  Instant expires{0};
};
/// Makes it, and revokes the unused ones of the same maker for the same guardian.
[[nodiscard]] Result<void> insert_invitation(desk::Tx& tx, const NewInvitation& invitation);

/// In one district, or in all when the phone cannot tell.
[[nodiscard]] Result<std::optional<Invitation>> find_invitation(sql::Reader& store,
                                                                auth::Vault& vault,
                                                                std::int64_t area,
                                                                std::string_view code,
                                                                LocalDay today);

struct InvitationLine {
  std::int64_t id = 0;
  std::int64_t pupil = 0;
  std::string name{};
  Instant made{0};
  Instant expires{0};
  std::optional<std::int64_t> redeemed_ms{};
  std::optional<std::int64_t> revoked_ms{};
  std::string by{};
};
/// Those of a class's present pupils, the latest first.
[[nodiscard]] Result<std::vector<InvitationLine>> list_invitations(sql::Reader& store,
                                                                   const auth::Scope& scope,
                                                                   std::int64_t class_id);
/// The pupil of an invitation, nothing if there is none.
[[nodiscard]] Result<std::optional<std::int64_t>> find_invitation_pupil(sql::Reader& store,
                                                                        std::int64_t area,
                                                                        std::int64_t invitation);
[[nodiscard]] Result<std::int64_t> revoke_invitation(sql::Writer& store,
                                                     std::int64_t area,
                                                     std::int64_t invitation,
                                                     Instant now);

/// Whoever redeems a code.
struct Joiner {
  std::int64_t account_area = 0;
  std::int64_t account = 0;
  bool is_new = true;  // the account is to be made
  std::string name{};
  std::string relation{};
  std::string browser{};  // as browser_of() tells
  std::string device{};   // as hash of what device_secret() tells
  std::string secret{};   // made by the phone, to ask again with; empty: none
};
struct Joined {
  std::int64_t guardian = 0;
  bool admitted = false;  // became a guardian by it
};
/// Ties the account to the child: makes guardian, guardianship and account as needed, the link and
/// the consent, and uses up the code. The link waits for the school (newcomer.h), also of an
/// account that was confirmed for it before. Fails: org.already_joined (conflict): the account has
/// this child · org.code_used (conflict)
[[nodiscard]] Result<Joined> insert_joiner(desk::Tx& tx,
                                           const Invitation& invitation,
                                           const Joiner& joiner);

/// Ends the links between a child and one account (or, 0, all) and the sessions of accounts that
/// have no child left. Gives: how many links.
[[nodiscard]] Result<std::int64_t> end_links(sql::Writer& store,
                                             std::int64_t child_area,
                                             std::int64_t child,
                                             std::int64_t account,
                                             Instant now);

}  // namespace sj::org
