#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "kernel/desk/desk.h"
#include "kernel/sql/sql.h"

namespace sj::desk {

/// Whether the server can do its work, for /readyz: looked at in the background, told at once.
class Readiness {
 public:
  /// What is found, as codes with a sentence in docs/errors.csv.
  struct Verdict {
    std::vector<std::string> wrong{};  // for these it is not ready
    std::vector<std::string> notes{};  // these should be looked at
  };
  /// Adds what only the program can look at (disk, key file), called in the background.
  using Others = std::function<void(Verdict&)>;

  Readiness(sql::Database& database, Others others);

  /// Whether the store can be read and written, the outbox moves and jobs end well. Writes only
  /// when somebody has asked since, or the last write failed.
  void look(Desk& desk, sql::Connection& reader, bool clock_doubted);

  /// What was found last; also desk.not_looked when that is too long ago, when the store has not
  /// answered some request since, or when a look at it is still without an answer after two
  /// seconds. Safe from any thread; never waits for the store.
  [[nodiscard]] Verdict tell();

 private:
  using Steady = std::chrono::steady_clock;

  sql::Database& database_;
  Others others_;
  std::mutex mutex_;  // of what follows
  Verdict found_{};
  bool asked_ = true;
  Steady::time_point looked_at_{};
  std::optional<Steady::time_point> reads_since_{};  // while a look reads
};

}  // namespace sj::desk
