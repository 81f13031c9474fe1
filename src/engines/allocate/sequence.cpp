#include <algorithm>

#include "kernel/base/check.h"

#include "engines/allocate/replay.h"

namespace sj::allocate {
namespace {

// Students take turns; sections fill up. One instance runs one draw with fixed closed sections.
class Sequence {
 public:
  Sequence(const Market& market, const Turns& turns, const std::vector<char>& closed)
      : market_(market),
        turns_(turns),
        gates_(market),
        taken_(market.sections.size(), 0),
        taken_by_reserve_(market.sections.size()),
        group_taken_(market.group_caps.size(), 0),
        group_members_(market.group_caps.size()),
        holding_(market.quotas.size(), 0),
        may_conflict_(may_conflict(market)) {
    outcome_.assignment = {std::vector<char>(market.wishes.size(), 0), closed};
    outcome_.cut_offs.resize(market.sections.size());
    for (int section = 0; section < market.section_count(); ++section) {
      const Section& facts = at(market.sections, section);
      at(taken_by_reserve_, section).resize(facts.reserves.size(), 0);
      if (facts.group >= 0) at(group_members_, facts.group).push_back(section);
      if (!facts.reserves.empty()) has_reserves_ = true;
    }
  }

  // From here on the turn that takes each wish is kept in `when`.
  void note_turns(std::vector<std::uint64_t>& when) { when_ = &when; }

  Outcome run(bool one_by_one) {
    const std::size_t classes = turns_.classes().size();
    for (class_index_ = 0; class_index_ < classes; ++class_index_) phase(one_by_one);
    if (has_reserves_) {
      release_ = true;
      for (class_index_ = 0; class_index_ < classes; ++class_index_) phase(one_by_one);
    }
    return std::move(outcome_);
  }

 private:
  void phase(bool one_by_one) {
    const auto& [priority_class, students] = turns_.classes()[class_index_];
    class_ = priority_class;
    turn_ = 0;
    for (int section = 0; section < market_.section_count() && has_reserves_; ++section) {
      if (gates_.has_reserves(gates_.gate_of(section)) && !is_open(section)) note_full(section, -1);
    }
    bool somebody_took = true;
    for (round_ = 1; somebody_took; ++round_) {
      somebody_took = false;
      place_ = 0;
      const auto turn = [&](int student) {
        ++turn_;
        if (take(student, one_by_one)) somebody_took = true;
        ++place_;
      };
      if (round_ % 2 == 1) {
        std::for_each(students.begin(), students.end(), turn);
      } else {
        std::for_each(students.rbegin(), students.rend(), turn);
      }
      if (!one_by_one) break;
    }
  }

  bool take(int student, bool only_one) {
    bool took = false;
    const int quota = at(market_.quotas, student);
    const std::int64_t end = at(market_.wish_end, student);
    for (std::int64_t wish = market_.wish_begin(student);
         wish < end && at(holding_, student) < quota; ++wish) {
      const int section = at(market_.wishes, wish).section;
      if (at(outcome_.assignment.held, wish) != 0 || !is_open(section)) continue;
      if (may_conflict_ && clashes(student, section)) continue;
      at(outcome_.assignment.held, wish) = 1;
      if (when_ != nullptr) at(*when_, wish) = Turns::time_of(class_index_, round_, place_);
      ++at(holding_, student);
      use_seat(section, student);
      took = true;
      if (only_one) break;
    }
    return took;
  }

  [[nodiscard]] bool clashes(int student, int section) const {
    if (at(holding_, student) == 0) return false;
    for (std::int64_t wish = market_.wish_begin(student); wish < at(market_.wish_end, student);
         ++wish) {
      if (at(outcome_.assignment.held, wish) != 0 &&
          conflict(at(market_.sections, at(market_.wishes, wish).section),
                   at(market_.sections, section))) {
        return true;
      }
    }
    return false;
  }

  [[nodiscard]] bool is_open(int section) const {
    const Section& facts = at(market_.sections, section);
    if (at(outcome_.assignment.closed, section) != 0) return false;
    if (facts.group >= 0 && at(group_taken_, facts.group) >= at(market_.group_caps, facts.group)) {
      return false;
    }
    int free = facts.cap - at(taken_, section);
    if (!release_) {
      for (std::size_t i = 0; i < facts.reserves.size(); ++i) {
        if (facts.reserves[i].priority_class == class_) continue;
        free -= std::max(0, facts.reserves[i].seats - at(taken_by_reserve_, section)[i]);
      }
    }
    return free > 0;
  }

  void use_seat(int section, int student) {
    const Section& facts = at(market_.sections, section);
    ++at(taken_, section);
    for (std::size_t i = 0; i < facts.reserves.size(); ++i) {
      if (facts.reserves[i].priority_class == class_) ++at(taken_by_reserve_, section)[i];
    }
    // The others of the group only notice its last seat.
    if (facts.group < 0 || ++at(group_taken_, facts.group) < at(market_.group_caps, facts.group)) {
      if (!is_open(section)) note_full(section, student);
      return;
    }
    for (const int member : at(group_members_, facts.group)) note_full(member, student);
  }

  // Remembers the first turn of the phase (without reserves: of the draw) after which the section
  // was no longer open; student -1: it never was.
  void note_full(int section, int student) {
    auto& noted = at(outcome_.cut_offs, section);
    const bool per_phase = gates_.has_reserves(gates_.gate_of(section));
    if (!noted.empty() && (!per_phase || (noted.back().priority_class == class_ &&
                                          noted.back().release == release_))) {
      return;
    }
    noted.push_back({.kind = student < 0 ? CutOff::Kind::none : CutOff::Kind::last,
                     .priority_class = class_,
                     .student = student,
                     .round = student < 0 ? 0 : round_,
                     .turn = student < 0 ? 0 : turn_,
                     .release = release_});
  }

  const Market& market_;
  const Turns& turns_;
  std::vector<std::uint64_t>* when_ = nullptr;
  Gates gates_;
  Outcome outcome_;
  std::vector<int> taken_;
  std::vector<std::vector<int>> taken_by_reserve_;  // per section, per reserve: seats of its class
  std::vector<int> group_taken_;
  std::vector<std::vector<int>> group_members_;
  std::vector<int> holding_;  // per student
  bool may_conflict_;
  int class_ = 0;
  bool has_reserves_ = false;
  bool release_ = false;
  int round_ = 0;
  int turn_ = 0;
  std::size_t class_index_ = 0;
  std::size_t place_ = 0;
};

Outcome decide_sequence(const Market& market, Edition edition, bool one_by_one) {
  const Turns turns(market);
  const auto redraw = [&](const std::vector<char>& closed) {
    return Sequence(market, turns, closed).run(one_by_one);
  };
  const std::vector<char> none(market.sections.size(), 0);
  if (!any_min(market)) {
    Outcome outcome = redraw(none);
    SJ_CHECK(is_feasible(market, outcome.assignment));
    return outcome;
  }
  if (Gates(market).any_reserves()) {
    return draw_until_settled(market, Closing::one_per_component, edition, redraw);
  }
  std::vector<std::uint64_t> when(market.wishes.size(), 0);
  Sequence first(market, turns, none);
  first.note_turns(when);
  Balance balance(market, first.run(one_by_one).assignment);
  const auto running = make_replay(market, turns, one_by_one, std::move(when), balance, redraw);
  return settle(market, edition, {}, balance, *running);
}

}  // namespace

Outcome decide_draft(const Market& market, Edition edition) {
  return decide_sequence(market, edition, true);
}

Outcome decide_serial(const Market& market, Edition edition) {
  return decide_sequence(market, edition, false);
}

int first_with_mixed_classes(const Market& market) {
  for (int student = 0; student < market.student_count(); ++student) {
    for (const Wish& wish : market.list(student)) {
      if (wish.priority_class != market.list(student).front().priority_class) return student;
    }
  }
  return -1;
}

}  // namespace sj::allocate
