#pragma once

#include <functional>
#include <vector>

#include "engines/allocate/balance.h"
#include "engines/allocate/rules.h"

namespace sj::allocate {

/// A draw that has been made and goes on when a section closes or opens, as if it had been made
/// again from the start. Every seat that changes hands is told to the balance given to it.
class Running {
 public:
  Running() = default;
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  virtual ~Running() = default;

  virtual void close(const std::vector<int>& sections) = 0;
  virtual void open(int section) = 0;
  /// Everything as before the last `open`.
  virtual void take_back() = 0;
  [[nodiscard]] virtual Outcome outcome() = 0;
};

/// Whether any section may close for want of students.
[[nodiscard]] bool any_min(const Market& market);

/// Closes what is below `min` until nothing is, then, in the second edition, opens again what those
/// with nothing can hold (docs/algorithms/draw.md, `min`). `parts` numbers the part of the market
/// of each section where many may close at once; empty: one at a time.
[[nodiscard]] Outcome settle(const Market& market,
                             Edition edition,
                             const std::vector<int>& parts,
                             Balance& balance,
                             Running& running);

/// How many sections a draw may close before it is made again. Components do not touch each other,
/// so that one in each gives what one by one would, in fewer draws.
enum class Closing : unsigned char { one, one_per_component };

/// The draw from the start, with these sections closed.
using Redraw = std::function<Outcome(const std::vector<char>& closed)>;

/// The same, made again from the start at every change: O(draw) each.
[[nodiscard]] Outcome draw_until_settled(const Market& market,
                                         Closing closing,
                                         Edition edition,
                                         const Redraw& draw);

}  // namespace sj::allocate
