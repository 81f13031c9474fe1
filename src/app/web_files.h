#pragma once

#include <vector>

#include "kernel/api/application.h"

namespace sj::app {

/// The pages as they were built into this program (web/dist/site), with their compressed copies.
/// Gives: "/index.html" and what it loads; nothing when the program was built without the pages.
[[nodiscard]] std::vector<api::StaticFile> web_files();

}  // namespace sj::app
