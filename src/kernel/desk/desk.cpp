#include "kernel/desk/desk.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "kernel/base/check.h"

namespace sj::desk {
namespace {

using Steady = std::chrono::steady_clock;

struct Queued {
  Unit unit;
  Work work;
  Done done;
  Result<void> outcome{};
};

Error unavailable(const char* code, const char* detail) {
  return Error{ErrorKind::unavailable, code, detail};
}

void tell(const Context& context, std::string_view what) {
  if (context.log != nullptr) {
    context.log->write(log::Level::error, "desk.fault", "", {{"detail", what}});
  }
}

/// What `work` gives, or desk.fault when it throws: a fault in one unit must not end the others.
template <class F>
Result<void> guarded(const Context& context, std::uint64_t& faults, const F& work) {
  std::string what;
  try {
    return work();
  } catch (const std::exception& thrown) {
    what = thrown.what();
  } catch (...) {
    what = "not an exception of the standard library";
  }
  ++faults;
  tell(context, what);
  return Error{ErrorKind::internal, "desk.fault", std::move(what)};
}

}  // namespace

bool is_passing(const Error& error) {
  return error.code == "desk.busy" || error.code == "desk.closing" ||
         error.code == "sql.unavailable" || error.code == "sql.no_room" ||
         error.code == "sql.corrupt" || error.code == "sql.store_gone";
}

struct Desk::State {
  State(std::unique_ptr<sql::Connection> db, const Context& given, DeskLimits limit)
      : connection(std::move(db)), context(given), limits(limit) {}

  std::unique_ptr<sql::Connection> connection;
  Context context;
  DeskLimits limits;
  mutable std::mutex mutex;  // of the next four
  std::condition_variable wake;
  std::deque<Queued> queue;
  DeskCounts counts;
  bool closing = false;
  std::mutex listener_mutex;  // held while the listener runs, so that it can be taken away
  std::function<void()> listener;
  std::mutex close_mutex;
  std::thread thread;

  void loop();
  void run_group(std::vector<Queued>& group);
  Result<void> begin();
  void take_waiting(std::vector<Queued>& group);
  Result<void> run_units(std::vector<Queued>& group, DeskCounts& now);
  Result<void> run_unit(Queued& queued, DeskCounts& now);
};

void Desk::State::loop() {
  std::vector<Queued> group;
  for (;;) {
    {
      std::unique_lock lock(mutex);
      wake.wait(lock, [&] { return closing || !queue.empty(); });
      if (queue.empty()) return;
      const std::size_t size = std::min(queue.size(), limits.group_max);
      for (std::size_t i = 0; i < size; ++i) {
        group.push_back(std::move(queue.front()));
        queue.pop_front();
      }
    }
    run_group(group);
    group.clear();
  }
}

void Desk::State::run_group(std::vector<Queued>& group) {
  DeskCounts now;
  bool stored = false;
  Result<void> whole = guarded(context, now.faults, [&]() -> Result<void> {
    const Result<void> begun = begin();
    if (!begun.ok()) take_waiting(group);
    SJ_TRY(begun);
    SJ_TRY(run_units(group, now));
    // A group of refusals only has nothing for the disk.
    if (std::none_of(group.begin(), group.end(),
                     [](const Queued& one) { return one.outcome.ok(); })) {
      connection->rollback();
      return {};
    }
    const auto start = Steady::now();
    Result<void> committed = connection->commit();
    now.commit_us = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - start).count());
    stored = committed.ok();
    return committed;
  });
  if (!whole.ok()) {
    // Also for a unit that was refused: it may have seen what is not stored now.
    static_cast<void>(guarded(context, now.faults, [&]() -> Result<void> {
      connection->rollback();
      return {};
    }));
    for (Queued& one : group) one.outcome = whole.error();
    now.refused = 0;
    tell(context, whole.error().code + ": " + whole.error().detail);
  }
  {
    const std::scoped_lock lock(mutex);
    counts.units += group.size();
    counts.refused += now.refused;
    counts.faults += now.faults;
    counts.groups += stored ? 1U : 0U;
    counts.groups_lost += whole.ok() ? 0U : 1U;
    counts.group_largest = std::max<std::uint64_t>(counts.group_largest, group.size());
    counts.commit_us += now.commit_us;
  }
  std::uint64_t faults = 0;
  for (Queued& one : group) {
    if (!one.done) continue;
    static_cast<void>(guarded(context, faults, [&]() -> Result<void> {
      one.done(std::move(one.outcome));
      return {};
    }));
  }
  if (stored) {
    static_cast<void>(guarded(context, faults, [&]() -> Result<void> {
      const std::scoped_lock lock(listener_mutex);
      if (listener) listener();
      return {};
    }));
  }
  const std::scoped_lock lock(mutex);
  counts.faults += faults;
}

Result<void> Desk::State::begin() {
  const auto end = Steady::now() + limits.begin;
  for (std::chrono::milliseconds wait(5);;
       wait = std::min(wait * 2, std::chrono::milliseconds(500))) {
    Result<void> begun = connection->begin_write();
    // A lock or a server may come; room and a sound store do not come by waiting.
    if (begun.ok() || begun.error().code != "sql.unavailable" || Steady::now() + wait > end) {
      return begun;
    }
    std::this_thread::sleep_for(wait);
  }
}

/// Those who came while nobody could begin are answered likewise: each of them has waited enough.
void Desk::State::take_waiting(std::vector<Queued>& group) {
  const std::scoped_lock lock(mutex);
  for (Queued& one : queue) group.push_back(std::move(one));
  queue.clear();
}

/// An error of it is one of the whole group.
Result<void> Desk::State::run_units(std::vector<Queued>& group, DeskCounts& now) {
  if (group.size() == 1) {
    // Committed or rolled back as a whole.
    group[0].outcome = run_unit(group[0], now);
    return {};
  }
  for (Queued& one : group) {
    SJ_TRY(connection->savepoint());
    one.outcome = run_unit(one, now);
    if (one.outcome.ok()) {
      SJ_TRY(connection->release_savepoint());
    } else {
      SJ_TRY(connection->rollback_to_savepoint());
    }
  }
  return {};
}

Result<void> Desk::State::run_unit(Queued& queued, DeskCounts& now) {
  Result<void> outcome = guarded(context, now.faults, [&]() -> Result<void> {
    Tx tx(*connection, context, queued.unit);
    SJ_TRY(queued.work(tx));
    return tx.check();
  });
  if (!outcome.ok()) ++now.refused;
  return outcome;
}

Desk::Desk(std::unique_ptr<sql::Connection> connection, const Context& context, DeskLimits limits)
    : state_(std::make_unique<State>(std::move(connection), context, limits)) {
  SJ_CHECK(limits.group_max > 0);
  state_->thread = std::thread([state = state_.get()] { state->loop(); });
}

Desk::~Desk() {
  close();
}

Result<void> Desk::submit(const Unit& unit, Work work, Done done) {
  {
    const std::scoped_lock lock(state_->mutex);
    if (state_->closing) return unavailable("desk.closing", "the desk takes nothing more");
    if (state_->queue.size() >= state_->limits.queue_max) {
      return unavailable("desk.busy", "too many wait to be stored");
    }
    state_->queue.push_back(Queued{unit, std::move(work), std::move(done)});
  }
  state_->wake.notify_one();
  return {};
}

Result<void> Desk::run(const Unit& unit, const Work& work) {
  SJ_CHECK(std::this_thread::get_id() != state_->thread.get_id());
  std::mutex mutex;
  std::condition_variable answered;
  std::optional<Result<void>> outcome;
  SJ_TRY(submit(
      unit, [&work](Tx& tx) { return work(tx); },
      [&](Result<void> result) {
        const std::scoped_lock lock(mutex);
        outcome.emplace(std::move(result));
        answered.notify_one();  // under the lock: the waiter takes all this away with it
      }));
  std::unique_lock lock(mutex);
  answered.wait(lock, [&] { return outcome.has_value(); });
  return std::move(*outcome);
}

void Desk::on_commit(std::function<void()> listener) {
  const std::scoped_lock lock(state_->listener_mutex);
  state_->listener = std::move(listener);
}

const Context& Desk::context() const {
  return state_->context;
}

DeskCounts Desk::counts() const {
  const std::scoped_lock lock(state_->mutex);
  DeskCounts counts = state_->counts;
  counts.waiting = state_->queue.size();
  return counts;
}

void Desk::close() {
  const std::scoped_lock one_at_a_time(state_->close_mutex);
  if (!state_->thread.joinable()) return;
  SJ_CHECK(std::this_thread::get_id() != state_->thread.get_id());
  {
    const std::scoped_lock lock(state_->mutex);
    state_->closing = true;
  }
  state_->wake.notify_all();
  state_->thread.join();
}

}  // namespace sj::desk
