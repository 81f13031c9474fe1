#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/api/route.h"
#include "kernel/auth/secret.h"
#include "kernel/desk/tx.h"

namespace sj::org {

struct Settings;

/// The start of a store: districts and their first officers, so that none of the three has to be
/// appointed by another one alone. Only whoever may use the data
/// folder (auth::kOperate) gets here.
void add_setup_routes(api::Room& room, const Settings& settings);

/// The district an operator means: by id or code; empty: the only one, 0 while there is none.
/// Fails: org.area_needed (invalid): there are several, or no such one.
[[nodiscard]] Result<std::int64_t> find_operator_area(sql::Reader& store, std::string_view named);

/// The id of the district with that code, made with its retention periods if there is none.
/// Fails: org.bad_area_code (invalid): not six digits · sql.*
[[nodiscard]] Result<std::int64_t> ensure_area(desk::Tx& tx,
                                               std::string_view code,
                                               std::string_view name);

/// Somebody's way in, with one role from today on.
struct NewLogin {
  std::int64_t person = 0;
  std::string username{};  // normalised
  std::string password_hash{};
  bool must_change = true;
  std::string role{};  // empty: what he may do follows from his classes
  auth::Place place{};
};
/// Fails: org.username_taken (conflict) · org.has_account (conflict) · sql.*
[[nodiscard]] Result<void> insert_login(desk::Tx& tx, std::int64_t area, const NewLogin& login);

/// A person who works for the district office. Gives: the person's id.
[[nodiscard]] Result<std::int64_t> insert_office_member(desk::Tx& tx,
                                                        std::int64_t area,
                                                        std::string_view name);

}  // namespace sj::org
