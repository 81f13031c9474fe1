#include "policy/setting.h"

#include <gtest/gtest.h>

#include "policy/files.h"

namespace sj::policy {
namespace {

LocalDay day(const char* iso) {
  return LocalDay::parse(iso).value();
}

const Pack& pack() {
  static const Pack kPack = Pack::read(built_in_files()).value();
  return kPack;
}

Setting minutes(const char* value, const char* from = "2026-09-01") {
  Setting setting;
  setting.id = 7;
  setting.rule = "AS-2H";
  setting.check = "service_minutes";
  setting.value = value;
  setting.from = day(from);
  setting.document = "某区通知";
  return setting;
}

std::string decided(const char* rule, const Setting& setting) {
  const auto outcome = decide_setting(*pack().find(rule), setting);
  return outcome.ok() ? "ok" : outcome.error().code;
}

TEST(Setting, MayOnlyBeStricterThanTheCountryOnAnyDayBothHold) {
  EXPECT_EQ(decided("AS-2H", minutes("120")), "ok");
  EXPECT_EQ(decided("AS-2H", minutes("121")), "ok");
  EXPECT_EQ(decided("AS-2H", minutes("119")), "policy.would_loosen");
  // Before the country said anything a place was free, but not beyond that day.
  Setting early = minutes("60", "2020-09-01");
  EXPECT_EQ(decided("AS-2H", early), "policy.would_loosen");
  early.until = day("2021-09-01");
  EXPECT_EQ(decided("AS-2H", early), "ok");
  early.until = day("2021-09-02");
  EXPECT_EQ(decided("AS-2H", early), "policy.would_loosen");
  const Error error = decide_setting(*pack().find("AS-2H"), minutes("119")).error();
  ASSERT_NE(error.rule, nullptr);
  EXPECT_EQ(error.rule->limit, "120分钟");
  EXPECT_EQ(error.rule->value, "119分钟");
  // Where the country has no number a place sets its own.
  Setting fee = minutes("4");
  fee.check = "fee_per_month";
  EXPECT_EQ(decided("AS-FEE-CAP", fee), "ok");
}

TEST(Setting, IsRefusedWithoutDocumentNumberOrPeriod) {
  Setting setting = minutes("121");
  setting.document.clear();
  EXPECT_EQ(decided("AS-2H", setting), "policy.no_document");
  EXPECT_EQ(decided("AS-2H", minutes("\"x\"")), "policy.bad_value");
  setting = minutes("121");
  setting.check = "minutes";
  EXPECT_EQ(decided("AS-2H", setting), "policy.no_such_limit");
  setting = minutes("121");
  setting.until = setting.from;
  EXPECT_EQ(decided("AS-2H", setting), "policy.bad_period");
  // A comparison of two facts has no number to set.
  setting = minutes("\"17:30\"");
  setting.check = pack().find("AS-END")->checks[0].name;
  EXPECT_EQ(decided("AS-END", setting), "policy.no_such_limit");
}

TEST(Setting, BecomesARuleWithAVersionOfItsOwn) {
  const Rule& national = *pack().find("AS-2H");
  Setting other = minutes("200");
  other.rule = "AS-5D";
  Setting ended = minutes("150");
  ended.ended = Instant(1);
  const Pack local = localised(national, "430602", {minutes("130"), other, ended}).value();
  const Rule& rule = *local.find("AS-2H");
  EXPECT_NE(rule.version, national.version);
  EXPECT_EQ(rule.audience, national.audience);
  const auto facts = read_facts(local, rule, R"({"service_minutes": 125})").value();
  const auto verdict = [&](const char* area, const char* on) {
    return name_of(rule_on(rule, area, day(on), facts).verdict);
  };
  EXPECT_EQ(verdict("430602", "2026-09-01"), "fail");
  EXPECT_EQ(verdict("430602", "2026-08-31"), "pass");
  EXPECT_EQ(verdict("430603", "2026-09-01"), "pass");
  EXPECT_EQ(rule_on(rule, "430602", day("2026-10-12"), facts).citation.source->title, "某区通知");
  const Pack again = Pack::read_archive(rule.archive).value();
  EXPECT_EQ(again.find("AS-2H")->version, rule.version);
}

TEST(Exemption, IsOnlyFromWhatHoldsInPrinciple) {
  Exemption one;
  one.from = day("2026-09-01");
  one.until = day("2027-01-01");
  one.document = "备案1号";
  one.reason = "山区路远";
  const auto decide = [&](const char* rule) {
    const auto outcome = decide_exemption(*pack().find(rule), one);
    return outcome.ok() ? "ok" : outcome.error().code;
  };
  EXPECT_EQ(decide("ST-START"), "ok");
  EXPECT_EQ(decide("ST-STUDYHOURS"), "policy.not_exemptible");
  one.until = one.from;
  EXPECT_EQ(decide("ST-START"), "policy.bad_period");
  one.until = day("2027-01-01");
  one.reason.clear();
  EXPECT_EQ(decide("ST-START"), "policy.no_document");
}

}  // namespace
}  // namespace sj::policy
