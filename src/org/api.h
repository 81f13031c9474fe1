#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernel/auth/access.h"
#include "kernel/base/result.h"
#include "kernel/sql/sql.h"
#include "kernel/time/local_day.h"

#include "org/rights.h"

/// What other rooms may ask of this one. Rights of all rooms stand in rights.h, because roles do.
namespace sj::org {

/// A school as other rooms need it.
struct SchoolPlace {
  std::int64_t id = 0;
  std::string name{};
  std::string stages{};  // types.h
  bool rural = false;
};

/// A term of the district (学期): school year 2026 begins in September 2026; part 1 autumn, 2
/// spring.
struct TermDays {
  std::int64_t school_year = 0;
  std::int64_t part = 1;
  LocalDay first_day = LocalDay::first();
  LocalDay last_day = LocalDay::first();
};

/// Gives:   the school; nothing if there is none or the scope does not cover it.
/// Fails:   sql.unavailable (unavailable)
/// Source:  design
[[nodiscard]] Result<std::optional<SchoolPlace>> find_school_place(sql::Reader& store,
                                                                   const auth::Scope& scope,
                                                                   std::int64_t school);
/// Gives:   the schools that the scope covers, ordered by id.
/// Fails:   sql.unavailable (unavailable)
/// Source:  design
[[nodiscard]] Result<std::vector<SchoolPlace>> list_school_places(sql::Reader& store,
                                                                  const auth::Scope& scope,
                                                                  LocalDay today);
/// Gives:   the terms of a district, ordered by their first day.
/// Fails:   sql.unavailable (unavailable)
/// Source:  design
[[nodiscard]] Result<std::vector<TermDays>> list_term_days(sql::Reader& store, std::int64_t area);

/// A district (区县) with its code of GB/T 2260, "430602".
struct District {
  std::int64_t id = 0;  // 0: there is none
  std::string code{};
};
/// Gives:   the district; of area 0 the only one there is, if there is one only.
/// Fails:   sql.unavailable (unavailable)
/// Source:  GB/T 2260
[[nodiscard]] Result<District> find_district(sql::Reader& store, std::int64_t area);

}  // namespace sj::org
