#include "app/demo_incoming.h"

#include <string>
#include <utility>

namespace sj::app {
namespace {

constexpr int kPrimaryYears = 6;

class Translator {
 public:
  Translator(const DemoDistrict& district, LocalDay on)
      : district_(district), school_year_(org::school_year_of(on)) {
    in_.sources.push_back({"demo", {}, district.people.size()});
    first_day_ = LocalDay::create(school_year_, 9, 1).value();
  }

  org::Incoming translate() {
    add_terms();
    for (const DemoSchool& school : district_.schools) add_school(school);
    for (const DemoClass& what : district_.classes) add_class(what);
    for (const DemoPerson& person : district_.people) add_person(person);
    for (const DemoStaff& staff : district_.staff) add_staff(staff);
    add_teachings();
    for (const DemoPupil& pupil : district_.pupils) add_pupil(pupil);
    return std::move(in_);
  }

 private:
  void add_terms() {
    org::InTerm autumn;
    autumn.school_year = school_year_;
    autumn.part = 1;
    autumn.first_day = first_day_;
    autumn.last_day = LocalDay::create(school_year_ + 1, 1, 22).value();
    in_.terms.push_back(autumn);
    org::InTerm spring = autumn;
    spring.part = 2;
    spring.first_day = LocalDay::create(school_year_ + 1, 2, 22).value();
    spring.last_day = LocalDay::create(school_year_ + 1, 7, 2).value();
    in_.terms.push_back(spring);
  }

  void add_school(const DemoSchool& school) {
    org::InSchool row;
    row.code = school.code;
    row.name = school.name;
    row.kind = school.kind;
    row.stages = school.stages;
    row.primary_years = kPrimaryYears;
    const std::string serial = std::to_string(school.street + 1);
    row.street_code = district_.code + std::string(3 - serial.size(), '0') + serial;
    row.street_name = district_.streets[school.street];
    row.rural = school.rural;
    row.opened_on = LocalDay::create(1980, 9, 1).value();
    in_.schools.push_back(std::move(row));
  }

  void add_class(const DemoClass& what) {
    const org::Cohort cohort = org::cohort_of(what.grade, kPrimaryYears, school_year_);
    org::InClass row;
    row.school = what.school;
    row.stage = cohort.stage;
    row.entry_year = cohort.entry_year;
    row.number = what.number;
    row.opened_on = LocalDay::create(cohort.entry_year, 9, 1).value();
    in_.classes.push_back(std::move(row));
  }

  void add_person(const DemoPerson& person) {
    org::InPerson row;
    row.name = person.name;
    row.sex = person.sex;
    row.birth_day = person.birth_day;
    row.ethnic = person.ethnic;
    row.secrets[org::index_of(org::Secret::id_number)] = person.id_number;
    row.secrets[org::index_of(org::Secret::phone)] = person.phone;
    in_.persons.push_back(std::move(row));
  }

  void add_staff(const DemoStaff& staff) {
    org::InStaff row;
    row.person = staff.person;
    row.school = staff.school;
    row.post = staff.post;
    row.staff_no = staff.staff_no;
    row.from = first_day_;
    in_.staff.push_back(std::move(row));
  }

  void add_teachings() {
    for (std::size_t i = 0; i < district_.classes.size(); ++i) {
      const DemoClass& what = district_.classes[i];
      add_teaching(what.homeroom, i, "homeroom");
      for (const std::size_t staff : what.subjects) add_teaching(staff, i, "subject");
    }
  }

  void add_teaching(std::size_t staff, std::size_t class_index, std::string part) {
    org::InTeaching row;
    row.person = district_.staff[staff].person;
    row.class_index = class_index;
    row.part = std::move(part);
    row.subject = district_.staff[staff].subject;
    row.from = first_day_;
    in_.teachings.push_back(std::move(row));
  }

  void add_pupil(const DemoPupil& pupil) {
    org::InPerson& person = in_.persons[pupil.person];
    person.is_pupil = true;
    person.local_no = pupil.local_no;
    person.is_protected = false;
    const std::string& number = district_.people[pupil.person].id_number;
    person.secrets[org::index_of(org::Secret::student_no)] = "G" + number;
    if (pupil.in_hardship) person.secrets[org::index_of(org::Secret::hardship)] = "1";
    if (pupil.left_behind) person.secrets[org::index_of(org::Secret::left_behind)] = "1";

    org::InMembership membership;
    membership.person = pupil.person;
    membership.school = district_.classes[pupil.class_index].school;
    membership.class_index = pupil.class_index;
    membership.from = first_day_;
    membership.until = pupil.left_on;
    if (pupil.left_on) membership.ended = "left";
    in_.memberships.push_back(std::move(membership));

    int position = 0;
    for (const DemoGuardian& guardian : pupil.guardians) {
      org::InGuardianship row;
      row.pupil = pupil.person;
      row.guardian = guardian.person;
      row.relation = guardian.relation;
      row.position = ++position;
      row.may_collect = guardian.may_collect;
      row.admitted_by = "school";
      row.from = first_day_;
      in_.guardianships.push_back(std::move(row));
    }
  }

  const DemoDistrict& district_;
  int school_year_;
  LocalDay first_day_ = LocalDay::first();
  org::Incoming in_;
};

}  // namespace

org::Incoming incoming_of(const DemoDistrict& district, LocalDay on) {
  return Translator(district, on).translate();
}

}  // namespace sj::app
