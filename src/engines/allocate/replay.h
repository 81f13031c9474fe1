#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engines/allocate/running.h"

namespace sj::allocate {

/// When turns come in `draft` and `serial`: by class, then round, then place in the round. Every
/// turn is one student's, so that a time says whose it is. 0 is before all turns.
class Turns {
 public:
  explicit Turns(const Market& market);

  struct Class {
    int priority_class = 0;
    std::vector<int> students{};  // by lottery position
  };
  [[nodiscard]] const std::vector<Class>& classes() const { return classes_; }

  [[nodiscard]] static std::uint64_t time_of(std::size_t class_index, int round, std::size_t place);
  [[nodiscard]] int student_at(std::uint64_t time) const;
  /// The first turn of a student after `time`; with one round only, 0 if that is over.
  [[nodiscard]] std::uint64_t next(int student, std::uint64_t time, bool one_round) const;

 private:
  [[nodiscard]] std::uint64_t turn(int student, int round) const;

  std::vector<Class> classes_;
  std::vector<std::size_t> class_of_;  // per student: index in classes_
  std::vector<std::size_t> place_of_;  // per student: place in its class
};

/// Goes on with a finished draw of `draft` (`one_by_one`) or `serial` over a market without
/// reserves, looking only at turns that may go another way.
/// Takes: `when`, per wish the turn that took it, else 0; `redraw` makes the result that is
/// written.
[[nodiscard]] std::unique_ptr<Running> make_replay(const Market& market,
                                                   const Turns& turns,
                                                   bool one_by_one,
                                                   std::vector<std::uint64_t> when,
                                                   Balance& balance,
                                                   Redraw redraw);

}  // namespace sj::allocate
