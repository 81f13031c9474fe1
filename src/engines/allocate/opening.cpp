#include "engines/allocate/opening.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <queue>
#include <set>

namespace sj::allocate {
namespace {

using State = Restrictions::SectionState;
using Prices = std::vector<std::int64_t>;

constexpr std::int64_t kFinest = 256;
constexpr std::int64_t kMostPaid = std::int64_t{1} << 51U;  // exact where numbers are doubles

// The finest scale at which all that is ever paid together is exact; nothing if there is none.
std::optional<std::int64_t> scale_for(const Problem& problem) {
  std::int64_t seats = 0;
  for (const auto& student : problem.students) {
    seats += student.quota + static_cast<std::int64_t>(student.list.size());
  }
  for (const int cap : problem.group_caps) seats += cap;
  for (std::int64_t scale = kFinest; scale >= 1; scale /= 2) {
    if (problem.unit < kMostPaid / (4 * scale * std::max<std::int64_t>(1, seats))) return scale;
  }
  return {};
}

// The problem with every price a multiple of 1/scale, so that all bounds are exact.
class Relaxation {
 public:
  Relaxation(const Problem& problem, std::int64_t scale) : problem_(problem), scale_(scale) {
    std::vector<std::vector<Wish>> by_section(problem.caps.size());
    for (int student = 0; student < problem.student_count(); ++student) {
      add_student(student, by_section);
    }
    first_group_ = static_cast<int>(limits_.size());
    for (std::size_t group = 0; group < problem.group_caps.size(); ++group) {
      limits_.push_back(problem.group_caps[group]);
    }
    for (int section = 0; section < problem.section_count(); ++section) {
      begin_.push_back(static_cast<int>(wishes_.size()));
      for (Wish wish : at(by_section, section)) wishes_.push_back(wish);
    }
    begin_.push_back(static_cast<int>(wishes_.size()));
  }

  struct Wish {
    int student = 0;
    int number = 0;     // counted through all lists
    int first_row = 0;  // in row_numbers_
    int end_row = 0;
    std::int64_t value = 0;
  };
  struct Point {
    std::int64_t bound = 0;
    std::vector<std::int64_t> incomes;  // per section, if it opens
    std::vector<char> opens;
    std::vector<std::int64_t> left;  // per row: limit less use
  };

  // What students who hold all they may would lose: another start, where groups matter less.
  [[nodiscard]] Prices prices_of(const Bundles& bundles) const {
    Prices prices(limits_.size(), 0);
    for (const Wish& wish : wishes_) {
      const auto& bundle = at(bundles, wish.student);
      const auto& student = at(problem_.students, wish.student);
      if (static_cast<int>(bundle.size()) < student.quota) continue;
      std::int64_t least = std::numeric_limits<std::int64_t>::max();
      for (const int place : bundle) least = std::min(least, at(student.list, place).value[0]);
      at(prices, at(row_numbers_, wish.first_row)) = least * scale_;
    }
    return prices;
  }
  [[nodiscard]] std::int64_t scale() const { return scale_; }
  // Of one evaluation.
  [[nodiscard]] std::int64_t work() const { return 10 * static_cast<std::int64_t>(wishes_.size()); }
  [[nodiscard]] int wishers(int section) const {
    return at(begin_, section + 1) - at(begin_, section);
  }
  [[nodiscard]] bool can_open(int section) const {
    return at(problem_.closed, section) == 0 && wishers(section) >= at(problem_.mins, section);
  }
  // Nobody gives more for a seat than it is worth.
  [[nodiscard]] std::int64_t most_given() const { return 2 * problem_.unit * scale_; }

  // The prices a flow ends with: where the search for better ones starts.
  [[nodiscard]] Prices prices_of(const FlowSolution& flow) const {
    Prices prices(limits_.size(), 0);
    const auto given = [&](std::int64_t price) {
      return std::clamp<std::int64_t>(price * scale_, 0, most_given());
    };
    // A student's quota takes what all its wishes share, the first clique of each wish the rest.
    for (const Wish& wish : wishes_) {
      auto& quota = at(prices, at(row_numbers_, wish.first_row));
      const std::int64_t cost = given(at(flow.costs, wish.number)[0]);
      quota = quota == 0 ? cost : std::min(quota, cost);
    }
    for (const Wish& wish : wishes_) {
      if (wish.end_row - wish.first_row < 2) continue;
      const int row = at(row_numbers_, wish.first_row + 1);
      if (row >= first_group_) continue;
      const std::int64_t rest =
          given(at(flow.costs, wish.number)[0]) - at(prices, at(row_numbers_, wish.first_row));
      at(prices, row) = std::max(at(prices, row), rest);
    }
    for (const auto& price : flow.prices.group_prices) {
      const auto group =
          std::find(problem_.group_ids.begin(), problem_.group_ids.end(), price.index);
      at(prices, first_group_ + (group - problem_.group_ids.begin())) = given(price.price[0]);
    }
    return prices;
  }

  // The bound at these prices, and who would take what; of the sections not decided at most `most`
  // open.
  void evaluate(const Prices& prices, const std::vector<State>& states, int most, Point& point) {
    point.bound = 0;
    point.left = limits_;
    point.incomes.assign(problem_.caps.size(), 0);
    point.opens.assign(problem_.caps.size(), 0);
    for (std::size_t row = 0; row < limits_.size(); ++row) {
      point.bound += limits_[row] * prices[row];
    }
    choices_.clear();
    taken_.resize(problem_.caps.size());
    for (int section = 0; section < problem_.section_count(); ++section) {
      if (!can_open(section) || at(states, section) == State::closed) continue;
      const std::int64_t income = fill(section, prices);
      at(point.incomes, section) = income;
      if (at(problem_.mins, section) > 0 && at(states, section) == State::any) {
        if (income > 0) choices_.push_back({income, section});
      } else {
        at(point.opens, section) = 1;
      }
    }
    std::sort(choices_.begin(), choices_.end(), [](auto& a, auto& b) {
      return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    choices_.resize(std::min(choices_.size(), static_cast<std::size_t>(most)));
    for (const auto& choice : choices_) at(point.opens, choice.second) = 1;
    for (int section = 0; section < problem_.section_count(); ++section) {
      if (at(point.opens, section) == 0) continue;
      point.bound += at(point.incomes, section);
      for (const int wish : at(taken_, section)) {
        const Wish& it = at(wishes_, wish);
        for (int i = it.first_row; i < it.end_row; ++i) --at(point.left, at(row_numbers_, i));
      }
    }
  }

  // The prices of seats that say the same to a checker who knows sections only.
  [[nodiscard]] ProofNode leaf(const Prices& prices, const std::vector<State>& states) {
    ProofNode leaf;
    leaf.scale = scale_;
    for (std::size_t group = 0; group < problem_.group_caps.size(); ++group) {
      const std::int64_t price = at(prices, first_group_ + static_cast<int>(group));
      if (price != 0) leaf.group_prices.push_back({problem_.group_ids[group], {price, 0, 0}});
    }
    std::sort(leaf.group_prices.begin(), leaf.group_prices.end(),
              [](auto& a, auto& b) { return a.index < b.index; });
    for (int section = 0; section < problem_.section_count(); ++section) {
      if (at(problem_.closed, section) != 0 || at(states, section) == State::closed) continue;
      std::vector<Offer> offers;
      for (int wish = at(begin_, section); wish < at(begin_, section + 1); ++wish) {
        offers.push_back({{worth(wish, prices), 0, 0}, at(wishes_, wish).student});
      }
      price_section(problem_, section, std::move(offers), leaf);
    }
    return leaf;
  }

  struct Offer {
    Value worth{};
    int student = 0;
  };

  // Adds to a leaf the price of a section, and what students pay above it, given what each would
  // pay at most.
  static void price_section(const Problem& problem,
                            int section,
                            std::vector<Offer> offers,
                            ProofNode& leaf) {
    std::sort(offers.begin(), offers.end(), [](const auto& a, const auto& b) {
      return a.worth != b.worth ? a.worth > b.worth : a.student < b.student;
    });
    const auto cap = static_cast<std::size_t>(at(problem.caps, section));
    const auto min = static_cast<std::size_t>(at(problem.mins, section));
    const Value zero{};
    Value price{};
    if (offers.size() >= cap && offers[cap - 1].worth > zero) {
      price = offers[cap - 1].worth;
    } else if (offers.size() < min) {
      // It can never open: a price so low that this costs more than all could bring.
      for (const Offer& offer : offers) {
        if (offer.worth > zero) price -= offer.worth;
      }
    } else if (min > 0 && offers[min - 1].worth < zero) {
      price = offers[min - 1].worth;
    }
    const int id = at(problem.section_ids, section);
    if (price != zero) leaf.prices.push_back({id, price});
    if (min == 0) return;
    std::vector<ProofNode::Surcharge> more;
    for (const Offer& offer : offers) {
      if (!(offer.worth > price)) break;
      Value above = offer.worth;
      above -= price;
      more.push_back({id, at(problem.student_ids, offer.student), above});
    }
    std::sort(more.begin(), more.end(), [](auto& a, auto& b) { return a.student < b.student; });
    leaf.surcharges.insert(leaf.surcharges.end(), more.begin(), more.end());
  }

 private:
  // Cliques that cover every conflict: each is the first one not covered, grown as far as it goes.
  void add_cliques(const Problem::Student& student, std::vector<std::vector<int>>& rows) {
    const std::size_t places = student.list.size();
    const auto& with = student.conflicts.with;
    std::vector<PlaceSet> covered(places, PlaceSet(places));
    for (std::size_t a = 0; a < places; ++a) {
      for (std::size_t b = a + 1; b < places; ++b) {
        if (!with[a].contains(b) || covered[a].contains(b)) continue;
        std::vector<std::size_t> clique = {a, b};
        for (std::size_t c = 0; c < places; ++c) {
          const bool fits = std::all_of(clique.begin(), clique.end(), [&](std::size_t member) {
            return with[member].contains(c);
          });
          if (fits) clique.push_back(c);
        }
        for (const std::size_t x : clique) {
          rows[x].push_back(static_cast<int>(limits_.size()));
          for (const std::size_t y : clique) covered[x].insert(y);
        }
        limits_.push_back(1);
      }
    }
  }

  void add_student(int student, std::vector<std::vector<Wish>>& by_section) {
    const auto& one = at(problem_.students, student);
    const int places = static_cast<int>(one.list.size());
    std::vector<std::vector<int>> rows(one.list.size());
    for (auto& mine : rows) mine.push_back(static_cast<int>(limits_.size()));
    limits_.push_back(one.quota);
    if (one.quota > 1 && !one.conflicts.with.empty()) add_cliques(one, rows);
    for (int place = 0; place < places; ++place) {
      const auto& wish = at(one.list, place);
      Wish mine{.student = student,
                .number = wish_count_++,
                .first_row = static_cast<int>(row_numbers_.size()),
                .value = wish.value[0] * scale_};
      for (const int row : at(rows, place)) row_numbers_.push_back(row);
      const int group = at(problem_.groups, wish.section);
      if (group >= 0) row_numbers_.push_back(-1 - group);  // numbered once all students are known
      mine.end_row = static_cast<int>(row_numbers_.size());
      at(by_section, wish.section).push_back(mine);
    }
    if (student + 1 == problem_.student_count()) {
      for (int& row : row_numbers_) {
        if (row < 0) row = static_cast<int>(limits_.size()) - 1 - row;
      }
    }
  }

  [[nodiscard]] std::int64_t worth(int wish, const Prices& prices) const {
    const Wish& it = at(wishes_, wish);
    std::int64_t worth = it.value;
    for (int i = it.first_row; i < it.end_row; ++i) worth -= at(prices, at(row_numbers_, i));
    return worth;
  }

  // Income of a section if it opens; whom it takes goes to `taken_`.
  std::int64_t fill(int section, const Prices& prices) {
    offers_.clear();
    for (int wish = at(begin_, section); wish < at(begin_, section + 1); ++wish) {
      offers_.push_back({worth(wish, prices), wish});
    }
    const auto better = [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first > b.first : a.second < b.second;
    };
    const auto cap = static_cast<std::size_t>(at(problem_.caps, section));
    const auto min = static_cast<std::size_t>(at(problem_.mins, section));
    if (offers_.size() > cap) {
      const auto end = offers_.begin() + static_cast<std::ptrdiff_t>(cap);
      std::nth_element(offers_.begin(), end, offers_.end(), better);
      offers_.resize(cap);
    }
    if (min > 0) {
      const auto end = offers_.begin() + static_cast<std::ptrdiff_t>(min);
      std::nth_element(offers_.begin(), end - 1, offers_.end(), better);
    }
    std::int64_t income = 0;
    auto& taken = at(taken_, section);
    taken.clear();
    for (std::size_t i = 0; i < offers_.size(); ++i) {
      if (i >= min && offers_[i].first <= 0) continue;
      income += offers_[i].first;
      taken.push_back(offers_[i].second);
    }
    return income;
  }

  const Problem& problem_;
  std::int64_t scale_;
  std::vector<std::int64_t> limits_;  // per row: quotas and cliques of students, then groups
  int first_group_ = 0;               // row
  int wish_count_ = 0;
  std::vector<int> row_numbers_;  // of each wish
  std::vector<Wish> wishes_;      // by section
  std::vector<int> begin_;        // per section, in wishes_
  std::vector<std::pair<std::int64_t, int>> offers_;
  std::vector<std::pair<std::int64_t, int>> choices_;
  std::vector<std::vector<int>> taken_;  // per section: wishes
};

// How the search spends its steps.
constexpr int kRootSteps = 1000;
constexpr int kSteps = 60;
constexpr int kTrialSteps = 12;          // for each answer to a question that might be asked next
constexpr std::size_t kCandidates = 6;   // such questions
constexpr int kPatience = 15;            // steps without a better bound
constexpr double kSlower = 0.6;          // then
constexpr double kMomentum = 0.5;        // of the last direction
constexpr std::int64_t kFlowWork = 50;   // a flow beside an evaluation
constexpr std::int64_t kAroundPart = 5;  // of the work, at most, for better sets at the start

class Search {
 public:
  Search(const Problem& problem,
         const Bundles& start,
         const SearchLimits& limits,
         std::int64_t scale)
      : problem_(problem),
        limits_(limits),
        work_(limits.work),
        relaxation_(problem, scale),
        restrictions_(problem),
        best_(start),
        value_(total_value(problem, start)) {}

  BranchSolution run() {
    add_node({}, std::make_shared<Prices>(relaxation_.prices_of(best_)),
             std::numeric_limits<std::int64_t>::max());
    while (!open_.empty() && work_ > 0 && static_cast<int>(nodes_.size()) < limits_.nodes) {
      const int index = open_.top().index;
      open_.pop();
      visit(index);
    }
    // What was not reached keeps the prices of the node above it: they bound it too.
    while (!open_.empty()) {
      const int index = open_.top().index;
      open_.pop();
      restrict_to(index);
      at(nodes_, index) = relaxation_.leaf(*at(steps_, index).prices, restrictions_.sections);
    }
    BranchSolution solution;
    solution.bundles = std::move(best_);
    solution.proof.nodes = std::move(nodes_);
    solution.proof.unit = problem_.unit;
    return solution;
  }

 private:
  struct Step {
    int parent = -1;
    int section = -1;
    bool open = false;
    std::shared_ptr<const Prices> prices{};
  };
  struct Open {
    std::int64_t bound;
    int index;
    friend bool operator<(const Open& a, const Open& b) {
      return std::pair(a.bound, a.index) < std::pair(b.bound, b.index);
    }
  };

  int add_node(Step step, std::shared_ptr<const Prices> prices, std::int64_t bound) {
    const int index = static_cast<int>(nodes_.size());
    nodes_.emplace_back();
    step.prices = std::move(prices);
    steps_.push_back(std::move(step));
    open_.push({bound, index});
    return index;
  }

  void restrict_to(int index) {
    restrictions_ = Restrictions(problem_);
    for (int node = index; at(steps_, node).parent >= 0; node = at(steps_, node).parent) {
      const Step& step = at(steps_, node);
      at(restrictions_.sections, step.section) = step.open ? State::open : State::closed;
    }
  }

  // What is below this is worse than the best found.
  [[nodiscard]] std::int64_t threshold() const {
    return static_cast<std::int64_t>(value_[0]) * relaxation_.scale();
  }

  struct Improved {
    Prices prices;
    std::int64_t bound = std::numeric_limits<std::int64_t>::max();
    std::vector<std::int64_t> incomes;
    std::vector<char> opens;
    std::vector<double> share;  // how often each section opened, of late
  };

  // Moves prices to where the bound is lower, until it is below the threshold or `steps` are used
  // up: each against what the rows have left, as far as a bound at the threshold would lie.
  Improved improve(const Prices& start, const std::vector<State>& states, int most, int steps) {
    Improved best;
    best.prices = start;
    best.share.assign(problem_.caps.size(), 0.0);
    Prices prices = start;
    std::vector<double> direction(prices.size(), 0.0);
    double pace = 1.0;
    int since = 0;
    const auto target =
        static_cast<double>(threshold()) - 0.5 * static_cast<double>(relaxation_.scale());
    for (int step = 0; step < steps; ++step) {
      work_ -= relaxation_.work();
      relaxation_.evaluate(prices, states, most, point_);
      const double weight = step == 0 ? 1.0 : 0.1;
      for (std::size_t section = 0; section < best.share.size(); ++section) {
        best.share[section] += weight * (point_.opens[section] - best.share[section]);
      }
      if (point_.bound < best.bound) {
        best.bound = point_.bound;
        best.prices = prices;
        best.incomes = point_.incomes;
        best.opens = point_.opens;
        since = 0;
        if (best.bound < threshold()) return best;
      } else if (++since >= kPatience) {
        since = 0;
        pace *= kSlower;
        prices = best.prices;
        std::fill(direction.begin(), direction.end(), 0.0);
        continue;
      }
      double size = 0.0;
      for (std::size_t row = 0; row < prices.size(); ++row) {
        direction[row] = static_cast<double>(point_.left[row]) + kMomentum * direction[row];
        if (prices[row] == 0 && direction[row] > 0) direction[row] = 0;
        size += direction[row] * direction[row];
      }
      if (size == 0.0) break;
      const double length = pace * (static_cast<double>(point_.bound) - target) / size;
      for (std::size_t row = 0; row < prices.size(); ++row) {
        const std::int64_t moved = prices[row] - std::llround(length * direction[row]);
        prices[row] = std::clamp<std::int64_t>(moved, 0, relaxation_.most_given());
      }
    }
    return best;
  }

  // Solves the flow for a set of open sections; where some cannot be filled, again without the
  // one that lacks most.
  FlowSolution try_set(const std::vector<char>& open) {
    tried_.insert(open);
    FlowSolution first = flow_of(open);
    std::vector<char> rest = open;
    Bundles bundles = first.bundles;
    while (true) {
      const int section = shortest_section(problem_, rest, bundles);
      if (section < 0) break;
      at(rest, section) = 0;
      if (!tried_.insert(rest).second) return first;
      bundles = flow_of(rest).bundles;
    }
    offer(std::move(bundles));
    return first;
  }
  FlowSolution flow_of(const std::vector<char>& open) {
    work_ -= kFlowWork * relaxation_.work();
    return solve_flow(problem_, &open);
  }

  void offer(Bundles bundles) {
    if (!problem_.is_flow) repair(problem_, bundles);
    const Total value = total_value(problem_, bundles);
    if (value <= value_) return;
    value_ = value;
    best_ = std::move(bundles);
  }

  [[nodiscard]] std::vector<char> set_of(const Improved& point) const {
    std::vector<char> open = point.opens;
    for (int section = 0; section < problem_.section_count(); ++section) {
      if (at(problem_.mins, section) == 0) at(open, section) = 1;
    }
    return open;
  }

  // Exchanges an open section for a closed one, or opens or closes one, as long as that helps.
  void search_around(const Improved& point) {
    const std::int64_t stop = work_ - limits_.work / kAroundPart;
    try_set(set_of(point));
    std::vector<std::pair<std::int64_t, int>> order;  // by what they bring, most first
    for (int section = 0; section < problem_.section_count(); ++section) {
      if (at(problem_.mins, section) == 0 || !relaxation_.can_open(section)) continue;
      order.push_back({-at(point.incomes, section), section});
    }
    std::sort(order.begin(), order.end());
    bool better = true;
    while (better) {
      better = false;
      const std::vector<char> open = open_in(best_);
      for (auto a = order.size() + 1; a-- > 0 && !better;) {
        const int closes = a == order.size() ? -1 : order[a].second;
        if (closes >= 0 && at(open, closes) == 0) continue;
        for (std::size_t b = 0; b <= order.size() && !better; ++b) {
          const int opens = b == order.size() ? -1 : order[b].second;
          if (opens >= 0 && at(open, opens) != 0) continue;
          std::vector<char> other = open;
          if (closes >= 0) at(other, closes) = 0;
          if (opens >= 0) at(other, opens) = 1;
          if (tried_.contains(other)) continue;
          if (work_ < stop) return;
          const Total before = value_;
          try_set(other);
          better = before < value_;
        }
      }
    }
  }

  [[nodiscard]] std::vector<char> open_in(const Bundles& bundles) const {
    std::vector<char> open(problem_.caps.size(), 0);
    for (int student = 0; student < problem_.student_count(); ++student) {
      for (const int place : at(bundles, student)) {
        at(open, at(at(problem_.students, student).list, place).section) = 1;
      }
    }
    for (int section = 0; section < problem_.section_count(); ++section) {
      if (at(problem_.mins, section) == 0) at(open, section) = 1;
    }
    return open;
  }

  void visit(int index) {
    restrict_to(index);
    const auto states = restrictions_.sections;
    const int most = most_to_open(problem_, restrictions_);
    if (most < 0) {
      at(nodes_, index) = {};
      return;
    }
    Improved point =
        improve(*at(steps_, index).prices, states, most, index == 0 ? kRootSteps : kSteps);
    if (index == 0) {
      const Prices other = relaxation_.prices_of(flow_of(open_in(best_)));
      Improved from_there = improve(other, states, most, kRootSteps);
      if (from_there.bound < point.bound) point = std::move(from_there);
      search_around(point);
    }
    if (point.bound < threshold()) {
      at(nodes_, index) = relaxation_.leaf(point.prices, states);
      return;
    }
    const auto set = set_of(point);
    const FlowSolution flow = try_set(set);
    ProofNode leaf = leaf_of(flow, set, states);
    if (proves(leaf_bound(problem_, restrictions_, leaf), leaf.scale, value_)) {
      at(nodes_, index) = std::move(leaf);
      return;
    }
    const int section = choose(point, states);
    if (section < 0) {
      at(nodes_, index) = std::move(leaf);
      if (!problem_.is_flow) graft(index);
      return;
    }
    const auto prices = std::make_shared<const Prices>(std::move(point.prices));
    const int second = add_node({index, section, false}, prices, point.bound);
    const int first = add_node({index, section, true}, prices, point.bound);
    ProofNode& node = at(nodes_, index);
    node.kind = ProofNode::Kind::section_branch;
    node.section = at(problem_.section_ids, section);
    node.first = first;
    node.second = second;
    at(steps_, index).prices.reset();
  }

  // Every section is decided, but times overlap: what is left is for the programme over bundles.
  void graft(int index) {
    if (problem_.caps.size() + problem_.group_caps.size() > kMostRows) return;
    const FlowSolution start{best_, at(nodes_, index)};
    SearchLimits limits = limits_;
    limits.nodes = std::max(1, (limits_.nodes - static_cast<int>(nodes_.size())) / 4);
    limits.work = work_ / 4;
    BranchResult below = solve_by_branching(problem_, start, restrictions_, limits);
    work_ -= below.work;
    offer(std::move(below.solution.bundles));
    const int shift = static_cast<int>(nodes_.size()) - 1;
    auto& nodes = below.solution.proof.nodes;
    for (ProofNode& node : nodes) {
      if (node.kind == ProofNode::Kind::leaf) continue;
      node.first += shift;
      node.second += shift;
    }
    at(nodes_, index) = std::move(nodes.front());
    nodes_.insert(nodes_.end(), std::make_move_iterator(nodes.begin() + 1),
                  std::make_move_iterator(nodes.end()));
    steps_.resize(nodes_.size());
  }

  // The prices a flow ends with, for sections that it left out too.
  [[nodiscard]] ProofNode leaf_of(const FlowSolution& flow,
                                  const std::vector<char>& set,
                                  const std::vector<State>& states) const {
    ProofNode leaf = flow.prices;
    std::vector<Value> group_price(problem_.group_caps.size());
    for (const auto& price : leaf.group_prices) {
      const auto group =
          std::find(problem_.group_ids.begin(), problem_.group_ids.end(), price.index);
      group_price[static_cast<std::size_t>(group - problem_.group_ids.begin())] = price.price;
    }
    std::vector<std::vector<Relaxation::Offer>> offers(problem_.caps.size());
    std::size_t next = 0;
    for (int student = 0; student < problem_.student_count(); ++student) {
      for (const auto& place : at(problem_.students, student).list) {
        Value worth = place.value;
        worth -= flow.costs[next++];
        const int group = at(problem_.groups, place.section);
        if (group >= 0) worth -= at(group_price, group);
        at(offers, place.section).push_back({worth, student});
      }
    }
    for (int section = 0; section < problem_.section_count(); ++section) {
      if (at(set, section) != 0 || at(problem_.closed, section) != 0) continue;
      if (at(states, section) == State::closed) continue;
      std::erase_if(leaf.prices,
                    [&](auto& price) { return price.index == at(problem_.section_ids, section); });
      Relaxation::price_section(problem_, section, std::move(at(offers, section)), leaf);
    }
    std::sort(leaf.prices.begin(), leaf.prices.end(),
              [](auto& a, auto& b) { return a.index < b.index; });
    std::sort(leaf.surcharges.begin(), leaf.surcharges.end(), [](const auto& a, const auto& b) {
      return std::pair(a.section, a.student) < std::pair(b.section, b.student);
    });
    return leaf;
  }

  // Of the sections least clear the one whose decision lowers both bounds most; -1: all are
  // decided.
  int choose(const Improved& point, const std::vector<State>& states) {
    std::vector<std::pair<double, int>> candidates;
    for (int section = 0; section < problem_.section_count(); ++section) {
      if (at(states, section) != State::any || at(problem_.mins, section) == 0) continue;
      if (!relaxation_.can_open(section)) continue;
      candidates.push_back({std::abs(at(point.share, section) - 0.5), section});
    }
    std::sort(candidates.begin(), candidates.end());
    candidates.resize(std::min(candidates.size(), kCandidates));
    int best = -1;
    double most_gained = -1.0;
    for (const auto& candidate : candidates) {
      const int section = candidate.second;
      const double gained =
          gain(point, states, section, State::open) * gain(point, states, section, State::closed);
      if (gained <= most_gained) continue;
      most_gained = gained;
      best = section;
    }
    return best;
  }

  // How far a decision lowers the bound, in a few steps, in parts of `scale`; never quite 0.
  double gain(const Improved& point, std::vector<State> states, int section, State decision) {
    constexpr double kLeast = 0.01;
    at(states, section) = decision;
    Restrictions decided(problem_);
    decided.sections = states;
    const int most = most_to_open(problem_, decided);
    std::int64_t bound = threshold() - 1;
    if (most >= 0) {
      bound = std::max(bound, improve(point.prices, states, most, kTrialSteps).bound);
    }
    const auto lowered = static_cast<double>(point.bound - bound);
    return std::max(kLeast, lowered / static_cast<double>(relaxation_.scale()));
  }

  const Problem& problem_;
  const SearchLimits& limits_;
  std::int64_t work_;
  Relaxation relaxation_;
  Restrictions restrictions_;
  Bundles best_;
  Total value_;
  std::vector<ProofNode> nodes_;
  std::vector<Step> steps_;
  std::priority_queue<Open> open_;
  std::set<std::vector<char>> tried_;
  Relaxation::Point point_;
};

}  // namespace

bool can_solve_by_opening(const Problem& problem) {
  return scale_for(problem).has_value() &&
         std::any_of(problem.mins.begin(), problem.mins.end(), [](int min) { return min > 0; });
}

BranchSolution solve_by_opening(const Problem& problem,
                                const Bundles& start,
                                const SearchLimits& limits) {
  return Search(problem, start, limits, scale_for(problem).value_or(1)).run();
}

}  // namespace sj::allocate
