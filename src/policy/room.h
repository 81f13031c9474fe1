#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernel/api/route.h"

#include "policy/packs.h"

/// What the program is given of this room.
namespace sj::policy {

struct Settings {
  std::shared_ptr<Packs> packs{};  // never null once the room is made
  /// The files as they are now; empty where the packs are those the program was built with.
  std::function<Result<std::vector<File>>()> read_files{};
};

/// Settings with the packs the program was built with, or those that `read_files` gives.
/// Fails: policy.bad_pack (invalid), or what read_files fails with.
[[nodiscard]] Result<Settings> make_settings(
    std::function<Result<std::vector<File>>()> read_files = {});

/// Reads the files again and takes them if they changed: the job does it every minute.
/// Fails: policy.bad_pack (invalid), with file and line, or what read_files fails with; the pack
/// before
///        stays in force.
[[nodiscard]] Result<void> reload(const Settings& settings);

/// Routes, listeners and jobs of all features.
[[nodiscard]] api::Room room(const Settings& settings);

}  // namespace sj::policy
