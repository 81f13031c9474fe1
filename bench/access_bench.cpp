// How many questions "may this session do that?" one core answers in a second, for somebody with
// many roles: clerk of a school, office of the area, teacher of eight classes, guardian of three.
//
// access_bench [seconds]: default 1 for each line.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "kernel/auth/access.h"

namespace {

using sj::auth::Access;
using sj::auth::Grant;
using sj::auth::Permission;
using sj::auth::PlaceKind;
using sj::auth::Target;

constexpr std::int64_t kArea = 430'103;
constexpr Permission kOffice{20, "bench.office"};  // what each role may do
constexpr Permission kClerk{21, "bench.clerk"};
constexpr Permission kTeacher{22, "bench.teacher"};
constexpr Permission kGuardian{23, "bench.guardian"};

Access busy_person() {
  std::vector<Grant> grants;
  const auto grant = [&](Permission permission, PlaceKind kind, std::int64_t id) {
    Grant one;
    for (int bit = 40; bit < 60; ++bit) one.what.set(static_cast<std::size_t>(bit));
    one.what.set(static_cast<std::size_t>(permission.bit));
    one.where = {kind, id};
    grants.push_back(one);
  };
  grant(kClerk, PlaceKind::school, 1);
  grant(kOffice, PlaceKind::area, 0);
  for (int i = 0; i < 8; ++i) grant(kTeacher, PlaceKind::class_, 100 + i);
  for (int i = 0; i < 3; ++i) grant(kGuardian, PlaceKind::pupil, 10'000 + i);
  return Access(kArea, std::move(grants));
}

void measure(const char* name, const Access& access, Permission permission, double seconds) {
  // Pupils of the school and of others, so that some answers are yes and most are no.
  std::vector<Target> targets;
  for (std::int64_t i = 0; i < 4096; ++i) {
    targets.push_back({.area = kArea,
                       .street = 1 + i % 7,
                       .school = 1 + i % 24,
                       .class_id = 100 + i % 400,
                       .pupil = 9'900 + i});
  }
  std::uint64_t asked = 0;
  std::uint64_t yes = 0;
  const auto start = std::chrono::steady_clock::now();
  double spent = 0;
  while (spent < seconds) {
    for (const Target& target : targets) yes += access.allows(permission, target) ? 1U : 0U;
    asked += targets.size();
    spent = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  std::printf("%-10s %8.1f million checks/s (%.1f %% allowed)\n", name,
              static_cast<double>(asked) / spent / 1e6,
              100.0 * static_cast<double>(yes) / static_cast<double>(asked));
}

}  // namespace

int main(int count, char** words) {
  const double seconds = count > 1 ? std::atof(words[1]) : 1;
  const Access access = busy_person();
  std::printf("allows() with %zu grants\n", access.grants().size());
  measure("office", access, kOffice, seconds);
  measure("clerk", access, kClerk, seconds);
  measure("teacher", access, kTeacher, seconds);
  measure("guardian", access, kGuardian, seconds);
  measure("nothing", access, Permission{30, "bench.nothing"}, seconds);
}
