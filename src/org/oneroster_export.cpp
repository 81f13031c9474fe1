#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "kernel/base/check.h"
#include "kernel/sheet/export.h"

#include "org/oneroster.h"
#include "org/oneroster_spec.h"

namespace sj::org {
namespace {

using oneroster::kOwn;
using oneroster::TableKind;
using oneroster::TableSpec;

// What our own sets call themselves; what is brought in from one keeps its ids.
constexpr std::string_view kSystem = "shuangjian";

std::string yes(bool flag) {
  return flag ? "true" : "false";
}

std::string shown(const std::optional<LocalDay>& day) {
  return day ? day->to_iso() : "";
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') {
      out += "%7C";
    } else if (c == ';') {
      out += "%3B";
    } else if (c == '%') {
      out += "%25";
    } else {
      out += c;
    }
  }
  return out;
}

// One table being written: rows by sourcedId, columns by name.
class TableWriter {
 public:
  TableWriter(TableKind kind, const std::vector<std::string_view>& own) {
    for (const TableSpec& spec : oneroster::tables()) {
      if (spec.kind == kind) spec_ = &spec;
    }
    SJ_CHECK(spec_ != nullptr);
    for (const std::string_view column : own)
      own_.push_back(std::string(kOwn) + std::string(column));
  }

  using Values = std::map<std::string, std::string, std::less<>>;

  void add(std::string id, Values values) {
    values["sourcedId"] = id;
    rows_.emplace(std::move(id), std::move(values));
  }

  [[nodiscard]] bool empty() const { return rows_.empty(); }
  [[nodiscard]] std::string_view name() const { return spec_->name; }

  [[nodiscard]] std::string finish() {
    sheet::CsvWriter writer({.for_people = true});
    std::vector<std::string> cells;
    for (const auto& column : spec_->columns) cells.emplace_back(column.name);
    cells.insert(cells.end(), own_.begin(), own_.end());
    const std::vector<std::string> titles = cells;
    writer.add_row(titles);
    for (const auto& row : rows_) {
      cells.clear();
      for (const std::string& title : titles) {
        const auto found = row.second.find(title);
        cells.push_back(found == row.second.end() ? "" : found->second);
      }
      writer.add_row(cells);
    }
    return writer.finish();
  }

 private:
  const TableSpec* spec_ = nullptr;
  std::vector<std::string> own_;
  std::map<std::string, Values> rows_;
};

std::string own(std::string_view column) {
  return std::string(kOwn) + std::string(column);
}

// The first character of a Chinese name is the family's, or two where surnames have two.
std::pair<std::string, std::string> parted(const std::string& name) {
  static constexpr std::array<std::string_view, 16> kDouble = {
      "欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙",
      "慕容", "司徒", "令狐", "夏侯", "长孙", "宇文", "端木", "南宫"};
  std::size_t family = 0;
  for (const std::string_view one : kDouble) {
    if (name.starts_with(one) && name.size() > one.size()) family = one.size();
  }
  const bool is_chinese = !name.empty() && static_cast<unsigned char>(name[0]) >= 0xE3U;
  if (family == 0 && is_chinese && name.find("\u00B7") == std::string::npos) {
    family = 1;
    while (family < name.size() && (static_cast<unsigned char>(name[family]) & 0xC0U) == 0x80U) {
      ++family;
    }
  }
  if (family == 0) {
    const std::size_t blank = name.rfind(' ');
    if (blank == std::string::npos) return {name, name};
    return {name.substr(blank + 1), name.substr(0, blank)};
  }
  // Both are asked for; the whole name stands in a column of our own.
  return {name.substr(0, family), family == name.size() ? name : name.substr(family)};
}

std::string role_of(std::string_view post, bool is_district) {
  if (is_district) return "districtAdministrator";
  if (post == "principal" || post == "teacher") return std::string(post);
  if (post == "counsellor") return "counselor";
  if (post == "clerk") return "siteAdministrator";
  return "aide";
}

std::string role_of_guardian(std::string_view relation) {
  if (relation == "father" || relation == "mother") return "parent";
  return relation == "other" ? "guardian" : "relative";
}

class OneRosterWriter {
 public:
  OneRosterWriter(const Snapshot& snapshot, const OneRosterOptions& options)
      : store_(snapshot), options_(options) {
    // Our own names first, then whatever sorts first.
    std::vector<const ForeignRow*> rows;
    for (const ForeignRow& row : store_.foreign) rows.push_back(&row);
    std::sort(rows.begin(), rows.end(), [](const ForeignRow* a, const ForeignRow* b) {
      const bool a_other = a->source != kSystem;
      const bool b_other = b->source != kSystem;
      return std::tie(a_other, a->source, a->foreign_id) <
             std::tie(b_other, b->source, b->foreign_id);
    });
    for (const ForeignRow* row : rows) {
      // Two senders may call two of ours the same.
      const auto kind_key = row->kind + '\0' + std::to_string(row->our_id);
      if (ids_.contains(kind_key)) continue;
      if (!used_.insert(row->kind + '\0' + row->foreign_id).second) continue;
      ids_.emplace(kind_key, row->foreign_id);
    }
    for (const SchoolRow& row : store_.schools) schools_.emplace(row.id, &row);
    for (const ClassRow& row : store_.classes) classes_.emplace(row.id, &row);
    for (const PersonSecrets& row : options_.secrets) secrets_.emplace(row.person_id, &row.secrets);
    school_year_ = school_year_of(options_.today);
    district_ = "area-" + store_.area_code;
  }

  std::vector<sheet::Entry> write() {
    write_orgs();
    write_sessions();
    write_classes();
    write_memberships();
    write_guardianships();
    write_staff();
    write_teachings();
    write_users();
    std::vector<sheet::Entry> files;
    std::set<std::string_view> there;
    for (TableWriter* table : {&sessions_, &classes_out_, &courses_, &demographics_, &enrollments_,
                               &orgs_, &roles_, &users_}) {
      if (table->empty()) continue;
      there.insert(table->name());
      files.push_back({std::string(table->name()) + ".csv", table->finish()});
    }
    sheet::CsvWriter manifest({.for_people = true});
    const auto line = [&](const std::string& key, const std::string& value) {
      const std::array<std::string, 2> cells = {key, value};
      manifest.add_row(cells);
    };
    line("propertyName", "value");
    line("manifest.version", "1.0");
    line("oneroster.version", "1.2");
    for (const std::string_view name : oneroster::all_files()) {
      line("file." + std::string(name), there.contains(name) ? "bulk" : "absent");
    }
    line("source.systemName", std::string(kSystem));
    line("source.systemCode", std::string(kSystem));
    files.insert(files.begin(), {"manifest.csv", manifest.finish()});
    return files;
  }

 private:
  std::string id_of(std::string_view kind, std::int64_t id) {
    const std::string key = std::string(kind) + '\0' + std::to_string(id);
    const auto found = ids_.find(key);
    if (found != ids_.end()) return found->second;
    std::string made = "sj-" + std::to_string(id);
    while (!used_.insert(std::string(kind) + '\0' + made).second) made += "-";
    ids_.emplace(key, made);
    return made;
  }

  void write_orgs() {
    orgs_.add(district_, {{"name", store_.area_name.empty() ? store_.area_code : store_.area_name},
                          {"type", "district"},
                          {"identifier", store_.area_code}});
    for (const SchoolRow& row : store_.schools) {
      TableWriter::Values values = {{"name", row.name},
                                    {"type", "school"},
                                    {"identifier", row.code},
                                    {"parentSourcedId", district_},
                                    {own("kind"), row.kind},
                                    {own("stages"), row.stages},
                                    {own("primaryYears"), std::to_string(row.primary_years)},
                                    {own("rural"), yes(row.rural)},
                                    {own("openedOn"), row.opened_on.to_iso()},
                                    {own("closedOn"), shown(row.closed_on)}};
      for (const StreetRow& street : store_.streets) {
        if (street.id != row.street_id) continue;
        values[own("streetCode")] = street.code;
        values[own("streetName")] = street.name;
      }
      orgs_.add(id_of("school", row.id), std::move(values));
    }
  }

  void write_sessions() {
    std::set<int> years = {school_year_};
    for (const TermRow& row : store_.terms) years.insert(row.school_year);
    for (const int year : years) {
      sessions_.add("sy-" + std::to_string(year), {{"title", std::to_string(year) + "学年"},
                                                   {"type", "schoolYear"},
                                                   {"startDate", std::to_string(year) + "-08-01"},
                                                   {"endDate", std::to_string(year + 1) + "-08-01"},
                                                   {"schoolYear", std::to_string(year + 1)}});
    }
    for (const TermRow& row : store_.terms) {
      sessions_.add(id_of("term", row.id),
                    {{"title", std::to_string(row.school_year) + "学年第" +
                                   (row.part == 1 ? "一" : "二") + "学期"},
                     {"type", "term"},
                     {"startDate", row.first_day.to_iso()},
                     {"endDate", row.last_day.plus_days(1).to_iso()},
                     {"parentSourcedId", "sy-" + std::to_string(row.school_year)},
                     {"schoolYear", std::to_string(row.school_year + 1)}});
    }
  }

  [[nodiscard]] static std::string grade_code(std::optional<int> grade) {
    return grade ? "0" + std::to_string(*grade) : "";
  }
  [[nodiscard]] std::optional<int> grade_of_class(const ClassRow& row) const {
    return grade_of(row.stage, row.entry_year, schools_.at(row.school_id)->primary_years,
                    school_year_);
  }

  void write_classes() {
    for (const ClassRow& row : store_.classes) {
      const auto school = schools_.find(row.school_id);
      if (school == schools_.end()) continue;
      const int years = row.stage == Stage::primary ? school->second->primary_years
                                                    : 9 - school->second->primary_years;
      std::set<std::string> terms;
      for (const TermRow& term : store_.terms) {
        if (term.school_year >= row.entry_year && term.school_year < row.entry_year + years) {
          terms.insert(id_of("term", term.id));
        }
      }
      std::string list;
      for (const std::string& term : terms) list += (list.empty() ? "" : ",") + term;
      if (list.empty()) list = "sy-" + std::to_string(school_year_);
      const std::string school_id = id_of("school", row.school_id);
      const std::string course = "course-" + school_id;
      courses_.add(course, {{"title", "行政班"}, {"orgSourcedId", school_id}});
      classes_out_.add(id_of("class", row.id),
                       {{"title", name_of(row, *school->second, options_.today)},
                        {"grades", grade_code(grade_of_class(row))},
                        {"courseSourcedId", course},
                        {"classCode", std::to_string(row.number)},
                        {"classType", "homeroom"},
                        {"schoolSourcedId", school_id},
                        {"termSourcedIds", list},
                        {own("stage"), std::string(name_of(row.stage))},
                        {own("entryYear"), std::to_string(row.entry_year)},
                        {own("number"), std::to_string(row.number)},
                        {own("name"), row.name},
                        {own("openedOn"), row.opened_on.to_iso()},
                        {own("closedOn"), shown(row.closed_on)}});
    }
  }

  void write_memberships() {
    for (const MembershipRow& row : store_.memberships) {
      const std::string id = id_of("membership", row.id);
      const std::string person = id_of("person", row.person_id);
      const bool is_known = schools_.contains(row.school_id);
      if (!is_known) continue;
      const std::string school = id_of("school", row.school_id);
      wanted_.insert(row.person_id);
      const auto of_class = classes_.find(row.class_id);
      // Where he is, else where he was last.
      const auto when = std::tuple(!row.until, row.from, school);
      auto& last = at_school_.try_emplace(row.person_id, when).first->second;
      last = std::max(last, when);
      if (of_class == classes_.end()) {
        roles_.add(id, {{"userSourcedId", person},
                        {"roleType", "secondary"},
                        {"role", "student"},
                        {"beginDate", row.from.to_iso()},
                        {"endDate", shown(row.until)},
                        {"orgSourcedId", school},
                        {own("membership"), "true"},
                        {own("ended"), row.ended}});
        continue;
      }
      if (!row.until) grades_[row.person_id] = grade_code(grade_of_class(*of_class->second));
      enrollments_.add(id, {{"classSourcedId", id_of("class", row.class_id)},
                            {"schoolSourcedId", school},
                            {"userSourcedId", person},
                            {"role", "student"},
                            {"beginDate", row.from.to_iso()},
                            {"endDate", shown(row.until)},
                            {own("ended"), row.ended}});
    }
  }

  void write_guardianships() {
    std::map<std::int64_t, std::map<std::string, std::string>> details;
    std::map<std::int64_t, std::set<std::string>> agents;
    for (const GuardianshipRow& row : store_.guardianships) {
      const std::string id = id_of("guardianship", row.id);
      const std::string guardian = id_of("person", row.guardian_id);
      details[row.pupil_id][id] = escaped(guardian) + "|" + row.relation + "|" +
                                  std::to_string(row.position) + "|" + yes(row.may_collect) + "|" +
                                  row.admitted_by + "|" + row.from.to_iso() + "|" +
                                  shown(row.until) + "|" + escaped(id);
      wanted_.insert(row.pupil_id);
      wanted_.insert(row.guardian_id);
      std::string& role = guardian_roles_[row.guardian_id];
      const std::string now = role_of_guardian(row.relation);
      // Of several children: parent before relative before guardian.
      if (role.empty() || now == "parent" || (now == "relative" && role == "guardian")) role = now;
      const bool lasts = !row.until || *row.until > options_.today;
      if (lasts) agents[row.pupil_id].insert(guardian);
    }
    for (const auto& [pupil, by_id] : details) {
      std::string& text = guardianships_[pupil];
      for (const auto& one : by_id) text += (text.empty() ? "" : ";") + one.second;
    }
    for (const auto& [pupil, guardians] : agents) {
      std::string& text = agents_[pupil];
      for (const std::string& one : guardians) text += (text.empty() ? "" : ",") + one;
    }
  }

  void write_staff() {
    std::set<std::int64_t> has_primary;
    std::vector<const StaffRow*> rows;
    for (const StaffRow& row : store_.staff) rows.push_back(&row);
    std::sort(rows.begin(), rows.end(), [&](const StaffRow* a, const StaffRow* b) {
      return id_of("staff", a->id) < id_of("staff", b->id);
    });
    for (const StaffRow* row : rows) {
      if (row->school_id != 0 && !schools_.contains(row->school_id)) continue;
      wanted_.insert(row->person_id);
      has_role_.insert(row->person_id);
      const bool is_first = has_primary.insert(row->person_id).second;
      roles_.add(
          id_of("staff", row->id),
          {{"userSourcedId", id_of("person", row->person_id)},
           {"roleType", is_first ? "primary" : "secondary"},
           {"role", role_of(row->post, row->school_id == 0)},
           {"beginDate", row->from.to_iso()},
           {"endDate", shown(row->until)},
           {"orgSourcedId", row->school_id == 0 ? district_ : id_of("school", row->school_id)},
           {own("post"), row->post},
           {own("staffNo"), row->staff_no}});
    }
  }

  void write_teachings() {
    for (const TeachingRow& row : store_.teachings) {
      const auto of_class = classes_.find(row.class_id);
      if (of_class == classes_.end() || !schools_.contains(of_class->second->school_id)) continue;
      wanted_.insert(row.person_id);
      enrollments_.add(id_of("teaching", row.id),
                       {{"classSourcedId", id_of("class", row.class_id)},
                        {"schoolSourcedId", id_of("school", of_class->second->school_id)},
                        {"userSourcedId", id_of("person", row.person_id)},
                        {"role", "teacher"},
                        {"primary", yes(row.part == "homeroom")},
                        {"beginDate", row.from.to_iso()},
                        {"endDate", shown(row.until)},
                        {own("part"), row.part},
                        {own("subject"), row.subject}});
    }
  }

  void write_users() {
    static constexpr std::array<std::pair<std::string_view, Secret>, 7> kSealed = {
        std::pair{std::string_view("idNumber"), Secret::id_number},
        std::pair{std::string_view("studentNo"), Secret::student_no},
        std::pair{std::string_view("address"), Secret::address},
        std::pair{std::string_view("health"), Secret::health},
        std::pair{std::string_view("hardship"), Secret::hardship},
        std::pair{std::string_view("leftBehind"), Secret::left_behind},
        std::pair{std::string_view("custody"), Secret::custody}};
    for (const PersonRow& row : store_.persons) {
      if (!wanted_.contains(row.id)) continue;
      const std::string id = id_of("person", row.id);
      const auto [family, given] = parted(row.name);
      TableWriter::Values values = {{"enabledUser", "true"},
                                    {"username", id},
                                    {"givenName", given},
                                    {"familyName", family},
                                    {own("name"), row.name}};
      const auto school = at_school_.find(row.id);
      if (school != at_school_.end()) values["primaryOrgSourcedId"] = std::get<2>(school->second);
      if (row.is_pupil) {
        values["identifier"] = row.local_no;
        values["grades"] = grades_[row.id];
        values["agentSourcedIds"] = agents_[row.id];
        values[own("localNo")] = row.local_no;
        values[own("protected")] = yes(row.is_protected);
        values[own("guardianships")] = guardianships_[row.id];
      }
      const auto secrets = secrets_.find(row.id);
      if (secrets != secrets_.end()) {
        values["phone"] = secrets->second->at(index_of(Secret::phone));
        for (const auto& [column, secret] : kSealed) {
          values[own(column)] = secrets->second->at(index_of(secret));
        }
      }
      users_.add(id, std::move(values));
      static constexpr std::array<std::string_view, 3> kSexes = {"unspecified", "male", "female"};
      demographics_.add(
          id, {{"birthDate", shown(row.birth_day)},
               {"sex", row.sex == 9 ? std::string("other")
                                    : std::string(kSexes.at(static_cast<std::size_t>(row.sex)))},
               {own("ethnic"), row.ethnic}});
      const auto guardian = guardian_roles_.find(row.id);
      if (row.is_pupil) {
        roles_.add("role-" + id,
                   {{"userSourcedId", id},
                    {"roleType", "primary"},
                    {"role", "student"},
                    {"orgSourcedId",
                     school == at_school_.end() ? district_ : std::get<2>(school->second)}});
      } else if (guardian != guardian_roles_.end()) {
        roles_.add("role-" + id,
                   {{"userSourcedId", id},
                    {"roleType", has_role_.contains(row.id) ? "secondary" : "primary"},
                    {"role", guardian->second},
                    {"orgSourcedId", district_}});
      }
    }
  }

  const Snapshot& store_;
  const OneRosterOptions& options_;
  int school_year_ = 0;
  std::string district_;
  std::unordered_map<std::string, std::string> ids_;
  std::set<std::string> used_;
  std::unordered_map<std::int64_t, const SchoolRow*> schools_;
  std::unordered_map<std::int64_t, const ClassRow*> classes_;
  std::unordered_map<std::int64_t, const Secrets*> secrets_;
  std::set<std::int64_t> wanted_;  // persons with something that connects them
  std::set<std::int64_t> has_role_;
  std::unordered_map<std::int64_t, std::tuple<bool, LocalDay, std::string>> at_school_;
  std::unordered_map<std::int64_t, std::string> grades_;
  std::unordered_map<std::int64_t, std::string> guardianships_;
  std::unordered_map<std::int64_t, std::string> agents_;
  std::unordered_map<std::int64_t, std::string> guardian_roles_;
  TableWriter orgs_{TableKind::orgs,
                    {"kind", "stages", "primaryYears", "rural", "openedOn", "closedOn",
                     "streetCode", "streetName"}};
  TableWriter sessions_{TableKind::academic_sessions, {}};
  TableWriter courses_{TableKind::courses, {}};
  TableWriter classes_out_{TableKind::classes,
                           {"stage", "entryYear", "number", "name", "openedOn", "closedOn"}};
  TableWriter users_{TableKind::users,
                     {"name", "localNo", "protected", "guardianships", "idNumber", "studentNo",
                      "address", "health", "hardship", "leftBehind", "custody"}};
  TableWriter demographics_{TableKind::demographics, {"ethnic"}};
  TableWriter roles_{TableKind::roles, {"post", "staffNo", "membership", "ended"}};
  TableWriter enrollments_{TableKind::enrollments, {"ended", "part", "subject"}};
};

}  // namespace

std::vector<sheet::Entry> write_oneroster(const Snapshot& snapshot,
                                          const OneRosterOptions& options) {
  return OneRosterWriter(snapshot, options).write();
}

}  // namespace sj::org
