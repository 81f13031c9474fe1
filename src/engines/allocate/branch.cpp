#include "engines/allocate/branch.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "engines/allocate/bundle_lp.h"

namespace sj::allocate {
namespace {

constexpr double kWhole = 1e-6;

constexpr double kOutranks = 64.0;      // two bundles, with prices, in units; times denominators
constexpr double kLargestPrice = 4e15;  // below 2^53: also exact where numbers are doubles

// The smallest denominator, found level by level, that makes all prices whole numbers; at most
// about a million, as the bases met here have small determinants.
std::int64_t common_denominator(const std::vector<Real>& prices) {
  constexpr Real kNear = {1e-6, 1e-6, 1e-5, 1e-3};
  constexpr int kMostFactor = 64;
  double denominator = 1.0;
  for (const Real& price : prices) {
    for (std::size_t level = 1; level < price.size(); ++level) {
      const double here = price[level] * denominator;
      for (int whole = 1; whole <= kMostFactor; ++whole) {
        const auto factor = static_cast<double>(whole);
        const double times = here * factor;
        if (std::abs(times - std::round(times)) > kNear[level] * factor) continue;
        denominator *= factor;
        break;
      }
      if (denominator > 1e6) return 1;
    }
  }
  return static_cast<std::int64_t>(denominator);
}

bool is_whole(double share) {
  return share < kWhole || share > 1 - kWhole;
}

class Search {
 public:
  Search(const Problem& problem,
         const Bundles& start,
         const Restrictions& demands,
         const SearchLimits& limits)
      : problem_(problem),
        restrictions_(demands),
        limits_(limits),
        work_(limits.work),
        lp_(problem, start) {
    const bool nothing_demanded =
        std::all_of(demands.taken.begin(), demands.taken.end(), [](auto& t) { return t.empty(); });
    if (nothing_demanded) offer(start);
    for (const auto& student : problem.students) {
      most_quota_ = std::max(most_quota_, static_cast<double>(student.quota));
    }
  }

  BranchResult run() {
    visit();
    BranchResult result;
    result.feasible = best_.has_value();
    result.solution.proof.nodes = std::move(nodes_);
    result.solution.proof.unit = problem_.unit;
    result.solution.bundles = best_.value_or(Bundles(problem_.students.size()));
    return result;
  }

 private:
  using State = Restrictions::SectionState;

  int visit() {
    const int index = static_cast<int>(nodes_.size());
    nodes_.emplace_back();
    if (index >= limits_.nodes) work_ = 0;
    lp_.restrict_to(restrictions_);
    const bool optimal = lp_.optimize(work_);
    const auto shares = lp_.shares();
    const Real bound = lp_.value();
    if (!optimal) {
      put_prices(index, bound);
      return index;
    }
    const bool possible = bound[0] > -kWhole;
    const bool better = possible && (!best_ || compare(bound, best_real_) > 0);
    int section = -1;
    if (better) {
      section = short_section(shares);
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
    at(restrictions_.sections, section) = State::open;
    const int open = visit();
    at(restrictions_.sections, section) = State::closed;
    const int closed = visit();
    at(restrictions_.sections, section) = State::any;
    ProofNode& node = at(nodes_, index);
    node = {};
    node.kind = ProofNode::Kind::section_branch;
    node.section = at(problem_.section_ids, section);
    node.first = open;
    node.second = closed;
  }

  void branch_on_wish(int index, int student, int place) {
    at(restrictions_.taken, student).push_back(place);
    const int take = visit();
    at(restrictions_.taken, student).pop_back();
    restrictions_.skip(problem_, student, place);
    const int skip = visit();
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
    const std::array<std::int64_t, 3> scales = {1, common_denominator(all), 27720};
    for (const std::int64_t scale : scales) {
      ProofNode leaf;
      leaf.scale = scale;
      for (std::size_t section = 0; section < prices.sections.size(); ++section) {
        const bool may_be_negative = restrictions_.sections[section] == State::open;
        const Value price = whole_price(prices.sections[section], weight, scale, may_be_negative);
        if (price != Value{}) leaf.prices.push_back({problem_.section_ids[section], price});
      }
      for (std::size_t group = 0; group < prices.groups.size(); ++group) {
        const Value price = whole_price(prices.groups[group], weight, scale, false);
        if (price != Value{}) leaf.group_prices.push_back({problem_.group_ids[group], price});
      }
      std::sort(leaf.group_prices.begin(), leaf.group_prices.end(),
                [](auto& a, auto& b) { return a.index < b.index; });
      const bool proved =
          best_ && proves(leaf_bound(problem_, restrictions_, leaf), scale, best_value_);
      if (proved || scale == 1) at(nodes_, index) = std::move(leaf);
      if (proved) return true;
      if (!best_ || compare(bound, best_real_) > 0) break;  // no denominator would help
    }
    return false;
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

  // A section that holds some but fewer than its `min`, and is not yet decided; the fullest first.
  [[nodiscard]] int short_section(const std::vector<std::vector<double>>& shares) const {
    std::vector<double> taken(problem_.caps.size(), 0.0);
    for (std::size_t student = 0; student < shares.size(); ++student) {
      for (std::size_t place = 0; place < shares[student].size(); ++place) {
        at(taken, problem_.students[student].list[place].section) += shares[student][place];
      }
    }
    int best = -1;
    double best_fill = 0.0;
    for (int section = 0; section < problem_.section_count(); ++section) {
      const double min = at(problem_.mins, section);
      const double now = at(taken, section);
      if (at(restrictions_.sections, section) != State::any || now < kWhole || now > min - kWhole) {
        continue;
      }
      if (now / min > best_fill + kWhole) {
        best_fill = now / min;
        best = section;
      }
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
  BundleLp lp_;
  std::vector<ProofNode> nodes_;
  std::optional<Bundles> best_;
  Total best_value_{};
  Real best_real_{};
};

}  // namespace

BranchResult solve_by_branching(const Problem& problem,
                                const Bundles& start,
                                const Restrictions& demands,
                                const SearchLimits& limits) {
  return Search(problem, start, demands, limits).run();
}

}  // namespace sj::allocate
