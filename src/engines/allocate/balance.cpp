#include "engines/allocate/balance.h"

#include <algorithm>

#include "engines/allocate/choice.h"

namespace sj::allocate {

Wishers::Wishers(const Market& market)
    : begin_(market.sections.size() + 1, 0), wishes_(market.wishes.size()) {
  for (const Wish& wish : market.wishes) ++at(begin_, wish.section + 1);
  for (std::size_t section = 1; section < begin_.size(); ++section) {
    begin_[section] += begin_[section - 1];
  }
  std::vector<std::size_t> next(begin_.begin(), begin_.end() - 1);
  for (std::size_t wish = 0; wish < wishes_.size(); ++wish) {
    wishes_[at(next, market.wishes[wish].section)++] = static_cast<std::int64_t>(wish);
  }
}

std::span<const std::int64_t> Wishers::of(int section) const {
  return std::span(wishes_).subspan(at(begin_, section),
                                    at(begin_, section + 1) - at(begin_, section));
}

Balance::Balance(const Market& market, const Assignment& assignment)
    : market_(market),
      owners_(wish_owners(market)),
      closed_(assignment.closed),
      tried_(market.sections.size(), 0),
      taken_(market.sections.size(), 0),
      wishing_(market.sections.size(), 0),
      group_taken_(market.group_caps.size(), 0),
      holding_(market.quotas.size(), 0),
      group_members_(market.group_caps.size()),
      group_moved_(market.group_caps.size(), 0),
      places_(market.sections.size(), {0, 0}) {
  for (std::size_t wish = 0; wish < market.wishes.size(); ++wish) {
    if (assignment.held[wish] == 0) continue;
    const int section = market.wishes[wish].section;
    ++at(taken_, section);
    ++at(holding_, owners_[wish]);
    const int group = at(market.sections, section).group;
    if (group >= 0) ++at(group_taken_, group);
  }
  for (int student = 0; student < market.student_count(); ++student) {
    if (at(holding_, student) > 0) continue;
    for (const Wish& wish : market.list(student)) ++at(wishing_, wish.section);
  }
  for (int section = 0; section < market.section_count(); ++section) {
    const int group = at(market.sections, section).group;
    if (group >= 0) at(group_members_, group).push_back(section);
    weigh(section);
  }
}

int Balance::seats_for(int section) const {
  const Section& facts = at(market_.sections, section);
  const int seats = std::min(at(wishing_, section), facts.cap);
  if (facts.group < 0) return seats;
  const int left = at(market_.group_caps, facts.group) - at(group_taken_, facts.group);
  return std::min(seats, std::max(0, left));
}

// Puts a section where it belongs by now in the two orders.
void Balance::weigh(int section) {
  const int least = at(market_.sections, section).min;
  const bool closed = is_closed(section);
  const int missing = closed ? 0 : std::max(0, least - at(taken_, section));
  int seats = closed && at(tried_, section) == 0 ? seats_for(section) : 0;
  if (seats < least) seats = 0;
  auto& [was_missing, had_seats] = at(places_, section);
  if (missing != was_missing) {
    if (was_missing > 0) short_.erase({-was_missing, section});
    if (missing > 0) short_.insert({-missing, section});
    was_missing = missing;
  }
  if (seats != had_seats) {
    if (had_seats > 0) waited_for_.erase({-had_seats, section});
    if (seats > 0) waited_for_.insert({-seats, section});
    had_seats = seats;
  }
}

void Balance::count(std::int64_t wish, int by) {
  const int section = at(market_.wishes, wish).section;
  const int student = at(owners_, wish);
  if (watching_) before_.emplace_back(student, at(holding_, student));
  const bool had = at(holding_, student) > 0;
  at(holding_, student) += by;
  at(taken_, section) += by;
  weigh(section);
  const int group = at(market_.sections, section).group;
  if (group >= 0) {
    at(group_taken_, group) += by;
    if (at(group_moved_, group) == 0) moved_groups_.push_back(group);
    at(group_moved_, group) = 1;
  }
  if (had == (at(holding_, student) > 0)) return;
  for (const Wish& line : market_.list(student)) {
    at(wishing_, line.section) += had ? 1 : -1;
    if (is_closed(line.section)) weigh(line.section);
  }
}

void Balance::give(std::int64_t wish) {
  count(wish, 1);
}

void Balance::free(std::int64_t wish) {
  count(wish, -1);
}

void Balance::close(int section) {
  at(closed_, section) = 1;
  weigh(section);
}

void Balance::open(int section) {
  at(closed_, section) = 0;
  weigh(section);
}

std::vector<int> Balance::short_ones() const {
  std::vector<int> result;
  result.reserve(short_.size());
  for (const auto& [missing, section] : short_) result.push_back(section);
  return result;
}

int Balance::first_short() const {
  return short_.empty() ? -1 : short_.begin()->second;
}

int Balance::largest_to_open() {
  for (const int group : moved_groups_) {
    at(group_moved_, group) = 0;
    for (const int section : at(group_members_, group)) {
      if (is_closed(section)) weigh(section);
    }
  }
  moved_groups_.clear();
  return waited_for_.empty() ? -1 : waited_for_.begin()->second;
}

void Balance::set_tried(int section) {
  at(tried_, section) = 1;
  weigh(section);
}

void Balance::forget_tries() {
  for (int section = 0; section < market_.section_count(); ++section) {
    if (at(tried_, section) == 0) continue;
    at(tried_, section) = 0;
    weigh(section);
  }
}

void Balance::watch() {
  watching_ = true;
  before_.clear();
}

bool Balance::somebody_lost() const {
  // The first note of a student says what he held when watching began.
  std::set<int> seen;
  return std::any_of(before_.begin(), before_.end(), [&](const auto& note) {
    return seen.insert(note.first).second && at(holding_, note.first) < note.second;
  });
}

}  // namespace sj::allocate
