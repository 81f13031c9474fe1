#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "kernel/api/application.h"
#include "kernel/auth/vault.h"
#include "kernel/time/entropy.h"

#include "app/commands.h"
#include "app/files.h"
#include "app/program.h"

namespace sj::app {
namespace {

Result<void> write_document(const std::string& file) {
  if (!file.empty()) SJ_TRY(check_output(file, R"({"openapi":")"));
  // No route is ever called: the rooms only want somebody to be there.
  SystemEntropy entropy;
  auth::Vault vault(entropy);  // what is only described seals nothing
  const std::string document = api::document_of(rooms_of(org::make_settings(vault, entropy),
                                                         SJ_TRY(policy::make_settings())),
                                                api::Settings{}) +
                               "\n";
  if (!file.empty()) return write_file(file, document);
  const bool is_out = std::fwrite(document.data(), 1, document.size(), stdout) == document.size();
  if (!is_out || std::fflush(stdout) != 0) {
    return Error{ErrorKind::internal, "app.cannot_write", "standard output"};
  }
  return {};
}

}  // namespace

void add_openapi(CLI::App& app, int& status) {
  auto file = std::make_shared<std::string>();
  auto* command = app.add_subcommand("openapi", "describe every endpoint in OpenAPI 3.1");
  command->add_option("--out", *file, "write to this file instead of standard output");
  command->callback([file, &status] { status = report(write_document(*file)); });
}

}  // namespace sj::app
