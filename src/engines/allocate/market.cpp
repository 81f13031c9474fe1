#include "engines/allocate/market.h"

#include <algorithm>

namespace sj::allocate {

std::vector<int> Market::lottery_order() const {
  std::vector<int> order(quotas.size());
  for (int student = 0; student < student_count(); ++student) {
    order[static_cast<std::size_t>(positions[static_cast<std::size_t>(student)]) - 1] = student;
  }
  return order;
}

bool conflict(const Section& a, const Section& b) {
  if (a.slot >= 0 && a.slot == b.slot) return true;
  if (a.course >= 0 && a.course == b.course) return true;
  if (a.end_min <= b.start_min || b.end_min <= a.start_min) return false;
  return std::find_first_of(a.days.begin(), a.days.end(), b.days.begin(), b.days.end()) !=
         a.days.end();
}

bool may_conflict(const Market& market) {
  return std::any_of(market.sections.begin(), market.sections.end(), [](const Section& section) {
    return section.slot >= 0 || section.course >= 0 || !section.days.empty();
  });
}

bool conflicts_are_cliques(const Market& market, int student) {
  const auto list = market.list(student);
  const auto clash = [&](std::size_t a, std::size_t b) {
    return conflict(market.sections[static_cast<std::size_t>(list[a].section)],
                    market.sections[static_cast<std::size_t>(list[b].section)]);
  };
  // The first wish of a clique stands for it: every wish conflicts with one representative at most,
  // and with all or none of that clique's members.
  std::vector<std::size_t> representative(list.size());
  for (std::size_t wish = 0; wish < list.size(); ++wish) {
    representative[wish] = wish;
    for (std::size_t other = 0; other < wish; ++other) {
      if (clash(wish, other)) {
        representative[wish] = representative[other];
        break;
      }
    }
  }
  for (std::size_t a = 0; a < list.size(); ++a) {
    for (std::size_t b = a + 1; b < list.size(); ++b) {
      if (clash(a, b) != (representative[a] == representative[b])) return false;
    }
  }
  return true;
}

}  // namespace sj::allocate
