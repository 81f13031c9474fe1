#pragma once

#include <cstddef>
#include <span>
#include <string_view>

/// The tables of OneRoster 1.2 CSV that an organisation is made of, column by column.
namespace sj::org::oneroster {

struct ColumnSpec {
  std::string_view name;
  bool is_required = false;  // the header must be there and no value may be empty
};

enum class TableKind : unsigned char {
  orgs,
  academic_sessions,
  courses,
  classes,
  users,
  roles,
  enrollments,
  demographics,
};
inline constexpr std::size_t kTables = 8;

struct TableSpec {
  TableKind kind;
  std::string_view name;  // "academicSessions"
  std::span<const ColumnSpec> columns;
};

/// In an order in which each only refers to those before it, but for parents and agents.
[[nodiscard]] std::span<const TableSpec> tables();

/// All names a manifest has after `file.`, sorted.
[[nodiscard]] std::span<const std::string_view> all_files();

/// Our own columns; their names all start so.
inline constexpr std::string_view kOwn = "metadata.sj.";

}  // namespace sj::org::oneroster
