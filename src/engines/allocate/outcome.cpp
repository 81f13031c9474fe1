#include <algorithm>

#include "engines/allocate/choice.h"
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

}  // namespace

bool is_feasible(const Market& market, const Assignment& assignment) {
  std::vector<int> taken(market.sections.size(), 0);
  std::vector<int> group_taken(market.group_caps.size(), 0);
  std::vector<const Section*> mine;
  for (int student = 0; student < market.student_count(); ++student) {
    mine.clear();
    for (std::int64_t wish = market.wish_begin(student); wish < at(market.wish_end, student);
         ++wish) {
      if (at(assignment.held, wish) == 0) continue;
      const int section = at(market.wishes, wish).section;
      const Section& facts = at(market.sections, section);
      for (const Section* other : mine) {
        if (conflict(facts, *other)) return false;
      }
      mine.push_back(&facts);
      if (static_cast<int>(mine.size()) > at(market.quotas, student)) return false;
      if (++at(taken, section) > facts.cap) return false;
      if (facts.group >= 0 && ++at(group_taken, facts.group) > at(market.group_caps, facts.group)) {
        return false;
      }
    }
  }
  for (int section = 0; section < market.section_count(); ++section) {
    if (at(taken, section) == 0) continue;
    if (at(taken, section) < at(market.sections, section).min) return false;
    // A result that was read has no closed sections yet.
    if (!assignment.closed.empty() && at(assignment.closed, section) != 0) return false;
  }
  return true;
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
