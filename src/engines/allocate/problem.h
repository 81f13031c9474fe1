#pragma once

#include <span>
#include <vector>

#include "engines/allocate/bundle.h"
#include "engines/allocate/lex.h"
#include "engines/allocate/market.h"

namespace sj::allocate {

/// One component of a market as the exact solvers see it: sections and students that hang together
/// through wishes and groups, numbered from 0 in the order of the market.
struct Problem {
  struct Place {
    int section = 0;
    Value value{};  // what the seat is worth; level 0 is always positive
  };
  struct Student {
    int quota = 0;
    std::vector<Place> list;
    Conflicts conflicts;
  };

  std::vector<int> caps;
  std::vector<int> mins;
  std::vector<int> groups;  // per section: its group here, or -1
  std::vector<int> group_caps;
  std::vector<Student> students;
  std::vector<char> closed;  // per section: it has no seat, or `min` above its or its group's cap

  std::vector<int> section_ids;  // numbers in the market
  std::vector<int> group_ids;
  std::vector<int> student_ids;
  std::int64_t unit = 1;  // what one seat outweighs: more than all ranks (points) together
  bool is_flow = true;    // every student's conflicts are cliques

  [[nodiscard]] int section_count() const { return static_cast<int>(caps.size()); }
  [[nodiscard]] int student_count() const { return static_cast<int>(students.size()); }
};

/// The components of a market, by their smallest section; each as sorted section numbers.
/// Sections nobody wishes are in none.
[[nodiscard]] std::vector<std::vector<int>> components(const Market& market);

/// Students of each component, ascending, given `components(market)`.
[[nodiscard]] std::vector<std::vector<int>> students_of(
    const Market& market, const std::vector<std::vector<int>>& sections);

/// Which wishes of one list exclude each other.
[[nodiscard]] Conflicts make_conflicts(const Market& market, std::span<const Wish> list);

[[nodiscard]] Problem make_problem(const Market& market,
                                   const std::vector<int>& sections,
                                   const std::vector<int>& students);

/// What each student of a problem holds: places in the own list, ascending.
using Bundles = std::vector<std::vector<int>>;

[[nodiscard]] Total total_value(const Problem& problem, const Bundles& bundles);

}  // namespace sj::allocate
