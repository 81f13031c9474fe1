#include "kernel/api/application.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <set>
#include <utility>

#include "kernel/api/files.h"
#include "kernel/api/gzip.h"
#include "kernel/api/metrics.h"
#include "kernel/api/openapi.h"
#include "kernel/api/pool.h"
#include "kernel/api/problem.h"
#include "kernel/api/replay.h"
#include "kernel/api/reply.h"
#include "kernel/api/table.h"
#include "kernel/auth/secret.h"
#include "kernel/base/check.h"
#include "kernel/http/syntax.h"
#include "kernel/json/schema.h"
#include "kernel/json/writer.h"
#include "kernel/time/zone.h"

namespace sj::api {
namespace {

constexpr std::size_t kLoginQueue = 4'000;      // far beyond what is done in time
constexpr std::size_t kLeastToCompress = 1400;  // what fits into one packet gains nothing

using Steady = std::chrono::steady_clock;

bool changes_something(http::Method method) {
  return method != http::Method::get && method != http::Method::head;
}

bool is_of_api(std::string_view path) {
  return path == "/api" || path.substr(0, 5) == "/api/";
}

Error refusal(ErrorKind kind, const char* code, const char* what) {
  return {kind, code, what};
}

Error busy() {
  return refusal(ErrorKind::unavailable, "api.busy", "too many requests are waiting");
}

// A session's token as the request brings it.
struct Token {
  std::string_view text{};
  bool from_cookie = false;
};

Token token_of(const http::Request& request, std::string_view cookie) {
  constexpr std::string_view kBearer = "Bearer ";
  if (const auto header = request.header("authorization");
      header && http::equal_ignoring_case(header->substr(0, kBearer.size()), kBearer)) {
    return {header->substr(kBearer.size()), false};
  }
  return {request.cookie(cookie).value_or(std::string_view()), true};
}

// What a form of any page can send without asking first; our own pages send JSON.
bool is_of_form(const http::Request& request) {
  std::string type(request.header("content-type").value_or(""));
  for (char& c : type) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return type.starts_with("text/plain") || type.starts_with("multipart/form-data") ||
         type.starts_with("application/x-www-form-urlencoded");
}

// A page of another site may show links to us, but not act here in somebody's name, nor put its own
// session into somebody's browser. Browsers name the page's origin on whatever changes something;
// old ones may say nothing, and then a form can only do what wants the token of a session, too.
bool is_foreign(const http::Request& request, auth::Permission wanted, std::string_view base_url) {
  const auto site = request.header("sec-fetch-site");
  if (site) return *site != "same-origin" && *site != "none";
  const auto origin = request.header("origin");
  if (!origin) return wanted.bit == auth::kPublic.bit && is_of_form(request);
  if (*origin == base_url) return false;
  const auto host = request.header("host");
  const std::size_t end = origin->find("://");
  return !host || end == std::string_view::npos || origin->substr(end + 3) != *host;
}

// A reply, or nothing when the request goes on elsewhere.
using MaybeReply = Result<std::optional<http::Response>>;

// What breaks in `work` becomes an error here, where a unit of work starts.
MaybeReply without_throwing(const std::function<MaybeReply()>& work) {
  try {
    return work();
  } catch (const std::exception& broken) {
    return Error{ErrorKind::internal, "api.fault", broken.what()};
  }
}

MaybeReply in_snapshot(sql::Connection& connection, const std::function<MaybeReply()>& work) {
  SJ_TRY(connection.begin_read());
  MaybeReply reply = without_throwing(work);
  connection.rollback();
  return reply;
}

MaybeReply as_maybe(Result<http::Response> reply) {
  if (!reply.ok()) return std::move(reply).error();
  return std::optional<http::Response>(std::move(reply).value());
}

bool may_read_metrics(const http::Request& request, const Settings& settings) {
  if (request.operator_socket) return true;
  if (settings.metrics_token.empty()) return settings.metrics_on_loopback && request.is_loopback;
  const Token sent = token_of(request, "");
  return !sent.from_cookie && auth::equal_secrets(sent.text, settings.metrics_token);
}

// The program's own routes.
Room kernel_room(const Instantly& ready, const Instantly& metrics, const Instantly& document) {
  Room kernel;
  kernel.name = "kernel";
  Instantly health;
  health.run = [](const http::Request&) -> Result<http::Response> {
    return reply(R"({"status":"ok"})");
  };
  kernel.routes.emplace_back(http::Method::get, "/healthz", auth::kPublic, health,
                             Doc{.id = "healthz", .summary = "Tells that the server answers."});
  kernel.routes.emplace_back(
      http::Method::get, "/readyz", auth::kPublic, ready,
      Doc{.id = "readyz",
          .summary = "Tells whether the server can do its work, and what is wrong."});
  kernel.routes.emplace_back(http::Method::get, "/metrics", auth::kPublic, metrics,
                             Doc{.id = "metrics", .summary = "Tells figures to Prometheus."});
  kernel.routes.emplace_back(http::Method::get, "/api/openapi.json", auth::kPublic, document,
                             Doc{.id = "openapi",
                                 .summary = "Describes every endpoint in OpenAPI 3.1.",
                                 .reply = +[] { return json::schema_of<json::RawObject>(); }});
  return kernel;
}

// Codes with their sentences: no place of the server, host or port is among them.
void write_found(json::Writer& out,
                 std::string_view name,
                 const std::vector<std::string>& codes,
                 Language language) {
  out.key(name).begin_array();
  for (const std::string& code : codes) {
    out.begin_object().key("code").value(code);
    out.key("title").value(sentence_of(code, language)).end_object();
  }
  out.end_array();
}

http::Response tell_ready(desk::Readiness* readiness, const http::Request& request) {
  const auto found = readiness == nullptr ? desk::Readiness::Verdict{} : readiness->tell();
  const Language language = preferred_language(request.header("accept-language"));
  json::Writer out;
  out.begin_object().key("status").value(found.wrong.empty() ? "ready" : "not_ready");
  write_found(out, "wrong", found.wrong, language);
  write_found(out, "notes", found.notes, language);
  http::Response response = reply(out.end_object().take(), found.wrong.empty() ? 200 : 503);
  response.headers.push_back({"Cache-Control", "no-store"});
  return response;
}

}  // namespace

std::string document_of(std::vector<Room> rooms, const Settings& settings) {
  rooms.insert(rooms.begin(), kernel_room({}, {}, {}));
  return openapi_of(rooms, settings.cookie);
}

struct Dispatcher::State {
  // One request on its way to its reply; owned by whoever works on it.
  struct Pending {
    const Route* route = nullptr;
    std::size_t number = 0;  // of the route
    std::vector<std::string> path_values{};
    http::Request request{};
    http::Respond respond{};
    Steady::time_point began{};
    Session session{};
    auth::Scope scope{};
    Instant now{0};
    std::optional<Instant> test_now{};
    std::shared_ptr<const ReplayKey> replay{};
    http::Response reply{};
    std::string known_as{};  // of a Slow: whose turn it takes; empty for a stranger
  };
  using PendingPtr = std::shared_ptr<Pending>;

  State(Settings with,
        std::vector<Room> of_rooms,
        FindSession finder,
        sql::Database& database,
        desk::Desk& to_desk,
        const Clock& with_clock,
        auth::Vault& with_vault,
        const log::Log& to_log)
      : settings(std::move(with)),
        rooms(std::move(of_rooms)),
        find_session(std::move(finder)),
        desk(to_desk),
        clock(with_clock),
        vault(with_vault),
        log(to_log),
        readers(database, {settings.readers, settings.read_queue}),
        slow(database, {settings.slow_threads, settings.slow_queue}),
        logins(database, {settings.login_threads, kLoginQueue, settings.login_wait}) {}

  Settings settings;
  std::vector<Room> rooms;
  FindSession find_session;
  desk::Desk& desk;
  const Clock& clock;
  auth::Vault& vault;
  const log::Log& log;
  RouteTable table{};
  Metrics numbers{};
  std::size_t of_files = 0;  // the number under which files are counted
  std::size_t of_nothing = 0;
  auth::Permissions everything{};
  std::optional<Files> files{};
  mutable std::mutex transport_mutex{};
  std::function<http::Counts()> transport{};  // under transport_mutex
  std::string document{};                     // OpenAPI
  std::mutex on_desk_mutex{};
  std::condition_variable on_desk_changed{};
  std::size_t on_desk = 0;  // writes that are not yet answered
  Pool readers;
  Pool slow;
  Pool logins;

  void add_routes();
  void finish(Pending& pending, http::Response response);
  void fail(Pending& pending, const Error& error);
  [[nodiscard]] http::Response explain(const http::Request& request, const Error& error) const;

  void answer_at_once(Pending& pending, const Instantly& handler);
  void read(const PendingPtr& pending, Result<sql::Connection*> connection);
  void give_leave(const PendingPtr& pending, Result<sql::Connection*> connection);
  Result<std::string> known_as(const Pending& pending,
                               const Slow& handler,
                               sql::Reader& store) const;
  void go_slowly(const PendingPtr& pending);
  void write(const PendingPtr& pending, bool again);
  void run_slow(const PendingPtr& pending, Result<sql::Connection*> connection);

  Result<void> take_clock(Pending& pending) const;
  Result<void> admit(Pending& pending, sql::Reader& store) const;
  Result<void> admit_operator(Pending& pending, sql::Reader& store) const;
  Result<void> admit_session(Pending& pending, sql::Reader& store) const;
  Result<std::optional<http::Response>> prepare(Pending& pending, sql::Reader& store) const;
  [[nodiscard]] Call call_of(const Pending& pending) const;
  std::string metrics_text() const;
};

void Dispatcher::State::add_routes() {
  Instantly tell_metrics;
  tell_metrics.run = [this](const http::Request& request) -> Result<http::Response> {
    if (!may_read_metrics(request, settings)) {
      return refusal(ErrorKind::forbidden, "api.forbidden",
                     "wants the token of --metrics-token, or to be asked from this machine");
    }
    http::Response response = reply(metrics_text());
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    return response;
  };
  Instantly tell_document;
  tell_document.run = [this](const http::Request&) -> Result<http::Response> {
    return reply(document);
  };
  Instantly tell_readiness;
  tell_readiness.run = [this](const http::Request& request) -> Result<http::Response> {
    return tell_ready(settings.readiness, request);
  };
  rooms.insert(rooms.begin(), kernel_room(tell_readiness, tell_metrics, tell_document));

  std::set<std::string_view> ids;
  std::size_t number = 0;
  for (const auth::Permission own : {auth::kPublic, auth::kSignedIn, auth::kOperate}) {
    everything.set(static_cast<std::size_t>(own.bit));
  }
  for (const Room& room : rooms) {
    for (const auth::Permission permission : room.permissions) {
      everything.set(static_cast<std::size_t>(permission.bit));
    }
  }
  for (const Room& room : rooms) {
    for (const Route& route : room.routes) {
      const bool has_id = !route.doc().id.empty();
      SJ_CHECK(has_id);
      SJ_CHECK(!route.doc().summary.empty());
      const bool is_new_id = ids.insert(route.doc().id).second;
      SJ_CHECK(is_new_id);
      const bool is_declared = everything.test(static_cast<std::size_t>(route.permission().bit));
      SJ_CHECK(is_declared);
      const bool at_once = std::holds_alternative<Instantly>(route.handler());
      const bool asks_nobody = !at_once || route.permission().bit == auth::kPublic.bit;
      SJ_CHECK(asks_nobody);
      table.add(route, number++);
      numbers.add_route(std::string(route.doc().id));
    }
  }
  of_files = number++;
  numbers.add_route("files");
  of_nothing = number;
  numbers.add_route("none");
  document = openapi_of(rooms, settings.cookie);
}

void Dispatcher::State::finish(Pending& pending, http::Response response) {
  const auto has = [&](std::string_view name) {
    return std::any_of(response.headers.begin(), response.headers.end(),
                       [&](const http::Header& one) { return one.name == name; });
  };
  if (is_of_api(pending.request.path) && !has("Cache-Control")) {
    response.headers.push_back({"Cache-Control", "no-store"});
  }
  // Only what anybody may read: a secret beside what the asker chose shows in the length of its
  // compression.
  const bool is_public = pending.route != nullptr &&
                         pending.route->permission().bit == auth::kPublic.bit &&
                         pending.request.method == http::Method::get;
  if (is_public && response.body.size() >= kLeastToCompress) {
    response.headers.push_back({"Vary", "Accept-Encoding"});
    const bool wants = http::accepts_coding(pending.request.header("accept-encoding"), "gzip");
    std::string zipped = wants ? gzip(response.body) : "";
    if (!zipped.empty()) {
      response.body = std::move(zipped);
      response.headers.push_back({"Content-Encoding", "gzip"});
    }
  }
  numbers.count(
      pending.number, response.status,
      std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - pending.began));
  // A handler that found no room for its reply must not be asked for it again.
  const http::Respond respond = std::exchange(pending.respond, nullptr);
  respond(std::move(response));
}

void Dispatcher::State::fail(Pending& pending, const Error& error) {
  finish(pending, explain(pending.request, error));
}

http::Response Dispatcher::State::explain(const http::Request& request, const Error& error) const {
  // What is wrong with the store, and where it is, is for the log alone (problem.h).
  if (error.kind == ErrorKind::internal || is_of_store(error)) {
    log.write(log::Level::error, "api.failed", request.id,
              {{"code", std::string_view(error.code)}, {"detail", std::string_view(error.detail)}});
  }
  return problem(error, preferred_language(request.header("accept-language")), request.id);
}

void Dispatcher::State::answer_at_once(Pending& pending, const Instantly& handler) {
  MaybeReply answer = without_throwing([&] { return as_maybe(handler.run(pending.request)); });
  if (!answer.ok()) return fail(pending, answer.error());
  finish(pending, *std::move(answer).value());
}

Result<void> Dispatcher::State::take_clock(Pending& pending) const {
  pending.now = clock.now();
  if (!settings.test_clock) return {};
  const auto told = pending.request.header("x-test-now");
  if (!told) return {};
  const Result<Instant> moment = parse_instant(*told);
  if (!moment.ok()) {
    return refusal(ErrorKind::invalid, "api.bad_test_now", "X-Test-Now is no instant with offset");
  }
  pending.now = moment.value();
  pending.test_now = moment.value();
  return {};
}

Result<void> Dispatcher::State::admit_operator(Pending& pending, sql::Reader& store) const {
  const http::Request& request = pending.request;
  std::string_view named = request.query_value("area").value_or(std::string_view());
  if (const auto header = request.header("x-area")) named = *header;
  std::int64_t area = 0;
  if (settings.find_area) {
    const auto found = settings.find_area(store, named);
    // What makes districts, or looks at the server, belongs to none of them.
    const bool is_for_none = named.empty() && pending.route->permission().bit == auth::kOperate.bit;
    if (!found.ok() && !(is_for_none && found.error().kind == ErrorKind::invalid)) {
      return found.error();
    }
    if (found.ok()) area = found.value();
  } else if (!named.empty()) {
    const char* const end = named.data() + named.size();
    const auto [stop, problem] = std::from_chars(named.data(), end, area);
    if (problem != std::errc() || stop != end || area < 0) {
      return refusal(ErrorKind::invalid, "api.bad_area", "X-Area names no area");
    }
  }
  pending.session.actor.kind = auth::ActorKind::operator_;
  pending.session.actor.area = area;
  auth::Grant grant;
  grant.what = everything;
  grant.role = name_of(auth::ActorKind::operator_);
  std::vector<auth::Grant> grants;
  grants.push_back(std::move(grant));
  pending.session.access = auth::Access(area, std::move(grants));
  pending.scope = pending.session.access.scope(pending.route->permission());
  return {};
}

Result<void> Dispatcher::State::admit_session(Pending& pending, sql::Reader& store) const {
  const http::Request& request = pending.request;
  const auth::Permission permission = pending.route->permission();
  const bool is_public = permission.bit == auth::kPublic.bit;
  const bool changes = changes_something(request.method);
  if (changes && is_foreign(request, permission, settings.base_url)) {
    return refusal(ErrorKind::forbidden, "api.csrf", "a page of another site asked");
  }
  const Token token = token_of(request, settings.cookie);
  std::optional<Session> session;
  if (!token.text.empty()) session = SJ_TRY(find_session(store, token.text, pending.now));
  if (session && changes && token.from_cookie) {
    const auto sent = request.header("x-csrf-token");
    const bool right = sent && !session->csrf.empty() && auth::equal_secrets(*sent, session->csrf);
    if (!right && !is_public) {
      return refusal(ErrorKind::forbidden, "api.csrf", "X-CSRF-Token is not that of the session");
    }
    if (!right) session.reset();
  }
  if (session) pending.session = *std::move(session);
  const bool signed_in = pending.session.actor.kind != auth::ActorKind::nobody;
  if (is_public) return {};
  if (!signed_in) {
    return refusal(ErrorKind::unauthenticated, "api.not_signed_in", "no session");
  }
  if (permission.bit == auth::kSignedIn.bit) return {};
  if (!pending.session.access.has(permission)) {
    return Error{ErrorKind::forbidden, "api.forbidden",
                 std::string("needs the permission ") + permission.name};
  }
  pending.scope = pending.session.access.scope(permission);
  return {};
}

// Who asks, and whether he may.
Result<void> Dispatcher::State::admit(Pending& pending, sql::Reader& store) const {
  return pending.request.operator_socket ? admit_operator(pending, store)
                                         : admit_session(pending, store);
}

// What a route says it takes one of, it is given one of, or nothing.
Result<void> check_words(const Doc& doc, const http::Request& request) {
  for (const auto& one : doc.query) {
    const auto given = request.query_value(one.name);
    if (one.one_of.empty() || !given || given->empty()) continue;
    if (std::find(one.one_of.begin(), one.one_of.end(), *given) != one.one_of.end()) continue;
    const std::string field(one.name);
    std::string takes = field + ": should be one of";
    for (const std::string_view word : one.one_of) {
      takes += ' ';
      takes += word;
    }
    return Error{ErrorKind::invalid,
                 "api.bad_query",
                 takes,
                 {FieldError{field, "api.bad_query", std::string(given->substr(0, 100))}}};
  }
  return {};
}

// The same; gives the reply kept for a request that was already answered.
Result<std::optional<http::Response>> Dispatcher::State::prepare(Pending& pending,
                                                                 sql::Reader& store) const {
  SJ_TRY(admit(pending, store));
  SJ_TRY(check_words(pending.route->doc(), pending.request));
  pending.replay = SJ_TRY(replay_key_of(pending.request, pending.session.actor));
  if (!pending.replay) return std::optional<http::Response>();
  return find_reply(store, vault, *pending.replay, pending.now);
}

Call Dispatcher::State::call_of(const Pending& pending) const {
  return Call{.request = pending.request,
              .actor = pending.session.actor,
              .access = pending.session.access,
              .scope = pending.scope,
              .now = pending.now,
              .path_values = pending.path_values,
              .test_now = pending.test_now,
              .replay = pending.replay,
              .shown_once = pending.route->doc().shown_once,
              .cookie = settings.cookie,
              .secure_cookie = settings.secure_cookie};
}

void Dispatcher::State::read(const PendingPtr& pending, Result<sql::Connection*> connection) {
  if (!connection.ok()) return fail(*pending, connection.error());
  sql::Connection& store = *connection.value();
  MaybeReply answer = in_snapshot(store, [&]() -> MaybeReply {
    auto earlier = SJ_TRY(prepare(*pending, store));
    if (earlier) return earlier;
    const auto* handler = std::get_if<Read>(&pending->route->handler());
    if (const auto* slow_one = std::get_if<Slow>(&pending->route->handler())) {
      pending->known_as = SJ_TRY(known_as(*pending, *slow_one, store));
    }
    if (handler == nullptr) return std::optional<http::Response>();
    return as_maybe((*handler)(call_of(*pending), store));
  });
  if (!answer.ok()) return fail(*pending, answer.error());
  if (answer.value()) return finish(*pending, *std::move(answer).value());
  if (std::holds_alternative<Write>(pending->route->handler())) return write(pending, false);
  go_slowly(pending);
}

// Whose turn a request takes among those who are known; nobody's for a stranger.
Result<std::string> Dispatcher::State::known_as(const Pending& pending,
                                                const Slow& handler,
                                                sql::Reader& store) const {
  const auth::Actor& actor = pending.session.actor;
  if (actor.kind != auth::ActorKind::nobody) {
    return std::to_string(actor.area) + "/" + std::to_string(actor.account);
  }
  return handler.known ? handler.known(call_of(pending), store) : std::string();
}

void Dispatcher::State::go_slowly(const PendingPtr& pending) {
  Pool::Job job = [this, pending](Result<sql::Connection*> of_pool) {
    run_slow(pending, std::move(of_pool));
  };
  if (std::get<Slow>(pending->route->handler()).lane == Lane::files) {
    if (slow.submit(std::move(job))) return;
    return fail(*pending, refusal(ErrorKind::limited, "api.slow_queue_full",
                                  "too many slow requests are waiting"));
  }
  // One address that tries passwords must not stand before everybody else, nor many of them before
  // those who are known.
  const bool known = !pending->known_as.empty();
  if (logins.submit(std::move(job), {known ? pending->known_as : pending->request.peer, known})) {
    return;
  }
  Error full =
      refusal(ErrorKind::limited, "api.logins_full", "more are logging in than can be served now");
  full.fields = {{std::string(kRetryAfter), full.code, "5"}};
  fail(*pending, full);
}

// Says whether the body of a request may come, before it has.
void Dispatcher::State::give_leave(const PendingPtr& pending, Result<sql::Connection*> connection) {
  if (!connection.ok()) return fail(*pending, connection.error());
  sql::Connection& store = *connection.value();
  const MaybeReply admitted = in_snapshot(store, [&]() -> MaybeReply {
    SJ_TRY(admit(*pending, store));
    return std::optional<http::Response>();
  });
  if (!admitted.ok()) return fail(*pending, admitted.error());
  http::Response go_on;
  go_on.status = 100;
  std::exchange(pending->respond, nullptr)(std::move(go_on));
}

void Dispatcher::State::write(const PendingPtr& pending, bool again) {
  {
    const std::lock_guard hold(on_desk_mutex);
    ++on_desk;
  }
  const auto leave = [this] {
    // Told with the lock held: close() must not return while this is still being said.
    const std::lock_guard hold(on_desk_mutex);
    --on_desk;
    on_desk_changed.notify_all();
  };
  const Result<void> queued = desk.submit(
      {pending->session.actor, pending->test_now},
      [this, pending](desk::Tx& tx) -> Result<void> {
        const auto& handler = std::get<Write>(pending->route->handler());
        pending->reply = SJ_TRY(do_once(tx, call_of(*pending), handler));
        return {};
      },
      [this, pending, again, leave](const Result<void>& done) {
        // Another process kept a reply for this key first: now it can be found.
        const bool raced =
            !done.ok() && pending->replay && !again && done.error().code == "sql.duplicate";
        if (raced) {
          write(pending, true);
        } else if (done.ok()) {
          finish(*pending, std::move(pending->reply));
        } else {
          fail(*pending, done.error());
        }
        leave();
      });
  if (queued.ok()) return;
  fail(*pending, queued.error());
  leave();
}

void Dispatcher::State::run_slow(const PendingPtr& pending, Result<sql::Connection*> connection) {
  if (!connection.ok()) return fail(*pending, connection.error());
  sql::Connection& store = *connection.value();
  MaybeReply answer = in_snapshot(store, [&] {
    return as_maybe(std::get<Slow>(pending->route->handler()).run(call_of(*pending), store, desk));
  });
  if (!answer.ok()) return fail(*pending, answer.error());
  finish(*pending, *std::move(answer).value());
}

std::string Dispatcher::State::metrics_text() const {
  std::string out;
  numbers.write(out);
  const desk::DeskCounts counts = desk.counts();
  write_metric(out, "shuangjian_desk_units_total", "counter", "Units of work done.", counts.units);
  write_metric(out, "shuangjian_desk_refused_total", "counter", "Units rolled back by their error.",
               counts.refused);
  write_metric(out, "shuangjian_desk_faults_total", "counter", "Of those, by faults of ours.",
               counts.faults);
  write_metric(out, "shuangjian_desk_groups_total", "counter", "Commits.", counts.groups);
  write_metric(out, "shuangjian_desk_groups_lost_total", "counter", "Commits that failed.",
               counts.groups_lost);
  write_metric(out, "shuangjian_desk_group_largest", "gauge", "Most units in one commit.",
               counts.group_largest);
  write_metric(out, "shuangjian_desk_commit_microseconds_total", "counter", "Spent in commits.",
               counts.commit_us);
  write_metric(out, "shuangjian_desk_waiting", "gauge", "Units waiting.", counts.waiting);
  write_metric(out, "shuangjian_reads_waiting", "gauge", "Requests waiting to be read.",
               readers.waiting());
  write_metric(out, "shuangjian_slow_waiting", "gauge", "Slow requests waiting.", slow.waiting());
  write_metric(out, "shuangjian_logins_waiting", "gauge", "Logins waiting.", logins.waiting());
  const std::lock_guard hold(transport_mutex);
  if (!transport) return out;
  const http::Counts net = transport();
  write_metric(out, "shuangjian_http_requests_total", "counter", "Heads of requests read.",
               net.requests);
  write_metric(out, "shuangjian_http_connections", "gauge", "Connections open.",
               net.connections_open);
  write_metric(out, "shuangjian_http_connections_refused_total", "counter",
               "Connections turned away.", net.connections_refused);
  write_metric(out, "shuangjian_http_bytes_in_total", "counter", "Bytes read.", net.bytes_in);
  write_metric(out, "shuangjian_http_bytes_out_total", "counter", "Bytes written.", net.bytes_out);
  return out;
}

Dispatcher::Dispatcher(Settings settings,
                       std::vector<Room> rooms,
                       FindSession find_session,
                       sql::Database& database,
                       desk::Desk& desk,
                       const Clock& clock,
                       auth::Vault& vault,
                       const log::Log& log)
    : state_(std::make_unique<State>(std::move(settings),
                                     std::move(rooms),
                                     std::move(find_session),
                                     database,
                                     desk,
                                     clock,
                                     vault,
                                     log)) {
  state_->add_routes();
}

Dispatcher::~Dispatcher() {
  close();
}

void Dispatcher::serve_files(std::vector<StaticFile> files) {
  state_->files.emplace(std::move(files));
}

http::Admission Dispatcher::admit(const http::Request& request) {
  const RouteTable::Found found = state_->table.find(request.method, request.path);
  if (found.route == nullptr) return {};
  return {found.route->body_max()};
}

void Dispatcher::ask_leave(http::Request request, http::Respond respond) {
  State& state = *state_;
  auto pending = std::make_shared<State::Pending>();
  pending->began = Steady::now();
  pending->request = std::move(request);
  pending->respond = std::move(respond);
  const RouteTable::Found found = state.table.find(pending->request.method, pending->request.path);
  const bool wants_large = found.route != nullptr;  // or admit() would have let nothing large in
  SJ_CHECK(wants_large);
  pending->route = found.route;
  pending->number = found.number;
  const Result<void> clocked = state.take_clock(*pending);
  if (!clocked.ok()) return state.fail(*pending, clocked.error());
  const bool taken = state.readers.submit([&state, pending](Result<sql::Connection*> connection) {
    state.give_leave(pending, std::move(connection));
  });
  if (!taken) state.fail(*pending, busy());
}

void Dispatcher::handle(http::Request request, http::Respond respond) {
  State& state = *state_;
  auto pending = std::make_shared<State::Pending>();
  pending->began = Steady::now();
  pending->request = std::move(request);
  pending->respond = std::move(respond);
  const http::Request& asked = pending->request;
  RouteTable::Found found = state.table.find(asked.method, asked.path);
  if (found.route == nullptr) {
    pending->number = state.of_nothing;
    const bool is_page = !is_of_api(asked.path) && state.files && found.methods.empty();
    if (is_page && !changes_something(asked.method)) {
      if (auto file = state.files->serve(asked)) {
        pending->number = state.of_files;
        return state.finish(*pending, *std::move(file));
      }
    }
    if (found.methods.empty()) {
      return state.fail(
          *pending, refusal(ErrorKind::not_found, "api.no_route", "nothing is at this address"));
    }
    http::Response response = state.explain(
        asked, refusal(ErrorKind::invalid, "api.wrong_method", "this address has other methods"));
    std::string allowed;
    for (const http::Method method : found.methods) {
      allowed.append(allowed.empty() ? "" : ", ").append(http::name_of(method));
    }
    response.headers.push_back({"Allow", allowed});
    return state.finish(*pending, std::move(response));
  }
  pending->route = found.route;
  pending->number = found.number;
  pending->path_values = std::move(found.values);
  if (const auto* handler = std::get_if<Instantly>(&found.route->handler())) {
    return state.answer_at_once(*pending, *handler);
  }
  const Result<void> clocked = state.take_clock(*pending);
  if (!clocked.ok()) return state.fail(*pending, clocked.error());
  // Nobody's write to a public route needs nothing from the store before the desk has it.
  const bool is_nobodys =
      !asked.operator_socket && token_of(asked, state.settings.cookie).text.empty();
  if (is_nobodys && found.route->permission().bit == auth::kPublic.bit &&
      !is_foreign(asked, found.route->permission(), state.settings.base_url) &&
      std::holds_alternative<Write>(found.route->handler())) {
    auto replay = replay_key_of(asked, pending->session.actor);
    if (!replay.ok()) return state.fail(*pending, replay.error());
    pending->replay = std::move(replay).value();
    return state.write(pending, false);
  }
  const bool taken = state.readers.submit([&state, pending](Result<sql::Connection*> connection) {
    state.read(pending, std::move(connection));
  });
  if (!taken) state.fail(*pending, busy());
}

http::Response Dispatcher::refuse(const http::Request* request, Error error) {
  const http::Request unknown;
  const http::Request& asked = request == nullptr ? unknown : *request;
  http::Response response = state_->explain(asked, error);
  state_->numbers.count(state_->of_nothing, response.status, std::chrono::microseconds(0));
  return response;
}

std::string Dispatcher::openapi() const {
  return state_->document;
}

std::string Dispatcher::metrics() const {
  return state_->metrics_text();
}

void Dispatcher::watch(std::function<http::Counts()> counts) {
  const std::lock_guard hold(state_->transport_mutex);
  state_->transport = std::move(counts);
}

void Dispatcher::close() {
  // In the order in which requests pass: what a reader hands on is still taken.
  state_->readers.close();
  state_->slow.close();
  state_->logins.close();
  std::unique_lock hold(state_->on_desk_mutex);
  state_->on_desk_changed.wait(hold, [this] { return state_->on_desk == 0; });
}

}  // namespace sj::api
