#include <algorithm>

#include "kernel/base/check.h"

#include "engines/allocate/choice.h"
#include "engines/allocate/problem.h"
#include "engines/allocate/rules.h"

namespace sj::allocate {
namespace {

using Draw = std::function<Outcome(const std::vector<char>& closed)>;

std::vector<int> seats_taken(const Market& market, const Assignment& assignment) {
  std::vector<int> taken(market.sections.size(), 0);
  for (std::size_t wish = 0; wish < market.wishes.size(); ++wish) {
    if (assignment.held[wish] != 0) ++at(taken, market.wishes[wish].section);
  }
  return taken;
}

std::vector<int> seats_held(const Market& market, const Assignment& assignment) {
  std::vector<int> held(market.quotas.size(), 0);
  for (int student = 0; student < market.student_count(); ++student) {
    for (auto wish = market.wish_begin(student); wish < at(market.wish_end, student); ++wish) {
      if (at(assignment.held, wish) != 0) ++at(held, student);
    }
  }
  return held;
}

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

Outcome draw_until_none_is_short(const Market& market, Closing closing, const Draw& draw) {
  std::vector<char> closed(market.sections.size(), 0);
  std::vector<int> parts;
  while (true) {
    Outcome outcome = draw(closed);
    const std::vector<int> taken = seats_taken(market, outcome.assignment);
    const auto shortfall = [&](int section) {
      return at(market.sections, section).min - at(taken, section);
    };
    std::vector<int> short_ones;
    for (int section = 0; section < market.section_count(); ++section) {
      if (at(closed, section) == 0 && shortfall(section) > 0) short_ones.push_back(section);
    }
    if (short_ones.empty()) return outcome;
    std::stable_sort(short_ones.begin(), short_ones.end(),
                     [&](int a, int b) { return shortfall(a) > shortfall(b); });
    if (parts.empty()) {
      parts = closing == Closing::one ? std::vector<int>(market.sections.size(), 0)
                                      : part_numbers(market);
    }
    // A section that nobody holds changes nothing for the others when it closes, so that the next
    // one of its part may close before the draw is made again. Repairs could see the difference.
    std::vector<char> done(market.sections.size() + 1, 0);
    for (const int section : short_ones) {
      char& part_done = at(done, at(parts, section));
      if (part_done != 0) continue;
      at(closed, section) = 1;
      if (closing == Closing::one || at(taken, section) > 0) part_done = 1;
    }
  }
}

// The closed section that would seat most of those with nothing; -1 if none would reach its `min`.
int largest_to_reopen(const Market& market,
                      const Assignment& assignment,
                      const std::vector<char>& tried) {
  const auto waiting = unserved(market, assignment);
  int largest = -1;
  for (int section = 0; section < market.section_count(); ++section) {
    const int seats = at(waiting, section).seats;
    if (at(tried, section) != 0 || seats == 0 || seats < at(market.sections, section).min) continue;
    if (largest < 0 || seats > at(waiting, largest).seats) largest = section;
  }
  return largest;
}

// Whether a draw with a section more leaves none short and takes no seat from anybody.
bool is_no_loss(const Market& market, const Outcome& before, const Outcome& after) {
  const auto taken = seats_taken(market, after.assignment);
  for (int section = 0; section < market.section_count(); ++section) {
    if (at(after.assignment.closed, section) == 0 &&
        at(taken, section) < at(market.sections, section).min) {
      return false;
    }
  }
  const auto held_before = seats_held(market, before.assignment);
  const auto held_after = seats_held(market, after.assignment);
  return std::equal(held_before.begin(), held_before.end(), held_after.begin(),
                    [](int least, int seats) { return seats >= least; });
}

// Seats those with nothing in a closed section and leaves everybody else where they are.
void seat_aside(const Market& market, int section, Outcome& outcome) {
  const std::vector<int> held = seats_held(market, outcome.assignment);
  std::vector<Applicant> applicants;
  for (int student = 0; student < market.student_count(); ++student) {
    if (at(held, student) > 0) continue;
    for (auto wish = market.wish_begin(student); wish < at(market.wish_end, student); ++wish) {
      const Wish& line = at(market.wishes, wish);
      if (line.section != section) continue;
      applicants.push_back(
          {wish, student, section, line.priority_class, at(market.positions, student)});
    }
  }
  const auto order = reserved_then_key(market, applicants);
  const auto seats =
      static_cast<std::size_t>(at(unserved(market, outcome.assignment), section).seats);
  const bool classes = !at(market.sections, section).reserves.empty();
  auto& cut_offs = at(outcome.cut_offs, section);
  cut_offs.clear();
  std::vector<Applicant> in;
  std::vector<Applicant> out;
  for (std::size_t place = 0; place < order.size(); ++place) {
    const Applicant& one = applicants[order[place]];
    (place < seats ? in : out).push_back(one);
    if (place < seats) at(outcome.assignment.held, one.wish) = 1;
  }
  at(outcome.assignment.closed, section) = 0;
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

void reopen(const Market& market, const Draw& draw, Outcome& outcome) {
  std::vector<char> tried(market.sections.size(), 0);
  while (true) {
    const int section = largest_to_reopen(market, outcome.assignment, tried);
    if (section < 0) break;
    at(tried, section) = 1;
    std::vector<char> closed = outcome.assignment.closed;
    at(closed, section) = 0;
    Outcome again = draw(closed);
    if (!is_no_loss(market, outcome, again)) continue;
    again.reopened = std::move(outcome.reopened);
    again.reopened.push_back(section);
    outcome = std::move(again);
  }
  tried.assign(tried.size(), 0);
  while (true) {
    const int section = largest_to_reopen(market, outcome.assignment, tried);
    if (section < 0) return;
    seat_aside(market, section, outcome);
  }
}

}  // namespace

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

Outcome draw_until_settled(const Market& market,
                           Closing closing,
                           Edition edition,
                           const Draw& draw) {
  Outcome outcome = draw_until_none_is_short(market, closing, draw);
  if (edition == Edition::second) reopen(market, draw, outcome);
  SJ_CHECK(is_feasible(market, outcome.assignment));
  return outcome;
}

}  // namespace sj::allocate
