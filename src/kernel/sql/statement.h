#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace sj::sql {

enum class Dialect : unsigned char { sqlite, postgres };

struct Touch;

/// One SQL text in the dialect that SQLite and PostgreSQL share (README.md of this folder).
///
/// Objects of static storage only, beside the code that runs them:
/// `const sql::Statement kFind{"SELECT ... WHERE area_id = $1 AND id = $2"};`. Each registers
/// itself so that a test prepares every one on both engines. Parameters are `$1..$n`; macros:
/// `{{IDS $n}}`  a list bound as Ids: `school_id IN {{IDS $3}}`.
class Statement {
 public:
  explicit Statement(const char* text);
  /// For the few that cannot be said in one text; ADR 0009 lists them.
  Statement(const char* sqlite, const char* postgres);
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  /// With the macros replaced, and with what touch() tells handed back. Not before main().
  [[nodiscard]] const std::string& text(Dialect dialect) const;
  /// What it does to a watched table (watched.h). Not before main(): tables are declared until
  /// then.
  [[nodiscard]] const Touch& touch() const;
  /// Does it change rows (INSERT, UPDATE, DELETE, or WITH ... such)?
  [[nodiscard]] bool writes() const { return writes_; }
  /// The tables of rooms it writes; kernel tables are the kernel's own book-keeping.
  [[nodiscard]] bool writes_kernel_table() const { return kernel_; }
  /// How many parameters it takes: `$1` to `$n`, all of them used.
  [[nodiscard]] std::size_t parameters() const { return parameters_; }
  /// Small and dense: the index of its prepared form in every connection.
  [[nodiscard]] std::size_t number() const { return number_; }

  [[nodiscard]] static const std::vector<const Statement*>& all();

 private:
  void look_at_watched() const;

  mutable std::string sqlite_;
  mutable std::string postgres_;
  mutable std::once_flag looked_;
  mutable std::unique_ptr<const Touch> touch_;
  std::size_t number_ = 0;
  std::size_t parameters_ = 0;
  bool writes_ = false;
  bool kernel_ = false;
};

/// Replaces the macros of a statement: `{{IDS $n}}`, `{{STRICT}}`, `{{BLOB}}`. Another one breaks
/// an invariant.
[[nodiscard]] std::string expand(std::string_view text, Dialect dialect);

/// The same for a script that makes tables, and besides: whole numbers (BIGINT, INTEGER, SMALLINT)
/// get the type that SQLite's STRICT tables know, and on PostgreSQL TEXT sorts by code point, as on
/// SQLite, whatever the language of the server. Types are written in capitals.
[[nodiscard]] std::string expand_script(std::string_view text, Dialect dialect);

/// How many parameters a text takes; a gap in `$1..$n` breaks an invariant.
[[nodiscard]] std::size_t count_parameters(std::string_view text);

}  // namespace sj::sql
