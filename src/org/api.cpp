#include "org/api.h"

#include <algorithm>

#include "kernel/sql/statement.h"

#include "org/school_store.h"

namespace sj::org {

namespace {

const sql::Statement kDistrict{
    "SELECT id, code FROM org_area WHERE $1 = id "
    "OR ($1 = 0 AND (SELECT count(*) FROM org_area) = 1)"};

SchoolPlace place_of(const School& school) {
  return {school.id, school.name, school.stages, school.rural};
}

}  // namespace

Result<std::optional<SchoolPlace>> find_school_place(sql::Reader& store,
                                                     const auth::Scope& scope,
                                                     std::int64_t school) {
  const auto found = SJ_TRY(find_school(store, scope, school));
  if (!found) return std::optional<SchoolPlace>();
  return std::optional<SchoolPlace>(place_of(*found));
}

Result<std::vector<SchoolPlace>> list_school_places(sql::Reader& store,
                                                    const auth::Scope& scope,
                                                    LocalDay today) {
  std::vector<SchoolPlace> places;
  for (const School& school : SJ_TRY(list_schools(store, scope, today))) {
    places.push_back(place_of(school));
  }
  return places;
}

Result<std::vector<TermDays>> list_term_days(sql::Reader& store, std::int64_t area) {
  std::vector<TermDays> terms;
  for (const Term& term : SJ_TRY(list_terms(store, area))) {
    terms.push_back({term.school_year, term.part, term.first_day, term.last_day});
  }
  std::sort(terms.begin(), terms.end(),
            [](const TermDays& a, const TermDays& b) { return a.first_day < b.first_day; });
  return terms;
}

Result<District> find_district(sql::Reader& store, std::int64_t area) {
  const auto found = SJ_TRY(store.first(kDistrict, {area}, [](const sql::Row& row) {
    return District{row.integer(0), row.text(1)};
  }));
  return found.value_or(District());
}

}  // namespace sj::org
