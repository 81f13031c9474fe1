#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/sql/statement.h"
#include "kernel/sql/value.h"

namespace sj::sql {

/// Parameters of one call, in the order of `$1..$n`.
using Binds = std::initializer_list<Bind>;

using OnRow = std::function<Result<void>(const Row&)>;

/// Gives the parameters of call number i.
using Fill = std::function<void(std::size_t, std::vector<Bind>&)>;

/// Asks a store. Belongs to one thread. What stores of rooms take for loading.
///
/// Fails, all: sql.unavailable (unavailable): the server is gone or the file is locked for too long
/// · sql.no_room, sql.corrupt, sql.store_gone (unavailable): the disk is full, the store damaged,
/// its files moved away (the last two for good) · sql.failed (internal): a fault of ours; the
/// detail names the statement, never its values.
class Reader {
 public:
  Reader() = default;
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  virtual ~Reader() = default;

  [[nodiscard]] virtual Dialect dialect() const = 0;

  /// Calls `on_row` for each row, in order; an error of it ends the query and is returned.
  /// `on_row` may run other statements, but not this one.
  [[nodiscard]] virtual Result<void> each(const Statement& statement,
                                          std::span<const Bind> binds,
                                          const OnRow& on_row) = 0;

  [[nodiscard]] Result<void> each(const Statement& statement, Binds binds, const OnRow& on_row) {
    return each(statement, std::span<const Bind>(binds.begin(), binds.size()), on_row);
  }

  /// The first row made into a T by `make(row)`, or nothing if there is none.
  template <class Make, class T = std::invoke_result_t<Make, const Row&>>
  [[nodiscard]] Result<std::optional<T>> first(const Statement& statement,
                                               Binds binds,
                                               const Make& make) {
    std::optional<T> found;
    SJ_TRY(each(statement, binds, [&](const Row& row) -> Result<void> {
      if (!found) found.emplace(make(row));
      return {};
    }));
    return found;
  }

  /// Every row made into a T.
  template <class Make, class T = std::invoke_result_t<Make, const Row&>>
  [[nodiscard]] Result<std::vector<T>> all(const Statement& statement,
                                           Binds binds,
                                           const Make& make) {
    std::vector<T> rows;
    SJ_TRY(each(statement, binds, [&](const Row& row) -> Result<void> {
      rows.push_back(make(row));
      return {};
    }));
    return rows;
  }

  /// The integer of the only row, such as a count. No row, or NULL, is 0.
  [[nodiscard]] Result<std::int64_t> number(const Statement& statement, Binds binds);
};

/// Changes a store, inside a transaction that somebody else began.
///
/// After an error of a statement the transaction is spoilt: all but rollback() and
/// rollback_to_savepoint() is refused (sql.failed). What may be there already is written with
/// ON CONFLICT DO NOTHING, not by trying.
///
/// Fails besides: sql.duplicate (conflict): a unique key is taken; the detail names the key ·
/// sql.refused (internal): another constraint said no.
class Writer : public Reader {
 public:
  /// Gives: how many rows were changed. Rows of RETURNING are read with each().
  [[nodiscard]] virtual Result<std::int64_t> run(const Statement& statement,
                                                 std::span<const Bind> binds) = 0;

  [[nodiscard]] Result<std::int64_t> run(const Statement& statement, Binds binds) {
    return run(statement, std::span<const Bind>(binds.begin(), binds.size()));
  }

  /// Runs one statement `count` times in as few round trips as the engine allows; `fill(i, binds)`
  /// is given an empty vector to fill, whose views must last until the next call of `fill`. Stops
  /// at the first error. Only inside a transaction. `on_row`, unless it is empty, is called for
  /// each row of a statement that gives those it changed. Gives: rows changed in all.
  [[nodiscard]] virtual Result<std::int64_t> run_many(const Statement& statement,
                                                      std::size_t count,
                                                      const Fill& fill,
                                                      const OnRow& on_row) = 0;

  [[nodiscard]] Result<std::int64_t> run_many(const Statement& statement,
                                              std::size_t count,
                                              const Fill& fill) {
    return run_many(statement, count, fill, OnRow());
  }
};

/// One connection, for one thread at a time. Statements are prepared when first used.
class Connection : public Writer {
 public:
  /// `begin_read`: a snapshot that no write disturbs. `begin_write`: the right to write, waited for
  /// as long as the engine's busy limit (2 s).
  [[nodiscard]] virtual Result<void> begin_read() = 0;
  [[nodiscard]] virtual Result<void> begin_write() = 0;
  /// On the disk when it returns (synchronous=FULL, synchronous_commit=on). After an error nothing
  /// is stored; only when a PostgreSQL server went away while committing nobody knows. In either
  /// case the transaction is over.
  [[nodiscard]] virtual Result<void> commit() = 0;
  /// Never fails visibly: a connection that cannot roll back is broken and reconnects. Without a
  /// transaction it does nothing.
  virtual void rollback() = 0;
  /// One level is enough for one unit of work inside a group. It ends by exactly one of the two
  /// others; undoing it heals a transaction that an error has spoilt.
  [[nodiscard]] virtual Result<void> savepoint() = 0;
  [[nodiscard]] virtual Result<void> release_savepoint() = 0;
  [[nodiscard]] virtual Result<void> rollback_to_savepoint() = 0;

  /// Runs a script of several statements; macros are replaced (expand_script). For migrations,
  /// dumps and tests.
  [[nodiscard]] virtual Result<void> script(std::string_view sql) = 0;

  /// Prepares a statement and forgets it; for the test that prepares all.
  [[nodiscard]] virtual Result<void> prepare(const Statement& statement) = 0;

  /// Asks with a text that is made at run time: catalogues and dumps only.
  [[nodiscard]] virtual Result<void> each_text(std::string_view sql,
                                               std::span<const Bind> binds,
                                               const OnRow& on_row) = 0;
  [[nodiscard]] virtual Result<std::int64_t> run_text(std::string_view sql,
                                                      std::span<const Bind> binds) = 0;
};

/// Where the store is.
struct Address {
  /// SQLite: the file. Its folder must exist.
  std::string file{};
  /// PostgreSQL, if not empty: `postgresql://…`, then `file` is not looked at.
  std::string url{};
};

enum class Mode : unsigned char { read, write };

/// A store; gives out connections. Safe to use from many threads.
class Database {
 public:
  /// Fails: sql.cannot_open (unavailable), with the reason; the password of a URL is never shown.
  [[nodiscard]] static Result<std::unique_ptr<Database>> open(const Address& address);

  Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  virtual ~Database() = default;

  [[nodiscard]] virtual Dialect dialect() const = 0;
  /// Fails once a connection has met damage (sql.corrupt) or the files of the store are not those
  /// it was opened with (sql.store_gone): nothing is written any more, reading goes on where it
  /// can.
  [[nodiscard]] virtual Result<void> check_sound() const = 0;
  /// False from a question that was not answered until one that is: what requests know of it.
  [[nodiscard]] virtual bool answers() const = 0;
  /// Reads the structure of the whole store, where the engine can, and remembers what it finds.
  /// Fails: sql.corrupt · sql.*
  [[nodiscard]] virtual Result<void> look_through() = 0;
  /// A `read` connection refuses to write, on both engines.
  [[nodiscard]] virtual Result<std::unique_ptr<Connection>> connect(Mode mode) = 0;
};

/// One forward-only step of the schema.
struct Migration {
  std::string_view name{};  // `20261121_0900_enrolment`; sorts by time over all rooms
  std::string_view sql{};
};

/// All migrations of the product, sorted; generated from `src/*/migrations/*.sql` at build time.
[[nodiscard]] std::span<const Migration> migrations();

/// Applies what is missing, each in a transaction of its own, and records its name and hash.
///
/// Gives:   how many were applied.
/// Fails:   sql.migration_changed (internal): one that was applied has another text now ·
///          sql.newer_store (conflict): the store was written by a newer program · sql.*
[[nodiscard]] Result<int> migrate(Connection& connection, std::span<const Migration> steps);

}  // namespace sj::sql
