#include "org/invite.h"

#include <algorithm>

#include "org/words.h"

namespace sj::org {
namespace {

constexpr std::size_t kPortMax = 6;  // ":65535"

Error refuse(ErrorKind kind, const char* code, const char* detail) {
  return Error{kind, code, detail};
}

}  // namespace

bool is_relation(std::string_view relation) {
  return std::find(kRelations.begin(), kRelations.end(), relation) != kRelations.end();
}

std::string_view name_of(InvitedBy by) {
  return by == InvitedBy::school ? "school" : "guardian";
}

Result<void> decide_invite(const InviteState& state) {
  if (!state.at_school) {
    return refuse(ErrorKind::conflict, "org.not_at_school", "the pupil is at no school now");
  }
  if (state.is_protected && state.by == InvitedBy::guardian) {
    return refuse(ErrorKind::forbidden, "org.only_school_admits", "a protection note exists");
  }
  if (state.is_protected && !state.names_guardian) {
    return refuse(ErrorKind::conflict, "org.name_the_guardian",
                  "a protection note exists: guardian_id must say whom the code is for");
  }
  if (!state.knows_birth_day) {
    return refuse(ErrorKind::conflict, "org.no_birth_day", "the pupil's birth day is not known");
  }
  return {};
}

Result<void> check_invitation(const Invitation& invitation, Instant now) {
  if (invitation.redeemed) {
    return refuse(ErrorKind::conflict, "org.code_used", "the code was redeemed before");
  }
  if (invitation.revoked) {
    return refuse(ErrorKind::conflict, "org.code_withdrawn", "a newer code replaces it");
  }
  if (invitation.wrong_birth_days >= kBirthDayGuesses) {
    return refuse(ErrorKind::conflict, "org.code_locked", "too many wrong birth days");
  }
  if (invitation.expires <= now) {
    return refuse(ErrorKind::conflict, "org.code_expired", "the code is too old");
  }
  if (!invitation.maker_holds) {
    return refuse(ErrorKind::conflict, "org.inviter_gone",
                  "the guardian who made the code is not confirmed for the child now");
  }
  return {};
}

Result<void> decide_join(const Invitation& invitation, const JoinCommand& command, Instant now) {
  SJ_TRY(check_invitation(invitation, now));
  if (!invitation.at_school) {
    return refuse(ErrorKind::conflict, "org.not_at_school", "the pupil is at no school now");
  }
  if (invitation.is_protected && (invitation.by == InvitedBy::guardian || !invitation.guardian)) {
    return refuse(ErrorKind::forbidden, "org.only_school_admits", "a protection note exists");
  }
  if (!invitation.knows_who() && (command.name.empty() || !is_relation(command.relation))) {
    return refuse(ErrorKind::invalid, "org.who_are_you",
                  "name and relation: who redeems the code, and what he is to the child");
  }
  if (!invitation.birth_day) {
    return refuse(ErrorKind::conflict, "org.no_birth_day", "the pupil's birth day is not known");
  }
  if (*invitation.birth_day != command.birth_day) {
    return refuse(ErrorKind::forbidden, "org.wrong_birth_day", "birth_day: not the child's");
  }
  return {};
}

bool is_rejoin(const Invitation& invitation, bool is_known, LocalDay birth_day, Instant now) {
  return invitation.redeemed && is_known && invitation.birth_day == birth_day &&
         now.utc_ms() - invitation.redeemed_at.utc_ms() < kRejoinMs;
}

Result<void> decide_rejoin(const Invitation& invitation, const RejoinState& state) {
  if (!invitation.is_linked) {
    return refuse(ErrorKind::conflict, "org.link_ended",
                  "the account is not tied to the child now");
  }
  if (state.same_account) return {};
  if (!invitation.made_account || invitation.superseded || !state.never_came) {
    return refuse(ErrorKind::conflict, "org.code_used", "the code was redeemed before");
  }
  return {};
}

std::string name_hint(std::string_view name) {
  std::string hint;
  std::size_t points = 0;
  for (const char c : name) {
    const bool starts = (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    if (starts) ++points;
    if (points <= 1) {
      hint += c;
    } else if (starts) {
      hint += '*';
    }
  }
  return hint;
}

std::string spell_code(std::string_view code) {
  const std::size_t half = code.size() / 2;
  return std::string(code.substr(0, half)) + "-" + std::string(code.substr(half));
}

std::string loopback_url(std::string_view host, bool secure) {
  const std::string scheme = secure ? "https://" : "http://";
  for (const std::string_view name : {"localhost", "127.0.0.1", "[::1]"}) {
    if (host.substr(0, name.size()) != name) continue;
    const std::string_view port = host.substr(name.size());
    const bool is_port = port.size() > 1 && port.size() <= kPortMax && port.front() == ':' &&
                         port.find_first_not_of("0123456789", 1) == std::string_view::npos;
    if (port.empty() || is_port) return scheme + std::string(host);
  }
  return scheme + "127.0.0.1";
}

std::string code_url(std::string_view base_url, std::string_view code) {
  return std::string(base_url) + "/j/" + std::string(code);
}

}  // namespace sj::org
