#include "kernel/print/print.h"

#include <gtest/gtest.h>

namespace sj::print {
namespace {

Result<std::string> one_page(std::string_view name) {
  auto document = SJ_TRY(Document::a4("表"));
  document.text({20, 20, 100, 20}, name, {.points = 14, .bold = true});
  document.line(10, 50, 200, 50, true);
  SJ_TRY(document.qr(20, 60, 40, "https://example.org/j/ABCDEFGH"));
  return document.finish();
}

TEST(Print, TheSameCallsGiveTheSameFile) {
  const auto first = one_page("欧阳明");
  const auto again = one_page("欧阳明");
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first.value(), again.value());
  EXPECT_EQ(first.value().substr(0, 5), "%PDF-");
  EXPECT_NE(first.value(), one_page("张三").value());
}

TEST(Print, EachPageIsAPage) {
  auto document = Document::a4("表");
  ASSERT_TRUE(document.ok());
  document.value().text({20, 20, 100, 20}, "一", {});
  document.value().new_page();
  document.value().text({20, 20, 100, 20}, "二", {});
  const auto file = document.value().finish();
  ASSERT_TRUE(file.ok());
  EXPECT_NE(file.value().find("/Count 2"), std::string::npos);
}

TEST(Print, AQrCodeIsAPathWithItsQuietZone) {
  const auto code = qr_path("https://example.org/j/ABCDEFGH");
  ASSERT_TRUE(code.ok());
  // Version 3 has 29 modules; its finder pattern begins with a run of 7.
  EXPECT_EQ(code.value().size, 29 + 8);
  EXPECT_EQ(code.value().path.substr(0, 13), "M4 4h7v1h-7zM");
}

TEST(Print, WhatIsTooLongForAQrCodeIsRefused) {
  const auto code = qr_path(std::string(4000, 'x'));
  ASSERT_FALSE(code.ok());
  EXPECT_EQ(code.error().code, "print.too_long");
}

}  // namespace
}  // namespace sj::print
