#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/auth/vault.h"
#include "kernel/base/result.h"
#include "kernel/base/sha256.h"
#include "kernel/sql/sql.h"
#include "kernel/sql/watched.h"

/// Rows that the trail explains. A unit of work leaves a mark of every value it wrote into a
/// watched column (sql::Watched): 16 bytes over table, area, key, column and value, made with a key
/// that does not lie in the store. The hash over all marks of a unit stands in its audit entry. So
/// what a row must hold now follows from the trail alone, and who has the database without the key
/// can neither change a row nor add, remove or bring back one, without `audit verify` naming it.
///
/// Each column has its own mark, because a unit vouches only for what it wrote: what somebody
/// changed beside it stays visible.
namespace sj::desk::rows {

inline constexpr std::size_t kMarkBytes = 16;

/// Settings of the store: since when so many columns of a table are watched.
inline constexpr std::string_view kWatchedSetting = "watched:";
/// The entry for rows that were there before their table was watched: taken as they were.
inline constexpr std::string_view kTakeOverAction = "desk.trail.watched";

/// How the columns stand in a row behind area and key: all of them, or only those of the touch.
enum class Layout : unsigned char { touched, whole };

/// What a unit wrote, by area and table.
class Notes {
 public:
  void take(const auth::Vault& vault,
            const sql::Touch& touch,
            const sql::Row& row,
            Layout layout = Layout::touched);
  [[nodiscard]] bool touches(std::int64_t area) const { return areas_.find(area) != areas_.end(); }
  [[nodiscard]] std::vector<std::int64_t> areas() const;

  /// Stores what was written in an area as this unit. Gives: the hash over it.
  [[nodiscard]] Result<Sha256> store(sql::Writer& store,
                                     Hasher& hasher,
                                     std::int64_t area,
                                     std::int64_t unit) const;

 private:
  std::map<std::int64_t, std::map<std::string, std::vector<std::string>>> areas_;  // packed rows
};

/// The number for the next unit of an area.
[[nodiscard]] Result<std::int64_t> next_unit(sql::Reader& store, std::int64_t area);

struct RowsReport {
  std::int64_t tables = 0;
  std::int64_t rows = 0;
  /// One sentence for each thing that differs.
  std::vector<std::string> breaks{};
  /// Tables with rows that nothing explains yet, because no server has begun to watch them.
  std::vector<std::string> not_begun{};
  /// Rows that were there before their table was watched: "org_role: 12 rows since 2026-12-01".
  std::vector<std::string> taken_over{};
};

/// Recomputes every row of every watched table from the trail. Ask it inside begin_read(), with the
/// right key. The chains themselves are verify_chains()' (audit.h).
///
/// Each part of a unit, in the order of tables and numbers, is hashed with the hash before (zeros
/// before the first): table, number and marks, each with its length before it. The marks of a row
/// are its key, the number whose bits are its columns, and the marks, likewise.
[[nodiscard]] Result<RowsReport> verify_rows(sql::Connection& store, const auth::Vault& vault);

}  // namespace sj::desk::rows
