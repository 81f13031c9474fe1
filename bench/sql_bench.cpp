// What our wrapper costs beside the C interfaces it wraps: CPU of this thread and wall time per
// row, variants interleaved, medians of the rounds.
//
// sql_bench [rows] [rounds]: default 20000 and 5. With SJ_TEST_PG (tools/pg.sh with ...) also on
// PostgreSQL, whose own work is in the wall time only.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include <libpq-fe.h>
#include <sqlite3.h>

#include "kernel/base/check.h"
#include "kernel/sql/fresh_store.h"
#include "kernel/sql/sql.h"

namespace {

using sj::sql::Bind;
using sj::sql::Connection;
using sj::sql::Dialect;
using sj::sql::FreshStore;
using sj::sql::Row;
using sj::sql::Statement;

constexpr const char* kSchema =
    "CREATE TABLE kernel_seat (area_id BIGINT NOT NULL, id BIGINT NOT NULL, pupil_id BIGINT NOT "
    "NULL,"
    " state TEXT NOT NULL, note TEXT, PRIMARY KEY (area_id, id)) {{STRICT}};";
constexpr const char* kInsertText =
    "INSERT INTO kernel_seat (area_id, id, pupil_id, state, note) VALUES ($1, $2, $3, $4, $5)";
constexpr const char* kSelectText =
    "SELECT pupil_id, state, note FROM kernel_seat WHERE area_id = $1 AND id = $2";
constexpr const char* kUpdateText =
    "UPDATE kernel_seat SET state = $3 WHERE area_id = $1 AND id = $2";
const Statement kInsert{kInsertText};
const Statement kSelect{kSelectText};
const Statement kUpdate{kUpdateText};
const Statement kScan{"SELECT pupil_id, state, note FROM kernel_seat ORDER BY area_id, id"};
const Statement kDelete{"DELETE FROM kernel_seat"};
constexpr std::int64_t kArea = 430'103;
constexpr std::string_view kState = "confirmed";

template <class T>
T must(sj::Result<T> result) {
  if (!result.ok()) std::fprintf(stderr, "%s\n", result.error().detail.c_str());
  SJ_CHECK(result.ok());
  return std::move(result).value();
}
void must(const sj::Result<void>& result) {
  if (!result.ok()) std::fprintf(stderr, "%s\n", result.error().detail.c_str());
  SJ_CHECK(result.ok());
}

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct Variant {
  const char* name;
  std::function<void()> prepare;  // not measured
  std::function<void()> work;
  std::vector<double> cpu{};
  std::vector<double> wall{};
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void measure(const char* title, std::vector<Variant> variants, int rows, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    for (Variant& variant : variants) {
      variant.prepare();
      const double cpu = thread_seconds();
      const double wall = wall_seconds();
      variant.work();
      variant.cpu.push_back((thread_seconds() - cpu) / rows * 1e6);
      variant.wall.push_back((wall_seconds() - wall) / rows * 1e6);
    }
  }
  for (const Variant& variant : variants) {
    std::printf("%-9s %-34s %8.2f us CPU  %8.2f us wall\n", title, variant.name,
                median(variant.cpu), median(variant.wall));
  }
}

/// What both engines do through our wrapper.
struct Ours {
  Connection& store;
  int rows;
  std::uint64_t sum = 0;

  void empty() { must(store.run(kDelete, {})); }
  void insert_each() {
    must(store.begin_write());
    for (std::int64_t i = 0; i < rows; ++i) {
      must(store.run(kInsert, {kArea, i, i * 7, kState, nullptr}));
    }
    must(store.commit());
  }
  void insert_units() {
    must(store.begin_write());
    for (std::int64_t i = 0; i < rows; ++i) {
      must(store.savepoint());
      must(store.run(kInsert, {kArea, i, i * 7, kState, nullptr}));
      must(store.release_savepoint());
    }
    must(store.commit());
  }
  void insert_many() {
    must(store.begin_write());
    must(store.run_many(kInsert, static_cast<std::size_t>(rows),
                        [](std::size_t i, std::vector<Bind>& binds) {
                          const auto id = static_cast<std::int64_t>(i);
                          binds = {kArea, id, id * 7, kState, nullptr};
                        }));
    must(store.commit());
  }
  void update_many() {
    must(store.begin_write());
    must(store.run_many(kUpdate, static_cast<std::size_t>(rows),
                        [](std::size_t i, std::vector<Bind>& binds) {
                          binds = {kArea, static_cast<std::int64_t>(i), kState};
                        }));
    must(store.commit());
  }
  void take(const Row& row) {
    sum += static_cast<std::uint64_t>(row.integer(0)) + row.bytes(1).size() + row.is_null(2);
  }
  void select_each() {
    must(store.begin_read());
    for (std::int64_t i = 0; i < rows; ++i) {
      must(store.each(kSelect, {kArea, i}, [&](const Row& row) -> sj::Result<void> {
        take(row);
        return {};
      }));
    }
    must(store.commit());
  }
  void scan() {
    must(store.each(kScan, {}, [&](const Row& row) -> sj::Result<void> {
      take(row);
      return {};
    }));
  }
};

void bench_sqlite(int rows, int rounds) {
  FreshStore fresh(Dialect::sqlite);
  const auto store = fresh.connect();
  must(store->script(kSchema));
  Ours ours{*store, rows};

  sqlite3* raw = nullptr;
  SJ_CHECK(sqlite3_open(fresh.address().file.c_str(), &raw) == SQLITE_OK);
  const auto exec = [&](const char* sql) {
    SJ_CHECK(sqlite3_exec(raw, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  };
  const auto prepare = [&](const char* sql) {
    sqlite3_stmt* statement = nullptr;
    SJ_CHECK(sqlite3_prepare_v2(raw, sql, -1, &statement, nullptr) == SQLITE_OK);
    return statement;
  };
  exec("PRAGMA synchronous = FULL; PRAGMA cache_size = -16000");
  sqlite3_stmt* insert = prepare(kInsertText);
  sqlite3_stmt* select = prepare(kSelectText);
  sqlite3_stmt* scan = prepare(kScan.text(Dialect::sqlite).c_str());
  std::uint64_t sum = 0;
  const auto take = [&](sqlite3_stmt* statement) {
    sum += static_cast<std::uint64_t>(sqlite3_column_int64(statement, 0));
    SJ_CHECK(sqlite3_column_text(statement, 1) != nullptr);
    sum += static_cast<std::uint64_t>(sqlite3_column_bytes(statement, 1));
    sum += sqlite3_column_type(statement, 2) == SQLITE_NULL ? 1U : 0U;
  };
  const auto raw_insert = [&] {
    exec("BEGIN IMMEDIATE");
    for (std::int64_t i = 0; i < rows; ++i) {
      sqlite3_bind_int64(insert, 1, kArea);
      sqlite3_bind_int64(insert, 2, i);
      sqlite3_bind_int64(insert, 3, i * 7);
      sqlite3_bind_text(insert, 4, kState.data(), static_cast<int>(kState.size()), nullptr);
      sqlite3_bind_null(insert, 5);
      SJ_CHECK(sqlite3_step(insert) == SQLITE_DONE);
      sqlite3_reset(insert);
    }
    exec("COMMIT");
  };
  const auto raw_select = [&] {
    exec("BEGIN");
    for (std::int64_t i = 0; i < rows; ++i) {
      sqlite3_bind_int64(select, 1, kArea);
      sqlite3_bind_int64(select, 2, i);
      while (sqlite3_step(select) == SQLITE_ROW) take(select);
      sqlite3_reset(select);
    }
    exec("COMMIT");
  };
  const auto raw_scan = [&] {
    while (sqlite3_step(scan) == SQLITE_ROW) take(scan);
    sqlite3_reset(scan);
  };
  const auto nothing = [] {};
  const auto empty = [&] { ours.empty(); };
  measure("sqlite",
          {{"insert, C interface", empty, raw_insert},
           {"insert, run", empty, [&] { ours.insert_each(); }},
           {"insert, run in savepoints", empty, [&] { ours.insert_units(); }},
           {"insert, run_many", empty, [&] { ours.insert_many(); }}},
          rows, rounds);
  measure("sqlite",
          {{"point select, C interface", nothing, raw_select},
           {"point select, each", nothing, [&] { ours.select_each(); }},
           {"scan, C interface", nothing, raw_scan},
           {"scan, each", nothing, [&] { ours.scan(); }}},
          rows, rounds);
  for (sqlite3_stmt* statement : {insert, select, scan}) sqlite3_finalize(statement);
  sqlite3_close(raw);
}

void bench_postgres(int rows, int rounds) {
  FreshStore fresh(Dialect::postgres);
  const auto store = fresh.connect();
  must(store->script(kSchema));
  Ours ours{*store, rows};

  PGconn* raw = PQconnectdb(fresh.address().url.c_str());
  SJ_CHECK(PQstatus(raw) == CONNECTION_OK);
  const auto done = [](PGresult* result) {
    const ExecStatusType status = PQresultStatus(result);
    SJ_CHECK(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK);
    PQclear(result);
  };
  done(PQprepare(raw, "insert", kInsertText, 0, nullptr));
  done(PQprepare(raw, "select", kSelectText, 0, nullptr));
  std::uint64_t sum = 0;
  const auto raw_insert_many = [&] {
    done(PQexec(raw, "BEGIN"));
    const std::string area = std::to_string(kArea);
    for (std::int64_t from = 0; from < rows; from += 500) {
      SJ_CHECK(PQenterPipelineMode(raw) == 1);
      const std::int64_t to = std::min<std::int64_t>(from + 500, rows);
      for (std::int64_t i = from; i < to; ++i) {
        const std::string id = std::to_string(i);
        const std::string pupil = std::to_string(i * 7);
        const char* values[] = {area.c_str(), id.c_str(), pupil.c_str(), kState.data(), nullptr};
        SJ_CHECK(PQsendQueryPrepared(raw, "insert", 5, values, nullptr, nullptr, 1) == 1);
      }
      SJ_CHECK(PQpipelineSync(raw) == 1);
      for (std::int64_t i = from; i < to; ++i) {
        done(PQgetResult(raw));
        SJ_CHECK(PQgetResult(raw) == nullptr);
      }
      PQclear(PQgetResult(raw));
      SJ_CHECK(PQexitPipelineMode(raw) == 1);
    }
    done(PQexec(raw, "COMMIT"));
  };
  const auto raw_select = [&] {
    done(PQexec(raw, "BEGIN"));
    const std::string area = std::to_string(kArea);
    for (std::int64_t i = 0; i < rows; ++i) {
      const std::string id = std::to_string(i);
      const char* values[] = {area.c_str(), id.c_str()};
      PGresult* result = PQexecPrepared(raw, "select", 2, values, nullptr, nullptr, 1);
      SJ_CHECK(PQntuples(result) == 1);
      sum += static_cast<unsigned char>(PQgetvalue(result, 0, 0)[7]);
      sum += static_cast<std::uint64_t>(PQgetlength(result, 0, 1));
      sum += static_cast<std::uint64_t>(PQgetisnull(result, 0, 2));
      PQclear(result);
    }
    done(PQexec(raw, "COMMIT"));
  };
  const auto nothing = [] {};
  const auto empty = [&] { ours.empty(); };
  // A plan for each run, or one for all; a script also makes the connection prepare anew.
  const auto plan = [&](const std::string& mode) {
    return [&, mode] {
      ours.empty();
      must(store->script("SET plan_cache_mode = " + mode + ";"));
    };
  };
  measure(
      "postgres",
      {{"insert, libpq pipeline", empty, raw_insert_many},
       {"insert, run_many", plan("auto"), [&] { ours.insert_many(); }},
       {"insert, run_many, custom plans", plan("force_custom_plan"), [&] { ours.insert_many(); }},
       {"insert, run in savepoints", plan("auto"), [&] { ours.insert_units(); }},
       {"insert, run", plan("auto"), [&] { ours.insert_each(); }}},
      rows, rounds);
  measure("postgres", {{"update, run_many", nothing, [&] { ours.update_many(); }}}, rows, rounds);
  measure("postgres",
          {{"point select, libpq", nothing, raw_select},
           {"point select, each", nothing, [&] { ours.select_each(); }},
           {"scan, each", nothing, [&] { ours.scan(); }}},
          rows, rounds);
  PQfinish(raw);
}

}  // namespace

int main(int argc, char** argv) {
  const int rows = argc > 1 ? std::atoi(argv[1]) : 20'000;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
  bench_sqlite(rows, rounds);
  if (FreshStore::available(Dialect::postgres)) {
    bench_postgres(rows, rounds);
  } else {
    std::printf("postgres  not measured: SJ_TEST_PG is not set\n");
  }
  return 0;
}
