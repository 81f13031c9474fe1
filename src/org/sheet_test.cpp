#include "org/sheet.h"

#include <gtest/gtest.h>

#include "kernel/sheet/workbook.h"

namespace sj::org {
namespace {

const Instant kNow(1'760'230'800'000);

ShownTable schools() {
  ShownTable table;
  table.table = "schools";
  table.name = "学校 [1]";
  table.columns = {{"校名", false}, {"学生", true}, {"建校", false}};
  table.rows = {{"=1+1", "1,200", "1956-09-01"}, {"泰禹小学", "", "430102201703020032"}};
  return table;
}

TEST(Sheet, HoldsExactlyWhatIsShown) {
  const auto bytes = write_shown(schools(), kNow);
  ASSERT_TRUE(bytes.ok());
  const auto book = sheet::read_workbook(bytes.value(), "x.xlsx");
  ASSERT_TRUE(book.ok());
  const sheet::Sheet& sheet = book.value().sheets.front();
  EXPECT_EQ("学校 1", sheet.name());
  ASSERT_EQ(3U, sheet.row_count());
  EXPECT_EQ("学生", sheet.row(0).at(2).text);
  EXPECT_EQ("=1+1", sheet.row(1).at(1).text);
  EXPECT_FALSE(sheet.row(1).at(1).formula);
  EXPECT_EQ(sheet::CellKind::number, sheet.row(1).at(2).kind);
  EXPECT_EQ("1200", sheet.row(1).at(2).text);
  EXPECT_EQ(sheet::CellKind::date, sheet.row(1).at(3).kind);
  EXPECT_EQ(sheet::CellKind::empty, sheet.row(2).at(2).kind);
  EXPECT_EQ("430102201703020032", sheet.row(2).at(3).text) << "no digit is lost";
}

TEST(Sheet, IsTextForPeople) {
  ShownTable table = schools();
  table.format = SheetFormat::csv;
  EXPECT_EQ(
      "\xEF\xBB\xBF校名,学生,建校\r\n'=1+1,1200,1956-09-01\r\n泰禹小学,,430102201703020032\r\n",
      write_shown(table, kNow).value());
  EXPECT_EQ("学校 [1].csv", file_name_of(table));
  table.name = "a/b";
  EXPECT_EQ("ab.csv", file_name_of(table));
}

TEST(Sheet, HasItsLimits) {
  const auto code = [](const ShownTable& table) {
    const auto bytes = write_shown(table, kNow);
    return bytes.ok() ? "ok" : bytes.error().code;
  };
  ShownTable table = schools();
  table.table = "李小明";
  EXPECT_EQ("org.bad_sheet", code(table)) << "the trail holds no names";
  table = schools();
  table.name.clear();
  EXPECT_EQ("org.bad_sheet", code(table));
  table = schools();
  table.columns.resize(2);
  EXPECT_EQ("org.bad_sheet", code(table));
  table.columns.clear();
  EXPECT_EQ("org.bad_sheet", code(table));
  table = schools();
  table.columns.resize(kShownColumnsMax + 1);
  EXPECT_EQ("org.bad_sheet", code(table));
  table = schools();
  table.rows.resize(kShownRowsMax + 1);
  EXPECT_EQ("org.bad_sheet", code(table));
  table.rows.resize(kShownRowsMax);
  EXPECT_EQ("ok", code(table));
}

}  // namespace
}  // namespace sj::org
