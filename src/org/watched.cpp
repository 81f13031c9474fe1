#include "org/watched.h"

#include "kernel/sql/watched.h"

namespace sj::org {
namespace {

using sql::Unwatched;
using sql::Watched;

// Whoever may change one of these behind the trail has power over a child, a person or an account.
// New columns go behind the others. What names a child or was told to its family is not among the
// columns: it must be possible to erase it, and with the key a mark tells what it was made of. So
// it is with a reason that an officer wrote about a child; why he asked for another's rights is
// watched.
const Watched kSchool{"org_school", "id",
                      "kind stages primary_years street_id opened_on closed_on code name"
                      " name_folded rural"};
const Watched kTerm{"org_term", "id", "school_year part first_day last_day"};
const Watched kClass{"org_class", "id",
                     "school_id stage entry_year number opened_on closed_on name"};
const Watched kPupil{"org_pupil", "person_id", "protected"};
const Watched kMembership{"org_membership", "id",
                          "person_id school_id class_id from_day until_day ended"};
const Watched kGuardianship{"org_guardianship", "id",
                            "pupil_id guardian_id relation position may_collect admitted_by"
                            " from_day until_day"};
const Watched kStaff{"org_staff", "id", "person_id school_id post from_day until_day"};
const Watched kTeaching{"org_teaching", "id", "person_id class_id part subject from_day until_day"};
const Watched kAccount{"org_account", "id",
                       "kind username password_hash must_change person_id created_ms disabled_ms"
                       " locked_until_ms first_hash"};
const Watched kSession{"org_session", "token_hash:bytes",
                       "id account_id csrf revoked_ms created_ms expires_ms device_id"};
const Watched kDevice{"org_device", "id",
                      "account_id kind secret_hash:bytes revoked_ms created_ms"};
const Watched kRole{"org_role", "id",
                    "person_id role place_kind place_id from_day until_day granted_by granted_ms"
                    " revoked_ms"};
const Watched kFamilyLink{"org_family_link", "account_id child_area_id child_id",
                          "guardian_id linked_ms ended_ms confirmed_ms confirmed_by admitted"
                          " invited_by maker odd browser:bytes device:bytes"};
const Watched kInvitation{"org_invitation", "id",
                          "code_hash:bytes pupil_id guardian_id made_by made_by_account expires_ms"
                          " redeemed_ms redeemed_account revoked_ms maker made_ms browser:bytes"
                          " redeemed_secret:bytes"};
const Watched kDataGrant{"org_data_grant", "id",
                         "person_id fields place_kind place_id asked_ms from_ms until_ms decided_by"
                         " decided_ms approved"};
const Watched kOfficerAct{"org_officer_act", "id",
                          "act person_id role other_id asked_by asked_ms decided_by decided_ms"
                          " approved done_ms reason"};
const Watched kConsent{"org_consent", "id",
                       "pupil_id guardian_id purpose wording given_ms withdrawn_ms"};
const Watched kRequest{"org_request", "id",
                       "pupil_id account_id kind asked_ms decided_ms decided_by granted"};
const Watched kImport{"org_import", "id",
                      "school_id format file_sha256 state account_id made_ms ended_ms"};
const Watched kLeaver{"org_leaver", "id",
                      "person_id membership_id import_id decided_ms decided_by left_day"
                      " proposed_ms"};
const Watched kMerge{"org_merge", "id", "kept_id gone_id state decided_by decided_ms made_ms"};
const Watched kRetention{"org_retention", "what", "days basis"};
const Watched kSealedField{"org_sealed", "person_id field", "sealed:bytes"};

// The rest of their columns.
const Unwatched kPupilRest{"org_pupil", "local_no",
                           "a number of a class's own, which opens nothing"};
const Unwatched kStaffRest{"org_staff", "staff_no",
                           "a number of a school's own, which opens nothing"};
const Unwatched kAccountRest{"org_account", "failures",
                             "it changes with every wrong guess; what follows of it is watched"};
const Unwatched kSessionRest{
    "org_session", "device seen_ms",
    "what the browser calls itself, and its last use, which is written often"};
const Unwatched kDeviceRest{"org_device", "name seen_ms", "as of a session"};
const Unwatched kInvitationRest{"org_invitation", "invited", "sealed"};
const Unwatched kRequestRest{"org_request", "sealed answer",
                             "sealed; what a family was told must be erasable"};
const Unwatched kImportRest{"org_import", "file_name file summary faults",
                            "sealed, or told to whoever imports; what came of it is watched"};
const Unwatched kDataGrantRest{"org_data_grant", "purpose",
                               "written about a child; with the key a mark would tell a guess"};
const Unwatched kMergeRest{"org_merge", "undo reason",
                           "sealed, or written about a child; with the key a mark would tell a "
                           "guess"};
const Unwatched kSealedRest{"org_sealed", "blind", "compared with what is sealed"};

const Unwatched kArea{"org_area", "a name and a code, which carry no right; it has no area itself"};
const Unwatched kStreet{"org_street",
                        "a name and a code; which street a school lies in is watched"};
const Unwatched kSite{"org_site", "a name and an address"};
const Unwatched kOrganisation{"org_organisation", "a name; its people's roles are watched"};
const Unwatched kPerson{"org_person",
                        "names and birth days must be erasable; that a person was merged or erased "
                        "is compared with the merge and the key"};
const Unwatched kNameKey{"org_name_key", "made of names, for searching"};
const Unwatched kForeignId{"org_foreign_id", "what others call our rows; an import shows its work"};
const Unwatched kGuess{"org_guess", "counts of minutes, forgotten soon"};

// Area, person (0: under the master key), purpose, bytes, and the blind index of what is in them.
const sql::Statement kSealedFields{
    "SELECT area_id, person_id, 'org.' || field, sealed, blind FROM org_sealed "
    "ORDER BY area_id, person_id, field"};
const sql::Statement kInvited{
    "SELECT area_id, pupil_id, 'org.invitation.invited', invited, NULL FROM org_invitation "
    "WHERE invited IS NOT NULL ORDER BY area_id, id"};
const sql::Statement kRequests{
    "SELECT area_id, pupil_id, 'org.request.text', sealed, NULL FROM org_request "
    "ORDER BY area_id, id"};
const sql::Statement kUndos{
    "SELECT area_id, gone_id, 'org.merge.undo', undo, NULL FROM org_merge "
    "WHERE undo IS NOT NULL ORDER BY area_id, id"};
const sql::Statement kFiles{
    "SELECT area_id, 0, 'org.import.file', file, NULL FROM org_import "
    "WHERE file IS NOT NULL ORDER BY area_id, id"};
const sql::Statement kFaults{
    "SELECT area_id, 0, 'org.import.rows', faults, NULL FROM org_import "
    "WHERE faults IS NOT NULL ORDER BY area_id, id"};

}  // namespace

void add_sealed(api::Room& room) {
  room.sealed.insert(room.sealed.end(), {{"fields of people", &kSealedFields},
                                         {"whom guardians invite", &kInvited},
                                         {"requests of families", &kRequests},
                                         {"what merges changed", &kUndos},
                                         {"files to import", &kFiles},
                                         {"rows to import", &kFaults}});
}

}  // namespace sj::org
