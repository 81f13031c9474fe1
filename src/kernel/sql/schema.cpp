#include "kernel/sql/schema.h"

#include <algorithm>
#include <map>
#include <set>

#include "kernel/sql/engine.h"

namespace sj::sql {
namespace {

using Schema = std::map<std::string, std::string>;  // what and its name, and how it is made

// SQLite keeps the text of each thing; its own statistics hold nothing but hints.
constexpr const char* kSqliteSchema = R"(
  SELECT type || ' ' || name, tbl_name || ' ' || coalesce(sql, '') FROM sqlite_schema
  WHERE name NOT LIKE 'sqlite!_stat%' ESCAPE '!')";
constexpr const char* kSqliteCode = R"(
  SELECT type || ' ' || name, '' FROM sqlite_schema WHERE type IN ('trigger', 'view'))";

// Tables and the like with what hangs on them, as the catalogues print it. Names that the search
// path finds come without their schema, so that two schemas can be compared.
constexpr const char* kPostgresTables = R"(
  WITH ours AS (
    SELECT c.oid, c.relname, c.relkind FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = current_schema())
  SELECT 'relation ' || relname, CAST(relkind AS TEXT) FROM ours
  UNION ALL
  SELECT 'column ' || o.relname || '.' || a.attname,
         concat_ws(' ', a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
                   a.attgenerated, a.attcollation, pg_get_expr(d.adbin, d.adrelid))
  FROM ours AS o JOIN pg_attribute AS a ON a.attrelid = o.oid AND a.attnum > 0
  LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE NOT a.attisdropped AND o.relkind <> 'i'
  UNION ALL
  SELECT 'constraint ' || o.relname || '.' || c.conname,
         pg_get_constraintdef(c.oid, true) || ' ' || c.convalidated
  FROM ours AS o JOIN pg_constraint AS c ON c.conrelid = o.oid
  UNION ALL
  SELECT 'index ' || o.relname, pg_get_indexdef(o.oid, 0, true) || ' ' || i.indisvalid
  FROM ours AS o JOIN pg_index AS i ON i.indexrelid = o.oid
  UNION ALL
  SELECT 'table ' || o.relname || ' with switched-off references', ''
  FROM ours AS o WHERE EXISTS (SELECT 1 FROM pg_trigger AS t
    WHERE t.tgrelid = o.oid AND t.tgisinternal AND t.tgenabled <> 'O'))";

// No migration makes any of these, so nothing has to be compared.
constexpr const char* kPostgresCode = R"(
  WITH places AS (
    SELECT n.oid FROM pg_namespace AS n WHERE n.nspname = ANY (current_schemas(false))
      AND n.oid <> pg_my_temp_schema()),
  ours AS (
    SELECT c.oid, c.relname, c.relkind, c.relrowsecurity FROM pg_class AS c
    JOIN places AS p ON p.oid = c.relnamespace)
  SELECT 'trigger ' || t.tgname || ' on ' || o.relname, ''
  FROM ours AS o JOIN pg_trigger AS t ON t.tgrelid = o.oid AND NOT t.tgisinternal
  UNION ALL
  SELECT CASE WHEN o.relkind IN ('v', 'm') THEN 'view ' || o.relname
         ELSE 'rule ' || r.rulename || ' on ' || o.relname END, ''
  FROM ours AS o JOIN pg_rewrite AS r ON r.ev_class = o.oid
  UNION ALL
  SELECT 'policy ' || y.polname || ' on ' || o.relname, ''
  FROM ours AS o JOIN pg_policy AS y ON y.polrelid = o.oid
  UNION ALL
  SELECT 'row security of ' || o.relname, '' FROM ours AS o WHERE o.relrowsecurity
  UNION ALL
  SELECT 'table ' || CAST(h.inhrelid AS REGCLASS) || ' below ' || o.relname, ''
  FROM ours AS o JOIN pg_inherits AS h ON h.inhparent = o.oid
  UNION ALL
  SELECT 'function ' || f.proname, '' FROM pg_proc AS f JOIN places AS p ON p.oid = f.pronamespace
  UNION ALL
  SELECT 'operator ' || f.oprname, ''
  FROM pg_operator AS f JOIN places AS p ON p.oid = f.oprnamespace
  UNION ALL
  SELECT 'type ' || t.typname, '' FROM pg_type AS t JOIN places AS p ON p.oid = t.typnamespace
  WHERE t.typrelid = 0 AND t.typcategory <> 'A'
  UNION ALL
  SELECT 'cast ' || CAST(c.castsource AS REGTYPE) || ' to ' || CAST(c.casttarget AS REGTYPE), ''
  FROM pg_cast AS c WHERE c.oid >= 16384
  UNION ALL
  SELECT 'event trigger ' || e.evtname, '' FROM pg_event_trigger AS e)";

Result<Schema> read(Connection& store, const char* sqlite, const char* postgres) {
  Schema schema;
  SJ_TRY(store.each_text(store.dialect() == Dialect::sqlite ? sqlite : postgres, {},
                         [&](const Row& row) -> Result<void> {
                           schema.emplace(row.text(0), row.text(1));
                           return {};
                         }));
  return schema;
}

Result<Schema> read(Connection& store) {
  return read(store, kSqliteSchema, kPostgresTables);
}

/// Those of our migrations that were applied, in their order.
Result<std::vector<Migration>> applied_of(Connection& store) {
  std::set<std::string, std::less<>> names;
  SJ_TRY(
      store.each_text("SELECT name FROM kernel_migration", {}, [&](const Row& row) -> Result<void> {
        names.insert(row.text(0));
        return {};
      }));
  std::vector<Migration> steps;
  for (const Migration& step : migrations()) {
    if (names.find(step.name) != names.end()) steps.push_back(step);
  }
  return steps;
}

/// What the migrations make where there is nothing. PostgreSQL makes it among the temporary tables
/// of `store`, in a transaction that is given up.
Result<Schema> made_of(Connection& store, const std::vector<Migration>& steps) {
  if (store.dialect() == Dialect::sqlite) {
    const auto fresh = SJ_TRY(open_in_memory());
    static_cast<void>(SJ_TRY(migrate(*fresh, steps)));
    return read(*fresh);
  }
  SJ_TRY(store.begin_write());
  const auto make = [&]() -> Result<Schema> {
    SJ_TRY(store.script("SET LOCAL search_path = pg_temp"));
    SJ_TRY(store.script(kMigrationTable));
    for (const Migration& step : steps) SJ_TRY(store.script(step.sql));
    return read(store);
  };
  Result<Schema> made = make();
  store.rollback();
  return made;
}

}  // namespace

Result<std::vector<std::string>> code_in_store(Connection& store) {
  const Schema code = SJ_TRY(read(store, kSqliteCode, kPostgresCode));
  std::vector<std::string> found;
  for (const auto& [name, unused] : code)
    found.push_back(name + ": this program made no such thing");
  return found;
}

Result<std::vector<std::string>> compare_schema(Database& database) {
  const auto store = SJ_TRY(database.connect(Mode::write));
  std::vector<std::string> differs = SJ_TRY(code_in_store(*store));
  const Schema is = SJ_TRY(read(*store));
  const std::vector<Migration> steps = SJ_TRY(applied_of(*store));
  const Schema wanted = SJ_TRY(made_of(*store, steps));
  for (const auto& [name, text] : is) {
    const auto found = wanted.find(name);
    if (found == wanted.end()) {
      differs.push_back(name + ": this program made no such thing");
    } else if (found->second != text) {
      differs.push_back(name + ": it is not as this program made it");
    }
  }
  for (const auto& [name, text] : wanted) {
    if (is.find(name) == is.end()) differs.push_back(name + ": it is gone");
  }
  std::sort(differs.begin(), differs.end());
  differs.erase(std::unique(differs.begin(), differs.end()), differs.end());
  return differs;
}

}  // namespace sj::sql
