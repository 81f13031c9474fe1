#include "org/data_grant.h"

#include <algorithm>

#include "kernel/text/text.h"

#include "org/hand.h"
#include "org/words.h"

namespace sj::org {
namespace {

constexpr std::size_t kPurposeMin = 4;
constexpr std::size_t kPurposeMax = 200;
constexpr std::size_t kMaskFrom = 8;
constexpr std::size_t kMaskShown = 2;

bool all_once(const std::vector<std::string>& fields) {
  return std::all_of(fields.begin(), fields.end(), [&](const std::string& field) {
    return is_sealed_field(field) && std::count(fields.begin(), fields.end(), field) == 1;
  });
}

}  // namespace

std::span<const std::string_view> sealed_fields() {
  return kSealedFields;
}

bool is_sealed_field(std::string_view field) {
  return std::find(kSealedFields.begin(), kSealedFields.end(), field) != kSealedFields.end();
}

Result<void> decide_ask(const AskCommand& command) {
  const std::size_t length = text::count_code_points(text::trim(command.purpose));
  if (length < kPurposeMin || length > kPurposeMax) {
    return Error{ErrorKind::invalid, "org.bad_purpose", "purpose: say in 4 to 200 characters why"};
  }
  if (command.fields.empty() || !all_once(command.fields)) {
    return Error{ErrorKind::invalid, "org.bad_fields",
                 "fields: one or more of id_number student_no phone address health hardship "
                 "custody, each once"};
  }
  if (command.hours < 1 || command.hours > kGrantHoursMax) {
    return Error{ErrorKind::invalid, "org.bad_hours", "hours: 1 to 720"};
  }
  if (command.place.kind == auth::PlaceKind::street) {
    return Error{ErrorKind::invalid, "org.bad_grant_place",
                 "place_kind: area, school, class or pupil"};
  }
  return {};
}

Result<void> decide_answer(const DataGrant& grant, const GrantAnswer& answer) {
  if (grant.decided_ms) {
    return Error{ErrorKind::conflict, "org.decided", "it was decided before"};
  }
  if (grant.person == answer.decider) {
    return Error{ErrorKind::forbidden, "org.own_request", "somebody else has to decide"};
  }
  if (answer.approve && answer.is_same_hand) return same_hand_error();
  return {};
}

const DataGrant* find_grant(const std::vector<DataGrant>& grants, const Look& look, Instant now) {
  const auto fits = [&](const DataGrant& grant) {
    return grant.approved && grant.from <= now && now < grant.until &&
           std::find(grant.fields.begin(), grant.fields.end(), look.field) != grant.fields.end() &&
           (look.purpose.empty() || look.purpose == grant.purpose) &&
           std::any_of(look.targets.begin(), look.targets.end(),
                       [&](const auth::Target& target) { return contains(grant.place, target); });
  };
  const auto found = std::find_if(grants.begin(), grants.end(), fits);
  return found == grants.end() ? nullptr : &*found;
}

bool contains(const auth::Place& place, const auth::Target& target) {
  switch (place.kind) {
    case auth::PlaceKind::area:
      return true;
    case auth::PlaceKind::street:
      return place.id != 0 && place.id == target.street;
    case auth::PlaceKind::school:
      return place.id != 0 && place.id == target.school;
    case auth::PlaceKind::class_:
      return place.id != 0 && place.id == target.class_id;
    case auth::PlaceKind::pupil:
      return place.id != 0 && place.id == target.pupil;
  }
  return false;
}

std::string mask(std::string_view value) {
  if (value.size() < kMaskFrom) return std::string(value.size(), '*');
  return std::string(value.substr(0, kMaskShown)) +
         std::string(value.size() - 2 * kMaskShown, '*') +
         std::string(value.substr(value.size() - kMaskShown));
}

}  // namespace sj::org
