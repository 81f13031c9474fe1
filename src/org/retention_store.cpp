#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/sql/statement.h"
#include "kernel/time/zone.h"

#include "org/detail.h"
#include "org/retention.h"
#include "org/session_store.h"

namespace sj::org {
namespace {

struct Default {
  std::string_view what{};
  std::int64_t days = 0;
  std::string_view basis{};
};
constexpr std::array<Default, 8> kDefaults = {{
    {"session", 180, "网络安全法第二十一条：登录日志不少于六个月"},
    {"invitation", 90, "设计：查明邀请码去向所需"},
    {"guess", 40, "设计：长于邀请码有效期"},
    {"idempotency", 2, "设计：客户端重试所需"},
    {"import_file", 1, "设计：核对导入结果所需；文件含未成年人信息"},
    {"data_grant", 1095, "个人信息保护法第五十六条：处理记录至少保存三年"},
    {"request", 1095, "个人信息保护法第五十六条：处理记录至少保存三年"},
    {"sealed_of_leaver", 365, "个人信息保护法第四十七条：离校后处理目的已实现"},
}};

const sql::Statement kInsert{
    "INSERT INTO org_retention (area_id, what, days, basis) VALUES ($1, $2, $3, $4) "
    "ON CONFLICT (area_id, what) DO NOTHING"};
const sql::Statement kPeriods{
    "SELECT what, days, basis FROM org_retention WHERE area_id = $1 ORDER BY what"};
const sql::Statement kSessions{
    "DELETE FROM org_session WHERE area_id = $1 AND (expires_ms < $2 OR revoked_ms < $2)"};
const sql::Statement kDevices{
    "DELETE FROM org_device WHERE area_id = $1 AND (seen_ms < $2 OR revoked_ms < $2)"};
const sql::Statement kInvitations{
    "DELETE FROM org_invitation WHERE area_id = $1 AND expires_ms < $2"};
const sql::Statement kGuesses{"DELETE FROM org_guess WHERE area_id = $1 AND window_ms < $2"};
const sql::Statement kReplies{"DELETE FROM kernel_idempotency WHERE area_id = $1 AND at_ms < $2"};
const sql::Statement kImportFiles{
    "UPDATE org_import SET file = NULL, faults = NULL WHERE area_id = $1 AND made_ms < $2 AND "
    "(file IS NOT NULL OR faults IS NOT NULL)"};
const sql::Statement kDataGrants{"DELETE FROM org_data_grant WHERE area_id = $1 AND until_ms < $2"};
const sql::Statement kRequests{"DELETE FROM org_request WHERE area_id = $1 AND decided_ms < $2"};
// Numbers stay, by which a pupil who comes back is recognised; what was told in confidence goes.
const sql::Statement kSealedOfLeavers{
    "DELETE FROM org_sealed WHERE area_id = $1 AND field IN ('health', 'hardship', 'custody', "
    "'address') AND EXISTS (SELECT 1 FROM org_pupil u WHERE u.area_id = org_sealed.area_id AND "
    "u.person_id = org_sealed.person_id) AND NOT EXISTS (SELECT 1 FROM org_membership m WHERE "
    "m.area_id = org_sealed.area_id AND m.person_id = org_sealed.person_id AND "
    "(m.until_day IS NULL OR m.until_day > $2))"};

/// What a period is about, and how it is carried out.
struct Rule {
  std::string_view what{};
  const sql::Statement* statement = nullptr;
  bool by_day = false;  // the column holds days
};
const std::array<Rule, 9>& rules() {
  static const std::array<Rule, 9> all = {{
      {"session", &kSessions},
      {"session", &kDevices},
      {"invitation", &kInvitations},
      {"guess", &kGuesses},
      {"idempotency", &kReplies},
      {"import_file", &kImportFiles},
      {"data_grant", &kDataGrants},
      {"request", &kRequests},
      {"sealed_of_leaver", &kSealedOfLeavers, true},
  }};
  return all;
}

Result<std::int64_t> carry_out(desk::Tx& tx,
                               std::int64_t area,
                               const Rule& rule,
                               std::int64_t days) {
  const LocalDay day = tx.today().plus_days(-days);
  if (rule.by_day) return tx.run(*rule.statement, {area, day});
  return tx.run(*rule.statement, {area, instant_of(day, 0)});
}

Result<void> carry_out_area(desk::Tx& tx, std::int64_t area) {
  const auto periods = SJ_TRY(list_periods(tx, area));
  for (const RetentionPeriod& period : periods) {
    for (const Rule& rule : rules()) {
      if (rule.what != period.what) continue;
      const std::int64_t rows = SJ_TRY(carry_out(tx, area, rule, period.days));
      if (rows == 0) continue;
      desk::Entry entry;
      entry.action = "org.retention.carried_out";
      entry.subject_kind = "area";
      entry.subject = area;
      entry.detail = object_of({{"what", period.what},
                                {"days", std::to_string(period.days)},
                                {"rows", std::to_string(rows)}});
      SJ_TRY(tx.audit(area, entry));
    }
  }
  return {};
}

}  // namespace

Result<void> insert_retention_defaults(sql::Writer& store, std::int64_t area) {
  for (const Default& period : kDefaults) {
    static_cast<void>(SJ_TRY(store.run(kInsert, {area, period.what, period.days, period.basis})));
  }
  return {};
}

Result<std::vector<RetentionPeriod>> list_periods(sql::Reader& store, std::int64_t area) {
  return store.all(kPeriods, {area}, [](const sql::Row& row) {
    return RetentionPeriod{row.text(0), row.integer(1), row.text(2)};
  });
}

Result<void> carry_out_retention(desk::Tx& tx) {
  const auto areas = SJ_TRY(list_areas(tx));
  for (const Area& area : areas) SJ_TRY(carry_out_area(tx, area.id));
  return {};
}

}  // namespace sj::org
