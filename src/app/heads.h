#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/desk/audit.h"
#include "kernel/desk/outbox.h"
#include "kernel/sql/sql.h"
#include "kernel/time/instant.h"

/// The file of published heads: one line for each daily checkpoint, `area day hash`, beside the key
/// and outside of the database. Whoever holds the database alone cannot take back what stands
/// there.
namespace sj::app {

/// Where it is, by where the key is: `data/key` has `data/heads`.
[[nodiscard]] std::string heads_file(const std::string& key_file);

/// Writes each new checkpoint at the end of the file, as soon as it is stored.
[[nodiscard]] desk::Listener heads_listener(const std::string& file);

/// Puts the checkpoints of the store that are not there yet into the file, in order.
[[nodiscard]] Result<void> catch_up_heads(sql::Reader& store, const std::string& file);
/// Begins the file anew with the checkpoints of the store; what it held is kept beside it.
[[nodiscard]] Result<void> begin_heads_anew(sql::Reader& store,
                                            const std::string& file,
                                            Instant now);

/// Nothing when there is no file. Fails: app.bad_heads (invalid), with the line · app.cannot_read
[[nodiscard]] Result<std::vector<desk::PublishedHead>> read_heads(const std::string& file);

/// `area day hash`, or `day:hash` of any area as people copy it.
/// Fails: app.bad_heads (invalid)
[[nodiscard]] Result<desk::PublishedHead> parse_head(std::string_view text);

}  // namespace sj::app
