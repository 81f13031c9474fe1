#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/time/local_day.h"

#include "org/types.h"

/// The organisation as rows in memory: what an import is compared with, what it writes, and what an
/// export is made of. Knows no store.
namespace sj::org {

/// Fields of a person that are sealed one by one (`org_sealed.field`).
enum class Secret : unsigned char {
  id_number,
  student_no,
  phone,
  address,
  health,
  hardship,
  left_behind,
  custody,
};
inline constexpr std::size_t kSecrets = 8;
[[nodiscard]] std::string_view name_of(Secret secret);
[[nodiscard]] std::optional<Secret> secret_of(std::string_view name);
/// Numbers by which a person is found are hashed alike for everybody; of the others, such as
/// hardship with its two values, equal hashes would tell, so the person is hashed with them.
[[nodiscard]] bool finds_person(Secret secret);
[[nodiscard]] inline std::size_t index_of(Secret secret) {
  return static_cast<std::size_t>(secret);
}

/// A number of a person and the field it lies under.
struct Number {
  Secret secret = Secret::id_number;
  std::string value{};

  friend bool operator==(const Number&, const Number&) = default;
};
/// The same number as the other field has it: a student number with G (学籍号) is the ID number
/// after that letter. Nothing for other student numbers, which hold no ID number, and for phones.
[[nodiscard]] std::optional<Number> same_number(Secret secret, std::string_view value);

/// Something for each secret; empty: not given.
using Secrets = std::array<std::string, kSecrets>;

/// The keyed hash by which an equal value is found again. `person` matters where `finds_person` is
/// false.
using Blind =
    std::function<std::string(Secret secret, std::int64_t person, std::string_view value)>;

struct StreetRow {
  std::int64_t id = 0;
  std::string code{};
  std::string name{};

  friend bool operator==(const StreetRow&, const StreetRow&) = default;
};

struct SchoolRow {
  std::int64_t id = 0;
  std::string code{};
  std::string name{};
  std::string kind = "public";     // public | private
  std::string stages = "primary";  // primary | junior | nine_year
  int primary_years = 6;
  std::int64_t street_id = 0;
  bool rural = false;
  LocalDay opened_on = LocalDay::first();
  std::optional<LocalDay> closed_on{};

  friend bool operator==(const SchoolRow&, const SchoolRow&) = default;
};

struct TermRow {
  std::int64_t id = 0;
  int school_year = 0;
  int part = 1;
  LocalDay first_day = LocalDay::first();
  LocalDay last_day = LocalDay::first();

  friend bool operator==(const TermRow&, const TermRow&) = default;
};

struct ClassRow {
  std::int64_t id = 0;
  std::int64_t school_id = 0;
  Stage stage = Stage::primary;
  int entry_year = 0;
  std::int64_t number = 0;
  std::string name{};  // its own, if it has one
  LocalDay opened_on = LocalDay::first();
  std::optional<LocalDay> closed_on{};

  friend bool operator==(const ClassRow&, const ClassRow&) = default;
};

struct PersonRow {
  std::int64_t id = 0;
  std::string name{};
  int sex = 0;  // GB/T 2261.1
  std::optional<LocalDay> birth_day{};
  std::string ethnic{};  // GB/T 3304, two digits
  bool is_pupil = false;
  std::string local_no{};
  bool is_protected = false;
  /// Hashes of what is sealed; kNoBlind where something is sealed without one.
  Secrets blinds{};
  /// Not in the scope of whoever imports: found by a number only, never changed.
  bool is_elsewhere = false;

  friend bool operator==(const PersonRow&, const PersonRow&) = default;
};
inline constexpr std::string_view kNoBlind = "?";

struct MembershipRow {
  std::int64_t id = 0;
  std::int64_t person_id = 0;
  std::int64_t school_id = 0;
  std::int64_t class_id = 0;  // 0: in no class yet
  LocalDay from = LocalDay::first();
  std::optional<LocalDay> until{};
  std::string ended{};

  friend bool operator==(const MembershipRow&, const MembershipRow&) = default;
};

struct GuardianshipRow {
  std::int64_t id = 0;
  std::int64_t pupil_id = 0;
  std::int64_t guardian_id = 0;
  std::string relation{};  // father | mother | grandfather | grandmother | other
  int position = 1;
  bool may_collect = true;
  std::string admitted_by = "school";
  LocalDay from = LocalDay::first();
  std::optional<LocalDay> until{};

  friend bool operator==(const GuardianshipRow&, const GuardianshipRow&) = default;
};

struct StaffRow {
  std::int64_t id = 0;
  std::int64_t person_id = 0;
  std::int64_t school_id = 0;  // 0: the district office
  std::string post{};          // principal | clerk | teacher | doctor | counsellor | other
  std::string staff_no{};
  LocalDay from = LocalDay::first();
  std::optional<LocalDay> until{};

  friend bool operator==(const StaffRow&, const StaffRow&) = default;
};

struct TeachingRow {
  std::int64_t id = 0;
  std::int64_t person_id = 0;
  std::int64_t class_id = 0;
  std::string part{};  // homeroom | subject
  std::string subject{};
  LocalDay from = LocalDay::first();
  std::optional<LocalDay> until{};

  friend bool operator==(const TeachingRow&, const TeachingRow&) = default;
};

/// What somebody else calls a row of ours.
struct ForeignRow {
  std::string source{};
  std::string kind{};  // school | class | person | term | membership | staff | teaching | ...
  std::string foreign_id{};
  std::int64_t our_id = 0;

  friend bool operator==(const ForeignRow&, const ForeignRow&) = default;
};

/// Who holds the office of one of the three (officer.h), and until when.
struct OfficerRow {
  std::int64_t person_id = 0;
  std::optional<LocalDay> until{};

  friend bool operator==(const OfficerRow&, const OfficerRow&) = default;
};

/// What the store has in somebody's scope, all of it valid or once valid. Loaded in the order of
/// ids, so that two of the same store are equal unless something was written in between.
struct Snapshot {
  std::string area_code{};
  std::string area_name{};
  std::vector<StreetRow> streets{};
  std::vector<SchoolRow> schools{};
  std::vector<TermRow> terms{};
  std::vector<ClassRow> classes{};
  std::vector<PersonRow> persons{};
  std::vector<MembershipRow> memberships{};
  std::vector<GuardianshipRow> guardianships{};
  std::vector<StaffRow> staff{};
  std::vector<TeachingRow> teachings{};
  std::vector<ForeignRow> foreign{};
  std::vector<OfficerRow> officers{};
  std::vector<std::int64_t> proposed_leavers{};  // persons with an undecided proposal
  /// Undecided proposals to merge (kept, gone).
  std::vector<std::pair<std::int64_t, std::int64_t>> proposed_merges{};

  friend bool operator==(const Snapshot&, const Snapshot&) = default;
};

}  // namespace sj::org
