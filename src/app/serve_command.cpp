#include <csignal>
#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <pthread.h>
#include <unistd.h>

#include "kernel/http/server.h"

#include "app/commands.h"
#include "app/program.h"
#include "app/store.h"

namespace sj::app {
namespace {

struct Arguments {
  StoreOptions store;
  std::string listen = "127.0.0.1:8080";
  std::string certificate;
  std::string key;
  std::string packs{};
  std::string base_url;
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

  auto store = SJ_TRY(Store::open(arguments.store, Store::Want::create, true));
  options.unix_socket = store->socket();
  Program::Options program_options;
  program_options.settings.test_clock = arguments.test_clock;
  program_options.settings.secure_cookie = !arguments.certificate.empty();
  program_options.base_url = arguments.base_url;
  program_options.packs = arguments.packs;
  auto program = SJ_TRY(Program::start(*store, program_options));
  auto server = SJ_TRY(http::Server::start(options, program->dispatcher()));
  program->dispatcher().watch([&server] { return server->counts(); });
  const bool tls = !arguments.certificate.empty();
  std::fprintf(stderr, "shuangjian: listening on %s://%s:%u\n", tls ? "https" : "http",
               options.address.c_str(), static_cast<unsigned>(server->port()));
  if (store->key_is_open()) {
    std::fprintf(stderr, "shuangjian: others can read the key file %s: chmod 600 it\n",
                 store->key_file().c_str());
  }

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
                      "what printed codes point at, such as https://sj.example.cn");
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
