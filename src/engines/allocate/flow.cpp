#include "engines/allocate/flow.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "kernel/base/check.h"

namespace sj::allocate {
namespace {

// The three levels of a Value as one number, so that simple sums keep the order of the levels.
using Cost = Int128;

// Factors wide enough for every sum of costs along a path of the network: it visits each section
// once and therefore holds at most two wishes of each.
class Levels {
 public:
  explicit Levels(const Problem& problem) {
    const Cost sections = problem.section_count() + 1;
    Cost lottery = 1;
    Cost largest = problem.unit;
    Cost everything = 1;
    for (const auto& student : problem.students) {
      if (student.list.empty()) continue;
      lottery = std::max<Cost>(lottery, -student.list[0].value[1]);
      Cost best = 0;
      for (const auto& place : student.list) best = std::max<Cost>(best, place.value[0]);
      largest = std::max(largest, best);
      everything += best * student.quota;
    }
    tie_ = 4 * sections * (Cost{1} << 32U);
    lottery_ = 4 * sections * (lottery + 1);
    const Cost top = largest + 2 * sections * problem.unit;
    constexpr Cost kMost = Cost{1} << 124U;
    const Cost room = kMost / tie_ / lottery_;
    SJ_CHECK(room > top);
    constexpr Cost kLargestPrice = Cost{1} << 51U;  // exact where numbers are doubles
    filling_ = std::min({everything, kLargestPrice, (room - top) / 8}) * lottery_ * tie_;
  }
  // What a seat below `min` is worth: more than all that could be had instead, if that has room.
  [[nodiscard]] Cost filling() const { return filling_; }
  [[nodiscard]] Cost join(const Value& value) const {
    return (Cost{value[0]} * lottery_ + value[1]) * tie_ + value[2];
  }
  [[nodiscard]] Value split(Cost cost) const {
    const Cost tie = balanced_rest(cost, tie_);
    cost = (cost - tie) / tie_;
    const Cost lottery = balanced_rest(cost, lottery_);
    cost = (cost - lottery) / lottery_;
    return {static_cast<std::int64_t>(cost), static_cast<std::int64_t>(lottery),
            static_cast<std::int64_t>(tie)};
  }

 private:
  static Cost balanced_rest(Cost number, Cost factor) {
    Cost rest = number % factor;
    if (rest > factor / 2) rest -= factor;
    if (rest < -(factor / 2)) rest += factor;
    return rest;
  }
  Cost tie_ = 1;
  Cost lottery_ = 1;
  Cost filling_ = 0;
};

// Primal network simplex. Node 0 is the root; every other node has a tree arc to its parent.
// The tree stays strongly feasible: from every node some flow can still be sent to the root.
class Network {
 public:
  explicit Network(int nodes)
      : parent_(static_cast<std::size_t>(nodes), -1),
        tree_arc_(parent_.size(), -1),
        depth_(parent_.size(), 0),
        first_child_(parent_.size(), -1),
        next_(parent_.size(), -1),
        previous_(parent_.size(), -1),
        potential_(parent_.size(), 0) {}

  int add_arc(int from, int to, int cap, Cost cost) {
    arcs_.push_back({from, to, cap, 0, true, cost});
    return static_cast<int>(arcs_.size()) - 1;
  }
  // Makes an arc the one between `node` and its parent; parents first.
  void hang(int node, int arc, int flow) {
    Arc& it = at(arcs_, arc);
    it.flow = flow;
    const int parent = it.from == node ? it.to : it.from;
    attach(node, parent, arc);
    at(depth_, node) = at(depth_, parent) + 1;
    at(potential_, node) =
        it.from == node ? at(potential_, parent) - it.cost : at(potential_, parent) + it.cost;
  }
  void run() {
    while (find_entering()) pivot();
  }
  [[nodiscard]] int flow(int arc) const { return at(arcs_, arc).flow; }
  // What one more unit at a node would cost less than at the root.
  [[nodiscard]] Cost potential(int node) const { return at(potential_, node); }
  [[nodiscard]] Cost reduced_cost(int arc) const {
    const Arc& it = at(arcs_, arc);
    return it.cost + at(potential_, it.from) - at(potential_, it.to);
  }

 private:
  struct Arc {
    int from;
    int to;
    int cap;
    int flow;
    bool at_lower;  // outside the tree: flow 0, else flow cap
    Cost cost;
  };

  // Block search: the worst arc of the next block that has one.
  bool find_entering() {
    const int arcs = static_cast<int>(arcs_.size());
    const int block = std::max(20, static_cast<int>(std::sqrt(static_cast<double>(arcs))));
    Cost worst = 0;
    entering_ = -1;
    int left = block;
    for (int step = 0; step < arcs; ++step) {
      const int arc = next_arc_;
      if (++next_arc_ == arcs) next_arc_ = 0;
      Cost cost = reduced_cost(arc);  // 0 for arcs of the tree
      if (!at(arcs_, arc).at_lower) cost = -cost;
      if (cost < worst) {
        worst = cost;
        entering_ = arc;
      }
      if (--left == 0) {
        if (entering_ >= 0) return true;
        left = block;
      }
    }
    return entering_ >= 0;
  }

  [[nodiscard]] bool points_up(int node) const {
    return at(arcs_, at(tree_arc_, node)).from == node;
  }

  void pivot() {
    Arc& entering = at(arcs_, entering_);
    const int first = entering.at_lower ? entering.from : entering.to;
    const int second = entering.at_lower ? entering.to : entering.from;
    int a = first;
    int b = second;
    while (a != b) {
      if (at(depth_, a) >= at(depth_, b)) {
        a = at(parent_, a);
      } else {
        b = at(parent_, b);
      }
    }
    const int join = a;
    // Flow goes first -> second through the arc, then up to the join and down again. Of several
    // arcs that block, the last on that way leaves: that keeps the tree strongly feasible.
    int delta = entering.cap;
    int leaving = -1;
    bool on_first_side = false;
    for (int node = first; node != join; node = at(parent_, node)) {
      const Arc& arc = at(arcs_, at(tree_arc_, node));
      const int room = points_up(node) ? arc.flow : arc.cap - arc.flow;
      if (room < delta) {
        delta = room;
        leaving = node;
        on_first_side = true;
      }
    }
    for (int node = second; node != join; node = at(parent_, node)) {
      const Arc& arc = at(arcs_, at(tree_arc_, node));
      const int room = points_up(node) ? arc.cap - arc.flow : arc.flow;
      if (room <= delta) {
        delta = room;
        leaving = node;
        on_first_side = false;
      }
    }
    if (delta > 0) {
      entering.flow += entering.at_lower ? delta : -delta;
      for (int node = first; node != join; node = at(parent_, node)) {
        at(arcs_, at(tree_arc_, node)).flow += points_up(node) ? -delta : delta;
      }
      for (int node = second; node != join; node = at(parent_, node)) {
        at(arcs_, at(tree_arc_, node)).flow += points_up(node) ? delta : -delta;
      }
    }
    if (leaving < 0) {
      entering.at_lower = !entering.at_lower;
      return;
    }
    Arc& out = at(arcs_, at(tree_arc_, leaving));
    out.at_lower = out.flow == 0;
    const Cost shift = reduced_cost(entering_);
    const int top = on_first_side ? first : second;
    const int hook = on_first_side ? second : first;
    // The subtree under the leaving arc is hung up again by the entering one, turned over.
    int node = top;
    int parent = hook;
    int arc = entering_;
    while (true) {
      const int old_parent = at(parent_, node);
      const int old_arc = at(tree_arc_, node);
      detach(node);
      attach(node, parent, arc);
      if (node == leaving) break;
      parent = node;
      arc = old_arc;
      node = old_parent;
    }
    move_subtree(top, entering.from == top ? -shift : shift);
  }

  void move_subtree(int top, Cost shift) {
    int node = top;
    while (true) {
      at(depth_, node) = at(depth_, at(parent_, node)) + 1;
      at(potential_, node) += shift;
      if (at(first_child_, node) >= 0) {
        node = at(first_child_, node);
        continue;
      }
      while (node != top && at(next_, node) < 0) node = at(parent_, node);
      if (node == top) return;
      node = at(next_, node);
    }
  }

  void attach(int node, int parent, int arc) {
    at(parent_, node) = parent;
    at(tree_arc_, node) = arc;
    at(previous_, node) = -1;
    at(next_, node) = at(first_child_, parent);
    if (at(next_, node) >= 0) at(previous_, at(next_, node)) = node;
    at(first_child_, parent) = node;
  }

  void detach(int node) {
    const int next = at(next_, node);
    const int previous = at(previous_, node);
    if (previous >= 0) {
      at(next_, previous) = next;
    } else {
      at(first_child_, at(parent_, node)) = next;
    }
    if (next >= 0) at(previous_, next) = previous;
  }

  std::vector<Arc> arcs_;
  std::vector<int> parent_;
  std::vector<int> tree_arc_;
  std::vector<int> depth_;
  std::vector<int> first_child_;
  std::vector<int> next_;
  std::vector<int> previous_;
  std::vector<Cost> potential_;
  int next_arc_ = 0;
  int entering_ = -1;
};

// student -> (clique) -> section -> (group) -> root, and student -> root for what it goes without.
class FlowModel {
 public:
  // `open`, if any: per section, whether it must hold `min`; others with `min` are left out.
  FlowModel(const Problem& problem, const std::vector<char>* open)
      : problem_(problem), open_(open), levels_(problem), network_(count_nodes(problem)) {
    const int sections = problem.section_count();
    const int groups = static_cast<int>(problem.group_caps.size());
    for (int group = 0; group < groups; ++group) {
      const int node = 1 + sections + group;
      const int arc = network_.add_arc(node, 0, at(problem.group_caps, group), 0);
      group_arcs_.push_back(arc);
      network_.hang(node, arc, 0);
    }
    for (int section = 0; section < sections; ++section) {
      const int group = at(problem.groups, section);
      const int up = group < 0 ? 0 : 1 + sections + group;
      const int first = must_fill(section) ? at(problem.mins, section) : 0;
      if (first > 0) {
        network_.hang(1 + section, network_.add_arc(1 + section, up, first, -levels_.filling()), 0);
      }
      const int arc = network_.add_arc(1 + section, up, at(problem.caps, section) - first, 0);
      section_arcs_.push_back(arc);
      if (first == 0) network_.hang(1 + section, arc, 0);
    }
    next_node_ = 1 + sections + groups;
    for (const auto& student : problem.students) add_student(student);
  }

  FlowSolution solve() {
    network_.run();
    FlowSolution solution;
    std::size_t next = 0;
    for (const auto& student : problem_.students) {
      std::vector<int> bundle;
      for (int place = 0; place < static_cast<int>(student.list.size()); ++place) {
        const int arc = wish_arcs_[next++].arc;
        if (arc >= 0 && network_.flow(arc) > 0) bundle.push_back(place);
      }
      solution.bundles.push_back(std::move(bundle));
    }
    for (const WishArc& wish : wish_arcs_) {
      if (open_ == nullptr) break;
      solution.costs.push_back(levels_.split(network_.potential(wish.from)));
    }
    for (int section = 0; section < problem_.section_count(); ++section) {
      add_price(solution.prices.prices, at(problem_.section_ids, section),
                at(section_arcs_, section), must_fill(section));
    }
    for (std::size_t group = 0; group < group_arcs_.size(); ++group) {
      add_price(solution.prices.group_prices, problem_.group_ids[group], group_arcs_[group], false);
    }
    std::sort(solution.prices.group_prices.begin(), solution.prices.group_prices.end(),
              [](const auto& a, const auto& b) { return a.index < b.index; });
    return solution;
  }

 private:
  // With a quota of one seat, conflicts cannot matter.
  static bool needs_cliques(const Problem::Student& student) {
    return student.quota > 1 && !student.conflicts.with.empty();
  }

  static int count_nodes(const Problem& problem) {
    int nodes = 1 + problem.section_count() + static_cast<int>(problem.group_caps.size());
    for (const auto& student : problem.students) {
      nodes += 1 + (needs_cliques(student) ? student.conflicts.cliques : 0);
    }
    return nodes;
  }

  void add_student(const Problem::Student& student) {
    const int node = next_node_++;
    network_.hang(node, network_.add_arc(node, 0, std::numeric_limits<int>::max(), 0),
                  student.quota);
    const bool cliques = needs_cliques(student);
    const int first_clique = next_node_;
    std::vector<char> hung;
    if (cliques) {
      next_node_ += student.conflicts.cliques;
      hung.assign(static_cast<std::size_t>(student.conflicts.cliques), 0);
      for (int clique = 0; clique < student.conflicts.cliques; ++clique) {
        network_.add_arc(node, first_clique + clique, 1, 0);
      }
    }
    for (std::size_t place = 0; place < student.list.size(); ++place) {
      const auto& wish = student.list[place];
      const int clique = cliques ? student.conflicts.clique[place] : -1;
      // A clique all of whose sections are closed hangs on a wish that cannot pay.
      const bool closed = is_closed(wish.section);
      if (closed && (!cliques || at(hung, clique) != 0 || place_left(student, place, clique))) {
        wish_arcs_.push_back({cliques ? first_clique + clique : node, -1});
        continue;
      }
      const int from = cliques ? first_clique + clique : node;
      const Cost cost = closed ? Cost{1} : -levels_.join(wish.value);
      const int arc = network_.add_arc(from, 1 + wish.section, 1, cost);
      wish_arcs_.push_back({from, arc});
      if (cliques && at(hung, clique) == 0) {
        at(hung, clique) = 1;
        network_.hang(from, arc, 0);
      }
    }
  }

  static bool place_left(const Problem::Student& student, std::size_t place, int clique) {
    for (std::size_t later = place + 1; later < student.list.size(); ++later) {
      if (student.conflicts.clique[later] == clique) return true;
    }
    return false;
  }

  [[nodiscard]] bool must_fill(int section) const {
    return open_ != nullptr && at(*open_, section) != 0 && at(problem_.mins, section) > 0;
  }
  [[nodiscard]] bool is_closed(int section) const {
    return at(problem_.closed, section) != 0 ||
           (open_ != nullptr && at(*open_, section) == 0 && at(problem_.mins, section) > 0);
  }

  void add_price(std::vector<ProofNode::Price>& prices, int id, int arc, bool negative) const {
    const Cost cost = network_.reduced_cost(arc);
    if (cost < 0 || (negative && cost > 0)) prices.push_back({id, levels_.split(-cost)});
  }

  struct WishArc {
    int from = 0;  // the student's node, or its clique's
    int arc = -1;  // -1: the section is closed
  };

  const Problem& problem_;
  const std::vector<char>* open_;
  Levels levels_;
  Network network_;
  std::vector<int> group_arcs_;
  std::vector<int> section_arcs_;
  std::vector<WishArc> wish_arcs_;  // per place of every list
  int next_node_ = 0;
};

// Gives up what conflicts (each student keeps its best), then fills free seats, best value first.
void keep_and_fill(const Problem& problem, Bundles& bundles) {
  std::vector<int> free = problem.caps;
  std::vector<int> group_free = problem.group_caps;
  const auto try_place = [&](const Problem::Student& student, std::vector<int>& bundle, int place) {
    const int section = at(student.list, place).section;
    const int group = at(problem.groups, section);
    const bool has_seat = at(problem.closed, section) == 0 && at(free, section) > 0 &&
                          (group < 0 || at(group_free, group) > 0);
    if (!has_seat || static_cast<int>(bundle.size()) >= student.quota) return;
    const bool clash = std::any_of(bundle.begin(), bundle.end(), [&](int held) {
      return held == place ||
             (!student.conflicts.with.empty() &&
              at(student.conflicts.with, held).contains(static_cast<std::size_t>(place)));
    });
    if (clash) return;
    bundle.push_back(place);
    --at(free, section);
    if (group >= 0) --at(group_free, group);
  };
  const auto better_first = [](const Problem::Student& student) {
    return
        [&student](int a, int b) { return at(student.list, b).value < at(student.list, a).value; };
  };
  for (int pass = 0; pass < 2; ++pass) {
    for (int i = 0; i < problem.student_count(); ++i) {
      const Problem::Student& student = at(problem.students, i);
      std::vector<int> wanted = at(bundles, i);
      if (pass == 0) {
        at(bundles, i).clear();
      } else {
        wanted.resize(student.list.size());
        std::iota(wanted.begin(), wanted.end(), 0);
      }
      std::sort(wanted.begin(), wanted.end(), better_first(student));
      for (const int place : wanted) try_place(student, at(bundles, i), place);
    }
  }
  for (auto& bundle : bundles) std::sort(bundle.begin(), bundle.end());
}

}  // namespace

int shortest_section(const Problem& problem,
                     const std::vector<char>& open,
                     const Bundles& bundles) {
  std::vector<int> taken(problem.caps.size(), 0);
  for (int i = 0; i < problem.student_count(); ++i) {
    for (const int place : at(bundles, i))
      ++at(taken, at(at(problem.students, i).list, place).section);
  }
  int shortest = -1;
  int largest = 0;
  for (int section = 0; section < problem.section_count(); ++section) {
    const int shortfall = at(problem.mins, section) - at(taken, section);
    if (at(problem.closed, section) != 0 || at(open, section) == 0) continue;
    if (shortfall <= largest) continue;
    largest = shortfall;
    shortest = section;
  }
  return shortest;
}

FlowSolution solve_flow(const Problem& problem, const std::vector<char>* open) {
  return FlowModel(problem, open).solve();
}

FlowSolution solve_roughly(const Problem& problem) {
  FlowSolution solution = solve_flow(problem);
  Problem rest = problem;
  const std::vector<char> all(problem.caps.size(), 1);
  while (true) {
    keep_and_fill(rest, solution.bundles);
    const int section = shortest_section(rest, all, solution.bundles);
    if (section < 0) return solution;
    at(rest.closed, section) = 1;
    solution.bundles = solve_flow(rest).bundles;
  }
}

void repair(const Problem& problem, Bundles& bundles) {
  Problem rest = problem;
  const std::vector<char> all(problem.caps.size(), 1);
  while (true) {
    keep_and_fill(rest, bundles);
    const int section = shortest_section(rest, all, bundles);
    if (section < 0) return;
    at(rest.closed, section) = 1;
  }
}

}  // namespace sj::allocate
