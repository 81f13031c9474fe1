#pragma once

#include <vector>

#include "engines/allocate/problem.h"
#include "engines/allocate/proof.h"

namespace sj::allocate {

/// The linear programme over bundles: each student mixes bundles it may hold, sections and groups
/// have their seats. Its bound is at least as good as that of any programme over single seats.
///
/// Primal simplex with a working basis of the sections and groups only (Dantzig and Van Slyke
/// 1967, generalised upper bounds): each student has one key bundle outside it. Bundles enter as
/// BundleSearch finds them, so only those in the basis exist. It can go on from where it stands
/// after restrictions change: what they forbid costs on the first level.
class BundleLp {
 public:
  /// Takes: bundles that keep caps, groups and conflicts, where the simplex starts.
  BundleLp(const Problem& problem, const Bundles& start);

  /// Puts the present restrictions in force; the next `optimize` goes on from the present basis.
  void restrict_to(const Restrictions& restrictions);

  /// Improves until optimal (true) or until `work` is used up (false). Work counts elements of the
  /// working basis touched and bundles searched, so the limit falls at the same point everywhere.
  bool optimize(std::int64_t& work);

  /// Value and shares of the present basis, without the perturbation.
  [[nodiscard]] Real value() const;
  /// How much of each place the student gets, 0..1.
  [[nodiscard]] std::vector<std::vector<double>> shares() const;

  struct Prices {
    std::vector<Real> sections;
    std::vector<Real> groups;
  };
  /// Prices of the present basis; they bound the value also before it is optimal.
  [[nodiscard]] Prices prices() const;

 private:
  struct Bundle {
    int student = -1;
    std::vector<int> places;
    std::vector<int> rows;  // constraint rows it uses once each, possibly repeated
    Real cost{};
  };
  enum class Kind : unsigned char { bundle, slack, surplus, shortage };
  struct Basic {
    Kind kind = Kind::slack;
    int row = -1;     // of a slack, surplus or shortage
    Bundle bundle{};  // of a bundle
  };

  [[nodiscard]] Bundle make_bundle(int student, const std::vector<int>& places) const;
  void price_bundle(Bundle& bundle) const;
  [[nodiscard]] Real working_cost(const Basic& basic) const;
  [[nodiscard]] Real reduced_cost(const Bundle& bundle) const;
  void working_column(const Basic& entering, std::vector<double>& column) const;
  void refactor();
  struct Values {
    std::vector<double> keys;   // per student
    std::vector<double> basis;  // per row
  };
  [[nodiscard]] Values values_for(const std::vector<double>& right_side) const;
  void find_prices();
  bool enter_single(std::int64_t& work);
  bool enter_bundle(std::int64_t& work);
  bool find_best_bundle(int student, Bundle& best, Real& gain);
  void pivot(Basic entering, const Real& gain);
  void make_basic_key(int student, std::size_t position);

  [[nodiscard]] double& inverse(std::size_t row, std::size_t column) {
    return inverse_[row * rows_ + column];
  }

  const Problem& problem_;
  const Bundles& start_;
  const Restrictions* restrictions_ = nullptr;
  std::size_t rows_ = 0;
  std::vector<int> min_row_;        // per section: its row of `min`, or -1
  std::vector<double> right_side_;  // per row
  // Every row has a little more than it should, each another little, so that no step of the
  // simplex has length 0 and it cannot go round in circles. What is reported is without it.
  std::vector<double> perturbed_side_;
  std::vector<Bundle> keys_;                         // per student
  std::vector<Basic> basis_;                         // per row
  Values values_;                                    // perturbed
  std::vector<std::vector<std::size_t>> positions_;  // per student: its bundles in the basis
  std::vector<double> inverse_;
  std::vector<Real> row_prices_;
  std::vector<Real> seat_prices_;  // per section: all rows one seat uses
  int pivots_since_refactor_ = 0;
  int next_student_ = 0;
  BundleSearch<Real> search_;
  std::vector<double> column_;
  std::vector<double> rates_;
};

}  // namespace sj::allocate
