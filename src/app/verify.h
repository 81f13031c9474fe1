#pragma once

#include <string>
#include <vector>

#include "kernel/base/result.h"

#include "app/store.h"

/// `audit verify`: is everything as this program wrote it?
namespace sj::app {

struct VerifyOptions {
  std::vector<std::string> heads{};  // published ones, that must be in the trail
  bool all = false;                  // also what lies before the last checkpoint; always done
};

/// Adds --head and --all.
void add_verify_options(CLI::App& command, VerifyOptions& options);

/// Looks at what somebody who holds the database could have changed (schema, trail, heads outside,
/// watched rows), printing nothing. Gives one sentence for each break. Fails: sql.cannot_open ·
/// app.bad_heads
[[nodiscard]] Result<std::vector<std::string>> look_at_trail(Store& store);

/// Prints one line for each thing that must hold, and one below it for each place where it does
/// not. Gives: whether all do. Fails: app.bad_heads (invalid) · sql.cannot_open
[[nodiscard]] Result<bool> verify(Store& store, const VerifyOptions& options);

}  // namespace sj::app
