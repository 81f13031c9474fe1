#pragma once

#include <string>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/sql/sql.h"

/// What was put into a store beside its rows: whoever may change the schema changes what every
/// later statement does.
namespace sj::sql {

/// What runs in the store by itself or stands between the program and its tables, one sentence for
/// each: triggers, views, rules, functions, policies. Migrations make none of them.
/// Fails: sql.*
[[nodiscard]] Result<std::vector<std::string>> code_in_store(Connection& store);

/// Where the schema is not what the applied migrations make of an empty store, one sentence for
/// each: tables, columns, constraints, indexes, and what code_in_store() tells. Writes nothing.
/// Fails: sql.*
[[nodiscard]] Result<std::vector<std::string>> compare_schema(Database& database);

}  // namespace sj::sql
