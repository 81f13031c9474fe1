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
    : problem_(problem), start_(start) {
  const std::size_t sections = problem.caps.size();
  rows_ = sections + problem.group_caps.size();
  for (const int cap : problem.caps) right_side_.push_back(cap);
  for (const int cap : problem.group_caps) right_side_.push_back(cap);
  for (std::size_t section = 0; section < sections; ++section) {
    const bool has_min = problem.mins[section] > 0 && problem.closed[section] == 0;
    min_row_.push_back(has_min ? static_cast<int>(rows_++) : -1);
    if (has_min) right_side_.push_back(problem.mins[section]);
  }
  for (std::size_t row = 0; row < rows_; ++row) {
    const bool of_min = row >= sections + problem.group_caps.size();
    basis_.push_back({of_min ? Kind::shortage : Kind::slack, static_cast<int>(row), {}});
  }
  positions_.resize(problem.students.size());
  for (std::size_t row = 0; row < rows_; ++row) {
    constexpr std::size_t kSpread = 2654435761U;  // any multiplier that scatters the rows
    const auto part = static_cast<double>(row * kSpread % 1009) / 1009.0;
    perturbed_side_.push_back(right_side_[row] + kPerturbation * (1.0 + part));
  }
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
  }
  for (Bundle& key : keys_) price_bundle(key);
  for (Basic& basic : basis_) {
    if (basic.kind == Kind::bundle) price_bundle(basic.bundle);
  }
  refactor();
}

Real BundleLp::working_cost(const Basic& basic) const {
  if (basic.kind == Kind::bundle) {
    Real cost = basic.bundle.cost;
    cost -= at(keys_, basic.bundle.student).cost;
    return cost;
  }
  if (basic.kind == Kind::shortage) {
    const auto found = std::find(min_row_.begin(), min_row_.end(), basic.row);
    const auto section = found - min_row_.begin();
    const bool must_open = at(restrictions_->sections, section) == Restrictions::SectionState::open;
    return {must_open ? -1.0 : 0.0, 0, 0, 0};
  }
  return Real{};
}

void BundleLp::working_column(const Basic& entering, std::vector<double>& column) const {
  column.assign(rows_, 0.0);
  if (entering.kind != Kind::bundle) {
    at(column, entering.row) = entering.kind == Kind::surplus ? -1.0 : 1.0;
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
  std::vector<Real> weights;
  std::vector<char> allowed;
  for (std::size_t place = 0; place < one.list.size(); ++place) {
    const auto& wish = one.list[place];
    Real weight{0.0, static_cast<double>(wish.value[0]), static_cast<double>(wish.value[1]),
                static_cast<double>(wish.value[2])};
    weight -= at(seat_prices_, wish.section);
    weights.push_back(weight);
    const bool is_allowed =
        at(problem_.closed, wish.section) == 0 &&
        at(restrictions_->sections, wish.section) != Restrictions::SectionState::closed &&
        (skipped.empty() || skipped[place] == 0);
    allowed.push_back(is_allowed ? 1 : 0);
  }
  if (!search_.run(one.conflicts, one.quota, weights, allowed, at(restrictions_->taken, student))) {
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
    Real minus{};
    minus -= row_prices_[row];
    if (row < problem_.caps.size() + problem_.group_caps.size()) {
      offer(Kind::slack, static_cast<int>(row), minus);
      continue;
    }
    offer(Kind::surplus, static_cast<int>(row), row_prices_[row]);
    Real shortage = working_cost({Kind::shortage, static_cast<int>(row), {}});
    shortage -= row_prices_[row];
    offer(Kind::shortage, static_cast<int>(row), shortage);
  }
  if (compare(best_gain, Real{}) <= 0) return false;
  pivot(std::move(best), best_gain);
  return true;
}

// Looks at students from where it stopped last time and enters the best bundle of a block of them.
bool BundleLp::enter_bundle(std::int64_t& work) {
  seat_prices_.assign(problem_.caps.size(), Real{});
  for (std::size_t section = 0; section < problem_.caps.size(); ++section) {
    seat_prices_[section] = row_prices_[section];
    const int group = problem_.groups[section];
    if (group >= 0) seat_prices_[section] += at(row_prices_, problem_.section_count() + group);
    if (min_row_[section] >= 0) seat_prices_[section] += at(row_prices_, min_row_[section]);
  }
  constexpr int kBlock = 4;
  Bundle best;
  Real best_gain{};
  bool found = false;
  const int students = problem_.student_count();
  for (int step = 0; step < students; ++step) {
    if (found && step % kBlock == 0) break;
    const int student = next_student_;
    if (++next_student_ == students) next_student_ = 0;
    work -= 32;
    Bundle bundle;
    Real gain{};
    if (find_best_bundle(student, bundle, gain) && (!found || compare(gain, best_gain) > 0)) {
      best = std::move(bundle);
      best_gain = gain;
      found = true;
    }
  }
  if (!found) return false;
  pivot({Kind::bundle, -1, std::move(best)}, best_gain);
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
  if (++pivots_since_refactor_ >= std::max(100, static_cast<int>(rows_))) refactor();
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
  return prices;
}

}  // namespace sj::allocate
