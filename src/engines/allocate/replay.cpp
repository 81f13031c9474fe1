#include "engines/allocate/replay.h"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <queue>
#include <span>
#include <utility>

#include "kernel/base/check.h"

namespace sj::allocate {
namespace {

constexpr unsigned kPlaceBits = 24;
constexpr unsigned kRoundBits = 20;
constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

class Replay final : public Running {
 public:
  Replay(const Market& market,
         const Turns& turns,
         bool one_by_one,
         std::vector<std::uint64_t> when,
         Balance& balance,
         Redraw redraw)
      : market_(market),
        turns_(turns),
        one_by_one_(one_by_one),
        may_conflict_(may_conflict(market)),
        wishers_(market),
        when_(std::move(when)),
        balance_(balance),
        redraw_(std::move(redraw)),
        members_(market.group_caps.size()),
        takes_(market.sections.size() + market.group_caps.size()) {
    for (int section = 0; section < market.section_count(); ++section) {
      const int group = at(market.sections, section).group;
      if (group >= 0) at(members_, group).push_back(section);
    }
    for (std::size_t wish = 0; wish < when_.size(); ++wish) {
      if (when_[wish] == 0) continue;
      for (const int door : doors(market.wishes[wish].section)) {
        if (door >= 0) at(takes_, door).push_back(when_[wish]);
      }
    }
    for (auto& taken : takes_) std::sort(taken.begin(), taken.end());
  }

  void close(const std::vector<int>& sections) override {
    for (const int section : sections) {
      balance_.close(section);
      for (const std::uint64_t time : at(takes_, section)) look_at(time);
    }
    settle_turns();
    journal_.clear();
  }

  void open(int section) override {
    opened_ = section;
    journal_.clear();
    balance_.open(section);
    let_in(section, 0, kNever);
    settle_turns();
  }

  void take_back() override {
    while (!journal_.empty()) {
      const auto [wish, time] = journal_.back();
      journal_.pop_back();
      move(wish, time);
    }
    balance_.close(opened_);
  }

  // Where each seat went must be what a draw from the start gives.
  Outcome outcome() override {
    Outcome outcome = redraw_(balance_.closed());
    SJ_CHECK(std::equal(when_.begin(), when_.end(), outcome.assignment.held.begin(),
                        [](std::uint64_t time, char held) { return (time != 0) == (held != 0); }));
    return outcome;
  }

 private:
  // A seat is taken out of its section and, where it has one, its group.
  [[nodiscard]] std::array<int, 2> doors(int section) const {
    const int group = at(market_.sections, section).group;
    return {section, group < 0 ? -1 : market_.section_count() + group};
  }
  [[nodiscard]] int cap_of(int door) const {
    const int group = door - market_.section_count();
    return group < 0 ? at(market_.sections, door).cap : at(market_.group_caps, group);
  }

  // The turn after which nobody else gets in.
  [[nodiscard]] std::uint64_t full_at(int door) const {
    const auto& taken = at(takes_, door);
    const auto cap = static_cast<std::size_t>(cap_of(door));
    if (cap == 0) return 0;
    return taken.size() < cap ? kNever : taken[cap - 1];
  }
  // Whether a seat is left at a turn that has taken some already: two of one group, say.
  [[nodiscard]] bool is_open(int section,
                             std::uint64_t time,
                             std::span<const std::int64_t> now) const {
    if (balance_.is_closed(section)) return false;
    for (const int door : doors(section)) {
      if (door < 0) continue;
      const auto& taken = at(takes_, door);
      auto seats = std::lower_bound(taken.begin(), taken.end(), time) - taken.begin();
      for (const std::int64_t wish : now) {
        if (doors(at(market_.wishes, wish).section)[1] == door) ++seats;
      }
      if (seats >= cap_of(door)) return false;
    }
    return true;
  }

  void look_at(std::uint64_t time) { pending_.push(time); }

  // In the order of turns, so that everything before a turn is settled when it is looked at.
  void settle_turns() {
    std::uint64_t last = 0;
    while (!pending_.empty()) {
      const std::uint64_t time = pending_.top();
      pending_.pop();
      if (time == last) continue;
      last = time;
      take_turn(time);
    }
  }

  void take_turn(std::uint64_t time) {
    const int student = turns_.student_at(time);
    const int quota = at(market_.quotas, student);
    own_.clear();
    const std::int64_t begin = market_.wish_begin(student);
    const std::int64_t end = at(market_.wish_end, student);
    for (std::int64_t wish = begin; wish < end; ++wish) {
      if (at(when_, wish) != 0 && at(when_, wish) < time) own_.push_back(wish);
    }
    const std::size_t held_before = own_.size();
    for (std::int64_t wish = begin; wish < end; ++wish) {
      if (static_cast<int>(own_.size()) >= quota) break;
      if (one_by_one_ && own_.size() > held_before) break;
      if (at(when_, wish) != 0 && at(when_, wish) < time) continue;
      const auto now = std::span(own_).subspan(held_before);
      const int section = at(market_.wishes, wish).section;
      if (is_open(section, time, now) && !clashes(wish)) own_.push_back(wish);
    }
    bool takes_later = false;
    const auto takes_now = [&](std::int64_t wish) {
      return std::find(own_.begin() + static_cast<std::ptrdiff_t>(held_before), own_.end(), wish) !=
             own_.end();
    };
    for (std::int64_t wish = begin; wish < end; ++wish) {
      if (at(when_, wish) == time && !takes_now(wish)) change(wish, 0);
      takes_later = takes_later || at(when_, wish) > time;
    }
    for (std::size_t i = held_before; i < own_.size(); ++i) {
      if (at(when_, own_[i]) != time) change(own_[i], time);
    }
    if (!one_by_one_) return;
    if (takes_later || (own_.size() > held_before && static_cast<int>(own_.size()) < quota)) {
      look_at(turns_.next(student, time, false));
    }
  }

  [[nodiscard]] bool clashes(std::int64_t wish) const {
    if (!may_conflict_) return false;
    const Section& section = at(market_.sections, at(market_.wishes, wish).section);
    return std::any_of(own_.begin(), own_.end(), [&](std::int64_t own) {
      return conflict(at(market_.sections, at(market_.wishes, own).section), section);
    });
  }

  // A wish is taken at another turn, or, with 0, not at all; whoever notices is looked at.
  void change(std::int64_t wish, std::uint64_t time) {
    const auto both = doors(at(market_.wishes, wish).section);
    std::array<std::uint64_t, 2> before{};
    for (std::size_t i = 0; i < both.size(); ++i) {
      if (both[i] >= 0) before[i] = full_at(both[i]);
    }
    journal_.emplace_back(wish, at(when_, wish));
    move(wish, time);
    for (std::size_t i = 0; i < both.size(); ++i) {
      const int door = both[i];
      if (door < 0) continue;
      const auto& taken = at(takes_, door);
      const auto cap = static_cast<std::size_t>(cap_of(door));
      if (taken.size() > cap) look_at(taken[cap]);
      const std::uint64_t after = full_at(door);
      if (after <= before[i]) continue;
      // The turn that took the last seat of a group may have wanted two.
      const std::uint64_t from = before[i] == 0 ? 0 : before[i] - 1;
      if (door < market_.section_count()) {
        let_in(door, from, after);
      } else {
        for (const int member : at(members_, door - market_.section_count())) {
          let_in(member, from, after);
        }
      }
    }
  }

  void move(std::int64_t wish, std::uint64_t time) {
    std::uint64_t& was = at(when_, wish);
    for (const int door : doors(at(market_.wishes, wish).section)) {
      if (door < 0) continue;
      auto& taken = at(takes_, door);
      if (was != 0) taken.erase(std::lower_bound(taken.begin(), taken.end(), was));
      if (time != 0) taken.insert(std::upper_bound(taken.begin(), taken.end(), time), time);
    }
    if (was == 0 && time != 0) balance_.give(wish);
    if (was != 0 && time == 0) balance_.free(wish);
    was = time;
  }

  // Looks at those who wish a section and had no place in it between two turns, from `from` on.
  void let_in(int section, std::uint64_t from, std::uint64_t until) {
    if (balance_.is_closed(section)) return;
    for (const std::int64_t wish : wishers_.of(section)) {
      if (at(when_, wish) != 0 && at(when_, wish) <= from) continue;
      const std::uint64_t time = turns_.next(balance_.owner(wish), from, !one_by_one_);
      if (time != 0 && time <= until) look_at(time);
    }
  }

  const Market& market_;
  const Turns& turns_;
  bool one_by_one_;
  bool may_conflict_;
  Wishers wishers_;
  std::vector<std::uint64_t> when_;  // per wish
  Balance& balance_;
  Redraw redraw_;
  std::vector<std::vector<int>> members_;          // sections of each group
  std::vector<std::vector<std::uint64_t>> takes_;  // per section, then per group: turns, ascending
  std::priority_queue<std::uint64_t, std::vector<std::uint64_t>, std::greater<>> pending_;
  std::vector<std::pair<std::int64_t, std::uint64_t>> journal_;  // a wish and its turn before
  std::vector<std::int64_t> own_;  // what the student whose turn it is holds and takes
  int opened_ = -1;
};

}  // namespace

Turns::Turns(const Market& market)
    : class_of_(market.quotas.size(), 0), place_of_(market.quotas.size(), 0) {
  const auto class_name = [&](int student) {
    const auto list = market.list(student);
    return list.empty() ? 0 : list.front().priority_class;
  };
  std::vector<int> names;
  names.reserve(market.quotas.size());
  for (int student = 0; student < market.student_count(); ++student) {
    names.push_back(class_name(student));
  }
  std::sort(names.rbegin(), names.rend());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  for (const int name : names) classes_.push_back({.priority_class = name});
  for (const int student : market.lottery_order()) {
    const auto found =
        std::lower_bound(names.begin(), names.end(), class_name(student), std::greater<>());
    at(class_of_, student) = static_cast<std::size_t>(found - names.begin());
    auto& students = classes_[at(class_of_, student)].students;
    at(place_of_, student) = students.size();
    students.push_back(student);
  }
}

std::uint64_t Turns::time_of(std::size_t class_index, int round, std::size_t place) {
  SJ_CHECK(static_cast<std::uint64_t>(round) < (std::uint64_t{1} << kRoundBits));
  SJ_CHECK(place < (std::size_t{1} << kPlaceBits));
  return (static_cast<std::uint64_t>(class_index) << (kRoundBits + kPlaceBits)) |
         (static_cast<std::uint64_t>(round) << kPlaceBits) | static_cast<std::uint64_t>(place);
}

int Turns::student_at(std::uint64_t time) const {
  const auto& students = at(classes_, time >> (kRoundBits + kPlaceBits)).students;
  const std::uint64_t round = (time >> kPlaceBits) & ((std::uint64_t{1} << kRoundBits) - 1);
  const std::uint64_t place = time & ((std::uint64_t{1} << kPlaceBits) - 1);
  return round % 2 == 1 ? at(students, place) : at(students, students.size() - 1 - place);
}

std::uint64_t Turns::turn(int student, int round) const {
  const std::size_t class_index = at(class_of_, student);
  const std::size_t place = at(place_of_, student);
  const std::size_t count = at(classes_, class_index).students.size();
  return time_of(class_index, round, round % 2 == 1 ? place : count - 1 - place);
}

std::uint64_t Turns::next(int student, std::uint64_t time, bool one_round) const {
  const std::uint64_t first = turn(student, 1);
  if (first > time) return first;
  if (one_round) return 0;
  const std::uint64_t class_index = time >> (kRoundBits + kPlaceBits);
  if (class_index > at(class_of_, student)) return 0;
  const auto round =
      static_cast<int>((time >> kPlaceBits) & ((std::uint64_t{1} << kRoundBits) - 1));
  const std::uint64_t same = turn(student, round);
  return same > time ? same : turn(student, round + 1);
}

std::unique_ptr<Running> make_replay(const Market& market,
                                     const Turns& turns,
                                     bool one_by_one,
                                     std::vector<std::uint64_t> when,
                                     Balance& balance,
                                     Redraw redraw) {
  return std::make_unique<Replay>(market, turns, one_by_one, std::move(when), balance,
                                  std::move(redraw));
}

}  // namespace sj::allocate
