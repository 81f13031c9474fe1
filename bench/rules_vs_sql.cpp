// Verdicts of the rules' engine beside the same conditions as plain SQL over the same rows in
// PostgreSQL, on one core each, in turn; the counts of verdicts must be equal.
//
//     tools/pg.sh with build/release/bench/rules_vs_sql [rows] [rounds]     500000 and 5
//
// Ours: facts as numbers in memory, in_force() once a rule, then judge() a row. PostgreSQL: one
// query a rule that counts the verdicts, with everything in its cache and no second worker.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "kernel/base/check.h"
#include "kernel/sql/fresh_store.h"

#include "measure.h"
#include "policy/files.h"
#include "policy/pack.h"

namespace {

using sj::policy::Pack;
using sj::rules::kMillion;
using sj::rules::kUnknown;
using sj::rules::Value;

template <class T>
T must(sj::Result<T> result) {
  if (!result.ok()) std::fprintf(stderr, "%s\n", result.error().detail.c_str());
  SJ_CHECK(result.ok());
  return std::move(result).value();
}

constexpr const char* kSchema =
    "CREATE TABLE kernel_fact (area_id BIGINT NOT NULL, id BIGINT NOT NULL, grade BIGINT, "
    "minutes BIGINT, starts BIGINT, study BIGINT, finals BIGINT, midterms BIGINT, "
    "exempt BIGINT, PRIMARY KEY (area_id, id)) {{STRICT}};";
const sj::sql::Statement kInsert{
    "INSERT INTO kernel_fact (area_id, id, grade, minutes, starts, study, finals, midterms, "
    "exempt) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"};

// One row of facts in the units of the rules; -1: missing.
struct Row {
  std::array<std::int64_t, 7> of{};  // grade minutes starts study finals midterms exempt
};
constexpr std::array<const char*, 7> kNames = {"grade",
                                               "service_minutes",
                                               "first_lesson_start",
                                               "daily_study_minutes",
                                               "final_exams_per_term",
                                               "midterm_exams_per_term",
                                               "exempt"};

struct Compared {
  const char* rule;
  const char* sql;  // a verdict, of a row of kernel_fact
};
constexpr std::array<Compared, 4> kRules = {{
    {"AS-2H",
     "CASE WHEN grade > 9 THEN 'na' WHEN minutes IS NULL THEN 'unknown' "
     "WHEN minutes >= 120 THEN 'pass' ELSE 'fail' END"},
    {"ST-START",
     "CASE WHEN grade IS NULL OR starts IS NULL THEN 'unknown' "
     "WHEN starts >= CASE WHEN grade <= 6 THEN 500 ELSE 480 END THEN 'pass' "
     "WHEN exempt = 1 THEN 'warn' ELSE 'fail' END"},
    {"ST-STUDYHOURS",
     "CASE WHEN grade IS NULL OR study IS NULL THEN 'unknown' "
     "WHEN study <= CASE WHEN grade <= 6 THEN 360 ELSE 480 END THEN 'pass' ELSE 'fail' END"},
    {"EX-FREQ",
     "CASE WHEN grade < 3 OR grade > 9 THEN 'na' WHEN grade IS NULL THEN 'unknown' "
     "WHEN finals > 1 OR (grade <= 6 AND midterms <> 0) OR (grade >= 7 AND midterms > 1) "
     "THEN 'fail' WHEN finals IS NULL OR midterms IS NULL THEN 'unknown' ELSE 'pass' END"},
}};

using Counts = std::map<std::string, std::int64_t>;

// The facts of a rule for every row, one after the other.
std::vector<Value> facts_of(const Pack& pack,
                            const sj::policy::Rule& rule,
                            const std::vector<Row>& rows) {
  std::vector<Value> all;
  all.reserve(rows.size() * rule.facts.size());
  for (const Row& row : rows) {
    std::string json;
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      if (row.of[i] < 0) continue;
      json += (json.empty() ? "{\"" : ",\"") + std::string(kNames[i]) + "\":";
      if (i == 2) {
        const auto digits = [](std::int64_t n) { return std::to_string(100 + n).substr(1); };
        json += "\"" + digits(row.of[i] / 60) + ":" + digits(row.of[i] % 60) + "\"";
      } else if (i == 6) {
        json += row.of[i] == 1 ? "true" : "false";
      } else {
        json += std::to_string(row.of[i]);
      }
    }
    const auto facts = must(sj::policy::read_facts(pack, rule, json.empty() ? "{}" : json + "}"));
    all.insert(all.end(), facts.begin(), facts.end());
  }
  return all;
}

Counts judged(const sj::rules::InForce& held, const std::vector<Value>& facts, std::size_t width) {
  std::array<std::int64_t, 5> counts{};
  for (std::size_t at = 0; at < facts.size(); at += width) {
    const auto verdict = sj::rules::judge(held, {facts.data() + at, width}).verdict;
    ++counts[static_cast<std::size_t>(verdict)];
  }
  Counts named;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto verdict = static_cast<sj::rules::Verdict>(i);
    if (counts[i] != 0) named[std::string(sj::policy::name_of(verdict))] = counts[i];
  }
  return named;
}

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 500'000;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
  if (!sj::sql::FreshStore::available(sj::sql::Dialect::postgres)) {
    std::fprintf(stderr, "rules_vs_sql: no PostgreSQL; tools/pg.sh with rules_vs_sql\n");
    return 1;
  }
  // A fixed seed: the same rows everywhere.
  std::mt19937_64 dice(20261130);  // NOLINT(cert-msc51-cpp): see above
  const auto pick = [&](std::int64_t from, std::int64_t to) {
    return from + static_cast<std::int64_t>(dice() % static_cast<std::uint64_t>(to - from + 1));
  };
  const auto some = [&](std::int64_t value) { return dice() % 20 == 0 ? -1 : value; };
  std::vector<Row> rows(static_cast<std::size_t>(count));
  for (Row& row : rows) {
    row.of = {some(pick(1, 12)),
              some(pick(90, 150)),
              some(pick(460, 520)),
              some(pick(300, 500)),
              some(pick(0, 2)),
              some(pick(0, 2)),
              pick(0, 1)};
  }
  sj::sql::FreshStore fresh(sj::sql::Dialect::postgres);
  auto store = fresh.connect();
  SJ_CHECK(store->script(kSchema).ok());
  SJ_CHECK(store->begin_write().ok());
  static_cast<void>(must(
      store->run_many(kInsert, rows.size(), [&](std::size_t i, std::vector<sj::sql::Bind>& binds) {
        binds = {std::int64_t{1}, static_cast<std::int64_t>(i)};
        for (const std::int64_t value : rows[i].of) {
          if (value < 0) {
            binds.emplace_back(nullptr);
          } else {
            binds.emplace_back(value);
          }
        }
      })));
  SJ_CHECK(store->commit().ok());
  for (const char* setting :
       {"SET max_parallel_workers_per_gather = 0", "SET jit = off", "VACUUM ANALYZE kernel_fact"}) {
    SJ_CHECK(store->script(setting).ok());
  }

  const Pack pack = must(Pack::read(sj::policy::built_in_files()));
  const auto day = must(sj::LocalDay::parse("2026-10-12"));
  std::printf("%d rows, medians of %d rounds; verdicts a second, in millions\n\n", count, rounds);
  std::printf(
      "| rule | ours | PostgreSQL | ours / PostgreSQL (rounds) | verdicts "
      "|\n|---|---|---|---|---|\n");
  int status = 0;
  for (const Compared& one : kRules) {
    const sj::policy::Rule& rule = *must(pack.rule(one.rule));
    const std::vector<Value> facts = facts_of(pack, rule, rows);
    const auto held = sj::rules::in_force(rule.logic, "430602", day);
    const std::string query = "SELECT v, count(*) FROM (SELECT " + std::string(one.sql) +
                              " AS v FROM kernel_fact) AS t GROUP BY v";
    std::vector<double> ours;
    std::vector<double> theirs;
    std::vector<double> ratios;
    Counts counts;
    for (int round = 0; round < rounds; ++round) {
      const double a = wall_seconds();
      counts = judged(held, facts, rule.facts.size());
      const double b = wall_seconds();
      Counts found;
      const auto read =
          store->each_text(query, {}, [&](const sj::sql::Row& row) -> sj::Result<void> {
            found[row.text(0)] = row.integer(1);
            return {};
          });
      SJ_CHECK(read.ok());
      const double c = wall_seconds();
      ours.push_back(count / (b - a) / 1e6);
      theirs.push_back(count / (c - b) / 1e6);
      ratios.push_back(ours.back() / theirs.back());
      if (found != counts) {
        status = 1;
        std::fprintf(stderr, "%s: other verdicts\n", one.rule);
        for (const auto& [name, n] : counts)
          std::fprintf(stderr, "  ours %s %lld\n", name.c_str(), static_cast<long long>(n));
        for (const auto& [name, n] : found)
          std::fprintf(stderr, "  theirs %s %lld\n", name.c_str(), static_cast<long long>(n));
      }
    }
    std::sort(ratios.begin(), ratios.end());
    std::printf("| %s | %.1f | %.2f | **%.1f** (%.1f to %.1f) | same |\n", one.rule, median(ours),
                median(theirs), median(ratios), ratios.front(), ratios.back());
  }
  return status;
}
