#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/api/route.h"
#include "kernel/http/server.h"
#include "kernel/log/log.h"

namespace sj::api {

/// A session as its room found it.
struct Session {
  auth::Actor actor{};
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

struct Settings {
  int readers = 2;  // reading threads, a connection each
  int slow_threads = 1;
  std::size_t slow_queue = 32;
  std::size_t read_queue = 4'000;
  bool test_clock = false;  // X-Test-Now moves the clock of its request
  std::string cookie = "sj";
  bool secure_cookie = false;
};

/// Brings requests to routes: static files, route lookup, session, CSRF, permission,
/// Idempotency-Key, pools, and every Error into application/problem+json (RFC 9457), in one place.
class Dispatcher final : public http::Application {
 public:
  /// Checks the table: no two routes for one path and method, no route without an id, unique ids,
  /// every permission declared by its room; a broken table breaks an invariant.
  Dispatcher(Settings settings,
             std::vector<Room> rooms,
             FindSession find_session,
             sql::Database& database,
             desk::Desk& desk,
             const Clock& clock,
             auth::Vault& vault,
             Entropy& entropy,
             log::Log& log);
  ~Dispatcher() override;

  void serve_files(std::vector<StaticFile> files);

  [[nodiscard]] http::Admission admit(const http::Request& request) override;
  void handle(http::Request request, http::Respond respond) override;
  [[nodiscard]] http::Response refuse(const http::Request* request, Error error) override;

  /// OpenAPI 3.1 of every route; `x-permission` names each route's permission.
  [[nodiscard]] std::string openapi() const;
  /// Prometheus text of requests by route and status, latencies, desk, queues.
  [[nodiscard]] std::string metrics() const;
  /// Runs what waits and stops the threads.
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sj::api
