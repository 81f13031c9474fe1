#include "kernel/desk/rows.h"

#include <charconv>
#include <optional>
#include <set>

#include "kernel/desk/chain.h"
#include "kernel/sql/statement.h"
#include "kernel/time/zone.h"

namespace sj::desk::rows {
namespace {

constexpr std::size_t kPartBytes = 60'000;

const sql::Statement kInsertPart{
    "INSERT INTO kernel_audit_rows (area_id, watched, unit, part, marks)"
    " VALUES ($1, $2, $3, $4, $5)"};
const sql::Statement kLastUnit{
    "SELECT unit FROM kernel_audit_rows WHERE area_id = $1 ORDER BY unit DESC LIMIT 1"};
const sql::Statement kClaims{
    "SELECT area_id, unit, school_id, seq, rows, action, at_ms FROM kernel_audit_entry"
    " WHERE unit IS NOT NULL ORDER BY area_id, school_id, seq"};
const sql::Statement kTables{"SELECT DISTINCT watched FROM kernel_audit_rows"};
const sql::Statement kParts{
    "SELECT area_id, unit, part, marks FROM kernel_audit_rows WHERE watched = $1"
    " ORDER BY area_id, unit, part"};
const sql::Statement kWatchedSince{"SELECT name, value FROM kernel_setting WHERE name LIKE $1"};

/// What all marks of a row begin with.
chain::Canonical row_text(const sql::Watched& watched, std::int64_t area, std::string_view key) {
  chain::Canonical text;
  text.add("row").add(watched.table()).add(area).add(key);
  return text;
}

std::string mark(const auth::Vault& vault,
                 chain::Canonical row,
                 const sql::Watched::Column& column,
                 const std::optional<std::string_view>& value) {
  row.add(column.name).add_maybe(value);
  return vault.mark(row.text());
}

std::string key_of(const sql::Watched& watched, const sql::Row& row) {
  std::string key;
  for (std::size_t i = 0; i < watched.key().size(); ++i) {
    if (i > 0) key += ':';
    key += row.bytes(static_cast<int>(1 + i));
  }
  return key;
}

std::optional<std::string_view> value_of(const sql::Row& row, std::size_t column) {
  const int at = static_cast<int>(column);
  if (row.is_null(at)) return std::nullopt;
  return row.bytes(at);
}

bool has(std::uint64_t columns, std::size_t column) {
  return (columns >> column & 1U) == 1;
}

Sha256 hash_of(Hasher& hasher,
               std::string_view before,
               std::string_view table,
               std::int64_t part,
               std::string_view marks) {
  chain::Canonical text;
  text.add(table).add(part).add(marks);
  return hasher.hash({before, text.text()});
}

/// Takes `length:text,` off the front.
std::optional<std::string_view> take_text(std::string_view& packed) {
  std::size_t length = 0;
  const auto [at, wrong] = std::from_chars(packed.data(), packed.data() + packed.size(), length);
  const auto start = static_cast<std::size_t>(at - packed.data()) + 1;
  if (wrong != std::errc() || start > packed.size() || length >= packed.size() - start + 1) {
    return std::nullopt;
  }
  if (packed[start - 1] != ':' || packed.size() == start + length) return std::nullopt;
  if (packed[start + length] != ',') return std::nullopt;
  const std::string_view text = packed.substr(start, length);
  packed.remove_prefix(start + length + 1);
  return text;
}

/// Of one row: which columns were written and their marks in order; no columns: it was deleted.
struct Written {
  std::string_view key{};
  std::uint64_t columns = 0;
  std::string_view marks{};
};

std::optional<Written> take_row(std::string_view& packed) {
  Written row;
  const auto key = take_text(packed);
  if (!key) return std::nullopt;
  const auto columns = take_text(packed);
  if (!columns) return std::nullopt;
  const auto marks = take_text(packed);
  if (!marks) return std::nullopt;
  const auto read =
      std::from_chars(columns->data(), columns->data() + columns->size(), row.columns);
  std::size_t count = 0;
  for (std::uint64_t left = row.columns; left != 0; left >>= 1U) count += left & 1U;
  if (read.ec != std::errc() || marks->size() != count * kMarkBytes) return std::nullopt;
  row.key = *key;
  row.marks = *marks;
  return row;
}

class Verifier {
 public:
  Verifier(sql::Connection& store, const auth::Vault& vault) : store_(store), vault_(vault) {}

  Result<RowsReport> run() {
    SJ_TRY(load_claims());
    std::set<std::string> tables;
    SJ_TRY(store_.each(kTables, {}, [&](const sql::Row& row) -> Result<void> {
      tables.insert(row.text(0));
      return {};
    }));
    const std::set<std::string> with_parts = tables;
    for (const sql::Watched* watched : sql::Watched::all()) tables.insert(watched->table());
    SJ_TRY(store_.each(kWatchedSince, {std::string(kWatchedSetting) + "%"},
                       [&](const sql::Row& row) -> Result<void> {
                         const std::string name = row.text(0).substr(kWatchedSetting.size());
                         begun_[name] = std::strtoull(row.text(1).c_str(), nullptr, 10);
                         return {};
                       }));
    for (const std::string& table : tables) {
      SJ_TRY(verify_table(table, with_parts.find(table) != with_parts.end()));
    }
    for (const auto& [unit, claim] : claims_) {
      if (claim.hash != claim.found) {
        broken(name_of(unit) + ": the marks of its rows are not those that " + claim.entry +
               " answers for");
      }
    }
    for (const auto& [what, taken] : taken_over_) {
      report_.taken_over.push_back(what.first + ": " + std::to_string(taken) + " rows on " +
                                   what.second);
    }
    return std::move(report_);
  }

 private:
  using Unit = std::pair<std::int64_t, std::int64_t>;  // area, number
  using Key = std::pair<std::int64_t, std::string>;    // area, key
  struct Claim {
    std::string entry{};  // which says so
    std::string hash{};
    std::string found = chain::zeros();  // over the parts met so far
    bool takes_over = false;
    std::string day{};
  };
  struct State {
    std::uint64_t columns = 0;
    std::string marks{};  // a place for each column of the table
  };

  void broken(std::string sentence) { report_.breaks.push_back(std::move(sentence)); }

  static std::string name_of(const Unit& unit) {
    return "area " + std::to_string(unit.first) + " unit " + std::to_string(unit.second);
  }
  static std::string name_of(const sql::Watched& watched, const Key& key) {
    return watched.table() + " " + key.second + " of area " + std::to_string(key.first);
  }

  Result<void> load_claims() {
    return store_.each_text(
        kClaims.text(store_.dialect()), {}, [&](const sql::Row& row) -> Result<void> {
          const Unit unit{row.integer(0), row.integer(1)};
          Claim claim;
          claim.entry = "school " + std::to_string(row.integer(2)) + " number " +
                        std::to_string(row.integer(3));
          if (!row.is_null(4)) claim.hash = row.text(4);
          claim.takes_over = row.bytes(5) == kTakeOverAction;
          claim.day = day_of(row.instant(6)).to_iso();
          if (!claims_.try_emplace(unit, claim).second) {
            broken(name_of(unit) + ": " + claim.entry + " is a second entry for it");
          }
          return {};
        });
  }

  Result<void> verify_table(const std::string& table, bool has_parts) {
    const sql::Watched* const watched = sql::Watched::find(table);
    states_.clear();
    std::set<Unit> unclaimed;
    const sql::Bind name(table);
    SJ_TRY(store_.each_text(kParts.text(store_.dialect()), {&name, 1},
                            [&](const sql::Row& row) -> Result<void> {
                              const Unit unit{row.integer(0), row.integer(1)};
                              const auto claim = claims_.find(unit);
                              if (claim == claims_.end()) {
                                unclaimed.insert(unit);
                              } else {
                                take_part(table, watched, unit, claim->second, row);
                              }
                              return {};
                            }));
    for (const Unit& unit : unclaimed) {
      broken(name_of(unit) + ": no entry answers for its rows of " + table);
    }
    if (watched == nullptr) return {};
    const auto begun = begun_.find(table);
    if (begun == begun_.end() && has_parts) {
      broken("kernel_setting " + std::string(kWatchedSetting) + table + ": it is gone");
    }
    ++report_.tables;
    return compare(*watched, begun == begun_.end() ? 0 : begun->second, has_parts);
  }

  void take_part(const std::string& table,
                 const sql::Watched* watched,
                 const Unit& unit,
                 Claim& claim,
                 const sql::Row& row) {
    const Sha256 hash = hash_of(hasher_, claim.found, table, row.integer(2), row.bytes(3));
    claim.found = std::string(chain::view(hash));
    if (watched == nullptr) return;
    for (std::string_view left = row.bytes(3); !left.empty();) {
      const auto written = take_row(left);
      if (!written) {
        broken(name_of(unit) + ": its marks of " + table + " cannot be read");
        return;
      }
      take_written(*watched, unit, claim, *written);
    }
  }

  void take_written(const sql::Watched& watched,
                    const Unit& unit,
                    const Claim& claim,
                    const Written& written) {
    const Key key{unit.first, std::string(written.key)};
    if (written.columns == 0) {
      states_.erase(key);
      return;
    }
    State& state = states_[key];
    state.marks.resize(watched.columns().size() * kMarkBytes);
    if (claim.takes_over) {
      ++taken_over_[{watched.table(), claim.day}];
      if ((state.columns & written.columns) != 0) {
        broken(name_of(watched, key) + ": it was explained already when " + claim.entry +
               " took it over as it was");
      }
    }
    std::size_t from = 0;
    for (std::size_t i = 0; i < watched.columns().size(); ++i) {
      if (!has(written.columns, i)) continue;
      state.marks.replace(i * kMarkBytes, kMarkBytes, written.marks.substr(from, kMarkBytes));
      from += kMarkBytes;
    }
    state.columns |= written.columns;
  }

  Result<void> compare(const sql::Watched& watched, std::size_t begun, bool has_parts) {
    std::int64_t not_begun = 0;
    SJ_TRY(store_.each_text(watched.rows().text(store_.dialect()), {},
                            [&](const sql::Row& row) -> Result<void> {
                              if (begun == 0 && !has_parts) {
                                ++not_begun;
                                return {};
                              }
                              ++report_.rows;
                              compare_row(watched, begun, row);
                              return {};
                            }));
    for (const auto& [key, state] : states_) {
      broken(name_of(watched, key) + ": it is gone, and nothing in the trail removed it");
    }
    if (not_begun > 0) {
      report_.not_begun.push_back(watched.table() + ": " + std::to_string(not_begun) + " rows");
    }
    return {};
  }

  void compare_row(const sql::Watched& watched, std::size_t begun, const sql::Row& row) {
    const Key key{row.integer(0), key_of(watched, row)};
    const auto found = states_.find(key);
    if (found == states_.end()) {
      broken(name_of(watched, key) + ": nothing in the trail explains it");
      return;
    }
    const State& state = found->second;
    const chain::Canonical text = row_text(watched, key.first, key.second);
    for (std::size_t i = 0; i < watched.columns().size(); ++i) {
      const bool known = has(state.columns, i);
      if (!known && i >= begun) continue;  // this column is watched from the next start on
      const auto value = value_of(row, 1 + watched.key().size() + i);
      const std::string_view expected =
          std::string_view(state.marks).substr(i * kMarkBytes, kMarkBytes);
      if (!known || mark(vault_, text, watched.columns()[i], value) != expected) {
        broken(name_of(watched, key) + ": " + watched.columns()[i].name +
               " is not what the trail explains");
      }
    }
    states_.erase(found);
  }

  sql::Connection& store_;
  const auth::Vault& vault_;
  Hasher hasher_;
  RowsReport report_;
  std::map<Unit, Claim> claims_;
  std::map<std::string, std::size_t> begun_;  // columns of a table that are watched
  std::map<std::pair<std::string, std::string>, std::int64_t> taken_over_;  // table, day
  std::map<Key, State> states_;                                             // of one table
};

}  // namespace

void Notes::take(const auth::Vault& vault,
                 const sql::Touch& touch,
                 const sql::Row& row,
                 Layout layout) {
  const sql::Watched& watched = *touch.watched;
  const std::int64_t area = row.integer(0);
  const std::string key = key_of(watched, row);
  const chain::Canonical text = row_text(watched, area, key);
  std::string marks;
  std::size_t at = 1 + watched.key().size();
  for (std::size_t i = 0; i < watched.columns().size(); ++i) {
    const bool written = has(touch.columns, i);
    if (written) marks += mark(vault, text, watched.columns()[i], value_of(row, at));
    if (written || layout == Layout::whole) ++at;
  }
  chain::Canonical packed;
  packed.add(key).add(std::to_string(touch.columns));
  packed.add(marks);
  std::vector<std::string>& parts = areas_[area][watched.table()];
  if (parts.empty() || parts.back().size() > kPartBytes) parts.emplace_back();
  parts.back() += packed.text();
}

std::vector<std::int64_t> Notes::areas() const {
  std::vector<std::int64_t> areas;
  for (const auto& [area, tables] : areas_) areas.push_back(area);
  return areas;
}

Result<Sha256> Notes::store(sql::Writer& store,
                            Hasher& hasher,
                            std::int64_t area,
                            std::int64_t unit) const {
  Sha256 hash{};
  for (const auto& [table, parts] : areas_.at(area)) {
    std::int64_t number = 0;
    for (const std::string& part : parts) {
      const std::string before(chain::view(hash));
      hash = hash_of(hasher, before, table, number, part);
      static_cast<void>(
          SJ_TRY(store.run(kInsertPart, {area, table, unit, number, sql::Blob{part}})));
      ++number;
    }
  }
  return hash;
}

Result<std::int64_t> next_unit(sql::Reader& store, std::int64_t area) {
  const std::int64_t last = SJ_TRY(store.number(kLastUnit, {area}));
  return last + 1;
}

Result<RowsReport> verify_rows(sql::Connection& store, const auth::Vault& vault) {
  return Verifier(store, vault).run();
}

}  // namespace sj::desk::rows
