#pragma once

#include <functional>
#include <string>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/desk/desk.h"

namespace sj::desk {

/// Work that comes back: purges, checkpoints, retention. When it last ran is in the store, in the
/// same unit as the work, so that a restart neither forgets nor repeats it. Each run is one unit of
/// work: what could be much does a part and is due again soon.
struct Job {
  std::string name{};         // unique, stored: "org.retention"
  int every_minutes = 60;     // from the end of the last run
  int at_minute_of_day = -1;  // or once a day at this local minute, or later if it was missed
  std::function<Result<void>(Tx&)> work{};
  /// It deletes what has become old, so it waits while the clock is doubted (clock_watch.h).
  bool deletes = false;
};

/// Runs the jobs that are due at `clock.now()`, one after the other. One that never ran is due at
/// once, or when its minute of today has passed. A job that fails is logged, counted, and due again
/// after its interval.
/// Gives:  how many ran well.
/// Fails:  desk.busy, desk.closing, sql.unavailable: the rest stays due, and no failure is counted.
[[nodiscard]] Result<int> run_due(Desk& desk,
                                  sql::Connection& reader,
                                  const Clock& clock,
                                  const std::vector<Job>& jobs,
                                  bool clock_doubted = false);

}  // namespace sj::desk
