#include <algorithm>

#include "kernel/base/check.h"

#include "engines/allocate/choice.h"
#include "engines/allocate/problem.h"
#include "engines/allocate/running.h"

namespace sj::allocate {
namespace {

// Per section, the number of its part of the market: its component, or itself if nobody wishes it.
std::vector<int> part_numbers(const Market& market) {
  std::vector<int> number(market.sections.size(), -1);
  int parts = 0;
  for (const auto& part : components(market)) {
    for (const int section : part) at(number, section) = parts;
    ++parts;
  }
  for (int& one : number) {
    if (one < 0) one = parts++;
  }
  return number;
}

// Sections to close before looking again: the worst, or, where the market falls into parts, the
// worst of each. A section that nobody holds changes nothing for the others when it closes, so that
// the next one of its part may close with it.
std::vector<int> next_to_close(const Balance& balance, const std::vector<int>& parts) {
  if (parts.empty()) return {balance.first_short()};
  std::vector<int> next;
  std::vector<char> done(parts.size() + 1, 0);
  for (const int section : balance.short_ones()) {
    char& part_done = at(done, at(parts, section));
    if (part_done != 0) continue;
    next.push_back(section);
    if (balance.taken(section) > 0) part_done = 1;
  }
  return next;
}

// Makes the whole draw again for every change: for markets whose parts touch each other in ways
// that nobody can follow seat by seat.
class Redrawing final : public Running {
 public:
  Redrawing(Redraw draw, Outcome outcome, Balance& balance)
      : draw_(std::move(draw)), outcome_(std::move(outcome)), balance_(balance) {}

  void close(const std::vector<int>& sections) override {
    for (const int section : sections) balance_.close(section);
    replace(draw_(balance_.closed()));
  }
  void open(int section) override {
    opened_ = section;
    balance_.open(section);
    before_ = outcome_;
    replace(draw_(balance_.closed()));
  }
  void take_back() override {
    balance_.close(opened_);
    replace(std::move(before_));
  }
  Outcome outcome() override { return outcome_; }

 private:
  void replace(Outcome next) {
    const auto& was = outcome_.assignment.held;
    const auto& is = next.assignment.held;
    for (std::size_t wish = 0; wish < was.size(); ++wish) {
      if (was[wish] == is[wish]) continue;
      const auto number = static_cast<std::int64_t>(wish);
      if (is[wish] != 0) {
        balance_.give(number);
      } else {
        balance_.free(number);
      }
    }
    outcome_ = std::move(next);
  }

  Redraw draw_;
  Outcome outcome_;
  Outcome before_{};
  Balance& balance_;
  int opened_ = -1;
};

// Seats those with nothing in a closed section and leaves everybody else where they are.
void seat_aside(
    const Market& market, const Wishers& wishers, int section, Balance& balance, Outcome& outcome) {
  std::vector<Applicant> applicants;
  for (const std::int64_t wish : wishers.of(section)) {
    const int student = balance.owner(wish);
    if (balance.holding(student) > 0) continue;
    applicants.push_back({wish, student, section, at(market.wishes, wish).priority_class,
                          at(market.positions, student)});
  }
  const auto order = reserved_then_key(market, applicants);
  const auto seats = static_cast<std::size_t>(balance.seats_for(section));
  const bool classes = !at(market.sections, section).reserves.empty();
  auto& cut_offs = at(outcome.cut_offs, section);
  cut_offs.clear();
  std::vector<Applicant> in;
  std::vector<Applicant> out;
  for (std::size_t place = 0; place < order.size(); ++place) {
    const Applicant& one = applicants[order[place]];
    (place < seats ? in : out).push_back(one);
    if (place >= seats) continue;
    at(outcome.assignment.held, one.wish) = 1;
    balance.give(one.wish);
  }
  at(outcome.assignment.closed, section) = 0;
  balance.open(section);
  outcome.aside.push_back(section);
  if (out.empty()) return;
  if (!classes) {
    cut_offs.push_back({.kind = CutOff::Kind::last,
                        .priority_class = in.back().priority_class,
                        .student = in.back().student});
    return;
  }
  std::vector<int> names;
  names.reserve(applicants.size());
  for (const Applicant& one : applicants) names.push_back(one.priority_class);
  std::sort(names.rbegin(), names.rend());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  for (const int name : names) {
    CutOff cut_off{.kind = CutOff::Kind::none, .priority_class = name};
    for (const Applicant& one : in) {
      if (one.priority_class != name) continue;
      if (cut_off.student >= 0 && one.position < at(market.positions, cut_off.student)) continue;
      cut_off.kind = CutOff::Kind::last;
      cut_off.student = one.student;
    }
    const bool all_in = std::none_of(
        out.begin(), out.end(), [&](const Applicant& one) { return one.priority_class == name; });
    if (all_in) cut_off = {.kind = CutOff::Kind::open, .priority_class = name};
    cut_offs.push_back(cut_off);
  }
}

}  // namespace

bool any_min(const Market& market) {
  return std::any_of(market.sections.begin(), market.sections.end(),
                     [](const Section& section) { return section.min > 0; });
}

std::vector<Unserved> unserved(const Market& market, const Assignment& assignment) {
  std::vector<Unserved> result(market.sections.size());
  std::vector<int> group_taken(market.group_caps.size(), 0);
  for (int student = 0; student < market.student_count(); ++student) {
    bool has_something = false;
    for (auto wish = market.wish_begin(student); wish < at(market.wish_end, student); ++wish) {
      if (at(assignment.held, wish) == 0) continue;
      has_something = true;
      const int group = at(market.sections, at(market.wishes, wish).section).group;
      if (group >= 0) ++at(group_taken, group);
    }
    if (has_something) continue;
    for (const Wish& wish : market.list(student)) {
      if (at(assignment.closed, wish.section) != 0) ++at(result, wish.section).wishing;
    }
  }
  for (int section = 0; section < market.section_count(); ++section) {
    const Section& facts = at(market.sections, section);
    Unserved& one = at(result, section);
    one.seats = std::min(one.wishing, facts.cap);
    if (facts.group < 0) continue;
    one.seats = std::min(
        one.seats, std::max(0, at(market.group_caps, facts.group) - at(group_taken, facts.group)));
  }
  return result;
}

Outcome settle(const Market& market,
               Edition edition,
               const std::vector<int>& parts,
               Balance& balance,
               Running& running) {
  while (balance.first_short() >= 0) running.close(next_to_close(balance, parts));
  std::vector<int> reopened;
  if (edition == Edition::second) {
    for (int one = balance.largest_to_open(); one >= 0; one = balance.largest_to_open()) {
      balance.set_tried(one);
      balance.watch();
      running.open(one);
      if (balance.first_short() >= 0 || balance.somebody_lost()) {
        running.take_back();
      } else {
        reopened.push_back(one);
      }
    }
  }
  Outcome outcome = running.outcome();
  outcome.reopened = std::move(reopened);
  if (edition == Edition::second) {
    balance.forget_tries();
    int one = balance.largest_to_open();
    if (one >= 0) {
      for (const Wishers wishers(market); one >= 0; one = balance.largest_to_open()) {
        seat_aside(market, wishers, one, balance, outcome);
      }
    }
  }
  SJ_CHECK(is_feasible(market, outcome.assignment));
  return outcome;
}

Outcome draw_until_settled(const Market& market,
                           Closing closing,
                           Edition edition,
                           const Redraw& draw) {
  Outcome outcome = draw(std::vector<char>(market.sections.size(), 0));
  Balance balance(market, outcome.assignment);
  std::vector<int> parts;
  if (closing == Closing::one_per_component && balance.first_short() >= 0) {
    parts = part_numbers(market);
  }
  Redrawing running(draw, std::move(outcome), balance);
  return settle(market, edition, parts, balance, running);
}

}  // namespace sj::allocate
