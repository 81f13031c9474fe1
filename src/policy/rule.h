#pragma once

#include <string>
#include <string_view>

#include "kernel/api/route.h"

#include "policy/pack.h"

/// Rules and rulings as they are told, the same on the command line and over HTTP.
namespace sj::policy {

struct Settings;

/// Everybody may read what holds here, and try a rule on facts.
void add_rule_routes(api::Room& room, const Settings& settings);

/// A rule as it stands on a day at a place: what it asks for, its limits of that day, where it is
/// written. JSON; `area` as in rules::Dated.
[[nodiscard]] std::string rule_json(const Rule& rule, std::string_view area, LocalDay day);
/// A rule that no fact decides, with the reason. JSON.
[[nodiscard]] std::string rule_json(const Uncomputed& rule);
/// What `policy check` prints. JSON.
[[nodiscard]] std::string ruling_json(const Ruling& ruling);

}  // namespace sj::policy
