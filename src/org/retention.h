#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/desk/tx.h"
#include "kernel/sql/sql.h"

namespace sj::api {
struct Room;
}

namespace sj::org {

struct Settings;

/// How long what is kept (保存期限), as data in org_retention; a daily job carries it out.

/// The periods a district begins with. Leaves alone what it already has.
/// Source: 个人信息保护法 19, 47, 56; 网络数据安全管理条例 12; 网络安全法 21
[[nodiscard]] Result<void> insert_retention_defaults(sql::Writer& store, std::int64_t area);

struct RetentionPeriod {
  std::string what{};
  std::int64_t days = 0;
  std::string basis{};
};
/// Those of a district, by name.
[[nodiscard]] Result<std::vector<RetentionPeriod>> list_periods(sql::Reader& store,
                                                                std::int64_t area);

/// Deletes whatever is older than its period, in every district; one audit entry for each district
/// where something was deleted.
[[nodiscard]] Result<void> carry_out_retention(desk::Tx& tx);

void add_retention_routes(api::Room& room, const Settings& settings);

}  // namespace sj::org
