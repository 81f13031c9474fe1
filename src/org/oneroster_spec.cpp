#include "org/oneroster_spec.h"

#include <array>

namespace sj::org::oneroster {
namespace {

constexpr ColumnSpec must(std::string_view name) {
  return {name, true};
}
constexpr ColumnSpec may(std::string_view name) {
  return {name, false};
}

constexpr std::array kOrgs = {must("sourcedId"),     may("status"), may("dateLastModified"),
                              must("name"),          must("type"),  may("identifier"),
                              may("parentSourcedId")};
constexpr std::array kSessions = {
    must("sourcedId"), may("status"),   may("dateLastModified"), must("title"),     must("type"),
    must("startDate"), must("endDate"), may("parentSourcedId"),  must("schoolYear")};
constexpr std::array kCourses = {
    must("sourcedId"), may("status"),      may("dateLastModified"), may("schoolYearSourcedId"),
    must("title"),     may("courseCode"),  may("grades"),           must("orgSourcedId"),
    may("subjects"),   may("subjectCodes")};
constexpr std::array kClasses = {
    must("sourcedId"),   may("status"),           may("dateLastModified"), must("title"),
    may("grades"),       must("courseSourcedId"), may("classCode"),        must("classType"),
    may("location"),     must("schoolSourcedId"), must("termSourcedIds"),  may("subjects"),
    may("subjectCodes"), may("periods")};
constexpr std::array kUsers = {must("sourcedId"),
                               may("status"),
                               may("dateLastModified"),
                               must("enabledUser"),
                               must("username"),
                               may("userIds"),
                               must("givenName"),
                               must("familyName"),
                               may("middleName"),
                               may("identifier"),
                               may("email"),
                               may("sms"),
                               may("phone"),
                               may("agentSourcedIds"),
                               may("grades"),
                               may("password"),
                               may("userMasterIdentifier"),
                               may("resourceSourcedIds"),
                               may("preferredGivenName"),
                               may("preferredMiddleName"),
                               may("preferredFamilyName"),
                               may("primaryOrgSourcedId"),
                               may("pronouns")};
constexpr std::array kRoles = {must("sourcedId"),       may("status"),
                               may("dateLastModified"), must("userSourcedId"),
                               must("roleType"),        must("role"),
                               may("beginDate"),        may("endDate"),
                               must("orgSourcedId"),    may("userProfileSourcedId")};
constexpr std::array kEnrollments = {
    must("sourcedId"),      may("status"),           may("dateLastModified"),
    must("classSourcedId"), must("schoolSourcedId"), must("userSourcedId"),
    must("role"),           may("primary"),          may("beginDate"),
    may("endDate")};
constexpr std::array kDemographics = {must("sourcedId"),
                                      may("status"),
                                      may("dateLastModified"),
                                      may("birthDate"),
                                      may("sex"),
                                      may("americanIndianOrAlaskaNative"),
                                      may("asian"),
                                      may("blackOrAfricanAmerican"),
                                      may("nativeHawaiianOrOtherPacificIslander"),
                                      may("white"),
                                      may("demographicRaceTwoOrMoreRaces"),
                                      may("hispanicOrLatinoEthnicity"),
                                      may("countryOfBirthCode"),
                                      may("stateOfBirthAbbreviation"),
                                      may("cityOfBirth"),
                                      may("publicSchoolResidenceStatus")};

constexpr std::array kSpecs = {
    TableSpec{TableKind::orgs, "orgs", kOrgs},
    TableSpec{TableKind::academic_sessions, "academicSessions", kSessions},
    TableSpec{TableKind::courses, "courses", kCourses},
    TableSpec{TableKind::classes, "classes", kClasses},
    TableSpec{TableKind::users, "users", kUsers},
    TableSpec{TableKind::roles, "roles", kRoles},
    TableSpec{TableKind::enrollments, "enrollments", kEnrollments},
    TableSpec{TableKind::demographics, "demographics", kDemographics}};

constexpr std::array<std::string_view, 21> kFiles = {"academicSessions",
                                                     "categories",
                                                     "classResources",
                                                     "classes",
                                                     "courseResources",
                                                     "courses",
                                                     "demographics",
                                                     "enrollments",
                                                     "lineItemLearningObjectiveIds",
                                                     "lineItemScoreScales",
                                                     "lineItems",
                                                     "orgs",
                                                     "resources",
                                                     "resultLearningObjectiveIds",
                                                     "resultScoreScales",
                                                     "results",
                                                     "roles",
                                                     "scoreScales",
                                                     "userProfiles",
                                                     "userResources",
                                                     "users"};

}  // namespace

std::span<const TableSpec> tables() {
  return kSpecs;
}

std::span<const std::string_view> all_files() {
  return kFiles;
}

}  // namespace sj::org::oneroster
