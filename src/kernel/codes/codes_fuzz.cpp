// Arbitrary bytes as every kind of code: refused, or accepted in a form that is accepted again and
// stays the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kernel/base/check.h"
#include "kernel/codes/id_card_no.h"
#include "kernel/codes/institution_codes.h"
#include "kernel/codes/person_codes.h"
#include "kernel/codes/phone_no.h"
#include "kernel/codes/region_code.h"
#include "kernel/codes/student_code.h"
#include "kernel/codes/travel_document_no.h"
#include "kernel/time/local_day.h"

namespace {

using sj::codes::TravelDocument;

template <class Create>
void expect_stable(Create create, std::string_view text) {
  const auto once = create(text);
  if (!once.ok()) return;
  const auto again = create(once.value().text());
  SJ_CHECK(again.ok());
  SJ_CHECK(again.value() == once.value());
  SJ_CHECK(again.value().text() == once.value().text());
}

template <class Create>
void expect_personal(Create create, std::string_view text) {
  expect_stable(create, text);
  const auto code = create(text);
  if (!code.ok()) return;
  SJ_CHECK(code.value().masked().size() == code.value().text().size());
  SJ_CHECK(code.value().masked() != code.value().text());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace codes = sj::codes;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto today = sj::LocalDay::create(2026, 10, 12).value();
  const auto id_card = [today](std::string_view t) { return codes::IdCardNo::create(t, today); };
  const auto student = [today](std::string_view t) { return codes::StudentCode::create(t, today); };
  expect_personal(id_card, text);
  expect_personal(student, text);
  expect_personal(codes::PhoneNo::create, text);
  for (const auto document :
       {TravelDocument::passport, TravelDocument::hk_macao_permit, TravelDocument::taiwan_permit}) {
    expect_personal(
        [document](std::string_view t) { return codes::TravelDocumentNo::create(document, t); },
        text);
  }
  expect_stable(codes::CreditCode::create, text);
  expect_stable(codes::OrgCode::create, text);
  expect_stable(codes::SchoolCode::create, text);
  expect_stable(codes::RegionCode::create, text);
  const auto group = codes::EthnicGroup::create(text);
  if (group.ok())
    SJ_CHECK(codes::EthnicGroup::create(group.value().code()).value() == group.value());
  const auto sex = codes::parse_sex(text);
  if (sex.ok()) SJ_CHECK(codes::parse_sex(codes::to_word(sex.value())).value() == sex.value());
  return 0;
}
