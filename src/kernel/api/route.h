#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "kernel/auth/access.h"
#include "kernel/base/result.h"
#include "kernel/desk/desk.h"
#include "kernel/desk/jobs.h"
#include "kernel/desk/outbox.h"
#include "kernel/http/message.h"
#include "kernel/sql/sql.h"

namespace sj::api {

struct Call;
class ReplayKey;

/// Loads and answers; on a reading thread, in a snapshot.
using Read = std::function<Result<http::Response>(const Call&, sql::Reader&)>;
/// Loads, decides, stores and answers; on the desk, as one unit of work. The reply leaves after the
/// disk has the effect. May be run again when its group could not be committed.
using Write = std::function<Result<http::Response>(const Call&, desk::Tx&)>;
/// Where slow work waits: neither kind ever waits for the other.
enum class Lane : unsigned char {
  files,   // many rows; a short queue
  logins,  // passwords (argon2id) and codes of whoever stands at the door: answered within ten
           // seconds, or told at once that he cannot be
};
/// Slow or heavy work off the reading threads, in the pool of its lane, with a snapshot of its own;
/// stores by `call.store(desk, ...)`.
struct Slow {
  std::function<Result<http::Response>(const Call&, sql::Reader&, desk::Desk&)> run{};
  Lane lane = Lane::logins;
  /// Names somebody without a session who is known all the same, so that strangers do not stand
  /// before him; empty for a stranger. In the snapshot in which the session was looked up.
  std::function<Result<std::string>(const Call&, sql::Reader&)> known{};
};
/// Answered on the spot, on a thread of the transport, without session or store.
struct Instantly {
  std::function<Result<http::Response>(const http::Request&)> run{};
};
using Handler = std::variant<Read, Write, Slow, Instantly>;

/// One call of one route, after session, permission and limits were found in order.
struct Call {
  const http::Request& request;
  const auth::Actor& actor;
  const auth::Access& access;
  /// Where the actor holds the route's permission. Empty for kPublic and kSignedIn.
  const auth::Scope& scope;
  Instant now;
  std::vector<std::string> path_values{};  // of `{...}` in the path, in order
  /// In a rehearsal the moment that X-Test-Now told; then `now` is the same.
  std::optional<Instant> test_now{};
  /// Of a request with an Idempotency-Key.
  std::shared_ptr<const ReplayKey> replay{};
  bool shown_once = false;  // as its route's Doc says
  std::string_view cookie = "sj";
  bool secure_cookie = false;

  /// Who and when, for a handler that goes to the desk itself.
  [[nodiscard]] desk::Unit unit() const { return {actor, test_now}; }

  /// For Slow handlers: does `work` as one unit of work on the desk and waits until the disk has
  /// it. What a route that is a Write gets by itself holds here too: with an Idempotency-Key the
  /// reply is kept in the same unit, and a key that was used meanwhile answers with the reply kept
  /// instead of doing the work. (A key used before the handler began never reaches it.)
  /// Use it at most once in a call. Fails: api.idempotency_mismatch (conflict), what `work` and
  /// desk::Desk::run fail with.
  [[nodiscard]] Result<http::Response> store(desk::Desk& desk, const Write& work) const;

  /// The header that signs a browser in, or out with an empty token.
  [[nodiscard]] http::Header session_cookie(std::string_view token, std::int64_t seconds) const;

  /// The n-th `{...}` as an id. Fails: api.bad_id (invalid).
  [[nodiscard]] Result<std::int64_t> id(std::size_t n) const;
  /// Fails: api.bad_query (invalid), naming the parameter.
  [[nodiscard]] Result<std::int64_t> query_number(std::string_view name,
                                                  std::int64_t fallback,
                                                  std::int64_t min,
                                                  std::int64_t max) const;
  /// Empty if it is not there.
  [[nodiscard]] std::string query_text(std::string_view name) const;
};

/// What a value in the query looks like.
enum class Takes : unsigned char { text, number, id, day };

/// A value in the query, for OpenAPI.
struct QueryParameter {
  std::string_view name{};
  std::string_view about{};
  Takes takes = Takes::text;
  std::span<const std::string_view> one_of{};  // not empty: only these
};

/// A JSON Schema (2020-12) as text, made from a described struct: kernel/json/schema.h.
using SchemaOf = std::string (*)();

/// What OpenAPI and the web client's types say of a route.
struct Doc {
  std::string_view id{};       // unique: "list_schools"
  std::string_view summary{};  // one English sentence
  std::vector<QueryParameter> query{};
  SchemaOf body = nullptr;
  std::string_view body_type = "application/json";   // of something else: xlsx, zip
  SchemaOf reply = nullptr;                          // nullptr: no JSON body
  std::string_view reply_type = "application/json";  // of something else: xlsx, pdf, csv
  int status = 200;
  /// The reply holds a secret that was just made (a code, a first password): it is never kept, and
  /// whoever asks again with his Idempotency-Key is told to make a new one.
  bool shown_once = false;
};

/// One endpoint. Without a permission it does not compile.
class Route {
 public:
  Route(http::Method method,
        std::string_view path,
        auth::Permission permission,
        Handler handler,
        Doc doc)
      : method_(method),
        path_(path),
        permission_(permission),
        handler_(std::move(handler)),
        doc_(std::move(doc)) {}

  /// Takes larger bodies than 64 KB.
  Route& body_max(std::size_t bytes) {
    body_max_ = bytes;
    return *this;
  }

  [[nodiscard]] http::Method method() const { return method_; }
  [[nodiscard]] std::string_view path() const { return path_; }  // "/api/org/schools/{school}"
  [[nodiscard]] auth::Permission permission() const { return permission_; }
  [[nodiscard]] const Handler& handler() const { return handler_; }
  [[nodiscard]] const Doc& doc() const { return doc_; }
  [[nodiscard]] std::size_t body_max() const { return body_max_; }

 private:
  http::Method method_;
  std::string_view path_;
  auth::Permission permission_;
  Handler handler_;
  Doc doc_;
  std::size_t body_max_ = 64UL * 1024;
};

/// Something that always holds between rows, for `audit verify`.
struct Invariant {
  std::string_view holds{};                // a sentence
  const sql::Statement* breaks = nullptr;  // counts the rows that break it
};

/// Values that lie sealed, for `audit verify`, which unseals them all. Rows of: area, person (0:
/// under the master key), purpose, bytes, and the blind index of what is in them or NULL.
struct Sealed {
  std::string_view what{};
  const sql::Statement* rows = nullptr;
};

/// What a room adds to the program: `room.h` of each room gives one of these.
struct Room {
  std::string name{};
  std::vector<Route> routes{};
  std::vector<desk::Listener> listeners{};
  std::vector<desk::Job> jobs{};
  std::vector<auth::Permission> permissions{};
  std::vector<Invariant> invariants{};
  std::vector<Sealed> sealed{};
};

}  // namespace sj::api
