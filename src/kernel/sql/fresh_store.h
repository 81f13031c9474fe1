#pragma once

#include <memory>
#include <string>

#include "kernel/sql/sql.h"

namespace sj::sql {

/// An empty store of its own for one test, gone with it. For tests only.
///
/// PostgreSQL is the server named by the environment variable SJ_TEST_PG (`tools/pg.sh with ...`),
/// in which each store is a database. What goes wrong here breaks an invariant.
class FreshStore {
 public:
  explicit FreshStore(Dialect dialect);
  ~FreshStore();
  FreshStore(const FreshStore&) = delete;
  FreshStore& operator=(const FreshStore&) = delete;

  /// Is there a server for stores of this kind? SQLite needs none.
  [[nodiscard]] static bool available(Dialect dialect);

  [[nodiscard]] const Address& address() const { return address_; }
  [[nodiscard]] Database& database() { return *database_; }
  [[nodiscard]] std::unique_ptr<Connection> connect(Mode mode = Mode::write);

 private:
  std::string folder_;  // of an SQLite file
  std::string name_;    // of a PostgreSQL database
  Address address_;
  std::unique_ptr<Database> database_;
};

}  // namespace sj::sql
