#pragma once

#include <string>

#include "kernel/base/result.h"

namespace CLI {  // NOLINT(readability-identifier-naming): a library's
class App;
}

namespace sj::app {

/// Says one line on stderr and gives the exit status: 2 for bad input and arguments, else 1. `file`
/// is named before the place of the fault.
[[nodiscard]] int fail(const Error& error, const std::string& file = "");
/// 0, or what `fail` gives.
[[nodiscard]] int report(const Result<void>& outcome);

/// Adds `draw` with its subcommands. Each sets `status`: 0 done, 1 failed or mismatch, 2 bad input.
void add_draw(CLI::App& app, int& status);
void add_serve(CLI::App& app, int& status);
/// `openapi`: what GET /api/openapi.json tells, without a store.
void add_openapi(CLI::App& app, int& status);
/// `dump`, `backup`, `restore`, `audit verify`, `admin create`.
void add_store_commands(CLI::App& app, int& status);
void add_import(CLI::App& app, int& status);
void add_demo(CLI::App& app, int& status);
/// `policy list`, `policy check`.
void add_policy(CLI::App& app, int& status);

}  // namespace sj::app
