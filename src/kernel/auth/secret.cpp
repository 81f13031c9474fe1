#include "kernel/auth/secret.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

#include <sodium.h>

#include "kernel/auth/guess.h"
#include "kernel/auth/sodium.h"
#include "kernel/base/check.h"
#include "kernel/text/free_text.h"
#include "kernel/text/text.h"

namespace sj::auth {
namespace {

constexpr std::string_view kCodeLetters = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";
constexpr std::size_t kCodeLength = 8;
constexpr std::size_t kPasswordMin = 10;   // characters
constexpr std::size_t kPasswordMax = 200;  // bytes
constexpr std::size_t kHashBytes = 32;
constexpr int kMemoryMin = 8;  // KiB

std::string base64(std::span<const std::uint8_t> bytes, int variant) {
  std::string text(sodium_base64_encoded_len(bytes.size(), variant), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), variant);
  text.resize(std::strlen(text.c_str()));
  return text;
}

/// Reads `prefix` and the number after it, and moves on.
bool take(std::string_view& text, std::string_view prefix, int& number) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (wrong != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

std::optional<PasswordCost> cost_of(std::string_view hash) {
  PasswordCost cost;
  if (!take(hash, "$argon2id$v=19$m=", cost.memory_kib) || !take(hash, ",t=", cost.operations)) {
    return std::nullopt;
  }
  return cost;
}

Error weak(std::string detail) {
  return Error{ErrorKind::invalid, "auth.weak_password", std::move(detail)};
}

/// What input methods for Chinese write for letters, digits and hyphens, as ASCII; nothing for
/// blanks. Other bytes stay as they are.
std::string narrow(std::string_view typed) {
  std::string result;
  for (std::size_t i = 0; i < typed.size(); ++i) {
    const auto byte = [&](std::size_t ahead) {
      return i + ahead < typed.size() ? static_cast<unsigned char>(typed[i + ahead]) : 0U;
    };
    if (byte(0) == 0xEFU && (byte(1) == 0xBCU || byte(1) == 0xBDU) && byte(2) >= 0x80U) {
      const unsigned code = (byte(1) == 0xBCU ? 0xFF00U : 0xFF40U) + (byte(2) & 0x3FU);
      if (code > 0xFF00U && code <= 0xFF5EU) {
        result += static_cast<char>(code - 0xFEE0U);
        i += 2;
        continue;
      }
    }
    if (typed.substr(i, 3) == "\u3000") {
      i += 2;
    } else if (typed.substr(i, 2) == "\u00A0") {
      i += 1;
    } else if (std::string_view(" \t\r\n").find(typed[i]) == std::string_view::npos) {
      result += typed[i];
    }
  }
  return result;
}

}  // namespace

std::string make_token(Entropy& entropy) {
  ready();
  std::array<std::uint8_t, 32> bytes{};
  entropy.fill(bytes);
  std::string token = base64(bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  sodium_memzero(bytes.data(), bytes.size());
  return token;
}

std::string token_hash(std::string_view token) {
  ready();
  std::string hash(kHashBytes, '\0');
  SJ_CHECK(crypto_generichash(bytes_of(hash), hash.size(), bytes_of(token), token.size(), nullptr,
                              0) == 0);
  return hash;
}

std::string make_code(Entropy& entropy) {
  std::string code;
  while (code.size() < kCodeLength) {
    std::array<std::uint8_t, 1> chance{};
    entropy.fill(chance);
    // 248 is 8 times 31: what is above would favour some letters.
    if (chance[0] < 248) code += kCodeLetters[chance[0] % kCodeLetters.size()];
  }
  return code;
}

Result<std::string> normalise_code(std::string_view typed) {
  std::string code;
  for (const char c : narrow(typed)) {
    if (c == '-') continue;
    code += static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  }
  if (code.size() != kCodeLength || code.find_first_not_of(kCodeLetters) != std::string::npos) {
    return Error{ErrorKind::invalid, "auth.bad_code", "not 8 letters and digits of a code"};
  }
  return code;
}

bool equal_secrets(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string hash_password(std::string_view password, Entropy& entropy, PasswordCost cost) {
  ready();
  SJ_CHECK(cost.operations >= 1);
  SJ_CHECK(cost.memory_kib >= kMemoryMin);
  std::array<std::uint8_t, crypto_pwhash_SALTBYTES> salt{};
  entropy.fill(salt);
  std::array<std::uint8_t, kHashBytes> hash{};
  const auto operations = static_cast<std::uint64_t>(cost.operations);
  // Fails only when there is no memory.
  SJ_CHECK(crypto_pwhash(hash.data(), hash.size(), password.data(), password.size(), salt.data(),
                         operations, static_cast<std::size_t>(cost.memory_kib) * 1024,
                         crypto_pwhash_ALG_ARGON2ID13) == 0);
  return "$argon2id$v=19$m=" + std::to_string(cost.memory_kib) +
         ",t=" + std::to_string(cost.operations) + ",p=1$" +
         base64(salt, sodium_base64_VARIANT_ORIGINAL_NO_PADDING) + '$' +
         base64(hash, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
}

bool password_matches(std::string_view password, std::string_view hash) {
  ready();
  const std::string text(hash);
  return text.size() < crypto_pwhash_STRBYTES &&
         crypto_pwhash_str_verify(text.c_str(), password.data(), password.size()) == 0;
}

bool needs_rehash(std::string_view hash, PasswordCost cost) {
  const auto made_with = cost_of(hash);
  return !made_with || made_with->memory_kib < cost.memory_kib ||
         made_with->operations < cost.operations;
}

std::optional<PasswordCost> cost_short_of(std::string_view hash, PasswordCost cost) {
  const PasswordCost made_with = cost_of(hash).value_or(PasswordCost{0, 0});
  // The time it takes grows with how much memory is filled how often.
  const int missing =
      cost.operations * cost.memory_kib - made_with.operations * made_with.memory_kib;
  if (missing < kMemoryMin) return std::nullopt;
  if (missing < cost.memory_kib) return PasswordCost{1, missing};
  return PasswordCost{missing / cost.memory_kib, cost.memory_kib};
}

Result<void> check_new_password(std::string_view password, std::span<const std::string> known) {
  if (password.size() > kPasswordMax) return weak("longer than 200 bytes");
  if (text::has_unseen(password)) {
    return Error{ErrorKind::invalid, "auth.password_character",
                 "a line end, a tab or another character that nobody sees or types"};
  }
  if (text::count_code_points(password) < kPasswordMin) return weak("shorter than 10 characters");
  if (guess_cost(password, known) < kGuessCostMin) {
    return weak("made of what others know or try first: take four words without relation");
  }
  return {};
}

}  // namespace sj::auth
