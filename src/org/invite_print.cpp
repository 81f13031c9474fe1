#include "kernel/print/print.h"

#include "org/invite.h"

namespace sj::org {
namespace {

using print::Align;
using print::Box;

// Two columns of four cards on A4; cut along the dashed lines.
constexpr int kColumns = 2;
constexpr int kRows = 4;
constexpr double kWidth = 210.0 / kColumns;
constexpr double kHeight = 297.0 / kRows;
constexpr double kMargin = 8;
constexpr double kQr = 30;

void draw_grid(print::Document& document) {
  document.line(kWidth, 0, kWidth, 297, true);
  for (int row = 1; row < kRows; ++row) document.line(0, row * kHeight, 210, row * kHeight, true);
}

Result<void> draw_card(print::Document& document, const Sheet& sheet, const Card& card, int place) {
  const int row = place / kColumns;
  const double left = (place % kColumns) * kWidth + kMargin;
  const double top = row * kHeight + kMargin;
  const double inner = kWidth - 2 * kMargin;
  const double beside = inner - kQr - 5;
  const double text_left = left + kQr + 5;
  document.text({left, top, inner, 5}, sheet.school + "  " + sheet.class_name,
                {.points = 9, .grey = 0.3});
  document.text({left, top + 5, inner, 8}, card.name, {.points = 17, .bold = true});
  SJ_TRY(document.qr(left, top + 16, kQr, card.url));
  document.text({text_left, top + 15, beside, 5}, "邀请码", {.points = 8, .grey = 0.3});
  document.text({text_left, top + 19, beside, 8}, spell_code(card.code),
                {.points = 17, .bold = true, .mono = true});
  document.text({text_left, top + 28, beside, 22},
                "① 手机扫左边的二维码\n② 核对学校、班级\n③ 输入孩子的出生日期", {.points = 10});
  const std::string address = card.url.substr(0, card.url.size() - card.code.size() - 1);
  document.text({left, top + 48, inner, 5}, "不能扫码时，打开 " + address + " 输入邀请码。",
                {.points = 8.5});
  document.text({left, top + 53, inner, 9},
                "仅供本家庭使用，请勿转发。有效期至 " + sheet.expires.to_iso() +
                    "；过期、遗失请向班主任重新领取。",
                {.points = 8, .grey = 0.3});
  return {};
}

}  // namespace

Result<std::string> print_sheet(const Sheet& sheet) {
  auto document = SJ_TRY(print::Document::a4(sheet.school + sheet.class_name));
  constexpr int kPerPage = kColumns * kRows;
  int place = 0;
  draw_grid(document);
  for (const Card& card : sheet.cards) {
    if (place == kPerPage) {
      document.new_page();
      draw_grid(document);
      place = 0;
    }
    SJ_TRY(draw_card(document, sheet, card, place));
    ++place;
  }
  return document.finish();
}

}  // namespace sj::org
