#include <algorithm>

#include "kernel/sql/statement.h"
#include "kernel/sql/watched.h"

#include "org/api.h"
#include "policy/setting.h"

namespace sj::policy {

namespace {

const sql::Statement kSettings{
    "SELECT id, rule, check_name, value, from_day, until_day, document, clause, ended_ms "
    "FROM policy_setting WHERE area_id = $1 ORDER BY rule, check_name, from_day, id"};
const sql::Statement kExemptions{
    "SELECT id, rule, school_id, from_day, until_day, document, reason, ended_ms "
    "FROM policy_exemption WHERE area_id = $1 ORDER BY rule, from_day, id"};
const sql::Statement kInsertSetting{
    "INSERT INTO policy_setting (area_id, id, rule, check_name, value, from_day, until_day, "
    "document, clause, made_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"};
const sql::Statement kInsertExemption{
    "INSERT INTO policy_exemption (area_id, id, rule, school_id, from_day, until_day, document, "
    "reason, made_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"};
const sql::Statement kEndSetting{
    "UPDATE policy_setting SET ended_ms = $3 WHERE area_id = $1 AND id = $2 AND ended_ms IS NULL"};
const sql::Statement kEndExemption{
    "UPDATE policy_exemption SET ended_ms = $3 "
    "WHERE area_id = $1 AND id = $2 AND ended_ms IS NULL"};

const sql::Watched kSetting{"policy_setting", "id",
                            "rule check_name value from_day until_day document clause made_ms"
                            " ended_ms"};
const sql::Watched kExemption{"policy_exemption", "id",
                              "rule school_id from_day until_day document reason made_ms ended_ms"};

std::optional<Instant> ended_of(const sql::Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return row.instant(column);
}

}  // namespace

Result<std::vector<Setting>> list_settings(sql::Reader& store, std::int64_t area) {
  return store.all(kSettings, {area}, [](const sql::Row& row) {
    Setting one;
    one.id = row.integer(0);
    one.rule = row.text(1);
    one.check = row.text(2);
    one.value = row.text(3);
    one.from = row.day(4);
    one.until = row.maybe_day(5);
    one.document = row.text(6);
    one.clause = row.text(7);
    one.ended = ended_of(row, 8);
    return one;
  });
}

Result<std::vector<Exemption>> list_exemptions(sql::Reader& store, std::int64_t area) {
  return store.all(kExemptions, {area}, [](const sql::Row& row) {
    Exemption one;
    one.id = row.integer(0);
    one.rule = row.text(1);
    one.school = row.integer(2);
    one.from = row.day(3);
    one.until = row.day(4);
    one.document = row.text(5);
    one.reason = row.text(6);
    one.ended = ended_of(row, 7);
    return one;
  });
}

Result<void> insert_setting(desk::Tx& tx, std::int64_t area, const Setting& setting) {
  static_cast<void>(SJ_TRY(tx.run(
      kInsertSetting, {area, setting.id, setting.rule, setting.check, setting.value, setting.from,
                       setting.until, setting.document, setting.clause, tx.now()})));
  return {};
}

Result<void> insert_exemption(desk::Tx& tx, std::int64_t area, const Exemption& one) {
  static_cast<void>(
      SJ_TRY(tx.run(kInsertExemption, {area, one.id, one.rule, one.school, one.from, one.until,
                                       one.document, one.reason, tx.now()})));
  return {};
}

Result<bool> end_setting(desk::Tx& tx, std::int64_t area, std::int64_t id) {
  return SJ_TRY(tx.run(kEndSetting, {area, id, tx.now()})) == 1;
}

Result<bool> end_exemption(desk::Tx& tx, std::int64_t area, std::int64_t id) {
  return SJ_TRY(tx.run(kEndExemption, {area, id, tx.now()})) == 1;
}

Result<Book> Book::load(sql::Reader& store, std::shared_ptr<const Pack> pack, std::int64_t area) {
  Book book;
  book.pack_ = std::move(pack);
  const org::District district = SJ_TRY(org::find_district(store, area));
  if (district.id == 0) return book;
  book.place_ = SJ_TRY(area_digits(district.code));
  book.exemptions_ = SJ_TRY(list_exemptions(store, district.id));
  const auto settings = SJ_TRY(list_settings(store, district.id));
  for (const Rule& rule : book.pack_->rules()) {
    const bool has_own = std::any_of(settings.begin(), settings.end(), [&](const Setting& one) {
      return one.rule == rule.id && !one.ended;
    });
    if (!has_own) continue;
    // What was decided under an older pack may not fit the present one: then the pack's own holds.
    auto local = localised(rule, book.place_, settings);
    if (local.ok()) book.local_.emplace_back(rule.id, std::move(local).value());
  }
  return book;
}

}  // namespace sj::policy
