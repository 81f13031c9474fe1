#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "kernel/desk/desk.h"
#include "kernel/desk/jobs.h"
#include "kernel/desk/outbox.h"
#include "kernel/desk/readiness.h"
#include "kernel/log/log.h"
#include "kernel/sql/sql.h"
#include "kernel/time/clock.h"

namespace sj::desk {

/// Delivers events and runs jobs in the background, with a thread and a reading connection of its
/// own: events after commits, and both at least once a tick. What fails is logged and tried again
/// later. Adds the kernel's own jobs: checkpoints of the trail, and forgetting what nobody hears.
class Runner {
 public:
  /// `desk`, `clock`, `log` and `readiness` must outlive it; it keeps `readiness` up to date. Only
  /// one runner to a desk.
  Runner(Desk& desk,
         std::unique_ptr<sql::Connection> reader,
         const Clock& clock,
         std::vector<Listener> listeners,
         std::vector<Job> jobs,
         const log::Log& log,
         std::chrono::milliseconds tick = std::chrono::seconds(1),
         Readiness* readiness = nullptr);
  /// Stops.
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  /// Finishes what it is doing and ends the thread. Before the desk is closed.
  void stop();

 private:
  void loop();
  void pass();
  [[nodiscard]] bool look_at_clock();

  Desk& desk_;
  std::unique_ptr<sql::Connection> reader_;
  const Clock& clock_;
  std::vector<Listener> listeners_;
  std::vector<Job> jobs_;
  const log::Log& log_;
  Readiness* readiness_;
  std::chrono::milliseconds tick_;
  std::optional<std::chrono::steady_clock::time_point> jobs_looked_at_;  // never yet
  std::mutex mutex_;
  std::condition_variable wake_;
  bool woken_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sj::desk
