#include "org/data_grant_store.h"

#include "kernel/sql/statement.h"

#include "org/seals.h"
#include "org/target_store.h"

namespace sj::org {
namespace {

const sql::Statement kInsert{
    "INSERT INTO org_data_grant (area_id, id, person_id, purpose, fields, place_kind, place_id, "
    "asked_ms, from_ms, until_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)"};
const sql::Statement kOpen{
    "SELECT g.id, g.person_id, p.name, g.purpose, g.fields, g.place_kind, g.place_id, g.asked_ms, "
    "g.from_ms, g.until_ms, '', g.decided_ms, g.approved FROM org_data_grant g "
    "JOIN org_person p ON p.area_id = g.area_id AND p.id = g.person_id "
    "WHERE g.area_id = $1 AND g.decided_ms IS NULL ORDER BY g.id LIMIT 500"};
const sql::Statement kOfPerson{
    "SELECT g.id, g.person_id, p.name, g.purpose, g.fields, g.place_kind, g.place_id, g.asked_ms, "
    "g.from_ms, g.until_ms, coalesce(d.name, ''), g.decided_ms, g.approved FROM org_data_grant g "
    "JOIN org_person p ON p.area_id = g.area_id AND p.id = g.person_id "
    "LEFT JOIN org_person d ON d.area_id = g.area_id AND d.id = g.decided_by "
    "WHERE g.area_id = $1 AND g.person_id = $2 ORDER BY g.id DESC LIMIT 200"};
const sql::Statement kFind{
    "SELECT g.id, g.person_id, p.name, g.purpose, g.fields, g.place_kind, g.place_id, g.asked_ms, "
    "g.from_ms, g.until_ms, '', g.decided_ms, g.approved FROM org_data_grant g "
    "JOIN org_person p ON p.area_id = g.area_id AND p.id = g.person_id "
    "WHERE g.area_id = $1 AND g.id = $2"};
const sql::Statement kAnswer{
    "UPDATE org_data_grant SET decided_by = $3, decided_ms = $4, approved = $5, from_ms = $4, "
    "until_ms = $6 WHERE area_id = $1 AND id = $2 AND decided_ms IS NULL"};
const sql::Statement kSealed{
    "SELECT sealed FROM org_sealed WHERE area_id = $1 AND person_id = $2 AND field = $3"};

constexpr std::int64_t kHourMs = 3'600'000;

std::vector<std::string> split(std::string_view joined) {
  std::vector<std::string> parts;
  while (!joined.empty()) {
    const std::size_t blank = joined.find(' ');
    parts.emplace_back(joined.substr(0, blank));
    joined = blank == std::string_view::npos ? std::string_view{} : joined.substr(blank + 1);
  }
  return parts;
}

std::string join(const std::vector<std::string>& parts) {
  std::string joined;
  for (const std::string& part : parts) joined += (joined.empty() ? "" : " ") + part;
  return joined;
}

DataGrant grant_of(const sql::Row& row) {
  DataGrant grant;
  grant.id = row.integer(0);
  grant.person = row.integer(1);
  grant.person_name = row.text(2);
  grant.purpose = row.text(3);
  grant.fields = split(row.bytes(4));
  grant.place = {place_kind_of(row.bytes(5)).value_or(auth::PlaceKind::pupil), row.integer(6)};
  grant.asked = row.instant(7);
  grant.from = row.instant(8);
  grant.until = row.instant(9);
  grant.decided_by = row.text(10);
  grant.decided_ms = row.maybe_integer(11);
  grant.approved = row.maybe_integer(12).value_or(0) == 1;
  return grant;
}

}  // namespace

Result<void> insert_data_grant(desk::Tx& tx,
                               std::int64_t area,
                               std::int64_t id,
                               const AskCommand& command) {
  const std::string fields = join(command.fields);
  const Instant until(tx.now().utc_ms() + command.hours * kHourMs);
  static_cast<void>(
      SJ_TRY(tx.run(kInsert, {area, id, tx.actor().person, command.purpose, fields,
                              name_of(command.place.kind), command.place.id, tx.now(), until})));
  return {};
}

Result<std::vector<DataGrant>> list_open_grants(sql::Reader& store,
                                                const auth::Scope& scope,
                                                LocalDay today) {
  const auto all = SJ_TRY(store.all(kOpen, {scope.area()}, grant_of));
  std::vector<DataGrant> covered;
  for (const DataGrant& grant : all) {
    const auto target = SJ_TRY(find_target(store, scope.area(), grant.place, today));
    if (target && scope.covers(*target)) covered.push_back(grant);
  }
  return covered;
}

Result<std::vector<DataGrant>> list_grants_of(sql::Reader& store,
                                              std::int64_t area,
                                              std::int64_t person) {
  return store.all(kOfPerson, {area, person}, grant_of);
}

Result<std::optional<DataGrant>> find_data_grant(sql::Reader& store,
                                                 std::int64_t area,
                                                 std::int64_t id) {
  return store.first(kFind, {area, id}, grant_of);
}

Result<void> update_answer(desk::Tx& tx, std::int64_t area, const DataGrant& grant, bool approved) {
  const std::int64_t length = grant.until.utc_ms() - grant.from.utc_ms();
  const Instant until(tx.now().utc_ms() + length);
  static_cast<void>(
      SJ_TRY(tx.run(kAnswer, {area, grant.id, tx.actor().person, tx.now(), approved, until})));
  return {};
}

Result<std::optional<std::string>> open_field(sql::Reader& store,
                                              auth::Vault& vault,
                                              std::int64_t area,
                                              std::int64_t person,
                                              std::string_view field) {
  using Value = std::optional<std::string>;
  const auto sealed = SJ_TRY(
      store.first(kSealed, {area, person, field}, [](const sql::Row& row) { return row.text(0); }));
  if (!sealed) return Value{};
  auto value = SJ_TRY(vault.open(store, area, person, seal_purpose(field), *sealed));
  return Value{std::move(value)};
}

std::string seal_purpose(std::string_view field) {
  return field_seal(field);
}

}  // namespace sj::org
