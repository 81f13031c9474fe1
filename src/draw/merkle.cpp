#include "draw/merkle.h"

#include <string_view>

namespace sj::draw {
namespace {

using std::string_view_literals::operator""sv;

Sha256 leaf_hash(Hasher& hasher, std::string_view leaf) {
  return hasher.hash({"\0"sv, leaf});
}

std::string_view bytes_of(const Sha256& hash) {
  return {static_cast<const char*>(static_cast<const void*>(hash.data())), hash.size()};
}

Sha256 node_hash(Hasher& hasher, const Sha256& left, const Sha256& right) {
  return hasher.hash({"\1"sv, bytes_of(left), bytes_of(right)});
}

}  // namespace

HashTree::HashTree(const std::vector<std::string>& leaves) {
  Hasher hasher;
  auto& bottom = levels_.emplace_back();
  for (const std::string& leaf : leaves) bottom.push_back(leaf_hash(hasher, leaf));
  while (levels_.back().size() > 1) {
    std::vector<Sha256> above;
    const auto& below = levels_.back();
    for (std::size_t i = 0; i < below.size(); i += 2) {
      above.push_back(i + 1 < below.size() ? node_hash(hasher, below[i], below[i + 1]) : below[i]);
    }
    levels_.push_back(std::move(above));
  }
}

Sha256 HashTree::root() const {
  if (!levels_.front().empty()) return levels_.back().front();
  Hasher hasher;
  return hasher.hash({});
}

std::vector<Sha256> HashTree::path(std::size_t leaf) const {
  std::vector<Sha256> path;
  for (std::size_t level = 0; level + 1 < levels_.size(); ++level, leaf /= 2) {
    const std::size_t sibling = leaf ^ 1U;
    if (sibling < levels_[level].size()) path.push_back(levels_[level][sibling]);
  }
  return path;
}

PathRoot root_by_path(const std::string& leaf,
                      std::size_t index,
                      std::size_t size,
                      const std::vector<Sha256>& path) {
  if (index >= size) return {};
  Hasher hasher;
  Sha256 hash = leaf_hash(hasher, leaf);
  std::size_t used = 0;
  for (; size > 1; index /= 2, size = (size + 1) / 2) {
    const bool has_sibling = (index ^ 1U) < size;
    if (!has_sibling) continue;
    if (used == path.size()) return {};
    const Sha256& sibling = path[used++];
    hash = index % 2 == 1 ? node_hash(hasher, sibling, hash) : node_hash(hasher, hash, sibling);
  }
  return {used == path.size(), hash};
}

}  // namespace sj::draw
