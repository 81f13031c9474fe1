#include <map>

#include "kernel/json/json.h"
#include "kernel/sql/statement.h"
#include "kernel/sql/watched.h"

#include "policy/verdict.h"

namespace sj::policy {

namespace {

const sql::Statement kKeepVersion{
    "INSERT INTO policy_rule_version (area_id, version, rule, archive) VALUES ($1, $2, $3, $4) "
    "ON CONFLICT (area_id, version) DO NOTHING"};
const sql::Statement kInsert{
    "INSERT INTO policy_verdict (area_id, id, school_id, rule, version, place, on_day, facts, "
    "verdict, value, limit_value, explanation, made_ms) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"};
const sql::Watched kVerdict{"policy_verdict", "id",
                            "school_id rule version place on_day facts verdict value limit_value"
                            " explanation made_ms"};
const sql::Unwatched kRuleVersion{"policy_rule_version",
                                  "its name is the hash of its text, and recheck recomputes it"};

const sql::Statement kList{
    "SELECT id, school_id, rule, version, place, on_day, facts, verdict, value, limit_value, "
    "explanation, made_ms FROM policy_verdict WHERE area_id = $1 "
    "AND ($2 = 1 OR school_id IN {{IDS $3}}) AND (CAST($4 AS BIGINT) = 0 OR school_id = $4) "
    "AND (CAST($5 AS BIGINT) = 0 OR id < $5) ORDER BY id DESC LIMIT 200"};
const sql::Statement kVersions{
    "SELECT version, rule, archive FROM policy_rule_version WHERE area_id = $1"};
const sql::Statement kAll{
    "SELECT id, school_id, rule, version, place, on_day, facts, verdict, value, limit_value, "
    "explanation, made_ms FROM policy_verdict WHERE area_id = $1 AND id > $2 ORDER BY id LIMIT "
    "1000"};

KeptVerdict kept_of(const sql::Row& row) {
  KeptVerdict one;
  one.id = row.integer(0);
  one.school = row.integer(1);
  one.rule = row.text(2);
  one.version = row.text(3);
  one.place = row.text(4);
  one.on = row.day(5);
  one.facts = row.text(6);
  one.verdict = row.text(7);
  one.value = row.text(8);
  one.limit = row.text(9);
  one.explanation = row.text(10);
  one.made = row.instant(11);
  return one;
}

}  // namespace

Result<KeptVerdict> keep_verdict(desk::Tx& tx,
                                 std::int64_t area,
                                 const Book& book,
                                 std::int64_t school,
                                 std::string_view id,
                                 LocalDay on,
                                 const std::string& facts) {
  const Rule& rule = *SJ_TRY(book.rule(id));
  // What was recorded becomes part of the facts: the verdict is made again without the record.
  boost::json::value given = SJ_TRY(json::parse(facts));
  if (!given.is_object()) return json::wrong_type({}, "an object");
  if (rule.logic.exempt && book.exempt(rule.id, school, on)) given.as_object()["exempt"] = true;
  KeptVerdict kept;
  kept.facts = json::canonical(given);
  const auto values = SJ_TRY(read_facts(book.pack(), rule, kept.facts));
  const Ruling ruling = rule_on(rule, book.place(), on, values);
  kept.id = tx.new_id();
  kept.school = school;
  kept.rule = rule.id;
  kept.version = rule.version;
  kept.place = book.place();
  kept.on = on;
  kept.verdict = name_of(ruling.verdict);
  kept.value = ruling.value;
  kept.limit = ruling.limit;
  kept.explanation = ruling.explanation;
  kept.made = tx.now();
  static_cast<void>(SJ_TRY(tx.run(kKeepVersion, {area, rule.version, rule.id, rule.archive})));
  static_cast<void>(SJ_TRY(
      tx.run(kInsert, {area, kept.id, school, kept.rule, kept.version, kept.place, on, kept.facts,
                       kept.verdict, kept.value, kept.limit, kept.explanation, kept.made})));
  return kept;
}

Result<std::vector<KeptVerdict>> list_verdicts(sql::Reader& store,
                                               const auth::Scope& scope,
                                               std::int64_t school,
                                               std::int64_t before) {
  return store.all(kList,
                   {scope.area(), scope.everywhere(), sql::Ids{scope.schools()}, school, before},
                   kept_of);
}

Result<Recheck> recheck(sql::Reader& store, std::int64_t area) {
  std::map<std::string, Pack, std::less<>> versions;
  SJ_TRY(store.each(kVersions, {area}, [&](const sql::Row& row) -> Result<void> {
    versions.emplace(row.text(0), SJ_TRY(Pack::read_archive(row.text(2))));
    return {};
  }));
  constexpr std::size_t kNamed = 100;
  Recheck found;
  for (std::int64_t after = 0;;) {
    const auto some = SJ_TRY(store.all(kAll, {area, after}, kept_of));
    if (some.empty()) return found;
    after = some.back().id;
    for (const KeptVerdict& kept : some) {
      ++found.checked;
      const auto version = versions.find(kept.version);
      const Rule* const rule =
          version == versions.end() ? nullptr : version->second.find(kept.rule);
      bool same = false;
      if (rule != nullptr && rule->version == kept.version) {
        const auto facts = read_facts(version->second, *rule, kept.facts);
        if (facts.ok()) {
          const Ruling again = rule_on(*rule, kept.place, kept.on, facts.value());
          same = name_of(again.verdict) == kept.verdict && again.value == kept.value &&
                 again.limit == kept.limit;
        }
      }
      if (same) {
        ++found.same;
      } else if (found.differs.size() < kNamed) {
        found.differs.push_back(kept.id);
      }
    }
  }
}

}  // namespace sj::policy
