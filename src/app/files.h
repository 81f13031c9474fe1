#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.h"

#include "policy/pack.h"

namespace sj::app {

/// The bytes of a file. Fails: app.cannot_read (invalid), with the path and the system's reason.
[[nodiscard]] Result<std::string> read_file(const std::string& path);

/// Writes a file whole or not at all: beside it first, synced, then renamed over it.
/// Fails: app.cannot_write (internal).
[[nodiscard]] Result<void> write_file(const std::string& path, std::string_view bytes);

/// Refuses to write over what is read: `out` may not be the file `in`, also not by another path or
/// link, nor may the file that is written beside it first. Fails: app.same_file (invalid).
[[nodiscard]] Result<void> check_apart(const std::string& in, const std::string& out);

/// Every *.json below a folder but not below its tables/, with paths relative to it.
/// Fails: app.cannot_read (invalid).
[[nodiscard]] Result<std::vector<policy::File>> read_packs(const std::string& folder);

}  // namespace sj::app
