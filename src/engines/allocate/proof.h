#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engines/allocate/problem.h"

namespace sj::allocate {

/// One node of the proof that no assignment of a component is better (docs/algorithms/draw.md,
/// section 5). Sections, groups and students are numbers of the market; a wish is (student,
/// section).
struct ProofNode {
  enum class Kind : unsigned char { leaf, section_branch, wish_branch };
  struct Price {
    int index = 0;
    Value price{};
  };
  struct Surcharge {
    int section = 0;
    int student = 0;
    Value price{};
  };
  Kind kind = Kind::leaf;
  int section = -1;
  int student = -1;
  int first = -1;   // node of: open, take
  int second = -1;  // node of: closed, skip
  std::int64_t scale = 1;
  std::vector<Price> prices;          // of sections, by index, none all 0
  std::vector<Price> group_prices;    // as above
  std::vector<Surcharge> surcharges;  // by section, then student: what one student pays more
};

struct Gap {
  std::int64_t seats = 0;
  std::int64_t unit = 0;
  friend bool operator==(const Gap&, const Gap&) = default;
};

struct ComponentProof {
  std::vector<ProofNode> nodes;  // [0] is the root
  std::int64_t unit = 1;
  std::optional<Gap> gap;
};

using Certificate = std::vector<ComponentProof>;

/// What the branches above a node demand.
struct Restrictions {
  enum class SectionState : unsigned char { any, open, closed };
  std::vector<SectionState> sections;      // per section of the problem
  std::vector<std::vector<char>> skipped;  // per student, per place; empty where nothing is
  std::vector<std::vector<int>> taken;     // per student: places
  explicit Restrictions(const Problem& problem);

  void skip(const Problem& problem, int student, int place);
  void unskip(int student, int place) { at(at(skipped, student), place) = 0; }
};

/// How many of the sections that are not decided can hold their `min` together, since all students
/// together fill only so many seats; -1 if even those decided open cannot.
[[nodiscard]] int most_to_open(const Problem& problem, const Restrictions& restrictions);

/// Exact upper bound that the prices of a leaf prove, times its scale.
/// Gives: nothing if some student cannot hold what the branches demand (the leaf is empty), or
///        `bound`; `valid` is false if a price is negative where it may not be.
struct LeafBound {
  bool valid = true;
  bool empty = false;
  Total bound{};
};
[[nodiscard]] LeafBound leaf_bound(const Problem& problem,
                                   const Restrictions& restrictions,
                                   const ProofNode& leaf);

/// Whether the bound rules out everything better than `value`.
[[nodiscard]] bool proves(const LeafBound& bound, std::int64_t scale, const Total& value);

/// Checks one component's proof against what its students hold.
/// Gives: false if a node or price is malformed; else sets `gap` to what the proof leaves open.
[[nodiscard]] bool check_proof(const Problem& problem,
                               const ComponentProof& proof,
                               const Bundles& bundles,
                               std::optional<Gap>& gap);

}  // namespace sj::allocate
