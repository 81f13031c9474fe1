#include "kernel/sql/statement.h"

#include <algorithm>
#include <optional>

#include "kernel/base/check.h"
#include "kernel/sql/engine.h"
#include "kernel/sql/watched.h"

namespace sj::sql {

namespace {

bool is_word_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Cuts SQL into words and parameters; blanks, comments, literals and signs are passed over.
class Tokens {
 public:
  explicit Tokens(std::string_view sql) : sql_(sql) {}

  /// The next word (`SELECT`, `org_pupil`) or parameter (`$3`); empty at the end.
  std::string_view next() {
    while (at_ < sql_.size()) {
      const char c = sql_[at_];
      if (is_word_start(c)) return take([](char d) { return is_word_start(d) || is_digit(d); });
      if (c == '$') return take(is_digit);
      if (is_digit(c)) {
        take([](char d) { return is_word_start(d) || is_digit(d); });
      } else if (c == '\'' || c == '"') {
        skip_past(sql_.substr(at_, 1));
      } else if (sql_.substr(at_, 2) == "--") {
        skip_past("\n");
      } else if (sql_.substr(at_, 2) == "/*") {
        skip_past("*/");
      } else {
        ++at_;
      }
    }
    return {};
  }

  /// The offset after the token that next() gave.
  [[nodiscard]] std::size_t offset() const { return at_; }

 private:
  template <class Belongs>
  std::string_view take(const Belongs& belongs) {
    const std::size_t from = at_++;
    while (at_ < sql_.size() && belongs(sql_[at_])) ++at_;
    return sql_.substr(from, at_ - from);
  }

  void skip_past(std::string_view end) {
    const std::size_t found = sql_.find(end, at_ + 1);
    at_ = found == std::string_view::npos ? sql_.size() : found + end.size();
  }

  std::string_view sql_;
  std::size_t at_ = 0;
};

std::string upper(std::string_view word) {
  std::string result(word);
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return result;
}

/// The table that a text changes, or nothing if it only reads.
std::optional<std::string> changed_table(std::string_view sql) {
  Tokens tokens(sql);
  std::string verb;
  std::string before;
  for (std::string_view token = tokens.next(); !token.empty(); token = tokens.next()) {
    std::string word = upper(token);
    if (!verb.empty()) {
      // INSERT OR REPLACE INTO t, UPDATE t, DELETE FROM ONLY t
      if (word != "INTO" && word != "FROM" && word != "ONLY" && word != "OR" && word != "REPLACE" &&
          word != "IGNORE") {
        return std::string(token);
      }
    } else if (word == "INSERT" || word == "DELETE" || (word == "UPDATE" && before != "FOR")) {
      verb = word;
    } else if (before.empty() && word != "WITH") {
      return std::nullopt;  // begins with another verb
    }
    before = std::move(word);
  }
  return std::nullopt;
}

std::string macro(std::string_view name, Dialect dialect) {
  const bool sqlite = dialect == Dialect::sqlite;
  if (name == "STRICT") return sqlite ? "STRICT" : "";
  if (name == "BLOB") return sqlite ? "BLOB" : "BYTEA";
  constexpr std::string_view kIds = "IDS $";
  const bool is_known_macro = name.substr(0, kIds.size()) == kIds && name.size() > kIds.size() &&
                              std::all_of(name.begin() + kIds.size(), name.end(), is_digit);
  SJ_CHECK(is_known_macro);
  const std::string parameter(name.substr(kIds.size() - 1));
  return sqlite ? "(SELECT value FROM json_each(" + parameter + "))"
                : "(SELECT unnest(CAST(" + parameter + " AS BIGINT[])))";
}

/// STRICT tables know these types only. Not INTEGER, which as a primary key would number rows by
/// itself when it is given NULL.
std::string_view type_for_sqlite(std::string_view word) {
  return word == "BIGINT" || word == "SMALLINT" || word == "INTEGER" ? "INT" : word;
}

std::string_view type_for_postgres(std::string_view word) {
  return word == "TEXT" ? R"(TEXT COLLATE "C")" : word;
}

std::vector<const Statement*>& registry() {
  static std::vector<const Statement*> statements;
  return statements;
}

}  // namespace

Statement::Statement(const char* text) : Statement(text, text) {}

Statement::Statement(const char* sqlite, const char* postgres)
    : sqlite_(expand(sqlite, Dialect::sqlite)),
      postgres_(expand(postgres, Dialect::postgres)),
      number_(registry().size()),
      parameters_(count_parameters(sqlite_)) {
  SJ_CHECK(count_parameters(postgres_) == parameters_);
  const std::optional<std::string> table = changed_table(sqlite_);
  SJ_CHECK(changed_table(postgres_) == table);
  writes_ = table.has_value();
  kernel_ = table && table->compare(0, 7, "kernel_") == 0;
  registry().push_back(this);
}

Statement::~Statement() = default;

void Statement::look_at_watched() const {
  std::call_once(looked_, [this] {
    touch_ = std::make_unique<const Touch>(writes_ ? touch_of(sqlite_) : Touch{});
    sqlite_ += returning(*touch_, Dialect::sqlite);
    postgres_ += returning(*touch_, Dialect::postgres);
  });
}

const std::string& Statement::text(Dialect dialect) const {
  look_at_watched();
  return dialect == Dialect::sqlite ? sqlite_ : postgres_;
}

const Touch& Statement::touch() const {
  look_at_watched();
  return *touch_;
}

const std::vector<const Statement*>& Statement::all() {
  return registry();
}

bool only_asks(std::string_view sql) {
  const std::string verb = upper(Tokens(sql).next());
  return (verb == "SELECT" || verb == "WITH" || verb == "VALUES") && !changed_table(sql);
}

std::string expand(std::string_view text, Dialect dialect) {
  std::string result;
  result.reserve(text.size() + 32);
  for (std::size_t open = text.find("{{"); open != std::string_view::npos; open = text.find("{{")) {
    const std::size_t close = text.find("}}", open);
    SJ_CHECK(close != std::string_view::npos);
    result += text.substr(0, open);
    result += macro(text.substr(open + 2, close - open - 2), dialect);
    text.remove_prefix(close + 2);
  }
  result += text;
  return result;
}

std::string expand_script(std::string_view text, Dialect dialect) {
  const std::string expanded = expand(text, dialect);
  std::string result;
  std::size_t copied = 0;
  Tokens tokens(expanded);
  std::string_view before;
  for (std::string_view token = tokens.next(); !token.empty(); token = tokens.next()) {
    const std::string_view type = dialect == Dialect::sqlite ? type_for_sqlite(token)
                                  : before == "AS"           ? token  // of a CAST
                                                             : type_for_postgres(token);
    if (type != token) {
      result.append(expanded, copied, tokens.offset() - token.size() - copied).append(type);
      copied = tokens.offset();
    }
    before = token;
  }
  result.append(expanded, copied, std::string::npos);
  return result;
}

std::size_t count_parameters(std::string_view text) {
  std::vector<bool> used;
  Tokens tokens(text);
  for (std::string_view token = tokens.next(); !token.empty(); token = tokens.next()) {
    if (token.front() != '$') continue;
    const bool is_plain_number = token.size() >= 2 && token.size() <= 4 && token[1] != '0';
    SJ_CHECK(is_plain_number);
    std::size_t number = 0;
    for (const char digit : token.substr(1)) {
      number = number * 10 + static_cast<std::size_t>(digit - '0');
    }
    if (used.size() < number) used.resize(number);
    used[number - 1] = true;
  }
  const bool all_parameters_used = std::find(used.begin(), used.end(), false) == used.end();
  SJ_CHECK(all_parameters_used);
  return used.size();
}

}  // namespace sj::sql
