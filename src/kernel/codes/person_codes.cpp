#include "kernel/codes/person_codes.h"

#include <algorithm>
#include <array>
#include <string>

#include "kernel/base/check.h"
#include "kernel/codes/clean.h"

namespace sj::codes {
namespace {

constexpr std::array<SexRow, 4> kSexes{{
    {Sex::unknown, "未知的性别"},
    {Sex::male, "男性"},
    {Sex::female, "女性"},
    {Sex::unstated, "未说明的性别"},
}};

struct Spelling {
  std::string_view text;
  Sex sex = Sex::unknown;
};

// As clean() leaves them: capitals.
constexpr std::array<Spelling, 21> kSpellings{{
    {"男", Sex::male},
    {"男性", Sex::male},
    {"男生", Sex::male},
    {"1", Sex::male},
    {"M", Sex::male},
    {"MALE", Sex::male},
    {"女", Sex::female},
    {"女性", Sex::female},
    {"女生", Sex::female},
    {"2", Sex::female},
    {"F", Sex::female},
    {"FEMALE", Sex::female},
    {"0", Sex::unknown},
    {"未知", Sex::unknown},
    {"未知的性别", Sex::unknown},
    {"UNKNOWN", Sex::unknown},
    {"9", Sex::unstated},
    {"未说明", Sex::unstated},
    {"未说明的性别", Sex::unstated},
    {"UNSTATED", Sex::unstated},
    {"UNSPECIFIED", Sex::unstated},
}};

constexpr std::array<EthnicGroupRow, 58> kEthnicGroups{{
    {"01", "汉族", "HA"},       {"02", "蒙古族", "MG"},
    {"03", "回族", "HU"},       {"04", "藏族", "ZA"},
    {"05", "维吾尔族", "UG"},   {"06", "苗族", "MH"},
    {"07", "彝族", "YI"},       {"08", "壮族", "ZH"},
    {"09", "布依族", "BY"},     {"10", "朝鲜族", "CS"},
    {"11", "满族", "MA"},       {"12", "侗族", "DO"},
    {"13", "瑶族", "YA"},       {"14", "白族", "BA"},
    {"15", "土家族", "TJ"},     {"16", "哈尼族", "HN"},
    {"17", "哈萨克族", "KZ"},   {"18", "傣族", "DA"},
    {"19", "黎族", "LI"},       {"20", "傈僳族", "LS"},
    {"21", "佤族", "VA"},       {"22", "畲族", "SH"},
    {"23", "高山族", "GS"},     {"24", "拉祜族", "LH"},
    {"25", "水族", "SU"},       {"26", "东乡族", "DX"},
    {"27", "纳西族", "NX"},     {"28", "景颇族", "JP"},
    {"29", "柯尔克孜族", "KG"}, {"30", "土族", "TU"},
    {"31", "达斡尔族", "DU"},   {"32", "仫佬族", "ML"},
    {"33", "羌族", "QI"},       {"34", "布朗族", "BL"},
    {"35", "撒拉族", "SL"},     {"36", "毛南族", "MN"},
    {"37", "仡佬族", "GL"},     {"38", "锡伯族", "XB"},
    {"39", "阿昌族", "AC"},     {"40", "普米族", "PM"},
    {"41", "塔吉克族", "TA"},   {"42", "怒族", "NU"},
    {"43", "乌孜别克族", "UZ"}, {"44", "俄罗斯族", "RS"},
    {"45", "鄂温克族", "EW"},   {"46", "德昂族", "DE"},
    {"47", "保安族", "BN"},     {"48", "裕固族", "YG"},
    {"49", "京族", "GI"},       {"50", "塔塔尔族", "TT"},
    {"51", "独龙族", "DR"},     {"52", "鄂伦春族", "OR"},
    {"53", "赫哲族", "HZ"},     {"54", "门巴族", "MB"},
    {"55", "珞巴族", "LB"},     {"56", "基诺族", "JN"},
    {"97", "其他", ""},         {"98", "外国血统中国籍人士", ""},
}};

}  // namespace

Result<Sex> parse_sex(std::string_view text) {
  std::string cleaned = clean(text);
  // A spreadsheet column of codes with leading zeros.
  if (cleaned.size() == 2 && cleaned[0] == '0' && is_digit(cleaned[1])) cleaned.erase(0, 1);
  const auto* const found =
      std::find_if(kSpellings.begin(), kSpellings.end(),
                   [&cleaned](const Spelling& spelling) { return spelling.text == cleaned; });
  if (found == kSpellings.end()) {
    return Error{ErrorKind::invalid, "codes.sex", "not one of 男, 女, 1, 2, male, female"};
  }
  return found->sex;
}

std::string_view to_word(Sex sex) {
  switch (sex) {
    case Sex::unknown:
      return "unknown";
    case Sex::male:
      return "male";
    case Sex::female:
      return "female";
    case Sex::unstated:
      return "unstated";
  }
  SJ_CHECK(false);
  return {};
}

std::string_view name_of(Sex sex) {
  const auto* const found = std::find_if(kSexes.begin(), kSexes.end(),
                                         [sex](const SexRow& row) { return row.sex == sex; });
  SJ_CHECK(found != kSexes.end());
  return found->name;
}

std::span<const SexRow> all_sexes() {
  return kSexes;
}

std::span<const EthnicGroupRow> all_ethnic_groups() {
  return kEthnicGroups;
}

Result<EthnicGroup> EthnicGroup::create(std::string_view text) {
  std::string cleaned = clean(text);
  if (cleaned.size() == 1 && is_digit(cleaned[0])) cleaned.insert(0, 1, '0');
  const std::string as_name = cleaned + "族";
  for (const EthnicGroupRow& row : kEthnicGroups) {
    const bool same_letters = !row.letters.empty() && row.letters == cleaned;
    if (same_letters || row.code == cleaned || row.name == cleaned || row.name == as_name) {
      return EthnicGroup(row);
    }
  }
  return Error{ErrorKind::invalid, "codes.ethnic_group",
               "not a name like 汉族 or a code like 01 of GB/T 3304"};
}

}  // namespace sj::codes
