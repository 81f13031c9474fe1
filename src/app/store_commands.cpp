#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/desk/audit.h"
#include "kernel/json/json.h"
#include "kernel/json/writer.h"

#include "app/backup.h"
#include "app/commands.h"
#include "app/program.h"
#include "app/store.h"
#include "org/room.h"

namespace sj::app {
namespace {

struct Arguments {
  StoreOptions store;
  std::string file;
  std::string area_code;
  std::string area_name;
  std::string username = "admin";
  std::string name = "管理员";
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
  auto connection = SJ_TRY(store->database().connect(sql::Mode::read));
  const std::int64_t rows = SJ_TRY(write_backup(*connection, arguments.file));
  std::printf("%s: %lld rows\n", arguments.file.c_str(),
              static_cast<long long>(rows));  // NOLINT(google-runtime-int): printf
  std::printf(
      "The key is not in it, on purpose. Keep a copy of %s apart from the backup: without it "
      "sealed "
      "fields (ID numbers, telephones, notes) stay unreadable.\n",
      store->key_file().c_str());
  return {};
}

// One line for each thing that must hold. Gives: whether all do.
Result<bool> verify(sql::Database& database, Store& store) {
  auto connection = SJ_TRY(database.connect(sql::Mode::read));
  SJ_TRY(connection->begin_read());
  const desk::ChainReport chains = SJ_TRY(desk::verify_chains(*connection));
  bool all_hold = chains.breaks.empty();
  const auto say = [](bool holds, std::string_view what, const std::string& figures) {
    std::printf("%s  %.*s%s\n", holds ? "ok    " : "BROKEN", static_cast<int>(what.size()),
                what.data(), figures.c_str());
  };
  say(all_hold, "the audit trail is as it was written",
      ": " + std::to_string(chains.chains) + " chains, " + std::to_string(chains.entries) +
          " entries, " + std::to_string(chains.checkpoints) + " checkpoints");
  for (const std::string& broken : chains.breaks) std::printf("        %s\n", broken.c_str());

  const org::Settings settings = org::make_settings(store.vault(), store.entropy());
  const api::Room room = org::room(settings);
  for (const api::Invariant& invariant : room.invariants) {
    const std::int64_t broken = SJ_TRY(connection->number(*invariant.breaks, {}));
    say(broken == 0, invariant.holds,
        broken == 0 ? "" : ": " + std::to_string(broken) + " rows do not");
    all_hold = all_hold && broken == 0;
  }
  connection->rollback();
  return all_hold;
}

Result<bool> run_verify(const Arguments& arguments) {
  auto store = SJ_TRY(Store::open(arguments.store, Store::Want::existing, false));
  return verify(store->database(), *store);
}

bool folder_has_store(const StoreOptions& options) {
  struct stat status {};
  return ::stat((options.data + "/store.db").c_str(), &status) == 0;
}

// Fills the database before the store is opened, because opening writes its settings.
Result<void> fill(const Arguments& arguments) {
  sql::Address address;
  if (arguments.store.database.empty()) {
    if (folder_has_store(arguments.store)) {
      return Error{ErrorKind::conflict, "app.store_not_empty",
                   arguments.store.data + ": there is a store already"};
    }
    ::mkdir(arguments.store.data.c_str(), 0700);
    address.file = arguments.store.data + "/store.db";
  } else {
    address.url = arguments.store.database;
  }
  auto database = SJ_TRY(sql::Database::open(address));
  auto connection = SJ_TRY(database->connect(sql::Mode::write));
  const bool sqlite = connection->dialect() == sql::Dialect::sqlite;
  std::int64_t tables = 0;
  SJ_TRY(connection->each_text(
      sqlite ? "SELECT count(*) FROM sqlite_schema"
             : "SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = current_schema()",
      {}, [&](const sql::Row& row) -> Result<void> {
        tables = row.integer(0);
        return {};
      }));
  if (tables != 0) {
    return Error{ErrorKind::conflict, "app.store_not_empty", "the target is not empty"};
  }
  const std::int64_t rows = SJ_TRY(restore_backup(*connection, arguments.file));
  std::printf("%s: %lld rows restored\n", arguments.file.c_str(),
              static_cast<long long>(rows));  // NOLINT(google-runtime-int): printf
  return {};
}

Result<bool> run_restore(const Arguments& arguments) {
  const bool had_store = folder_has_store(arguments.store);
  const Result<void> filled = fill(arguments);
  if (!filled.ok()) {
    // A folder that we filled halfway is worth nothing; one that was there is not ours to touch.
    if (arguments.store.database.empty() && !had_store) {
      for (const char* end : {"/store.db", "/store.db-wal", "/store.db-shm"}) {
        ::unlink((arguments.store.data + end).c_str());
      }
      ::rmdir(arguments.store.data.c_str());
    }
    return filled.error();
  }
  auto store = SJ_TRY(Store::open(arguments.store, Store::Want::existing, true));
  const bool holds = SJ_TRY(verify(store->database(), *store));
  if (!store->has_key()) {
    std::printf("Put the key file of this store to %s before serving it.\n",
                store->key_file().c_str());
  }
  return holds;
}

struct AdminReply {
  std::string username;
  std::string password;
};
BOOST_DESCRIBE_STRUCT(AdminReply, (), (username, password))

Result<void> run_admin(const Arguments& arguments) {
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
  restore->callback([arguments, &status] { status = status_of(run_restore(*arguments)); });

  auto* audit = app.add_subcommand("audit", "the audit trail");
  audit->require_subcommand(1);
  auto* verify_command =
      audit->add_subcommand("verify", "recompute every chain and everything that must hold");
  add_store_options(*verify_command, arguments->store);
  verify_command->callback([arguments, &status] { status = status_of(run_verify(*arguments)); });

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
