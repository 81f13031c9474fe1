#include "kernel/auth/vault.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <map>
#include <span>
#include <utility>

#include <sodium.h>

#include "kernel/auth/sodium.h"
#include "kernel/base/check.h"
#include "kernel/sql/statement.h"
#include "kernel/text/text.h"

namespace sj::auth {
namespace {

constexpr std::size_t kKeyBytes = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kBlindBytes = 16;
constexpr std::size_t kMarkBytes = 16;
static_assert(Vault::kMasterBytes == crypto_kdf_KEYBYTES);
static_assert(kKeyBytes == crypto_generichash_KEYBYTES);

/// Stands before every ciphertext, so that another cipher can be told from this one.
constexpr char kFormat = 1;

/// Key material, wiped when it goes.
class Key {
 public:
  Key() = default;
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;
  ~Key() { sodium_memzero(bytes_.data(), bytes_.size()); }

  [[nodiscard]] std::uint8_t* data() { return bytes_.data(); }
  [[nodiscard]] const std::uint8_t* data() const { return bytes_.data(); }
  [[nodiscard]] std::span<std::uint8_t> span() { return bytes_; }
  [[nodiscard]] std::string_view view() const {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }

 private:
  std::array<std::uint8_t, kKeyBytes> bytes_{};
};

/// format, nonce, ciphertext with its tag.
std::string encrypt(const Key& key,
                    Entropy& entropy,
                    std::string_view about,
                    std::string_view plain) {
  std::array<std::uint8_t, kNonceBytes> nonce{};
  entropy.fill(nonce);
  std::string sealed(1 + kNonceBytes + plain.size() + kTagBytes, kFormat);
  std::copy(nonce.begin(), nonce.end(), bytes_of(sealed) + 1);
  SJ_CHECK(crypto_aead_xchacha20poly1305_ietf_encrypt(
               bytes_of(sealed) + 1 + kNonceBytes, nullptr, bytes_of(plain), plain.size(),
               bytes_of(about), about.size(), nullptr, nonce.data(), key.data()) == 0);
  return sealed;
}

/// False unless key, text and what it is about are those it was sealed with.
bool decrypt(const Key& key,
             std::string_view about,
             std::string_view sealed,
             std::span<std::uint8_t> plain) {
  if (sealed.size() != 1 + kNonceBytes + plain.size() + kTagBytes || sealed[0] != kFormat) {
    return false;
  }
  const std::string_view cipher = sealed.substr(1 + kNonceBytes);
  return crypto_aead_xchacha20poly1305_ietf_decrypt(
             plain.data(), nullptr, nullptr, bytes_of(cipher), cipher.size(), bytes_of(about),
             about.size(), bytes_of(sealed) + 1, key.data()) == 0;
}

Error no_key() {
  return Error{ErrorKind::unavailable, "auth.no_key", "the key file of this store is missing"};
}

Error unsealable(std::string_view purpose) {
  return Error{ErrorKind::internal, "auth.unsealable",
               std::string(purpose) + ": another key file, or changed bytes"};
}

/// What is authenticated with a text. A '|' in a purpose could make two of them alike.
std::string about_of(std::string_view purpose, std::int64_t area, std::int64_t person) {
  SJ_CHECK(purpose.find('|') == std::string_view::npos);
  return std::string(purpose) + '|' + std::to_string(area) + '|' + std::to_string(person);
}

std::string about_key(std::int64_t area, std::int64_t person) {
  return std::to_string(area) + '|' + std::to_string(person);
}

/// A person's row: no row yet, a wrapped key, or a destroyed one (nothing).
using Wrapped = std::optional<std::optional<std::string>>;

const sql::Statement kFindKey{
    "SELECT wrapped FROM kernel_person_key WHERE area_id = $1 AND person_id = $2"};
const sql::Statement kFindKeys{
    "SELECT person_id, wrapped FROM kernel_person_key WHERE area_id = $1 AND person_id IN {{IDS "
    "$2}}"};
const sql::Statement kInsertKey{
    "INSERT INTO kernel_person_key (area_id, person_id, wrapped, erased_ms)"
    " VALUES ($1, $2, $3, NULL) ON CONFLICT (area_id, person_id) DO NOTHING"};
// Also for a person who never had a key, so that none is made for him later.
const sql::Statement kDestroyKey{
    "INSERT INTO kernel_person_key (area_id, person_id, wrapped, erased_ms)"
    " VALUES ($1, $2, NULL, $3) ON CONFLICT (area_id, person_id) DO UPDATE"
    " SET wrapped = NULL, erased_ms = COALESCE(kernel_person_key.erased_ms, excluded.erased_ms)"};

// Some of them: were the key another one, none of them would open.
const sql::Statement kSomeKeys{
    "SELECT area_id, person_id, wrapped FROM kernel_person_key WHERE area_id > $1"
    " AND wrapped IS NOT NULL ORDER BY area_id, person_id LIMIT 100"};

Result<Wrapped> find_key(sql::Reader& store, std::int64_t area, std::int64_t person) {
  return store.first(kFindKey, {area, person},
                     [](const sql::Row& row) { return row.maybe_text(0); });
}

}  // namespace

namespace {

/// What is derived from the master key.
struct Keys {
  Key wrap;
  Key blind;
  Key plain;
  Key mark;
  std::string fingerprint;

  /// Opens what find_key found. Fails: auth.erased, auth.unsealable.
  Result<void> unwrap(std::int64_t area,
                      std::int64_t person,
                      const std::optional<std::string>& wrapped,
                      Key& key) const {
    if (!wrapped) return Error{ErrorKind::conflict, "auth.erased", "the key was destroyed"};
    if (!decrypt(wrap, about_key(area, person), *wrapped, key.span())) return unsealable("key");
    return {};
  }
};

}  // namespace

struct Vault::State {
  Entropy& entropy;
  std::unique_ptr<Keys> keys{};  // none: nothing can be sealed, whoever forgets to ask

  explicit State(Entropy& source) : entropy(source) {}

  [[nodiscard]] const Keys& sure() const {
    SJ_CHECK(keys != nullptr);
    return *keys;
  }
};

Vault::Vault(Entropy& entropy) : state_(std::make_unique<State>(entropy)) {
  ready();
}

Vault::Vault(std::string_view master, Entropy& entropy) : Vault(entropy) {
  SJ_CHECK(master.size() == kMasterBytes);
  // What stands where no key was read.
  const bool is_key = master.find_first_not_of('\0') != std::string_view::npos;
  SJ_CHECK(is_key);
  auto keys = std::make_unique<Keys>();
  const auto derive = [&](const char* context, Key& key) {
    // Its context is eight bytes.
    SJ_CHECK(crypto_kdf_derive_from_key(key.data(), kKeyBytes, 1, context, bytes_of(master)) == 0);
  };
  derive("sj_wrap_", keys->wrap);
  derive("sj_blind", keys->blind);
  derive("sj_plain", keys->plain);
  derive("sj_trail", keys->mark);
  Key finger;
  derive("sj_print", finger);
  keys->fingerprint = text::to_hex(finger.span().first(8));
  state_->keys = std::move(keys);
}

Vault::~Vault() = default;

bool Vault::has_key() const {
  return state_->keys != nullptr;
}

Result<bool> Vault::fits(sql::Reader& store) const {
  const Keys& keys = state_->sure();
  bool any = false;
  bool opens = false;
  SJ_TRY(store.each(kSomeKeys, {-1}, [&](const sql::Row& row) -> Result<void> {
    Key key;
    any = true;
    opens = opens || keys.unwrap(row.integer(0), row.integer(1), row.text(2), key).ok();
    return {};
  }));
  return opens || !any;
}

std::string Vault::fingerprint() const {
  return state_->sure().fingerprint;
}

Result<std::string> Vault::seal(sql::Writer& store,
                                std::int64_t area,
                                std::int64_t person,
                                std::string_view purpose,
                                std::string_view plain) {
  if (!has_key()) return no_key();
  SJ_CHECK(person != 0);
  Key key;
  Wrapped found = SJ_TRY(find_key(store, area, person));
  if (!found) {
    state_->entropy.fill(key.span());
    const std::string wrapped =
        encrypt(state_->keys->wrap, state_->entropy, about_key(area, person), key.view());
    const auto inserted = SJ_TRY(store.run(kInsertKey, {area, person, sql::Blob{wrapped}}));
    // Another process may have made one meanwhile; then that one counts.
    if (inserted == 0) {
      found = SJ_TRY(find_key(store, area, person));
      SJ_CHECK(found.has_value());
    }
  }
  if (found) SJ_TRY(state_->keys->unwrap(area, person, *found, key));
  return encrypt(key, state_->entropy, about_of(purpose, area, person), plain);
}

Result<std::vector<std::string>> Vault::seal_many(sql::Writer& store,
                                                  std::int64_t area,
                                                  std::span<const Plain> plains) {
  if (!has_key() && !plains.empty()) return no_key();
  std::map<std::int64_t, Key> keys;
  std::vector<std::int64_t> missing;  // persons without a key so far, sorted
  for (const Plain& one : plains) {
    SJ_CHECK(one.person != 0);
    if (keys.try_emplace(one.person).second) missing.push_back(one.person);
  }
  std::sort(missing.begin(), missing.end());
  const auto load = [&]() -> Result<void> {
    std::vector<std::int64_t> found;
    SJ_TRY(
        store.each(kFindKeys, {area, sql::Ids{missing}}, [&](const sql::Row& row) -> Result<void> {
          found.push_back(row.integer(0));
          return state_->keys->unwrap(area, found.back(), row.maybe_text(1), keys[found.back()]);
        }));
    std::sort(found.begin(), found.end());
    std::vector<std::int64_t> left;
    std::set_difference(missing.begin(), missing.end(), found.begin(), found.end(),
                        std::back_inserter(left));
    missing = std::move(left);
    return {};
  };
  SJ_TRY(load());
  if (!missing.empty()) {
    std::string wrapped;
    const auto inserted = SJ_TRY(store.run_many(
        kInsertKey, missing.size(), [&](std::size_t i, std::vector<sql::Bind>& binds) {
          Key& key = keys[missing[i]];
          state_->entropy.fill(key.span());
          wrapped =
              encrypt(state_->keys->wrap, state_->entropy, about_key(area, missing[i]), key.view());
          binds = {area, missing[i], sql::Blob{wrapped}};
        }));
    // Another process made some meanwhile; then those count.
    if (inserted != static_cast<std::int64_t>(missing.size())) {
      SJ_TRY(load());
      SJ_CHECK(missing.empty());
    }
  }
  std::vector<std::string> sealed;
  sealed.reserve(plains.size());
  for (const Plain& one : plains) {
    sealed.push_back(encrypt(keys[one.person], state_->entropy,
                             about_of(one.purpose, area, one.person), one.text));
  }
  return sealed;
}

Result<std::string> Vault::open(sql::Reader& store,
                                std::int64_t area,
                                std::int64_t person,
                                std::string_view purpose,
                                std::string_view sealed) {
  if (!has_key()) return no_key();
  const Wrapped found = SJ_TRY(find_key(store, area, person));
  if (!found) return unsealable(purpose);
  Key key;
  SJ_TRY(state_->keys->unwrap(area, person, *found, key));
  if (sealed.size() < 1 + kNonceBytes + kTagBytes) return unsealable(purpose);
  std::string plain(sealed.size() - 1 - kNonceBytes - kTagBytes, '\0');
  if (!decrypt(key, about_of(purpose, area, person), sealed, {bytes_of(plain), plain.size()})) {
    return unsealable(purpose);
  }
  return plain;
}

Result<void> Vault::erase(sql::Writer& store, std::int64_t area, std::int64_t person, Instant now) {
  static_cast<void>(SJ_TRY(store.run(kDestroyKey, {area, person, now})));
  return {};
}

std::string Vault::seal_plain(std::string_view purpose, std::string_view plain) {
  return encrypt(state_->sure().plain, state_->entropy, purpose, plain);
}

Result<std::string> Vault::open_plain(std::string_view purpose, std::string_view sealed) {
  if (!has_key()) return no_key();
  if (sealed.size() < 1 + kNonceBytes + kTagBytes) return unsealable(purpose);
  std::string plain(sealed.size() - 1 - kNonceBytes - kTagBytes, '\0');
  if (!decrypt(state_->keys->plain, purpose, sealed, {bytes_of(plain), plain.size()})) {
    return unsealable(purpose);
  }
  return plain;
}

std::string Vault::blind(std::string_view purpose, std::string_view text) const {
  SJ_CHECK(purpose.find('|') == std::string_view::npos);
  const std::string all = std::string(purpose) + '|' + std::string(text);
  std::string hash(kBlindBytes, '\0');
  SJ_CHECK(crypto_generichash(bytes_of(hash), hash.size(), bytes_of(std::string_view(all)),
                              all.size(), state_->sure().blind.data(), kKeyBytes) == 0);
  return hash;
}

std::string Vault::mark(std::string_view text) const {
  std::string hash(kMarkBytes, '\0');
  SJ_CHECK(crypto_generichash(bytes_of(hash), hash.size(), bytes_of(text), text.size(),
                              state_->sure().mark.data(), kKeyBytes) == 0);
  return hash;
}

}  // namespace sj::auth
