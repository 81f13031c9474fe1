#include "engines/rules/rules.h"

#include <array>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sj::rules {
namespace {

LocalDay day(const char* iso) {
  return LocalDay::parse(iso).value();
}

// minutes (fact 0) at most 60 from 2021-07-24 where the grade (fact 1) is 3 to 6; fact 2: exempt.
Rule minutes_rule() {
  Rule rule;
  Check check;
  check.when = {{1, Op::at_least, {Operand::From::constant, 3 * kMillion}},
                {1, Op::at_most, {Operand::From::constant, 6 * kMillion}}};
  check.must = {0, Op::at_most, {Operand::From::limit}};
  check.values = {{60 * kMillion, day("2021-07-24")}};
  rule.checks = {check};
  rule.exempt = 2;
  return rule;
}

Judgement at(
    const Rule& rule, const char* on, Value minutes, Value grade, Value exempt = kUnknown) {
  const std::array<Value, 3> facts = {minutes, grade, exempt};
  return judge(in_force(rule, "430602", day(on)), facts);
}

constexpr Value m(Value whole) {
  return whole * kMillion;
}

TEST(Rules, JudgeOnBothSidesOfEveryBorder) {
  const Rule rule = minutes_rule();
  struct Row {
    const char* on;
    Value minutes;
    Value grade;
    Verdict want;
  };
  for (const Row& row : std::initializer_list<Row>{
           {"2026-10-12", m(60), m(3), Verdict::pass},
           {"2026-10-12", m(60) + 1, m(3), Verdict::fail},
           {"2026-10-12", m(61), m(6), Verdict::fail},
           {"2026-10-12", m(61), m(7), Verdict::na},
           {"2026-10-12", m(61), m(2), Verdict::na},
           {"2021-07-24", m(61), m(3), Verdict::fail},
           {"2021-07-23", m(61), m(3), Verdict::na},
           {"2026-10-12", kUnknown, m(3), Verdict::unknown},
           {"2026-10-12", m(10), kUnknown, Verdict::unknown},
           {"2026-10-12", kUnknown, m(7), Verdict::na},
       }) {
    EXPECT_EQ(at(rule, row.on, row.minutes, row.grade).verdict, row.want)
        << row.on << " " << row.minutes << " " << row.grade;
  }
  const Judgement judged = at(rule, "2026-10-12", m(61), m(3));
  EXPECT_EQ(judged.value, m(61));
  EXPECT_EQ(judged.limit, m(60));
  EXPECT_EQ(at(rule, "2026-10-12", kUnknown, m(3)).missing, 0U);
  EXPECT_EQ(at(rule, "2026-10-12", m(1), kUnknown).missing, 1U);
}

TEST(Rules, AssumeWhatTheySayTheyDo) {
  Rule rule = minutes_rule();
  rule.applies = {{2, Op::equal, {Operand::From::constant, 1}}};
  EXPECT_EQ(at(rule, "2026-10-12", m(61), m(3)).verdict, Verdict::unknown);
  rule.applies[0].assumed = true;
  EXPECT_EQ(at(rule, "2026-10-12", m(61), m(3)).verdict, Verdict::fail);
  EXPECT_EQ(at(rule, "2026-10-12", m(61), m(3), 0).verdict, Verdict::na);
}

TEST(Rules, OnlyWarnWhereNobodyMayBeFailed) {
  Rule rule = minutes_rule();
  const auto verdict = [&](const char* on = "2026-10-12", Value exempt = kUnknown) {
    return at(rule, on, m(61), m(3), exempt).verdict;
  };
  EXPECT_EQ(verdict("2026-10-12", 1), Verdict::fail) << "不得 knows no exemption";
  rule.strength = Strength::in_principle;
  EXPECT_EQ(verdict("2026-10-12", 1), Verdict::warn);
  EXPECT_EQ(verdict("2026-10-12", 0), Verdict::fail);
  EXPECT_EQ(verdict(), Verdict::fail) << "an exemption nobody recorded is none";
  rule.strength = Strength::indicator;
  EXPECT_EQ(verdict(), Verdict::fail);
  rule.strength = Strength::encouraged;
  EXPECT_EQ(verdict(), Verdict::warn);
  rule.strength = Strength::must;
  rule.doubtful = true;
  EXPECT_EQ(verdict(), Verdict::warn);
  EXPECT_TRUE(at(rule, "2026-10-12", m(61), m(3)).softened);
  rule.doubtful = false;
  rule.checks[0].values[0].kind = Kind::design;
  EXPECT_EQ(verdict(), Verdict::warn);
  rule.checks[0].values[0].kind = Kind::national;
  rule.checks[0].warns = true;
  EXPECT_EQ(verdict(), Verdict::warn);
  EXPECT_FALSE(at(rule, "2026-10-12", m(61), m(3)).softened);
}

TEST(Rules, AreDoubtfulUntilTheirBeginningIsCertain) {
  Rule rule = minutes_rule();
  rule.checks[0].values = {{60 * kMillion, day("2025-12-01"), {}, Precision::month}};
  EXPECT_EQ(at(rule, "2025-11-30", m(61), m(3)).verdict, Verdict::na);
  EXPECT_EQ(at(rule, "2025-12-01", m(61), m(3)).verdict, Verdict::warn);
  EXPECT_EQ(at(rule, "2025-12-31", m(61), m(3)).verdict, Verdict::warn);
  EXPECT_EQ(at(rule, "2026-01-01", m(61), m(3)).verdict, Verdict::fail);
  EXPECT_EQ(at(rule, "2025-12-01", m(60), m(3)).verdict, Verdict::pass);
  // Said before for certain, and now again: what was forbidden stays so.
  rule.checks[0].values.push_back({60 * kMillion, day("2021-08-30")});
  EXPECT_EQ(at(rule, "2025-12-01", m(61), m(3)).verdict, Verdict::fail);
  rule.checks[0].values[1].value = m(90);
  EXPECT_EQ(at(rule, "2025-12-01", m(61), m(3)).verdict, Verdict::warn) << "it was milder before";
}

TEST(Rules, TakeTheNearestPlaceThatIsAtLeastAsStrict) {
  Rule rule = minutes_rule();
  std::vector<Dated>& values = rule.checks[0].values;
  values.push_back({m(50), day("2022-01-01"), {}, Precision::day, "43", Kind::local});
  values.push_back(
      {m(40), day("2022-01-01"), day("2023-01-01"), Precision::day, "430602", Kind::local});
  values.push_back({m(30), day("2022-01-01"), {}, Precision::day, "4307", Kind::local});
  const auto limit = [&](std::string_view area, const char* on) {
    return in_force(rule, area, day(on)).limits[0].value;
  };
  EXPECT_EQ(limit("430602", "2022-06-01"), m(40));
  EXPECT_EQ(limit("430602", "2022-12-31"), m(40));
  EXPECT_EQ(limit("430602", "2023-01-01"), m(50)) << "the county's has ended";
  EXPECT_EQ(limit("430702", "2022-06-01"), m(30));
  EXPECT_EQ(limit("43", "2022-06-01"), m(50));
  EXPECT_EQ(limit("", "2022-06-01"), m(60));
  EXPECT_EQ(limit("370100", "2022-06-01"), m(60));
  // The country becomes stricter than what a place once set.
  values.push_back({m(45), day("2024-01-01")});
  EXPECT_EQ(limit("430602", "2024-01-01"), m(45));
  EXPECT_EQ(limit("430702", "2024-01-01"), m(30));
}

TEST(Rules, SayTheWorstOfTheirChecks) {
  // Fact 0 must be 1; fact 1 should; fact 2, an event, must not be 1 where it is known.
  Rule rule;
  for (std::size_t i = 0; i < 3; ++i) {
    Check check;
    check.must = {i, Op::equal, {Operand::From::limit}};
    check.values = {{i == 2 ? 0 : 1, day("2024-02-01")}};
    rule.checks.push_back(check);
  }
  rule.checks[1].warns = true;
  rule.checks[2].if_known = true;
  const auto verdict = [&](Value a, Value b, Value c) {
    const std::array<Value, 3> facts = {a, b, c};
    return judge(in_force(rule, "", day("2026-10-12")), facts).verdict;
  };
  EXPECT_EQ(verdict(1, 1, 0), Verdict::pass);
  EXPECT_EQ(verdict(1, 1, kUnknown), Verdict::pass);
  EXPECT_EQ(verdict(1, 1, 1), Verdict::fail);
  EXPECT_EQ(verdict(1, 0, 0), Verdict::warn);
  EXPECT_EQ(verdict(1, kUnknown, 0), Verdict::unknown);
  EXPECT_EQ(verdict(0, kUnknown, 0), Verdict::fail) << "certain whatever else is missing";
  EXPECT_EQ(verdict(kUnknown, 0, 0), Verdict::unknown);
  EXPECT_EQ(verdict(kUnknown, 1, 1), Verdict::fail);
}

TEST(Rules, CompareFactsWithFactsAndWordsWithSets) {
  Rule rule;
  Check later;
  later.must = {0, Op::at_least, {Operand::From::fact, 0, 1}};
  later.values = {{0, day("2021-01-01")}};
  Check among;
  among.must = {2, Op::none_of, {Operand::From::limit}};
  among.values = {{0b101, day("2021-01-01")}};
  rule.checks = {later, among};
  const auto verdict = [&](Value a, Value b, Value word) {
    const std::array<Value, 3> facts = {a, b, word};
    return judge(in_force(rule, "", day("2026-10-12")), facts).verdict;
  };
  EXPECT_EQ(verdict(500, 500, 1), Verdict::pass);
  EXPECT_EQ(verdict(499, 500, 1), Verdict::fail);
  EXPECT_EQ(verdict(500, kUnknown, 1), Verdict::unknown);
  EXPECT_EQ(verdict(500, 500, 0), Verdict::fail);
  EXPECT_EQ(verdict(500, 500, 2), Verdict::fail);
  EXPECT_EQ(verdict(500, 500, kUnknown), Verdict::unknown);
}

TEST(Rules, TightenTowardsWhatTheyDemand) {
  EXPECT_TRUE(tightens(Op::at_most, 60, 60));
  EXPECT_TRUE(tightens(Op::at_most, 60, 59));
  EXPECT_FALSE(tightens(Op::at_most, 60, 61));
  EXPECT_TRUE(tightens(Op::at_least, 60, 61));
  EXPECT_FALSE(tightens(Op::at_least, 60, 59));
  EXPECT_TRUE(tightens(Op::equal, 1, 1));
  EXPECT_FALSE(tightens(Op::equal, 1, 0));
  EXPECT_TRUE(tightens(Op::one_of, 0b110, 0b100)) << "fewer are allowed";
  EXPECT_FALSE(tightens(Op::one_of, 0b110, 0b111));
  EXPECT_TRUE(tightens(Op::none_of, 0b110, 0b111)) << "more are forbidden";
  EXPECT_FALSE(tightens(Op::none_of, 0b110, 0b100));
}

// To learn a fact never turns a pass into a failure or a failure into a pass: what was said without
// it was certain already.
RC_GTEST_PROP(RulesProperty, WhatIsSaidWithoutAFactStays, ()) {
  Rule rule;
  const auto condition = [&] {
    Condition one;
    one.fact = *rc::gen::inRange<std::size_t>(0, 4);
    one.op = static_cast<Op>(*rc::gen::inRange(0, 6));
    one.than.constant = *rc::gen::inRange<Value>(0, 4);
    return one;
  };
  const int checks = *rc::gen::inRange(1, 4);
  for (int i = 0; i < *rc::gen::inRange(0, 3); ++i) rule.applies.push_back(condition());
  for (int i = 0; i < checks; ++i) {
    Check check;
    for (int k = 0; k < *rc::gen::inRange(0, 3); ++k) check.when.push_back(condition());
    check.must = condition();
    check.warns = *rc::gen::arbitrary<bool>();
    check.values = {{0, LocalDay::first()}};
    rule.checks.push_back(check);
  }
  std::array<Value, 4> facts{};
  for (Value& fact : facts) fact = *rc::gen::inRange<Value>(0, 4);
  const InForce held = in_force(rule, "", day("2026-10-12"));
  const Verdict whole = judge(held, facts).verdict;
  std::array<Value, 4> some = facts;
  for (Value& fact : some) fact = *rc::gen::arbitrary<bool>() ? fact : kUnknown;
  const Verdict part = judge(held, some).verdict;
  // A failure is final; anything else is the same, or was not said.
  if (part != Verdict::unknown) RC_ASSERT(part == whole);
}

}  // namespace
}  // namespace sj::rules
