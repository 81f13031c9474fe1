#include "kernel/sql/fresh_store.h"

#include <atomic>
#include <cstdlib>
#include <filesystem>

#include <unistd.h>

#include "kernel/base/check.h"

namespace sj::sql {

namespace {

/// The URL of the server, or nothing.
std::string server_url() {
  const char* url = std::getenv("SJ_TEST_PG");
  return url == nullptr ? "" : url;
}

template <class T>
T must(Result<T> result) {
  if (!result.ok()) {
    throw_invariant_broken(result.error().detail.c_str(), __FILE__, __LINE__);
  }
  return std::move(result).value();
}

/// The URL of another database of the same server.
std::string with_database(std::string url, const std::string& name) {
  const std::size_t host = url.find("://");
  SJ_CHECK(host != std::string::npos);
  const std::size_t query = std::min(url.find('?'), url.size());
  const std::size_t path = std::min(url.find('/', host + 3), query);
  return url.replace(path, query - path, "/" + name);
}

void on_server(const std::string& sql) {
  const auto server = must(Database::open({.url = server_url()}));
  must(must(server->connect(Mode::write))->run_text(sql, {}));
}

}  // namespace

FreshStore::FreshStore(Dialect dialect) {
  if (dialect == Dialect::sqlite) {
    folder_ = (std::filesystem::temp_directory_path() / "sj-store-XXXXXX").string();
    SJ_CHECK(::mkdtemp(folder_.data()) != nullptr);
    address_.file = folder_ + "/store.db";
  } else {
    static std::atomic<int> count = 0;
    name_ = "sj_" + std::to_string(::getpid()) + "_" + std::to_string(++count);
    // Sorted as in dictionaries: what relies on the server's order is found out.
    on_server("CREATE DATABASE " + name_ +
              " TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'zh'");
    address_.url = with_database(server_url(), name_);
  }
  database_ = must(Database::open(address_));
}

FreshStore::~FreshStore() {
  database_.reset();
  if (!folder_.empty()) {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  } else {
    try {
      on_server("DROP DATABASE " + name_ + " WITH (FORCE)");
    } catch (const InvariantBroken&) {
      // The server is a temporary one: what stays behind goes with it.
    }
  }
}

bool FreshStore::available(Dialect dialect) {
  return dialect == Dialect::sqlite || !server_url().empty();
}

std::unique_ptr<Connection> FreshStore::connect(Mode mode) {
  return must(database_->connect(mode));
}

}  // namespace sj::sql
