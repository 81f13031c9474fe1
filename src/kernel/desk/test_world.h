#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "kernel/auth/vault.h"
#include "kernel/desk/desk.h"
#include "kernel/sql/fresh_store.h"
#include "kernel/sql/statement.h"
#include "kernel/time/clock.h"
#include "kernel/time/entropy.h"
#include "kernel/time/ids.h"
#include "kernel/time/zone.h"

namespace sj::desk {

/// A migrated store with a table of a room, and what a desk needs. For tests only.
struct World {
  explicit World(sql::Dialect dialect);

  [[nodiscard]] std::unique_ptr<Desk> open_desk(DeskLimits limits = {});
  [[nodiscard]] std::unique_ptr<sql::Connection> reader();
  /// The names in the room's table, in order of id, with a blank between.
  [[nodiscard]] std::string names();
  [[nodiscard]] std::int64_t number(const sql::Statement& statement, sql::Binds binds = {});
  /// Changes the store past the desk.
  void tamper(const sql::Statement& statement, sql::Binds binds);

  sql::FreshStore store;
  TestClock clock{parse_instant("2026-10-12T08:00:00+08:00").value()};
  SequentialIds ids{1};
  SeededEntropy entropy{"desk"};
  auth::Vault vault{std::string(auth::Vault::kMasterBytes, 'm'), entropy};
  Context context{clock, ids, entropy, vault};
};

inline constexpr std::int64_t kArea = 430'103;

[[nodiscard]] auth::Actor clerk();
/// Inserts a row of the room with this name, and with an entry in the trail.
[[nodiscard]] Result<void> add(Tx& tx, const std::string& name);
/// The same without an entry.
[[nodiscard]] Result<void> add_unaudited(Tx& tx, const std::string& name);
[[nodiscard]] Entry entry_of(std::int64_t school, std::string action = "test.pupil.added");
[[nodiscard]] std::string code_of(const Result<void>& result);

}  // namespace sj::desk
