#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/api/application.h"
#include "kernel/auth/access.h"
#include "kernel/base/result.h"
#include "kernel/sql/sql.h"

#include "org/session.h"

namespace sj::org {

struct Area {
  std::int64_t id = 0;
  std::string code{};
  std::string name{};
};
/// Ordered by code.
[[nodiscard]] Result<std::vector<Area>> list_areas(sql::Reader& store);

/// The district of that code, or the only one there is.
/// Fails: org.area_needed (invalid): there are several, or no such one.
[[nodiscard]] Result<Area> find_area(sql::Reader& store, const std::optional<std::string>& code);

struct Account {
  std::int64_t id = 0;
  AccountKind kind = AccountKind::staff;
  std::string username{};
  std::string password_hash{};
  std::string first_hash{};  // of the password somebody else made, once it was changed
  bool must_change = false;
  std::int64_t person = 0;
  bool disabled = false;
};
[[nodiscard]] Result<std::optional<Account>> find_account(sql::Reader& store,
                                                          std::int64_t area,
                                                          std::string_view username);
[[nodiscard]] Result<std::optional<Account>> find_account(sql::Reader& store,
                                                          std::int64_t area,
                                                          std::int64_t account);

/// What a person may do today: roles in force, classes taught.
[[nodiscard]] Result<auth::Access> load_access(sql::Reader& store,
                                               std::int64_t area,
                                               std::int64_t person,
                                               LocalDay today);
/// What a family account may do today: one grant for each child whose guardian it is, wherever the
/// child lives.
[[nodiscard]] Result<auth::Access> load_family_access(sql::Reader& store,
                                                      std::int64_t area,
                                                      std::int64_t account,
                                                      LocalDay today);

struct OpenSession {
  api::Session session{};
  AccountKind kind = AccountKind::staff;
  Instant created{0};
  Instant seen{0};
};
/// Nothing when the token is unknown, expired or revoked, or its account disabled. While the first
/// password has not been changed the access is empty: only what any session may do is left.
[[nodiscard]] Result<std::optional<OpenSession>> find_session(sql::Reader& store,
                                                              std::string_view token,
                                                              Instant now);

struct NewSession {
  std::int64_t area = 0;
  std::int64_t id = 0;
  std::int64_t account = 0;
  AccountKind kind = AccountKind::staff;
  std::string secret{};  // what the cookie holds; stored as its hash only
  std::string csrf{};
  std::string device{};
  std::int64_t device_id = 0;  // of org_device; 0: none that is kept
};
/// Where an account has kSessionsOfAccount already, the one that was unused longest ends.
[[nodiscard]] Result<void> insert_session(sql::Writer& store,
                                          const NewSession& session,
                                          Instant now);

/// Has none of an account's sessions been used yet, and does the last one opened still last? Uses
/// count that are not written down yet.
[[nodiscard]] Result<bool> has_unused_session(sql::Reader& store,
                                              const SessionsSeen& seen,
                                              std::int64_t area,
                                              std::int64_t account);

struct SessionLine {
  std::int64_t id = 0;
  std::string device{};
  Instant created{0};
  Instant seen{0};
  bool signed_in = true;  // else its device is only known
};
/// Those of an account that still last, the latest first, and after them the devices on which it is
/// known without a session; then `id` is the device's.
[[nodiscard]] Result<std::vector<SessionLine>> list_sessions(sql::Reader& store,
                                                             std::int64_t area,
                                                             std::int64_t account,
                                                             Instant now);

/// Revokes one (`only`, a session or a device), or all but `but`, and lets their devices go unless
/// the owner only logs out. Gives how many sessions; of one without a session how many devices.
struct Revoke {
  std::int64_t only = 0;
  std::int64_t but = 0;
  bool forgets_devices = true;
};
[[nodiscard]] Result<std::int64_t> revoke_sessions(
    sql::Writer& store, std::int64_t area, std::int64_t account, Instant now, const Revoke& which);

[[nodiscard]] Result<void> update_password(sql::Writer& store,
                                           std::int64_t area,
                                           std::int64_t account,
                                           std::string_view hash,
                                           bool must_change);

/// Remembers the hash of a password that somebody else made and printed, so that it does not come
/// back.
[[nodiscard]] Result<void> keep_first_password(sql::Writer& store,
                                               std::int64_t area,
                                               std::int64_t account,
                                               std::string_view hash);

/// What the list of accounts shows of wrong passwords.
[[nodiscard]] Result<void> update_failures(sql::Writer& store,
                                           std::int64_t area,
                                           std::int64_t account,
                                           std::int64_t failures,
                                           Instant locked_until);

/// Writes down when sessions were last used, which makes them last longer.
[[nodiscard]] Result<void> update_seen(sql::Writer& store,
                                       const std::vector<SessionsSeen::Use>& uses);

struct RoleLine {
  std::string role{};
  auth::Place place{};
  std::string place_name{};
};
struct ChildLine {
  std::int64_t area = 0;
  std::int64_t id = 0;
  std::string name{};
  std::string school{};
  std::string class_name{};
  std::string relation{};
};
/// What a session shows of itself.
struct SessionView {
  AccountKind kind = AccountKind::staff;
  std::string name{};
  Area area{};
  std::string csrf{};
  bool must_change = false;
  std::vector<RoleLine> roles{};
  std::vector<ChildLine> children{};
};
[[nodiscard]] Result<SessionView> load_session_view(sql::Reader& store,
                                                    const auth::Actor& actor,
                                                    const auth::Access& access,
                                                    Instant now);

}  // namespace sj::org
