#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernel/api/problem.h"
#include "kernel/api/reply.h"
#include "kernel/api/route.h"
#include "kernel/json/encode.h"
#include "kernel/json/json.h"
#include "kernel/json/schema.h"
#include "kernel/text/text.h"
#include "kernel/text/unicode.h"
#include "kernel/time/zone.h"

#include "org/clear_text.h"
#include "org/detail.h"
#include "org/invite.h"
#include "org/met_store.h"
#include "org/officer_store.h"
#include "org/person.h"
#include "org/person_store.h"
#include "org/rights.h"
#include "org/room.h"
#include "org/school_store.h"
#include "org/target_store.h"
#include "org/words.h"

namespace sj::org {
namespace {

struct PersonLineDto {
  json::Id id;
  json::OneOf<kPersonKinds> kind;
  std::string name;
  json::OneOf<kSexes> sex;
  std::optional<json::Day> birth_day;
  std::string school;
  std::string class_name;
};
BOOST_DESCRIBE_STRUCT(PersonLineDto, (), (id, kind, name, sex, birth_day, school, class_name))
struct PeopleDto {
  std::vector<PersonLineDto> rows;
  bool more = false;  // there are others; type more
};
BOOST_DESCRIBE_STRUCT(PeopleDto, (), (rows, more))

struct MembershipDto {
  json::Id id;
  json::Id school_id;
  std::string school;
  std::optional<json::Id> class_id;
  std::string class_name;
  json::Day from;
  std::optional<json::Day> until;
  json::OneOf<kEnds> ended;
};
BOOST_DESCRIBE_STRUCT(MembershipDto,
                      (),
                      (id, school_id, school, class_id, class_name, from, until, ended))
struct GuardianshipDto {
  json::Id id;
  json::Id person_id;
  std::string name;
  json::OneOf<kRelations> relation;
  std::int64_t position = 1;
  bool may_collect = false;
  json::OneOf<kAdmitters> admitted_by;
  bool joined = false;
  json::Day from;
  std::optional<json::Day> until;
};
BOOST_DESCRIBE_STRUCT(
    GuardianshipDto,
    (),
    (id, person_id, name, relation, position, may_collect, admitted_by, joined, from, until))
struct SiblingDto {
  json::Id id;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(SiblingDto, (), (id, name))
struct StaffDto {
  json::Id id;
  std::optional<json::Id> school_id;  // none: the district office
  std::string school;
  json::OneOf<kPosts> post;
  std::string staff_no;
  json::Day from;
  std::optional<json::Day> until;
};
BOOST_DESCRIBE_STRUCT(StaffDto, (), (id, school_id, school, post, staff_no, from, until))
struct TeachingDto {
  json::Id id;
  json::Id class_id;
  std::string class_name;
  json::Id person_id;
  std::string person;
  json::OneOf<kTeachingParts> part;
  std::string subject;
  json::Day from;
  std::optional<json::Day> until;
};
BOOST_DESCRIBE_STRUCT(TeachingDto,
                      (),
                      (id, class_id, class_name, person_id, person, part, subject, from, until))
struct TeachingsDto {
  std::vector<TeachingDto> rows;
};
BOOST_DESCRIBE_STRUCT(TeachingsDto, (), (rows))
struct SealedDto {
  json::OneOf<kSealedFields> field;
};
BOOST_DESCRIBE_STRUCT(SealedDto, (), (field))
struct PersonDto {
  json::Id id;
  std::string name;
  json::OneOf<kSexes> sex;
  std::optional<json::Day> birth_day;
  std::string ethnic;
  std::vector<json::OneOf<kPersonKinds>> kinds;
  std::string local_no;
  bool protected_ = false;
  std::vector<MembershipDto> memberships;
  std::vector<GuardianshipDto> guardians;
  std::vector<GuardianshipDto> wards;
  std::vector<SiblingDto> siblings;
  std::vector<StaffDto> staff;
  std::vector<TeachingDto> teachings;
  std::vector<SealedDto> sealed;
  std::optional<json::Id> merged_into;
  bool erased = false;
};
BOOST_DESCRIBE_STRUCT(PersonDto,
                      (),
                      (id,
                       name,
                       sex,
                       birth_day,
                       ethnic,
                       kinds,
                       local_no,
                       protected_,
                       memberships,
                       guardians,
                       wards,
                       siblings,
                       staff,
                       teachings,
                       sealed,
                       merged_into,
                       erased))

struct ClassPupilDto {
  json::Id id;
  std::string name;
  json::OneOf<kSexes> sex;
  std::optional<json::Day> birth_day;
  std::string local_no;
  bool protected_ = false;
  bool joined = false;
  std::vector<GuardianshipDto> guardians;
};
BOOST_DESCRIBE_STRUCT(ClassPupilDto,
                      (),
                      (id, name, sex, birth_day, local_no, protected_, joined, guardians))
struct ClassPupilsDto {
  std::vector<ClassPupilDto> rows;
  std::int64_t total = 0;
  json::Moment as_of;
};
BOOST_DESCRIBE_STRUCT(ClassPupilsDto, (), (rows, total, as_of))

struct GuardianBody {
  std::string name;
  json::OneOf<kRelations> relation;
  std::optional<json::Exact> phone;
  std::optional<std::int64_t> position;
  std::optional<bool> may_collect;
};
BOOST_DESCRIBE_STRUCT(GuardianBody, (), (name, relation, phone, position, may_collect))
struct PupilBody {
  std::string name;
  json::Id class_id;
  std::optional<std::string> sex;
  std::optional<json::Day> birth_day;
  std::optional<std::string> ethnic;
  std::optional<std::string> local_no;
  std::optional<std::string> id_number;
  std::optional<std::string> student_no;
  std::optional<std::vector<GuardianBody>> guardians;
};
BOOST_DESCRIBE_STRUCT(
    PupilBody,
    (),
    (name, class_id, sex, birth_day, ethnic, local_no, id_number, student_no, guardians))
struct PersonPatch {
  std::optional<std::string> name;
  std::optional<std::string> sex;
  std::optional<json::Day> birth_day;
  std::optional<std::string> ethnic;
  std::optional<std::string> local_no;
  std::optional<std::string> id_number;
  std::optional<std::string> student_no;
  std::optional<json::Exact> phone;
};
BOOST_DESCRIBE_STRUCT(PersonPatch,
                      (),
                      (name, sex, birth_day, ethnic, local_no, id_number, student_no, phone))
struct MoveBody {
  std::optional<json::Id> class_id;
  std::optional<json::Id> school_id;
  json::Day on;
};
BOOST_DESCRIBE_STRUCT(MoveBody, (), (class_id, school_id, on))
struct LeaveBody {
  json::Day on;
  json::OneOf<kLeaveReasons> reason;
};
BOOST_DESCRIBE_STRUCT(LeaveBody, (), (on, reason))
struct GuardianshipPatch {
  std::optional<json::OneOf<kRelations>> relation;
  std::optional<std::int64_t> position;
  std::optional<bool> may_collect;
  std::optional<json::Day> until;
};
BOOST_DESCRIBE_STRUCT(GuardianshipPatch, (), (relation, position, may_collect, until))
struct ProtectionBody {
  bool protected_ = false;
  std::string note;
};
BOOST_DESCRIBE_STRUCT(ProtectionBody, (), (protected_, note))
struct StaffBody {
  std::string name;
  json::Id school_id;
  json::OneOf<kPosts> post;
  std::optional<std::string> sex;
  std::optional<std::string> staff_no;
  std::optional<json::Exact> phone;
};
BOOST_DESCRIBE_STRUCT(StaffBody, (), (name, school_id, post, sex, staff_no, phone))
struct TeachingBody {
  json::Id person_id;
  json::OneOf<kTeachingParts> part;
  std::optional<std::string> subject;
};
BOOST_DESCRIBE_STRUCT(TeachingBody, (), (person_id, part, subject))
struct MadeDto {
  json::Id id;
};
BOOST_DESCRIBE_STRUCT(MadeDto, (), (id))

const Error kNoPerson{ErrorKind::not_found, "org.no_such_person", "person"};
const Error kNoPlace{ErrorKind::not_found, "org.no_such_place", "school or class"};

std::optional<json::Day> day_or_none(const std::optional<LocalDay>& day) {
  if (!day) return std::nullopt;
  return json::Day(*day);
}

GuardianshipDto dto_of(const GuardianshipLine& line) {
  GuardianshipDto dto;
  dto.id = line.id;
  dto.person_id = line.person_id;
  dto.name = line.name;
  dto.relation = line.relation;
  dto.position = line.position;
  dto.may_collect = line.may_collect;
  dto.admitted_by = line.admitted_by;
  dto.joined = line.joined;
  dto.from = line.from;
  dto.until = day_or_none(line.until);
  return dto;
}

TeachingDto dto_of(const TeachingLine& line) {
  TeachingDto dto;
  dto.id = line.id;
  dto.class_id = line.class_id;
  dto.class_name = line.class_name;
  dto.person_id = line.person_id;
  dto.person = line.person;
  dto.part = line.part;
  dto.subject = line.subject;
  dto.from = line.from;
  dto.until = day_or_none(line.until);
  return dto;
}

PersonDto dto_of(const Person& person) {
  PersonDto dto;
  dto.id = person.id;
  dto.name = person.name;
  dto.sex = sex_name(person.sex);
  dto.birth_day = day_or_none(person.birth_day);
  dto.ethnic = person.ethnic;
  if (person.is_pupil) dto.kinds.emplace_back("pupil");
  if (!person.wards.empty()) dto.kinds.emplace_back("guardian");
  if (!person.staff.empty()) dto.kinds.emplace_back("staff");
  dto.local_no = person.local_no;
  dto.protected_ = person.is_protected;
  for (const MembershipLine& line : person.memberships) {
    MembershipDto one;
    one.id = line.id;
    one.school_id = line.school_id;
    one.school = line.school;
    if (line.class_id != 0) one.class_id = json::Id(line.class_id);
    one.class_name = line.class_name;
    one.from = line.from;
    one.until = day_or_none(line.until);
    one.ended = line.ended;
    dto.memberships.push_back(std::move(one));
  }
  for (const GuardianshipLine& line : person.guardians) dto.guardians.push_back(dto_of(line));
  for (const GuardianshipLine& line : person.wards) dto.wards.push_back(dto_of(line));
  for (const GuardianshipLine& line : person.siblings) {
    dto.siblings.push_back({line.person_id, line.name});
  }
  for (const StaffLine& line : person.staff) {
    StaffDto one;
    one.id = line.id;
    if (line.school_id != 0) one.school_id = json::Id(line.school_id);
    one.school = line.school;
    one.post = line.post;
    one.staff_no = line.staff_no;
    one.from = line.from;
    one.until = day_or_none(line.until);
    dto.staff.push_back(std::move(one));
  }
  for (const TeachingLine& line : person.teachings) dto.teachings.push_back(dto_of(line));
  for (const SealedLine& line : person.sealed) dto.sealed.push_back({line.field});
  if (person.merged_into != 0) dto.merged_into = json::Id(person.merged_into);
  dto.erased = person.erased;
  return dto;
}

Result<http::Response> get_people(const api::Call& call, sql::Reader& store, auth::Vault& vault) {
  const LocalDay today = day_of(call.now);
  Search search = read_search(call.query_text("q"), today);
  search.kind = call.query_text("kind");
  search.school =
      SJ_TRY(call.query_number("school", 0, 1, std::numeric_limits<std::int64_t>::max()));
  search.lacks = call.query_text("lacks");
  if (!search.lacks.empty()) search.kind = "pupil";
  const bool is_narrowed = !search.kind.empty() || search.school != 0;
  search.everybody = is_narrowed && text::trim(call.query_text("q")).empty();
  const std::int64_t limit = SJ_TRY(call.query_number("limit", 50, 1, 200));
  search.limit = limit + 1;
  const auto lines = SJ_TRY(search_people(store, vault, call.scope, search, today));
  PeopleDto dto;
  dto.more = static_cast<std::int64_t>(lines.size()) > limit;
  for (const PersonLine& line : lines) {
    if (static_cast<std::int64_t>(dto.rows.size()) == limit) break;
    PersonLineDto row;
    row.id = line.id;
    row.kind = line.kind;
    row.name = line.name;
    row.sex = sex_name(line.sex);
    row.birth_day = day_or_none(line.birth_day);
    row.school = line.school;
    row.class_name = line.class_name;
    dto.rows.push_back(std::move(row));
  }
  return api::reply(json::encode(dto));
}

Result<http::Response> get_person(const api::Call& call, sql::Reader& store) {
  const std::int64_t id = SJ_TRY(call.id(0));
  const auto person = SJ_TRY(find_person(store, call.scope, id, day_of(call.now)));
  if (!person) return kNoPerson;
  return api::reply(json::encode(dto_of(*person)));
}

Result<http::Response> get_class_pupils(const api::Call& call, sql::Reader& store) {
  const std::int64_t id = SJ_TRY(call.id(0));
  const LocalDay today = day_of(call.now);
  const auto what = SJ_TRY(find_class(store, call.scope, id, today));
  if (!what) return kNoPlace;
  const auto pupils = SJ_TRY(list_class_pupils(store, call.scope.area(), id, today));
  ClassPupilsDto dto;
  for (const ClassPupil& pupil : pupils) {
    ClassPupilDto row;
    row.id = pupil.id;
    row.name = pupil.name;
    row.sex = sex_name(pupil.sex);
    row.birth_day = day_or_none(pupil.birth_day);
    row.local_no = pupil.local_no;
    row.protected_ = pupil.is_protected;
    for (const GuardianshipLine& line : pupil.guardians) {
      row.joined = row.joined || line.joined;
      row.guardians.push_back(dto_of(line));
    }
    dto.rows.push_back(std::move(row));
  }
  dto.total = static_cast<std::int64_t>(dto.rows.size());
  dto.as_of = call.now;
  return api::reply(json::encode(dto));
}

Result<http::Response> get_class_teachers(const api::Call& call, sql::Reader& store) {
  const std::int64_t id = SJ_TRY(call.id(0));
  const LocalDay today = day_of(call.now);
  const auto what = SJ_TRY(find_class(store, call.scope, id, today));
  if (!what) return kNoPlace;
  const auto teachers = SJ_TRY(list_class_teachers(store, call.scope.area(), id, today));
  TeachingsDto dto;
  for (const TeachingLine& line : teachers) dto.rows.push_back(dto_of(line));
  return api::reply(json::encode(dto));
}

// A pupil or other person whom the caller may change, with the school whose chain hears of it.
struct Found {
  Person person{};
  std::int64_t school = 0;
};
Result<Found> find_to_change(const api::Call& call, desk::Tx& tx) {
  const std::int64_t id = SJ_TRY(call.id(0));
  auto person = SJ_TRY(find_person(tx, call.scope, id, tx.today()));
  if (!person) return kNoPerson;
  if (person->erased || person->merged_into != 0) {
    return Error{ErrorKind::conflict, "org.person_closed", "erased or merged into another"};
  }
  Found found;
  found.person = std::move(*person);
  if (!found.person.memberships.empty()) {
    found.school = found.person.memberships.front().school_id;
  } else if (!found.person.staff.empty()) {
    found.school = found.person.staff.front().school_id;
  }
  return found;
}

desk::Entry entry_of(std::string action, const Found& found) {
  desk::Entry entry;
  entry.school = found.school;
  entry.action = std::move(action);
  entry.subject_kind = "person";
  entry.subject = found.person.id;
  entry.person = found.person.id;
  return entry;
}

Result<void> put_numbers(desk::Tx& tx,
                         std::int64_t area,
                         std::int64_t person,
                         const CheckedPerson& checked) {
  const SealedValue values[] = {{"id_number", checked.id_number, true},
                                {"student_no", checked.student_no, true},
                                {"phone", checked.phone, true}};
  for (const SealedValue& value : values) {
    if (!value.value.empty()) SJ_TRY(put_sealed(tx, area, person, value));
  }
  return {};
}

/// Counts the numbers that are tried. One that is registered at a school the caller does not reach:
/// he gets the answer an import gives and nothing else of the child. Gives the reply, a refusal
/// that is stored; nothing if there is no such number.
Result<std::optional<http::Response>> meet_elsewhere(const api::Call& call,
                                                     desk::Tx& tx,
                                                     const Found& whose,
                                                     const CheckedPerson& checked) {
  using Reply = std::optional<http::Response>;
  const std::int64_t area = call.scope.area();
  const SealedValue values[] = {{"id_number", checked.id_number, true},
                                {"student_no", checked.student_no, true}};
  const auto reply = [&](const Error& error) {
    return Reply{api::problem(
        error, api::preferred_language(call.request.header("Accept-Language")), call.request.id)};
  };
  Meeting meeting;
  meeting.account = call.actor.account;
  meeting.own_school = whose.school;
  meeting.has_district = call.scope.everywhere();
  for (const SealedValue& value : values) {
    if (!value.value.empty()) meeting.tried.emplace_back(value.value);
  }
  if (!SJ_TRY(count_tried(tx, area, meeting))) return reply(too_many_numbers());
  for (const SealedValue& value : values) {
    if (value.value.empty()) continue;
    const auto other = SJ_TRY(find_holder(tx, tx.vault(), area, whose.person.id, value));
    if (other) {
      const auto targets = SJ_TRY(find_person_targets(tx, area, *other, tx.today()));
      if (covers_any(call.scope, targets)) return reply(number_taken(value.field));
      const std::string name =
          SJ_TRY(find_place_name(tx, area, {auth::PlaceKind::pupil, *other}, tx.today()));
      meeting.met.push_back(
          {*other, std::string(value.field), text::fold(name) == text::fold(checked.fields.name)});
    }
    meeting.has_unknown = true;
  }
  if (!meeting.has_unknown || meeting.has_district) return Reply{};
  if (!SJ_TRY(tell_met(tx, area, meeting))) return reply(too_many_numbers());
  if (meeting.met.empty()) return Reply{};
  const Met& met = meeting.met.front();
  Error error{ErrorKind::invalid, met.by_name ? "org.import_elsewhere" : "org.import_number_name",
              met.field + ": of a pupil elsewhere"};
  error.fields.push_back({met.field, error.code, {}});
  return reply(error);
}

Result<CheckedPerson> check_guardian(const GuardianBody& body, LocalDay today) {
  if (!is_relation(body.relation)) {
    Error error{ErrorKind::invalid, "org.bad_relation", "relation"};
    error.fields.push_back({"relation", "org.bad_relation", body.relation});
    return error;
  }
  GivenPerson given;
  given.name = body.name;
  if (body.phone) given.phone = *body.phone;
  return check_person(given, today);
}

// Makes a guardian of a pupil; the person is new.
Result<std::int64_t> add_guardian(desk::Tx& tx,
                                  std::int64_t area,
                                  std::int64_t pupil,
                                  const GuardianBody& body,
                                  std::int64_t position) {
  const auto checked = SJ_TRY(check_guardian(body, tx.today()));
  const std::int64_t guardian = tx.new_id();
  SJ_TRY(insert_person(tx, area, guardian, checked.fields));
  SJ_TRY(put_numbers(tx, area, guardian, checked));
  NewGuardianship guardianship;
  guardianship.id = tx.new_id();
  guardianship.pupil = pupil;
  guardianship.guardian = guardian;
  guardianship.relation = body.relation;
  guardianship.position = body.position.value_or(position);
  guardianship.may_collect = body.may_collect.value_or(true);
  SJ_TRY(insert_guardianship(tx, area, guardianship));
  return guardianship.id;
}

Result<http::Response> post_pupil(const api::Call& call, desk::Tx& tx) {
  const auto body = SJ_TRY(json::read<PupilBody>(call.request.body));
  const std::int64_t area = call.scope.area();
  const auto what = SJ_TRY(find_class(tx, call.scope, body.class_id.value, tx.today()));
  if (!what) return kNoPlace;
  GivenPerson given;
  given.name = body.name;
  given.sex = body.sex.value_or("");
  if (body.birth_day) given.birth_day = body.birth_day->value;
  given.ethnic = body.ethnic.value_or("");
  given.id_number = body.id_number.value_or("");
  given.student_no = body.student_no.value_or("");
  const auto checked = SJ_TRY(check_person(given, tx.today()));
  SJ_TRY(check_clear("local_no", body.local_no.value_or(""), tx.today()));

  Found made;
  made.person.id = tx.new_id();
  made.school = what->school_id;
  // A refusal that follows the comparison would take back what was counted.
  if (body.guardians) {
    for (const GuardianBody& guardian : *body.guardians) {
      static_cast<void>(SJ_TRY(check_guardian(guardian, tx.today())));
    }
  }
  auto elsewhere = SJ_TRY(meet_elsewhere(call, tx, made, checked));
  if (elsewhere) return *std::move(elsewhere);
  SJ_TRY(insert_person(tx, area, made.person.id, checked.fields));
  SJ_TRY(insert_pupil(tx, area, made.person.id, text::trim(body.local_no.value_or(""))));
  SJ_TRY(put_numbers(tx, area, made.person.id, checked));
  NewMembership membership;
  membership.person = made.person.id;
  membership.school = what->school_id;
  membership.class_id = what->id;
  membership.from = tx.today();
  SJ_TRY(insert_membership(tx, area, membership));
  std::int64_t position = 0;
  if (body.guardians) {
    for (const GuardianBody& guardian : *body.guardians) {
      static_cast<void>(SJ_TRY(add_guardian(tx, area, made.person.id, guardian, ++position)));
    }
  }
  desk::Entry entry = entry_of("org.pupil.created", made);
  entry.detail = object_of({{"class_id", std::to_string(what->id)}});
  entry.personal = object_of({{"name", checked.fields.name}});
  SJ_TRY(tx.audit(area, entry));
  return api::reply(json::encode(MadeDto{made.person.id}), 201);
}

std::string day_text(const std::optional<LocalDay>& day) {
  return day ? day->to_iso() : "";
}

// Every change as `field: before → after`; values of sealed fields never.
struct Changes {
  std::string fields{};
  json::Writer values{};
  bool any = false;

  Changes() { values.begin_object(); }
  void add(std::string_view field, const std::string& before, const std::string& after) {
    if (before == after) return;
    add_secret(field);
    values.key(field).begin_array().value(before).value(after).end_array();
  }
  void add_secret(std::string_view field) {
    fields += (fields.empty() ? "" : " ") + std::string(field);
    any = true;
  }
};

Result<http::Response> patch_person(const api::Call& call, desk::Tx& tx) {
  const auto found = SJ_TRY(find_to_change(call, tx));
  const auto body = SJ_TRY(json::read<PersonPatch>(call.request.body));
  const Person& person = found.person;
  const std::int64_t area = call.scope.area();
  GivenPerson given;
  given.name = body.name.value_or(person.name);
  given.sex = body.sex.value_or(std::to_string(person.sex));
  if (given.sex == "0" || given.sex == "9") given.sex.clear();
  given.birth_day =
      body.birth_day ? std::optional<LocalDay>(body.birth_day->value) : person.birth_day;
  given.ethnic = body.ethnic.value_or(person.ethnic);
  given.id_number = body.id_number.value_or("");
  given.student_no = body.student_no.value_or("");
  if (body.phone) given.phone = *body.phone;
  const auto checked = SJ_TRY(check_person(given, tx.today()));

  // A refusal that follows the comparison would take back what was counted.
  if (body.local_no) SJ_TRY(check_clear("local_no", *body.local_no, tx.today()));
  auto elsewhere = SJ_TRY(meet_elsewhere(call, tx, found, checked));
  if (elsewhere) return *std::move(elsewhere);

  // In the order of the code points of their names, as the trail writes objects.
  Changes changes;
  changes.add("birth_day", day_text(person.birth_day), day_text(checked.fields.birth_day));
  changes.add("ethnic", person.ethnic, checked.fields.ethnic);
  const std::string local_no(text::trim(body.local_no ? *body.local_no : person.local_no));
  changes.add("local_no", person.local_no, local_no);
  changes.add("name", person.name, checked.fields.name);
  changes.add("sex", std::to_string(person.sex), std::to_string(checked.fields.sex));
  if (!checked.id_number.empty()) changes.add_secret("id_number");
  if (!checked.student_no.empty()) changes.add_secret("student_no");
  if (!checked.phone.empty()) changes.add_secret("phone");
  // Whoever is called at an officer's number can say that he is the officer.
  if (!checked.phone.empty() || !checked.id_number.empty()) {
    SJ_TRY(use_officer_leave(tx, area, {"contact", person.id}));
  }
  if (changes.any) {
    SJ_TRY(update_person(tx, area, person.id, checked.fields));
    SJ_TRY(put_numbers(tx, area, person.id, checked));
    if (person.is_pupil) {
      SJ_TRY(update_pupil(tx, area, person.id, local_no, person.is_protected));
    }
    desk::Entry entry = entry_of("org.person.changed", found);
    entry.detail = object_of({{"fields", changes.fields}});
    changes.values.end_object();
    entry.personal = changes.values.take();
    SJ_TRY(tx.audit(area, entry));
  }
  const auto after = SJ_TRY(find_person(tx, call.scope, person.id, tx.today()));
  SJ_CHECK(after.has_value());
  return api::reply(json::encode(dto_of(*after)));
}

Result<http::Response> post_move(const api::Call& call, desk::Tx& tx) {
  const auto found = SJ_TRY(find_to_change(call, tx));
  const auto body = SJ_TRY(json::read<MoveBody>(call.request.body));
  const std::int64_t area = call.scope.area();
  const LocalDay on = body.on.value;
  const auto open = SJ_TRY(decide_end(found.person, on, tx.today()));
  NewMembership next;
  next.person = found.person.id;
  next.from = on;
  if (body.class_id) {
    const auto what = SJ_TRY(find_class(tx, call.scope, body.class_id->value, tx.today()));
    if (!what) return kNoPlace;
    next.school = what->school_id;
    next.class_id = what->id;
  } else if (body.school_id) {
    // Another school takes him without a class; it need not be one the caller may change.
    const auth::Place place{auth::PlaceKind::school, body.school_id->value};
    const auto target = SJ_TRY(find_target(tx, area, place, tx.today()));
    if (!target) return kNoPlace;
    next.school = body.school_id->value;
  } else {
    return Error{ErrorKind::invalid, "org.move_where", "class_id or school_id is wanted"};
  }
  if (next.class_id == open.class_id && next.school == open.school_id) {
    return Error{ErrorKind::conflict, "org.already_there", "the pupil is there already"};
  }
  const bool same_school = next.school == open.school_id;
  SJ_TRY(end_membership(tx, area, open.id, on, same_school ? "moved_class" : "moved_school"));
  SJ_TRY(insert_membership(tx, area, next));
  desk::Entry entry = entry_of("org.pupil.moved", found);
  entry.detail = object_of({{"from_class", std::to_string(open.class_id)},
                            {"from_school", std::to_string(open.school_id)},
                            {"on", on.to_iso()},
                            {"to_class", std::to_string(next.class_id)},
                            {"to_school", std::to_string(next.school)}});
  SJ_TRY(tx.audit(area, entry));
  if (!same_school) {
    // The school that takes him reads it in its own trail, too.
    entry.school = next.school;
    SJ_TRY(tx.audit(area, entry));
  }
  SJ_TRY(tx.publish(area,
                    {"org.pupil.moved", object_of({{"pupil", std::to_string(found.person.id)},
                                                   {"to_class", std::to_string(next.class_id)},
                                                   {"to_school", std::to_string(next.school)}})}));
  const auto after = SJ_TRY(find_person(tx, call.scope, found.person.id, tx.today()));
  if (!after) return api::reply("{}");
  return api::reply(json::encode(dto_of(*after)));
}

Result<http::Response> post_leave(const api::Call& call, desk::Tx& tx) {
  const auto found = SJ_TRY(find_to_change(call, tx));
  const auto body = SJ_TRY(json::read<LeaveBody>(call.request.body));
  if (body.reason != "left" && body.reason != "graduated") {
    Error error{ErrorKind::invalid, "org.bad_leave_reason", "reason"};
    error.fields.push_back({"reason", "org.bad_leave_reason", body.reason});
    return error;
  }
  const std::int64_t area = call.scope.area();
  const auto open = SJ_TRY(decide_end(found.person, body.on.value, tx.today()));
  SJ_TRY(end_membership(tx, area, open.id, body.on.value, body.reason));
  desk::Entry entry = entry_of("org.pupil.left", found);
  entry.detail = object_of({{"on", body.on.value.to_iso()}, {"reason", body.reason}});
  SJ_TRY(tx.audit(area, entry));
  SJ_TRY(tx.publish(area,
                    {"org.pupil.left", object_of({{"on", body.on.value.to_iso()},
                                                  {"pupil", std::to_string(found.person.id)}})}));
  const auto after = SJ_TRY(find_person(tx, call.scope, found.person.id, tx.today()));
  if (!after) return api::reply("{}");
  return api::reply(json::encode(dto_of(*after)));
}

Result<http::Response> post_guardian(const api::Call& call, desk::Tx& tx) {
  const auto found = SJ_TRY(find_to_change(call, tx));
  if (!found.person.is_pupil) return kNoPerson;
  const auto body = SJ_TRY(json::read<GuardianBody>(call.request.body));
  std::int64_t last = 0;
  for (const GuardianshipLine& line : found.person.guardians) last = std::max(last, line.position);
  const std::int64_t id =
      SJ_TRY(add_guardian(tx, call.scope.area(), found.person.id, body, last + 1));
  desk::Entry entry = entry_of("org.guardian.added", found);
  entry.detail = object_of({{"guardianship", std::to_string(id)}, {"relation", body.relation}});
  entry.personal = object_of({{"name", body.name}});
  SJ_TRY(tx.audit(call.scope.area(), entry));
  return api::reply(json::encode(MadeDto{id}), 201);
}

Result<http::Response> patch_guardianship(const api::Call& call, desk::Tx& tx) {
  const std::int64_t id = SJ_TRY(call.id(0));
  const std::int64_t area = call.scope.area();
  const auto found = SJ_TRY(find_guardianship(tx, area, id));
  if (!found) return kNoPerson;
  const auto pupil = SJ_TRY(find_person(tx, call.scope, found->pupil, tx.today()));
  if (!pupil) return kNoPerson;
  const auto body = SJ_TRY(json::read<GuardianshipPatch>(call.request.body));
  GuardianshipLine line = found->line;
  if (body.relation) line.relation = *body.relation;
  if (!is_relation(line.relation)) {
    return Error{ErrorKind::invalid, "org.bad_relation", "relation"};
  }
  if (body.position) line.position = std::clamp<std::int64_t>(*body.position, 1, 9);
  if (body.may_collect) line.may_collect = *body.may_collect;
  if (body.until) line.until = body.until->value;
  SJ_TRY(update_guardianship(tx, area, line));
  Found subject;
  subject.person = *pupil;
  if (!pupil->memberships.empty()) subject.school = pupil->memberships.front().school_id;
  desk::Entry entry = entry_of("org.guardian.changed", subject);
  entry.detail = object_of({{"guardianship", std::to_string(id)},
                            {"may_collect", line.may_collect ? "1" : "0"},
                            {"relation", line.relation},
                            {"until", day_text(line.until)}});
  SJ_TRY(tx.audit(area, entry));
  return api::reply(json::encode(dto_of(line)));
}

Result<http::Response> put_protection(const api::Call& call, desk::Tx& tx) {
  const auto found = SJ_TRY(find_to_change(call, tx));
  if (!found.person.is_pupil) return kNoPerson;
  const auto body = SJ_TRY(json::read<ProtectionBody>(call.request.body));
  const std::int64_t area = call.scope.area();
  if (body.protected_ && text::trim(body.note).empty()) {
    Error error{ErrorKind::invalid, "org.note_wanted", "note"};
    error.fields.push_back({"note", "org.note_wanted", ""});
    return error;
  }
  SJ_TRY(update_pupil(tx, area, found.person.id, found.person.local_no, body.protected_));
  SJ_TRY(put_sealed(tx, area, found.person.id, {"custody", text::trim(body.note), false}));
  desk::Entry entry = entry_of("org.pupil.protected", found);
  entry.detail = object_of({{"protected", body.protected_ ? "1" : "0"}});
  SJ_TRY(tx.audit(area, entry));
  const auto after = SJ_TRY(find_person(tx, call.scope, found.person.id, tx.today()));
  SJ_CHECK(after.has_value());
  return api::reply(json::encode(dto_of(*after)));
}

Result<http::Response> post_staff(const api::Call& call, desk::Tx& tx) {
  const auto body = SJ_TRY(json::read<StaffBody>(call.request.body));
  const std::int64_t area = call.scope.area();
  const auto school = SJ_TRY(find_school(tx, call.scope, body.school_id.value));
  if (!school) return kNoPlace;
  if (!is_post(body.post)) {
    Error error{ErrorKind::invalid, "org.bad_post", "post"};
    error.fields.push_back({"post", "org.bad_post", body.post});
    return error;
  }
  GivenPerson given;
  given.name = body.name;
  given.sex = body.sex.value_or("");
  if (body.phone) given.phone = *body.phone;
  const auto checked = SJ_TRY(check_person(given, tx.today()));
  Found made;
  made.person.id = tx.new_id();
  made.school = school->id;
  SJ_TRY(insert_person(tx, area, made.person.id, checked.fields));
  SJ_TRY(put_numbers(tx, area, made.person.id, checked));
  NewStaff staff;
  staff.id = tx.new_id();
  staff.person = made.person.id;
  staff.school = school->id;
  staff.post = body.post;
  SJ_TRY(check_clear("staff_no", body.staff_no.value_or(""), tx.today()));
  staff.staff_no = text::trim(body.staff_no.value_or(""));
  SJ_TRY(insert_staff(tx, area, staff));
  desk::Entry entry = entry_of("org.staff.created", made);
  entry.detail = object_of({{"post", body.post}});
  entry.personal = object_of({{"name", checked.fields.name}});
  SJ_TRY(tx.audit(area, entry));
  return api::reply(json::encode(MadeDto{made.person.id}), 201);
}

Result<http::Response> post_teacher(const api::Call& call, desk::Tx& tx) {
  const std::int64_t class_id = SJ_TRY(call.id(0));
  const std::int64_t area = call.scope.area();
  const auto what = SJ_TRY(find_class(tx, call.scope, class_id, tx.today()));
  if (!what) return kNoPlace;
  const auto body = SJ_TRY(json::read<TeachingBody>(call.request.body));
  if (body.part != "homeroom" && body.part != "subject") {
    Error error{ErrorKind::invalid, "org.bad_teaching_part", "part"};
    error.fields.push_back({"part", "org.bad_teaching_part", body.part});
    return error;
  }
  const auto person = SJ_TRY(find_person(tx, call.scope, body.person_id.value, tx.today()));
  const bool works_here =
      person && std::any_of(person->staff.begin(), person->staff.end(), [&](const StaffLine& line) {
        return line.school_id == what->school_id && !line.until;
      });
  if (!works_here) {
    return Error{ErrorKind::conflict, "org.not_staff_here", "not on the staff of this school"};
  }
  if (body.part == "homeroom") {
    // One class has one: the present one hands over today.
    const auto present = SJ_TRY(list_class_teachers(tx, area, class_id, tx.today()));
    for (const TeachingLine& line : present) {
      if (line.part == "homeroom") SJ_TRY(end_teaching(tx, area, line.id, tx.today()));
    }
  }
  NewTeaching teaching;
  teaching.id = tx.new_id();
  teaching.person = body.person_id.value;
  teaching.class_id = class_id;
  teaching.part = body.part;
  teaching.subject = text::trim(body.subject.value_or(""));
  SJ_TRY(insert_teaching(tx, area, teaching));
  Found subject;
  subject.person.id = teaching.person;
  subject.school = what->school_id;
  desk::Entry entry = entry_of("org.teaching.added", subject);
  entry.detail = object_of({{"class_id", std::to_string(class_id)}, {"part", body.part}});
  SJ_TRY(tx.audit(area, entry));
  return api::reply(json::encode(MadeDto{teaching.id}), 201);
}

Result<http::Response> delete_teaching(const api::Call& call, desk::Tx& tx) {
  const std::int64_t id = SJ_TRY(call.id(0));
  const std::int64_t area = call.scope.area();
  const auto class_id = SJ_TRY(find_teaching_class(tx, area, id));
  if (!class_id) return kNoPlace;
  const auto what = SJ_TRY(find_class(tx, call.scope, *class_id, tx.today()));
  if (!what) return kNoPlace;
  SJ_TRY(end_teaching(tx, area, id, tx.today()));
  desk::Entry entry;
  entry.school = what->school_id;
  entry.action = "org.teaching.ended";
  entry.subject_kind = "class";
  entry.subject = *class_id;
  entry.detail = object_of({{"teaching", std::to_string(id)}});
  SJ_TRY(tx.audit(area, entry));
  return api::nothing();
}

}  // namespace

void add_person_routes(api::Room& room, const Settings& settings) {
  using http::Method;
  const auto add = [&](Method method, std::string_view path, auth::Permission permission,
                       api::Handler handler, api::Doc doc) {
    room.routes.emplace_back(method, path, permission, std::move(handler), std::move(doc));
  };
  auth::Vault* const vault = settings.vault;
  add(Method::get, "/api/org/people", kPupilRead,
      api::Read([vault](const api::Call& call, sql::Reader& store) {
        return get_people(call, store, *vault);
      }),
      {"search_people",
       "People whose name, pinyin or initials begin so, or who have this number",
       {{"q", "name or ending of it, pinyin, initials, or a whole number"},
        {.name = "kind", .about = "only these", .one_of = kPersonKinds},
        {"school", "only those there, and guardians of its pupils", api::Takes::id},
        {.name = "lacks", .about = "only pupils without one", .one_of = kLacks},
        {"limit", "1..200", api::Takes::number}},
       nullptr,
       "application/json",
       json::schema_of<PeopleDto>});
  add(Method::get, "/api/org/people/{person}", kPupilRead, api::Read(get_person),
      {"get_person",
       "Everything a page shows of a person; sealed fields by name only",
       {},
       nullptr,
       "application/json",
       json::schema_of<PersonDto>});
  add(Method::patch, "/api/org/people/{person}", kPupilWrite, api::Write(patch_person),
      {"change_person",
       "Changes what is sent of a person",
       {},
       json::schema_of<PersonPatch>,
       "application/json",
       json::schema_of<PersonDto>});
  add(Method::get, "/api/org/classes/{class}/pupils", kPupilRead, api::Read(get_class_pupils),
      {"list_class_pupils",
       "Pupils of a class today, with their guardians",
       {},
       nullptr,
       "application/json",
       json::schema_of<ClassPupilsDto>});
  add(Method::get, "/api/org/classes/{class}/teachers", kClassRead, api::Read(get_class_teachers),
      {"list_class_teachers",
       "Who teaches a class today",
       {},
       nullptr,
       "application/json",
       json::schema_of<TeachingsDto>});
  add(Method::post, "/api/org/classes/{class}/teachers", kStaffWrite, api::Write(post_teacher),
      {"add_class_teacher",
       "Gives a class a teacher; a new homeroom teacher replaces the old one",
       {},
       json::schema_of<TeachingBody>,
       "application/json",
       json::schema_of<MadeDto>,
       "application/json",
       201});
  add(Method::delete_, "/api/org/teachings/{teaching}", kStaffWrite, api::Write(delete_teaching),
      {"end_teaching",
       "Ends somebody's teaching of a class today",
       {},
       nullptr,
       "application/json",
       nullptr,
       "application/json",
       204});
  add(Method::post, "/api/org/pupils", kPupilWrite, api::Write(post_pupil),
      {"create_pupil",
       "Adds a pupil to a class",
       {},
       json::schema_of<PupilBody>,
       "application/json",
       json::schema_of<MadeDto>,
       "application/json",
       201});
  add(Method::post, "/api/org/pupils/{person}/move", kPupilWrite, api::Write(post_move),
      {"move_pupil",
       "Moves a pupil to another class or school on a day",
       {},
       json::schema_of<MoveBody>,
       "application/json",
       json::schema_of<PersonDto>});
  add(Method::post, "/api/org/pupils/{person}/leave", kPupilWrite, api::Write(post_leave),
      {"leave_pupil",
       "Ends a pupil's time here on a day",
       {},
       json::schema_of<LeaveBody>,
       "application/json",
       json::schema_of<PersonDto>});
  add(Method::post, "/api/org/pupils/{person}/guardians", kPupilWrite, api::Write(post_guardian),
      {"add_guardian",
       "Adds a guardian to a pupil",
       {},
       json::schema_of<GuardianBody>,
       "application/json",
       json::schema_of<MadeDto>,
       "application/json",
       201});
  add(Method::patch, "/api/org/guardianships/{guardianship}", kPupilWrite,
      api::Write(patch_guardianship),
      {"change_guardianship",
       "Changes or ends what a guardian is to a pupil",
       {},
       json::schema_of<GuardianshipPatch>,
       "application/json",
       json::schema_of<GuardianshipDto>});
  add(Method::put, "/api/org/pupils/{person}/protection", kPupilWrite, api::Write(put_protection),
      {"protect_pupil",
       "Notes a custody or protection matter: only the school admits guardians then",
       {},
       json::schema_of<ProtectionBody>,
       "application/json",
       json::schema_of<PersonDto>});
  add(Method::post, "/api/org/staff", kStaffWrite, api::Write(post_staff),
      {"create_staff",
       "Adds somebody to the staff of a school",
       {},
       json::schema_of<StaffBody>,
       "application/json",
       json::schema_of<MadeDto>,
       "application/json",
       201});
}

}  // namespace sj::org
