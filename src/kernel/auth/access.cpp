#include "kernel/auth/access.h"

#include <algorithm>

#include "kernel/base/check.h"

namespace sj::auth {
namespace {

std::size_t bit_of(Permission permission) {
  SJ_CHECK(permission.bit >= 0);
  SJ_CHECK(permission.bit < kPermissionBits);
  return static_cast<std::size_t>(permission.bit);
}

/// In the same area; 0 is nowhere, or a grant for no class would open every pupil without one.
bool lies_in(const Place& place, const Target& target) {
  std::int64_t id = 0;
  switch (place.kind) {
    case PlaceKind::area:
      return true;
    case PlaceKind::street:
      id = target.street;
      break;
    case PlaceKind::school:
      id = target.school;
      break;
    case PlaceKind::class_:
      id = target.class_id;
      break;
    case PlaceKind::pupil:
      id = target.pupil;
      break;
  }
  return id != 0 && id == place.id;
}

void sort_once(std::vector<std::int64_t>& ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

bool holds(const std::vector<std::int64_t>& ids, std::int64_t id) {
  return id != 0 && std::binary_search(ids.begin(), ids.end(), id);
}

}  // namespace

bool Scope::covers(const Target& target) const {
  if (target.area != area_) return false;
  return everywhere_ || holds(streets_, target.street) || holds(schools_, target.school) ||
         holds(classes_, target.class_id) || holds(pupils_, target.pupil);
}

bool Access::has(Permission permission) const {
  const std::size_t bit = bit_of(permission);
  return std::any_of(grants_.begin(), grants_.end(),
                     [bit](const Grant& grant) { return grant.what[bit]; });
}

bool Access::allows(Permission permission, const Target& target) const {
  return why(permission, target) != nullptr;
}

const Grant* Access::why(Permission permission, const Target& target) const {
  const std::size_t bit = bit_of(permission);
  if (target.area != area_) return nullptr;
  for (const Grant& grant : grants_) {
    if (grant.what[bit] && lies_in(grant.where, target)) return &grant;
  }
  return nullptr;
}

Scope Access::scope(Permission permission) const {
  const std::size_t bit = bit_of(permission);
  Scope scope;
  scope.area_ = area_;
  for (const Grant& grant : grants_) {
    if (!grant.what[bit]) continue;
    switch (grant.where.kind) {
      case PlaceKind::area:
        scope.everywhere_ = true;
        break;
      case PlaceKind::street:
        scope.streets_.push_back(grant.where.id);
        break;
      case PlaceKind::school:
        scope.schools_.push_back(grant.where.id);
        break;
      case PlaceKind::class_:
        scope.classes_.push_back(grant.where.id);
        break;
      case PlaceKind::pupil:
        scope.pupils_.push_back(grant.where.id);
        break;
    }
  }
  for (auto* ids : {&scope.streets_, &scope.schools_, &scope.classes_, &scope.pupils_}) {
    sort_once(*ids);
    if (!ids->empty() && ids->front() == 0) ids->erase(ids->begin());
  }
  return scope;
}

const char* name_of(ActorKind kind) {
  switch (kind) {
    case ActorKind::nobody:
      return "nobody";
    case ActorKind::staff:
      return "staff";
    case ActorKind::guardian:
      return "guardian";
    case ActorKind::operator_:
      return "operator";
    case ActorKind::system:
      return "system";
  }
  SJ_CHECK(false);
}

}  // namespace sj::auth
