// Small durable writes by 64 threads, each of which waits for its reply: the desk's group commit
// beside one commit for each request, on the same engine in the same run, rounds taken in turn.
// Also with 4 ms added to each sync: this program's own fsync and fdatasync take the place of the
// system's, and wait. That reaches SQLite, which runs in this process, not a PostgreSQL server.
//
// desk_bench [rounds] [seconds]: default 5 rounds of 1 s for each line. PostgreSQL with SJ_TEST_PG:
// tools/pg.sh with build/release/bench/desk_bench. The store lies in TMPDIR, default /tmp.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <dlfcn.h>
#include <unistd.h>

#include "kernel/auth/vault.h"
#include "kernel/desk/audit.h"
#include "kernel/desk/desk.h"
#include "kernel/sql/fresh_store.h"
#include "kernel/time/entropy.h"
#include "kernel/time/ids.h"

#include "measure.h"

namespace {

std::atomic<int> sync_delay_ms =
    0;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): read by stand-ins
std::atomic<std::int64_t> syncs =
    0;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): as above

int sync_after(const char* name, int file) {
  using Sync = int (*)(int);
  const auto real = reinterpret_cast<Sync>(dlsym(RTLD_NEXT, name));
  const int result = real(file);
  ++syncs;
  if (const int delay = sync_delay_ms.load(); delay > 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(delay));
  }
  return result;
}

}  // namespace

extern "C" int fsync(int file) {
  return sync_after("fsync", file);
}
extern "C" int fdatasync(int file) {
  return sync_after("fdatasync", file);
}

namespace {

using namespace sj;  // NOLINT(google-build-using-namespace): a program of one file
using Clock64 = std::chrono::steady_clock;

constexpr int kThreads = 64;
constexpr std::int64_t kArea = 430'103;

// The kernel's own tables need no entry in the trail, those of rooms do.
const char* const kTables =
    "CREATE TABLE kernel_bench_note (area_id BIGINT NOT NULL, id BIGINT NOT NULL,"
    " text TEXT NOT NULL, PRIMARY KEY (area_id, id)) {{STRICT}};"
    "CREATE TABLE bench_note (area_id BIGINT NOT NULL, id BIGINT NOT NULL,"
    " text TEXT NOT NULL, PRIMARY KEY (area_id, id)) {{STRICT}};";
const sql::Statement kPlain{
    "INSERT INTO kernel_bench_note (area_id, id, text) VALUES ($1, $2, $3)"};
const sql::Statement kTrailed{"INSERT INTO bench_note (area_id, id, text) VALUES ($1, $2, $3)"};
constexpr const char* kBare =
    "INSERT INTO kernel_bench_note (area_id, id, text) VALUES ($1, $2, $3)";
constexpr std::string_view kText = "a small note of forty bytes or so, no more";

struct Sample {
  double per_second = 0;
  double group = 0;   // units in a commit
  double cpu_us = 0;  // of this process for each unit
  double p50_ms = 0;
  double p99_ms = 0;
};

/// `write(thread)` from 64 threads for so long.
template <class Write>
Sample drive(double seconds, const Write& write) {
  std::vector<std::vector<double>> waits(kThreads);
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  const double cpu = bench::cpu_seconds();
  const auto start = Clock64::now();
  const auto end = start + std::chrono::duration<double>(seconds);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (auto before = Clock64::now(); before < end;) {
        write(t);
        const auto now = Clock64::now();
        waits[static_cast<std::size_t>(t)].push_back(
            std::chrono::duration<double, std::milli>(now - before).count());
        before = now;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double spent = std::chrono::duration<double>(Clock64::now() - start).count();
  std::vector<double> all;
  for (const auto& one : waits) all.insert(all.end(), one.begin(), one.end());
  std::sort(all.begin(), all.end());
  const double count = static_cast<double>(all.size());
  Sample sample;
  sample.per_second = count / spent;
  sample.cpu_us = (bench::cpu_seconds() - cpu) / count * 1e6;
  sample.p50_ms = all[all.size() / 2];
  sample.p99_ms = all[all.size() * 99 / 100];
  return sample;
}

/// A store and what its desks need.
struct Place {
  explicit Place(sql::Dialect dialect) : store(dialect) {
    const auto db = store.connect();
    static_cast<void>(sql::migrate(*db, sql::migrations()).value());
    db->script(kTables).value();
  }

  Sample through_desk(std::size_t group_max, bool trail, double seconds) {
    desk::Desk desk(store.connect(), context, {.group_max = group_max});
    auth::Actor actor;
    actor.kind = auth::ActorKind::staff;
    const desk::Work work = [&](desk::Tx& tx) -> Result<void> {
      const std::int64_t id = tx.new_id();
      static_cast<void>(SJ_TRY(tx.run(trail ? kTrailed : kPlain, {kArea, id, kText})));
      if (!trail) return {};
      desk::Entry entry;
      entry.school = 1 + id % 24;
      entry.action = "bench.note.added";
      entry.subject_kind = "note";
      entry.subject = id;
      return tx.audit(kArea, entry);
    };
    Sample sample = drive(seconds, [&](int) { desk.run(actor, work).value(); });
    const desk::DeskCounts counts = desk.counts();
    sample.group = static_cast<double>(counts.units) / static_cast<double>(counts.groups);
    return sample;
  }

  /// What an engine with many writers makes of it by itself: a connection for each thread, each
  /// INSERT its own transaction. Without the trail, whose head would be locked across every sync.
  Sample by_many_connections(double seconds) {
    std::vector<std::unique_ptr<sql::Connection>> connections;
    for (int t = 0; t < kThreads; ++t) connections.push_back(store.connect());
    Sample sample = drive(seconds, [&](int t) {
      const std::vector<sql::Bind> binds{kArea, ids.next(), kText};
      static_cast<void>(connections[static_cast<std::size_t>(t)]->run_text(kBare, binds).value());
    });
    sample.group = 1;
    return sample;
  }

  void check_trail() {
    const auto reader = store.connect(sql::Mode::read);
    reader->begin_read().value();
    const auto start = Clock64::now();
    const desk::ChainReport report = desk::verify_chains(*reader).value();
    const double spent = std::chrono::duration<double>(Clock64::now() - start).count();
    std::printf("  trail verified: %lld entries, %zu breaks, %.0f entries/s\n",
                static_cast<long long>(report.entries),  // NOLINT(google-runtime-int): printf
                report.breaks.size(), static_cast<double>(report.entries) / spent);
    if (!report.breaks.empty()) std::exit(1);
  }

  sql::FreshStore store;
  SystemClock clock;
  SystemEntropy entropy;
  SystemIds ids{clock, entropy};
  auth::Vault vault{std::string(auth::Vault::kMasterBytes, 'm'), entropy};
  desk::Context context{clock, ids, entropy, vault};
};

double median_of(const std::vector<Sample>& samples, double Sample::*field) {
  std::vector<double> numbers;
  numbers.reserve(samples.size());
  for (const Sample& one : samples) numbers.push_back(one.*field);
  return bench::median(numbers);
}

void print(const char* name, const std::vector<Sample>& samples) {
  std::printf("    %-34s %8.0f /s, %5.1f a commit, %5.1f us CPU, p50 %6.2f ms, p99 %6.2f ms\n",
              name, median_of(samples, &Sample::per_second), median_of(samples, &Sample::group),
              median_of(samples, &Sample::cpu_us), median_of(samples, &Sample::p50_ms),
              median_of(samples, &Sample::p99_ms));
}

void compare(Place& place, bool trail, bool many, int rounds, double seconds) {
  std::vector<Sample> grouped;
  std::vector<Sample> single;
  std::vector<Sample> connections;
  std::vector<double> ratios;
  for (int round = 0; round < rounds; ++round) {
    grouped.push_back(place.through_desk(desk::DeskLimits{}.group_max, trail, seconds));
    single.push_back(place.through_desk(1, trail, seconds));
    if (many) connections.push_back(place.by_many_connections(seconds));
    ratios.push_back(grouped.back().per_second / single.back().per_second);
  }
  std::printf("  %s\n", trail ? "row, entry and head of the trail" : "one row");
  print("desk, group commit", grouped);
  print("desk, one commit a request", single);
  if (many) print("64 connections, one commit each", connections);
  std::printf("    ratio of group commit to one commit a request: %.1f (%.1f to %.1f)\n",
              bench::median(ratios), *std::min_element(ratios.begin(), ratios.end()),
              *std::max_element(ratios.begin(), ratios.end()));
  std::fflush(stdout);
}

double sync_ms() {
  const std::int64_t before = syncs;
  std::string file = "/sj-sync-XXXXXX";
  const char* folder = std::getenv("TMPDIR");
  file.insert(0, folder == nullptr ? "/tmp" : folder);
  const int fd = mkstemp(file.data());
  const auto start = Clock64::now();
  for (int i = 0; i < 50; ++i) {
    if (write(fd, "x", 1) != 1 || fdatasync(fd) != 0) std::exit(1);
  }
  const double spent = std::chrono::duration<double, std::milli>(Clock64::now() - start).count();
  close(fd);
  unlink(file.c_str());
  if (syncs - before != 50) std::exit(1);
  return spent / 50;
}

}  // namespace

int main(int count, char** words) {
  const int rounds = count > 1 ? std::atoi(words[1]) : 5;
  const double seconds = count > 2 ? std::atof(words[2]) : 1;
  for (const sql::Dialect dialect : {sql::Dialect::sqlite, sql::Dialect::postgres}) {
    const bool is_sqlite = dialect == sql::Dialect::sqlite;
    if (!sql::FreshStore::available(dialect)) {
      std::printf("PostgreSQL: SJ_TEST_PG is not set\n");
      continue;
    }
    for (const int delay : is_sqlite ? std::vector<int>{0, 4} : std::vector<int>{0}) {
      sync_delay_ms = delay;
      std::printf("%s, %d threads, a sync takes %.2f ms\n", is_sqlite ? "SQLite" : "PostgreSQL",
                  kThreads, sync_ms());
      Place place(dialect);
      const std::int64_t before = syncs;
      compare(place, false, !is_sqlite, rounds, seconds);
      compare(place, true, false, rounds, seconds);
      if (is_sqlite && syncs == before) {
        std::printf("no sync was seen: the figures mean nothing\n");
        return 1;
      }
      place.check_trail();
    }
  }
  return 0;
}
