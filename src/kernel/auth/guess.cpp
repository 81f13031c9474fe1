#include "kernel/auth/guess.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernel/auth/common_passwords.h"
#include "kernel/text/text.h"

namespace sj::auth {
namespace {

constexpr std::int64_t kLetter = 4;
constexpr std::int64_t kDigit = 3;
constexpr std::int64_t kCharacter = 6;  // of any script but Latin
constexpr std::int64_t kCommon = 6;     // a word of the list
constexpr std::int64_t kSyllable = 5;
constexpr std::int64_t kDay = 6;        // also a year
constexpr std::int64_t kByChance = 10;  // a day or a word of digits, among others
constexpr std::int64_t kNumber = 9;     // a telephone or ID number
constexpr std::int64_t kNumberByChance = 18;
constexpr std::int64_t kRun = 3;
constexpr std::int64_t kAgain = 1;
constexpr std::size_t kWordMin = 4;
constexpr std::size_t kWordMax = 24;
constexpr std::size_t kRunMin = 3;
constexpr std::size_t kKnownMin = 3;
constexpr std::size_t kPartMin = 4;  // of what is known; two Chinese characters are six bytes
constexpr std::size_t kSyllableMax = 6;
constexpr std::size_t kPhone = 11;
constexpr std::size_t kIdNumber = 18;
constexpr std::size_t kIdDay = 6;  // where the birth day stands in it
constexpr std::size_t kLongDay = 8;

// Next to each other on a keyboard, or in the alphabet, either way round.
constexpr std::array<std::string_view, 8> kRows = {"abcdefghijklmnopqrstuvwxyz",
                                                   "01234567890",
                                                   "qwertyuiop",
                                                   "asdfghjkl",
                                                   "zxcvbnm",
                                                   "!@#$%^&*()",
                                                   "1qaz2wsx3edc4rfv5tgb",
                                                   "qazwsxedcrfvtgbyhnujm"};

// Initials and finals of pinyin; v stands for ü. What they make and is no syllable is no word,
// either.
constexpr std::array<std::string_view, 24> kInitials = {"",  "b", "p", "m",  "f",  "d",  "t", "n",
                                                        "l", "g", "k", "h",  "j",  "q",  "x", "r",
                                                        "z", "c", "s", "zh", "ch", "sh", "y", "w"};
constexpr std::array<std::string_view, 37> kFinals = {
    "a",   "o",   "e",    "i",    "u",  "v",  "ai",  "ei",  "ui",   "ao",  "ou",  "iu",  "ie",
    "ve",  "ue",  "er",   "an",   "en", "in", "un",  "vn",  "ang",  "eng", "ing", "ong", "ia",
    "iao", "ian", "iang", "iong", "ua", "uo", "uai", "uan", "uang", "van", "ueng"};

/// What names of schools and Chinese passwords are made of; any script but Latin has no list.
constexpr std::array<std::string_view, 24> kChinese = {
    "小学", "中学", "学校", "学院",   "幼儿园", "实验", "附属", "中心",
    "校长", "老师", "教师", "班主任", "学生",   "家长", "密码", "口令",
    "登录", "中国", "祖国", "你好",   "我爱你", "生日", "快乐", "加油"};

char small(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}

// Blanks and marks of ASCII, as they are put between letters.
bool is_mark(char c) {
  return static_cast<unsigned char>(c) < 0x80U && !is_digit(c) && !is_letter(small(c));
}

std::string folded(std::string_view text) {
  std::string result;
  for (const char c : text::to_half_width(text)) result += small(c);
  return result;
}

// What is typed for a letter because it looks like it; one byte for one byte. 1 and ! are i or l.
std::string plain(std::string_view text, char one) {
  constexpr std::string_view kTyped = "@403$57896+";
  constexpr std::string_view kMeant = "aaoesstbggt";
  std::string result(text);
  for (char& c : result) {
    const std::size_t at = kTyped.find(c);
    if (at != std::string_view::npos) c = kMeant[at];
    if (c == '1' || c == '!' || c == '|') c = one;
  }
  return result;
}

// "ssttrreett" is "stret", as "street" is: each once that stands several times in a row.
std::string collapsed(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool repeats =
        !result.empty() && result.back() == c && static_cast<unsigned char>(c) < 0x80U;
    if (!repeats) result += c;
  }
  return result;
}

std::string without_marks(std::string_view text) {
  std::string result;
  std::copy_if(text.begin(), text.end(), std::back_inserter(result),
               [](char c) { return !is_mark(c); });
  return result;
}

// The words that everybody tries, in both ways to look at them.
bool is_common(std::string_view word, bool is_collapsed) {
  static const auto words_collapsed = [] {
    std::vector<std::string> words;
    for (const std::string_view one : common_passwords()) words.push_back(collapsed(one));
    std::sort(words.begin(), words.end());
    return words;
  }();
  const auto table = common_passwords();
  return is_collapsed ? std::binary_search(words_collapsed.begin(), words_collapsed.end(), word)
                      : std::binary_search(table.begin(), table.end(), word);
}

bool is_syllable(std::string_view text) {
  return std::any_of(kInitials.begin(), kInitials.end(), [&](std::string_view initial) {
    return text.starts_with(initial) &&
           std::find(kFinals.begin(), kFinals.end(), text.substr(initial.size())) != kFinals.end();
  });
}

bool is_run(std::string_view text) {
  const std::string back(text.rbegin(), text.rend());
  const bool repeats = std::all_of(text.begin(), text.end(), [&](char c) { return c == text[0]; });
  return repeats || std::any_of(kRows.begin(), kRows.end(), [&](std::string_view row) {
           return row.find(text) != std::string_view::npos ||
                  row.find(back) != std::string_view::npos;
         });
}

// 20120713, 120713, 0713 and 2012: days of those alive, and years.
bool is_day(std::string_view digits) {
  const auto number = [&](std::size_t from, std::size_t length) {
    int value = 0;
    for (const char c : digits.substr(from, length)) value = value * 10 + (c - '0');
    return value;
  };
  const auto is_year = [](int year) { return year >= 1930 && year <= 2039; };
  const auto is_in_year = [](int month, int day) {
    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
  };
  switch (digits.size()) {
    case 8:
      return is_year(number(0, 4)) && is_in_year(number(4, 2), number(6, 2));
    case 6:
      return is_in_year(number(2, 2), number(4, 2));
    case 4:
      return is_year(number(0, 4)) || is_in_year(number(0, 2), number(2, 2));
    default:
      return false;
  }
}

// 1990-01-01, 2010.5.12 and 12/05/90.
bool is_spelled_day(std::string_view part) {
  std::string digits;
  std::string field;
  int fields = 0;
  char mark = 0;
  for (const char c : std::string(part) + "\n") {
    if (is_digit(c)) {
      field += c;
      continue;
    }
    if (field.empty() || field.size() > 4 || field.size() == 3) return false;
    digits += (field.size() == 1 ? "0" : "") + field;
    field.clear();
    ++fields;
    if (c == '\n') break;
    if (!is_mark(c) || (mark != 0 && c != mark)) return false;
    mark = c;
  }
  return fields == 3 && (digits.size() == 6 || is_day(digits));
}

bool is_phone(std::string_view digits) {
  return digits[0] == '1' && digits[1] >= '3';
}

// One way to look at a password.
class Guess {
 public:
  Guess(std::string text, bool is_collapsed, std::span<const std::string> known)
      : text_(std::move(text)),
        meant_{text_, plain(text_, 'i'), plain(text_, 'l')},
        is_collapsed_(is_collapsed),
        known_(known) {}

  // The cheapest way to have the first so many bytes, for one more byte at a time.
  [[nodiscard]] std::int64_t cost() const {
    std::vector<std::int64_t> best(text_.size() + 1, 0);
    for (std::size_t end = 1; end <= text_.size(); ++end) {
      best[end] = best[end - 1] + byte_cost(end - 1);
      for (std::size_t from = 0; from + 1 < end; ++from) {
        const auto part = part_cost(from, end - from);
        if (part) best[end] = std::min(best[end], best[from] + *part);
      }
    }
    return best.back();
  }

 private:
  [[nodiscard]] std::int64_t byte_cost(std::size_t at) const {
    const char c = text_[at];
    if (is_digit(c)) return kDigit;
    const auto byte = static_cast<unsigned char>(c);
    // The first byte of a character stands for all of it.
    if (byte >= 0x80U) return byte >= 0xC0U ? kCharacter : 0;
    // The same mark between all words is chosen once.
    return is_mark(c) && text_.find(c) < at ? kAgain : kLetter;
  }

  // Of what is not put together byte by byte; nothing if it is nothing that is guessed as a whole.
  [[nodiscard]] std::optional<std::int64_t> part_cost(std::size_t from, std::size_t length) const {
    const std::string_view part = std::string_view(text_).substr(from, length);
    const auto known = known_cost(from, length);
    if (known) return known;
    if (length >= kRunMin &&
        std::string_view(text_).substr(0, from).find(part) != std::string_view::npos) {
      return kAgain;
    }
    if (length >= kRunMin && is_run(part)) return kRun;
    const bool digits = std::all_of(part.begin(), part.end(), is_digit);
    // Among other digits a short run is a day, or a common number, by chance.
    const bool is_meant = !digits || length >= kLongDay || stands_alone(from, length);
    if (is_spelled_day(part)) return kDay;
    if (digits && is_day(part)) return is_meant ? kDay : kByChance;
    if (length == kPhone && digits && is_phone(part)) {
      return stands_alone(from, length) ? kNumber : kNumberByChance;
    }
    if (length == kIdNumber && std::all_of(part.begin(), part.end() - 1, is_digit) &&
        is_day(part.substr(kIdDay, kLongDay)) && stands_alone(from, length)) {
      return kNumber;
    }
    if (length >= kWordMin && length <= kWordMax && is_word(from, length)) {
      return is_meant ? kCommon : kByChance;
    }
    if (std::find(kChinese.begin(), kChinese.end(), part) != kChinese.end()) return kSyllable;
    const bool letters = std::all_of(part.begin(), part.end(), is_letter);
    if (letters && length <= kSyllableMax && is_syllable(part)) return kSyllable;
    return std::nullopt;
  }

  // Among other digits a number may stand by chance.
  [[nodiscard]] bool stands_alone(std::size_t from, std::size_t length) const {
    const std::size_t end = from + length;
    return (from == 0 || !is_digit(text_[from - 1])) &&
           (end == text_.size() || !is_digit(text_[end]));
  }

  [[nodiscard]] bool is_word(std::size_t from, std::size_t length) const {
    const std::string_view part = std::string_view(text_).substr(from, length);
    // Digits alone stand for no letters.
    const bool has_letter = std::any_of(part.begin(), part.end(), is_letter);
    return std::any_of(meant_.begin(), meant_.end(), [&](std::string_view text) {
      if (!has_letter && text != text_) return false;
      const std::string_view word = text.substr(from, length);
      return is_common(word, is_collapsed_) ||
             is_common(std::string(word.rbegin(), word.rend()), is_collapsed_);
    });
  }

  // All of what is known costs nothing, a part of it little.
  [[nodiscard]] std::optional<std::int64_t> known_cost(std::size_t from, std::size_t length) const {
    if (length < kKnownMin) return std::nullopt;
    std::optional<std::int64_t> least;
    for (const std::string_view text : meant_) {
      const std::string_view part = text.substr(from, length);
      for (const std::string& word : known_) {
        if (word.size() < length) continue;
        if (word == part) return 0;
        if (length >= kPartMin && word.find(part) != std::string::npos) least = kRun;
      }
    }
    return least;
  }

  std::string text_;
  std::array<std::string, 3> meant_;  // as it stands, and with what is meant by other signs
  bool is_collapsed_;
  std::span<const std::string> known_;
};

// Are marks put between letters rather than between words?
bool is_spaced_out(std::string_view text) {
  const auto marks = std::count_if(text.begin(), text.end(), is_mark);
  return 3 * marks >= static_cast<std::ptrdiff_t>(text.size());
}

}  // namespace

std::int64_t guess_cost(std::string_view password, std::span<const std::string> known) {
  std::vector<std::string> words;
  for (const std::string& word : known) {
    // "teacher3" is known, and so is "teacher"; "zhang wei" as zhangwei, zhang and wei.
    const std::string whole = folded(word);
    std::string joined;
    std::string run;
    for (const char c : whole + " ") {
      if (c != ' ') joined += c;
      if (is_letter(c)) {
        run += c;
      } else if (!run.empty()) {
        words.push_back(run);
        run.clear();
      }
    }
    words.push_back(whole);
    words.push_back(joined);
  }
  // As they are typed, and backwards.
  const std::size_t forwards = words.size();
  for (std::size_t i = 0; i < forwards; ++i) {
    words.emplace_back(words[i].rbegin(), words[i].rend());
  }
  const std::string text = folded(password);
  std::vector<std::string> collapsed_words;
  collapsed_words.reserve(words.size());
  for (const std::string& word : words) collapsed_words.push_back(collapsed(word));
  // Whoever looks at it in another way than as it stands has to think of that, which costs a run.
  const auto look = [&](const std::string& seen, std::int64_t more) {
    const std::int64_t as_it_is = Guess(seen, false, words).cost();
    const std::int64_t once = Guess(collapsed(seen), true, collapsed_words).cost() + kRun;
    return more + std::min(as_it_is, once);
  };
  const std::int64_t cost = look(text, 0);
  return is_spaced_out(text) ? std::min(cost, look(without_marks(text), kRun)) : cost;
}

}  // namespace sj::auth
