#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "kernel/api/route.h"
#include "kernel/auth/vault.h"
#include "kernel/base/sha256.h"
#include "kernel/desk/jobs.h"
#include "kernel/sql/sql.h"

namespace sj::api {

/// What an Idempotency-Key and a request come to: whoever asks the same thing again with the same
/// key gets the reply of the first time, and the effect happens once.
class ReplayKey {
 public:
  ReplayKey(std::int64_t area, std::int64_t session, const Sha256& key, const Sha256& body)
      : area_(area), session_(session), key_(key), body_(body) {}

  [[nodiscard]] std::int64_t area() const { return area_; }
  [[nodiscard]] std::int64_t session() const { return session_; }
  /// Of actor, method, path and key.
  [[nodiscard]] sql::Blob key() const { return bytes_of(key_); }
  /// Of query and body.
  [[nodiscard]] std::string_view body() const { return bytes_of(body_).bytes; }

 private:
  static sql::Blob bytes_of(const Sha256& hash) {
    return {{reinterpret_cast<const char*>(hash.data()), hash.size()}};
  }
  std::int64_t area_;
  std::int64_t session_;
  Sha256 key_;
  Sha256 body_;
};

/// Every reply that is kept, for `audit verify` (api::Sealed).
[[nodiscard]] const sql::Statement& kept_replies();

/// How long a kept reply answers repetitions.
inline constexpr std::int64_t kReplayHours = 48;
/// How long one that holds a secret does, and only in the session that was told it: as long as
/// somebody tries again whose line has dropped.
inline constexpr std::int64_t kSecretMinutes = 10;

/// The key of a POST; null if it names none, and for other methods, which can be repeated anyway.
/// Fails: api.bad_idempotency_key (invalid): not 8 to 128 letters, digits and `-_.:`.
[[nodiscard]] Result<std::shared_ptr<const ReplayKey>> replay_key_of(const http::Request& request,
                                                                     const auth::Actor& actor);

/// The reply kept for this key; nothing if it is new, or if asking again is doing it again: a
/// session, a look, a file.
/// Fails: api.idempotency_mismatch (conflict): another body came with it before ·
///        api.shown_once (conflict): the reply held a secret, which is not told again later, or
///        in another session ·
///        auth.unsealable (internal) · sql.*
[[nodiscard]] Result<std::optional<http::Response>> find_reply(sql::Reader& store,
                                                               auth::Vault& vault,
                                                               const ReplayKey& key,
                                                               Instant now);

/// Does `work` once for the call's key, and keeps its reply if it is a success (below 400), sealed,
/// in the same unit; a key that was used meanwhile answers with the reply kept. Of a reply that
/// signs somebody in, must not be stored by anybody or is a file only which body came with the key
/// is kept.
[[nodiscard]] Result<http::Response> do_once(desk::Tx& tx, const Call& call, const Write& work);

/// Forgets replies older than kReplayHours, every hour.
[[nodiscard]] desk::Job forget_replies_job();

}  // namespace sj::api
