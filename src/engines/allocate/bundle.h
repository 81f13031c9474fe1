#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engines/allocate/lex.h"
#include "engines/allocate/market.h"

namespace sj::allocate {

/// A set of places in one list, as bits.
class PlaceSet {
 public:
  PlaceSet() = default;
  explicit PlaceSet(std::size_t places) : words_((places + 63) / 64, 0) {}
  void insert(std::size_t place) { words_[place / 64] |= std::uint64_t{1} << (place % 64); }
  [[nodiscard]] bool contains(std::size_t place) const {
    return (words_[place / 64] >> (place % 64) & 1U) != 0;
  }
  void insert_all(const PlaceSet& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
  }
  void clear() { std::fill(words_.begin(), words_.end(), 0); }

 private:
  std::vector<std::uint64_t> words_;
};

/// What one student may hold together.
struct Conflicts {
  std::vector<PlaceSet> with;  // per place; empty when nothing conflicts
  std::vector<int> clique;     // per place: a cover by cliques, for the bound below
  int cliques = 0;
};

/// The bundle of greatest weight that one student may hold: exact, by depth-first search.
///
/// The bound takes the best remaining place of each clique of the cover; where the conflicts are
/// cliques it is exact and the search never turns back.
/// Weight is Real or Value; `compare` of lex.h decides.
template <class Weight>
class BundleSearch {
 public:
  /// Takes:  `weights` per place, `allowed` per place, `forced` places (their conflicts are left
  ///         out; the quota includes them).
  /// Gives:  false if the forced places cannot be held together. Else `places()`, `weight()`.
  bool run(const Conflicts& conflicts,
           int quota,
           const std::vector<Weight>& weights,
           const std::vector<char>& allowed,
           const std::vector<int>& forced) {
    conflicts_ = &conflicts;
    weights_ = &weights;
    current_.assign(forced.begin(), forced.end());
    best_weight_ = Weight{};
    PlaceSet blocked(conflicts.with.empty() ? 0 : weights.size());
    for (const int place : forced) {
      if (is_blocked(blocked, place)) return false;
      if (!conflicts.with.empty()) blocked.insert_all(at(conflicts.with, place));
      best_weight_ += at(weights, place);
    }
    if (static_cast<int>(forced.size()) > quota) return false;
    best_ = current_;
    order_.clear();
    const Weight zero{};
    for (int place = 0; place < static_cast<int>(weights.size()); ++place) {
      if (at(allowed, place) == 0 || compare(at(weights, place), zero) <= 0) continue;
      if (is_blocked(blocked, place)) continue;
      if (std::find(forced.begin(), forced.end(), place) != forced.end()) continue;
      order_.push_back(place);
    }
    std::sort(order_.begin(), order_.end(), [&](int a, int b) {
      if (at(weights, a) != at(weights, b)) return at(weights, a) > at(weights, b);
      return a < b;
    });
    used_.assign(static_cast<std::size_t>(conflicts.cliques), 0);
    stamp_ = 0;
    const Weight start = best_weight_;  // a copy: the search moves the best on
    search(0, quota - static_cast<int>(forced.size()), blocked, start);
    return true;
  }

  [[nodiscard]] const std::vector<int>& places() const { return best_; }
  [[nodiscard]] const Weight& weight() const { return best_weight_; }

 private:
  [[nodiscard]] static bool is_blocked(const PlaceSet& blocked, int place, bool any) {
    return any && blocked.contains(static_cast<std::size_t>(place));
  }
  [[nodiscard]] bool is_blocked(const PlaceSet& blocked, int place) const {
    return is_blocked(blocked, place, !conflicts_->with.empty());
  }

  [[nodiscard]] Weight bound(std::size_t from, int left, const PlaceSet& blocked) {
    Weight sum{};
    ++stamp_;
    for (std::size_t i = from; i < order_.size() && left > 0; ++i) {
      if (is_blocked(blocked, order_[i])) continue;
      if (!conflicts_->with.empty()) {
        int& used = at(used_, at(conflicts_->clique, order_[i]));
        if (used == stamp_) continue;
        used = stamp_;
      }
      sum += at(*weights_, order_[i]);
      --left;
    }
    return sum;
  }

  void search(std::size_t from, int left, const PlaceSet& blocked, const Weight& weight) {
    if (compare(weight, best_weight_) > 0) {
      best_weight_ = weight;
      best_ = current_;
    }
    if (left == 0) return;
    for (std::size_t i = from; i < order_.size(); ++i) {
      if (is_blocked(blocked, order_[i])) continue;
      Weight most = weight;
      most += bound(i, left, blocked);
      if (compare(most, best_weight_) <= 0) return;
      PlaceSet next = blocked;
      if (!conflicts_->with.empty()) next.insert_all(at(conflicts_->with, order_[i]));
      Weight with = weight;
      with += at(*weights_, order_[i]);
      current_.push_back(order_[i]);
      search(i + 1, left - 1, next, with);
      current_.pop_back();
    }
  }

  const Conflicts* conflicts_ = nullptr;
  const std::vector<Weight>* weights_ = nullptr;
  std::vector<int> order_;    // allowed places of positive weight, best first
  std::vector<int> current_;  // places taken on the way down
  std::vector<int> best_;
  std::vector<int> used_;  // per clique: the stamp of the bound that used it last
  int stamp_ = 0;
  Weight best_weight_{};
};

}  // namespace sj::allocate
