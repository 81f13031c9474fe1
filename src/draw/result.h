#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/base/result.h"

#include "engines/allocate/proof.h"
#include "engines/allocate/rules.h"

#include "draw/instance.h"

namespace sj::draw {

enum class Rule : unsigned char { welfare, stable, draft, serial };

[[nodiscard]] std::string_view name_of(Rule rule);
/// Fails: draw.unknown_rule.
[[nodiscard]] Result<Rule> rule_of(std::string_view name);

/// A drawn result in memory: what the result file says.
struct Drawn {
  Rule rule = Rule::stable;
  allocate::Edition edition = allocate::Edition::second;  // of stable, draft and serial
  bool ignores_priorities = false;
  std::optional<std::string> seed;
  allocate::Outcome outcome;
  std::optional<allocate::Certificate> certificate;
};

/// `welfare-1`, `stable-2`, …, with `+ignore-prio`.
[[nodiscard]] std::string algorithm_of(const Drawn& drawn);

/// What an algorithm id says besides the rule, which the caller knows.
struct AlgorithmName {
  allocate::Edition edition = allocate::Edition::second;
  bool ignores_priorities = false;
};
[[nodiscard]] std::optional<AlgorithmName> read_algorithm(Rule rule, std::string_view algorithm);

/// The result file's bytes, final newline included (docs/algorithms/draw.md, section 4).
[[nodiscard]] std::string render(const Instance& instance, const Drawn& drawn);

/// The cut-off of every section as JSON.
[[nodiscard]] std::vector<std::string> render_cut_offs(const Instance& instance,
                                                       const Drawn& drawn);

/// The lottery number as people compare it: 16 hex digits, or the file's number; JSON.
[[nodiscard]] std::string render_number(const Instance& instance, int student);

/// What a result file claims, before anything of it is believed. The instance may still lack its
/// lottery; assignment and certificate are resolved against its ids.
///
/// Fails:   json.*, draw.unknown_rule, draw.bad_result, draw.bad_seed: it is no result file;
///          draw.not_verified: it is one, but cannot belong to this instance. Each with the place.
[[nodiscard]] Result<Drawn> read_result(std::string_view document, const Instance& instance);

/// The statistics line of a result, for the summary that people read: seats, rank, nothing, gap.
struct Summary {
  std::int64_t seated = 0;
  std::int64_t total_rank = 0;
  std::optional<std::int64_t> total_points;
  std::int64_t with_nothing = 0;
  std::int64_t blocking_pairs = 0;
  std::size_t closed = 0;
  std::optional<allocate::Gap> largest_gap;
};
[[nodiscard]] Summary summary(const Instance& instance, const Drawn& drawn);

}  // namespace sj::draw
