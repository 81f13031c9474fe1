// Reading: text files, workbooks, zips, and everything that is refused.
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "kernel/sheet/archive.h"
#include "kernel/sheet/test_package.h"
#include "kernel/sheet/workbook.h"

namespace sj::sheet {
namespace {

using namespace std::string_literals;
using std::string_view_literals::operator""sv;

// The filled cells: `A1=x B1=y`, one sheet after the other.
std::string show(const Workbook& workbook) {
  std::string shown;
  for (const Sheet& sheet : workbook.sheets) {
    for (std::size_t i = 0; i < sheet.row_count(); ++i) {
      const Row row = sheet.row(i);
      for (std::uint32_t column = 1; column <= row.last_column(); ++column) {
        const Cell cell = row.at(column);
        if (cell.kind == CellKind::empty) continue;
        if (!shown.empty()) shown += ' ';
        shown += column_letters(column) + std::to_string(row.number()) + '=';
        shown += cell.text;
        if (cell.formula) shown += "{formula}";
        if (cell.merged) shown += "{merged}";
        if (cell.lost_digits) shown += "{lost}";
      }
    }
  }
  return shown;
}

std::string read(std::string_view bytes,
                 std::string_view name = "a.csv",
                 const Limits& limits = {}) {
  const auto workbook = read_workbook(bytes, name, limits);
  return workbook.ok() ? show(workbook.value()) : workbook.error().code;
}

std::string read_rows(std::string_view rows, std::string_view after = "") {
  return read(TestPackage::with_rows(rows, after).bytes(), "a.xlsx");
}

// ---- text files ----

TEST(Csv, EveryEncodingGivesTheSameCells) {
  const auto wanted = "A1=姓名 B1=班 A2=张三 B2=㐂"s;
  const std::string utf8 = "姓名,班\n张三,㐂\n";
  EXPECT_EQ(read(utf8), wanted);
  EXPECT_EQ(read("\xEF\xBB\xBF" + utf8), wanted);
  EXPECT_EQ(read("\xFF\xFE\xD3\x59\x0D\x54,\0\xED\x73\n\0\x20\x5F\x09\x4E,\0\x02\x34"s), wanted);
  EXPECT_EQ(read("\xFE\xFF\x59\xD3\x54\x0D\0,\x73\xED\0\n\x5F\x20\x4E\x09\0,\x34\x02"s), wanted);
  EXPECT_EQ(read("\xD0\xD5\xC3\xFB,\xB0\xE0\n\xD5\xC5\xC8\xFD,\x81\x39\xEF\x31\n"),
            "A1=姓名 B1=班 A2=张三 B2=㐂");
}

TEST(Csv, Utf16BeyondTheFirstPlane) {
  EXPECT_EQ(read("\xFF\xFE\x40\xD8\x00\xDC,\0x\0"s), "A1=𠀀 B1=x");
  EXPECT_EQ(read("\x95\x32\x82\x36,x"), "A1=𠀀 B1=x");
}

TEST(Csv, SeparatorsAreFound) {
  EXPECT_EQ(read("a;b\n1,5;2\n"), "A1=a B1=b A2=1,5 B2=2");
  EXPECT_EQ(read("a\tb\n1,5\t2\n3,5\t4"), "A1=a B1=b A2=1,5 B2=2 A3=3,5 B3=4");
  EXPECT_EQ(read("a,\"x;y;z\"\n1,2\n"), "A1=a B1=x;y;z A2=1 B2=2");
  EXPECT_EQ(read("alone\nhere\n"), "A1=alone A2=here");
  EXPECT_EQ(read("sep=;\r\na;b,c"), "A1=a B1=b,c");
  EXPECT_EQ(read("sep=\na=b"), "A1=sep= A2=a=b");
}

TEST(Csv, QuotesLineEndsAndBlankLines) {
  EXPECT_EQ(read("\"a\"\"b\",\"c,d\"\r\n\"e\nf\",g\r\r\nh"), "A1=a\"b B1=c,d A2=e\nf B2=g A4=h");
  EXPECT_EQ(read("a\rb\r\rc"), "A1=a A2=b A4=c");
  EXPECT_EQ(read("a,,c\n,,\n,\"\",x\n"), "A1=a C1=c C3=x");
  EXPECT_EQ(read("a,\"b\"tail,c\"d\n"), "A1=a B1=btail C1=c\"d");
  EXPECT_EQ(read("=\"0012\",\"=\"\"0013\"\"\",=1+1\n"), "A1=0012 B1=0013 C1==1+1");
}

TEST(Csv, NumbersExcelShortenedAreMarked) {
  EXPECT_EQ(
      read("4.30101E+17,1.39E+11,1.5E+3,430101201001011000,E+17,2E+11x"),
      "A1=4.30101E+17{lost} B1=1.39E+11{lost} C1=1.5E+3 D1=430101201001011000 E1=E+17 F1=2E+11x");
  const auto workbook = read_workbook("姓名,证号\n张三,4.3E+17\n", "d/名单.csv");
  const Sheet& sheet = workbook.value().sheets[0];
  const auto refused = sheet.text_at(sheet.row(1), 2);
  EXPECT_EQ(refused.error().code, "sheet.lost_digits");
  EXPECT_EQ(refused.error().detail, "名单.csv!B2: 4.3E+17 is a number that lost its last digits");
  EXPECT_EQ(sheet.text_at(sheet.row(1), 1).value(), "张三");
  EXPECT_EQ(sheet.text_at(sheet.row(1), 3).value(), "");
}

TEST(Csv, EveryRecordTellsHowManyCellsItHas) {
  const auto workbook = read_workbook("a,b,\n1,2,3,\n1\n,,\n\"x,y\",,\n", "a.csv").value();
  const Sheet& sheet = workbook.sheets[0];
  ASSERT_EQ(sheet.row_count(), 4U);
  EXPECT_EQ(sheet.row(0).width(), 3U);
  EXPECT_EQ(sheet.row(1).width(), 4U);
  EXPECT_EQ(sheet.row(2).width(), 1U);
  EXPECT_EQ(sheet.row(3).width(), 3U);
  EXPECT_EQ(sheet.row(1).last_column(), 3U);
}

TEST(Csv, RefusesWithThePlace) {
  const struct {
    std::string_view bytes;
    const char* code;
    const char* place;
  } kCases[] = {
      {"a,b\0c\n"sv, "sheet.nul_byte", "byte 3"},
      {"\xFF\xFE"
       "a\0\0\0"sv,
       "sheet.nul_byte", "byte 4"},
      {"\xEF\xBB\xBF"
       "ab\xFF",
       "sheet.bad_utf8", "byte 5"},
      {"张三,李四,王五\n张\xE4\xB8\n", "sheet.bad_utf8", "byte 24"},
      {"\xD0\xD5\xC3\xFB,\xFF\n", "sheet.bad_encoding", "byte 5"},
      {"\xFF\xFE"
       "a\0b"sv,
       "sheet.bad_encoding", "byte 4"},
      {"\xFF\xFE\x40\xD8"
       "a\0"sv,
       "sheet.bad_encoding", "byte 4"},
      {"\xFF\xFE\x40\xD8"sv, "sheet.bad_encoding", "the end"},
      {"\xFF\xFE\x00\xDC"sv, "sheet.bad_encoding", "byte 2"},
      {"a,b\n\"c\nd\",e\nf,\"g\nh\n", "sheet.open_quote", "a.csv!B3, line 4"},
  };
  for (const auto& test : kCases) {
    const auto refused = read_workbook(test.bytes, "a.csv");
    ASSERT_FALSE(refused.ok()) << test.code;
    EXPECT_EQ(refused.error().code, test.code);
    EXPECT_NE(refused.error().detail.find(test.place), std::string::npos) << refused.error().detail;
  }
}

// ---- what a file is ----

TEST(Workbook, RefusesWhatIsNoTable) {
  const std::string ole = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
  const std::string encrypted = ole + "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0"s;
  const auto zip = [](const std::string& name) {
    return pack({{name, "x"}, {"[Content_Types].xml", "x"}}, Instant(0)).value();
  };
  const struct {
    std::string bytes;
    const char* name;
    const char* code;
  } kCases[] = {
      {"", "a.xlsx", "sheet.empty_file"},
      {ole, "a.xls", "sheet.old_xls"},
      {ole, "a.xlsx", "sheet.old_xls"},
      {ole, "A.ET", "sheet.old_et"},
      {encrypted, "a.xlsx", "sheet.encrypted"},
      {"\xEF\xBB\xBF  <!DOCTYPE HTML><table>", "a.xls", "sheet.html_table"},
      {"<html><body>", "a.csv", "sheet.html_table"},
      {"<?xml version='1.0'?><html xmlns='x'>", "a.xls", "sheet.html_table"},
      {"\xFF\xFE<\0t\0a\0b\0l\0e\0>\0"s, "a.xls", "sheet.html_table"},
      {"MIME-Version: 1.0\n", "a.xls", "sheet.html_table"},
      {"<?xml version='1.0'?><Workbook>", "a.xls", "sheet.xml_2003"},
      {"%PDF-1.4", "a.xlsx", "sheet.not_a_table"},
      {"\x89PNG\r\n", "a.csv", "sheet.not_a_table"},
      {"Rar!\x1A\x07", "a.zip", "sheet.not_a_table"},
      {zip("word/document.xml"), "a.docx", "sheet.not_a_table"},
      {pack({{"users.csv", "a,b"}}, Instant(0)).value(), "a.zip", "sheet.not_a_table"},
      {zip("META-INF/manifest.xml"), "a.ods", "sheet.other_spreadsheet"},
      {zip("xl/workbook.bin"), "a.xlsb", "sheet.other_spreadsheet"},
      {zip("Index/Document.iwa"), "a.numbers", "sheet.other_spreadsheet"},
      {"a,b\n", "a.XLSX", "sheet.not_zip"},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(read(test.bytes, test.name), test.code) << test.name;
  }
  EXPECT_EQ(read("a\tb\n", "a.xls"), "A1=a B1=b") << "text under the name .xls is common";
}

// ---- workbooks ----

TEST(Xlsx, EveryTypeOfCell) {
  TestPackage package = TestPackage::with_rows(
      R"(<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>2</v></c>)"
      R"(<c r="D1" t="inlineStr"><is><r><t>in</t></r><r><t xml:space="preserve"> line</t></r><rPh><t>no</t></rPh></is></c></row>)"
      R"(<row r="3"><c r="A3"><v>12</v></c><c r="B3" t="b"><v>1</v></c><c r="C3" t="b"><v>0</v></c>)"
      R"(<c r="D3" t="e"><v>#N/A</v></c><c r="E3" t="d"><v>2026-10-12</v></c><c r="F3" s="1"><v>46307</v></c></row>)"
      R"(<row><c t="str"><f>A1</f><v>text</v></c><c t="str"><f>A2</f><v></v></c><c><f>1+1</f><v>2</v></c>)"
      R"(<c><f>B1&amp;"x"</f></c><c><f>2</f><v/></c><c r="F4"><v></v></c></row>)");
  package.strings =
      "<sst><si><t>first</t></si><si><t/></si>"
      "<si><r><rPr><b/></rPr><t>rich </t></r><r><t>文字</t></r><rPh sb='0' "
      "eb='1'><t>wénzì</t></rPh>"
      "<phoneticPr fontId='1'/></si></sst>";
  EXPECT_EQ(read(package.bytes()),
            "A1=first B1=rich 文字 D1=in line A3=12 B3=TRUE C3=FALSE D3=#N/A E3=2026-10-12 "
            "F3=2026-10-12 A4=text{formula} C4=2{formula} D4==B1&\"x\"{formula} E4==2{formula}");
  const auto workbook = read_workbook(package.bytes(), "a.xlsx").value();
  const Sheet& sheet = workbook.sheets[0];
  EXPECT_EQ(sheet.name(), "学生");
  EXPECT_EQ(sheet.last_column(), 6U);
  EXPECT_EQ(sheet.row(1).at(4).kind, CellKind::error);
  EXPECT_EQ(sheet.row(1).at(6).kind, CellKind::date);
  EXPECT_EQ(sheet.row(2).at(4).kind, CellKind::uncomputed);
  EXPECT_EQ(sheet.text_at(sheet.row(1), 4).error().code, "sheet.error_value");
  EXPECT_EQ(sheet.text_at(sheet.row(2), 4).error().code, "sheet.uncomputed_formula");
  EXPECT_EQ(sheet.text_at(sheet.row(2), 4).error().detail,
            "学生!D4: =B1&\"x\" has no stored result");
}

// Which text a number has under a format, by code or by number.
std::string rendered(const std::string& value, const std::string& code, bool from_1904 = false) {
  TestPackage package = TestPackage::with_rows("<row><c s=\"1\"><v>" + value + "</v></c></row>");
  const bool is_builtin = code.starts_with("id:");
  package.styles =
      "<styleSheet><numFmts><numFmt numFmtId=\"170\" formatCode=\"" + (is_builtin ? "0" : code) +
      "\"/></numFmts><cellStyleXfs><xf numFmtId=\"9\"/></cellStyleXfs><cellXfs><xf numFmtId=\"0\"/>"
      "<xf numFmtId=\"" +
      (is_builtin ? code.substr(3) : "170") + "\"/></cellXfs></styleSheet>";
  if (from_1904)
    package.workbook.insert(package.workbook.find("<sheets>"), "<workbookPr date1904=\"1\"/>");
  const auto workbook = read_workbook(package.bytes(), "a.xlsx");
  return workbook.ok() ? show(workbook.value()).substr(3) : workbook.error().code;
}

TEST(Xlsx, NumbersReadAsTheyWereSeen) {
  const struct {
    const char* value;
    const char* code;
    const char* text;
  } kCases[] = {
      {"12", "General", "12"},
      {"12.0", "General", "12"},
      {"-0.5", "General", "-0.5"},
      {"85.299999999999997", "General", "85.3"},
      {"0.30000000000000004", "General", "0.3"},
      {"1E3", "General", "1000"},
      {"1.5E-7", "General", "0.00000015"},
      {"13812345678", "General", "13812345678"},
      {"1E+20", "G/通用格式", "100000000000000000000{lost}"},
      {"999999999999999", "General", "999999999999999"},
      {"4.30101201001011E+17", "General", "430101201001011000{lost}"},
      {"430101201001011000", "0", "430101201001011000{lost}"},
      {"4.30101201001011E+17", "0.00E+00", "430101201001011000{lost}"},
      {"123", "000000", "000123"},
      {"3", "0.00", "3.00"},
      {"2.675", "0.00", "2.68"},
      {"999.995", "0.00", "1000.00"},
      {"0.4", "0", "0"},
      {"-0.004", "0.00", "0.00"},
      {"1234.5", "#,##0.00", "1234.50"},
      {"1234.5", "[$¥-804]#,##0.0#", "1234.5"},
      {"-7", "0;[Red]0", "-7"},
      {"0.85", "0%", "85%"},
      {"0.8512", "id:10", "85.12%"},
      {"0.999", "id:9", "100%"},
      {"13812345678", "000-0000-0000", "13812345678"},
      {"5", "0&quot;年级&quot;", "5"},
      {"5", "&quot;day&quot;0", "5"},
      {"12345", "0,", "12345"},
      {"0.5", "# ?/?", "0.5"},
      {"7", "@", "7"},
      {"7", "\\y0", "7"},
      {"-5", "yyyy-mm-dd", "-5"},
      {"9999999", "id:14", "9999999"},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(rendered(test.value, test.code), test.text) << test.value << " " << test.code;
  }
}

TEST(Xlsx, DaysAndTimes) {
  const struct {
    const char* value;
    const char* code;
    const char* text;
  } kCases[] = {
      {"46307", "id:14", "2026-10-12"},
      {"46307.354166666664", "id:14", "2026-10-12"},
      {"46307.354166666664", "id:22", "2026-10-12 08:30"},
      {"46307.999999999", "id:22", "2026-10-13 00:00"},
      {"46307.999999999", "id:14", "2026-10-12"},
      {"46307", "id:31", "2026-10-12"},
      {"46307", "id:57", "2026-10-12"},
      {"46307", "yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@", "2026-10-12"},
      {"46307", "[$-804]aaaa", "2026-10-12"},
      {"46307", "[DBNum1][$-804]e&quot;年&quot;", "2026-10-12"},
      {"46307", "mmm-yy", "2026-10-12"},
      {"46307.5", "yyyy/m/d h:mm AM/PM", "2026-10-12 12:00"},
      {"0.354166666666667", "id:20", "08:30"},
      {"0.35434027777777777", "h:mm:ss", "08:30:15"},
      {"0.354166666666667", "上午/下午h&quot;时&quot;mm&quot;分&quot;", "08:30"},
      {"0.5", "id:55", "12:00"},
      {"1.0833333333333333", "[h]:mm", "26:00"},
      {"1.0833333333333333", "id:46", "26:00"},
      {"1", "id:14", "1900-01-01"},
      {"59", "id:14", "1900-02-28"},
      {"60", "id:14", "1900-02-29"},
      {"61", "id:14", "1900-03-01"},
      {"2958465", "id:14", "9999-12-31"},
      {"2958466", "id:14", "2958466"},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(rendered(test.value, test.code), test.text) << test.value << " " << test.code;
  }
  EXPECT_EQ(rendered("0", "id:14", true), "1904-01-01");
  EXPECT_EQ(rendered("44845", "id:14", true), "2026-10-12");
  EXPECT_EQ(rendered("2957004", "id:14", true), "2957004");
}

TEST(Xlsx, MergedCellsSpread) {
  const std::string rows =
      R"(<row r="1"><c r="A1" t="s"><v>0</v></c></row>)"
      R"(<row r="2"><c r="A2"><v>1</v></c><c r="B2"><v>2</v></c><c r="C2"><v>3</v></c></row>)"
      R"(<row r="4"><c r="B4"><v>4</v></c></row>)";
  EXPECT_EQ(
      read_rows(rows,
                R"(<mergeCells><mergeCell ref="A1:XFD1"/><mergeCell ref="A2:A4"/></mergeCells>)"),
      "A1=first{merged} B1=first{merged} C1=first{merged} A2=1{merged} B2=2 C2=3 A3=1{merged} "
      "A4=1{merged} B4=4");
  EXPECT_EQ(read_rows(rows, R"(<mergeCells><mergeCell ref="B1:C4"/></mergeCells>)"),
            "A1=first A2=1")
      << "nothing is seen of what a merged range covers";
  EXPECT_EQ(
      read_rows(rows, R"(<mergeCells><mergeCell ref="D9:E12"/><mergeCell ref="A4"/></mergeCells>)"),
      "A1=first A2=1 B2=2 C2=3 B4=4");
  EXPECT_EQ(read_rows("", R"(<mergeCells><mergeCell ref="A1:C3"/></mergeCells>)"), "");
}

TEST(Xlsx, HiddenSheetsAreSkippedAndNamed) {
  TestPackage package = TestPackage::with_rows("<row><c><v>1</v></c></row>");
  package.workbook =
      R"(<x:workbook xmlns:x="urn:x" xmlns:q="urn:r"><x:sheets><x:sheet name="藏" q:id="r4" state="hidden"/>)"
      R"(<x:sheet name="深藏" q:id="r5" state="veryHidden"/><x:sheet name="图" q:id="r6"/><x:sheet name="一" q:id="r1"/>)"
      R"(<x:sheet name="二" q:id="r7"/></x:sheets></x:workbook>)";
  package.relationships.insert(
      package.relationships.find("<Relationship "),
      R"(<Relationship Id="r4" Type="x/worksheet" Target="gone.xml"/><Relationship Id="r5" Type="x/worksheet" Target="gone.xml"/>)"
      R"(<Relationship Id="r6" Type="x/chartsheet" Target="gone.xml"/><Relationship Id="r7" Type="x/worksheet" Target="../Two.XML"/>)"
      R"(<Relationship Id="r8" Type="x/externalLink" TargetMode="External" Target="file:///etc/passwd"/>)");
  package.further = {
      {"two.xml",
       R"(<p:worksheet xmlns:p="u"><p:sheetData><p:row r="5"><p:c><p:v>9</p:v></p:c></p:row></p:sheetData></p:worksheet>)"}};
  const auto workbook = read_workbook(package.bytes(), "a.xlsx");
  ASSERT_TRUE(workbook.ok()) << workbook.error().detail;
  EXPECT_EQ(show(workbook.value()), "A1=1 A5=9");
  EXPECT_EQ(workbook.value().sheets[1].name(), "二");
  EXPECT_EQ(workbook.value().hidden_sheets, (std::vector<std::string>{"藏", "深藏"}));
}

TEST(Xlsx, HiddenRowsAndColumnsAreReadAndNamed) {
  TestPackage package = TestPackage::with_rows(
      R"(<row r="1"><c><v>1</v></c><c><v>2</v></c><c><v>3</v></c></row>)"
      R"(<row r="2" hidden="1"><c><v>4</v></c></row><row r="3" hidden="true"/>)"
      R"(<row r="4" hidden="0"><c><v>5</v></c></row><row r="5" hidden="1"><c><v>6</v></c></row>)",
      R"(<mergeCells><mergeCell ref="A4:A5"/></mergeCells>)");
  package.sheet.insert(package.sheet.find("<sheetData>"),
                       R"(<cols><col min="1" max="1"/><col min="2" max="2" hidden="1"/>)"
                       R"(<col min="3" max="16384" hidden="1"/></cols>)");
  const auto workbook = read_workbook(package.bytes(), "a.xlsx");
  ASSERT_TRUE(workbook.ok()) << workbook.error().detail;
  const Sheet& sheet = workbook.value().sheets[0];
  EXPECT_EQ(show(workbook.value()), "A1=1 B1=2 C1=3 A2=4 A4=5{merged} A5=5{merged}");
  EXPECT_EQ(sheet.hidden_rows(), (std::vector<std::uint32_t>{2, 5}));
  EXPECT_EQ(sheet.hidden_columns(), (std::vector<std::uint32_t>{2, 3}));
}

TEST(Xlsx, DaysInLettersReadAsThoseInNumbers) {
  const auto cell = [](const char* style, const char* value) {
    return read_rows("<row><c" + std::string(style) + " t=\"d\"><v>" + value + "</v></c></row>");
  };
  EXPECT_EQ(cell("", "2026-10-12"), "A1=2026-10-12");
  EXPECT_EQ(cell("", "2026-10-12T00:00:00"), "A1=2026-10-12");
  EXPECT_EQ(cell("", "2026-10-12T00:00:00.000Z"), "A1=2026-10-12");
  EXPECT_EQ(cell("", "2026-10-12T08:30"), "A1=2026-10-12 08:30");
  EXPECT_EQ(cell("", "2026-10-12T08:30:15.5"), "A1=2026-10-12 08:30:15");
  EXPECT_EQ(cell(" s=\"1\"", "2026-10-12T08:30:00"), "A1=2026-10-12") << "shown as a day";
  EXPECT_EQ(cell("", "2026-13-12"), "A1=2026-13-12");
}

TEST(Xlsx, DoesWithoutStylesAndTextsOfItsOwn) {
  TestPackage package = TestPackage::with_rows(
      R"(<row><c s="3"><v>46307</v></c><c t="inlineStr"><is><t>张三</t></is></c></row>)");
  package.relationships =
      R"(<Relationships><Relationship Id="r1" Type="http://x/worksheet" Target="worksheets/one.xml"/></Relationships>)";
  EXPECT_EQ(read(package.bytes(), "a.xlsx"), "A1=46307 B1=张三");
}

// The same parts under the names of ISO 29500 Strict.
TEST(Xlsx, StrictWorkbooksAreReadLikeOthers) {
  const std::string strict = "http://purl.oclc.org/ooxml/";
  TestPackage package = TestPackage::with_rows(R"(<row r="1"><c r="A1" t="s"><v>1</v></c></row>)");
  package.root_relationships = "<Relationships><Relationship Id='r1' Type='" + strict +
                               "officeDocument/relationships/officeDocument' "
                               "Target='xl/workbook.xml'/></Relationships>";
  package.workbook =
      "<workbook xmlns='" + strict + "spreadsheetml/main' conformance='strict' " + "xmlns:r='" +
      strict + "officeDocument/relationships'><workbookPr " +
      "date1904='true'/><sheets><sheet name='学生' sheetId='1' r:id='r1'/></sheets></workbook>";
  for (const char* type : {"worksheet", "sharedStrings", "styles"}) {
    const std::size_t at = package.relationships.find("http://x/" + std::string(type));
    package.relationships.replace(at, 9, strict + "officeDocument/relationships/");
  }
  const auto workbook = read_workbook(package.bytes(), "a.xlsx");
  ASSERT_TRUE(workbook.ok()) << workbook.error().detail;
  EXPECT_EQ(show(workbook.value()), "A1=second");
  EXPECT_TRUE(workbook.value().days_from_1904);
}

TEST(Xlsx, EscapedCharacters) {
  TestPackage package = TestPackage::with_rows("<row><c t='s'><v>0</v></c></row>");
  package.strings = "<sst><si><t>a_x000D_b_x005F_x0041__x0000__xD800__xyz_x00&lt;</t></si></sst>";
  EXPECT_EQ(read(package.bytes()), "A1=a\rb_x0041__x0000__xD800__xyz_x00<");
}

TEST(Xlsx, EmptyCellsFarAwayCostNothing) {
  EXPECT_EQ(read_rows(R"(<row r="1"><c r="A1"><v>1</v></c><c r="XFD1" s="1"/></row>)"
                      R"(<row r="1048576"><c r="A1048576" s="1"/></row>)"),
            "A1=1");
}

TEST(Xlsx, RefusesBrokenParts) {
  const auto rows = [](std::string_view text) { return TestPackage::with_rows(text); };
  const auto changed = [](std::string TestPackage::*part, std::string text) {
    TestPackage package = TestPackage::with_rows("<row><c t='s'><v>0</v></c></row>");
    package.*part = std::move(text);
    return package;
  };
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "<a>";
  std::string names;
  for (int i = 0; i < 700'000; ++i) names += "<n" + std::to_string(i) + "/>";
  const struct {
    TestPackage package;
    const char* code;
    const char* place;
  } kCases[] = {
      {rows("<row r='2'/><row r='2'/>"), "sheet.broken_workbook", "row 2 after row 2"},
      {rows("<row r='0'/>"), "sheet.broken_workbook", "row"},
      {rows("<row r='1048577'/>"), "sheet.broken_workbook", "1048577"},
      {rows("<row r='1'><c r='A2'/></row>"), "sheet.broken_workbook", "'A2' in row 1"},
      {rows("<row r='1'><c r='XFE1'/></row>"), "sheet.broken_workbook", "XFE1"},
      {rows("<row><c r='B1'><v>1</v></c><c r='A1'><v>1</v></c></row>"), "sheet.broken_workbook",
       "A1"},
      {rows("<row><c s='2'/></row>"), "sheet.broken_workbook", "no style 2"},
      {rows("<row><c t='q'/></row>"), "sheet.broken_workbook", "type"},
      {rows("<row><c t='s'><v>2</v></c></row>"), "sheet.broken_workbook", "学生!A1: no text '2'"},
      {rows("<row><c t='s'><v>-1</v></c></row>"), "sheet.broken_workbook", "no text"},
      {rows("<row><c><v>1x</v></c></row>"), "sheet.broken_workbook", "'1x' is no number"},
      {rows("<row><c><v>nan</v></c></row>"), "sheet.broken_workbook", "no number"},
      {rows("<row><c><v>1e999</v></c></row>"), "sheet.broken_workbook", "no number"},
      {TestPackage::with_rows("", "<mergeCell ref='B2:A1'/>"), "sheet.broken_workbook", "B2:A1"},
      {rows("<row><c></row>"), "sheet.broken_xml", "xl/worksheets/one.xml, line 1, column 33"},
      {rows("<row>\x01</row>"), "sheet.broken_xml", "line 1"},
      {rows(deep), "sheet.too_complex", "deep"},
      {rows(names), "sheet.too_complex", "names"},
      {rows("<row " + std::string(std::size_t{3} << 20, 'x')), "sheet.too_complex", "tag"},
      {changed(&TestPackage::sheet, "<worksheet"), "sheet.broken_xml", "line 1"},
      {changed(&TestPackage::sheet, ""), "sheet.broken_xml", "no element"},
      {changed(&TestPackage::strings,
               "<!DOCTYPE a [<!ENTITY b 'c'><!ENTITY d '&b;&b;'>]><sst><si><t>&d;</t></si></sst>"),
       "sheet.doctype", "xl/strings.xml"},
      {changed(&TestPackage::root_relationships, "<Relationships/>"), "sheet.broken_workbook",
       "no workbook"},
      {changed(&TestPackage::relationships, "<Relationships/>"), "sheet.broken_workbook", "学生"},
      {changed(&TestPackage::relationships, "<a><Relationship Id='1'/></a>"),
       "sheet.broken_workbook", "lacks"},
      {changed(&TestPackage::relationships,
               "<a><Relationship Id='r1' Type='worksheet' Target='../../x'/></a>"),
       "sheet.broken_workbook", "leads out"},
      {changed(&TestPackage::relationships,
               "<a><Relationship Id='r1' Type='worksheet' Target='x.xml'/></a>"),
       "sheet.broken_workbook", "xl/x.xml: is missing"},
      {changed(&TestPackage::workbook, "<workbook/>"), "sheet.no_sheets", "visible"},
  };
  for (const auto& test : kCases) {
    const auto refused = read_workbook(test.package.bytes(), "a.xlsx");
    ASSERT_FALSE(refused.ok()) << test.place;
    EXPECT_EQ(refused.error().code, test.code) << refused.error().detail;
    EXPECT_NE(refused.error().detail.find(test.place), std::string::npos) << refused.error().detail;
  }
}

TEST(Xlsx, EveryLimitHolds) {
  const std::string rows =
      R"(<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c></row><row r="2"><c r="A2"><v>1</v></c></row>)";
  TestPackage package = TestPackage::with_rows(
      rows, R"(<mergeCells><mergeCell ref="A1:B1"/><mergeCell ref="A2:B2"/></mergeCells>)");
  const std::string bytes = package.bytes();
  const std::string whole = read(bytes, "a.xlsx");
  EXPECT_EQ(whole, "A1=first{merged} B1=first{merged} C1=second A2=1{merged} B2=1{merged}");
  const Limits exact = {.input_bytes_max = bytes.size(),
                        .unpacked_bytes_max = 4000,
                        .ratio_max = 200,
                        .entries_max = 7,
                        .sheets_max = 1,
                        .rows_max = 2,
                        .columns_max = 3,
                        .cells_max = 5,
                        .cell_bytes_max = 6,
                        .text_bytes_max = 12,
                        .strings_max = 2,
                        .merges_max = 2};
  EXPECT_EQ(read(bytes, "a.xlsx", exact), whole);
  const auto with = [&](auto member, auto value) {
    Limits limits = exact;
    limits.*member = value;
    return read(bytes, "a.xlsx", limits);
  };
  EXPECT_EQ(with(&Limits::input_bytes_max, bytes.size() - 1), "sheet.too_large");
  EXPECT_EQ(with(&Limits::unpacked_bytes_max, 500U), "sheet.zip_bomb");
  EXPECT_EQ(with(&Limits::entries_max, 6U), "sheet.too_many_entries");
  EXPECT_EQ(with(&Limits::sheets_max, 0U), "sheet.too_many_sheets");
  EXPECT_EQ(with(&Limits::rows_max, 1U), "sheet.too_many_rows");
  EXPECT_EQ(with(&Limits::columns_max, 2U), "sheet.too_many_columns");
  EXPECT_EQ(with(&Limits::cells_max, 4U), "sheet.too_many_cells");
  EXPECT_EQ(with(&Limits::cells_max, 3U), "sheet.too_many_cells");
  EXPECT_EQ(with(&Limits::cells_max, 2U), "sheet.too_many_cells");
  EXPECT_EQ(with(&Limits::cell_bytes_max, 5U), "sheet.cell_too_long");
  EXPECT_EQ(with(&Limits::text_bytes_max, 11U), "sheet.too_much_text");
  EXPECT_EQ(with(&Limits::strings_max, 1U), "sheet.too_many_strings");
  EXPECT_EQ(with(&Limits::merges_max, 1U), "sheet.too_many_merges");
}

TEST(Csv, EveryLimitHolds) {
  const std::string bytes = "a,bb\nc\n";
  EXPECT_EQ(
      read(bytes, "a.csv", {.rows_max = 2, .columns_max = 2, .cells_max = 3, .cell_bytes_max = 2}),
      "A1=a B1=bb A2=c");
  EXPECT_EQ(read(bytes, "a.csv", {.input_bytes_max = 6}), "sheet.too_large");
  EXPECT_EQ(read(bytes, "a.csv", {.rows_max = 1}), "sheet.too_many_rows");
  EXPECT_EQ(read(bytes, "a.csv", {.columns_max = 1}), "sheet.too_many_columns");
  EXPECT_EQ(read(bytes, "a.csv", {.cells_max = 2}), "sheet.too_many_cells");
  EXPECT_EQ(read(bytes, "a.csv", {.cell_bytes_max = 1}), "sheet.cell_too_long");
  EXPECT_EQ(read(bytes, "a.csv", {.text_bytes_max = 3}), "sheet.too_much_text");
  EXPECT_EQ(read(std::string(20'000, ',') + "x"), "sheet.too_many_columns");
}

TEST(Xlsx, ManyMergesOverEverythingAreRefusedAtOnce) {
  std::string merges;
  for (int i = 0; i < 20'000; ++i) merges += "<mergeCell ref='A1:XFD1048576'/>";
  EXPECT_EQ(read_rows("<row r='1'><c r='A1'><v>1</v></c></row>"
                      "<row r='1048576'><c r='ALL1048576'><v>1</v></c></row>",
                      merges),
            "sheet.too_many_cells");
}

// ---- zips ----

std::string replaced(std::string bytes, std::string_view from, std::string_view to) {
  for (std::size_t at = bytes.find(from); at != std::string::npos;
       at = bytes.find(from, at + to.size())) {
    bytes.replace(at, from.size(), to);
  }
  return bytes;
}

std::string unpacked(std::string_view bytes, const Limits& limits = {}) {
  const auto entries = unpack(bytes, limits);
  if (!entries.ok()) return entries.error().code;
  std::string shown;
  for (const Entry& entry : entries.value()) shown += entry.name + '=' + entry.bytes + ' ';
  return shown;
}

TEST(Zip, GivesFilesInTheirOrder) {
  const std::string bytes = pack({{"b/users.csv", "u"},
                                  {"orgs.csv", "o"},
                                  {"b/", ""},
                                  {"__MACOSX/b/._users.csv", "m"},
                                  {"b/.DS_Store", "d"},
                                  {"empty.csv", ""}},
                                 Instant(0))
                                .value();
  EXPECT_EQ(unpacked(bytes), "b/users.csv=u orgs.csv=o empty.csv= ");
  EXPECT_EQ(unpacked(replaced(bytes, "b/users.csv", "b\\users.csv")),
            "b/users.csv=u orgs.csv=o empty.csv= ");
  // 名 as Windows in China writes it.
  EXPECT_EQ(unpacked(replaced(bytes, "b/users.csv",
                              "b/\xC3\xFB"
                              "ers.csv")),
            "b/名ers.csv=u orgs.csv=o empty.csv= ");
}

TEST(Zip, PacksNothingIntoAnEmptyOne) {
  const auto bytes = pack({}, Instant(0));
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(unpacked(bytes.value()), "");
}

TEST(Zip, RefusesHostileOnes) {
  const std::string good =
      pack({{"aa/one.csv", std::string(1000, 'x')}, {"aa/two.csv", "2"}}, Instant(0)).value();
  const auto patched = [&](std::size_t offset, char value) {
    std::string bytes = good;
    for (std::size_t at = bytes.find("PK\x01\x02"); at != std::string::npos;
         at = bytes.find("PK\x01\x02", at + 1)) {
      bytes[at + offset] = value;
    }
    return bytes;
  };
  std::string damaged = good;
  damaged[45] = static_cast<char>(damaged[45] ^ 0x55);
  const struct {
    std::string bytes;
    const char* code;
  } kCases[] = {
      {"", "sheet.empty_file"},
      {"a,b,c\n", "sheet.not_zip"},
      {good.substr(0, good.size() / 2), "sheet.truncated_zip"},
      {good.substr(0, 20), "sheet.truncated_zip"},
      {good.substr(0, good.size() - 1), "sheet.truncated_zip"},
      {damaged, "sheet.damaged_zip"},
      {patched(8, 1), "sheet.encrypted"},
      {patched(10, 12), "sheet.unsupported_zip"},
      {patched(10, 98), "sheet.unsupported_zip"},
      {replaced(good, "two.csv", "one.csv"), "sheet.duplicate_entry"},
      {replaced(good, "two.csv", "ONE.csv"), "sheet.duplicate_entry"},
      {replaced(good, "aa/two.csv", "../two.csv"), "sheet.unsafe_name"},
      {replaced(good, "aa/two.csv", "..\\two.csv"), "sheet.unsafe_name"},
      {replaced(good, "aa/two.csv", "aa/../.csv"), "sheet.unsafe_name"},
      {replaced(good, "aa/two.csv", "/a/two.csv"), "sheet.unsafe_name"},
      {replaced(good, "aa/two.csv", "c:/two.csv"), "sheet.unsafe_name"},
      {replaced(good, "aa/two.csv", "aa/\xFFwo.csv"), "sheet.unsafe_name"},
      {pack({{"bomb", std::string(std::size_t{20} << 20, '\0')}}, Instant(0)).value(),
       "sheet.zip_bomb"},
  };
  for (const auto& test : kCases) EXPECT_EQ(unpacked(test.bytes), test.code);
  EXPECT_EQ(unpacked(good, {.unpacked_bytes_max = 1000}), "sheet.zip_bomb");
  EXPECT_EQ(unpacked(good, {.unpacked_bytes_max = 1001}).size(), 1001 + 24U);
  EXPECT_EQ(unpacked(good, {.entries_max = 1}), "sheet.too_many_entries");
  EXPECT_EQ(unpacked(good, {.input_bytes_max = 10}), "sheet.too_large");
}

TEST(Zip, PacksTheSameBytesAndRefusesBadNames) {
  const std::vector<Entry> entries = {{"a.csv", "1"}, {"学校/b.csv", "2"}};
  const Instant noon(1'791'777'600'000);
  const std::string bytes = pack(entries, noon).value();
  EXPECT_EQ(bytes, pack(entries, noon).value());
  EXPECT_NE(bytes, pack(entries, Instant(0)).value());
  EXPECT_EQ(unpacked(bytes), "a.csv=1 学校/b.csv=2 ");
  const std::vector<Entry> packed = {{"a.pdf", std::string(500, 'x')}};
  EXPECT_LT(pack(packed, noon).value().size(), 250U);
  EXPECT_GT(pack(packed, noon, Packing::stored).value().size(), 500U);
  EXPECT_EQ(pack({{"../a", "1"}}, noon).error().code, "sheet.unsafe_name");
  EXPECT_EQ(pack({{"a\\b", "1"}}, noon).error().code, "sheet.unsafe_name");
  EXPECT_EQ(pack({{"a", "1"}, {"a", "2"}}, noon).error().code, "sheet.duplicate_entry");
}

TEST(Workbook, ColumnLetters) {
  EXPECT_EQ(column_letters(1), "A");
  EXPECT_EQ(column_letters(26), "Z");
  EXPECT_EQ(column_letters(27), "AA");
  EXPECT_EQ(column_letters(702), "ZZ");
  EXPECT_EQ(column_letters(703), "AAA");
  EXPECT_EQ(column_letters(16384), "XFD");
}

RC_GTEST_PROP(Xlsx, IntegersOfFifteenDigitsKeepEveryDigit, ()) {
  const auto number = *rc::gen::inRange<std::int64_t>(-999'999'999'999'999, 1'000'000'000'000'000);
  for (const char* code : {"General", "0", "#,##0"}) {
    RC_ASSERT(rendered(std::to_string(number), code) == std::to_string(number));
  }
}

// Whatever is changed in a workbook, it is read or refused, and never more than that.
RC_GTEST_PROP(Xlsx, DamageNeverEscapes, ()) {
  std::string bytes = TestPackage::with_rows("<row><c t='s'><v>0</v></c></row>").bytes();
  const auto count = *rc::gen::inRange(1, 4);
  for (int i = 0; i < count; ++i) {
    bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] = *rc::gen::arbitrary<char>();
  }
  const auto done = read_workbook(bytes, "a.xlsx");
  const bool is_refused = !done.ok() && done.error().code.starts_with("sheet.");
  RC_ASSERT(done.ok() || is_refused);
}

}  // namespace
}  // namespace sj::sheet
