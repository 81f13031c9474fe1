#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernel/api/reply.h"
#include "kernel/api/route.h"
#include "kernel/json/encode.h"
#include "kernel/json/json.h"
#include "kernel/json/schema.h"
#include "kernel/text/pinyin.h"
#include "kernel/text/text.h"
#include "kernel/text/unicode.h"
#include "kernel/time/zone.h"

#include "org/clear_text.h"
#include "org/detail.h"
#include "org/rights.h"
#include "org/school.h"
#include "org/school_store.h"
#include "org/words.h"

namespace sj::org {
namespace {

struct SchoolDto {
  json::Id id;
  std::string code;
  std::string name;
  json::OneOf<kSchoolKinds> kind;
  json::OneOf<kSchoolStages> stages;
  std::int64_t primary_years = 6;
  std::optional<json::Id> street_id;  // none: not entered yet
  std::string street;
  bool rural = false;
  json::Day opened_on;
  std::optional<json::Day> closed_on;
  std::int64_t classes = 0;
  std::int64_t pupils = 0;
  std::int64_t staff = 0;
  std::int64_t joined_pupils = 0;
};
BOOST_DESCRIBE_STRUCT(SchoolDto,
                      (),
                      (id,
                       code,
                       name,
                       kind,
                       stages,
                       primary_years,
                       street_id,
                       street,
                       rural,
                       opened_on,
                       closed_on,
                       classes,
                       pupils,
                       staff,
                       joined_pupils))

struct SchoolsDto {
  std::vector<SchoolDto> rows;
  std::int64_t total = 0;
  json::Moment as_of;
};
BOOST_DESCRIBE_STRUCT(SchoolsDto, (), (rows, total, as_of))

struct SchoolBody {
  std::optional<std::string> code;
  std::optional<std::string> name;
  std::optional<json::OneOf<kSchoolKinds>> kind;
  std::optional<json::OneOf<kSchoolStages>> stages;
  std::optional<std::int64_t> primary_years;
  std::optional<json::Id> street_id;
  std::optional<bool> rural;
  std::optional<json::Day> opened_on;
  std::optional<json::Day> closed_on;
};
BOOST_DESCRIBE_STRUCT(
    SchoolBody,
    (),
    (code, name, kind, stages, primary_years, street_id, rural, opened_on, closed_on))

struct MadeDto {
  json::Id id;
};
BOOST_DESCRIBE_STRUCT(MadeDto, (), (id))

struct StreetDto {
  json::Id id;
  std::string code;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(StreetDto, (), (id, code, name))
struct StreetsDto {
  std::vector<StreetDto> rows;
};
BOOST_DESCRIBE_STRUCT(StreetsDto, (), (rows))
struct StreetBody {
  std::string code;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(StreetBody, (), (code, name))

struct TermDto {
  json::Id id;
  std::int64_t school_year = 0;
  std::int64_t part = 1;
  json::Day first_day;
  json::Day last_day;
};
BOOST_DESCRIBE_STRUCT(TermDto, (), (id, school_year, part, first_day, last_day))
struct TermsDto {
  std::vector<TermDto> rows;
};
BOOST_DESCRIBE_STRUCT(TermsDto, (), (rows))
struct TermBody {
  std::int64_t school_year = 0;
  std::int64_t part = 1;
  json::Day first_day;
  json::Day last_day;
};
BOOST_DESCRIBE_STRUCT(TermBody, (), (school_year, part, first_day, last_day))

struct PersonRef {
  json::Id id;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(PersonRef, (), (id, name))

struct ClassDto {
  json::Id id;
  json::Id school_id;
  std::string school;
  json::OneOf<kStages> stage;
  std::optional<std::int64_t> grade;  // none once it has left
  std::int64_t entry_year = 0;
  std::int64_t number = 0;
  std::string name;      // what it is called today
  std::string own_name;  // what it calls itself, if anything
  std::int64_t pupils = 0;
  std::int64_t joined_pupils = 0;
  std::optional<PersonRef> homeroom;
  std::optional<json::Day> closed_on;
};
BOOST_DESCRIBE_STRUCT(ClassDto,
                      (),
                      (id,
                       school_id,
                       school,
                       stage,
                       grade,
                       entry_year,
                       number,
                       name,
                       own_name,
                       pupils,
                       joined_pupils,
                       homeroom,
                       closed_on))
struct ClassesDto {
  std::vector<ClassDto> rows;
  std::int64_t total = 0;
  json::Moment as_of;
};
BOOST_DESCRIBE_STRUCT(ClassesDto, (), (rows, total, as_of))
struct ClassBody {
  std::int64_t grade = 0;
  std::int64_t number = 0;
  std::optional<std::string> name;
};
BOOST_DESCRIBE_STRUCT(ClassBody, (), (grade, number, name))
struct ClassPatch {
  std::optional<std::string> name;
  std::optional<json::Day> closed_on;
};
BOOST_DESCRIBE_STRUCT(ClassPatch, (), (name, closed_on))

struct ExceptionDto {
  json::OneOf<kExceptionKinds> kind;
  std::int64_t count = 0;
  std::optional<json::Id> school_id;
  std::string school_name;
};
BOOST_DESCRIBE_STRUCT(ExceptionDto, (), (kind, count, school_id, school_name))
struct FiguresDto {
  std::int64_t schools = 0;
  std::int64_t classes = 0;
  std::int64_t pupils = 0;
  std::int64_t staff = 0;
  std::int64_t joined_pupils = 0;
};
BOOST_DESCRIBE_STRUCT(FiguresDto, (), (schools, classes, pupils, staff, joined_pupils))
struct OverviewDto {
  std::vector<ExceptionDto> exceptions;
  FiguresDto figures;
  json::Moment as_of;
};
BOOST_DESCRIBE_STRUCT(OverviewDto, (), (exceptions, figures, as_of))

constexpr std::array<Word, 4> kSorts = {"name", "pupils", "classes", "joined"};
constexpr std::array<Word, 1> kTrue = {"true"};

const Error kNotFound{ErrorKind::not_found, "org.no_such_place", "school or class"};

SchoolDto dto_of(const School& school) {
  SchoolDto dto;
  dto.id = school.id;
  dto.code = school.code;
  dto.name = school.name;
  dto.kind = school.kind;
  dto.stages = school.stages;
  dto.primary_years = school.primary_years;
  if (school.street_id != 0) dto.street_id = json::Id(school.street_id);
  dto.street = school.street;
  dto.rural = school.rural;
  dto.opened_on = school.opened_on;
  if (school.closed_on) dto.closed_on = json::Day(*school.closed_on);
  dto.classes = school.counts.classes;
  dto.pupils = school.counts.pupils;
  dto.staff = school.counts.staff;
  dto.joined_pupils = school.counts.joined_pupils;
  return dto;
}

ClassDto dto_of(const Class& what, LocalDay today) {
  const auto grade =
      grade_of(what.stage, what.entry_year, what.primary_years, school_year_of(today));
  ClassDto dto;
  dto.id = what.id;
  dto.school_id = what.school_id;
  dto.school = what.school;
  dto.stage = name_of(what.stage);
  if (grade) dto.grade = *grade;
  dto.entry_year = what.entry_year;
  dto.number = what.number;
  dto.name = class_name(grade, what.entry_year, what.number, what.own_name);
  dto.own_name = what.own_name;
  dto.pupils = what.pupils;
  dto.joined_pupils = what.joined_pupils;
  if (what.homeroom_id != 0) dto.homeroom = PersonRef{what.homeroom_id, what.homeroom};
  if (what.closed_on) dto.closed_on = json::Day(*what.closed_on);
  return dto;
}

// Only what was sent replaces what is there.
void put(const SchoolBody& body, School& school) {
  if (body.code) school.code = text::trim(*body.code);
  if (body.name) school.name = text::trim(*body.name);
  if (body.kind) school.kind = *body.kind;
  if (body.stages) school.stages = *body.stages;
  if (body.primary_years) school.primary_years = static_cast<int>(*body.primary_years);
  if (body.street_id) school.street_id = body.street_id->value;
  if (body.rural) school.rural = *body.rural;
  if (body.closed_on) school.closed_on = body.closed_on->value;
}

// Those asked for by name, street, kind or stages.
bool is_wanted(const School& school, const api::Call& call) {
  const std::string wanted = text::fold(call.query_text("q"));
  if (!wanted.empty() && text::fold(school.name).find(wanted) == std::string::npos &&
      text::pinyin_initials(school.name).rfind(wanted, 0) != 0 && school.code != wanted) {
    return false;
  }
  const auto differs = [&](std::string_view name, const std::string& value) {
    const std::string asked = call.query_text(name);
    return !asked.empty() && asked != value;
  };
  return !differs("street", std::to_string(school.street_id)) && !differs("kind", school.kind) &&
         !differs("stages", school.stages);
}

void sort_schools(std::vector<SchoolDto>& rows, const std::string& by) {
  std::stable_sort(rows.begin(), rows.end(), [&](const SchoolDto& a, const SchoolDto& b) {
    if (by == "pupils") return a.pupils > b.pupils;
    if (by == "classes") return a.classes > b.classes;
    if (by == "joined") return a.joined_pupils * b.pupils < b.joined_pupils * a.pupils;
    return text::pinyin_initials(a.name) < text::pinyin_initials(b.name);
  });
}

Result<http::Response> list_schools_route(const api::Call& call, sql::Reader& store) {
  const auto schools = SJ_TRY(list_schools(store, call.scope, day_of(call.now)));
  SchoolsDto dto;
  for (const School& school : schools) {
    if (is_wanted(school, call)) dto.rows.push_back(dto_of(school));
  }
  sort_schools(dto.rows, call.query_text("sort"));
  dto.total = static_cast<std::int64_t>(dto.rows.size());
  dto.as_of = call.now;
  return api::reply(json::encode(dto));
}

Result<http::Response> get_school(const api::Call& call, sql::Reader& store) {
  const std::int64_t id = SJ_TRY(call.id(0));
  const auto schools = SJ_TRY(list_schools(store, call.scope, day_of(call.now)));
  for (const School& school : schools) {
    if (school.id == id) return api::reply(json::encode(dto_of(school)));
  }
  return kNotFound;
}

desk::Entry entry_of(std::string action, std::string subject_kind, std::int64_t subject) {
  desk::Entry entry;
  entry.action = std::move(action);
  entry.subject_kind = std::move(subject_kind);
  entry.subject = subject;
  return entry;
}

Result<void> check_street(sql::Reader& store, std::int64_t area, std::int64_t street) {
  if (street == 0) return {};
  const auto streets = SJ_TRY(list_streets(store, area));
  const auto is_it = [&](const Street& one) { return one.id == street; };
  if (std::any_of(streets.begin(), streets.end(), is_it)) return {};
  Error error{ErrorKind::invalid, "org.unknown_street", "street_id"};
  error.fields.push_back({"street_id", error.code, {}});
  return error;
}

Result<http::Response> post_school(const api::Call& call, desk::Tx& tx) {
  if (!call.scope.everywhere()) {
    return Error{ErrorKind::forbidden, "org.only_district", "only the district makes schools"};
  }
  const auto body = SJ_TRY(json::read<SchoolBody>(call.request.body));
  School school;
  school.id = tx.new_id();
  school.kind = "public";
  school.stages = "primary";
  school.opened_on = body.opened_on ? body.opened_on->value : tx.today();
  put(body, school);
  SJ_TRY(check_school(school));
  SJ_TRY(check_street(tx, call.scope.area(), school.street_id));
  SJ_TRY(check_clear("name", school.name, tx.today()));
  SJ_TRY(insert_school(tx, call.scope.area(), school));
  desk::Entry entry = entry_of("org.school.created", "school", school.id);
  entry.detail = object_of({{"code", school.code}, {"name", school.name}});
  SJ_TRY(tx.audit(call.scope.area(), entry));
  return api::reply(json::encode(MadeDto{school.id}), 201);
}

Result<http::Response> patch_school(const api::Call& call, desk::Tx& tx) {
  const std::int64_t id = SJ_TRY(call.id(0));
  const auto found = SJ_TRY(find_school(tx, call.scope, id));
  if (!found) return kNotFound;
  const auto body = SJ_TRY(json::read<SchoolBody>(call.request.body));
  School school = *found;
  put(body, school);
  SJ_TRY(check_school(school));
  SJ_TRY(check_street(tx, call.scope.area(), school.street_id));
  SJ_TRY(check_clear("name", school.name, tx.today()));
  SJ_TRY(update_school(tx, call.scope.area(), school));
  desk::Entry entry = entry_of("org.school.changed", "school", id);
  entry.school = id;
  entry.detail = object_of({{"before", found->name}, {"name", school.name}});
  SJ_TRY(tx.audit(call.scope.area(), entry));
  return api::reply(json::encode(dto_of(school)));
}

Result<http::Response> get_streets(const api::Call& call, sql::Reader& store) {
  const auto streets = SJ_TRY(list_streets(store, call.scope.area()));
  StreetsDto dto;
  for (const Street& street : streets) {
    dto.rows.push_back({street.id, street.code, street.name});
  }
  return api::reply(json::encode(dto));
}

Result<http::Response> post_street(const api::Call& call, desk::Tx& tx) {
  const auto body = SJ_TRY(json::read<StreetBody>(call.request.body));
  Street street;
  street.id = tx.new_id();
  street.code = text::trim(body.code);
  street.name = text::trim(body.name);
  if (street.name.empty()) return Error{ErrorKind::invalid, "org.bad_name", "name"};
  SJ_TRY(check_street_code(street.code));
  SJ_TRY(check_clear("name", street.name, tx.today()));
  SJ_TRY(insert_street(tx, call.scope.area(), street));
  desk::Entry entry = entry_of("org.street.created", "street", street.id);
  entry.detail = object_of({{"name", street.name}});
  SJ_TRY(tx.audit(call.scope.area(), entry));
  return api::reply(json::encode(MadeDto{street.id}), 201);
}

Result<http::Response> get_terms(const api::Call& call, sql::Reader& store) {
  const auto terms = SJ_TRY(list_terms(store, call.scope.area()));
  TermsDto dto;
  for (const Term& term : terms) {
    dto.rows.push_back({term.id, term.school_year, term.part, term.first_day, term.last_day});
  }
  return api::reply(json::encode(dto));
}

Result<http::Response> post_term(const api::Call& call, desk::Tx& tx) {
  const auto body = SJ_TRY(json::read<TermBody>(call.request.body));
  Term term;
  term.id = tx.new_id();
  term.school_year = body.school_year;
  term.part = body.part;
  term.first_day = body.first_day.value;
  term.last_day = body.last_day.value;
  SJ_TRY(check_term(term));
  SJ_TRY(insert_term(tx, call.scope.area(), term));
  desk::Entry entry = entry_of("org.term.created", "term", term.id);
  entry.detail =
      object_of({{"first_day", term.first_day.to_iso()}, {"last_day", term.last_day.to_iso()}});
  SJ_TRY(tx.audit(call.scope.area(), entry));
  return api::reply(json::encode(MadeDto{term.id}), 201);
}

Result<http::Response> get_classes(const api::Call& call, sql::Reader& store) {
  const std::int64_t school = SJ_TRY(call.id(0));
  const LocalDay today = day_of(call.now);
  const auto classes = SJ_TRY(list_classes(store, call.scope, school, today));
  // Without classes it is a new school, or one that is none of the caller's business.
  if (classes.empty()) {
    const auto found = SJ_TRY(find_school(store, call.scope, school));
    if (!found) return kNotFound;
  }
  const bool also_left = call.query_text("left") == "true";
  ClassesDto dto;
  for (const Class& what : classes) {
    ClassDto row = dto_of(what, today);
    if (also_left || (row.grade && !row.closed_on)) dto.rows.push_back(std::move(row));
  }
  std::stable_sort(dto.rows.begin(), dto.rows.end(), [](const ClassDto& a, const ClassDto& b) {
    return std::pair(a.grade.value_or(10), a.number) < std::pair(b.grade.value_or(10), b.number);
  });
  dto.total = static_cast<std::int64_t>(dto.rows.size());
  dto.as_of = call.now;
  return api::reply(json::encode(dto));
}

Result<http::Response> get_class(const api::Call& call, sql::Reader& store) {
  const std::int64_t id = SJ_TRY(call.id(0));
  const LocalDay today = day_of(call.now);
  const auto found = SJ_TRY(find_class(store, call.scope, id, today));
  if (!found) return kNotFound;
  return api::reply(json::encode(dto_of(*found, today)));
}

Result<http::Response> post_class(const api::Call& call, desk::Tx& tx) {
  const std::int64_t school_id = SJ_TRY(call.id(0));
  const auto school = SJ_TRY(find_school(tx, call.scope, school_id));
  if (!school) return kNotFound;
  const auto body = SJ_TRY(json::read<ClassBody>(call.request.body));
  SJ_TRY(check_class(*school, body.grade, body.number));
  const Cohort cohort =
      cohort_of(static_cast<int>(body.grade), school->primary_years, school_year_of(tx.today()));
  Class what;
  what.id = tx.new_id();
  what.school_id = school_id;
  what.stage = cohort.stage;
  what.entry_year = cohort.entry_year;
  what.number = body.number;
  what.own_name = text::trim(body.name.value_or(""));
  SJ_TRY(check_clear("name", what.own_name, tx.today()));
  what.opened_on = tx.today();
  SJ_TRY(insert_class(tx, call.scope.area(), what));
  desk::Entry entry = entry_of("org.class.created", "class", what.id);
  entry.school = school_id;
  entry.detail =
      object_of({{"grade", std::to_string(body.grade)}, {"number", std::to_string(body.number)}});
  SJ_TRY(tx.audit(call.scope.area(), entry));
  return api::reply(json::encode(MadeDto{what.id}), 201);
}

Result<http::Response> patch_class(const api::Call& call, desk::Tx& tx) {
  const std::int64_t id = SJ_TRY(call.id(0));
  auto found = SJ_TRY(find_class(tx, call.scope, id, tx.today()));
  if (!found) return kNotFound;
  const auto body = SJ_TRY(json::read<ClassPatch>(call.request.body));
  if (body.name) SJ_TRY(check_clear("name", *body.name, tx.today()));
  if (body.name) found->own_name = text::trim(*body.name);
  if (body.closed_on) {
    if (found->pupils > 0) {
      return Error{ErrorKind::conflict, "org.class_not_empty",
                   std::to_string(found->pupils) + " pupils are in it"};
    }
    found->closed_on = body.closed_on->value;
  }
  SJ_TRY(update_class(tx, call.scope.area(), *found));
  desk::Entry entry = entry_of("org.class.changed", "class", id);
  entry.school = found->school_id;
  entry.detail = object_of({{"name", found->own_name}});
  SJ_TRY(tx.audit(call.scope.area(), entry));
  return api::reply(json::encode(dto_of(*found, tx.today())));
}

Result<http::Response> get_overview(const api::Call& call, sql::Reader& store) {
  const auto schools = SJ_TRY(list_schools(store, call.scope, day_of(call.now)));
  const auto exceptions = SJ_TRY(list_exceptions(store, call.scope, call.now));
  const std::string asked = call.query_text("school");
  const auto is_asked = [&](std::int64_t school) {
    return asked.empty() || std::to_string(school) == asked;
  };
  OverviewDto dto;
  for (const School& school : schools) {
    if (!is_asked(school.id)) continue;
    ++dto.figures.schools;
    dto.figures.classes += school.counts.classes;
    dto.figures.pupils += school.counts.pupils;
    dto.figures.staff += school.counts.staff;
    dto.figures.joined_pupils += school.counts.joined_pupils;
  }
  for (const Exception& exception : exceptions) {
    if (!is_asked(exception.school_id)) continue;
    ExceptionDto row;
    row.kind = exception.kind;
    row.count = exception.count;
    if (exception.school_id != 0) row.school_id = json::Id(exception.school_id);
    for (const School& school : schools) {
      if (school.id == exception.school_id) row.school_name = school.name;
    }
    dto.exceptions.push_back(std::move(row));
  }
  dto.as_of = call.now;
  return api::reply(json::encode(dto));
}

}  // namespace

void add_school_routes(api::Room& room) {
  using http::Method;
  const auto add = [&](Method method, std::string_view path, auth::Permission permission,
                       api::Handler handler, api::Doc doc) {
    room.routes.emplace_back(method, path, permission, std::move(handler), std::move(doc));
  };
  add(Method::get, "/api/org/overview", kSchoolRead, api::Read(get_overview),
      {"get_overview",
       "What needs a person now, and the figures of the places one sees",
       {{"school", "only this one", api::Takes::id}},
       nullptr,
       "application/json",
       json::schema_of<OverviewDto>});
  add(Method::get, "/api/org/schools", kSchoolRead, api::Read(list_schools_route),
      {"list_schools",
       "Schools with today's figures",
       {{"q", "part of the name, its pinyin initials, or the whole code"},
        {"street", "id of a street", api::Takes::id},
        {.name = "kind", .about = "of this kind", .one_of = kSchoolKinds},
        {.name = "stages", .about = "teaching these", .one_of = kSchoolStages},
        {.name = "sort", .about = "name if not given", .one_of = kSorts}},
       nullptr,
       "application/json",
       json::schema_of<SchoolsDto>});
  add(Method::post, "/api/org/schools", kSchoolWrite, api::Write(post_school),
      {"create_school",
       "Adds a school",
       {},
       json::schema_of<SchoolBody>,
       "application/json",
       json::schema_of<MadeDto>,
       "application/json",
       201});
  add(Method::get, "/api/org/schools/{school}", kSchoolRead, api::Read(get_school),
      {"get_school",
       "One school with today's figures",
       {},
       nullptr,
       "application/json",
       json::schema_of<SchoolDto>});
  add(Method::patch, "/api/org/schools/{school}", kSchoolWrite, api::Write(patch_school),
      {"change_school",
       "Changes what is sent of a school",
       {},
       json::schema_of<SchoolBody>,
       "application/json",
       json::schema_of<SchoolDto>});
  add(Method::get, "/api/org/streets", kSchoolRead, api::Read(get_streets),
      {"list_streets",
       "Streets of the district",
       {},
       nullptr,
       "application/json",
       json::schema_of<StreetsDto>});
  add(Method::post, "/api/org/streets", kSchoolWrite, api::Write(post_street),
      {"create_street",
       "Adds a street",
       {},
       json::schema_of<StreetBody>,
       "application/json",
       json::schema_of<MadeDto>,
       "application/json",
       201});
  add(Method::get, "/api/org/terms", kSchoolRead, api::Read(get_terms),
      {"list_terms",
       "Terms of the district, the latest first",
       {},
       nullptr,
       "application/json",
       json::schema_of<TermsDto>});
  add(Method::post, "/api/org/terms", kSchoolWrite, api::Write(post_term),
      {"create_term",
       "Adds a term",
       {},
       json::schema_of<TermBody>,
       "application/json",
       json::schema_of<MadeDto>,
       "application/json",
       201});
  add(Method::get, "/api/org/schools/{school}/classes", kClassRead, api::Read(get_classes),
      {"list_classes",
       "Classes of a school with today's figures",
       {{.name = "left",
         .about = "true: also those that have left or were closed",
         .one_of = kTrue}},
       nullptr,
       "application/json",
       json::schema_of<ClassesDto>});
  add(Method::post, "/api/org/schools/{school}/classes", kClassWrite, api::Write(post_class),
      {"create_class",
       "Adds a class to a grade of this school year",
       {},
       json::schema_of<ClassBody>,
       "application/json",
       json::schema_of<MadeDto>,
       "application/json",
       201});
  add(Method::get, "/api/org/classes/{class}", kClassRead, api::Read(get_class),
      {"get_class",
       "One class with today's figures",
       {},
       nullptr,
       "application/json",
       json::schema_of<ClassDto>});
  add(Method::patch, "/api/org/classes/{class}", kClassWrite, api::Write(patch_class),
      {"change_class",
       "Names or closes a class",
       {},
       json::schema_of<ClassPatch>,
       "application/json",
       json::schema_of<ClassDto>});
}

}  // namespace sj::org
