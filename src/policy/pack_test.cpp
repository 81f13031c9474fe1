#include "policy/pack.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "policy/files.h"
#include "policy/line_of.h"

namespace sj::policy {
namespace {

constexpr const char* kFacts = R"({"facts": [
  {"name": "grade", "type": "number", "unit": "", "title": "年级"},
  {"name": "stage", "type": "word", "title": "学段",
   "words": [{"word": "primary", "title": "小学"}, {"word": "junior", "title": "初中"},
             {"word": "senior", "title": "高中"}]},
  {"name": "exempt", "type": "flag", "title": "已备案的例外"}]})";
constexpr const char* kSources = R"({"sources": [{"doc": "D40", "title": "《意见》",
  "number": "中办发〔2021〕40号", "issued": "2021-07-24", "confidence": "found"}]})";
constexpr const char* kRule = R"({
  "id": "T-MIN",
  "title": "时长",
  "domain": "after_school",
  "for": ["school"],
  "strength": "must",
  "confidence": "found",
  "source": {"doc": "D40", "clause": "三.9"},
  "last_checked_on": "2026-11-21",
  "facts": [
    {"name": "begin", "type": "time", "title": "开始"},
    {"name": "end", "type": "time", "title": "结束"},
    {"name": "minutes", "type": "number", "unit": "min", "title": "时长",
     "of": ["minus", "end", "begin"]}
  ],
  "applies": [{"fact": "stage", "op": "in", "values": ["primary", "junior"]}],
  "checks": [{
    "name": "minutes",
    "must": {"fact": "minutes", "op": ">="},
    "say": "每天不少于{limit}",
    "values": [{"from": "2021-09-01", "value": 120, "kind": "national"}]
  }],
  "cases": [{"on": "2026-10-12", "given": {"stage": "primary", "minutes": 120}, "want": "pass"}]
}
)";

std::vector<File> files(const std::string& rule = kRule) {
  return {{"facts.json", kFacts}, {"sources.json", kSources}, {"national/t/T-MIN.json", rule}};
}
std::string changed(const std::string& what, const std::string& by) {
  std::string text = kRule;
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), by);
}
Pack pack_of(const std::vector<File>& all) {
  auto pack = Pack::read(all);
  EXPECT_TRUE(pack.ok()) << pack.error().detail;
  return std::move(pack).value();
}
Ruling ruling(const Pack& pack, const std::string& facts, const char* on = "2026-10-12") {
  const Rule& rule = *pack.find("T-MIN");
  return rule_on(rule, "430602", LocalDay::parse(on).value(),
                 read_facts(pack, rule, facts).value());
}

TEST(Pack, RefusesWhatIsWrongWithFileLineAndReason) {
  struct Row {
    const char* what;
    const char* by;
    const char* said;
  };
  for (const Row& row : std::initializer_list<Row>{
           {"\"must\",", "\"must\"", "T-MIN.json:7: "},
           {"\"strength\": \"must\"", "\"strength\": \"should\"", "T-MIN.json:6: strength: "},
           {"\"title\": \"时长\",\n", "\"titel\": \"时长\",\n", "T-MIN.json:1: title: is missing"},
           {"\"doc\": \"D40\"", "\"doc\": \"D41\"",
            "T-MIN.json:8: source.doc: sources.json has no"},
           {"\"op\": \">=\"", "\"op\": \"=>\"", "T-MIN.json:19: checks[0].must.op: \"=>\""},
           {"\"fact\": \"minutes\", \"op\"", "\"fact\": \"minute\", \"op\"",
            "T-MIN.json:19: checks[0].must.fact: no fact is called \"minute\""},
           {"\"value\": 120", "\"value\": \"120\"",
            "checks[0].values[0].value: \"120\" is not a number"},
           {"\"from\": \"2021-09-01\"", "\"from\": \"2021-09-31\"", "checks[0].values[0].from"},
           {"\"values\": [\"primary\", \"junior\"]", "\"values\": [\"primari\"]",
            "T-MIN.json:16: applies[0].values"},
           {"\"minus\", \"end\", \"begin\"", "\"minus\", \"end\"", "facts[2]: \"of\" is minus"},
           {"\"name\": \"begin\"", "\"name\": \"grade\"", "grade is declared in facts.json"},
           {"\"want\": \"pass\"", "\"want\": \"fail\"",
            "T-MIN.json:23: cases[0]: wants fail and gets pass"},
           {"\"minutes\": 120}", "\"minuten\": 120}", "cases[0].given"},
           {"\"confidence\": \"found\"", "\"confidence\": \"unsure\"", "say why in \"doubtful\""},
           {"\"kind\": \"national\"}",
            "\"kind\": \"national\"}, {\"from\": \"2022-01-01\", \"value\": 119, \"area\": \"43\", "
            "\"kind\": \"local\"}",
            "checks[0].values[1].value: a local value may only be stricter"},
       }) {
    const auto pack = Pack::read(files(changed(row.what, row.by)));
    ASSERT_FALSE(pack.ok()) << row.by;
    EXPECT_EQ(pack.error().code, "policy.bad_pack");
    EXPECT_NE(pack.error().detail.find(row.said), std::string::npos)
        << pack.error().detail << " does not say " << row.said;
  }
  std::vector<File> twice = files();
  twice.push_back({"national/t/again.json", kRule});
  EXPECT_NE(Pack::read(twice).error().detail.find("also stands in national/t/"), std::string::npos);
}

TEST(Pack, ExplainsWithValueLimitAndClause) {
  const Pack pack = pack_of(files());
  const Ruling fails = ruling(pack, R"({"stage": "primary", "begin": "16:00", "end": "17:59"})");
  EXPECT_EQ(fails.verdict, rules::Verdict::fail);
  EXPECT_EQ(fails.value, "119");
  EXPECT_EQ(fails.limit, "120");
  EXPECT_EQ(fails.unit, "min");
  EXPECT_EQ(fails.explanation,
            "每天不少于120分钟；实际119分钟。依据《意见》（中办发〔2021〕40号）三.9。");
  EXPECT_EQ(ruling(pack, R"({"grade": 9, "minutes": 119.5})").value, "119.5") << "stage of grade";
  EXPECT_EQ(ruling(pack, R"({"grade": 10, "minutes": 1})").verdict, rules::Verdict::na);
  EXPECT_EQ(ruling(pack, R"({"grade": 9, "begin": "16:00"})").explanation,
            "每天不少于120分钟；缺少“时长”，不能判断。依据《意见》（中办发〔2021〕40号）三.9。");
  EXPECT_EQ(ruling(pack, R"({"minutes": 1, "grade": 1})", "2021-08-31").verdict,
            rules::Verdict::na);
}

TEST(Pack, RefusesFactsNobodyAsksForAndValuesOfTheWrongType) {
  const Pack pack = pack_of(files());
  const Rule& rule = *pack.find("T-MIN");
  for (const char* bad :
       {R"({"minuten": 1})", R"({"minutes": "1"})", R"({"begin": "8:20"})", R"({"begin": "24:01"})",
        R"({"stage": "primari"})", R"({"minutes": 1e300})", R"({"minutes": 9000000000001})"}) {
    EXPECT_EQ(read_facts(pack, rule, bad).error().code, "policy.bad_fact") << bad;
  }
  const Error both = read_facts(pack, rule, R"({"minuten": 1, "begin": 5})").error();
  ASSERT_EQ(both.fields.size(), 2U);
  EXPECT_EQ(both.fields[1].field, "begin");
  EXPECT_EQ(read_facts(pack, rule, "[1]").error().code, "json.wrong_type");
  EXPECT_EQ(read_facts(pack, rule, "{").error().code, "json.syntax");
}

TEST(Pack, AnArchiveJudgesAsItsRuleDid) {
  const Pack pack = pack_of(files());
  const Rule& rule = *pack.find("T-MIN");
  const auto old = Pack::read_archive(rule.archive);
  ASSERT_TRUE(old.ok()) << old.error().detail;
  const Rule& again = *old.value().find("T-MIN");
  EXPECT_EQ(again.version, rule.version);
  EXPECT_EQ(ruling(old.value(), R"({"grade": 9, "minutes": 119})").explanation,
            ruling(pack, R"({"grade": 9, "minutes": 119})").explanation);
  // The version is that of what is judged, and of nothing else.
  EXPECT_EQ(pack_of(files(changed("2026-11-21", "2026-11-22"))).find("T-MIN")->version,
            rule.version);
  EXPECT_NE(pack_of(files(changed("\"value\": 120", "\"value\": 119"))).find("T-MIN")->version,
            rule.version);
}

TEST(Pack, ThoseBuiltInHoldWithAllTheirCases) {
  const auto read = Pack::read(built_in_files());
  ASSERT_TRUE(read.ok()) << read.error().detail;
  const Pack& pack = read.value();
  std::set<std::string> ids;
  std::size_t cases = 0;
  for (const Rule& rule : pack.rules()) {
    ids.insert(rule.id);
    cases += rule.cases.size();
    std::set<std::string> wants;
    for (const Case& one : rule.cases) wants.insert(one.want);
    EXPECT_GE(rule.cases.size(), 4U) << rule.id;
    EXPECT_EQ(wants.count("pass"), 1U) << rule.id;
    EXPECT_TRUE(wants.count("fail") + wants.count("warn") > 0) << rule.id;
    EXPECT_EQ(wants.count("unknown"), 1U) << rule.id << " says nothing of missing facts";
    const auto old = Pack::read_archive(rule.archive);
    ASSERT_TRUE(old.ok()) << rule.id << ": " << old.error().detail;
    EXPECT_EQ(old.value().find(rule.id)->version, rule.version);
  }
  for (const Uncomputed& one : pack.uncomputed()) {
    EXPECT_TRUE(ids.insert(one.id).second) << one.id << " is computed as well";
    EXPECT_FALSE(one.why.empty()) << one.id;
  }
  EXPECT_GE(pack.rules().size(), 47U);
  EXPECT_GE(cases, 500U);
}

TEST(LineOf, FindsPlacesAndTheNearestAroundThem) {
  const std::string text = "{\n\"a\": [1,\n {\"b\": \"}\\\"\",\n \"c\": 2}],\n\"d\": 3\n}";
  EXPECT_EQ(line_of(text, ""), 1U);
  EXPECT_EQ(line_of(text, "a[1].b"), 3U);
  EXPECT_EQ(line_of(text, "a[1].c"), 4U);
  EXPECT_EQ(line_of(text, "a[1].x"), 3U);
  EXPECT_EQ(line_of(text, "d"), 5U);
}

}  // namespace
}  // namespace sj::policy
