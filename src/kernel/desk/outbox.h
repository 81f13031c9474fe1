#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/desk/desk.h"

namespace sj::desk {

struct Delivery {
  std::int64_t area = 0;
  std::int64_t event = 0;  // unique; a listener that keeps it can tell a second delivery
  std::string topic{};
  std::string payload{};
};

/// Hears one topic, in a unit of work of its own that also records that this listener has heard the
/// event: its effect in the store happens once, however often delivery is tried.
struct Listener {
  std::string name{};  // unique, stored: "notify.pupil_moved"
  std::string topic{};
  std::function<Result<void>(Tx&, const Delivery&)> hear{};
};

/// Delivers events that are due: those each listener has not yet heard, in order of their ids, each
/// in its own unit. A listener that fails is tried again with growing waits (1 s to 1 h) and does
/// not hold up other listeners. Gives how many were delivered.
[[nodiscard]] Result<int> deliver(Desk& desk,
                                  sql::Connection& reader,
                                  const Clock& clock,
                                  const std::vector<Listener>& listeners,
                                  int at_most = 100);

}  // namespace sj::desk
