#pragma once

namespace CLI {
class App;
}

namespace sj::app {

/// Adds `draw` with its subcommands. Each sets `status`: 0 done, 1 failed or mismatch, 2 bad input.
void add_draw(CLI::App& app, int& status);

}  // namespace sj::app
