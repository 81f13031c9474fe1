#pragma once

#include <cstdint>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>

#include "kernel/time/clock.h"

namespace sj::log {

enum class Level : unsigned char { debug, info, warn, error };

/// One field of a line. No personal data, ever: ids, counts, codes, durations.
struct Field {
  std::string_view name{};
  std::variant<std::int64_t, std::string_view> value{};
};

/// One JSON object a line: time, level, event, request (if there is one), fields in the order
/// given. Safe from many threads; a line is written whole, by one write() where the system takes it
/// whole. Text that is not UTF-8 shows its bad bytes as '?', and text longer than 2,000 bytes is
/// cut. What cannot be written is dropped: logging never fails.
class Log {
 public:
  /// `file` is a descriptor; -1 keeps quiet.
  Log(int file, Level least, const Clock& clock) : file_(file), least_(least), clock_(clock) {}

  void write(Level level,
             std::string_view event,
             std::string_view request,
             std::initializer_list<Field> fields) const;

 private:
  int file_;
  Level least_;
  const Clock& clock_;
  mutable std::mutex mutex_{};  // a pipe takes only short writes whole
};

[[nodiscard]] const char* name_of(Level level);

}  // namespace sj::log
