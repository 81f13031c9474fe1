#include "org/device_store.h"

#include "kernel/auth/secret.h"
#include "kernel/sql/statement.h"

namespace sj::org {
namespace {

const sql::Statement kInsert{
    "INSERT INTO org_device (area_id, id, account_id, kind, secret_hash, name, created_ms, "
    "seen_ms) "
    "VALUES ($1, $2, $3, 'known', $4, $5, $6, $6)"};
const sql::Statement kFind{
    "SELECT id, revoked_ms FROM org_device WHERE area_id = $1 AND account_id = $2 AND "
    "secret_hash = $3"};
const sql::Statement kSeen{
    "UPDATE org_device SET seen_ms = $3 WHERE area_id = $1 AND id = $2 AND seen_ms < $3"};

}  // namespace

Result<void> insert_device(sql::Writer& store, const NewDevice& device, Instant now) {
  const std::string hash = auth::token_hash(device.secret);
  static_cast<void>(SJ_TRY(store.run(
      kInsert, {device.area, device.id, device.account, sql::Blob{hash}, device.name, now})));
  return {};
}

Result<std::optional<Device>> find_device(sql::Reader& store,
                                          std::int64_t area,
                                          std::int64_t account,
                                          std::string_view secret) {
  const std::string hash = auth::token_hash(secret);
  return store.first(kFind, {area, account, sql::Blob{hash}}, [](const sql::Row& row) {
    return Device{row.integer(0), !row.is_null(1)};
  });
}

Result<void> update_device_seen(sql::Writer& store,
                                std::int64_t area,
                                std::int64_t device,
                                Instant now) {
  static_cast<void>(SJ_TRY(store.run(kSeen, {area, device, now})));
  return {};
}

}  // namespace sj::org
