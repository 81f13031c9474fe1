#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "kernel/desk/readiness.h"
#include "kernel/log/log.h"

#include "app/store.h"

namespace sj::app {

/// Whether a server serves what its trail explains: looked at in the background, told by /readyz
/// until an operator has said that he knows (audit accept). Reading and writing go on meanwhile.
class TrailWatch {
 public:
  /// Both must outlive it.
  TrailWatch(Store& store, const log::Log& log) : store_(store), log_(log) {}

  /// Looks at everything; takes as long as `audit verify`.
  void look();
  /// Says what was found last: app.trail_broken is wrong, app.trail_accepted a note. Looks again
  /// now and then as long as something is wrong or could not be looked at.
  void tell(desk::Readiness::Verdict& verdict);
  /// Waits for a look that is under way.
  void close();

 private:
  using Steady = std::chrono::steady_clock;

  void look_again(bool is_old);

  Store& store_;
  const log::Log& log_;
  std::unique_ptr<sql::Connection> reader_;  // of tell()
  std::future<void> again_;
  std::mutex mutex_;  // of what follows
  std::vector<std::string> breaks_;
  Steady::time_point looked_at_{};
  Steady::duration took_{};
  bool could_look_ = true;  // the last time
};

}  // namespace sj::app
