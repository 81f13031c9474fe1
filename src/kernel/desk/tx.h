#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kernel/auth/access.h"
#include "kernel/auth/vault.h"
#include "kernel/base/result.h"
#include "kernel/base/sha256.h"
#include "kernel/desk/chain.h"
#include "kernel/desk/rows.h"
#include "kernel/log/log.h"
#include "kernel/sql/sql.h"
#include "kernel/time/clock.h"
#include "kernel/time/entropy.h"
#include "kernel/time/ids.h"

namespace sj::desk {

/// One line of the audit trail (审计留痕). The trail is also the history a clerk reads, so a
/// subject's entries tell how it came to be as it is.
struct Entry {
  /// The chain it goes into: a school, or 0 for the district's own.
  std::int64_t school = 0;
  std::string action{};        // "org.pupil.moved"; its sentence stands in the web's catalogue
  std::string subject_kind{};  // "pupil"
  std::int64_t subject = 0;
  /// A JSON object without personal data: ids, counts, days, names of fields.
  std::string detail{};
  /// A JSON object with personal data of `person`, sealed under his key; empty if there is none.
  std::string personal{};
  std::int64_t person = 0;
};

/// What happened, for whoever listens (events.h of rooms). Delivered at least once, after commit.
struct Event {
  std::string topic{};    // "org.pupil_moved"
  std::string payload{};  // a JSON object; ids only, no personal data
};

/// What a unit of work is given besides its transaction.
struct Context {
  const Clock& clock;
  IdSource& ids;
  Entropy& entropy;
  auth::Vault& vault;
  const log::Log* log = nullptr;  // where faults, and failures of listeners and jobs are told
};

/// Who does a unit of work, and when.
struct Unit {
  // Implicit, so that whoever works in the present passes just the actor.
  Unit(const auth::Actor& who)  // NOLINT(google-explicit-constructor): see above
      : actor(who) {}
  Unit(const auth::Actor& who, std::optional<Instant> when) : actor(who), now(when) {}

  auth::Actor actor;
  /// The moment the unit sees, in a rehearsal; nothing: that of the clock.
  std::optional<Instant> now{};
};

/// One unit of work that is stored whole or not at all. Only the desk makes one; it decides about
/// commit and rollback.
///
/// A unit that changed rows of a room without an audit entry is refused (desk.unaudited, internal),
/// and so is one that went on after a statement had failed (with that statement's error). What it
/// writes into watched tables its last entry answers for (rows.h); in an area where it has none,
/// one is added that says so.
class Tx final : public sql::Writer {
 public:
  /// All three must outlive it.
  Tx(sql::Connection& connection, const Context& context, const Unit& unit);

  [[nodiscard]] const auth::Actor& actor() const { return actor_; }
  /// The moment of this unit of work; the same however often it is asked.
  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] LocalDay today() const;
  [[nodiscard]] std::int64_t new_id() { return context_.ids.next(); }
  [[nodiscard]] IdSource& ids() { return context_.ids; }
  [[nodiscard]] Entropy& entropy() { return context_.entropy; }
  [[nodiscard]] auth::Vault& vault() { return context_.vault; }

  /// Appends to the chain of `entry.school` in `area` (audit.h); stored when the unit ends.
  /// Fails: auth.erased (conflict): personal data of a person whose key was destroyed · sql.*
  [[nodiscard]] Result<void> audit(std::int64_t area, const Entry& entry);
  /// The same for many, in this order and in few round trips. Fails as audit(): one person whose
  /// key was destroyed refuses all.
  [[nodiscard]] Result<void> audit_many(std::int64_t area, std::span<const Entry> entries);
  /// Puts an event into the outbox of `area`; it is heard after commit (outbox.h). Fails: sql.*
  [[nodiscard]] Result<void> publish(std::int64_t area, const Event& event);

  /// Vouches for columns of a row as it is: `row` is one of Watched::rows(). Only for a table that
  /// begins to be watched (begin_watching, audit.h).
  void take_over(const sql::Watched& watched, std::uint64_t columns, const sql::Row& row);

  /// Ends the unit and stores its entries; the desk asks it, once. Fails: desk.unaudited, or what a
  /// statement failed with.
  [[nodiscard]] Result<void> check();

  // sql::Writer, passed through to the connection.
  [[nodiscard]] sql::Dialect dialect() const override;
  using sql::Reader::each;
  [[nodiscard]] Result<void> each(const sql::Statement& statement,
                                  std::span<const sql::Bind> binds,
                                  const sql::OnRow& on_row) override;
  using sql::Writer::run;
  [[nodiscard]] Result<std::int64_t> run(const sql::Statement& statement,
                                         std::span<const sql::Bind> binds) override;
  using sql::Writer::run_many;
  [[nodiscard]] Result<std::int64_t> run_many(const sql::Statement& statement,
                                              std::size_t count,
                                              const sql::Fill& fill,
                                              const sql::OnRow& on_row) override;

 private:
  /// An entry that waits for the end of the unit, because the last one answers for all its rows.
  struct Pending {
    Entry entry{};
    std::int64_t id = 0;
    std::optional<std::string> sealed{};
  };

  void add_entry(std::int64_t area, const Entry& entry, std::optional<std::string> sealed);
  [[nodiscard]] chain::Row row_of(std::int64_t area, const Pending& pending) const;
  [[nodiscard]] Result<void> store_entries(std::int64_t area, std::vector<Pending>& entries);
  /// Where a chain ends, and whether this program wrote that it does.
  [[nodiscard]] Result<std::pair<chain::Head, bool>> head_of(std::int64_t area,
                                                             std::int64_t school);
  /// Remembers what a statement did. Gives the same.
  [[nodiscard]] Result<std::int64_t> ran(const sql::Statement& statement,
                                         Result<std::int64_t> changed);
  [[nodiscard]] Result<void> move_head(std::int64_t area,
                                       std::int64_t school,
                                       const chain::Head& head);

  sql::Connection& connection_;
  const Context& context_;
  auth::Actor actor_;
  Instant now_;
  Hasher hasher_;
  const sql::Statement* wrote_ = nullptr;                   // the first that changed a room's rows
  std::optional<Error> failed_{};                           // of the first statement that failed
  std::map<std::int64_t, std::vector<Pending>> pending_{};  // by area
  rows::Notes notes_{};
};

}  // namespace sj::desk
