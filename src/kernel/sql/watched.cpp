#include "kernel/sql/watched.h"

#include <algorithm>
#include <cctype>

#include "kernel/base/check.h"

namespace sj::sql {
namespace {

constexpr std::size_t kColumnsMax = 63;

std::vector<const Watched*>& watched_tables() {
  static std::vector<const Watched*> tables;
  return tables;
}

std::vector<const Unwatched*>& unwatched_tables() {
  static std::vector<const Unwatched*> tables;
  return tables;
}

std::vector<Watched::Column> columns_of(std::string_view names) {
  constexpr std::string_view kBytes = ":bytes";
  std::vector<Watched::Column> columns;
  while (!names.empty()) {
    const std::size_t blank = std::min(names.find(' '), names.size());
    std::string_view name = names.substr(0, blank);
    names.remove_prefix(std::min(blank + 1, names.size()));
    const bool bytes = name.ends_with(kBytes);
    if (bytes) name.remove_suffix(kBytes.size());
    SJ_CHECK(!name.empty());
    columns.push_back({std::string(name), bytes});
  }
  SJ_CHECK(!columns.empty() && columns.size() <= kColumnsMax);
  return columns;
}

std::string select_text(std::string_view table,
                        const std::vector<Watched::Column>& key,
                        const std::vector<Watched::Column>& columns,
                        Dialect dialect) {
  std::string text = "SELECT area_id";
  std::string order = " ORDER BY area_id";
  for (const Watched::Column& column : key) {
    text += ", " + column.as_text(table, dialect);
    order += ", " + column.name;
  }
  for (const Watched::Column& column : columns) text += ", " + column.as_text(table, dialect);
  return text.append(" FROM ").append(table).append(order);
}

/// Reads a statement word by word, and knows how deep in parentheses it is.
class Words {
 public:
  explicit Words(std::string_view sql) : sql_(sql) {}

  /// The next word or sign; empty at the end. Literals and parameters are passed over.
  std::string_view next() {
    while (at_ < sql_.size()) {
      const char c = sql_[at_];
      if (c == '\'') {
        at_ = std::min(sql_.find('\'', at_ + 1), sql_.size() - 1) + 1;
      } else if (c == '$' || c == ' ' || c == '\n') {
        ++at_;
      } else {
        if (c == '(') ++depth_;
        if (c == ')') --depth_;
        std::size_t end = at_ + 1;
        if (in_word(c)) {
          while (end < sql_.size() && in_word(sql_[end])) ++end;
        }
        const std::string_view word = sql_.substr(at_, end - at_);
        at_ = end;
        return word;
      }
    }
    return {};
  }

  [[nodiscard]] int depth() const { return depth_; }

 private:
  static bool in_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  }

  std::string_view sql_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

/// The columns behind SET, up to the end of the list. Other rows than those of the table itself are
/// behind it.
std::vector<std::string> columns_set(Words& words) {
  std::vector<std::string> names;
  bool begins = true;  // an assignment
  for (std::string_view word = words.next(); !word.empty(); word = words.next()) {
    if (words.depth() > 0) continue;
    if (word == "WHERE" || word == "FROM" || word == "RETURNING") break;
    if (begins && word != ")") {
      names.emplace_back(word);
      begins = false;
    }
    if (word == ",") begins = true;
  }
  return names;
}

std::uint64_t mask_of(const Watched& watched, const std::vector<std::string>& names) {
  std::uint64_t mask = 0;
  for (const std::string& name : names) {
    const auto is_name = [&](const Watched::Column& column) { return column.name == name; };
    const bool changes_key =
        name == "area_id" || std::any_of(watched.key().begin(), watched.key().end(), is_name);
    SJ_CHECK(!changes_key);
    const auto found = std::find_if(watched.columns().begin(), watched.columns().end(), is_name);
    if (found != watched.columns().end()) {
      mask |= std::uint64_t{1} << (found - watched.columns().begin());
    }
  }
  return mask;
}

}  // namespace

std::string Watched::Column::as_text(std::string_view table, Dialect dialect) const {
  const std::string full = std::string(table) + "." + name;
  if (!bytes) return "CAST(" + full + " AS TEXT)";
  // SQLite 3.40 takes no column for NULL inside RETURNING; its hex() makes '' of one.
  return dialect == Dialect::sqlite ? "nullif(lower(hex(" + full + ")), '')"
                                    : "encode(" + full + ", 'hex')";
}

Watched::Watched(const char* table, const char* key, const char* columns)
    : table_(table),
      key_(columns_of(key)),
      columns_(columns_of(columns)),
      rows_(select_text(table_, key_, columns_, Dialect::sqlite).c_str(),
            select_text(table_, key_, columns_, Dialect::postgres).c_str()) {
  watched_tables().push_back(this);
}

std::uint64_t Watched::all_columns() const {
  return (std::uint64_t{1} << columns_.size()) - 1;
}

std::vector<const Watched*> Watched::all() {
  std::vector<const Watched*> sorted = watched_tables();
  std::sort(sorted.begin(), sorted.end(),
            [](const Watched* a, const Watched* b) { return a->table_ < b->table_; });
  return sorted;
}

const Watched* Watched::find(std::string_view table) {
  const auto& all = watched_tables();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const Watched* one) { return one->table_ == table; });
  return found == all.end() ? nullptr : *found;
}

Unwatched::Unwatched(const char* table, const char* why) : table_(table) {
  SJ_CHECK(!std::string_view(why).empty());
  unwatched_tables().push_back(this);
}

Unwatched::Unwatched(const char* table, const char* columns, const char* why)
    : table_(table), columns_(columns_of(columns)) {
  SJ_CHECK(!std::string_view(why).empty());
  unwatched_tables().push_back(this);
}

const std::vector<const Unwatched*>& Unwatched::all() {
  return unwatched_tables();
}

Touch touch_of(std::string_view sql) {
  Words words(sql);
  const std::string_view verb = words.next();
  if (verb != "INSERT" && verb != "UPDATE" && verb != "DELETE") return {};
  std::string_view table = words.next();
  if (table == "INTO" || table == "FROM") table = words.next();
  const Watched* const watched = Watched::find(table);
  if (watched == nullptr) return {};
  const bool returns_already = sql.find("RETURNING") != std::string_view::npos;
  SJ_CHECK(!returns_already);
  if (verb == "DELETE") return {watched, 0};

  std::string_view word = words.next();
  if (verb == "UPDATE") {
    const bool without_alias = word == "SET";
    SJ_CHECK(without_alias);
    const std::uint64_t mask = mask_of(*watched, columns_set(words));
    return mask == 0 ? Touch{} : Touch{watched, mask};
  }
  while (!word.empty() && (word != "SET" || words.depth() > 0)) word = words.next();
  if (word.empty()) return {watched, watched->all_columns()};
  // An upsert that left a column as it is would vouch for what somebody else wrote there.
  const std::uint64_t mask = mask_of(*watched, columns_set(words));
  const bool sets_all = mask == watched->all_columns();
  SJ_CHECK(sets_all);
  return {watched, mask};
}

std::string returning(const Touch& touch, Dialect dialect) {
  if (touch.watched == nullptr) return "";
  const Watched& watched = *touch.watched;
  std::string text = " RETURNING " + watched.table() + ".area_id";
  for (const Watched::Column& column : watched.key()) {
    text += ", " + column.as_text(watched.table(), dialect);
  }
  for (std::size_t i = 0; i < watched.columns().size(); ++i) {
    if ((touch.columns >> i & 1U) == 0) continue;
    text += ", " + watched.columns()[i].as_text(watched.table(), dialect);
  }
  return text;
}

}  // namespace sj::sql
