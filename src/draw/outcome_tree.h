#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "draw/result.h"

namespace sj::draw {

/// The leaves of the hash tree over an outcome (docs/algorithms/draw.md, section 6), so that its
/// root, published with the result, holds the office to every cut-off and every seat. Each is the
/// compact JSON that a receipt's own fields give again.
struct OutcomeHead {
  std::string algorithm;
  std::string root;  // of the inputs, hex
  std::optional<std::string> seed;
  std::int64_t size = 0;    // leaves of the inputs
  std::int64_t leaves = 0;  // of this tree, this one among them
  bool points = false;      // some student has `util`
};
[[nodiscard]] std::string head_leaf(const OutcomeHead& head);

/// What one section costs by the proof of a `welfare` result, its group's price included.
struct SectionPrice {
  allocate::Value price{};
  std::int64_t scale = 1;
  std::int64_t unit = 1;
};
/// `cut_off` is JSON; without a price the certificate has no single leaf for this section.
[[nodiscard]] std::string section_leaf(std::string_view section,
                                       std::string_view cut_off,
                                       const std::optional<SectionPrice>& price);

/// `number` is JSON; the surcharges are those of this student, by section id.
[[nodiscard]] std::string student_leaf(
    std::string_view student,
    const std::vector<std::string>& assignment,
    std::string_view number,
    std::int64_t position,
    const std::vector<std::pair<std::string, allocate::Value>>& surcharges);

/// Per section; nothing but under `welfare`, where one leaf without a gap proves a component.
[[nodiscard]] std::vector<std::optional<SectionPrice>> section_prices(const Instance& instance,
                                                                      const Drawn& drawn);
/// What one student pays more, by section id.
[[nodiscard]] std::vector<std::pair<std::string, allocate::Value>> surcharges_of(
    const Instance& instance, const Drawn& drawn, int student);

/// A price as JSON.
[[nodiscard]] std::string price_json(const allocate::Value& price);

/// Head, then sections, then students, each by id. The instance was read with `keep_leaves`.
[[nodiscard]] std::vector<std::string> outcome_leaves(const Instance& instance, const Drawn& drawn);

/// The root of the tree over the outcome, hex. The instance was read with `keep_leaves`.
[[nodiscard]] std::string outcome_root(const Instance& instance, const Drawn& drawn);

/// What a student holds, in the order of the own list.
[[nodiscard]] std::vector<std::string> sections_of(const Instance& instance,
                                                   const Drawn& drawn,
                                                   int student);
/// The whole lottery number as JSON: 64 digits, or the file's own.
[[nodiscard]] std::string whole_number(const Instance& instance, int student);

}  // namespace sj::draw
