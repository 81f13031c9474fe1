#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "kernel/base/result.h"
#include "kernel/sql/sql.h"

namespace sj::app {

/// Takes pieces of text, in order.
using Sink = std::function<Result<void>(std::string_view)>;

/// The whole store as text: one JSON value a line, tables by name, rows by key, the same for equal
/// content whatever the engine. Ends with a line that has the number of rows and the SHA-256 of
/// everything before it. Read in one snapshot, so a live server is not disturbed.
///
/// Gives: the number of rows.
[[nodiscard]] Result<std::int64_t> dump(sql::Connection& store, const Sink& sink);

/// Writes a dump, compressed, whole or not at all, for its owner's eyes only; only an older backup
/// is replaced. Gives: the number of rows. Fails: as check_output (files.h) · app.cannot_write
[[nodiscard]] Result<std::int64_t> write_backup(sql::Connection& store, const std::string& file);

/// Reads all of a backup without a store: it must be one, of a program not newer than this one, and
/// to the last byte what was written.
///
/// Fails: app.bad_backup (invalid), with the line: not a backup, cut short, changed, or with
///        something behind it · app.newer_backup (conflict): made by a newer program ·
///        app.cannot_read (invalid).
[[nodiscard]] Result<void> check_backup(const std::string& file);

/// Fills an empty store from a backup: the schema as it was, the rows in one transaction, then the
/// newer migrations. Marks the store as half restored before (store.h); whoever calls takes the
/// mark away.
///
/// Gives: the number of rows.
/// Fails: as check_backup · sql.*
[[nodiscard]] Result<std::int64_t> restore_backup(sql::Connection& store, const std::string& file);

}  // namespace sj::app
