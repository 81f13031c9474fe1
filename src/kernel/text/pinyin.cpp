#include "kernel/text/pinyin.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

#include <unicode/normalizer2.h>
#include <unicode/translit.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include "kernel/base/check.h"
#include "kernel/text/unicode.h"

namespace sj::text {
namespace {

struct Reading {
  std::u32string_view characters;
  std::string_view words;
};

// Where the library's reading is not the one of names.
constexpr std::array<Reading, 48> kOfNames{{
    {U"了", "liao"}, {U"伺", "si"},   {U"似", "si"},    {U"佛", "fo"},    {U"俟", "si"},
    {U"勒", "le"},   {U"卜", "bu"},   {U"囤", "tun"},   {U"地", "di"},    {U"坻", "di"},
    {U"埔", "pu"},   {U"峤", "qiao"}, {U"嶠", "qiao"},  {U"拓", "tuo"},   {U"晟", "sheng"},
    {U"曾", "zeng"}, {U"泊", "bo"},   {U"湫", "qiu"},   {U"焘", "tao"},   {U"燾", "tao"},
    {U"珩", "heng"}, {U"琢", "zhuo"}, {U"粘", "nian"},  {U"繆", "miao"},  {U"纥", "he"},
    {U"缪", "miao"}, {U"翟", "zhai"}, {U"芎", "xiong"}, {U"芫", "yuan"},  {U"莞", "wan"},
    {U"著", "zhu"},  {U"覃", "qin"},  {U"诘", "jie"},   {U"谁", "shui"},  {U"鋌", "ting"},
    {U"铤", "ting"}, {U"镐", "hao"},  {U"長", "chang"}, {U"长", "chang"}, {U"阚", "kan"},
    {U"隗", "wei"},  {U"隽", "jun"},  {U"雋", "jun"},   {U"靓", "liang"}, {U"靚", "liang"},
    {U"驃", "piao"}, {U"骠", "piao"}, {U"鹄", "hu"},
}};

// Where the reading as a surname differs from the one elsewhere. Surnames of two characters first.
constexpr std::array<Reading, 39> kSurnames{{
    {U"尉迟", "yu chi"},    {U"尉遲", "yu chi"},    {U"万俟", "mo qi"},   {U"萬俟", "mo qi"},
    {U"长孙", "zhang sun"}, {U"長孫", "zhang sun"}, {U"澹台", "tan tai"}, {U"澹臺", "tan tai"},
    {U"单", "shan"},        {U"單", "shan"},        {U"解", "xie"},       {U"仇", "qiu"},
    {U"区", "ou"},          {U"區", "ou"},          {U"查", "zha"},       {U"朴", "piao"},
    {U"盖", "ge"},          {U"蓋", "ge"},          {U"乐", "yue"},       {U"樂", "yue"},
    {U"种", "chong"},       {U"召", "shao"},        {U"折", "she"},       {U"繁", "po"},
    {U"薄", "bo"},          {U"都", "du"},          {U"能", "nai"},       {U"员", "yun"},
    {U"員", "yun"},         {U"秘", "bi"},          {U"句", "gou"},       {U"祭", "zhai"},
    {U"适", "kuo"},         {U"隽", "juan"},        {U"雋", "juan"},      {U"佴", "nai"},
    {U"洗", "xian"},        {U"乜", "nie"},         {U"藏", "zang"},
}};

// The words of characters, looked up once each.
class Readings {
 public:
  Readings() {
    for (const Reading& reading : kOfNames) known_.emplace(reading.characters[0], reading.words);
  }

  // Of a letter: what it adds to its word. Of a Chinese character: its word. Empty if it has none.
  // The reference stays good: nothing is ever taken out.
  const std::string& of(char32_t point) {
    {
      const std::shared_lock lock(mutex_);
      const auto found = known_.find(point);
      if (found != known_.end()) return found->second;
    }
    const std::scoped_lock lock(mutex_);
    return known_.try_emplace(point, look_up(point)).first->second;
  }

 private:
  std::string look_up(char32_t point) {
    if (han_latin_ == nullptr) {
      han_latin_ = create("Han-Latin");
      latin_ascii_ = create("Latin-ASCII");
    }
    icu::UnicodeString text(static_cast<UChar32>(point));
    if (is_han(point)) {
      han_latin_->transliterate(text);
      text = without_tones(text);
    } else {
      latin_ascii_->transliterate(text);
    }
    std::string ascii;
    for (std::int32_t i = 0; i < text.length(); ++i) {
      const char16_t unit = text.charAt(i);
      if (unit >= u'a' && unit <= u'z') ascii += static_cast<char>(unit);
    }
    return ascii;
  }

  static icu::UnicodeString without_tones(const icu::UnicodeString& text) {
    UErrorCode status = U_ZERO_ERROR;
    const icu::UnicodeString parted =
        icu::Normalizer2::getNFDInstance(status)->normalize(text, status);
    SJ_CHECK(U_SUCCESS(status));
    icu::UnicodeString plain;
    for (std::int32_t i = 0; i < parted.length(); ++i) {
      constexpr char16_t kDiaeresis = 0x308;
      const char16_t unit = parted.charAt(i);
      if (unit == kDiaeresis) {
        plain.setCharAt(plain.length() - 1, u'v');
      } else {
        plain.append(unit);
      }
    }
    return plain;
  }

  static std::unique_ptr<icu::Transliterator> create(const char* id) {
    UErrorCode status = U_ZERO_ERROR;
    std::unique_ptr<icu::Transliterator> made(
        icu::Transliterator::createInstance(id, UTRANS_FORWARD, status));
    SJ_CHECK(U_SUCCESS(status));
    SJ_CHECK(made != nullptr);
    return made;
  }

  std::shared_mutex mutex_;
  std::unordered_map<char32_t, std::string> known_;
  std::unique_ptr<icu::Transliterator> han_latin_;
  std::unique_ptr<icu::Transliterator> latin_ascii_;
};

Readings& readings() {
  static Readings shared;
  return shared;
}

bool is_chinese(std::u32string_view name) {
  return std::all_of(name.begin(), name.end(), [](char32_t point) { return is_han(point); });
}

// The words of a name, each with what stands for its first letter.
class Words {
 public:
  explicit Words(std::string_view name) {
    std::u32string points = nfkc_casefold(to_code_points(name));
    std::u32string together = points;
    together.erase(std::remove_if(together.begin(), together.end(), is_blank), together.end());
    std::u32string_view rest = points;
    if (is_chinese(together)) {
      rest = together;
      rest.remove_prefix(add_surname(rest));
    }
    for (const char32_t point : rest) add(point);
  }

  [[nodiscard]] const std::string& joined() const { return joined_; }
  [[nodiscard]] const std::string& initials() const { return initials_; }

 private:
  // How many characters of `name` have been taken as a surname.
  std::size_t add_surname(std::u32string_view name) {
    for (const Reading& surname : kSurnames) {
      if (!name.starts_with(surname.characters)) continue;
      std::string_view words = surname.words;
      while (!words.empty()) {
        const std::string_view word = words.substr(0, words.find(' '));
        add_word(word, word.substr(0, 1));
        words.remove_prefix(std::min(words.size(), word.size() + 1));
      }
      return surname.characters.size();
    }
    return 0;
  }

  void add(char32_t point) {
    if (is_han(point)) {
      const std::string& reading = readings().of(point);
      const std::string self = to_utf8({&point, 1});
      add_word(reading.empty() ? self : reading, reading.empty() ? self : reading.substr(0, 1));
      is_open_ = false;
    } else if (u_isalnum(static_cast<UChar32>(point)) != 0 || is_mark(point)) {
      const std::string& ascii = readings().of(point);
      const std::string letters = ascii.empty() ? to_utf8({&point, 1}) : ascii;
      if (!is_open_) {
        add_word(letters, ascii.empty() ? letters : ascii.substr(0, 1));
      } else {
        joined_ += letters;
      }
      is_open_ = true;
    } else if (point != U'\'' && point != U'\u2019') {
      is_open_ = false;
    }
  }

  static bool is_mark(char32_t point) {
    return (U_GET_GC_MASK(static_cast<UChar32>(point)) & U_GC_M_MASK) != 0;
  }

  void add_word(std::string_view word, std::string_view initial) {
    if (!joined_.empty()) joined_ += ' ';
    joined_ += word;
    initials_ += initial;
  }

  std::string joined_;
  std::string initials_;
  bool is_open_ = false;  // whether a letter continues the last word
};

}  // namespace

std::string pinyin(std::string_view name) {
  return Words(name).joined();
}

std::string pinyin_initials(std::string_view name) {
  return Words(name).initials();
}

}  // namespace sj::text
