// Arbitrary bytes as a name: refused, or kept in a spelling that checks, folds and reads without
// surprise.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "kernel/base/check.h"
#include "kernel/text/free_text.h"
#include "kernel/text/person_name.h"
#include "kernel/text/pinyin.h"
#include "kernel/text/text.h"
#include "kernel/text/unicode.h"
#include "kernel/time/local_day.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto day = sj::parse_day_loose(text);
  if (day.ok()) SJ_CHECK(sj::parse_day_loose(day.value().to_iso()).value() == day.value());
  const auto name = sj::text::check_person_name(text);
  if (name.ok()) SJ_CHECK(sj::text::check_person_name(name.value()).value() == name.value());
  const auto prose = sj::text::check_free_text(text, size + 1, sj::text::Lines::many);
  if (prose.ok()) {
    SJ_CHECK(!sj::text::starts_formula(prose.value()));
    SJ_CHECK(sj::text::check_free_text(prose.value(), size + 1, sj::text::Lines::many).value() ==
             prose.value());
  }
  if (sj::text::first_bad_utf8(text).has_value()) {
    SJ_CHECK(!name.ok());
    return 0;
  }
  const std::string folded = sj::text::fold(text);
  SJ_CHECK(sj::text::fold(folded) == folded);
  const std::string words = sj::text::pinyin(text);
  SJ_CHECK(words.empty() == sj::text::pinyin_initials(text).empty());
  if (name.ok()) SJ_CHECK(!words.empty());
  return 0;
}
