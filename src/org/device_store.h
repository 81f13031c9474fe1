#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/base/result.h"
#include "kernel/sql/sql.h"
#include "kernel/time/instant.h"

/// Devices (登录过的设备): browsers on which the owner of an account has logged in. Whoever is
/// wrong there is counted by himself, and the owner lets each go when he likes.
namespace sj::org {

struct NewDevice {
  std::int64_t area = 0;
  std::int64_t id = 0;
  std::int64_t account = 0;
  std::string secret{};  // what its cookie holds; stored as its hash only
  std::string name{};
};
[[nodiscard]] Result<void> insert_device(sql::Writer& store, const NewDevice& device, Instant now);

struct Device {
  std::int64_t id = 0;
  bool is_gone = false;  // its owner has let it go
};
/// The device of this account with that secret.
[[nodiscard]] Result<std::optional<Device>> find_device(sql::Reader& store,
                                                        std::int64_t area,
                                                        std::int64_t account,
                                                        std::string_view secret);

[[nodiscard]] Result<void> update_device_seen(sql::Writer& store,
                                              std::int64_t area,
                                              std::int64_t device,
                                              Instant now);

}  // namespace sj::org
