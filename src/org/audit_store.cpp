#include <algorithm>
#include <limits>

#include "kernel/sql/statement.h"

#include "org/audit.h"

namespace sj::org {
namespace {

const sql::Statement kTrail{
    "SELECT e.id, e.at_ms, e.school_id, coalesce(s.name, ''), e.seq, e.actor_kind, "
    "coalesce(ap.name, ''), e.action, e.subject_kind, e.subject_id, "
    "coalesce(sp.name, op.name, ''), e.detail, e.personal, e.person_id, e.hash "
    "FROM kernel_audit_entry e "
    "LEFT JOIN org_school s ON s.area_id = e.area_id AND s.id = e.school_id "
    "LEFT JOIN org_account aa ON aa.area_id = e.area_id AND aa.id = e.actor_account "
    "LEFT JOIN org_person ap ON ap.area_id = e.area_id AND ap.id = aa.person_id "
    "LEFT JOIN org_person sp ON sp.area_id = e.area_id AND sp.id = e.subject_id "
    "LEFT JOIN org_account sa ON sa.area_id = e.area_id AND sa.id = e.subject_id "
    "LEFT JOIN org_person op ON op.area_id = e.area_id AND op.id = sa.person_id "
    "WHERE e.area_id = $1 AND ($2 = 1 OR e.school_id IN {{IDS $3}}) AND "
    "(CAST($4 AS BIGINT) = 0 OR e.school_id = $4) AND ($5 = '' OR substr(e.action, 1, length($5)) "
    "= $5) AND "
    "(CAST($6 AS BIGINT) = 0 OR e.actor_account = $6 OR e.actor_person = $6) AND e.at_ms >= $7 AND "
    "e.at_ms < $8 AND e.id < $9 ORDER BY e.id DESC LIMIT $10"};
const sql::Statement kTrailOfPerson{
    "SELECT e.id, e.at_ms, e.school_id, coalesce(s.name, ''), e.seq, e.actor_kind, "
    "coalesce(ap.name, ''), e.action, e.subject_kind, e.subject_id, "
    "coalesce(sp.name, op.name, ''), e.detail, e.personal, e.person_id, e.hash "
    "FROM kernel_audit_entry e "
    "LEFT JOIN org_school s ON s.area_id = e.area_id AND s.id = e.school_id "
    "LEFT JOIN org_account aa ON aa.area_id = e.area_id AND aa.id = e.actor_account "
    "LEFT JOIN org_person ap ON ap.area_id = e.area_id AND ap.id = aa.person_id "
    "LEFT JOIN org_person sp ON sp.area_id = e.area_id AND sp.id = e.subject_id "
    "LEFT JOIN org_account sa ON sa.area_id = e.area_id AND sa.id = e.subject_id "
    "LEFT JOIN org_person op ON op.area_id = e.area_id AND op.id = sa.person_id "
    "WHERE e.area_id = $1 AND (e.subject_id = $11 OR e.person_id = $11) AND "
    "($2 = 1 OR e.school_id IN {{IDS $3}}) AND "
    "(CAST($4 AS BIGINT) = 0 OR e.school_id = $4) AND ($5 = '' OR substr(e.action, 1, length($5)) "
    "= $5) AND "
    "(CAST($6 AS BIGINT) = 0 OR e.actor_account = $6 OR e.actor_person = $6) AND e.at_ms >= $7 AND "
    "e.at_ms < $8 AND e.id < $9 ORDER BY e.id DESC LIMIT $10"};

TrailLine line_of(const sql::Row& row) {
  TrailLine line;
  line.id = row.integer(0);
  line.at = row.instant(1);
  line.school = row.integer(2);
  line.school_name = row.text(3);
  line.seq = row.integer(4);
  line.actor_kind = row.text(5);
  line.actor_name = row.text(6);
  line.action = row.text(7);
  line.subject_kind = row.text(8);
  line.subject = row.integer(9);
  line.subject_name = row.text(10);
  line.detail = row.text(11);
  line.personal = row.maybe_text(12).value_or("");
  line.person = row.integer(13);
  line.hash = row.text(14);
  return line;
}

// Whose chains are read.
struct Chains {
  std::int64_t area = 0;
  bool all = false;
  std::vector<std::int64_t> schools{};
};

Result<std::vector<TrailLine>> list(sql::Reader& store,
                                    const Chains& chains,
                                    const TrailFilter& filter) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  const std::int64_t until = filter.until.utc_ms() == 0 ? kMax : filter.until.utc_ms();
  const std::int64_t before = filter.before == 0 ? kMax : filter.before;
  std::vector<sql::Bind> binds = {chains.area,   chains.all,    sql::Ids{chains.schools},
                                  filter.school, filter.action, filter.actor,
                                  filter.from,   until,         before,
                                  filter.limit};
  if (filter.person != 0) binds.emplace_back(filter.person);
  std::vector<TrailLine> lines;
  SJ_TRY(store.each(filter.person == 0 ? kTrail : kTrailOfPerson, binds,
                    [&](const sql::Row& row) -> Result<void> {
                      lines.push_back(line_of(row));
                      return {};
                    }));
  return lines;
}

}  // namespace

Result<std::vector<TrailLine>> list_trail(sql::Reader& store,
                                          const auth::Scope& scope,
                                          const TrailFilter& filter) {
  return list(store, {scope.area(), scope.everywhere(), scope.schools()}, filter);
}

Result<std::vector<TrailLine>> list_history(sql::Reader& store,
                                            std::int64_t area,
                                            std::int64_t person,
                                            const TrailFilter& page) {
  TrailFilter filter;
  filter.person = person;
  filter.before = page.before;
  filter.limit = page.limit;
  return list(store, {area, true, {}}, filter);
}

}  // namespace sj::org
