#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "kernel/base/result.h"
#include "kernel/desk/tx.h"
#include "kernel/sql/sql.h"

namespace sj::desk {

/// What is to be done; runs on the desk's thread, where everybody waits for it: no slow work in it.
/// An error rolls back this unit and no other.
using Work = std::function<Result<void>(Tx&)>;
/// Called once, from the desk's thread, after the disk has it or after it was given up.
using Done = std::function<void(Result<void>)>;

struct DeskLimits {
  std::size_t queue_max = 10'000;          // units waiting; more are refused
  std::size_t group_max = 512;             // units in one commit
  std::chrono::milliseconds begin{2'000};  // for the right to write
};

/// Does the desk or the store say "not now" (desk.busy, desk.closing, sql.unavailable,
/// sql.no_room, sql.corrupt, sql.store_gone), rather than the work "no"? Then the same may be tried
/// again later.
[[nodiscard]] bool is_passing(const Error& error);

/// What the desk has done so far, for /metrics.
struct DeskCounts {
  std::uint64_t units = 0;
  std::uint64_t refused = 0;      // rolled back by their own error
  std::uint64_t faults = 0;       // of those, by a broken invariant or another exception
  std::uint64_t groups = 0;       // that were committed
  std::uint64_t groups_lost = 0;  // that could not be
  std::uint64_t group_largest = 0;
  std::uint64_t commit_us = 0;  // spent in commits, in all
  std::size_t waiting = 0;
};

/// The one writer of a process (柜台): everything queued is done in one transaction, a savepoint
/// each, committed together, and answered after the disk has it. Reads never wait for it.
class Desk {
 public:
  /// Starts the thread. `connection` may write and belongs to the desk from now on.
  Desk(std::unique_ptr<sql::Connection> connection, const Context& context, DeskLimits limits = {});
  /// Finishes what is queued.
  ~Desk();
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  /// Queues a unit of work. Fails at once: desk.busy (unavailable) when the queue is full ·
  /// desk.closing (unavailable). Otherwise `done` is called: with the work's own error,
  /// desk.unaudited, desk.fault (internal) when an invariant broke in it, or sql.* for every unit
  /// of a group that could not be committed. Nothing of that group is stored; only when a
  /// PostgreSQL server goes away while committing nobody knows, and whoever asks again needs a key
  /// that tells a repetition (Idempotency-Key).
  [[nodiscard]] Result<void> submit(const Unit& unit, Work work, Done done);

  /// Queues and waits. Not from the desk's own thread.
  [[nodiscard]] Result<void> run(const Unit& unit, const Work& work);

  /// Called on the desk's thread after each group that committed; the outbox wakes up by it. There
  /// is one listener; an empty one ends it, and is not called any more when this returns.
  void on_commit(std::function<void()> listener);

  [[nodiscard]] const Context& context() const;

  [[nodiscard]] DeskCounts counts() const;

  /// Takes nothing more, finishes what is queued, ends the thread. Not from the desk's own thread.
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sj::desk
