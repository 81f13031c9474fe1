#include "engines/allocate/branch.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>

#include "engines/allocate/bundle_lp.h"

namespace sj::allocate {
namespace {

constexpr double kWhole = 1e-6;

constexpr double kOutranks = 64.0;      // two bundles, with prices, in units; times denominators
constexpr double kLargestPrice = 4e15;  // below 2^53: also exact where numbers are doubles

// The smallest denominator of a price, up to 64, as the bases met here have small determinants.
std::int64_t denominator_of(double price) {
  constexpr double kNear = 2e-3;  // prices of ties are large: their last digits are noise
  constexpr int kMost = 64;
  for (int denominator = 1; denominator <= kMost; ++denominator) {
    const double times = price * denominator;
    if (std::abs(times - std::round(times)) < kNear) return denominator;
  }
  return 1;
}

// What makes the prices whole on their first `levels` levels (after the demands); 1 if too large.
std::int64_t common_denominator(const std::vector<Real>& prices, std::size_t levels) {
  constexpr std::int64_t kMost = 1'000'000;
  std::int64_t common = 1;
  for (const Real& price : prices) {
    for (std::size_t level = 1; level <= levels; ++level) {
      common = std::lcm(common, denominator_of(price[level]));
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
        restrictions_(demands),
        limits_(limits),
        work_(limits.work),
        root_prices_(start.prices),
        lp_(problem, start.bundles) {
    const bool nothing_demanded =
        std::all_of(demands.taken.begin(), demands.taken.end(), [](auto& t) { return t.empty(); });
    if (nothing_demanded) offer(start.bundles);
    for (const auto& student : problem.students) {
      most_quota_ = std::max(most_quota_, static_cast<double>(student.quota));
    }
  }

  BranchResult run() {
    visit(root_prices_);
    BranchResult result;
    result.feasible = best_.has_value();
    result.solution.proof.nodes = std::move(nodes_);
    result.solution.proof.unit = problem_.unit;
    result.solution.bundles = best_.value_or(Bundles(problem_.students.size()));
    return result;
  }

 private:
  using State = Restrictions::SectionState;

  // `inherited`: the prices of the node above, which bound this one too; used where the limits
  // leave no time for better ones.
  int visit(const ProofNode& inherited) {
    const int index = static_cast<int>(nodes_.size());
    nodes_.emplace_back();
    if (index >= limits_.nodes) work_ = 0;
    if (work_ > 0) lp_.restrict_to(restrictions_);
    do {
      if (work_ <= 0 || !lp_.optimize(work_)) {
        at(nodes_, index) = inherited;
        return index;
      }
    } while (may_improve() && lp_.add_cuts());
    const auto shares = lp_.shares();
    const Real bound = lp_.value();
    const bool possible = bound[0] > -kWhole;
    const bool better = possible && (!best_ || compare(bound, best_real_) > 0);
    int section = -1;
    if (better) {
      section = half_open_section();
      if (section < 0 && is_integral(shares)) offer_integral(shares);
    }
    if (put_prices(index, bound)) return index;
    if (section >= 0) {
      branch_on_section(index, section);
      return index;
    }
    int student = -1;
    int place = -1;
    if (!find_fractional(shares, student, place)) return index;
    branch_on_wish(index, student, place);
    return index;
  }

  void branch_on_section(int index, int section) {
    const ProofNode mine = at(nodes_, index);
    at(restrictions_.sections, section) = State::open;
    const int open = visit(mine);
    at(restrictions_.sections, section) = State::closed;
    const int closed = visit(mine);
    at(restrictions_.sections, section) = State::any;
    ProofNode& node = at(nodes_, index);
    node = {};
    node.kind = ProofNode::Kind::section_branch;
    node.section = at(problem_.section_ids, section);
    node.first = open;
    node.second = closed;
  }

  void branch_on_wish(int index, int student, int place) {
    const ProofNode mine = at(nodes_, index);
    at(restrictions_.taken, student).push_back(place);
    const int take = visit(mine);
    at(restrictions_.taken, student).pop_back();
    restrictions_.skip(problem_, student, place);
    const int skip = visit(mine);
    restrictions_.unskip(student, place);
    ProofNode& node = at(nodes_, index);
    node = {};
    node.kind = ProofNode::Kind::wish_branch;
    node.student = at(problem_.student_ids, student);
    node.section = at(problem_.section_ids, at(at(problem_.students, student).list, place).section);
    node.first = take;
    node.second = skip;
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
      const bool proved =
          best_ && proves(leaf_bound(problem_, restrictions_, leaf), scale, best_value_);
      if (proved || scale == 1) at(nodes_, index) = std::move(leaf);
      if (proved) return true;
      if (!best_ || compare(bound, best_real_) > 0) break;  // no denominator would help
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
  [[nodiscard]] bool may_improve() const {
    const Real bound = lp_.value();
    return bound[0] > -kWhole && (!best_ || compare(bound, best_real_) > 0);
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

  void offer(Bundles bundles) {
    const Total value = total_value(problem_, bundles);
    if (best_ && !(best_value_ < value)) return;
    best_ = std::move(bundles);
    best_value_ = value;
    for (std::size_t level = 0; level < value.size(); ++level) {
      best_real_[level + 1] = static_cast<double>(value[level]);
    }
  }

  const Problem& problem_;
  Restrictions restrictions_;
  const SearchLimits& limits_;
  std::int64_t work_;
  double most_quota_ = 1.0;
  const ProofNode& root_prices_;
  BundleLp lp_;
  std::vector<ProofNode> nodes_;
  std::optional<Bundles> best_;
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
