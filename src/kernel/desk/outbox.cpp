#include "kernel/desk/outbox.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "kernel/base/check.h"
#include "kernel/sql/statement.h"

namespace sj::desk {
namespace {

constexpr std::int64_t kSecondMs = 1'000;
constexpr std::int64_t kHourMs = 3'600 * kSecondMs;
constexpr std::int64_t kForgetMs = kHourMs * 24 * 7;
constexpr int kForgetMinute = 190;  // of the night

// Events that all have heard are deleted, so what is looked through is what is left to do.
const sql::Statement kDue{
    "SELECT e.area_id, e.id, e.topic, e.payload FROM kernel_outbox_event AS e"
    " LEFT JOIN kernel_outbox_delivery AS d"
    " ON d.area_id = e.area_id AND d.listener = $1 AND d.event_id = e.id"
    " WHERE e.topic = $2 AND d.heard_ms IS NULL"
    " AND (d.next_ms IS NULL OR d.next_ms <= $3 OR d.next_ms > $5)"
    " ORDER BY e.id LIMIT $4"};
const sql::Statement kEventExists{
    "SELECT count(*) FROM kernel_outbox_event WHERE area_id = $1 AND id = $2"};
const sql::Statement kDealings{
    "SELECT tries, heard_ms FROM kernel_outbox_delivery"
    " WHERE area_id = $1 AND listener = $2 AND event_id = $3"};
const sql::Statement kHeardBy{
    "SELECT listener FROM kernel_outbox_delivery"
    " WHERE area_id = $1 AND event_id = $2 AND heard_ms IS NOT NULL"};
const sql::Statement kStoreDealings{
    "INSERT INTO kernel_outbox_delivery"
    " (area_id, listener, event_id, tries, heard_ms, next_ms, error)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (area_id, listener, event_id) DO UPDATE"
    " SET tries = excluded.tries, heard_ms = excluded.heard_ms, next_ms = excluded.next_ms,"
    " error = excluded.error"};
const sql::Statement kDeleteDealings{
    "DELETE FROM kernel_outbox_delivery WHERE area_id = $1 AND event_id = $2"};
const sql::Statement kDeleteEvent{"DELETE FROM kernel_outbox_event WHERE area_id = $1 AND id = $2"};
const sql::Statement kTopics{"SELECT DISTINCT topic FROM kernel_outbox_event"};
const sql::Statement kDeleteTopic{
    "DELETE FROM kernel_outbox_event WHERE topic = $1 AND at_ms < $2"};

struct Due {
  const Listener* listener = nullptr;
  Delivery delivery{};
};

struct Dealings {
  std::int64_t tries = 0;
  bool heard = false;
};

Result<Dealings> load_dealings(Tx& tx, const Due& due) {
  const auto found =
      SJ_TRY(tx.first(kDealings, {due.delivery.area, due.listener->name, due.delivery.event},
                      [](const sql::Row& row) {
                        return Dealings{row.integer(0), !row.is_null(1)};
                      }));
  return found.value_or(Dealings{});
}

/// Has everybody in `listeners` whose topic it is heard the event?
Result<bool> all_heard(Tx& tx, const Delivery& delivery, const std::vector<Listener>& listeners) {
  const auto heard = SJ_TRY(tx.all(kHeardBy, {delivery.area, delivery.event},
                                   [](const sql::Row& row) { return row.text(0); }));
  return std::all_of(listeners.begin(), listeners.end(), [&](const Listener& one) {
    return one.topic != delivery.topic ||
           std::find(heard.begin(), heard.end(), one.name) != heard.end();
  });
}

/// Lets the listener hear, unless he has: the list of what is due may be older than this unit.
Result<void> hear(Tx& tx, const Due& due, const std::vector<Listener>& listeners, bool& heard) {
  heard = false;
  const Delivery& delivery = due.delivery;
  const auto exists = SJ_TRY(tx.number(kEventExists, {delivery.area, delivery.event}));
  if (exists == 0) return {};
  const Dealings before = SJ_TRY(load_dealings(tx, due));
  if (before.heard) return {};
  SJ_TRY(due.listener->hear(tx, delivery));
  static_cast<void>(
      SJ_TRY(tx.run(kStoreDealings, {delivery.area, due.listener->name, delivery.event,
                                     before.tries + 1, tx.now(), tx.now(), ""})));
  const bool done = SJ_TRY(all_heard(tx, delivery, listeners));
  if (done) {
    static_cast<void>(SJ_TRY(tx.run(kDeleteDealings, {delivery.area, delivery.event})));
    static_cast<void>(SJ_TRY(tx.run(kDeleteEvent, {delivery.area, delivery.event})));
  }
  heard = true;
  return {};
}

/// 1 s, 2 s, 4 s, ... 1 h.
std::int64_t wait_ms(std::int64_t tries) {
  return tries > 12 ? kHourMs : std::min(kSecondMs << (tries - 1), kHourMs);
}

Result<void> store_failure(Tx& tx, const Due& due, const std::string& error) {
  const Dealings before = SJ_TRY(load_dealings(tx, due));
  if (before.heard) return {};
  const std::int64_t tries = before.tries + 1;
  static_cast<void>(
      SJ_TRY(tx.run(kStoreDealings, {due.delivery.area, due.listener->name, due.delivery.event,
                                     tries, nullptr, tx.now().utc_ms() + wait_ms(tries), error})));
  return {};
}

auth::Actor system_in(std::int64_t area) {
  auth::Actor actor;
  actor.kind = auth::ActorKind::system;
  actor.area = area;
  return actor;
}

/// Many units at once, so that they share commits; waits for all of them.
class Batch {
 public:
  explicit Batch(Desk& desk) : desk_(desk) {}

  /// `work` and `done` run on the desk's thread.
  void submit(const Unit& unit, Work work, const std::function<void(const Result<void>&)>& done) {
    {
      const std::scoped_lock lock(mutex_);
      ++open_;
    }
    const Result<void> taken =
        desk_.submit(unit, std::move(work), [this, done](const Result<void>& result) {
          done(result);
          close();
        });
    if (!taken.ok()) {
      done(taken);
      close();
    }
  }

  void wait() {
    std::unique_lock lock(mutex_);
    closed_.wait(lock, [&] { return open_ == 0; });
  }

 private:
  void close() {
    const std::scoped_lock lock(mutex_);
    --open_;
    closed_.notify_all();  // under the lock: the waiter takes all this away with it
  }

  Desk& desk_;
  std::mutex mutex_;
  std::condition_variable closed_;
  std::size_t open_ = 0;
};

Result<std::vector<Due>> load_due(sql::Connection& reader,
                                  Instant now,
                                  const std::vector<Listener>& listeners,
                                  int at_most) {
  std::vector<Due> due;
  for (const Listener& listener : listeners) {
    SJ_TRY(reader.each(
        // Who waits longer than anybody waits was told so by a clock that was ahead.
        kDue, {listener.name, listener.topic, now, at_most, now.utc_ms() + kHourMs},
        [&](const sql::Row& row) -> Result<void> {
          due.push_back({&listener, {row.integer(0), row.integer(1), row.text(2), row.text(3)}});
          return {};
        }));
  }
  std::stable_sort(due.begin(), due.end(),
                   [](const Due& a, const Due& b) { return a.delivery.event < b.delivery.event; });
  if (due.size() > static_cast<std::size_t>(at_most)) {
    due.erase(due.begin() + at_most, due.end());
  }
  return due;
}

}  // namespace

Result<int> deliver(Desk& desk,
                    sql::Connection& reader,
                    const Clock& clock,
                    const std::vector<Listener>& listeners,
                    int at_most) {
  SJ_CHECK(at_most > 0);
  SJ_TRY(reader.begin_read());
  Result<std::vector<Due>> loaded = load_due(reader, clock.now(), listeners, at_most);
  reader.rollback();
  const std::vector<Due> due = SJ_TRY(std::move(loaded));

  struct Outcome {
    bool heard = false;
    Result<void> result{};
  };
  std::vector<Outcome> outcomes(due.size());
  Batch effects(desk);
  for (std::size_t i = 0; i < due.size(); ++i) {
    effects.submit(
        system_in(due[i].delivery.area),
        [&, i](Tx& tx) { return hear(tx, due[i], listeners, outcomes[i].heard); },
        [&, i](const Result<void>& result) { outcomes[i].result = result; });
  }
  effects.wait();

  int delivered = 0;
  std::optional<Error> stopped;  // by the store or the desk, not by a listener
  Batch failures(desk);
  std::mutex mutex;
  for (std::size_t i = 0; i < due.size(); ++i) {
    if (outcomes[i].result.ok()) {
      delivered += outcomes[i].heard ? 1 : 0;
      continue;
    }
    const Error& error = outcomes[i].result.error();
    if (is_passing(error)) {
      const std::scoped_lock lock(mutex);
      if (!stopped) stopped = error;
      continue;
    }
    if (const log::Log* log = desk.context().log) {
      log->write(log::Level::warn, "desk.listener_failed", "",
                 {{"listener", due[i].listener->name},
                  {"event_id", due[i].delivery.event},
                  {"code", error.code},
                  {"detail", error.detail}});
    }
    failures.submit(
        system_in(due[i].delivery.area),
        [&, i](Tx& tx) { return store_failure(tx, due[i], outcomes[i].result.error().code); },
        [&](const Result<void>& result) {
          const std::scoped_lock lock(mutex);
          if (!result.ok() && !stopped) stopped = result.error();
        });
  }
  failures.wait();
  if (stopped) return *stopped;
  return delivered;
}

Job forget_unheard_job(const std::vector<Listener>& listeners) {
  std::vector<std::string> heard;
  heard.reserve(listeners.size());
  for (const Listener& listener : listeners) heard.push_back(listener.topic);
  Job job;
  job.name = "desk.forget_unheard";
  job.deletes = true;
  job.at_minute_of_day = kForgetMinute;
  job.work = [heard = std::move(heard)](Tx& tx) -> Result<void> {
    const auto topics =
        SJ_TRY(tx.all(kTopics, {}, [](const sql::Row& row) { return row.text(0); }));
    for (const std::string& topic : topics) {
      if (std::find(heard.begin(), heard.end(), topic) != heard.end()) continue;
      const std::int64_t before = tx.now().utc_ms() - kForgetMs;
      static_cast<void>(SJ_TRY(tx.run(kDeleteTopic, {topic, before})));
    }
    return {};
  };
  return job;
}

}  // namespace sj::desk
