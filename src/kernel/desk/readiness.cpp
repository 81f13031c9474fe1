#include "kernel/desk/readiness.h"

#include <algorithm>
#include <utility>

#include "kernel/sql/statement.h"

namespace sj::desk {
namespace {

/// A pass of the background takes a second; a large delivery or job some more.
constexpr std::chrono::seconds kTooLongAgo(15);
/// A look reads a few rows by their keys.
constexpr std::chrono::seconds kSilence(2);
/// By then the waits have grown to minutes, and several were in vain.
constexpr int kTriesInVain = 8;
constexpr int kFailuresInVain = 3;

const sql::Statement kStuck{
    "SELECT count(*) FROM (SELECT 1 FROM kernel_outbox_delivery WHERE area_id > $1"
    " AND heard_ms IS NULL AND tries >= $2 LIMIT 1) AS one"};
const sql::Statement kFailing{"SELECT count(*) FROM kernel_job WHERE failures >= $1"};
const sql::Statement kWrite{
    "INSERT INTO kernel_setting (name, value) VALUES ('ready_ms', $1)"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value"};

Result<void> look_up(sql::Connection& reader, std::vector<std::string>& wrong) {
  SJ_TRY(reader.begin_read());
  const auto stuck = reader.number(kStuck, {-1, kTriesInVain});
  const auto failing = stuck.ok() ? reader.number(kFailing, {kFailuresInVain}) : stuck;
  reader.rollback();
  if (!stuck.ok()) return stuck.error();
  if (!failing.ok()) return failing.error();
  if (stuck.value() != 0) wrong.emplace_back("desk.outbox_stuck");
  if (failing.value() != 0) wrong.emplace_back("desk.jobs_failing");
  return {};
}

Result<void> write(Desk& desk) {
  auth::Actor actor;
  actor.kind = auth::ActorKind::system;
  return desk.run(actor, [](Tx& tx) -> Result<void> {
    const std::string now = std::to_string(tx.now().utc_ms());
    static_cast<void>(SJ_TRY(tx.run(kWrite, {now})));
    return {};
  });
}

}  // namespace

Readiness::Readiness(sql::Database& database, Others others)
    : database_(database), others_(std::move(others)) {}

void Readiness::look(Desk& desk, sql::Connection& reader, bool clock_doubted) {
  bool is_asked = false;
  {
    const std::scoped_lock lock(mutex_);
    is_asked = std::exchange(asked_, false) || !found_.wrong.empty();
    reads_since_ = Steady::now();
  }
  Verdict found;
  if (others_) others_(found);
  Result<void> looked = look_up(reader, found.wrong);
  {
    const std::scoped_lock lock(mutex_);
    reads_since_.reset();
  }
  if (looked.ok() && is_asked) looked = write(desk);
  if (!looked.ok()) found.wrong.push_back(looked.error().code);
  const Result<void> sound = database_.check_sound();
  if (!sound.ok()) found.wrong.push_back(sound.error().code);
  std::sort(found.wrong.begin(), found.wrong.end());
  found.wrong.erase(std::unique(found.wrong.begin(), found.wrong.end()), found.wrong.end());
  if (clock_doubted) found.notes.emplace_back("desk.clock_doubtful");
  const std::scoped_lock lock(mutex_);
  found_ = std::move(found);
  looked_at_ = Steady::now();
}

Readiness::Verdict Readiness::tell() {
  const std::scoped_lock lock(mutex_);
  asked_ = true;
  Verdict verdict = found_;
  const Steady::time_point now = Steady::now();
  const bool is_silent = !database_.answers() || (reads_since_ && now - *reads_since_ > kSilence);
  if (is_silent || now - looked_at_ > kTooLongAgo) verdict.wrong.emplace_back("desk.not_looked");
  return verdict;
}

}  // namespace sj::desk
