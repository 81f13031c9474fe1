#include "app/store.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "kernel/base/sha256.h"
#include "kernel/desk/audit.h"
#include "kernel/sql/schema.h"
#include "kernel/text/text.h"

#include "app/files.h"
#include "app/heads.h"
#include "app/verify.h"
#include "org/restored.h"

namespace sj::app {
namespace {

const sql::Statement kFindSetting{"SELECT value FROM kernel_setting WHERE name = $1"};
const sql::Statement kSetSetting{
    "INSERT INTO kernel_setting (name, value) VALUES ($1, $2) "
    "ON CONFLICT (name) DO UPDATE SET value = excluded.value"};
const sql::Statement kAnyArea{"SELECT count(*) FROM org_area"};
const sql::Statement kLastMoment{
    "SELECT coalesce(max(at_ms), 0) FROM kernel_audit_entry WHERE area_id > $1"};

// What a store that was used has, whichever room was first to write.
const sql::Statement kWritten{
    "SELECT (SELECT count(*) FROM (SELECT 1 FROM kernel_audit_entry WHERE area_id > $1 LIMIT 1) AS "
    "a)"
    " + (SELECT count(*) FROM (SELECT 1 FROM kernel_person_key WHERE area_id > $1 LIMIT 1) AS b)"
    " + (SELECT count(*) FROM (SELECT 1 FROM kernel_idempotency WHERE area_id > $1 LIMIT 1) AS c)"};
const sql::Statement kDropSetting{"DELETE FROM kernel_setting WHERE name = $1"};

constexpr std::string_view kDeployment = "deployment";
constexpr std::string_view kKeyFingerprint = "key";
constexpr std::string_view kClockStart = "clock_start_ms";
constexpr std::string_view kRestored = "restored";
constexpr std::string_view kHalf = "half";
constexpr std::string_view kWholly = "wholly";
constexpr std::string_view kUnproved = "unproved";

std::string_view name_of(Restored how) {
  switch (how) {
    case Restored::half:
      return kHalf;
    case Restored::wholly:
      return kWholly;
    case Restored::unproved:
      return kUnproved;
  }
  return {};
}

Error system_error(std::string code, const std::string& path) {
  return {ErrorKind::internal, std::move(code), path + ": " + std::strerror(errno)};
}

Error half_restored() {
  return {ErrorKind::conflict, "app.half_restored",
          "a restore was broken off here: restore once more"};
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

Result<void> write_new_file(const std::string& path, const std::string& text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return system_error("app.cannot_write", path);
  const bool whole = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const bool synced = ::fsync(file) == 0;
  ::close(file);
  if (whole && synced) return {};
  return system_error("app.cannot_write", path);
}

// The second line of a key file, once a store was sealed with it.
constexpr std::string_view kSealedSign = "sealed";

bool has_sign(const std::string& path) {
  const Result<std::string> bytes = read_file(path);
  if (!bytes.ok()) return false;
  const std::size_t line = bytes.value().find('\n');
  return line != std::string::npos && text::trim(bytes.value().substr(line)) == kSealedSign;
}

Error bad_key(const std::string& path) {
  return {ErrorKind::invalid, "app.bad_key_file", path + ": wants 64 hex digits"};
}

Error no_key(const std::string& path, const char* why) {
  return {ErrorKind::conflict, "app.no_key",
          path + ": " + why + "; put the key file of this store back, or name it with --key"};
}

Result<std::string> read_key(const std::string& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return no_key(path, std::strerror(errno));
  if (!S_ISREG(facts.st_mode)) return bad_key(path);
  const std::string bytes = SJ_TRY(read_file(path));
  const auto master = text::from_hex(text::trim(bytes.substr(0, bytes.find('\n'))));
  if (!master.ok() || master.value().size() != auth::Vault::kMasterBytes) return bad_key(path);
  std::string key(master.value().begin(), master.value().end());
  // Zeros are what a program without its key would seal under.
  if (key.find_first_not_of('\0') == std::string::npos) return bad_key(path);
  return key;
}

// For PostgreSQL the key lies with the account that runs the server, named after the deployment.
Result<std::string> usual_key_file(const StoreOptions& options, const std::string& deployment) {
  if (!options.key.empty()) return options.key;
  if (options.database.empty()) return options.data + "/key";
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') return no_key("key", "HOME does not say where it is");
  return std::string(home) + "/.shuangjian/" + deployment + ".key";
}

// A new one, on the disk before anything is sealed under it.
Result<std::string> make_key(const std::string& path,
                             bool usual_of_account,
                             const std::optional<std::string>& master,
                             Entropy& entropy) {
  std::string key(auth::Vault::kMasterBytes, '\0');
  if (master) {
    key = *master;
  } else {
    entropy.fill({reinterpret_cast<std::uint8_t*>(key.data()), key.size()});
  }
  if (usual_of_account) SJ_TRY(make_folder(path.substr(0, path.rfind('/'))));
  SJ_TRY(write_new_file(
      path, text::to_hex({reinterpret_cast<const std::uint8_t*>(key.data()), key.size()}) + "\n"));
  return key;
}

}  // namespace

void add_store_options(CLI::App& command, StoreOptions& options) {
  auto* data =
      command.add_option("--data", options.data, "folder of the store")->capture_default_str();
  command.add_option("--database", options.database, "postgresql://… instead of a folder")
      ->excludes(data);
  command.add_option("--key", options.key, "file of the master key, if not in its usual place");
}

Result<FolderLock> FolderLock::take(const std::string& folder) {
  const std::string path = folder + "/lock";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return system_error("app.cannot_write", path);
  FolderLock lock(file);
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    return Error{ErrorKind::conflict, "app.store_in_use", folder + ": another process writes here"};
  }
  return lock;
}

FolderLock& FolderLock::operator=(FolderLock&& other) noexcept {
  std::swap(file_, other.file_);
  return *this;
}

FolderLock::~FolderLock() {
  if (file_ >= 0) ::close(file_);
}

std::string restore_mark(const std::string& folder) {
  return folder + "/restoring";
}

std::string control_socket(const StoreOptions& options) {
  return options.database.empty() ? options.data + "/control.sock" : "";
}

Store::Store() = default;
Store::~Store() = default;

Result<bool> has_tables(sql::Connection& store) {
  bool any = false;
  SJ_TRY(store.each_text(store.dialect() == sql::Dialect::sqlite
                             ? "SELECT count(*) FROM sqlite_schema"
                             : "SELECT count(*) FROM pg_catalog.pg_tables"
                               " WHERE schemaname = current_schema()",
                         {}, [&](const sql::Row& row) -> Result<void> {
                           any = row.integer(0) != 0;
                           return {};
                         }));
  return any;
}

Result<void> mark_restored(sql::Writer& store, std::optional<Restored> how) {
  if (how) return set_setting(store, kRestored, name_of(*how));
  static_cast<void>(SJ_TRY(store.run(kDropSetting, {kRestored})));
  return {};
}

Result<bool> has_mark(sql::Connection& store, Restored how) {
  const bool any = SJ_TRY(has_tables(store));
  if (!any) return false;
  SJ_TRY(store.begin_read());
  const auto mark = find_setting(store, kRestored);
  store.rollback();
  return mark.ok() && mark.value() == name_of(how);
}

Result<void> Store::open_database(const StoreOptions& options, Want want, bool writes) {
  sql::Address address;
  if (options.database.empty()) {
    folder_ = options.data;
    address.file = folder_ + "/store.db";
    if (want == Want::existing && !exists(address.file)) {
      return Error{ErrorKind::not_found, "app.no_store", options.data + ": there is no store here"};
    }
    SJ_TRY(make_folder(options.data));
    if (writes) lock_ = SJ_TRY(FolderLock::take(options.data));
    if (exists(restore_mark(folder_)) && !options.half_restored) return half_restored();
    // Beside the heads of a store there was one: a new one in its place would hide that it is gone.
    if (want == Want::create && !exists(address.file) && exists(folder_ + "/heads")) {
      return Error{ErrorKind::conflict, "app.store_gone",
                   folder_ +
                       ": key and heads are here, and store.db is not: put it back, or "
                       "restore a backup"};
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
  if (want != Want::existing) return {};
  auto connection = SJ_TRY(database_->connect(sql::Mode::read));
  const bool any = SJ_TRY(has_tables(*connection));
  if (any) return {};
  return Error{ErrorKind::not_found, "app.no_store", "there is no store in this database"};
}

Result<void> Store::take_key(sql::Connection& store,
                             const StoreOptions& options,
                             const std::optional<std::string>& master,
                             bool writes) {
  auto deployment = SJ_TRY(find_setting(store, kDeployment));
  if (!deployment && writes) {
    deployment = entropy_->hex(8);
    SJ_TRY(set_setting(store, kDeployment, *deployment));
  }
  const auto fingerprint = SJ_TRY(find_setting(store, kKeyFingerprint));
  const std::int64_t written = SJ_TRY(store.number(kWritten, {-1}));
  const bool is_new = writes && !fingerprint && written == 0;

  const auto read = [&]() -> Result<void> {
    key_file_ = SJ_TRY(usual_key_file(options, deployment.value_or("")));
    const std::string key =
        SJ_TRY(is_new && !exists(key_file_)
                   ? make_key(key_file_, options.key.empty() && !options.database.empty(), master,
                              *entropy_)
                   : read_key(key_file_));
    auto vault = std::make_unique<auth::Vault>(key, *entropy_);
    const bool fits =
        fingerprint ? *fingerprint == vault->fingerprint() : SJ_TRY(vault->fits(store));
    if (!fits) {
      return Error{ErrorKind::conflict, "app.wrong_key",
                   key_file_ + ": this key belongs to another store"};
    }
    vault_ = std::move(vault);
    key_has_sealed_ = has_sign(key_file_);
    return {};
  };
  const Result<void> taken = read();
  if (!taken.ok() && writes) return taken.error();
  if (!taken.ok()) {
    key_problem_ = taken.error();
    vault_ = std::make_unique<auth::Vault>(*entropy_);
  } else if (!fingerprint && writes) {
    SJ_TRY(set_setting(store, kKeyFingerprint, vault_->fingerprint()));
  }
  return {};
}

bool Store::key_is_open() const {
  struct stat facts {};
  return ::stat(key_file_.c_str(), &facts) == 0 && (facts.st_mode & 0077U) != 0;
}

std::vector<std::string> Store::look_around() const {
  // Room for a busy day's changes; less where the disk is small.
  constexpr std::uint64_t kLeast = std::uint64_t{64} << 20U;
  constexpr std::uint64_t kLeastShare = 20;
  std::vector<std::string> wrong;
  struct statvfs disk {};
  if (!folder_.empty() && ::statvfs(folder_.c_str(), &disk) == 0) {
    const std::uint64_t free = disk.f_bavail * disk.f_frsize;
    const std::uint64_t all = disk.f_blocks * disk.f_frsize;
    if (free < std::min(kLeast, all / kLeastShare)) wrong.emplace_back("app.disk_low");
  }
  const auto key = read_key(key_file_);
  const bool is_there =
      key.ok() && auth::Vault(key.value(), *entropy_).fingerprint() == vault_->fingerprint();
  if (!is_there) wrong.emplace_back("app.key_gone");
  return wrong;
}

Result<void> Store::finish(const StoreOptions& options,
                           const std::optional<std::string>& master,
                           bool writes) {
  auto connection = SJ_TRY(database_->connect(sql::Mode::write));
  const bool half = SJ_TRY(has_mark(*connection, Restored::half));
  if (half && !options.half_restored) return half_restored();
  if (writes) {
    const std::vector<std::string> code = SJ_TRY(sql::code_in_store(*connection));
    if (!code.empty()) {
      return Error{ErrorKind::conflict, "app.code_in_store",
                   code.front() + (code.size() > 1 ? " (audit verify names all)" : "")};
    }
  }
  static_cast<void>(SJ_TRY(sql::migrate(*connection, sql::migrations())));

  SJ_TRY(connection->begin_write());
  SJ_TRY(take_key(*connection, options, master, writes));

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

Result<std::unique_ptr<Store>> Store::open(const StoreOptions& options, Want want, bool writes) {
  // A key file that is none is said before a store is made for it.
  if (want == Want::create && !options.key.empty() && exists(options.key)) {
    static_cast<void>(SJ_TRY(read_key(options.key)));
  }
  std::unique_ptr<Store> store(new Store());
  SJ_TRY(store->open_database(options, want, writes));
  store->entropy_ = std::make_unique<SystemEntropy>();
  SJ_TRY(store->finish(options, std::nullopt, writes));
  if (writes) SJ_TRY(store->prove_restored());
  return store;
}

// A restore without the key could not compare the rows with the trail.
Result<void> Store::prove_restored() {
  auto connection = SJ_TRY(database_->connect(sql::Mode::write));
  const bool unproved = SJ_TRY(has_mark(*connection, Restored::unproved));
  if (!unproved) return {};
  // The key may lie in another place than the restore knew of; heads begin there as they do then.
  const std::string heads = heads_file(key_file_);
  if (SJ_TRY(desk::says_it_is_sealed(*connection)) && !exists(heads)) {
    SJ_TRY(connection->begin_read());
    const Result<void> begun = catch_up_heads(*connection, heads);
    connection->rollback();
    SJ_TRY(begun);
  }
  const std::vector<std::string> breaks = SJ_TRY(look_at_trail(*this));
  if (!breaks.empty()) {
    return Error{
        ErrorKind::conflict, "app.restored_changed",
        "what was restored without its key was changed before: " + breaks.front() +
            " (audit verify names all); restore another backup, or this one with --anyway"};
  }
  SJ_TRY(connection->begin_write());
  SJ_TRY(mark_restored(*connection, Restored::wholly));
  return connection->commit();
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
  SJ_TRY(store->finish(options, std::string(master.begin(), master.end()), true));

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

Result<void> Store::end_restore(desk::Desk& desk) {
  auth::Actor actor;
  actor.kind = auth::ActorKind::operator_;
  return desk.run(actor, [](desk::Tx& tx) -> Result<void> {
    const auto mark = SJ_TRY(find_setting(tx, kRestored));
    if (!mark) return {};
    SJ_TRY(org::end_what_was_open(tx));
    return mark_restored(tx, std::nullopt);
  });
}

// Written whole beside the file and put in its place: a key half written is lost.
Result<void> Store::sign_key() {
  if (key_has_sealed_) return {};
  struct stat facts {};
  if (::lstat(key_file_.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) {
    return Error{ErrorKind::internal, "app.cannot_write", key_file_ + ": it is no plain file"};
  }
  const std::string bytes = SJ_TRY(read_file(key_file_));
  const std::string beside = key_file_ + ".new";
  ::unlink(beside.c_str());
  SJ_TRY(write_new_file(beside,
                        std::string(text::trim(bytes)) + "\n" + std::string(kSealedSign) + "\n"));
  static_cast<void>(::chmod(beside.c_str(), facts.st_mode & 0777U));
  if (std::rename(beside.c_str(), key_file_.c_str()) != 0) {
    return system_error("app.cannot_write", key_file_);
  }
  key_has_sealed_ = true;
  return {};
}

Result<std::unique_ptr<desk::Desk>> Store::start_desk(const log::Log* log) {
  context_->log = log;
  auto connection = SJ_TRY(database_->connect(sql::Mode::write));
  auto desk = std::make_unique<desk::Desk>(std::move(connection), *context_);
  auth::Actor program;
  program.kind = auth::ActorKind::system;
  if (!has_key()) return desk;
  SJ_TRY(desk->run(program, [this](desk::Tx& tx) -> Result<void> {
    SJ_TRY(desk::begin_watching(tx, key_has_sealed_));
    return key_has_sealed_ ? Result<void>() : catch_up_heads(tx, heads_file(key_file_));
  }));
  const Result<void> is_signed = sign_key();
  if (!is_signed.ok() && log != nullptr) {
    log->write(log::Level::warn, "app.key_unsigned", "", {{"detail", is_signed.error().detail}});
  }
  return desk;
}

}  // namespace sj::app
