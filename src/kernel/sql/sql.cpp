#include "kernel/sql/sql.h"

#include <algorithm>
#include <map>

#include "kernel/base/check.h"
#include "kernel/base/sha256.h"
#include "kernel/sql/engine.h"
#include "kernel/text/text.h"

namespace sj::sql {

namespace {

/// SQLite's planner takes whatever it knows nothing of for rare. Then area_id alone seems to find a
/// few rows, and a query that could go from person to person walks through all of the district,
/// just because the index that begins with nothing else happens to give the order wanted. So it is
/// told what is true of every store: one area has nearly all the rows, and each further column
/// leaves few. It is told the same whatever a store holds: plans do not depend on when they were
/// made.
constexpr std::string_view kDescribeIndexes = R"(
  ANALYZE kernel_migration;
  DELETE FROM sqlite_stat1;
  INSERT INTO sqlite_stat1 (tbl, idx, stat)
  SELECT tbl, idx, '100000' || group_concat(rows, '') FROM (
    SELECT t.name AS tbl, i.name AS idx,
           CASE WHEN c.seqno = 0 THEN ' 100000'
                WHEN i."unique" = 1 AND c.seqno + 1 = count(*) OVER (PARTITION BY t.name, i.name)
                THEN ' 1' ELSE ' 10' END AS rows
    FROM pragma_table_list AS t, pragma_index_list(t.name) AS i, pragma_index_info(i.name) AS c
    WHERE t.schema = 'main' AND t.type = 'table' AND EXISTS (
      SELECT 1 FROM pragma_index_info(i.name) AS first
      WHERE first.seqno = 0 AND first.name = 'area_id')
    ORDER BY t.name, i.name, c.seqno)
  GROUP BY tbl, idx;
  ANALYZE sqlite_schema;)";

std::string hash_of(std::string_view sql) {
  return text::to_hex(Hasher().hash({sql}));
}

/// Undoes on every way out but commit().
class Transaction {
 public:
  explicit Transaction(Connection& connection) : connection_(connection) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() { connection_.rollback(); }

 private:
  Connection& connection_;
};

using Applied = std::map<std::string, std::string, std::less<>>;

Result<Applied> load_applied(Connection& connection) {
  Applied applied;
  SJ_TRY(connection.each_text("SELECT name, sha256 FROM kernel_migration", {},
                              [&](const Row& row) -> Result<void> {
                                applied.emplace(row.text(0), row.text(1));
                                return {};
                              }));
  return applied;
}

Result<void> check_applied(const Applied& applied, std::span<const Migration> steps) {
  for (const auto& entry : applied) {
    const auto known = std::find_if(steps.begin(), steps.end(), [&](const Migration& step) {
      return step.name == entry.first;
    });
    if (known == steps.end()) {
      return Error{ErrorKind::conflict, "sql.newer_store",
                   "this program does not know " + entry.first};
    }
    if (hash_of(known->sql) != entry.second) {
      return Error{ErrorKind::internal, "sql.migration_changed", entry.first};
    }
  }
  return {};
}

/// Rows that a rebuilt table left without the row they point to.
Result<void> check_references(Connection& connection) {
  return connection.each_text("PRAGMA foreign_key_check", {}, [](const Row& row) -> Result<void> {
    return refused("rows of " + row.text(0) + " point to nothing in " + row.text(2));
  });
}

Result<bool> apply(Connection& connection, const Migration& step) {
  SJ_TRY(connection.begin_write());
  const Transaction transaction(connection);
  // Somebody else may have been faster.
  const Applied applied = SJ_TRY(load_applied(connection));
  if (applied.find(step.name) != applied.end()) return false;
  SJ_TRY(connection.script(step.sql));
  if (connection.dialect() == Dialect::sqlite) SJ_TRY(check_references(connection));
  const std::string hash = hash_of(step.sql);
  const Bind row[] = {step.name, hash};
  static_cast<void>(SJ_TRY(
      connection.run_text("INSERT INTO kernel_migration (name, sha256) VALUES ($1, $2)", row)));
  SJ_TRY(connection.commit());
  return true;
}

Result<int> apply_missing(Connection& connection, std::span<const Migration> steps) {
  SJ_TRY(connection.begin_write());
  Applied applied;
  {
    const Transaction transaction(connection);
    SJ_TRY(connection.script(kMigrationTable));
    applied = SJ_TRY(load_applied(connection));
    SJ_TRY(check_applied(applied, steps));
    SJ_TRY(connection.commit());
  }
  int count = 0;
  for (const Migration& step : steps) {
    if (applied.find(step.name) != applied.end()) continue;
    Result<bool> done = apply(connection, step);
    if (!done.ok()) {
      Error error = std::move(done).error();
      error.detail = std::string(step.name) + ": " + error.detail;
      return error;
    }
    if (done.value()) ++count;
  }
  return count;
}

Result<bool> is_described(Connection& connection) {
  bool found = false;
  SJ_TRY(connection.each_text("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_stat1'", {},
                              [&](const Row&) -> Result<void> {
                                found = true;
                                return {};
                              }));
  return found;
}

Result<void> describe_indexes(Connection& connection) {
  SJ_TRY(connection.begin_write());
  const Transaction transaction(connection);
  SJ_TRY(connection.script(kDescribeIndexes));
  return connection.commit();
}

}  // namespace

Result<std::int64_t> Reader::number(const Statement& statement, Binds binds) {
  std::int64_t value = 0;
  SJ_TRY(each(statement, binds, [&](const Row& row) -> Result<void> {
    value = row.maybe_integer(0).value_or(0);
    return {};
  }));
  return value;
}

Result<std::unique_ptr<Database>> Database::open(const Address& address) {
  return address.url.empty() ? open_sqlite(address.file) : open_postgres(address.url);
}

Result<int> migrate(Connection& connection, std::span<const Migration> steps) {
  const bool sorted = std::is_sorted(steps.begin(), steps.end(),
                                     [](const auto& a, const auto& b) { return a.name < b.name; });
  SJ_CHECK(sorted);
  // A table that is rebuilt is dropped in between, and must not take along what points to it.
  // SQLite takes this setting outside of transactions only; each step checks what it left.
  const bool sqlite = connection.dialect() == Dialect::sqlite;
  if (sqlite) SJ_TRY(connection.script("PRAGMA foreign_keys = OFF"));
  Result<int> count = apply_missing(connection, steps);
  if (sqlite) SJ_TRY(connection.script("PRAGMA foreign_keys = ON"));
  if (sqlite && count.ok()) {
    const bool known = SJ_TRY(is_described(connection));
    if (count.value() > 0 || !known) SJ_TRY(describe_indexes(connection));
  }
  return count;
}

}  // namespace sj::sql
