#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kernel/base/result.h"
#include "kernel/time/instant.h"

namespace sj::api {
struct Room;
}

namespace sj::org {

/// What touches one of the district's three officers (三员：系统管理员、数据负责人、审计员) takes
/// two persons: one asks, another officer approves, and whoever asked does it, once and within a
/// day. Whoever can reset an officer's password can be that officer, and the three would be one.

/// What is asked for. Two are the same thing when all but the reason are equal.
struct OfficerDeed {
  std::string act{};  // one of kOfficerActs
  std::int64_t person = 0;
  std::string role{};      // of grant and revoke
  std::int64_t other = 0;  // their place, 0 for the district; of merge the other row
};

struct OfficerAct {
  std::int64_t id = 0;
  OfficerDeed deed{};
  std::string reason{};
  std::int64_t asked_by = 0;
  Instant asked{0};
  std::optional<std::int64_t> decided_ms{};
  bool approved = false;
  std::optional<std::int64_t> done_ms{};
  std::string person_name{};
  std::string asker_name{};
  std::string decider_name{};
};

/// How long it may be done after it was approved.
inline constexpr std::int64_t kOfficerLeaveMs = 86'400'000;

/// Decides whether it may be asked for.
///
/// Gives:   nothing; the caller writes the row.
/// Fails:   org.bad_purpose (invalid): 4 to 200 characters · org.not_officer (conflict): one person
///          may do it
/// Source:  GB/T 22239-2019 8.1.5.1 to 8.1.5.3 (系统、审计、安全管理员分设)
[[nodiscard]] Result<void> decide_officer_ask(const std::string& reason, bool concerns_officer);

struct OfficerAnswer {
  std::int64_t decider = 0;
  bool is_same_hand = false;  // same_hand() of him and whoever asked
  bool approve = false;
};
/// Decides whether another officer may approve or refuse it. Neither who asked nor whom it is about
/// does; to refuse takes one person only.
///
/// Gives:   nothing.
/// Fails:   org.decided (conflict) · org.own_request (forbidden) · org.same_hand (forbidden)
/// Source:  GB/T 22239-2019 8.1.5.1 to 8.1.5.3
[[nodiscard]] Result<void> decide_officer_answer(const OfficerAct& act,
                                                 const OfficerAnswer& answer);

/// "open", "approved", "refused", "done" or "ended".
[[nodiscard]] std::string state_of(const OfficerAct& act, Instant now);

void add_officer_routes(api::Room& room);

}  // namespace sj::org
