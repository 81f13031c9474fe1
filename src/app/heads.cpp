#include "app/heads.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <set>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/base/check.h"
#include "kernel/json/json.h"
#include "kernel/sql/statement.h"
#include "kernel/text/text.h"
#include "kernel/time/local_day.h"

#include "app/files.h"

namespace sj::app {
namespace {

constexpr std::size_t kHashDigits = 64;

Error bad_head(std::string_view text) {
  return {ErrorKind::invalid, "app.bad_heads",
          "\"" + std::string(text.substr(0, 100)) +
              "\": wants DAY:HASH, the hash in 64 hex digits, or a line of the file of heads"};
}

Result<void> append(const std::string& file, const std::string& line) {
  // Of the account that runs the server, where the key has not been put yet.
  ::mkdir(file.substr(0, file.rfind('/')).c_str(), 0700);
  const int handle = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (handle >= 0) {
    const bool whole =
        ::write(handle, line.data(), line.size()) == static_cast<ssize_t>(line.size());
    const bool synced = ::fsync(handle) == 0;
    ::close(handle);
    if (whole && synced) return {};
  }
  return Error{ErrorKind::internal, "app.cannot_write", file + ": " + std::strerror(errno)};
}

Result<std::string> member(const boost::json::value& object, std::string_view name) {
  const auto* const found = object.as_object().if_contains(name);
  SJ_CHECK(found != nullptr);
  return std::string(found->as_string());
}

const sql::Statement kCheckpoints{
    "SELECT area_id, day, hash FROM kernel_audit_checkpoint ORDER BY area_id, day"};

std::string line_of(std::int64_t area, const std::string& day, const std::string& hash) {
  return std::to_string(area) + " " + day + " " + hash + "\n";
}

}  // namespace

std::string heads_file(const std::string& key_file) {
  constexpr std::string_view kKey = "key";
  const std::size_t start = key_file.size() - std::min(key_file.size(), kKey.size());
  // "…/key" and, for PostgreSQL, "…/<deployment>.key".
  return key_file.substr(start) == kKey ? key_file.substr(0, start) + "heads" : key_file + ".heads";
}

desk::Listener heads_listener(const std::string& file) {
  desk::Listener listener;
  listener.name = "app.heads";
  listener.topic = std::string(desk::kCheckpointTopic);
  listener.hear = [file](desk::Tx&, const desk::Delivery& delivery) -> Result<void> {
    const auto payload = SJ_TRY(json::parse(delivery.payload));
    const std::string day = SJ_TRY(member(payload, "day"));
    const std::string hash = SJ_TRY(member(payload, "hash"));
    return append(file, line_of(delivery.area, day, hash));
  };
  return listener;
}

Result<void> catch_up_heads(sql::Reader& store, const std::string& file) {
  std::set<std::string> there;
  for (const desk::PublishedHead& head : SJ_TRY(read_heads(file))) there.insert(head.hash);
  std::string lines;
  SJ_TRY(store.each(kCheckpoints, {}, [&](const sql::Row& row) -> Result<void> {
    const std::string_view bytes = row.bytes(2);
    const std::string hash =
        text::to_hex({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    if (there.find(hash) == there.end()) lines += line_of(row.integer(0), row.text(1), hash);
    return {};
  }));
  if (lines.empty()) return {};
  return append(file, lines);
}

Result<void> begin_heads_anew(sql::Reader& store, const std::string& file, Instant now) {
  const std::string aside = file + "." + std::to_string(now.utc_ms());
  if (::access(file.c_str(), F_OK) == 0 && std::rename(file.c_str(), aside.c_str()) != 0) {
    return Error{ErrorKind::internal, "app.cannot_write", aside + ": " + std::strerror(errno)};
  }
  return catch_up_heads(store, file);
}

Result<desk::PublishedHead> parse_head(std::string_view text) {
  desk::PublishedHead head;
  std::string_view left = text;
  const std::size_t blank = left.find(' ');
  if (blank != std::string_view::npos) {
    const auto [at, wrong] = std::from_chars(left.data(), left.data() + blank, head.area);
    if (wrong != std::errc() || at != left.data() + blank) return bad_head(text);
    left.remove_prefix(blank + 1);
  }
  const std::size_t sign = left.find_first_of(" :");
  if (sign == std::string_view::npos) return bad_head(text);
  head.day = std::string(left.substr(0, sign));
  head.hash = std::string(left.substr(sign + 1));
  if (!LocalDay::parse(head.day).ok() || head.hash.size() != kHashDigits ||
      head.hash.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return bad_head(text);
  }
  return head;
}

Result<std::vector<desk::PublishedHead>> read_heads(const std::string& file) {
  std::vector<desk::PublishedHead> heads;
  if (::access(file.c_str(), F_OK) != 0) return heads;
  const std::string bytes = SJ_TRY(read_file(file));
  for (std::string_view left = bytes; !left.empty();) {
    const std::size_t end = std::min(left.find('\n'), left.size());
    if (end > 0) heads.push_back(SJ_TRY(parse_head(left.substr(0, end))));
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  return heads;
}

}  // namespace sj::app
