#pragma once

#include <cstdint>
#include <vector>

#include "engines/allocate/market.h"

namespace sj::allocate {

/// Order among wishes for a section: class descending, then lottery position. Smaller goes first.
[[nodiscard]] inline std::uint64_t key_of(int priority_class, int position) {
  constexpr std::uint64_t kLowest = 0xffffffffU;
  return ((kLowest - static_cast<std::uint64_t>(priority_class)) << 32U) |
         static_cast<std::uint64_t>(position);
}

/// A wish that wants into a section, with what decides about it.
struct Applicant {
  std::int64_t wish = 0;
  int student = 0;
  int section = 0;
  int priority_class = 0;
  int position = 0;
};

/// Which applicants of one gate get in (docs/algorithms/draw.md, `accepted`).
/// Takes: all applicants of one section, or of all sections of one group.
/// Gives: one flag per applicant. O(k log k).
[[nodiscard]] std::vector<char> accepted(const Market& market,
                                         const std::vector<Applicant>& applicants);

/// Who holds what, gate by gate. A gate is a group with all its sections, or a section without one.
class Gates {
 public:
  explicit Gates(const Market& market);

  [[nodiscard]] int gate_of(int section) const { return at(gate_of_, section); }
  [[nodiscard]] int gate_count() const { return gate_count_; }
  /// Whether reserves decide here, so that one cut-off for all classes does not exist.
  [[nodiscard]] bool has_reserves(int gate) const { return at(has_reserves_, gate) != 0; }
  /// Neither reserves nor a group: the best `cap` keys get in.
  [[nodiscard]] bool is_plain(int gate) const { return gate < sections_ && !has_reserves(gate); }
  [[nodiscard]] bool any_reserves() const { return any_reserves_; }

 private:
  int sections_;
  int gate_count_;
  bool any_reserves_ = false;
  std::vector<int> gate_of_;
  std::vector<char> has_reserves_;
};

/// Whether the student would take the wish at `place` (docs/algorithms/draw.md, `would_take`).
[[nodiscard]] bool would_take(const Market& market,
                              const std::vector<char>& held,
                              int student,
                              std::int64_t wish);

/// All blocking pairs of an assignment, as wishes, ascending.
[[nodiscard]] std::vector<std::int64_t> blocking_pairs(const Market& market,
                                                       const Assignment& assignment);

/// The student of every wish: turns a wish number back into a person.
[[nodiscard]] std::vector<int> wish_owners(const Market& market);

/// What each gate holds under an assignment.
[[nodiscard]] std::vector<std::vector<Applicant>> held_by_gate(const Market& market,
                                                               const Gates& gates,
                                                               const Assignment& assignment);

}  // namespace sj::allocate
