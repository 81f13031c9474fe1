#include "org/hand_store.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "kernel/sql/statement.h"
#include "kernel/time/zone.h"

namespace sj::org {
namespace {

const sql::Statement kAccounts{
    "SELECT id, person_id FROM org_account WHERE area_id = $1 AND person_id IN {{IDS $2}} "
    "ORDER BY id"};
const sql::Statement kMerged{
    "SELECT kept_id, gone_id FROM org_merge WHERE area_id = $1 AND state = 'merged' AND "
    "(kept_id IN {{IDS $2}} OR gone_id IN {{IDS $2}}) ORDER BY id"};
// What the trail says was done to these people and their accounts by somebody known. Which class
// somebody teaches is not among it: it makes nobody up.
const sql::Statement kDone{
    "SELECT subject_id, actor_person, action, at_ms FROM kernel_audit_entry WHERE area_id = $1 AND "
    "subject_id IN {{IDS $2}} AND at_ms >= $3 AND actor_person <> 0 AND action IN "
    "('org.account.created', 'org.account.reset', 'org.staff.created', 'org.staff.imported', "
    "'org.role.granted', 'org.person.merged') ORDER BY id"};
const sql::Statement kInviters{
    "SELECT m.person_id, i.redeemed_ms FROM org_family_link l JOIN org_invitation i "
    "ON i.area_id = l.area_id AND i.redeemed_account = l.account_id AND i.pupil_id = l.child_id "
    "JOIN org_account m ON m.area_id = i.area_id AND m.id = i.made_by_account "
    "WHERE l.area_id = $1 AND l.child_area_id = $1 AND l.child_id = $2 AND l.guardian_id = $3 AND "
    "i.made_by = 'school' AND i.redeemed_ms IS NOT NULL ORDER BY i.id"};

Tie tie_of(std::string_view action) {
  return action.starts_with("org.account.") ? Tie::key : Tie::place;
}

/// Adds the hands of one round; gives the people they lead to.
Result<std::vector<std::int64_t>> load_round(sql::Reader& store,
                                             std::int64_t area,
                                             const std::vector<std::int64_t>& people,
                                             LocalDay since,
                                             std::vector<Hand>& hands) {
  std::vector<std::int64_t> reached;
  SJ_TRY(store.each(kMerged, {area, sql::Ids{people}}, [&](const sql::Row& row) -> Result<void> {
    hands.push_back({row.integer(0), row.integer(1), Tie::same, since});
    reached.push_back(row.integer(0));
    reached.push_back(row.integer(1));
    return {};
  }));
  std::map<std::int64_t, std::int64_t> owner;
  for (const std::int64_t person : people) owner.emplace(person, person);
  SJ_TRY(store.each(kAccounts, {area, sql::Ids{people}}, [&](const sql::Row& row) -> Result<void> {
    owner.emplace(row.integer(0), row.integer(1));
    return {};
  }));
  std::vector<std::int64_t> subjects;
  subjects.reserve(owner.size());
  for (const auto& [subject, person] : owner) subjects.push_back(subject);
  SJ_TRY(store.each(kDone, {area, sql::Ids{subjects}, instant_of(since, 0)},
                    [&](const sql::Row& row) -> Result<void> {
                      const std::int64_t by = row.integer(1);
                      hands.push_back({owner.at(row.integer(0)), by, tie_of(row.bytes(2)),
                                       day_of(row.instant(3))});
                      reached.push_back(by);
                      return {};
                    }));
  return reached;
}

}  // namespace

Result<std::vector<Hand>> load_hands(sql::Reader& store,
                                     std::int64_t area,
                                     std::vector<std::int64_t> people,
                                     LocalDay today) {
  const LocalDay since = today.plus_days(-kHandDays);
  std::vector<Hand> hands;
  std::set<std::int64_t> known;
  while (!people.empty()) {
    std::vector<std::int64_t> next;
    for (const std::int64_t person : people) {
      if (person != 0 && known.insert(person).second) next.push_back(person);
    }
    if (next.empty()) break;
    std::sort(next.begin(), next.end());
    people = SJ_TRY(load_round(store, area, next, since, hands));
  }
  return hands;
}

Result<bool> same_hand(
    sql::Reader& store, std::int64_t area, std::int64_t a, std::int64_t b, LocalDay today) {
  const auto hands = SJ_TRY(load_hands(store, area, {a, b}, today));
  return same_hand(hands, a, b, today);
}

Result<bool> is_behind(sql::Reader& store,
                       std::int64_t area,
                       std::int64_t maker,
                       std::int64_t person,
                       LocalDay today) {
  const auto hands = SJ_TRY(load_hands(store, area, {maker, person}, today));
  return is_behind(hands, maker, person, today);
}

Result<bool> same_hand_as_guardian(sql::Reader& store,
                                   std::int64_t area,
                                   std::int64_t child,
                                   std::int64_t guardian,
                                   std::int64_t staff,
                                   LocalDay today) {
  std::vector<Hand> invited;
  std::vector<std::int64_t> people{guardian, staff};
  SJ_TRY(store.each(kInviters, {area, child, guardian}, [&](const sql::Row& row) -> Result<void> {
    invited.push_back({guardian, row.integer(0), Tie::key, day_of(row.instant(1))});
    people.push_back(row.integer(0));
    return {};
  }));
  auto hands = SJ_TRY(load_hands(store, area, std::move(people), today));
  hands.insert(hands.end(), invited.begin(), invited.end());
  return same_hand(hands, guardian, staff, today);
}

}  // namespace sj::org
