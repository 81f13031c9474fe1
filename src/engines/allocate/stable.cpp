#include <algorithm>
#include <limits>
#include <set>

#include "kernel/base/check.h"

#include "engines/allocate/choice.h"
#include "engines/allocate/running.h"

namespace sj::allocate {
namespace {

constexpr int kRepairs = 20;
enum WishState : char { untried = 0, holding = 1, refused = 2 };

struct Seat {
  std::uint64_t key = 0;
  std::int64_t wish = 0;
  friend bool operator<(const Seat& a, const Seat& b) {
    return a.key != b.key ? a.key < b.key : a.wish < b.wish;  // one student's own: by rank
  }
};

// Deferred acceptance. One instance makes one draw; `DeferredRunning` goes on with it.
class Deferred {
 public:
  Deferred(const Market& market, const Gates& gates, const std::vector<char>& closed)
      : market_(market),
        gates_(gates),
        order_(market.lottery_order()),
        state_(market.wishes.size(), untried),
        begin_(market.quotas.size()),
        on_stack_(market.quotas.size(), 0),
        seats_(static_cast<std::size_t>(market.section_count())),
        is_heap_(seats_.size(), 0),
        by_section_(market.group_caps.empty() ? 0 : seats_.size()),
        by_gate_(market.group_caps.empty() ? 0 : static_cast<std::size_t>(gates.gate_count())),
        crowd_(static_cast<std::size_t>(gates.gate_count())),
        may_conflict_(may_conflict(market)) {
    for (int student = 0; student < market.student_count(); ++student) {
      at(begin_, student) = market.wish_begin(student);
    }
    if (std::find(closed.begin(), closed.end(), 1) == closed.end()) return;
    for (std::size_t wish = 0; wish < market.wishes.size(); ++wish) {
      if (at(closed, market.wishes[wish].section) != 0) state_[wish] = refused;
    }
  }

  void run_all() {
    for (const int student : order_) run_from(student);
  }

  // From here on every seat that changes hands is told.
  void tell(Balance& balance, const Wishers& wishers) {
    balance_ = &balance;
    wishers_ = &wishers;
  }

  // Whoever sits there goes on down the list. As nobody is better off by a closing, who was refused
  // before would be refused again, so that this ends where a draw from the start would.
  void close(int section) {
    journal_.clear();
    for (const std::int64_t wish : wishers_->of(section)) {
      const bool leaves = at(state_, wish) == holding;
      put(wish, refused);
      if (leaves) push(balance_->owner(wish));
    }
    at(seats_, section).clear();
    at(is_heap_, section) = 0;
    run_stack();
  }

  // Nobody is worse off by an opening. Only who was refused where a seat may become free can be
  // better off: these start again, everybody else keeps the seat he ends with.
  void open(int section) {
    journal_.clear();
    std::vector<int> loose{section};
    std::vector<char> is_loose(market_.sections.size(), 0);
    at(is_loose, section) = 1;
    std::vector<int> positions;
    std::vector<char> starts_again(market_.quotas.size(), 0);
    for (std::size_t next = 0; next < loose.size(); ++next) {
      for (const std::int64_t wish : wishers_->of(loose[next])) {
        const int student = balance_->owner(wish);
        if (at(state_, wish) != refused || at(starts_again, student) != 0) continue;
        at(starts_again, student) = 1;
        positions.push_back(at(market_.positions, student));
        for_each_wish(student, [&](std::int64_t own) {
          const int held = at(market_.wishes, own).section;
          if (at(state_, own) != holding || at(is_loose, held) != 0) return;
          at(is_loose, held) = 1;
          loose.push_back(held);
        });
      }
    }
    std::sort(positions.begin(), positions.end());
    for (const int position : positions) {
      const int student = at(order_, position - 1);
      at(begin_, student) = market_.wish_begin(student);
      for_each_wish(student, [&](std::int64_t own) {
        if (at(is_loose, at(market_.wishes, own).section) != 0) put(own, untried);
      });
    }
    for (const int one : loose) seat_again(one);
    for (const int position : positions) run_from(at(order_, position - 1));
  }

  void take_back() {
    std::vector<int> touched;
    while (!journal_.empty()) {
      const auto [wish, state] = journal_.back();
      journal_.pop_back();
      tell_change(wish, state);
      at(state_, wish) = state;
      const int student = balance_->owner(wish);
      at(begin_, student) = market_.wish_begin(student);
      touched.push_back(at(market_.wishes, wish).section);
    }
    std::sort(touched.begin(), touched.end());
    touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
    for (const int section : touched) seat_again(section);
  }

  // Lets the students of these wishes, refused before, try again.
  void retry(const std::vector<std::int64_t>& wishes, const std::vector<int>& owners) {
    std::vector<char> again(market_.quotas.size(), 0);
    for (const std::int64_t wish : wishes) {
      const int student = at(owners, wish);
      put(wish, untried);
      at(begin_, student) = market_.wish_begin(student);
      at(again, student) = 1;
    }
    for (const int student : order_) {
      if (at(again, student) != 0) run_from(student);
    }
  }

  [[nodiscard]] std::vector<char> held() const {
    std::vector<char> held(state_.size());
    std::transform(state_.begin(), state_.end(), held.begin(),
                   [](char state) { return static_cast<char>(state == holding); });
    return held;
  }

 private:
  template <class Do>
  void for_each_wish(int student, Do&& what) const {
    for (auto wish = market_.wish_begin(student); wish < at(market_.wish_end, student); ++wish) {
      what(wish);
    }
  }

  void put(std::int64_t wish, WishState state) {
    if (balance_ != nullptr) {
      journal_.emplace_back(wish, at(state_, wish));
      tell_change(wish, state);
    }
    at(state_, wish) = state;
  }

  void tell_change(std::int64_t wish, char state) {
    const bool was = at(state_, wish) == holding;
    if (was == (state == holding)) return;
    if (was) {
      balance_->free(wish);
    } else {
      balance_->give(wish);
    }
  }

  // The seats of a section, made anew of who holds one.
  void seat_again(int section) {
    at(seats_, section).clear();
    at(is_heap_, section) = 0;
    for (const std::int64_t wish : wishers_->of(section)) {
      if (at(state_, wish) != holding) continue;
      const int position = at(market_.positions, balance_->owner(wish));
      at(seats_, section)
          .push_back({key_of(at(market_.wishes, wish).priority_class, position), wish});
    }
  }

  void run_from(int first) {
    push(first);
    run_stack();
  }

  void run_stack() {
    while (!stack_.empty()) {
      const int student = stack_.back();
      stack_.pop_back();
      at(on_stack_, student) = 0;
      propose(student);
    }
  }

  void push(int student) {
    if (at(on_stack_, student) != 0) return;
    at(on_stack_, student) = 1;
    stack_.push_back(student);
  }

  void propose(int student) {
    proposer_ = student;
    choose(student);
    const std::int64_t begin = at(begin_, student);
    if (may_conflict_) {
      std::size_t next = 0;
      for (std::int64_t wish = begin; wish < at(market_.wish_end, student); ++wish) {
        if (next < want_.size() && want_[next] == wish) {
          ++next;
        } else if (at(state_, wish) == holding) {
          withdraw(wish);
        }
      }
    }
    own_refusal_ = false;
    for (const std::int64_t wish : want_) {
      if (at(state_, wish) == untried) offer(wish);
    }
    if (own_refusal_) push(student);
  }

  // The best of the list that has not refused: within the quota, without conflicts.
  void choose(int student) {
    want_.clear();
    std::int64_t& begin = at(begin_, student);
    const std::int64_t end = at(market_.wish_end, student);
    while (begin < end && at(state_, begin) == refused) ++begin;
    const auto quota = static_cast<std::size_t>(at(market_.quotas, student));
    for (std::int64_t wish = begin; wish < end && want_.size() < quota; ++wish) {
      if (at(state_, wish) == refused) continue;
      if (may_conflict_ && !want_.empty()) {
        const Section& section = at(market_.sections, at(market_.wishes, wish).section);
        const bool clash = std::any_of(want_.begin(), want_.end(), [&](std::int64_t taken) {
          return conflict(section, at(market_.sections, at(market_.wishes, taken).section));
        });
        if (clash) continue;
      }
      want_.push_back(wish);
    }
  }

  void offer(std::int64_t wish) {
    const Wish& line = at(market_.wishes, wish);
    const int gate = gates_.gate_of(line.section);
    const int position = at(market_.positions, proposer_);
    const Applicant one{wish, proposer_, line.section, line.priority_class, position};
    if (gates_.has_reserves(gate)) {
      offer_to_reserves(one, gate);
    } else if (at(market_.sections, line.section).group >= 0) {
      offer_to_group(one, gate);
    } else {
      offer_to_section(one);
    }
  }

  // Neither reserves nor a group: the best `cap` keys get in.
  void offer_to_section(const Applicant& one) {
    auto& seats = at(seats_, one.section);
    const auto cap = static_cast<std::size_t>(at(market_.sections, one.section).cap);
    const Seat seat{key_of(one.priority_class, one.position), one.wish};
    if (seats.size() < cap) {
      seats.push_back(seat);
      if (at(is_heap_, one.section) != 0) std::push_heap(seats.begin(), seats.end());
      put(one.wish, holding);
      return;
    }
    // Only a full section needs to know its worst seat, so the heap is made when it fills.
    if (at(is_heap_, one.section) == 0) {
      std::make_heap(seats.begin(), seats.end());
      at(is_heap_, one.section) = 1;
    }
    if (seats.empty() || seats.front().key < seat.key) {
      refuse(one.wish, proposer_);
      return;
    }
    std::pop_heap(seats.begin(), seats.end());
    const Seat out = seats.back();
    seats.back() = seat;
    std::push_heap(seats.begin(), seats.end());
    put(one.wish, holding);
    refuse(out.wish, student_of(out));
  }

  // One too many leaves: the last of the section if that is full, else of its group.
  void offer_to_group(const Applicant& one, int gate) {
    auto& in_section = at(by_section_, one.section);
    auto& in_group = at(by_gate_, gate);
    const Section& section = at(market_.sections, one.section);
    const bool section_full = static_cast<int>(in_section.size()) >= section.cap;
    const bool group_full =
        static_cast<int>(in_group.size()) >= at(market_.group_caps, section.group);
    const Seat seat{key_of(one.priority_class, one.position), one.wish};
    in_section.insert(seat);
    in_group.insert(seat);
    put(one.wish, holding);
    if (!section_full && !group_full) return;
    const Seat out = section_full ? *in_section.rbegin() : *in_group.rbegin();
    in_group.erase(out);
    at(by_section_, at(market_.wishes, out.wish).section).erase(out);
    refuse(out.wish, student_of(out));
  }

  void offer_to_reserves(const Applicant& one, int gate) {
    auto& crowd = at(crowd_, gate);
    crowd.push_back(one);
    put(one.wish, holding);
    const std::vector<char> in = accepted(market_, crowd);
    for (std::size_t i = crowd.size(); i-- > 0;) {
      if (in[i] != 0) continue;
      refuse(crowd[i].wish, crowd[i].student);
      crowd.erase(crowd.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }

  [[nodiscard]] int student_of(const Seat& seat) const {
    return at(order_, static_cast<int>(seat.key & 0xffffffffU) - 1);
  }

  void refuse(std::int64_t wish, int student) {
    put(wish, refused);
    if (student == proposer_) {
      own_refusal_ = true;
    } else {
      push(student);
    }
  }

  void withdraw(std::int64_t wish) {
    put(wish, untried);
    const int section = at(market_.wishes, wish).section;
    const int gate = gates_.gate_of(section);
    if (gates_.has_reserves(gate)) {
      std::erase_if(at(crowd_, gate), [&](const Applicant& one) { return one.wish == wish; });
    } else if (at(market_.sections, section).group >= 0) {
      const Seat seat{
          key_of(at(market_.wishes, wish).priority_class, at(market_.positions, proposer_)), wish};
      at(by_section_, section).erase(seat);
      at(by_gate_, gate).erase(seat);
    } else {
      auto& seats = at(seats_, section);
      std::erase_if(seats, [&](const Seat& seat) { return seat.wish == wish; });
      std::make_heap(seats.begin(), seats.end());
      at(is_heap_, section) = 1;
    }
  }

  const Market& market_;
  const Gates& gates_;
  Balance* balance_ = nullptr;  // told of every seat once the draw has been made
  const Wishers* wishers_ = nullptr;
  std::vector<std::pair<std::int64_t, char>> journal_{};  // a wish and its state before
  std::vector<int> order_;
  std::vector<char> state_;          // per wish
  std::vector<std::int64_t> begin_;  // per student: everything before has refused
  std::vector<char> on_stack_;
  std::vector<int> stack_;
  std::vector<std::vector<Seat>> seats_;       // sections without group and reserves
  std::vector<char> is_heap_;                  // per section
  std::vector<std::set<Seat>> by_section_;     // sections in groups without reserves
  std::vector<std::set<Seat>> by_gate_;        // these groups
  std::vector<std::vector<Applicant>> crowd_;  // gates with reserves
  bool may_conflict_;
  std::vector<std::int64_t> want_;
  int proposer_ = -1;
  bool own_refusal_ = false;
};

// Without groups, reserves and overlaps that no clique explains the result does not depend on the
// order of proposals, so that a draw can go on where it was. (A section of a group that closes
// leaves its seats to the others of the group: some are better off and some worse.)
class DeferredRunning final : public Running {
 public:
  DeferredRunning(const Market& market, const Gates& gates, Deferred& run, Balance& balance)
      : market_(market), gates_(gates), wishers_(market), run_(run), balance_(balance) {
    run_.tell(balance, wishers_);
  }

  void close(const std::vector<int>& sections) override {
    for (const int section : sections) {
      balance_.close(section);
      run_.close(section);
    }
  }
  void open(int section) override {
    opened_ = section;
    balance_.open(section);
    run_.open(section);
  }
  void take_back() override {
    run_.take_back();
    balance_.close(opened_);
  }
  Outcome outcome() override;

 private:
  const Market& market_;
  const Gates& gates_;
  Wishers wishers_;
  Deferred& run_;
  Balance& balance_;
  int opened_ = -1;
};

// The classes that wish for each section of a gate with reserves, descending.
std::vector<std::vector<int>> classes_by_section(const Market& market, const Gates& gates) {
  std::vector<std::vector<int>> classes(market.sections.size());
  if (!gates.any_reserves()) return classes;
  for (const Wish& wish : market.wishes) {
    if (!gates.has_reserves(gates.gate_of(wish.section))) continue;
    auto& seen = at(classes, wish.section);
    if (std::find(seen.begin(), seen.end(), wish.priority_class) == seen.end()) {
      seen.push_back(wish.priority_class);
    }
  }
  for (auto& seen : classes) std::sort(seen.rbegin(), seen.rend());
  return classes;
}

CutOff class_cut_off(const Market& market,
                     const std::vector<Applicant>& crowd,
                     int section,
                     int priority_class) {
  CutOff cut_off{.kind = CutOff::Kind::none, .priority_class = priority_class};
  for (const Applicant& in : crowd) {
    if (in.section != section || in.priority_class != priority_class) continue;
    if (cut_off.student < 0 || in.position > at(market.positions, cut_off.student)) {
      cut_off.student = in.student;
      cut_off.kind = CutOff::Kind::last;
    }
  }
  auto one_more = crowd;
  one_more.push_back({std::numeric_limits<std::int64_t>::max(), -1, section, priority_class,
                      std::numeric_limits<int>::max()});
  if (accepted(market, one_more).back() != 0) cut_off.kind = CutOff::Kind::open;
  return cut_off;
}

std::vector<std::vector<CutOff>> cut_offs(const Market& market,
                                          const Gates& gates,
                                          const Assignment& assignment) {
  std::vector<std::vector<CutOff>> result(market.sections.size());
  const Seated now = seated(market, gates, assignment);
  const auto classes = classes_by_section(market, gates);
  for (int section = 0; section < market.section_count(); ++section) {
    const int gate = gates.gate_of(section);
    const bool section_full = now.section_full(market, section);
    if (!section_full && !now.group_full(market, gates, section)) continue;
    if (gates.has_reserves(gate)) {
      at(result, section).push_back({.kind = CutOff::Kind::full});
      for (const int priority_class : at(classes, section)) {
        at(result, section)
            .push_back(class_cut_off(market, at(now.crowd, gate), section, priority_class));
      }
      continue;
    }
    if ((section_full ? at(now.in_section, section) : at(now.in_gate, gate)) == 0) {
      continue;  // no seat at all: written as closed
    }
    const Applicant& worst =
        section_full ? at(now.last_in_section, section) : at(now.last_in_gate, gate);
    at(result, section)
        .push_back({.kind = CutOff::Kind::last,
                    .priority_class = worst.priority_class,
                    .student = worst.student});
  }
  return result;
}

Outcome DeferredRunning::outcome() {
  Outcome outcome{.assignment = {run_.held(), balance_.closed()}, .cut_offs = {}};
  outcome.cut_offs = cut_offs(market_, gates_, outcome.assignment);
  return outcome;
}

}  // namespace

Outcome decide_stable(const Market& market, Edition edition) {
  const Gates gates(market);
  bool substitutes = true;
  if (may_conflict(market)) {
    for (int student = 0; student < market.student_count() && substitutes; ++student) {
      substitutes = conflicts_are_cliques(market, student);
    }
  }
  const std::vector<char> none(market.sections.size(), 0);
  const bool goes_on = market.group_caps.empty() && !gates.any_reserves();
  if (substitutes && (goes_on || !any_min(market))) {
    Deferred run(market, gates, none);
    run.run_all();
    if (!any_min(market)) {
      Outcome outcome{.assignment = {run.held(), none}, .cut_offs = {}};
      outcome.cut_offs = cut_offs(market, gates, outcome.assignment);
      SJ_CHECK(is_feasible(market, outcome.assignment));
      return outcome;
    }
    Balance balance(market, {run.held(), none});
    DeferredRunning running(market, gates, run, balance);
    return settle(market, edition, {}, balance, running);
  }
  // The repairs below look at the whole market, so that only without them components are apart.
  const auto pace = substitutes ? Closing::one_per_component : Closing::one;
  return draw_until_settled(market, pace, edition, [&](const std::vector<char>& closed) {
    Deferred run(market, gates, closed);
    run.run_all();
    Outcome outcome{.assignment = {run.held(), closed}, .cut_offs = {}};
    if (!substitutes) {
      const std::vector<int> owners = wish_owners(market);
      auto pairs = blocking_pairs(market, outcome.assignment);
      auto fewest = pairs.size();
      for (int round = 0; round < kRepairs && !pairs.empty(); ++round) {
        run.retry(pairs, owners);
        Assignment next{run.held(), closed};
        pairs = blocking_pairs(market, next);
        if (pairs.size() < fewest) {
          fewest = pairs.size();
          outcome.assignment = std::move(next);
        }
      }
    }
    outcome.cut_offs = cut_offs(market, gates, outcome.assignment);
    return outcome;
  });
}

}  // namespace sj::allocate
