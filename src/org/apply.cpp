#include <algorithm>
#include <unordered_map>
#include <utility>

#include "kernel/base/check.h"

#include "org/import.h"

namespace sj::org {
namespace {

bool is_taken(const Outcome& outcome) {
  return outcome.verdict != Verdict::refused && outcome.verdict != Verdict::doubtful;
}

void put(std::string& into, const std::string& given) {
  if (!given.empty()) into = given;
}

template <class T>
void put(T& into, const std::optional<T>& given) {
  if (given) into = *given;
}

void put(std::optional<LocalDay>& into, const std::optional<LocalDay>& given) {
  if (given) into = given;
}

template <class Row>
std::unordered_map<std::int64_t, const Row*> by_id(const std::vector<Row>& rows) {
  std::unordered_map<std::int64_t, const Row*> at;
  at.reserve(rows.size());
  for (const Row& row : rows) at.emplace(row.id, &row);
  return at;
}

class Maker {
 public:
  Maker(const Snapshot& snapshot,
        const Incoming& incoming,
        const Plan& plan,
        const ImportOptions& options,
        const Blind& blind,
        IdSource& ids)
      : store_(snapshot),
        in_(incoming),
        plan_(plan),
        options_(options),
        blind_(blind),
        ids_(ids),
        memberships_(by_id(snapshot.memberships)) {
    for (const ForeignRow& row : store_.foreign) {
      if (row.source == in_.foreign_source) {
        foreign_.emplace(row.kind + '\0' + row.foreign_id, row.our_id);
      }
    }
  }

  Writes make() {
    make_schools();
    make_terms();
    make_classes();
    make_persons();
    make_memberships();
    make_guardianships();
    make_staff();
    make_teachings();
    writes_.leavers = plan_.leaving;
    writes_.back_again = plan_.back_again;
    return std::move(writes_);
  }

 private:
  // The id of a thing that is taken: its own, or a new one.
  std::int64_t id_for(const Outcome& outcome) {
    if (!is_taken(outcome)) return 0;
    return outcome.id != 0 ? outcome.id : ids_.next();
  }

  void map_foreign(std::string_view kind, const std::string& foreign_id, std::int64_t id) {
    if (foreign_id.empty() || in_.foreign_source.empty() || id == 0) return;
    std::int64_t& known = foreign_[std::string(kind) + '\0' + foreign_id];
    if (known == id) return;
    known = id;
    writes_.new_foreign.push_back({in_.foreign_source, std::string(kind), foreign_id, id});
  }

  std::int64_t street_for(const InSchool& school) {
    if (school.street_code.empty() && school.street_name.empty()) return 0;
    const auto fits = [&](const StreetRow& row) {
      return school.street_code.empty() ? row.name == school.street_name
                                        : row.code == school.street_code;
    };
    for (const std::vector<StreetRow>* rows :
         {&store_.streets, &std::as_const(writes_.new_streets)}) {
      const auto found = std::find_if(rows->begin(), rows->end(), fits);
      if (found != rows->end()) return found->id;
    }
    writes_.new_streets.push_back({ids_.next(), school.street_code, school.street_name});
    return writes_.new_streets.back().id;
  }

  void make_schools() {
    const auto ours = by_id(store_.schools);
    for (std::size_t i = 0; i < in_.schools.size(); ++i) {
      const InSchool& in = in_.schools[i];
      const Outcome& outcome = plan_.schools[i];
      const std::int64_t id = id_for(outcome);
      school_ids_.push_back(id);
      map_foreign("school", in.foreign_id, id);
      if (id == 0 || outcome.verdict == Verdict::unchanged) continue;
      SchoolRow row;
      row.opened_on = options_.today;
      if (outcome.id != 0) row = *ours.at(id);
      row.id = id;
      put(row.code, in.code);
      // As it is compared: a roster changes no more than the code.
      if (outcome.id == 0 || !in.foreign_id.empty()) {
        put(row.name, in.name);
        put(row.kind, in.kind);
        put(row.stages, in.stages);
        put(row.primary_years, in.primary_years);
        put(row.rural, in.rural);
        put(row.opened_on, in.opened_on);
        put(row.closed_on, in.closed_on);
        if (row.street_id == 0) row.street_id = street_for(in);
      }
      (outcome.id == 0 ? writes_.new_schools : writes_.changed_schools).push_back(row);
    }
  }

  void make_terms() {
    for (std::size_t i = 0; i < in_.terms.size(); ++i) {
      const InTerm& in = in_.terms[i];
      const Outcome& outcome = plan_.terms[i];
      const std::int64_t id = id_for(outcome);
      map_foreign("term", in.foreign_id, id);
      if (id == 0 || outcome.verdict == Verdict::unchanged) continue;
      const TermRow row{id, in.school_year, in.part, in.first_day, in.last_day};
      (outcome.id == 0 ? writes_.new_terms : writes_.changed_terms).push_back(row);
    }
  }

  void make_classes() {
    const auto ours = by_id(store_.classes);
    for (std::size_t i = 0; i < in_.classes.size(); ++i) {
      const InClass& in = in_.classes[i];
      const Outcome& outcome = plan_.classes[i];
      const std::int64_t id = id_for(outcome);
      class_ids_.push_back(id);
      map_foreign("class", in.foreign_id, id);
      if (id == 0 || outcome.verdict == Verdict::unchanged) continue;
      ClassRow row;
      row.opened_on = LocalDay::create(in.entry_year, 9, 1).value();
      if (outcome.id != 0) row = *ours.at(id);
      row.id = id;
      row.school_id = school_ids_[in.school];
      row.stage = in.stage;
      row.entry_year = in.entry_year;
      row.number = in.number;
      put(row.name, in.name);
      put(row.opened_on, in.opened_on);
      put(row.closed_on, in.closed_on);
      (outcome.id == 0 ? writes_.new_classes : writes_.changed_classes).push_back(row);
    }
  }

  void make_persons() {
    const auto ours = by_id(store_.persons);
    for (std::size_t i = 0; i < in_.persons.size(); ++i) {
      const InPerson& in = in_.persons[i];
      const Outcome& outcome = plan_.persons[i];
      const bool is_known = outcome.id != 0;
      const bool is_gone = in.gone && !is_known;
      const std::int64_t id = is_gone || !is_taken(outcome) ? 0
                              : is_known                    ? outcome.id
                                                            : ids_.next();
      writes_.person_ids.push_back(id);
      if (!in.gone) map_foreign("person", in.foreign_id, id);
      if (id == 0 || outcome.verdict == Verdict::unchanged) continue;
      PersonRow row;
      if (is_known) row = *ours.at(id);
      row.id = id;
      put(row.name, in.name);
      put(row.sex, in.sex);
      put(row.birth_day, in.birth_day);
      put(row.ethnic, in.ethnic);
      if (in.is_pupil) {
        row.is_pupil = true;
        put(row.local_no, in.local_no);
        put(row.is_protected, in.is_protected);
      }
      PersonSecrets sealed{id, {}};
      bool has_secrets = false;
      for (std::size_t s = 0; s < kSecrets; ++s) {
        if (in.secrets.at(s).empty()) continue;
        std::string blind = blind_(static_cast<Secret>(s), id, in.secrets.at(s));
        if (row.blinds.at(s) == blind) continue;
        row.blinds.at(s) = std::move(blind);
        sealed.secrets.at(s) = in.secrets.at(s);
        has_secrets = true;
      }
      if (has_secrets) writes_.secrets.push_back(std::move(sealed));
      (is_known ? writes_.changed_persons : writes_.new_persons).push_back(std::move(row));
    }
  }

  void make_memberships() {
    for (std::size_t i = 0; i < in_.memberships.size(); ++i) {
      const InMembership& in = in_.memberships[i];
      const Outcome& outcome = plan_.memberships[i];
      const std::int64_t person = writes_.person_ids[in.person];
      if (!is_taken(outcome) || in.gone || in_.persons[in.person].gone || person == 0) continue;
      if (outcome.verdict == Verdict::unchanged) {
        map_foreign("membership", in.foreign_id, outcome.id);
        continue;
      }
      MembershipRow row;
      row.from = options_.today;
      if (outcome.id != 0) row = *memberships_.at(outcome.id);
      if (outcome.id == 0) {
        row.id = ids_.next();
        row.person_id = person;
        row.school_id = school_ids_[in.school];
        row.class_id = in.class_index ? class_ids_[*in.class_index] : 0;
      }
      put(row.from, in.from);
      if (outcome.id == 0 || in.until) row.until = in.until;
      const bool begins_again =
          outcome.id != 0 && !in.until && row.until && *row.until <= options_.today;
      if (begins_again) row.until = std::nullopt;
      if (!row.until) row.ended.clear();
      if (in.until) row.ended = in.ended.empty() ? "left" : in.ended;
      map_foreign("membership", in.foreign_id, row.id);
      if (outcome.ends != 0) {
        MembershipRow old = *memberships_.at(outcome.ends);
        old.until = std::max(old.from, row.from);
        old.ended = outcome.ended;
        writes_.changed_memberships.push_back(old);
      }
      (outcome.id == 0 ? writes_.new_memberships : writes_.changed_memberships).push_back(row);
    }
  }

  // Who is called next, after the guardians a pupil has already.
  int next_position(std::int64_t pupil) {
    if (positions_.empty()) {
      for (const GuardianshipRow& row : store_.guardianships) {
        int& last = positions_[row.pupil_id];
        if (!row.until) last = std::max(last, row.position);
      }
      positions_.try_emplace(0, 0);
    }
    return ++positions_[pupil];
  }

  void make_guardianships() {
    const auto ours = by_id(store_.guardianships);
    for (std::size_t i = 0; i < in_.guardianships.size(); ++i) {
      const InGuardianship& in = in_.guardianships[i];
      const Outcome& outcome = plan_.guardianships[i];
      const std::int64_t pupil = writes_.person_ids[in.pupil];
      const std::int64_t guardian = writes_.person_ids[in.guardian];
      if (!is_taken(outcome) || pupil == 0 || guardian == 0) continue;
      if (outcome.verdict == Verdict::unchanged) {
        map_foreign("guardianship", in.foreign_id, outcome.id);
        continue;
      }
      GuardianshipRow row;
      row.from = options_.today;
      row.relation = "other";
      if (outcome.id != 0) row = *ours.at(outcome.id);
      if (outcome.id == 0) {
        row.id = ids_.next();
        row.pupil_id = pupil;
        row.guardian_id = guardian;
        row.position = in.position ? *in.position : next_position(pupil);
      }
      put(row.relation, in.relation);
      put(row.position, in.position);
      put(row.may_collect, in.may_collect);
      put(row.admitted_by, in.admitted_by);
      put(row.from, in.from);
      put(row.until, in.until);
      map_foreign("guardianship", in.foreign_id, row.id);
      (outcome.id == 0 ? writes_.new_guardianships : writes_.changed_guardianships).push_back(row);
    }
  }

  void make_staff() {
    const auto ours = by_id(store_.staff);
    for (std::size_t i = 0; i < in_.staff.size(); ++i) {
      const InStaff& in = in_.staff[i];
      const Outcome& outcome = plan_.staff[i];
      const std::int64_t person = writes_.person_ids[in.person];
      if (!is_taken(outcome) || person == 0) continue;
      StaffRow row;
      row.from = options_.today;
      if (outcome.id != 0) row = *ours.at(outcome.id);
      row.id = id_for(outcome);
      row.person_id = person;
      row.school_id = in.school ? school_ids_[*in.school] : 0;
      put(row.post, in.post);
      put(row.staff_no, in.staff_no);
      put(row.from, in.from);
      put(row.until, in.until);
      map_foreign("staff", in.foreign_id, row.id);
      if (outcome.verdict == Verdict::unchanged) continue;
      (outcome.id == 0 ? writes_.new_staff : writes_.changed_staff).push_back(row);
    }
  }

  void make_teachings() {
    const auto ours = by_id(store_.teachings);
    for (std::size_t i = 0; i < in_.teachings.size(); ++i) {
      const InTeaching& in = in_.teachings[i];
      const Outcome& outcome = plan_.teachings[i];
      const std::int64_t person = writes_.person_ids[in.person];
      if (!is_taken(outcome) || person == 0) continue;
      TeachingRow row;
      row.from = options_.today;
      if (outcome.id != 0) row = *ours.at(outcome.id);
      row.id = id_for(outcome);
      row.person_id = person;
      row.class_id = class_ids_[in.class_index];
      put(row.part, in.part);
      put(row.subject, in.subject);
      put(row.from, in.from);
      put(row.until, in.until);
      map_foreign("teaching", in.foreign_id, row.id);
      if (outcome.verdict == Verdict::unchanged) continue;
      (outcome.id == 0 ? writes_.new_teachings : writes_.changed_teachings).push_back(row);
    }
  }

  const Snapshot& store_;
  const Incoming& in_;
  const Plan& plan_;
  const ImportOptions& options_;
  const Blind& blind_;
  IdSource& ids_;
  Writes writes_;
  std::unordered_map<std::int64_t, const MembershipRow*> memberships_;
  std::unordered_map<std::string, std::int64_t> foreign_;
  std::vector<std::int64_t> school_ids_;
  std::vector<std::int64_t> class_ids_;
  std::unordered_map<std::int64_t, int> positions_;
};

template <class Row>
void merge_rows(std::vector<Row>& rows,
                const std::vector<Row>& added,
                const std::vector<Row>& changed) {
  std::unordered_map<std::int64_t, std::size_t> at;
  for (std::size_t i = 0; i < rows.size(); ++i) at.emplace(rows[i].id, i);
  for (const Row& row : changed) rows[at.at(row.id)] = row;
  rows.insert(rows.end(), added.begin(), added.end());
}

}  // namespace

Result<Writes> decide_writes(const Snapshot& snapshot,
                             const Incoming& incoming,
                             const Plan& plan,
                             const ImportOptions& options,
                             const Blind& blind,
                             IdSource& ids) {
  const std::size_t errors = plan.count(Severity::error);
  if (errors != 0 && !options.partial) {
    return Error{ErrorKind::conflict, "org.import_has_faults",
                 std::to_string(errors) + " faults, and not only the good rows are wanted"};
  }
  return Maker(snapshot, incoming, plan, options, blind, ids).make();
}

void apply(Snapshot& snapshot, const Writes& writes) {
  merge_rows(snapshot.streets, writes.new_streets, {});
  merge_rows(snapshot.schools, writes.new_schools, writes.changed_schools);
  merge_rows(snapshot.terms, writes.new_terms, writes.changed_terms);
  merge_rows(snapshot.classes, writes.new_classes, writes.changed_classes);
  merge_rows(snapshot.persons, writes.new_persons, writes.changed_persons);
  merge_rows(snapshot.memberships, writes.new_memberships, writes.changed_memberships);
  merge_rows(snapshot.guardianships, writes.new_guardianships, writes.changed_guardianships);
  merge_rows(snapshot.staff, writes.new_staff, writes.changed_staff);
  merge_rows(snapshot.teachings, writes.new_teachings, writes.changed_teachings);
  for (const ForeignRow& row : writes.new_foreign) {
    const auto same =
        std::find_if(snapshot.foreign.begin(), snapshot.foreign.end(), [&](const ForeignRow& old) {
          return old.source == row.source && old.kind == row.kind &&
                 old.foreign_id == row.foreign_id;
        });
    if (same != snapshot.foreign.end()) {
      same->our_id = row.our_id;
    } else {
      snapshot.foreign.push_back(row);
    }
  }
  for (const std::int64_t person : writes.back_again) {
    std::erase(snapshot.proposed_leavers, person);
  }
  for (const Leaving& leaver : writes.leavers) {
    snapshot.proposed_leavers.push_back(leaver.person_id);
  }
}

}  // namespace sj::org
