#include "engines/allocate/branch.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <queue>

#include "engines/allocate/bundle_lp.h"

namespace sj::allocate {
namespace {

constexpr double kWhole = 1e-6;

constexpr double kOutranks = 64.0;      // two bundles, with prices, in units; times denominators
constexpr double kLargestPrice = 4e15;  // below 2^53: also exact where numbers are doubles

// The smallest denominator of a price, by its continued fraction; 1 if there is none of sensible
// size. `near` is how far from whole its noise may leave it.
std::int64_t denominator_of(double price, double near) {
  constexpr std::int64_t kMost = 100'000;
  std::int64_t before = 0;
  std::int64_t denominator = 1;
  double rest = price - std::floor(price);
  while (true) {
    const double times = price * static_cast<double>(denominator);
    if (std::abs(times - std::round(times)) < near) return denominator;
    if (rest < kWhole) return 1;
    const double inverse = 1.0 / rest;
    const std::int64_t next = static_cast<std::int64_t>(inverse) * denominator + before;
    if (next > kMost) return 1;
    rest = inverse - std::floor(inverse);
    before = denominator;
    denominator = next;
  }
}

// What makes the prices whole on their first `levels` levels (after the demands); 1 if too large.
std::int64_t common_denominator(const std::vector<Real>& prices, std::size_t levels) {
  constexpr std::int64_t kMost = 1'000'000;
  constexpr Real kNear = {1e-5, 1e-5, 1e-4, 2e-3};  // prices of ties are large: more is noise
  std::int64_t common = 1;
  for (const Real& price : prices) {
    for (std::size_t level = 1; level <= levels; ++level) {
      common = std::lcm(common, denominator_of(price[level], kNear[level]));
      if (common > kMost) return 1;
    }
  }
  return common;
}

// The largest factor, up to a limit, that keeps all prices exact.
std::int64_t finest_factor(const std::vector<Real>& prices) {
  constexpr double kEnough = 1e6;
  double largest = 1.0;
  for (const Real& price : prices) {
    for (const double level : price) largest = std::max(largest, std::abs(level));
  }
  return static_cast<std::int64_t>(std::max(1.0, std::min(kEnough, kLargestPrice / largest)));
}

bool is_whole(double share) {
  return share < kWhole || share > 1 - kWhole;
}

class Search {
 public:
  Search(const Problem& problem,
         const FlowSolution& start,
         const Restrictions& demands,
         const SearchLimits& limits)
      : problem_(problem),
        demands_(demands),
        restrictions_(demands),
        limits_(limits),
        work_(limits.work),
        lp_(problem, start.bundles),
        best_(problem.students.size()) {
    offer(start.bundles);
    for (const auto& student : problem.students) {
      most_quota_ = std::max(most_quota_, static_cast<double>(student.quota));
    }
    add_node({}, start.prices, std::numeric_limits<double>::max());
  }

  // Best bound first, and among equal bounds the newest, which dives. A node that is never reached
  // keeps the prices of the one above it: they bound it too.
  BranchResult run() {
    while (!open_.empty() && work_ > 0) {
      const int index = open_.top().index;
      open_.pop();
      visit(index);
    }
    BranchResult result;
    result.work = limits_.work - work_;
    result.solution.proof.nodes = std::move(nodes_);
    result.solution.proof.unit = problem_.unit;
    result.solution.bundles = std::move(best_);
    return result;
  }

 private:
  using State = Restrictions::SectionState;

  // What a node demands beyond its parent: a section open or closed, or a wish taken or skipped.
  struct Step {
    int parent = -1;
    int section = -1;
    int student = -1;
    int place = -1;
    bool yes = false;  // open, taken
  };
  struct Open {
    std::int64_t bound;  // of the parent's programme, in 64ths
    int index;
    friend bool operator<(const Open& a, const Open& b) {
      return std::pair(a.bound, a.index) < std::pair(b.bound, b.index);
    }
  };

  int add_node(const Step& step, const ProofNode& inherited, double bound) {
    constexpr double kParts = 64.0;
    constexpr double kMost = 1e15;
    const int index = static_cast<int>(nodes_.size());
    nodes_.push_back(inherited);
    steps_.push_back(step);
    open_.push({std::llround(std::min(bound, kMost) * kParts), index});
    return index;
  }

  // Puts on what all steps from the root to this node demand.
  void restrict_to(int index) {
    restrictions_ = demands_;
    for (int node = index; at(steps_, node).parent >= 0; node = at(steps_, node).parent) {
      const Step& step = at(steps_, node);
      if (step.section >= 0) {
        at(restrictions_.sections, step.section) = step.yes ? State::open : State::closed;
      } else if (step.yes) {
        at(restrictions_.taken, step.student).push_back(step.place);
      } else {
        restrictions_.skip(problem_, step.student, step.place);
      }
    }
    lp_.restrict_to(restrictions_);
  }

  void visit(int index) {
    restrict_to(index);
    if (is_proved(at(nodes_, index))) return;
    do {
      if (!lp_.optimize(work_)) return;
    } while (may_improve() && lp_.add_cuts());
    const auto shares = lp_.shares();
    const Real bound = lp_.value();
    int section = -1;
    if (is_open_question(bound)) {
      section = half_open_section();
      if (section < 0 && is_integral(shares)) {
        offer_integral(shares);
      } else {
        offer_rounded(shares);
      }
    }
    if (put_prices(index, bound)) return;
    if (static_cast<int>(nodes_.size()) >= limits_.nodes) {
      work_ = 0;
      return;
    }
    Step step{.parent = index, .section = section};
    if (section < 0 && !find_fractional(shares, step.student, step.place)) return;
    branch(step, bound[1]);
  }

  void branch(Step step, double bound) {
    const ProofNode mine = at(nodes_, step.parent);
    const int second = add_node(step, mine, bound);
    step.yes = true;
    const int first = add_node(step, mine, bound);
    ProofNode& node = at(nodes_, step.parent);
    node = {};
    node.first = first;
    node.second = second;
    if (step.section >= 0) {
      node.kind = ProofNode::Kind::section_branch;
      node.section = at(problem_.section_ids, step.section);
      return;
    }
    node.kind = ProofNode::Kind::wish_branch;
    node.student = at(problem_.student_ids, step.student);
    node.section =
        at(problem_.section_ids, at(at(problem_.students, step.student).list, step.place).section);
  }

  // Writes the present prices into a leaf, as integers over the smallest denominator that proves
  // the leaf; false if none does.
  bool put_prices(int index, const Real& bound) {
    const BundleLp::Prices prices = lp_.prices();
    // What the branches demand is priced on the first level. A weight heavy enough to outrank the
    // level below carries it there: for each bundle, and for an empty leaf's shortfall in total.
    double weight = kOutranks * static_cast<double>(problem_.unit) * most_quota_;
    if (bound[0] < -kWhole) weight += std::ceil((std::abs(bound[1]) + 1.0) / -bound[0]);
    std::vector<Real> all = prices.sections;
    all.insert(all.end(), prices.groups.begin(), prices.groups.end());
    for (const auto& surcharge : prices.surcharges) all.push_back(surcharge.price);
    // Ties are proved with the common denominator if it is small, else by being fine enough.
    const std::int64_t upper = common_denominator(all, 2);
    const std::array<std::int64_t, 3> scales = {
        1, common_denominator(all, 3),
        std::max<std::int64_t>(1, finest_factor(all) / upper) * upper};
    for (const std::int64_t scale : scales) {
      ProofNode leaf = make_leaf(prices, weight, scale);
      const bool proved = is_proved(leaf);
      at(nodes_, index) = std::move(leaf);  // the last and finest stays if none proves
      if (proved) return true;
    }
    return false;
  }

  [[nodiscard]] ProofNode make_leaf(const BundleLp::Prices& prices,
                                    double weight,
                                    std::int64_t scale) const {
    ProofNode leaf;
    leaf.scale = scale;
    for (std::size_t section = 0; section < prices.sections.size(); ++section) {
      const bool may_be_negative = problem_.mins[section] > 0;
      const Value price = whole_price(prices.sections[section], weight, scale, may_be_negative);
      if (price != Value{}) leaf.prices.push_back({problem_.section_ids[section], price});
    }
    for (std::size_t group = 0; group < prices.groups.size(); ++group) {
      const Value price = whole_price(prices.groups[group], weight, scale, false);
      if (price != Value{}) leaf.group_prices.push_back({problem_.group_ids[group], price});
    }
    std::sort(leaf.group_prices.begin(), leaf.group_prices.end(),
              [](auto& a, auto& b) { return a.index < b.index; });
    for (const auto& surcharge : prices.surcharges) {
      const Value price = whole_price(surcharge.price, weight, scale, false);
      if (price == Value{}) continue;
      const auto& list = at(problem_.students, surcharge.student).list;
      leaf.surcharges.push_back({at(problem_.section_ids, at(list, surcharge.place).section),
                                 at(problem_.student_ids, surcharge.student), price});
    }
    std::sort(leaf.surcharges.begin(), leaf.surcharges.end(), [](const auto& a, const auto& b) {
      return std::pair(a.section, a.student) < std::pair(b.section, b.student);
    });
    return leaf;
  }

  // A price too large to be exact is left out, which only weakens the bound.
  static Value whole_price(const Real& price, double weight, std::int64_t scale, bool negative) {
    const auto factor = static_cast<double>(scale);
    const std::array<double, 3> levels = {factor * (weight * price[0] + price[1]),
                                          factor * price[2], factor * price[3]};
    Value whole{};
    for (std::size_t level = 0; level < levels.size(); ++level) {
      if (std::abs(levels[level]) > kLargestPrice) return Value{};
      whole[level] = std::llround(levels[level]);
    }
    return whole < Value{} && !negative ? Value{} : whole;
  }

  // Cuts are worth adding only below a bound that is still in question.
  [[nodiscard]] bool may_improve() const { return is_open_question(lp_.value()); }

  // Whether something better than the best may lie below this bound.
  [[nodiscard]] bool is_open_question(const Real& bound) const {
    if (bound[0] < -kWhole) return false;
    if (limits_.ties) return compare(bound, best_real_) > 0;
    return std::floor(bound[1] + kWhole) > best_real_[1];
  }

  [[nodiscard]] bool is_proved(const ProofNode& leaf) const {
    const LeafBound bound = leaf_bound(problem_, restrictions_, leaf);
    if (limits_.ties || bound.empty) return proves(bound, leaf.scale, best_value_);
    return bound.valid && bound.bound[0] < (best_value_[0] + 1) * leaf.scale;
  }

  // The section that is nearest to half open and not yet decided, or -1.
  [[nodiscard]] int half_open_section() const {
    const auto open = lp_.opened();
    int best = -1;
    double nearest = 0.5 - kWhole;
    for (int section = 0; section < problem_.section_count(); ++section) {
      const double distance = std::abs(at(open, section) - 0.5);
      if (at(restrictions_.sections, section) != State::any || distance > nearest - kWhole) {
        continue;
      }
      nearest = distance;
      best = section;
    }
    return best;
  }

  static bool is_integral(const std::vector<std::vector<double>>& shares) {
    return std::all_of(shares.begin(), shares.end(), [](const auto& list) {
      return std::all_of(list.begin(), list.end(), is_whole);
    });
  }

  // The share nearest to one half.
  static bool find_fractional(const std::vector<std::vector<double>>& shares,
                              int& student,
                              int& place) {
    double nearest = 0.5 - kWhole;
    for (std::size_t i = 0; i < shares.size(); ++i) {
      for (std::size_t j = 0; j < shares[i].size(); ++j) {
        const double distance = std::abs(shares[i][j] - 0.5);
        if (distance < nearest - kWhole) {
          nearest = distance;
          student = static_cast<int>(i);
          place = static_cast<int>(j);
        }
      }
    }
    return student >= 0;
  }

  void offer_integral(const std::vector<std::vector<double>>& shares) {
    Bundles bundles;
    for (const auto& list : shares) {
      auto& bundle = bundles.emplace_back();
      for (std::size_t place = 0; place < list.size(); ++place) {
        if (list[place] > 0.5) bundle.push_back(static_cast<int>(place));
      }
    }
    offer(std::move(bundles));
  }

  // What a fractional programme suggests, repaired: most shares are whole already.
  void offer_rounded(const std::vector<std::vector<double>>& shares) {
    Bundles bundles;
    for (const auto& list : shares) {
      auto& bundle = bundles.emplace_back();
      for (std::size_t place = 0; place < list.size(); ++place) {
        if (list[place] >= 0.5 - kWhole) bundle.push_back(static_cast<int>(place));
      }
    }
    repair(problem_, bundles);
    offer(std::move(bundles));
  }

  void offer(Bundles bundles) {
    const Total value = total_value(problem_, bundles);
    if (!(best_value_ < value)) return;
    best_ = std::move(bundles);
    best_value_ = value;
    for (std::size_t level = 0; level < value.size(); ++level) {
      best_real_[level + 1] = static_cast<double>(value[level]);
    }
  }

  const Problem& problem_;
  const Restrictions& demands_;
  Restrictions restrictions_;
  const SearchLimits& limits_;
  std::int64_t work_;
  double most_quota_ = 1.0;
  BundleLp lp_;
  std::vector<ProofNode> nodes_;
  std::vector<Step> steps_;  // per node
  std::priority_queue<Open> open_;
  Bundles best_;
  Total best_value_{};
  Real best_real_{};
};

}  // namespace

BranchResult solve_by_branching(const Problem& problem,
                                const FlowSolution& start,
                                const Restrictions& demands,
                                const SearchLimits& limits) {
  return Search(problem, start, demands, limits).run();
}

}  // namespace sj::allocate
