#include <csignal>
#include <cstdio>
#include <exception>

#include <CLI/CLI.hpp>
#include <sys/stat.h>

#include "kernel/base/check.h"

#include "app/commands.h"

int main(int argc, char** argv) {
  ::umask(0077);  // stores, backups and exports are for their owner, whoever starts us
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on the size of files is a full disk, not the end
  CLI::App app{"shuangjian 双减: the platform of a district that carries out double reduction"};
  app.name("shuangjian");
  app.require_subcommand(1);
  int status = 0;
  sj::app::add_serve(app, status);
  sj::app::add_demo(app, status);
  sj::app::add_import(app, status);
  sj::app::add_store_commands(app, status);
  sj::app::add_openapi(app, status);
  sj::app::add_draw(app, status);
  sj::app::add_policy(app, status);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "shuangjian: %s (see shuangjian --help)\n", error.what());
    return 2;
  } catch (const sj::InvariantBroken& fault) {
    std::fprintf(stderr, "shuangjian: a fault of ours, nothing was written: %s\n", fault.what());
    return 1;
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "shuangjian: nothing was written: %s\n", fault.what());
    return 1;
  }
  return status;
}
