#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/auth/access.h"
#include "kernel/auth/vault.h"
#include "kernel/base/result.h"
#include "kernel/sql/sql.h"
#include "kernel/time/instant.h"

namespace sj::api {
struct Room;
}

namespace sj::org {

struct Settings;

/// The audit trail as clerks and auditors read it (操作记录): a school's own chain, or all of the
/// district's.
struct TrailFilter {
  std::int64_t school = 0;  // 0: all
  std::string action{};     // how it begins: "org.role."
  std::int64_t actor = 0;   // an account or a person
  std::int64_t person = 0;  // whom it is about
  Instant from{0};
  Instant until{0};
  std::int64_t before = 0;  // an entry's id: older ones only
  std::int64_t limit = 50;
};

struct TrailLine {
  std::int64_t id = 0;
  Instant at{0};
  std::int64_t school = 0;
  std::string school_name{};
  std::int64_t seq = 0;
  std::string actor_kind{};
  std::string actor_name{};
  std::string action{};
  std::string subject_kind{};
  std::int64_t subject = 0;
  std::string subject_name{};
  std::string detail{};    // a JSON object
  std::string personal{};  // sealed; empty: nothing
  std::int64_t person = 0;
  std::string hash{};
};
/// The latest first.
[[nodiscard]] Result<std::vector<TrailLine>> list_trail(sql::Reader& store,
                                                        const auth::Scope& scope,
                                                        const TrailFilter& filter);

/// What happened to a person, in every chain, the latest first. Only for whoever may see the
/// person; of `page` only `before` and `limit` count. hide_names comes after.
[[nodiscard]] Result<std::vector<TrailLine>> list_history(sql::Reader& store,
                                                          std::int64_t area,
                                                          std::int64_t person,
                                                          const TrailFilter& page);

/// Takes out what the reader has no right to: names and personal parts of people at schools whose
/// pupils he may not read. Staff in their offices keep their names: the trail is there to say who
/// did what.
void hide_names(TrailLine& line, const auth::Access& access);

void add_audit_routes(api::Room& room, const Settings& settings);

}  // namespace sj::org
