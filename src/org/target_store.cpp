#include "org/target_store.h"

#include <algorithm>
#include <array>
#include <utility>

#include "kernel/sql/statement.h"

#include "org/types.h"

namespace sj::org {
namespace {

const sql::Statement kArea{"SELECT name FROM org_area WHERE id = $1"};
const sql::Statement kStreet{"SELECT name FROM org_street WHERE area_id = $1 AND id = $2"};
const sql::Statement kSchool{
    "SELECT street_id, name FROM org_school WHERE area_id = $1 AND id = $2"};
const sql::Statement kClass{
    "SELECT c.school_id, s.street_id, c.stage, c.entry_year, c.number, c.name, s.primary_years "
    "FROM org_class c JOIN org_school s ON s.area_id = c.area_id AND s.id = c.school_id "
    "WHERE c.area_id = $1 AND c.id = $2"};
const sql::Statement kPupil{
    "SELECT m.school_id, s.street_id, CASE WHEN m.until_day IS NULL OR m.until_day > $3 THEN "
    "m.class_id END "
    "FROM org_membership m JOIN org_school s ON s.area_id = m.area_id AND s.id = m.school_id "
    "WHERE m.area_id = $1 AND m.person_id = $2 "
    "ORDER BY CASE WHEN m.from_day <= $3 AND (m.until_day IS NULL OR m.until_day > $3) THEN 0 "
    "ELSE 1 END, m.from_day DESC, m.id DESC LIMIT 1"};
const sql::Statement kWards{
    "SELECT DISTINCT pupil_id FROM org_guardianship WHERE area_id = $1 AND guardian_id = $2 AND "
    "from_day <= $3 AND (until_day IS NULL OR until_day > $3)"};
const sql::Statement kWork{
    "SELECT DISTINCT f.school_id, coalesce(s.street_id, 0) FROM org_staff f "
    "LEFT JOIN org_school s ON s.area_id = f.area_id AND s.id = f.school_id "
    "WHERE f.area_id = $1 AND f.person_id = $2 AND f.from_day <= $3 AND "
    "(f.until_day IS NULL OR f.until_day > $3)"};
const sql::Statement kPersonName{"SELECT name FROM org_person WHERE area_id = $1 AND id = $2"};

using auth::PlaceKind;

constexpr std::array<std::pair<PlaceKind, std::string_view>, 5> kKinds = {{
    {PlaceKind::area, "area"},
    {PlaceKind::street, "street"},
    {PlaceKind::school, "school"},
    {PlaceKind::class_, "class"},
    {PlaceKind::pupil, "pupil"},
}};

std::string class_name_of(const sql::Row& row, LocalDay today) {
  const int entry_year = static_cast<int>(row.integer(3));
  const Stage stage = stage_of(row.bytes(2)).value_or(Stage::primary);
  const auto grade =
      grade_of(stage, entry_year, static_cast<int>(row.integer(6)), school_year_of(today));
  return class_name(grade, entry_year, row.integer(4), row.bytes(5));
}

}  // namespace

Result<std::optional<auth::Target>> find_target(sql::Reader& store,
                                                std::int64_t area,
                                                const auth::Place& place,
                                                LocalDay today) {
  using Found = std::optional<auth::Target>;
  auth::Target target;
  target.area = area;
  switch (place.kind) {
    case PlaceKind::area:
      if (place.id != 0) return Found{};
      return Found{target};
    case PlaceKind::street: {
      const auto name = SJ_TRY(
          store.first(kStreet, {area, place.id}, [](const sql::Row& row) { return row.text(0); }));
      target.street = place.id;
      return name ? Found{target} : Found{};
    }
    case PlaceKind::school: {
      const auto street = SJ_TRY(store.first(kSchool, {area, place.id},
                                             [](const sql::Row& row) { return row.integer(0); }));
      target.school = place.id;
      target.street = street.value_or(0);
      return street ? Found{target} : Found{};
    }
    case PlaceKind::class_: {
      const auto found = SJ_TRY(store.first(kClass, {area, place.id}, [](const sql::Row& row) {
        return std::pair(row.integer(0), row.integer(1));
      }));
      if (!found) return Found{};
      target.class_id = place.id;
      target.school = found->first;
      target.street = found->second;
      return Found{target};
    }
    case PlaceKind::pupil:
      return find_pupil_target(store, area, place.id, today);
  }
  return Found{};
}

Result<std::optional<auth::Target>> find_pupil_target(sql::Reader& store,
                                                      std::int64_t area,
                                                      std::int64_t pupil,
                                                      LocalDay today) {
  return store.first(kPupil, {area, pupil, today}, [&](const sql::Row& row) {
    auth::Target target;
    target.area = area;
    target.school = row.integer(0);
    target.street = row.integer(1);
    target.class_id = row.maybe_integer(2).value_or(0);
    target.pupil = pupil;
    return target;
  });
}

Result<std::vector<auth::Target>> find_person_targets(sql::Reader& store,
                                                      std::int64_t area,
                                                      std::int64_t person,
                                                      LocalDay today) {
  std::vector<auth::Target> targets;
  const auto own = SJ_TRY(find_pupil_target(store, area, person, today));
  if (own) targets.push_back(*own);
  const auto wards = SJ_TRY(
      store.all(kWards, {area, person, today}, [](const sql::Row& row) { return row.integer(0); }));
  for (const std::int64_t ward : wards) {
    const auto target = SJ_TRY(find_pupil_target(store, area, ward, today));
    if (target) targets.push_back(*target);
  }
  const auto work = SJ_TRY(find_work_targets(store, area, person, today));
  targets.insert(targets.end(), work.begin(), work.end());
  return targets;
}

Result<std::vector<auth::Target>> find_work_targets(sql::Reader& store,
                                                    std::int64_t area,
                                                    std::int64_t person,
                                                    LocalDay today) {
  return store.all(kWork, {area, person, today}, [&](const sql::Row& row) {
    auth::Target target;
    target.area = area;
    target.school = row.integer(0);
    target.street = row.integer(1);
    return target;
  });
}

bool covers_any(const auth::Scope& scope, const std::vector<auth::Target>& targets) {
  return std::any_of(targets.begin(), targets.end(),
                     [&](const auth::Target& target) { return scope.covers(target); });
}

std::string_view name_of(PlaceKind kind) {
  return std::find_if(kKinds.begin(), kKinds.end(),
                      [&](const auto& one) { return one.first == kind; })
      ->second;
}

std::optional<PlaceKind> place_kind_of(std::string_view name) {
  const auto* const found = std::find_if(kKinds.begin(), kKinds.end(),
                                         [&](const auto& one) { return one.second == name; });
  if (found == kKinds.end()) return std::nullopt;
  return found->first;
}

Result<std::string> find_place_name(sql::Reader& store,
                                    std::int64_t area,
                                    const auth::Place& place,
                                    LocalDay today) {
  std::optional<std::string> name;
  const auto first_text = [](const sql::Row& row) { return row.text(0); };
  switch (place.kind) {
    case PlaceKind::area:
      name = SJ_TRY(store.first(kArea, {area}, first_text));
      break;
    case PlaceKind::street:
      name = SJ_TRY(store.first(kStreet, {area, place.id}, first_text));
      break;
    case PlaceKind::school:
      name = SJ_TRY(
          store.first(kSchool, {area, place.id}, [](const sql::Row& row) { return row.text(1); }));
      break;
    case PlaceKind::class_:
      name = SJ_TRY(store.first(kClass, {area, place.id},
                                [&](const sql::Row& row) { return class_name_of(row, today); }));
      break;
    case PlaceKind::pupil:
      name = SJ_TRY(store.first(kPersonName, {area, place.id}, first_text));
      break;
  }
  return name.value_or("");
}

}  // namespace sj::org
