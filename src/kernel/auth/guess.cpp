#include "kernel/auth/guess.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "kernel/auth/common_passwords.h"

namespace sj::auth {
namespace {

constexpr std::int64_t kLetter = 4;
constexpr std::int64_t kDigit = 3;
constexpr std::int64_t kCharacter = 6;  // of any script but Latin
constexpr std::int64_t kCommon = 6;     // a word of the list
constexpr std::int64_t kSyllable = 5;
constexpr std::int64_t kDay = 6;     // also a year
constexpr std::int64_t kNumber = 9;  // a telephone or ID number
constexpr std::int64_t kRun = 3;
constexpr std::int64_t kAgain = 1;
constexpr std::size_t kWordMin = 4;
constexpr std::size_t kWordMax = 24;
constexpr std::size_t kRunMin = 3;
constexpr std::size_t kKnownMin = 3;
constexpr std::size_t kSyllableMax = 6;
constexpr std::size_t kPhone = 11;
constexpr std::size_t kIdNumber = 18;

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

char small(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}

std::string folded(std::string_view text) {
  std::string result;
  for (const char c : text) result += small(c);
  return result;
}

// What is typed for a letter because it looks like it; one byte for one byte.
std::string plain(std::string_view text) {
  constexpr std::string_view kTyped = "@4031!$57";
  constexpr std::string_view kMeant = "aaoeiisst";
  std::string result(text);
  for (char& c : result) {
    const std::size_t at = kTyped.find(c);
    if (at != std::string_view::npos) c = kMeant[at];
  }
  return result;
}

bool is_common(std::string_view word) {
  const auto table = common_passwords();
  return std::binary_search(table.begin(), table.end(), word);
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

class Guess {
 public:
  Guess(std::string_view password, std::span<const std::string> known)
      : text_(folded(password)), plain_(plain(text_)), known_(known) {}

  // The cheapest way to have the first so many bytes, for one more byte at a time.
  [[nodiscard]] std::int64_t cost() const {
    std::vector<std::int64_t> best(text_.size() + 1, 0);
    for (std::size_t end = 1; end <= text_.size(); ++end) {
      best[end] = best[end - 1] + byte_cost(text_[end - 1]);
      for (std::size_t from = 0; from + 1 < end; ++from) {
        const auto part = part_cost(from, end - from);
        if (part) best[end] = std::min(best[end], best[from] + *part);
      }
    }
    return best.back();
  }

 private:
  static std::int64_t byte_cost(char c) {
    if (is_digit(c)) return kDigit;
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80U) return kLetter;
    // The first byte of a character stands for all of it.
    return byte >= 0xC0U ? kCharacter : 0;
  }

  // Of what is not put together byte by byte; nothing if it is nothing that is guessed as a whole.
  [[nodiscard]] std::optional<std::int64_t> part_cost(std::size_t from, std::size_t length) const {
    const std::string_view part = std::string_view(text_).substr(from, length);
    const std::string_view meant = std::string_view(plain_).substr(from, length);
    if (is_known(part) || is_known(meant)) return 0;
    if (length >= kRunMin &&
        std::string_view(text_).substr(0, from).find(part) != std::string_view::npos) {
      return kAgain;
    }
    if (length >= kRunMin && is_run(part)) return kRun;
    const bool digits = std::all_of(part.begin(), part.end(), is_digit);
    if (digits && is_day(part)) return kDay;
    if (length == kPhone && digits && part[0] == '1') return kNumber;
    if (length == kIdNumber && std::all_of(part.begin(), part.end() - 1, is_digit)) return kNumber;
    if (length >= kWordMin && length <= kWordMax && (is_common(part) || is_common(meant))) {
      return kCommon;
    }
    const bool letters = std::all_of(part.begin(), part.end(), is_letter);
    if (letters && length <= kSyllableMax && is_syllable(part)) return kSyllable;
    return std::nullopt;
  }

  [[nodiscard]] bool is_known(std::string_view part) const {
    if (part.size() < kKnownMin) return false;
    const std::string back(part.rbegin(), part.rend());
    return std::any_of(known_.begin(), known_.end(),
                       [&](const std::string& word) { return word == part || word == back; });
  }

  std::string text_;
  std::string plain_;
  std::span<const std::string> known_;
};

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
  return Guess(password, words).cost();
}

}  // namespace sj::auth
