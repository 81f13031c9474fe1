#include "engines/allocate/choice.h"

#include <algorithm>
#include <numeric>

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

std::vector<char> accepted(const Market& market, const std::vector<Applicant>& applicants) {
  const std::vector<char> is_reserved = reserved(market, applicants);
  std::vector<std::size_t> order(applicants.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (is_reserved[a] != is_reserved[b]) return is_reserved[a] > is_reserved[b];
    const std::uint64_t x = key_of(applicants[a].priority_class, applicants[a].position);
    const std::uint64_t y = key_of(applicants[b].priority_class, applicants[b].position);
    if (x != y) return x < y;
    return applicants[a].wish < applicants[b].wish;  // one student's own: by rank
  });
  std::vector<char> in(applicants.size(), 0);
  std::vector<std::pair<int, int>> taken;  // (section, seats): few sections in one gate
  int taken_in_group = 0;
  for (const std::size_t i : order) {
    const Section& section = at(market.sections, applicants[i].section);
    if (section.group >= 0 && taken_in_group >= at(market.group_caps, section.group)) {
      break;
    }
    auto entry = std::find_if(taken.begin(), taken.end(), [&](const auto& pair) {
      return pair.first == applicants[i].section;
    });
    if (entry == taken.end()) {
      taken.push_back({applicants[i].section, 0});
      entry = taken.end() - 1;
    }
    if (entry->second >= section.cap) continue;
    ++entry->second;
    ++taken_in_group;
    in[i] = 1;
  }
  return in;
}

Gates::Gates(const Market& market)
    : sections_(market.section_count()),
      gate_count_(sections_ + static_cast<int>(market.group_caps.size())),
      has_reserves_(static_cast<std::size_t>(gate_count_), 0) {
  for (int section = 0; section < sections_; ++section) {
    const Section& facts = at(market.sections, section);
    gate_of_.push_back(facts.group >= 0 ? sections_ + facts.group : section);
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

std::vector<std::vector<Applicant>> held_by_gate(const Market& market,
                                                 const Gates& gates,
                                                 const Assignment& assignment) {
  std::vector<std::vector<Applicant>> held(static_cast<std::size_t>(gates.gate_count()));
  for (int student = 0; student < market.student_count(); ++student) {
    const std::int64_t end = at(market.wish_end, student);
    for (std::int64_t wish = market.wish_begin(student); wish < end; ++wish) {
      if (at(assignment.held, wish) == 0) continue;
      const Applicant applicant = applicant_of(market, student, wish);
      at(held, gates.gate_of(applicant.section)).push_back(applicant);
    }
  }
  return held;
}

std::vector<std::int64_t> blocking_pairs(const Market& market, const Assignment& assignment) {
  const Gates gates(market);
  auto held = held_by_gate(market, gates, assignment);
  // A plain gate lets a key in when it has a free seat or its worst key is worse.
  std::vector<std::uint64_t> worst_let_in(held.size(), 0);
  for (int gate = 0; gate < market.section_count(); ++gate) {
    const auto cap = at(market.sections, gate).cap;
    auto& limit = at(worst_let_in, gate);
    for (const Applicant& in : at(held, gate)) {
      limit = std::max(limit, key_of(in.priority_class, in.position));
    }
    if (static_cast<int>(at(held, gate).size()) < cap) limit = ~0ULL;
  }
  std::vector<std::int64_t> pairs;
  for (int student = 0; student < market.student_count(); ++student) {
    const std::int64_t end = at(market.wish_end, student);
    for (std::int64_t wish = market.wish_begin(student); wish < end; ++wish) {
      const Applicant one = applicant_of(market, student, wish);
      const int gate = gates.gate_of(one.section);
      if (at(assignment.closed, one.section) != 0) continue;
      if (gates.is_plain(gate) &&
          key_of(one.priority_class, one.position) >= at(worst_let_in, gate)) {
        continue;
      }
      if (!would_take(market, assignment.held, student, wish)) continue;
      if (!gates.is_plain(gate)) {
        auto applicants = at(held, gate);
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
