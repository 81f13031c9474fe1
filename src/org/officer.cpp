#include "org/officer.h"

#include "kernel/text/text.h"

#include "org/hand.h"

namespace sj::org {
namespace {

constexpr std::size_t kReasonMin = 4;
constexpr std::size_t kReasonMax = 200;

}  // namespace

Result<void> decide_officer_ask(const std::string& reason, bool concerns_officer) {
  const std::size_t length = text::count_code_points(reason);
  if (length < kReasonMin || length > kReasonMax) {
    return Error{ErrorKind::invalid, "org.bad_purpose", "reason: say in 4 to 200 characters why"};
  }
  if (!concerns_officer) {
    return Error{ErrorKind::conflict, "org.not_officer", "one person may do it"};
  }
  return {};
}

Result<void> decide_officer_answer(const OfficerAct& act, const OfficerAnswer& answer) {
  if (act.decided_ms) return Error{ErrorKind::conflict, "org.decided", "it was decided before"};
  if (answer.decider == act.asked_by || answer.decider == act.deed.person) {
    return Error{ErrorKind::forbidden, "org.own_request", "another officer has to decide"};
  }
  if (answer.approve && answer.is_same_hand) return same_hand_error();
  return {};
}

std::string state_of(const OfficerAct& act, Instant now) {
  if (!act.decided_ms) return "open";
  if (!act.approved) return "refused";
  if (act.done_ms) return "done";
  return now.utc_ms() - *act.decided_ms < kOfficerLeaveMs ? "approved" : "ended";
}

}  // namespace sj::org
