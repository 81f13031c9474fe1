#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/time/ids.h"
#include "kernel/time/local_day.h"

#include "org/snapshot.h"

/// Bringing in rosters (名册导入): what any format is read into, how it is compared with what is
/// there, and what is to be written. Pure: no store, no file, no clock.
namespace sj::org {

/// One table that was read: a sheet or a CSV file.
struct Source {
  struct Column {
    std::string field{};  // "birth_day", "guardian2.phone"
    std::uint32_t number = 0;
    std::string title{};  // as it stands in the file
  };
  std::string name{};
  std::vector<Column> columns{};
  std::size_t rows = 0;  // with data
};

/// Where something came from.
struct Place {
  std::uint32_t source = 0;  // index into Incoming::sources
  std::uint32_t row = 0;     // as the spreadsheet counts; 0: the table itself
};

enum class Severity : unsigned char {
  note,     // for information: what was skipped or inferred
  warning,  // doubtful, taken as it is
  error,    // not taken
};
[[nodiscard]] std::string_view name_of(Severity severity);

/// One thing that is wrong, in words somebody at a school can act on.
struct Fault {
  Severity severity = Severity::error;
  Place place{};
  std::uint32_t column = 0;  // 0: the row as a whole
  std::string title{};       // of the column
  std::string value{};       // as it stands in the file; personal
  std::string code{};        // org.import_* or codes.*
  std::string message{};     // what is wrong, Chinese: 校验码不对
  std::string expected{};    // what would be right, Chinese: 末位应为X
};

/// 名册 第7行“身份证号”：“4301…”校验码不对，末位应为X
[[nodiscard]] std::string sentence(const Fault& fault, const std::vector<Source>& sources);

/// What is said of a text that `text::check_free_text` refuses.
inline constexpr std::string_view kNoFreeText = "含有不该有的内容";
inline constexpr std::string_view kFreeText =
    "不能有网页代码、控制字符和多余的换行，也不能以=、+、-、@开头";

struct InSchool {
  Place place{};
  bool bad = false;  // has an error of its own
  std::string foreign_id{};
  std::string code{};
  std::string name{};
  std::string kind{};    // empty: not said, as everywhere here
  std::string stages{};  // may be inferred
  std::optional<int> primary_years{};
  std::string street_code{};
  std::string street_name{};
  std::optional<bool> rural{};
  std::optional<LocalDay> opened_on{};
  std::optional<LocalDay> closed_on{};
};

struct InTerm {
  Place place{};
  bool bad = false;
  std::string foreign_id{};
  int school_year = 0;
  int part = 1;
  LocalDay first_day = LocalDay::first();
  LocalDay last_day = LocalDay::first();
};

struct InClass {
  Place place{};
  bool bad = false;
  std::string foreign_id{};
  std::size_t school = 0;  // indices into Incoming, as everywhere below
  Stage stage = Stage::primary;
  int entry_year = 0;
  std::int64_t number = 0;
  std::string name{};
  std::optional<LocalDay> opened_on{};
  std::optional<LocalDay> closed_on{};
};

struct InPerson {
  Place place{};
  bool bad = false;
  bool gone = false;  // the sender deletes him: proposed as a leaver
  std::string foreign_id{};
  std::string name{};
  std::optional<int> sex{};
  std::optional<LocalDay> birth_day{};
  std::string ethnic{};
  Secrets secrets{};  // normalised
  bool is_pupil = false;
  std::string local_no{};
  std::optional<bool> is_protected{};
};

struct InMembership {
  Place place{};
  bool bad = false;
  bool gone = false;
  std::string foreign_id{};
  std::size_t person = 0;
  std::size_t school = 0;
  std::optional<std::size_t> class_index{};
  std::optional<LocalDay> from{};
  std::optional<LocalDay> until{};
  std::string ended{};
};

struct InGuardianship {
  Place place{};
  bool bad = false;
  std::string foreign_id{};
  std::size_t pupil = 0;
  std::size_t guardian = 0;
  std::string relation{};
  std::optional<int> position{};
  std::optional<bool> may_collect{};
  std::string admitted_by{};
  std::optional<LocalDay> from{};
  std::optional<LocalDay> until{};
};

struct InStaff {
  Place place{};
  bool bad = false;
  std::string foreign_id{};
  std::size_t person = 0;
  std::optional<std::size_t> school{};  // none: the district office
  std::string post{};
  std::string staff_no{};
  std::optional<LocalDay> from{};
  std::optional<LocalDay> until{};
};

struct InTeaching {
  Place place{};
  bool bad = false;
  std::string foreign_id{};
  std::size_t person = 0;
  std::size_t class_index = 0;
  std::string part{};
  std::string subject{};
  std::optional<LocalDay> from{};
  std::optional<LocalDay> until{};
};

/// What a file says, whatever its format, with everything that is wrong with it in itself.
struct Incoming {
  std::string foreign_source{};  // whose ids `foreign_id` are; empty: there are none
  /// Holds all pupils of the schools it names, so that who is missing may have left.
  bool is_whole = false;
  std::vector<Source> sources{};
  std::vector<InSchool> schools{};
  std::vector<InTerm> terms{};
  std::vector<InClass> classes{};
  std::vector<InPerson> persons{};
  std::vector<InMembership> memberships{};
  std::vector<InGuardianship> guardianships{};
  std::vector<InStaff> staff{};
  std::vector<InTeaching> teachings{};
  std::vector<Fault> faults{};
};

/// What somebody decided about a doubtful row.
struct Choice {
  std::size_t person = 0;    // index into Incoming::persons
  std::int64_t same_as = 0;  // 0: somebody new
};

struct ImportOptions {
  LocalDay today = LocalDay::first();
  /// Good rows are taken although others are wrong.
  bool partial = false;
  /// Of a school's clerk: rows of other schools are refused. 0: the whole area.
  std::int64_t only_school = 0;
  std::vector<Choice> choices{};
};

enum class Verdict : unsigned char { fresh, changed, unchanged, doubtful, refused };
[[nodiscard]] std::string_view name_of(Verdict verdict);

struct FieldChange {
  std::string field{};
  std::string before{};  // sensitive values are never shown, here and below
  std::string after{};
};

/// What becomes of one thing of Incoming.
struct Outcome {
  Verdict verdict = Verdict::refused;
  std::int64_t id = 0;  // ours, if it is there already
  std::vector<FieldChange> changes{};
  /// Persons: who it may be, where the verdict is doubtful. Such a row, and what hangs on it, is
  /// not taken until somebody chooses.
  std::vector<std::int64_t> candidates{};
  /// Memberships: the one that ends because this one begins, and how.
  std::int64_t ends = 0;
  std::string ended{};
};

struct Leaving {
  std::int64_t person_id = 0;
  std::int64_t membership_id = 0;
  std::string name{};
  std::string class_name{};
};

/// A child of another school whom a row names by a number or otherwise. To be told so is to learn
/// that the child is there: `tell_met` (met_store.h) counts it and tells the other school.
struct Met {
  std::int64_t person_id = 0;
  std::string field{};   // id_number, student_no, name or foreign_id: by what
  bool by_name = false;  // the row has his name, too: whoever wrote it knows the child
};

struct Counts {
  std::int64_t fresh = 0;
  std::int64_t changed = 0;
  std::int64_t unchanged = 0;
  std::int64_t doubtful = 0;
  std::int64_t refused = 0;
};

/// What would happen, one outcome for each thing of Incoming, in its order.
struct Plan {
  std::vector<Outcome> schools{};
  std::vector<Outcome> terms{};
  std::vector<Outcome> classes{};
  std::vector<Outcome> persons{};
  std::vector<Outcome> memberships{};
  std::vector<Outcome> guardianships{};
  std::vector<Outcome> staff{};
  std::vector<Outcome> teachings{};
  std::vector<Leaving> leaving{};
  std::vector<std::int64_t> back_again{};  // open leavers who are in the file: withdrawn
  std::vector<Met> met{};
  bool has_unknown = false;     // a number, or a sender's id, that nobody of the school has
  std::vector<Fault> faults{};  // of Incoming and of the comparison, by place
  Counts pupils{};              // a pupil counts as changed also when his class or a guardian is
  Counts guardians{};
  Counts staff_persons{};
  Counts school_counts{};
  Counts class_counts{};

  [[nodiscard]] std::size_t count(Severity severity) const;
  /// Nothing would be written.
  [[nodiscard]] bool is_empty() const;
};

/// Compares what came with what is there.
///
/// Pupils are found by foreign id, student number or ID number, of which a student number with G is
/// another spelling. Where no number is on both sides, by name, class, birth date and sex when that
/// fits one child and no other row, so that a number given later is added to him; likewise in
/// another class of the school, when the file tells of that class and he is no more in it. Whoever
/// else may be there already is doubtful: held until somebody chooses, never made a second child.
/// A child of that name and birth date in another school, or in none now, is doubtful likewise,
/// unless ID numbers say that they are two. Of whom `is_elsewhere` nothing is given but that he is
/// there; where a row has his number and not his name, not even that. Of an officer nothing
/// changes. Nobody is ever removed: who is missing is in `leaving`. What depends on something
/// refused is refused too, with a fault of its own. Values that are not given change nothing.
/// Gives:   the same for the same input; empty when compared again with what it made.
/// Limits:  linear in both, but for names that many share in one school.
/// Source:  中小学生学籍管理办法（教基一〔2013〕7号）
[[nodiscard]] Plan plan_import(const Snapshot& snapshot,
                               const Incoming& incoming,
                               const ImportOptions& options,
                               const Blind& blind);

struct NewMembershipEnd {
  std::int64_t id = 0;
  LocalDay until = LocalDay::first();
  std::string ended{};
};

struct PersonSecrets {
  std::int64_t person_id = 0;
  Secrets secrets{};  // what is to be sealed anew
};

/// Every row that a plan makes or changes. Rows of `changed_*` are whole rows as they will be.
struct Writes {
  std::vector<StreetRow> new_streets{};
  std::vector<SchoolRow> new_schools{};
  std::vector<SchoolRow> changed_schools{};
  std::vector<TermRow> new_terms{};
  std::vector<TermRow> changed_terms{};
  std::vector<ClassRow> new_classes{};
  std::vector<ClassRow> changed_classes{};
  std::vector<PersonRow> new_persons{};
  std::vector<PersonRow> changed_persons{};
  std::vector<PersonSecrets> secrets{};
  std::vector<MembershipRow> new_memberships{};
  std::vector<MembershipRow> changed_memberships{};
  std::vector<GuardianshipRow> new_guardianships{};
  std::vector<GuardianshipRow> changed_guardianships{};
  std::vector<StaffRow> new_staff{};
  std::vector<StaffRow> changed_staff{};
  std::vector<TeachingRow> new_teachings{};
  std::vector<TeachingRow> changed_teachings{};
  std::vector<ForeignRow> new_foreign{};
  std::vector<Leaving> leavers{};
  std::vector<std::int64_t> back_again{};  // persons whose open proposals are withdrawn
  /// Our id of each person of Incoming; 0: not taken.
  std::vector<std::int64_t> person_ids{};
};

/// Fails: org.import_has_faults (conflict): there are errors and the options do not say partial.
[[nodiscard]] Result<Writes> decide_writes(const Snapshot& snapshot,
                                           const Incoming& incoming,
                                           const Plan& plan,
                                           const ImportOptions& options,
                                           const Blind& blind,
                                           IdSource& ids);

/// The snapshot as it will be.
void apply(Snapshot& snapshot, const Writes& writes);

/// "三年级2班" of a row, on that day.
[[nodiscard]] std::string name_of(const ClassRow& row, const SchoolRow& school, LocalDay today);

}  // namespace sj::org
