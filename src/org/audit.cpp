#include "org/audit.h"

#include "org/rights.h"

namespace sj::org {

void hide_names(TrailLine& line, const auth::Access& access) {
  auth::Target target;
  target.area = access.area();
  target.school = line.school;
  if (access.allows(kPupilRead, target)) return;
  line.personal.clear();
  if (line.actor_kind != "staff") line.actor_name.clear();
  const bool is_office = line.subject_kind == "account" || line.action.rfind("org.role.", 0) == 0;
  if (!is_office || !access.allows(kRoleRead, target)) line.subject_name.clear();
}

}  // namespace sj::org
