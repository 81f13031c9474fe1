#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/base/sha256.h"

/// How the trail is hashed (audit.h says it in words); shared by who writes and who verifies.
namespace sj::desk::chain {

inline constexpr std::string_view kAlgorithm = "sha256";

/// The entry of who had to go on behind a head that this program had not written.
inline constexpr std::string_view kTrailBroken = "desk.trail.broken";

/// An entry as it is stored, but for its hash. Views into what the caller keeps.
struct Row {
  std::int64_t area = 0;
  std::int64_t school = 0;
  std::int64_t seq = 0;
  std::int64_t id = 0;
  std::int64_t at_ms = 0;
  std::string_view actor_kind{};
  std::int64_t actor_account = 0;
  std::int64_t actor_person = 0;
  std::string_view action{};
  std::string_view subject_kind{};
  std::int64_t subject = 0;
  std::string_view detail{};
  std::int64_t person = 0;
  std::optional<std::string_view> personal{};
  std::int64_t unit = 0;  // the rows that this entry answers for (rows.h), by their number; 0: none
  std::string_view rows{};  // their hash; empty without a unit
};

/// Where a chain ends.
struct Head {
  std::int64_t seq = 0;
  std::string hash{};
  std::int64_t at_ms = 0;  // of its last entry
};

/// What the seal of a head is made of (auth::Vault::mark).
[[nodiscard]] std::string head_text(std::int64_t area, std::int64_t school, const Head& head);

struct Checkpoint {
  std::int64_t area = 0;
  std::string_view day{};
  std::int64_t chains = 0;
  std::string_view heads{};
};

/// Each part with its length before it, so that no two lists of parts have the same text.
class Canonical {
 public:
  Canonical& add(std::string_view part);
  Canonical& add(std::int64_t number) { return add(std::string_view(std::to_string(number))); }
  Canonical& add_maybe(const std::optional<std::string_view>& part);
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// What comes before the first entry of a chain and the first checkpoint.
[[nodiscard]] const std::string& zeros();

[[nodiscard]] Sha256 hash_of(Hasher& hasher, std::string_view previous, const Row& row);
[[nodiscard]] Sha256 hash_of(Hasher& hasher, std::string_view previous, const Checkpoint& row);

[[nodiscard]] inline std::string_view view(const Sha256& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

}  // namespace sj::desk::chain
