#include "kernel/desk/tx.h"

#include "kernel/base/check.h"
#include "kernel/desk/chain.h"
#include "kernel/sql/statement.h"
#include "kernel/time/zone.h"

namespace sj::desk {
namespace {

const sql::Statement kHead{
    "SELECT seq, hash FROM kernel_audit_chain WHERE area_id = $1 AND school_id = $2"};
const sql::Statement kInsertEntry{
    "INSERT INTO kernel_audit_entry (area_id, school_id, seq, id, at_ms, actor_kind, actor_account,"
    " actor_person, action, subject_kind, subject_id, detail, person_id, personal, hash)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"};
const sql::Statement kMoveHead{
    "INSERT INTO kernel_audit_chain (area_id, school_id, algorithm, seq, hash)"
    " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (area_id, school_id) DO UPDATE"
    " SET seq = excluded.seq, hash = excluded.hash"};
const sql::Statement kPublish{
    "INSERT INTO kernel_outbox_event (area_id, id, at_ms, topic, payload)"
    " VALUES ($1, $2, $3, $4, $5)"};

bool changes_room(const sql::Statement& statement) {
  return statement.writes() && !statement.writes_kernel_table();
}

template <class T>
void remember(const Result<T>& result, std::optional<Error>& failed) {
  if (!result.ok() && !failed) failed = result.error();
}

}  // namespace

Tx::Tx(sql::Connection& connection, const Context& context, const Unit& unit)
    : connection_(connection),
      context_(context),
      actor_(unit.actor),
      now_(unit.now ? *unit.now : context.clock.now()) {}

LocalDay Tx::today() const {
  return day_of(now_);
}

Result<void> Tx::audit(std::int64_t area, const Entry& entry) {
  SJ_CHECK(!entry.action.empty());
  SJ_CHECK(entry.personal.empty() || entry.person != 0);
  chain::Row row;
  row.area = area;
  row.school = entry.school;
  row.id = new_id();
  row.at_ms = now_.utc_ms();
  row.actor_kind = auth::name_of(actor_.kind);
  row.actor_account = actor_.account;
  row.actor_person = actor_.person;
  row.action = entry.action;
  row.subject_kind = entry.subject_kind;
  row.subject = entry.subject;
  row.detail = entry.detail.empty() ? "{}" : std::string_view(entry.detail);
  row.person = entry.person;
  std::string personal;
  if (!entry.personal.empty()) {
    personal = SJ_TRY(vault().seal(*this, area, entry.person, "audit", entry.personal));
    row.personal = personal;
  }

  const auto head = SJ_TRY(first(kHead, {area, entry.school}, [](const sql::Row& found) {
    return chain::Head{found.integer(0), found.text(1)};
  }));
  row.seq = head ? head->seq + 1 : 1;
  const Sha256 hash = chain::hash_of(hasher_, head ? head->hash : chain::zeros(), row);
  const sql::Blob hash_bytes{chain::view(hash)};
  const sql::Bind sealed = row.personal ? sql::Bind(sql::Blob{*row.personal}) : sql::Bind(nullptr);
  static_cast<void>(
      SJ_TRY(run(kInsertEntry, {area, row.school, row.seq, row.id, row.at_ms, row.actor_kind,
                                row.actor_account, row.actor_person, row.action, row.subject_kind,
                                row.subject, row.detail, row.person, sealed, hash_bytes})));
  static_cast<void>(
      SJ_TRY(run(kMoveHead, {area, row.school, chain::kAlgorithm, row.seq, hash_bytes})));
  audited_ = true;
  return {};
}

Result<void> Tx::publish(std::int64_t area, const Event& event) {
  SJ_CHECK(!event.topic.empty());
  static_cast<void>(SJ_TRY(run(kPublish, {area, new_id(), now_, event.topic, event.payload})));
  return {};
}

Result<void> Tx::check() const {
  if (failed_) return *failed_;
  if (wrote_ != nullptr && !audited_) {
    return Error{ErrorKind::internal, "desk.unaudited",
                 "no audit entry for: " + wrote_->text(connection_.dialect()).substr(0, 80)};
  }
  return {};
}

sql::Dialect Tx::dialect() const {
  return connection_.dialect();
}

Result<void> Tx::each(const sql::Statement& statement,
                      std::span<const sql::Bind> binds,
                      const sql::OnRow& on_row) {
  // A statement that changes rows gives those it changed. An error of on_row is the caller's own,
  // and not remembered: the statement has not failed.
  bool own = false;
  Result<void> result =
      connection_.each(statement, binds, [&](const sql::Row& row) -> Result<void> {
        if (wrote_ == nullptr && changes_room(statement)) wrote_ = &statement;
        Result<void> taken = on_row(row);
        own = !taken.ok();
        return taken;
      });
  if (!own) remember(result, failed_);
  return result;
}

Result<std::int64_t> Tx::run(const sql::Statement& statement, std::span<const sql::Bind> binds) {
  Result<std::int64_t> changed = connection_.run(statement, binds);
  remember(changed, failed_);
  if (changed.ok() && changed.value() > 0 && wrote_ == nullptr && changes_room(statement)) {
    wrote_ = &statement;
  }
  return changed;
}

Result<std::int64_t> Tx::run_many(
    const sql::Statement& statement,
    std::size_t count,
    const std::function<void(std::size_t, std::vector<sql::Bind>&)>& fill) {
  Result<std::int64_t> changed = connection_.run_many(statement, count, fill);
  remember(changed, failed_);
  if (changed.ok() && changed.value() > 0 && wrote_ == nullptr && changes_room(statement)) {
    wrote_ = &statement;
  }
  return changed;
}

}  // namespace sj::desk
