#include "engines/allocate/problem.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "kernel/base/check.h"

namespace sj::allocate {
namespace {

int root_of(std::vector<int>& parent, int node) {
  while (at(parent, node) != node) {
    at(parent, node) = at(parent, at(parent, node));
    node = at(parent, node);
  }
  return node;
}

void join(std::vector<int>& parent, int a, int b) {
  a = root_of(parent, a);
  b = root_of(parent, b);
  at(parent, std::max(a, b)) = std::min(a, b);
}

std::int64_t worst_ranks_or_best_points(const Market& market, int student) {
  std::vector<std::int64_t> amounts;
  std::int64_t rank = 0;
  for (const Wish& wish : market.list(student)) {
    ++rank;
    amounts.push_back(market.has_points ? wish.points : rank);
  }
  std::sort(amounts.rbegin(), amounts.rend());
  amounts.resize(std::min(amounts.size(), static_cast<std::size_t>(at(market.quotas, student))));
  return std::accumulate(amounts.begin(), amounts.end(), std::int64_t{0});
}

}  // namespace

Conflicts make_conflicts(const Market& market, std::span<const Wish> list) {
  Conflicts result;
  const auto places = list.size();
  std::vector<PlaceSet> with(places, PlaceSet(places));
  bool any = false;
  for (std::size_t a = 0; a < places; ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      if (!conflict(at(market.sections, list[a].section), at(market.sections, list[b].section))) {
        continue;
      }
      with[a].insert(b);
      with[b].insert(a);
      any = true;
    }
  }
  if (!any) return result;
  result.clique.assign(places, 0);
  std::vector<std::vector<std::size_t>> cover;
  for (std::size_t place = 0; place < places; ++place) {
    auto clique = std::find_if(cover.begin(), cover.end(), [&](const auto& members) {
      return std::all_of(members.begin(), members.end(),
                         [&](std::size_t member) { return with[place].contains(member); });
    });
    if (clique == cover.end()) {
      cover.emplace_back();
      clique = cover.end() - 1;
    }
    clique->push_back(place);
    result.clique[place] = static_cast<int>(clique - cover.begin());
  }
  result.cliques = static_cast<int>(cover.size());
  result.with = std::move(with);
  return result;
}

std::vector<std::vector<int>> components(const Market& market) {
  const int sections = market.section_count();
  std::vector<int> parent(static_cast<std::size_t>(sections));
  std::iota(parent.begin(), parent.end(), 0);
  std::vector<char> wished(parent.size(), 0);
  for (int student = 0; student < market.student_count(); ++student) {
    const auto list = market.list(student);
    for (const Wish& wish : list) {
      at(wished, wish.section) = 1;
      join(parent, list.front().section, wish.section);
    }
  }
  std::vector<int> first_of_group(market.group_caps.size(), -1);
  for (int section = 0; section < sections; ++section) {
    const int group = at(market.sections, section).group;
    if (group < 0) continue;
    if (at(first_of_group, group) < 0) at(first_of_group, group) = section;
    join(parent, at(first_of_group, group), section);
  }
  std::vector<int> number(parent.size(), -1);
  std::vector<std::vector<int>> result;
  for (int section = 0; section < sections; ++section) {
    if (at(wished, section) == 0) continue;
    int& component = at(number, root_of(parent, section));
    if (component < 0) {
      component = static_cast<int>(result.size());
      result.emplace_back();
    }
    at(result, component).push_back(section);
  }
  return result;
}

std::vector<std::vector<int>> students_of(const Market& market,
                                          const std::vector<std::vector<int>>& sections) {
  std::vector<int> component(market.sections.size(), -1);
  for (std::size_t i = 0; i < sections.size(); ++i) {
    for (const int section : sections[i]) at(component, section) = static_cast<int>(i);
  }
  std::vector<std::vector<int>> result(sections.size());
  for (int student = 0; student < market.student_count(); ++student) {
    const auto list = market.list(student);
    if (!list.empty()) at(result, at(component, list.front().section)).push_back(student);
  }
  return result;
}

Problem make_problem(const Market& market,
                     const std::vector<int>& sections,
                     const std::vector<int>& students) {
  Problem problem;
  problem.section_ids = sections;
  problem.student_ids = students;
  std::unordered_map<int, int> group_number;
  for (const int section : sections) {
    const Section& facts = at(market.sections, section);
    int group = -1;
    if (facts.group >= 0) {
      const auto next = static_cast<int>(problem.group_ids.size());
      const auto [known, is_new] = group_number.emplace(facts.group, next);
      if (is_new) {
        problem.group_ids.push_back(facts.group);
        problem.group_caps.push_back(at(market.group_caps, facts.group));
      }
      group = known->second;
    }
    problem.groups.push_back(group);
    problem.caps.push_back(facts.cap);
    problem.mins.push_back(facts.min);
    const int cap = group < 0 ? facts.cap : std::min(facts.cap, at(problem.group_caps, group));
    const bool no_seat = cap == 0 || facts.min > cap;
    problem.closed.push_back(no_seat ? 1 : 0);
  }
  for (const int student : students) {
    problem.unit += worst_ranks_or_best_points(market, student);
  }
  for (const int student : students) {
    Problem::Student one;
    one.quota = at(market.quotas, student);
    one.conflicts = make_conflicts(market, market.list(student));
    if (!one.conflicts.with.empty() && !conflicts_are_cliques(market, student)) {
      problem.is_flow = false;
    }
    std::int64_t wish = market.wish_begin(student);
    std::int64_t rank = 0;
    for (const Wish& line : market.list(student)) {
      ++rank;
      const auto local = std::lower_bound(sections.begin(), sections.end(), line.section);
      SJ_CHECK(local != sections.end());
      SJ_CHECK(!market.ties.empty());
      one.list.push_back({static_cast<int>(local - sections.begin()),
                          {market.has_points ? problem.unit + line.points : problem.unit - rank,
                           -static_cast<std::int64_t>(at(market.positions, student)),
                           -static_cast<std::int64_t>(at(market.ties, wish))}});
      ++wish;
    }
    problem.students.push_back(std::move(one));
  }
  return problem;
}

Total total_value(const Problem& problem, const Bundles& bundles) {
  Total total{};
  for (int student = 0; student < problem.student_count(); ++student) {
    for (const int place : at(bundles, student)) {
      const Value& value = at(at(problem.students, student).list, place).value;
      for (std::size_t level = 0; level < value.size(); ++level) total[level] += value[level];
    }
  }
  return total;
}

}  // namespace sj::allocate
