#include "policy/setting.h"

#include <algorithm>

#include "kernel/json/json.h"

#include "policy/value.h"

namespace sj::policy {

namespace {

// Is there a day on which both hold?
bool meet(const rules::Dated& value, const Setting& setting) {
  return (!value.until || setting.from < *value.until) &&
         (!setting.until || value.from < *setting.until);
}

std::string days_of(const Setting& setting) {
  return "\"from\":\"" + setting.from.to_iso() + "\"" +
         (setting.until ? ",\"until\":\"" + setting.until->to_iso() + "\"" : "");
}

}  // namespace

Result<void> decide_setting(const Rule& rule, const Setting& setting) {
  if (setting.document.empty()) {
    return Error{ErrorKind::invalid, "policy.no_document", "which local text sets it"};
  }
  if (setting.until && *setting.until <= setting.from) {
    return Error{ErrorKind::invalid, "policy.bad_period", "until is after from"};
  }
  for (std::size_t i = 0; i < rule.checks.size(); ++i) {
    const CheckWords& words = rule.checks[i];
    if (words.name != setting.check || !words.has_value) continue;
    const rules::Check& check = rule.logic.checks[i];
    const Fact& fact = rule.facts[check.must.fact];
    const auto value = read_value(fact, check.must.op, setting.value);
    if (!value) {
      return Error{ErrorKind::invalid, "policy.bad_value", "value should be " + wanted_of(fact)};
    }
    for (std::size_t k = 0; k < check.values.size(); ++k) {
      const rules::Dated& dated = check.values[k];
      if (!dated.area.empty() || !meet(dated, setting)) continue;
      if (rules::tightens(check.must.op, dated.value, *value)) continue;
      Error error{ErrorKind::rule_violated, "policy.would_loosen", said(rule, i, dated.value)};
      error.rule = std::make_shared<const RuleRefusal>(RuleRefusal{
          rule.id, words.citations[k].source->title + words.citations[k].clause,
          value_words(fact, check.must.op, dated.value), value_words(fact, check.must.op, *value)});
      return error;
    }
    return {};
  }
  std::string known;
  for (const CheckWords& words : rule.checks) {
    if (words.has_value) known += (known.empty() ? "" : ", ") + words.name;
  }
  return Error{ErrorKind::invalid, "policy.no_such_limit",
               rule.id + (known.empty() ? " has none" : " has " + known)};
}

Result<void> decide_exemption(const Rule& rule, const Exemption& exemption) {
  if (exemption.document.empty() || exemption.reason.empty()) {
    return Error{ErrorKind::invalid, "policy.no_document", "which decision, and why"};
  }
  if (exemption.until <= exemption.from) {
    return Error{ErrorKind::invalid, "policy.bad_period", "until is after from"};
  }
  if (rule.logic.strength == rules::Strength::in_principle) return {};
  Error error{ErrorKind::rule_violated, "policy.not_exemptible", rule.title};
  error.rule = std::make_shared<const RuleRefusal>(RuleRefusal{
      rule.id, rule.citation.source->title + rule.citation.clause, "不设例外", "登记例外"});
  return error;
}

Result<Pack> localised(const Rule& rule,
                       std::string_view area,
                       const std::vector<Setting>& settings) {
  boost::json::value archive = SJ_TRY(json::parse(rule.archive));
  boost::json::object& all = archive.as_object();
  for (const Setting& setting : settings) {
    if (setting.rule != rule.id || setting.ended) continue;
    const std::string doc = "local-" + std::to_string(setting.id);
    all["sources"].as_array().push_back(boost::json::object{{"doc", doc},
                                                            {"title", setting.document},
                                                            {"number", ""},
                                                            {"issued", setting.from.to_iso()},
                                                            {"confidence", "found"}});
    for (boost::json::value& check : all["rule"].as_object()["checks"].as_array()) {
      if (check.as_object()["name"].as_string() != setting.check) continue;
      auto value = SJ_TRY(json::parse("{" + days_of(setting) +
                                      ",\"kind\":\"local\",\"value\":" + setting.value + "}"));
      value.as_object()["area"] = area;
      value.as_object()["source"] = boost::json::object{{"doc", doc}, {"clause", setting.clause}};
      check.as_object()["values"].as_array().push_back(std::move(value));
    }
  }
  return Pack::read_archive(json::canonical(archive));
}

Result<const Rule*> Book::rule(std::string_view id) const {
  for (const auto& [name, pack] : local_) {
    if (name == id) return pack.find(id);
  }
  return pack_->rule(id);
}

bool Book::exempt(std::string_view rule, std::int64_t school, LocalDay day) const {
  return std::any_of(exemptions_.begin(), exemptions_.end(), [&](const Exemption& one) {
    return one.rule == rule && !one.ended && (one.school == 0 || one.school == school) &&
           one.from <= day && day < one.until;
  });
}

Result<std::vector<rules::Value>> Book::facts(const Rule& rule,
                                              std::int64_t school,
                                              LocalDay day,
                                              std::string_view json) const {
  auto facts = SJ_TRY(read_facts(*pack_, rule, json));
  if (rule.logic.exempt && exempt(rule.id, school, day)) facts[*rule.logic.exempt] = 1;
  return facts;
}

}  // namespace sj::policy
