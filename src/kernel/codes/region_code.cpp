#include "kernel/codes/region_code.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "kernel/codes/clean.h"

namespace sj::codes {
namespace {

constexpr std::array<ProvinceRow, 34> kProvinces{{
    {"11", "北京"}, {"12", "天津"}, {"13", "河北"},   {"14", "山西"}, {"15", "内蒙古"},
    {"21", "辽宁"}, {"22", "吉林"}, {"23", "黑龙江"}, {"31", "上海"}, {"32", "江苏"},
    {"33", "浙江"}, {"34", "安徽"}, {"35", "福建"},   {"36", "江西"}, {"37", "山东"},
    {"41", "河南"}, {"42", "湖北"}, {"43", "湖南"},   {"44", "广东"}, {"45", "广西"},
    {"46", "海南"}, {"50", "重庆"}, {"51", "四川"},   {"52", "贵州"}, {"53", "云南"},
    {"54", "西藏"}, {"61", "陕西"}, {"62", "甘肃"},   {"63", "青海"}, {"64", "宁夏"},
    {"65", "新疆"}, {"71", "台湾"}, {"81", "香港"},   {"82", "澳门"},
}};

constexpr std::string_view kNone = "00";

}  // namespace

std::span<const ProvinceRow> all_provinces() {
  return kProvinces;
}

std::string_view province_name(std::string_view code) {
  const auto* const found =
      std::find_if(kProvinces.begin(), kProvinces.end(),
                   [code](const ProvinceRow& row) { return row.code == code.substr(0, 2); });
  return found == kProvinces.end() ? std::string_view{} : found->name;
}

Result<RegionCode> RegionCode::create(std::string_view text) {
  std::string code = SJ_TRY(clean_digits(text));
  const auto refuse = [](std::string detail) {
    return Error{ErrorKind::invalid, "codes.region_code", std::move(detail)};
  };
  if (code.size() != 6 || !all_digits(code)) return refuse("not six digits");
  if (province_name(code).empty()) return refuse("no province has the code " + code.substr(0, 2));
  if (code.substr(2, 2) == kNone && code.substr(4, 2) != kNone) {
    return refuse("a county without a city");
  }
  return RegionCode(std::move(code));
}

RegionLevel RegionCode::level() const {
  if (text_.substr(2, 2) == kNone) return RegionLevel::province;
  return text_.substr(4, 2) == kNone ? RegionLevel::city : RegionLevel::county;
}

bool RegionCode::is_district() const {
  // 东莞、中山、儋州、嘉峪关: prefectures without counties (民政部,
  // 中华人民共和国县以上行政区划代码).
  constexpr std::array<std::string_view, 4> kWithoutCounties = {"441900", "442000", "460400",
                                                                "620200"};
  return level() == RegionLevel::county ||
         std::find(kWithoutCounties.begin(), kWithoutCounties.end(), text_) !=
             kWithoutCounties.end();
}

bool RegionCode::covers(const RegionCode& inner) const {
  const std::size_t digits = 2 + 2 * static_cast<std::size_t>(level());
  return text_.compare(0, digits, inner.text_, 0, digits) == 0;
}

}  // namespace sj::codes
