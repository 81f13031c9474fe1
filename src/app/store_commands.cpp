#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/desk/audit.h"
#include "kernel/json/json.h"
#include "kernel/json/writer.h"
#include "kernel/text/text.h"

#include "app/backup.h"
#include "app/commands.h"
#include "app/files.h"
#include "app/heads.h"
#include "app/program.h"
#include "app/store.h"
#include "app/verify.h"

namespace sj::app {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  StoreOptions store;
  std::string file;
  std::string area_code;
  std::string area_name;
  std::string username = "admin";
  std::string name = "管理员";
  bool anyway = false;  // restore: also what does not hold
  VerifyOptions verify{};
  std::string role = "admin";
};

Result<void> run_dump(const Arguments& arguments) {
  auto store = SJ_TRY(Store::open(arguments.store, Store::Want::existing, false));
  auto connection = SJ_TRY(store->database().connect(sql::Mode::read));
  static_cast<void>(SJ_TRY(dump(*connection, [](std::string_view text) -> Result<void> {
    if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size()) return {};
    return Error{ErrorKind::internal, "app.cannot_write", "standard output"};
  })));
  return {};
}

Result<void> run_backup(const Arguments& arguments) {
  auto store = SJ_TRY(Store::open(arguments.store, Store::Want::existing, false));
  // Also where it is missing: a backup in its place would be taken for it.
  std::error_code no_such;
  if (fs::weakly_canonical(arguments.file, no_such) ==
      fs::weakly_canonical(store->key_file(), no_such)) {
    return Error{ErrorKind::invalid, "app.file_of_store",
                 arguments.file + ": is where the key of this store lies; give another name"};
  }
  auto connection = SJ_TRY(store->database().connect(sql::Mode::read));
  const std::int64_t rows = SJ_TRY(write_backup(*connection, arguments.file));
  std::printf("%s: %lld rows\n", arguments.file.c_str(),
              static_cast<long long>(rows));  // NOLINT(google-runtime-int): printf
  std::printf(
      "The key is not in it, on purpose. Keep a copy of %s apart from the backup: without it "
      "sealed "
      "fields (ID numbers, telephones, notes) stay unreadable.\n",
      store->key_file().c_str());
  if (store->key_problem()) {
    std::fprintf(stderr, "shuangjian: the backup is whole, but its key is not here: %s\n",
                 text::one_line(store->key_problem()->detail).c_str());
  }
  return {};
}

Result<bool> run_verify(const Arguments& arguments) {
  auto store = SJ_TRY(Store::open(arguments.store, Store::Want::existing, false));
  // A key that is missing leaves something to look at; one that does not fit is a mistake.
  const auto& problem = store->key_problem();
  if (problem && problem->code != "app.no_key") return *problem;
  return verify(*store, arguments.verify);
}

bool is_there(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0;
}

// Where a restore goes: a place with nothing in it, or with what a restore left that was broken
// off.
class Target {
 public:
  // Fails: app.store_not_empty (conflict) · app.store_in_use · app.cannot_write · sql.*
  static Result<std::unique_ptr<Target>> open(const StoreOptions& options) {
    auto target = std::make_unique<Target>(options);
    const Result<void> taken = target->take();
    if (taken.ok()) return target;
    target->finish();
    target->remove_folder();
    return taken.error();
  }
  explicit Target(const StoreOptions& options)
      : options_(options), file_(options.data + "/store.db"), mark_(restore_mark(options.data)) {}

  [[nodiscard]] sql::Connection& connection() { return *connection_; }

  // A file outside of the store that goes with it.
  void made(const std::string& file) { beside_ = file; }

  // Leaves nothing of what was filled in.
  void clear() {
    if (!beside_.empty()) ::unlink(beside_.c_str());
    remove_store();
    finish();
    remove_folder();
  }
  // The mark of whoever holds the lock is his.
  void finish() {
    if (lock_.held()) ::unlink(mark_.c_str());
  }

 private:
  Result<void> connect() {
    sql::Address address;
    if (options_.database.empty()) address.file = file_;
    address.url = options_.database;
    database_ = SJ_TRY(sql::Database::open(address));
    connection_ = SJ_TRY(database_->connect(sql::Mode::write));
    return {};
  }

  Result<void> take() {
    const Error not_empty{ErrorKind::conflict, "app.store_not_empty", "the target is not empty"};
    if (options_.database.empty()) {
      made_folder_ = ::mkdir(options_.data.c_str(), 0700) == 0;
      if (made_folder_) ::chmod(options_.data.c_str(), 0700);  // whatever umask says
      lock_ = SJ_TRY(FolderLock::take(options_.data));
    }
    if (options_.database.empty() && is_there(mark_)) remove_store();
    const bool was_there = options_.database.empty() && is_there(file_);
    // Before the file is made: whatever ends us now leaves nothing that passes for a store.
    if (options_.database.empty() && !was_there) {
      SJ_TRY(write_file(mark_, "a restore began here and has not ended\n"));
    }
    const Result<void> connected = connect();
    // A file that is no store is not ours to touch.
    if (!connected.ok()) return was_there ? not_empty : connected.error();
    const bool half = SJ_TRY(has_mark(*connection_, Restored::half));
    if (half) {
      remove_store();
      return connect();
    }
    const bool any = SJ_TRY(has_tables(*connection_));
    if (was_there || any) return not_empty;
    return {};
  }

  void remove_store() {
    if (options_.database.empty()) {
      connection_.reset();
      database_.reset();
      for (const char* end : {"", "-wal", "-shm"}) ::unlink((file_ + end).c_str());
      return;
    }
    const Result<void> dropped = drop_tables();
    if (!dropped.ok()) static_cast<void>(fail(dropped.error()));
  }

  // Unless it was there before us, or holds something else.
  void remove_folder() {
    if (!made_folder_) return;
    ::unlink((options_.data + "/lock").c_str());
    ::rmdir(options_.data.c_str());
  }

  Result<void> drop_tables() {
    std::string script;
    SJ_TRY(
        connection_->each_text("SELECT CAST(tablename AS TEXT) FROM pg_catalog.pg_tables "
                               "WHERE schemaname = current_schema()",
                               {}, [&](const sql::Row& row) -> Result<void> {
                                 script += "DROP TABLE IF EXISTS " + row.text(0) + " CASCADE;";
                                 return {};
                               }));
    return connection_->script(script);
  }

  StoreOptions options_;
  std::string file_;
  std::string mark_;  // of a folder
  std::string beside_;
  bool made_folder_ = false;
  FolderLock lock_;
  std::unique_ptr<sql::Database> database_;
  std::unique_ptr<sql::Connection> connection_;
};

// Fills the target and proves it. Gives: whether all holds.
Result<bool> fill_and_prove(const Arguments& arguments, Target& target) {
  const std::int64_t rows = SJ_TRY(restore_backup(target.connection(), arguments.file));
  StoreOptions inside = arguments.store;
  inside.half_restored = true;
  auto store = SJ_TRY(Store::open(inside, Store::Want::existing, false));
  // That there is none yet is no fault: it is put there apart from the backup.
  if (store->key_problem() && store->key_problem()->code != "app.no_key") {
    return *store->key_problem();
  }
  // A store in a new place has no heads beside its key; what the backup holds is where they begin.
  // One of before begins with them when it is first started.
  const std::string heads = heads_file(store->key_file());
  if (SJ_TRY(desk::says_it_is_sealed(target.connection())) && !is_there(heads)) {
    target.made(heads);
    SJ_TRY(target.connection().begin_read());
    const Result<void> begun = catch_up_heads(target.connection(), heads);
    target.connection().rollback();
    SJ_TRY(begun);
  }
  const bool holds = SJ_TRY(verify(*store, {}));
  if (!holds && !arguments.anyway) return false;
  SJ_TRY(target.connection().begin_write());
  const bool is_proved = store->has_key() || arguments.anyway;
  SJ_TRY(mark_restored(target.connection(), is_proved ? Restored::wholly : Restored::unproved));
  SJ_TRY(target.connection().commit());
  target.finish();
  std::printf("%s: %lld rows restored\n", arguments.file.c_str(),
              static_cast<long long>(rows));  // NOLINT(google-runtime-int): printf
  std::printf(
      "Every session and every invitation not yet redeemed ends at the first start. Passwords and "
      "roles are those of the day of the backup: what was taken back since then must be taken back "
      "again.\n");
  if (!store->has_key()) {
    std::printf("Put the key file of this store to %s before serving it.%s\n",
                store->key_file().c_str(),
                is_proved ? "" : " The first start compares every row with the trail.");
  }
  return holds;
}

Result<bool> run_restore(const Arguments& arguments) {
  SJ_TRY(check_backup(arguments.file));
  auto target = SJ_TRY(Target::open(arguments.store));
  Result<bool> outcome = fill_and_prove(arguments, *target);
  const bool kept = outcome.ok() && (outcome.value() || arguments.anyway);
  if (!kept) target->clear();
  if (outcome.ok() && !kept) {
    std::printf(
        "Nothing was restored: what the backup holds was changed before it was made "
        "(--anyway takes it as it is).\n");
  }
  return outcome;
}

struct AdminReply {
  std::string username;
  std::string password;
};
BOOST_DESCRIBE_STRUCT(AdminReply, (), (username, password))

Result<void> run_admin(const Arguments& arguments) {
  // Typed once and read by everybody, so nothing of it goes in silence.
  for (const std::string& typed : {arguments.area_name, arguments.name}) {
    if (text::one_line(typed) == typed) continue;
    return Error{ErrorKind::invalid, "app.invisible_text", typed + ": has invisible characters"};
  }
  auto operators = SJ_TRY(Operator::connect(arguments.store));
  json::Writer body;
  body.begin_object();
  if (!arguments.area_code.empty()) body.key("area_code").value(arguments.area_code);
  if (!arguments.area_name.empty()) body.key("area_name").value(arguments.area_name);
  body.key("name").value(arguments.name).key("username").value(arguments.username);
  body.key("role").value(arguments.role).end_object();
  Operator::Question question;
  question.method = http::Method::post;
  question.path = "/api/setup/administrator";
  question.body = body.text();
  const http::Response response = SJ_TRY(operators->ask(question));
  if (response.status != 201) return refusal_of(response);
  const auto value = SJ_TRY(json::parse(response.body));
  AdminReply reply;
  SJ_TRY(json::decode(value, json::Place{}, reply));
  std::printf(
      "user      %s\npassword  %s\n(shown this once; it must be changed at the first login)\n",
      reply.username.c_str(), reply.password.c_str());
  return {};
}

Result<void> run_clock_confirm(const Arguments& arguments) {
  auto operators = SJ_TRY(Operator::connect(arguments.store));
  Operator::Question question;
  question.method = http::Method::post;
  question.path = "/api/setup/clock";
  const http::Response response = SJ_TRY(operators->ask(question));
  if (response.status != 204) return refusal_of(response);
  std::printf("the clock is believed: what is too old will be deleted again\n");
  return {};
}

// What is found is written into the trail as known, and the file of heads begins anew if it is
// among it. The entry itself may change what is found behind an end that was not ours, so it is
// looked at once more.
Result<void> run_accept(const Arguments& arguments) {
  std::size_t known = 0;
  std::string hash;
  for (int round = 0; round < 3; ++round) {
    std::string heads;
    std::vector<std::string> breaks;
    {
      auto store = SJ_TRY(Store::open(arguments.store, Store::Want::existing, false));
      if (store->key_problem()) return *store->key_problem();
      breaks = SJ_TRY(look_at_trail(*store));
      heads = heads_file(store->key_file());
      const bool of_heads = std::any_of(breaks.begin(), breaks.end(), [&](const std::string& one) {
        return one.find(heads) != std::string::npos ||
               one.find("was published") != std::string::npos;
      });
      if (of_heads) {
        auto reader = SJ_TRY(store->database().connect(sql::Mode::read));
        SJ_TRY(reader->begin_read());
        SJ_TRY(begin_heads_anew(*reader, heads, store->clock().now()));
        reader->rollback();
      }
    }
    known = std::max(known, breaks.size());
    if (round > 0 && desk::findings_hash(breaks) == hash) break;
    if (round == 0 && breaks.empty()) {
      std::printf("nothing is broken: there is nothing to accept\n");
      return {};
    }
    hash = desk::findings_hash(breaks);
    auto operators = SJ_TRY(Operator::connect(arguments.store));
    json::Writer body;
    body.begin_object().key("found").value(hash);
    body.key("breaks").value(static_cast<std::int64_t>(breaks.size())).end_object();
    Operator::Question question;
    question.method = http::Method::post;
    question.path = "/api/setup/trail";
    question.body = body.text();
    const http::Response response = SJ_TRY(operators->ask(question));
    if (response.status != 204) return refusal_of(response);
  }
  std::printf(
      "%zu breaks are known from now on; the trail says so. audit verify goes on naming what "
      "stays broken.\n",
      known);
  return {};
}

int status_of(const Result<bool>& holds) {
  if (!holds.ok()) return fail(holds.error());
  return holds.value() ? 0 : 1;
}

}  // namespace

void add_store_commands(CLI::App& app, int& status) {
  auto arguments = std::make_shared<Arguments>();

  auto* dump_command = app.add_subcommand("dump", "print the whole store as text");
  add_store_options(*dump_command, arguments->store);
  dump_command->callback([arguments, &status] { status = report(run_dump(*arguments)); });

  auto* backup = app.add_subcommand("backup", "write a backup, also while the server runs");
  add_store_options(*backup, arguments->store);
  backup->add_option("FILE", arguments->file, "the file to write")->required();
  backup->callback([arguments, &status] { status = report(run_backup(*arguments)); });

  auto* restore = app.add_subcommand("restore", "fill an empty store from a backup");
  add_store_options(*restore, arguments->store);
  restore->add_option("FILE", arguments->file, "the backup")->required();
  restore->add_flag("--anyway", arguments->anyway,
                    "also a store in which not everything holds that audit verify looks at");
  restore->callback([arguments, &status] { status = status_of(run_restore(*arguments)); });

  auto* audit = app.add_subcommand("audit", "the audit trail");
  audit->require_subcommand(1);
  auto* verify_command = audit->add_subcommand(
      "verify", "recompute the trail, what it explains and everything that must hold");
  add_store_options(*verify_command, arguments->store);
  add_verify_options(*verify_command, arguments->verify);
  verify_command->callback([arguments, &status] { status = status_of(run_verify(*arguments)); });

  auto* accept =
      audit->add_subcommand("accept",
                            "say that what audit verify finds is known: the trail tells it, the "
                            "server is ready again, and "
                            "the file of heads begins anew where it is gone or does not fit");
  add_store_options(*accept, arguments->store);
  accept->callback([arguments, &status] { status = report(run_accept(*arguments)); });

  auto* clock = app.add_subcommand("clock", "the server's clock");
  clock->require_subcommand(1);
  auto* confirm = clock->add_subcommand("confirm", "say that it is right, although it has jumped");
  add_store_options(*confirm, arguments->store);
  confirm->callback([arguments, &status] { status = report(run_clock_confirm(*arguments)); });

  auto* admin = app.add_subcommand("admin", "administrators");
  admin->require_subcommand(1);
  auto* create = admin->add_subcommand(
      "create", "make the first administrator, or another officer (and the district)");
  add_store_options(*create, arguments->store);
  create->add_option("--area", arguments->area_code, "administrative code of the district");
  create->add_option("--area-name", arguments->area_name, "its name, when it is new");
  create->add_option("--username", arguments->username, "user name")->capture_default_str();
  create->add_option("--name", arguments->name, "the person's name")->capture_default_str();
  create->add_option("--role", arguments->role, "admin, data_officer or auditor")
      ->capture_default_str();
  create->callback([arguments, &status] { status = report(run_admin(*arguments)); });
}

}  // namespace sj::app
