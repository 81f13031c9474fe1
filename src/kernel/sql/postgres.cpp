#include "kernel/base/check.h"
#include "kernel/sql/engine.h"

namespace sj::sql {

Result<std::unique_ptr<Database>> open_postgres(const std::string& url) {
  SJ_CHECK(!url.empty());
  return Error{ErrorKind::unavailable, "sql.cannot_open", "PostgreSQL"};
}

}  // namespace sj::sql
