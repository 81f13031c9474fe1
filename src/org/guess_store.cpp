#include "org/guess_store.h"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "kernel/sql/statement.h"
#include "kernel/text/text.h"

namespace sj::org {
namespace {

const sql::Statement kLoad{
    "SELECT CAST(sum(failures) AS BIGINT), max(window_ms) FROM org_guess "
    "WHERE area_id = $1 AND subject = $2 AND window_ms >= $3"};
const sql::Statement kInsert{
    "INSERT INTO org_guess (area_id, subject, window_ms, failures) VALUES ($1, $2, $3, 1) "
    "ON CONFLICT (area_id, subject, window_ms) DO UPDATE SET failures = org_guess.failures + 1"};
const sql::Statement kListGuessed{
    "SELECT DISTINCT subject FROM org_guess "
    "WHERE area_id = $1 AND subject >= $2 AND subject < $3 AND window_ms >= $4"};
// What begins with the subject and '@': 'A' comes behind '@'.
const sql::Statement kForget{
    "DELETE FROM org_guess WHERE area_id = $1 AND "
    "(subject = $2 OR (subject >= $2 || '@' AND subject < $2 || 'A'))"};

constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::int64_t kWindowMs = 10 * kMinuteMs;

std::int64_t minute_of(Instant instant) {
  return instant.utc_ms() / kMinuteMs * kMinuteMs;
}

std::string peer_subject(const auth::Vault& vault, std::string_view kind, std::string_view peer) {
  return guess_subject(vault, std::string(kind) + "@", peer);
}

}  // namespace

Result<Guesses> load_guesses(sql::Reader& store,
                             std::int64_t area,
                             std::string_view subject,
                             Instant since) {
  const auto found =
      SJ_TRY(store.first(kLoad, {area, subject, minute_of(since)}, [](const sql::Row& row) {
        Guesses guesses;
        guesses.count = row.maybe_integer(0).value_or(0);
        if (guesses.count > 0) guesses.last = Instant(row.integer(1) + kMinuteMs);
        return guesses;
      }));
  return found.value_or(Guesses{});
}

Result<void> insert_guess(sql::Writer& store,
                          std::int64_t area,
                          std::string_view subject,
                          Instant now) {
  static_cast<void>(SJ_TRY(store.run(kInsert, {area, subject, minute_of(now)})));
  return {};
}

Result<std::set<std::string>> list_guessed(sql::Reader& store,
                                           std::int64_t area,
                                           std::string_view from,
                                           std::string_view before,
                                           Instant since) {
  auto found = SJ_TRY(store.all(kListGuessed, {area, from, before, minute_of(since)},
                                [](const sql::Row& row) { return std::string(row.text(0)); }));
  return std::set<std::string>(found.begin(), found.end());
}

Result<void> insert_guesses(sql::Writer& store,
                            std::int64_t area,
                            const std::vector<std::string>& subjects,
                            Instant now) {
  if (subjects.empty()) return {};
  static_cast<void>(SJ_TRY(
      store.run_many(kInsert, subjects.size(), [&](std::size_t i, std::vector<sql::Bind>& binds) {
        binds.emplace_back(area);
        binds.emplace_back(std::string_view(subjects[i]));
        binds.emplace_back(minute_of(now));
      })));
  return {};
}

Result<void> forget_guesses(sql::Writer& store, std::int64_t area, std::string_view subject) {
  static_cast<void>(SJ_TRY(store.run(kForget, {area, subject})));
  return {};
}

std::string guess_subject(const auth::Vault& vault,
                          std::string_view kind,
                          std::string_view guessed) {
  const std::string blind = vault.blind("org.guess.subject", guessed);
  const std::vector<std::uint8_t> bytes(blind.begin(), blind.end());
  return std::string(kind) + text::to_hex(bytes);
}

Result<bool> guesses_too_much(sql::Reader& store,
                              const auth::Vault& vault,
                              std::int64_t area,
                              std::string_view kind,
                              std::string_view peer,
                              Instant now) {
  const Instant since(now.utc_ms() - kWindowMs);
  const auto own = SJ_TRY(load_guesses(store, area, peer_subject(vault, kind, peer), since));
  return own.count >= kGuessesOfPeer;
}

Error too_many_guesses() {
  return Error{ErrorKind::limited,
               "org.too_many_guesses",
               "too many wrong guesses in ten minutes; wait as long",
               {{"retry_after_s", "org.too_many_guesses", "600"}}};
}

Result<void> count_guess(sql::Writer& store,
                         const auth::Vault& vault,
                         std::int64_t area,
                         std::string_view kind,
                         std::string_view peer,
                         Instant now) {
  return insert_guess(store, area, peer_subject(vault, kind, peer), now);
}

}  // namespace sj::org
