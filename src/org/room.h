#pragma once

#include <memory>
#include <string>

#include "kernel/api/application.h"
#include "kernel/api/route.h"
#include "kernel/auth/secret.h"
#include "kernel/auth/vault.h"
#include "kernel/time/entropy.h"

/// What the program is given of this room.
namespace sj::org {

class SessionsSeen;

/// What handlers need besides what a call brings. Everything pointed at outlives the room.
struct Settings {
  auth::Vault* vault = nullptr;  // never null once the room is made
  Entropy* entropy = nullptr;    // as vault
  /// What printed codes point at, without a final slash: "https://sj.example.cn". Empty: this
  /// machine.
  std::string base_url{};
  auth::PasswordCost password_cost{};
  /// Which sessions were used lately; shared by the finder and the job that writes it down.
  std::shared_ptr<SessionsSeen> seen{};
};

/// Settings with everything that has to be made.
[[nodiscard]] Settings make_settings(auth::Vault& vault, Entropy& entropy);

/// Routes, listeners and jobs of all features.
[[nodiscard]] api::Room room(const Settings& settings);

/// Who is behind a cookie, with the rights of today.
[[nodiscard]] api::FindSession session_finder(const Settings& settings);

}  // namespace sj::org
