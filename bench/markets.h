#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "engines/allocate/market.h"

namespace sj::bench {

/// SplitMix64 (Steele, Lea and Flood 2014): the same numbers with every library.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t x = state_;
    x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31U);
  }
  int below(int bound) { return static_cast<int>(next() % static_cast<std::uint64_t>(bound)); }
  int between(int least, int most) { return least + below(most - least + 1); }
  double share() { return static_cast<double>(next() >> 11U) * 0x1p-53; }

 private:
  std::uint64_t state_;
};

/// What the sections of a school clash by.
enum class Times { none, slots, overlaps };

/// A generated market: schools that share nothing, each with its own popular sections.
struct Shape {
  int schools = 1;
  int students = 0;  // per school
  int sections = 0;  // per school
  int wishes = 0;
  int quota = 1;
  int cap_least = 1;
  int cap_most = 1;
  double skew = 0;  // the section of popularity k is wished like k^-skew; 0: all alike
  Times times = Times::none;
  int min = 0;      // of every third section
  int classes = 1;  // priority classes, drawn per wish
  std::uint64_t seed = 1;
};

inline allocate::Section make_section(const Shape& shape, int number, Random& random) {
  allocate::Section section;
  section.cap = random.between(shape.cap_least, shape.cap_most);
  if (number % 3 == 2) section.min = shape.min;
  if (shape.times == Times::slots) section.slot = number % 5;  // one section a weekday
  if (shape.times == Times::overlaps) {
    // One or two weekdays; starts and lengths that overlap without being equal.
    section.days = {random.below(5)};
    if (random.below(3) == 0) section.days.push_back((section.days[0] + 2) % 5);
    section.start_min = 960 + 15 * random.below(5);
    section.end_min = section.start_min + 30 + 15 * random.below(4);
  }
  return section;
}

inline allocate::Market make_market(const Shape& shape) {
  Random random(shape.seed);
  allocate::Market market;
  std::vector<double> reach;  // of a popularity: the sum of all shares up to it
  double sum = 0;
  for (int k = 1; k <= shape.sections; ++k) reach.push_back(sum += std::pow(k, -shape.skew));
  std::vector<int> list;
  for (int school = 0; school < shape.schools; ++school) {
    const int first = market.section_count();
    for (int k = 0; k < shape.sections; ++k) {
      market.sections.push_back(make_section(shape, k, random));
    }
    std::vector<int> by_popularity(reach.size());
    std::iota(by_popularity.begin(), by_popularity.end(), first);
    for (std::size_t k = reach.size() - 1; k > 0; --k) {
      std::swap(by_popularity[k], by_popularity[random.next() % (k + 1)]);
    }
    for (int student = 0; student < shape.students; ++student) {
      list.clear();
      while (static_cast<int>(list.size()) < shape.wishes) {
        const auto place = std::upper_bound(reach.begin(), reach.end(), random.share() * sum);
        const int section = by_popularity[static_cast<std::size_t>(place - reach.begin())];
        if (std::find(list.begin(), list.end(), section) == list.end()) list.push_back(section);
      }
      for (const int section : list) {
        market.wishes.push_back({section, random.below(shape.classes), 0});
        market.ties.push_back(static_cast<std::uint32_t>(random.next() >> 32U));
      }
      market.quotas.push_back(shape.quota);
      market.wish_end.push_back(static_cast<std::int64_t>(market.wishes.size()));
    }
  }
  market.has_priorities = shape.classes > 1;
  market.positions.resize(market.quotas.size());
  std::iota(market.positions.begin(), market.positions.end(), 1);
  for (std::size_t i = market.positions.size() - 1; i > 0; --i) {
    std::swap(market.positions[i], market.positions[random.next() % (i + 1)]);
  }
  return market;
}

/// The same market with every wish in class 0.
inline allocate::Market without_classes(allocate::Market market) {
  for (allocate::Wish& wish : market.wishes) wish.priority_class = 0;
  market.has_priorities = false;
  return market;
}

}  // namespace sj::bench
