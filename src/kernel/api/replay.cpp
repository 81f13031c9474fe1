#include "kernel/api/replay.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "kernel/base/check.h"
#include "kernel/http/syntax.h"

namespace sj::api {
namespace {

constexpr std::string_view kHeader = "idempotency-key";
constexpr std::string_view kPurpose = "api.reply.kept";
constexpr std::string_view kBodyPurpose = "api.reply.body";
constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::int64_t kHourMs = 60 * kMinuteMs;
/// What stands in the place of the status of a reply that is not kept.
constexpr int kDoAgain = 0;
/// Kept with a reply that holds a secret: whose session was told it.
constexpr std::string_view kToldTo = "told-to";

const sql::Statement kFind{
    "SELECT body_hash, reply, at_ms FROM kernel_idempotency WHERE area_id = $1 AND key_hash = $2"};
const sql::Statement kKeep{
    "INSERT INTO kernel_idempotency (area_id, key_hash, body_hash, at_ms, reply) "
    "VALUES ($1, $2, $3, $4, $5)"};
const sql::Statement kAll{
    "SELECT area_id, 0, 'api.reply.kept', reply, NULL FROM kernel_idempotency "
    "ORDER BY area_id, key_hash"};
const sql::Statement kForget{"DELETE FROM kernel_idempotency WHERE at_ms < $1"};

void append_field(std::string& out, std::string_view text) {
  out += std::to_string(text.size());
  out += ':';
  out += text;
}

// Takes what append_field wrote off the front; what we sealed ourselves is whole.
std::string_view take_field(std::string_view& rest) {
  std::size_t size = 0;
  const auto [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), size);
  SJ_CHECK(problem == std::errc());
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()) + 1);
  SJ_CHECK(size <= rest.size());
  const std::string_view text = rest.substr(0, size);
  rest.remove_prefix(size);
  return text;
}

std::string pack(const http::Response& response) {
  std::string out;
  append_field(out, std::to_string(response.status));
  append_field(out, response.content_type);
  append_field(out, response.shared ? *response.shared : response.body);
  for (const http::Header& one : response.headers) {
    append_field(out, one.name);
    append_field(out, one.value);
  }
  return out;
}

http::Response unpack(std::string_view packed) {
  http::Response response;
  response.status = std::stoi(std::string(take_field(packed)));
  response.content_type = std::string(take_field(packed));
  response.body = std::string(take_field(packed));
  while (!packed.empty()) {
    http::Header header;
    header.name = std::string(take_field(packed));
    header.value = std::string(take_field(packed));
    response.headers.push_back(std::move(header));
  }
  return response;
}

// What nobody may keep is not kept here either: a repeated look is another look, and a session is
// opened for whoever proves who he is, each time, never by a reply out of a drawer.
bool is_not_for_keeping(const http::Response& reply) {
  return std::any_of(reply.headers.begin(), reply.headers.end(), [](const http::Header& one) {
    return http::equal_ignoring_case(one.name, "set-cookie") || one.name == "Content-Disposition" ||
           (one.name == "Cache-Control" && one.value == "no-store");
  });
}

http::Response to_keep(const Call& call, const http::Response& reply) {
  http::Response kept;
  kept.status = kDoAgain;
  if (is_not_for_keeping(reply)) return kept;
  kept = reply;
  if (call.shown_once) {
    kept.headers.push_back({std::string(kToldTo), std::to_string(call.replay->session())});
  }
  return kept;
}

// Keyed, because a body may hold a password that a plain hash would give away to who tries many.
std::string body_mark(const auth::Vault& vault, const ReplayKey& key) {
  return vault.blind(kBodyPurpose, key.body());
}

/// What is kept for a key; its status may be one of ours.
Result<std::optional<http::Response>> find_kept(sql::Reader& store,
                                                auth::Vault& vault,
                                                const ReplayKey& key,
                                                Instant now) {
  struct Kept {
    std::string body{};
    std::string reply{};
    std::int64_t at_ms = 0;
  };
  const auto kept = SJ_TRY(store.first(kFind, {key.area(), key.key()}, [](const sql::Row& row) {
    return Kept{row.text(0), row.text(1), row.integer(2)};
  }));
  if (!kept) return std::optional<http::Response>();
  const std::string packed = SJ_TRY(vault.open_plain(kPurpose, kept->reply));
  if (kept->body != body_mark(vault, key)) {
    return Error{ErrorKind::conflict, "api.idempotency_mismatch",
                 "this Idempotency-Key came with another body before"};
  }
  auto reply = unpack(packed);
  if (!reply.headers.empty() && reply.headers.back().name == kToldTo) {
    const bool is_late = now.utc_ms() - kept->at_ms > kSecretMinutes * kMinuteMs;
    if (is_late || reply.headers.back().value != std::to_string(key.session())) {
      return Error{
          ErrorKind::conflict, "api.shown_once",
          "this was done; its reply held a secret, which is not told again: make a new one"};
    }
    reply.headers.pop_back();
  }
  return std::optional<http::Response>(std::move(reply));
}

bool is_key(std::string_view text) {
  constexpr std::string_view kOthers = "-_.:";
  return text.size() >= 8 && text.size() <= 128 &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  kOthers.find(c) != std::string_view::npos;
         });
}

}  // namespace

const sql::Statement& kept_replies() {
  return kAll;
}

Result<std::shared_ptr<const ReplayKey>> replay_key_of(const http::Request& request,
                                                       const auth::Actor& actor) {
  const auto named = request.header(kHeader);
  if (request.method != http::Method::post || !named) return std::shared_ptr<const ReplayKey>();
  if (!is_key(*named)) {
    return Error{ErrorKind::invalid, "api.bad_idempotency_key",
                 "an Idempotency-Key has 8 to 128 letters, digits or -_.:"};
  }
  // An account keeps its keys over sessions: a phone that logged in again may still be repeating.
  std::string who;
  append_field(who, name_of(actor.kind));
  append_field(who, std::to_string(actor.account));
  append_field(who, std::to_string(actor.account == 0 ? actor.session : 0));
  append_field(who, request.path);
  append_field(who, *named);
  std::string what;
  for (const auto& [name, value] : request.query) {
    append_field(what, name);
    append_field(what, value);
  }
  what += '|';
  Hasher hasher;
  return std::make_shared<const ReplayKey>(actor.area, actor.session, hasher.hash({who}),
                                           hasher.hash({what, request.body}));
}

Result<std::optional<http::Response>> find_reply(sql::Reader& store,
                                                 auth::Vault& vault,
                                                 const ReplayKey& key,
                                                 Instant now) {
  auto kept = SJ_TRY(find_kept(store, vault, key, now));
  if (kept && kept->status == kDoAgain) kept.reset();
  return kept;
}

Result<http::Response> do_once(desk::Tx& tx, const Call& call, const Write& work) {
  if (!call.replay) return work(call, tx);
  auto earlier = SJ_TRY(find_kept(tx, tx.vault(), *call.replay, tx.now()));
  if (earlier && earlier->status != kDoAgain) return *std::move(earlier);
  http::Response reply = SJ_TRY(work(call, tx));
  if (reply.status >= 400 || earlier) return reply;
  const std::string body = body_mark(tx.vault(), *call.replay);
  const std::string sealed = tx.vault().seal_plain(kPurpose, pack(to_keep(call, reply)));
  static_cast<void>(SJ_TRY(tx.run(kKeep, {call.replay->area(), call.replay->key(), sql::Blob{body},
                                          tx.now(), sql::Blob{sealed}})));
  return reply;
}

desk::Job forget_replies_job() {
  desk::Job job;
  job.name = "api.forget_replies";
  job.deletes = true;
  job.every_minutes = 60;
  job.work = [](desk::Tx& tx) -> Result<void> {
    const Instant before(tx.now().utc_ms() - kReplayHours * kHourMs);
    static_cast<void>(SJ_TRY(tx.run(kForget, {before})));
    return {};
  };
  return job;
}

}  // namespace sj::api
