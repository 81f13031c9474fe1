#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "kernel/json/json.h"
#include "kernel/time/clock.h"
#include "kernel/time/zone.h"

#include "app/commands.h"
#include "app/files.h"
#include "app/program.h"
#include "policy/files.h"
#include "policy/pack.h"
#include "policy/rule.h"

namespace sj::app {
namespace {

struct Arguments {
  std::string folder;  // empty: the packs this program was built with
  std::string area;
  std::string on;
  std::string rule;
  std::string facts;
  StoreOptions store;
};

Result<policy::Pack> load(const Arguments& arguments) {
  if (arguments.folder.empty()) return policy::Pack::read(policy::built_in_files());
  return policy::Pack::read(SJ_TRY(read_packs(arguments.folder)));
}

Result<LocalDay> day_asked(const Arguments& arguments) {
  if (arguments.on.empty()) return day_of(SystemClock().now());
  return LocalDay::parse(arguments.on);
}

Result<void> list(const Arguments& arguments) {
  const policy::Pack pack = SJ_TRY(load(arguments));
  const std::string area = SJ_TRY(policy::area_digits(arguments.area));
  const LocalDay day = SJ_TRY(day_asked(arguments));
  for (const policy::Rule& rule : pack.rules()) {
    std::printf("%s\n", rule_json(rule, area, day).c_str());
  }
  for (const policy::Uncomputed& rule : pack.uncomputed()) {
    std::printf("%s\n", rule_json(rule).c_str());
  }
  return {};
}

// The kept verdicts of a store, each made again.
Result<int> recheck(const Arguments& arguments) {
  auto server = SJ_TRY(Operator::connect(arguments.store));
  Operator::Question question;
  question.path = "/api/policy/recheck";
  question.area = arguments.area;
  const http::Response reply = SJ_TRY(server->ask(question));
  if (reply.status != 200) return refusal_of(reply);
  std::printf("%s\n", reply.body.c_str());
  const auto found = SJ_TRY(json::parse(reply.body));
  const auto& counts = found.as_object();
  return counts.at("checked") == counts.at("same") ? 0 : 1;
}

Result<void> check(const Arguments& arguments) {
  const policy::Pack pack = SJ_TRY(load(arguments));
  const std::string area = SJ_TRY(policy::area_digits(arguments.area));
  const LocalDay day = SJ_TRY(day_asked(arguments));
  const policy::Rule* const rule = SJ_TRY(pack.rule(arguments.rule));
  const auto facts = SJ_TRY(policy::read_facts(pack, *rule, arguments.facts));
  std::printf("%s\n", ruling_json(policy::rule_on(*rule, area, day, facts)).c_str());
  return {};
}

}  // namespace

void add_policy(CLI::App& app, int& status) {
  auto arguments = std::make_shared<Arguments>();
  auto* command = app.add_subcommand("policy", "rules of law and policy");
  command->require_subcommand(1);
  const auto add = [&](const char* name, const char* about) {
    auto* one = command->add_subcommand(name, about);
    one->add_option("--packs", arguments->folder, "a folder of rule packs instead of the built-in");
    one->add_option("--area", arguments->area, "digits of GB/T 2260: 43, 4306, 430602");
    return one;
  };
  auto* rechecks = command->add_subcommand("recheck", "make every kept verdict again, and compare");
  add_store_options(*rechecks, arguments->store);
  rechecks->add_option("--area", arguments->area, "code of the district, where there are several");
  rechecks->callback([arguments, &status] {
    const Result<int> outcome = recheck(*arguments);
    status = outcome.ok() ? outcome.value() : fail(outcome.error());
  });
  auto* lists = add("list", "every rule as it stands, a JSON object a line");
  lists->add_option("--on", arguments->on, "a day, 2026-10-12; today if not given");
  lists->callback([arguments, &status] { status = report(list(*arguments)); });
  auto* checks = add("check", "the verdict of one rule on facts");
  checks->add_option("RULE", arguments->rule, "AS-2H")->required();
  checks->add_option("--on", arguments->on, "a day, 2026-10-12")->required();
  checks->add_option("--facts", arguments->facts, "a JSON object")->required();
  checks->callback([arguments, &status] { status = report(check(*arguments)); });
}

}  // namespace sj::app
