// Writing, and reading back what was written.
#include "kernel/sheet/export.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "kernel/sheet/archive.h"
#include "kernel/sheet/workbook.h"

namespace sj::sheet {
namespace {

using namespace std::string_literals;

const Instant kNoon(1'791'777'600'000);  // 2026-10-12T12:00+08:00

std::string part(std::string_view xlsx, std::string_view name) {
  const auto entries = unpack(xlsx).value();
  for (const Entry& entry : entries) {
    if (entry.name == name) return entry.bytes;
  }
  return "no part " + std::string(name);
}

bool has(const std::string& text, std::string_view wanted) {
  return text.find(wanted) != std::string::npos;
}

SheetPlan plan() {
  return {.name = "学生",
          .columns = {{.title = "姓名"},
                      {.title = "证件号码", .width = 20},
                      {.title = "性别", .choices = {"男", "女"}},
                      {.title = "金额", .typed = Typed::number},
                      {.title = "出生日期", .typed = Typed::day}}};
}

std::string sample() {
  XlsxWriter writer(kNoon);
  EXPECT_TRUE(writer.add_sheet(plan()).ok());
  EXPECT_TRUE(writer
                  .add_row({{.value = "张三"s},
                            {.value = "430101201001011234"s},
                            {.value = "男"s},
                            {.value = Decimal{-12345, 2}},
                            {.value = LocalDay::parse("2015-03-01").value()}})
                  .ok());
  EXPECT_TRUE(writer
                  .add_row({{.value = "=1+1"s},
                            {.value = "43010"s, .shade = Shade::wrong, .reason = "应为 18 位"},
                            {.shade = Shade::doubtful, .reason = "没有填"},
                            {.value = std::int64_t{7}},
                            {.value = LocalDay::parse("1899-01-01").value()}})
                  .ok());
  EXPECT_TRUE(
      writer.add_sheet({.name = "说明", .columns = {{.title = "填写说明"}}, .filter = false}).ok());
  EXPECT_TRUE(writer.add_row({{.value = " _x000D_ \r\x1F\uFFFE\u202E\u200B<&> "s}}).ok());
  return writer.finish().value();
}

TEST(XlsxWriter, WritesWhatTheReaderReads) {
  const auto workbook = read_workbook(sample(), "a.xlsx");
  ASSERT_TRUE(workbook.ok()) << workbook.error().detail;
  ASSERT_EQ(workbook.value().sheets.size(), 2U);
  const Sheet& sheet = workbook.value().sheets[0];
  const std::vector<std::vector<std::string>> wanted = {
      {"姓名", "证件号码", "性别", "金额", "出生日期"},
      {"张三", "430101201001011234", "男", "-123.45", "2015-03-01"},
      {"=1+1", "43010", "", "7", "1899-01-01"}};
  ASSERT_EQ(sheet.row_count(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    for (std::uint32_t column = 1; column <= 5; ++column) {
      const auto text = sheet.text_at(sheet.row(i), column);
      ASSERT_TRUE(text.ok()) << text.error().detail;
      EXPECT_EQ(text.value(), wanted[i][column - 1]);
    }
  }
  EXPECT_EQ(sheet.row(1).at(2).kind, CellKind::text);
  EXPECT_EQ(sheet.row(1).at(5).kind, CellKind::date);
  EXPECT_FALSE(sheet.row(2).at(1).formula);
  EXPECT_EQ(workbook.value().sheets[1].row(1).at(1).text, " _x000D_ \r<&> ");
}

TEST(XlsxWriter, TheSameCallsGiveTheSameBytes) {
  EXPECT_EQ(sample(), sample());
}

TEST(XlsxWriter, HelpsWhoFillsItIn) {
  const std::string bytes = sample();
  const std::string sheet = part(bytes, "xl/worksheets/sheet1.xml");
  EXPECT_TRUE(has(sheet, R"(<pane ySplit="1" topLeftCell="A2")")) << sheet;
  EXPECT_TRUE(has(sheet, R"(<autoFilter ref="A1:E3"/>)"));
  EXPECT_TRUE(has(sheet, R"(sqref="C2:C1048576")"));
  EXPECT_TRUE(has(sheet, "<formula1>\"男,女\"</formula1>"));
  EXPECT_TRUE(has(sheet, R"(<col min="2" max="2" width="20.7)"));
  EXPECT_FALSE(has(part(bytes, "xl/worksheets/sheet2.xml"), "autoFilter"));
  EXPECT_TRUE(has(part(bytes, "xl/comments1.xml"), "应为 18 位"));
  EXPECT_TRUE(has(part(bytes, "xl/comments1.xml"), R"(ref="C3")"));
  const std::string styles = part(bytes, "xl/styles.xml");
  EXPECT_TRUE(has(styles, "FFFFC7CE")) << "red";
  EXPECT_TRUE(has(styles, "FFFFEB9C")) << "yellow";
  EXPECT_TRUE(has(styles, R"(numFmtId="49")")) << "text format";
  EXPECT_TRUE(has(part(bytes, "docProps/core.xml"), "2026-10-12T04:00:00Z"));
}

TEST(XlsxWriter, ChoicesOfFewCharactersAndManyBytesStandInAHiddenSheet) {
  // 58 names of three characters: 231 characters with their commas, 579 bytes.
  const std::vector<std::string> groups(58, "布依族");
  XlsxWriter writer(kNoon);
  ASSERT_TRUE(
      writer.add_sheet({.name = "一", .columns = {{.title = "民族", .choices = groups}}}).ok());
  EXPECT_TRUE(has(part(writer.finish().value(), "xl/worksheets/sheet1.xml"), "'选项'!$A$1:$A$58"));
}

TEST(XlsxWriter, LongChoicesStandInAHiddenSheet) {
  std::vector<std::string> schools;
  schools.reserve(300);
  for (int i = 0; i < 300; ++i) schools.push_back("第" + std::to_string(i) + "小学");
  XlsxWriter writer(kNoon);
  ASSERT_TRUE(writer
                  .add_sheet({.name = "一",
                              .columns = {{.title = "学校", .choices = schools},
                                          {.title = "班", .choices = {"一,二", "三"}}}})
                  .ok());
  ASSERT_TRUE(
      writer.add_sheet({.name = "二", .columns = {{.title = "学校", .choices = schools}}}).ok());
  EXPECT_EQ(writer.add_sheet({.name = "选项", .columns = {{.title = "x"}}}).error().code,
            "sheet.bad_sheet_name");
  const std::string bytes = writer.finish().value();
  EXPECT_TRUE(has(part(bytes, "xl/worksheets/sheet1.xml"), "<formula1>'选项'!$A$1:$A$300"));
  EXPECT_TRUE(has(part(bytes, "xl/worksheets/sheet1.xml"), "'选项'!$B$1:$B$2"));
  EXPECT_TRUE(has(part(bytes, "xl/worksheets/sheet2.xml"), "'选项'!$C$1:$C$300"));
  const auto workbook = read_workbook(bytes, "a.xlsx").value();
  EXPECT_EQ(workbook.hidden_sheets, std::vector<std::string>{"选项"});
  EXPECT_TRUE(has(part(bytes, "xl/worksheets/sheet3.xml"), "第299小学"));
}

TEST(XlsxWriter, Refuses) {
  XlsxWriter writer(kNoon);
  const auto add = [&](const std::string& name) {
    const auto done = writer.add_sheet({.name = name, .columns = {{.title = "x"}}});
    return done.ok() ? "" : done.error().code;
  };
  EXPECT_EQ(add("一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一"), "");
  EXPECT_EQ(add("Sheet"), "");
  for (const char* name : {"", "sheet", "a/b", "a[1]", "'a", "12345678901234567890123456789012",
                           "𠀀𠀀𠀀𠀀𠀀𠀀𠀀𠀀𠀀𠀀𠀀𠀀𠀀𠀀𠀀𠀀"}) {
    EXPECT_EQ(add(name), "sheet.bad_sheet_name") << name;
  }
  EXPECT_EQ(
      writer.add_sheet({.name = "a", .columns = {{.title = "x", .choices = {""}}}}).error().code,
      "sheet.bad_choices");
  std::string longest;
  for (int i = 0; i < 32'767; ++i) longest += "字";
  EXPECT_TRUE(writer.add_row({{.value = longest, .reason = longest}}).ok());
  EXPECT_EQ(writer.add_row({{.value = longest + "x"}}).error().code, "sheet.cell_too_long");
  EXPECT_EQ(writer.add_row({{.reason = longest + "x"}}).error().code, "sheet.cell_too_long");
  EXPECT_TRUE(writer.finish().ok());
}

TEST(XlsxWriter, UnfinishedOnesGoAway) {
  XlsxWriter writer(kNoon);
  EXPECT_TRUE(writer.add_sheet({.name = "a", .columns = {{.title = "x"}}}).ok());
  writer = XlsxWriter(kNoon);
  EXPECT_TRUE(writer.add_sheet({.name = "a", .columns = {{.title = "x"}}}).ok());
}

TEST(CsvWriter, QuotesAndGuards) {
  const auto written = [](const std::vector<std::string>& cells, bool for_people) {
    CsvWriter writer({.for_people = for_people});
    writer.add_row(cells);
    return writer.finish();
  };
  EXPECT_EQ(written({"a", "b,c", "d\"e", "f\ng", ""}, false),
            "\xEF\xBB\xBF"
            "a,\"b,c\",\"d\"\"e\",\"f\ng\",\r\n");
  const std::vector<std::string> risky = {"=1+1",  "+1",   "-x", "@a", "\tb", "\rc",
                                          "-12.5", "-1-2", "-",  "-.", "-1.", "-1.2.3"};
  EXPECT_EQ(written(risky, true),
            "\xEF\xBB\xBF"
            "'=1+1,'+1,'-x,'@a,'\tb,\"'\rc\",-12.5,'-1-2,'-,'-.,'-1.,'-1.2.3\r\n");
  EXPECT_EQ(written(risky, false),
            "\xEF\xBB\xBF"
            "=1+1,+1,-x,@a,\tb,\"\rc\",-12.5,-1-2,-,-.,-1.,-1.2.3\r\n");
}

TEST(CsvWriter, HoldsWhatItShowsForPeople) {
  CsvWriter writer({.for_people = true});
  writer.add_row(
      std::vector<std::string>{" =1", "\u200b=1", "\x1b=1", "a\x01\u202eb", " a", " -1"});
  EXPECT_EQ(writer.finish(), "\xEF\xBB\xBF' =1,'=1,'=1,ab, a, -1\r\n");
}

TEST(CsvWriter, WritesTheCellsOfAnExport) {
  CsvWriter writer({.for_people = true});
  writer.add_row(std::vector<OutCell>{{.value = "张三"s, .shade = Shade::wrong, .reason = "x"},
                                      {.value = std::int64_t{-7}},
                                      {},
                                      {.value = Decimal{5, 2}},
                                      {.value = Decimal{-5, 2}},
                                      {.value = Decimal{123, 0}},
                                      {.value = Decimal{-12345, 1}},
                                      {.value = LocalDay::parse("2026-10-12").value()}});
  EXPECT_EQ(writer.finish(), "\xEF\xBB\xBF张三,-7,,0.05,-0.05,123,-1234.5,2026-10-12\r\n");
}

// ---- there and back ----

using Table = std::vector<std::vector<std::string>>;

rc::Gen<Table> any_table(std::size_t columns) {
  const auto character = rc::gen::element<std::string>("a", "0", "字", "𠀀", ",", ";", "\t", "\"",
                                                       "\n", "=", " ", "_x0041_", "<", "&", "\r");
  const auto cell = rc::gen::map(rc::gen::container<std::vector<std::string>>(character),
                                 [](const std::vector<std::string>& pieces) {
                                   std::string text;
                                   for (const std::string& piece : pieces) text += piece;
                                   return text;
                                 });
  return rc::gen::container<Table>(rc::gen::container<std::vector<std::string>>(columns, cell));
}

void expect_table(const Sheet& sheet, const Table& table, std::uint32_t first_row) {
  std::size_t filled = 0;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const bool is_blank = std::all_of(table[i].begin(), table[i].end(),
                                      [](const std::string& cell) { return cell.empty(); });
    if (is_blank) continue;
    const std::size_t index = filled++ + (first_row - 1);
    RC_ASSERT(index < sheet.row_count());
    const Row row = sheet.row(index);
    RC_ASSERT(row.number() == i + first_row);
    for (std::size_t column = 0; column < table[i].size(); ++column) {
      const Cell cell = row.at(static_cast<std::uint32_t>(column + 1));
      RC_ASSERT(std::string(cell.text) == table[i][column]);
    }
  }
  RC_ASSERT(sheet.row_count() == filled + (first_row - 1));
}

RC_GTEST_PROP(CsvWriter, IsReadBackWhole, ()) {
  const Table table = *any_table(3);
  CsvWriter writer({});
  // A first row that shows the separator, as titles do.
  const std::vector<std::string> titles = {"x", "y", "z"};
  for (int i = 0; i < 20; ++i) writer.add_row(titles);
  for (const auto& row : table) writer.add_row(row);
  const auto workbook = read_workbook(writer.finish(), "a.csv");
  RC_ASSERT(workbook.ok());
  Table unwrapped = table;
  for (auto& row : unwrapped) {
    for (std::string& cell : row) {
      const bool is_wrapped = cell.size() >= 3 && cell.starts_with("=\"") && cell.ends_with('"') &&
                              cell.find('"', 2) == cell.size() - 1;
      if (is_wrapped) cell = cell.substr(2, cell.size() - 3);
    }
  }
  expect_table(workbook.value().sheets[0], unwrapped, 21);
}

RC_GTEST_PROP(XlsxWriter, IsReadBackWhole, ()) {
  const Table table = *any_table(3);
  XlsxWriter writer(kNoon);
  RC_ASSERT(
      writer.add_sheet({.name = "a", .columns = {{.title = "x"}, {.title = "y"}, {.title = "z"}}})
          .ok());
  for (const auto& row : table) {
    RC_ASSERT(writer.add_row({{.value = row[0]}, {.value = row[1]}, {.value = row[2]}}).ok());
  }
  const auto workbook = read_workbook(writer.finish().value(), "a.xlsx");
  RC_ASSERT(workbook.ok());
  expect_table(workbook.value().sheets[0], table, 2);
}

}  // namespace
}  // namespace sj::sheet
