#include "kernel/api/pool.h"

#include <utility>

namespace sj::api {

Pool::Pool(sql::Database& database, int threads, std::size_t queue_max)
    : database_(database), queue_max_(queue_max) {
  threads_.reserve(static_cast<std::size_t>(threads));
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

Pool::~Pool() {
  close();
}

bool Pool::submit(Job job) {
  {
    const std::lock_guard hold(mutex_);
    if (closing_ || queue_.size() >= queue_max_) return false;
    queue_.push_back(std::move(job));
  }
  wake_.notify_one();
  return true;
}

std::size_t Pool::waiting() const {
  const std::lock_guard hold(mutex_);
  return queue_.size();
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
      wake_.wait(hold, [this] { return closing_ || !queue_.empty(); });
      if (queue_.empty()) return;
      job = std::move(queue_.front());
      queue_.pop_front();
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
    job(connection.get());
  }
}

}  // namespace sj::api
