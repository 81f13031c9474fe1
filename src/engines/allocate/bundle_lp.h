#pragma once

#include <vector>

#include "engines/allocate/problem.h"
#include "engines/allocate/proof.h"

namespace sj::allocate {

/// The linear programme over bundles: each student mixes bundles it may hold, sections and groups
/// have their seats. Its bound is at least as good as that of any programme over single seats.
/// A section with `min` is opened in part, y of it: it then has y·cap seats and fills y·min; that a
/// student holds no more than y of it is added where it is broken (`add_cuts`).
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

  /// Adds rows `share <= opened part` for what breaks them most; false if nothing does. The next
  /// `optimize` goes on from the present basis.
  bool add_cuts();

  /// Value and shares of the present basis, without the perturbation.
  [[nodiscard]] Real value() const;
  /// How much of each place the student gets, 0..1.
  [[nodiscard]] std::vector<std::vector<double>> shares() const;

  /// How much of each section is open, 0..1; 1 without `min`.
  [[nodiscard]] std::vector<double> opened() const;

  struct Surcharge {
    int student = 0;
    int place = 0;
    Real price{};
  };
  struct Prices {
    std::vector<Real> sections;
    std::vector<Real> groups;
    std::vector<Surcharge> surcharges;
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
  // `opening` is how much of a section is open; `excess` what a cut lacks when it is added.
  enum class Kind : unsigned char { bundle, slack, surplus, opening, excess };
  struct Basic {
    Kind kind = Kind::slack;
    int row = -1;     // of a slack, surplus or excess; of an opening: the section
    Bundle bundle{};  // of a bundle
  };
  struct Cut {
    int student = 0;
    int place = 0;
    int section = 0;
  };

  [[nodiscard]] Bundle make_bundle(int student, const std::vector<int>& places) const;
  void price_bundle(Bundle& bundle) const;
  [[nodiscard]] Real working_cost(const Basic& basic) const;
  [[nodiscard]] bool is_min_row(int row) const;
  [[nodiscard]] bool must_open(int row) const;
  void add_row(double right_side, double perturbation);
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
  bool enter_from_pool(std::int64_t& work);
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
  // Rows: seats of sections, of groups, for each section with `min`: filled enough, open at most
  // once; then cuts.
  std::size_t plain_rows_ = 0;  // sections and groups
  std::size_t first_cut_ = 0;
  std::vector<int> min_row_;  // per section: its row of `min`, or -1; the next is `open once`
  std::vector<int> sections_with_min_;
  std::vector<Cut> cuts_;
  std::vector<std::vector<int>> cut_row_;          // per student, per place: -1; empty: no cut
  std::vector<std::vector<int>> cuts_of_section_;  // per section: rows
  std::vector<double> right_side_;                 // per row
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
  std::vector<Bundle> pool_;
  std::vector<Real> weights_;  // of find_best_bundle, kept for their memory
  std::vector<char> allowed_;
  std::vector<double> column_;
  std::vector<double> rates_;
};

}  // namespace sj::allocate
