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

/// Whose job it is. Strangers are many without end, so those who are known have every second turn.
struct Asker {
  std::string_view name{};  // whose turn among his like it takes
  bool known = false;
};

/// Threads with a reading connection each, before them a bounded queue for those who are known and
/// one for strangers. In each those who ask take turns, so that nobody's many jobs stand before
/// another's one.
class Pool {
 public:
  /// Run on a thread of the pool. The Error, if the store could not be reached.
  using Job = std::function<void(Result<sql::Connection*>)>;

  struct Limits {
    int threads = 1;
    std::size_t queue = 1'000;  // of either kind
    /// A job is not taken that would be done later than this, as long as jobs take what they took
    /// so far; 0: however long it takes.
    std::chrono::milliseconds wait{0};
  };

  Pool(sql::Database& database, const Limits& limits);
  /// Closes.
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// False when there is no room, or the pool is closed.
  [[nodiscard]] bool submit(Job job, const Asker& who = {});
  [[nodiscard]] std::size_t waiting() const;

  /// Takes nothing more, runs what waits, ends the threads.
  void close();

 private:
  /// Jobs whose askers take turns.
  class Line {
   public:
    void add(Job job, std::string_view who);
    [[nodiscard]] Job take();
    [[nodiscard]] std::size_t waiting() const { return waiting_; }
    /// How many are done before the next one of this asker.
    [[nodiscard]] std::size_t before(std::string_view who) const;

   private:
    std::map<std::string, std::deque<Job>, std::less<>> queues_{};  // of those who wait
    std::deque<std::string> turns_{};                               // their names, the next first
    std::size_t waiting_ = 0;
  };

  void work();
  [[nodiscard]] bool has_room(const Asker& who) const;
  [[nodiscard]] bool is_idle() const { return known_.waiting() + strangers_.waiting() == 0; }
  [[nodiscard]] Job take_next();

  sql::Database& database_;
  Limits limits_;
  mutable std::mutex mutex_{};
  std::condition_variable wake_{};
  Line known_{};
  Line strangers_{};
  bool is_turn_of_known_ = true;
  std::int64_t usual_us_ = 0;  // what a job takes: a moving mean
  bool closing_ = false;
  std::vector<std::thread> threads_{};
};

}  // namespace sj::api
