#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "kernel/base/result.h"

namespace sj::codes {

// What follows is public: institutions are shown with their codes.

/// 组织机构代码, GB 11714: eight characters and a check character.
class OrgCode {
 public:
  /// Takes blanks and a hyphen before the check character.
  ///
  /// Fails:  (all invalid) codes.org_code: not nine digits or letters ·
  ///         codes.org_code_check: the detail says what the last character should be
  /// Source: GB 11714.
  [[nodiscard]] static Result<OrgCode> create(std::string_view text);

  [[nodiscard]] const std::string& text() const { return text_; }

  friend bool operator==(const OrgCode&, const OrgCode&) = default;

 private:
  explicit OrgCode(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

/// 统一社会信用代码, GB 32100: authority 1, category 1, region 6, organisation code 9, check 1.
class CreditCode {
 public:
  /// Fails:  (all invalid) codes.lost_digits · codes.credit_code_length ·
  ///         codes.credit_code_character: I, O, S, V, Z are not used · codes.credit_code_region:
  ///         no such province, and not 10 (the nation) · codes.credit_code_check: the detail says
  ///         what the last character should be
  /// Source: DS-USCC GB 32100.
  [[nodiscard]] static Result<CreditCode> create(std::string_view text);

  [[nodiscard]] const std::string& text() const { return text_; }

  /// Who registered it and as what: 12 事业单位, 52 民办非企业单位, 91 企业.
  [[nodiscard]] std::string_view category() const;
  [[nodiscard]] std::string_view region() const;
  /// Characters 9 to 17.
  [[nodiscard]] std::string_view org_code() const;

  /// False if the organisation code within has another check character than GB 11714 asks for:
  /// worth a warning and no refusal, as the last character of the whole has already been found
  /// right.
  [[nodiscard]] bool org_code_fits() const;

  friend bool operator==(const CreditCode&, const CreditCode&) = default;

 private:
  explicit CreditCode(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

struct SchoolTypeRow {
  std::string_view code;   // two digits
  std::string_view group;  // 小学教育
  std::string_view name;   // 普通小学
};
/// All types of schools, by code.
[[nodiscard]] std::span<const SchoolTypeRow> all_school_types();

/// 学校（机构）标识码: type 2, province 2, sequence 6.
class SchoolCode {
 public:
  /// Fails:  (all invalid) codes.lost_digits · codes.school_code: not ten digits ·
  ///         codes.school_code_type: no such type · codes.school_code_region: no such province
  /// Source: DS-SCHID 学校(机构)代码管理办法.
  [[nodiscard]] static Result<SchoolCode> create(std::string_view text);

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const SchoolTypeRow& type() const { return *type_; }
  /// The province's name: 湖南.
  [[nodiscard]] std::string_view province() const;

  friend bool operator==(const SchoolCode&, const SchoolCode&) = default;

 private:
  SchoolCode(std::string text, const SchoolTypeRow& type) : text_(std::move(text)), type_(&type) {}

  std::string text_;
  const SchoolTypeRow* type_;
};

}  // namespace sj::codes
