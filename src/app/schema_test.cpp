#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "kernel/sql/fresh_store.h"
#include "kernel/sql/sql.h"
#include "kernel/sql/watched.h"

// The store of the whole product: every room is linked in, with all its statements.
namespace sj::sql {
namespace {

/// Keys and indexes of what belongs to no area. All others begin with area_id, so that a store can
/// be divided by area.
const std::set<std::string> kWithoutArea = {
    "kernel_job key (name)",        // of the process
    "kernel_migration key (name)",  // of the store
    "kernel_setting key (name)",    // of the store
    "org_area key (id)",            // the areas themselves
    "org_area unique (code)",
    "org_family_link (child_area_id, child_id)",  // an account of one area, a child of another
    "org_family_link (child_area_id, browser)",   // as above
    "org_family_link (child_area_id, device)",    // as above
};

struct Table {
  std::vector<std::string> columns{};  // "name text not null"
  std::string primary_key{};           // "area_id, id"
  std::set<std::string> indexes{};     // "unique (area_id, name) where"
  std::set<std::string> references{};  // "area_id, school_id -> org_school (area_id, id) cascade"

  friend bool operator==(const Table&, const Table&) = default;
};

using Catalogue = std::map<std::string, Table>;

std::string print(const Table& table) {
  std::string text = "\n  key " + table.primary_key;
  for (const std::string& column : table.columns) text += "\n  column " + column;
  for (const std::string& index : table.indexes) text += "\n  index " + index;
  for (const std::string& reference : table.references) text += "\n  refers " + reference;
  return text;
}

void must(const Result<void>& result) {
  ASSERT_TRUE(result.ok()) << result.error().detail;
}

std::string index_text(bool unique, const std::string& columns, bool partial) {
  return std::string(unique ? "unique (" : "(") + columns + ")" + (partial ? " where" : "");
}

// Columns of the questions below: table, column, type, not null, has a default.
constexpr const char* kSqliteColumns = R"(
  SELECT t.name, c.name, lower(c.type), c."notnull", c.dflt_value IS NOT NULL
  FROM pragma_table_list AS t, pragma_table_xinfo(t.name) AS c
  WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite!_%' ESCAPE '!'
  ORDER BY t.name, c.cid)";
constexpr const char* kPostgresColumns = R"(
  SELECT CAST(c.relname AS TEXT), CAST(a.attname AS TEXT), format_type(a.atttypid, NULL),
         a.attnotnull, a.atthasdef
  FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
  WHERE c.relnamespace = CAST('public' AS REGNAMESPACE) AND c.relkind = 'r'
    AND a.attnum > 0 AND NOT a.attisdropped
  ORDER BY c.relname, a.attnum)";

// Table, index, primary, unique, partial, column; columns in their order.
constexpr const char* kSqliteIndexes = R"(
  SELECT t.name, i.name, i.origin = 'pk', i."unique", i.partial, coalesce(c.name, '(expression)')
  FROM pragma_table_list AS t, pragma_index_list(t.name) AS i, pragma_index_info(i.name) AS c
  WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite!_%' ESCAPE '!'
  ORDER BY t.name, i.name, c.seqno)";
constexpr const char* kPostgresIndexes = R"(
  SELECT CAST(t.relname AS TEXT), CAST(n.relname AS TEXT), i.indisprimary, i.indisunique,
         i.indpred IS NOT NULL, coalesce(CAST(a.attname AS TEXT), '(expression)')
  FROM pg_index AS i
  JOIN pg_class AS t ON t.oid = i.indrelid
  JOIN pg_class AS n ON n.oid = i.indexrelid
  CROSS JOIN LATERAL unnest(CAST(i.indkey AS SMALLINT[])) WITH ORDINALITY AS k (number, place)
  LEFT JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = k.number AND k.number > 0
  WHERE t.relnamespace = CAST('public' AS REGNAMESPACE)
  ORDER BY t.relname, n.relname, k.place)";

// Table, number of the reference, from, to table, to column, on delete; columns in their order.
constexpr const char* kSqliteReferences = R"(
  SELECT t.name, CAST(f.id AS TEXT), f."from", f."table", f."to", lower(f.on_delete)
  FROM pragma_table_list AS t, pragma_foreign_key_list(t.name) AS f
  WHERE t.schema = 'main' AND t.type = 'table'
  ORDER BY t.name, f.id, f.seq)";
constexpr const char* kPostgresReferences = R"(
  SELECT CAST(t.relname AS TEXT), CAST(c.conname AS TEXT), CAST(a.attname AS TEXT),
         CAST(o.relname AS TEXT), CAST(b.attname AS TEXT),
         CASE c.confdeltype WHEN 'a' THEN 'no action' WHEN 'r' THEN 'restrict'
           WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null' ELSE 'set default' END
  FROM pg_constraint AS c
  JOIN pg_class AS t ON t.oid = c.conrelid
  JOIN pg_class AS o ON o.oid = c.confrelid
  CROSS JOIN LATERAL unnest(c.conkey, c.confkey) WITH ORDINALITY AS k (ours, theirs, place)
  JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = k.ours
  JOIN pg_attribute AS b ON b.attrelid = o.oid AND b.attnum = k.theirs
  WHERE c.contype = 'f' AND t.relnamespace = CAST('public' AS REGNAMESPACE)
  ORDER BY t.relname, c.conname, k.place)";

constexpr const char* kSqliteViews = R"(
  SELECT t.name, c.name FROM pragma_table_list AS t, pragma_table_info(t.name) AS c
  WHERE t.schema = 'main' AND t.type = 'view' ORDER BY t.name, c.cid)";
constexpr const char* kPostgresViews = R"(
  SELECT CAST(c.relname AS TEXT), CAST(a.attname AS TEXT)
  FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
  WHERE c.relnamespace = CAST('public' AS REGNAMESPACE) AND c.relkind = 'v' AND a.attnum > 0
  ORDER BY c.relname, a.attnum)";

/// The type that both engines mean. All whole numbers are one type on SQLite.
std::string common_type(const std::string& type) {
  if (type == "int" || type == "bigint" || type == "integer" || type == "smallint") return "number";
  if (type == "blob" || type == "bytea") return "bytes";
  return type;
}

Catalogue read_catalogue(Connection& store) {
  const bool sqlite = store.dialect() == Dialect::sqlite;
  Catalogue catalogue;
  const auto ask = [&](const char* on_sqlite, const char* on_postgres, const auto& take) {
    must(store.each_text(sqlite ? on_sqlite : on_postgres, {}, [&](const Row& row) -> Result<void> {
      take(row);
      return {};
    }));
  };
  ask(kSqliteColumns, kPostgresColumns, [&](const Row& row) {
    catalogue[row.text(0)].columns.push_back(row.text(1) + " " + common_type(row.text(2)) +
                                             (row.flag(3) ? " not null" : "") +
                                             (row.flag(4) ? " default" : ""));
  });

  struct Index {
    bool primary = false;
    bool unique = false;
    bool partial = false;
    std::string columns{};
  };
  std::map<std::pair<std::string, std::string>, Index> indexes;
  ask(kSqliteIndexes, kPostgresIndexes, [&](const Row& row) {
    Index& index = indexes[{row.text(0), row.text(1)}];
    index.primary = row.flag(2);
    index.unique = row.flag(3);
    index.partial = row.flag(4);
    index.columns += (index.columns.empty() ? "" : ", ") + row.text(5);
  });
  for (const auto& [name, index] : indexes) {
    Table& table = catalogue[name.first];
    if (index.primary) {
      table.primary_key = index.columns;
    } else {
      table.indexes.insert(index_text(index.unique, index.columns, index.partial));
    }
  }

  struct Reference {
    std::string from{};
    std::string table{};
    std::string to{};
    std::string on_delete{};
  };
  std::map<std::pair<std::string, std::string>, Reference> references;
  ask(kSqliteReferences, kPostgresReferences, [&](const Row& row) {
    Reference& reference = references[{row.text(0), row.text(1)}];
    reference.from += (reference.from.empty() ? "" : ", ") + row.text(2);
    reference.table = row.text(3);
    reference.to += (reference.to.empty() ? "" : ", ") + row.text(4);
    reference.on_delete = row.text(5);
  });
  for (const auto& [name, reference] : references) {
    catalogue[name.first].references.insert(reference.from + " -> " + reference.table + " (" +
                                            reference.to + ") " + reference.on_delete);
  }

  ask(kSqliteViews, kPostgresViews,
      [&](const Row& row) { catalogue["view " + row.text(0)].columns.push_back(row.text(1)); });
  return catalogue;
}

class Schema : public testing::TestWithParam<Dialect> {
 protected:
  void SetUp() override {
    if (!FreshStore::available(GetParam())) GTEST_SKIP() << "SJ_TEST_PG is not set";
    store_ = std::make_unique<FreshStore>(GetParam());
    connection_ = store_->connect();
    const auto done = migrate(*connection_, migrations());
    ASSERT_TRUE(done.ok()) << done.error().detail;
  }

  Connection& db() { return *connection_; }

 private:
  std::unique_ptr<FreshStore> store_;
  std::unique_ptr<Connection> connection_;
};

INSTANTIATE_TEST_SUITE_P(On,
                         Schema,
                         testing::Values(Dialect::sqlite, Dialect::postgres),
                         [](const auto& engine) {
                           return engine.param == Dialect::sqlite ? "sqlite" : "postgres";
                         });

TEST_P(Schema, every_statement_can_be_prepared) {
  ASSERT_FALSE(Statement::all().empty());
  for (const Statement* statement : Statement::all()) {
    const auto prepared = db().prepare(*statement);
    EXPECT_TRUE(prepared.ok()) << prepared.error().detail << "\n" << statement->text(GetParam());
  }
}

TEST_P(Schema, every_key_and_index_begins_with_the_area) {
  const auto begins_with_area = [](const std::string& columns) {
    const std::string first = columns.substr(columns.find('('));
    return first.rfind("(area_id, ", 0) == 0 || first.rfind("(area_id)", 0) == 0;
  };
  std::set<std::string> without;
  for (const auto& [name, table] : read_catalogue(db())) {
    if (name.rfind("view ", 0) == 0) continue;
    EXPECT_FALSE(table.primary_key.empty()) << name << " has no primary key";
    std::set<std::string> all = table.indexes;
    all.insert("key (" + table.primary_key + ")");
    for (const std::string& index : all) {
      if (!begins_with_area(index)) without.insert(std::string(name).append(" ").append(index));
    }
  }
  EXPECT_EQ(kWithoutArea, without) << "list only what belongs to no area";
}

// Else a table that a new room brings could be changed behind the trail.
TEST_P(Schema, every_table_is_watched_or_says_why_not) {
  std::set<std::string> said;
  for (const Unwatched* one : Unwatched::all()) {
    if (!one->columns().empty()) continue;
    EXPECT_TRUE(said.insert(one->table()).second) << one->table() << " twice";
  }
  const Catalogue catalogue = read_catalogue(db());
  for (const Watched* one : Watched::all()) {
    EXPECT_TRUE(said.insert(one->table()).second) << one->table() << " twice";
    ASSERT_TRUE(catalogue.contains(one->table())) << one->table();
    std::string key = "area_id";
    for (const Watched::Column& column : one->key()) key += ", " + column.name;
    EXPECT_EQ(key, catalogue.at(one->table()).primary_key) << one->table();
  }
  for (const auto& [name, table] : catalogue) {
    if (name.rfind("view ", 0) == 0) continue;
    EXPECT_TRUE(said.contains(name)) << name << " is neither sql::Watched nor sql::Unwatched";
  }
}

TEST_P(Schema, every_column_of_a_watched_table_is_watched_or_says_why_not) {
  const Catalogue catalogue = read_catalogue(db());
  for (const Watched* one : Watched::all()) {
    std::set<std::string> said = {"area_id"};
    const auto say = [&](const std::vector<Watched::Column>& columns) {
      for (const Watched::Column& column : columns) {
        EXPECT_TRUE(said.insert(column.name).second)
            << one->table() << "." << column.name << " twice";
      }
    };
    say(one->key());
    say(one->columns());
    for (const Unwatched* left : Unwatched::all()) {
      if (left->table() == one->table()) say(left->columns());
    }
    std::set<std::string> there;
    for (const std::string& column : catalogue.at(one->table()).columns) {
      there.insert(column.substr(0, column.find(' ')));
    }
    EXPECT_EQ(there, said) << one->table();
  }
}

// Who holds key and store could test a guess at what was erased.
TEST(Schemas, what_is_written_about_a_child_bears_no_mark) {
  const std::vector<std::pair<std::string, std::string>> texts = {{"org_data_grant", "purpose"},
                                                                  {"org_merge", "reason"}};
  for (const auto& [table, column] : texts) {
    const Watched* const watched = Watched::find(table);
    ASSERT_NE(nullptr, watched) << table;
    for (const Watched::Column& one : watched->columns()) {
      EXPECT_NE(column, one.name) << table;
    }
  }
}

TEST(Schemas, of_both_engines_are_the_same) {
  if (!FreshStore::available(Dialect::postgres)) GTEST_SKIP() << "SJ_TEST_PG is not set";
  const auto catalogue_of = [](Dialect dialect) {
    FreshStore store(dialect);
    const auto connection = store.connect();
    EXPECT_TRUE(migrate(*connection, migrations()).ok());
    return read_catalogue(*connection);
  };
  const Catalogue sqlite = catalogue_of(Dialect::sqlite);
  const Catalogue postgres = catalogue_of(Dialect::postgres);
  ASSERT_FALSE(sqlite.empty());
  std::set<std::string> names;
  for (const auto& entry : sqlite) names.insert(entry.first);
  for (const auto& entry : postgres) names.insert(entry.first);
  for (const std::string& name : names) {
    const auto ours = sqlite.find(name);
    const auto theirs = postgres.find(name);
    ASSERT_TRUE(ours != sqlite.end()) << name;
    ASSERT_TRUE(theirs != postgres.end()) << name;
    EXPECT_TRUE(ours->second == theirs->second)
        << name << "\nsqlite:" << print(ours->second) << "\npostgres:" << print(theirs->second);
  }
}

}  // namespace
}  // namespace sj::sql
