#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "kernel/base/result.h"

namespace sj::codes {

/// A telephone number of mainland China: a mobile (手机) or a fixed line (座机).
///
/// Personal: masked by default, never logged.
class PhoneNo {
 public:
  /// Takes blanks, hyphens and brackets anywhere, and +86 or 0086 before it.
  ///
  /// A mobile has 11 digits and starts with 13 to 19. A fixed line has its area code and 7 or 8
  /// digits (8 after 010 and 02x).
  /// Fails:  (all invalid) codes.lost_digits · codes.phone: neither of the two ·
  ///         codes.phone_area: 7 or 8 digits without an area code
  /// Source: 电信网编号计划 (2017年版).
  [[nodiscard]] static Result<PhoneNo> create(std::string_view text);

  /// 13812345678, 0731-82345678.
  [[nodiscard]] const std::string& text() const { return text_; }

  /// 138****5678, 0731-****5678.
  [[nodiscard]] std::string masked() const;

  /// Whether it can be sent a message.
  [[nodiscard]] bool is_mobile() const { return text_[0] == '1'; }

  friend bool operator==(const PhoneNo&, const PhoneNo&) = default;

 private:
  explicit PhoneNo(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

}  // namespace sj::codes
