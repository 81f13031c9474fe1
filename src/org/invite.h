#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/time/instant.h"
#include "kernel/time/local_day.h"

namespace sj::api {
struct Room;
}

namespace sj::org {

struct Settings;

/// Invitations (家长邀请码): a printed one-time code by which a guardian's phone is tied to a
/// child, together with the child's birth date.

inline constexpr int kInvitationDays = 30;
/// So many wrong birth days, and the code is of no more use.
inline constexpr std::int64_t kBirthDayGuesses = 5;
/// How long a phone whose reply was lost may redeem its code again, with the secret it made: long
/// enough to tap again, and to start a phone that went dark.
inline constexpr std::int64_t kRejoinMs = 10LL * 60'000;
/// Which wording of the consent the page shows; stored with each consent.
inline constexpr std::string_view kJoinWording = "join-1";
/// What the consent is for: showing and changing the child's own data on the guardian's phone.
inline constexpr std::string_view kJoinPurpose = "family_access";

/// father | mother | grandfather | grandmother | other
[[nodiscard]] bool is_relation(std::string_view relation);

enum class InvitedBy : unsigned char { school, guardian };
[[nodiscard]] std::string_view name_of(InvitedBy by);

/// What is known when an invitation is asked for.
struct InviteState {
  InvitedBy by = InvitedBy::school;
  bool at_school = true;      // is he a pupil of some school now?
  bool is_protected = false;  // a custody or protection note exists
  bool knows_birth_day = true;
  bool names_guardian = false;
};

/// Decides whether an invitation may be made for a pupil (生成邀请码).
///
/// Gives:   nothing; the caller makes the code, which replaces the unused ones of the same maker.
/// Fails:   org.not_at_school (conflict) · org.no_birth_day (conflict): it is asked for when the
/// code
///          is redeemed · org.only_school_admits (forbidden): a guardian, and a protection note
///          exists · org.name_the_guardian (conflict): a school, for a protected pupil, for
///          whomever
/// Source:  未成年人保护法 17, 24 (监护与抚养的变更)
[[nodiscard]] Result<void> decide_invite(const InviteState& state);

/// A code as it is found.
struct Invitation {
  std::int64_t area = 0;
  std::int64_t id = 0;
  std::int64_t pupil = 0;
  std::optional<std::int64_t> guardian{};  // whom it is for
  InvitedBy by = InvitedBy::school;
  std::int64_t maker = 0;  // a member of the staff, or a guardian of the child
  std::int64_t maker_account = 0;
  std::string browser{};  // in which it was made, as browser_of() tells
  Instant expires{0};
  bool redeemed = false;
  Instant redeemed_at{0};
  std::int64_t redeemed_account = 0;
  std::string redeemed_secret{};  // auth::token_hash of what the phone made up
  bool made_account = false;      // the account that redeemed it did not exist before
  bool is_linked = true;          // and it is tied to the child still
  bool superseded = false;        // the same maker made a newer code for the same since
  bool revoked = false;
  /// Whoever made it could make it now: a guardian is confirmed for the child, and tied to him.
  bool maker_holds = true;
  std::int64_t wrong_birth_days = 0;
  /// Who is to be admitted, as the first guardian wrote it; empty otherwise.
  std::string name{};
  std::string relation{};
  // Of the pupil:
  bool at_school = true;
  bool is_protected = false;
  std::optional<LocalDay> birth_day{};

  [[nodiscard]] bool knows_who() const { return guardian.has_value() || !name.empty(); }
};

/// Is the code still good for anything?
/// Fails:   org.code_used, org.code_expired, org.code_withdrawn, org.code_locked, org.inviter_gone
///          (conflict)
[[nodiscard]] Result<void> check_invitation(const Invitation& invitation, Instant now);

struct JoinCommand {
  LocalDay birth_day = LocalDay::first();
  std::string name{};      // empty: not said
  std::string relation{};  // as name
};

/// Decides whether a code and a birth day admit somebody (扫码加入).
///
/// Gives:   nothing; the caller ties the account to the child.
/// Fails:   what check_invitation fails with · org.not_at_school (conflict) ·
///          org.only_school_admits (forbidden): a protection note came after a guardian's code, or
///          the school's code names nobody · org.who_are_you (invalid): the code names nobody and
///          neither name nor relation were said · org.no_birth_day (conflict) · org.wrong_birth_day
///          (forbidden): counts as a guess
/// Source:  个人信息保护法 31; 未成年人网络保护条例 31
[[nodiscard]] Result<void> decide_join(const Invitation& invitation,
                                       const JoinCommand& command,
                                       Instant now);

/// Is this whoever redeemed the code, asking again because the reply was lost? `is_known`: he is
/// signed in as the account that did, or knows the secret that the phone made before it asked
/// first.
[[nodiscard]] bool is_rejoin(const Invitation& invitation,
                             bool is_known,
                             LocalDay birth_day,
                             Instant now);

/// What is known when that phone asks again.
struct RejoinState {
  bool same_account = false;  // it is signed in as the account that redeemed the code
  bool never_came = false;    // the session that the code opened has neither been used nor ended
};

/// May it open a session for that phone (重新加入)? Only in the place of one that never came: a
/// secret that lies in a browser must not let back in whoever was signed out.
///
/// Fails:   org.link_ended (conflict): the school has refused the account, or its owner has left ·
///          org.code_used (conflict): the session came, or has ended, or a newer code was made; or
///          the account had children before, which is more than this code may open
[[nodiscard]] Result<void> decide_rejoin(const Invitation& invitation, const RejoinState& state);

/// "张*" of 张三, "欧**" of 欧阳明: enough for a family to see that the slip is theirs.
[[nodiscard]] std::string name_hint(std::string_view name);

/// "ABCD-EFGH": how a code is printed.
[[nodiscard]] std::string spell_code(std::string_view code);

/// What addresses begin with on a server that was not told its own: the machine itself, by the port
/// that the request names. Nobody's Host header gets onto a printed slip.
[[nodiscard]] std::string loopback_url(std::string_view host, bool secure);

/// Where a printed code points.
[[nodiscard]] std::string code_url(std::string_view base_url, std::string_view code);

/// One card of the printed sheet.
struct Card {
  std::int64_t pupil = 0;
  std::string name{};
  std::string code{};
  std::string url{};
};
struct Sheet {
  std::string school{};
  std::string class_name{};
  LocalDay expires = LocalDay::first();
  std::vector<Card> cards{};
};
/// A4 pages with eight cards each, as PDF. The same sheet gives the same bytes.
/// Fails: print.* (internal)
[[nodiscard]] Result<std::string> print_sheet(const Sheet& sheet);

void add_invite_routes(api::Room& room, const Settings& settings);

}  // namespace sj::org
