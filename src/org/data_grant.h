#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/auth/access.h"
#include "kernel/base/result.h"
#include "kernel/time/instant.h"

namespace sj::api {
struct Room;
}

namespace sj::org {

struct Settings;

/// Leave to see sensitive fields (敏感信息查看授权): asked for a purpose, fields, a place and
/// hours; given by somebody else; each look under it is written down before the value is shown.

/// id_number student_no phone address health hardship custody: what org_sealed holds.
[[nodiscard]] std::span<const std::string_view> sealed_fields();
[[nodiscard]] bool is_sealed_field(std::string_view field);

inline constexpr std::int64_t kGrantHoursMax = 720;

struct AskCommand {
  std::string purpose{};
  std::vector<std::string> fields{};
  auth::Place place{};
  std::int64_t hours = 0;
};

/// Decides whether it may be asked for at all.
///
/// Gives:   nothing; the caller writes the row, which somebody else has to decide.
/// Fails:   org.bad_purpose (invalid): 4 to 200 characters · org.bad_fields (invalid): one or more
/// of
///          sealed_fields(), each once · org.bad_hours (invalid): 1 to 720 ·
///          org.bad_grant_place (invalid): a street
/// Source:  未成年人网络保护条例 36
[[nodiscard]] Result<void> decide_ask(const AskCommand& command);

struct DataGrant {
  std::int64_t id = 0;
  std::int64_t person = 0;  // who asked
  std::string person_name{};
  std::string purpose{};
  std::vector<std::string> fields{};
  auth::Place place{};
  Instant asked{0};
  /// Until decided: as long as it would hold, from the moment it was asked for.
  Instant from{0};
  Instant until{0};
  std::string decided_by{};
  std::optional<std::int64_t> decided_ms{};
  bool approved = false;
};

/// Who decides about it, and how.
struct GrantAnswer {
  std::int64_t decider = 0;
  bool is_same_hand = false;  // same_hand() of him and whoever asked
  bool approve = false;
};
/// Decides whether somebody may give or refuse it. To refuse takes one person only.
///
/// Gives:   nothing.
/// Fails:   org.decided (conflict) · org.own_request (forbidden): nobody decides what he asked for
/// ·
///          org.same_hand (forbidden)
/// Source:  未成年人网络保护条例 36 (负责人审批)
[[nodiscard]] Result<void> decide_answer(const DataGrant& grant, const GrantAnswer& answer);

/// What somebody wants to see.
struct Look {
  std::string field{};
  std::string purpose{};                // empty: of whichever grant fits
  std::vector<auth::Target> targets{};  // where the person is known
};
/// The grant of `grants` under which it may be seen now; nullptr if there is none.
[[nodiscard]] const DataGrant* find_grant(const std::vector<DataGrant>& grants,
                                          const Look& look,
                                          Instant now);

/// Does the place contain the target?
[[nodiscard]] bool contains(const auth::Place& place, const auth::Target& target);

/// "43***********12": the first and last two characters of what has at least eight; else stars.
[[nodiscard]] std::string mask(std::string_view value);

void add_data_grant_routes(api::Room& room, const Settings& settings);

}  // namespace sj::org
