#pragma once

#include <span>
#include <string_view>

#include "kernel/base/result.h"

namespace sj::codes {

/// 性别, GB/T 2261.1.
enum class Sex : unsigned char { unknown = 0, male = 1, female = 2, unstated = 9 };

/// Takes the code (1, 2), the name (男, 男性, 男生) or English (male, M), in any width and case.
///
/// An empty text is refused: whether nothing was asked (unknown) or nothing was said (unstated) is
/// for the caller to know.
/// Fails:  codes.sex (invalid).
/// Source: GB/T 2261.1; spellings: design.
[[nodiscard]] Result<Sex> parse_sex(std::string_view text);

/// `unknown`, `male`, `female`, `unstated`: how it is stored and sent.
[[nodiscard]] std::string_view to_word(Sex sex);

/// The name in the standard: 男性.
[[nodiscard]] std::string_view name_of(Sex sex);

struct SexRow {
  Sex sex = Sex::unknown;
  std::string_view name;
};
/// The whole standard.
[[nodiscard]] std::span<const SexRow> all_sexes();

struct EthnicGroupRow {
  std::string_view code;     // two digits
  std::string_view name;     // 汉族
  std::string_view letters;  // HA; empty for the last two
};
/// The whole standard, in its order.
[[nodiscard]] std::span<const EthnicGroupRow> all_ethnic_groups();

/// 民族, GB/T 3304: one of the 56, or 其他, or 外国血统中国籍人士.
class EthnicGroup {
 public:
  /// Takes the code (01, also 1), the name with or without 族, or the letters (HA).
  ///
  /// Fails:  codes.ethnic_group (invalid).
  /// Source: GB/T 3304.
  [[nodiscard]] static Result<EthnicGroup> create(std::string_view text);

  [[nodiscard]] std::string_view code() const { return row_->code; }
  [[nodiscard]] std::string_view name() const { return row_->name; }
  [[nodiscard]] std::string_view letters() const { return row_->letters; }

  friend bool operator==(EthnicGroup, EthnicGroup) = default;

 private:
  explicit EthnicGroup(const EthnicGroupRow& row) : row_(&row) {}

  const EthnicGroupRow* row_;
};

}  // namespace sj::codes
