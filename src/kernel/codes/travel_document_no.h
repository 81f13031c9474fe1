#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "kernel/base/result.h"

namespace sj::codes {

enum class TravelDocument : unsigned char {
  passport,          // 护照, of any country
  hk_macao_permit,   // 港澳居民来往内地通行证
  taiwan_permit,     // 台湾居民来往大陆通行证
  foreigner_permit,  // 外国人永久居留身份证 of before 2017; later ones have an IdCardNo
};

/// The number of a document of someone without an identity number of the mainland. None of these
/// has a check character, so only the form is looked at. A residence permit is an IdCardNo.
///
/// Personal: never a key, masked by default, never logged.
class TravelDocumentNo {
 public:
  /// passport: 5 to 9 digits or letters, at least one of them a digit. hk_macao_permit: H or M and
  /// 8 digits (2 more on old cards). taiwan_permit: 8 digits (old booklets: 10 and perhaps a letter
  /// in brackets). foreigner_permit: 3 letters and 12 digits.
  /// Fails:  (all invalid) codes.lost_digits · codes.passport · codes.hk_macao_permit ·
  ///         codes.taiwan_permit · codes.foreigner_permit
  /// Source: ICAO Doc 9303 (passports); 出入境证件 of 国家移民管理局.
  [[nodiscard]] static Result<TravelDocumentNo> create(TravelDocument document,
                                                       std::string_view text);

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] TravelDocument document() const { return document_; }

  /// E1*****78: the first two and the last two.
  [[nodiscard]] std::string masked() const;

  friend bool operator==(const TravelDocumentNo&, const TravelDocumentNo&) = default;

 private:
  TravelDocumentNo(TravelDocument document, std::string text)
      : document_(document), text_(std::move(text)) {}

  TravelDocument document_;
  std::string text_;
};

}  // namespace sj::codes
