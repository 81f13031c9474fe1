#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.h"

#include "engines/allocate/market.h"

namespace sj::draw {

/// Input of a draw (摇号的输入): what the instance file says, in the order of ids.
struct Instance {
  allocate::Market market;  // `positions` and `ties` are set by `set_lottery` and `set_ties`
  std::vector<std::string> section_ids;
  std::vector<std::string> group_ids;
  std::vector<std::string> student_ids;
  std::vector<std::string> tokens;    // per student: its token, else its id
  std::vector<std::int64_t> lottery;  // per student; empty if some student has none
  std::string first_without_lottery;  // the id of the one that has none
  std::vector<std::string> leaves;    // canonical JSON of every input, see merkle.h
  std::string sha256;                 // of the file's bytes, hex
  std::vector<std::string> numbers;   // per student: 64 hex digits, once a seed is known
  std::vector<std::string> warnings;  // for people: what was accepted but is unusual

  [[nodiscard]] int find_student(std::string_view id) const;  // -1: none
  [[nodiscard]] int find_section(std::string_view id) const;  // -1: none
};

struct ReadOptions {
  bool keep_leaves = false;  // the leaves cost as much memory as the file
};

/// Reads and checks an instance (docs/algorithms/draw.md, section 1).
///
/// Fails:   json.syntax, json.wrong_type, json.missing, draw.out_of_range, draw.duplicate_id,
///          draw.unknown_section, draw.unknown_group, draw.duplicate_wish, draw.bad_times,
///          draw.bad_reserve, draw.bad_id; each names the place and what would be accepted.
/// Limits:  2,000,000 students, 100,000 sections, 1,000 wishes a list.
[[nodiscard]] Result<Instance> read_instance(std::string_view document, const ReadOptions& options);

/// Drops priority classes and reserves (`--ignore-prio`).
void ignore_priorities(Instance& instance);

/// Puts the students into lottery order: by seed, or by the file's numbers without one.
/// Fails: draw.no_lottery.
[[nodiscard]] Result<void> set_lottery(Instance& instance, const std::optional<std::string>& seed);

/// The tie hashes that `welfare` needs.
void set_ties(Instance& instance, const std::optional<std::string>& seed);

/// A seed in lower case. Fails: draw.bad_seed (not hex, odd length, empty, above 1,024 digits).
[[nodiscard]] Result<std::string> normal_seed(std::string_view seed);

}  // namespace sj::draw
