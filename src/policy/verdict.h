#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernel/api/route.h"
#include "kernel/desk/tx.h"
#include "kernel/sql/sql.h"

#include "policy/pack.h"
#include "policy/setting.h"

/// Verdicts that are kept, with all they were made of, so that each can be made again for ever.
namespace sj::policy {

struct Settings;

struct KeptVerdict {
  std::int64_t id = 0;
  std::int64_t school = 0;  // 0: of no school
  std::string rule{};
  std::string version{};
  std::string place{};  // digits of GB/T 2260
  LocalDay on = LocalDay::first();
  std::string facts{};  // a JSON object, with what the district recorded
  std::string verdict{};
  std::string value{};  // JSON
  std::string limit{};  // JSON
  std::string explanation{};
  Instant made{0};
};

/// Judges and keeps. `facts` is a JSON object; a recorded exemption is added to it.
/// Fails: as Book::rule and Book::facts.
[[nodiscard]] Result<KeptVerdict> keep_verdict(desk::Tx& tx,
                                               std::int64_t area,
                                               const Book& book,
                                               std::int64_t school,
                                               std::string_view rule,
                                               LocalDay on,
                                               const std::string& facts);

/// The latest first, at most 200, with ids below `before` (0: all).
[[nodiscard]] Result<std::vector<KeptVerdict>> list_verdicts(sql::Reader& store,
                                                             const auth::Scope& scope,
                                                             std::int64_t school,
                                                             std::int64_t before);

/// What recheck found. `differs` are ids of at most 100.
struct Recheck {
  std::int64_t checked = 0;
  std::int64_t same = 0;
  std::vector<std::int64_t> differs{};
};
/// Makes every kept verdict of a district again from its own facts and its own version of the rule,
/// and compares verdict, value and limit: sentences are worded by the program of the day.
/// Fails: policy.bad_pack (an archive is damaged) · sql.*
[[nodiscard]] Result<Recheck> recheck(sql::Reader& store, std::int64_t area);

void add_verdict_routes(api::Room& room, const Settings& settings);

}  // namespace sj::policy
