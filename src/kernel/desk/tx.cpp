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
    "SELECT c.seq, c.hash, e.at_ms, c.seal FROM kernel_audit_chain AS c LEFT JOIN "
    "kernel_audit_entry AS e ON e.area_id = $1 AND e.school_id = $2 AND e.seq = c.seq"
    " WHERE c.area_id = $1 AND c.school_id = $2"};
const sql::Statement kInsertEntry{
    "INSERT INTO kernel_audit_entry (area_id, school_id, seq, id, at_ms, actor_kind, actor_account,"
    " actor_person, action, subject_kind, subject_id, detail, person_id, personal, unit, rows, "
    "hash)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"};
const sql::Statement kMoveHead{
    "INSERT INTO kernel_audit_chain (area_id, school_id, algorithm, seq, hash, seal)"
    " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (area_id, school_id) DO UPDATE"
    " SET seq = excluded.seq, hash = excluded.hash, seal = excluded.seal"};
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
  const auto blob = [](bool there, std::string_view bytes) {
    return there ? sql::Bind(sql::Blob{bytes}) : sql::Bind(nullptr);
  };
  const bool has_rows = row.unit != 0;
  return {row.area,
          row.school,
          row.seq,
          row.id,
          row.at_ms,
          row.actor_kind,
          row.actor_account,
          row.actor_person,
          row.action,
          row.subject_kind,
          row.subject,
          row.detail,
          row.person,
          blob(row.personal.has_value(), row.personal.value_or("")),
          has_rows ? sql::Bind(row.unit) : sql::Bind(nullptr),
          blob(has_rows, row.rows),
          sql::Blob{head.hash}};
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

void Tx::add_entry(std::int64_t area, const Entry& entry, std::optional<std::string> sealed) {
  SJ_CHECK(!entry.action.empty());
  pending_[area].push_back({entry, new_id(), std::move(sealed)});
}

chain::Row Tx::row_of(std::int64_t area, const Pending& pending) const {
  const Entry& entry = pending.entry;
  chain::Row row;
  row.area = area;
  row.school = entry.school;
  row.id = pending.id;
  row.at_ms = now_.utc_ms();
  row.actor_kind = auth::name_of(actor_.kind);
  row.actor_account = actor_.account;
  row.actor_person = actor_.person;
  row.action = entry.action;
  row.subject_kind = entry.subject_kind;
  row.subject = entry.subject;
  row.detail = entry.detail.empty() ? "{}" : std::string_view(entry.detail);
  row.person = entry.person;
  if (pending.sealed) row.personal = *pending.sealed;
  return row;
}

Result<std::pair<chain::Head, bool>> Tx::head_of(std::int64_t area, std::int64_t school) {
  struct Stored {
    chain::Head head{};
    std::optional<std::string> seal{};
  };
  auto stored = SJ_TRY(first(kHead, {area, school}, [](const sql::Row& found) {
    return Stored{{found.integer(0), found.text(1), found.maybe_integer(2).value_or(0)},
                  found.maybe_text(3)};
  }));
  if (!stored) return std::pair(chain::Head{0, chain::zeros(), 0}, true);
  const bool ours = stored->seal == vault().mark(chain::head_text(area, school, stored->head));
  return std::pair(std::move(stored->head), ours);
}

Result<void> Tx::move_head(std::int64_t area, std::int64_t school, const chain::Head& head) {
  const std::string seal = vault().mark(chain::head_text(area, school, head));
  static_cast<void>(SJ_TRY(run(kMoveHead, {area, school, chain::kAlgorithm, head.seq,
                                           sql::Blob{head.hash}, sql::Blob{seal}})));
  return {};
}

Result<void> Tx::audit(std::int64_t area, const Entry& entry) {
  return audit_many(area, {&entry, 1});
}

Result<void> Tx::audit_many(std::int64_t area, std::span<const Entry> entries) {
  std::vector<auth::Vault::Plain> plains;
  for (const Entry& entry : entries) {
    SJ_CHECK(entry.personal.empty() || entry.person != 0);
    if (!entry.personal.empty()) plains.push_back({entry.person, kSealPurpose, entry.personal});
  }
  std::vector<std::string> sealed;
  if (!plains.empty()) sealed = SJ_TRY(vault().seal_many(*this, area, plains));
  auto next_sealed = sealed.begin();
  for (const Entry& entry : entries) {
    std::optional<std::string> personal;
    if (!entry.personal.empty()) personal = std::move(*next_sealed++);
    add_entry(area, entry, std::move(personal));
  }
  return {};
}

void Tx::take_over(const sql::Watched& watched, std::uint64_t columns, const sql::Row& row) {
  notes_.take(vault(), {&watched, columns}, row, rows::Layout::whole);
}

Result<void> Tx::store_entries(std::int64_t area, std::vector<Pending>& entries) {
  std::map<std::int64_t, chain::Head> heads;
  std::vector<Pending> all;
  for (Pending& one : entries) {
    const std::int64_t school = one.entry.school;
    if (heads.find(school) == heads.end()) {
      auto [head, ours] = SJ_TRY(head_of(area, school));
      if (!ours) {
        // Going on in silence would seal what somebody else put there.
        Entry broken;
        broken.school = school;
        broken.action = chain::kTrailBroken;
        broken.detail = "{\"seq\":" + std::to_string(head.seq) + "}";
        all.push_back({broken, new_id(), std::nullopt});
        if (context_.log != nullptr) {
          context_.log->write(log::Level::error, chain::kTrailBroken, "",
                              {{"detail", broken.detail}});
        }
      }
      heads.emplace(school, std::move(head));
    }
    all.push_back(std::move(one));
  }
  std::int64_t unit = 0;
  Sha256 hash{};
  if (notes_.touches(area)) {
    unit = SJ_TRY(rows::next_unit(*this, area));
    hash = SJ_TRY(notes_.store(*this, hasher_, area, unit));
  }
  static_cast<void>(
      SJ_TRY(run_many(kInsertEntry, all.size(), [&](std::size_t i, std::vector<sql::Bind>& binds) {
        chain::Row row = row_of(area, all[i]);
        if (unit != 0 && i + 1 == all.size()) {
          row.unit = unit;
          row.rows = chain::view(hash);
        }
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

Result<void> Tx::check() {
  if (failed_) return *failed_;
  if (wrote_ != nullptr && pending_.empty()) {
    return Error{ErrorKind::internal, "desk.unaudited",
                 "no audit entry for: " + wrote_->text(connection_.dialect()).substr(0, 80)};
  }
  for (const std::int64_t area : notes_.areas()) {
    if (pending_.find(area) != pending_.end()) continue;
    Entry entry;
    entry.action = "desk.trail.rows_changed";
    SJ_TRY(audit(area, entry));
  }
  for (auto& [area, entries] : pending_) SJ_TRY(store_entries(area, entries));
  return {};
}

sql::Dialect Tx::dialect() const {
  return connection_.dialect();
}

// A statement that changes rows gives those it changed; of a watched table also to those who did
// not ask.
Result<void> Tx::each(const sql::Statement& statement,
                      std::span<const sql::Bind> binds,
                      const sql::OnRow& on_row) {
  // An error of on_row is the caller's own, and not remembered: the statement has not failed.
  bool own = false;
  Result<void> result =
      connection_.each(statement, binds, [&](const sql::Row& row) -> Result<void> {
        if (wrote_ == nullptr && changes_room(statement)) wrote_ = &statement;
        if (statement.touch().watched != nullptr) notes_.take(vault(), statement.touch(), row);
        Result<void> taken = on_row(row);
        own = !taken.ok();
        return taken;
      });
  if (!own) remember(result, failed_);
  return result;
}

Result<std::int64_t> Tx::run(const sql::Statement& statement, std::span<const sql::Bind> binds) {
  if (statement.touch().watched == nullptr)
    return ran(statement, connection_.run(statement, binds));
  std::int64_t changed = 0;
  SJ_TRY(each(statement, binds, [&](const sql::Row&) -> Result<void> {
    ++changed;
    return {};
  }));
  return changed;
}

Result<std::int64_t> Tx::run_many(const sql::Statement& statement,
                                  std::size_t count,
                                  const sql::Fill& fill,
                                  const sql::OnRow& on_row) {
  if (statement.touch().watched == nullptr) {
    return ran(statement, connection_.run_many(statement, count, fill, on_row));
  }
  return ran(statement,
             connection_.run_many(statement, count, fill, [&](const sql::Row& row) -> Result<void> {
               notes_.take(vault(), statement.touch(), row);
               return on_row ? on_row(row) : Result<void>();
             }));
}

Result<std::int64_t> Tx::ran(const sql::Statement& statement, Result<std::int64_t> changed) {
  remember(changed, failed_);
  if (changed.ok() && changed.value() > 0 && wrote_ == nullptr && changes_room(statement)) {
    wrote_ = &statement;
  }
  return changed;
}

}  // namespace sj::desk
