#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "kernel/base/result.h"
#include "kernel/time/entropy.h"

namespace sj::auth {

/// A bearer secret: 256 bits of chance as 43 characters of base64url. What is stored is its hash.
[[nodiscard]] std::string make_token(Entropy& entropy);

/// BLAKE2b-256 of a token, the key it is looked up by. Not for passwords.
[[nodiscard]] std::string token_hash(std::string_view token);

/// Eight characters that are read aloud and typed: 31 letters and digits without 0 O 1 I L, about
/// 40 bits. Guessing is limited where it is redeemed, and it is useless without the birth date.
[[nodiscard]] std::string make_code(Entropy& entropy);
/// As typed: blanks, hyphens and case do not matter. Fails: auth.bad_code (invalid).
[[nodiscard]] Result<std::string> normalise_code(std::string_view typed);

/// Same length and bytes, in time that does not depend on where they differ.
[[nodiscard]] bool equal_secrets(std::string_view a, std::string_view b);

struct PasswordCost {
  int operations = 2;
  int memory_kib = 19 * 1024;  // OWASP's minimum for argon2id, one lane
};

/// argon2id with its parameters and salt in the usual text form. About 30 ms: never on a thread
/// that serves others.
[[nodiscard]] std::string hash_password(std::string_view password,
                                        Entropy& entropy,
                                        PasswordCost cost = {});
[[nodiscard]] bool password_matches(std::string_view password, std::string_view hash);
/// Was it made with less than the present cost, so that it should be made anew at the next login?
[[nodiscard]] bool needs_rehash(std::string_view hash, PasswordCost cost = {});

/// What looking at a hash took less than a hash of the present cost would have; nothing if it took
/// as much. Spent as well, it tells nobody by the time that there is such an account.
[[nodiscard]] std::optional<PasswordCost> cost_short_of(std::string_view hash, PasswordCost cost);

/// Length first, no rule of what letters: what counts is how dear it is to guess (guess.h).
/// `known`: what everybody knows of its owner, such as the user name, the name and the school in
/// pinyin.
///
/// Fails: auth.password_character (invalid): a line end, a control character, an invisible mark ·
///        auth.weak_password (invalid): shorter than 10 characters, longer than 200 bytes, or too
/// cheap to guess.
[[nodiscard]] Result<void> check_new_password(std::string_view password,
                                              std::span<const std::string> known);

}  // namespace sj::auth
