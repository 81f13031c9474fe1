#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/http/message.h"

namespace sj::http {

struct Limits {
  std::size_t header_bytes = 16UL * 1024;
  std::size_t headers = 100;
  std::size_t connections = 18'000;
  /// Behind one address there may be a school's Wi-Fi: a thousand parents with four connections.
  std::size_t connections_of_peer = 4'000;
  /// Bodies in memory until their replies are there: of one address, and of all together.
  struct Bodies {
    std::size_t of_peer_bytes = 0;
    std::size_t all_bytes = 0;
  };
  std::size_t small_body_bytes = 64UL * 1024;  // larger ones are read with leave only
  Bodies small_bodies{16UL * 1024 * 1024, 256UL * 1024 * 1024};
  Bodies large_bodies{256UL * 1024 * 1024, 512UL * 1024 * 1024};
  std::chrono::milliseconds idle{75'000};         // between requests of a kept-alive connection
  std::chrono::milliseconds head{10'000};         // for the head of a request, from its first byte
  std::chrono::milliseconds body_stall{20'000};   // without a byte of the body arriving
  std::chrono::milliseconds body{300'000};        // for the whole of the body
  std::chrono::milliseconds small_body{10'000};   // the same, of up to small_body_bytes
  std::chrono::milliseconds write_stall{20'000};  // without a byte of the reply being taken
  std::chrono::milliseconds handler{120'000};     // then 503, and a late answer is dropped
  std::chrono::milliseconds drain{20'000};        // for what a graceful stop found accepted
};

struct Options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;  // 0: any; see Server::port()
  /// Besides, a socket in the file system with mode 0600; empty for none.
  std::string unix_socket{};
  /// PEM files; both or none. ECDSA P-256 is what the README tells how to make.
  std::string tls_certificate{};
  std::string tls_key{};
  /// People come by TLS although it ends before this server, so browsers are told to keep to it.
  bool by_tls_only = false;
  /// Each has its own event loop and takes its share of the connections. One is right for two
  /// cores: reading threads and the desk need the other.
  int threads = 1;
  /// Addresses or networks of proxies in front, whose X-Forwarded-For is believed (sender_of());
  /// empty: nobody's. Their connections are not counted as one address's.
  std::vector<std::string> proxies{};
  Limits limits{};
};

/// What the server asks about a request before its body is read.
struct Admission {
  std::size_t body_bytes_max = 64UL * 1024;
};

/// What lies behind the transport. Called on the server's threads: must not block. What it throws
/// ends the request with http.unanswered.
class Application {
 public:
  Application() = default;
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;
  virtual ~Application() = default;

  /// `request` has everything but its body.
  [[nodiscard]] virtual Admission admit(const Request& request) = 0;
  /// Asked before a body above Limits::small_body_bytes is read, with everything but the body.
  /// Status 100 lets it come; any other reply is sent instead, and ends the connection.
  virtual void ask_leave(Request request, Respond respond) = 0;
  virtual void handle(Request request, Respond respond) = 0;
  /// What the transport itself refuses (bad syntax, too large, too slow, too many), so that those
  /// replies look like all others. `code` is one of http.* in docs/errors.csv. `request`, if one
  /// was understood, has its method, id and headers. The connection is closed after it.
  [[nodiscard]] virtual Response refuse(const Request* request, Error error) = 0;
};

struct Counts {
  std::uint64_t requests = 0;
  std::uint64_t connections_open = 0;
  std::uint64_t connections_refused = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
};

/// HTTP/1.1 with keep-alive and pipelining in order, optional TLS 1.2+ with session tickets.
///
/// Adds to every reply Date, X-Request-Id, Content-Length, X-Content-Type-Options, Referrer-Policy
/// and, for HTML, a Content-Security-Policy, unless the reply has its own. A Respond that is let go
/// without a call answers http.unanswered.
///
/// Limits: those of Limits, each answered with a code of its own. Whoever comes when all places, or
/// all of his address, are taken gets that of a connection whose request is not complete, or whose
/// reply is not taken: of the address that has most, the one longest without progress. Only where
/// there is none he is answered with 503, or 429. The number of files the process may open is
/// raised to its hard limit; `connections` is lowered to what that leaves room for, and
/// `connections_of_peer` to a quarter of it.
class Server {
 public:
  /// Checks everything and listens; whoever connects waits for begin(). From then on the process
  /// ignores SIGPIPE.
  /// Fails: http.cannot_listen (unavailable), http.bad_certificate, http.bad_network (invalid).
  [[nodiscard]] static Result<std::unique_ptr<Server>> listen(const Options& options);
  /// Listens and begins.
  [[nodiscard]] static Result<std::unique_ptr<Server>> start(const Options& options,
                                                             Application& application);
  Server() = default;
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  virtual ~Server() = default;

  /// Answers by `application`, which must outlive this; listens on `unix_socket` as well. Once.
  /// Fails: http.cannot_listen (unavailable).
  [[nodiscard]] virtual Result<void> begin(Application& application) = 0;
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  [[nodiscard]] virtual Counts counts() const = 0;
  /// Takes no more connections, finishes what it accepted (at most Limits::drain), then returns.
  /// Not from a thread of the server. The destructor does it too.
  virtual void stop() = 0;
};

}  // namespace sj::http
