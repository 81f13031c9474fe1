#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "kernel/auth/access.h"
#include "kernel/base/result.h"
#include "kernel/sql/sql.h"

/// Where things lie, so that a right to them can be asked about. Ids only: whoever has no right
/// learns nothing from them.
namespace sj::org {

/// Nothing if there is no such place. `PlaceKind::pupil` is a pupil's id.
[[nodiscard]] Result<std::optional<auth::Target>> find_target(sql::Reader& store,
                                                              std::int64_t area,
                                                              const auth::Place& place,
                                                              LocalDay today);

/// A pupil with his present school and class; after leaving with his last school and no class.
[[nodiscard]] Result<std::optional<auth::Target>> find_pupil_target(sql::Reader& store,
                                                                    std::int64_t area,
                                                                    std::int64_t pupil,
                                                                    LocalDay today);

/// Every place by which somebody is known: as pupil, as guardian of pupils, at the schools where he
/// works (school 0: the district office). Empty for an unknown person.
[[nodiscard]] Result<std::vector<auth::Target>> find_person_targets(sql::Reader& store,
                                                                    std::int64_t area,
                                                                    std::int64_t person,
                                                                    LocalDay today);

/// Of those, the places where he works.
[[nodiscard]] Result<std::vector<auth::Target>> find_work_targets(sql::Reader& store,
                                                                  std::int64_t area,
                                                                  std::int64_t person,
                                                                  LocalDay today);

/// Does the scope cover one of them?
[[nodiscard]] bool covers_any(const auth::Scope& scope, const std::vector<auth::Target>& targets);

/// "area", "street", "school", "class", "pupil".
[[nodiscard]] std::string_view name_of(auth::PlaceKind kind);
[[nodiscard]] std::optional<auth::PlaceKind> place_kind_of(std::string_view name);

/// The name of a place: of the district, street, school, class ("三年级2班") or pupil; empty if
/// there is none.
[[nodiscard]] Result<std::string> find_place_name(sql::Reader& store,
                                                  std::int64_t area,
                                                  const auth::Place& place,
                                                  LocalDay today);

}  // namespace sj::org
