#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/pack.h"

/// Between JSON, the numbers the engine compares, and words for people.
namespace sj::policy {

/// What `op` compares a fact with, out of JSON: one value, or for a set a list of words as a mask.
/// Nothing if it is of another type, or holds what is no word of the fact.
[[nodiscard]] std::optional<rules::Value> read_value(const Fact& fact,
                                                     rules::Op op,
                                                     const std::string& json);
/// What a value of the fact looks like, in English, for refusals.
[[nodiscard]] std::string wanted_of(const Fact& fact);

[[nodiscard]] std::optional<rules::Op> find_op(std::string_view name);
[[nodiscard]] std::optional<rules::FactType> find_type(std::string_view name);
[[nodiscard]] std::optional<rules::Strength> find_strength(std::string_view name);
/// Does it compare with a set of words?
[[nodiscard]] bool is_set(rules::Op op);

}  // namespace sj::policy
