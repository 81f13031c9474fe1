#include "kernel/codes/institution_codes.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "kernel/codes/clean.h"
#include "kernel/codes/region_code.h"

namespace sj::codes {
namespace {

constexpr std::array<SchoolTypeRow, 16> kSchoolTypes{{
    {"11", "学前教育", "幼儿园"},
    {"21", "小学教育", "普通小学"},
    {"22", "小学教育", "成人小学"},
    {"31", "中等教育", "普通初中"},
    {"32", "中等教育", "职业初中"},
    {"33", "中等教育", "成人初中"},
    {"34", "中等教育", "普通高中/完全中学"},
    {"35", "中等教育", "成人高中"},
    {"36", "中等教育", "中等职业学校"},
    {"37", "中等教育", "工读学校(专门学校)"},
    {"41", "高等教育", "普通高等学校"},
    {"42", "高等教育", "成人高等学校"},
    {"51", "特殊教育", "特殊教育学校"},
    {"91", "其他机构", "培养研究生的科研机构"},
    {"92", "其他机构", "民办的其他高等教育机构"},
    {"93", "其他机构", "中等职业培训机构"},
}};

constexpr std::size_t kOrgSize = 9;
constexpr std::size_t kCreditSize = 18;
constexpr std::size_t kSchoolSize = 10;
// A character's place is its value.
constexpr std::string_view kOrgAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kCreditAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
constexpr std::string_view kNation = "10";

Error refuse(const char* code, std::string detail) {
  return Error{ErrorKind::invalid, code, std::move(detail)};
}

std::string wrong_check(char have, char want) {
  return std::string("the check character is ") + have + ", but those before it ask for " + want;
}

// Of eight characters of the alphabet.
char org_check_character(std::string_view eight) {
  constexpr std::array<int, kOrgSize - 1> kWeights{3, 7, 9, 10, 5, 8, 4, 2};
  int sum = 0;
  for (std::size_t i = 0; i < kWeights.size(); ++i) {
    sum += static_cast<int>(kOrgAlphabet.find(eight[i])) * kWeights[i];
  }
  constexpr std::string_view kCheckCharacters = "0X987654321";  // by the rest of division by 11
  return kCheckCharacters[static_cast<std::size_t>(sum % 11)];
}

// Of seventeen characters of the alphabet.
char credit_check_character(std::string_view seventeen) {
  std::size_t sum = 0;
  std::size_t weight = 1;
  for (const char c : seventeen) {
    sum += kCreditAlphabet.find(c) * weight;
    weight = weight * 3 % kCreditAlphabet.size();
  }
  const std::size_t rest = sum % kCreditAlphabet.size();
  return kCreditAlphabet[rest == 0 ? 0 : kCreditAlphabet.size() - rest];
}

}  // namespace

Result<OrgCode> OrgCode::create(std::string_view text) {
  std::string code = clean(text);
  if (code.size() == kOrgSize + 1 && code[kOrgSize - 1] == '-') code.erase(kOrgSize - 1, 1);
  if (code.size() != kOrgSize || code.find_first_not_of(kOrgAlphabet) != std::string::npos) {
    return refuse("codes.org_code", "not nine digits or letters");
  }
  const char want = org_check_character(std::string_view(code).substr(0, kOrgSize - 1));
  if (code.back() != want) return refuse("codes.org_code_check", wrong_check(code.back(), want));
  return OrgCode(std::move(code));
}

Result<CreditCode> CreditCode::create(std::string_view text) {
  std::string code = SJ_TRY(clean_digits(text));
  const std::size_t wrong = code.find_first_not_of(kCreditAlphabet);
  if (wrong != std::string::npos) {
    return refuse("codes.credit_code_character",
                  "place " + std::to_string(wrong + 1) +
                      " is neither a digit nor one of the letters used (not I, O, S, V, Z)");
  }
  if (code.size() != kCreditSize) {
    return refuse("codes.credit_code_length",
                  std::to_string(code.size()) + " characters instead of 18");
  }
  const std::string_view region = std::string_view(code).substr(2, 6);
  if (!all_digits(region) || (province_name(region).empty() && !region.starts_with(kNation))) {
    return refuse("codes.credit_code_region", "places 3 to 8 are not the code of a region");
  }
  const char want = credit_check_character(std::string_view(code).substr(0, kCreditSize - 1));
  if (code.back() != want) {
    return refuse("codes.credit_code_check", wrong_check(code.back(), want));
  }
  return CreditCode(std::move(code));
}

std::string_view CreditCode::category() const {
  return std::string_view(text_).substr(0, 2);
}

std::string_view CreditCode::region() const {
  return std::string_view(text_).substr(2, 6);
}

std::string_view CreditCode::org_code() const {
  return std::string_view(text_).substr(8, kOrgSize);
}

bool CreditCode::org_code_fits() const {
  return org_check_character(org_code().substr(0, kOrgSize - 1)) == org_code().back();
}

std::span<const SchoolTypeRow> all_school_types() {
  return kSchoolTypes;
}

Result<SchoolCode> SchoolCode::create(std::string_view text) {
  std::string code = SJ_TRY(clean_digits(text));
  if (code.size() != kSchoolSize || !all_digits(code)) {
    return refuse("codes.school_code", "not ten digits");
  }
  const std::string type_code = code.substr(0, 2);
  const auto* const type =
      std::find_if(kSchoolTypes.begin(), kSchoolTypes.end(),
                   [&type_code](const SchoolTypeRow& row) { return row.code == type_code; });
  if (type == kSchoolTypes.end()) {
    return refuse("codes.school_code_type", "no type of school has the code " + type_code);
  }
  if (province_name(code.substr(2, 2)).empty()) {
    return refuse("codes.school_code_region", "no province has the code " + code.substr(2, 2));
  }
  return SchoolCode(std::move(code), *type);
}

std::string_view SchoolCode::province() const {
  return province_name(std::string_view(text_).substr(2, 2));
}

}  // namespace sj::codes
