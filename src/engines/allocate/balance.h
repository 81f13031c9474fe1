#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "engines/allocate/market.h"

namespace sj::allocate {

/// The wishes for each section, ascending, so that one section can be asked without all lists.
class Wishers {
 public:
  explicit Wishers(const Market& market);
  [[nodiscard]] std::span<const std::int64_t> of(int section) const;

 private:
  std::vector<std::size_t> begin_;  // per section, one more at the end
  std::vector<std::int64_t> wishes_;
};

/// What is known of seats while sections close and open again: who is below `min`, and which closed
/// section those with nothing could hold. A seat that changes hands costs O(list · log sections),
/// so that the next section to close or to open is found without looking at all of them.
class Balance {
 public:
  Balance(const Market& market, const Assignment& assignment);

  void give(std::int64_t wish);
  void free(std::int64_t wish);
  void close(int section);
  void open(int section);

  /// Open sections below their `min`: largest shortfall first, then smallest id.
  [[nodiscard]] std::vector<int> short_ones() const;
  /// The first of them; -1 if there is none.
  [[nodiscard]] int first_short() const;

  /// The closed section that would seat most of those with nothing; -1 if none not yet tried would
  /// reach its `min`.
  [[nodiscard]] int largest_to_open();
  void set_tried(int section);
  void forget_tries();
  /// How many of those with nothing a closed section could seat.
  [[nodiscard]] int seats_for(int section) const;

  [[nodiscard]] bool is_closed(int section) const { return at(closed_, section) != 0; }
  [[nodiscard]] const std::vector<char>& closed() const { return closed_; }
  [[nodiscard]] int taken(int section) const { return at(taken_, section); }
  [[nodiscard]] int holding(int student) const { return at(holding_, student); }
  [[nodiscard]] int owner(std::int64_t wish) const { return at(owners_, wish); }

  /// From here on it is noted who holds fewer seats than now.
  void watch();
  [[nodiscard]] bool somebody_lost() const;

 private:
  void weigh(int section);
  void count(std::int64_t wish, int by);

  const Market& market_;
  std::vector<int> owners_;       // per wish
  std::vector<char> closed_;      // per section
  std::vector<char> tried_;       // per section
  std::vector<int> taken_;        // per section
  std::vector<int> wishing_;      // per section: those with nothing who wish it
  std::vector<int> group_taken_;  // per group
  std::vector<int> holding_;      // per student
  std::vector<std::vector<int>> group_members_;
  std::vector<char> group_moved_;  // since the closed ones of the group were weighed
  std::vector<int> moved_groups_;
  std::vector<std::pair<int, int>> places_;   // per section: its entries in the two sets, 0: none
  std::set<std::pair<int, int>> short_;       // -shortfall, section
  std::set<std::pair<int, int>> waited_for_;  // -seats, section
  bool watching_ = false;
  std::vector<std::pair<int, int>> before_;  // student, seats held
};

}  // namespace sj::allocate
