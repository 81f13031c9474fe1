#pragma once

#include <string>
#include <string_view>

#include "kernel/base/result.h"

#include "draw/result.h"

namespace sj::draw {

/// The root of the hash tree over all inputs, hex. The instance was read with `keep_leaves`.
[[nodiscard]] std::string root_of(const Instance& instance);

/// What one family needs to check its own result (docs/algorithms/draw.md, section 6); JSON and a
/// final newline. The instance was read with `keep_leaves`.
[[nodiscard]] std::string make_receipt(const Instance& instance, const Drawn& drawn, int student);

struct Published {
  std::string root;
  std::string seed;     // empty: the draw had none
  std::string outcome;  // root of the outcome; empty: not compared, and the report says so
};
struct ReceiptReport {
  bool good = false;
  std::string text;  // a line per wish and per fault
};
/// Checks a receipt with nothing but what was published: the tree paths of the own wishes, of the
/// sections, of the cut-offs and of the own seats, the own number, and what the cut-offs (under
/// `welfare` the prices) give for the own list.
/// Fails: json.*, draw.bad_receipt (it is no receipt), draw.bad_seed, draw.bad_root.
[[nodiscard]] Result<ReceiptReport> check_receipt(std::string_view receipt,
                                                  const Published& published);

}  // namespace sj::draw
