#include "org/room.h"

#include "org/account.h"
#include "org/audit.h"
#include "org/data_grant.h"
#include "org/family.h"
#include "org/import_routes.h"
#include "org/invariants.h"
#include "org/invite.h"
#include "org/merge.h"
#include "org/newcomer.h"
#include "org/person.h"
#include "org/retention.h"
#include "org/rights.h"
#include "org/role.h"
#include "org/school.h"
#include "org/session.h"
#include "org/setup.h"
#include "org/sheet.h"
#include "org/staff.h"

namespace sj::org {

Settings make_settings(auth::Vault& vault, Entropy& entropy) {
  Settings settings;
  settings.vault = &vault;
  settings.entropy = &entropy;
  settings.seen = std::make_shared<SessionsSeen>();
  return settings;
}

api::Room room(const Settings& settings) {
  api::Room room;
  room.name = "org";
  room.permissions.assign(permissions().begin(), permissions().end());
  // One line a feature; each declares its function in its own header.
  add_session_routes(room, settings);
  add_setup_routes(room, settings);
  add_school_routes(room);
  add_person_routes(room, settings);
  add_staff_routes(room);
  add_sheet_routes(room);
  add_merge_routes(room);
  add_invariants(room);
  add_import_routes(room, settings);
  add_account_routes(room, settings);
  add_role_routes(room, settings);
  add_invite_routes(room, settings);
  add_newcomer_routes(room);
  add_family_routes(room, settings);
  add_request_routes(room, settings);
  add_data_grant_routes(room, settings);
  add_retention_routes(room, settings);
  add_audit_routes(room, settings);
  return room;
}

}  // namespace sj::org
