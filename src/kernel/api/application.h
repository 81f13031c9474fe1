#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/api/route.h"
#include "kernel/desk/readiness.h"
#include "kernel/http/server.h"
#include "kernel/log/log.h"

namespace sj::api {

/// A session as its room found it.
struct Session {
  auth::Actor actor{};  // of kind staff or guardian
  auth::Access access{};
  std::string csrf{};  // what X-CSRF-Token must say on every method that changes something
};

/// Looks up the session behind a cookie or a bearer token; nothing when it is unknown, expired or
/// revoked. Asked for every request, on a reading thread.
using FindSession = std::function<Result<std::optional<Session>>(
    sql::Reader&, std::string_view token, Instant now)>;

/// A file to be served as it is.
struct StaticFile {
  std::string path{};  // "/assets/app-3f2a.js"
  std::string content_type{};
  std::string etag{};
  bool immutable = false;
  std::shared_ptr<const std::string> plain{};
  std::shared_ptr<const std::string> gzip{};
  std::shared_ptr<const std::string> brotli{};
};

/// The area an operator's X-Area or `?area=` names, by id or by code; the only one there is, or 0,
/// when it is empty. Asked on a reading thread.
using FindArea = std::function<Result<std::int64_t>(sql::Reader&, std::string_view named)>;

struct Settings {
  int readers = 2;       // reading threads, a connection each
  int slow_threads = 1;  // for Lane::files
  std::size_t slow_queue = 32;
  int login_threads = 2;  // for Lane::logins
  std::chrono::milliseconds login_wait{10'000};
  std::size_t read_queue = 4'000;
  bool test_clock = false;  // X-Test-Now moves the clock of its request
  std::string cookie = "sj";
  bool secure_cookie = false;
  /// How people reach the server; a page of this origin is none of another site.
  std::string base_url{};
  /// Who may read /metrics: whoever sends this as `Authorization: Bearer`; without one whoever asks
  /// from this machine, if `metrics_on_loopback`; the operator always.
  std::string metrics_token{};
  bool metrics_on_loopback = true;
  /// Without it X-Area holds an id.
  FindArea find_area{};
  /// What GET /readyz tells; without it the server is as ready as it is alive.
  desk::Readiness* readiness = nullptr;
};

/// What a Dispatcher of these rooms tells at GET /api/openapi.json, without a store or a server.
[[nodiscard]] std::string document_of(std::vector<Room> rooms, const Settings& settings);

/// Brings requests to routes: static files, route lookup, session, CSRF, permission,
/// Idempotency-Key, pools, and every Error into application/problem+json (RFC 9457), in one place.
///
/// Who asks is, in this order: the operator, on the server's own socket, with every permission in
/// the area that `X-Area` or `?area=` names; the session behind `Authorization: Bearer`; the
/// session behind the cookie, which on every method that changes something must send its
/// X-CSRF-Token (on a public route it otherwise counts as nobody); nobody. A page of another site
/// (Sec-Fetch-Site) changes nothing.
///
/// A body above http::Limits::small_body_bytes is read only after session and permission have been
/// found in order.
///
/// Session, permission and a repeated Idempotency-Key are looked up on a reading thread, for a Read
/// in the snapshot it then reads. A POST with an Idempotency-Key whose reply was a success is
/// answered with that reply for 48 hours.
///
/// Adds the routes GET /healthz, GET /readyz, GET /metrics and GET /api/openapi.json. With
/// `Settings::test_clock` the header X-Test-Now moves the clock of its request.
///
/// Refuses with: api.no_route, api.wrong_method, api.not_signed_in, api.forbidden, api.csrf,
/// api.bad_area, api.bad_test_now, api.bad_idempotency_key, api.idempotency_mismatch, api.busy (the
/// queue of reads is full), api.slow_queue_full, api.logins_full, api.fault (something broke; it is
/// in the log).
class Dispatcher final : public http::Application {
 public:
  /// Checks the table: no two routes for one path and method, no route without an id, unique ids,
  /// every permission declared by a room; a broken table breaks an invariant.
  Dispatcher(Settings settings,
             std::vector<Room> rooms,
             FindSession find_session,
             sql::Database& database,
             desk::Desk& desk,
             const Clock& clock,
             auth::Vault& vault,
             const log::Log& log);
  ~Dispatcher() override;

  /// Before the first request.
  void serve_files(std::vector<StaticFile> files);

  [[nodiscard]] http::Admission admit(const http::Request& request) override;
  void ask_leave(http::Request request, http::Respond respond) override;
  void handle(http::Request request, http::Respond respond) override;
  [[nodiscard]] http::Response refuse(const http::Request* request, Error error) override;

  /// OpenAPI 3.1 of every route; `x-permission` names each route's permission.
  [[nodiscard]] std::string openapi() const;
  /// Prometheus text of requests by route and status, latencies, desk, queues.
  [[nodiscard]] std::string metrics() const;
  /// What /metrics also tells of the transport. `counts` must be safe from any thread; it is not
  /// called any more once another has taken its place.
  void watch(std::function<http::Counts()> counts);
  /// Runs what waits, waits for what is on the desk, and stops the threads. After the server has
  /// stopped and before the desk closes. The destructor does it too.
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sj::api
