#pragma once

#include <string>
#include <string_view>

namespace sj::text {

/// A name as it is typed on a Latin keyboard: 欧阳娜娜 → "ou yang na na", 吕布 → "lv bu".
///
/// Small letters without tones, one word per Chinese character; ü is v. A name of Chinese
/// characters only starts with a surname, whose reading may differ: 单雄信 → "shan xiong xin".
/// Latin words keep their letters without accents (Zoë O'Neill → "zoe oneill"). What has no
/// reading, such as rare characters and other scripts, stands for itself, so that nothing of a name
/// is lost; marks between the parts (·, -) part words. One reading a character, the usual one of
/// names: for finding people, not for documents.
///
/// `name` must be UTF-8 (else an invariant is broken). From any thread; readings are kept, so that
/// a name costs about a microsecond.
[[nodiscard]] std::string pinyin(std::string_view name);

/// The first letters of the words of pinyin(): 张伟 → "zw", 欧阳娜娜 → "oynn", 𠮷野 → "𠮷y".
[[nodiscard]] std::string pinyin_initials(std::string_view name);

}  // namespace sj::text
