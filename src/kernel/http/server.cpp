#include "kernel/http/server.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstring>
#include <list>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>

#include <arpa/inet.h>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/as_tuple.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fcntl.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "kernel/base/check.h"
#include "kernel/http/frame.h"
#include "kernel/http/networks.h"
#include "kernel/http/parser.h"
#include "kernel/http/syntax.h"
#include "kernel/time/clock.h"
#include "kernel/time/entropy.h"

namespace sj::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
// With the type of the executor known, nothing is erased and called through a pointer.
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::generic::stream_protocol, Executor>;
using TcpAcceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;
using LocalAcceptor = asio::basic_socket_acceptor<asio::local::stream_protocol, Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>,
                                         Executor>;
template <class T>
using Task = asio::awaitable<T, Executor>;
using Token = asio::use_awaitable_t<Executor>;
using Milliseconds = std::chrono::milliseconds;
using Buffers = std::array<asio::const_buffer, 2>;

constexpr asio::experimental::as_tuple_t<Token> kToken{Token{}};

constexpr std::size_t kFirstRead = 2048;  // most heads are smaller
constexpr std::size_t kBodyRead = 64UL * 1024;
constexpr std::size_t kCopiedBody = 4096;    // smaller ones travel in the head's buffer
constexpr std::size_t kTurnedAwayMax = 200;  // connections above the limit that are still answered
constexpr std::size_t kSpareFiles = 256;     // of the store, the log, and those turned away
constexpr Milliseconds kLinger{2000};
constexpr Milliseconds kStalled{1000};  // without a byte of a reply taken
constexpr int kGoOn = 100;              // the status of a leave to send the body
// Read and forgotten, so that whoever is sending a large body sees why it was refused.
constexpr std::size_t kLingerBytes = 32UL * 1024 * 1024;
// Connections that must have gone before memory is given back to the system.
constexpr std::size_t kWorthTrimming = 1000;

Milliseconds steady_now() {
  return std::chrono::duration_cast<Milliseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
}

Error refusal(ErrorKind kind, const char* code, const char* what) {
  return {kind, code, what};
}

// TLS on the socket itself. Asio's stream keeps 68 KB of buffers as long as a connection lasts;
// OpenSSL gives back its own whenever they are empty.
class TlsStream {
 public:
  TlsStream(Socket socket, asio::ssl::context& context)
      : socket_(std::move(socket)), ssl_(SSL_new(context.native_handle())) {
    SJ_CHECK(ssl_ != nullptr);
    error_code ignored;
    socket_.native_non_blocking(true, ignored);
    SSL_set_accept_state(ssl_);
    SSL_set_fd(ssl_, socket_.native_handle());
  }
  ~TlsStream() { SSL_free(ssl_); }
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  Socket& next_layer() { return socket_; }
  [[nodiscard]] bool has_unread_bytes() const { return SSL_has_pending(ssl_) == 1; }

  // These give what OpenSSL gave, or 0 when the other side or the wait has ended.
  Task<int> shake_hands() {
    const auto step = [this] { return SSL_do_handshake(ssl_); };
    co_return co_await until_done(step);
  }
  Task<int> read_some(asio::mutable_buffer into) {
    const auto step = [this, into] { return SSL_read(ssl_, into.data(), size_of(into.size())); };
    co_return co_await until_done(step);
  }
  Task<int> write_some(asio::const_buffer from) {
    const auto step = [this, from] { return SSL_write(ssl_, from.data(), size_of(from.size())); };
    co_return co_await until_done(step);
  }
  // Says that no more will come, if that can be said at once.
  void say_goodbye() {
    ERR_clear_error();
    SSL_shutdown(ssl_);
  }

 private:
  static int size_of(std::size_t bytes) {
    constexpr std::size_t kAtOnce = 1UL << 20U;
    return static_cast<int>(std::min(bytes, kAtOnce));
  }

  template <class Step>
  Task<int> until_done(const Step& step) {
    while (true) {
      ERR_clear_error();
      const int done = step();
      if (done > 0) co_return done;
      const int why = SSL_get_error(ssl_, done);
      if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) co_return 0;
      const auto what = why == SSL_ERROR_WANT_READ ? Socket::wait_read : Socket::wait_write;
      const auto [failed] = co_await socket_.async_wait(what, kToken);
      if (failed) co_return 0;
    }
  }

  Socket socket_;
  SSL* ssl_;
};

// What all threads of a server share.
struct Shared {
  explicit Shared(const Options& with) : options(with) {}

  Options options;
  Application* application = nullptr;  // there when the threads begin
  std::optional<asio::ssl::context> tls{};
  std::string id_prefix{};
  std::atomic<std::uint64_t> next_id = 1;
  Networks proxies{};
  std::atomic<std::size_t> small_bodies = 0;
  std::atomic<std::size_t> large_bodies = 0;
  std::atomic<std::uint64_t> requests = 0;
  std::atomic<std::uint64_t> open = 0;
  std::atomic<std::uint64_t> refused = 0;
  std::atomic<std::uint64_t> bytes_in = 0;
  std::atomic<std::uint64_t> bytes_out = 0;

  std::string make_id() {
    constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";
    std::uint64_t number = next_id.fetch_add(1, std::memory_order_relaxed);
    std::string id = id_prefix;
    do {
      id += kDigits[number % kDigits.size()];
      number /= kDigits.size();
    } while (number != 0);
    return id;
  }
};

class Connection;

// What one address has here. Whoever has much gives way to whoever comes.
struct Guest {
  std::list<Connection*> connections{};  // who is longest without progress stands first
  std::size_t bodies = 0;                // so many, and their bytes:
  std::size_t small_bytes = 0;
  std::size_t large_bytes = 0;
};

// One thread with its event loop. Outlives the server as long as a reply is still to come.
class Worker : public std::enable_shared_from_this<Worker> {
 public:
  explicit Worker(Shared& shared) : shared_(shared), sweeper_(context_) {
    const Limits& limits = shared.options.limits;
    const Milliseconds least = std::min({limits.idle, limits.head, limits.body_stall, limits.body,
                                         limits.write_stall, limits.handler, limits.drain});
    tick_ = std::clamp(least / 8, Milliseconds(5), Milliseconds(500));
    spare_file_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  }
  ~Worker() {
    if (spare_file_ >= 0) ::close(spare_file_);
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  asio::io_context& context() { return context_; }
  Shared& shared() { return shared_; }
  [[nodiscard]] bool stopping() const { return stopping_; }

  // From any thread; given up silently once the loop has ended.
  template <class Do>
  void post(Do todo) {
    const std::lock_guard hold(gate_);
    if (!ended_) asio::post(context_, std::move(todo));
  }

  void add(Connection& connection);
  void remove(Connection& connection);
  // Stands last among those that may have to give way.
  void place_last(Connection& connection);
  Guest& guest_of(std::string_view sender) { return guests_[network_of(sender)]; }

  std::size_t turned_away = 0;

  void listen(TcpAcceptor acceptor);
  void listen(LocalAcceptor acceptor);
  void start();
  void begin_stop();
  void join();

  // The Date of now; made anew once a second.
  std::string_view date() {
    const std::int64_t second = clock_.now().utc_ms() / 1000;
    if (second != date_second_) {
      date_second_ = second;
      date_ = date_text(second);
    }
    return date_;
  }

 private:
  template <class Acceptor>
  Task<void> accept_from(Acceptor& acceptor, bool local);
  void take(Socket socket, std::string peer, bool local);
  [[nodiscard]] std::optional<Error> find_room(const Guest* guest);
  void tidy_up();
  void shed_one(int listener);
  void sweep();
  void close_acceptors();

  // Before the loop, which ends what still uses them.
  std::list<Connection*> connections_{};  // as Guest::connections, of everybody
  std::unordered_map<std::string, Guest> guests_{};
  asio::io_context context_{1};
  Shared& shared_;
  std::mutex gate_{};
  bool ended_ = false;                // under gate_
  std::size_t most_connections_ = 0;  // since memory was last given back
  std::vector<TcpAcceptor> tcp_{};
  std::vector<LocalAcceptor> local_{};
  Timer sweeper_;
  Milliseconds tick_{};
  bool stopping_ = false;
  Milliseconds drained_by_{};
  int spare_file_ = -1;
  SystemClock clock_{};
  std::int64_t date_second_ = -1;
  std::string date_{};
  std::thread thread_{};
};

// A coroutine that waits for a call.
class Waiting {
 public:
  Waiting() = default;
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  virtual ~Waiting() = default;
  virtual void go_on() = 0;
};

template <class Handler>
class WaitingFor final : public Waiting {
 public:
  explicit WaitingFor(Handler&& handler) : handler_(std::move(handler)) {}
  void go_on() override { std::move(handler_)(); }

 private:
  Handler handler_;
};

// Where a reply is waited for. Touched on the connection's thread only.
struct Ticket {
  enum class Outcome : unsigned char { none, replied, let_go, too_late, stopped };
  Outcome outcome = Outcome::none;
  Response response{};
  std::unique_ptr<Waiting> waiting{};

  void settle(Outcome how, Response with) {
    if (outcome != Outcome::none) return;
    outcome = how;
    response = std::move(with);
    if (const auto waiter = std::move(waiting)) waiter->go_on();
  }
};

// The other end of a Ticket: any thread, once.
class Promise {
 public:
  Promise(std::shared_ptr<Worker> worker, std::shared_ptr<Ticket> ticket)
      : worker_(std::move(worker)), ticket_(std::move(ticket)) {}
  Promise(const Promise&) = delete;
  Promise& operator=(const Promise&) = delete;
  ~Promise() { settle(Ticket::Outcome::let_go, {}); }

  void settle(Ticket::Outcome how, Response response) {
    if (taken_.test_and_set()) return;
    // Called while the request is still being handed over, the coroutine is not yet waiting.
    if (worker_->context().get_executor().running_in_this_thread() && !ticket_->waiting) {
      ticket_->settle(how, std::move(response));
      return;
    }
    worker_->post([ticket = ticket_, how, reply = std::move(response)]() mutable {
      ticket->settle(how, std::move(reply));
    });
  }

 private:
  std::shared_ptr<Worker> worker_;
  std::shared_ptr<Ticket> ticket_;
  std::atomic_flag taken_{};
};

// Bytes that have arrived and are not yet used.
class Inbox {
 public:
  [[nodiscard]] std::string_view view() const { return {bytes_.get() + begin_, end_ - begin_}; }

  // Room for at least one byte, in a buffer of at least `size`.
  asio::mutable_buffer prepare(std::size_t size) {
    if (begin_ == end_) begin_ = end_ = 0;
    if (capacity_ < size || end_ == capacity_) {
      const std::size_t held = end_ - begin_;
      const std::size_t wanted = std::max(size, held + std::max(held, kFirstRead));
      if (capacity_ < wanted) {
        std::unique_ptr<char[]> larger(new char[wanted]);  // not value-initialised
        std::copy_n(bytes_.get() + begin_, held, larger.get());
        bytes_ = std::move(larger);
        capacity_ = wanted;
      } else {
        std::copy_n(bytes_.get() + begin_, held, bytes_.get());
      }
      begin_ = 0;
      end_ = held;
    }
    return {bytes_.get() + end_, capacity_ - end_};
  }
  void commit(std::size_t bytes) { end_ += bytes; }
  void consume(std::size_t bytes) { begin_ += bytes; }

  // Gives back what only a large request needed.
  void shrink() {
    if (begin_ != end_ || capacity_ <= kFirstRead) return;
    bytes_.reset();
    begin_ = end_ = capacity_ = 0;
  }

 private:
  std::unique_ptr<char[]> bytes_{};
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t capacity_ = 0;
};

// A request's part of the memory for bodies, until its reply is there.
class BodyShare {
 public:
  BodyShare(Guest& guest, std::size_t& of_guest, std::atomic<std::size_t>& of_all)
      : guest_(guest), of_guest_(of_guest), of_all_(of_all) {
    ++guest_.bodies;
  }
  BodyShare(const BodyShare&) = delete;
  BodyShare& operator=(const BodyShare&) = delete;
  ~BodyShare() {
    --guest_.bodies;
    of_guest_ -= mine_;
    of_all_.fetch_sub(mine_);
  }

  // Why there is no room for so many bytes, if there is none.
  [[nodiscard]] std::optional<Error> grow_to(std::size_t bytes, const Limits::Bodies& limits) {
    if (bytes <= mine_) return std::nullopt;
    const std::size_t more = bytes - std::exchange(mine_, bytes);
    of_guest_ += more;
    const std::size_t all = of_all_.fetch_add(more) + more;
    if (of_guest_ > limits.of_peer_bytes) {
      return refusal(ErrorKind::limited, "http.bodies_of_peer",
                     "this address is uploading too much at once");
    }
    if (all <= limits.all_bytes) return std::nullopt;
    return refusal(ErrorKind::unavailable, "http.bodies_full", "too much is being uploaded");
  }

 private:
  Guest& guest_;
  std::size_t& of_guest_;
  std::atomic<std::size_t>& of_all_;
  std::size_t mine_ = 0;
};

enum class Phase : unsigned char { handshake, idle, head, body, handler, write, linger };

// What the sweeper knows of a connection.
class Connection {
 public:
  explicit Connection(Worker& worker) : worker_(worker) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  virtual ~Connection() = default;

  // Whose it is; nobody's that of the operator or of a proxy.
  Guest* guest = nullptr;
  // Where it stands in the worker's list, and in the guest's.
  std::list<Connection*>::iterator among_all{};
  std::list<Connection*>::iterator among_guests{};

  void expire_if_due(Milliseconds now) {
    if (now < deadline_ || expired_) return;
    expired_ = true;
    give_up(Ticket::Outcome::too_late);
  }

  // A stop ends whoever waits for a request that has not begun to arrive.
  void stop_if_idle() {
    if (phase_ == Phase::idle && !has_unread_bytes()) cancel();
  }
  void stop_now() {
    force_closed_ = true;
    give_up(Ticket::Outcome::stopped);
  }
  // Ends it for somebody else's sake. False if a request of it is being dealt with, or its reply is
  // being taken.
  bool give_way() {
    if (force_closed_ || !waits_for_other_side()) return false;
    force_closed_ = true;
    cancel();
    return true;
  }

 protected:
  virtual void cancel() = 0;
  virtual bool has_unread_bytes() = 0;

  void enter(Phase phase, Milliseconds limit) {
    phase_ = phase;
    deadline_ = steady_now() + limit;
    expired_ = false;
  }
  // Bytes came or went, so it stands last among those that may have to give way.
  void note_progress() {
    moved_ = steady_now();
    worker_.place_last(*this);
  }
  [[nodiscard]] bool expired() const { return expired_; }
  [[nodiscard]] bool force_closed() const { return force_closed_; }
  Worker& worker() { return worker_; }
  Shared& shared() { return worker_.shared(); }
  const Limits& limits() { return worker_.shared().options.limits; }

  std::shared_ptr<Ticket> ticket_{};

 private:
  // Is it for the other side to send the rest of a request, or to take its reply?
  bool waits_for_other_side() {
    switch (phase_) {
      case Phase::handshake:
        return true;
      case Phase::idle:
      case Phase::head:
      case Phase::body:
        return !has_unread_bytes();
      case Phase::write:
      case Phase::linger:
        return steady_now() - moved_ > kStalled;
      case Phase::handler:
        break;
    }
    return false;
  }

  void give_up(Ticket::Outcome how) {
    if (phase_ == Phase::handler && ticket_) {
      // Not now: the sweeper is going through the list that the coroutine may leave.
      worker_.post([ticket = ticket_, how] { ticket->settle(how, {}); });
    } else {
      cancel();
    }
  }

  Worker& worker_;
  Phase phase_ = Phase::idle;
  Milliseconds deadline_{};
  Milliseconds moved_ = steady_now();
  bool expired_ = false;
  bool force_closed_ = false;
};

// What is kept of a request while somebody else has it.
struct Memo {
  Request request{};  // method, id and Accept-Language
  bool is_http_1_0 = false;
  bool keep_alive = false;
};

template <class Stream>
class Talk final : public Connection, public std::enable_shared_from_this<Talk<Stream>> {
 public:
  static constexpr bool kIsTls = std::is_same_v<Stream, TlsStream>;

  template <class... Args>
  Talk(Worker& worker, std::string peer, bool local, Args&&... args)
      : Connection(worker),
        stream_(std::forward<Args>(args)...),
        peer_(std::move(peer)),
        local_(local) {}

  // Until the connection ends.
  Task<void> run() {
    if (co_await shake_hands()) {
      while (!force_closed()) {
        inbox_.shrink();
        if (inbox_.view().empty()) {
          if (worker().stopping() && !has_unread_bytes()) break;
          enter(Phase::idle, limits().idle);
          const bool filled = co_await fill(kFirstRead);
          if (!filled) break;
        }
        const bool goes_on = co_await exchange();
        if (!goes_on) break;
      }
    }
    close();
  }

  // For whoever comes when all places are taken.
  // NOLINTNEXTLINE(performance-unnecessary-value-param): a coroutine keeps what it was given
  Task<void> turn_away(Error why) {
    if constexpr (!kIsTls) {
      Response reply = shared().application->refuse(nullptr, why);
      Memo nobody;
      co_await send(std::move(reply), std::move(nobody));
      co_await linger();
    }
    close();
  }

 private:
  Socket& socket() {
    if constexpr (kIsTls) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }

  void cancel() override {
    error_code ignored;
    socket().cancel(ignored);
  }

  bool has_unread_bytes() override {
    if constexpr (kIsTls) {
      if (stream_.has_unread_bytes()) return true;
    }
    error_code failed;
    return socket().available(failed) > 0 && !failed;
  }

  void close() {
    error_code ignored;
    socket().close(ignored);
  }

  Task<bool> shake_hands() {
    if constexpr (kIsTls) {
      enter(Phase::handshake, limits().head);
      const int done = co_await stream_.shake_hands();
      co_return done > 0;
    }
    co_return true;
  }

  // Waits for more bytes. False when none will come in time.
  Task<bool> fill(std::size_t room) {
    const asio::mutable_buffer buffer = inbox_.prepare(room);
    std::size_t bytes = 0;
    if constexpr (kIsTls) {
      const int read = co_await stream_.read_some(buffer);
      bytes = static_cast<std::size_t>(read);
    } else {
      const auto [failed, read] = co_await stream_.async_read_some(buffer, kToken);
      if (!failed) bytes = read;
    }
    if (bytes == 0) co_return false;
    inbox_.commit(bytes);
    note_progress();
    shared().bytes_in.fetch_add(bytes, std::memory_order_relaxed);
    co_return true;
  }

  // One request and its reply. False when the connection ends with it.
  Task<bool> exchange() {
    enter(Phase::head, limits().head);
    Memo memo;
    std::size_t seen = 0;
    std::optional<std::size_t> end;
    while (true) {
      // A blank line before a request is an old client's habit.
      while (inbox_.view().substr(0, 2) == "\r\n") {
        inbox_.consume(2);
        seen = 0;
      }
      const std::string_view bytes = inbox_.view();
      const std::size_t from = std::min(seen, bytes.size());
      end = end_of_head(bytes.substr(from));
      if (end) *end += from;
      if (end.value_or(bytes.size()) > limits().header_bytes) {
        Error why = refusal(ErrorKind::invalid, "http.head_too_large", "the head is too large");
        co_return co_await refuse(std::move(memo), std::move(why));
      }
      if (end) break;
      seen = bytes.size() < 3 ? 0 : bytes.size() - 3;
      const bool filled = co_await fill(kFirstRead);
      if (filled) continue;
      if (!expired() || inbox_.view().empty()) co_return false;
      Error why = refusal(ErrorKind::invalid, "http.slow_head", "the head took too long");
      co_return co_await refuse(std::move(memo), std::move(why));
    }

    shared().requests.fetch_add(1, std::memory_order_relaxed);
    memo.request.id = shared().make_id();
    Parser parser;
    Result<Head> read = parser.read_head(inbox_.view().substr(0, *end), limits().headers);
    if (!read.ok()) {
      Error why = read.error();
      co_return co_await refuse(std::move(memo), std::move(why));
    }
    inbox_.consume(*end);
    Head head = std::move(read).value();
    Request& request = head.request;
    memo.keep_alive = head.keep_alive;
    memo.is_http_1_0 = head.is_http_1_0;
    memo.request.method = request.method;
    if (const auto language = request.header("accept-language")) {
      memo.request.headers.push_back({"Accept-Language", std::string(*language)});
    }
    request.id = memo.request.id;
    request.operator_socket = local_;
    const std::string sender = sender_of(shared().proxies, peer_, request.headers);
    request.peer = network_of(sender);
    // A proxy that was not named is no reason to take its clients for this machine.
    request.is_loopback = is_loopback(peer_) && !shared().proxies.contain(peer_) &&
                          !request.header("x-forwarded-for") && !request.header("forwarded");

    // Declared here, so that its share is held until the reply is there.
    std::optional<BodyShare> share;
    if (head.has_body) {
      const std::size_t body_max = shared().application->admit(request).body_bytes_max;
      const std::size_t announced = head.content_length.value_or(0);
      if (announced > body_max) {
        Error why = refusal(ErrorKind::invalid, "http.body_too_large", "the body is too large");
        co_return co_await refuse(std::move(memo), std::move(why));
      }
      const bool is_large = announces_much(head, body_max);
      const Limits::Bodies& room = is_large ? limits().large_bodies : limits().small_bodies;
      std::optional<Error> failed;
      if (is_large) {
        Request only_head = request;
        const std::shared_ptr<Ticket> leave =
            co_await ask(std::move(only_head), &Application::ask_leave);
        const bool given =
            leave->outcome == Ticket::Outcome::replied && leave->response.status == kGoOn;
        if (!given) co_return co_await answer(*leave, std::move(memo), false);
        Guest& uploader = worker().guest_of(sender);
        share.emplace(uploader, uploader.large_bytes, shared().large_bodies);
        // All of it at once, so that nobody begins an upload for which there will be no room.
        failed = share->grow_to(announced, room);
      } else {
        Guest& uploader = worker().guest_of(sender);
        share.emplace(uploader, uploader.small_bytes, shared().small_bodies);
      }
      if (!failed) failed = co_await read_body(parser, head, body_max, *share, room);
      if (failed && failed->code.empty()) co_return false;
      if (failed) {
        Error why = *std::move(failed);
        co_return co_await refuse(std::move(memo), std::move(why));
      }
    }

    const std::shared_ptr<Ticket> ticket = co_await ask(std::move(request), &Application::handle);
    co_return co_await answer(*ticket, std::move(memo), true);
  }

  // Gives a request to the application and waits for what becomes of it.
  Task<std::shared_ptr<Ticket>> ask(Request request, void (Application::*how)(Request, Respond)) {
    ticket_ = std::make_shared<Ticket>();
    const std::shared_ptr<Ticket> ticket = ticket_;
    enter(Phase::handler, limits().handler);
    hand_over(std::move(request), how, ticket);
    if (ticket->outcome == Ticket::Outcome::none) {
      co_await asio::async_initiate<const Token&, void()>(
          [&ticket](auto handler) {
            ticket->waiting = std::make_unique<WaitingFor<decltype(handler)>>(std::move(handler));
          },
          Token{});
    }
    ticket_.reset();
    co_return ticket;
  }

  // Sends what became of a request. False when the connection ends with it: also where its body was
  // not read.
  Task<bool> answer(Ticket& ticket_of_request, Memo memo, bool was_read) {
    Ticket* const ticket = &ticket_of_request;
    if (ticket->outcome == Ticket::Outcome::stopped) co_return false;
    if (ticket->outcome != Ticket::Outcome::replied) {
      const bool late = ticket->outcome == Ticket::Outcome::too_late;
      Error why = late ? refusal(ErrorKind::unavailable, "http.handler_too_slow",
                                 "no answer was found in time")
                       : refusal(ErrorKind::internal, "http.unanswered",
                                 "the request was let go unanswered");
      co_return co_await refuse(std::move(memo), std::move(why));
    }
    memo.keep_alive = memo.keep_alive && was_read && !worker().stopping();
    const bool keep_alive = memo.keep_alive;
    const bool sent = co_await send(std::move(ticket->response), std::move(memo));
    if (!sent) co_return false;
    if (!keep_alive && (kIsTls || !was_read || has_unread_bytes())) co_await linger();
    co_return keep_alive;
  }

  void hand_over(Request request,
                 void (Application::*how)(Request, Respond),
                 const std::shared_ptr<Ticket>& ticket) {
    try {
      auto promise = std::make_shared<Promise>(worker().shared_from_this(), ticket);
      (shared().application->*how)(std::move(request), [promise](Response response) {
        promise->settle(Ticket::Outcome::replied, std::move(response));
      });
    } catch (const std::exception&) {
      // The promise is gone with the call, so the ticket says let_go.
      SJ_CHECK(ticket->outcome != Ticket::Outcome::none);
    }
  }

  bool announces_much(const Head& head, std::size_t body_max) {
    return head.content_length.value_or(body_max) > limits().small_body_bytes;
  }

  // Nothing when all of it is in head.request.body. An Error without a code: nobody is there any
  // more to be told.
  Task<std::optional<Error>> read_body(Parser& parser,
                                       Head& head,
                                       std::size_t body_max,
                                       BodyShare& share,
                                       const Limits::Bodies& room_of_all) {
    if (head.expects_continue && inbox_.view().empty()) {
      constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      const Buffers buffers{asio::buffer(kContinue), asio::const_buffer()};
      const bool sent = co_await write(buffers);
      if (!sent) co_return Error{};
    }
    const Milliseconds all_by =
        steady_now() + (announces_much(head, body_max) ? limits().body : limits().small_body);
    const std::size_t room =
        head.content_length.value_or(kBodyRead) <= kFirstRead ? kFirstRead : kBodyRead;
    std::string& body = head.request.body;
    while (true) {
      const Result<std::size_t> taken = parser.read_body(inbox_.view(), body_max, body);
      if (!taken.ok()) co_return taken.error();
      inbox_.consume(taken.value());
      std::optional<Error> full = share.grow_to(body.size(), room_of_all);
      if (full) co_return full;
      if (parser.done()) co_return std::nullopt;
      enter(Phase::body, std::min(limits().body_stall, all_by - steady_now()));
      const bool filled = co_await fill(room);
      if (filled) continue;
      if (!expired()) co_return Error{};
      co_return refusal(ErrorKind::invalid, "http.slow_body", "the body took too long");
    }
  }

  // Answers and ends the connection: after a refusal nobody knows where the next request begins.
  // The arguments of what is awaited are never temporaries: g++ 12 destroys those of aggregates
  // twice.
  Task<bool> refuse(Memo memo, Error error) {
    memo.keep_alive = false;
    const Request* request = memo.request.id.empty() ? nullptr : &memo.request;
    Response reply = shared().application->refuse(request, std::move(error));
    const bool sent = co_await send(std::move(reply), std::move(memo));
    if (sent) co_await linger();
    co_return false;
  }

  Task<bool> send(Response response, Memo memo) {
    std::string_view body = response.shared ? *response.shared : response.body;
    std::string head;
    head.reserve(512 + (body.size() <= kCopiedBody ? body.size() : 0));
    append_head(head, response, body.size(),
                {worker().date(), memo.request.id, memo.keep_alive, memo.is_http_1_0,
                 kIsTls || (shared().options.by_tls_only && !local_)});
    if (memo.request.method == Method::head || !has_content(response.status)) body = {};
    if (body.size() <= kCopiedBody) {
      head += body;
      body = {};
    }
    const Buffers buffers{asio::buffer(head), asio::buffer(body)};
    co_return co_await write(buffers);
  }

  Task<bool> write(Buffers buffers) {
    while (buffers[0].size() + buffers[1].size() > 0) {
      enter(Phase::write, limits().write_stall);
      std::size_t bytes = 0;
      if constexpr (kIsTls) {
        const int sent = co_await stream_.write_some(buffers[buffers[0].size() > 0 ? 0 : 1]);
        bytes = static_cast<std::size_t>(sent);
      } else {
        const auto [failed, sent] = co_await stream_.async_write_some(buffers, kToken);
        if (!failed) bytes = sent;
      }
      if (bytes == 0) co_return false;
      note_progress();
      shared().bytes_out.fetch_add(bytes, std::memory_order_relaxed);
      for (asio::const_buffer& buffer : buffers) {
        const std::size_t done = std::min(bytes, buffer.size());
        buffer += done;
        bytes -= done;
      }
    }
    co_return true;
  }

  // Says that no more will come and waits a little for the other side to see it: closing on unread
  // bytes would make the kernel throw away the reply that is still on its way.
  Task<void> linger() {
    enter(Phase::linger, kLinger);
    if constexpr (kIsTls) stream_.say_goodbye();
    error_code failed;
    socket().shutdown(Socket::shutdown_send, failed);
    std::array<char, 4096> scrap;  // NOLINT(cppcoreguidelines-init-variables): never looked at
    std::size_t all = 0;
    while (!failed && !expired() && !force_closed() && all < kLingerBytes) {
      const auto [ended, bytes] = co_await socket().async_read_some(asio::buffer(scrap), kToken);
      failed = ended;
      all += bytes;
    }
  }

  Stream stream_;
  Inbox inbox_{};
  std::string peer_;
  bool local_;
};

void Worker::add(Connection& connection) {
  connection.among_all = connections_.insert(connections_.end(), &connection);
  most_connections_ = std::max(most_connections_, connections_.size());
  if (connection.guest == nullptr) return;
  auto& of_guest = connection.guest->connections;
  connection.among_guests = of_guest.insert(of_guest.end(), &connection);
}

void Worker::place_last(Connection& connection) {
  connections_.splice(connections_.end(), connections_, connection.among_all);
  if (connection.guest == nullptr) return;
  auto& of_guest = connection.guest->connections;
  of_guest.splice(of_guest.end(), of_guest, connection.among_guests);
}

void Worker::remove(Connection& connection) {
  connections_.erase(connection.among_all);
  if (connection.guest != nullptr) connection.guest->connections.erase(connection.among_guests);
  if (stopping_ && connections_.empty()) sweeper_.cancel();
}

void Worker::sweep() {
  sweeper_.expires_after(tick_);
  sweeper_.async_wait([this](const error_code& failed) {
    if (failed) return;
    const Milliseconds now = steady_now();
    for (Connection* connection : connections_) connection->expire_if_due(now);
    if (stopping_ && now >= drained_by_) {
      for (Connection* connection : connections_) connection->stop_now();
    }
    tidy_up();
    if (!stopping_ || !connections_.empty()) sweep();
  });
}

void Worker::tidy_up() {
  std::erase_if(guests_, [](const auto& named) {
    const Guest& guest = named.second;
    return guest.connections.empty() && guest.bodies == 0;
  });
  // The allocator keeps what a crowd has left behind until it is told that nobody is coming back.
  if (most_connections_ < kWorthTrimming || connections_.size() > most_connections_ / 2) return;
  most_connections_ = connections_.size();
  ::malloc_trim(0);
}

std::string address_of(Socket& socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  const int native = socket.native_handle();
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (::getpeername(native, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return {};
  if (storage.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&storage);
    ::inet_ntop(AF_INET, &v4->sin_addr, text.data(), text.size());
  } else if (storage.ss_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&storage);
    if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
      ::inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], text.data(), text.size());
    } else {
      ::inet_ntop(AF_INET6, &v6->sin6_addr, text.data(), text.size());
    }
  }
  return text.data();
}

// Nothing where a connection of this guest can be taken, if need be in the place of the one that is
// longest without progress: first of his own, else of who has most, else of anybody.
std::optional<Error> Worker::find_room(const Guest* guest) {
  const auto one_gives_way = [](const std::list<Connection*>& those) {
    return std::any_of(those.begin(), those.end(),
                       [](Connection* connection) { return connection->give_way(); });
  };
  const auto has_less = [](const auto& a, const auto& b) {
    return a.second.connections.size() < b.second.connections.size();
  };
  const Limits& limits = shared_.options.limits;
  if (guest != nullptr && guest->connections.size() >= limits.connections_of_peer &&
      !one_gives_way(guest->connections)) {
    return refusal(ErrorKind::limited, "http.too_many_of_peer",
                   "this address has too many connections");
  }
  if (shared_.open.load() < limits.connections) return std::nullopt;
  const auto most = std::max_element(guests_.begin(), guests_.end(), has_less);
  const std::size_t most_of_one = most == guests_.end() ? 0 : most->second.connections.size();
  if (most_of_one > 1 && one_gives_way(most->second.connections)) return std::nullopt;
  // Who has most himself takes nobody else's place.
  const bool has_most =
      most_of_one > 1 && guest != nullptr && guest->connections.size() == most_of_one;
  if (!has_most && one_gives_way(connections_)) return std::nullopt;
  return refusal(ErrorKind::unavailable, "http.too_many_connections", "all connections are in use");
}

void Worker::take(Socket socket, std::string peer, bool local) {
  Guest* const guest = local || shared_.proxies.contain(peer) ? nullptr : &guest_of(peer);
  std::optional<Error> full;
  if (!local) full = find_room(guest);
  const bool welcome = !full;
  if (!welcome) {
    shared_.refused.fetch_add(1);
    if (turned_away >= kTurnedAwayMax || shared_.tls) return;  // closes it
    ++turned_away;
  } else {
    shared_.open.fetch_add(1);
  }
  const auto converse = [&](auto talk) {
    talk->guest = guest;
    add(*talk);
    asio::co_spawn(context_, welcome ? talk->run() : talk->turn_away(*std::move(full)),
                   [this, talk, welcome](const std::exception_ptr& /*fault*/) {
                     remove(*talk);
                     if (welcome) {
                       shared_.open.fetch_sub(1);
                     } else {
                       --turned_away;
                     }
                   });
  };
  if (shared_.tls && !local) {
    converse(std::make_shared<Talk<TlsStream>>(*this, std::move(peer), local, std::move(socket),
                                               *shared_.tls));
  } else {
    converse(std::make_shared<Talk<Socket>>(*this, std::move(peer), local, std::move(socket)));
  }
}

// No file is left to accept with: the spare one takes a connection and drops it, or the kernel
// would report the same connection for ever.
void Worker::shed_one(int listener) {
  ::close(spare_file_);
  const int taken = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (taken >= 0) ::close(taken);
  spare_file_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  shared_.refused.fetch_add(1);
}

template <class Acceptor>
Task<void> Worker::accept_from(Acceptor& acceptor, bool local) {
  Timer pause(context_);
  while (!stopping_) {
    Socket socket(context_);
    const auto [failed] = co_await acceptor.async_accept(socket, kToken);
    if (!acceptor.is_open()) co_return;
    if (failed == asio::error::no_descriptors ||
        failed == boost::system::errc::too_many_files_open_in_system) {
      shed_one(acceptor.native_handle());
      continue;
    }
    if (failed) {
      pause.expires_after(Milliseconds(10));
      co_await pause.async_wait(kToken);
      continue;
    }
    if (!local) {
      const int on = 1;
      ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    std::string peer = local ? std::string() : address_of(socket);
    take(std::move(socket), std::move(peer), local);
  }
}

void Worker::listen(TcpAcceptor acceptor) {
  tcp_.push_back(std::move(acceptor));
}
void Worker::listen(LocalAcceptor acceptor) {
  local_.push_back(std::move(acceptor));
}

void Worker::start() {
  const auto ignore = [](const std::exception_ptr& /*fault*/) {};
  for (TcpAcceptor& acceptor : tcp_) asio::co_spawn(context_, accept_from(acceptor, false), ignore);
  for (LocalAcceptor& acceptor : local_) {
    asio::co_spawn(context_, accept_from(acceptor, true), ignore);
  }
  sweep();
  thread_ = std::thread([this] { context_.run(); });
}

void Worker::close_acceptors() {
  error_code ignored;
  for (TcpAcceptor& acceptor : tcp_) acceptor.close(ignored);
  for (LocalAcceptor& acceptor : local_) acceptor.close(ignored);
}

void Worker::begin_stop() {
  post([this] {
    stopping_ = true;
    drained_by_ = steady_now() + shared_.options.limits.drain;
    close_acceptors();
    for (Connection* connection : connections_) connection->stop_if_idle();
    sweeper_.cancel();
    if (!connections_.empty()) sweep();
  });
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
  {
    const std::lock_guard hold(gate_);
    ended_ = true;
  }
  // What was posted before that: late replies, whose tickets nobody waits for.
  context_.restart();
  context_.poll();
  tcp_.clear();
  local_.clear();
}

Error cannot_listen(const std::string& what) {
  return {ErrorKind::unavailable, "http.cannot_listen", what};
}

Result<TcpAcceptor> bind_tcp(asio::io_context& context,
                             const Options& options,
                             std::uint16_t port) {
  error_code failed;
  const auto address = asio::ip::make_address(options.address, failed);
  const std::string name = options.address + ":" + std::to_string(port);
  if (failed) return cannot_listen(name + ": not a numeric address");
  const asio::ip::tcp::endpoint endpoint(address, port);
  TcpAcceptor acceptor(context);
  acceptor.open(endpoint.protocol(), failed);
  if (!failed) acceptor.set_option(asio::socket_base::reuse_address(true), failed);
  if (!failed && options.threads > 1) {
    const int on = 1;
    ::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  }
  if (!failed) acceptor.bind(endpoint, failed);
  if (!failed) acceptor.listen(4096, failed);
  if (failed) return cannot_listen(name + ": " + failed.message());
  return acceptor;
}

// Bytes of a request for a connection to `path`: is somebody there?
bool is_answered(asio::io_context& context, const std::string& path) {
  asio::local::stream_protocol::socket probe(context);
  error_code failed;
  probe.connect(asio::local::stream_protocol::endpoint(path), failed);
  return !failed;
}

Result<LocalAcceptor> bind_local(asio::io_context& context, const std::string& path) {
  if (path.size() >= sizeof(sockaddr_un{}.sun_path)) {
    return cannot_listen(path + ": the path of a socket must be shorter");
  }
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0) {
    if (!S_ISSOCK(found.st_mode)) return cannot_listen(path + ": is there and is no socket");
    if (is_answered(context, path)) return cannot_listen(path + ": another server answers there");
    ::unlink(path.c_str());
  }
  error_code failed;
  LocalAcceptor acceptor(context);
  acceptor.open(asio::local::stream_protocol(), failed);
  if (!failed) acceptor.bind(asio::local::stream_protocol::endpoint(path), failed);
  if (failed) return cannot_listen(path + ": " + failed.message());
  // Before listen(), so that nobody else can have connected.
  if (::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0) {
    return cannot_listen(path + ": its mode cannot be set");
  }
  acceptor.listen(64, failed);
  if (failed) return cannot_listen(path + ": " + failed.message());
  return acceptor;
}

int choose_protocol(SSL* /*ssl*/,
                    const unsigned char** out,
                    unsigned char* out_size,
                    const unsigned char* in,
                    unsigned in_size,
                    void* /*unused*/) {
  static constexpr unsigned char kProtocol[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kProtocol, sizeof kProtocol - 1, in, in_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

Result<void> load_certificate(asio::ssl::context& tls, const Options& options) {
  const auto bad = [](const std::string& file, const error_code& failed) {
    return Error{ErrorKind::invalid, "http.bad_certificate", file + ": " + failed.message()};
  };
  error_code failed;
  tls.use_certificate_chain_file(options.tls_certificate, failed);
  if (failed) return bad(options.tls_certificate, failed);
  tls.use_private_key_file(options.tls_key, asio::ssl::context::pem, failed);
  if (failed) return bad(options.tls_key, failed);
  SSL_CTX* const raw = tls.native_handle();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(raw, "ECDHE+AESGCM:ECDHE+CHACHA20");
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(raw, 1);  // one call of the system for a record, not two
  // Tickets are sealed with a key of this process, so no table of sessions is kept.
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  static constexpr unsigned char kContext[] = "shuangjian";
  SSL_CTX_set_session_id_context(raw, kContext, sizeof kContext - 1);
  SSL_CTX_set_alpn_select_cb(raw, choose_protocol, nullptr);
  return {};
}

class RunningServer final : public Server {
 public:
  explicit RunningServer(const Options& options) : shared_(options) {}
  ~RunningServer() override { stop(); }
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;

  Result<void> listen() {
    SJ_CHECK(shared_.options.threads >= 1);
    std::signal(SIGPIPE,
                SIG_IGN);  // NOLINT(cert-err33-c): OpenSSL writes to sockets that may be gone
    shared_.proxies = SJ_TRY(Networks::parse(shared_.options.proxies));
    SystemEntropy entropy;
    shared_.id_prefix = entropy.hex(3) + "-";
    make_room_for_files();
    const Options& options = shared_.options;
    if (!options.tls_certificate.empty() || !options.tls_key.empty()) {
      shared_.tls.emplace(asio::ssl::context::tls_server);
      SJ_TRY(load_certificate(*shared_.tls, options));
    }
    for (int i = 0; i < options.threads; ++i) {
      workers_.push_back(std::make_shared<Worker>(shared_));
      Worker& worker = *workers_.back();
      TcpAcceptor acceptor =
          SJ_TRY(bind_tcp(worker.context(), options, i == 0 ? options.port : port_));
      error_code failed;
      port_ = acceptor.local_endpoint(failed).port();
      worker.listen(std::move(acceptor));
    }
    return {};
  }

  [[nodiscard]] Result<void> begin(Application& application) override {
    SJ_CHECK(!started_);
    shared_.application = &application;
    // Not before: in its folder somebody else may be at work until the store is ours.
    const std::string& unix_socket = shared_.options.unix_socket;
    if (!unix_socket.empty()) {
      Worker& worker = *workers_.front();
      LocalAcceptor local = SJ_TRY(bind_local(worker.context(), unix_socket));
      worker.listen(std::move(local));
      owns_socket_file_ = true;
    }
    for (const auto& worker : workers_) worker->start();
    started_ = true;
    return {};
  }

  [[nodiscard]] std::uint16_t port() const override { return port_; }

  [[nodiscard]] Counts counts() const override {
    Counts counts;
    counts.requests = shared_.requests.load();
    counts.connections_open = shared_.open.load();
    counts.connections_refused = shared_.refused.load();
    counts.bytes_in = shared_.bytes_in.load();
    counts.bytes_out = shared_.bytes_out.load();
    return counts;
  }

  void stop() override {
    if (std::exchange(stopped_, true)) return;
    if (owns_socket_file_) ::unlink(shared_.options.unix_socket.c_str());
    if (started_) {
      for (const auto& worker : workers_) worker->begin_stop();
    }
    for (const auto& worker : workers_) worker->join();
  }

 private:
  void make_room_for_files() {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    ::getrlimit(RLIMIT_NOFILE, &files);
    const std::size_t room = files.rlim_cur > 2 * kSpareFiles + kTurnedAwayMax
                                 ? files.rlim_cur - kSpareFiles - kTurnedAwayMax
                                 : kSpareFiles;
    Limits& limits = shared_.options.limits;
    if (room < limits.connections) {
      // As few files as there are, no four addresses may have them all.
      limits.connections = room;
      limits.connections_of_peer = std::min(limits.connections_of_peer, room / 4);
    }
    // Each thread counts for itself the connections that the system deals out to it.
    const auto threads = static_cast<std::size_t>(shared_.options.threads);
    limits.connections_of_peer = std::max<std::size_t>(1, limits.connections_of_peer / threads);
  }

  Shared shared_;
  std::vector<std::shared_ptr<Worker>> workers_{};
  std::uint16_t port_ = 0;
  bool owns_socket_file_ = false;
  bool started_ = false;
  bool stopped_ = false;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::listen(const Options& options) {
  auto server = std::make_unique<RunningServer>(options);
  SJ_TRY(server->listen());
  return std::unique_ptr<Server>(std::move(server));
}

Result<std::unique_ptr<Server>> Server::start(const Options& options, Application& application) {
  auto server = SJ_TRY(listen(options));
  SJ_TRY(server->begin(application));
  return server;
}

}  // namespace sj::http
