#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <libpq-fe.h>
#include <poll.h>

#include "kernel/base/check.h"
#include "kernel/sql/engine.h"
#include "kernel/sql/watched.h"

namespace sj::sql {

namespace {

/// Rows of one round trip of run_many() and of a cursor. The server's answers to so many must fit
/// into the buffers of a socket, because we do not read while we send.
constexpr std::size_t kRowsPerTrip = 500;
constexpr std::size_t kRowsPerTripBack = 100;  // when each answer brings a row

/// Held by whoever writes: decisions are made on what was read before, so writers of one database
/// take turns, as on SQLite. Any number, as long as it is always the same.
constexpr const char* kBeginWrite = "BEGIN; SELECT pg_advisory_xact_lock(5426901370)";
constexpr const char* kBeginRead = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

constexpr const char* kSavepoint = "SAVEPOINT unit";
constexpr const char* kRelease = "RELEASE unit";
constexpr const char* kUndo = "ROLLBACK TO unit; RELEASE unit";

/// Plans are made for the values at hand, except of an INSERT of VALUES, whose plan depends on
/// nothing. A plan made for any values while a table was empty reads the whole table ever after.
constexpr const char* kPlanEach = "SET LOCAL plan_cache_mode = force_custom_plan";
constexpr const char* kPlanAsUsual = "SET LOCAL plan_cache_mode = auto";

using Steady = std::chrono::steady_clock;

/// So long a server may be silent before it is asked by another connection whether it still lives,
/// and so long a statement may take although it does: the server itself gives up after 30 s. One
/// that was stopped keeps its sockets open and says nothing for ever.
constexpr std::chrono::milliseconds kSilence{2'000};
constexpr std::chrono::milliseconds kStatement{35'000};
constexpr std::chrono::milliseconds kAsLongAsItLives = std::chrono::hours(24 * 365);
/// After it did not answer, so long nobody tries: who waits is told at once.
constexpr std::chrono::milliseconds kLeaveAlone{2'000};

constexpr const char* kSession =
    "SET synchronous_commit = on;"
    "SET standard_conforming_strings = on;"
    "SET client_min_messages = warning;"
    "SET statement_timeout = '30s';"
    "SET lock_timeout = '2s';"
    "SET tcp_keepalives_idle = 30;"  // a peer that vanished must not hold the lock for hours
    "SET tcp_keepalives_interval = 10;"
    "SET tcp_keepalives_count = 3;";

struct FinishConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using Handle = std::unique_ptr<PGconn, FinishConnection>;

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Answer = std::unique_ptr<PGresult, ClearResult>;

enum Type : Oid {
  type_bool = 16,
  type_bytea = 17,
  type_int8 = 20,
  type_int2 = 21,
  type_int4 = 23,
  type_text = 25,
  type_varchar = 1043,
};

bool is_number(Oid type) {
  return type == type_int8 || type == type_int4 || type == type_int2 || type == type_bool;
}

bool is_text_or_bytes(Oid type) {
  return type == type_text || type == type_varchar || type == type_bytea;
}

/// What is wrong with the type of a column, or nothing.
std::string unreadable(const PGresult* result) {
  for (int column = 0; column < PQnfields(result); ++column) {
    const Oid type = PQftype(result, column);
    if (!is_number(type) && !is_text_or_bytes(type)) {
      return "column " + std::to_string(column) + " (" + PQfname(result, column) +
             ") has the type with OID " + std::to_string(type) +
             ": CAST it to BIGINT, TEXT or BYTEA";
    }
  }
  return {};
}

class PostgresRow final : public Row {
 public:
  PostgresRow(const PGresult* result, int row, std::string_view sql)
      : result_(result), row_(row), sql_(sql) {}

  [[nodiscard]] bool is_null(int column) const override {
    if (column < 0 || column >= PQnfields(result_)) misfit(column, "there");
    return PQgetisnull(result_, row_, column) != 0;
  }

  [[nodiscard]] std::int64_t integer(int column) const override {
    if (is_null(column) || !is_number(PQftype(result_, column))) misfit(column, "an integer");
    // Two's complement of 1, 2, 4 or 8 bytes, the highest first.
    const std::string_view data = value(column);
    const bool negative = (static_cast<unsigned char>(data.front()) & 0x80U) != 0;
    std::uint64_t number = negative ? ~std::uint64_t{0} : 0;
    for (const char byte : data) number = number << 8U | static_cast<unsigned char>(byte);
    return static_cast<std::int64_t>(number);
  }

  [[nodiscard]] std::string_view bytes(int column) const override {
    if (is_null(column) || !is_text_or_bytes(PQftype(result_, column))) {
      misfit(column, "text or bytes");
    }
    return value(column);
  }

 private:
  [[nodiscard]] std::string_view value(int column) const {
    return {PQgetvalue(result_, row_, column),
            static_cast<std::size_t>(PQgetlength(result_, row_, column))};
  }
  [[noreturn]] void misfit(int column, const char* wanted) const {
    throw_misfit("column " + std::to_string(column) + " is not " + wanted, sql_);
  }

  const PGresult* result_;
  int row_;
  std::string_view sql_;
};

/// Parameters as libpq wants them: text with a zero byte at its end, bytes as they are.
class Parameters {
 public:
  void fill(std::span<const Bind> binds) {
    copies_.clear();
    copied_.clear();
    values_.clear();
    lengths_.clear();
    formats_.clear();
    for (const Bind& bind : binds)
      std::visit([this](const auto& value) { add(value); }, bind.value());
    // Only now has the buffer stopped moving.
    for (const auto& [index, offset] : copied_) values_[index] = copies_.data() + offset;
  }

  [[nodiscard]] int count() const { return static_cast<int>(values_.size()); }
  [[nodiscard]] const char* const* values() const { return values_.data(); }
  [[nodiscard]] const int* lengths() const { return lengths_.data(); }
  [[nodiscard]] const int* formats() const { return formats_.data(); }

 private:
  void push(const char* value, std::size_t length, int format) {
    values_.push_back(value);
    lengths_.push_back(static_cast<int>(length));
    formats_.push_back(format);
  }
  void add(std::monostate) { push(nullptr, 0, 0); }
  void add(std::int64_t number) { add(std::string_view(std::to_string(number))); }
  void add(std::string_view text) {
    copied_.emplace_back(values_.size(), copies_.size());
    copies_.append(text).push_back('\0');
    push(nullptr, text.size(), 0);
  }
  void add(const std::string& text) { push(text.c_str(), text.size(), 0); }
  void add(Blob blob) {
    push(blob.bytes.data() == nullptr ? "" : blob.bytes.data(), blob.bytes.size(), 1);
  }
  void add(Ids ids) { add(std::string_view(join_ids(ids.ids, '{', '}'))); }

  std::string copies_;
  std::vector<std::pair<std::size_t, std::size_t>> copied_;  // parameter, its place in copies_
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
};

std::string_view field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? std::string_view() : text;
}

/// `org_pupil (area_id, name)`: the columns stand in `Key (area_id, name)=(1, x) already exists.`
std::string key_of(const PGresult* result) {
  constexpr std::string_view kBefore = "Key (";
  const std::string_view detail = field(result, PG_DIAG_MESSAGE_DETAIL);
  const std::size_t end = detail.find(")=(");
  if (detail.substr(0, kBefore.size()) != kBefore || end == std::string_view::npos) {
    return std::string(field(result, PG_DIAG_CONSTRAINT_NAME));
  }
  std::string key(field(result, PG_DIAG_TABLE_NAME));
  return key.append(" (").append(detail.substr(kBefore.size(), end - kBefore.size())).append(")");
}

bool any_of(std::string_view state, std::initializer_list<std::string_view> prefixes) {
  for (const std::string_view prefix : prefixes) {
    if (state.substr(0, prefix.size()) == prefix) return true;
  }
  return false;
}

Error error_of(const PGresult* result, std::string_view sql) {
  const std::string_view state = field(result, PG_DIAG_SQLSTATE);
  const std::string_view message = field(result, PG_DIAG_MESSAGE_PRIMARY);
  if (state == "23505") return duplicate(key_of(result));
  // Messages about data repeat the data.
  if (any_of(state, {"22"})) return refused("data exception " + std::string(state), sql);
  if (any_of(state, {"23"})) return refused(message, sql);
  // 08P01 is a call that does not fit its statement. No state at all: libpq itself gave up.
  const bool ours = state == "08P01";
  if (state == "53100") return no_room(message, sql);
  if (any_of(state, {"XX001", "XX002", "58030"})) return corrupt(message, sql);
  if (!ours && (state.empty() || any_of(state, {"08", "53", "57", "58", "40", "55P03"}))) {
    return unavailable(message.empty() ? "the server is gone" : message, sql);
  }
  return failed(message, sql);
}

bool went_well(const PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

std::int64_t changed_rows(PGresult* result) {
  const char* count = PQcmdTuples(result);
  return *count == '\0' ? 0 : std::strtoll(count, nullptr, 10);
}

void be_silent(void* /*argument*/, const PGresult* /*notice*/) {}

/// How to reach a server, without its password.
struct Target {
  std::string url{};
  std::string password{};

  [[nodiscard]] Error cannot_open(std::string_view reason) const {
    std::string detail = brief(reason);
    if (!password.empty()) {
      for (std::size_t at = detail.find(password); at != std::string::npos;
           at = detail.find(password, at + 3)) {
        detail.replace(at, password.size(), "***");
      }
    }
    return Error{ErrorKind::unavailable, "sql.cannot_open", std::move(detail)};
  }
};

Result<Target> parse_target(const std::string& url) {
  // libpq's own message about a URL repeats it, with its password.
  const Error malformed{
      ErrorKind::unavailable, "sql.cannot_open",
      "the address must be postgresql://user:password@host:port/database, and what is no letter or "
      "digit in the password percent-encoded"};
  const bool is_url = url.rfind("postgresql://", 0) == 0 || url.rfind("postgres://", 0) == 0;
  if (!is_url) return malformed;
  PQconninfoOption* options = PQconninfoParse(url.c_str(), nullptr);
  if (options == nullptr) return malformed;
  Target target{.url = url};
  bool clean = true;
  for (const PQconninfoOption* option = options; option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    if (std::strcmp(option->keyword, "password") == 0) target.password = option->val;
    // An @ of the password that was not encoded puts the rest of the password here.
    if (std::strcmp(option->keyword, "host") == 0) {
      clean = std::strchr(option->val, '@') == nullptr || option->val[0] == '@';
    }
  }
  PQconninfoFree(options);
  if (!clean) return malformed;
  return target;
}

/// The server, as all connections of a database know it.
class Server {
 public:
  explicit Server(Target target) : target_(std::move(target)) {}

  [[nodiscard]] const Target& target() const { return target_; }
  [[nodiscard]] Soundness& soundness() { return soundness_; }

  [[nodiscard]] bool is_left_alone() const {
    return Steady::now().time_since_epoch().count() < left_alone_until_;
  }
  [[nodiscard]] bool answers() const { return answers_; }
  void leave_alone() {
    answers_ = false;
    left_alone_until_ = (Steady::now() + kLeaveAlone).time_since_epoch().count();
  }

  /// Sends what is queued and waits until there is an answer to be read, or news that the
  /// connection broke. False: the server does not answer.
  [[nodiscard]] bool await(PGconn* connection, std::chrono::milliseconds at_most) {
    const auto end = Steady::now() + at_most;
    while (true) {
      const int unsent = PQflush(connection);
      if (unsent < 0 || (unsent == 0 && PQisBusy(connection) == 0)) return true;
      pollfd socket{PQsocket(connection), POLLIN, 0};
      if (unsent > 0) socket.events = POLLIN | POLLOUT;
      const int ready = ::poll(&socket, 1, static_cast<int>(kSilence.count()));
      if (ready < 0 && errno != EINTR) return true;
      if (ready > 0 && (socket.revents & ~POLLOUT) != 0 && PQconsumeInput(connection) == 0) {
        return true;
      }
      if (ready != 0) continue;
      if (Steady::now() < end && lives()) continue;
      leave_alone();
      return false;
    }
  }

  /// As PQexec, but for the waiting. Nothing when there is no answer.
  [[nodiscard]] Answer exec(PGconn* connection,
                            const char* sql,
                            std::chrono::milliseconds at_most = kStatement) {
    return PQsendQuery(connection, sql) == 1 ? answer_of(connection, at_most) : nullptr;
  }

  /// The last answer to what was sent, or the first that is an error. Nothing when there is none.
  [[nodiscard]] Answer answer_of(PGconn* connection, std::chrono::milliseconds at_most) {
    Answer outcome;
    while (await(connection, at_most)) {
      Answer answer(PQgetResult(connection));
      if (!answer) {
        if (outcome) answers_ = PQstatus(connection) == CONNECTION_OK;
        return outcome;
      }
      if (!outcome || went_well(outcome.get())) outcome = std::move(answer);
    }
    return nullptr;
  }

 private:
  [[nodiscard]] bool lives() const {
    const std::array<const char*, 3> names = {"connect_timeout", "dbname", nullptr};
    const std::array<const char*, 3> values = {"2", target_.url.c_str(), nullptr};
    return PQpingParams(names.data(), values.data(), 1) != PQPING_NO_RESPONSE;
  }

  Target target_;
  Soundness soundness_;
  std::atomic<Steady::rep> left_alone_until_ = 0;
  std::atomic<bool> answers_ = true;
};

Result<Handle> connect_to(Server& server, Mode mode) {
  const Target& target = server.target();
  if (server.is_left_alone()) return target.cannot_open("it did not answer a moment ago");
  // What the URL says itself comes last and wins.
  const std::array<const char*, 7> names = {"connect_timeout",
                                            "keepalives_idle",
                                            "tcp_user_timeout",
                                            "client_encoding",
                                            "fallback_application_name",
                                            "dbname",
                                            nullptr};
  const std::array<const char*, 7> values = {
      "5", "30", "40000", "UTF8", "shuangjian", target.url.c_str(), nullptr};
  Handle connection(PQconnectdbParams(names.data(), values.data(), 1));
  if (connection == nullptr) return target.cannot_open("out of memory");
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    server.leave_alone();
    return target.cannot_open(PQerrorMessage(connection.get()));
  }
  if (PQsetnonblocking(connection.get(), 1) != 0) return target.cannot_open("it blocks");
  PQsetNoticeReceiver(connection.get(), be_silent, nullptr);
  const char* encoding = PQparameterStatus(connection.get(), "server_encoding");
  if (encoding == nullptr ||
      (std::strcmp(encoding, "UTF8") != 0 && std::strcmp(encoding, "SQL_ASCII") != 0)) {
    return target.cannot_open("the database is not encoded in UTF8");
  }
  const std::string session =
      std::string(kSession) + (mode == Mode::read ? "SET default_transaction_read_only = on;" : "");
  const Answer answer = server.exec(connection.get(), session.c_str());
  if (!went_well(answer.get())) {
    return target.cannot_open(field(answer.get(), PG_DIAG_MESSAGE_PRIMARY));
  }
  return connection;
}

class PostgresConnection final : public Connection {
 public:
  PostgresConnection(std::shared_ptr<Server> server, Mode mode, Handle connection)
      : server_(std::move(server)), mode_(mode), connection_(std::move(connection)) {}

  [[nodiscard]] Dialect dialect() const override { return Dialect::postgres; }

  using Reader::each;
  [[nodiscard]] Result<void> each(const Statement& statement,
                                  std::span<const Bind> binds,
                                  const OnRow& on_row) override {
    const Running running(*this, statement);
    const std::string& sql = statement.text(Dialect::postgres);
    SJ_TRY(start(statement.writes(), binds, statement.parameters(), sql));
    SJ_TRY(prepare_once(statement));
    const Answer answer = execute(statement, binds);
    SJ_TRY(check(answer.get(), sql));
    return give_rows(answer.get(), sql, on_row);
  }

  using Writer::run;
  [[nodiscard]] Result<std::int64_t> run(const Statement& statement,
                                         std::span<const Bind> binds) override {
    SJ_CHECK(statement.writes());
    const Running running(*this, statement);
    const std::string& sql = statement.text(Dialect::postgres);
    SJ_TRY(start(true, binds, statement.parameters(), sql));
    SJ_TRY(prepare_once(statement));
    const Answer answer = execute(statement, binds);
    SJ_TRY(check(answer.get(), sql));
    return changed_rows(answer.get());
  }

  using Writer::run_many;
  [[nodiscard]] Result<std::int64_t> run_many(const Statement& statement,
                                              std::size_t count,
                                              const Fill& fill,
                                              const OnRow& on_row) override {
    SJ_CHECK(statement.writes());
    SJ_CHECK(standing_.open());
    const Running running(*this, statement);
    const std::string& sql = statement.text(Dialect::postgres);
    SJ_TRY(standing_.check(true, sql));
    SJ_TRY(prepare_once(statement));
    SJ_TRY(flush());
    const bool plan_each = !inserts_values(sql);
    if (plan_each) SJ_TRY(exec(kPlanEach));
    std::int64_t changed = 0;
    std::vector<Bind> binds;
    const bool brings_rows = statement.touch().watched != nullptr;
    const std::size_t trip = brings_rows ? kRowsPerTripBack : kRowsPerTrip;
    for (std::size_t from = 0; from < count; from += trip) {
      const std::size_t to = std::min(count, from + trip);
      Pipeline pipeline(*this, sql, on_row);
      Result<void> sent;
      for (std::size_t i = from; i < to && sent.ok(); ++i) {
        binds.clear();
        fill(i, binds);
        sent = pipeline.send(statement, binds);
      }
      // What the server says comes first: it was sent earlier.
      changed += SJ_TRY(pipeline.finish());
      SJ_TRY(std::move(sent));
    }
    if (plan_each) SJ_TRY(exec(kPlanAsUsual));
    return changed;
  }

  [[nodiscard]] Result<void> begin_read() override {
    return begin(kBeginRead, Standing::Transaction::read);
  }
  [[nodiscard]] Result<void> begin_write() override {
    SJ_TRY(server_->soundness().check_writable());
    return begin(kBeginWrite, Standing::Transaction::write);
  }

  [[nodiscard]] Result<void> commit() override {
    write_point();
    SJ_CHECK(standing_.open());
    SJ_CHECK(!standing_.savepoint);
    Result<void> done = standing_.check(false, "COMMIT");
    // Another connection may have met damage meanwhile.
    if (done.ok() && standing_.transaction == Standing::Transaction::write) {
      done = server_->soundness().check_writable();
    }
    if (done.ok()) {
      const Answer answer = after_pending("COMMIT");
      done = check(answer.get(), "COMMIT");
      // A server that knows of an error we do not know of answers ROLLBACK, and calls it success.
      if (done.ok() && std::strcmp(PQcmdStatus(answer.get()), "COMMIT") != 0) {
        done = failed("the server rolled back", "COMMIT");
      }
    }
    rollback();
    return done;
  }

  void rollback() override {
    standing_ = {};
    pending_.clear();
    if (!connection_ || PQtransactionStatus(connection_.get()) == PQTRANS_IDLE) return;
    const Answer answer = exec_text("ROLLBACK");
    if (!went_well(answer.get())) lose();
  }

  // Savepoints are set and released together with the next statement: a round trip each would cost
  // a unit of work more than what it stores.
  [[nodiscard]] Result<void> savepoint() override {
    SJ_CHECK(standing_.open());
    SJ_CHECK(!standing_.savepoint);
    SJ_TRY(standing_.check(false, kSavepoint));
    pending_.push_back(kSavepoint);
    standing_.savepoint = true;
    return {};
  }

  [[nodiscard]] Result<void> release_savepoint() override {
    SJ_CHECK(standing_.savepoint);
    SJ_TRY(standing_.check(false, kRelease));
    if (!drop_pending_savepoint()) pending_.push_back(kRelease);
    standing_.savepoint = false;
    return {};
  }

  [[nodiscard]] Result<void> rollback_to_savepoint() override {
    SJ_CHECK(standing_.savepoint);
    standing_.savepoint = false;
    standing_.spoilt = false;
    SJ_TRY(standing_.check(false, kUndo));
    if (drop_pending_savepoint()) return {};
    const Answer answer = after_pending(kUndo);
    return check(answer.get(), kUndo);
  }

  [[nodiscard]] Result<void> script(std::string_view sql) override {
    SJ_TRY(start(false, {}, 0, sql));
    // Rebuilding a table or its index may take its time.
    const std::string set =
        standing_.open() ? "SET LOCAL statement_timeout = 0" : "SET statement_timeout = 0";
    SJ_TRY(flush());
    SJ_TRY(exec(set));
    const std::string text = expand_script(sql, Dialect::postgres);
    const Answer answer = exec_text(text.c_str(), kAsLongAsItLives);
    Result<void> done = check(answer.get(), sql);
    if (connection_ && !standing_.open()) SJ_TRY(exec("SET statement_timeout = '30s'"));
    if (done.ok()) {
      // Tables may look different now, and prepared statements do not like that.
      SJ_TRY(exec("DEALLOCATE ALL"));
      prepared_.clear();
    }
    return done;
  }

  [[nodiscard]] Result<void> prepare(const Statement& statement) override {
    const std::string& sql = statement.text(Dialect::postgres);
    SJ_TRY(start(statement.writes(), {}, 0, sql));
    SJ_TRY(flush());
    const Answer answer = answer_to(PQsendPrepare(connection_.get(), "", sql.c_str(), 0, nullptr));
    SJ_TRY(check(answer.get(), sql));
    const Answer description = answer_to(PQsendDescribePrepared(connection_.get(), ""));
    SJ_TRY(check(description.get(), sql));
    const std::string problem = unreadable(description.get());
    if (!problem.empty()) return failed(problem, sql);
    return {};
  }

  [[nodiscard]] Result<void> each_text(std::string_view sql,
                                       std::span<const Bind> binds,
                                       const OnRow& on_row) override {
    const std::string text = expand(sql, Dialect::postgres);
    SJ_TRY(start(false, binds, count_parameters(text), text));
    SJ_TRY(flush());
    // Dumps read whole tables: not into memory all at once.
    if (standing_.open() && only_asks(text)) return each_by_cursor(text, binds, on_row);
    const Answer answer = execute(text, binds);
    SJ_TRY(check(answer.get(), text));
    return give_rows(answer.get(), text, on_row);
  }

  [[nodiscard]] Result<std::int64_t> run_text(std::string_view sql,
                                              std::span<const Bind> binds) override {
    const std::string text = expand(sql, Dialect::postgres);
    SJ_TRY(start(false, binds, count_parameters(text), text));
    SJ_TRY(flush());
    const Answer answer = execute(text, binds);
    SJ_TRY(check(answer.get(), text));
    return changed_rows(answer.get());
  }

 private:
  /// PostgreSQL would allow a statement inside itself; SQLite does not, so neither do we.
  class Running {
   public:
    Running(PostgresConnection& connection, const Statement& statement)
        : running_(connection.running_), number_(statement.number()) {
      if (running_.size() <= number_) running_.resize(Statement::all().size());
      if (running_[number_]) {
        throw_misfit("a statement runs inside itself", statement.text(Dialect::postgres));
      }
      running_[number_] = true;
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() { running_[number_] = false; }

   private:
    std::vector<bool>& running_;
    std::size_t number_;
  };

  /// Statements that are sent without waiting for their answers. Ends in order on every way out.
  class Pipeline {
   public:
    Pipeline(PostgresConnection& owner, std::string_view sql, const OnRow& on_row)
        : owner_(owner), sql_(sql), on_row_(on_row) {
      open_ = PQenterPipelineMode(owner_.connection_.get()) == 1;
    }
    Pipeline(const Pipeline&) = delete;
    Pipeline& operator=(const Pipeline&) = delete;
    ~Pipeline() {
      if (open_) static_cast<void>(finish());
    }

    Result<void> send(const Statement& statement, std::span<const Bind> binds) {
      owner_.check_count(binds, statement.parameters(), sql_);
      Result<void> fit = check_texts(binds, sql_);
      if (!fit.ok()) {
        owner_.standing_.spoilt = true;
        return fit;
      }
      Parameters& parameters = owner_.parameters_;
      parameters.fill(binds);
      const int sent = PQsendQueryPrepared(owner_.connection_.get(), name_of(statement).c_str(),
                                           parameters.count(), parameters.values(),
                                           parameters.lengths(), parameters.formats(), 1);
      if (sent != 1) return owner_.lose_in(sql_);
      ++sent_;
      return {};
    }

    /// Gives: rows changed in all; or the first error.
    Result<std::int64_t> finish() {
      open_ = false;
      PGconn* connection = owner_.connection_.get();
      if (connection == nullptr || PQpipelineSync(connection) != 1) return owner_.lose_in(sql_);
      std::int64_t changed = 0;
      Result<void> outcome;
      for (std::size_t i = 0; i < sent_; ++i) {
        const Answer answer = owner_.next_answer();
        if (answer == nullptr) return owner_.lose_in(sql_);
        const bool skipped = PQresultStatus(answer.get()) == PGRES_PIPELINE_ABORTED;
        if (outcome.ok() && !skipped) outcome = owner_.check(answer.get(), sql_);
        if (outcome.ok()) changed += changed_rows(answer.get());
        if (outcome.ok() && on_row_) outcome = owner_.give_rows(answer.get(), sql_, on_row_);
        while (const Answer rest = owner_.next_answer()) continue;
        if (!owner_.connection_) break;
      }
      if (!owner_.connection_) {
        return outcome.ok() ? owner_.lose_in(sql_) : std::move(outcome).error();
      }
      const Answer synced = owner_.next_answer();
      if (PQresultStatus(synced.get()) != PGRES_PIPELINE_SYNC ||
          PQexitPipelineMode(connection) != 1) {
        return owner_.lose_in(sql_);
      }
      if (!outcome.ok()) return std::move(outcome).error();
      return changed;
    }

   private:
    PostgresConnection& owner_;
    std::string_view sql_;
    const OnRow& on_row_;
    std::size_t sent_ = 0;
    bool open_ = false;
  };

  /// A cursor, closed on every way out.
  class Cursor {
   public:
    Cursor(PostgresConnection& owner, std::string name) : owner_(owner), name_(std::move(name)) {
      ++owner_.cursors_;
    }
    Cursor(const Cursor&) = delete;
    Cursor& operator=(const Cursor&) = delete;
    ~Cursor() {
      --owner_.cursors_;
      if (owner_.standing_.open() && !owner_.standing_.spoilt && owner_.connection_) {
        static_cast<void>(owner_.exec("CLOSE " + name_));
      }
    }

   private:
    PostgresConnection& owner_;
    std::string name_;
  };

  Result<void> each_by_cursor(const std::string& sql,
                              std::span<const Bind> binds,
                              const OnRow& on_row) {
    const std::string name = "sj_cursor_" + std::to_string(cursors_);
    const Answer declared = execute("DECLARE " + name + " NO SCROLL CURSOR FOR " + sql, binds);
    SJ_TRY(check(declared.get(), sql));
    const Cursor cursor(*this, name);
    const std::string fetch = "FETCH " + std::to_string(kRowsPerTrip) + " FROM " + name;
    while (true) {
      SJ_TRY(standing_.check(false, sql));
      const Answer answer = execute(fetch, {});
      SJ_TRY(check(answer.get(), sql));
      SJ_TRY(give_rows(answer.get(), sql, on_row));
      if (static_cast<std::size_t>(PQntuples(answer.get())) < kRowsPerTrip) return {};
    }
  }

  static std::string name_of(const Statement& statement) {
    return "s" + std::to_string(statement.number());
  }

  void check_count(std::span<const Bind> binds, std::size_t wanted, std::string_view sql) const {
    if (binds.size() != wanted) {
      throw_misfit(std::to_string(binds.size()) + " parameters given", sql);
    }
  }

  /// Whatever a statement needs before it is sent.
  Result<void> start(bool writes,
                     std::span<const Bind> binds,
                     std::size_t parameters,
                     std::string_view sql) {
    SJ_TRY(standing_.check(writes, sql));
    check_count(binds, parameters, sql);
    Result<void> fit = check_texts(binds, sql);
    if (!fit.ok()) standing_.spoilt = standing_.open();
    SJ_TRY(std::move(fit));
    return ensure();
  }

  /// Connects again if the connection was lost. Inside a transaction it never is: standing_ knows.
  Result<void> ensure() {
    if (connection_) return {};
    Result<Handle> again = connect_to(*server_, mode_);
    if (!again.ok()) return unavailable(again.error().detail);
    connection_ = std::move(again).value();
    return {};
  }

  Result<void> prepare_once(const Statement& statement) {
    if (prepared_.size() <= statement.number()) prepared_.resize(Statement::all().size());
    if (prepared_[statement.number()]) return {};
    const std::string& sql = statement.text(Dialect::postgres);
    SJ_TRY(flush());
    const Answer answer = answer_to(
        PQsendPrepare(connection_.get(), name_of(statement).c_str(), sql.c_str(), 0, nullptr));
    SJ_TRY(check(answer.get(), sql));
    prepared_[statement.number()] = true;
    return {};
  }

  Answer execute(const Statement& statement, std::span<const Bind> binds) {
    parameters_.fill(binds);
    const std::string name = name_of(statement);
    if (!pending_.empty()) return execute_after_pending(name);
    return answer_to(PQsendQueryPrepared(connection_.get(), name.c_str(), parameters_.count(),
                                         parameters_.values(), parameters_.lengths(),
                                         parameters_.formats(), 1));
  }

  /// One round trip for what is pending and the statement. Gives its answer or the first error, or
  /// nothing when the connection is lost.
  Answer execute_after_pending(const std::string& name) {
    PGconn* connection = connection_.get();
    const std::size_t before = pending_.size();
    bool well = PQenterPipelineMode(connection) == 1;
    for (const char* sql : pending_) {
      well =
          well && PQsendQueryParams(connection, sql, 0, nullptr, nullptr, nullptr, nullptr, 1) == 1;
    }
    pending_.clear();
    well = well &&
           PQsendQueryPrepared(connection, name.c_str(), parameters_.count(), parameters_.values(),
                               parameters_.lengths(), parameters_.formats(), 1) == 1;
    well = well && PQpipelineSync(connection) == 1;
    Answer outcome;
    for (std::size_t i = 0; well && i <= before; ++i) {
      Answer answer = next_answer();
      well = answer != nullptr;
      if (!outcome || went_well(outcome.get())) outcome = std::move(answer);
      while (const Answer rest = next_answer()) continue;
      well = well && connection_ != nullptr;
    }
    const Answer synced = well ? next_answer() : nullptr;
    well = well && PQresultStatus(synced.get()) == PGRES_PIPELINE_SYNC &&
           PQexitPipelineMode(connection) == 1;
    if (!well) {
      lose();
      return nullptr;
    }
    return outcome;
  }

  /// One round trip for what is pending and commands without parameters.
  Answer after_pending(const char* sql) {
    std::string all;
    for (const char* command : pending_) all.append(command).append("; ");
    pending_.clear();
    return exec_text(all.append(sql).c_str());
  }

  Result<void> flush() {
    if (pending_.empty()) return {};
    const Answer answer = after_pending("");
    return check(answer.get(), kSavepoint);
  }

  /// Was the savepoint never sent? Then it need not be.
  bool drop_pending_savepoint() {
    if (pending_.empty() || pending_.back() != kSavepoint) return false;
    pending_.pop_back();
    return true;
  }

  static bool inserts_values(std::string_view sql) {
    return sql.substr(0, 11) == "INSERT INTO" && sql.find("SELECT") == std::string_view::npos;
  }

  Answer execute(const std::string& sql, std::span<const Bind> binds) {
    parameters_.fill(binds);
    return answer_to(PQsendQueryParams(connection_.get(), sql.c_str(), parameters_.count(), nullptr,
                                       parameters_.values(), parameters_.lengths(),
                                       parameters_.formats(), 1));
  }

  Result<void> give_rows(const PGresult* result, std::string_view sql, const OnRow& on_row) const {
    const std::string problem = unreadable(result);
    if (!problem.empty()) throw_misfit(problem, sql);
    for (int row = 0; row < PQntuples(result); ++row) {
      SJ_TRY(on_row(PostgresRow(result, row, sql)));
    }
    return {};
  }

  Result<void> begin(const char* sql, Standing::Transaction transaction) {
    SJ_CHECK(!standing_.open());
    SJ_TRY(ensure());
    Result<void> begun = exec(sql);
    // Nothing was done yet, so a connection that had died in the meantime need not be an error.
    if (!begun.ok() && !connection_) {
      SJ_TRY(ensure());
      begun = exec(sql);
    }
    if (!begun.ok()) rollback();
    SJ_TRY(std::move(begun));
    standing_.transaction = transaction;
    return {};
  }

  Result<void> exec(const std::string& sql) {
    const Answer answer = exec_text(sql.c_str());
    return check(answer.get(), sql);
  }

  /// The answer to what was `sent` (1: it was). Nothing, and the connection is lost, when there is
  /// none.
  Answer answer_to(int sent, std::chrono::milliseconds at_most = kStatement) {
    Answer answer = sent == 1 ? server_->answer_of(connection_.get(), at_most) : nullptr;
    if (!answer) lose();
    return answer;
  }

  Answer exec_text(const char* sql, std::chrono::milliseconds at_most = kStatement) {
    return answer_to(PQsendQuery(connection_.get(), sql), at_most);
  }

  /// The next one of a pipeline; nothing at the end of a statement's, or when the connection is
  /// lost.
  Answer next_answer() {
    if (!connection_) return nullptr;
    if (server_->await(connection_.get(), kStatement)) {
      return Answer(PQgetResult(connection_.get()));
    }
    lose();
    return nullptr;
  }

  /// The error of an answer, if it is one; then nothing more is done in this transaction.
  Result<void> check(const PGresult* answer, std::string_view sql) {
    if (went_well(answer)) return {};
    Error error = server_->soundness().note(error_of(answer, sql));
    standing_.spoilt = standing_.open();
    // After a FATAL error the server hangs up, which libpq would only notice at the next call.
    const bool fatal = any_of(field(answer, PG_DIAG_SEVERITY_NONLOCALIZED), {"FATAL", "PANIC"});
    if (fatal || PQstatus(connection_.get()) != CONNECTION_OK) lose();
    return error;
  }

  void lose() {
    connection_.reset();
    prepared_.clear();
    pending_.clear();
    standing_.lost = standing_.open();
  }

  [[nodiscard]] Error lose_in(std::string_view sql) {
    lose();
    return unavailable("the server is gone", sql);
  }

  std::shared_ptr<Server> server_;
  Mode mode_;
  Handle connection_;  // none: lost
  Standing standing_;
  std::vector<const char*> pending_;  // kSavepoint and kRelease, not yet sent
  std::vector<bool> prepared_;        // by Statement::number()
  std::vector<bool> running_;
  Parameters parameters_;
  int cursors_ = 0;
};

class PostgresDatabase final : public Database {
 public:
  explicit PostgresDatabase(Target target) : server_(std::make_shared<Server>(std::move(target))) {}

  [[nodiscard]] Dialect dialect() const override { return Dialect::postgres; }
  [[nodiscard]] Result<void> check_sound() const override {
    return server_->soundness().check_writable();
  }
  [[nodiscard]] bool answers() const override { return server_->answers(); }
  /// It finds damage in a page when it reads it (data_checksums), and no other way to ask.
  [[nodiscard]] Result<void> look_through() override { return {}; }

  [[nodiscard]] Result<std::unique_ptr<Connection>> connect(Mode mode) override {
    Handle connection = SJ_TRY(connect_to(*server_, mode));
    return std::unique_ptr<Connection>(
        std::make_unique<PostgresConnection>(server_, mode, std::move(connection)));
  }

 private:
  std::shared_ptr<Server> server_;
};

}  // namespace

Result<std::unique_ptr<Database>> open_postgres(const std::string& url) {
  Target target = SJ_TRY(parse_target(url));
  auto database = std::make_unique<PostgresDatabase>(std::move(target));
  static_cast<void>(SJ_TRY(database->connect(Mode::read)));
  return std::unique_ptr<Database>(std::move(database));
}

}  // namespace sj::sql
