#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/auth/access.h"
#include "kernel/auth/vault.h"
#include "kernel/base/result.h"
#include "kernel/desk/tx.h"
#include "kernel/sql/sql.h"

#include "org/family.h"

namespace sj::org {

/// The children of a family account whose guardian it is today, by birth day.
[[nodiscard]] Result<std::vector<Ward>> list_wards(sql::Reader& store,
                                                   const auth::Actor& actor,
                                                   LocalDay today);
/// One of them, if he may do that with it: every route about a child asks here, and says what it
/// does. Fails: org.unknown_child (not_found) · as decide_family_deed()
[[nodiscard]] Result<Ward> find_ward(sql::Reader& store,
                                     const auth::Actor& actor,
                                     std::int64_t child,
                                     LocalDay today,
                                     FamilyDeed deed);

struct Child {
  std::int64_t id = 0;
  std::string name{};
  std::int64_t sex = 0;
  std::optional<LocalDay> birth_day{};
  std::string ethnic{};
  std::string local_no{};
  bool is_protected = false;
};
/// Nothing if the scope does not cover the pupil.
[[nodiscard]] Result<std::optional<Child>> find_child(sql::Reader& store,
                                                      const auth::Scope& scope,
                                                      std::int64_t child);

struct GuardianLine {
  std::int64_t guardian = 0;
  std::string name{};
  std::string relation{};
  std::int64_t position = 0;
  bool may_collect = false;
  std::optional<std::int64_t> joined_ms{};  // when his latest phone was tied to the child
  bool waiting = false;                     // a phone of his waits for the school
};
/// A pupil's guardians today, if the scope covers him.
[[nodiscard]] Result<std::vector<GuardianLine>> list_guardians_of(sql::Reader& store,
                                                                  const auth::Scope& scope,
                                                                  std::int64_t child,
                                                                  LocalDay today);

struct SchoolTime {
  std::int64_t school = 0;
  std::string school_name{};
  std::int64_t class_id = 0;  // 0: none yet
  LocalDay from = LocalDay::first();
  std::optional<LocalDay> until{};
  std::string ended{};
};
/// A pupil's times at schools, the latest first, if the scope covers him.
[[nodiscard]] Result<std::vector<SchoolTime>> list_times(sql::Reader& store,
                                                         const auth::Scope& scope,
                                                         std::int64_t child);

/// A look at, or a copy of, somebody's data.
struct LookLine {
  Instant at{0};
  std::string action{};
  std::string actor_kind{};
  std::string who{};
  std::string role{};
  std::string purpose{};
  std::string fields{};
  std::string school{};
};
/// The latest 500 looks at a pupil and, of his guardians, at the one who asks; at what and what for
/// only once he is confirmed.
[[nodiscard]] Result<std::vector<LookLine>> list_looks(sql::Reader& store,
                                                       auth::Vault& vault,
                                                       const Ward& ward);

struct ConsentLine {
  std::string purpose{};
  std::string wording{};
  Instant given{0};
  std::optional<std::int64_t> withdrawn_ms{};
};
/// Of one guardian if `guardian` is not 0.
[[nodiscard]] Result<std::vector<ConsentLine>> list_consents(sql::Reader& store,
                                                             const Ward& ward,
                                                             std::int64_t guardian);

/// Ends the account's link to the child, and the guardian's consents.
[[nodiscard]] Result<void> withdraw(desk::Tx& tx, const Ward& ward);

struct RequestLine {
  std::int64_t area = 0;
  std::int64_t id = 0;
  std::int64_t pupil = 0;
  std::string pupil_name{};
  std::int64_t asker = 0;  // the guardian whose account it was; 0: not known any more
  std::string asker_name{};
  std::string asker_relation{};
  bool waiting = false;  // the school has not confirmed whoever asked, or never will
  RequestKind kind = RequestKind::correction;
  std::string field{};
  std::string text{};  // empty once the child's data were erased
  Instant asked{0};
  std::optional<std::int64_t> decided_ms{};
  bool granted = false;
  std::string answer{};
};
/// Of one family account if `account` is not 0.
[[nodiscard]] Result<std::vector<RequestLine>> list_requests_of(sql::Reader& store,
                                                                auth::Vault& vault,
                                                                const Ward& ward,
                                                                std::int64_t account);
/// Of one account, so that one guardian's requests never keep another from asking.
[[nodiscard]] Result<std::int64_t> count_open_requests(sql::Reader& store,
                                                       const Ward& ward,
                                                       std::int64_t account);
/// Undecided ones about pupils at (or last at) schools of the scope, the oldest first.
[[nodiscard]] Result<std::vector<RequestLine>> list_open_requests(sql::Reader& store,
                                                                  auth::Vault& vault,
                                                                  const auth::Scope& scope,
                                                                  LocalDay today);
/// Nothing if there is none, whoever asks; the caller asks for the right to the pupil.
[[nodiscard]] Result<std::optional<RequestLine>> find_request(sql::Reader& store,
                                                              auth::Vault& vault,
                                                              std::int64_t area,
                                                              std::int64_t id);
[[nodiscard]] Result<void> insert_request(desk::Tx& tx,
                                          const Ward& ward,
                                          std::int64_t id,
                                          const RequestCommand& command);
[[nodiscard]] Result<void> update_request(desk::Tx& tx,
                                          std::int64_t area,
                                          std::int64_t id,
                                          const RequestAnswer& answer);

/// Is somebody a pupil of some school today?
[[nodiscard]] Result<bool> is_at_school(sql::Reader& store,
                                        std::int64_t area,
                                        std::int64_t pupil,
                                        LocalDay today);

/// Destroys the key of a person who has left, and of rows that were merged into his; blanks what
/// lies open, also what staff wrote about him; ends guardianships, links and codes; the same for
/// guardians who have no other ward and no post. Gives: how many persons.
[[nodiscard]] Result<std::int64_t> erase_leaver(desk::Tx& tx,
                                                std::int64_t area,
                                                std::int64_t pupil);

}  // namespace sj::org
