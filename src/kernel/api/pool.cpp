#include "kernel/api/pool.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace sj::api {
namespace {

constexpr std::int64_t kRemembered = 8;  // jobs that the moving mean looks back

std::int64_t steady_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

Pool::Pool(sql::Database& database, const Limits& limits) : database_(database), limits_(limits) {
  threads_.reserve(static_cast<std::size_t>(limits.threads));
  for (int i = 0; i < limits.threads; ++i) threads_.emplace_back([this] { work(); });
}

Pool::~Pool() {
  close();
}

void Pool::Line::add(Job job, std::string_view who) {
  std::deque<Job>& own = queues_[std::string(who)];
  if (own.empty()) turns_.emplace_back(who);
  own.push_back(std::move(job));
  ++waiting_;
}

Pool::Job Pool::Line::take() {
  std::string who = std::move(turns_.front());
  turns_.pop_front();
  const auto own = queues_.find(who);
  Job job = std::move(own->second.front());
  own->second.pop_front();
  --waiting_;
  if (own->second.empty()) {
    queues_.erase(own);
  } else {
    turns_.push_back(std::move(who));
  }
  return job;
}

std::size_t Pool::Line::before(std::string_view who) const {
  const auto own = queues_.find(who);
  const std::size_t rounds = own == queues_.end() ? 1 : own->second.size() + 1;
  // In each round before this job's, everybody who still waits has one of his done.
  std::size_t jobs_before = 0;
  for (const auto& [name, jobs] : queues_) jobs_before += std::min(jobs.size(), rounds);
  return jobs_before;
}

bool Pool::has_room(const Asker& who) const {
  const Line& own = who.known ? known_ : strangers_;
  const Line& others = who.known ? strangers_ : known_;
  if (own.waiting() >= limits_.queue) return false;
  if (limits_.wait.count() == 0) return true;
  const std::size_t of_own = own.before(who.name);
  const std::size_t before = of_own + std::min(others.waiting(), of_own + 1);
  const auto wait_us = static_cast<std::int64_t>(before + 1) * usual_us_ / limits_.threads;
  return wait_us <= std::chrono::microseconds(limits_.wait).count();
}

bool Pool::submit(Job job, const Asker& who) {
  {
    const std::lock_guard hold(mutex_);
    if (closing_ || !has_room(who)) return false;
    (who.known ? known_ : strangers_).add(std::move(job), who.name);
  }
  wake_.notify_one();
  return true;
}

Pool::Job Pool::take_next() {
  const bool of_known = known_.waiting() != 0 && (is_turn_of_known_ || strangers_.waiting() == 0);
  is_turn_of_known_ = !of_known;
  return (of_known ? known_ : strangers_).take();
}

std::size_t Pool::waiting() const {
  const std::lock_guard hold(mutex_);
  return known_.waiting() + strangers_.waiting();
}

void Pool::close() {
  {
    const std::lock_guard hold(mutex_);
    closing_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void Pool::work() {
  std::unique_ptr<sql::Connection> connection;
  while (true) {
    Job job;
    {
      std::unique_lock hold(mutex_);
      wake_.wait(hold, [this] { return closing_ || !is_idle(); });
      if (is_idle()) return;
      job = take_next();
    }
    // Connected when first needed, and again as long as the store cannot be reached.
    if (!connection) {
      Result<std::unique_ptr<sql::Connection>> made = database_.connect(sql::Mode::read);
      if (!made.ok()) {
        job(made.error());
        continue;
      }
      connection = std::move(made).value();
    }
    const std::int64_t began = steady_us();
    job(connection.get());
    const std::int64_t took = steady_us() - began;
    const std::lock_guard hold(mutex_);
    usual_us_ += (took - usual_us_) / (usual_us_ == 0 ? 1 : kRemembered);
  }
}

}  // namespace sj::api
