#pragma once

#include <memory>
#include <optional>
#include <string>

#include "kernel/auth/vault.h"
#include "kernel/base/result.h"
#include "kernel/desk/desk.h"
#include "kernel/log/log.h"
#include "kernel/sql/sql.h"
#include "kernel/time/clock.h"
#include "kernel/time/entropy.h"
#include "kernel/time/ids.h"

namespace CLI {  // NOLINT(readability-identifier-naming): a library's
class App;
}

namespace sj::app {

/// Where a command finds the store: what every command with a store takes.
struct StoreOptions {
  std::string data = "data";  // a folder: SQLite, key file, lock, socket
  std::string database{};     // or `postgresql://…`
  std::string key{};          // the key file, when it is not in its usual place
};

/// Adds --data, --database and --key.
void add_store_options(CLI::App& command, StoreOptions& options);

/// A lock on a data folder: one writing process at a time. PostgreSQL needs none.
class FolderLock {
 public:
  FolderLock() = default;
  explicit FolderLock(int file) : file_(file) {}
  FolderLock(FolderLock&& other) noexcept : file_(other.file_) { other.file_ = -1; }
  FolderLock& operator=(FolderLock&& other) noexcept;
  ~FolderLock();

  [[nodiscard]] bool held() const { return file_ >= 0; }

 private:
  int file_ = -1;
};

/// An opened, migrated store with everything a unit of work needs.
class Store {
 public:
  enum class Want : unsigned char {
    create,    // make what is missing
    existing,  // refuse when there is nothing
    empty,     // make it; refuse when there is something
  };

  /// Takes the folder's lock when `lock` is set.
  /// Fails: app.no_store (not_found) · app.store_not_empty (conflict) · app.store_in_use
  /// (conflict): another process writes there · app.wrong_key (conflict): the key file is another
  /// store's · app.cannot_write · sql.*
  [[nodiscard]] static Result<std::unique_ptr<Store>> open(const StoreOptions& options,
                                                           Want want,
                                                           bool lock);
  /// The same with chance, ids and key derived from a seed, and a clock that stands still at
  /// `start`: the demo, whose content must not depend on the machine.
  [[nodiscard]] static Result<std::unique_ptr<Store>> open_demo(const StoreOptions& options,
                                                                std::string_view seed,
                                                                Instant start);

  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  [[nodiscard]] sql::Database& database() { return *database_; }
  [[nodiscard]] const Clock& clock() const { return *clock_; }
  [[nodiscard]] Entropy& entropy() { return *entropy_; }
  [[nodiscard]] IdSource& ids() { return *ids_; }
  [[nodiscard]] auth::Vault& vault() { return *vault_; }
  [[nodiscard]] const desk::Context& context() const { return *context_; }
  /// The socket of a live server, whether or not one is there; empty for PostgreSQL.
  [[nodiscard]] const std::string& socket() const { return socket_; }
  [[nodiscard]] const std::string& key_file() const { return key_file_; }
  /// False when the key file is missing: sealed fields cannot be read or written then.
  [[nodiscard]] bool has_key() const { return has_key_; }

  /// Starts the one writer of this process.
  [[nodiscard]] Result<std::unique_ptr<desk::Desk>> start_desk(const log::Log* log = nullptr);

 private:
  Store();
  [[nodiscard]] Result<void> open_database(const StoreOptions& options, Want want, bool lock);
  [[nodiscard]] Result<void> finish(const StoreOptions& options,
                                    const std::optional<std::string>& master);

  FolderLock lock_;
  std::string socket_;
  std::string key_file_;
  bool has_key_ = false;
  std::unique_ptr<sql::Database> database_;
  std::unique_ptr<Clock> clock_;
  std::unique_ptr<Entropy> entropy_;
  SystemClock real_clock_{};  // of ids: the demo's clock begins again with every start
  std::unique_ptr<IdSource> ids_;
  std::unique_ptr<auth::Vault> vault_;
  std::unique_ptr<desk::Context> context_;
};

/// The socket through which a live server on this folder takes commands; empty for PostgreSQL.
[[nodiscard]] std::string control_socket(const StoreOptions& options);

}  // namespace sj::app
