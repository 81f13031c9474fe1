#include <array>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/base/check.h"
#include "kernel/sql/engine.h"

namespace sj::sql {

namespace {

// Whoever waits for a lock of somebody else is told within three seconds.
constexpr int kBusyMs = 2000;

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
using Handle = std::unique_ptr<sqlite3, CloseDatabase>;

struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

/// A statement as SQLite compiled it.
struct Prepared {
  std::unique_ptr<sqlite3_stmt, FinalizeStatement> handle{};
  std::string_view sql{};
  /// Where $1, $2, ... are: SQLite numbers parameters as they appear, whatever their names say.
  std::vector<int> slots{};
  bool running = false;
};

/// From the first step to the end, on every way out.
class Running {
 public:
  explicit Running(Prepared& prepared) : prepared_(prepared) {
    if (prepared_.running) throw_misfit("a statement runs inside itself", prepared_.sql);
    prepared_.running = true;
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    sqlite3_reset(prepared_.handle.get());
    prepared_.running = false;
  }

 private:
  Prepared& prepared_;
};

class SqliteRow final : public Row {
 public:
  SqliteRow(sqlite3_stmt* statement, std::string_view sql) : statement_(statement), sql_(sql) {}

  [[nodiscard]] bool is_null(int column) const override { return type(column) == SQLITE_NULL; }

  [[nodiscard]] std::int64_t integer(int column) const override {
    if (type(column) != SQLITE_INTEGER) misfit(column, "an integer");
    return sqlite3_column_int64(statement_, column);
  }

  [[nodiscard]] std::string_view bytes(int column) const override {
    const int found = type(column);
    if (found != SQLITE_TEXT && found != SQLITE_BLOB) misfit(column, "text or bytes");
    const void* data = sqlite3_column_blob(statement_, column);
    const int size = sqlite3_column_bytes(statement_, column);
    if (size == 0) return {};
    return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
  }

 private:
  [[nodiscard]] int type(int column) const {
    if (column < 0 || column >= sqlite3_data_count(statement_)) misfit(column, "there");
    return sqlite3_column_type(statement_, column);
  }
  [[noreturn]] void misfit(int column, const char* wanted) const {
    throw_misfit("column " + std::to_string(column) + " is not " + wanted, sql_);
  }

  sqlite3_stmt* statement_;
  std::string_view sql_;
};

/// `org_pupil (area_id, name)` out of `UNIQUE constraint failed: org_pupil.area_id,
/// org_pupil.name`.
std::string key_of(std::string_view message) {
  const std::size_t colon = message.find(": ");
  if (colon == std::string_view::npos) return std::string(message);
  message.remove_prefix(colon + 2);
  const std::size_t dot = message.find('.');
  if (dot == std::string_view::npos) return std::string(message);  // index 'name'
  const std::string_view prefix = message.substr(0, dot + 1);
  std::string key = std::string(message.substr(0, dot)) + " (";
  while (message.substr(0, prefix.size()) == prefix) {
    message.remove_prefix(prefix.size());
    const std::size_t comma = std::min(message.find(", "), message.size());
    key += message.substr(0, comma);
    message.remove_prefix(std::min(comma + 2, message.size()));
    if (!message.empty()) key += ", ";
  }
  return key + ")";
}

/// Did a write not find room? SQLite calls only a full disk by its name, not a quota or a limit on
/// the size of files. It has undone the transaction, and what is stored is as it was; whereas after
/// a failed read or sync nobody knows what the disk holds.
bool is_want_of_room(int code) {
  return code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_TRUNCATE ||
         code == SQLITE_IOERR_SHMSIZE || code == SQLITE_IOERR_SHMMAP || code == SQLITE_IOERR_NOMEM;
}

Error error_of(sqlite3* database, int code, std::string_view sql) {
  const char* message = sqlite3_errmsg(database);
  switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return duplicate(key_of(message));
    default:
      break;
  }
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      return refused(message, sql);
    case SQLITE_FULL:
      return no_room(message, sql);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return corrupt(message, sql);
    case SQLITE_IOERR:
      return is_want_of_room(code) ? no_room(message, sql) : corrupt(message, sql);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL:
      return unavailable(message, sql);
    default:
      return failed(message, sql);
  }
}

int bind_one(sqlite3_stmt* statement, int slot, const Bind& bind) {
  struct Visitor {
    sqlite3_stmt* statement;
    int slot;

    [[nodiscard]] int operator()(std::monostate) const {
      return sqlite3_bind_null(statement, slot);
    }
    [[nodiscard]] int operator()(std::int64_t number) const {
      return sqlite3_bind_int64(statement, slot, number);
    }
    // The views outlive the call, and the statement is bound anew before it runs again.
    [[nodiscard]] int operator()(std::string_view text) const {
      return sqlite3_bind_text64(statement, slot, text.data() == nullptr ? "" : text.data(),
                                 text.size(), SQLITE_STATIC, SQLITE_UTF8);
    }
    [[nodiscard]] int operator()(const std::string& text) const {
      return (*this)(std::string_view(text));
    }
    [[nodiscard]] int operator()(Blob blob) const {
      const char* data = blob.bytes.data() == nullptr ? "" : blob.bytes.data();
      return sqlite3_bind_blob64(statement, slot, data, blob.bytes.size(), SQLITE_STATIC);
    }
    [[nodiscard]] int operator()(Ids ids) const {
      const std::string list = join_ids(ids.ids, '[', ']');
      // NOLINTNEXTLINE(cppcoreguidelines-pro-type-cstyle-cast): in SQLite's macro
      const sqlite3_destructor_type copied = SQLITE_TRANSIENT;
      return sqlite3_bind_text64(statement, slot, list.data(), list.size(), copied, SQLITE_UTF8);
    }
  };
  return std::visit(Visitor{statement, slot}, bind.value());
}

/// The files of a store, by what they were when it was opened: a connection goes on with a file
/// that somebody renamed, replaced or deleted, and what it writes there is lost.
class Files {
 public:
  explicit Files(std::string file) : file_(std::move(file)) {}

  /// A connection is open, and the log beside the file is there, too.
  void opened() {
    const std::scoped_lock lock(mutex_);
    if (open_++ > 0) return;
    known_.try_emplace(file_, FileId::of(file_));
    known_[file_ + "-wal"] = FileId::of(file_ + "-wal");
  }
  /// The log goes with the last connection.
  void closing() {
    const std::scoped_lock lock(mutex_);
    if (--open_ == 0) known_.erase(file_ + "-wal");
  }
  /// Fails: sql.store_gone (unavailable)
  [[nodiscard]] Result<void> check() const {
    const std::scoped_lock lock(mutex_);
    for (const auto& [path, id] : known_) {
      if (!(FileId::of(path) == id)) {
        return store_gone(path + ": it is not the file that was opened");
      }
    }
    return {};
  }

 private:
  std::string file_;
  mutable std::mutex mutex_;
  int open_ = 0;
  std::map<std::string, FileId> known_;
};

/// What all connections of a store know of it.
struct Shared {
  explicit Shared(std::string file) : files(std::move(file)) {}

  [[nodiscard]] Result<void> check_writable() {
    SJ_TRY(soundness.check_writable());
    const Result<void> there = files.check();
    if (!there.ok()) return soundness.note(there.error());
    return {};
  }

  Soundness soundness;
  Files files;
};

class SqliteConnection final : public Connection {
 public:
  SqliteConnection(Handle database, std::shared_ptr<Shared> shared)
      : database_(std::move(database)), shared_(std::move(shared)) {}
  ~SqliteConnection() override {
    if (watches_) shared_->files.closing();
  }
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  /// From now on its files count as opened.
  void watch_files() {
    shared_->files.opened();
    watches_ = true;
  }

  [[nodiscard]] Dialect dialect() const override { return Dialect::sqlite; }

  using Reader::each;
  [[nodiscard]] Result<void> each(const Statement& statement,
                                  std::span<const Bind> binds,
                                  const OnRow& on_row) override {
    Prepared* prepared = SJ_TRY(cached(statement));
    return query(*prepared, binds, on_row);
  }

  using Writer::run;
  [[nodiscard]] Result<std::int64_t> run(const Statement& statement,
                                         std::span<const Bind> binds) override {
    SJ_CHECK(statement.writes());
    Prepared* prepared = SJ_TRY(cached(statement));
    return change(*prepared, binds);
  }

  using Writer::run_many;
  [[nodiscard]] Result<std::int64_t> run_many(const Statement& statement,
                                              std::size_t count,
                                              const Fill& fill,
                                              const OnRow& on_row) override {
    SJ_CHECK(statement.writes());
    SJ_CHECK(standing_.open());
    Prepared* prepared = SJ_TRY(cached(statement));
    std::int64_t changed = 0;
    std::vector<Bind> binds;
    for (std::size_t i = 0; i < count; ++i) {
      binds.clear();
      fill(i, binds);
      changed += SJ_TRY(change(*prepared, binds, on_row));
    }
    return changed;
  }

  [[nodiscard]] Result<void> begin_read() override {
    return begin("BEGIN", Standing::Transaction::read);
  }
  [[nodiscard]] Result<void> begin_write() override {
    SJ_TRY(shared_->check_writable());
    return begin("BEGIN IMMEDIATE", Standing::Transaction::write);
  }

  [[nodiscard]] Result<void> commit() override {
    write_point();
    SJ_CHECK(standing_.open());
    SJ_CHECK(!standing_.savepoint);
    notice_loss();
    Result<void> done = standing_.check(false, "COMMIT");
    // Another connection may have met damage meanwhile.
    const bool wrote = standing_.transaction == Standing::Transaction::write;
    if (done.ok() && wrote) done = shared_->check_writable();
    if (done.ok()) done = control("COMMIT");
    // Who moved the file in that moment must not be told that it is stored.
    if (done.ok() && wrote) done = shared_->check_writable();
    if (!done.ok()) rollback();
    standing_ = {};
    return done;
  }

  void rollback() override {
    standing_ = {};
    if (sqlite3_get_autocommit(database_.get()) != 0) return;
    // Can only fail where SQLite has rolled back by itself.
    static_cast<void>(control("ROLLBACK"));
  }

  [[nodiscard]] Result<void> savepoint() override {
    SJ_CHECK(standing_.open());
    SJ_CHECK(!standing_.savepoint);
    SJ_TRY(standing_.check(false, "SAVEPOINT"));
    SJ_TRY(control("SAVEPOINT unit"));
    standing_.savepoint = true;
    return {};
  }

  [[nodiscard]] Result<void> release_savepoint() override {
    SJ_CHECK(standing_.savepoint);
    SJ_TRY(standing_.check(false, "RELEASE"));
    SJ_TRY(control("RELEASE unit"));
    standing_.savepoint = false;
    return {};
  }

  [[nodiscard]] Result<void> rollback_to_savepoint() override {
    SJ_CHECK(standing_.savepoint);
    standing_.savepoint = false;
    standing_.spoilt = true;  // unless both succeed
    SJ_TRY(control("ROLLBACK TO unit"));
    SJ_TRY(control("RELEASE unit"));
    standing_.spoilt = false;
    return {};
  }

  [[nodiscard]] Result<void> script(std::string_view sql) override {
    notice_loss();
    SJ_TRY(standing_.check(false, sql));
    const std::string text = expand_script(sql, Dialect::sqlite);
    const int code = sqlite3_exec(database_.get(), text.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return spoil(code, sql);
    return {};
  }

  [[nodiscard]] Result<void> prepare(const Statement& statement) override {
    static_cast<void>(SJ_TRY(compile(statement.text(Dialect::sqlite), 0)));
    return {};
  }

  [[nodiscard]] Result<void> each_text(std::string_view sql,
                                       std::span<const Bind> binds,
                                       const OnRow& on_row) override {
    const std::string text = expand(sql, Dialect::sqlite);
    Prepared prepared = SJ_TRY(compile(text, 0));
    return query(prepared, binds, on_row);
  }

  [[nodiscard]] Result<std::int64_t> run_text(std::string_view sql,
                                              std::span<const Bind> binds) override {
    const std::string text = expand(sql, Dialect::sqlite);
    Prepared prepared = SJ_TRY(compile(text, 0));
    return change(prepared, binds);
  }

 private:
  /// `text` must live as long as what is given.
  Result<Prepared> compile(std::string_view text, unsigned int flags) {
    sqlite3_stmt* raw = nullptr;
    const char* rest = nullptr;
    const int code = sqlite3_prepare_v3(database_.get(), text.data(), static_cast<int>(text.size()),
                                        flags, &raw, &rest);
    Prepared prepared;
    prepared.handle.reset(raw);
    prepared.sql = text;
    if (code != SQLITE_OK) return spoil(code, text);
    if (raw == nullptr || std::strspn(rest, "; \n\t") != std::strlen(rest)) {
      return failed("not one statement", text);
    }
    prepared.slots.resize(count_parameters(text));
    for (std::size_t i = 0; i < prepared.slots.size(); ++i) {
      prepared.slots[i] = sqlite3_bind_parameter_index(raw, ("$" + std::to_string(i + 1)).c_str());
    }
    if (static_cast<std::size_t>(sqlite3_bind_parameter_count(raw)) != prepared.slots.size()) {
      return failed("parameters must be $1 to $n", text);
    }
    return prepared;
  }

  Result<Prepared*> cached(const Statement& statement) {
    const std::size_t number = statement.number();
    if (cache_.size() <= number) cache_.resize(Statement::all().size());
    std::unique_ptr<Prepared>& place = cache_[number];
    if (!place) {
      Prepared prepared =
          SJ_TRY(compile(statement.text(Dialect::sqlite), SQLITE_PREPARE_PERSISTENT));
      place = std::make_unique<Prepared>(std::move(prepared));
    }
    return place.get();
  }

  Result<void> bind(Prepared& prepared, std::span<const Bind> binds) {
    if (binds.size() != prepared.slots.size()) {
      throw_misfit(std::to_string(binds.size()) + " parameters given", prepared.sql);
    }
    SJ_TRY(check_texts(binds, prepared.sql));
    for (std::size_t i = 0; i < binds.size(); ++i) {
      const int code = bind_one(prepared.handle.get(), prepared.slots[i], binds[i]);
      if (code != SQLITE_OK) return error(code, prepared.sql);
    }
    return {};
  }

  /// Whatever a statement needs before its first step.
  Result<void> start(Prepared& prepared, std::span<const Bind> binds) {
    const bool writes = sqlite3_stmt_readonly(prepared.handle.get()) == 0;
    notice_loss();
    SJ_TRY(standing_.check(writes, prepared.sql));
    Result<void> bound = bind(prepared, binds);
    if (!bound.ok()) standing_.spoilt = standing_.open();
    return bound;
  }

  Result<void> query(Prepared& prepared, std::span<const Bind> binds, const OnRow& on_row) {
    const Running running(prepared);
    SJ_TRY(start(prepared, binds));
    sqlite3_stmt* statement = prepared.handle.get();
    const SqliteRow row(statement, prepared.sql);
    int code = sqlite3_step(statement);
    for (; code == SQLITE_ROW; code = sqlite3_step(statement)) SJ_TRY(on_row(row));
    if (code != SQLITE_DONE) return spoil(code, prepared.sql);
    return {};
  }

  Result<std::int64_t> change(Prepared& prepared,
                              std::span<const Bind> binds,
                              const OnRow& on_row = {}) {
    const Running running(prepared);
    SJ_TRY(start(prepared, binds));
    sqlite3_stmt* statement = prepared.handle.get();
    const std::int64_t before = sqlite3_total_changes64(database_.get());
    const SqliteRow row(statement, prepared.sql);
    int code = sqlite3_step(statement);
    for (; code == SQLITE_ROW; code = sqlite3_step(statement)) {
      if (on_row) SJ_TRY(on_row(row));
    }
    if (code != SQLITE_DONE) return spoil(code, prepared.sql);
    // sqlite3_changes() keeps the count of an earlier statement where this one counts nothing.
    const bool counted = sqlite3_total_changes64(database_.get()) != before;
    return counted ? static_cast<std::int64_t>(sqlite3_changes64(database_.get())) : 0;
  }

  Result<void> begin(const char* sql, Standing::Transaction transaction) {
    SJ_CHECK(!standing_.open());
    SJ_TRY(control(sql));
    standing_.transaction = transaction;
    return {};
  }

  /// BEGIN, COMMIT and their like. `sql` is a literal: it is also the key.
  Result<void> control(const char* sql) {
    Prepared* prepared = nullptr;
    for (Prepared& known : controls_) {
      if (known.sql == sql) prepared = &known;
    }
    if (prepared == nullptr) {
      Prepared compiled = SJ_TRY(compile(sql, SQLITE_PREPARE_PERSISTENT));
      controls_.push_back(std::move(compiled));
      prepared = &controls_.back();
    }
    const Running running(*prepared);
    const int code = sqlite3_step(prepared->handle.get());
    if (code != SQLITE_DONE) return error(code, sql);
    return {};
  }

  /// After a full disk and the like SQLite rolls back by itself; what follows must not be stored
  /// outside of a transaction.
  void notice_loss() {
    if (standing_.open() && sqlite3_get_autocommit(database_.get()) != 0) standing_.lost = true;
  }

  /// The error of the last call; like on PostgreSQL, nothing more is done in this transaction.
  [[nodiscard]] Error spoil(int code, std::string_view sql) {
    standing_.spoilt = standing_.open();
    return error(code, sql);
  }

  [[nodiscard]] Error error(int code, std::string_view sql) {
    return shared_->soundness.note(error_of(database_.get(), code, sql));
  }

  Handle database_;  // closed after the statements
  std::shared_ptr<Shared> shared_;
  bool watches_ = false;
  Standing standing_;
  std::vector<std::unique_ptr<Prepared>> cache_;  // by Statement::number()
  std::vector<Prepared> controls_;
};

void configure(sqlite3* database) {
  sqlite3_busy_timeout(database, kBusyMs);
  // As on PostgreSQL, "x" is a name and never a text.
  sqlite3_db_config(database, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  // Nothing of ours is one: what somebody put into the store must not run in our name.
  sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
}

class SqliteDatabase final : public Database {
 public:
  explicit SqliteDatabase(std::string file)
      : file_(std::move(file)), shared_(std::make_shared<Shared>(file_)) {}

  [[nodiscard]] Dialect dialect() const override { return Dialect::sqlite; }
  [[nodiscard]] Result<void> check_sound() const override { return shared_->check_writable(); }
  [[nodiscard]] bool answers() const override { return true; }

  [[nodiscard]] Result<void> look_through() override {
    auto connection = SJ_TRY(connect(Mode::read));
    return connection->each_text("PRAGMA quick_check(1)", {}, [&](const Row& row) -> Result<void> {
      if (row.bytes(0) == "ok") return {};
      return shared_->soundness.note(corrupt(row.text(0)));
    });
  }

  [[nodiscard]] Result<std::unique_ptr<Connection>> connect(Mode mode) override {
    // A connection to another file than the others would read another store.
    SJ_TRY(shared_->files.check());
    sqlite3* raw = nullptr;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const int code = sqlite3_open_v2(file_.c_str(), &raw, flags, nullptr);
    Handle database(raw);
    if (code != SQLITE_OK) {
      return cannot_open(raw == nullptr ? "out of memory" : sqlite3_errmsg(raw));
    }
    configure(raw);
    const std::string pragmas =
        std::string(
            "PRAGMA journal_mode = WAL;"
            "PRAGMA synchronous = FULL;"
            "PRAGMA foreign_keys = ON;"
            "PRAGMA trusted_schema = OFF;"
            "PRAGMA cell_size_check = ON;"
            "PRAGMA secure_delete = ON;"        // a destroyed key must not linger in the file
            "PRAGMA case_sensitive_like = ON;"  // as on PostgreSQL
            "PRAGMA temp_store = MEMORY;"
            "PRAGMA journal_size_limit = 67108864;") +
        // The writer is one: a whole import fits, whose pages would else be written twice. Nothing
        // is mapped into memory: there a page that cannot be read ends the process.
        (mode == Mode::read ? "PRAGMA cache_size = -16000; PRAGMA query_only = ON;"
                            : "PRAGMA cache_size = -64000;");
    if (sqlite3_exec(raw, pragmas.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
      return error_of_opening(raw);
    }
    auto connection = std::make_unique<SqliteConnection>(std::move(database), shared_);
    std::string journal;
    SJ_TRY(connection->each_text("PRAGMA journal_mode", {}, [&](const Row& row) -> Result<void> {
      journal = row.text(0);
      return {};
    }));
    opened_ = true;
    if (journal != "wal") return cannot_open("this file system cannot hold a write-ahead log");
    SJ_TRY(connection->begin_read());
    SJ_TRY(connection->each_text("SELECT 1 FROM sqlite_schema LIMIT 1", {},
                                 [](const Row&) -> Result<void> { return {}; }));
    connection->rollback();
    connection->watch_files();
    return std::unique_ptr<Connection>(std::move(connection));
  }

 private:
  [[nodiscard]] Error error_of_opening(sqlite3* database) {
    Error error = error_of(database, sqlite3_extended_errcode(database), {});
    // A file that never was a store is not a damaged one.
    const bool tells = error.code == "sql.no_room" || (error.code == "sql.corrupt" && opened_);
    return tells ? shared_->soundness.note(std::move(error))
                 : cannot_open(sqlite3_errmsg(database));
  }

  [[nodiscard]] Error cannot_open(std::string_view reason) const {
    return Error{ErrorKind::unavailable, "sql.cannot_open", file_ + ": " + std::string(reason)};
  }

  std::string file_;
  std::shared_ptr<Shared> shared_;
  std::atomic<bool> opened_ = false;
};

}  // namespace

Result<std::unique_ptr<Connection>> open_in_memory() {
  sqlite3* raw = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(":memory:", &raw, flags, nullptr);
  Handle database(raw);
  if (code != SQLITE_OK) return failed("no memory for a store");
  configure(raw);
  return std::unique_ptr<Connection>(
      std::make_unique<SqliteConnection>(std::move(database), std::make_shared<Shared>("")));
}

Result<std::unique_ptr<Database>> open_sqlite(const std::string& file) {
  // Personal data: nobody but the owner may read the file. SQLite gives its helpers the same
  // rights.
  const int created = ::open(file.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  if (created >= 0) ::fchmod(created, 0600);  // whatever umask says
  if (created >= 0) ::close(created);
  auto database = std::make_unique<SqliteDatabase>(file);
  static_cast<void>(SJ_TRY(database->connect(Mode::write)));
  return std::unique_ptr<Database>(std::move(database));
}

}  // namespace sj::sql
