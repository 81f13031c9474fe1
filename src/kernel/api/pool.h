#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/sql/sql.h"

namespace sj::api {

/// Threads with a reading connection each, before them a bounded queue.
class Pool {
 public:
  /// Run on a thread of the pool. The Error, if the store could not be reached.
  using Job = std::function<void(Result<sql::Connection*>)>;

  Pool(sql::Database& database, int threads, std::size_t queue_max);
  /// Closes.
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// False when the queue is full, or closed.
  [[nodiscard]] bool submit(Job job);
  [[nodiscard]] std::size_t waiting() const;

  /// Takes nothing more, runs what waits, ends the threads.
  void close();

 private:
  void work();

  sql::Database& database_;
  std::size_t queue_max_;
  mutable std::mutex mutex_{};
  std::condition_variable wake_{};
  std::deque<Job> queue_{};
  bool closing_ = false;
  std::vector<std::thread> threads_{};
};

}  // namespace sj::api
