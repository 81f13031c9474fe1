#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/sql/statement.h"

namespace sj::sql {

/// A table of which the trail explains every row (kernel/desk/rows.h). Declared as an object of
/// static storage beside what always holds in a room:
/// `const sql::Watched kRole{"org_role", "id", "person_id role place_kind place_id revoked_ms"};`.
///
/// Every statement that writes such a table and goes through a unit of work hands back what it
/// wrote, without being asked: nobody can forget it. In exchange it writes one table without an
/// alias, has no RETURNING of its own, never changes the key, and an upsert sets all of the
/// columns.
class Watched {
 public:
  struct Column {
    std::string name{};
    bool bytes = false;

    /// Its value as text, the same on both engines; NULL stays NULL.
    [[nodiscard]] std::string as_text(std::string_view table, Dialect dialect) const;
  };

  /// `key`: the primary key without area_id. `columns`: those that count. Names with a blank
  /// between; `name:bytes` holds bytes. Columns are only ever added, and behind the others: stores
  /// know them by their place.
  Watched(const char* table, const char* key, const char* columns);
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;
  ~Watched() = default;

  [[nodiscard]] const std::string& table() const { return table_; }
  [[nodiscard]] const std::vector<Column>& key() const { return key_; }
  [[nodiscard]] const std::vector<Column>& columns() const { return columns_; }
  /// A bit for each column.
  [[nodiscard]] std::uint64_t all_columns() const;
  /// Every row: area, key, columns; the last two as text.
  [[nodiscard]] const Statement& rows() const { return rows_; }

  /// Sorted by table.
  [[nodiscard]] static std::vector<const Watched*> all();
  /// Nothing: it is not watched.
  [[nodiscard]] static const Watched* find(std::string_view table);

 private:
  std::string table_;
  std::vector<Column> key_;
  std::vector<Column> columns_;
  Statement rows_;
};

/// A table, or columns of a watched one, that is not watched, and why not: why nobody is harmed
/// when somebody changes it, or what else tells. A test wants every column to be one or the other.
class Unwatched {
 public:
  Unwatched(const char* table, const char* why);
  Unwatched(const char* table, const char* columns, const char* why);
  Unwatched(const Unwatched&) = delete;
  Unwatched& operator=(const Unwatched&) = delete;
  ~Unwatched() = default;

  [[nodiscard]] const std::string& table() const { return table_; }
  /// Empty: all of them.
  [[nodiscard]] const std::vector<Watched::Column>& columns() const { return columns_; }

  [[nodiscard]] static const std::vector<const Unwatched*>& all();

 private:
  std::string table_;
  std::vector<Watched::Column> columns_;
};

/// What a statement that writes a watched table hands back for each row: area, key, and the columns
/// it set in their order.
struct Touch {
  const Watched* watched = nullptr;  // nothing: it writes none, or none of its columns
  std::uint64_t columns = 0;         // 0: the row is deleted
};

/// What a text does to watched tables.
[[nodiscard]] Touch touch_of(std::string_view sql);
/// RETURNING with what a Touch says; empty if it is nothing.
[[nodiscard]] std::string returning(const Touch& touch, Dialect dialect);

}  // namespace sj::sql
