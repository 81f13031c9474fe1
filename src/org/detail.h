#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace sj::org {

/// A JSON object of texts, keys in the order of their code points: what audit entries and events
/// carry. Ids and counts are texts, too.
[[nodiscard]] std::string object_of(
    std::initializer_list<std::pair<std::string_view, std::string>> members);

}  // namespace sj::org
