#pragma once

#include <cstdint>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/sql/sql.h"
#include "kernel/time/instant.h"

namespace sj::api {
struct Room;
}

namespace sj::org {

struct Settings;

/// Which sessions were used since it was last written down. Finding a session only reads, so that
/// a request never waits for the disk; a job writes all uses of some minutes as one unit of work.
class SessionsSeen {
 public:
  struct Use {
    std::int64_t area = 0;
    std::int64_t session = 0;
    Instant at{0};
  };

  /// Remembers a use; the latest of each session. At most 100,000 sessions; more are dropped, which
  /// makes those expire a little early and nothing else.
  void note(const Use& use);
  /// Everything noted, ordered by area and session; forgets it.
  [[nodiscard]] std::vector<Use> take();

 private:
  std::mutex mutex_;
  std::vector<Use> uses_;
};

void add_session_routes(api::Room& room, const Settings& settings);

}  // namespace sj::org
