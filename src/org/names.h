#pragma once

#include <string>
#include <string_view>

namespace sj::org {

/// A name as it is compared: without blanks, in half width, small letters, and with one spelling of
/// the dot in the names of minorities (阿依古丽·买买提).
[[nodiscard]] std::string fold_name(std::string_view name);

}  // namespace sj::org
