#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/auth/access.h"
#include "kernel/auth/vault.h"
#include "kernel/desk/tx.h"
#include "kernel/sql/fresh_store.h"
#include "kernel/time/clock.h"
#include "kernel/time/entropy.h"
#include "kernel/time/ids.h"
#include "kernel/time/zone.h"

#include "org/person_store.h"

namespace sj::org {

/// A district of its own for one test, on one engine. For tests only: what goes wrong in it breaks
/// an invariant.
struct District {
  static constexpr std::int64_t kArea = 430'103;

  explicit District(sql::Dialect dialect);

  /// One unit of work; stored when it gives a value.
  template <class Work>
  auto tell(const Work& work) {
    db->begin_write().value();
    desk::Tx tx(*db, context, desk::Unit(clerk()));
    auto result = work(tx);
    if (result.ok()) {
      // Stores the entries. That there is none is no fault of what only sets the scene.
      static_cast<void>(tx.check());
      db->commit().value();
    } else {
      db->rollback();
    }
    return result;
  }

  [[nodiscard]] static auth::Actor clerk();
  /// Everything one may see whose only right is at that place.
  [[nodiscard]] static auth::Scope at(auth::PlaceKind kind, std::int64_t id = 0);
  [[nodiscard]] static auth::Scope everywhere() { return at(auth::PlaceKind::area); }
  [[nodiscard]] LocalDay today() const { return day_of(clock.now()); }

  std::int64_t add_school(const std::string& name, const std::string& stages = "primary");
  std::int64_t add_class(std::int64_t school, int grade, std::int64_t number);
  std::int64_t add_person(const std::string& name);
  std::int64_t add_pupil(std::int64_t school, std::int64_t class_id, const std::string& name);
  /// Gives: the guardian.
  std::int64_t add_guardian(std::int64_t pupil, const std::string& name);
  void add_guardianship(std::int64_t pupil, std::int64_t guardian);
  std::int64_t add_staff(std::int64_t school, const std::string& name);
  /// Ties a family's account to a child.
  void add_link(std::int64_t account, std::int64_t child, std::int64_t guardian);
  void seal(std::int64_t person, std::string_view field, std::string_view value);
  /// What was sealed, opened; empty if nothing.
  std::string open(std::int64_t person, std::string_view field);

  /// A statement made for one test.
  void run(const std::string& sql);
  std::int64_t count(const std::string& sql);
  /// Every row of every table of this room but those of merges, as text.
  std::string dump();
  /// The invariants of this room that do not hold, as sentences, one a line.
  std::string broken();
  /// How many there are.
  [[nodiscard]] static std::size_t invariants();
  /// Names of the lines in their order, with a blank between.
  [[nodiscard]] std::string search(const auth::Scope& scope,
                                   std::string_view typed,
                                   std::string_view kind = "");

  sql::FreshStore store;
  std::unique_ptr<sql::Connection> db;
  TestClock clock{parse_instant("2026-10-12T08:00:00+08:00").value()};
  SequentialIds ids{1000};
  SeededEntropy entropy{"district"};
  auth::Vault vault{std::string(auth::Vault::kMasterBytes, 'm'), entropy};
  desk::Context context{clock, ids, entropy, vault};
};

/// A number with the right last character: region 430102, born on that day (yyyymmdd).
[[nodiscard]] std::string id_number(const std::string& birth, int sequence);

/// "ok", or the code of the error.
template <class T>
[[nodiscard]] std::string code_of(const Result<T>& result) {
  return result.ok() ? "ok" : result.error().code;
}

}  // namespace sj::org
