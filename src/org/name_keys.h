#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/sql/sql.h"

namespace sj::org {

/// What a person is found by: the folded name and its endings (小伟, 伟 of 张小伟), the pinyin in
/// one piece and its initials. A search is a prefix of one of them.
/// At most kNameKeysMax, sorted.
inline constexpr std::int64_t kNameKeysMax = 6;
[[nodiscard]] std::vector<std::string> name_keys(std::string_view name);

/// What somebody typed, as it stands in keys.
[[nodiscard]] std::string search_key(std::string_view typed);

/// Replaces a person's keys by those of `name`; an empty name leaves none.
[[nodiscard]] Result<void> put_name_keys(sql::Writer& store,
                                         std::int64_t area,
                                         std::int64_t person,
                                         std::string_view name);

}  // namespace sj::org
