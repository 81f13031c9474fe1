#include "app/verify.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "kernel/api/replay.h"
#include "kernel/api/route.h"
#include "kernel/desk/audit.h"
#include "kernel/desk/rows.h"
#include "kernel/sql/schema.h"
#include "kernel/sql/statement.h"

#include "app/backup.h"
#include "app/heads.h"
#include "app/program.h"

namespace sj::app {
namespace {

constexpr std::size_t kPlacesShown = 100;  // of one thing that does not hold

const sql::Statement kPersonal{
    "SELECT area_id, person_id, 'audit', personal, NULL FROM kernel_audit_entry "
    "WHERE personal IS NOT NULL ORDER BY area_id, school_id, seq"};

const sql::Statement kOnItsWay{
    "SELECT count(*) FROM kernel_outbox_event WHERE area_id = $1 AND topic = $2"};

class Verifier {
 public:
  Verifier(Store& store, sql::Connection& connection) : store_(store), connection_(connection) {}

  Result<std::vector<std::string>> run_quietly() {
    quiet_ = true;
    SJ_TRY(connection_.begin_read());
    look_at_what_explains({});
    connection_.rollback();
    // A database that does not answer says nothing of the trail.
    if (away_.has_value()) return *away_;
    return std::move(all_breaks_);
  }

  Result<bool> run(const VerifyOptions& options) {
    std::vector<desk::PublishedHead> heads;
    for (const std::string& text : options.heads) heads.push_back(SJ_TRY(parse_head(text)));

    part("the database is whole", [&] { return look_at_database(); });
    SJ_TRY(connection_.begin_read());
    look_at_what_explains(std::move(heads));
    org::Settings org = org::make_settings(store_.vault(), store_.entropy());
    policy::Settings policy = SJ_TRY(policy::make_settings());
    const std::vector<api::Room> rooms = rooms_of(org, policy);
    part("everything sealed can be unsealed", [&]() -> Result<std::string> {
      std::vector<api::Sealed> all{{"the personal part of entries", &kPersonal}};
      all.push_back({"replies that are kept", &api::kept_replies()});
      for (const api::Room& room : rooms) {
        all.insert(all.end(), room.sealed.begin(), room.sealed.end());
      }
      return look_at_sealed(all);
    });
    for (const api::Room& room : rooms) {
      for (const api::Invariant& invariant : room.invariants) {
        part(invariant.holds, [&]() -> Result<std::string> {
          const std::int64_t broken = SJ_TRY(connection_.number(*invariant.breaks, {}));
          if (broken != 0) breaks_.push_back(std::to_string(broken) + " rows do not");
          return std::string();
        });
      }
    }
    connection_.rollback();
    return all_breaks_.empty();
  }

 private:
  void look_at_what_explains(std::vector<desk::PublishedHead> heads) {
    part("the schema is what the migrations made", [&]() -> Result<std::string> {
      breaks_ = SJ_TRY(sql::compare_schema(store_.database()));
      return std::string();
    });
    part("the audit trail is as it was written", [&] { return look_at_chains(std::move(heads)); });
    part("every row is what the trail explains", [&] { return look_at_rows(); });
  }

  // Looks at one thing; `look` gives figures and adds to breaks_ and notes_. That it cannot be read
  // is a break as well: the rest is looked at all the same.
  template <class Look>
  void part(std::string_view holds, const Look& look) {
    breaks_.clear();
    notes_.clear();
    Result<std::string> figures = look();
    if (!figures.ok()) {
      if (figures.error().kind == ErrorKind::unavailable) away_ = figures.error();
      breaks_.push_back("it cannot be read: " + figures.error().code + ": " +
                        figures.error().detail);
      connection_.rollback();
      static_cast<void>(connection_.begin_read());
    }
    all_breaks_.insert(all_breaks_.end(), breaks_.begin(), breaks_.end());
    if (quiet_) return;
    std::printf("%s  %.*s%s\n", breaks_.empty() ? "ok    " : "BROKEN",
                static_cast<int>(holds.size()), holds.data(),
                figures.ok() ? figures.value().c_str() : "");
    for (std::size_t i = 0; i < breaks_.size() && i < kPlacesShown; ++i) {
      std::printf("        %s\n", breaks_[i].c_str());
    }
    if (breaks_.size() > kPlacesShown) {
      std::printf("        and %zu more\n", breaks_.size() - kPlacesShown);
    }
    for (const std::string& note : notes_) std::printf("note    %s\n", note.c_str());
  }

  Result<std::string> look_at_database() {
    if (connection_.dialect() == sql::Dialect::sqlite) {
      SJ_TRY(connection_.each_text("PRAGMA integrity_check", {},
                                   [&](const sql::Row& row) -> Result<void> {
                                     if (row.bytes(0) != "ok") breaks_.push_back(row.text(0));
                                     return {};
                                   }));
      return std::string();
    }
    // What PostgreSQL cannot read it says; there is nothing else to ask it.
    const std::int64_t rows =
        SJ_TRY(dump(connection_, [](std::string_view) -> Result<void> { return {}; }));
    return ": " + std::to_string(rows) + " rows read";
  }

  Result<std::string> look_at_chains(std::vector<desk::PublishedHead> heads) {
    const std::string file = heads_file(store_.key_file());
    const auto kept = SJ_TRY(read_heads(file));
    heads.insert(heads.end(), kept.begin(), kept.end());
    const auth::Vault* const key = store_.has_key() ? &store_.vault() : nullptr;
    desk::ChainReport report =
        SJ_TRY(desk::verify_chains(connection_, key, heads, store_.key_has_sealed()));
    breaks_ = std::move(report.breaks);
    if (key == nullptr) note("without the key file nobody can tell whether the heads are ours");
    if (report.unsealed > 0) {
      note(std::to_string(report.unsealed) +
           " heads bear no seal yet: a store of before; they are sealed from the next start on");
    }
    if (store_.key_has_sealed() || !kept.empty()) {
      SJ_TRY(look_for_missing(file, report.all_heads, kept));
    } else {
      note("no head is kept outside of the store yet (" + file + ")");
    }
    for (const desk::PublishedHead& head : report.heads) {
      note("published head of area " + std::to_string(head.area) + ": " + head.day + ":" +
           head.hash);
    }
    return ": " + std::to_string(report.chains) + " chains, " + std::to_string(report.entries) +
           " entries, " + std::to_string(report.checkpoints) + " checkpoints, " +
           std::to_string(heads.size()) + " heads kept outside";
  }

  // Every checkpoint stands outside, from the first one there on; only the newest may be on its
  // way.
  Result<void> look_for_missing(const std::string& file,
                                const std::vector<desk::PublishedHead>& all,
                                const std::vector<desk::PublishedHead>& kept) {
    std::map<std::int64_t, std::string> first;  // day, by area
    std::set<std::string> outside;
    for (const desk::PublishedHead& head : kept) {
      std::string& day = first.try_emplace(head.area, head.day).first->second;
      day = std::min(day, head.day);
      outside.insert(head.hash);
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
      const desk::PublishedHead& head = all[i];
      if (outside.find(head.hash) != outside.end()) continue;
      const auto since = first.find(head.area);
      if (since != first.end() && head.day < since->second) continue;
      const bool is_newest = i + 1 == all.size() || all[i + 1].area != head.area;
      if (is_newest) {
        const std::int64_t waiting =
            SJ_TRY(connection_.number(kOnItsWay, {head.area, desk::kCheckpointTopic}));
        if (waiting != 0) continue;
      }
      breaks_.push_back("the head of area " + std::to_string(head.area) + " of " + head.day +
                        " was written to " + file +
                        " and is not there (audit accept, if you know why)");
    }
    return {};
  }

  Result<std::string> look_at_rows() {
    if (!store_.has_key()) {
      note("without the key file no row could be compared with the trail");
      return std::string(": not looked at");
    }
    desk::rows::RowsReport report = SJ_TRY(desk::rows::verify_rows(connection_, store_.vault()));
    breaks_ = std::move(report.breaks);
    for (const std::string& one : report.taken_over) note("taken over as it was: " + one);
    for (const std::string& one : report.not_begun) {
      note("explained from the next start on: " + one);
    }
    return ": " + std::to_string(report.rows) + " rows of " + std::to_string(report.tables) +
           " tables";
  }

  Result<std::string> look_at_sealed(const std::vector<api::Sealed>& all) {
    std::int64_t opened = 0;
    std::int64_t erased = 0;
    std::int64_t unseen = 0;
    for (const api::Sealed& one : all) {
      SJ_TRY(connection_.each_text(
          one.rows->text(connection_.dialect()), {}, [&](const sql::Row& row) -> Result<void> {
            if (!store_.has_key()) {
              ++unseen;
              return {};
            }
            const Result<std::string> plain = open(row);
            if (plain.ok()) {
              ++opened;
              look_at_blind(one.what, row, plain.value());
            } else if (plain.error().code == "auth.erased") {
              ++erased;
            } else {
              breaks_.push_back(name_of(one.what, row) + ": it cannot be unsealed (" +
                                plain.error().code + ")");
            }
            return {};
          }));
    }
    if (unseen > 0) {
      note("without the key file " + std::to_string(unseen) + " sealed values were not looked at");
      return std::string(": not looked at");
    }
    return ": " + std::to_string(opened) + " unsealed, " + std::to_string(erased) +
           " of people who were erased";
  }

  Result<std::string> open(const sql::Row& row) {
    const std::int64_t person = row.integer(1);
    if (person == 0) return store_.vault().open_plain(row.bytes(2), row.bytes(3));
    return store_.vault().open(connection_, row.integer(0), person, row.bytes(2), row.bytes(3));
  }

  // A number is found by itself, what only one person is asked for by person and text.
  void look_at_blind(std::string_view what, const sql::Row& row, const std::string& plain) {
    if (row.is_null(4)) return;
    const auto blind = [&](const std::string& text) {
      return store_.vault().blind(row.bytes(2), text) == row.bytes(4);
    };
    if (blind(plain) || blind(std::to_string(row.integer(1)) + "|" + plain)) return;
    breaks_.push_back(name_of(what, row) + ": it is found by another text than it holds");
  }

  static std::string name_of(std::string_view what, const sql::Row& row) {
    return std::string(what) + ", " + row.text(2) + " of person " + std::to_string(row.integer(1)) +
           " of area " + std::to_string(row.integer(0));
  }

  void note(std::string sentence) { notes_.push_back(std::move(sentence)); }

  Store& store_;
  sql::Connection& connection_;
  std::vector<std::string> breaks_;  // of the part at hand
  std::vector<std::string> notes_;
  std::vector<std::string> all_breaks_;
  bool quiet_ = false;
  std::optional<Error> away_{};
};

}  // namespace

void add_verify_options(CLI::App& command, VerifyOptions& options) {
  command.add_option("--head", options.heads,
                     "a head as it was published, DAY:HASH; it must be in the trail");
  command.add_flag("--all", options.all, "also what lies before the last checkpoint (always done)");
}

Result<std::vector<std::string>> look_at_trail(Store& store) {
  auto connection = SJ_TRY(store.database().connect(sql::Mode::read));
  return Verifier(store, *connection).run_quietly();
}

Result<bool> verify(Store& store, const VerifyOptions& options) {
  auto connection = SJ_TRY(store.database().connect(sql::Mode::read));
  return Verifier(store, *connection).run(options);
}

}  // namespace sj::app
