// `welfare` on markets that are pure flows, beside LEMON's network simplex: once with what LEMON is
// usually given (64 bits: seats and rank), once with our whole objective (128 bits: also lottery
// positions and ties). Exit status 1 if the optima differ.
//
// flow_vs_lemon [rounds]: default 5.
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>

#include <lemon/network_simplex.h>
#include <lemon/static_graph.h>

#include "kernel/base/check.h"

#include "engines/allocate/flow.h"
#include "engines/allocate/welfare.h"

#include "markets.h"
#include "measure.h"

/// 128 bits for LEMON, which asks numeric_limits about its cost type.
struct Wide {
  sj::allocate::Int128 value = 0;
  constexpr Wide() = default;
  template <class Integer>
  constexpr Wide(Integer number) : value(number) {}  // NOLINT(google-explicit-constructor): LEMON
  friend constexpr bool operator<(Wide a, Wide b) { return a.value < b.value; }
  friend constexpr bool operator>(Wide a, Wide b) { return a.value > b.value; }
  friend constexpr bool operator<=(Wide a, Wide b) { return a.value <= b.value; }
  friend constexpr bool operator>=(Wide a, Wide b) { return a.value >= b.value; }
  friend constexpr bool operator==(Wide a, Wide b) { return a.value == b.value; }
  friend constexpr bool operator!=(Wide a, Wide b) { return a.value != b.value; }
  friend constexpr Wide operator+(Wide a, Wide b) { return a.value + b.value; }
  friend constexpr Wide operator-(Wide a, Wide b) { return a.value - b.value; }
  friend constexpr Wide operator*(Wide a, Wide b) { return a.value * b.value; }
  friend constexpr Wide operator/(Wide a, Wide b) { return a.value / b.value; }
  friend constexpr Wide operator-(Wide a) { return -a.value; }
  constexpr Wide& operator+=(Wide b) { return *this = *this + b; }
  constexpr Wide& operator-=(Wide b) { return *this = *this - b; }
};
template <>
struct std::numeric_limits<Wide> {
  static constexpr bool is_specialized = true;
  static constexpr bool is_exact = true;
  static constexpr bool is_integer = true;
  static constexpr bool is_signed = true;
  static constexpr bool has_infinity = false;
  static constexpr Wide max() { return sj::allocate::Int128{1} << 126U; }
  static constexpr Wide min() { return -(sj::allocate::Int128{1} << 126U); }
};

namespace {

using sj::allocate::Int128;
using sj::allocate::Market;
using sj::bench::Cost;
using sj::bench::measure;
using sj::bench::median;
using sj::bench::Shape;

struct Optimum {
  std::int64_t seats = 0;
  std::int64_t rank = 0;
  std::int64_t positions = 0;
  std::int64_t ties = 0;
  friend bool operator==(const Optimum&, const Optimum&) = default;
};

template <class IsHeld>
Optimum optimum(const Market& market, IsHeld is_held) {
  Optimum sums;
  for (int student = 0; student < market.student_count(); ++student) {
    const std::int64_t begin = market.wish_begin(student);
    const auto length = static_cast<std::int64_t>(market.list(student).size());
    for (std::int64_t place = 0; place < length; ++place) {
      const auto wish = static_cast<std::size_t>(begin + place);
      if (!is_held(wish)) continue;
      ++sums.seats;
      sums.rank += place + 1;
      sums.positions += market.positions[static_cast<std::size_t>(student)];
      sums.ties += market.ties[wish];
    }
  }
  return sums;
}

struct LemonRun {
  Cost cost;
  double simplex_cpu = 0;
  Optimum optimum;
};

// LEMON's own maps of class types do not compile as C++20.
template <class Number>
struct CostMap {
  using Key = lemon::StaticDigraph::Arc;
  using Value = Number;
  std::vector<Number> costs;
  [[nodiscard]] Number operator[](Key arc) const {
    return costs[static_cast<std::size_t>(lemon::StaticDigraph::index(arc))];
  }
};

// student -> section -> root, and student -> root for the seats it goes without.
template <class Number, class CostOf>
LemonRun run_lemon(const Market& market, CostOf cost_of) {
  using Graph = lemon::StaticDigraph;
  LemonRun result;
  std::vector<char> held(market.wishes.size(), 0);
  result.cost = measure([&] {
    const int students = market.student_count();
    const int sections = market.section_count();
    const int root = students + sections;
    std::vector<std::pair<int, int>> arcs;  // by source: as StaticDigraph wants them
    arcs.reserve(market.wishes.size() + static_cast<std::size_t>(root));
    for (int student = 0; student < students; ++student) {
      for (const auto& wish : market.list(student))
        arcs.push_back({student, students + wish.section});
      arcs.push_back({student, root});
    }
    for (int section = 0; section < sections; ++section) arcs.push_back({students + section, root});
    Graph graph;
    graph.build(root + 1, arcs.begin(), arcs.end());
    typename Graph::ArcMap<int> upper(graph);
    CostMap<Number> cost{std::vector<Number>(arcs.size(), Number(0))};
    typename Graph::NodeMap<int> supply(graph, 0);
    int arc = 0;
    int all = 0;
    std::vector<int> arc_of_wish;
    arc_of_wish.reserve(market.wishes.size());
    std::size_t wish = 0;
    for (int student = 0; student < students; ++student) {
      const int quota = market.quotas[static_cast<std::size_t>(student)];
      for (std::size_t place = 0; place < market.list(student).size(); ++place, ++wish) {
        upper[Graph::arc(arc)] = 1;
        cost.costs[static_cast<std::size_t>(arc)] =
            cost_of(student, wish, static_cast<std::int64_t>(place) + 1);
        arc_of_wish.push_back(arc++);
      }
      upper[Graph::arc(arc++)] = quota;
      supply[Graph::node(student)] = quota;
      all += quota;
    }
    for (const auto& section : market.sections) upper[Graph::arc(arc++)] = section.cap;
    supply[Graph::node(root)] = -all;
    lemon::NetworkSimplex<Graph, int, Number> simplex(graph);
    simplex.upperMap(upper).costMap(cost).supplyMap(supply);
    const double start = sj::bench::cpu_seconds();
    SJ_CHECK(simplex.run() == decltype(simplex)::OPTIMAL);
    result.simplex_cpu = sj::bench::cpu_seconds() - start;
    for (std::size_t i = 0; i < held.size(); ++i) {
      held[i] = simplex.flow(Graph::arc(arc_of_wish[i])) > 0 ? 1 : 0;
    }
  });
  result.optimum = optimum(market, [&](std::size_t i) { return held[i] != 0; });
  return result;
}

// The parts of `decide_welfare`, one by one.
struct Parts {
  double problem = 0;
  double simplex = 0;
  double check = 0;
};

Parts run_parts(const Market& market) {
  Parts parts;
  const auto sections = components(market);
  const auto students = students_of(market, sections);
  for (std::size_t i = 0; i < sections.size(); ++i) {
    sj::allocate::Problem problem;
    sj::allocate::FlowSolution solution;
    parts.problem += measure([&] { problem = make_problem(market, sections[i], students[i]); }).cpu;
    parts.simplex += measure([&] { solution = solve_flow(problem); }).cpu;
    parts.check +=
        measure([&] {
          const sj::allocate::ComponentProof proof{{solution.prices}, problem.unit, std::nullopt};
          std::optional<sj::allocate::Gap> gap;
          SJ_CHECK(check_proof(problem, proof, solution.bundles, gap) && !gap);
        }).cpu;
  }
  return parts;
}

bool compare(const std::string& name, const Shape& shape, int rounds) {
  const Market market = make_market(shape);
  const std::int64_t longest = shape.wishes;
  const std::int64_t unit = 1 + market.student_count() * shape.quota * longest;
  const auto narrow = [&](int, std::size_t, std::int64_t rank) { return rank - unit; };
  // Sums of positions and of ties, each in its own digits.
  const Int128 tie_range = Int128{1} << 54U;
  const Int128 position_range = Int128{1} << 42U;
  const auto wide = [&](int student, std::size_t wish, std::int64_t rank) {
    const Int128 position = market.positions[static_cast<std::size_t>(student)];
    return Wide((Int128{rank - unit} * position_range + position) * tie_range + market.ties[wish]);
  };
  std::vector<double> times[3];
  std::vector<double> ratios[2];
  double peaks[3] = {0, 0, 0};
  std::vector<double> problem;
  std::vector<double> simplex;
  std::vector<double> check;
  std::vector<double> lemon_simplex;
  bool same = true;
  for (int round = 0; round < rounds; ++round) {
    sj::allocate::WelfareOutcome ours;
    const Cost cost = measure([&] { ours = decide_welfare(market, {}); });
    const Optimum best =
        optimum(market, [&](std::size_t i) { return ours.outcome.assignment.held[i] != 0; });
    const LemonRun plain = run_lemon<std::int64_t>(market, narrow);
    const LemonRun whole = run_lemon<Wide>(market, wide);
    const Parts parts = run_parts(market);
    same = same && best.seats == plain.optimum.seats && best.rank == plain.optimum.rank &&
           best == whole.optimum;
    const double cpu[3] = {cost.cpu, plain.cost.cpu, whole.cost.cpu};
    for (std::size_t i = 0; i < 3; ++i) times[i].push_back(cpu[i]);
    for (std::size_t i = 0; i < 2; ++i) ratios[i].push_back(cpu[0] / cpu[i + 1]);
    peaks[0] = cost.peak_mib;
    peaks[1] = plain.cost.peak_mib;
    peaks[2] = whole.cost.peak_mib;
    problem.push_back(parts.problem);
    simplex.push_back(parts.simplex);
    check.push_back(parts.check);
    lemon_simplex.push_back(plain.simplex_cpu);
  }
  std::printf(
      "| %s | %.3f | %.3f | %.3f | %.3f | %.3f | %.3f | %.3f | %.2f | %.2f | %.0f / %.0f / %.0f | "
      "%s |\n",
      name.c_str(), median(times[0]), median(problem), median(simplex), median(check),
      median(times[1]), median(lemon_simplex), median(times[2]), median(ratios[0]),
      median(ratios[1]), peaks[0], peaks[1], peaks[2], same ? "same" : "DIFFERENT");
  std::fflush(stdout);
  return same;
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 5;
  std::puts(
      "| students x sections x wishes, quota | ours CPU s | of it problem | simplex | check "
      "| LEMON 64 | of it simplex | LEMON 128 | ours / 64 | ours / 128 | peak MiB | optimum |");
  std::puts("|---|---|---|---|---|---|---|---|---|---|---|---|");
  bool same = true;
  const int sizes[][3] = {{2'000, 60, 5}, {20'000, 400, 5}, {100'000, 2'000, 8}};
  for (const auto& size : sizes) {
    for (const int quota : {1, 3}) {
      const int seats = size[0] * quota * 9 / 10 / size[1];  // nine for ten that are asked for
      const Shape shape{.students = size[0],
                        .sections = size[1],
                        .wishes = size[2],
                        .quota = quota,
                        .cap_least = seats / 2,
                        .cap_most = seats + seats / 2,
                        .skew = 0.5};
      std::string name = std::to_string(size[0]);
      name += " x " + std::to_string(size[1]) + " x " + std::to_string(size[2]);
      same = compare(name + ", " + std::to_string(quota), shape, rounds) && same;
    }
  }
  return same ? 0 : 1;
}
