#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/auth/access.h"
#include "kernel/base/result.h"
#include "kernel/desk/tx.h"
#include "kernel/sql/sql.h"

#include "org/types.h"

/// Schools, their classes, streets and terms (学校、班级、街道、学期).
namespace sj::org {

struct SchoolCounts {
  std::int64_t classes = 0;
  std::int64_t pupils = 0;
  std::int64_t staff = 0;
  std::int64_t joined_pupils = 0;  // at least one guardian uses the product
};

struct School {
  std::int64_t id = 0;
  std::string code{};
  std::string name{};
  std::string kind{};
  std::string stages{};
  int primary_years = 6;
  std::int64_t street_id = 0;
  std::string street{};
  bool rural = false;
  LocalDay opened_on = LocalDay::first();
  std::optional<LocalDay> closed_on{};
  SchoolCounts counts{};
};

/// Those the scope covers, ordered by id, with today's figures.
[[nodiscard]] Result<std::vector<School>> list_schools(sql::Reader& store,
                                                       const auth::Scope& scope,
                                                       LocalDay today);
/// Nothing if there is none or the scope does not cover it; without figures.
[[nodiscard]] Result<std::optional<School>> find_school(sql::Reader& store,
                                                        const auth::Scope& scope,
                                                        std::int64_t school);
/// Fails: org.school_exists (conflict): the name is taken · sql.*
[[nodiscard]] Result<void> insert_school(desk::Tx& tx, std::int64_t area, const School& school);
[[nodiscard]] Result<void> update_school(desk::Tx& tx, std::int64_t area, const School& school);

struct Street {
  std::int64_t id = 0;
  std::string code{};
  std::string name{};
};
[[nodiscard]] Result<std::vector<Street>> list_streets(sql::Reader& store, std::int64_t area);
[[nodiscard]] Result<void> insert_street(desk::Tx& tx, std::int64_t area, const Street& street);

struct Term {
  std::int64_t id = 0;
  std::int64_t school_year = 0;
  std::int64_t part = 1;
  LocalDay first_day = LocalDay::first();
  LocalDay last_day = LocalDay::first();
};
[[nodiscard]] Result<std::vector<Term>> list_terms(sql::Reader& store, std::int64_t area);
/// Fails: org.term_exists (conflict) · sql.*
[[nodiscard]] Result<void> insert_term(desk::Tx& tx, std::int64_t area, const Term& term);

struct Class {
  std::int64_t id = 0;
  std::int64_t school_id = 0;
  Stage stage = Stage::primary;
  int entry_year = 0;
  std::int64_t number = 0;
  std::string own_name{};
  LocalDay opened_on = LocalDay::first();
  std::optional<LocalDay> closed_on{};
  std::string school{};  // its name
  int primary_years = 6;
  std::int64_t pupils = 0;
  std::int64_t joined_pupils = 0;
  std::int64_t homeroom_id = 0;  // 班主任; 0: none
  std::string homeroom{};
};
/// Those of a school that the scope covers, with today's figures, by stage, latest entry first.
[[nodiscard]] Result<std::vector<Class>> list_classes(sql::Reader& store,
                                                      const auth::Scope& scope,
                                                      std::int64_t school,
                                                      LocalDay today);
[[nodiscard]] Result<std::optional<Class>> find_class(sql::Reader& store,
                                                      const auth::Scope& scope,
                                                      std::int64_t class_id,
                                                      LocalDay today);
/// Fails: org.class_exists (conflict) · sql.*
[[nodiscard]] Result<void> insert_class(desk::Tx& tx, std::int64_t area, const Class& what);
[[nodiscard]] Result<void> update_class(desk::Tx& tx, std::int64_t area, const Class& what);

/// What needs a person now, by school; the scope decides whose. `kind` as in the web's catalogue.
struct Exception {
  std::string kind{};
  std::int64_t count = 0;
  std::int64_t school_id = 0;
};
[[nodiscard]] Result<std::vector<Exception>> list_exceptions(sql::Reader& store,
                                                             const auth::Scope& scope,
                                                             Instant now);

}  // namespace sj::org
