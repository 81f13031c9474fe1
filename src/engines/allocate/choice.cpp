#include "engines/allocate/choice.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

namespace sj::allocate {
namespace {

Applicant applicant_of(const Market& market, int student, std::int64_t wish) {
  const Wish& line = at(market.wishes, wish);
  return {wish, student, line.section, line.priority_class, at(market.positions, student)};
}

// Marks the applicants that a reserve takes: the best of its class, section by section.
std::vector<char> reserved(const Market& market, const std::vector<Applicant>& applicants) {
  std::vector<char> is_reserved(applicants.size(), 0);
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < applicants.size(); ++i) {
    const auto& section = at(market.sections, applicants[i].section);
    if (!section.reserves.empty()) order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const Applicant& x = applicants[a];
    const Applicant& y = applicants[b];
    if (x.section != y.section) return x.section < y.section;
    if (x.priority_class != y.priority_class) return x.priority_class > y.priority_class;
    return x.position < y.position;
  });
  int in_class = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Applicant& now = applicants[order[i]];
    const bool same = i > 0 && applicants[order[i - 1]].section == now.section &&
                      applicants[order[i - 1]].priority_class == now.priority_class;
    in_class = same ? in_class + 1 : 1;
    for (const Reserve& reserve : at(market.sections, now.section).reserves) {
      if (reserve.priority_class == now.priority_class && in_class <= reserve.seats) {
        is_reserved[order[i]] = 1;
      }
    }
  }
  return is_reserved;
}

}  // namespace

std::vector<std::size_t> reserved_then_key(const Market& market,
                                           const std::vector<Applicant>& applicants) {
  const std::vector<char> is_reserved = reserved(market, applicants);
  std::vector<std::size_t> order(applicants.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (is_reserved[a] != is_reserved[b]) return is_reserved[a] > is_reserved[b];
    return goes_before(applicants[a], applicants[b]);
  });
  return order;
}

std::vector<char> accepted(const Market& market, const std::vector<Applicant>& applicants) {
  const std::vector<std::size_t> order = reserved_then_key(market, applicants);
  std::vector<char> in(applicants.size(), 0);
  std::unordered_map<int, int> taken;  // seats of each section
  int taken_in_group = 0;
  for (const std::size_t i : order) {
    const Section& section = at(market.sections, applicants[i].section);
    if (section.group >= 0 && taken_in_group >= at(market.group_caps, section.group)) {
      break;
    }
    int& here = taken[applicants[i].section];
    if (here >= section.cap) continue;
    ++here;
    ++taken_in_group;
    in[i] = 1;
  }
  return in;
}

Gates::Gates(const Market& market)
    : gate_count_(market.section_count() + static_cast<int>(market.group_caps.size())),
      has_reserves_(static_cast<std::size_t>(gate_count_), 0) {
  for (int section = 0; section < market.section_count(); ++section) {
    const Section& facts = at(market.sections, section);
    gate_of_.push_back(facts.group >= 0 ? market.section_count() + facts.group : section);
    if (facts.reserves.empty()) continue;
    at(has_reserves_, gate_of_.back()) = 1;
    any_reserves_ = true;
  }
}

bool would_take(const Market& market,
                const std::vector<char>& held,
                int student,
                std::int64_t wish) {
  if (at(held, wish) != 0) return false;
  const auto section_of = [&](std::int64_t w) -> const Section& {
    return at(market.sections, at(market.wishes, w).section);
  };
  int above = 0;
  for (std::int64_t better = market.wish_begin(student); better < wish; ++better) {
    if (at(held, better) == 0) continue;
    if (++above >= at(market.quotas, student)) return false;
    if (conflict(section_of(better), section_of(wish))) return false;
  }
  return true;
}

bool goes_before(const Applicant& a, const Applicant& b) {
  const std::uint64_t x = key_of(a.priority_class, a.position);
  const std::uint64_t y = key_of(b.priority_class, b.position);
  if (x != y) return x < y;
  return a.wish < b.wish;  // one student's own: by rank
}

bool Seated::section_full(const Market& market, int section) const {
  return at(in_section, section) >= at(market.sections, section).cap;
}

bool Seated::group_full(const Market& market, const Gates& gates, int section) const {
  const int group = at(market.sections, section).group;
  return group >= 0 && at(in_gate, gates.gate_of(section)) >= at(market.group_caps, group);
}

Seated seated(const Market& market, const Gates& gates, const Assignment& assignment) {
  Seated result;
  const auto all_gates = static_cast<std::size_t>(gates.gate_count());
  result.in_section.resize(market.sections.size(), 0);
  result.last_in_section.resize(market.sections.size());
  result.in_gate.resize(all_gates, 0);
  result.last_in_gate.resize(all_gates);
  result.crowd.resize(all_gates);
  const auto seat = [](int& count, Applicant& last, const Applicant& one) {
    if (count == 0 || goes_before(last, one)) last = one;
    ++count;
  };
  for (int student = 0; student < market.student_count(); ++student) {
    const std::int64_t end = at(market.wish_end, student);
    for (std::int64_t wish = market.wish_begin(student); wish < end; ++wish) {
      if (at(assignment.held, wish) == 0) continue;
      const Applicant one = applicant_of(market, student, wish);
      const int gate = gates.gate_of(one.section);
      seat(at(result.in_section, one.section), at(result.last_in_section, one.section), one);
      seat(at(result.in_gate, gate), at(result.last_in_gate, gate), one);
      if (gates.has_reserves(gate)) at(result.crowd, gate).push_back(one);
    }
  }
  return result;
}

std::vector<std::int64_t> blocking_pairs(const Market& market, const Assignment& assignment) {
  const Gates gates(market);
  const Seated now = seated(market, gates, assignment);
  std::vector<std::int64_t> pairs;
  for (int student = 0; student < market.student_count(); ++student) {
    const std::int64_t end = at(market.wish_end, student);
    for (std::int64_t wish = market.wish_begin(student); wish < end; ++wish) {
      const Applicant one = applicant_of(market, student, wish);
      const int gate = gates.gate_of(one.section);
      if (at(assignment.closed, one.section) != 0) continue;
      const bool section_full = now.section_full(market, one.section);
      const bool full = section_full || now.group_full(market, gates, one.section);
      const int seats = section_full ? at(now.in_section, one.section) : at(now.in_gate, gate);
      if (full && seats == 0) continue;  // there is no seat at all
      if (full && !gates.has_reserves(gate) &&
          !goes_before(one, section_full ? at(now.last_in_section, one.section)
                                         : at(now.last_in_gate, gate))) {
        continue;
      }
      if (!would_take(market, assignment.held, student, wish)) continue;
      if (full && gates.has_reserves(gate)) {
        auto applicants = at(now.crowd, gate);
        applicants.push_back(one);
        if (accepted(market, applicants).back() == 0) continue;
      }
      pairs.push_back(wish);
    }
  }
  return pairs;
}

std::vector<int> wish_owners(const Market& market) {
  std::vector<int> owners(market.wishes.size());
  for (int student = 0; student < market.student_count(); ++student) {
    std::fill(owners.begin() + market.wish_begin(student),
              owners.begin() + at(market.wish_end, student), student);
  }
  return owners;
}

}  // namespace sj::allocate
