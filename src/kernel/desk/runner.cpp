#include "kernel/desk/runner.h"

#include <exception>
#include <string_view>
#include <utility>

#include "kernel/desk/audit.h"
#include "kernel/desk/clock_watch.h"

namespace sj::desk {
namespace {

constexpr int kAtMost = 200;
// While there are many commits, so that looking for events does not take part in each.
constexpr std::chrono::milliseconds kGap(20);

}  // namespace

Runner::Runner(Desk& desk,
               std::unique_ptr<sql::Connection> reader,
               const Clock& clock,
               std::vector<Listener> listeners,
               std::vector<Job> jobs,
               const log::Log& log,
               std::chrono::milliseconds tick,
               Readiness* readiness)
    : desk_(desk),
      reader_(std::move(reader)),
      clock_(clock),
      listeners_(std::move(listeners)),
      jobs_(std::move(jobs)),
      log_(log),
      readiness_(readiness),
      tick_(tick) {
  jobs_.push_back(checkpoint_job());
  jobs_.push_back(forget_unheard_job(listeners_));
  // The first time at once, so that who asks early is told what is.
  if (readiness_ != nullptr) readiness_->look(desk_, *reader_, look_at_clock());
  desk_.on_commit([this] {
    const std::scoped_lock lock(mutex_);
    woken_ = true;
    wake_.notify_one();
  });
  thread_ = std::thread([this] { loop(); });
}

Runner::~Runner() {
  stop();
}

void Runner::stop() {
  desk_.on_commit({});
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Runner::loop() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, kGap, [&] { return stopping_; });
      wake_.wait_for(lock, tick_, [&] { return stopping_ || woken_; });
      if (stopping_) return;
      woken_ = false;
    }
    pass();
  }
}

bool Runner::look_at_clock() {
  const Result<bool> doubted = watch_clock(desk_, *reader_, clock_);
  // Who cannot tell deletes nothing.
  return !doubted.ok() || doubted.value();
}

void Runner::pass() {
  const auto failed = [&](std::string_view what) {
    log_.write(log::Level::error, "desk.background_failed", "", {{"detail", what}});
  };
  // A fault here must not end the thread: without it nothing is ever delivered again.
  try {
    const Result<int> delivered = deliver(desk_, *reader_, clock_, listeners_, kAtMost);
    if (!delivered.ok()) failed(delivered.error().code + ": " + delivered.error().detail);
    const auto now = std::chrono::steady_clock::now();
    if (jobs_looked_at_ && now - *jobs_looked_at_ < tick_) return;
    jobs_looked_at_ = now;
    const bool clock_doubted = look_at_clock();
    if (readiness_ != nullptr) readiness_->look(desk_, *reader_, clock_doubted);
    const Result<int> ran = run_due(desk_, *reader_, clock_, jobs_, clock_doubted);
    if (!ran.ok()) failed(ran.error().code + ": " + ran.error().detail);
  } catch (const std::exception& thrown) {
    failed(thrown.what());
  }
}

}  // namespace sj::desk
