#include "org/session_view.h"

#include <optional>
#include <vector>

#include "kernel/json/encode.h"
#include "kernel/json/schema.h"

#include "org/rights.h"
#include "org/session_store.h"
#include "org/target_store.h"
#include "org/words.h"

namespace sj::org {
namespace {

struct AreaDto {
  json::Id id;
  std::string code;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(AreaDto, (), (id, code, name))

struct HeldRoleDto {
  json::OneOf<kRoleNames> role;
  json::OneOf<kPlaceKinds> place_kind;
  json::Id place_id;
  std::string place_name;
};
BOOST_DESCRIBE_STRUCT(HeldRoleDto, (), (role, place_kind, place_id, place_name))

struct SessionChildDto {
  json::Id area;
  json::Id id;
  std::string name;
  std::string school;
  std::string class_name;
  json::OneOf<kRelations> relation;
};
BOOST_DESCRIBE_STRUCT(SessionChildDto, (), (area, id, name, school, class_name, relation))

struct SessionDto {
  json::OneOf<kAccountKinds> kind;
  std::string name;
  AreaDto area;
  std::string csrf;
  bool must_change = false;
  json::Moment now;
  std::vector<HeldRoleDto> roles;
  std::vector<json::OneOf<kPermissionNames>> permissions;
  std::vector<SessionChildDto> children;
};
BOOST_DESCRIBE_STRUCT(SessionDto,
                      (),
                      (kind, name, area, csrf, must_change, now, roles, permissions, children))

}  // namespace

Result<std::string> session_json(sql::Reader& store,
                                 const auth::Actor& actor,
                                 const auth::Access& access,
                                 Instant now) {
  const auto view = SJ_TRY(load_session_view(store, actor, access, now));
  SessionDto dto;
  dto.kind = name_of(view.kind);
  dto.name = view.name;
  dto.area = {view.area.id, view.area.code, view.area.name};
  dto.csrf = view.csrf;
  dto.must_change = view.must_change;
  dto.now = now;
  for (const RoleLine& role : view.roles) {
    const bool is_area = role.place.kind == auth::PlaceKind::area;
    dto.roles.push_back({role.role, name_of(role.place.kind),
                         is_area ? view.area.id : role.place.id, role.place_name});
  }
  for (const Permission& permission : permissions()) {
    if (access.has(permission)) dto.permissions.emplace_back(permission.name);
  }
  for (const ChildLine& child : view.children) {
    dto.children.push_back(
        {child.area, child.id, child.name, child.school, child.class_name, child.relation});
  }
  return json::encode(dto);
}

std::string session_schema() {
  return json::schema_of<SessionDto>();
}

}  // namespace sj::org
