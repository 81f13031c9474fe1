#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "kernel/base/result.h"
#include "kernel/codes/person_codes.h"
#include "kernel/time/local_day.h"

namespace sj::codes {

/// Who carries a number of this form.
enum class IdCardHolder : unsigned char {
  citizen,    // 居民身份证
  hongkong,   // 港澳居民居住证, 810000
  macao,      // 港澳居民居住证, 820000
  taiwan,     // 台湾居民居住证, 830000
  foreigner,  // 外国人永久居留身份证, 9 and the province and country it was given for
};

/// 公民身份号码, GB 11643: of a resident identity card, or of a residence permit for people from
/// Hong Kong, Macao or Taiwan or the permanent residence card of a foreigner, which follow the same
/// rule.
///
/// Personal: never a key, shown as masked() unless the reader may see more, and never in a log.
class IdCardNo {
 public:
  /// Takes the 18 characters with blanks anywhere, in any width, with x or X.
  ///
  /// `today` is the day it is at the school; nobody was born after it. No detail of an error
  /// repeats the number.
  /// Fails:  (all invalid) codes.lost_digits: also a wrong check character behind two zeros, where
  ///         a spreadsheet keeps fifteen digits · codes.id_card_old: 15 digits ·
  ///         codes.id_card_length · codes.id_card_character · codes.id_card_region: no such
  ///         province · codes.id_card_birth: no such day, before 1800 or after `today` ·
  ///         codes.id_card_check: the detail says what the last character should be
  /// Source: GB 11643; 港澳台居民居住证申领发放办法 (prefixes 81, 82, 83);
  ///         GA/T 704 外国人永久居留身份证 (9, province, country, birth, sequence, check).
  [[nodiscard]] static Result<IdCardNo> create(std::string_view text, LocalDay today);

  /// All 18 characters, the last a digit or X.
  [[nodiscard]] const std::string& text() const { return text_; }

  /// 430102********123X: without the day of birth.
  [[nodiscard]] std::string masked() const;

  [[nodiscard]] LocalDay birth_day() const { return birth_day_; }
  [[nodiscard]] Sex sex() const;
  [[nodiscard]] IdCardHolder holder() const;

  /// Where the number was given out: six digits of that day's GB/T 2260; of a foreigner
  /// 9, the province and the country.
  [[nodiscard]] std::string_view region() const;

  friend bool operator==(const IdCardNo&, const IdCardNo&) = default;

 private:
  IdCardNo(std::string text, LocalDay birth_day) : text_(std::move(text)), birth_day_(birth_day) {}

  std::string text_;
  LocalDay birth_day_;
};

/// The last character that GB 11643 asks for after these 17 digits (checked). Also used by student
/// codes.
[[nodiscard]] char id_card_check_character(std::string_view seventeen_digits);

}  // namespace sj::codes
