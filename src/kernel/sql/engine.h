#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "kernel/base/result.h"
#include "kernel/sql/sql.h"

// What both engines share. Not for others: they include sql.h.
namespace sj::sql {

[[nodiscard]] Result<std::unique_ptr<Database>> open_sqlite(const std::string& file);
[[nodiscard]] Result<std::unique_ptr<Database>> open_postgres(const std::string& url);
/// An SQLite store that is gone with its connection.
[[nodiscard]] Result<std::unique_ptr<Connection>> open_in_memory();

inline constexpr std::string_view kMigrationTable =
    "CREATE TABLE IF NOT EXISTS kernel_migration ("
    "name TEXT NOT NULL PRIMARY KEY, sha256 TEXT NOT NULL) {{STRICT}};";

/// The beginning of a statement on one line, for reports. Statements hold no values.
[[nodiscard]] std::string brief(std::string_view sql);

/// `reason` must hold no value of a row or parameter. `sql` may be empty.
[[nodiscard]] Error unavailable(std::string_view reason, std::string_view sql = {});
/// The disk is full or takes no more: nothing was stored, and it may go on later.
[[nodiscard]] Error no_room(std::string_view reason, std::string_view sql = {});
/// Somebody moved the files of the store away: what is written would be lost with them.
[[nodiscard]] Error store_gone(std::string_view reason);
/// What is stored is damaged, or the disk does not say whether it was stored.
[[nodiscard]] Error corrupt(std::string_view reason, std::string_view sql = {});
[[nodiscard]] Error failed(std::string_view reason, std::string_view sql = {});
[[nodiscard]] Error refused(std::string_view reason, std::string_view sql = {});
/// `key` is `table (column, column)`.
[[nodiscard]] Error duplicate(std::string_view key);

/// Ends the unit of work: a statement and its reader do not fit.
[[noreturn]] void throw_misfit(std::string_view what, std::string_view sql);

/// Both engines take the same texts: UTF-8 without a zero byte. Else sql.refused.
[[nodiscard]] Result<void> check_texts(std::span<const Bind> binds, std::string_view sql);

/// Does a text only ask, so that it can be read through a cursor?
[[nodiscard]] bool only_asks(std::string_view sql);

/// `[1,2]` or `{1,2}`.
[[nodiscard]] std::string join_ids(std::span<const std::int64_t> ids, char open, char close);

/// Called before every change and commit: ends the process here, when this is the write that
/// SJ_KILL_AT=n in its environment names. For the tests of sudden death.
void write_point();

/// Which file a path leads to.
struct FileId {
  std::uint64_t device = 0;
  std::uint64_t number = 0;  // 0: no file is there

  [[nodiscard]] static FileId of(const std::string& path);
  friend bool operator==(const FileId&, const FileId&) = default;
};

/// Has a connection of this database met damage? Whoever finds it first stops all writing of this
/// process, for good: what is written on top of damage is lost with it.
class Soundness {
 public:
  /// Passes an error on, remembering it if it tells of damage.
  [[nodiscard]] Error note(Error error);
  /// Fails: sql.corrupt, sql.store_gone (unavailable), once that was met.
  [[nodiscard]] Result<void> check_writable() const;

 private:
  std::atomic<bool> corrupt_ = false;
  std::atomic<bool> gone_ = false;
};

/// Where a connection stands. Both engines then refuse the same calls.
struct Standing {
  enum class Transaction : unsigned char { none, read, write };
  Transaction transaction = Transaction::none;
  bool savepoint = false;
  bool spoilt = false;  // a statement failed; only rolling back helps
  bool lost = false;    // the engine gave the transaction up by itself

  [[nodiscard]] bool open() const { return transaction != Transaction::none; }
  /// Fails: sql.unavailable when lost · sql.failed when spoilt, or when a read transaction is to
  /// write.
  [[nodiscard]] Result<void> check(bool writes, std::string_view sql) const;
};

}  // namespace sj::sql
