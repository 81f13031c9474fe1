#pragma once

#include <string>
#include <vector>

#include "kernel/base/sha256.h"

namespace sj::draw {

/// Hash tree over texts, as RFC 6962 defines it.
class HashTree {
 public:
  explicit HashTree(const std::vector<std::string>& leaves);

  [[nodiscard]] Sha256 root() const;
  /// Sibling hashes from the leaf up.
  [[nodiscard]] std::vector<Sha256> path(std::size_t leaf) const;

 private:
  // levels_[0] are the leaves; an odd last node moves up unchanged, which gives the same tree as
  // splitting at the largest power of two.
  std::vector<std::vector<Sha256>> levels_;
};

/// The root that a leaf, its place among `size` leaves and a path lead to; a path of the wrong
/// length gives false.
struct PathRoot {
  bool good = false;
  Sha256 root{};
};
[[nodiscard]] PathRoot root_by_path(const std::string& leaf,
                                    std::size_t index,
                                    std::size_t size,
                                    const std::vector<Sha256>& path);

}  // namespace sj::draw
