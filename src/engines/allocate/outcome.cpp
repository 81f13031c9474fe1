#include <algorithm>
#include <numeric>

#include "engines/allocate/choice.h"
#include "engines/allocate/problem.h"
#include "engines/allocate/rules.h"

namespace sj::allocate {
namespace {

std::vector<int> seats_taken(const Market& market, const Assignment& assignment) {
  std::vector<int> taken(market.sections.size(), 0);
  for (std::size_t wish = 0; wish < market.wishes.size(); ++wish) {
    if (assignment.held[wish] != 0) ++at(taken, market.wishes[wish].section);
  }
  return taken;
}

// The components, and each section that nobody wishes by itself.
std::vector<std::vector<int>> parts_of(const Market& market) {
  auto parts = components(market);
  std::vector<char> seen(market.sections.size(), 0);
  for (const auto& part : parts) {
    for (const int section : part) at(seen, section) = 1;
  }
  for (int section = 0; section < market.section_count(); ++section) {
    if (at(seen, section) == 0) parts.push_back({section});
  }
  return parts;
}

}  // namespace

Outcome draw_until_none_is_short(
    const Market& market,
    Closing closing,
    const std::function<Outcome(const std::vector<char>& closed)>& draw) {
  std::vector<char> closed(market.sections.size(), 0);
  std::vector<std::vector<int>> parts;
  while (true) {
    Outcome outcome = draw(closed);
    const std::vector<int> taken = seats_taken(market, outcome.assignment);
    const auto is_short = [&](int section) {
      return at(closed, section) == 0 && at(taken, section) < at(market.sections, section).min;
    };
    std::vector<int> all(market.sections.size());
    std::iota(all.begin(), all.end(), 0);
    if (std::none_of(all.begin(), all.end(), is_short)) return outcome;
    if (parts.empty() && closing == Closing::one) parts.push_back(all);
    if (parts.empty()) parts = parts_of(market);
    for (const std::vector<int>& part : parts) {
      int shortest = -1;
      int largest_shortfall = 0;
      for (const int section : part) {
        const int shortfall = at(market.sections, section).min - at(taken, section);
        if (!is_short(section) || shortfall <= largest_shortfall) continue;
        largest_shortfall = shortfall;
        shortest = section;
      }
      if (shortest >= 0) at(closed, shortest) = 1;
    }
  }
}

std::vector<std::vector<int>> waiting_lists(const Market& market, const Assignment& assignment) {
  struct Waiter {
    std::uint64_t key;
    int student;
  };
  std::vector<std::vector<Waiter>> waiters(market.sections.size());
  for (int student = 0; student < market.student_count(); ++student) {
    const std::int64_t end = at(market.wish_end, student);
    for (std::int64_t wish = market.wish_begin(student); wish < end; ++wish) {
      const Wish& line = at(market.wishes, wish);
      if (at(assignment.closed, line.section) != 0) continue;
      if (!would_take(market, assignment.held, student, wish)) continue;
      at(waiters, line.section)
          .push_back({key_of(line.priority_class, at(market.positions, student)), student});
    }
  }
  std::vector<std::vector<int>> lists(waiters.size());
  for (std::size_t section = 0; section < waiters.size(); ++section) {
    auto& here = waiters[section];
    std::sort(here.begin(), here.end(),
              [](const Waiter& a, const Waiter& b) { return a.key < b.key; });
    for (const Waiter& waiter : here) lists[section].push_back(waiter.student);
  }
  return lists;
}

Statistics statistics(const Market& market, const Assignment& assignment) {
  Statistics result;
  std::int64_t longest = 0;
  for (int student = 0; student < market.student_count(); ++student) {
    const std::int64_t begin = market.wish_begin(student);
    const std::int64_t end = at(market.wish_end, student);
    longest = std::max(longest, end - begin);
    result.profile.resize(static_cast<std::size_t>(longest), 0);
    bool has_something = false;
    for (std::int64_t wish = begin; wish < end; ++wish) {
      if (at(assignment.held, wish) == 0) continue;
      has_something = true;
      ++result.seated;
      ++at(result.profile, wish - begin);
      result.total_rank += wish - begin + 1;
      result.total_points += at(market.wishes, wish).points;
    }
    if (!has_something) ++result.with_nothing;
  }
  const std::vector<int> taken = seats_taken(market, assignment);
  for (int section = 0; section < market.section_count(); ++section) {
    if (at(market.sections, section).min > 0 && at(taken, section) == 0) {
      result.closed.push_back(section);
    }
  }
  result.blocking_pairs = static_cast<std::int64_t>(blocking_pairs(market, assignment).size());
  return result;
}

}  // namespace sj::allocate
