#pragma once

#include <string>
#include <string_view>

#include "kernel/base/result.h"

namespace sj::text {

/// The name of a person (姓名) as it is stored: letters of any script, the middle dot (·) of names
/// such as 买买提·吐尔逊, single spaces between words; - and ' between letters.
///
/// What is typed differently but meant the same becomes one spelling: full-width letters and
/// radicals are narrowed (NFKC), • ・ and a full stop between Chinese characters become ·, blanks
/// around · and between Chinese characters go (rosters pad 李 明), invisible marks go. Checking the
/// result again gives the same.
/// Fails:  (all invalid) text.name_length: not 1 to 50 characters · text.name_character: a digit, a
///         sign, an emoji, a control character, or a mark where a letter should be; the detail says
///         which · text.name_private: a character of the private use area, which other systems show
///         as something else
[[nodiscard]] Result<std::string> check_person_name(std::string_view text);

}  // namespace sj::text
