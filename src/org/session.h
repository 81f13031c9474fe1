#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/time/instant.h"

namespace sj::api {
struct Room;
}

namespace sj::org {

struct Settings;

/// Sessions (登录会话): staff by user name and password, families by a device that redeemed a
/// printed code. Both end when unused, and at once when revoked.
enum class AccountKind : unsigned char { staff, family };
[[nodiscard]] std::string_view name_of(AccountKind kind);

/// How long a session lasts after it was last used: staff a working day, a family's phone a month.
[[nodiscard]] std::int64_t session_lifetime_ms(AccountKind kind);
/// How many an account may have open; the one that was unused longest gives way to a new one.
inline constexpr std::int64_t kSessionsOfAccount = 20;
/// A use is written down at most so often.
inline constexpr std::int64_t kSeenEveryMs = 3'600'000;

/// What the cookie holds: "<district, base 36>.<secret>", so that a login knows its district.
struct SessionToken {
  std::int64_t area = 0;
  std::string secret{};
};
[[nodiscard]] std::string spell_token(const SessionToken& token);
/// Nothing if it is none of ours.
[[nodiscard]] std::optional<SessionToken> parse_token(std::string_view cookie);

/// What is known when somebody logs in.
struct LoginState {
  /// Wrong passwords for this user name within a day from where he is (his address, or a device he
  /// is known on), and when the last one was.
  std::int64_t failures = 0;
  Instant last_failure{0};
  /// The same from all addresses where he is not known. Nothing on a known device.
  std::int64_t failures_of_all = 0;
  Instant last_of_all{0};
  bool password_matches = false;  // false also for a user name that does not exist
  bool disabled = false;
};

/// Until when a user name is locked: five wrong passwords from one address lock it there for a
/// minute, each further one for 5, 15 and then 60 minutes; fifty in a day lock it for an hour
/// wherever its owner is not known. The same for names that do not exist.
[[nodiscard]] Instant locked_until(const LoginState& state);

/// Decides whether somebody is let in (登录).
///
/// Gives:   nothing; the caller opens the session.
/// Fails:   org.locked (limited), with the seconds to wait · org.wrong_login (unauthenticated)
/// Source:  GB/T 22239-2019 8.1.4.1 (失败处理), in numbers of our own.
[[nodiscard]] Result<void> decide_login(const LoginState& state, Instant now);

/// What a person calls the device ("Windows Edge") by what its browser says of itself; of what is
/// not known, the words as they came, cut to what is kept: 80 code points without control
/// characters.
[[nodiscard]] std::string device_name(std::string_view user_agent);

/// Which sessions were used since it was last written down. Finding a session only reads, so that
/// a request never waits for the disk; a job writes all uses of some minutes as one unit of work.
class SessionsSeen {
 public:
  struct Use {
    std::int64_t area = 0;
    std::int64_t session = 0;
    AccountKind kind = AccountKind::staff;
    Instant at{0};
  };

  /// At most 100,000 sessions between two calls of take(); more are dropped: those sessions end a
  /// little early, and a first use is not known yet.
  void note(const Use& use);
  /// Was it used since the last take()?
  [[nodiscard]] bool has(std::int64_t area, std::int64_t session) const;
  /// The latest use of each session, ordered by area and session; forgets them.
  [[nodiscard]] std::vector<Use> take();

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::int64_t, std::int64_t>, Use> uses_;  // by area and session
};

void add_session_routes(api::Room& room, const Settings& settings);

}  // namespace sj::org
