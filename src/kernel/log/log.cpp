#include "kernel/log/log.h"

#include <cerrno>
#include <string>

#include <unistd.h>

#include "kernel/base/check.h"
#include "kernel/json/writer.h"
#include "kernel/text/text.h"
#include "kernel/time/zone.h"

namespace sj::log {
namespace {

constexpr std::size_t kTextMax = 2'000;

/// As UTF-8, whatever came: a reader of JSON would refuse the whole line.
std::string clean(std::string_view text) {
  std::string result(text.substr(0, kTextMax));
  while (const auto bad = text::first_bad_utf8(result)) result[*bad] = '?';
  if (text.size() > kTextMax) result += "...";
  return result;
}

}  // namespace

const char* name_of(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warn:
      return "warn";
    case Level::error:
      return "error";
  }
  SJ_CHECK(false);
}

void Log::write(Level level,
                std::string_view event,
                std::string_view request,
                std::initializer_list<Field> fields) const {
  if (file_ < 0 || level < least_) return;
  json::Writer line;
  line.begin_object();
  line.key("time").value(to_iso(clock_.now()));
  line.key("level").value(name_of(level));
  line.key("event").value(clean(event));
  if (!request.empty()) line.key("request").value(clean(request));
  for (const Field& field : fields) {
    line.key(clean(field.name));
    if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
      line.value(*number);
    } else {
      line.value(clean(*std::get_if<std::string_view>(&field.value)));
    }
  }
  line.end_object();
  const std::string text = line.take() + '\n';

  const std::scoped_lock lock(mutex_);
  std::string_view left = text;
  while (!left.empty()) {
    const ssize_t written = ::write(file_, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    left.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace sj::log
