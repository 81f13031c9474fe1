#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

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
  std::string data = "data";   // a folder: SQLite, key file, lock, socket
  std::string database{};      // or `postgresql://…`
  std::string key{};           // the key file, when it is not in its usual place
  bool half_restored = false;  // restore itself looks at what it has filled so far
};

/// Adds --data, --database and --key.
void add_store_options(CLI::App& command, StoreOptions& options);

/// A lock on a data folder: one writing process at a time. PostgreSQL needs none.
class FolderLock {
 public:
  FolderLock() = default;
  explicit FolderLock(int file) : file_(file) {}
  /// Fails: app.store_in_use (conflict) · app.cannot_write
  [[nodiscard]] static Result<FolderLock> take(const std::string& folder);
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

  /// Who `writes` takes the folder's lock and needs the key. A key is made together with a store
  /// and never later: what was sealed under the one before could not be read, nor people be found
  /// again.
  /// Fails: app.no_store (not_found) · app.store_not_empty (conflict) · app.store_in_use
  /// (conflict): another process writes there · app.no_key (conflict): the key file is missing ·
  /// app.bad_key_file (invalid) · app.wrong_key (conflict): the key file is another store's ·
  /// app.code_in_store (conflict): somebody put triggers or the like into it, and it `writes` ·
  /// app.half_restored (conflict): a restore was broken off there · app.restored_changed
  /// (conflict): it `writes` first to what was restored without the key, and the trail does not
  /// explain that · app.cannot_write · sql.*
  [[nodiscard]] static Result<std::unique_ptr<Store>> open(const StoreOptions& options,
                                                           Want want,
                                                           bool writes);
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
  /// False only for who does not write: why is in key_problem(), and the vault seals nothing.
  [[nodiscard]] bool has_key() const { return vault_->has_key(); }
  [[nodiscard]] const std::optional<Error>& key_problem() const { return key_problem_; }
  /// Does the key file say that a store was sealed with this key? Then none passes for one of
  /// before there were seals.
  [[nodiscard]] bool key_has_sealed() const { return key_has_sealed_; }
  /// Can others than its owner read the key file?
  [[nodiscard]] bool key_is_open() const;

  /// What is wrong around the store, for /readyz: app.disk_low, app.key_gone.
  [[nodiscard]] std::vector<std::string> look_around() const;

  /// Before the first request after a restore: ends the sessions and invitations of the backup
  /// (org/restored.h), once.
  [[nodiscard]] Result<void> end_restore(desk::Desk& desk);

  /// Starts the one writer of this process.
  [[nodiscard]] Result<std::unique_ptr<desk::Desk>> start_desk(const log::Log* log = nullptr);

 private:
  Store();
  [[nodiscard]] Result<void> open_database(const StoreOptions& options, Want want, bool writes);
  [[nodiscard]] Result<void> finish(const StoreOptions& options,
                                    const std::optional<std::string>& master,
                                    bool writes);
  [[nodiscard]] Result<void> take_key(sql::Connection& store,
                                      const StoreOptions& options,
                                      const std::optional<std::string>& master,
                                      bool writes);
  [[nodiscard]] Result<void> prove_restored();
  [[nodiscard]] Result<void> sign_key();

  FolderLock lock_;
  std::string folder_;  // empty for PostgreSQL
  std::string socket_;
  std::string key_file_;
  std::optional<Error> key_problem_;
  bool key_has_sealed_ = false;
  std::unique_ptr<sql::Database> database_;
  std::unique_ptr<Clock> clock_;
  std::unique_ptr<Entropy> entropy_;
  SystemClock real_clock_{};  // of ids: the demo's clock begins again with every start
  std::unique_ptr<IdSource> ids_;
  std::unique_ptr<auth::Vault> vault_;
  std::unique_ptr<desk::Context> context_;
};

/// Are there tables in it already?
[[nodiscard]] Result<bool> has_tables(sql::Connection& store);

/// The mark that a restore leaves: whoever opens a store that is half restored is refused; the
/// first start of one that is wholly restored ends what must not live again. Where the key was not
/// there to compare the rows with the trail, the first start does that before, and is refused when
/// they differ.
enum class Restored : unsigned char { half, wholly, unproved };
/// Inside a transaction; nothing takes the mark away.
[[nodiscard]] Result<void> mark_restored(sql::Writer& store, std::optional<Restored> how);
/// Also false where there are no tables.
[[nodiscard]] Result<bool> has_mark(sql::Connection& store, Restored how);

/// The file that stands in a folder as long as a restore into it has not ended.
[[nodiscard]] std::string restore_mark(const std::string& folder);

/// The socket through which a live server on this folder takes commands; empty for PostgreSQL.
[[nodiscard]] std::string control_socket(const StoreOptions& options);

}  // namespace sj::app
