#include <algorithm>
#include <utility>

#include "kernel/codes/person_codes.h"
#include "kernel/sheet/export.h"

#include "org/roster.h"

namespace sj::org {
namespace {

using sheet::OutCell;
using sheet::OutColumn;
using sheet::Typed;

struct TemplateColumn {
  OutColumn column{};
  std::string example{};
  bool is_required = false;
  std::string about{};
};

std::vector<std::string> yes_no() {
  return {"是", "否"};
}

std::vector<std::string> ethnic_names() {
  std::vector<std::string> names;
  for (const codes::EthnicGroupRow& row : codes::all_ethnic_groups()) {
    names.emplace_back(row.name);
  }
  return names;
}

std::vector<std::string> relations() {
  return {"父亲", "母亲", "祖父", "祖母", "外祖父", "外祖母", "其他"};
}

void add_guardian(std::vector<TemplateColumn>& columns,
                  const std::string& number,
                  const std::string& name,
                  const std::string& relation,
                  const std::string& phone) {
  const std::string prefix = "监护人" + number;
  columns.push_back({{prefix + "姓名", 12, Typed::text, {}}, name, false, "没有可以不填"});
  columns.push_back({{prefix + "关系", 12, Typed::text, relations()},
                     relation,
                     false,
                     "从列表中选，按与学生的关系填写"});
  columns.push_back(
      {{prefix + "电话", 15, Typed::text, {}}, phone, false, "11位手机号，或带区号的座机号"});
  columns.push_back({{prefix + "可接送", 12, Typed::text, yes_no()},
                     name.empty() ? "" : "是",
                     false,
                     "是否可以来校接学生；不填按“是”"});
}

std::vector<TemplateColumn> template_columns(const SchoolRow& school,
                                             const std::vector<ClassRow>& classes,
                                             LocalDay today) {
  const int school_year = school_year_of(today);
  std::vector<std::string> grades;
  std::vector<std::pair<int, std::string>> numbers;
  for (const ClassRow& row : classes) {
    const auto grade = grade_of(row.stage, row.entry_year, school.primary_years, school_year);
    if (!grade || row.closed_on) continue;
    numbers.emplace_back(static_cast<int>(row.number), std::to_string(row.number) + "班");
  }
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  const int first = school.stages == "junior" ? school.primary_years + 1 : 1;
  const int last = school.stages == "primary" ? school.primary_years : 9;
  for (int grade = first; grade <= last; ++grade) grades.emplace_back(grade_name(grade));
  std::vector<std::string> class_names;
  class_names.reserve(numbers.size());
  for (const auto& one : numbers) class_names.push_back(one.second);

  std::vector<TemplateColumn> columns;
  const std::string example_class = class_names.empty() ? "1班" : class_names.front();
  columns.push_back({{"年级", 10, Typed::text, grades}, grades.front(), true, "从列表中选"});
  columns.push_back({{"班级", 10, Typed::text, class_names},
                     example_class,
                     true,
                     "写成2班、二班、三（2）班、302班都可以；还没有的班会新建"});
  columns.push_back({{"姓名", 14, Typed::text, {}},
                     "示例：张小明",
                     true,
                     "与户口簿或身份证一致；以“示例”开头的行不会导入"});
  columns.push_back({{"性别", 8, Typed::text, {"男", "女"}}, "男", false, "不填时按身份证号认定"});
  columns.push_back({{"出生日期", 14, Typed::text, {}},
                     "2019-03-15",
                     true,
                     "如2019-03-15；填了身份证号可以不填"});
  columns.push_back({{"证件类型",
                      22,
                      Typed::text,
                      {"居民身份证", "港澳居民居住证", "台湾居民居住证", "港澳居民来往内地通行证",
                       "台湾居民来往大陆通行证", "护照", "无"}},
                     "居民身份证",
                     false,
                     "不填按居民身份证"});
  columns.push_back({{"身份证件号", 22, Typed::text, {}},
                     "",
                     false,
                     "该列须为文本格式，否则末几位会丢失；没有可以不填"});
  columns.push_back(
      {{"学籍号", 24, Typed::text, {}}, "", false, "G、J或L开头，共19位；没有可以不填"});
  columns.push_back({{"民族", 12, Typed::text, ethnic_names()}, "汉族", false, "从列表中选"});
  columns.push_back({{"学号", 10, Typed::text, {}}, "01", false, "班内或校内学号"});
  add_guardian(columns, "1", "王芳", "母亲", "13800138000");
  add_guardian(columns, "2", "", "", "");
  columns.push_back({{"是否留守儿童", 14, Typed::text, yes_no()}, "", false, "加密保存，不填不改"});
  columns.push_back({{"家庭经济困难", 14, Typed::text, yes_no()}, "", false, "加密保存，不填不改"});
  return columns;
}

}  // namespace

Result<std::string> roster_template(const SchoolRow& school,
                                    const std::vector<ClassRow>& classes,
                                    LocalDay today,
                                    Instant created) {
  const auto columns = template_columns(school, classes, today);
  sheet::XlsxWriter writer(created);
  sheet::SheetPlan roster;
  roster.name = "学生名册";
  std::vector<OutCell> example;
  for (const TemplateColumn& column : columns) {
    roster.columns.push_back(column.column);
    OutCell cell;
    if (!column.example.empty()) cell.value = column.example;
    example.push_back(std::move(cell));
  }
  SJ_TRY(writer.add_sheet(roster));
  SJ_TRY(writer.add_row(example));

  sheet::SheetPlan about;
  about.name = "填写说明";
  about.columns = {
      {"列", 16, Typed::text, {}}, {"必填", 8, Typed::text, {}}, {"怎样填写", 60, Typed::text, {}}};
  about.filter = false;
  SJ_TRY(writer.add_sheet(about));
  for (const TemplateColumn& column : columns) {
    SJ_TRY(writer.add_row(
        {{column.column.title}, {column.is_required ? "是" : "否"}, {column.about}}));
  }
  for (const char* line :
       {"一名学生一行；列的先后可以改，不用的列可以删，认不出的列会列出来但不读取。",
        "空着的格子不会清除系统里已有的内容。",
        "名册里没有的在读学生只会列为“可能离校”，不会自动删除。",
        "同一份名册可以反复导入，没有变化就什么都不改。"}) {
    SJ_TRY(writer.add_row({{std::string("说明")}, {std::string()}, {std::string(line)}}));
  }
  return writer.finish();
}

}  // namespace sj::org
