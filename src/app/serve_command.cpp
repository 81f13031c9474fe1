#include <algorithm>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <pthread.h>
#include <unistd.h>

#include "kernel/http/networks.h"
#include "kernel/http/server.h"
#include "kernel/text/text.h"

#include "app/commands.h"
#include "app/files.h"
#include "app/program.h"
#include "app/store.h"
#include "policy/room.h"

namespace sj::app {
namespace {

struct Arguments {
  StoreOptions store;
  std::string listen = "127.0.0.1:8080";
  std::string certificate;
  std::string key;
  std::string packs{};
  std::string base_url;
  std::vector<std::string> proxies{};
  std::string metrics_token{};
  bool test_clock = false;
  int threads = 1;
};

Result<void> read_address(const std::string& listen, http::Options& options) {
  const std::size_t colon = listen.rfind(':');
  const std::string port = colon == std::string::npos ? "" : listen.substr(colon + 1);
  const bool digits = !port.empty() && port.size() <= 5 &&
                      port.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || std::stoi(port) > 65'535) {
    return Error{ErrorKind::invalid, "app.bad_listen",
                 "--listen " + listen + ": wants address:port, such as 127.0.0.1:8080"};
  }
  options.address = listen.substr(0, colon);
  if (options.address.size() > 1 && options.address.front() == '[') {
    options.address = options.address.substr(1, options.address.size() - 2);
  }
  options.port = static_cast<std::uint16_t>(std::stoi(port));
  return {};
}

constexpr std::string_view kHttps = "https://";

// What printed codes point at, without a slash at its end. Beyond this machine it must be said: the
// Host of a request is whatever its sender likes.
Result<std::string> read_base_url(const Arguments& arguments, const http::Options& options) {
  std::string url = arguments.base_url;
  while (!url.empty() && url.back() == '/') url.pop_back();
  if (url.empty()) {
    if (http::is_loopback(options.address) && arguments.proxies.empty()) return url;
    return Error{ErrorKind::invalid, "app.base_url_needed",
                 "--base-url: wants the address by which people reach this server, such as "
                 "https://sj.example.cn"};
  }
  const std::string_view all = url;
  const std::size_t front =
      all.starts_with(kHttps) ? kHttps.size() : std::string_view("http://").size();
  const bool known = all.starts_with(kHttps) || all.starts_with("http://");
  const std::string_view host = all.substr(std::min(front, all.size()));
  if (!known || host.empty() || host.find_first_of("/?#@ \"<>\\") != std::string_view::npos) {
    return Error{ErrorKind::invalid, "app.bad_base_url",
                 "--base-url " + url + ": wants scheme and host, such as https://sj.example.cn"};
  }
  return url;
}

Result<std::string> read_token(const std::string& file) {
  if (file.empty()) return std::string();
  const std::string bytes = SJ_TRY(read_file(file));
  constexpr std::size_t kLeast = 16;
  std::string token(text::trim(bytes));
  if (token.size() >= kLeast && token.find_first_of(" \r\n\t") == std::string::npos) return token;
  return Error{ErrorKind::invalid, "app.bad_metrics_token",
               file + ": wants one word of at least 16 characters"};
}

// Waits for a wish to stop. The signals are blocked in every thread, so that this one gets them.
int wait_for_signal(const sigset_t& signals) {
  int signal = 0;
  while (sigwait(&signals, &signal) != 0) {
  }
  return signal;
}

Result<void> serve(const Arguments& arguments) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  http::Options options;
  SJ_TRY(read_address(arguments.listen, options));
  options.tls_certificate = arguments.certificate;
  options.tls_key = arguments.key;
  options.threads = arguments.threads;
  options.proxies = arguments.proxies;
  const std::string base_url = SJ_TRY(read_base_url(arguments, options));
  const std::string metrics_token = SJ_TRY(read_token(arguments.metrics_token));

  if (!arguments.packs.empty()) {
    static_cast<void>(SJ_TRY(policy::make_settings([&] { return read_packs(arguments.packs); })));
  }
  options.unix_socket = control_socket(arguments.store);
  options.by_tls_only = base_url.starts_with(kHttps);
  // All that can be refused is, before a store is made.
  auto server = SJ_TRY(http::Server::listen(options));
  auto store = SJ_TRY(Store::open(arguments.store, Store::Want::create, true));
  Program::Options program_options;
  program_options.settings.test_clock = arguments.test_clock;
  api::Settings& settings = program_options.settings;
  settings.secure_cookie = !arguments.certificate.empty() || base_url.starts_with(kHttps);
  // A name that browsers take from this very host only, and only by TLS.
  if (settings.secure_cookie) settings.cookie = "__Host-sj";
  settings.metrics_token = metrics_token;
  // Behind a proxy everybody comes from this machine.
  settings.metrics_on_loopback = arguments.proxies.empty() && base_url.empty();
  settings.base_url = base_url;
  program_options.base_url = base_url;
  program_options.packs = arguments.packs;
  if (store->key_is_open()) {
    std::fprintf(stderr, "shuangjian: others can read the key file %s: chmod 600 it\n",
                 store->key_file().c_str());
  }
  auto program = SJ_TRY(Program::start(*store, program_options));
  SJ_TRY(server->begin(program->dispatcher()));
  program->dispatcher().watch([&server] { return server->counts(); });
  const bool tls = !arguments.certificate.empty();
  const bool is_v6 = options.address.find(':') != std::string::npos;
  const std::string host = is_v6 ? "[" + options.address + "]" : options.address;
  std::fprintf(stderr, "shuangjian: listening on %s://%s:%u\n", tls ? "https" : "http",
               host.c_str(), static_cast<unsigned>(server->port()));

  static_cast<void>(wait_for_signal(signals));
  std::fprintf(stderr, "shuangjian: stopping\n");
  server->stop();
  program->dispatcher().watch(nullptr);
  program->close();
  return {};
}

}  // namespace

void add_serve(CLI::App& app, int& status) {
  auto arguments = std::make_shared<Arguments>();
  auto* command = app.add_subcommand("serve", "serve the product (首次运行会自动建库)");
  add_store_options(*command, arguments->store);
  command->add_option("--listen", arguments->listen, "address:port; port 0 takes any")
      ->capture_default_str();
  auto* certificate = command->add_option("--tls-certificate", arguments->certificate, "PEM file");
  auto* key = command->add_option("--tls-key", arguments->key, "PEM file");
  certificate->needs(key);
  key->needs(certificate);
  command->add_option("--base-url", arguments->base_url,
                      "how people reach this server, such as https://sj.example.cn: what printed "
                      "codes point at; needed when it listens beyond this machine");
  command->add_option("--proxy", arguments->proxies,
                      "an address or network of a proxy in front, whose X-Forwarded-For is "
                      "believed; may be repeated");
  command->add_option("--metrics-token", arguments->metrics_token,
                      "a file with the token that /metrics wants as Authorization: Bearer; without "
                      "one it answers this machine only");
  command->add_option(
      "--packs", arguments->packs,
      "a folder of rule packs (policy/) instead of those built in; read again every "
      "minute, and kept as they were while a file has a fault");
  command->add_option("--threads", arguments->threads, "network threads")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command->add_flag("--test-clock", arguments->test_clock,
                    "let X-Test-Now say what time it is: for rehearsals, never with real data");
  command->callback([arguments, &status] { status = report(serve(*arguments)); });
}

}  // namespace sj::app
