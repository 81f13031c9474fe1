#include "engines/allocate/bundle_lp.h"

#include <algorithm>
#include <cmath>

#include "kernel/base/check.h"

namespace sj::allocate {
namespace {

constexpr double kTiny = 1e-9;
constexpr double kPerturbation = 1e-6;

}  // namespace

BundleLp::BundleLp(const Problem& problem, const Bundles& start)
    : problem_(problem),
      start_(start),
      plain_rows_(problem.caps.size() + problem.group_caps.size()),
      cut_row_(problem.students.size()),
      cuts_of_section_(problem.caps.size()),
      positions_(problem.students.size()) {
  std::vector<int> taken(problem.caps.size(), 0);
  for (int student = 0; student < problem.student_count(); ++student) {
    for (const int place : at(start, student)) {
      ++at(taken, at(at(problem.students, student).list, place).section);
    }
  }
  const auto has_min = [&](std::size_t section) {
    return problem.mins[section] > 0 && problem.closed[section] == 0;
  };
  for (std::size_t section = 0; section < problem.caps.size(); ++section) {
    add_row(has_min(section) ? 0.0 : problem.caps[section], kPerturbation);
  }
  for (const int cap : problem.group_caps) add_row(cap, kPerturbation);
  for (std::size_t section = 0; section < problem.caps.size(); ++section) {
    min_row_.push_back(has_min(section) ? static_cast<int>(rows_) : -1);
    if (!has_min(section)) continue;
    sections_with_min_.push_back(static_cast<int>(section));
    add_row(0.0, -kPerturbation);
    // Less than the row before can bear, so that the first basis stays feasible.
    add_row(1.0, kPerturbation / (4.0 * problem.mins[section] + 4.0));
    basis_[rows_ - 2].kind = Kind::surplus;
    if (taken[section] > 0) basis_[rows_ - 1] = {Kind::opening, static_cast<int>(section), {}};
  }
  first_cut_ = rows_;
}

// A row at the end, its slack in the basis.
void BundleLp::add_row(double right_side, double perturbation) {
  constexpr std::size_t kSpread = 2654435761U;  // any multiplier that scatters the rows
  const auto part = static_cast<double>(rows_ * kSpread % 1009) / 1009.0;
  basis_.push_back({Kind::slack, static_cast<int>(rows_), {}});
  right_side_.push_back(right_side);
  perturbed_side_.push_back(right_side + perturbation * (1.0 + part));
  ++rows_;
}

bool BundleLp::is_min_row(int row) const {
  return row >= static_cast<int>(plain_rows_) && row < static_cast<int>(first_cut_) &&
         (row - static_cast<int>(plain_rows_)) % 2 == 0;
}

bool BundleLp::must_open(int row) const {
  if (row < static_cast<int>(plain_rows_) || row >= static_cast<int>(first_cut_)) return false;
  const int section = at(sections_with_min_, (row - static_cast<int>(plain_rows_)) / 2);
  return !is_min_row(row) &&
         at(restrictions_->sections, section) == Restrictions::SectionState::open;
}

bool BundleLp::add_cuts() {
  constexpr double kBroken = 1e-4;
  constexpr std::size_t kAtOnce = 100;
  constexpr std::size_t kMostCuts = 1000;
  const auto open = opened();
  const auto now = shares();
  struct Broken {
    double by;
    Cut cut;
  };
  std::vector<Broken> broken;
  for (int student = 0; student < problem_.student_count(); ++student) {
    const auto& list = at(problem_.students, student).list;
    for (int place = 0; place < static_cast<int>(list.size()); ++place) {
      const int section = at(list, place).section;
      const double by = at(at(now, student), place) - at(open, section);
      const bool is_cut = !at(cut_row_, student).empty() && at(at(cut_row_, student), place) >= 0;
      if (at(min_row_, section) >= 0 && by > kBroken && !is_cut) {
        broken.push_back({by, {student, place, section}});
      }
    }
  }
  std::stable_sort(broken.begin(), broken.end(),
                   [](const auto& a, const auto& b) { return a.by > b.by; });
  broken.resize(std::min({broken.size(), kAtOnce, kMostCuts - std::min(kMostCuts, cuts_.size())}));
  if (broken.empty()) return false;
  pool_.clear();
  for (const auto& [by, cut] : broken) {
    auto& rows = at(cut_row_, cut.student);
    rows.resize(at(problem_.students, cut.student).list.size(), -1);
    at(rows, cut.place) = static_cast<int>(rows_);
    at(cuts_of_section_, cut.section).push_back(static_cast<int>(rows_));
    cuts_.push_back(cut);
    add_row(0.0, kPerturbation);
    basis_.back().kind = Kind::excess;
    Bundle& key = at(keys_, cut.student);
    key = make_bundle(cut.student, key.places);
    for (const std::size_t position : at(positions_, cut.student)) {
      Bundle& bundle = basis_[position].bundle;
      bundle = make_bundle(cut.student, bundle.places);
    }
  }
  refactor();
  return true;
}

BundleLp::Bundle BundleLp::make_bundle(int student, const std::vector<int>& places) const {
  Bundle bundle;
  bundle.student = student;
  bundle.places = places;
  std::sort(bundle.places.begin(), bundle.places.end());
  for (const int place : bundle.places) {
    const int section = at(at(problem_.students, student).list, place).section;
    bundle.rows.push_back(section);
    if (at(problem_.groups, section) >= 0) {
      bundle.rows.push_back(problem_.section_count() + at(problem_.groups, section));
    }
    if (at(min_row_, section) >= 0) bundle.rows.push_back(at(min_row_, section));
    const auto& cut_rows = at(cut_row_, student);
    if (!cut_rows.empty() && at(cut_rows, place) >= 0) bundle.rows.push_back(at(cut_rows, place));
  }
  price_bundle(bundle);
  return bundle;
}

void BundleLp::price_bundle(Bundle& bundle) const {
  bundle.cost = Real{};
  const auto& list = at(problem_.students, bundle.student).list;
  const auto& skipped = at(restrictions_->skipped, bundle.student);
  for (const int place : bundle.places) {
    const auto& wish = at(list, place);
    for (std::size_t level = 0; level < wish.value.size(); ++level) {
      bundle.cost[level + 1] += static_cast<double>(wish.value[level]);
    }
    const bool forbidden =
        at(restrictions_->sections, wish.section) == Restrictions::SectionState::closed ||
        (!skipped.empty() && at(skipped, place) != 0);
    if (forbidden) bundle.cost[0] -= 1;
  }
  for (const int place : at(restrictions_->taken, bundle.student)) {
    if (!std::binary_search(bundle.places.begin(), bundle.places.end(), place)) {
      bundle.cost[0] -= 1;
    }
  }
}

void BundleLp::restrict_to(const Restrictions& restrictions) {
  restrictions_ = &restrictions;
  if (keys_.empty()) {
    for (int student = 0; student < problem_.student_count(); ++student) {
      keys_.push_back(make_bundle(student, at(start_, student)));
    }
    refactor();
    return;
  }
  pool_.clear();  // priced and built for what held before
  for (Bundle& key : keys_) price_bundle(key);
  for (Basic& basic : basis_) {
    if (basic.kind == Kind::bundle) price_bundle(basic.bundle);
  }
  find_prices();
}

Real BundleLp::working_cost(const Basic& basic) const {
  if (basic.kind == Kind::bundle) {
    Real cost = basic.bundle.cost;
    cost -= at(keys_, basic.bundle.student).cost;
    return cost;
  }
  if (basic.kind == Kind::excess || (basic.kind == Kind::slack && must_open(basic.row))) {
    return {-1.0, 0, 0, 0};
  }
  return Real{};
}

void BundleLp::working_column(const Basic& entering, std::vector<double>& column) const {
  column.assign(rows_, 0.0);
  if (entering.kind == Kind::opening) {
    const int section = entering.row;
    at(column, section) = -at(problem_.caps, section);
    at(column, at(min_row_, section)) = -at(problem_.mins, section);
    at(column, at(min_row_, section) + 1) = 1.0;
    for (const int row : at(cuts_of_section_, section)) at(column, row) = -1.0;
    return;
  }
  if (entering.kind != Kind::bundle) {
    at(column, entering.row) = entering.kind == Kind::slack ? 1.0 : -1.0;
    return;
  }
  for (const int row : entering.bundle.rows) at(column, row) += 1.0;
  for (const int row : at(keys_, entering.bundle.student).rows) at(column, row) -= 1.0;
}

// Inverts the working basis afresh (Gauss-Jordan with row pivoting) and finds all values again.
void BundleLp::refactor() {
  pivots_since_refactor_ = 0;
  std::vector<double> matrix(rows_ * rows_, 0.0);
  std::vector<double> column;
  for (std::size_t position = 0; position < rows_; ++position) {
    working_column(basis_[position], column);
    for (std::size_t row = 0; row < rows_; ++row) matrix[row * rows_ + position] = column[row];
  }
  inverse_.assign(rows_ * rows_, 0.0);
  for (std::size_t i = 0; i < rows_; ++i) inverse(i, i) = 1.0;
  for (std::size_t step = 0; step < rows_; ++step) {
    std::size_t best = step;
    for (std::size_t row = step + 1; row < rows_; ++row) {
      if (std::abs(matrix[row * rows_ + step]) > std::abs(matrix[best * rows_ + step])) best = row;
    }
    SJ_CHECK(std::abs(matrix[best * rows_ + step]) > kTiny);
    if (best != step) {
      for (std::size_t i = 0; i < rows_; ++i) {
        std::swap(matrix[best * rows_ + i], matrix[step * rows_ + i]);
        std::swap(inverse(best, i), inverse(step, i));
      }
    }
    const double scale = 1.0 / matrix[step * rows_ + step];
    for (std::size_t i = 0; i < rows_; ++i) {
      matrix[step * rows_ + i] *= scale;
      inverse(step, i) *= scale;
    }
    for (std::size_t row = 0; row < rows_; ++row) {
      const double factor = matrix[row * rows_ + step];
      if (row == step || factor == 0.0) continue;
      for (std::size_t i = 0; i < rows_; ++i) {
        matrix[row * rows_ + i] -= factor * matrix[step * rows_ + i];
        inverse(row, i) -= factor * inverse(step, i);
      }
    }
  }
  values_ = values_for(perturbed_side_);
  find_prices();
}

BundleLp::Values BundleLp::values_for(const std::vector<double>& right_side) const {
  std::vector<double> rest = right_side;
  for (const Bundle& key : keys_) {
    for (const int row : key.rows) at(rest, row) -= 1.0;
  }
  Values values{std::vector<double>(keys_.size(), 1.0), std::vector<double>(rows_, 0.0)};
  for (std::size_t position = 0; position < rows_; ++position) {
    double sum = 0.0;
    for (std::size_t row = 0; row < rows_; ++row)
      sum += inverse_[position * rows_ + row] * rest[row];
    values.basis[position] = sum;
    if (basis_[position].kind == Kind::bundle) {
      at(values.keys, basis_[position].bundle.student) -= sum;
    }
  }
  return values;
}

void BundleLp::find_prices() {
  row_prices_.assign(rows_, Real{});
  for (std::size_t position = 0; position < rows_; ++position) {
    const Real cost = working_cost(basis_[position]);
    if (cost == Real{}) continue;
    for (std::size_t row = 0; row < rows_; ++row) {
      const double factor = inverse(position, row);
      if (factor == 0.0) continue;
      for (std::size_t level = 0; level < cost.size(); ++level) {
        row_prices_[row][level] += cost[level] * factor;
      }
    }
  }
}

Real BundleLp::reduced_cost(const Bundle& bundle) const {
  const Bundle& key = at(keys_, bundle.student);
  Real gain = bundle.cost;
  gain -= key.cost;
  for (const int row : bundle.rows) gain -= at(row_prices_, row);
  for (const int row : key.rows) gain += at(row_prices_, row);
  return gain;
}

bool BundleLp::find_best_bundle(int student, Bundle& best, Real& gain) {
  const Problem::Student& one = at(problem_.students, student);
  const auto& skipped = at(restrictions_->skipped, student);
  const auto& cut_rows = at(cut_row_, student);
  weights_.clear();
  allowed_.clear();
  for (std::size_t place = 0; place < one.list.size(); ++place) {
    const auto& wish = one.list[place];
    Real weight{0.0, static_cast<double>(wish.value[0]), static_cast<double>(wish.value[1]),
                static_cast<double>(wish.value[2])};
    weight -= at(seat_prices_, wish.section);
    if (!cut_rows.empty() && cut_rows[place] >= 0) weight -= at(row_prices_, cut_rows[place]);
    weights_.push_back(weight);
    const bool is_allowed =
        at(problem_.closed, wish.section) == 0 &&
        at(restrictions_->sections, wish.section) != Restrictions::SectionState::closed &&
        (skipped.empty() || skipped[place] == 0);
    allowed_.push_back(is_allowed ? 1 : 0);
  }
  if (!search_.run(one.conflicts, one.quota, weights_, allowed_,
                   at(restrictions_->taken, student))) {
    return false;
  }
  best = make_bundle(student, search_.places());
  gain = reduced_cost(best);
  return compare(gain, Real{}) > 0;
}

bool BundleLp::enter_single(std::int64_t& work) {
  work -= static_cast<std::int64_t>(rows_);
  Basic best;
  Real best_gain{};
  const auto offer = [&](Kind kind, int row, Real gain) {
    if (compare(gain, best_gain) > 0) {
      best_gain = gain;
      best = {kind, row, {}};
    }
  };
  for (std::size_t row = 0; row < rows_; ++row) {
    const int number = static_cast<int>(row);
    if (is_min_row(number)) continue;  // equality but for its surplus
    Real slack = working_cost({Kind::slack, number, {}});
    slack -= row_prices_[row];
    offer(Kind::slack, number, slack);
    if (row < first_cut_) continue;
    Real excess = working_cost({Kind::excess, number, {}});
    excess += row_prices_[row];
    offer(Kind::excess, number, excess);
  }
  for (const int section : sections_with_min_) {
    const int min_row = at(min_row_, section);
    offer(Kind::surplus, min_row, at(row_prices_, min_row));
    Real opening{};
    for (std::size_t level = 0; level < opening.size(); ++level) {
      opening[level] = at(problem_.caps, section) * at(row_prices_, section)[level] +
                       at(problem_.mins, section) * at(row_prices_, min_row)[level] -
                       at(row_prices_, min_row + 1)[level];
    }
    for (const int row : at(cuts_of_section_, section)) opening += at(row_prices_, row);
    offer(Kind::opening, section, opening);
  }
  if (compare(best_gain, Real{}) <= 0) return false;
  pivot(std::move(best), best_gain);
  return true;
}

// Looks at students from where it stopped last time until some have a bundle that gains.
bool BundleLp::enter_bundle(std::int64_t& work) {
  seat_prices_.assign(problem_.caps.size(), Real{});
  for (std::size_t section = 0; section < problem_.caps.size(); ++section) {
    seat_prices_[section] = row_prices_[section];
    const int group = problem_.groups[section];
    if (group >= 0) seat_prices_[section] += at(row_prices_, problem_.section_count() + group);
    if (min_row_[section] >= 0) seat_prices_[section] += at(row_prices_, min_row_[section]);
  }
  if (enter_from_pool(work)) return true;
  constexpr std::size_t kPool = 8;
  const int students = problem_.student_count();
  for (int step = 0; step < students && pool_.size() < kPool; ++step) {
    const int student = next_student_;
    if (++next_student_ == students) next_student_ = 0;
    work -= 32;
    Bundle bundle;
    Real gain{};
    if (find_best_bundle(student, bundle, gain)) pool_.push_back(std::move(bundle));
  }
  return enter_from_pool(work);
}

// Bundles found before and not yet entered: pricing one again is much cheaper than searching.
bool BundleLp::enter_from_pool(std::int64_t& work) {
  work -= static_cast<std::int64_t>(pool_.size());
  std::size_t best = pool_.size();
  Real best_gain{};
  for (std::size_t i = 0; i < pool_.size(); ++i) {
    const Real gain = reduced_cost(pool_[i]);
    if (compare(gain, best_gain) <= 0) continue;
    best_gain = gain;
    best = i;
  }
  if (best == pool_.size()) {
    pool_.clear();
    return false;
  }
  Bundle bundle = std::move(pool_[best]);
  pool_.erase(pool_.begin() + static_cast<std::ptrdiff_t>(best));
  pivot({Kind::bundle, -1, std::move(bundle)}, best_gain);
  return true;
}

// The student's bundle at `position` becomes its key, the key takes the position.
void BundleLp::make_basic_key(int student, std::size_t position) {
  for (const std::size_t other : at(positions_, student)) {
    if (other == position) continue;
    for (std::size_t i = 0; i < rows_; ++i) inverse(position, i) += inverse(other, i);
  }
  for (std::size_t i = 0; i < rows_; ++i) inverse(position, i) = -inverse(position, i);
  std::swap(at(keys_, student), basis_[position].bundle);
  std::swap(at(values_.keys, student), values_.basis[position]);
}

void BundleLp::pivot(Basic entering, const Real& gain) {
  std::vector<double> raw;
  const auto find_rates = [&] {
    working_column(entering, raw);
    rates_.assign(rows_, 0.0);
    for (std::size_t row = 0; row < rows_; ++row) {
      if (raw[row] == 0.0) continue;
      for (std::size_t position = 0; position < rows_; ++position) {
        rates_[position] += inverse(position, row) * raw[row];
      }
    }
  };
  find_rates();

  const int own = entering.kind == Kind::bundle ? entering.bundle.student : -1;
  // How fast a student's key loses: what its bundles in the basis gain, and the entering one.
  const auto key_rate = [&](int student) {
    double rate = student == own ? 1.0 : 0.0;
    for (const std::size_t position : at(positions_, student)) rate -= rates_[position];
    return rate;
  };
  double step = 1e300;
  double pivot_size = 0.0;
  std::size_t leaving = rows_;
  int leaving_key = -1;
  const auto consider = [&](double value, double rate, std::size_t position, int student) {
    if (rate <= kTiny) return;
    const double limit = std::max(0.0, value) / rate;
    if (limit < step - kTiny || (limit < step + kTiny && rate > pivot_size)) {
      step = std::min(step, limit);
      pivot_size = rate;
      leaving = position;
      leaving_key = student;
    }
  };
  std::vector<int> touched;
  if (own >= 0) touched.push_back(own);
  for (std::size_t position = 0; position < rows_; ++position) {
    if (basis_[position].kind == Kind::bundle) {
      const int student = basis_[position].bundle.student;
      if (student != own && at(positions_, student).front() == position) touched.push_back(student);
    }
    consider(values_.basis[position], rates_[position], position, -1);
  }
  for (const int student : touched) {
    consider(at(values_.keys, student), key_rate(student), rows_, student);
  }
  SJ_CHECK(leaving < rows_ || leaving_key >= 0);

  for (const int student : touched) at(values_.keys, student) -= step * key_rate(student);
  for (std::size_t position = 0; position < rows_; ++position) {
    values_.basis[position] -= step * rates_[position];
  }
  if (leaving_key >= 0) {
    const auto& mine = at(positions_, leaving_key);
    if (leaving_key == own && mine.empty()) {
      at(keys_, own) = std::move(entering.bundle);
      at(values_.keys, own) = step;
      return;
    }
    leaving = mine.front();
    make_basic_key(leaving_key, leaving);
    find_rates();
  }

  const double size = rates_[leaving];
  SJ_CHECK(std::abs(size) > kTiny);
  double* const pivot_row = &inverse(leaving, 0);
  for (std::size_t i = 0; i < rows_; ++i) pivot_row[i] /= size;
  for (std::size_t position = 0; position < rows_; ++position) {
    const double rate = rates_[position];
    if (position == leaving || rate == 0.0) continue;
    double* const row = &inverse(position, 0);
    for (std::size_t i = 0; i < rows_; ++i) row[i] -= rate * pivot_row[i];
  }
  if (basis_[leaving].kind == Kind::bundle) {
    std::erase(at(positions_, basis_[leaving].bundle.student), leaving);
  }
  if (own >= 0) at(positions_, own).push_back(leaving);
  basis_[leaving] = std::move(entering);
  values_.basis[leaving] = step;
  // `gain` is relative to the own key, which may have changed places with a bundle of equal worth.
  const Real exact_gain = [&] {
    if (own < 0 || leaving_key != own) return gain;
    Real now{};
    now += reduced_cost(basis_[leaving].bundle);
    return now;
  }();
  for (std::size_t row = 0; row < rows_; ++row) {
    if (pivot_row[row] == 0.0) continue;
    for (std::size_t level = 0; level < exact_gain.size(); ++level) {
      row_prices_[row][level] += exact_gain[level] * pivot_row[row];
    }
  }
  if (++pivots_since_refactor_ >= std::max(300, static_cast<int>(rows_))) refactor();
}

bool BundleLp::optimize(std::int64_t& work) {
  while (true) {
    if (work <= 0) return false;
    work -= static_cast<std::int64_t>(rows_ * rows_);
    if (enter_single(work) || enter_bundle(work)) continue;
    if (pivots_since_refactor_ == 0) return true;
    refactor();  // the last word is spoken on exact values
  }
}

Real BundleLp::value() const {
  const Values values = values_for(right_side_);
  Real sum{};
  const auto add = [&](const Real& cost, double times) {
    for (std::size_t level = 0; level < cost.size(); ++level) sum[level] += cost[level] * times;
  };
  for (std::size_t student = 0; student < keys_.size(); ++student) {
    add(keys_[student].cost, values.keys[student]);
  }
  for (std::size_t position = 0; position < rows_; ++position) {
    const Basic& basic = basis_[position];
    add(basic.kind == Kind::bundle ? basic.bundle.cost : working_cost(basic),
        values.basis[position]);
  }
  return sum;
}

std::vector<std::vector<double>> BundleLp::shares() const {
  const Values values = values_for(right_side_);
  std::vector<std::vector<double>> shares;
  for (const auto& student : problem_.students) shares.emplace_back(student.list.size(), 0.0);
  const auto add = [&](const Bundle& bundle, double value) {
    for (const int place : bundle.places) at(at(shares, bundle.student), place) += value;
  };
  for (std::size_t student = 0; student < keys_.size(); ++student) {
    add(keys_[student], values.keys[student]);
  }
  for (std::size_t position = 0; position < rows_; ++position) {
    if (basis_[position].kind == Kind::bundle) {
      add(basis_[position].bundle, values.basis[position]);
    }
  }
  return shares;
}

std::vector<double> BundleLp::opened() const {
  const Values values = values_for(right_side_);
  std::vector<double> open(problem_.caps.size(), 0.0);
  for (std::size_t section = 0; section < open.size(); ++section) {
    if (min_row_[section] < 0) open[section] = 1.0;
  }
  for (std::size_t position = 0; position < rows_; ++position) {
    if (basis_[position].kind == Kind::opening) {
      at(open, basis_[position].row) = values.basis[position];
    }
  }
  return open;
}

BundleLp::Prices BundleLp::prices() const {
  Prices prices;
  for (std::size_t section = 0; section < problem_.caps.size(); ++section) {
    Real price = row_prices_[section];
    if (min_row_[section] >= 0) price += at(row_prices_, min_row_[section]);
    prices.sections.push_back(price);
  }
  for (std::size_t group = 0; group < problem_.group_caps.size(); ++group) {
    prices.groups.push_back(row_prices_[problem_.caps.size() + group]);
  }
  for (std::size_t cut = 0; cut < cuts_.size(); ++cut) {
    prices.surcharges.push_back(
        {cuts_[cut].student, cuts_[cut].place, row_prices_[first_cut_ + cut]});
  }
  return prices;
}

}  // namespace sj::allocate
