#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/desk/desk.h"

namespace sj::desk {

/// Work that comes back: purges, checkpoints, retention. When it last ran is in the store, so that
/// a restart neither forgets nor repeats it.
struct Job {
  std::string name{};         // unique, stored
  int every_minutes = 60;     // from the end of the last run
  int at_minute_of_day = -1;  // or once a day at this local minute; -1: by every_minutes
  std::function<Result<void>(Tx&)> work{};
};

/// Runs the jobs that are due at `clock.now()`, one after the other. Gives how many ran. A job that
/// fails is logged, counted, and due again after its interval.
[[nodiscard]] Result<int> run_due(Desk& desk,
                                  sql::Connection& reader,
                                  const Clock& clock,
                                  const std::vector<Job>& jobs);

}  // namespace sj::desk
