// A city's draw under every rule: time, CPU, memory, seats, and for `welfare` what is proved.
//
// city_bench [schools]: default 150 schools of 2,000 students, 60 sections and 8 wishes.
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

#include "engines/allocate/rules.h"
#include "engines/allocate/welfare.h"

#include "markets.h"
#include "measure.h"

namespace {

using sj::allocate::Market;
using sj::allocate::Outcome;
using sj::bench::Shape;
using sj::bench::Times;

void run(const char* rule, const Market& market, const std::function<Outcome()>& decide) {
  Outcome outcome;
  const sj::bench::Cost cost = sj::bench::measure([&] { outcome = decide(); });
  const auto sums = sj::allocate::statistics(market, outcome.assignment);
  std::printf("| %s | %.2f | %.2f | %.0f | %lld | %lld | %lld | %zu |\n", rule, cost.wall, cost.cpu,
              cost.peak_mib, static_cast<long long>(sums.seated),
              static_cast<long long>(sums.with_nothing),
              static_cast<long long>(sums.blocking_pairs), sums.closed.size());
  std::fflush(stdout);
}

void say_what_is_proved(const sj::allocate::Certificate& certificate) {
  std::size_t proved = 0;
  std::size_t nodes = 0;
  std::size_t most_nodes = 0;
  sj::allocate::Gap worst;
  for (const auto& component : certificate) {
    nodes += component.nodes.size();
    most_nodes = std::max(most_nodes, component.nodes.size());
    if (!component.gap) {
      ++proved;
      continue;
    }
    worst.seats = std::max(worst.seats, component.gap->seats);
    worst.unit = std::max(worst.unit, component.gap->unit);
  }
  std::printf(
      "\n%zu of %zu components proved optimal, %zu with a gap (at most %lld seats, %lld of "
      "rank); %zu nodes, at most %zu in one.\n\n",
      proved, certificate.size(), certificate.size() - proved, static_cast<long long>(worst.seats),
      static_cast<long long>(worst.unit), nodes, most_nodes);
}

void run_all(const char* name, const Shape& shape) {
  const Market market = make_market(shape);
  std::printf("%s: %d schools, %d students, %d sections, %zu wishes; %.0f MiB in use before.\n\n",
              name, shape.schools, market.student_count(), market.section_count(),
              market.wishes.size(), sj::bench::memory_mib("VmRSS"));
  std::puts(
      "| rule | wall s | CPU s | peak MiB more | seats | with nothing | blocking pairs | closed |");
  std::puts("|---|---|---|---|---|---|---|---|");
  run("serial", market, [&] { return sj::allocate::decide_serial(market); });
  run("draft", market, [&] { return sj::allocate::decide_draft(market); });
  run("stable", market, [&] { return sj::allocate::decide_stable(market); });
  sj::allocate::Certificate certificate;
  run("welfare, 2 threads", market, [&] {
    auto result = sj::allocate::decide_welfare(market, {.threads = 2, .limits = {}, .report = {}});
    certificate = std::move(result.certificate);
    return std::move(result.outcome);
  });
  say_what_is_proved(certificate);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string only = argc > 2 ? argv[2] : "";
  const auto wanted = [&](const char* variant) { return only.empty() || only == variant; };
  // Scarce: half of the seats the students ask for. Ample: nearly all, so that sections stay small.
  const Shape scarce{.schools = argc > 1 ? std::atoi(argv[1]) : 150,
                     .students = 2000,
                     .sections = 60,
                     .wishes = 8,
                     .quota = 3,
                     .cap_least = 20,
                     .cap_most = 80,
                     .skew = 0.8,
                     .times = Times::slots};
  Shape ample = scarce;
  ample.cap_least = 60;
  ample.cap_most = 160;
  ample.skew = 1.2;
  if (wanted("slots")) run_all("Weekday slots, scarce", scarce);
  if (wanted("ample")) run_all("Weekday slots, ample", ample);
  ample.min = 60;
  if (wanted("min")) run_all("Weekday slots, ample, every third section with min 60", ample);
  ample.min = 0;
  ample.times = Times::overlaps;
  if (wanted("ample-overlaps")) run_all("Overlapping times, ample", ample);
  Shape overlaps = scarce;
  overlaps.times = Times::overlaps;
  if (wanted("overlaps")) run_all("Overlapping times, scarce", overlaps);
}
