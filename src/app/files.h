#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.h"

#include "policy/pack.h"

namespace sj::app {

/// The bytes of a file. Fails: app.cannot_read (invalid), with the path and the system's reason.
[[nodiscard]] Result<std::string> read_file(const std::string& path);

/// Writes a file whole or not at all, for its owner's eyes only: beside it first, under a name
/// nothing has, synced, then renamed over it.
/// Fails: app.cannot_write (internal); what `fill` fails with, which gets the open file.
using Fill = std::function<Result<void>(int file)>;
[[nodiscard]] Result<void> write_file(const std::string& path, const Fill& fill);
[[nodiscard]] Result<void> write_file(const std::string& path, std::string_view bytes);

/// Before a command writes a file where its user says: an older one of its kind may be replaced,
/// known by how it `begins`, unpacked if it is packed; nothing else that is there may.
/// Fails (all invalid): app.file_of_store: a store in that folder keeps such a file, now or later ·
/// app.no_plain_file: a folder, device, pipe, socket or link · app.not_replaced: a file of another
/// kind, or one protected against writing.
[[nodiscard]] Result<void> check_output(const std::string& path, std::string_view begins);

/// Refuses to write over what is read: `out` may not be the file `in`, also not by another path or
/// link. Fails: app.same_file (invalid).
[[nodiscard]] Result<void> check_apart(const std::string& in, const std::string& out);

/// Every *.json below a folder but not below its tables/, with paths relative to it.
/// Fails: app.cannot_read (invalid).
[[nodiscard]] Result<std::vector<policy::File>> read_packs(const std::string& folder);

}  // namespace sj::app
