#include "kernel/desk/jobs.h"

#include <map>
#include <optional>
#include <utility>

#include "kernel/base/check.h"
#include "kernel/sql/statement.h"
#include "kernel/time/zone.h"

namespace sj::desk {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;

const sql::Statement kJobs{"SELECT name, last_started_ms, last_ended_ms FROM kernel_job"};
const sql::Statement kJob{
    "SELECT name, last_started_ms, last_ended_ms FROM kernel_job WHERE name = $1"};
const sql::Statement kFailures{"SELECT failures FROM kernel_job WHERE name = $1"};
const sql::Statement kStore{
    "INSERT INTO kernel_job (name, last_started_ms, last_ended_ms, failures, error)"
    " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO UPDATE"
    " SET last_started_ms = excluded.last_started_ms, last_ended_ms = excluded.last_ended_ms,"
    " failures = excluded.failures, error = excluded.error"};

struct LastRun {
  std::string name{};
  Instant started{0};
  Instant ended{0};
};

LastRun read_run(const sql::Row& row) {
  return {row.text(0), row.instant(1), row.instant(2)};
}

bool is_due(const Job& job, const std::optional<LastRun>& last, Instant now) {
  // A clock that was put back must not keep a job from running until the old time comes again.
  const bool known = last && last->started <= now && last->ended <= now;
  if (job.at_minute_of_day < 0) {
    return !known || now.utc_ms() - last->ended.utc_ms() >= job.every_minutes * kMinuteMs;
  }
  const LocalDay today = day_of(now);
  const Instant of_today = instant_of(today, job.at_minute_of_day);
  if (now >= of_today) return !known || last->started < of_today;
  return known && last->started < instant_of(today.plus_days(-1), job.at_minute_of_day);
}

auth::Actor system_actor() {
  auth::Actor actor;
  actor.kind = auth::ActorKind::system;
  return actor;
}

/// The work and the note that it ran, in one unit. `ran` stays false if somebody else just did it.
Result<void> run_job(Tx& tx, const Job& job, const Clock& clock, bool& ran) {
  ran = false;
  const auto last = SJ_TRY(tx.first(kJob, {job.name}, read_run));
  if (!is_due(job, last, tx.now())) return {};
  SJ_TRY(job.work(tx));
  static_cast<void>(SJ_TRY(tx.run(kStore, {job.name, tx.now(), clock.now(), 0, ""})));
  ran = true;
  return {};
}

Result<void> store_failure(Tx& tx, const Job& job, const std::string& error) {
  const auto failures = SJ_TRY(tx.number(kFailures, {job.name}));
  static_cast<void>(SJ_TRY(tx.run(kStore, {job.name, tx.now(), tx.now(), failures + 1, error})));
  return {};
}

}  // namespace

Result<int> run_due(Desk& desk,
                    sql::Connection& reader,
                    const Clock& clock,
                    const std::vector<Job>& jobs,
                    bool clock_doubted) {
  SJ_TRY(reader.begin_read());
  std::map<std::string, LastRun> runs;
  const Result<void> loaded = reader.each(kJobs, {}, [&](const sql::Row& row) -> Result<void> {
    LastRun run = read_run(row);
    runs.insert_or_assign(run.name, run);
    return {};
  });
  reader.rollback();
  SJ_TRY(loaded);

  int count = 0;
  for (const Job& job : jobs) {
    SJ_CHECK(!job.name.empty());
    if (job.deletes && clock_doubted) continue;
    const auto found = runs.find(job.name);
    const auto last = found == runs.end() ? std::nullopt : std::optional<LastRun>(found->second);
    if (!is_due(job, last, clock.now())) continue;
    bool ran = false;
    const Result<void> result =
        desk.run(system_actor(), [&](Tx& tx) { return run_job(tx, job, clock, ran); });
    if (result.ok()) {
      count += ran ? 1 : 0;
      continue;
    }
    const Error& error = result.error();
    if (is_passing(error)) return error;
    if (const log::Log* log = desk.context().log) {
      log->write(log::Level::error, "desk.job_failed", "",
                 {{"job", job.name}, {"code", error.code}, {"detail", error.detail}});
    }
    SJ_TRY(desk.run(system_actor(), [&](Tx& tx) { return store_failure(tx, job, error.code); }));
  }
  return count;
}

}  // namespace sj::desk
