#include "kernel/codes/travel_document_no.h"

#include <algorithm>
#include <utility>

#include "kernel/codes/clean.h"

namespace sj::codes {
namespace {

bool is_letter(char c) {
  return c >= 'A' && c <= 'Z';
}

bool is_passport(std::string_view number) {
  return number.size() >= 5 && number.size() <= 9 &&
         std::any_of(number.begin(), number.end(), is_digit) &&
         std::all_of(number.begin(), number.end(),
                     [](char c) { return is_digit(c) || is_letter(c); });
}

bool is_hk_macao_permit(std::string_view number) {
  return (number.size() == 9 || number.size() == 11) && (number[0] == 'H' || number[0] == 'M') &&
         all_digits(number.substr(1));
}

bool is_taiwan_permit(std::string_view number) {
  if (number.size() == 8) return all_digits(number);
  if (number.size() == 11 && is_letter(number.back())) number.remove_suffix(1);
  return number.size() == 10 && all_digits(number);
}

bool is_foreigner_permit(std::string_view number) {
  return number.size() == 15 && std::all_of(number.begin(), number.begin() + 3, is_letter) &&
         all_digits(number.substr(3));
}

}  // namespace

Result<TravelDocumentNo> TravelDocumentNo::create(TravelDocument document, std::string_view text) {
  std::string number = SJ_TRY(clean_digits(text));
  const auto is_bracket = [](char c) { return c == '(' || c == ')'; };
  number.erase(std::remove_if(number.begin(), number.end(), is_bracket), number.end());
  switch (document) {
    case TravelDocument::passport:
      if (is_passport(number)) break;
      return Error{ErrorKind::invalid, "codes.passport", "not 5 to 9 digits and letters"};
    case TravelDocument::hk_macao_permit:
      if (is_hk_macao_permit(number)) break;
      return Error{ErrorKind::invalid, "codes.hk_macao_permit", "not H or M and 8 digits"};
    case TravelDocument::taiwan_permit:
      if (is_taiwan_permit(number)) break;
      return Error{ErrorKind::invalid, "codes.taiwan_permit", "not 8 digits"};
    case TravelDocument::foreigner_permit:
      if (is_foreigner_permit(number)) break;
      return Error{ErrorKind::invalid, "codes.foreigner_permit", "not 3 letters and 12 digits"};
  }
  return TravelDocumentNo(document, std::move(number));
}

std::string TravelDocumentNo::masked() const {
  return mask(text_, 2, 2);
}

}  // namespace sj::codes
