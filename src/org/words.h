#pragma once

#include <array>
#include <string_view>

/// The words of this room that travel: as they stand in the store, in JSON, in OpenAPI and, after a
/// prefix, in the catalogues of the pages. The functions that read and write them elsewhere use
/// these lists, so that there is one of each.
namespace sj::org {

using Word = std::string_view;

inline constexpr std::array<Word, 5> kPlaceKinds = {"area", "street", "school", "class", "pupil"};
inline constexpr std::array<Word, 2> kAccountKinds = {"staff", "family"};
inline constexpr std::array<Word, 2> kSchoolKinds = {"public", "private"};
inline constexpr std::array<Word, 3> kSchoolStages = {"primary", "junior", "nine_year"};
inline constexpr std::array<Word, 2> kLacks = {"class", "guardian"};
inline constexpr std::array<Word, 2> kStages = {"primary", "junior"};
inline constexpr std::array<Word, 3> kPersonKinds = {"pupil", "guardian", "staff"};
inline constexpr std::array<Word, 3> kSexes = {"unknown", "male", "female"};
inline constexpr std::array<Word, 5> kRelations = {"father", "mother", "grandfather", "grandmother",
                                                   "other"};
inline constexpr std::array<Word, 2> kAdmitters = {"school", "guardian"};
inline constexpr std::array<Word, 6> kPosts = {"principal", "clerk",      "teacher",
                                               "doctor",    "counsellor", "other"};
inline constexpr std::array<Word, 2> kTeachingParts = {"homeroom", "subject"};
inline constexpr std::array<Word, 6> kEnds = {"",     "moved_class", "moved_school",
                                              "left", "graduated",   "mistake"};
inline constexpr std::array<Word, 2> kLeaveReasons = {"left", "graduated"};
inline constexpr std::array<Word, 7> kSealedFields = {
    "id_number", "student_no", "phone", "address", "health", "hardship", "custody"};
inline constexpr std::array<Word, 4> kGrantStates = {"open", "approved", "refused", "ended"};
inline constexpr std::array<Word, 4> kMergeStates = {"proposed", "merged", "refused", "undone"};
inline constexpr std::array<Word, 2> kInviters = {"school", "guardian"};
inline constexpr std::array<Word, 3> kOddJoins = {"maker_browser", "one_account", "one_browser"};
inline constexpr std::array<Word, 2> kNewcomerStates = {"waiting", "confirmed"};
inline constexpr std::array<Word, 3> kVerdicts = {"confirmed", "rejected", "waiting"};
inline constexpr std::array<Word, 2> kRequestKinds = {"correction", "erasure"};
inline constexpr std::array<Word, 2> kLookActions = {"looked", "exported"};
inline constexpr std::array<Word, 2> kImportFormats = {"roster", "oneroster"};
inline constexpr std::array<Word, 7> kImportStates = {
    "preview", "applying", "applied", "cancelled", "failed", "refused", "unchanged"};
inline constexpr std::array<Word, 2> kKeeps = {"whole", "good"};
inline constexpr std::array<Word, 6> kImportRowKinds = {"new",      "changed", "leaving",
                                                        "doubtful", "fault",   "warning"};
inline constexpr std::array<Word, 3> kSeverities = {"note", "warning", "error"};
inline constexpr std::array<Word, 5> kActorKinds = {"nobody", "staff", "guardian", "operator",
                                                    "system"};
inline constexpr std::array<Word, 11> kExceptionKinds = {
    "odd_joins", "requests", "newcomers",   "no_class", "no_guardian",         "data_grants",
    "leavers",   "merges",   "no_homeroom", "imports",  "invitations_expiring"};
inline constexpr std::array<Word, 9> kRoleNames = {"admin",   "office",       "street_office",
                                                   "auditor", "data_officer", "principal",
                                                   "clerk",   "teacher",      "guardian"};

/// Of GB/T 2261.1: 1 and 2 are sexes; 0 and 9 say that it is not known, or not told.
[[nodiscard]] constexpr Word sex_name(int code) {
  return kSexes.at(code == 1 || code == 2 ? static_cast<std::size_t>(code) : 0);
}

}  // namespace sj::org
