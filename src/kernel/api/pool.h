#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/sql/sql.h"

namespace sj::api {

/// Threads with a reading connection each, before them a bounded queue. Those who ask take turns,
/// so that nobody's many jobs stand before another's one.
class Pool {
 public:
  /// Run on a thread of the pool. The Error, if the store could not be reached.
  using Job = std::function<void(Result<sql::Connection*>)>;

  struct Limits {
    int threads = 1;
    std::size_t queue = 1'000;
    /// A job is not taken that would be done later than this, as long as jobs take what they took
    /// so far; 0: however long it takes.
    std::chrono::milliseconds wait{0};
  };

  Pool(sql::Database& database, const Limits& limits);
  /// Closes.
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// `who` names whose turn it takes. False when there is no room, or the pool is closed.
  [[nodiscard]] bool submit(Job job, std::string_view who = {});
  [[nodiscard]] std::size_t waiting() const;

  /// Takes nothing more, runs what waits, ends the threads.
  void close();

 private:
  void work();
  [[nodiscard]] bool has_room(std::string_view who) const;
  [[nodiscard]] Job take_next();

  sql::Database& database_;
  Limits limits_;
  mutable std::mutex mutex_{};
  std::condition_variable wake_{};
  std::map<std::string, std::deque<Job>, std::less<>> queues_{};  // of those who wait
  std::deque<std::string> turns_{};                               // their names, the next first
  std::size_t waiting_ = 0;
  std::int64_t usual_us_ = 0;  // what a job takes: a moving mean
  bool closing_ = false;
  std::vector<std::thread> threads_{};
};

}  // namespace sj::api
