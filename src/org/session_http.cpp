#include "kernel/api/route.h"

#include "org/room.h"
#include "org/session.h"

namespace sj::org {

void add_session_routes(api::Room& room, const Settings& settings) {
  static_cast<void>(room);
  static_cast<void>(settings);
}

}  // namespace sj::org
