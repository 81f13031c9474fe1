#include "engines/allocate/proof.h"

#include <algorithm>
#include <functional>

namespace sj::allocate {
namespace {

int local_index(const std::vector<int>& ids, int id) {
  const auto found = std::lower_bound(ids.begin(), ids.end(), id);
  return found != ids.end() && *found == id ? static_cast<int>(found - ids.begin()) : -1;
}

int place_of(const Problem::Student& student, int section) {
  const auto found = std::find_if(student.list.begin(), student.list.end(),
                                  [&](const auto& place) { return place.section == section; });
  return found == student.list.end() ? -1 : static_cast<int>(found - student.list.begin());
}

// Floor of a / b for b > 0.
Int128 floor_div(Int128 a, Int128 b) {
  const Int128 quotient = a / b;
  return a % b < 0 ? quotient - 1 : quotient;
}

// Walks the tree; restrictions are put on going down and taken off coming up.
class Checker {
 public:
  Checker(const Problem& problem, const ComponentProof& proof, const Bundles& bundles)
      : problem_(problem),
        proof_(proof),
        restrictions_(problem),
        value_(total_value(problem, bundles)),
        seen_(proof.nodes.size(), 0) {}

  [[nodiscard]] bool run() {
    if (proof_.nodes.empty() || !visit(0)) return false;
    return std::find(seen_.begin(), seen_.end(), 0) == seen_.end();
  }

  [[nodiscard]] std::optional<Gap> gap() const { return gap_; }

 private:
  using State = Restrictions::SectionState;

  bool visit(int index) {
    if (index < 0 || index >= static_cast<int>(proof_.nodes.size()) || at(seen_, index) != 0) {
      return false;
    }
    at(seen_, index) = 1;
    const ProofNode& node = at(proof_.nodes, index);
    switch (node.kind) {
      case ProofNode::Kind::leaf:
        return leaf(node);
      case ProofNode::Kind::section_branch:
        return section_branch(node);
      case ProofNode::Kind::wish_branch:
        return wish_branch(node);
    }
    return false;
  }

  bool leaf(const ProofNode& node) {
    if (node.scale < 1) return false;
    const LeafBound bound = leaf_bound(problem_, restrictions_, node);
    if (!bound.valid) return false;
    if (proves(bound, node.scale, value_)) return true;
    const auto units =
        static_cast<std::int64_t>(floor_div(bound.bound[0] - value_[0] * node.scale, node.scale));
    if (!gap_ || units > gap_->unit) gap_ = Gap{units / problem_.unit, units};
    return true;
  }

  bool section_branch(const ProofNode& node) {
    const int section = local_index(problem_.section_ids, node.section);
    if (section < 0 || at(restrictions_.sections, section) != State::any) return false;
    at(restrictions_.sections, section) = State::open;
    const bool open = visit(node.first);
    at(restrictions_.sections, section) = State::closed;
    const bool closed = visit(node.second);
    at(restrictions_.sections, section) = State::any;
    return open && closed;
  }

  bool wish_branch(const ProofNode& node) {
    const int section = local_index(problem_.section_ids, node.section);
    const int student = local_index(problem_.student_ids, node.student);
    if (section < 0 || student < 0) return false;
    const int place = place_of(at(problem_.students, student), section);
    if (place < 0) return false;
    at(restrictions_.taken, student).push_back(place);
    const bool take = visit(node.first);
    at(restrictions_.taken, student).pop_back();
    restrictions_.skip(problem_, student, place);
    const bool skip = visit(node.second);
    restrictions_.unskip(student, place);
    return take && skip;
  }

  const Problem& problem_;
  const ComponentProof& proof_;
  Restrictions restrictions_;
  Total value_;
  std::vector<char> seen_;
  std::optional<Gap> gap_;
};

}  // namespace

Restrictions::Restrictions(const Problem& problem)
    : sections(problem.caps.size(), SectionState::any),
      skipped(problem.students.size()),
      taken(problem.students.size()) {}

void Restrictions::skip(const Problem& problem, int student, int place) {
  auto& flags = at(skipped, student);
  flags.resize(at(problem.students, student).list.size(), 0);
  at(flags, place) = 1;
}

int most_to_open(const Problem& problem, const Restrictions& restrictions) {
  std::int64_t seats = 0;  // that all students together can fill
  for (const auto& student : problem.students) {
    seats += std::min(static_cast<std::int64_t>(student.quota),
                      static_cast<std::int64_t>(student.list.size()));
  }
  std::vector<int> undecided;
  for (int section = 0; section < problem.section_count(); ++section) {
    if (at(problem.closed, section) != 0) continue;
    const auto state = at(restrictions.sections, section);
    if (state == Restrictions::SectionState::open) seats -= at(problem.mins, section);
    if (state == Restrictions::SectionState::any && at(problem.mins, section) > 0) {
      undecided.push_back(at(problem.mins, section));
    }
  }
  if (seats < 0) return -1;
  std::sort(undecided.begin(), undecided.end());
  int most = 0;
  for (const int min : undecided) {
    seats -= min;
    if (seats < 0) break;
    ++most;
  }
  return most;
}

LeafBound leaf_bound(const Problem& problem,
                     const Restrictions& restrictions,
                     const ProofNode& leaf) {
  LeafBound result;
  const Value zero{};
  std::vector<Value> price(problem.caps.size(), zero);
  std::vector<Total> income(problem.caps.size());  // per section, if it opens
  const auto add = [](Total& sum, const Value& amount, int times) {
    for (std::size_t level = 0; level < amount.size(); ++level) {
      sum[level] += static_cast<Int128>(amount[level]) * times;
    }
  };
  for (const auto& entry : leaf.prices) {
    const int section = local_index(problem.section_ids, entry.index);
    if (section < 0) return {.valid = false};
    const bool negative = entry.price < zero;
    if (negative && at(problem.mins, section) == 0) return {.valid = false};
    at(price, section) = entry.price;
    add(at(income, section), entry.price,
        negative ? at(problem.mins, section) : at(problem.caps, section));
  }
  std::vector<std::vector<Value>> surcharge(problem.students.size());  // per place; mostly empty
  for (const auto& entry : leaf.surcharges) {
    const int section = local_index(problem.section_ids, entry.section);
    const int student = local_index(problem.student_ids, entry.student);
    if (section < 0 || student < 0 || at(problem.mins, section) == 0 || entry.price < zero) {
      return {.valid = false};
    }
    const int place = place_of(at(problem.students, student), section);
    if (place < 0) return {.valid = false};
    at(surcharge, student).resize(at(problem.students, student).list.size(), zero);
    at(at(surcharge, student), place) = entry.price;
    add(at(income, section), entry.price, 1);
  }
  std::vector<Total> choices;  // incomes of sections that `min` lets open or not
  for (int section = 0; section < problem.section_count(); ++section) {
    const auto state = at(restrictions.sections, section);
    if (at(problem.closed, section) != 0 || state == Restrictions::SectionState::closed) continue;
    if (state == Restrictions::SectionState::any && at(problem.mins, section) > 0) {
      if (Total{} < at(income, section)) choices.push_back(at(income, section));
    } else {
      result.bound += at(income, section);
    }
  }
  for (const auto& entry : leaf.group_prices) {
    const auto group = std::find(problem.group_ids.begin(), problem.group_ids.end(), entry.index);
    if (group == problem.group_ids.end() || entry.price < zero) return {.valid = false};
    const int number = static_cast<int>(group - problem.group_ids.begin());
    add(result.bound, entry.price, at(problem.group_caps, number));
    for (int section = 0; section < problem.section_count(); ++section) {
      if (at(problem.groups, section) == number) at(price, section) += entry.price;
    }
  }

  const int most = most_to_open(problem, restrictions);
  if (most < 0) return {.empty = true};
  std::sort(choices.begin(), choices.end(), std::greater<>());
  choices.resize(std::min(choices.size(), static_cast<std::size_t>(most)));
  for (const Total& choice : choices) result.bound += choice;

  BundleSearch<Value> search;
  std::vector<Value> weights;
  std::vector<char> allowed;
  for (int student = 0; student < problem.student_count(); ++student) {
    const Problem::Student& one = at(problem.students, student);
    const auto& skipped = at(restrictions.skipped, student);
    const auto& taken = at(restrictions.taken, student);
    weights.clear();
    allowed.assign(one.list.size(), 1);
    for (std::size_t place = 0; place < one.list.size(); ++place) {
      Value weight = one.list[place].value;
      for (auto& level : weight) level *= leaf.scale;
      weight -= at(price, one.list[place].section);
      if (!at(surcharge, student).empty()) weight -= at(surcharge, student)[place];
      weights.push_back(weight);
      const auto state = at(restrictions.sections, one.list[place].section);
      if (state == Restrictions::SectionState::closed ||
          at(problem.closed, one.list[place].section) != 0 ||
          (!skipped.empty() && skipped[place] != 0)) {
        allowed[place] = 0;
      }
    }
    const bool possible =
        std::all_of(taken.begin(), taken.end(), [&](int place) { return at(allowed, place) != 0; });
    if (!possible || !search.run(one.conflicts, one.quota, weights, allowed, taken)) {
      return {.empty = true};
    }
    for (std::size_t level = 0; level < zero.size(); ++level) {
      result.bound[level] += search.weight()[level];
    }
  }
  return result;
}

bool proves(const LeafBound& bound, std::int64_t scale, const Total& value) {
  if (!bound.valid) return false;
  if (bound.empty) return true;
  Total limit = value;
  limit[2] += 1;
  for (auto& level : limit) level *= scale;
  return bound.bound < limit;
}

bool check_proof(const Problem& problem,
                 const ComponentProof& proof,
                 const Bundles& bundles,
                 std::optional<Gap>& gap) {
  if (proof.unit != problem.unit) return false;
  Checker checker(problem, proof, bundles);
  if (!checker.run()) return false;
  gap = checker.gap();
  return true;
}

}  // namespace sj::allocate
