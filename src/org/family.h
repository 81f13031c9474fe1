#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/auth/access.h"
#include "kernel/base/result.h"
#include "kernel/time/instant.h"
#include "kernel/time/local_day.h"

namespace sj::api {
struct Room;
}

namespace sj::org {

struct Settings;

/// A family's own side (家长端): its children, who looked at their data, everything held about
/// them, and what it asks to be corrected or erased.

/// A child of a family account, in whichever district.
struct Ward {
  std::int64_t area = 0;
  std::int64_t child = 0;
  std::int64_t guardian = 0;  // who the account is to the child
  /// The school has said that he is who he says. Until then he is shown nothing that is sealed, and
  /// nothing of other guardians.
  bool confirmed = false;
};
/// The rows a guardian sees of this child; of nothing else.
[[nodiscard]] auth::Scope scope_of(const Ward& ward);

/// What a family does with a child of its own.
enum class FamilyDeed : unsigned char {
  see,    // the child, who looked, what was asked; sealed fields and others only once confirmed
  copy,   // the same as a file
  leave,  // withdraw consent: this account no longer sees the child
  ask,    // for a correction or for erasure
  invite  // another guardian
};
/// Decides whether a guardian may do it before the school has confirmed him (待确认的加入者). The
/// whole list of what a newcomer may do stands here: he may see, masked, and leave.
///
/// Fails:   org.newcomer_waits (forbidden)
/// Source:  decisions.md, a newcomer to a child
[[nodiscard]] Result<void> decide_family_deed(const Ward& ward, FamilyDeed deed);

enum class RequestKind : unsigned char { correction, erasure };
[[nodiscard]] std::string_view name_of(RequestKind kind);
[[nodiscard]] std::optional<RequestKind> request_kind_of(std::string_view name);

struct RequestCommand {
  RequestKind kind = RequestKind::correction;
  std::string text{};
  std::string field{};  // of a correction; may be empty
};
/// Decides whether a family may ask for it (申请更正或删除).
///
/// Gives:   nothing; the caller writes the row, sealed.
/// Fails:   org.bad_request_text (invalid): 2 to 1000 characters · org.too_many_requests (limited):
///          five undecided ones of the account for the child
/// Source:  个人信息保护法 46, 47; 未成年人网络保护条例 34
[[nodiscard]] Result<void> decide_request(const RequestCommand& command, std::int64_t open);

/// What is known when the school answers.
struct RequestState {
  RequestKind kind = RequestKind::correction;
  bool decided = false;
  bool at_school = true;      // the child is a pupil now
  bool is_own = false;        // whoever answers is the guardian who asked
  bool is_same_hand = false;  // same_hand_as_guardian() of the two
  bool is_waiting = false;    // the school has not said that whoever asked is who he says
};
struct RequestAnswer {
  bool grant = false;
  std::string answer{};
};
/// Decides how a request may be answered (答复申请). A pupil's record is kept by law while he is at
/// school: erasure can be granted after he has left. Two persons ask and grant.
///
/// Gives:   nothing; granting an erasure destroys the person's key.
/// Fails:   org.decided (conflict) · org.own_request (forbidden) · org.answer_needed (invalid): a
///          refusal says why · org.asker_waits (conflict) · org.erasure_at_school (conflict) ·
///          org.same_hand (forbidden)
/// Source:  个人信息保护法 47; 中小学生学籍管理办法 (教基一〔2013〕7号) 十二、二十
[[nodiscard]] Result<void> decide_request_answer(const RequestState& state,
                                                 const RequestAnswer& answer);

void add_family_routes(api::Room& room, const Settings& settings);
/// The school's side of the requests.
void add_request_routes(api::Room& room, const Settings& settings);

}  // namespace sj::org
