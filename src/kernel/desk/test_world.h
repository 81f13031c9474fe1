#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

/// Holds the desk's thread, so that units queue up behind and make one group.
class Gate {
 public:
  explicit Gate(Desk& desk) {
    // The desk may still be waking up when the gate is gone.
    desk.submit(clerk(),
                [state = state_](Tx&) -> Result<void> {
                  std::unique_lock lock(state->mutex);
                  state->is_held = true;
                  state->changed.notify_all();
                  state->changed.wait(lock, [&] { return state->is_open; });
                  return {};
                },
                {})
        .value();
    std::unique_lock lock(state_->mutex);
    state_->changed.wait(lock, [&] { return state_->is_held; });
  }
  ~Gate() { open(); }
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  void open() {
    const std::scoped_lock lock(state_->mutex);
    state_->is_open = true;
    state_->changed.notify_all();
  }

 private:
  struct State {
    std::mutex mutex{};
    std::condition_variable changed{};
    bool is_held = false;
    bool is_open = false;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

/// A connection that fails as planned.
class Faulty final : public sql::Connection {
 public:
  struct Plan {
    std::atomic<int> begins_refused = 0;  // so many times, with sql.unavailable
    std::atomic<int> commits_lost = 0;
    std::atomic<int> savepoints_lost = 0;
  };
  Faulty(std::unique_ptr<sql::Connection> real, Plan& plan) : real_(std::move(real)), plan_(plan) {}

  [[nodiscard]] sql::Dialect dialect() const override { return real_->dialect(); }
  Result<void> each(const sql::Statement& statement,
                    std::span<const sql::Bind> binds,
                    const sql::OnRow& on_row) override {
    return real_->each(statement, binds, on_row);
  }
  Result<std::int64_t> run(const sql::Statement& statement,
                           std::span<const sql::Bind> binds) override {
    return real_->run(statement, binds);
  }
  Result<std::int64_t> run_many(const sql::Statement& statement,
                                std::size_t count,
                                const sql::Fill& fill,
                                const sql::OnRow& on_row) override {
    return real_->run_many(statement, count, fill, on_row);
  }
  Result<void> begin_read() override { return real_->begin_read(); }
  Result<void> begin_write() override {
    if (plan_.begins_refused > 0) {
      --plan_.begins_refused;
      return gone();
    }
    return real_->begin_write();
  }
  Result<void> commit() override {
    if (plan_.commits_lost > 0) {
      --plan_.commits_lost;
      real_->rollback();
      return gone();
    }
    return real_->commit();
  }
  void rollback() override { real_->rollback(); }
  Result<void> savepoint() override {
    if (plan_.savepoints_lost > 0) {
      --plan_.savepoints_lost;
      return gone();
    }
    return real_->savepoint();
  }
  Result<void> release_savepoint() override { return real_->release_savepoint(); }
  Result<void> rollback_to_savepoint() override { return real_->rollback_to_savepoint(); }
  Result<void> script(std::string_view sql) override { return real_->script(sql); }
  Result<void> prepare(const sql::Statement& statement) override {
    return real_->prepare(statement);
  }
  Result<void> each_text(std::string_view sql,
                         std::span<const sql::Bind> binds,
                         const sql::OnRow& on_row) override {
    return real_->each_text(sql, binds, on_row);
  }
  Result<std::int64_t> run_text(std::string_view sql, std::span<const sql::Bind> binds) override {
    return real_->run_text(sql, binds);
  }

 private:
  static Error gone() {
    return {ErrorKind::unavailable, std::string("sql") + ".unavailable", "planned"};
  }
  std::unique_ptr<sql::Connection> real_;
  Plan& plan_;
};

}  // namespace sj::desk
