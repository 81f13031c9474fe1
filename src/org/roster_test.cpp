#include "org/roster.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kernel/codes/clean.h"
#include "kernel/codes/id_card_no.h"
#include "kernel/sheet/export.h"
#include "kernel/sheet/test_package.h"

#include "org/clear_text.h"
#include "org/roster_words.h"

namespace {

using namespace sj::org;  // NOLINT(google-build-using-namespace): the subject of this file
using sj::LocalDay;

const LocalDay kToday = LocalDay::parse("2026-10-12").value();

// An ID number of that day with the right check character; odd order: a boy.
std::string id_card(const std::string& day, int order) {
  std::string number = "430102" + day + "0" + std::to_string(10 + order);
  return number + sj::codes::id_card_check_character(number);
}

std::vector<SchoolRow> one_school() {
  SchoolRow school;
  school.id = 1;
  school.name = "育红小学";
  return {school};
}

Incoming read_bytes(const std::string& bytes,
                    const std::vector<SchoolRow>& schools,
                    const std::string& name = "名册.csv") {
  const auto workbook = sj::sheet::read_workbook(bytes, name);
  EXPECT_TRUE(workbook.ok()) << (workbook.ok() ? "" : workbook.error().detail);
  if (!workbook.ok()) return {};
  RosterContext context;
  context.today = kToday;
  context.schools = &schools;
  return read_roster(workbook.value(), context);
}

Incoming read_text(const std::string& text) {
  return read_bytes(text, one_school());
}

std::vector<std::string> sentences(const Incoming& in, Severity severity = Severity::error) {
  std::vector<std::string> all;
  for (const Fault& fault : in.faults) {
    if (fault.severity == severity) all.push_back(sentence(fault, in.sources));
  }
  return all;
}

std::string only(const std::vector<std::string>& all) {
  return all.size() == 1 ? all[0] : std::to_string(all.size()) + " of them";
}

struct Told {
  std::vector<std::int64_t> classes;
  std::vector<std::string> said;
  bool operator==(const Told&) const = default;
};
Told told(const std::string& text) {
  const Incoming in = read_text(text);
  Told told;
  for (const InClass& row : in.classes) told.classes.push_back(row.number);
  for (const Fault& fault : in.faults) {
    told.said.push_back(fault.code + (fault.severity == Severity::error ? "" : "?"));
  }
  return told;
}

TEST(RosterWords, ReadsGradesInEverySpelling) {
  struct Case {
    const char* text;
    int grade;
    bool is_junior;
    int entry_year;
  };
  for (const Case& one :
       {Case{"三年级", 3, false, 0}, Case{"3", 3, false, 0}, Case{"三", 3, false, 0},
        Case{"３年级", 3, false, 0}, Case{"03", 3, false, 0}, Case{"小学三年级", 3, false, 0},
        Case{"小三", 3, false, 0}, Case{"七年级", 7, false, 0}, Case{"初一", 1, true, 0},
        Case{"初中二年级", 2, true, 0}, Case{"初中七年级", 7, false, 0},
        Case{"2024级", 0, false, 2024}, Case{"二〇二四级", 0, false, 2024},
        Case{"2024", 0, false, 2024}, Case{" 九 年级 ", 9, false, 0}}) {
    const auto spelt = read_grade(one.text);
    ASSERT_TRUE(spelt) << one.text;
    EXPECT_EQ(spelt->grade.value_or(0), one.grade) << one.text;
    EXPECT_EQ(spelt->is_junior, one.is_junior) << one.text;
    EXPECT_EQ(spelt->entry_year.value_or(0), one.entry_year) << one.text;
  }
  for (const char* wrong : {"", "高一", "十年级", "幼儿园", "0", "三年级2班", "大班", "99"}) {
    EXPECT_FALSE(read_grade(wrong)) << wrong;
  }
}

TEST(RosterWords, ReadsClassesInEverySpelling) {
  struct Case {
    const char* text;
    int grade;
    int number;
  };
  for (const Case& one :
       {Case{"2班", 0, 2}, Case{"二班", 0, 2}, Case{"(2)班", 0, 2}, Case{"（２）班", 0, 2},
        Case{"2", 0, 2}, Case{"02", 0, 2}, Case{"十二班", 0, 12}, Case{"三(2)班", 3, 2},
        Case{"三（二）班", 3, 2}, Case{"三年级2班", 3, 2}, Case{"三年级（2）班", 3, 2},
        Case{"302班", 3, 2}, Case{"302", 3, 2}, Case{"3.2", 3, 2}, Case{"3-2", 3, 2},
        Case{"三2班", 3, 2}, Case{"七(11)班", 7, 11}, Case{"912", 9, 12}}) {
    const auto spelt = read_class(one.text);
    ASSERT_TRUE(spelt) << one.text;
    EXPECT_EQ(spelt->grade.value_or(0), one.grade) << one.text;
    EXPECT_EQ(spelt->number.value_or(0), one.number) << one.text;
  }
  EXPECT_EQ(read_class("2024级2班")->entry_year, 2024);
  EXPECT_TRUE(read_class("初一(3)班")->is_junior);
  for (const char* wrong : {"", "向日葵班", "三年级", "0班", "高一2班", "1,2班", "100", "1003班"}) {
    EXPECT_FALSE(read_class(wrong)) << wrong;
  }
}

TEST(RosterWords, TellsTheGradeInAClassWord) {
  struct Case {
    const char* text;
    int grade;
    int number;
    bool may_be_two;
  };
  for (const Case& one :
       {Case{"四一班", 4, 1, false}, Case{"四二", 4, 2, false}, Case{"41班", 0, 41, true},
        Case{"（41）班", 0, 41, true}, Case{"四十一班", 0, 41, false}, Case{"40班", 0, 40, false},
        Case{"十班", 0, 10, false}, Case{"一〇班", 0, 10, false}, Case{"三〇二班", 3, 2, false},
        Case{"4年一班", 4, 1, false}, Case{"4.10", 4, 10, false}, Case{"四—1班", 4, 1, false}}) {
    const auto spelt = read_class(one.text);
    ASSERT_TRUE(spelt) << one.text;
    EXPECT_EQ(spelt->grade.value_or(0), one.grade) << one.text;
    EXPECT_EQ(spelt->number.value_or(0), one.number) << one.text;
    EXPECT_EQ(spelt->may_be_two, one.may_be_two) << one.text;
  }
  EXPECT_EQ(settle_class(41, 4, {41}), 1);
  EXPECT_EQ(settle_class(41, 4, {1, 2, 41}), 1);
  EXPECT_EQ(settle_class(12, 4, {12}), 12);
  EXPECT_EQ(settle_class(11, 1, {9, 10, 11}), 11);
  EXPECT_EQ(settle_class(11, 1, {11, 12}), 1);
  EXPECT_EQ(settle_class(11, 1, {11}), std::nullopt);
}

TEST(RosterWords, ReadsYearsMonthsAndWordsForNothing) {
  for (const char* year : {"2023", "2023级", "2023年", "202309", "2023-09-01", "20230901"}) {
    EXPECT_EQ(read_entry_year(year), 2023) << year;
  }
  EXPECT_EQ(read_entry_year("四年级"), std::nullopt);
  for (const char* month : {"2017-05", "201705", "2017年5月", "2017/5", "2017.05"}) {
    EXPECT_EQ(read_month(month), LocalDay::parse("2017-05-01").value()) << month;
  }
  for (const char* other : {"2017", "2017-05-01", "201713", "43041", "五月", ""}) {
    EXPECT_EQ(read_month(other), std::nullopt) << other;
  }
  for (const char* none :
       {"无", "暂无", "不详", "已故", "（已故）", "未办理", "N/A", "-", "——", "/"}) {
    EXPECT_TRUE(is_none(none)) << none;
  }
  for (const char* some : {"", "吴", "13800000001", "无名", "周大河"}) {
    EXPECT_FALSE(is_none(some)) << some;
  }
}

TEST(ClearText, FindsANumberHoweverItIsSpelt) {
  for (const char* id : {"430111201705010117", "4301 1120 1705 0101 17", "身份证430111201705010118",
                         "４３０１１１２０１７０５０１０１１Ｘ", "430111-20170501-0117",
                         "430111170501011", "911124198108030024"}) {
    EXPECT_EQ(number_in(id, kToday), Secret::id_number) << id;
  }
  for (const char* number : {"G430111201705010619", "g430111201705010619", "J990111201705010619",
                             "学号L430111201705010619号"}) {
    EXPECT_EQ(number_in(number, kToday), Secret::student_no) << number;
  }
  for (const char* other : {"", "12", "20260101", "13800000001", "2023010203",
                            "7777777777777777777", "430111209905010117", "430111201713010117"}) {
    EXPECT_EQ(number_in(other, kToday), std::nullopt) << other;
  }
}

TEST(RosterWords, KnowsTitlesByManyNames) {
  struct Case {
    const char* title;
    const char* field;
  };
  for (const Case& one :
       {Case{"姓名*", "name"}, Case{"学生姓名", "name"}, Case{" 姓 名 ", "name"},
        Case{"出生日期(YYYY-MM-DD)", "birth_day"}, Case{"出生年月日", "birth_day"},
        Case{"身份证件号", "id_number"}, Case{"全国学籍号", "student_no"},
        Case{"学校（机构）标识码", "school_code"}, Case{"监护人1姓名", "guardian1.name"},
        Case{"监护人２联系电话", "guardian2.phone"}, Case{"父亲姓名", "guardian5.name"},
        Case{"母亲电话", "guardian6.phone"}, Case{"家长姓名", "guardian0.name"},
        Case{"联系电话", "guardian0.phone"}, Case{"与学生关系", "guardian0.relation"},
        Case{"可接送", "guardian0.may_collect"}, Case{"是否留守儿童", "left_behind"}}) {
    const auto column = read_title(one.title);
    ASSERT_TRUE(column) << one.title;
    EXPECT_EQ(name_of(*column), one.field) << one.title;
  }
  EXPECT_FALSE(read_title("爱好"));
  EXPECT_EQ(similar_title("身分证号"), "身份证号");
  EXPECT_EQ(similar_title("爱好"), "");
}

TEST(Roster, ReadsAPlainFile) {
  const std::string girl = id_card("20171102", 2);
  const Incoming in = read_text(
      "年级,班级,姓名,性别,身份证号,学籍号,民族,学号,家长姓名,与学生关系,联系电话\n"
      "三年级,2班,张　三,女," +
      girl + ",G" + girl + ",苗族,07,王芳,母亲,138 0013 8000\n");
  EXPECT_EQ(sentences(in), std::vector<std::string>());
  ASSERT_EQ(in.persons.size(), 2U);
  EXPECT_EQ(in.persons[0].name, "张三");
  EXPECT_EQ(in.persons[0].sex, 2);
  EXPECT_EQ(in.persons[0].birth_day, LocalDay::parse("2017-11-02").value());
  EXPECT_EQ(in.persons[0].ethnic, "06");
  EXPECT_EQ(in.persons[0].local_no, "07");
  EXPECT_EQ(in.persons[0].secrets[index_of(Secret::id_number)], girl);
  EXPECT_EQ(in.persons[0].secrets[index_of(Secret::student_no)], "G" + girl);
  EXPECT_EQ(in.persons[1].secrets[index_of(Secret::phone)], "13800138000");
  ASSERT_EQ(in.guardianships.size(), 1U);
  EXPECT_EQ(in.guardianships[0].relation, "mother");
  ASSERT_EQ(in.classes.size(), 1U);
  EXPECT_EQ(in.classes[0].entry_year, 2024);
  EXPECT_EQ(in.classes[0].number, 2);
  EXPECT_EQ(in.schools[0].name, "育红小学");
}

TEST(Roster, FindsTheTitlesBelowAHeading) {
  const Incoming in = read_text(
      "育红小学2026年秋季学生名册,,,\n制表日期：2026年9月1日,,,\n,,,\n姓名,班级,年级,"
      "出生日期\n张三,2班,三年级,2017/11/2\n");
  ASSERT_EQ(in.persons.size(), 1U);
  EXPECT_EQ(in.persons[0].place.row, 5U);
  EXPECT_EQ(in.persons[0].birth_day, LocalDay::parse("2017-11-02").value());
  EXPECT_TRUE(sentences(in).empty());
}

// One title over several, others over both rows: as a workbook with merged cells has it, and as
// the text file made of it.
TEST(Roster, ReadsTitlesInTwoRows) {
  const std::vector<std::string> files = {
      "年级,班级,姓名,出生日期,监护人1,监护人1,监护人2,监护人2\n"
      "年级,班级,姓名,出生日期,姓名,电话,姓名,电话\n",
      "年级,班级,姓名,出生日期,监护人1,,监护人2,\n,,,,姓名,电话,姓名,电话\n",
      "三年级名册\n年级,班级,姓名,出生日期,父亲,,母亲,\n,,,,姓名,电话,姓名,\n"};
  for (const std::string& titles : files) {
    const Incoming in = read_text(titles + "三年级,2班,张小明,2017-11-02,张伟,13800138000,李芳,\n");
    EXPECT_EQ(sentences(in).size(), 0U) << titles << only(sentences(in));
    ASSERT_EQ(in.persons.size(), 3U) << titles;
    EXPECT_EQ(in.persons[0].name, "张小明");
    EXPECT_EQ(in.persons[1].name, "张伟");
    EXPECT_EQ(in.persons[1].secrets[index_of(Secret::phone)], "13800138000");
    EXPECT_EQ(in.persons[2].name, "李芳");
  }
  // One pair of guardian's columns and no number: the first guardian.
  const Incoming one = read_text(
      "年级,班级,姓名,出生日期,监护人,\n,,,,姓名,电话\n三年级,2班,张小明,2017-11-02,张伟,"
      "13800138000\n");
  EXPECT_EQ(sentences(one).size(), 0U);
  EXPECT_EQ(one.guardianships.size(), 1U);
}

TEST(Roster, SharesAGuardianBetweenSiblings) {
  const Incoming in = read_text(
      "姓名,班级,年级,出生日期,父亲姓名,父亲电话,母亲姓名\n"
      "张三,2班,三年级,2017-11-02,张强,13800138000,王芳\n"
      "张四,1班,五年级,2015-11-02,张强,13800138000,王芳\n");
  EXPECT_EQ(in.guardianships.size(), 4U);
  // The father is one by his phone; of the mothers nobody knows.
  EXPECT_EQ(in.persons.size(), 2U + 1U + 2U);
  EXPECT_EQ(in.guardianships[0].guardian, in.guardianships[2].guardian);
  EXPECT_EQ(in.guardianships[0].relation, "father");
}

// Each fault by itself: one row, one sentence that says what would be right.
TEST(Roster, TellsEveryFaultWithItsPlace) {
  const std::string good = id_card("20171102", 1);
  std::string wrong_check = good;
  wrong_check.back() = wrong_check.back() == '1' ? '2' : '1';
  struct Case {
    std::string titles;
    std::string row;
    std::string wanted;
  };
  const std::string base = "年级,班级,姓名,性别,出生日期";
  const std::vector<Case> cases = {
      {base + ",身份证号", "三年级,2班,张三,男,2017-11-02," + wrong_check,
       "名册.csv 第2行“身份证号”：“" + wrong_check + "”校验码不对，末位应为" + good.back()},
      {base + ",身份证号", "三年级,2班,张三,女,2017-11-02," + good,
       "名册.csv 第2行“性别”：“女”与证件号码不符，号码表明应为男"},
      {base + ",身份证号", "三年级,2班,张三,男,2017-11-03," + good,
       "名册.csv 第2行“出生日期”：“2017-11-03”与证件号码或学籍号不符，号码表明应为2017-11-02"},
      {base + ",身份证号", "三年级,2班,张三,男,2017-11-02,4.30102E+17",
       "名册.csv 第2行“身份证号”：“4.30102E+17”号码的末几位已丢失，请把该列设为文本后重新粘贴"},
      {base + ",身份证号", "三年级,2班,张三,男,2017-11-02,43010220171102",
       "名册.csv "
       "第2行“身份证号”：“43010220171102”不是18位身份证号，如是其他证件，请在“证件类型”列写明"},
      {base + ",身份证号", "三年级,2班,张三,男,2017-11-02,4301022017110201",
       "名册.csv 第2行“身份证号”：“4301022017110201”位数不对，应为18位"},
      {base + ",证件类型,证件号码", "三年级,2班,张三,男,2017-11-02,护照,?",
       "名册.csv 第2行“证件号码”：“?”不是护照号码，应为5至9位字母和数字"},
      {base + ",学籍号", "三年级,2班,张三,男,2017-11-02,X" + good,
       "名册.csv 第2行“学籍号”：“X" + good + "”首字母不对，学籍号以G、J或L开头"},
      {base + ",学籍号", "三年级,2班,张三,男,2017-11-02,G430102201713020110",
       "名册.csv "
       "第2行“学籍号”：“G430102201713020110”第8至15位不是有效的出生日期，请核对第8至15位"},
      {base + ",学号", "三年级,2班,张三,男,2017-11-02," + std::string(41, '7'),
       "名册.csv 第2行“学号”：太长，不超过40个字"},
      {base + ",身份证号,学籍号",
       "三年级,2班,张三,男,2017-11-02," + good + ",G" + id_card("20171102", 3),
       "名册.csv 第2行“学籍号”：“G" + id_card("20171102", 3) + "”G后的18位与身份证号不同，应为G" +
           good},
      {base, "三年级,2班,张三,男,2017-02-30",
       "名册.csv 第2行“出生日期”：“2017-02-30”不是有效的日期，请按年-月-日填写，如2015-09-01"},
      {base, "三年级,2班,张三,男,5/6/2017",
       "名册.csv "
       "第2行“出生日期”：“5/6/2017”看不出哪个是年、哪个是月，请按年-月-日填写，如2015-09-01"},
      {base, "三年级,2班,张三,男,2027-01-01",
       "名册.csv 第2行“出生日期”：“2027-01-01”出生日期在今天之后，请核对年份"},
      {base, "三年级,2班,张三,男,",
       "名册.csv 第2行“出生日期”：没有出生日期，请填写出生日期或身份证号"},
      {base, "三年级,2班,张三,南,2017-11-02", "名册.csv 第2行“性别”：“南”看不出性别，请填男或女"},
      {base, "三年级,2班,,男,2017-11-02", "名册.csv 第2行“姓名”：没有填写学生姓名，请填写姓名"},
      {base, "三年级,2班,张三2,男,2017-11-02",
       "名册.csv 第2行“姓名”：“张三2”姓名里有不该有的字符，请去掉数字和符号"},
      {base, "三年级,2班,张?,男,2017-11-02",
       "名册.csv 第2行“姓名”：“张?”姓名里有丢失的字，请补上生僻字，不要用问号或方框代替"},
      {base, "三年级,向日葵班,张三,男,2017-11-02",
       "名册.csv 第2行“班级”：“向日葵班”看不出是几班，如2班、三（2）班、302班"},
      {base, "三年级,,张三,男,2017-11-02", "名册.csv 第2行“班级”：没有填写班级，请填写班级，如2班"},
      {base, "高一,2班,张三,男,2017-11-02",
       "名册.csv 第2行“年级”：“高一”看不出是哪个年级，如三年级、初一、2024级"},
      {base, "五年级,302班,张三,男,2017-11-02",
       "名册.csv 第2行“班级”：“302班”班级和年级说的不是同一个年级，年级列为“五年级”"},
      {base, "2010级,2班,张三,男,2017-11-02",
       "名册.csv 第2行“年级”：“2010”这一级现在不在校，请核对入学年份"},
      {base, ",2班,张三,男,2017-11-02",
       "名册.csv 第2行“年级”：“2班”没有写明年级，请填写年级，如三年级"},
      {base + ",家长姓名,联系电话", "三年级,2班,张三,男,2017-11-02,王芳,1380013800",
       "名册.csv 第2行“联系电话”：“1380013800”不是电话号码，应为11位手机号，或带区号的座机号"},
      {base + ",民族", "三年级,2班,张三,男,2017-11-02,火星族",
       "名册.csv 第2行“民族”：“火星族”没有这个民族，如汉族、苗族"},
      {base + ",是否留守儿童", "三年级,2班,张三,男,2017-11-02,也许",
       "名册.csv 第2行“是否留守儿童”：“也许”看不出是或否，请填是或否"},
      {"年级,姓名,出生日期", "三年级,张三,2017-11-02",
       "名册.csv 第1行：缺少必填的列，请增加“班级”列"},
      {"年级,班级,姓名", "三年级,2班,张三", "名册.csv 第1行：缺少必填的列，请增加“出生日期”列"},
      {base + ",学生姓名", "三年级,2班,张三,男,2017-11-02,张三",
       "名册.csv 第1行“学生姓名”：与C列的意思相同，请只保留一列"},
      {"学校," + base, "育红中学,三年级,2班,张三,男,2017-11-02",
       "名册.csv 第2行“学校”：“育红中学”系统里没有这所学校，请核对学校名称，或先登记这所学校"},
      {"学校," + base, "红小学,三年级,2班,张三,男,2017-11-02",
       "名册.csv 第2行“学校”：“红小学”系统里没有这所学校，是否为“育红小学”"},
  };
  for (const Case& one : cases) {
    const Incoming in = read_text(one.titles + "\n" + one.row + "\n");
    EXPECT_EQ(only(sentences(in)), one.wanted) << one.row;
    // Whoever has a fault is not taken, and still known by name.
    for (const InPerson& person : in.persons) {
      if (person.is_pupil && one.titles.starts_with(base)) {
        EXPECT_TRUE(person.bad) << one.row;
      }
    }
  }
}

TEST(Roster, SkipsWhatIsNoPupilAndSaysSo) {
  const Incoming in = read_text(
      "序号,姓名,班级,年级,出生日期,爱好\n"
      "1,张三,2班,三年级,2017-11-02,足球\n"
      "2,,,,,\n"
      "序号,姓名,班级,年级,出生日期,爱好\n"
      "3,示例：王小明,2班,三年级,2017-11-02,\n"
      "合计,1人,,,,\n"
      "填表人：李四,,,,,\n");
  EXPECT_TRUE(sentences(in).empty());
  EXPECT_EQ(in.persons.size(), 1U);
  EXPECT_EQ(in.sources[0].rows, 1U);
  const auto notes = sentences(in, Severity::note);
  ASSERT_EQ(notes.size(), 5U);
  EXPECT_EQ(notes[0], "名册.csv 第1行：“爱好”不认识这一列，没有读取");
  EXPECT_EQ(notes[1], "名册.csv 第4行：是重复的表头，已跳过");
  EXPECT_EQ(notes[2], "名册.csv 第5行：“示例：王小明”是模板里的示例，已跳过");
}

TEST(Roster, WarnsWhereItReadsInSpiteOfADoubt) {
  const Incoming in =
      read_text("姓名,班级,年级,出生日期,家长姓名,与学生关系\n张三,2班,三年级,43041,王芳,邻居\n");
  EXPECT_TRUE(sentences(in).empty());
  const auto warnings = sentences(in, Severity::warning);
  ASSERT_EQ(warnings.size(), 2U);
  EXPECT_EQ(warnings[0],
            "名册.csv 第2行“出生日期”：“43041”是数字而不是日期，按2017-11-02读取，请核对");
  EXPECT_EQ(in.guardianships[0].relation, "other");
}

TEST(Roster, TellsRowsThatAreNotAsWideAsTheTitles) {
  const std::string titles = "年级,班级,姓名,出生日期,住址\n";
  EXPECT_EQ(only(sentences(read_text(titles + "三年级,2班,张三,2017-11-02,人民路,1号\n"))),
            "名册.csv 第2行：有6格，表头有5列，内容里有逗号的应加英文双引号");
  // A spreadsheet fills rows up with empty cells.
  const Incoming filled =
      read_text(titles + "三年级,2班,张三,2017-11-02,,,,\n三年级,2班,张四,2017-11-02,,,,\n");
  EXPECT_EQ(sentences(filled).size(), 0U);
  EXPECT_EQ(filled.persons.size(), 2U);
  EXPECT_EQ(only(sentences(filled, Severity::warning)),
            "名册.csv 第2行：有8格，表头有5列，多出的是空格子，没有读取；请核对这一行有没有错位，"
            "其他行也是这样处理");
  // One row alone may as well have a separator too many.
  const Incoming alone = read_text(titles +
                                   "三年级,2班,张三,2017-11-02,,\n三年级,2班,张四,2017-11-02,\n"
                                   "三年级,2班,张五,2017-11-02,,,\n");
  EXPECT_EQ(sentences(alone).size(), 0U);
  EXPECT_EQ(sentences(alone, Severity::warning).size(), 2U);
  const Incoming few = read_text(titles + "三年级,2班,张三,2017-11-02\n");
  EXPECT_EQ(only(sentences(few, Severity::warning)),
            "名册.csv 第2行：有4格，表头有5列，请核对是否漏了一格");
  EXPECT_EQ(sentences(few).size(), 0U);
  EXPECT_EQ(only(sentences(read_text(titles + "三年级,2班,张三,2017-11-02,\"人民路,1号\"\n"))),
            "0 of them");
}

// Cells of a workbook, a row each; `after` what follows the rows.
Incoming read_cells(const std::vector<std::vector<std::string>>& rows,
                    const std::string& after = "") {
  std::string xml;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    xml += "<row r=\"" + std::to_string(row + 1) + "\">";
    for (std::size_t column = 0; column < rows[row].size(); ++column) {
      if (rows[row][column].empty()) continue;
      xml += "<c r=\"" + sj::sheet::column_letters(static_cast<std::uint32_t>(column + 1)) +
             std::to_string(row + 1) + "\" t=\"inlineStr\"><is><t>" + rows[row][column] +
             "</t></is></c>";
    }
    xml += "</row>";
  }
  return read_bytes(sj::sheet::TestPackage::with_rows(xml, after).bytes(), one_school(),
                    "名册.xlsx");
}

TEST(Roster, TellsWhatStandsBelowNoTitle) {
  const Incoming in = read_cells({{"年级", "班级", "姓名", "", "出生日期"},
                                  {"三年级", "2班", "张三", "组长", "2017-11-02", "13800138000"},
                                  {"三年级", "2班", "张四", "组员", "2017-11-03", "13800138001"}});
  EXPECT_EQ(sentences(in).size(), 0U);
  const auto said = sentences(in, Severity::warning);
  ASSERT_EQ(said.size(), 2U);
  EXPECT_NE(said[0].find("D列没有表头，没有读取"), std::string::npos) << said[0];
  EXPECT_NE(said[1].find("F列没有表头，没有读取"), std::string::npos) << said[1];
}

// Over several rows a class is one class, and a name is not known to be one child.
TEST(Roster, RefusesANameOverTwoRows) {
  const std::vector<std::vector<std::string>> rows = {
      {"年级", "班级", "姓名", "出生日期", "家长姓名"},
      {"三年级", "2班", "张三", "2017-11-02", "张大"},
      {"三年级", "", "", "2017-11-02", "李芳"},
      {"三年级", "", "王五", "2017-11-03", ""}};
  const auto merged = [](const std::string& ranges) {
    return "<mergeCells>" + ranges + "</mergeCells>";
  };
  const Incoming in =
      read_cells(rows, merged("<mergeCell ref=\"B2:B4\"/><mergeCell ref=\"C2:C3\"/>"));
  EXPECT_NE(only(sentences(in)).find("姓名是与上一行合并的单元格"), std::string::npos)
      << only(sentences(in));
  EXPECT_EQ(in.classes.size(), 1U);
}

TEST(Roster, ReadsTraditionalCharactersInItsOwnWords) {
  const Incoming in = read_text(
      "年級,班級,姓名,性別,出生日期,民族,學號,監護人姓名,與學生關係,聯繫電話,家庭經濟困難\n"
      "三年級,二班,張三,男,2017-11-02,滿族,07,王芳,母親,13800138000,無\n合計,1人,,,,,,,,,\n");
  EXPECT_EQ(sentences(in), std::vector<std::string>());
  EXPECT_EQ(sentences(in, Severity::warning), std::vector<std::string>());
  ASSERT_EQ(in.persons.size(), 2U);
  EXPECT_EQ(in.persons[0].name, "張三");
  EXPECT_EQ(in.persons[0].ethnic, "11");
  EXPECT_EQ(in.persons[0].local_no, "07");
  EXPECT_EQ(in.persons[0].secrets[index_of(Secret::hardship)], "no");
  EXPECT_EQ(in.guardianships[0].relation, "mother");
  EXPECT_EQ(in.classes[0].entry_year, 2024);
}

// Of every field: a word for nothing is nothing, and the value of the row above is no value.
TEST(Roster, TakesNoWordForAValue) {
  const std::string titles =
      "年级,班级,姓名,性别,出生日期,民族,证件类型,身份证号,学籍号,学号,住址,父亲姓名,父亲电话\n";
  const Incoming none =
      read_text(titles + "三年级,2班,张三,男,2017-11-02,不详,无,未上户口,未上學籍,—,保密,离异,/\n");
  EXPECT_EQ(sentences(none), std::vector<std::string>());
  ASSERT_EQ(none.persons.size(), 1U);
  for (const std::string& secret : none.persons[0].secrets) EXPECT_EQ(secret, "");
  EXPECT_EQ(none.persons[0].ethnic, "");
  EXPECT_EQ(none.persons[0].local_no, "");
  for (const char* name : {"无", "待定", "/", "—"}) {
    EXPECT_NE(only(sentences(read_text("年级,班级,姓名,出生日期\n三年级,2班," + std::string(name) +
                                       ",2017-11-02\n")))
                  .find("没有填写学生姓名"),
              std::string::npos)
        << name;
  }
  const std::string row = "三年级,2班,张三,男,2017-11-02,汉族,,,,,人民路,张大,13800138000\n";
  for (const char* value :
       {"三年级", "2班", "张三", "男", "2017-11-02", "汉族", "人民路", "张大", "13800138000"}) {
    for (const char* ditto : {"同上", "（同上）", "〃"}) {
      std::string other = row;
      other.replace(other.find(value), std::string(value).size(), ditto);
      const auto said = told(titles + other).said;
      EXPECT_EQ(said.empty() ? "" : said.front(), "org.import_ditto") << other;
    }
  }
}

TEST(Roster, TakesThePermanentCardOfAForeigner) {
  const std::string titles = "年级,班级,姓名,出生日期,证件类型,证件号码\n三年级,2班,张三,";
  const auto read = [&](const std::string& rest) {
    const Incoming in = read_text(titles + rest + "\n");
    const auto errors = sentences(in);
    return (errors.empty() ? "" : errors[0]) +
           in.persons.at(0).secrets[index_of(Secret::id_number)];
  };
  EXPECT_EQ(read("2017-11-02,外国人永久居留身份证,usa110085010203"), "USA110085010203");
  EXPECT_EQ(read("2017-11-02,外国人永久居留身份证,911840201711020018"), "911840201711020018");
  EXPECT_EQ(read("2017-11-02,外国人永久居留身份证,12345"),
            "名册.csv 第2行“证件号码”：“12345”不是外国人永久居留身份证号码，应为18位，"
            "旧证为3个字母加12位数字");
}

TEST(Roster, RefusesTextThatWouldDoSomething) {
  const std::string titles = "年级,班级,姓名,出生日期,学号,住址\n三年级,2班,张三,2017-11-02,";
  EXPECT_EQ(read_text(titles + "=1+1,\n").faults.at(0).code, "text.free_formula");
  EXPECT_EQ(read_text(titles + "<b>7,\n").faults.at(0).code, "text.free_markup");
  EXPECT_EQ(read_text(titles + "7,<img src=x>\n").faults.at(0).code, "text.free_markup");
  EXPECT_EQ(only(sentences(read_text(titles + "7,\"人民路\n1号\"\n"))), "0 of them");
}

// What a file says of its classes, as 年级: numbers; and everything it was told.
TEST(Roster, MakesNoClassThatContradictsItsGrade) {
  struct Case {
    std::string text;
    Told wanted;
  };
  const std::string titles = "年级,班级,姓名,性别,出生日期\n";
  const std::string years = "年级,入学年份,班级,姓名,性别,出生日期\n";
  const std::string child = ",江一,女,2017-05-01\n";
  const std::string other = ",江二,女,2017-05-02\n";
  const std::string third = ",江三,女,2017-05-03\n";
  const std::vector<Case> cases = {
      {titles + "四年级,四一班" + child + "四年级,四二班" + other + "四年级,四(1)班" + third,
       {{1, 2}, {}}},
      {titles + "四年级,41班" + child + "四年级,42" + other, {{1, 2}, {}}},
      {titles + "四年级,4.1" + child + "四年级,四·2班" + other, {{1, 2}, {}}},
      {titles + "2023级,41班" + child, {{1}, {}}},
      {titles + "四年级,12班" + child, {{12}, {}}},
      {titles + "四年级,51班" + child, {{51}, {"org.import_class_number?"}}},
      {titles + "四年级,五一班" + child, {{}, {"org.import_grade_disagrees"}}},
      {titles + "一年级,11班" + child, {{}, {"org.import_class_number"}}},
      {titles + "一年级,一年级11班" + child, {{11}, {}}},
      {titles + "一年级,10班" + child + "一年级,11班" + other, {{10, 11}, {}}},
      {titles + "一年级,11班" + child + "一年级,12班" + other, {{1, 2}, {}}},
      {titles + "四年级,2024级1班" + child, {{}, {"org.import_grade_disagrees"}}},
      {titles + "四年级,2023级1班" + child, {{1}, {}}},
      {titles + "四年级,初一(1)班" + child, {{}, {"org.import_grade_disagrees"}}},
      {years + "四年级,2023,1班" + child, {{1}, {}}},
      {years + "四年级,2022,1班" + child, {{1}, {"org.import_grade_disagrees?"}}},
      {years + ",2023年,1班" + child, {{1}, {}}},
      {years + "四年级,去年,1班" + child, {{}, {"org.import_bad_grade"}}},
      {titles + "四年级,4.9" + child + "四年级,4.1" + other, {{9, 1}, {"org.import_class_digit?"}}},
      {titles + "四年级,4.9" + child + "四年级,4.10" + other + "四年级,4.1" + third,
       {{9, 10, 1}, {}}},
  };
  for (const Case& one : cases) {
    const Told seen = told(one.text);
    EXPECT_EQ(seen.classes, one.wanted.classes) << one.text;
    EXPECT_EQ(seen.said, one.wanted.said) << one.text;
  }
  // A class 41 that is there already is meant.
  const auto schools = one_school();
  ClassRow row;
  row.school_id = 1;
  row.entry_year = 2023;
  row.number = 41;
  const std::vector<ClassRow> classes = {row};
  const auto workbook = sj::sheet::read_workbook(titles + "四年级,41班" + child, "名册.csv");
  const Incoming in =
      read_roster(workbook.value(), {.today = kToday, .schools = &schools, .classes = &classes});
  ASSERT_EQ(in.classes.size(), 1U);
  EXPECT_EQ(in.classes[0].number, 41);
  EXPECT_TRUE(in.faults.empty());
}

TEST(Roster, NamesNoPrimarySchoolOfNineYears) {
  const std::string rows = ",四年级,1班,江一,2017-05-01\n";
  const Incoming in = read_bytes(
      "学校,年级,班级,姓名,出生日期\n石榴小学" + rows + "石榴小学,初一,1班,江二,2014-05-01\n", {});
  ASSERT_EQ(in.schools.size(), 1U);
  EXPECT_EQ(in.schools[0].stages, "primary");
}

TEST(Roster, TakesNoRoundedNumberWithoutAWord) {
  const std::string titles = "年级,班级,姓名,性别,出生日期,身份证号\n";
  std::string lucky;
  for (int order = 0; lucky.empty(); ++order) {
    const std::string number = "43011120170501" + std::to_string(order) + "00";
    if (sj::codes::id_card_check_character(number) == '0') lucky = number + "0";
  }
  const std::string wrong = "三年级,2班,李二,女,2017-05-02,430111201705020000\n";
  const std::string fits = "三年级,2班,李一,女,2017-05-01," + lucky + "\n";
  const std::string boy = "三年级,2班,李一,男,2017-05-01," + lucky + "\n";
  // Whoever has looked says so with the mark of a text.
  EXPECT_EQ(told(titles + fits).said, std::vector<std::string>{"org.import_round_number"});
  EXPECT_EQ(told(titles + "三年级,2班,李一,女,2017-05-01,'" + lucky + "\n").said,
            std::vector<std::string>{"org.import_round_number?"});
  EXPECT_EQ(told(titles + boy).said, std::vector<std::string>{"codes.lost_digits"});
  EXPECT_EQ(told(titles + wrong).said, std::vector<std::string>{"codes.lost_digits"});
  EXPECT_EQ(told(titles + fits + wrong).said,
            (std::vector<std::string>{"codes.lost_digits", "codes.lost_digits"}));
}

TEST(Roster, SealsANumberUnderAnotherTitle) {
  const std::string titles = "年级,班级,姓名,性别,出生日期,学号,学籍号,身份证号\n";
  const std::string child = "四年级,1班,江一,男,2017-05-01,";
  const std::string id = id_card("20170501", 1);
  for (const std::string& row :
       {"G" + id + ",,", "G" + id + ",G" + id + ",", id + ",," + id, id + ",,"}) {
    const Incoming in = read_text(titles + child + row + "\n");
    EXPECT_EQ(sentences(in), std::vector<std::string>()) << row;
    EXPECT_EQ(sentences(in, Severity::warning).size(), 1U) << row;
    ASSERT_EQ(in.persons.size(), 1U);
    EXPECT_EQ(in.persons[0].local_no, "") << row;
    EXPECT_FALSE(in.persons[0].secrets[index_of(Secret::student_no)].empty() &&
                 in.persons[0].secrets[index_of(Secret::id_number)].empty());
  }
  EXPECT_EQ(told(titles + child + id + ",," + id_card("20170501", 3) + "\n").said,
            std::vector<std::string>{"org.import_number_here"});
}

TEST(Roster, TakesAMonthBesideANumberThatSaysTheDay) {
  const std::string id = id_card("20170517", 1);
  for (const char* title : {"出生年月", "出生日期"}) {
    const std::string titles = "年级,班级,姓名," + std::string(title) + ",身份证号\n";
    const Incoming in = read_text(titles + "四年级,1班,江一,2017年5月," + id + "\n");
    EXPECT_EQ(sentences(in), std::vector<std::string>());
    EXPECT_EQ(in.persons[0].birth_day, LocalDay::parse("2017-05-17").value());
    EXPECT_EQ(told(titles + "四年级,1班,江一,201706," + id + "\n").said,
              std::vector<std::string>{"org.import_birth_disagrees"});
    EXPECT_EQ(told(titles + "四年级,1班,江一,2017-05,\n").said,
              std::vector<std::string>{"org.import_month_only"});
  }
}

TEST(Roster, TakesPapersOfOtherPlaces) {
  const std::string titles = "年级,班级,姓名,出生日期,身份证号\n";
  for (const char* number : {"H12345678", "m12345678", "E12345678", "ED1234567"}) {
    const Incoming in = read_text(titles + "四年级,1班,江一,2017-05-01," + number + "\n");
    EXPECT_EQ(sentences(in), std::vector<std::string>()) << number;
    EXPECT_EQ(sentences(in, Severity::warning).size(), 1U) << number;
    EXPECT_EQ(in.persons[0].secrets[index_of(Secret::id_number)], sj::codes::clean(number))
        << number;
  }
  EXPECT_EQ(told(titles + "四年级,1班,江一,2017-05-01,20170501\n").said,
            std::vector<std::string>{"org.import_id_type"});
}

TEST(Roster, TellsHiddenRowsAndReadsThem) {
  const auto cell = [](const char* column, int row, const char* text) {
    return "<c r=\"" + std::string(column) + std::to_string(row) + "\" t=\"inlineStr\"><is><t>" +
           text + "</t></is></c>";
  };
  std::string rows;
  const std::array<std::array<const char*, 4>, 3> table = {
      {{"年级", "班级", "姓名", "出生日期"},
       {"四年级", "1班", "江一", "2017-05-01"},
       {"四年级", "1班", "江二", "2017-05-02"}}};
  for (int row = 1; row <= 3; ++row) {
    const auto& words = table.at(static_cast<std::size_t>(row - 1));
    rows += "<row r=\"" + std::to_string(row) + "\"" + (row == 3 ? " hidden=\"1\">" : ">") +
            cell("A", row, words[0]) + cell("B", row, words[1]) + cell("C", row, words[2]) +
            cell("D", row, words[3]) + "</row>";
  }
  sj::sheet::TestPackage package;
  package.sheet = "<worksheet><sheetData>" + rows + "</sheetData></worksheet>";
  const Incoming in = read_bytes(package.bytes(), one_school(), "名册.xlsx");
  EXPECT_EQ(in.persons.size(), 2U);
  EXPECT_EQ(only(sentences(in, Severity::warning)),
            "学生 ：有1行是隐藏或筛选掉的，也一并读取了，请核对第3行；不要的请删除");
}

TEST(Roster, KnowsWordsForNothing) {
  const Incoming in = read_text(
      "年级,班级,姓名,出生日期,身份证号,学籍号,父亲姓名,父亲电话,母亲姓名,母亲电话\n"
      "四年级,1班,江一,2017-05-01,未办理,暂无,已故,不详,江母,（无）\n");
  EXPECT_TRUE(in.faults.empty());
  ASSERT_EQ(in.guardianships.size(), 1U);
  EXPECT_EQ(in.persons[1].name, "江母");
}

TEST(Roster, TakesTheClassFromTheNameOfTheSheet) {
  sj::sheet::XlsxWriter writer(sj::Instant(1'790'000'000'000));
  for (const char* name : {"三年级1班", "302班", "填写说明"}) {
    sj::sheet::SheetPlan plan;
    plan.name = name;
    plan.columns = {{"姓名"}, {"性别"}, {"出生日期", 12, sj::sheet::Typed::day}};
    if (std::string(name) == "填写说明") plan.columns = {{"怎样填写"}};
    ASSERT_TRUE(writer.add_sheet(plan).ok());
    if (plan.columns.size() == 1) continue;
    ASSERT_TRUE(writer
                    .add_row({{std::string("张三")},
                              {std::string("男")},
                              {LocalDay::parse("2017-11-02").value()}})
                    .ok());
  }
  const auto bytes = writer.finish();
  ASSERT_TRUE(bytes.ok());
  const Incoming in = read_bytes(bytes.value(), one_school(), "名册.xlsx");
  EXPECT_EQ(sentences(in), std::vector<std::string>());
  ASSERT_EQ(in.classes.size(), 2U);
  EXPECT_EQ(in.classes[0].number, 1);
  EXPECT_EQ(in.classes[1].number, 2);
  EXPECT_EQ(in.classes[1].entry_year, 2024);
}

TEST(Roster, TellsAnIdNumberThatASpreadsheetRuined) {
  sj::sheet::XlsxWriter writer(sj::Instant(1'790'000'000'000));
  ASSERT_TRUE(
      writer
          .add_sheet(
              {"名册",
               {{"姓名"}, {"班级"}, {"出生日期"}, {"身份证号", 20, sj::sheet::Typed::number}},
               true,
               true})
          .ok());
  ASSERT_TRUE(writer
                  .add_row({{std::string("张三")},
                            {std::string("302班")},
                            {std::string("2017-11-02")},
                            {std::int64_t{430102201711020110}}})
                  .ok());
  const auto bytes = writer.finish();
  ASSERT_TRUE(bytes.ok());
  const Incoming in = read_bytes(bytes.value(), one_school(), "名册.xlsx");
  const auto faults = sentences(in);
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_NE(faults[0].find("请把该列设为文本后重新粘贴"), std::string::npos) << faults[0];
}

TEST(Roster, ProposesASchoolOnlyWhereThereIsNoneOrItsCodeIsGiven) {
  const std::string text = "学校,姓名,班级,出生日期\n望江中学,张三,七(2)班,2013-11-02\n";
  const Incoming first = read_bytes(text, {});
  EXPECT_TRUE(sentences(first).empty());
  ASSERT_EQ(first.schools.size(), 1U);
  EXPECT_EQ(first.schools[0].stages, "junior");
  EXPECT_EQ(sentences(read_text(text)).size(), 1U);
  const Incoming coded = read_text(
      "学校,学校标识码,姓名,班级,出生日期\n望江中学,3143000123,张三,七(2)班,2013-11-02\n");
  EXPECT_EQ(sentences(coded), std::vector<std::string>());
  EXPECT_EQ(coded.schools[0].code, "3143000123");
}

TEST(Roster, NamesWhatIsMissingInAFileOfSomethingElse) {
  EXPECT_EQ(only(sentences(read_text("商品,价格\n苹果,3\n"))),
            "名册.csv ：文件里没有学生，请用模板填写，表头应有“姓名”“班级”等列");
}

TEST(RosterTemplate, ComesBackWithoutAFault) {
  SchoolRow school = one_school()[0];
  ClassRow row;
  row.id = 5;
  row.school_id = 1;
  row.entry_year = 2024;
  row.number = 2;
  const auto bytes = roster_template(school, {row}, kToday, sj::Instant(1'790'000'000'000));
  ASSERT_TRUE(bytes.ok()) << bytes.error().detail;
  const Incoming in = read_bytes(bytes.value(), one_school(), "模板.xlsx");
  EXPECT_TRUE(in.persons.empty());
  EXPECT_EQ(only(sentences(in)),
            "学生名册 ：文件里没有学生，请用模板填写，表头应有“姓名”“班级”等列");
  EXPECT_TRUE(std::any_of(in.faults.begin(), in.faults.end(), [](const Fault& fault) {
    return fault.code == "org.import_example_row";
  }));
  EXPECT_EQ(in.sources[0].columns.size(), 20U);
}

}  // namespace
