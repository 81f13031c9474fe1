#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "kernel/base/result.h"
#include "kernel/codes/id_card_no.h"
#include "kernel/time/local_day.h"

namespace sj::codes {

enum class StudentCodeKind : unsigned char {
  with_id_card,     // G: formal, the rest is the identity number
  without_id_card,  // J: formal, region 6, birth 8, sequence 3, check 1
  temporary,        // L: region 6, birth 8, random 4
};

/// 学籍号: a letter and 18 characters.
///
/// As personal as the identity number it may hold: never a key, masked by default, never logged.
class StudentCode {
 public:
  /// Takes blanks anywhere, any width, small letters.
  ///
  /// The region of J and L is not looked up: education offices have codes of their own.
  /// Fails:  (all invalid) codes.student_code_letter · codes.student_code_length ·
  ///         codes.student_code_character · codes.student_code_birth: no such day, or after
  ///         `today` · G also as IdCardNo::create
  /// Source: DS-XJH 中小学生学籍管理办法 (教基一〔2013〕7号).
  [[nodiscard]] static Result<StudentCode> create(std::string_view text, LocalDay today);

  [[nodiscard]] const std::string& text() const { return text_; }

  /// G430102********123X: without the day of birth.
  [[nodiscard]] std::string masked() const;

  [[nodiscard]] StudentCodeKind kind() const;
  [[nodiscard]] LocalDay birth_day() const { return birth_day_; }

  /// The identity number within a G; nothing for J and L.
  [[nodiscard]] const std::optional<IdCardNo>& id_card() const { return id_card_; }

  /// False for a J whose last character is not the one GB 11643 asks for: worth a warning and no
  /// refusal, as no official document says how that character is made. L has none to be wrong.
  [[nodiscard]] bool check_character_fits() const;

  friend bool operator==(const StudentCode&, const StudentCode&) = default;

 private:
  StudentCode(std::string text, LocalDay birth_day, std::optional<IdCardNo> id_card)
      : text_(std::move(text)), birth_day_(birth_day), id_card_(std::move(id_card)) {}

  std::string text_;
  LocalDay birth_day_;
  std::optional<IdCardNo> id_card_;
};

}  // namespace sj::codes
