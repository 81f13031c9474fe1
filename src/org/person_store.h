#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/auth/access.h"
#include "kernel/auth/vault.h"
#include "kernel/base/result.h"
#include "kernel/desk/tx.h"
#include "kernel/sql/sql.h"

#include "org/types.h"

/// People (人): searching, one person's page, and what is written of them.
namespace sj::org {

/// Where a pupil is (was), with names for showing.
struct MembershipLine {
  std::int64_t id = 0;
  std::int64_t school_id = 0;
  std::string school{};
  std::int64_t class_id = 0;  // 0: none yet
  std::string class_name{};
  LocalDay from = LocalDay::first();
  std::optional<LocalDay> until{};
  std::string ended{};
};

/// A guardian of a pupil, or a pupil of a guardian.
struct GuardianshipLine {
  std::int64_t id = 0;
  std::int64_t person_id = 0;
  std::string name{};
  std::string relation{};
  std::int64_t position = 1;
  bool may_collect = false;
  std::string admitted_by{};
  bool joined = false;  // has a phone tied to the child
  LocalDay from = LocalDay::first();
  std::optional<LocalDay> until{};
};

struct StaffLine {
  std::int64_t id = 0;
  std::int64_t school_id = 0;
  std::string school{};
  std::string post{};
  std::string staff_no{};
  LocalDay from = LocalDay::first();
  std::optional<LocalDay> until{};
};

struct TeachingLine {
  std::int64_t id = 0;
  std::int64_t class_id = 0;
  std::string class_name{};
  std::int64_t person_id = 0;
  std::string person{};
  std::string part{};
  std::string subject{};
  LocalDay from = LocalDay::first();
  std::optional<LocalDay> until{};
};

struct SealedLine {
  std::string field{};
};

/// Everything a page shows of a person. Sealed fields are named, never opened here.
struct Person {
  std::int64_t id = 0;
  std::string name{};
  int sex = 0;
  std::optional<LocalDay> birth_day{};
  std::string ethnic{};
  std::int64_t merged_into = 0;
  bool erased = false;
  bool is_pupil = false;
  std::string local_no{};
  bool is_protected = false;
  std::vector<MembershipLine> memberships{};  // the latest first
  std::vector<GuardianshipLine> guardians{};
  std::vector<GuardianshipLine> wards{};     // whom the scope covers, as siblings
  std::vector<GuardianshipLine> siblings{};  // share a guardian; relation is empty
  std::vector<StaffLine> staff{};
  std::vector<TeachingLine> teachings{};
  std::vector<SealedLine> sealed{};
};
/// Nothing if there is none or the scope covers none of the places by which he is known.
[[nodiscard]] Result<std::optional<Person>> find_person(sql::Reader& store,
                                                        const auth::Scope& scope,
                                                        std::int64_t person,
                                                        LocalDay today);

/// One line of a list.
struct PersonLine {
  std::int64_t id = 0;
  std::string kind{};  // pupil | guardian | staff
  std::string name{};
  int sex = 0;
  std::optional<LocalDay> birth_day{};
  std::string school{};
  std::string class_name{};
};
struct Search {
  std::string key{};        // search_key(...) of what was typed
  std::string id_number{};  // or normalised numbers, when what was typed is one
  std::string student_no{};
  std::string phone{};
  std::string kind{};       // empty: all
  std::int64_t school = 0;  // 0: all that the scope covers
  std::string lacks{};      // `class` or `guardian`: only pupils without; empty: everybody
  bool everybody = false;   // nothing was typed: the first ones of that kind or school
  std::int64_t limit = 50;
  /// So few keys are sooner tried one by one than the people of a school gathered. 0: never.
  std::int64_t few_keys = 500;
};
/// At most `limit` people whose key begins with what was typed, ordered by that key, or who have
/// that number. By name those are found who are, or are to be, at a place that the scope covers;
/// who left is found by number only, and who was merged leads to whom he was merged into. With a
/// school, those who are there, and the guardians of its pupils.
[[nodiscard]] Result<std::vector<PersonLine>> search_people(sql::Reader& store,
                                                            auth::Vault& vault,
                                                            const auth::Scope& scope,
                                                            const Search& search,
                                                            LocalDay today);

/// The pupils of a class today, by their number (2 before 10) and name.
struct ClassPupil {
  std::int64_t id = 0;
  std::string name{};
  int sex = 0;
  std::optional<LocalDay> birth_day{};
  std::string local_no{};
  bool is_protected = false;
  std::vector<GuardianshipLine> guardians{};
};
[[nodiscard]] Result<std::vector<ClassPupil>> list_class_pupils(sql::Reader& store,
                                                                std::int64_t area,
                                                                std::int64_t class_id,
                                                                LocalDay today);
[[nodiscard]] Result<std::vector<TeachingLine>> list_class_teachers(sql::Reader& store,
                                                                    std::int64_t area,
                                                                    std::int64_t class_id,
                                                                    LocalDay today);

/// What is known of a person; sealed fields are given in the open and sealed here.
struct PersonFields {
  std::string name{};
  int sex = 0;
  std::optional<LocalDay> birth_day{};
  std::string ethnic{};
};
[[nodiscard]] Result<void> insert_person(desk::Tx& tx,
                                         std::int64_t area,
                                         std::int64_t id,
                                         const PersonFields& fields);
[[nodiscard]] Result<void> update_person(desk::Tx& tx,
                                         std::int64_t area,
                                         std::int64_t id,
                                         const PersonFields& fields);
/// `findable`: an equal value is found again, and only one person may have it.
/// Fails: org.number_taken (conflict): somebody else has it · auth.* · sql.*
struct SealedValue {
  std::string_view field{};
  std::string_view value{};
  bool findable = false;
};
/// Who else has a value that only one person may have, wherever he is: for deciding, not for
/// telling.
[[nodiscard]] Result<std::optional<std::int64_t>> find_holder(sql::Reader& store,
                                                              const auth::Vault& vault,
                                                              std::int64_t area,
                                                              std::int64_t person,
                                                              const SealedValue& value);
/// org.number_taken (conflict), without saying who has it.
[[nodiscard]] Error number_taken(std::string_view field);
[[nodiscard]] Result<void> put_sealed(desk::Tx& tx,
                                      std::int64_t area,
                                      std::int64_t person,
                                      const SealedValue& value);

[[nodiscard]] Result<void> insert_pupil(desk::Tx& tx,
                                        std::int64_t area,
                                        std::int64_t person,
                                        std::string_view local_no);
[[nodiscard]] Result<void> update_pupil(desk::Tx& tx,
                                        std::int64_t area,
                                        std::int64_t person,
                                        std::string_view local_no,
                                        bool is_protected);
struct NewMembership {
  std::int64_t person = 0;
  std::int64_t school = 0;
  std::int64_t class_id = 0;
  LocalDay from = LocalDay::first();
};
[[nodiscard]] Result<void> insert_membership(desk::Tx& tx,
                                             std::int64_t area,
                                             const NewMembership& membership);
[[nodiscard]] Result<void> end_membership(desk::Tx& tx,
                                          std::int64_t area,
                                          std::int64_t membership,
                                          LocalDay until,
                                          std::string_view ended);
struct NewGuardianship {
  std::int64_t id = 0;
  std::int64_t pupil = 0;
  std::int64_t guardian = 0;
  std::string relation{};
  std::int64_t position = 1;
  bool may_collect = true;
};
[[nodiscard]] Result<void> insert_guardianship(desk::Tx& tx,
                                               std::int64_t area,
                                               const NewGuardianship& guardianship);
struct GuardianshipRef {
  std::int64_t pupil = 0;
  GuardianshipLine line{};
};
[[nodiscard]] Result<std::optional<GuardianshipRef>> find_guardianship(sql::Reader& store,
                                                                       std::int64_t area,
                                                                       std::int64_t id);
[[nodiscard]] Result<void> update_guardianship(desk::Tx& tx,
                                               std::int64_t area,
                                               const GuardianshipLine& line);
struct NewStaff {
  std::int64_t id = 0;
  std::int64_t person = 0;
  std::int64_t school = 0;
  std::string post{};
  std::string staff_no{};
};
[[nodiscard]] Result<void> insert_staff(desk::Tx& tx, std::int64_t area, const NewStaff& staff);
struct NewTeaching {
  std::int64_t id = 0;
  std::int64_t person = 0;
  std::int64_t class_id = 0;
  std::string part{};
  std::string subject{};
};
[[nodiscard]] Result<void> insert_teaching(desk::Tx& tx,
                                           std::int64_t area,
                                           const NewTeaching& teaching);
/// The class of a teaching that lasts; nothing if there is none.
[[nodiscard]] Result<std::optional<std::int64_t>> find_teaching_class(sql::Reader& store,
                                                                      std::int64_t area,
                                                                      std::int64_t teaching);
[[nodiscard]] Result<void> end_teaching(desk::Tx& tx,
                                        std::int64_t area,
                                        std::int64_t teaching,
                                        LocalDay until);

}  // namespace sj::org
