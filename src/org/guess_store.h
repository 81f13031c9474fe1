#pragma once

#include <cstdint>
#include <string>
#include <string_view>

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

[[nodiscard]] Result<void> forget_guesses(sql::Writer& store,
                                          std::int64_t area,
                                          std::string_view subject);

/// Who guesses, without keeping his address or what he typed: `kind` and a keyed hash.
[[nodiscard]] std::string guess_subject(const auth::Vault& vault,
                                        std::string_view kind,
                                        std::string_view guessed);

/// How many wrong guesses one address, and all together, may make in ten minutes. Behind one
/// address there may be a whole school; behind many a district.
struct GuessLimits {
  std::int64_t of_peer = 50;
  std::int64_t of_all = 2'000;
};

/// Fails: org.too_many_guesses (limited).
[[nodiscard]] Result<void> check_guesses(sql::Reader& store,
                                         const auth::Vault& vault,
                                         std::int64_t area,
                                         std::string_view kind,
                                         std::string_view peer,
                                         Instant now,
                                         const GuessLimits& limits = {});

/// Counts one for `kind` as a whole and for the address.
[[nodiscard]] Result<void> count_guess(sql::Writer& store,
                                       const auth::Vault& vault,
                                       std::int64_t area,
                                       std::string_view kind,
                                       std::string_view peer,
                                       Instant now);

}  // namespace sj::org
