#include "app/program.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <future>
#include <mutex>
#include <optional>
#include <string_view>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "kernel/api/replay.h"
#include "kernel/desk/runner.h"
#include "kernel/json/json.h"

#include "app/files.h"
#include "app/heads.h"
#include "app/trail_watch.h"
#include "app/web_files.h"
#include "org/setup.h"

namespace sj::app {

std::vector<api::Room> rooms_of(const org::Settings& org, const policy::Settings& policy) {
  return {org::room(org), policy::room(policy)};
}

namespace {

constexpr std::chrono::milliseconds kLookBeforeServing(100);

}  // namespace

struct Program::State {
  State(Store& store, const Options& options)
      : log(options.log_file, log::Level::info, store.clock()),
        org(org::make_settings(store.vault(), store.entropy())) {
    org.base_url = options.base_url;
  }

  log::Log log;
  org::Settings org;
  policy::Settings policy;
  std::unique_ptr<desk::Desk> desk;
  std::unique_ptr<desk::Readiness> readiness;
  std::unique_ptr<api::Dispatcher> dispatcher;
  std::unique_ptr<desk::Runner> runner;
  std::unique_ptr<TrailWatch> trail;
  std::future<void> look{};  // through the store; ends before what it uses
};

Program::Program(std::unique_ptr<State> state) : state_(std::move(state)) {}

Program::~Program() {
  close();
}

Result<std::unique_ptr<Program>> Program::start(Store& store, const Options& options) {
  auto state = std::make_unique<State>(store, options);
  std::function<Result<std::vector<policy::File>>()> read_files;
  if (!options.packs.empty()) {
    read_files = [folder = options.packs] { return read_packs(folder); };
  }
  state->policy = SJ_TRY(policy::make_settings(std::move(read_files)));
  state->desk = SJ_TRY(store.start_desk(&state->log));
  SJ_TRY(store.end_restore(*state->desk));
  std::vector<api::Room> rooms = rooms_of(state->org, state->policy);
  std::vector<desk::Listener> listeners;
  std::vector<desk::Job> jobs;
  for (const api::Room& room : rooms) {
    listeners.insert(listeners.end(), room.listeners.begin(), room.listeners.end());
    jobs.insert(jobs.end(), room.jobs.begin(), room.jobs.end());
  }
  listeners.push_back(heads_listener(heads_file(store.key_file())));
  api::Settings settings = options.settings;
  settings.find_area = org::find_operator_area;
  if (options.background) {
    // Who has never read a page of it does not know that it is damaged. The server starts all the
    // same: what can be read can be saved. A small store is looked through before anybody comes, a
    // large one while they do.
    state->trail = std::make_unique<TrailWatch>(store, state->log);
    std::promise<void> looked_through;
    std::future<void> is_looked_through = looked_through.get_future();
    state->look = std::async(std::launch::async, [&store, &log = state->log, &trail = *state->trail,
                                                  done = std::move(looked_through)]() mutable {
      const Result<void> sound = store.database().look_through();
      done.set_value();
      // What cannot be read cannot be compared either.
      if (sound.ok()) return trail.look();
      log.write(log::Level::error, "app.store_damaged", "",
                {{"code", sound.error().code}, {"detail", sound.error().detail}});
    });
    is_looked_through.wait_for(kLookBeforeServing);
    state->readiness = std::make_unique<desk::Readiness>(
        store.database(), [&store, &trail = *state->trail](desk::Readiness::Verdict& verdict) {
          verdict.wrong = store.look_around();
          trail.tell(verdict);
        });
    settings.readiness = state->readiness.get();
  }
  jobs.push_back(api::forget_replies_job());
  state->dispatcher = std::make_unique<api::Dispatcher>(
      std::move(settings), std::move(rooms), org::session_finder(state->org), store.database(),
      *state->desk, store.clock(), store.vault(), state->log);
  state->dispatcher->serve_files(web_files());
  if (options.background) {
    auto reader = SJ_TRY(store.database().connect(sql::Mode::read));
    state->runner = std::make_unique<desk::Runner>(
        *state->desk, std::move(reader), store.clock(), std::move(listeners), std::move(jobs),
        state->log, std::chrono::seconds(1), state->readiness.get());
  }
  return std::unique_ptr<Program>(new Program(std::move(state)));
}

api::Dispatcher& Program::dispatcher() {
  return *state_->dispatcher;
}
desk::Desk& Program::desk() {
  return *state_->desk;
}
const log::Log& Program::log() const {
  return state_->log;
}

void Program::close() {
  if (state_->look.valid()) state_->look.wait();
  state_->runner.reset();
  if (state_->trail != nullptr) state_->trail->close();
  state_->dispatcher->close();
  state_->desk->close();
}

namespace {

// The header by which an operator says which district he acts in.
constexpr std::string_view kAreaHeader = "X-Area";

class InProcess final : public Operator {
 public:
  InProcess(std::unique_ptr<Store> store, std::unique_ptr<Program> program)
      : store_(std::move(store)), program_(std::move(program)) {}

  Result<http::Response> ask(const Question& question) override {
    http::Request request;
    request.method = question.method;
    request.path = question.path;
    request.query = question.query;
    request.body = question.body;
    request.id = "operator";
    request.peer = "operator";
    request.operator_socket = true;
    if (!question.area.empty()) {
      request.headers.push_back({std::string(kAreaHeader), question.area});
    }
    std::mutex mutex;
    std::condition_variable answered;
    std::optional<http::Response> answer;
    program_->dispatcher().handle(std::move(request), [&](http::Response response) {
      const std::lock_guard lock(mutex);
      answer = std::move(response);
      answered.notify_one();
    });
    std::unique_lock lock(mutex);
    answered.wait(lock, [&] { return answer.has_value(); });
    if (answer->shared) answer->body = *answer->shared;
    return std::move(*answer);
  }

 private:
  std::unique_ptr<Store> store_;
  std::unique_ptr<Program> program_;
};

std::string percent_encoded(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~' || c == '/';
    if (plain) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += '%';
      encoded += kHex[byte >> 4U];
      encoded += kHex[byte & 15U];
    }
  }
  return encoded;
}

// A connection to the socket of a live server, for one question.
class Line {
 public:
  explicit Line(const std::string& socket) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket.size() >= sizeof(address.sun_path)) return;
    std::memcpy(static_cast<void*>(address.sun_path), socket.data(), socket.size());
    file_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (file_ < 0) return;
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): what connect() is given
    if (::connect(file_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return;
    ::close(file_);
    file_ = -1;
  }
  ~Line() {
    if (file_ >= 0) ::close(file_);
  }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  [[nodiscard]] bool open() const { return file_ >= 0; }

  [[nodiscard]] bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(file_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  // Everything until the server closes.
  [[nodiscard]] std::string receive() const {
    std::string all;
    std::string buffer(1U << 16U, '\0');
    while (true) {
      const ssize_t got = ::recv(file_, buffer.data(), buffer.size(), 0);
      if (got <= 0) return all;
      all.append(buffer, 0, static_cast<std::size_t>(got));
    }
  }

 private:
  int file_ = -1;
};

// Speaks to our own server only, which always gives a length and closes when asked to.
class OverSocket final : public Operator {
 public:
  explicit OverSocket(std::string socket) : socket_(std::move(socket)) {}

  Result<http::Response> ask(const Question& question) override {
    std::string target = percent_encoded(question.path);
    for (const auto& [name, value] : question.query) {
      target += target.find('?') == std::string::npos ? '?' : '&';
      target += percent_encoded(name) + "=" + percent_encoded(value);
    }
    std::string head = std::string(http::name_of(question.method)) + " " + target +
                       " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: " +
                       std::to_string(question.body.size()) + "\r\n";
    if (!question.area.empty()) head += std::string(kAreaHeader) + ": " + question.area + "\r\n";
    const Line line(socket_);
    const Error silent{ErrorKind::unavailable, "app.no_answer",
                       socket_ + ": the server does not answer"};
    if (!line.open() || !line.send(head + "\r\n") || !line.send(question.body)) return silent;
    const std::string reply = line.receive();
    const std::size_t end = reply.find("\r\n\r\n");
    constexpr std::size_t kStatusAt = std::string_view("HTTP/1.1 ").size();
    http::Response response;
    if (end == std::string::npos ||
        std::from_chars(reply.data() + kStatusAt, reply.data() + kStatusAt + 3, response.status)
                .ec != std::errc()) {
      return silent;
    }
    response.body = reply.substr(end + 4);
    return response;
  }

 private:
  std::string socket_;
};

}  // namespace

Error refusal_of(const http::Response& response) {
  struct ByStatus {
    int status;
    ErrorKind kind;
  };
  static constexpr ByStatus kKinds[] = {
      {400, ErrorKind::invalid},         {413, ErrorKind::invalid},
      {401, ErrorKind::unauthenticated}, {403, ErrorKind::forbidden},
      {404, ErrorKind::not_found},       {409, ErrorKind::conflict},
      {422, ErrorKind::rule_violated},   {429, ErrorKind::limited},
      {503, ErrorKind::unavailable}};
  Error error{ErrorKind::unavailable, "app.no_answer", response.body};
  for (const ByStatus& one : kKinds) {
    if (one.status == response.status) error.kind = one.kind;
  }
  const auto problem = json::parse(response.body);
  const auto* object = problem.ok() ? problem.value().if_object() : nullptr;
  if (object == nullptr) return error;
  const auto text_of = [&](std::string_view key) -> std::string {
    const auto* value = object->if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
  };
  error.code = text_of("code");
  error.detail = text_of("title") + " " + text_of("detail");
  return error;
}

Result<std::unique_ptr<Operator>> Operator::connect(const StoreOptions& options) {
  auto store = Store::open(options, Store::Want::create, true);
  if (!store.ok()) {
    if (store.error().code != "app.store_in_use") return store.error();
    if (!Line(control_socket(options)).open()) return store.error();
    return std::unique_ptr<Operator>(new OverSocket(control_socket(options)));
  }
  Program::Options quiet;
  quiet.background = false;
  quiet.log_file = -1;
  auto program = SJ_TRY(Program::start(*store.value(), quiet));
  return std::unique_ptr<Operator>(new InProcess(std::move(store).value(), std::move(program)));
}

}  // namespace sj::app
