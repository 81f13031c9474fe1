#include "org/import_file_store.h"

namespace sj::org {
namespace {

const sql::Statement kFind{
    "SELECT i.id, i.school_id, coalesce(s.name, ''), i.format, i.file_name, i.file_sha256, "
    "i.state, i.summary, i.account_id, i.made_ms, i.ended_ms FROM org_import i "
    "LEFT JOIN org_school s ON s.area_id = i.area_id AND s.id = i.school_id "
    "WHERE i.area_id = $1 AND i.id = $2"};
const sql::Statement kList{
    "SELECT i.id, i.school_id, coalesce(s.name, ''), i.format, i.file_name, i.file_sha256, "
    "i.state, i.summary, i.account_id, i.made_ms, i.ended_ms FROM org_import i "
    "LEFT JOIN org_school s ON s.area_id = i.area_id AND s.id = i.school_id "
    "WHERE i.area_id = $1 AND ($2 = 1 OR i.school_id IN {{IDS $3}}) ORDER BY i.id DESC LIMIT 100"};
const sql::Statement kInsert{
    "INSERT INTO org_import (area_id, id, school_id, format, file_name, file_sha256, file, state, "
    "summary, faults, account_id, made_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, "
    "$12)"};
const sql::Statement kState{"UPDATE org_import SET state = $3 WHERE area_id = $1 AND id = $2"};
const sql::Statement kPreview{
    "UPDATE org_import SET state = $3, summary = $4, faults = $5 WHERE area_id = $1 AND id = $2"};
const sql::Statement kEnd{
    "UPDATE org_import SET state = $3, summary = $4, ended_ms = $5, file = NULL "
    "WHERE area_id = $1 AND id = $2"};
const sql::Statement kFile{"SELECT file FROM org_import WHERE area_id = $1 AND id = $2"};
const sql::Statement kRows{"SELECT faults FROM org_import WHERE area_id = $1 AND id = $2"};

ImportLine line_of(const sql::Row& row) {
  ImportLine line;
  line.id = row.integer(0);
  line.school_id = row.integer(1);
  line.school = row.text(2);
  line.format = row.text(3);
  line.file_name = row.text(4);
  line.file_sha256 = row.text(5);
  line.state = row.text(6);
  line.summary = row.text(7);
  line.account_id = row.integer(8);
  line.made = row.instant(9);
  if (!row.is_null(10)) line.ended = row.instant(10);
  return line;
}

Result<std::string> load_bytes(sql::Reader& store,
                               const sql::Statement& statement,
                               std::int64_t area,
                               std::int64_t id) {
  auto bytes = SJ_TRY(store.first(statement, {area, id}, [](const sql::Row& row) {
    return row.is_null(0) ? std::string() : row.text(0);
  }));
  return std::move(bytes).value_or(std::string());
}

}  // namespace

Result<std::optional<ImportLine>> find_import(sql::Reader& store,
                                              const auth::Scope& scope,
                                              std::int64_t id) {
  auto line = SJ_TRY(store.first(kFind, {scope.area(), id}, line_of));
  if (!line) return line;
  auth::Target target;
  target.area = scope.area();
  target.school = line->school_id;
  if (!scope.covers(target)) line.reset();
  return line;
}

Result<std::vector<ImportLine>> list_imports(sql::Reader& store, const auth::Scope& scope) {
  return store.all(kList, {scope.area(), scope.everywhere(), sql::Ids{scope.schools()}}, line_of);
}

Result<void> insert_import(desk::Tx& tx,
                           std::int64_t area,
                           const ImportLine& line,
                           std::string_view file,
                           std::string_view rows) {
  static_cast<void>(
      SJ_TRY(tx.run(kInsert, {area, line.id, line.school_id, line.format, line.file_name,
                              line.file_sha256, sql::Blob{file}, line.state, line.summary,
                              sql::Blob{rows}, line.account_id, line.made})));
  return {};
}

Result<void> update_import_state(desk::Tx& tx,
                                 std::int64_t area,
                                 std::int64_t id,
                                 std::string_view state) {
  static_cast<void>(SJ_TRY(tx.run(kState, {area, id, state})));
  return {};
}

Result<void> update_import_preview(desk::Tx& tx,
                                   std::int64_t area,
                                   const ImportLine& line,
                                   std::string_view rows) {
  static_cast<void>(
      SJ_TRY(tx.run(kPreview, {area, line.id, line.state, line.summary, sql::Blob{rows}})));
  return {};
}

Result<void> end_import(desk::Tx& tx,
                        std::int64_t area,
                        std::int64_t id,
                        std::string_view state,
                        std::string_view summary) {
  static_cast<void>(SJ_TRY(tx.run(kEnd, {area, id, state, summary, tx.now()})));
  return {};
}

Result<std::string> load_import_file(sql::Reader& store, std::int64_t area, std::int64_t id) {
  return load_bytes(store, kFile, area, id);
}

Result<std::string> load_import_rows(sql::Reader& store, std::int64_t area, std::int64_t id) {
  return load_bytes(store, kRows, area, id);
}

}  // namespace sj::org
