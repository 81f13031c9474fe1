#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/auth/access.h"
#include "kernel/base/result.h"
#include "kernel/desk/tx.h"
#include "kernel/sql/sql.h"

/// Uploaded files and what became of them (`org_import`).
namespace sj::org {

struct ImportLine {
  std::int64_t id = 0;
  std::int64_t school_id = 0;  // 0: the whole district
  std::string school{};
  std::string format{};
  std::string file_name{};
  std::string file_sha256{};
  std::string state{};
  std::string summary{};  // JSON
  std::int64_t account_id = 0;
  Instant made{0};
  std::optional<Instant> ended{};
};

/// Nothing if there is none or the scope does not cover its school.
[[nodiscard]] Result<std::optional<ImportLine>> find_import(sql::Reader& store,
                                                            const auth::Scope& scope,
                                                            std::int64_t id);
/// The latest hundred that the scope covers.
[[nodiscard]] Result<std::vector<ImportLine>> list_imports(sql::Reader& store,
                                                           const auth::Scope& scope);

/// `file` and `rows` are sealed already.
[[nodiscard]] Result<void> insert_import(desk::Tx& tx,
                                         std::int64_t area,
                                         const ImportLine& line,
                                         std::string_view file,
                                         std::string_view rows);
[[nodiscard]] Result<void> update_import_state(desk::Tx& tx,
                                               std::int64_t area,
                                               std::int64_t id,
                                               std::string_view state);
/// State and summary of `line`; `rows` are sealed already.
[[nodiscard]] Result<void> update_import_preview(desk::Tx& tx,
                                                 std::int64_t area,
                                                 const ImportLine& line,
                                                 std::string_view rows);
/// Drops the file.
[[nodiscard]] Result<void> end_import(desk::Tx& tx,
                                      std::int64_t area,
                                      std::int64_t id,
                                      std::string_view state,
                                      std::string_view summary);

/// Sealed as they were put; empty once dropped.
[[nodiscard]] Result<std::string> load_import_file(sql::Reader& store,
                                                   std::int64_t area,
                                                   std::int64_t id);
[[nodiscard]] Result<std::string> load_import_rows(sql::Reader& store,
                                                   std::int64_t area,
                                                   std::int64_t id);

}  // namespace sj::org
