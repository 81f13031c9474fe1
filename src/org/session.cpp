#include "org/session.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "kernel/auth/secret.h"
#include "kernel/text/free_text.h"
#include "kernel/text/text.h"

namespace sj::org {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::int64_t kStaffMs = std::int64_t{12} * 60 * kMinuteMs;
constexpr std::int64_t kFamilyMs = std::int64_t{30} * 24 * 60 * kMinuteMs;
constexpr std::size_t kSecretLength = 43;
constexpr std::size_t kUsesMax = 100'000;
constexpr std::size_t kDeviceMax = 80;
constexpr std::int64_t kFailuresFree = 4;
constexpr std::array<std::int64_t, 4> kLockMinutes = {1, 5, 15, 60};
constexpr std::int64_t kFailuresOfAll = 50;
constexpr std::int64_t kLockOfAllMinutes = 60;

/// What stands in the long line a browser sends, and what a person calls it; the first that is
/// there counts, since browsers also name those they descend from.
using Names = std::array<std::pair<std::string_view, std::string_view>, 9>;
constexpr Names kBrowsers = {{{"MicroMessenger", "WeChat"},
                              {"HuaweiBrowser", "Huawei Browser"},
                              {"MiuiBrowser", "Mi Browser"},
                              {"QQBrowser", "QQ Browser"},
                              {"UCBrowser", "UC Browser"},
                              {"Edg", "Edge"},
                              {"Firefox/", "Firefox"},
                              {"Chrome/", "Chrome"},
                              {"Safari/", "Safari"}}};
constexpr Names kSystems = {{{"HarmonyOS", "HarmonyOS"},
                             {"OpenHarmony", "HarmonyOS"},
                             {"iPhone", "iPhone"},
                             {"iPad", "iPad"},
                             {"Android", "Android"},
                             {"Windows", "Windows"},
                             {"Macintosh", "macOS"},
                             {"CrOS", "ChromeOS"},
                             {"Linux", "Linux"}}};

std::string_view known(const Names& names, std::string_view line) {
  for (const auto& [sign, name] : names) {
    if (line.find(sign) != std::string_view::npos) return name;
  }
  return {};
}

}  // namespace

std::string_view name_of(AccountKind kind) {
  return kind == AccountKind::staff ? "staff" : "family";
}

std::int64_t session_lifetime_ms(AccountKind kind) {
  return kind == AccountKind::staff ? kStaffMs : kFamilyMs;
}

std::string spell_token(const SessionToken& token) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), token.area, 36).ptr;
  return std::string(digits.data(), end) + "." + token.secret;
}

std::optional<SessionToken> parse_token(std::string_view cookie) {
  const std::size_t dot = cookie.find('.');
  if (dot == std::string_view::npos || cookie.size() != dot + 1 + kSecretLength) {
    return std::nullopt;
  }
  SessionToken token;
  const char* const begin = cookie.data();
  const auto read = std::from_chars(begin, begin + dot, token.area, 36);
  if (read.ec != std::errc{} || read.ptr != begin + dot || token.area <= 0) return std::nullopt;
  token.secret = cookie.substr(dot + 1);
  return token;
}

Instant locked_until(const LoginState& state) {
  Instant until(0);
  if (state.failures > kFailuresFree) {
    const auto step =
        std::min<std::int64_t>(state.failures - kFailuresFree, kLockMinutes.size()) - 1;
    const std::int64_t minutes = kLockMinutes.at(static_cast<std::size_t>(step));
    until = Instant(state.last_failure.utc_ms() + minutes * kMinuteMs);
  }
  if (state.failures_of_all >= kFailuresOfAll) {
    until = std::max(until, Instant(state.last_of_all.utc_ms() + kLockOfAllMinutes * kMinuteMs));
  }
  return until;
}

Result<void> decide_login(const LoginState& state, Instant now) {
  const Instant until = locked_until(state);
  if (now < until) {
    const std::int64_t seconds = (until.utc_ms() - now.utc_ms() + 999) / 1000;
    return Error{ErrorKind::limited,
                 "org.locked",
                 "locked after wrong passwords; wait " + std::to_string(seconds) + " s",
                 {{"retry_after_s", "org.locked", std::to_string(seconds)}}};
  }
  if (!state.password_matches || state.disabled) {
    return Error{ErrorKind::unauthenticated, "org.wrong_login", "wrong user name or password"};
  }
  return {};
}

std::string device_name(std::string_view user_agent) {
  if (text::first_bad_utf8(user_agent)) return {};
  if (user_agent.substr(0, 8) == "Mozilla/") {
    const std::string system(known(kSystems, user_agent));
    const std::string browser(known(kBrowsers, user_agent));
    if (!system.empty() && !browser.empty()) return system + " " + browser;
  }
  std::string name;
  std::size_t points = 0;
  for (const char c : user_agent) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) continue;
    if ((byte & 0xC0U) != 0x80U && ++points > kDeviceMax) break;
    name += c;
  }
  // What a browser says of itself is as much free text as what a person types.
  auto checked = text::check_free_text(name, kDeviceMax);
  return checked.ok() ? std::move(checked).value() : std::string();
}

void SessionsSeen::note(const Use& use) {
  const std::scoped_lock lock(mutex_);
  const auto known = uses_.find({use.area, use.session});
  if (known != uses_.end()) {
    known->second.at = std::max(known->second.at, use.at);
  } else if (uses_.size() < kUsesMax) {
    uses_.emplace(std::pair(use.area, use.session), use);
  }
}

bool SessionsSeen::has(std::int64_t area, std::int64_t session) const {
  const std::scoped_lock lock(mutex_);
  return uses_.contains({area, session});
}

std::vector<SessionsSeen::Use> SessionsSeen::take() {
  const std::scoped_lock lock(mutex_);
  std::vector<Use> uses;
  for (const auto& [key, use] : std::exchange(uses_, {})) uses.push_back(use);
  return uses;
}

}  // namespace sj::org
