#include "org/import.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <set>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "kernel/base/check.h"
#include "kernel/text/unicode.h"

#include "org/clear_text.h"

namespace sj::org {
namespace {

// How far from the usual age of a grade (6 on the first day of grade 1) nothing is said. Design:
// a warning only, the law leaves the case to the school.
constexpr int kYoungest = 4;  // plus the grade, in full years on 31 August
constexpr int kOldest = 8;

constexpr int kFindable = 3;  // id_number, student_no, phone

// A corrected name keeps something of the old one.
bool shares_character(std::string_view a, std::string_view b) {
  const std::u32string points = text::to_code_points(b);
  const std::u32string others = text::to_code_points(a);
  return std::any_of(others.begin(), others.end(),
                     [&](char32_t one) { return points.find(one) != std::u32string::npos; });
}

template <class Row>
std::unordered_map<std::int64_t, std::size_t> index_by_id(const std::vector<Row>& rows) {
  std::unordered_map<std::int64_t, std::size_t> at;
  at.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) at.emplace(rows[i].id, i);
  return at;
}

std::string key_of(std::string_view a, std::string_view b) {
  std::string key(a);
  key += '\0';
  key += b;
  return key;
}

std::string key_of(std::int64_t id, std::string_view name) {
  return key_of(std::to_string(id), name);
}

bool lasts(const std::optional<LocalDay>& until, LocalDay today) {
  return !until || *until > today;
}

std::string shown(const std::optional<LocalDay>& day) {
  return day ? day->to_iso() : std::string();
}

// 13812345678 as *******5678: enough to see which one is meant.
std::string masked(Secret secret, std::string_view value) {
  if (!finds_person(secret) || value.size() <= 4) return "******";
  return std::string(value.size() - 4, '*') + std::string(value.substr(value.size() - 4));
}

int full_years(LocalDay from, LocalDay to) {
  const std::string a = from.to_iso();
  const std::string b = to.to_iso();
  const int years = std::stoi(b.substr(0, 4)) - std::stoi(a.substr(0, 4));
  return a.substr(5) > b.substr(5) ? years - 1 : years;
}

void note(std::vector<FieldChange>& changes,
          std::string_view field,
          std::string before,
          std::string after) {
  changes.push_back({std::string(field), std::move(before), std::move(after)});
}

void compare(std::vector<FieldChange>& changes,
             std::string_view field,
             const std::string& before,
             const std::string& after) {
  if (!after.empty() && before != after) note(changes, field, before, after);
}

void compare(std::vector<FieldChange>& changes,
             std::string_view field,
             const std::optional<LocalDay>& before,
             const std::optional<LocalDay>& after) {
  if (after && before != after) note(changes, field, shown(before), shown(after));
}

void compare(std::vector<FieldChange>& changes,
             std::string_view field,
             std::int64_t before,
             const std::optional<int>& after) {
  if (after && before != *after) {
    note(changes, field, std::to_string(before), std::to_string(*after));
  }
}

void compare_flag(std::vector<FieldChange>& changes,
                  std::string_view field,
                  bool before,
                  const std::optional<bool>& after) {
  if (after && before != *after) note(changes, field, before ? "1" : "0", *after ? "1" : "0");
}

// Where a file of OneRoster has what a roster calls `field`.
struct OtherColumn {
  std::string_view field;
  std::string_view column;
};
constexpr std::array kOtherColumns = {OtherColumn{"school", "schoolSourcedId"},
                                      OtherColumn{"school", "orgSourcedId"},
                                      OtherColumn{"school", "name"},
                                      OtherColumn{"class", "classSourcedId"},
                                      OtherColumn{"class", "title"},
                                      OtherColumn{"class", "orgSourcedId"},
                                      OtherColumn{"grade", "grades"},
                                      OtherColumn{"name", "familyName"},
                                      OtherColumn{"name", "userSourcedId"},
                                      OtherColumn{"birth_day", "birthDate"},
                                      OtherColumn{"id_number", "metadata.sj.idNumber"},
                                      OtherColumn{"student_no", "metadata.sj.studentNo"},
                                      OtherColumn{"local_no", "metadata.sj.localNo"},
                                      OtherColumn{"local_no", "identifier"},
                                      OtherColumn{"staff_no", "metadata.sj.staffNo"},
                                      OtherColumn{"person", "userSourcedId"},
                                      OtherColumn{"person", "agentSourcedIds"}};

const Source::Column* column_of(const Source& source, std::string_view field) {
  const auto named = [&](std::string_view name) -> const Source::Column* {
    for (const Source::Column& column : source.columns) {
      if (column.field == name) return &column;
    }
    return nullptr;
  };
  if (const Source::Column* column = named(field)) return column;
  for (const OtherColumn& other : kOtherColumns) {
    if (other.field != field) continue;
    if (const Source::Column* column = named(other.column)) return column;
  }
  return nullptr;
}

void settle(Outcome& outcome) {
  outcome.verdict = outcome.changes.empty() ? Verdict::unchanged : Verdict::changed;
}

bool is_taken(const Outcome& outcome) {
  return outcome.verdict != Verdict::refused && outcome.verdict != Verdict::doubtful;
}

class Planner {
 public:
  Planner(const Snapshot& snapshot,
          const Incoming& incoming,
          const ImportOptions& options,
          const Blind& blind)
      : store_(snapshot), in_(incoming), options_(options), blind_(blind) {}

  Plan run();

 private:
  void index_store();
  void index_incoming();

  void fault(Severity severity,
             const Place& place,
             std::string_view field,
             std::string value,
             std::string code,
             std::string message,
             std::string expected = {});
  void error(const Place& place,
             std::string_view field,
             std::string value,
             std::string code,
             std::string message,
             std::string expected = {}) {
    fault(Severity::error, place, field, std::move(value), std::move(code), std::move(message),
          std::move(expected));
  }
  // Says so where a number of a person would lie open in the store.
  struct Open {
    std::string_view field;
    const std::string& text;
  };
  bool lies_open(const Place& place, std::initializer_list<Open> fields);
  // Refuses what hangs on something refused; says so unless it is the same row.
  struct Reference {
    Place place;              // of the row that refers
    Place to;                 // of the row it refers to
    std::string_view column;  // where it does
  };
  bool depends(Outcome& outcome, const Outcome& on, const Reference& reference);

  [[nodiscard]] std::int64_t foreign(std::string_view kind, std::string_view foreign_id) const;
  [[nodiscard]] std::string where(const Place& place) const;

  void plan_schools();
  void plan_terms();
  void plan_classes();
  void refuse_twins();
  void match_pupils();
  [[nodiscard]] std::int64_t holder_of(const Number& number) const;
  void meet(std::size_t person, std::int64_t id, std::string_view field);
  bool refuse_elsewhere(std::size_t person, Outcome& outcome, std::string_view field);
  bool refuse_second(std::size_t person, Outcome& outcome);
  void hide_namesakes(std::size_t person);
  bool match_by_number(std::size_t person, Outcome& outcome);
  // Whether a row with another name than its number's owner has slipped: another pupil of the
  // school is called what it says, or another row is called what the owner is.
  [[nodiscard]] bool is_slipped(std::size_t index, const PersonRow& row);
  // Pupils of the row's school who have its name and are not found yet.
  struct Likeness {
    std::vector<std::int64_t> here{};       // in its class; fit in all that is known
    std::vector<std::int64_t> elsewhere{};  // fit as well, and are in another class
    std::vector<std::int64_t> doubtful{};   // may be meant
    bool is_contested = false;              // one of them as well as who fits
  };
  [[nodiscard]] Likeness likeness(std::size_t person) const;
  void match_names(const std::vector<std::size_t>& rows,
                   std::vector<std::int64_t> Likeness::*fitting);
  [[nodiscard]] bool is_gone_from_class(std::int64_t person) const;
  void hold(std::size_t person);
  void hold_mover(std::size_t person);
  void match_others();
  void match_renamed(std::size_t person);
  void compare_persons();
  void plan_memberships();
  void plan_membership(std::size_t index);
  [[nodiscard]] bool is_mere_end(const InMembership& row) const;
  void refuse_homeless();
  void plan_guardianships();
  void plan_staff();
  void plan_teachings();
  void refuse_unconnected();
  void index_coverage();
  [[nodiscard]] bool covers(const MembershipRow& row) const;
  void find_leaving();
  void count();
  void check_age(const InPerson& person, const InMembership& membership);

  [[nodiscard]] const MembershipRow* current_of(std::int64_t person) const;
  [[nodiscard]] const PersonRow& row_of(std::int64_t person) const {
    return store_.persons[person_at_.at(person)];
  }
  [[nodiscard]] std::string class_text(std::int64_t class_id, std::int64_t school_id) const;
  [[nodiscard]] std::string class_text(const InMembership& membership) const;
  [[nodiscard]] static bool has_number(const PersonRow& row);
  [[nodiscard]] static bool has_number(const InPerson& person);
  enum class Numbers : unsigned char { agree, unclear, differ };
  [[nodiscard]] static Numbers numbers_of(const InPerson& person, const PersonRow& row);

  const Snapshot& store_;
  const Incoming& in_;
  const ImportOptions& options_;
  const Blind& blind_;
  Plan plan_;

  std::unordered_map<std::string, std::int64_t> foreign_;
  std::unordered_map<std::int64_t, std::size_t> school_at_;
  std::unordered_map<std::int64_t, std::size_t> class_at_;
  std::unordered_map<std::int64_t, std::size_t> person_at_;
  std::unordered_map<std::int64_t, std::size_t> guardianship_at_;
  std::unordered_map<std::string, std::vector<std::int64_t>> by_number_;
  std::unordered_map<std::int64_t, std::vector<std::size_t>> memberships_of_;
  std::unordered_map<std::int64_t, std::vector<std::size_t>> guardianships_of_;
  std::unordered_map<std::int64_t, std::vector<std::size_t>> staff_of_;
  std::unordered_map<std::int64_t, std::vector<std::size_t>> teachings_of_;
  // Pupils by school and name.
  std::unordered_map<std::string, std::vector<std::int64_t>> in_school_;
  std::unordered_map<std::string, int> names_in_file_;  // by school and name, once it is asked
  // Pupils by name and birth day, wherever they are.
  std::unordered_map<std::string, std::vector<std::int64_t>> by_birth_;
  // Of Incoming: the membership that lasts of each person, his guardianships, either side.
  std::unordered_map<std::size_t, std::size_t> lasting_;
  std::unordered_map<std::size_t, std::vector<std::size_t>> links_of_guardian_;
  std::unordered_map<std::size_t, std::vector<std::size_t>> staff_of_person_;
  // What the file is about, and how much of it: classes, rows and pupils of a school.
  std::unordered_set<std::int64_t> classes_in_file_;
  std::unordered_map<std::int64_t, std::int64_t> rows_of_school_;
  std::unordered_map<std::int64_t, std::int64_t> pupils_of_school_;
  std::unordered_set<std::int64_t> open_leavers_;
  std::unordered_set<std::int64_t> officers_;
  std::unordered_set<std::int64_t> matched_;
  std::unordered_set<std::int64_t> seen_;  // matched, or may be meant by a doubtful or wrong row
};

void Planner::index_store() {
  for (const ForeignRow& row : store_.foreign) {
    if (row.source == in_.foreign_source) {
      foreign_.emplace(key_of(row.kind, row.foreign_id), row.our_id);
    }
  }
  open_leavers_.insert(store_.proposed_leavers.begin(), store_.proposed_leavers.end());
  for (const OfficerRow& row : store_.officers) {
    if (lasts(row.until, options_.today)) officers_.insert(row.person_id);
  }
  school_at_ = index_by_id(store_.schools);
  class_at_ = index_by_id(store_.classes);
  person_at_ = index_by_id(store_.persons);
  guardianship_at_ = index_by_id(store_.guardianships);
  for (const PersonRow& row : store_.persons) {
    for (std::size_t secret = 0; secret < kFindable; ++secret) {
      const std::string& blind = row.blinds.at(secret);
      if (blind.empty() || blind == kNoBlind) continue;
      by_number_[key_of(name_of(static_cast<Secret>(secret)), blind)].push_back(row.id);
    }
    if (row.is_pupil && row.birth_day) {
      by_birth_[key_of(text::fold(row.name), row.birth_day->to_iso())].push_back(row.id);
    }
  }
  for (std::size_t i = 0; i < store_.memberships.size(); ++i) {
    const MembershipRow& row = store_.memberships[i];
    memberships_of_[row.person_id].push_back(i);
    if (!lasts(row.until, options_.today) || !person_at_.contains(row.person_id)) continue;
    const std::string name = text::fold(row_of(row.person_id).name);
    in_school_[key_of(row.school_id, name)].push_back(row.person_id);
  }
  for (std::size_t i = 0; i < store_.guardianships.size(); ++i) {
    if (lasts(store_.guardianships[i].until, options_.today)) {
      guardianships_of_[store_.guardianships[i].pupil_id].push_back(i);
    }
  }
  for (std::size_t i = 0; i < store_.staff.size(); ++i) {
    staff_of_[store_.staff[i].person_id].push_back(i);
  }
  for (std::size_t i = 0; i < store_.teachings.size(); ++i) {
    teachings_of_[store_.teachings[i].person_id].push_back(i);
  }
}

void Planner::index_incoming() {
  for (std::size_t i = 0; i < in_.memberships.size(); ++i) {
    const InMembership& row = in_.memberships[i];
    if (!row.gone && lasts(row.until, options_.today)) lasting_.emplace(row.person, i);
  }
  for (std::size_t i = 0; i < in_.guardianships.size(); ++i) {
    links_of_guardian_[in_.guardianships[i].guardian].push_back(i);
  }
  for (std::size_t i = 0; i < in_.staff.size(); ++i) {
    staff_of_person_[in_.staff[i].person].push_back(i);
  }
}

void Planner::fault(Severity severity,
                    const Place& place,
                    std::string_view field,
                    std::string value,
                    std::string code,
                    std::string message,
                    std::string expected) {
  Fault fault;
  fault.severity = severity;
  fault.place = place;
  fault.value = std::move(value);
  fault.code = std::move(code);
  fault.message = std::move(message);
  fault.expected = std::move(expected);
  if (!field.empty() && place.source < in_.sources.size()) {
    const Source::Column* column = column_of(in_.sources[place.source], field);
    if (column != nullptr) {
      fault.column = column->number;
      fault.title = column->title;
    }
  }
  plan_.faults.push_back(std::move(fault));
}

bool Planner::lies_open(const Place& place, std::initializer_list<Open> fields) {
  bool is_open = false;
  for (const auto& [field, text] : fields) {
    if (!number_in(text, options_.today)) continue;
    is_open = true;
    error(place, field, text, "org.import_number_here", "像是身份证号或学籍号，这里不加密保存",
          "请移到“身份证号”或“学籍号”列");
  }
  return is_open;
}

bool Planner::depends(Outcome& outcome, const Outcome& on, const Reference& reference) {
  if (on.verdict == Verdict::doubtful) {
    outcome.verdict = Verdict::doubtful;
    return true;
  }
  if (on.verdict != Verdict::refused) return false;
  outcome.verdict = Verdict::refused;
  const auto& [place, to, column] = reference;
  if (place.source != to.source || place.row != to.row) {
    error(place, column, "", "org.import_depends", "所依据的记录有错，没有导入",
          "请先改正" + where(to));
  }
  return true;
}

std::int64_t Planner::foreign(std::string_view kind, std::string_view foreign_id) const {
  if (foreign_id.empty() || in_.foreign_source.empty()) return 0;
  const auto found = foreign_.find(key_of(kind, foreign_id));
  return found == foreign_.end() ? 0 : found->second;
}

std::string Planner::where(const Place& place) const {
  std::string text;
  if (place.source < in_.sources.size()) text = in_.sources[place.source].name + " ";
  return text + "第" + std::to_string(place.row) + "行";
}

const MembershipRow* Planner::current_of(std::int64_t person) const {
  const auto found = memberships_of_.find(person);
  if (found == memberships_of_.end()) return nullptr;
  for (const std::size_t i : found->second) {
    if (lasts(store_.memberships[i].until, options_.today)) return &store_.memberships[i];
  }
  return nullptr;
}

std::string Planner::class_text(std::int64_t class_id, std::int64_t school_id) const {
  std::string text;
  const auto school = school_at_.find(school_id);
  if (school == school_at_.end()) return text;
  const auto row = class_at_.find(class_id);
  if (row == class_at_.end()) return store_.schools[school->second].name;
  return name_of(store_.classes[row->second], store_.schools[school->second], options_.today);
}

std::string Planner::class_text(const InMembership& membership) const {
  const InSchool& school = in_.schools[membership.school];
  if (!membership.class_index) return school.name;
  const InClass& row = in_.classes[*membership.class_index];
  const Outcome& known = plan_.schools[membership.school];
  SchoolRow stand_in;
  stand_in.primary_years = school.primary_years.value_or(6);
  const auto at = school_at_.find(known.id);
  const SchoolRow& where = at == school_at_.end() ? stand_in : store_.schools[at->second];
  ClassRow text;
  text.stage = row.stage;
  text.entry_year = row.entry_year;
  text.number = row.number;
  text.name = row.name;
  return name_of(text, where, options_.today);
}

bool Planner::has_number(const PersonRow& row) {
  return !row.blinds[index_of(Secret::student_no)].empty() ||
         !row.blinds[index_of(Secret::id_number)].empty();
}

bool Planner::has_number(const InPerson& person) {
  return !person.secrets[index_of(Secret::student_no)].empty() ||
         !person.secrets[index_of(Secret::id_number)].empty();
}

// What the numbers of two say who were not found by them. ID numbers stay for life. A student
// number is given anew when a child gets its ID card, and may hold the ID number or not.
Planner::Numbers Planner::numbers_of(const InPerson& person, const PersonRow& row) {
  if (!has_number(person) || !has_number(row)) return Numbers::agree;
  const bool has_id =
      !person.secrets[index_of(Secret::id_number)].empty() ||
      same_number(Secret::student_no, person.secrets[index_of(Secret::student_no)]).has_value();
  return has_id && !row.blinds[index_of(Secret::id_number)].empty() ? Numbers::differ
                                                                    : Numbers::unclear;
}

void Planner::plan_schools() {
  std::unordered_map<std::string, std::int64_t> by_code;
  std::unordered_map<std::string, std::int64_t> by_name;
  for (const SchoolRow& row : store_.schools) {
    if (!row.code.empty()) by_code.emplace(row.code, row.id);
    by_name.emplace(text::fold(row.name), row.id);
  }
  std::unordered_map<std::string, Place> in_file;
  plan_.schools.resize(in_.schools.size());
  for (std::size_t i = 0; i < in_.schools.size(); ++i) {
    const InSchool& school = in_.schools[i];
    Outcome& outcome = plan_.schools[i];
    if (school.bad) continue;
    if (lies_open(school.place, {{"school", school.name}, {"street", school.street_name}}))
      continue;
    const std::string name = text::fold(school.name);
    outcome.id = foreign("school", school.foreign_id);
    const auto coded = by_code.find(school.code);
    const auto named = by_name.find(name);
    const std::int64_t code_id = school.code.empty() || coded == by_code.end() ? 0 : coded->second;
    const std::int64_t name_id = named == by_name.end() ? 0 : named->second;
    if (outcome.id == 0) outcome.id = code_id != 0 ? code_id : name_id;
    if (!school_at_.contains(outcome.id)) outcome.id = 0;
    if ((code_id != 0 && code_id != outcome.id) || (name_id != 0 && name_id != outcome.id)) {
      error(school.place, "school", school.name, "org.import_school_disagrees",
            "学校名称与标识码属于两所学校", "请核对学校名称和学校标识码");
      continue;
    }
    // Known by its row here, else by its name.
    const auto known = in_file.try_emplace(
        outcome.id != 0 ? "#" + std::to_string(outcome.id) : name, school.place);
    if (!known.second) {
      error(school.place, "school", school.name, "org.import_twice",
            "与" + where(known.first->second) + "重复", "同一所学校只能出现一次");
      outcome.id = 0;
      continue;
    }
    if (options_.only_school != 0 && outcome.id != options_.only_school) {
      error(school.place, "school", school.name, "org.import_other_school", "不是您所在的学校",
            "只能导入本校的名册");
      outcome.id = 0;
      continue;
    }
    if (outcome.id == 0) {
      if (school.stages.empty()) {
        error(school.place, "school", school.name, "org.import_unknown_school",
              "系统里没有这所学校", "请核对学校名称，或先登记这所学校");
        continue;
      }
      outcome.verdict = Verdict::fresh;
      continue;
    }
    const SchoolRow& row = store_.schools[school_at_.at(outcome.id)];
    // A roster names a school as people call it; only whoever keeps the list renames it.
    if (!school.foreign_id.empty()) compare(outcome.changes, "name", row.name, school.name);
    compare(outcome.changes, "code", row.code, school.code);
    if (!school.foreign_id.empty()) {
      compare(outcome.changes, "kind", row.kind, school.kind);
      compare(outcome.changes, "stages", row.stages, school.stages);
      compare(outcome.changes, "primary_years", row.primary_years, school.primary_years);
      compare_flag(outcome.changes, "rural", row.rural, school.rural);
      compare(outcome.changes, "opened_on", std::optional(row.opened_on), school.opened_on);
      compare(outcome.changes, "closed_on", row.closed_on, school.closed_on);
    }
    settle(outcome);
  }
}

void Planner::plan_terms() {
  plan_.terms.resize(in_.terms.size());
  std::unordered_map<int, Place> in_file;
  for (std::size_t i = 0; i < in_.terms.size(); ++i) {
    const InTerm& term = in_.terms[i];
    Outcome& outcome = plan_.terms[i];
    if (term.bad) continue;
    const auto first = in_file.try_emplace(term.school_year * 2 + term.part, term.place);
    if (!first.second) {
      error(term.place, "", "", "org.import_twice", "与" + where(first.first->second) + "重复",
            "一个学年只有两个学期");
      continue;
    }
    const auto found =
        std::find_if(store_.terms.begin(), store_.terms.end(), [&](const TermRow& row) {
          return row.school_year == term.school_year && row.part == term.part;
        });
    outcome.verdict = Verdict::fresh;
    // Terms are the district's; a school's clerk brings none.
    if (options_.only_school != 0) {
      outcome.verdict = found == store_.terms.end() ? Verdict::refused : Verdict::unchanged;
      if (found != store_.terms.end()) outcome.id = found->id;
      continue;
    }
    if (found == store_.terms.end()) continue;
    outcome.id = found->id;
    compare(outcome.changes, "first_day", std::optional(found->first_day),
            std::optional(term.first_day));
    compare(outcome.changes, "last_day", std::optional(found->last_day),
            std::optional(term.last_day));
    settle(outcome);
  }
}

void Planner::plan_classes() {
  const auto key = [](std::string_view school, Stage stage, int year, std::int64_t number) {
    return key_of(
        school, std::string(name_of(stage)) + std::to_string(year) + "/" + std::to_string(number));
  };
  std::unordered_map<std::string, std::int64_t> ours;
  for (const ClassRow& row : store_.classes) {
    ours.emplace(key(std::to_string(row.school_id), row.stage, row.entry_year, row.number), row.id);
  }
  std::unordered_map<std::string, Place> in_file;
  plan_.classes.resize(in_.classes.size());
  for (std::size_t i = 0; i < in_.classes.size(); ++i) {
    const InClass& row = in_.classes[i];
    Outcome& outcome = plan_.classes[i];
    if (row.bad || lies_open(row.place, {{"class", row.name}})) continue;
    const Outcome& school = plan_.schools[row.school];
    if (depends(outcome, school, {row.place, in_.schools[row.school].place, "school"})) continue;
    const auto twice = in_file.try_emplace(
        key("#" + std::to_string(row.school), row.stage, row.entry_year, row.number), row.place);
    if (!twice.second) {
      error(row.place, "class", std::to_string(row.number), "org.import_twice",
            "与" + where(twice.first->second) + "是同一个班", "同一年级的班号不能重复");
      continue;
    }
    const std::string stages = school.id != 0 ? store_.schools[school_at_.at(school.id)].stages
                                              : in_.schools[row.school].stages;
    const bool fits = stages == "nine_year" || stages == name_of(row.stage);
    if (!fits && in_.schools[row.school].stages != "nine_year") {
      error(row.place, "grade", "", "org.import_wrong_stage",
            stages == "primary" ? "这所学校是小学，没有初中年级" : "这所学校是初中，没有小学年级",
            "请核对年级，或先改学校的学段");
      continue;
    }
    const auto found =
        ours.find(key(std::to_string(school.id), row.stage, row.entry_year, row.number));
    const std::int64_t by_key = school.id == 0 || found == ours.end() ? 0 : found->second;
    outcome.id = foreign("class", row.foreign_id);
    if (!class_at_.contains(outcome.id) ||
        store_.classes[class_at_.at(outcome.id)].school_id != school.id) {
      outcome.id = by_key;
    } else if (by_key != 0 && by_key != outcome.id) {
      error(row.place, "class", std::to_string(row.number), "org.import_class_taken",
            "这个年级已有这个班号", "请改用别的班号");
      continue;
    }
    if (outcome.id == 0) {
      outcome.verdict = Verdict::fresh;
      continue;
    }
    const ClassRow& old = store_.classes[class_at_.at(outcome.id)];
    if (old.stage != row.stage) {
      note(outcome.changes, "stage", std::string(name_of(old.stage)),
           std::string(name_of(row.stage)));
    }
    compare(outcome.changes, "entry_year", old.entry_year, std::optional(row.entry_year));
    compare(outcome.changes, "number", std::to_string(old.number), std::to_string(row.number));
    compare(outcome.changes, "name", old.name, row.name);
    compare(outcome.changes, "opened_on", std::optional(old.opened_on), row.opened_on);
    compare(outcome.changes, "closed_on", old.closed_on, row.closed_on);
    settle(outcome);
  }
}

// The same pupil twice in what came: the first one counts.
void Planner::refuse_twins() {
  struct First {
    std::size_t person;
    Place place;
  };
  std::unordered_map<std::string, First> first;
  const auto twice = [&](std::size_t index, std::string_view field, std::string key,
                         std::string_view value, std::string_view what) {
    const InPerson& person = in_.persons[index];
    const auto known = first.try_emplace(std::move(key), First{index, person.place});
    if (known.second || known.first->second.person == index) return false;
    error(person.place, field, std::string(value), "org.import_twice",
          std::string(what) + "与" + where(known.first->second.place) + "重复",
          "每名学生只能出现一次");
    return true;
  };
  // A student number that holds an ID number and that ID number are one key.
  const auto number_key = [](Secret secret, const std::string& number) {
    const auto same = secret == Secret::student_no ? same_number(secret, number) : std::nullopt;
    return same ? key_of("i", same->value)
                : key_of(secret == Secret::student_no ? "s" : "i", number);
  };
  for (std::size_t i = 0; i < in_.persons.size(); ++i) {
    const InPerson& person = in_.persons[i];
    if (!person.is_pupil || person.gone) continue;
    Outcome& outcome = plan_.persons[i];
    const std::string& student_no = person.secrets[index_of(Secret::student_no)];
    const std::string& id_number = person.secrets[index_of(Secret::id_number)];
    bool is_twin =
        !student_no.empty() &&
        twice(i, "student_no", number_key(Secret::student_no, student_no), student_no, "学籍号");
    is_twin = (!id_number.empty() && twice(i, "id_number", number_key(Secret::id_number, id_number),
                                           id_number, "证件号码")) ||
              is_twin;
    // Two of one name and birth date in one class, and nothing to tell them apart.
    const auto membership = lasting_.find(i);
    if (student_no.empty() && id_number.empty() && person.foreign_id.empty() &&
        membership != lasting_.end() && !person.name.empty()) {
      const InMembership& row = in_.memberships[membership->second];
      const std::string class_key =
          row.class_index ? std::to_string(*row.class_index) : "s" + std::to_string(row.school);
      is_twin = twice(i, "name",
                      key_of("n" + class_key, text::fold(person.name) + shown(person.birth_day)),
                      person.name, "同一个班里姓名、出生日期") ||
                is_twin;
    }
    const bool is_open =
        lies_open(person.place, {{"name", person.name}, {"local_no", person.local_no}});
    outcome.verdict = is_twin || is_open || person.bad ? Verdict::refused : Verdict::fresh;
  }
}

// Whose number it is; 0: nobody's.
std::int64_t Planner::holder_of(const Number& number) const {
  const auto known =
      by_number_.find(key_of(name_of(number.secret), blind_(number.secret, 0, number.value)));
  return known == by_number_.end() ? 0 : known->second.front();
}

void Planner::meet(std::size_t index, std::int64_t id, std::string_view field) {
  const InPerson& person = in_.persons[index];
  plan_.met.push_back(
      {id, std::string(field), text::fold(person.name) == text::fold(row_of(id).name)});
}

// Pupils of another school are not this clerk's. Whoever has a number without the name may have
// invented it, and learns no more than that something is wrong with it.
bool Planner::refuse_elsewhere(std::size_t index, Outcome& outcome, std::string_view field) {
  const InPerson& person = in_.persons[index];
  meet(index, outcome.id, field);
  const bool is_named = plan_.met.back().by_name;
  outcome.verdict = Verdict::refused;
  outcome.id = 0;
  hide_namesakes(index);
  if (is_named) {
    error(person.place, "name", person.name, "org.import_elsewhere", "该生在本区另一所学校在读",
          "请先办理转学，再导入");
  } else {
    error(person.place, "name", person.name, "org.import_number_name", "号码与姓名对不上",
          "请与原件核对姓名和号码；确认无误的，请联系区教育局");
  }
  return true;
}

// Whose number came first to another school, while this one has him without a number: two rows of
// one child, and to move one of them would leave the other.
bool Planner::refuse_second(std::size_t index, Outcome& outcome) {
  const auto membership = lasting_.find(index);
  if (membership == lasting_.end()) return false;
  const std::int64_t school = plan_.schools[in_.memberships[membership->second].school].id;
  const MembershipRow* current = current_of(outcome.id);
  if (school == 0 || (current != nullptr && current->school_id == school)) return false;
  const Likeness like = likeness(index);
  if (like.here.empty() && like.elsewhere.empty()) return false;
  outcome.verdict = Verdict::refused;
  outcome.id = 0;
  hide_namesakes(index);
  const InPerson& person = in_.persons[index];
  error(person.place, "name", person.name, "org.import_numbers_disagree",
        "号码属于另一所学校的同名学生，本校另有一名没有号码的同名学生",
        "请先合并这两名学生，再导入");
  return true;
}

// A row that is refused hides whoever it may mean from the list of leavers.
void Planner::hide_namesakes(std::size_t index) {
  const auto membership = lasting_.find(index);
  if (membership == lasting_.end()) return;
  const std::int64_t school_id = plan_.schools[in_.memberships[membership->second].school].id;
  const auto known = in_school_.find(key_of(school_id, text::fold(in_.persons[index].name)));
  if (known != in_school_.end()) seen_.insert(known->second.begin(), known->second.end());
}

// By a number, or by what the sender calls him. Says whether it is settled.
bool Planner::is_slipped(std::size_t index, const PersonRow& row) {
  const auto lasting = lasting_.find(index);
  if (lasting == lasting_.end()) return false;
  const std::int64_t school = plan_.schools[in_.memberships[lasting->second].school].id;
  if (school == 0) return false;
  if (names_in_file_.empty()) {
    for (const auto& [person, membership] : lasting_) {
      const std::int64_t at = plan_.schools[in_.memberships[membership].school].id;
      ++names_in_file_[key_of(at, text::fold(in_.persons[person].name))];
    }
  }
  const auto known = in_school_.find(key_of(school, text::fold(in_.persons[index].name)));
  return (known != in_school_.end() &&
          std::any_of(known->second.begin(), known->second.end(),
                      [&](std::int64_t id) { return id != row.id; })) ||
         names_in_file_.contains(key_of(school, text::fold(row.name)));
}

bool Planner::match_by_number(std::size_t index, Outcome& outcome) {
  const InPerson& person = in_.persons[index];
  std::vector<std::int64_t> found;
  const auto add = [&](std::int64_t id) {
    if (person_at_.contains(id) && std::find(found.begin(), found.end(), id) == found.end()) {
      found.push_back(id);
    }
  };
  std::string_view met_by = "foreign_id";  // of the last one found
  const auto add_known = [&](std::int64_t id, std::string_view by) {
    plan_.has_unknown = plan_.has_unknown || !person_at_.contains(id) || row_of(id).is_elsewhere;
    if (found.empty()) met_by = by;
    add(id);
  };
  if (!person.foreign_id.empty()) add_known(foreign("person", person.foreign_id), "foreign_id");
  for (const Secret secret : {Secret::student_no, Secret::id_number}) {
    const std::string& value = person.secrets[index_of(secret)];
    if (value.empty()) continue;
    std::int64_t holder = holder_of({secret, value});
    const auto same = same_number(secret, value);
    if (holder == 0 && same) holder = holder_of(*same);
    add_known(holder, name_of(secret));
    if (same) add(holder_of(*same));
  }
  if (found.size() > 1) {
    seen_.insert(found.begin(), found.end());
    if (outcome.verdict != Verdict::refused) {
      for (const std::int64_t id : found) {
        if (row_of(id).is_elsewhere) meet(index, id, met_by);
      }
      error(person.place, "id_number", person.name, "org.import_numbers_disagree",
            "学籍号和证件号码属于系统里的两名学生", "请核对这两个号码；如是同一人，请先合并");
    }
    outcome.id = 0;
    outcome.verdict = Verdict::refused;
    return true;
  }
  outcome.id = found.empty() ? 0 : found.front();
  if (outcome.id == 0) return false;
  seen_.insert(outcome.id);
  if (outcome.verdict == Verdict::refused) {
    outcome.id = 0;
    return false;  // its name may still tell who is meant, so that he is no leaver
  }
  const PersonRow& row = row_of(outcome.id);
  if (row.is_elsewhere) return refuse_elsewhere(index, outcome, met_by);
  if (met_by != "foreign_id" && refuse_second(index, outcome)) return true;
  if (!matched_.insert(outcome.id).second) {
    error(person.place, "name", person.name, "org.import_twice", "与文件中另一行是同一名学生",
          "每名学生只能出现一次");
    outcome.verdict = Verdict::refused;
    return true;
  }
  const bool other_name = !person.name.empty() && text::fold(person.name) != text::fold(row.name);
  const bool other_day = person.birth_day && row.birth_day && *person.birth_day != *row.birth_day;
  const bool is_chosen = std::any_of(
      options_.choices.begin(), options_.choices.end(),
      [&](const Choice& choice) { return choice.person == index && choice.same_as == outcome.id; });
  // A number that slipped into the next row carries the day that it says itself: only the names
  // tell it from a name that was corrected.
  const bool is_others_name =
      other_name &&
      (!shares_character(text::fold(person.name), text::fold(row.name)) || is_slipped(index, row));
  if (other_name && (other_day || is_others_name) && person.foreign_id.empty() && !is_chosen) {
    outcome.verdict = Verdict::doubtful;
    outcome.candidates = {outcome.id};
    fault(
        Severity::warning, person.place, "name", person.name, "org.import_other_person",
        "号码与系统里的“" + row.name + "”相同，但姓名" + (other_day ? "、出生日期都" : "") + "不同",
        "请确认是否为同一人，并核对号码是否错行");
  } else if (other_name && !is_chosen) {
    fault(Severity::warning, person.place, "name", person.name, "org.import_renamed",
          "号码相同，姓名由“" + row.name + "”改为“" + person.name + "”",
          "如不是改名，请核对号码是否错行");
  }
  return true;
}

// What the name of a row says, and how surely, where no number settles it.
Planner::Likeness Planner::likeness(std::size_t index) const {
  const InPerson& person = in_.persons[index];
  const InMembership& row = in_.memberships[lasting_.at(index)];
  const std::int64_t school_id = plan_.schools[row.school].id;
  Likeness like;
  const auto known = in_school_.find(key_of(school_id, text::fold(person.name)));
  if (school_id == 0 || known == in_school_.end()) return like;
  const std::int64_t class_id = row.class_index ? plan_.classes[*row.class_index].id : 0;
  for (const std::int64_t id : known->second) {
    if (matched_.contains(id)) continue;
    const PersonRow& old = row_of(id);
    // In the class of the row; of a row without one, anywhere in its school.
    const bool is_here = !row.class_index || current_of(id)->class_id == class_id;
    const Numbers numbers = numbers_of(person, old);
    const bool has_days = person.birth_day && old.birth_day;
    const bool same_day = person.birth_day == old.birth_day;
    const bool same_sex = !person.sex || old.sex == 0 || *person.sex == old.sex;
    // Without birth days only two without any number are taken for one child.
    const bool fits =
        same_day && same_sex && (has_days || (!has_number(person) && !has_number(old)));
    if (fits && numbers == Numbers::unclear) like.is_contested = true;
    if (fits && numbers == Numbers::agree) {
      (is_here ? like.here : like.elsewhere).push_back(id);
    } else if (is_here ? same_day || numbers == Numbers::agree
                       : numbers != Numbers::differ &&
                             (fits || (!has_days && same_sex && is_gone_from_class(id)))) {
      like.doubtful.push_back(id);
    }
  }
  return like;
}

// Takes him for the one who fits, where that is one only and no other row may mean him.
void Planner::match_names(const std::vector<std::size_t>& rows,
                          std::vector<std::int64_t> Likeness::*fitting) {
  std::vector<std::pair<std::size_t, std::int64_t>> sure;
  std::unordered_map<std::int64_t, int> wanted;
  for (const std::size_t i : rows) {
    if (plan_.persons[i].id != 0) continue;
    const Likeness like = likeness(i);
    const std::vector<std::int64_t>& fits = like.*fitting;
    for (const std::int64_t id : fits) ++wanted[id];
    const bool is_moving = fitting == &Likeness::elsewhere;
    if (fits.size() != 1 || like.is_contested) continue;
    if (is_moving && (!like.here.empty() || !like.doubtful.empty())) continue;
    // Whoever is in another class has moved if that class is in the file and he no more in it.
    if (is_moving && !is_gone_from_class(fits.front())) continue;
    sure.emplace_back(i, fits.front());
  }
  for (const auto& [row, id] : sure) {
    if (wanted.at(id) != 1) continue;
    plan_.persons[row].id = id;
    matched_.insert(id);
    seen_.insert(id);
  }
}

bool Planner::is_gone_from_class(std::int64_t person) const {
  return !seen_.contains(person) && (covers(*current_of(person)) || open_leavers_.contains(person));
}

// Whoever may be there already is held until somebody chooses: he would become a second child.
void Planner::hold(std::size_t index) {
  const Likeness like = likeness(index);
  Outcome& outcome = plan_.persons[index];
  for (const auto* some : {&like.here, &like.doubtful, &like.elsewhere}) {
    outcome.candidates.insert(outcome.candidates.end(), some->begin(), some->end());
  }
  if (outcome.candidates.empty()) {
    hold_mover(index);
    return;
  }
  outcome.verdict = Verdict::doubtful;
  seen_.insert(outcome.candidates.begin(), outcome.candidates.end());
  const InPerson& person = in_.persons[index];
  fault(Severity::warning, person.place, "name", person.name, "org.import_maybe_same",
        "可能是系统里已有的同名学生", "请确认是不是同一人；确认前不写入");
}

// A child of that name and birth date is at another school, or was at one: he may have come from
// there. A school's clerk is told no more of him; if it is another child he says so.
void Planner::hold_mover(std::size_t index) {
  const InPerson& person = in_.persons[index];
  if (!person.birth_day) return;
  plan_.has_unknown = true;
  const auto known = by_birth_.find(key_of(text::fold(person.name), person.birth_day->to_iso()));
  if (known == by_birth_.end()) return;
  Outcome& outcome = plan_.persons[index];
  bool is_elsewhere = false;
  for (const std::int64_t id : known->second) {
    const PersonRow& old = row_of(id);
    const bool same_sex = !person.sex || old.sex == 0 || *person.sex == 0 || *person.sex == old.sex;
    if (matched_.contains(id) || !same_sex || numbers_of(person, old) == Numbers::differ) continue;
    if (old.is_elsewhere) {
      is_elsewhere = true;
      meet(index, id, "name");
    } else {
      outcome.candidates.push_back(id);
    }
  }
  if (!is_elsewhere && outcome.candidates.empty()) return;
  outcome.verdict = Verdict::doubtful;
  seen_.insert(outcome.candidates.begin(), outcome.candidates.end());
  fault(Severity::warning, person.place, "name", person.name, "org.import_maybe_moved",
        "本区另有姓名、出生日期相同的学生，可能是转学来的",
        is_elsewhere ? "如是同一人，请先办理转学；如不是，请选“是另一个孩子，新建”；确认前不写入"
                     : "请确认是不是同一人；确认前不写入");
}

void Planner::match_pupils() {
  std::unordered_map<std::size_t, std::int64_t> choices;
  for (const Choice& choice : options_.choices) choices.emplace(choice.person, choice.same_as);
  std::vector<std::size_t> rest;
  for (std::size_t i = 0; i < in_.persons.size(); ++i) {
    if (!in_.persons[i].is_pupil) continue;
    Outcome& outcome = plan_.persons[i];
    const auto chosen = choices.find(i);
    if (chosen != choices.end() && outcome.verdict != Verdict::refused && chosen->second != 0 &&
        person_at_.contains(chosen->second) && row_of(chosen->second).is_pupil &&
        !row_of(chosen->second).is_elsewhere && matched_.insert(chosen->second).second) {
      outcome.id = chosen->second;
      seen_.insert(outcome.id);
      continue;
    }
    if (match_by_number(i, outcome) || !lasting_.contains(i)) continue;
    if (outcome.verdict == Verdict::refused) {
      hide_namesakes(i);
    } else if (chosen == choices.end() || chosen->second != 0) {
      rest.push_back(i);
    }
  }
  // Whoever stayed in his class first, so that only who is left can have moved.
  match_names(rest, &Likeness::here);
  match_names(rest, &Likeness::elsewhere);
  for (const std::size_t i : rest) {
    if (plan_.persons[i].id == 0) hold(i);
  }
}

// Guardians and staff: by foreign id, by phone and name, or by name beside the same pupil or in
// the same school.
void Planner::match_others() {
  std::vector<std::size_t> renamed;
  for (std::size_t i = 0; i < in_.persons.size(); ++i) {
    const InPerson& person = in_.persons[i];
    if (person.is_pupil) continue;
    Outcome& outcome = plan_.persons[i];
    const bool is_open = !person.bad && lies_open(person.place, {{"name", person.name}});
    outcome.verdict = person.bad || is_open ? Verdict::refused : Verdict::fresh;
    if (outcome.verdict == Verdict::refused) continue;
    const std::string name = text::fold(person.name);
    const auto is_named = [&](std::int64_t id) {
      return person_at_.contains(id) && text::fold(row_of(id).name) == name;
    };
    outcome.id = foreign("person", person.foreign_id);
    if (!person_at_.contains(outcome.id)) outcome.id = 0;
    const std::string& phone = person.secrets[index_of(Secret::phone)];
    if (outcome.id == 0 && !phone.empty()) {
      const auto known =
          by_number_.find(key_of(name_of(Secret::phone), blind_(Secret::phone, 0, phone)));
      if (known != by_number_.end()) {
        const auto same = std::find_if(known->second.begin(), known->second.end(), is_named);
        if (same != known->second.end()) outcome.id = *same;
      }
    }
    const auto links = links_of_guardian_.find(i);
    if (outcome.id == 0 && links != links_of_guardian_.end()) {
      for (const std::size_t link : links->second) {
        const auto theirs = guardianships_of_.find(plan_.persons[in_.guardianships[link].pupil].id);
        if (theirs == guardianships_of_.end() || outcome.id != 0) continue;
        for (const std::size_t row : theirs->second) {
          const std::int64_t id = store_.guardianships[row].guardian_id;
          if (outcome.id == 0 && is_named(id)) outcome.id = id;
        }
      }
    }
    if (outcome.id == 0 && links != links_of_guardian_.end() && !phone.empty()) {
      renamed.push_back(i);
    }
    const auto posts = staff_of_person_.find(i);
    if (outcome.id == 0 && posts != staff_of_person_.end()) {
      for (const std::size_t post : posts->second) {
        const auto& school = in_.staff[post].school;
        const std::int64_t school_id = school ? plan_.schools[*school].id : 0;
        if (school && school_id == 0) continue;
        for (const StaffRow& row : store_.staff) {
          if (outcome.id == 0 && row.school_id == school_id && lasts(row.until, options_.today) &&
              is_named(row.person_id)) {
            outcome.id = row.person_id;
          }
        }
      }
    }
    if (outcome.id != 0) seen_.insert(outcome.id);
  }
  for (const std::size_t i : renamed) match_renamed(i);
}

// The father whose name was corrected: the same pupil, the same relation, the same telephone.
void Planner::match_renamed(std::size_t index) {
  Outcome& outcome = plan_.persons[index];
  const std::string blind =
      blind_(Secret::phone, 0, in_.persons[index].secrets[index_of(Secret::phone)]);
  for (const std::size_t link : links_of_guardian_.at(index)) {
    const InGuardianship& row = in_.guardianships[link];
    const std::int64_t pupil = plan_.persons[row.pupil].id;
    const auto theirs = guardianships_of_.find(pupil);
    // Of a protected pupil the school admits whoever is new, also under an old number.
    if (outcome.id != 0 || theirs == guardianships_of_.end() || row_of(pupil).is_protected)
      continue;
    for (const std::size_t at : theirs->second) {
      const GuardianshipRow& old = store_.guardianships[at];
      if (old.relation != row.relation || !person_at_.contains(old.guardian_id) ||
          row_of(old.guardian_id).is_elsewhere || seen_.contains(old.guardian_id) ||
          row_of(old.guardian_id).blinds[index_of(Secret::phone)] != blind) {
        continue;
      }
      outcome.id = old.guardian_id;
      seen_.insert(outcome.id);
      break;
    }
  }
}

void Planner::compare_persons() {
  for (std::size_t i = 0; i < in_.persons.size(); ++i) {
    const InPerson& person = in_.persons[i];
    Outcome& outcome = plan_.persons[i];
    if (outcome.verdict == Verdict::refused || outcome.verdict == Verdict::doubtful) continue;
    if (outcome.id == 0) {
      outcome.verdict = person.gone ? Verdict::unchanged : Verdict::fresh;
      continue;
    }
    outcome.verdict = Verdict::unchanged;
    if (person.gone) continue;
    const PersonRow& row = row_of(outcome.id);
    // Two of Incoming may turn out to be one guardian: the first one says what he is called.
    if (!person.is_pupil && !matched_.insert(outcome.id).second) continue;
    if (row.is_elsewhere) continue;
    compare(outcome.changes, "name", row.name, person.name);
    compare(outcome.changes, "sex", row.sex, person.sex);
    compare(outcome.changes, "birth_day", row.birth_day, person.birth_day);
    compare(outcome.changes, "ethnic", row.ethnic, person.ethnic);
    if (person.is_pupil) {
      if (!row.is_pupil) note(outcome.changes, "pupil", "0", "1");
      compare(outcome.changes, "local_no", row.local_no, person.local_no);
      compare_flag(outcome.changes, "protected", row.is_protected, person.is_protected);
    }
    for (std::size_t s = 0; s < kSecrets; ++s) {
      const std::string& value = person.secrets.at(s);
      const Secret secret = static_cast<Secret>(s);
      if (value.empty() || row.blinds.at(s) == blind_(secret, row.id, value)) continue;
      note(outcome.changes, name_of(secret), row.blinds.at(s).empty() ? "" : "******",
           masked(secret, value));
    }
    if (officers_.contains(row.id) && !outcome.changes.empty()) {
      outcome.changes.clear();
      fault(Severity::warning, person.place, "name", person.name, "org.import_officer",
            "是区里的三员之一，姓名、电话等没有改动", "请先由另一名三员批准，再在人员页面上修改");
    }
    settle(outcome);
  }
}

void Planner::check_age(const InPerson& person, const InMembership& membership) {
  if (!person.birth_day || !membership.class_index) return;
  const InClass& row = in_.classes[*membership.class_index];
  const Outcome& school = plan_.schools[membership.school];
  const int primary_years = school.id != 0
                                ? store_.schools[school_at_.at(school.id)].primary_years
                                : in_.schools[membership.school].primary_years.value_or(6);
  const int school_year = school_year_of(options_.today);
  const auto grade = grade_of(row.stage, row.entry_year, primary_years, school_year);
  const auto end_of_summer = LocalDay::create(school_year, 8, 31);
  if (!grade || !end_of_summer.ok()) return;
  const int age = full_years(*person.birth_day, end_of_summer.value());
  if (age >= *grade + kYoungest && age <= *grade + kOldest) return;
  fault(Severity::warning, person.place, "birth_day", person.birth_day->to_iso(), "org.import_age",
        std::string(grade_name(*grade)) + "学生" + std::to_string(age) + "岁，与年级不符",
        "一般为" + std::to_string(*grade + 5) + "至" + std::to_string(*grade + 6) +
            "岁，请核对出生日期和年级");
}

void Planner::plan_memberships() {
  plan_.memberships.resize(in_.memberships.size());
  for (std::size_t i = 0; i < in_.memberships.size(); ++i) plan_membership(i);
}

// The past of somebody, of which the file does not say how it ended: an enrollment of a term that
// is over says nothing of where the pupil is now.
bool Planner::is_mere_end(const InMembership& row) const {
  return !lasts(row.until, options_.today) && row.ended.empty();
}

void Planner::plan_membership(std::size_t index) {
  const InMembership& row = in_.memberships[index];
  Outcome& outcome = plan_.memberships[index];
  if (row.bad) return;
  const Outcome& person = plan_.persons[row.person];
  if (row.gone || in_.persons[row.person].gone) {
    outcome.verdict = Verdict::unchanged;
    return;
  }
  if (depends(outcome, person, {row.place, in_.persons[row.person].place, "person"})) return;
  if (depends(outcome, plan_.schools[row.school],
              {row.place, in_.schools[row.school].place, "school"})) {
    return;
  }
  std::int64_t class_id = 0;
  bool new_class = false;
  if (row.class_index) {
    const Outcome& of_class = plan_.classes[*row.class_index];
    if (depends(outcome, of_class, {row.place, in_.classes[*row.class_index].place, "class"}))
      return;
    class_id = of_class.id;
    new_class = class_id == 0;
  }
  const std::int64_t school_id = plan_.schools[row.school].id;
  const bool is_lasting = lasts(row.until, options_.today);
  if (is_lasting) {
    const std::size_t first = lasting_.at(row.person);
    if (first != index && plan_.memberships[first].verdict != Verdict::refused) {
      const InMembership& other = in_.memberships[first];
      if (other.school == row.school &&
          (!row.class_index || other.class_index == row.class_index)) {
        outcome.verdict = Verdict::unchanged;
        return;
      }
      outcome.verdict = Verdict::refused;
      error(row.place, "class", class_text(row), "org.import_two_classes",
            "同一名学生同时在两个班，另见" + where(other.place), "一名学生同一时间只能在一个班");
      return;
    }
    check_age(in_.persons[row.person], row);
  }
  outcome.verdict = Verdict::fresh;
  const std::int64_t person_id = person.id;
  const auto theirs = memberships_of_.find(person_id);
  if (person_id == 0 || theirs == memberships_of_.end()) return;

  const auto is_same_place = [&](const MembershipRow& old) {
    return school_id != 0 && old.school_id == school_id && !new_class &&
           (old.class_id == class_id || !row.class_index);
  };
  const MembershipRow* same = nullptr;
  const std::int64_t known = foreign("membership", row.foreign_id);
  for (const std::size_t i : theirs->second) {
    const MembershipRow& old = store_.memberships[i];
    if (!is_same_place(old)) continue;
    if (known != 0 && old.id == known) same = &old;
    const bool same_time = row.from ? old.from == *row.from : false;
    if (same == nullptr && !is_lasting && same_time) same = &old;
    if (same == nullptr && is_lasting && lasts(old.until, options_.today)) same = &old;
  }
  const MembershipRow* current = current_of(person_id);
  if (same != nullptr) {
    outcome.id = same->id;
    // Nobody loses his place by that: who is in no class of the file is proposed as a leaver.
    if (is_mere_end(row) && lasts(same->until, options_.today)) {
      outcome.verdict = Verdict::unchanged;
      return;
    }
    // A file without days of its own says where somebody is, not since when.
    compare(outcome.changes, "from", std::optional(same->from), row.from);
    compare(outcome.changes, "until", same->until, row.until);
    if (row.until) compare(outcome.changes, "ended", same->ended, row.ended);
    if (is_lasting && same->until && !row.until && !lasts(same->until, options_.today)) {
      note(outcome.changes, "until", shown(same->until), "");
    }
    settle(outcome);
    return;
  }
  if (!is_lasting || current == nullptr) return;
  outcome.verdict = Verdict::changed;
  outcome.ends = current->id;
  outcome.ended = current->school_id == school_id ? "moved_class" : "moved_school";
  note(outcome.changes, "class", class_text(current->class_id, current->school_id),
       class_text(row));
}

// A pupil nobody could find again: of no school, because what placed him was refused or nothing
// did.
void Planner::refuse_homeless() {
  std::vector<bool> is_placed(in_.persons.size(), false);
  std::vector<const InMembership*> refused(in_.persons.size(), nullptr);
  for (std::size_t i = 0; i < in_.memberships.size(); ++i) {
    const InMembership& row = in_.memberships[i];
    if (plan_.memberships[i].verdict == Verdict::refused) {
      if (!row.gone) refused[row.person] = &row;
    } else if (!is_mere_end(row)) {
      is_placed[row.person] = true;
    }
  }
  for (std::size_t i = 0; i < in_.persons.size(); ++i) {
    const InPerson& person = in_.persons[i];
    Outcome& outcome = plan_.persons[i];
    const bool is_new = outcome.verdict == Verdict::fresh || outcome.verdict == Verdict::doubtful;
    if (!person.is_pupil || is_placed[i] || !is_new || person.gone) continue;
    outcome.verdict = Verdict::refused;
    if (refused[i] == nullptr) {
      error(person.place, "name", person.name, "org.import_no_school", "没有写明现在在哪所学校",
            "请写明学校和班级；只有已结束的就读记录不够");
    } else if (refused[i]->place.source != person.place.source ||
               refused[i]->place.row != person.place.row) {
      error(person.place, "name", person.name, "org.import_depends",
            "所在的班级或学校没有导入，学生也没有导入", "请先改正" + where(refused[i]->place));
    }
  }
}

void Planner::plan_guardianships() {
  plan_.guardianships.resize(in_.guardianships.size());
  std::unordered_set<std::string> in_file;
  for (std::size_t i = 0; i < in_.guardianships.size(); ++i) {
    const InGuardianship& row = in_.guardianships[i];
    Outcome& outcome = plan_.guardianships[i];
    if (row.bad) continue;
    const Outcome& pupil = plan_.persons[row.pupil];
    const Outcome& guardian = plan_.persons[row.guardian];
    if (in_.persons[row.pupil].gone) {
      outcome.verdict = Verdict::unchanged;
      continue;
    }
    if (depends(outcome, pupil, {row.place, in_.persons[row.pupil].place, "person"})) continue;
    if (depends(outcome, guardian, {row.place, in_.persons[row.guardian].place, "person"}))
      continue;
    const std::int64_t pupil_id = pupil.id;
    const std::string pupil_key =
        pupil_id != 0 ? std::to_string(pupil_id) : "#" + std::to_string(row.pupil);
    const std::string guardian_key =
        guardian.id != 0 ? std::to_string(guardian.id) : "#" + std::to_string(row.guardian);
    const bool is_ended = !lasts(row.until, options_.today);
    if (!is_ended && !in_file.insert(key_of(pupil_key, guardian_key)).second) {
      outcome.verdict = Verdict::unchanged;
      continue;
    }
    outcome.verdict = Verdict::fresh;
    if (pupil_id == 0) continue;
    const std::int64_t known = foreign("guardianship", row.foreign_id);
    const GuardianshipRow* same = nullptr;
    if (guardian.id != 0) {
      const auto at = known == 0 ? guardianship_at_.end() : guardianship_at_.find(known);
      if (at != guardianship_at_.end()) {
        const GuardianshipRow& old = store_.guardianships[at->second];
        if (old.pupil_id == pupil_id && old.guardian_id == guardian.id) same = &old;
      }
      const auto theirs = guardianships_of_.find(pupil_id);
      if (same == nullptr && !is_ended && theirs != guardianships_of_.end()) {
        for (const std::size_t index : theirs->second) {
          const GuardianshipRow& old = store_.guardianships[index];
          if (old.guardian_id == guardian.id) same = &old;
        }
      }
    }
    if (same != nullptr) {
      outcome.id = same->id;
      compare(outcome.changes, "relation", same->relation, row.relation);
      compare(outcome.changes, "position", same->position, row.position);
      compare_flag(outcome.changes, "may_collect", same->may_collect, row.may_collect);
      compare(outcome.changes, "from", std::optional(same->from), row.from);
      compare(outcome.changes, "until", same->until, row.until);
      settle(outcome);
      continue;
    }
    if (row_of(pupil_id).is_protected) {
      outcome.verdict = Verdict::refused;
      fault(Severity::warning, row.place, "", in_.persons[row.guardian].name,
            "org.import_protected", "该生有保护备注，没有自动加入新的监护人",
            "请由学校在学生页面上逐一登记");
    }
  }
}

void Planner::plan_staff() {
  plan_.staff.resize(in_.staff.size());
  for (std::size_t i = 0; i < in_.staff.size(); ++i) {
    const InStaff& row = in_.staff[i];
    Outcome& outcome = plan_.staff[i];
    if (row.bad || lies_open(row.place, {{"staff_no", row.staff_no}, {"post", row.post}})) continue;
    const Outcome& person = plan_.persons[row.person];
    if (depends(outcome, person, {row.place, in_.persons[row.person].place, "person"})) continue;
    if (row.school && depends(outcome, plan_.schools[*row.school],
                              {row.place, in_.schools[*row.school].place, "school"})) {
      continue;
    }
    if (!row.school && options_.only_school != 0) {
      error(row.place, "school", "", "org.import_other_school", "不是您所在的学校",
            "只能导入本校的人员");
      continue;
    }
    outcome.verdict = Verdict::fresh;
    const std::int64_t school_id = row.school ? plan_.schools[*row.school].id : 0;
    if (person.id == 0 || (row.school && school_id == 0)) continue;
    const std::int64_t known = foreign("staff", row.foreign_id);
    const StaffRow* same = nullptr;
    const auto theirs = staff_of_.find(person.id);
    if (theirs == staff_of_.end()) continue;
    for (const std::size_t at : theirs->second) {
      const StaffRow& old = store_.staff[at];
      if (old.school_id != school_id) continue;
      const bool same_time = lasts(row.until, options_.today) ? lasts(old.until, options_.today)
                                                              : row.from && *row.from == old.from;
      if (old.id == known || (same == nullptr && old.post == row.post && same_time)) same = &old;
    }
    if (same == nullptr) continue;
    outcome.id = same->id;
    compare(outcome.changes, "post", same->post, row.post);
    compare(outcome.changes, "staff_no", same->staff_no, row.staff_no);
    compare(outcome.changes, "from", std::optional(same->from), row.from);
    compare(outcome.changes, "until", same->until, row.until);
    settle(outcome);
  }
}

void Planner::plan_teachings() {
  plan_.teachings.resize(in_.teachings.size());
  for (std::size_t i = 0; i < in_.teachings.size(); ++i) {
    const InTeaching& row = in_.teachings[i];
    Outcome& outcome = plan_.teachings[i];
    if (row.bad || lies_open(row.place, {{"subject", row.subject}})) continue;
    const Outcome& person = plan_.persons[row.person];
    const Outcome& of_class = plan_.classes[row.class_index];
    if (depends(outcome, person, {row.place, in_.persons[row.person].place, "person"})) continue;
    if (depends(outcome, of_class, {row.place, in_.classes[row.class_index].place, "class"}))
      continue;
    outcome.verdict = Verdict::fresh;
    if (person.id == 0 || of_class.id == 0) continue;
    const std::int64_t known = foreign("teaching", row.foreign_id);
    const TeachingRow* same = nullptr;
    const auto theirs = teachings_of_.find(person.id);
    if (theirs == teachings_of_.end()) continue;
    for (const std::size_t at : theirs->second) {
      const TeachingRow& old = store_.teachings[at];
      if (old.class_id != of_class.id) continue;
      const bool same_work = old.part == row.part && old.subject == row.subject;
      const bool same_time = lasts(row.until, options_.today) ? lasts(old.until, options_.today)
                                                              : row.from && *row.from == old.from;
      if (old.id == known || (same == nullptr && same_work && same_time)) same = &old;
    }
    if (same == nullptr) continue;
    outcome.id = same->id;
    compare(outcome.changes, "part", same->part, row.part);
    compare(outcome.changes, "subject", same->subject, row.subject);
    compare(outcome.changes, "from", std::optional(same->from), row.from);
    compare(outcome.changes, "until", same->until, row.until);
    settle(outcome);
  }
}

// A guardian or a teacher is only taken with what connects him to somebody.
void Planner::refuse_unconnected() {
  std::vector<bool> is_connected(in_.persons.size(), false);
  std::vector<bool> has_links(in_.persons.size(), false);
  const auto see = [&](std::size_t person, const Outcome& outcome) {
    has_links[person] = true;
    if (is_taken(outcome)) is_connected[person] = true;
  };
  for (std::size_t i = 0; i < in_.guardianships.size(); ++i) {
    see(in_.guardianships[i].guardian, plan_.guardianships[i]);
  }
  for (std::size_t i = 0; i < in_.staff.size(); ++i) see(in_.staff[i].person, plan_.staff[i]);
  for (std::size_t i = 0; i < in_.teachings.size(); ++i) {
    see(in_.teachings[i].person, plan_.teachings[i]);
  }
  // Of a row that has its fault already nothing more is said.
  std::set<std::pair<std::uint32_t, std::uint32_t>> has_faults;
  for (const Fault& fault : plan_.faults) {
    has_faults.emplace(fault.place.source, fault.place.row);
  }
  for (std::size_t i = 0; i < in_.persons.size(); ++i) {
    Outcome& outcome = plan_.persons[i];
    if (in_.persons[i].is_pupil || is_connected[i] || outcome.verdict != Verdict::fresh) continue;
    outcome.verdict = Verdict::refused;
    const Place& place = in_.persons[i].place;
    if (has_links[i] && has_faults.contains({place.source, place.row})) continue;
    fault(Severity::warning, place, "name", in_.persons[i].name, "org.import_unconnected",
          has_links[i] ? "所任教、任职或监护的都没有导入，此人也没有导入"
                       : "没有任教、任职，也不是哪名学生的监护人，没有导入",
          has_links[i] ? "请先改正所依据的记录" : "如需导入，请写明其学校或子女");
  }
}

void Planner::index_coverage() {
  for (const InMembership& row : in_.memberships) {
    if (row.gone || !lasts(row.until, options_.today)) continue;
    ++rows_of_school_[plan_.schools[row.school].id];
    if (row.class_index) classes_in_file_.insert(plan_.classes[*row.class_index].id);
  }
  for (const MembershipRow& row : store_.memberships) {
    if (lasts(row.until, options_.today)) ++pupils_of_school_[row.school_id];
  }
}

// Would the file name whoever is there?
bool Planner::covers(const MembershipRow& row) const {
  const auto rows = rows_of_school_.find(row.school_id);
  if (row.school_id == 0 || rows == rows_of_school_.end()) return false;
  if (in_.is_whole) return true;
  // A file of some classes says nothing of the others, and a set of changes nothing of anybody.
  return in_.foreign_source.empty() && (classes_in_file_.contains(row.class_id) ||
                                        rows->second * 2 >= pupils_of_school_.at(row.school_id));
}

void Planner::find_leaving() {
  std::unordered_set<std::int64_t> gone;
  for (std::size_t i = 0; i < in_.persons.size(); ++i) {
    if (in_.persons[i].gone && plan_.persons[i].id != 0) gone.insert(plan_.persons[i].id);
  }
  for (const InMembership& row : in_.memberships) {
    const std::int64_t id = plan_.persons[row.person].id;
    const bool is_over = row.gone || is_mere_end(row);
    if (is_over && !row.bad && id != 0 && !lasting_.contains(row.person)) gone.insert(id);
  }
  for (std::size_t i = 0; i < in_.memberships.size(); ++i) {
    const InMembership& row = in_.memberships[i];
    const std::int64_t id = plan_.persons[row.person].id;
    const bool is_there = lasting_.contains(row.person) && lasting_.at(row.person) == i;
    if (!is_there || in_.persons[row.person].gone || !is_taken(plan_.memberships[i])) continue;
    if (open_leavers_.erase(id) == 0) continue;
    plan_.back_again.push_back(id);
    fault(Severity::note, row.place, "name", in_.persons[row.person].name, "org.import_back_again",
          "此前列为“离校待确认”，现又在名册里", "导入时撤回该项");
  }
  std::unordered_set<std::int64_t> open = open_leavers_;
  for (const auto& [kept, other] : store_.proposed_merges) open.insert({kept, other});
  for (const MembershipRow& row : store_.memberships) {
    if (!lasts(row.until, options_.today) || open.contains(row.person_id)) continue;
    const bool is_gone = gone.contains(row.person_id);
    if (!is_gone && (!covers(row) || seen_.contains(row.person_id))) continue;
    const auto person = person_at_.find(row.person_id);
    if (person == person_at_.end() || store_.persons[person->second].is_elsewhere) continue;
    plan_.leaving.push_back({row.person_id, row.id, store_.persons[person->second].name,
                             class_text(row.class_id, row.school_id)});
  }
  std::sort(plan_.leaving.begin(), plan_.leaving.end(), [](const Leaving& a, const Leaving& b) {
    return std::tie(a.class_name, a.person_id) < std::tie(b.class_name, b.person_id);
  });
}

void add(Counts& counts, Verdict verdict) {
  switch (verdict) {
    case Verdict::fresh:
      ++counts.fresh;
      break;
    case Verdict::changed:
      ++counts.changed;
      break;
    case Verdict::unchanged:
      ++counts.unchanged;
      break;
    case Verdict::doubtful:
      ++counts.doubtful;
      break;
    case Verdict::refused:
      ++counts.refused;
      break;
  }
}

void Planner::count() {
  std::vector<Verdict> of_person(in_.persons.size());
  for (std::size_t i = 0; i < in_.persons.size(); ++i) of_person[i] = plan_.persons[i].verdict;
  const auto touch = [&](std::size_t person, const Outcome& outcome) {
    const bool is_news = outcome.verdict == Verdict::fresh || outcome.verdict == Verdict::changed;
    if (is_news && of_person[person] == Verdict::unchanged) of_person[person] = Verdict::changed;
  };
  for (std::size_t i = 0; i < in_.memberships.size(); ++i) {
    touch(in_.memberships[i].person, plan_.memberships[i]);
  }
  for (std::size_t i = 0; i < in_.guardianships.size(); ++i) {
    touch(in_.guardianships[i].pupil, plan_.guardianships[i]);
  }
  for (std::size_t i = 0; i < in_.staff.size(); ++i) touch(in_.staff[i].person, plan_.staff[i]);
  for (std::size_t i = 0; i < in_.teachings.size(); ++i) {
    touch(in_.teachings[i].person, plan_.teachings[i]);
  }
  for (std::size_t i = 0; i < in_.persons.size(); ++i) {
    Counts& counts = in_.persons[i].is_pupil        ? plan_.pupils
                     : staff_of_person_.contains(i) ? plan_.staff_persons
                                                    : plan_.guardians;
    add(counts, of_person[i]);
  }
  for (const Outcome& outcome : plan_.schools) add(plan_.school_counts, outcome.verdict);
  for (const Outcome& outcome : plan_.classes) add(plan_.class_counts, outcome.verdict);
}

Plan Planner::run() {
  index_store();
  index_incoming();
  plan_.faults = in_.faults;
  plan_.persons.resize(in_.persons.size());
  plan_schools();
  plan_terms();
  plan_classes();
  refuse_twins();
  index_coverage();
  match_pupils();
  match_others();
  compare_persons();
  plan_memberships();
  refuse_homeless();
  plan_guardianships();
  plan_staff();
  plan_teachings();
  refuse_unconnected();
  find_leaving();
  count();
  std::stable_sort(plan_.faults.begin(), plan_.faults.end(), [](const Fault& a, const Fault& b) {
    return std::tie(a.place.source, a.place.row, a.column) <
           std::tie(b.place.source, b.place.row, b.column);
  });
  return std::move(plan_);
}

}  // namespace

std::string_view name_of(Severity severity) {
  if (severity == Severity::note) return "note";
  return severity == Severity::warning ? "warning" : "error";
}

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::fresh:
      return "new";
    case Verdict::changed:
      return "changed";
    case Verdict::unchanged:
      return "unchanged";
    case Verdict::doubtful:
      return "doubtful";
    case Verdict::refused:
      break;
  }
  return "fault";
}

std::string name_of(const ClassRow& row, const SchoolRow& school, LocalDay today) {
  return class_name(
      grade_of(row.stage, row.entry_year, school.primary_years, school_year_of(today)),
      row.entry_year, row.number, row.name);
}

std::string sentence(const Fault& fault, const std::vector<Source>& sources) {
  std::string text;
  if (fault.place.source < sources.size()) text = sources[fault.place.source].name + " ";
  if (fault.place.row != 0) text += "第" + std::to_string(fault.place.row) + "行";
  if (!fault.title.empty()) text += "“" + fault.title + "”";
  text += "：";
  if (!fault.value.empty()) text += "“" + fault.value + "”";
  text += fault.message;
  if (!fault.expected.empty()) text += "，" + fault.expected;
  return text;
}

std::size_t Plan::count(Severity severity) const {
  return static_cast<std::size_t>(
      std::count_if(faults.begin(), faults.end(),
                    [&](const Fault& fault) { return fault.severity == severity; }));
}

bool Plan::is_empty() const {
  const auto writes = [](const std::vector<Outcome>& outcomes) {
    return std::any_of(outcomes.begin(), outcomes.end(), [](const Outcome& outcome) {
      return is_taken(outcome) && outcome.verdict != Verdict::unchanged;
    });
  };
  return leaving.empty() && back_again.empty() && !writes(schools) && !writes(terms) &&
         !writes(classes) && !writes(persons) && !writes(memberships) && !writes(guardianships) &&
         !writes(staff) && !writes(teachings);
}

Plan plan_import(const Snapshot& snapshot,
                 const Incoming& incoming,
                 const ImportOptions& options,
                 const Blind& blind) {
  return Planner(snapshot, incoming, options, blind).run();
}

}  // namespace sj::org
