#include "app/store.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/base/sha256.h"
#include "kernel/desk/audit.h"
#include "kernel/text/text.h"

#include "app/files.h"

namespace sj::app {
namespace {

const sql::Statement kFindSetting{"SELECT value FROM kernel_setting WHERE name = $1"};
const sql::Statement kSetSetting{
    "INSERT INTO kernel_setting (name, value) VALUES ($1, $2) "
    "ON CONFLICT (name) DO UPDATE SET value = excluded.value"};
const sql::Statement kAnyArea{"SELECT count(*) FROM org_area"};
const sql::Statement kLastMoment{
    "SELECT coalesce(max(at_ms), 0) FROM kernel_audit_entry WHERE area_id > $1"};

constexpr std::string_view kDeployment = "deployment";
constexpr std::string_view kKeyFingerprint = "key";
constexpr std::string_view kClockStart = "clock_start_ms";

Error system_error(std::string code, const std::string& path) {
  return {ErrorKind::internal, std::move(code), path + ": " + std::strerror(errno)};
}

Result<void> make_folder(const std::string& path) {
  // Only the account that runs the server may look inside.
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return system_error("app.cannot_write", path);
}

bool exists(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0;
}

Result<std::optional<std::string>> find_setting(sql::Reader& store, std::string_view name) {
  return store.first(kFindSetting, {name}, [](const sql::Row& row) { return row.text(0); });
}

Result<void> set_setting(sql::Writer& store, std::string_view name, std::string_view value) {
  static_cast<void>(SJ_TRY(store.run(kSetSetting, {name, value})));
  return {};
}

Result<void> write_key(const std::string& path, std::string_view master) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return system_error("app.cannot_write", path);
  const std::string text =
      text::to_hex({reinterpret_cast<const std::uint8_t*>(master.data()), master.size()}) + "\n";
  const bool whole = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const bool synced = ::fsync(file) == 0;
  ::close(file);
  if (whole && synced) return {};
  return system_error("app.cannot_write", path);
}

Result<std::string> read_key(const std::string& path) {
  const std::string bytes = SJ_TRY(read_file(path));
  const auto master = text::from_hex(text::trim(bytes));
  if (!master.ok() || master.value().size() != auth::Vault::kMasterBytes) {
    return Error{ErrorKind::invalid, "app.bad_key_file", path + ": wants 64 hex digits"};
  }
  return std::string(master.value().begin(), master.value().end());
}

// For PostgreSQL the key lies with the account that runs the server, named after the deployment.
Result<std::string> usual_key_file(const StoreOptions& options, const std::string& deployment) {
  if (!options.key.empty()) return options.key;
  if (options.database.empty()) return options.data + "/key";
  const char* home = std::getenv("HOME");
  const std::string folder = std::string(home == nullptr ? "." : home) + "/.shuangjian";
  SJ_TRY(make_folder(folder));
  return folder + "/" + deployment + ".key";
}

}  // namespace

void add_store_options(CLI::App& command, StoreOptions& options) {
  auto* data =
      command.add_option("--data", options.data, "folder of the store")->capture_default_str();
  command.add_option("--database", options.database, "postgresql://… instead of a folder")
      ->excludes(data);
  command.add_option("--key", options.key, "file of the master key, if not in its usual place");
}

FolderLock& FolderLock::operator=(FolderLock&& other) noexcept {
  std::swap(file_, other.file_);
  return *this;
}

FolderLock::~FolderLock() {
  if (file_ >= 0) ::close(file_);
}

std::string control_socket(const StoreOptions& options) {
  return options.database.empty() ? options.data + "/control.sock" : "";
}

Store::Store() = default;
Store::~Store() = default;

Result<void> Store::open_database(const StoreOptions& options, Want want, bool lock) {
  sql::Address address;
  if (options.database.empty()) {
    address.file = options.data + "/store.db";
    if (want == Want::existing && !exists(address.file)) {
      return Error{ErrorKind::not_found, "app.no_store", options.data + ": there is no store here"};
    }
    SJ_TRY(make_folder(options.data));
    if (lock) {
      const std::string path = options.data + "/lock";
      const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
      if (file < 0) return system_error("app.cannot_write", path);
      lock_ = FolderLock(file);
      if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
        return Error{ErrorKind::conflict, "app.store_in_use",
                     options.data + ": another process writes here"};
      }
    }
    if (want == Want::empty && exists(address.file)) {
      return Error{ErrorKind::conflict, "app.store_not_empty",
                   options.data + ": there is a store already"};
    }
  } else {
    address.url = options.database;
  }
  socket_ = control_socket(options);
  database_ = SJ_TRY(sql::Database::open(address));
  return {};
}

Result<void> Store::finish(const StoreOptions& options, const std::optional<std::string>& master) {
  auto connection = SJ_TRY(database_->connect(sql::Mode::write));
  const int applied = SJ_TRY(sql::migrate(*connection, sql::migrations()));
  static_cast<void>(applied);

  SJ_TRY(connection->begin_write());
  auto deployment = SJ_TRY(find_setting(*connection, kDeployment));
  if (!deployment) {
    deployment = entropy_->hex(8);
    SJ_TRY(set_setting(*connection, kDeployment, *deployment));
  }
  key_file_ = SJ_TRY(usual_key_file(options, *deployment));
  const auto fingerprint = SJ_TRY(find_setting(*connection, kKeyFingerprint));
  std::string key(auth::Vault::kMasterBytes, '\0');
  if (exists(key_file_)) {
    key = SJ_TRY(read_key(key_file_));
    has_key_ = true;
  } else if (!fingerprint) {
    if (master) {
      key = *master;
    } else {
      entropy_->fill({reinterpret_cast<std::uint8_t*>(key.data()), key.size()});
    }
    SJ_TRY(write_key(key_file_, key));
    has_key_ = true;
  }
  vault_ = std::make_unique<auth::Vault>(key, *entropy_);
  if (fingerprint && has_key_ && *fingerprint != vault_->fingerprint()) {
    connection->rollback();
    return Error{ErrorKind::conflict, "app.wrong_key",
                 key_file_ + ": this key belongs to another store"};
  }
  if (!fingerprint) SJ_TRY(set_setting(*connection, kKeyFingerprint, vault_->fingerprint()));

  const auto clock_start = SJ_TRY(find_setting(*connection, kClockStart));
  if (clock_start && clock_ == nullptr) {
    // Never before what is already written down: time in the trail goes forward only.
    const std::int64_t last = SJ_TRY(connection->number(kLastMoment, {-1}));
    clock_ = std::make_unique<OffsetClock>(
        Instant(std::max<std::int64_t>(std::stoll(*clock_start), last)));
  }
  SJ_TRY(connection->commit());

  if (clock_ == nullptr) clock_ = std::make_unique<SystemClock>();
  if (ids_ == nullptr) ids_ = std::make_unique<SystemIds>(real_clock_, *entropy_);
  context_ = std::make_unique<desk::Context>(desk::Context{*clock_, *ids_, *entropy_, *vault_});
  return {};
}

Result<std::unique_ptr<Store>> Store::open(const StoreOptions& options, Want want, bool lock) {
  std::unique_ptr<Store> store(new Store());
  SJ_TRY(store->open_database(options, want, lock));
  store->entropy_ = std::make_unique<SystemEntropy>();
  SJ_TRY(store->finish(options, std::nullopt));
  return store;
}

Result<std::unique_ptr<Store>> Store::open_demo(const StoreOptions& options,
                                                std::string_view seed,
                                                Instant start) {
  std::unique_ptr<Store> store(new Store());
  SJ_TRY(store->open_database(options, Want::empty, true));
  store->entropy_ = std::make_unique<SeededEntropy>(seed);
  store->clock_ = std::make_unique<TestClock>(start);
  store->ids_ = std::make_unique<SequentialIds>(1'000'001);
  Hasher hasher;
  const Sha256 master = hasher.hash({"demo key|", seed});
  SJ_TRY(store->finish(options, std::string(master.begin(), master.end())));

  auto connection = SJ_TRY(store->database_->connect(sql::Mode::write));
  const std::int64_t areas = SJ_TRY(connection->number(kAnyArea, {}));
  if (areas != 0) {
    return Error{ErrorKind::conflict, "app.store_not_empty", "the database has a district already"};
  }
  SJ_TRY(connection->begin_write());
  SJ_TRY(set_setting(*connection, kClockStart, std::to_string(start.utc_ms())));
  SJ_TRY(connection->commit());
  return store;
}

Result<std::unique_ptr<desk::Desk>> Store::start_desk(const log::Log* log) {
  context_->log = log;
  auto connection = SJ_TRY(database_->connect(sql::Mode::write));
  auto desk = std::make_unique<desk::Desk>(std::move(connection), *context_);
  auth::Actor program;
  program.kind = auth::ActorKind::system;
  if (has_key_) SJ_TRY(desk->run(program, desk::begin_watching));
  return desk;
}

}  // namespace sj::app
