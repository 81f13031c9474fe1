#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sj::allocate {

/// Element `index` of an array, for indices that are signed because -1 means none.
template <class Array, class Index>
[[nodiscard]] constexpr decltype(auto) at(Array&& array, Index index) {
  return array[static_cast<std::size_t>(index)];
}

/// Seats of a section that one priority class fills first (预留名额).
struct Reserve {
  int priority_class = 0;
  int seats = 0;
};

/// A section (课程班) as the engine sees it. Slot, course number and group are small numbers given
/// by the reader; -1 means none. `days` has one bit per day name; no bit means no fixed time.
struct Section {
  int cap = 0;
  int min = 0;
  int slot = -1;
  int course = -1;
  int group = -1;
  std::vector<int> days{};
  int start_min = 0;
  int end_min = 0;
  std::vector<Reserve> reserves{};  // by class, seats > 0
};

/// One line of a student's list (志愿). Rank 1 is the first wish.
struct Wish {
  int section = 0;
  int priority_class = 0;
  int points = 0;
};

/// A whole market in arrays: sections and students in the order of their ids, so that an index
/// compares like the id and the order of the input cannot matter.
struct Market {
  std::vector<Section> sections;
  std::vector<int> group_caps;

  std::vector<int> quotas;             // per student, >= 1
  std::vector<int> positions;          // per student, a permutation of 1..n: the lottery order
  std::vector<std::int64_t> wish_end;  // per student: end of its list in `wishes`
  std::vector<Wish> wishes;            // every list, best first
  std::vector<std::uint32_t> ties;     // per wish, for `welfare` only: first 32 bits of its hash

  bool has_priorities = false;  // some wish has a class other than 0, or a section has reserves
  bool has_points = false;

  [[nodiscard]] int student_count() const { return static_cast<int>(quotas.size()); }
  [[nodiscard]] int section_count() const { return static_cast<int>(sections.size()); }
  [[nodiscard]] std::int64_t wish_begin(int student) const {
    return student == 0 ? 0 : wish_end[static_cast<std::size_t>(student) - 1];
  }
  [[nodiscard]] std::span<const Wish> list(int student) const {
    const auto begin = static_cast<std::size_t>(wish_begin(student));
    const auto end = static_cast<std::size_t>(wish_end[static_cast<std::size_t>(student)]);
    return {wishes.data() + begin, end - begin};
  }
  /// Students by position, first drawn first.
  [[nodiscard]] std::vector<int> lottery_order() const;
};

/// Whether one student can never hold both: same slot, same course number, or overlapping times.
[[nodiscard]] bool conflict(const Section& a, const Section& b);

/// Whether any two sections of the market could conflict at all.
[[nodiscard]] bool may_conflict(const Market& market);

/// Whether a student's conflicts fall into separate cliques: each two of a clique conflict, no
/// others do. When it holds for all, choices are substitutes: a stable result exists, and `welfare`
/// is a flow.
[[nodiscard]] bool conflicts_are_cliques(const Market& market, int student);

/// The seats a rule has given.
struct Assignment {
  std::vector<char> held;    // per wish
  std::vector<char> closed;  // per section: closed for want of `min`
};

}  // namespace sj::allocate
