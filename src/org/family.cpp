#include "org/family.h"

#include "kernel/text/text.h"

#include "org/hand.h"
#include "org/rights.h"

namespace sj::org {
namespace {

constexpr std::size_t kTextMin = 2;
constexpr std::size_t kTextMax = 1000;
constexpr std::int64_t kOpenMax = 5;

}  // namespace

auth::Scope scope_of(const Ward& ward) {
  const Role* const guardian = find_role("guardian");
  auth::Grant grant;
  grant.what = rights_of(*guardian);
  grant.where = {auth::PlaceKind::pupil, ward.child};
  return auth::Access(ward.area, {grant}).scope(kChildRead);
}

Result<void> decide_family_deed(const Ward& ward, FamilyDeed deed) {
  if (ward.confirmed) return {};
  switch (deed) {
    case FamilyDeed::see:
    case FamilyDeed::copy:
    case FamilyDeed::leave:
      return {};
    case FamilyDeed::ask:
    case FamilyDeed::invite:
      break;
  }
  return Error{ErrorKind::forbidden, "org.newcomer_waits",
               "the school has not confirmed this account for the child yet"};
}

std::string_view name_of(RequestKind kind) {
  return kind == RequestKind::correction ? "correction" : "erasure";
}

std::optional<RequestKind> request_kind_of(std::string_view name) {
  if (name == "correction") return RequestKind::correction;
  if (name == "erasure") return RequestKind::erasure;
  return std::nullopt;
}

Result<void> decide_request(const RequestCommand& command, std::int64_t open) {
  const std::size_t length = text::count_code_points(text::trim(command.text));
  if (length < kTextMin || length > kTextMax) {
    return Error{ErrorKind::invalid, "org.bad_request_text", "text: 2 to 1000 characters"};
  }
  if (open >= kOpenMax) {
    return Error{ErrorKind::limited, "org.too_many_requests",
                 "five requests wait for the school's answer"};
  }
  return {};
}

Result<void> decide_request_answer(const RequestState& state, const RequestAnswer& answer) {
  if (state.decided) {
    return Error{ErrorKind::conflict, "org.decided", "it was decided before"};
  }
  if (state.is_own) {
    return Error{ErrorKind::forbidden, "org.own_request", "somebody else has to decide"};
  }
  if (!answer.grant && text::trim(answer.answer).empty()) {
    return Error{ErrorKind::invalid, "org.answer_needed", "answer: say why it is refused"};
  }
  if (answer.grant && state.is_waiting) {
    return Error{ErrorKind::conflict, "org.asker_waits",
                 "whoever asked waits to be confirmed: decide about him first"};
  }
  if (answer.grant && state.kind == RequestKind::erasure && state.at_school) {
    return Error{ErrorKind::conflict, "org.erasure_at_school",
                 "the record of a pupil is kept by law until he has left"};
  }
  if (answer.grant && state.is_same_hand) return same_hand_error();
  return {};
}

}  // namespace sj::org
