#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "kernel/text/text.h"

#include "app/commands.h"
#include "app/files.h"
#include "draw/draw.h"
#include "draw/explain.h"
#include "draw/outcome_tree.h"
#include "draw/receipt.h"

namespace sj::app {
namespace {

// What the subcommands of `draw` are given.
struct Arguments {
  std::string in;
  std::string rule;
  std::string seed;
  std::string out;
  std::string result;
  std::string student;
  std::string receipt;
  std::string root;
  std::string outcome;
  bool has_seed = false;  // an empty one is refused, not taken for none
  bool ignore_priorities = false;
  int threads = 0;
};

int threads_of(const Arguments& arguments) {
  if (arguments.threads > 0) return arguments.threads;
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

// Says on a terminal how far a long draw is; silent when stderr goes to a file.
std::function<void(int, int)> progress() {
  if (::isatty(STDERR_FILENO) == 0) return {};
  return [](int done, int all) {
    if (all < 2) return;
    std::fprintf(stderr, "\r%d / %d", done, all);
    if (done == all) std::fprintf(stderr, "\n");
  };
}

void say_summary(const draw::Instance& instance, const draw::Drawn& drawn) {
  const draw::Summary sums = draw::summary(instance, drawn);
  for (const std::string& warning : instance.warnings) {
    std::fprintf(stderr, "note: %s\n", text::one_line(warning).c_str());
  }
  std::fprintf(stderr,
               "%s: %lld seats, total rank %lld, %lld with nothing, %lld blocking pairs, "
               "%zu closed\n",
               draw::algorithm_of(drawn).c_str(),
               static_cast<long long>(sums.seated),          // NOLINT(google-runtime-int): printf
               static_cast<long long>(sums.total_rank),      // NOLINT(google-runtime-int): printf
               static_cast<long long>(sums.with_nothing),    // NOLINT(google-runtime-int): printf
               static_cast<long long>(sums.blocking_pairs),  // NOLINT(google-runtime-int): printf
               sums.closed);
  if (drawn.certificate && !sums.largest_gap) {
    std::fprintf(stderr, "proved optimal\n");
  } else if (sums.largest_gap) {
    std::fprintf(
        stderr, "proved gap: at most %lld seats, or %lld of rank (points), could be better\n",
        static_cast<long long>(sums.largest_gap->seats),  // NOLINT(google-runtime-int): printf
        static_cast<long long>(sums.largest_gap->unit));  // NOLINT(google-runtime-int): printf
  }
}

int run_draw(const Arguments& arguments) {
  draw::DrawOptions options{.rule = draw::Rule::stable,
                            .seed = std::nullopt,
                            .ignore_priorities = arguments.ignore_priorities,
                            .threads = threads_of(arguments),
                            .report = progress()};
  auto rule = draw::rule_of(arguments.rule);
  if (!rule.ok()) return fail(rule.error(), "--rule");
  options.rule = rule.value();
  if (arguments.has_seed) {
    auto seed = draw::normal_seed(arguments.seed);
    if (!seed.ok()) return fail(seed.error(), "");
    options.seed = seed.value();
  }
  if (!arguments.out.empty()) {
    const auto apart = check_apart(arguments.in, arguments.out);
    if (!apart.ok()) return fail(apart.error(), "");
    const auto may_write = check_output(arguments.out, R"({"algorithm":")");
    if (!may_write.ok()) return fail(may_write.error(), "");
  }
  auto bytes = read_file(arguments.in);
  if (!bytes.ok()) return fail(bytes.error(), "");
  auto instance = draw::read_instance(bytes.value(), {});
  if (!instance.ok()) return fail(instance.error(), arguments.in);
  bytes.value() = {};
  auto drawn = draw::decide_draw(instance.value(), options);
  if (!drawn.ok()) return fail(drawn.error(), arguments.in);
  const std::string file = draw::render(instance.value(), drawn.value());
  if (arguments.out.empty()) {
    std::fwrite(file.data(), 1, file.size(), stdout);
  } else {
    const auto written = write_file(arguments.out, file);
    if (!written.ok()) return fail(written.error(), "");
  }
  say_summary(instance.value(), drawn.value());
  return 0;
}

// Reads an instance and a result for the subcommands that look at both.
struct Both {
  draw::Instance instance;
  std::string result;
};
int read_both(const Arguments& arguments, bool keep_leaves, Both& both) {
  auto bytes = read_file(arguments.in);
  if (!bytes.ok()) return fail(bytes.error(), "");
  auto result = read_file(arguments.result);
  if (!result.ok()) return fail(result.error(), "");
  auto instance = draw::read_instance(bytes.value(), {.keep_leaves = keep_leaves});
  if (!instance.ok()) return fail(instance.error(), arguments.in);
  both.instance = std::move(instance).value();
  both.result = std::move(result).value();
  return 0;
}

int run_verify(const Arguments& arguments) {
  Both both;
  if (const int status = read_both(arguments, false, both); status != 0) return status;
  const auto fault = draw::verify(both.instance, both.result);
  if (!fault.ok()) return fail(fault.error(), arguments.result);
  std::printf("verified 核验通过: %s\n", text::one_line(arguments.result).c_str());
  return 0;
}

// `explain` and `receipt`: something about one student of a verified result.
template <class Make>
int about_student(const Arguments& arguments, bool keep_leaves, Make make) {
  Both both;
  if (const int status = read_both(arguments, keep_leaves, both); status != 0) return status;
  auto drawn = draw::read_verified(both.instance, both.result);
  if (!drawn.ok()) return fail(drawn.error(), arguments.result);
  const int student = both.instance.find_student(arguments.student);
  if (student < 0) {
    return fail({ErrorKind::not_found, "app.unknown_student",
                 "no student has the id \"" + arguments.student + "\""},
                arguments.in);
  }
  const std::string text = make(both.instance, drawn.value(), student);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return 0;
}

int run_outcome_root(const Arguments& arguments) {
  Both both;
  if (const int status = read_both(arguments, true, both); status != 0) return status;
  const auto drawn = draw::read_verified(both.instance, both.result);
  if (!drawn.ok()) return fail(drawn.error(), arguments.result);
  std::printf("%s\n", draw::outcome_root(both.instance, drawn.value()).c_str());
  return 0;
}

int run_root(const Arguments& arguments) {
  if (!arguments.result.empty()) return run_outcome_root(arguments);
  auto bytes = read_file(arguments.in);
  if (!bytes.ok()) return fail(bytes.error(), "");
  auto instance = draw::read_instance(bytes.value(), {.keep_leaves = true});
  if (!instance.ok()) return fail(instance.error(), arguments.in);
  std::printf("%s\n", draw::root_of(instance.value()).c_str());
  return 0;
}

int run_check_receipt(const Arguments& arguments) {
  auto bytes = read_file(arguments.receipt);
  if (!bytes.ok()) return fail(bytes.error(), "");
  auto report =
      draw::check_receipt(bytes.value(), {arguments.root, arguments.seed, arguments.outcome});
  if (!report.ok()) return fail(report.error(), arguments.receipt);
  std::fwrite(report.value().text.data(), 1, report.value().text.size(), stdout);
  return report.value().good ? 0 : 1;
}

void need_file(CLI::App* command, const char* name, std::string& into, const char* what) {
  command->add_option(name, into, what)->required();
}

}  // namespace

void add_draw(CLI::App& app, int& status) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* draw = app.add_subcommand(
      "draw", "志愿分配与摇号: give seats by published rules, so that anybody can check it");
  draw->footer(
      "Rules: welfare (most seats; not for children's places), stable, draft, serial.\n"
      "They are defined in docs/algorithms/draw.md.\n"
      "Exit status: 0 done, 1 mismatch, 2 bad input.");
  draw->require_subcommand(0, 1);
  draw->add_option("--in", arguments->in, "instance (JSON)");
  draw->add_option("--rule", arguments->rule, "welfare|stable|draft|serial");
  const CLI::Option* seed = draw->add_option("--seed", arguments->seed,
                                             "hex; without it the file's lottery numbers hold");
  draw->add_flag("--ignore-prio", arguments->ignore_priorities, "drop priority classes, reserves");
  draw->add_option("--out", arguments->out, "result file; without it stdout");
  draw->add_option("--threads", arguments->threads, "changes the time, never the result")
      ->check(CLI::Range(1, 256));
  draw->callback([draw, seed, arguments, &status] {
    if (!draw->get_subcommands().empty()) return;
    arguments->has_seed = seed->count() > 0;
    if (arguments->in.empty()) throw CLI::RequiredError("--in");
    if (arguments->rule.empty()) throw CLI::RequiredError("--rule");
    status = run_draw(*arguments);
  });

  CLI::App* verify = draw->add_subcommand("verify", "check a result without trusting it");
  need_file(verify, "--in", arguments->in, "instance");
  need_file(verify, "--result", arguments->result, "result file");
  verify->callback([arguments, &status] { status = run_verify(*arguments); });

  CLI::App* explain = draw->add_subcommand("explain", "why one student did not get a wish");
  need_file(explain, "--in", arguments->in, "instance");
  need_file(explain, "--result", arguments->result, "result file");
  need_file(explain, "--student", arguments->student, "student id");
  explain->callback(
      [arguments, &status] { status = about_student(*arguments, false, draw::explain); });

  CLI::App* receipt = draw->add_subcommand("receipt", "what a family needs to check its result");
  need_file(receipt, "--in", arguments->in, "instance");
  need_file(receipt, "--result", arguments->result, "result file");
  need_file(receipt, "--student", arguments->student, "student id");
  receipt->callback(
      [arguments, &status] { status = about_student(*arguments, true, draw::make_receipt); });

  CLI::App* check = draw->add_subcommand("check-receipt", "check one receipt, alone");
  check->add_option("FILE", arguments->receipt, "receipt file")->required();
  need_file(check, "--root", arguments->root, "published root of the hash tree, hex");
  check->add_option("--seed", arguments->seed, "published seed, hex (none if none was used)");
  check->add_option("--outcome", arguments->outcome, "published root of the outcome, hex");
  check->callback([arguments, &status] { status = run_check_receipt(*arguments); });

  CLI::App* root = draw->add_subcommand("root", "the root of the hash tree over all inputs");
  need_file(root, "--in", arguments->in, "instance");
  root->add_option("--result", arguments->result, "result file: the root over its outcome instead");
  root->callback([arguments, &status] { status = run_root(*arguments); });
}

}  // namespace sj::app
