// One market of a whole province: how much longer `stable` takes than `serial`, which reads the
// same lists once and moves nobody.
//
// joint_bench [students] [rounds] [market]: default 1,000,000 students x 30,000 sections x 10
// wishes, 5 rounds, all four markets.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "kernel/base/check.h"

#include "engines/allocate/choice.h"
#include "engines/allocate/rules.h"

#include "markets.h"
#include "measure.h"

namespace {

using sj::allocate::Market;
using sj::allocate::Outcome;
using sj::bench::Cost;
using sj::bench::measure;
using sj::bench::median;
using sj::bench::Shape;

void compare(const char* name, const Shape& shape, int rounds) {
  const Market market = make_market(shape);
  const Market plain = sj::bench::without_classes(market);
  std::vector<double> ratios;
  std::vector<double> serial_seconds;
  std::vector<double> stable_seconds;
  std::vector<double> check_seconds;
  Outcome stable;
  double peak_mib = 0;
  for (int round = 0; round < rounds; ++round) {
    Outcome serial;
    const Cost once = measure([&] { serial = decide_serial(plain); });
    const Cost other = measure([&] { stable = decide_stable(market); });
    std::vector<std::int64_t> pairs;
    const Cost check = measure([&] { pairs = blocking_pairs(market, stable.assignment); });
    SJ_CHECK(pairs.empty());
    serial_seconds.push_back(once.cpu);
    stable_seconds.push_back(other.cpu);
    check_seconds.push_back(check.cpu);
    ratios.push_back(other.cpu / once.cpu);
    peak_mib = other.peak_mib;
  }
  // Proposals: every wish above the held one was refused, and the held one was accepted.
  std::int64_t proposals = 0;
  for (int student = 0; student < market.student_count(); ++student) {
    for (std::int64_t wish = market.wish_begin(student);
         wish < market.wish_end[static_cast<std::size_t>(student)]; ++wish) {
      ++proposals;
      if (stable.assignment.held[static_cast<std::size_t>(wish)] != 0) break;
    }
  }
  std::printf("| %s | %.3f | %.3f | %.3f | %.2f | %.2f | %.0f |\n", name, median(serial_seconds),
              median(stable_seconds), median(check_seconds), median(ratios),
              static_cast<double>(proposals) / market.student_count(), peak_mib);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const int students = argc > 1 ? std::atoi(argv[1]) : 1'000'000;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
  Shape shape{.students = students,
              .sections = students * 3 / 100,
              .wishes = 10,
              .cap_least = 33,
              .cap_most = 33};
  std::puts(
      "| market | serial CPU s | stable CPU s | blocking pairs CPU s | stable / serial "
      "| proposals a student | stable, peak MiB more |");
  std::puts("|---|---|---|---|---|---|---|");
  for (const double skew : {0.0, 0.7}) {
    for (const int classes : {1, 4}) {
      shape.skew = skew;
      shape.classes = classes;
      const std::string name = std::string(skew > 0 ? "skewed" : "alike") +
                               (classes > 1 ? ", four classes" : ", one class");
      if (argc <= 3 || name == argv[3]) compare(name.c_str(), shape, rounds);
    }
  }
}
