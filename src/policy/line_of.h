#pragma once

#include <cstddef>
#include <string_view>

namespace sj::policy {

/// The line, from 1, of a place such as `checks[0].must.op` in a JSON document; of the nearest
/// place around it that is there. The document is JSON already.
[[nodiscard]] std::size_t line_of(std::string_view document, std::string_view place);

}  // namespace sj::policy
