#include "org/invariants.h"

namespace sj::org {
namespace {

// Each counts the rows that break it; all are joins over keys, so that a district takes seconds.
const sql::Statement kMembershipPlace{
    "SELECT count(*) FROM org_membership m LEFT JOIN org_class c "
    "ON c.area_id = m.area_id AND c.id = m.class_id "
    "LEFT JOIN org_school s ON s.area_id = m.area_id AND s.id = m.school_id "
    "WHERE s.id IS NULL OR (m.class_id IS NOT NULL AND (c.id IS NULL OR c.school_id <> s.id))"};
const sql::Statement kMembershipPerson{
    "SELECT count(*) FROM org_membership m LEFT JOIN org_pupil p "
    "ON p.area_id = m.area_id AND p.person_id = m.person_id WHERE p.person_id IS NULL"};
const sql::Statement kMembershipOverlap{
    "SELECT count(*) FROM org_membership a JOIN org_membership b "
    "ON b.area_id = a.area_id AND b.person_id = a.person_id AND b.id <> a.id "
    "AND (b.from_day > a.from_day OR (b.from_day = a.from_day AND b.id > a.id)) "
    "WHERE (a.until_day IS NULL OR (b.from_day < a.until_day AND a.from_day < a.until_day)) "
    "AND (b.until_day IS NULL OR b.from_day < b.until_day)"};
const sql::Statement kMembershipBackwards{
    "SELECT count(*) FROM org_membership WHERE until_day < from_day"};
const sql::Statement kPupilPerson{
    "SELECT count(*) FROM org_pupil p LEFT JOIN org_person n "
    "ON n.area_id = p.area_id AND n.id = p.person_id WHERE n.id IS NULL"};
const sql::Statement kGuardianshipPeople{
    "SELECT count(*) FROM org_guardianship g "
    "LEFT JOIN org_pupil p ON p.area_id = g.area_id AND p.person_id = g.pupil_id "
    "LEFT JOIN org_person n ON n.area_id = g.area_id AND n.id = g.guardian_id "
    "WHERE p.person_id IS NULL OR n.id IS NULL OR g.pupil_id = g.guardian_id"};
const sql::Statement kStaffPlace{
    "SELECT count(*) FROM org_staff f "
    "LEFT JOIN org_school s ON s.area_id = f.area_id AND s.id = f.school_id "
    "LEFT JOIN org_person n ON n.area_id = f.area_id AND n.id = f.person_id "
    "WHERE n.id IS NULL OR (f.school_id <> 0 AND s.id IS NULL)"};
const sql::Statement kTeachingPlace{
    "SELECT count(*) FROM org_teaching t "
    "LEFT JOIN org_class c ON c.area_id = t.area_id AND c.id = t.class_id "
    "LEFT JOIN org_person n ON n.area_id = t.area_id AND n.id = t.person_id "
    "WHERE c.id IS NULL OR n.id IS NULL"};
const sql::Statement kNamesFound{
    "SELECT count(*) FROM org_person n WHERE n.erased_ms IS NULL AND n.merged_into IS NULL "
    "AND NOT EXISTS (SELECT 1 FROM org_name_key k "
    "WHERE k.area_id = n.area_id AND k.person_id = n.id)"};
const sql::Statement kNumbersUnique{
    "SELECT count(*) FROM (SELECT 1 FROM org_sealed s JOIN org_person n "
    "ON n.area_id = s.area_id AND n.id = s.person_id AND n.merged_into IS NULL "
    "WHERE s.field IN ('id_number', 'student_no') AND s.blind IS NOT NULL "
    "GROUP BY s.area_id, s.field, s.blind HAVING count(*) > 1) AS twice"};
const sql::Statement kSealedHasKey{
    "SELECT count(*) FROM org_sealed s LEFT JOIN kernel_person_key k "
    "ON k.area_id = s.area_id AND k.person_id = s.person_id WHERE k.person_id IS NULL"};
const sql::Statement kErasedIsBlank{
    "SELECT count(*) FROM org_person n WHERE n.erased_ms IS NOT NULL AND EXISTS "
    "(SELECT 1 FROM org_sealed s WHERE s.area_id = n.area_id AND s.person_id = n.id)"};
const sql::Statement kMergedOnce{
    "SELECT count(*) FROM org_person a JOIN org_person b "
    "ON b.area_id = a.area_id AND b.id = a.merged_into WHERE b.merged_into IS NOT NULL"};
const sql::Statement kRolePerson{
    "SELECT count(*) FROM org_role r LEFT JOIN org_person n "
    "ON n.area_id = r.area_id AND n.id = r.person_id WHERE n.id IS NULL"};
const sql::Statement kSessionAccount{
    "SELECT count(*) FROM org_session s LEFT JOIN org_account a "
    "ON a.area_id = s.area_id AND a.id = s.account_id WHERE a.id IS NULL"};
const sql::Statement kRedeemedOnce{
    "SELECT count(*) FROM org_invitation WHERE redeemed_ms IS NOT NULL "
    "AND (redeemed_account IS NULL OR (revoked_ms IS NOT NULL AND revoked_ms < redeemed_ms))"};
// What is said in the row itself must follow from a merge, or from the key that was destroyed.
const sql::Statement kMergedByMerge{
    "SELECT count(*) FROM org_person n WHERE n.merged_into IS NOT NULL AND NOT EXISTS "
    "(SELECT 1 FROM org_merge m WHERE m.area_id = n.area_id AND m.gone_id = n.id "
    "AND m.state = 'merged')"};
const sql::Statement kErasedWithKey{
    "SELECT count(*) FROM org_person n LEFT JOIN kernel_person_key k "
    "ON k.area_id = n.area_id AND k.person_id = n.id "
    "WHERE (n.erased_ms IS NULL AND k.erased_ms IS NOT NULL) "
    "OR (n.erased_ms IS NOT NULL AND (k.person_id IS NULL OR k.wrapped IS NOT NULL))"};
const sql::Statement kTwoPeopleApprove{
    "SELECT count(*) FROM org_data_grant WHERE approved = 1 AND decided_by = person_id"};
const sql::Statement kTwoOfficers{
    "SELECT count(*) FROM org_officer_act WHERE approved = 1 AND "
    "(decided_by = asked_by OR decided_by = person_id)"};

}  // namespace

void add_invariants(api::Room& room) {
  room.invariants.insert(
      room.invariants.end(),
      {{"every membership is in a school that exists and a class of it", &kMembershipPlace},
       {"every membership is a pupil's", &kMembershipPerson},
       {"no pupil is in two places at once", &kMembershipOverlap},
       {"no membership ends before it begins", &kMembershipBackwards},
       {"every pupil is a person", &kPupilPerson},
       {"every guardianship joins a pupil and another person", &kGuardianshipPeople},
       {"every member of staff is a person at a place that exists", &kStaffPlace},
       {"every teaching joins a person and a class", &kTeachingPlace},
       {"every person can be found by name", &kNamesFound},
       {"no number belongs to two people", &kNumbersUnique},
       {"everything sealed belongs to a person with a key", &kSealedHasKey},
       {"nothing sealed is left of whoever was erased", &kErasedIsBlank},
       {"nobody is merged into somebody merged", &kMergedOnce},
       {"every role is a person's", &kRolePerson},
       {"every session is an account's", &kSessionAccount},
       {"every code that was redeemed was good then", &kRedeemedOnce},
       {"whoever is merged is so by a merge", &kMergedByMerge},
       {"whoever is erased has lost his key, and nobody else has", &kErasedWithKey},
       {"nobody approved his own look at sensitive data", &kTwoPeopleApprove},
       {"what touched an officer was approved by another one", &kTwoOfficers}});
}

}  // namespace sj::org
