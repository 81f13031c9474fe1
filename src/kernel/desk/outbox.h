#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/desk/desk.h"
#include "kernel/desk/jobs.h"

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
/// in its own unit. What a listener fails with is tried again with growing waits (1 s to 1 h); it
/// holds up neither other listeners nor later events, so a listener asks the store what is, rather
/// than trust the order. An event goes when all listeners of its topic have heard it: give all.
/// Gives:  how many were delivered.
/// Fails:  desk.busy, desk.closing, sql.unavailable: nothing is lost, and no failure is counted.
[[nodiscard]] Result<int> deliver(Desk& desk,
                                  sql::Connection& reader,
                                  const Clock& clock,
                                  const std::vector<Listener>& listeners,
                                  int at_most = 100);

/// Forgets, every night, events a week old of topics that nobody in `listeners` hears.
[[nodiscard]] Job forget_unheard_job(const std::vector<Listener>& listeners);

}  // namespace sj::desk
