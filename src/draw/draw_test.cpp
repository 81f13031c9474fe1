#include "draw/draw.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "kernel/text/text.h"

#include "draw/explain.h"
#include "draw/merkle.h"
#include "draw/outcome_tree.h"
#include "draw/receipt.h"

namespace sj::draw {
namespace {

constexpr std::string_view kSeed = "00ff";

// Four pupils, three sections; 周一 twice at the same time, one seat in the football club.
constexpr std::string_view kSchool = R"({"courses":[
 {"id":"足球","cap":1,"days":["周一"],"start":960,"end":1020},
 {"id":"合唱","cap":2,"days":["周一"],"start":990,"end":1050},
 {"id":"书法","cap":3,"days":["周三"],"start":960,"end":1020}],
 "students":[
 {"id":"10","quota":2,"lottery":2,"prefs":["足球","书法"]},
 {"id":"9","quota":2,"lottery":1,"prefs":["足球","合唱","书法"]},
 {"id":"甲","quota":1,"lottery":3,"prefs":["足球","合唱"]},
 {"id":"乙","quota":1,"lottery":4,"prefs":["足球"]}]})";

Instance read(std::string_view document) {
  auto instance = read_instance(document, {.keep_leaves = true});
  EXPECT_TRUE(instance.ok()) << instance.error().detail;
  return std::move(instance).value();
}

std::string draw_text(std::string_view document, Rule rule, std::optional<std::string> seed) {
  Instance instance = read(document);
  auto drawn = decide_draw(instance, {.rule = rule, .seed = std::move(seed)});
  EXPECT_TRUE(drawn.ok()) << drawn.error().detail;
  return render(instance, drawn.value());
}

std::string read_error(std::string_view document) {
  const auto instance = read_instance(document, {});
  return instance.ok() ? "read" : instance.error().code + " " + instance.error().detail;
}

struct Case {
  const char* courses;
  const char* students;
  const char* expected;
};

TEST(Instance, EveryFaultHasItsCodeAndPlace) {
  const char* a = R"({"id":"A","cap":1})";
  const std::vector<Case> cases = {
      {a, R"({"id":"s","quota":1,"prefs":["A","B"]})",
       "draw.unknown_section students[0].prefs[1]: no course has the id \"B\""},
      {a, R"({"id":"s","quota":1,"prefs":["A","A"]})", "draw.duplicate_wish students[0].prefs[1]"},
      {a, R"({"id":"s","quota":0,"prefs":[]})",
       "draw.out_of_range students[0].quota: 0 is not between 1 and 1000"},
      {a,
       R"({"id":"s","quota":1,"prefs":[]},{"id":"t","quota":1,"prefs":[]},{"id":"s","quota":1,"prefs":[]})",
       "draw.duplicate_id students[2].id: the id \"s\" is used already"},
      {R"({"id":"A","cap":1},{"id":"A","cap":1})", "", "draw.duplicate_id courses[1].id"},
      {R"({"id":"A","cap":-1})", "", "draw.out_of_range courses[0].cap: -1 is not between"},
      {R"({"id":"A","cap":1,"group":"g"})", "", "draw.unknown_group courses[0].group"},
      {R"({"id":"","cap":1})", "", "draw.bad_id courses[0].id"},
      {R"({"id":"A","cap":1,"days":["周一"],"start":600})", "", "json.missing courses[0].end"},
      {R"({"id":"A","cap":1,"days":["周一"],"start":600,"end":600})", "",
       "draw.bad_times courses[0].end"},
      {R"({"id":"A","cap":1,"reserve":[{"class":1,"n":2}]})", "",
       "draw.bad_reserve courses[0].reserve: 2 seats are reserved but cap is 1"},
      {R"({"id":"A","cap":3,"reserve":[{"class":1,"n":1},{"class":1,"n":1}]})", "",
       "draw.bad_reserve courses[0].reserve[1].class"},
      {a, R"({"id":"s","quota":1,"prefs":["A"],"prio":{"A":-1}})",
       "draw.out_of_range students[0].prio.A"},
      {a, R"({"id":"s","quota":1,"prefs":["A"],"lottery":-1})",
       "draw.out_of_range students[0].lottery"},
  };
  for (const Case& one : cases) {
    const std::string document =
        std::string("{\"courses\":[") + one.courses + "],\"students\":[" + one.students + "]}";
    EXPECT_EQ(read_error(document).substr(0, std::string_view(one.expected).size()), one.expected);
  }
  EXPECT_EQ(read_error(R"({"courses":[]})"), "json.missing students: is missing");
  EXPECT_EQ(
      read_error(
          R"({"students":[{"id":"s","quota":1,"prefs":["A"]}],"courses":[{"id":"A","cap":1}]})"),
      "read");
}

TEST(Draw, GivesTheWorkedExampleOfTheDefinition) {
  const std::string stable = draw_text(kSchool, Rule::stable, std::nullopt);
  EXPECT_TRUE(stable.starts_with(
      R"({"algorithm":"stable-2","assignment":{"10":["书法"],"9":["足球","书法"],"乙":[],"甲":["合唱"]},)"))
      << stable;
  EXPECT_NE(stable.find(R"("足球":{"class":0,"number":1,"position":1})"), std::string::npos);
  EXPECT_NE(stable.find(R"("waiting":{"书法":[],"合唱":[],"足球":["10","甲","乙"]})"),
            std::string::npos);
  const std::string draft = draw_text(kSchool, Rule::draft, std::nullopt);
  EXPECT_NE(draft.find(R"("足球":{"class":0,"number":1,"position":1,"round":1,"turn":1})"),
            std::string::npos);
}

// Ids, sections and students may come in any order; only the hash of the file's bytes differs.
TEST(Draw, InputOrderNeverMatters) {
  constexpr std::string_view turned = R"({"students":[
 {"id":"乙","quota":1,"lottery":4,"prefs":["足球"]},
 {"prefs":["足球","合唱","书法"],"quota":2,"id":"9","lottery":1},
 {"id":"甲","quota":1,"lottery":3,"prefs":["足球","合唱"]},
 {"id":"10","quota":2,"lottery":2,"prefs":["足球","书法"]}],
 "courses":[
 {"id":"书法","cap":3,"days":["周三"],"start":960,"end":1020},
 {"id":"合唱","cap":2,"start":990,"end":1050,"days":["周一"]},
 {"id":"足球","cap":1,"days":["周一"],"start":960,"end":1020}]})";
  const auto body = [](std::string text) {
    const auto hash = text.find("\"instance_sha256\":\"") + 19;
    return text.replace(hash, 64, "");
  };
  for (const Rule rule : {Rule::welfare, Rule::stable, Rule::draft, Rule::serial}) {
    EXPECT_EQ(body(draw_text(kSchool, rule, std::string(kSeed))),
              body(draw_text(turned, rule, std::string(kSeed))));
  }
  EXPECT_EQ(root_of(read(kSchool)), root_of(read(turned)));
}

TEST(Draw, VerifyAcceptsItsOwnResultAndNoOtherByte) {
  for (const Rule rule : {Rule::welfare, Rule::stable, Rule::draft, Rule::serial}) {
    const std::string result = draw_text(kSchool, rule, std::string(kSeed));
    Instance instance = read(kSchool);
    const auto good = verify(instance, result);
    ASSERT_TRUE(good.ok()) << good.error().detail;
    for (std::size_t i = 0; i < result.size(); ++i) {
      std::string changed = result;
      changed[i] = changed[i] == '1' ? '2' : '1';
      Instance again = read(kSchool);
      const auto bad = verify(again, changed);
      EXPECT_FALSE(bad.ok()) << "byte " << i << " of " << changed;
    }
  }
}

// Both sections fall short of two; then both pupils have nothing, and both wish a.
constexpr std::string_view kShort = R"({"courses":[{"id":"a","cap":2,"min":2},
 {"id":"b","cap":2,"min":2}],"students":[{"id":"s","quota":1,"lottery":1,"prefs":["a"]},
 {"id":"t","quota":1,"lottery":2,"prefs":["b","a"]}]})";

TEST(Draw, ResultsOfTheFirstEditionStillVerifyAsWhatTheyAre) {
  for (const Rule rule : {Rule::stable, Rule::draft, Rule::serial}) {
    std::string results[2];
    for (const auto edition : {allocate::Edition::first, allocate::Edition::second}) {
      Instance instance = read(kShort);
      const auto drawn = decide_draw(instance, {.rule = rule, .edition = edition});
      ASSERT_TRUE(drawn.ok());
      const std::string result = render(instance, drawn.value());
      Instance again = read(kShort);
      EXPECT_TRUE(verify(again, result).ok());
      EXPECT_EQ(result.find("\"reopened\"") != std::string::npos,
                edition == allocate::Edition::second);
      results[edition == allocate::Edition::second ? 1 : 0] = result;
    }
    EXPECT_NE(results[0].find("\"seated\":0"), std::string::npos);
    EXPECT_NE(results[1].find("\"seated\":2"), std::string::npos);
    // One cannot pass for the other.
    for (int i = 0; i < 2; ++i) {
      std::string renamed = results[i];
      renamed[renamed.find(i == 0 ? "-1" : "-2") + 1] = i == 0 ? '2' : '1';
      Instance again = read(kShort);
      EXPECT_FALSE(verify(again, renamed).ok());
    }
  }
}

TEST(Draw, PrioritiesAreNeverSilentlyIgnored) {
  constexpr std::string_view mixed = R"({"courses":[{"id":"A","cap":1},{"id":"B","cap":1}],
    "students":[{"id":"s","quota":2,"lottery":1,"prefs":["A","B"],"prio":{"A":1}}]})";
  const auto code = [&](Rule rule, bool ignore) -> std::string {
    Instance instance = read(mixed);
    const auto drawn = decide_draw(instance, {.rule = rule, .ignore_priorities = ignore});
    return drawn.ok() ? algorithm_of(drawn.value()) : drawn.error().code;
  };
  EXPECT_EQ(code(Rule::stable, false), "stable-2");
  EXPECT_EQ(code(Rule::welfare, false), "draw.has_priorities");
  EXPECT_EQ(code(Rule::draft, false), "draw.mixed_classes");
  EXPECT_EQ(code(Rule::serial, false), "draw.mixed_classes");
  EXPECT_EQ(code(Rule::welfare, true), "welfare-1+ignore-prio");
}

TEST(Draw, SiblingsWithOneTokenStandNextToEachOther) {
  Instance instance = read(R"({"courses":[],"students":[
    {"id":"a","quota":1,"token":"家","prefs":[]},{"id":"b","quota":1,"prefs":[]},
    {"id":"c","quota":1,"token":"家","prefs":[]},{"id":"d","quota":1,"prefs":[]}]})");
  ASSERT_TRUE(set_lottery(instance, std::string(kSeed)).ok());
  EXPECT_EQ(instance.numbers[0], instance.numbers[2]);
  EXPECT_EQ(instance.market.positions[0] + 1, instance.market.positions[2]);
}

// RFC 6962, section 2.1.3: a tree of seven leaves splits at four.
TEST(HashTree, HasTheShapeOfTheStandard) {
  const std::vector<std::string> leaves = {"0", "1", "2", "3", "4", "5", "6"};
  const HashTree tree(leaves);
  EXPECT_EQ(tree.path(6).size(), 2U);
  EXPECT_EQ(tree.path(0).size(), 3U);
  for (std::size_t leaf = 0; leaf < leaves.size(); ++leaf) {
    const auto good = root_by_path(leaves[leaf], leaf, leaves.size(), tree.path(leaf));
    EXPECT_TRUE(good.good);
    EXPECT_EQ(good.root, tree.root());
    EXPECT_NE(root_by_path("x", leaf, leaves.size(), tree.path(leaf)).root, tree.root());
    EXPECT_FALSE(root_by_path(leaves[leaf], leaf, 3 * leaves.size(), tree.path(leaf)).good);
  }
  EXPECT_EQ(text::to_hex(HashTree({}).root()).substr(0, 8), "e3b0c442");
}

TEST(Receipt, ChecksAloneAndFailsForAnyOtherWish) {
  for (const bool seeded : {false, true}) {
    for (const Rule rule : {Rule::stable, Rule::draft, Rule::serial, Rule::welfare}) {
      Instance instance = read(kSchool);
      const auto seed = seeded ? std::optional<std::string>(kSeed) : std::nullopt;
      auto drawn = decide_draw(instance, {.rule = rule, .seed = seed});
      ASSERT_TRUE(drawn.ok());
      const Published published{root_of(instance), seeded ? std::string(kSeed) : "",
                                outcome_root(instance, drawn.value())};
      for (int student = 0; student < 4; ++student) {
        const std::string receipt = make_receipt(instance, drawn.value(), student);
        const auto report = check_receipt(receipt, published);
        ASSERT_TRUE(report.ok()) << report.error().detail;
        EXPECT_TRUE(report.value().good) << report.value().text;
        std::string changed = receipt;
        const auto quota = changed.find("\"quota\":") + 8;
        changed[quota] = changed[quota] == '1' ? '2' : '1';
        const auto bad = check_receipt(changed, published);
        EXPECT_FALSE(bad.ok() && bad.value().good);
      }
    }
  }
}

// The root of the inputs is what ties a receipt to the published list, that of the outcome what
// ties it to the published result; each alone decides.
TEST(Receipt, AnotherRootAloneIsRefused) {
  Instance instance = read(kSchool);
  auto drawn = decide_draw(instance, {.rule = Rule::stable});
  ASSERT_TRUE(drawn.ok());
  const Published published{root_of(instance), "", outcome_root(instance, drawn.value())};
  const std::string receipt = make_receipt(instance, drawn.value(), 0);
  EXPECT_TRUE(check_receipt(receipt, published).value().good);
  for (const std::string& root : {published.root, published.outcome}) {
    std::string changed = receipt;
    const auto digit = changed.find(":\"" + root) + 2;
    changed[digit] = changed[digit] == '0' ? '1' : '0';
    EXPECT_FALSE(check_receipt(changed, published).value().good);
    changed = root;
    changed[0] = changed[0] == '0' ? '1' : '0';
    Published other = published;
    (root == published.root ? other.root : other.outcome) = changed;
    EXPECT_FALSE(check_receipt(receipt, other).value().good);
  }
}

TEST(Explain, NamesTheLastAdmittedAndTheReason) {
  Instance instance = read(kSchool);
  auto drawn = decide_draw(instance, {.rule = Rule::stable});
  ASSERT_TRUE(drawn.ok());
  const std::string text = explain(instance, drawn.value(), instance.find_student("甲"));
  EXPECT_NE(text.find("1. 足球: 已满,排在录取线之后"), std::string::npos) << text;
  EXPECT_NE(text.find("最后录取 9 (last admitted)"), std::string::npos) << text;
  EXPECT_NE(text.find("2. 合唱: 录取"), std::string::npos) << text;
}

}  // namespace
}  // namespace sj::draw
