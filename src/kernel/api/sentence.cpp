#include "kernel/api/sentence.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>

#include <unicode/translit.h>
#include <unicode/unistr.h>

#include "kernel/http/syntax.h"

namespace sj::api {
namespace {

using Sentences = std::map<std::string_view, std::string>;

Sentences make_traditional() {
  UErrorCode failed = U_ZERO_ERROR;
  const std::unique_ptr<icu::Transliterator> convert(
      icu::Transliterator::createInstance("Hans-Hant", UTRANS_FORWARD, failed));
  Sentences made;
  for (const Sentence& one : sentences()) {
    icu::UnicodeString text = icu::UnicodeString::fromUTF8(std::string(one.chinese));
    // A system without ICU's tables is no reason to answer nothing.
    if (convert && U_SUCCESS(failed)) convert->transliterate(text);
    text.toUTF8String(made[one.code]);
  }
  return made;
}

bool starts_with(std::string_view text, std::string_view start) {
  return http::equal_ignoring_case(text.substr(0, start.size()), start);
}

std::optional<Language> language_of(std::string_view range) {
  if (starts_with(range, "en")) return Language::en;
  for (const std::string_view traditional : {"zh-hant", "zh-tw", "zh-hk", "zh-mo"}) {
    if (starts_with(range, traditional)) return Language::zh_hant;
  }
  if (starts_with(range, "zh")) return Language::zh_hans;
  return std::nullopt;
}

}  // namespace

const char* name_of(Language language) {
  switch (language) {
    case Language::zh_hans:
      return "zh-Hans";
    case Language::zh_hant:
      return "zh-Hant";
    case Language::en:
      return "en";
  }
  return "";
}

Language preferred_language(std::optional<std::string_view> accept_language) {
  Language best = Language::zh_hans;
  int best_weight = 0;
  if (!accept_language) return best;
  for (const std::string_view element : http::list_of(*accept_language)) {
    const auto [range, weight] = http::weighted(element);
    const auto language = language_of(range);
    if (!language || weight <= best_weight) continue;
    best = *language;
    best_weight = weight;
  }
  return best;
}

std::string_view sentence_of(std::string_view code, Language language) {
  const auto all = sentences();
  const auto found = std::lower_bound(
      all.begin(), all.end(), code,
      [](const Sentence& one, std::string_view wanted) { return one.code < wanted; });
  if (found == all.end() || found->code != code) return code;
  if (language == Language::en) return found->english;
  if (language == Language::zh_hans) return found->chinese;
  static const Sentences traditional = make_traditional();  // when first asked for
  return traditional.at(code);
}

}  // namespace sj::api
