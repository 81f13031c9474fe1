#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/sheet/limits.h"
#include "kernel/time/instant.h"

namespace sj::sheet {

/// One file inside a zip. The name is UTF-8 with `/` between folders; never absolute, never with a
/// `..` in it, so that it can be joined to a folder.
struct Entry {
  std::string name;
  std::string bytes;
};

/// The files of a zip (压缩包), in the order they are listed there.
///
/// Folders are left out, and so is what macOS adds (`__MACOSX/`, `.DS_Store`). Names that are not
/// UTF-8 are read as GB18030, as Windows in China writes them.
/// Fails: all invalid: sheet.empty_file · sheet.too_large · sheet.not_zip · sheet.truncated_zip ·
///        sheet.damaged_zip · sheet.encrypted · sheet.unsupported_zip · sheet.too_many_entries ·
///        sheet.zip_bomb · sheet.unsafe_name · sheet.duplicate_entry
/// Limits: input, entries, ratio and unpacked bytes of `limits`; holds all unpacked bytes.
[[nodiscard]] Result<std::vector<Entry>> unpack(std::string_view zip, const Limits& limits = {});

enum class Packing : unsigned char {
  deflated,
  stored,  // as it is: for files that are packed already, such as .xlsx and .pdf
};

/// A zip of `entries` in their order, whose times all are `created` (to two seconds, in the zone
/// of the product): the same input gives the same bytes.
///
/// Fails: sheet.duplicate_entry (invalid) · sheet.unsafe_name (invalid), by the same rule as
///        `unpack`.
[[nodiscard]] Result<std::string> pack(const std::vector<Entry>& entries,
                                       Instant created,
                                       Packing packing = Packing::deflated);

}  // namespace sj::sheet
