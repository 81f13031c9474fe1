#pragma once

namespace sj::api {
struct Room;
}

namespace sj::org {

struct Settings;

/// Routes of imports, the template and exports (名册导入导出).
///
/// An upload is read and compared at once, and nothing is changed until it is applied. Applying is
/// one unit of work on the desk; its progress is in memory, and an import that was under way when
/// the program stopped shows as failed, with nothing of it stored.
void add_import_routes(api::Room& room, const Settings& settings);

}  // namespace sj::org
