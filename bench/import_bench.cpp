// Where the time of an import goes: its parts one by one, on an empty district.
//
//   import_bench ROSTER.csv [ROUNDS]      one that bench/import_vs_sqlite.py --keep DIR leaves
//   behind
//
// Parts of what `shuangjian import` does: read the file, load what is there, compare, decide, write
// (people with the keys they are found by; sealed fields; memberships and guardians; the trail) and
// commit. CPU of all threads of ours; medians of the rounds.

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "kernel/time/zone.h"

#include "app/store.h"
#include "measure.h"
#include "org/import_run.h"
#include "org/import_store.h"
#include "org/setup.h"

namespace {

using namespace sj;  // NOLINT(google-build-using-namespace): a program of its own

struct Part {
  const char* name;
  std::vector<double> wall{};
  std::vector<double> cpu{};
};

enum Place : std::size_t {
  kRead,
  kLoad,
  kCompare,
  kDecide,
  kPeople,
  kSeal,
  kLinks,
  kTrail,
  kCommit
};
std::vector<Part> all_parts() {
  return {{"read the file"},
          {"load what is there"},
          {"compare"},
          {"decide"},
          {"write people and their keys"},
          {"seal and write sensitive fields"},
          {"write memberships and guardians"},
          {"trail"},
          {"commit"}};
}

// Time since the last call goes to a part.
class Watch {
 public:
  explicit Watch(std::size_t count) : wall_(count), cpu_(count) {}
  void lap(Place part) {
    const auto now = std::chrono::steady_clock::now();
    const double cpu = bench::cpu_seconds();
    wall_.at(part) += std::chrono::duration<double>(now - last_).count();
    cpu_.at(part) += cpu - last_cpu_;
    last_ = now;
    last_cpu_ = cpu;
  }
  void keep(std::vector<Part>& parts) const {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      parts[i].wall.push_back(wall_[i]);
      parts[i].cpu.push_back(cpu_[i]);
    }
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
  double last_cpu_ = bench::cpu_seconds();
  std::vector<double> wall_;
  std::vector<double> cpu_;
};

Result<void> import_once(desk::Tx& tx, const std::vector<sheet::Entry>& files, Watch& watch) {
  const std::int64_t area = SJ_TRY(org::ensure_area(tx, "430198", "星河区"));
  watch.lap(kCommit);
  const org::Snapshot before = SJ_TRY(org::load_snapshot(tx, area, 0));
  watch.lap(kLoad);
  const org::Incoming incoming = SJ_TRY(org::read_import("roster", files, before, tx.today(), 0));
  watch.lap(kRead);
  org::ImportOptions options;
  options.today = tx.today();
  const org::Blind blind = org::blind_of(tx.vault());
  const org::Plan plan = org::plan_import(before, incoming, options, blind);
  watch.lap(kCompare);
  const org::Writes writes =
      SJ_TRY(org::decide_writes(before, incoming, plan, options, blind, tx.ids()));
  watch.lap(kDecide);
  // It tells how far it is: twice the same when the people are there with their keys, and then once
  // for each so many sealed people.
  constexpr std::size_t kRowsAtOnce = 2000;
  std::size_t seals = (writes.secrets.size() + kRowsAtOnce - 1) / kRowsAtOnce;
  Place place = kPeople;
  std::size_t last = 0;
  const org::ImportSource source{0, "roster", org::hash_of(files)};
  SJ_TRY(
      org::store_writes(tx, area, before, plan, writes, source, [&](std::size_t done, std::size_t) {
        watch.lap(place);
        if (place == kSeal && --seals == 0) place = kLinks;
        if (place == kPeople && done == last) place = kSeal;
        last = done;
        return true;
      }));
  watch.lap(kTrail);
  return {};
}

Result<void> round(const std::vector<sheet::Entry>& files,
                   const app::StoreOptions& where,
                   std::vector<Part>& parts) {
  auto store = SJ_TRY(app::Store::open(where, app::Store::Want::empty, true));
  auto desk = SJ_TRY(store->start_desk());
  auth::Actor actor;
  actor.kind = auth::ActorKind::operator_;
  Watch watch(parts.size());
  SJ_TRY(desk->run(actor, [&](desk::Tx& tx) { return import_once(tx, files, watch); }));
  watch.lap(kCommit);
  watch.keep(parts);
  desk->close();
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "import_bench ROSTER.csv [ROUNDS]: a roster to import\n");
    return argc == 1 ? 0 : 2;  // ./dev bench runs it without one
  }
  std::ifstream input(argv[1], std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(input), {}};
  const std::vector<sheet::Entry> files{{"roster.csv", bytes}};
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 3;
  std::string name = std::filesystem::temp_directory_path() / "sj-import-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) return 1;
  std::vector<Part> parts = all_parts();
  int status = 0;
  for (int i = 0; i < rounds && status == 0; ++i) {
    app::StoreOptions where;
    where.data = name + "/" + std::to_string(i);
    const Result<void> done = round(files, where, parts);
    if (!done.ok()) {
      std::fprintf(stderr, "%s: %s\n", done.error().code.c_str(), done.error().detail.c_str());
      status = 1;
    }
  }
  std::filesystem::remove_all(name);
  if (status != 0) return status;
  double all = 0;
  for (const Part& part : parts) all += bench::median(part.wall);
  std::printf("| part of an import | wall s | CPU s | share |\n|---|---|---|---|\n");
  for (const Part& part : parts) {
    const double wall = bench::median(part.wall);
    std::printf("| %s | %.3f | %.3f | %.0f %% |\n", part.name, wall, bench::median(part.cpu),
                100 * wall / all);
  }
  std::printf("| all | %.3f | | |\n", all);
  return 0;
}
