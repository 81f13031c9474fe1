#pragma once

#include <optional>
#include <string_view>

#include "kernel/base/result.h"
#include "kernel/time/local_day.h"

#include "org/snapshot.h"

/// What lies in the store as it was typed (明文): names, numbers of a school, remarks.
namespace sj::org {

/// What looks like an ID number (身份证号) or a student number (学籍号) anywhere in a text, however
/// it is spaced and whether or not its check character fits. Nothing if none does.
[[nodiscard]] std::optional<Secret> number_in(std::string_view text, LocalDay today);

/// For a field that is not sealed.
///
/// Fails: org.number_in_clear (invalid), with the field: such a number would lie open in it.
/// Source: 个人信息保护法 28, 51.
[[nodiscard]] Result<void> check_clear(std::string_view field,
                                       std::string_view text,
                                       LocalDay today);

}  // namespace sj::org
