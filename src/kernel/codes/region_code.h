#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "kernel/base/result.h"

namespace sj::codes {

struct ProvinceRow {
  std::string_view code;  // two digits
  std::string_view name;  // 湖南
};
/// All provinces of GB/T 2260, by code.
[[nodiscard]] std::span<const ProvinceRow> all_provinces();

/// The name of the province whose two digits `code` starts with; empty if there is none.
[[nodiscard]] std::string_view province_name(std::string_view code);

enum class RegionLevel : unsigned char { province, city, county };

/// 行政区划代码, GB/T 2260: six digits, province, city and county.
///
/// Only the province is looked up. Cities and counties change every year, and old codes stay in
/// people's numbers for life.
class RegionCode {
 public:
  /// Fails:  codes.region_code (invalid): not six digits, no such province, or a county without a
  ///         city (430001).
  /// Source: GB/T 2260.
  [[nodiscard]] static Result<RegionCode> create(std::string_view text);

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] RegionLevel level() const;
  /// Whether it stands for a district (区、县、县级市), or for a city that has none (不设区的市).
  [[nodiscard]] bool is_district() const;
  [[nodiscard]] std::string_view province() const { return province_name(text_); }

  /// Whether `inner` is this region or lies within it.
  [[nodiscard]] bool covers(const RegionCode& inner) const;

  friend bool operator==(const RegionCode&, const RegionCode&) = default;

 private:
  explicit RegionCode(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

}  // namespace sj::codes
