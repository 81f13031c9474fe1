#include "kernel/http/server.h"

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "kernel/base/check.h"

namespace sj::http {
namespace {

using namespace std::chrono_literals;

// Answers by path; what the transport refuses is told as its code.
class Echo final : public Application {
 public:
  std::map<std::string, std::function<void(Request, Respond)>> routes{};
  std::size_t body_max = 1000;
  std::atomic<int> handled = 0;
  std::atomic<int> leaves = 0;
  bool wants_pass = false;

  [[nodiscard]] Admission admit(const Request& request) override {
    EXPECT_TRUE(request.body.empty());
    return {body_max};
  }
  // Whoever brings a pass may send a large body; he who asks too long is let go.
  void ask_leave(Request request, Respond respond) override {
    ++leaves;
    EXPECT_TRUE(request.body.empty());
    if (request.path == "/never") return;
    Response response;
    response.status = request.header("pass") || !wants_pass ? 100 : 401;
    response.body = "no leave";
    std::thread([respond = std::move(respond), response] { respond(response); }).detach();
  }
  void handle(Request request, Respond respond) override {
    ++handled;
    if (const auto route = routes.find(request.path); route != routes.end()) {
      return route->second(std::move(request), std::move(respond));
    }
    Response response;
    response.content_type = "text/plain";
    response.body = std::string(name_of(request.method)) + " " + request.path;
    for (const auto& [name, value] : request.query)
      response.body.append(" " + name).append("=" + value);
    response.body += " [" + request.body + "]";
    respond(std::move(response));
  }
  [[nodiscard]] Response refuse(const Request* request, Error error) override {
    Response response;
    response.status = 400;
    response.content_type = "text/plain";
    response.body = error.code + (request != nullptr ? "" : " early");
    return response;
  }
};

// One blocking connection, with a limit on every wait.
class Client {
 public:
  explicit Client(const Server& server, const char* from = "127.0.0.1")
      : file_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    ::inet_pton(AF_INET, from, &address.sin_addr);
    ::bind(file_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    address.sin_port = htons(server.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(file_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    const int on = 1;
    ::setsockopt(file_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  explicit Client(const std::string& path) : file_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    connected_ = ::connect(file_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~Client() { ::close(file_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] int file() const { return file_; }
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(file_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  // Waits for bytes; false at the end, or after `wait`.
  bool fill(std::chrono::milliseconds wait = 5s) {
    pollfd asked{file_, POLLIN, 0};
    if (::poll(&asked, 1, static_cast<int>(wait.count())) <= 0) return false;
    std::array<char, 65536> buffer{};
    const auto got = ::recv(file_, buffer.data(), buffer.size(), 0);
    if (got <= 0) return false;
    bytes_.append(buffer.data(), static_cast<std::size_t>(got));
    return true;
  }
  // The next reply as "status body"; headers go to `head`.
  std::string reply(bool has_body = true) {
    std::size_t end = 0;
    while ((end = bytes_.find("\r\n\r\n")) == std::string::npos) {
      if (!fill()) return "closed";
    }
    head = bytes_.substr(0, end + 2);
    bytes_.erase(0, end + 4);
    std::string text = head.substr(9, 3);
    const auto length = head.find("Content-Length: ");
    if (length == std::string::npos || !has_body) return text;
    const auto size = static_cast<std::size_t>(std::stoul(head.substr(length + 16)));
    while (bytes_.size() < size) {
      if (!fill()) return "closed";
    }
    text += " " + bytes_.substr(0, size);
    bytes_.erase(0, size);
    return text;
  }
  std::string ask(std::string_view bytes) { return send(bytes) ? reply() : "closed"; }
  // Has the other side ended, with nothing more to say?
  bool ended(std::chrono::milliseconds wait = 5s) {
    return bytes_.empty() && !fill(wait) && bytes_.empty();
  }

  // Has the other side closed?
  bool closed() {
    while (fill()) {
    }
    char byte = 0;
    return ::recv(file_, &byte, 1, MSG_DONTWAIT) == 0;
  }

  std::string head{};

 private:
  int file_;
  bool connected_ = false;
  std::string bytes_{};
};

constexpr const char* kGet = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";

struct Fixture : public ::testing::Test {
  Echo echo{};
  Options options{};
  std::unique_ptr<Server> server{};

  Fixture() { options.port = 0; }
  void start() {
    auto started = Server::start(options, echo);
    ASSERT_TRUE(started.ok()) << started.error().detail;
    server = std::move(started).value();
  }
  std::string ask(std::string_view bytes) { return Client(*server).ask(bytes); }
};

using Http = Fixture;

TEST_F(Http, AnswersWithWhatItPromises) {
  start();
  Client client(*server);
  EXPECT_EQ(client.ask(kGet), "200 GET /x []");
  for (const char* line : {"HTTP/1.1 200 OK\r\n", "\r\nDate: ", " GMT\r\n",
                           "\r\nX-Request-Id: ", "\r\nContent-Type: text/plain\r\n",
                           "\r\nX-Content-Type-Options: nosniff\r\n", "\r\nReferrer-Policy: "}) {
    EXPECT_NE(client.head.find(line), std::string::npos) << line << " in " << client.head;
  }
  EXPECT_EQ(client.head.find("Content-Security-Policy"), std::string::npos);
  const std::string first = client.head;
  EXPECT_EQ(client.ask("GET /%E8%AF%BE%20?a=1+2&b=%26&&c HTTP/1.1\r\nHost: a\r\n\r\n"),
            "200 GET /课  a=1 2 b=& c= []");
  EXPECT_NE(client.head, first) << "request ids differ";
  EXPECT_EQ(client.ask("GET http://b.cn?q=1 HTTP/1.1\r\nHost: a\r\n\r\n"), "200 GET / q=1 []");
  EXPECT_EQ(client.ask("POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"),
            "200 POST /b [abc]");
  client.send("HEAD /h HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.reply(false), "200");
  EXPECT_NE(client.head.find("Content-Length: 10"), std::string::npos);
  EXPECT_EQ(client.ask("\r\nPUT /p HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
            "200 PUT /p []");
  EXPECT_NE(client.head.find("Connection: close"), std::string::npos);
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(server->counts().requests, 6U);
}

TEST_F(Http, SpeaksHttp10) {
  start();
  Client once(*server);
  EXPECT_EQ(once.ask("GET /x HTTP/1.0\r\n\r\n"), "200 GET /x []");
  EXPECT_TRUE(once.ended());
  Client kept(*server);
  EXPECT_EQ(kept.ask("GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), "200 GET /x []");
  EXPECT_NE(kept.head.find("Connection: keep-alive"), std::string::npos);
  EXPECT_EQ(kept.ask("GET /y HTTP/1.0\r\n\r\n"), "200 GET /y []");
}

TEST_F(Http, RefusesWhatOthersMightReadOtherwise) {
  options.limits.headers = 10;
  start();
  const std::string many = [] {
    std::string lines;
    for (int i = 0; i < 10; ++i) lines += "A: b\r\n";
    return lines;
  }();
  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
  const std::vector<std::pair<std::string, const char*>> cases = {
      {post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       "http.ambiguous_length"},
      {post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
       "http.ambiguous_length"},
      {post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "http.ambiguous_length"},
      {post + "Content-Length: 3, 3\r\n\r\nabc", "http.ambiguous_length"},
      {post + "Content-Length: +3\r\n\r\nabc", "http.ambiguous_length"},
      {post + "Content-Length: -3\r\n\r\nabc", "http.ambiguous_length"},
      {post + "Content-Length: 99999999999999999999\r\n\r\n", "http.ambiguous_length"},
      {post + "Content-Length: \r\n\r\n", "http.ambiguous_length"},
      {post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
       "http.ambiguous_length"},
      {post + "Transfer-Encoding: gzip, chunked\r\n\r\n", "http.unknown_coding"},
      {post + "Transfer-Encoding: xchunked\r\n\r\n", "http.unknown_coding"},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "http.ambiguous_length"},
      {post + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", "http.bad_chunk"},
      {post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcX0\r\n\r\n", "http.bad_chunk"},
      {post + "Transfer-Encoding: chunked\r\n\r\n-1\r\n", "http.bad_chunk"},
      {post + "Transfer-Encoding: chunked\r\n\r\n11111111111111111\r\n", "http.bad_chunk"},
      {post + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(5000, 'e'), "http.bad_chunk"},
      {post + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + std::string(5000, 't'), "http.bad_chunk"},
      {"GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n", "http.bad_request"},
      {"GET / HTTP/1.1\r\nHost: a\nA: b\r\n\r\n", "http.bad_request"},
      {"GET / HTTP/1.1\r\nHost: a\rA: b\r\n\r\n", "http.bad_request"},
      {std::string("GET / HTTP/1.1\r\nHost: a\r\nA: \0b\r\n\r\n", 34), "http.bad_request"},
      {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", "http.bad_request"},
      {"GET / HTTP/1.1\r\nHost: a\r\nA\r\n\r\n", "http.bad_request"},
      {"GET / HTTP/1.1\r\n Host: a\r\n\r\n", "http.bad_request"},
      {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "http.bad_request"},
      {"\x16\x03\x01 / x\r\n\r\n", "http.bad_request"},
      {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", "http.unknown_version"},
      {"GET / HTTP/1.1\r\n\r\n", "http.bad_host"},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "http.bad_host"},
      {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "http.bad_host"},
      {"GET / HTTP/1.1\r\nHost:\r\n\r\n", "http.bad_host"},
      {"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", "http.unknown_method"},
      {"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", "http.unknown_method"},
      {"get / HTTP/1.1\r\nHost: a\r\n\r\n", "http.unknown_method"},
      {post + "Expect: magic\r\n\r\n", "http.unknown_expectation"},
      {"GET / HTTP/1.1\r\nHost: a\r\n" + many + "\r\n", "http.too_many_headers"},
      {"GET /../x HTTP/1.1\r\nHost: a\r\n\r\n", "http.bad_target"},
      {"GET /a/%2e%2E/x HTTP/1.1\r\nHost: a\r\n\r\n", "http.bad_target"},
      {"GET /a/./x HTTP/1.1\r\nHost: a\r\n\r\n", "http.bad_target"},
      {"GET /a%2Fx HTTP/1.1\r\nHost: a\r\n\r\n", "http.bad_target"},
      {"GET /a%5cx HTTP/1.1\r\nHost: a\r\n\r\n", "http.bad_target"},
      {"GET /a%00 HTTP/1.1\r\nHost: a\r\n\r\n", "http.bad_target"},
      {"GET /a%0d%0aX:y HTTP/1.1\r\nHost: a\r\n\r\n", "http.bad_target"},
      {"GET /%ff HTTP/1.1\r\nHost: a\r\n\r\n", "http.bad_target"},
      {"GET /%c0%af HTTP/1.1\r\nHost: a\r\n\r\n", "http.bad_target"},
      {"GET /%4 HTTP/1.1\r\nHost: a\r\n\r\n", "http.bad_target"},
      {"GET /%g1 HTTP/1.1\r\nHost: a\r\n\r\n", "http.bad_target"},
      {"GET /?a=%zz HTTP/1.1\r\nHost: a\r\n\r\n", "http.bad_target"},
      {"GET /?a=%00 HTTP/1.1\r\nHost: a\r\n\r\n", "http.bad_target"},
      {"GET x HTTP/1.1\r\nHost: a\r\n\r\n", "http.bad_target"},
      {"GET http://u@h/ HTTP/1.1\r\nHost: a\r\n\r\n", "http.bad_target"},
      {"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", "http.bad_target"},
  };
  for (const auto& [bytes, code] : cases) {
    Client client(*server);
    // What follows must never be taken for a request of its own.
    EXPECT_EQ(client.ask(bytes + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
              std::string("400 ") + code)
        << bytes;
    EXPECT_NE(client.head.find("Connection: close"), std::string::npos) << bytes;
    EXPECT_TRUE(client.ended()) << bytes;
  }
  EXPECT_EQ(echo.handled, 0);
}

TEST_F(Http, ReadsBodiesHoweverTheyArrive) {
  start();
  const std::string chunked =
      "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
      "3;ext=\"1\"\r\nabc\r\n0a\r\n0123456789\r\n000\r\nTrailer: ignored\r\nHost: evil\r\n\r\n";
  const std::string sized = "POST /s HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n01234";
  Client client(*server);
  EXPECT_EQ(client.ask(chunked + sized), "200 POST /c [abc0123456789]");
  EXPECT_EQ(client.reply(), "200 POST /s [01234]");
  // Cut anywhere: nothing depends on where packets end.
  for (std::size_t cut = 1; cut < chunked.size(); cut += 3) {
    client.send(chunked.substr(0, cut));
    std::this_thread::sleep_for(1ms);
    EXPECT_EQ(client.ask(chunked.substr(cut)), "200 POST /c [abc0123456789]") << cut;
  }
  for (const char byte : sized) {
    client.send({&byte, 1});
    std::this_thread::sleep_for(100us);
  }
  EXPECT_EQ(client.reply(), "200 POST /s [01234]");
  echo.body_max = 1U << 20U;
  const std::string large(1U << 20U, 'x');
  EXPECT_EQ(client.ask("POST /l HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n" + large),
            "200 POST /l [" + large + "]");
}

TEST_F(Http, RefusesBodiesBeforeTheyAreSent) {
  start();
  EXPECT_EQ(ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n"),
            "400 http.body_too_large");
  EXPECT_EQ(ask("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" +
                std::string(1001, 'x')),
            "400 http.body_too_large");
  // Also when the whole of it is on its way: the reply must not be lost to a reset.
  const std::string large(3U << 20U, 'x');
  Client sender(*server);
  sender.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3145728\r\n\r\n" +
              large.substr(0, 100'000));
  EXPECT_EQ(sender.reply(), "400 http.body_too_large");
  Client asking(*server);
  EXPECT_EQ(asking.ask(
                "POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"),
            "100");
  EXPECT_EQ(asking.ask("abc"), "200 POST /e [abc]");
  EXPECT_EQ(
      asking.ask(
          "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n"),
      "400 http.body_too_large");
}

TEST_F(Http, AnswersPipelinedRequestsInOrder) {
  std::vector<std::thread> threads;
  std::mutex mutex;
  for (const auto& [path, wait] : {std::pair{"/slow", 60ms}, std::pair{"/soon", 5ms}}) {
    echo.routes[path] = [&threads, &mutex, wait = wait](const Request& request,
                                                        const Respond& respond) {
      const std::lock_guard hold(mutex);
      threads.emplace_back([wait, respond, path = request.path] {
        std::this_thread::sleep_for(wait);
        Response response;
        response.body = path;
        respond(response);
        respond(response);  // the second call must change nothing
      });
    };
  }
  start();
  Client client(*server);
  client.send(
      "GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET /soon HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /now HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.reply(), "200 /slow");
  EXPECT_EQ(client.reply(), "200 /soon");
  EXPECT_EQ(client.reply(), "200 GET /now []");
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(client.ask(kGet), "200 GET /x []");
}

TEST_F(Http, LimitsTheHead) {
  options.limits.header_bytes = 1000;
  start();
  const std::string before = "GET / HTTP/1.1\r\nHost: a\r\nA: ";
  const std::string fits = before + std::string(1000 - before.size() - 4, 'x') + "\r\n\r\n";
  EXPECT_EQ(ask(fits), "200 GET / []");
  EXPECT_EQ(ask(before + "x" + fits.substr(before.size())), "400 http.head_too_large early");
  EXPECT_EQ(ask(std::string(2000, 'G')), "400 http.head_too_large early");
}

TEST_F(Http, LimitsSlowness) {
  options.limits.head = 100ms;
  options.limits.body_stall = 100ms;
  options.limits.body = 300ms;
  options.limits.small_body = 300ms;
  options.limits.handler = 100ms;
  options.limits.idle = 300ms;
  options.limits.write_stall = 100ms;
  std::vector<Respond> kept;
  echo.routes["/never"] = [&](const Request&, Respond respond) {
    kept.push_back(std::move(respond));
  };
  echo.routes["/large"] = [](const Request&, const Respond& respond) {
    Response response;
    response.shared = std::make_shared<const std::string>(64U << 20U, 'x');
    respond(response);
  };
  start();
  {
    Client drip(*server);
    std::string got;
    for (int i = 0; i < 100 && got.empty(); ++i) {
      if (!drip.send("G")) break;
      if (drip.fill(10ms)) got = drip.reply();
    }
    EXPECT_EQ(got, "400 http.slow_head early");
  }
  EXPECT_EQ(ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"),
            "400 http.slow_body");
  {
    // Never stalls for long, and never ends either.
    Client drip(*server);
    drip.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n");
    std::string got;
    for (int i = 0; i < 100 && got.empty(); ++i) {
      if (!drip.send("x")) break;
      if (drip.fill(10ms)) got = drip.reply();
    }
    EXPECT_EQ(got, "400 http.slow_body");
  }
  EXPECT_EQ(ask("GET /never HTTP/1.1\r\nHost: a\r\n\r\n"), "400 http.handler_too_slow");
  for (const Respond& respond : kept) respond({});  // too late, and harmless
  {
    Client idle(*server);
    EXPECT_EQ(idle.ask(kGet), "200 GET /x []");
    EXPECT_TRUE(idle.ended(5s));
    Client mute(*server);
    EXPECT_TRUE(mute.ended(5s));
  }
  {
    Client deaf(*server);
    deaf.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    for (int i = 0; i < 500 && server->counts().connections_open > 0; ++i)
      std::this_thread::sleep_for(10ms);
    EXPECT_EQ(server->counts().connections_open, 0U);
  }
}

// Connections of which each has asked once.
std::vector<std::unique_ptr<Client>> crowd(const Server& server, std::size_t count) {
  std::vector<std::unique_ptr<Client>> all;
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back(std::make_unique<Client>(server));
    EXPECT_EQ(all.back()->ask(kGet), "200 GET /x []");
  }
  return all;
}

TEST_F(Http, LetsInWhoComesInThePlaceOfWhoHasWaitedLongest) {
  options.limits.connections = 3;
  start();
  const auto those = crowd(*server, 3);
  EXPECT_EQ(those[0]->ask(kGet), "200 GET /x []");  // now the second waits longest
  const Client silent(*server);                     // in its place
  EXPECT_TRUE(those[1]->closed());
  EXPECT_EQ(ask(kGet), "200 GET /x []");  // in that of the third
  EXPECT_TRUE(those[2]->closed());
  EXPECT_EQ(those[0]->ask(kGet), "200 GET /x []");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ask(kGet), "200 GET /x []");
  EXPECT_EQ(server->counts().connections_refused, 0U);
}

TEST_F(Http, LetsNobodyTakeAllPlacesBySilence) {
  options.limits.connections = 10;
  start();
  std::vector<std::unique_ptr<Client>> silent;
  for (int i = 0; i < 30; ++i) {
    silent.push_back(std::make_unique<Client>(*server));
    silent.back()->send(i % 2 == 0 ? "" : "GET /half HTTP/1.1\r\nHo");
  }
  EXPECT_EQ(ask(kGet), "200 GET /x []");
  EXPECT_TRUE(silent.front()->closed());
}

TEST_F(Http, LetsNobodyTakeAllPlacesByWhatIsNotComplete) {
  options.limits.connections = 10;
  echo.body_max = 100'000;
  echo.routes["/large"] = [](const Request&, const Respond& respond) {
    Response response;
    response.shared = std::make_shared<const std::string>(64U << 20U, 'x');
    respond(response);
  };
  start();
  for (const std::string_view half :
       {"POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\nx",
        "POST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\nx",
        "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 90000\r\n\r\nx",
        "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n",
        "GET /large HTTP/1.1\r\nHost: a\r\n\r\n"}) {
    Client neighbour(*server, "127.0.0.3");
    EXPECT_EQ(neighbour.ask(kGet), "200 GET /x []");
    std::vector<std::unique_ptr<Client>> those;
    for (int i = 0; i < 12; ++i) {
      those.push_back(std::make_unique<Client>(*server, "127.0.0.2"));
      those.back()->send(half);
    }
    std::this_thread::sleep_for(1200ms);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(ask(kGet), "200 GET /x []") << half;
    EXPECT_EQ(neighbour.ask(kGet), "200 GET /x []") << "who has most gives way: " << half;
  }
}

TEST_F(Http, WaitsLessForSmallBodies) {
  options.limits.small_body = 200ms;
  options.limits.small_body_bytes = 100;
  start();
  for (const char* length : {"90", "900"}) {
    Client drip(*server);
    drip.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::string(length) + "\r\n\r\n");
    std::string got;
    for (int i = 0; i < 60 && got.empty(); ++i) {
      if (!drip.send("x")) break;
      if (drip.fill(10ms)) got = drip.reply();
    }
    EXPECT_EQ(got, length == std::string("90") ? "400 http.slow_body" : "");
  }
}

TEST_F(Http, AnswersWhoFindsNoPlaceAtAll) {
  options.limits.connections = 2;
  std::vector<Respond> kept;
  echo.routes["/keep"] = [&](const Request&, Respond respond) {
    kept.push_back(std::move(respond));
  };
  start();
  Client first(*server);
  Client second(*server);
  first.send("GET /keep HTTP/1.1\r\nHost: a\r\n\r\n");
  second.send("GET /keep HTTP/1.1\r\nHost: a\r\n\r\n");
  for (int i = 0; i < 500 && echo.handled < 2; ++i) std::this_thread::sleep_for(10ms);
  for (int i = 0; i < 20; ++i) {
    Client third(*server);
    EXPECT_EQ(third.ask(kGet), "400 http.too_many_connections early");
    EXPECT_TRUE(third.ended());
  }
  EXPECT_EQ(server->counts().connections_refused, 20U);
  for (const Respond& respond : kept) respond({});
  EXPECT_EQ(first.reply(), "200 ") << "what was being dealt with is never given up";
  EXPECT_EQ(ask(kGet), "200 GET /x []");
}

TEST_F(Http, LimitsTheConnectionsOfOneAddress) {
  options.limits.connections = 10;
  options.limits.connections_of_peer = 2;
  options.proxies = {"127.0.0.9"};
  std::vector<Respond> kept;
  echo.routes["/keep"] = [&](const Request&, Respond respond) {
    kept.push_back(std::move(respond));
  };
  start();
  Client neighbour(*server, "127.0.0.2");
  const auto those = crowd(*server, 2);
  EXPECT_EQ(ask(kGet), "200 GET /x []");  // the oldest of its own gives way
  EXPECT_TRUE(those[0]->closed());
  EXPECT_EQ(those[1]->ask(kGet), "200 GET /x []");
  Client busy(*server);
  for (Client* one : {those[1].get(), &busy}) {
    one->send("GET /keep HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  for (int i = 0; i < 500 && echo.handled < 6; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(ask(kGet), "400 http.too_many_of_peer early");
  EXPECT_EQ(neighbour.ask(kGet), "200 GET /x []") << "nobody else has to give way";
  std::vector<std::unique_ptr<Client>> proxied;
  for (int i = 0; i < 4; ++i) {
    proxied.push_back(std::make_unique<Client>(*server, "127.0.0.9"));
    EXPECT_EQ(proxied.back()->ask(kGet), "200 GET /x []");
  }
  EXPECT_EQ(proxied.front()->ask(kGet), "200 GET /x []") << "a proxy speaks for many";
  for (const Respond& respond : kept) respond({});
}

TEST_F(Http, LimitsBodiesInFlight) {
  options.limits.small_bodies = {1200, 1500};
  std::vector<Respond> kept;
  echo.routes["/keep"] = [&](const Request&, Respond respond) {
    kept.push_back(std::move(respond));
  };
  start();
  const std::string body(1000, 'x');
  Client first(*server, "127.0.0.2");
  first.send("POST /keep HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n" + body);
  for (int i = 0; i < 500 && echo.handled == 0; ++i) std::this_thread::sleep_for(10ms);
  const std::string sized = "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n" + body;
  const std::string chunked =
      "POST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" + body;
  EXPECT_EQ(ask(sized), "400 http.bodies_full");
  EXPECT_EQ(ask(chunked), "400 http.bodies_full");
  EXPECT_EQ(Client(*server, "127.0.0.2").ask(sized), "400 http.bodies_of_peer");
  EXPECT_EQ(Client(*server, "127.0.0.2").ask(chunked), "400 http.bodies_of_peer");
  EXPECT_EQ(ask("POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"),
            "200 POST /b [abc]");
  kept.at(0)({});
  EXPECT_EQ(first.reply(), "200 ");
  EXPECT_EQ(ask(sized), "200 POST /b [" + body + "]");
}

TEST_F(Http, ReadsLargeBodiesWithLeaveOnly) {
  options.limits.small_body_bytes = 10;
  options.limits.large_bodies = {900, 900};
  options.limits.handler = 300ms;
  echo.body_max = 2000;
  echo.wants_pass = true;
  start();
  const auto post = [](const std::string& headers, std::size_t size) {
    return "POST /b HTTP/1.1\r\nHost: a\r\n" + headers + "Content-Length: " + std::to_string(size) +
           "\r\n\r\n";
  };
  const std::string body(800, 'x');
  // Nobody waits for a body he will refuse, and nobody sends it who asks first.
  EXPECT_EQ(ask(post("", 800)), "401 no leave");
  EXPECT_EQ(ask(post("Expect: 100-continue\r\n", 800)), "401 no leave");
  EXPECT_EQ(ask(post("", 800) + body), "401 no leave");
  EXPECT_EQ(ask("POST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx"),
            "401 no leave");
  EXPECT_EQ(echo.handled, 0);
  EXPECT_EQ(ask(post("", 10) + "0123456789"), "200 POST /b [0123456789]") << "small ones just come";
  EXPECT_EQ(echo.leaves, 4);
  Client asking(*server);
  EXPECT_EQ(asking.ask(post("Pass: 1\r\nExpect: 100-continue\r\n", 800)), "100");
  EXPECT_EQ(ask(post("Pass: 1\r\n", 800)), "400 http.bodies_of_peer") << "its room is taken";
  EXPECT_EQ(asking.ask(body), "200 POST /b [" + body + "]");
  EXPECT_EQ(asking.ask(post("Pass: 1\r\n", 800) + body), "200 POST /b [" + body + "]");
  Client never(*server);
  EXPECT_EQ(never.ask("POST /never HTTP/1.1\r\nHost: a\r\nContent-Length: 800\r\n\r\n"),
            "400 http.unanswered");
}

TEST_F(Http, AnswersWhatIsLetGoOrThrows) {
  echo.routes["/drop"] = [](const Request&, const Respond&) {};
  echo.routes["/later"] = [](const Request&, Respond respond) {
    std::thread([respond = std::move(respond)]() mutable { respond = nullptr; }).detach();
  };
  echo.routes["/throw"] = [](const Request&, const Respond&) { SJ_CHECK(false); };
  start();
  for (const char* path : {"/drop", "/later", "/throw"}) {
    EXPECT_EQ(ask("GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n"),
              "400 http.unanswered")
        << path;
  }
}

TEST_F(Http, NoHeaderOfAReplyEndsItsLine) {
  echo.routes["/h"] = [](const Request&, const Respond& respond) {
    Response response;
    response.status = 204;
    response.headers = {{"Set-Cookie", "a\r\nX-Evil: 1\n\n"}};
    respond(response);
  };
  echo.routes["/html"] = [](const Request&, const Respond& respond) {
    Response response;
    response.content_type = "text/html; charset=utf-8";
    respond(response);
  };
  start();
  Client client(*server);
  EXPECT_EQ(client.ask("GET /h HTTP/1.1\r\nHost: a\r\n\r\n"), "204");
  EXPECT_NE(client.head.find("\r\nSet-Cookie: a  X-Evil: 1  \r\n"), std::string::npos)
      << client.head;
  EXPECT_EQ(client.ask("GET /html HTTP/1.1\r\nHost: a\r\n\r\n"), "200 ");
  EXPECT_NE(client.head.find("Content-Security-Policy: default-src 'self'"), std::string::npos);
  EXPECT_NE(client.head.find("frame-ancestors 'none'"), std::string::npos);
}

TEST_F(Http, StopsGracefully) {
  options.limits.drain = 5s;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Respond> kept;
  echo.routes["/keep"] = [&](const Request&, Respond respond) {
    const std::lock_guard hold(mutex);
    kept.push_back(std::move(respond));
    changed.notify_all();
  };
  start();
  Client idle(*server);
  EXPECT_EQ(idle.ask(kGet), "200 GET /x []");
  Client busy(*server);
  busy.send("GET /keep HTTP/1.1\r\nHost: a\r\n\r\n");
  {
    std::unique_lock hold(mutex);
    changed.wait_for(hold, 5s, [&] { return !kept.empty(); });
    ASSERT_FALSE(kept.empty());
  }
  std::atomic<bool> stopped = false;
  std::thread stopper([&] {
    server->stop();
    stopped = true;
  });
  EXPECT_TRUE(idle.ended(2s));
  EXPECT_FALSE(Client(*server).connected());
  EXPECT_FALSE(stopped);
  Response response;
  response.body = "done";
  kept[0](response);
  EXPECT_EQ(busy.reply(), "200 done");
  EXPECT_NE(busy.head.find("Connection: close"), std::string::npos);
  stopper.join();
}

TEST_F(Http, StopDoesNotWaitForEver) {
  options.limits.drain = 100ms;
  std::vector<Respond> kept;
  echo.routes["/keep"] = [&](const Request&, Respond respond) {
    kept.push_back(std::move(respond));
  };
  start();
  Client busy(*server);
  busy.send("GET /keep HTTP/1.1\r\nHost: a\r\n\r\n");
  Client half(*server);
  half.send("GET /ha");
  for (int i = 0; i < 500 && echo.handled == 0; ++i) std::this_thread::sleep_for(10ms);
  server.reset();
  EXPECT_EQ(busy.reply(), "closed");
  ASSERT_EQ(kept.size(), 1U);
  kept[0]({});  // the server is gone
}

TEST_F(Http, ListensOnASocketOfTheOperator) {
  char folder[] = "/tmp/sj_http_XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  options.unix_socket = std::string(folder) + "/operator";
  echo.routes["/who"] = [](const Request& request, const Respond& respond) {
    Response response;
    response.body = (request.operator_socket ? "operator " : "net ") + request.peer;
    if (request.is_loopback) response.body += " loopback";
    respond(response);
  };
  options.proxies = {"127.0.0.1"};
  start();
  const std::string who =
      "GET /who HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 9.9.9.9, 10.1.2.3\r\n\r\n";
  EXPECT_EQ(Client(options.unix_socket).ask(who), "200 operator ");
  EXPECT_EQ(ask(who), "200 net 10.1.2.3");
  EXPECT_EQ(ask("GET /who HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 2001:db8::7:8\r\n\r\n"),
            "200 net 2001:db8::/64");
  struct stat found {};
  ASSERT_EQ(::stat(options.unix_socket.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  // A second server finds it answered; after a crash the name is free again.
  Options other = options;
  EXPECT_EQ(Server::start(other, echo).error().code, "http.cannot_listen");
  server.reset();
  EXPECT_NE(::stat(options.unix_socket.c_str(), &found), 0);
  const int left = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  options.unix_socket.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(left, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ::close(left);
  options.proxies.clear();
  start();
  EXPECT_EQ(ask(who), "200 net 127.0.0.1") << "through some proxy, or so it says";
  EXPECT_EQ(ask("GET /who HTTP/1.1\r\nHost: a\r\n\r\n"), "200 net 127.0.0.1 loopback");
  server.reset();
  ::rmdir(folder);
}

TEST(Network, IsAllOfAHouseholdsAddresses) {
  EXPECT_EQ(network_of("10.1.2.3"), "10.1.2.3");
  EXPECT_EQ(network_of("::ffff:10.1.2.3"), "10.1.2.3");
  EXPECT_EQ(network_of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(network_of("2001:db8:1:2::9"), "2001:db8:1:2::/64");
  EXPECT_NE(network_of("2001:db8:1:3::9"), "2001:db8:1:2::/64");
  EXPECT_EQ(network_of("somewhere"), "somewhere");
  EXPECT_EQ(network_of(std::string(100, 'x')).size(), 64U);
}

TEST_F(Http, RefusesToStartWhereItCannot) {
  start();
  Options taken = options;
  taken.port = server->port();
  EXPECT_EQ(Server::start(taken, echo).error().code, "http.cannot_listen");
  Options odd = options;
  odd.address = "localhost";
  EXPECT_EQ(Server::start(odd, echo).error().code, "http.cannot_listen");
  Options certified = options;
  certified.tls_certificate = "/nowhere.pem";
  EXPECT_EQ(Server::start(certified, echo).error().code, "http.bad_certificate");
}

TEST_F(Http, SharesConnectionsBetweenThreads) {
  options.threads = 2;
  start();
  std::vector<std::thread> clients;
  clients.reserve(8);
  std::atomic<int> right = 0;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&] {
      for (int j = 0; j < 20; ++j) {
        Client client(*server);
        for (int k = 0; k < 5; ++k) right += client.ask(kGet) == "200 GET /x []" ? 1 : 0;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(right, 800);
  EXPECT_EQ(server->counts().requests, 800U);
}

// A P-256 key with its own certificate, in two files.
struct Certificate {
  std::string certificate{};
  std::string key{};

  explicit Certificate(const std::string& folder)
      : certificate(folder + "/cert.pem"), key(folder + "/key.pem") {
    EVP_PKEY* pair = EVP_EC_gen("P-256");
    X509* x509 = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), -60);
    X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
    X509_set_pubkey(x509, pair);
    X509_sign(x509, pair, EVP_sha256());
    std::FILE* file = std::fopen(certificate.c_str(), "w");
    PEM_write_X509(file, x509);
    std::fclose(file);
    file = std::fopen(key.c_str(), "w");
    PEM_write_PrivateKey(file, pair, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    X509_free(x509);
    EVP_PKEY_free(pair);
  }
};

// A handshake and one request on a connection; the session is kept for the next.
struct TlsClient {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_SESSION* session = nullptr;
  bool resumed = false;
  std::string protocol{};
  std::string version{};

  TlsClient() = default;
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;
  ~TlsClient() {
    SSL_SESSION_free(session);
    SSL_CTX_free(context);
  }

  std::string ask(const Server& server, const std::string& bytes) {
    const Client plain(server);
    SSL* ssl = SSL_new(context);
    SSL_set_fd(ssl, plain.file());
    static constexpr unsigned char kOffer[] = "\x02h2\x08http/1.1";
    SSL_set_alpn_protos(ssl, kOffer, sizeof kOffer - 1);
    if (session != nullptr) SSL_set_session(ssl, session);
    std::string got;
    if (SSL_connect(ssl) == 1) {
      resumed = SSL_session_reused(ssl) == 1;
      version = SSL_get_version(ssl);
      const unsigned char* chosen = nullptr;
      unsigned size = 0;
      SSL_get0_alpn_selected(ssl, &chosen, &size);
      protocol.assign(reinterpret_cast<const char*>(chosen), size);
      SSL_write(ssl, bytes.data(), static_cast<int>(bytes.size()));
      std::array<char, 16384> buffer{};
      for (int n = 0; (n = SSL_read(ssl, buffer.data(), buffer.size())) > 0;) {
        got.append(buffer.data(), static_cast<std::size_t>(n));
      }
      SSL_SESSION_free(session);
      session = SSL_get1_session(ssl);
      SSL_shutdown(ssl);
    } else {
      got = "no handshake";
    }
    SSL_free(ssl);
    return got;
  }
};

TEST_F(Http, SpeaksTls) {
  char folder[] = "/tmp/sj_tls_XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  const Certificate made(folder);
  options.tls_certificate = made.certificate;
  options.tls_key = made.key;
  options.limits.head = 300ms;
  echo.routes["/large"] = [](const Request&, const Respond& respond) {
    Response response;
    response.shared = std::make_shared<const std::string>(3'000'000, 'x');
    respond(response);
  };
  start();
  const std::string close = "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  TlsClient client;
  const std::string reply = client.ask(*server, close);
  EXPECT_NE(reply.find("\r\n\r\nGET /x []"), std::string::npos);
  EXPECT_NE(reply.find("\r\nStrict-Transport-Security: max-age="), std::string::npos);
  EXPECT_EQ(client.version, "TLSv1.3");
  EXPECT_EQ(client.protocol, "http/1.1");
  EXPECT_FALSE(client.resumed);
  EXPECT_NE(client.ask(*server, kGet + close).find("\r\n\r\nGET /x []"), std::string::npos);
  EXPECT_TRUE(client.resumed) << "a ticket spares the second handshake";
  EXPECT_GT(
      client.ask(*server, "GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").size(),
      3'000'000U);
  EXPECT_NE(client.ask(*server, "GET /%ff HTTP/1.1\r\nHost: a\r\n\r\n").find("http.bad_target"),
            std::string::npos);
  TlsClient old;
  SSL_CTX_set_max_proto_version(old.context, TLS1_2_VERSION);
  EXPECT_NE(old.ask(*server, close).find("GET /x []"), std::string::npos);
  EXPECT_EQ(old.version, "TLSv1.2");
  TlsClient older;
  SSL_CTX_set_security_level(older.context, 0);
  SSL_CTX_set_min_proto_version(older.context, TLS1_1_VERSION);
  SSL_CTX_set_max_proto_version(older.context, TLS1_1_VERSION);
  EXPECT_EQ(older.ask(*server, close), "no handshake");
  EXPECT_EQ(ask(kGet).substr(0, 3), "clo") << "no plain text on a TLS port";
  Client mute(*server);
  EXPECT_TRUE(mute.ended(5s)) << "a handshake that never begins is given up";
  server.reset();
  Options wrong = options;
  wrong.tls_key = made.certificate;
  EXPECT_EQ(Server::start(wrong, echo).error().code, "http.bad_certificate");
  for (const std::string& file : {made.certificate, made.key}) ::unlink(file.c_str());
  ::rmdir(folder);
}

}  // namespace
}  // namespace sj::http
