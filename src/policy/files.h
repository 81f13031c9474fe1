#pragma once

#include <vector>

#include "policy/pack.h"

namespace sj::policy {

/// The packs as they were when this program was built: the files below policy/, made by
/// tools/gen/policy.py.
[[nodiscard]] std::vector<File> built_in_files();

}  // namespace sj::policy
