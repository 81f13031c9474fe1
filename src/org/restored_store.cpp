#include <string>

#include "kernel/sql/statement.h"

#include "org/detail.h"
#include "org/restored.h"
#include "org/session_store.h"

namespace sj::org {
namespace {

const sql::Statement kEndSessions{
    "UPDATE org_session SET revoked_ms = $2 WHERE area_id = $1 AND revoked_ms IS NULL"};
const sql::Statement kForgetDevices{
    "UPDATE org_device SET revoked_ms = $2 WHERE area_id = $1 AND revoked_ms IS NULL"};
const sql::Statement kEndInvitations{
    "UPDATE org_invitation SET revoked_ms = $2 WHERE area_id = $1 AND revoked_ms IS NULL AND "
    "redeemed_ms IS NULL"};

}  // namespace

Result<void> end_what_was_open(desk::Tx& tx) {
  const auto areas = SJ_TRY(list_areas(tx));
  for (const Area& area : areas) {
    const std::int64_t sessions = SJ_TRY(tx.run(kEndSessions, {area.id, tx.now()}));
    static_cast<void>(SJ_TRY(tx.run(kForgetDevices, {area.id, tx.now()})));
    const std::int64_t invitations = SJ_TRY(tx.run(kEndInvitations, {area.id, tx.now()}));
    desk::Entry entry;
    entry.action = "org.area.restored";
    entry.subject_kind = "area";
    entry.subject = area.id;
    entry.detail = object_of(
        {{"invitations", std::to_string(invitations)}, {"sessions", std::to_string(sessions)}});
    SJ_TRY(tx.audit(area.id, entry));
  }
  return {};
}

}  // namespace sj::org
