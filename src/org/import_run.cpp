#include "org/import_run.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "kernel/base/sha256.h"
#include "kernel/json/writer.h"
#include "kernel/sheet/export.h"
#include "kernel/sheet/workbook.h"
#include "kernel/text/text.h"

#include "org/oneroster.h"
#include "org/roster.h"

namespace sj::org {
namespace {

constexpr std::string_view kRoster = "roster";
constexpr std::string_view kOneRoster = "oneroster";
constexpr std::size_t kReasonMax = 2000;  // bytes of a comment

Error bad_format(std::string_view format) {
  return Error{ErrorKind::invalid, "org.import_bad_format", std::string(format)};
}

struct Shown {
  const Snapshot& snapshot;
  const Incoming& incoming;
  const Plan& plan;
  LocalDay today;
  std::unordered_map<std::int64_t, const PersonRow*> persons{};
  std::unordered_map<std::int64_t, std::string> classes{};    // by person, where he is now
  std::unordered_map<std::size_t, std::string> in_classes{};  // by index of Incoming
  // The schools of both, so that a pupil of another one is told with its name.
  std::unordered_map<std::int64_t, const SchoolRow*> schools{};
  std::unordered_map<std::size_t, std::int64_t> in_schools{};
  // Persons of Incoming by their row.
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> by_place{};
};

Shown make_shown(const Snapshot& snapshot,
                 const Incoming& incoming,
                 const Plan& plan,
                 LocalDay today) {
  Shown shown{snapshot, incoming, plan, today};
  std::unordered_map<std::int64_t, const SchoolRow*> schools;
  for (const SchoolRow& row : snapshot.schools) schools.emplace(row.id, &row);
  std::unordered_map<std::int64_t, std::string> class_names;
  for (const ClassRow& row : snapshot.classes) {
    const auto school = schools.find(row.school_id);
    if (school != schools.end()) class_names.emplace(row.id, name_of(row, *school->second, today));
  }
  for (const PersonRow& row : snapshot.persons) shown.persons.emplace(row.id, &row);
  for (const MembershipRow& row : snapshot.memberships) {
    const auto name = class_names.find(row.class_id);
    const auto school = schools.find(row.school_id);
    if (!row.until && school != schools.end()) shown.schools[row.person_id] = school->second;
    if (!row.until && name != class_names.end()) shown.classes[row.person_id] = name->second;
  }
  for (const InMembership& row : incoming.memberships) {
    if (row.until && *row.until <= today) continue;
    shown.in_schools.emplace(row.person, plan.schools[row.school].id);
    if (!row.class_index) continue;
    const InClass& in = incoming.classes[*row.class_index];
    SchoolRow school;
    school.primary_years = incoming.schools[row.school].primary_years.value_or(6);
    const auto known = schools.find(plan.schools[row.school].id);
    if (known != schools.end()) school = *known->second;
    ClassRow text;
    text.stage = in.stage;
    text.entry_year = in.entry_year;
    text.number = in.number;
    text.name = in.name;
    shown.in_classes.emplace(row.person, name_of(text, school, today));
  }
  for (std::size_t i = 0; i < incoming.persons.size(); ++i) {
    const InPerson& person = incoming.persons[i];
    shown.by_place.try_emplace({person.place.source, person.place.row}, i);
  }
  return shown;
}

std::string_view or_empty(const std::unordered_map<std::size_t, std::string>& names,
                          std::size_t index) {
  const auto found = names.find(index);
  return found == names.end() ? std::string_view() : std::string_view(found->second);
}

void begin_row(json::Writer& out, const Shown& shown, const Place& place) {
  out.begin_object().key("sheet");
  out.value(place.source < shown.incoming.sources.size()
                ? std::string_view(shown.incoming.sources[place.source].name)
                : std::string_view());
  out.key("row").value(static_cast<std::int64_t>(place.row));
}

void add_line(std::string& text, std::string_view kind, json::Writer& out) {
  text += kind;
  text += '\t';
  text += out.text();
  text += '\n';
}

void add_faults(std::string& text, const Shown& shown) {
  for (const Fault& fault : shown.plan.faults) {
    json::Writer out;
    begin_row(out, shown, fault.place);
    const auto person = shown.by_place.find({fault.place.source, fault.place.row});
    const bool is_known = person != shown.by_place.end();
    out.key("name").value(is_known ? std::string_view(shown.incoming.persons[person->second].name)
                                   : std::string_view());
    out.key("class_name").value(is_known ? or_empty(shown.in_classes, person->second) : "");
    out.key("fault").begin_object();
    out.key("severity").value(name_of(fault.severity));
    out.key("column").value(std::string_view(fault.title));
    out.key("value").value(std::string_view(fault.value));
    out.key("code").value(std::string_view(fault.code));
    out.key("message").value(std::string_view(fault.message));
    out.key("expected").value(std::string_view(fault.expected));
    out.key("sentence").value(std::string_view(sentence(fault, shown.incoming.sources)));
    out.end_object().end_object();
    add_line(text, fault.severity == Severity::error ? "fault" : "warning", out);
  }
}

void add_change(json::Writer& out, const FieldChange& change) {
  out.begin_object();
  out.key("field").value(std::string_view(change.field));
  out.key("before").value(std::string_view(change.before));
  out.key("after").value(std::string_view(change.after));
  out.end_object();
}

// The name of the school of a pupil, where it is not the one of the row that may mean him.
std::string school_if_other(const Shown& shown, std::size_t row, std::int64_t pupil) {
  const auto here = shown.in_schools.find(row);
  const auto there = shown.schools.find(pupil);
  if (there == shown.schools.end()) return "";
  const bool is_same = here != shown.in_schools.end() && here->second == there->second->id;
  return is_same ? "" : there->second->name;
}

void add_people(std::string& text, const Shown& shown) {
  const Incoming& in = shown.incoming;
  const Plan& plan = shown.plan;
  std::vector<std::vector<FieldChange>> changes(in.persons.size());
  for (std::size_t i = 0; i < in.persons.size(); ++i) changes[i] = plan.persons[i].changes;
  const auto is_news = [](const Outcome& outcome) {
    return outcome.verdict == Verdict::fresh || outcome.verdict == Verdict::changed;
  };
  for (std::size_t i = 0; i < in.memberships.size(); ++i) {
    const Outcome& outcome = plan.memberships[i];
    auto& of = changes[in.memberships[i].person];
    if (outcome.verdict == Verdict::fresh) {
      of.push_back(
          {"class", "", std::string(or_empty(shown.in_classes, in.memberships[i].person))});
    }
    if (outcome.verdict == Verdict::changed) {
      of.insert(of.end(), outcome.changes.begin(), outcome.changes.end());
    }
  }
  for (std::size_t i = 0; i < in.guardianships.size(); ++i) {
    const InGuardianship& link = in.guardianships[i];
    if (!is_news(plan.guardianships[i])) continue;
    const bool is_fresh = plan.guardianships[i].verdict == Verdict::fresh;
    changes[link.pupil].push_back({is_fresh ? "guardian" : "guardianship", "",
                                   in.persons[link.guardian].name + " " + link.relation});
  }
  for (std::size_t i = 0; i < in.staff.size(); ++i) {
    if (is_news(plan.staff[i]))
      changes[in.staff[i].person].push_back({"post", "", in.staff[i].post});
  }
  for (std::size_t i = 0; i < in.teachings.size(); ++i) {
    if (is_news(plan.teachings[i])) {
      changes[in.teachings[i].person].push_back({"teaching", "", in.teachings[i].part});
    }
  }
  for (std::size_t i = 0; i < in.persons.size(); ++i) {
    const Outcome& outcome = plan.persons[i];
    const InPerson& person = in.persons[i];
    Verdict verdict = outcome.verdict;
    if (verdict == Verdict::unchanged && !changes[i].empty()) verdict = Verdict::changed;
    if (verdict == Verdict::unchanged || verdict == Verdict::refused) continue;
    json::Writer out;
    begin_row(out, shown, person.place);
    out.key("name").value(std::string_view(person.name));
    out.key("class_name").value(or_empty(shown.in_classes, i));
    out.key("changes").begin_array();
    if (verdict == Verdict::changed) {
      for (const FieldChange& change : changes[i]) add_change(out, change);
    }
    out.end_array();
    if (verdict == Verdict::doubtful) {
      out.key("choice").begin_array();
      for (const std::int64_t id : outcome.candidates) {
        const auto known = shown.persons.find(id);
        if (known == shown.persons.end()) continue;
        const auto where = shown.classes.find(id);
        out.begin_object();
        out.key("id").value(std::string_view(std::to_string(id)));
        out.key("name").value(std::string_view(known->second->name));
        if (known->second->birth_day) {
          out.key("birth_day").value(std::string_view(known->second->birth_day->to_iso()));
        }
        const std::string in_class = where == shown.classes.end() ? "" : where->second;
        out.key("class_name").value(std::string_view(school_if_other(shown, i, id) + in_class));
        out.end_object();
      }
      out.end_array();
    }
    out.end_object();
    add_line(text, name_of(verdict), out);
  }
}

// A name for a sheet of a spreadsheet, once each.
std::string sheet_name(const std::string& wanted, std::set<std::string>& used) {
  std::string name;
  for (const char c : wanted) {
    if (std::string_view("[]:*?/\\'").find(c) == std::string_view::npos) name += c;
  }
  if (name.empty() || text::count_code_points(name) > 25) name = "名册";
  std::string unique = name;
  for (int i = 2; !used.insert(unique).second; ++i) unique = name + std::to_string(i);
  return unique;
}

struct Mark {
  sheet::Shade shade = sheet::Shade::none;
  std::string reason{};
};
using Marks = std::map<std::pair<std::uint32_t, std::uint32_t>, Mark>;  // row, column

Marks marks_of(const Incoming& incoming, const Plan& plan, std::uint32_t source) {
  Marks marks;
  for (const Fault& fault : plan.faults) {
    if (fault.place.source != source || fault.severity == Severity::note || fault.place.row == 0) {
      continue;
    }
    std::uint32_t column = fault.column;
    // Of a whole row the name is marked.
    for (const Source::Column& known : incoming.sources[source].columns) {
      if (column == 0 && known.field == "name") column = known.number;
    }
    Mark& mark = marks[{fault.place.row, std::max(column, 1U)}];
    if (fault.severity == Severity::error) mark.shade = sheet::Shade::wrong;
    if (mark.shade == sheet::Shade::none) mark.shade = sheet::Shade::doubtful;
    std::string reason = fault.message + (fault.expected.empty() ? "" : "，" + fault.expected);
    if (mark.reason.size() + reason.size() > kReasonMax) continue;
    mark.reason += (mark.reason.empty() ? "" : "\n") + reason;
  }
  return marks;
}

Result<void> write_coloured(sheet::XlsxWriter& writer,
                            const sheet::Sheet& sheet,
                            const Marks& marks,
                            const std::string& name) {
  sheet::SheetPlan plan;
  plan.name = name;
  plan.filter = false;
  const std::uint32_t columns = std::max(sheet.last_column(), 1U);
  std::size_t index = 0;
  const bool has_first = sheet.row_count() != 0 && sheet.row(0).number() == 1;
  for (std::uint32_t column = 1; column <= columns; ++column) {
    sheet::OutColumn one;
    if (has_first) one.title = std::string(sheet.row(0).at(column).text);
    one.width = 14;
    plan.columns.push_back(std::move(one));
  }
  if (has_first) index = 1;
  SJ_TRY(writer.add_sheet(plan));
  // Marks on the first row have no cell of their own there: they stand in the second.
  std::uint32_t number = 2;
  for (; index < sheet.row_count(); ++index) {
    const sheet::Row row = sheet.row(index);
    for (; number < row.number(); ++number) SJ_TRY(writer.add_row({}));
    std::vector<sheet::OutCell> cells(columns);
    for (std::uint32_t column = 1; column <= columns; ++column) {
      sheet::OutCell& cell = cells[column - 1];
      const std::string_view text = row.at(column).text;
      if (!text.empty()) cell.value = std::string(text);
      const auto mark = marks.find({row.number(), column});
      if (mark == marks.end()) continue;
      cell.shade = mark->second.shade;
      cell.reason = mark->second.reason;
    }
    SJ_TRY(writer.add_row(cells));
    ++number;
  }
  return {};
}

Result<void> write_fault_list(sheet::XlsxWriter& writer,
                              const Incoming& incoming,
                              const Plan& plan,
                              const std::string& name) {
  sheet::SheetPlan list;
  list.name = name;
  for (const auto& [title, width] :
       {std::pair{"级别", 8}, std::pair{"表", 20}, std::pair{"行", 8}, std::pair{"列", 16},
        std::pair{"值", 24}, std::pair{"问题", 40}, std::pair{"应为", 40}}) {
    sheet::OutColumn column;
    column.title = title;
    column.width = width;
    list.columns.push_back(std::move(column));
  }
  SJ_TRY(writer.add_sheet(list));
  for (const Fault& fault : plan.faults) {
    const bool is_error = fault.severity == Severity::error;
    std::vector<sheet::OutCell> cells(7);
    cells[0].value = std::string(is_error                              ? "错误"
                                 : fault.severity == Severity::warning ? "存疑"
                                                                       : "说明");
    cells[0].shade = is_error                              ? sheet::Shade::wrong
                     : fault.severity == Severity::warning ? sheet::Shade::doubtful
                                                           : sheet::Shade::none;
    if (fault.place.source < incoming.sources.size()) {
      cells[1].value = incoming.sources[fault.place.source].name;
    }
    if (fault.place.row != 0) cells[2].value = static_cast<std::int64_t>(fault.place.row);
    cells[3].value = fault.title;
    cells[4].value = fault.value;
    cells[5].value = fault.message;
    cells[6].value = fault.expected;
    SJ_TRY(writer.add_row(cells));
  }
  return {};
}

}  // namespace

Result<std::vector<sheet::Entry>> open_upload(std::string_view format,
                                              std::string_view file_name,
                                              const std::string& bytes) {
  if (format == kOneRoster) return sheet::unpack(bytes);
  if (format != kRoster) return bad_format(format);
  return std::vector<sheet::Entry>{{std::string(file_name), bytes}};
}

Result<Incoming> read_import(std::string_view format,
                             const std::vector<sheet::Entry>& files,
                             const Snapshot& snapshot,
                             LocalDay today,
                             std::int64_t only_school) {
  if (format == kOneRoster) {
    OneRosterContext context;
    context.today = today;
    context.store = &snapshot;
    return read_oneroster(files, context);
  }
  if (format != kRoster || files.size() != 1) return bad_format(format);
  const sheet::Workbook workbook =
      SJ_TRY(sheet::read_workbook(files.front().bytes, files.front().name));
  RosterContext context;
  context.today = today;
  context.schools = &snapshot.schools;
  context.classes = &snapshot.classes;
  context.own_school = only_school;
  return read_roster(workbook, context);
}

std::string hash_of(const std::vector<sheet::Entry>& files) {
  std::vector<const sheet::Entry*> sorted;
  sorted.reserve(files.size());
  for (const sheet::Entry& file : files) sorted.push_back(&file);
  std::sort(sorted.begin(), sorted.end(),
            [](const sheet::Entry* a, const sheet::Entry* b) { return a->name < b->name; });
  Hasher hasher;
  if (sorted.size() == 1) return text::to_hex(hasher.hash({sorted.front()->bytes}));
  std::string all;
  for (const sheet::Entry* file : sorted) {
    all += file->name + '\0' + text::to_hex(hasher.hash({file->bytes})) + '\n';
  }
  return text::to_hex(hasher.hash({all}));
}

std::string summary_text(const Plan& plan) {
  const auto sum = [&](std::int64_t Counts::*field) {
    return plan.pupils.*field + plan.guardians.*field + plan.staff_persons.*field;
  };
  json::Writer out;
  out.begin_object();
  out.key("new").value(sum(&Counts::fresh));
  out.key("changed").value(sum(&Counts::changed));
  out.key("unchanged").value(sum(&Counts::unchanged));
  out.key("leaving").value(static_cast<std::int64_t>(plan.leaving.size()));
  out.key("doubtful").value(sum(&Counts::doubtful));
  out.key("faults").value(static_cast<std::int64_t>(plan.count(Severity::error)));
  out.key("warnings")
      .value(static_cast<std::int64_t>(plan.faults.size() - plan.count(Severity::error)));
  out.key("by_kind").begin_object();
  out.key("pupils").value(plan.pupils.fresh);
  out.key("guardians").value(plan.guardians.fresh);
  out.key("staff").value(plan.staff_persons.fresh);
  out.key("classes").value(plan.class_counts.fresh);
  out.key("schools").value(plan.school_counts.fresh);
  out.end_object().end_object();
  return out.take();
}

std::string preview_text(const Snapshot& snapshot,
                         const Incoming& incoming,
                         const Plan& plan,
                         LocalDay today) {
  const Shown shown = make_shown(snapshot, incoming, plan, today);
  std::string text;
  add_faults(text, shown);
  add_people(text, shown);
  for (const Leaving& leaving : plan.leaving) {
    json::Writer out;
    out.begin_object();
    out.key("sheet").value("").key("row").value(0);
    out.key("name").value(std::string_view(leaving.name));
    out.key("class_name").value(std::string_view(leaving.class_name));
    out.key("person_id").value(std::string_view(std::to_string(leaving.person_id)));
    out.end_object();
    add_line(text, "leaving", out);
  }
  return text;
}

Result<std::vector<Choice>> choices_of(const Incoming& incoming,
                                       const std::vector<RowChoice>& rows) {
  std::vector<Choice> choices;
  for (const RowChoice& wanted : rows) {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < incoming.persons.size() && !found; ++i) {
      const InPerson& person = incoming.persons[i];
      const bool is_there =
          person.is_pupil && person.place.row == wanted.row &&
          (wanted.sheet.empty() || incoming.sources[person.place.source].name == wanted.sheet);
      if (is_there) found = i;
    }
    if (!found) {
      return Error{ErrorKind::not_found, "org.import_no_choice",
                   wanted.sheet + " " + std::to_string(wanted.row)};
    }
    choices.push_back({*found, wanted.same_as});
  }
  return choices;
}

Result<std::string> coloured_sheet(std::string_view format,
                                   const std::vector<sheet::Entry>& files,
                                   const Incoming& incoming,
                                   const Plan& plan,
                                   Instant created) {
  sheet::XlsxWriter writer(created);
  std::set<std::string> used;
  if (format == kRoster && files.size() == 1) {
    const sheet::Workbook workbook =
        SJ_TRY(sheet::read_workbook(files.front().bytes, files.front().name));
    for (std::uint32_t source = 0; source < workbook.sheets.size(); ++source) {
      const sheet::Sheet& sheet = workbook.sheets[source];
      const Marks marks = marks_of(incoming, plan, source);
      SJ_TRY(write_coloured(writer, sheet, marks, sheet_name(sheet.name(), used)));
    }
  }
  SJ_TRY(write_fault_list(writer, incoming, plan, sheet_name("问题清单", used)));
  return writer.finish();
}

Snapshot narrow(const Snapshot& snapshot, std::int64_t school) {
  Snapshot part;
  part.area_code = snapshot.area_code;
  part.area_name = snapshot.area_name;
  part.streets = snapshot.streets;
  part.terms = snapshot.terms;
  const auto keep = [](const auto& from, auto& into, const auto& wanted) {
    std::copy_if(from.begin(), from.end(), std::back_inserter(into), wanted);
  };
  keep(snapshot.schools, part.schools, [&](const SchoolRow& row) { return row.id == school; });
  std::unordered_set<std::int64_t> classes;
  std::unordered_set<std::int64_t> people;
  keep(snapshot.classes, part.classes, [&](const ClassRow& row) {
    if (row.school_id == school) classes.insert(row.id);
    return row.school_id == school;
  });
  keep(snapshot.memberships, part.memberships, [&](const MembershipRow& row) {
    if (row.school_id == school) people.insert(row.person_id);
    return row.school_id == school;
  });
  const std::unordered_set<std::int64_t> pupils = people;
  keep(snapshot.guardianships, part.guardianships, [&](const GuardianshipRow& row) {
    if (pupils.contains(row.pupil_id)) people.insert(row.guardian_id);
    return pupils.contains(row.pupil_id);
  });
  keep(snapshot.staff, part.staff, [&](const StaffRow& row) {
    if (row.school_id == school) people.insert(row.person_id);
    return row.school_id == school;
  });
  keep(snapshot.teachings, part.teachings, [&](const TeachingRow& row) {
    if (classes.contains(row.class_id)) people.insert(row.person_id);
    return classes.contains(row.class_id);
  });
  keep(snapshot.persons, part.persons,
       [&](const PersonRow& row) { return people.contains(row.id); });
  part.foreign = snapshot.foreign;
  return part;
}

}  // namespace sj::org
