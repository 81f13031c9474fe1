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

/// The order in which a section's reserves and classes let applicants in: those a reserve takes,
/// then by class, position and rank. Gives: places in `applicants`.
[[nodiscard]] std::vector<std::size_t> reserved_then_key(const Market& market,
                                                         const std::vector<Applicant>& applicants);

/// Who holds what, gate by gate. A gate is a group with all its sections, or a section without one.
class Gates {
 public:
  explicit Gates(const Market& market);

  [[nodiscard]] int gate_of(int section) const { return at(gate_of_, section); }
  [[nodiscard]] int gate_count() const { return gate_count_; }
  /// Whether reserves decide here, so that one cut-off for all classes does not exist.
  [[nodiscard]] bool has_reserves(int gate) const { return at(has_reserves_, gate) != 0; }
  [[nodiscard]] bool any_reserves() const { return any_reserves_; }

 private:
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

/// Who sits where under an assignment, section by section and gate by gate.
struct Seated {
  std::vector<int> in_section;  // seats taken
  std::vector<int> in_gate;
  /// The applicant that comes last by key, then rank; of the section and of the whole gate.
  std::vector<Applicant> last_in_section;
  std::vector<Applicant> last_in_gate;
  /// All of a gate, only where reserves decide there.
  std::vector<std::vector<Applicant>> crowd;

  [[nodiscard]] bool section_full(const Market& market, int section) const;
  [[nodiscard]] bool group_full(const Market& market, const Gates& gates, int section) const;
};
[[nodiscard]] Seated seated(const Market& market, const Gates& gates, const Assignment& assignment);

/// Whether the first goes before the second where no reserve decides.
[[nodiscard]] bool goes_before(const Applicant& a, const Applicant& b);

}  // namespace sj::allocate
