#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernel/api/application.h"
#include "kernel/base/result.h"
#include "kernel/http/message.h"

#include "app/store.h"
#include "org/room.h"
#include "policy/room.h"

namespace sj::app {

/// Every room; the only list of them.
[[nodiscard]] std::vector<api::Room> rooms_of(const org::Settings& org,
                                              const policy::Settings& policy);

/// The product without its network: store, one writer, every room's routes, listeners and jobs.
class Program {
 public:
  struct Options {
    api::Settings settings{};
    bool background = true;  // deliver events and run jobs
    int log_file = 2;        // -1: quiet
    std::string base_url{};  // what printed codes point at
    std::string packs{};     // a folder of rule packs; empty: those built in
  };

  /// `store` must outlive this.
  [[nodiscard]] static Result<std::unique_ptr<Program>> start(Store& store, const Options& options);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  [[nodiscard]] api::Dispatcher& dispatcher();
  [[nodiscard]] desk::Desk& desk();
  [[nodiscard]] const log::Log& log() const;
  /// Finishes what was begun. Safe to call twice.
  void close();

 private:
  struct State;
  explicit Program(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Whoever may use the data folder, acting through the same routes as everybody: on a live server
/// by the socket in its folder, else in this process.
class Operator {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Operator>> connect(const StoreOptions& options);
  Operator() = default;
  Operator(const Operator&) = delete;
  Operator& operator=(const Operator&) = delete;
  virtual ~Operator() = default;

  struct Question {
    http::Method method = http::Method::get;
    std::string path{};
    std::vector<std::pair<std::string, std::string>> query{};
    std::string body{};
    std::string area{};  // its code or id, where there are several
  };
  /// Fails: app.no_answer (unavailable). A refusal of the server is an answer with its status.
  [[nodiscard]] virtual Result<http::Response> ask(const Question& question) = 0;
};

/// The Error a reply of application/problem+json stands for.
[[nodiscard]] Error refusal_of(const http::Response& response);

}  // namespace sj::app
