#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/sql/sql.h"
#include "kernel/time/entropy.h"
#include "kernel/time/instant.h"

namespace sj::auth {

/// Keeps what must not lie open: each person has a key of his own (table kernel_person_key),
/// wrapped by the master key, which lies in a file outside the store. Destroying a person's key
/// makes everything sealed for him unreadable, also in the audit trail, while hashes still verify.
///
/// XChaCha20-Poly1305 by libsodium; the purpose ("org.id_number") and the person are authenticated
/// with the text, so that a ciphertext cannot be moved to another field or person.
class Vault {
 public:
  /// `master` is 32 bytes, not all of them zero. Entropy gives keys and nonces.
  static constexpr std::size_t kMasterBytes = 32;
  Vault(std::string_view master, Entropy& entropy);
  /// A vault without its key, for commands that only look at a store: it has no bytes to seal or
  /// blind with. Where a Result is given it fails with auth.no_key (unavailable); seal_plain(),
  /// blind() and fingerprint() break an invariant. erase() needs no key.
  explicit Vault(Entropy& entropy);
  ~Vault();
  Vault(const Vault&) = delete;
  Vault& operator=(const Vault&) = delete;

  [[nodiscard]] bool has_key() const;

  /// Does the key open a person's key of this store? Also true where nobody has one yet.
  [[nodiscard]] Result<bool> fits(sql::Reader& store) const;

  /// First 8 bytes of a hash of the master key, as hex: tells whether a key file fits a store.
  [[nodiscard]] std::string fingerprint() const;

  /// Seals for a person, making his key if there is none.
  /// Fails: auth.erased (conflict): his key was destroyed · sql.*
  [[nodiscard]] Result<std::string> seal(sql::Writer& store,
                                         std::int64_t area,
                                         std::int64_t person,
                                         std::string_view purpose,
                                         std::string_view plain);

  /// One text of one person, for seal_many. Views that must outlive the call.
  struct Plain {
    std::int64_t person = 0;
    std::string_view purpose{};
    std::string_view text{};
  };
  /// The same for many, in few round trips, in the order given. Fails as seal(): one person whose
  /// key was destroyed refuses all.
  [[nodiscard]] Result<std::vector<std::string>> seal_many(sql::Writer& store,
                                                           std::int64_t area,
                                                           std::span<const Plain> plains);

  /// Fails: auth.erased (conflict) · auth.unsealable (internal): wrong key file, or changed bytes ·
  /// sql.*
  [[nodiscard]] Result<std::string> open(sql::Reader& store,
                                         std::int64_t area,
                                         std::int64_t person,
                                         std::string_view purpose,
                                         std::string_view sealed);
  /// Destroys a person's key for ever; the row stays and says when.
  [[nodiscard]] Result<void> erase(sql::Writer& store,
                                   std::int64_t area,
                                   std::int64_t person,
                                   Instant now);

  /// Seals what belongs to no person (a stored reply, an uploaded file) under the master key.
  [[nodiscard]] std::string seal_plain(std::string_view purpose, std::string_view plain);
  [[nodiscard]] Result<std::string> open_plain(std::string_view purpose, std::string_view sealed);

  /// 16 bytes by which an equal text is found again without being stored: a keyed hash. The text
  /// must be normalised before.
  [[nodiscard]] std::string blind(std::string_view purpose, std::string_view text) const;

  /// 16 bytes that only who holds the master key can make of a text: by them it is known later that
  /// a row or the end of a chain is as this program wrote it (kernel/desk/rows.h).
  [[nodiscard]] std::string mark(std::string_view text) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sj::auth
