#include "kernel/desk/tx.h"

#include <algorithm>
#include <map>
#include <utility>

#include "kernel/base/check.h"
#include "kernel/sql/statement.h"
#include "kernel/time/zone.h"

namespace sj::desk {
namespace {

const sql::Statement kHead{
    "SELECT c.seq, c.hash, e.at_ms FROM kernel_audit_chain AS c LEFT JOIN kernel_audit_entry AS e"
    " ON e.area_id = $1 AND e.school_id = $2 AND e.seq = c.seq"
    " WHERE c.area_id = $1 AND c.school_id = $2"};
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

constexpr std::string_view kSealPurpose = "audit";

// Puts an entry behind the last of its chain.
void append(chain::Head& head, chain::Row& row, Hasher& hasher) {
  row.seq = head.seq + 1;
  // The trail's time never runs backwards, whatever the clock does.
  row.at_ms = std::max(row.at_ms, head.at_ms);
  const Sha256 hash = chain::hash_of(hasher, head.hash, row);
  head = {row.seq, std::string(chain::view(hash)), row.at_ms};
}

// Of an entry that has become the last of its chain. Views into both.
std::vector<sql::Bind> binds_of(const chain::Row& row, const chain::Head& head) {
  const sql::Bind sealed = row.personal ? sql::Bind(sql::Blob{*row.personal}) : sql::Bind(nullptr);
  return {row.area,       row.school,        row.seq,          row.id,     row.at_ms,
          row.actor_kind, row.actor_account, row.actor_person, row.action, row.subject_kind,
          row.subject,    row.detail,        row.person,       sealed,     sql::Blob{head.hash}};
}

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

chain::Row Tx::row_of(std::int64_t area, const Entry& entry) {
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
  return row;
}

Result<chain::Head> Tx::head_of(std::int64_t area, std::int64_t school) {
  auto head = SJ_TRY(first(kHead, {area, school}, [](const sql::Row& found) {
    return chain::Head{found.integer(0), found.text(1), found.maybe_integer(2).value_or(0)};
  }));
  return head ? *std::move(head) : chain::Head{0, chain::zeros(), 0};
}

Result<void> Tx::move_head(std::int64_t area, std::int64_t school, const chain::Head& head) {
  static_cast<void>(
      SJ_TRY(run(kMoveHead, {area, school, chain::kAlgorithm, head.seq, sql::Blob{head.hash}})));
  audited_ = true;
  return {};
}

Result<void> Tx::audit(std::int64_t area, const Entry& entry) {
  chain::Row row = row_of(area, entry);
  std::string personal;
  if (!entry.personal.empty()) {
    personal = SJ_TRY(vault().seal(*this, area, entry.person, kSealPurpose, entry.personal));
    row.personal = personal;
  }
  chain::Head head = SJ_TRY(head_of(area, entry.school));
  append(head, row, hasher_);
  static_cast<void>(SJ_TRY(run(kInsertEntry, binds_of(row, head))));
  return move_head(area, entry.school, head);
}

Result<void> Tx::audit_many(std::int64_t area, std::span<const Entry> entries) {
  std::vector<auth::Vault::Plain> plains;
  std::map<std::int64_t, chain::Head> heads;
  for (const Entry& entry : entries) {
    SJ_CHECK(entry.personal.empty() || entry.person != 0);
    if (!entry.personal.empty()) plains.push_back({entry.person, kSealPurpose, entry.personal});
    heads.try_emplace(entry.school);
  }
  const std::vector<std::string> sealed = SJ_TRY(vault().seal_many(*this, area, plains));
  auto next_sealed = sealed.begin();
  for (auto& [school, head] : heads) head = SJ_TRY(head_of(area, school));
  static_cast<void>(SJ_TRY(
      run_many(kInsertEntry, entries.size(), [&](std::size_t i, std::vector<sql::Bind>& binds) {
        chain::Row row = row_of(area, entries[i]);
        if (!entries[i].personal.empty()) row.personal = *next_sealed++;
        chain::Head& head = heads[row.school];
        append(head, row, hasher_);
        binds = binds_of(row, head);
      })));
  for (const auto& [school, head] : heads) SJ_TRY(move_head(area, school, head));
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
