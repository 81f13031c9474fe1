#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/auth/vault.h"
#include "kernel/base/result.h"
#include "kernel/sql/sql.h"
#include "kernel/time/instant.h"

/// Failed guesses at passwords, codes and birth days, in windows of whole minutes.
namespace sj::org {

struct Guesses {
  std::int64_t count = 0;
  /// The end of the minute of the last one.
  Instant last{0};
};

[[nodiscard]] Result<Guesses> load_guesses(sql::Reader& store,
                                           std::int64_t area,
                                           std::string_view subject,
                                           Instant since);

[[nodiscard]] Result<void> insert_guess(sql::Writer& store,
                                        std::int64_t area,
                                        std::string_view subject,
                                        Instant now);

/// The subjects of a range that were guessed at.
[[nodiscard]] Result<std::set<std::string>> list_guessed(sql::Reader& store,
                                                         std::int64_t area,
                                                         std::string_view from,
                                                         std::string_view before,
                                                         Instant since);

/// One guess at each.
[[nodiscard]] Result<void> insert_guesses(sql::Writer& store,
                                          std::int64_t area,
                                          const std::vector<std::string>& subjects,
                                          Instant now);

/// Also those at the subject from each address: "subject@…".
[[nodiscard]] Result<void> forget_guesses(sql::Writer& store,
                                          std::int64_t area,
                                          std::string_view subject);

/// Who guesses, without keeping his address or what he typed: `kind` and a keyed hash.
[[nodiscard]] std::string guess_subject(const auth::Vault& vault,
                                        std::string_view kind,
                                        std::string_view guessed);

/// How many wrong guesses one address may make in ten minutes: behind it there may be a whole
/// school. There is no limit for a district, or whoever guesses would shut everybody out.
inline constexpr std::int64_t kGuessesOfPeer = 50;

/// Has this address made too many? Then it learns no more from its guesses: whatever is not right
/// at once gets too_many_guesses().
[[nodiscard]] Result<bool> guesses_too_much(sql::Reader& store,
                                            const auth::Vault& vault,
                                            std::int64_t area,
                                            std::string_view kind,
                                            std::string_view peer,
                                            Instant now);
/// org.too_many_guesses (limited).
[[nodiscard]] Error too_many_guesses();

/// Counts one for the address.
[[nodiscard]] Result<void> count_guess(sql::Writer& store,
                                       const auth::Vault& vault,
                                       std::int64_t area,
                                       std::string_view kind,
                                       std::string_view peer,
                                       Instant now);

}  // namespace sj::org
