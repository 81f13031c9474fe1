#pragma once

#include <vector>

#include "engines/allocate/choice.h"
#include "engines/allocate/market.h"

namespace sj::allocate {

/// The last one admitted, or the turn that used a section up (docs/algorithms/draw.md, section 4).
struct CutOff {
  enum class Kind : unsigned char {
    open,  // one more of this class with the last possible number would get in
    last,  // `student` was the last one in; better keys were admitted, worse ones not
    none,  // nobody of this class got in
    full,  // no seat is left; says nothing about who got in
  };
  Kind kind = Kind::open;
  int priority_class = 0;
  int student = -1;
  // Only under draft and serial; 0 if the section was closed to the class when its phase began.
  int round = 0;
  int turn = 0;
  bool release = false;
};

/// What a rule did, ready to be written down.
struct Outcome {
  Assignment assignment;
  /// Per section. Without reserves at most one entry; with them one per class or per phase.
  std::vector<std::vector<CutOff>> cut_offs;
  /// Sections that were closed below their `min`, opened again, and are part of the draw.
  std::vector<int> reopened{};
  /// Sections that opened again for those with nothing alone, in that order. Their cut-offs speak
  /// of those with nothing only: no entry means that all of them who wished it got in.
  std::vector<int> aside{};
};

/// How `stable`, `draft` and `serial` go on after closing. A result is checked by its own edition.
enum class Edition : unsigned char {
  first = 1,   // what was closed stays closed
  second = 2,  // what those with nothing can hold opens again
};

/// Deferred acceptance by priority class, then lottery position (`stable-2`).
///
/// Takes:   a checked market; classes count per wish.
/// Gives:   no blocking pair when every student's conflicts are cliques; else the best of at most
///          20 repairs, whose blocking pairs the caller counts. Sections below `min` are closed, or
///          opened again (`Outcome::aside`: only with these may pairs block without overlaps).
/// Limits:  O(wishes · log cap). A section that closes or opens costs the lists of those it moves,
///          or a whole draw where groups, reserves, or overlaps that are no cliques are used.
/// Source:  Gale and Shapley 1962; with reserves Hafalir, Yenmez and Yildirim 2013.
[[nodiscard]] Outcome decide_stable(const Market& market, Edition edition = Edition::second);

/// Rounds in lottery order, every second one backwards (`draft-2`).
/// Takes: a market where each student has one class for all wishes. Source: decisions, the draw.
[[nodiscard]] Outcome decide_draft(const Market& market, Edition edition = Edition::second);

/// In lottery order, each takes all it can (`serial-2`).
/// Takes: a market where each student has one class for all wishes. Source: decisions, the draw.
[[nodiscard]] Outcome decide_serial(const Market& market, Edition edition = Edition::second);

/// Whether `draft` and `serial` are defined: no student has wishes of different classes.
/// Gives: -1, or the first student that has.
[[nodiscard]] int first_with_mixed_classes(const Market& market);

/// Per section, students who would still take it, by class, then position.
[[nodiscard]] std::vector<std::vector<int>> waiting_lists(const Market& market,
                                                          const Assignment& assignment);

struct Statistics {
  std::int64_t seated = 0;
  std::int64_t total_rank = 0;
  std::int64_t total_points = 0;
  std::int64_t with_nothing = 0;
  std::int64_t blocking_pairs = 0;
  std::vector<std::int64_t> profile;  // [k]: seats of rank k + 1
  std::vector<int> closed;            // sections with `min` that hold nobody
};
[[nodiscard]] Statistics statistics(const Market& market, const Assignment& assignment);

/// Those with nothing who wish each section.
struct Unserved {
  int wishing = 0;
  /// How many of them it could seat: its own seats and those its group has left.
  int seats = 0;
};
/// Per section; 0 where the section is not closed.
[[nodiscard]] std::vector<Unserved> unserved(const Market& market, const Assignment& assignment);

/// Whether an assignment keeps caps, groups, quotas, conflicts and `min`, and nobody sits in a
/// closed section. Linear; asked after every decision, also in release.
[[nodiscard]] bool is_feasible(const Market& market, const Assignment& assignment);

}  // namespace sj::allocate
