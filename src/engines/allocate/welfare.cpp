#include "engines/allocate/welfare.h"

#include <algorithm>
#include <mutex>

#include "kernel/base/check.h"
#include "kernel/base/parallel.h"

#include "engines/allocate/flow.h"
#include "engines/allocate/opening.h"

namespace sj::allocate {
namespace {

// A seat that does not exist is priced out of reach, so that a proof need not know about it.
void price_out_what_has_no_seat(const Problem& problem, ProofNode& leaf) {
  const Value price = {2 * problem.unit * leaf.scale, 0, 0};
  const auto set = [&](std::vector<ProofNode::Price>& prices, int id) {
    std::erase_if(prices, [&](const auto& entry) { return entry.index == id; });
    prices.push_back({id, price});
    std::sort(prices.begin(), prices.end(),
              [](const auto& a, const auto& b) { return a.index < b.index; });
  };
  for (int section = 0; section < problem.section_count(); ++section) {
    if (at(problem.caps, section) == 0) set(leaf.prices, at(problem.section_ids, section));
  }
  for (std::size_t group = 0; group < problem.group_caps.size(); ++group) {
    if (problem.group_caps[group] == 0) set(leaf.group_prices, problem.group_ids[group]);
  }
}

bool is_proved(const Problem& problem, BranchSolution& solution) {
  SJ_CHECK(check_proof(problem, solution.proof, solution.bundles, solution.proof.gap));
  return !solution.proof.gap;
}

// As much as settles what is nearly settled by the programme over bundles alone.
SearchLimits first_look(const SearchLimits& limits) {
  return {.nodes = limits.nodes / 100, .work = limits.work / 200};
}

BranchSolution solve(const Problem& problem, const SearchLimits& limits) {
  const FlowSolution rough = solve_roughly(problem);
  BranchSolution solution;
  solution.bundles = rough.bundles;
  solution.proof.nodes = {rough.prices};
  solution.proof.unit = problem.unit;
  if (is_proved(problem, solution)) return solution;
  const bool opening = can_solve_by_opening(problem);
  const bool bundles = problem.caps.size() + problem.group_caps.size() <= kMostRows;
  const Restrictions nothing(problem);
  if (bundles) {
    solution =
        solve_by_branching(problem, rough, nothing, opening ? first_look(limits) : limits).solution;
    if (is_proved(problem, solution)) return solution;
  }
  if (opening) {
    solution = solve_by_opening(problem, solution.bundles, limits);
  } else if (bundles) {
    // Too many ties to decide them all: at least seats and rank.
    SearchLimits coarse = limits;
    coarse.ties = false;
    FlowSolution best = rough;
    best.bundles = solution.bundles;
    solution = solve_by_branching(problem, best, nothing, coarse).solution;
  }
  return solution;
}

BranchSolution solve_and_prove(const Problem& problem, const SearchLimits& limits) {
  BranchSolution solution = solve(problem, limits);
  for (ProofNode& node : solution.proof.nodes) {
    if (node.kind == ProofNode::Kind::leaf) price_out_what_has_no_seat(problem, node);
  }
  SJ_CHECK(check_proof(problem, solution.proof, solution.bundles, solution.proof.gap));
  return solution;
}

Bundles bundles_of(const Market& market,
                   const Assignment& assignment,
                   const std::vector<int>& students) {
  Bundles bundles;
  for (const int student : students) {
    auto& bundle = bundles.emplace_back();
    const std::int64_t begin = market.wish_begin(student);
    for (std::int64_t wish = begin; wish < at(market.wish_end, student); ++wish) {
      if (at(assignment.held, wish) != 0) bundle.push_back(static_cast<int>(wish - begin));
    }
  }
  return bundles;
}

}  // namespace

WelfareOutcome decide_welfare(const Market& market, const WelfareOptions& options) {
  const auto sections = components(market);
  const auto students = students_of(market, sections);
  const int count = static_cast<int>(sections.size());
  WelfareOutcome result;
  result.certificate.resize(sections.size());
  result.outcome.assignment.held.assign(market.wishes.size(), 0);
  std::mutex mutex;
  int done = 0;
  parallel_for(count, options.threads, [&](int i) {
    BranchSolution solution =
        solve_and_prove(make_problem(market, at(sections, i), at(students, i)), options.limits);
    at(result.certificate, i) = std::move(solution.proof);
    for (std::size_t s = 0; s < solution.bundles.size(); ++s) {
      const std::int64_t begin = market.wish_begin(at(students, i)[s]);
      for (const int place : solution.bundles[s]) {
        at(result.outcome.assignment.held, begin + place) = 1;
      }
    }
    const std::lock_guard lock(mutex);
    ++done;
    if (options.report) options.report(done, count);
  });
  complete_welfare(market, result.outcome);
  SJ_CHECK(is_feasible(market, result.outcome.assignment));
  return result;
}

void complete_welfare(const Market& market, Outcome& outcome) {
  std::vector<int> taken(market.sections.size(), 0);
  std::vector<int> group_taken(market.group_caps.size(), 0);
  for (std::size_t wish = 0; wish < market.wishes.size(); ++wish) {
    if (outcome.assignment.held[wish] == 0) continue;
    const int section = market.wishes[wish].section;
    ++at(taken, section);
    const int group = at(market.sections, section).group;
    if (group >= 0) ++at(group_taken, group);
  }
  outcome.assignment.closed.assign(market.sections.size(), 0);
  outcome.cut_offs.assign(market.sections.size(), {});
  for (int section = 0; section < market.section_count(); ++section) {
    const Section& facts = at(market.sections, section);
    if (facts.min > 0 && at(taken, section) == 0) at(outcome.assignment.closed, section) = 1;
    const bool group_full =
        facts.group >= 0 && at(group_taken, facts.group) >= at(market.group_caps, facts.group);
    if (at(taken, section) >= facts.cap || group_full) {
      at(outcome.cut_offs, section).push_back({.kind = CutOff::Kind::full});
    }
  }
}

bool check_certificate(const Market& market,
                       const Assignment& assignment,
                       const Certificate& certificate) {
  if (!is_feasible(market, assignment)) return false;
  const auto sections = components(market);
  const auto students = students_of(market, sections);
  if (certificate.size() != sections.size()) return false;
  for (std::size_t i = 0; i < sections.size(); ++i) {
    const Problem problem = make_problem(market, sections[i], students[i]);
    std::optional<Gap> gap;
    if (!check_proof(problem, certificate[i], bundles_of(market, assignment, students[i]), gap)) {
      return false;
    }
    if (gap != certificate[i].gap) return false;
  }
  return true;
}

SeatCost cost_of_giving(const Market& market,
                        const Assignment& assignment,
                        int student,
                        int place,
                        const SearchLimits& limits) {
  const auto sections = components(market);
  const auto students = students_of(market, sections);
  for (std::size_t i = 0; i < sections.size(); ++i) {
    const auto local = std::lower_bound(students[i].begin(), students[i].end(), student);
    if (local == students[i].end() || *local != student) continue;
    const Problem problem = make_problem(market, sections[i], students[i]);
    // The seat is worth more than all it can cost, so that the best assignment gives it if any can:
    // what the student holds and a seat each of section and group, or all where sections may close.
    Problem forced = problem;
    const auto who = local - students[i].begin();
    std::int64_t seats_at_stake = at(problem.students, who).quota + 3;
    if (std::any_of(problem.mins.begin(), problem.mins.end(), [](int min) { return min > 0; })) {
      for (const auto& one : problem.students) seats_at_stake += one.quota;
    }
    at(at(forced.students, who).list, place).value[0] += 2 * seats_at_stake * problem.unit;
    BranchSolution given = solve(forced, limits);
    const auto& held = at(given.bundles, who);
    const bool is_given = std::find(held.begin(), held.end(), place) != held.end();
    if (!is_proved(forced, given) && given.proof.gap->unit > 0) return {.proved = false};
    if (!is_given) return {.possible = false};
    const Total now = total_value(problem, bundles_of(market, assignment, students[i]));
    const Total then = total_value(problem, given.bundles);
    // A seat is worth `unit`, less its rank or plus its points.
    const auto seats = [](const Bundles& bundles) {
      std::int64_t sum = 0;
      for (const auto& bundle : bundles) sum += static_cast<std::int64_t>(bundle.size());
      return sum;
    };
    SeatCost cost;
    cost.seats = seats(bundles_of(market, assignment, students[i])) - seats(given.bundles);
    cost.rank = static_cast<std::int64_t>(now[0] - then[0]) - cost.seats * problem.unit;
    return cost;
  }
  return {.possible = false};
}

}  // namespace sj::allocate
