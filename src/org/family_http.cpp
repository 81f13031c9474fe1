#include <optional>
#include <utility>
#include <vector>

#include "kernel/api/reply.h"
#include "kernel/api/route.h"
#include "kernel/json/encode.h"
#include "kernel/json/json.h"
#include "kernel/json/schema.h"
#include "kernel/text/text.h"
#include "kernel/time/zone.h"

#include "org/data_grant.h"
#include "org/data_grant_store.h"
#include "org/detail.h"
#include "org/family.h"
#include "org/family_store.h"
#include "org/rights.h"
#include "org/room.h"
#include "org/target_store.h"
#include "org/words.h"

namespace sj::org {
namespace {

struct GuardianDto {
  json::Id id;
  std::string name;
  json::OneOf<kRelations> relation;
  std::int64_t position = 0;
  bool may_collect = false;
  bool joined = false;
  std::optional<json::Moment> joined_at;  // when his latest phone was tied to the child
  bool waiting = false;                   // it waits for the school
  bool you = false;
};
BOOST_DESCRIBE_STRUCT(GuardianDto,
                      (),
                      (id, name, relation, position, may_collect, joined, joined_at, waiting, you))

struct TimeDto {
  std::string school;
  std::string class_name;
  json::Day from;
  std::optional<json::Day> until;
};
BOOST_DESCRIBE_STRUCT(TimeDto, (), (school, class_name, from, until))

struct ChildDto {
  json::Id area;
  json::Id id;
  std::string name;
  json::OneOf<kSexes> sex;
  std::optional<json::Day> birth_day;
  std::string school;
  std::string class_name;
  std::optional<std::string> student_no_masked;
  std::vector<GuardianDto> guardians;
  bool protected_ = false;
  bool waiting = false;  // for the school, to say that the account is who it says
  std::optional<std::vector<TimeDto>> memberships;
};
BOOST_DESCRIBE_STRUCT(ChildDto,
                      (),
                      (area,
                       id,
                       name,
                       sex,
                       birth_day,
                       school,
                       class_name,
                       student_no_masked,
                       guardians,
                       protected_,
                       waiting,
                       memberships))
struct ChildrenDto {
  std::vector<ChildDto> rows;
};
BOOST_DESCRIBE_STRUCT(ChildrenDto, (), (rows))

struct LookDto {
  json::Moment at;
  json::OneOf<kLookActions> action;
  std::string who;
  std::string role;
  std::string purpose;
  std::vector<std::string> fields;
  std::string school;
};
BOOST_DESCRIBE_STRUCT(LookDto, (), (at, action, who, role, purpose, fields, school))
struct LooksDto {
  std::vector<LookDto> rows;
};
BOOST_DESCRIBE_STRUCT(LooksDto, (), (rows))

struct RequestBody {
  json::OneOf<kRequestKinds> kind;
  json::Lines text;
  std::optional<std::string> field;
};
BOOST_DESCRIBE_STRUCT(RequestBody, (), (kind, text, field))
struct AskedDto {
  json::Id id;
};
BOOST_DESCRIBE_STRUCT(AskedDto, (), (id))
struct RequestDto {
  json::Id id;
  json::OneOf<kRequestKinds> kind;
  std::string text;
  std::optional<std::string> field;
  json::Moment asked;
  std::optional<json::Moment> decided;
  std::optional<bool> granted;
  std::optional<std::string> answer;
  std::optional<std::string> asker;  // which guardian asked
};
BOOST_DESCRIBE_STRUCT(RequestDto,
                      (),
                      (id, kind, text, field, asked, decided, granted, answer, asker))
struct RequestsDto {
  std::vector<RequestDto> rows;
};
BOOST_DESCRIBE_STRUCT(RequestsDto, (), (rows))

struct SealedFieldDto {
  json::OneOf<kSealedFields> field;
  std::string value;
};
BOOST_DESCRIBE_STRUCT(SealedFieldDto, (), (field, value))
struct ConsentDto {
  std::string purpose;
  std::string wording;
  json::Moment given;
  std::optional<json::Moment> withdrawn;
};
BOOST_DESCRIBE_STRUCT(ConsentDto, (), (purpose, wording, given, withdrawn))
struct ExportDto {
  json::Moment made;
  ChildDto child;
  std::string ethnic;
  std::string local_no;
  std::vector<SealedFieldDto> sealed;
  std::vector<ConsentDto> consents;
  std::vector<RequestDto> requests;
  std::vector<LookDto> looks;
};
BOOST_DESCRIBE_STRUCT(ExportDto,
                      (),
                      (made, child, ethnic, local_no, sealed, consents, requests, looks))

constexpr std::string_view kMasked = "********";

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t blank = text.find(' ');
    words.emplace_back(text.substr(0, blank));
    text = blank == std::string_view::npos ? std::string_view{} : text.substr(blank + 1);
  }
  return words;
}

/// Where a custody note exists, and until the school knows who he is, a guardian learns nothing
/// here about another.
bool sees_own_only(const Ward& ward, bool is_protected) {
  return is_protected || !ward.confirmed;
}

Result<ChildDto> child_dto(const Settings& settings,
                           sql::Reader& store,
                           const Ward& ward,
                           LocalDay today) {
  const auth::Scope scope = scope_of(ward);
  const auto child = SJ_TRY(find_child(store, scope, ward.child));
  if (!child) return Error{ErrorKind::not_found, "org.unknown_child", "not a child of yours"};
  ChildDto dto;
  dto.area = ward.area;
  dto.id = child->id;
  dto.name = child->name;
  dto.sex = sex_name(static_cast<int>(child->sex));
  if (child->birth_day) dto.birth_day = *child->birth_day;
  dto.protected_ = child->is_protected;
  dto.waiting = !ward.confirmed;
  const auto target = SJ_TRY(find_pupil_target(store, ward.area, ward.child, today));
  if (target) {
    dto.school =
        SJ_TRY(find_place_name(store, ward.area, {auth::PlaceKind::school, target->school}, today));
    dto.class_name = SJ_TRY(
        find_place_name(store, ward.area, {auth::PlaceKind::class_, target->class_id}, today));
  }
  if (ward.confirmed) {
    const auto number =
        SJ_TRY(open_field(store, *settings.vault, ward.area, ward.child, "student_no"));
    if (number) dto.student_no_masked = mask(*number);
  }
  const auto guardians = SJ_TRY(list_guardians_of(store, scope, ward.child, today));
  for (const GuardianLine& line : guardians) {
    const bool is_you = line.guardian == ward.guardian;
    if (sees_own_only(ward, child->is_protected) && !is_you) continue;
    GuardianDto guardian{line.guardian, line.name,        line.relation,
                         line.position, line.may_collect, false,
                         std::nullopt,  line.waiting,     is_you};
    guardian.joined = line.joined_ms.has_value();
    if (line.joined_ms) guardian.joined_at = Instant(*line.joined_ms);
    dto.guardians.push_back(std::move(guardian));
  }
  return dto;
}

Result<std::vector<TimeDto>> times_of(sql::Reader& store, const Ward& ward, LocalDay today) {
  const auto lines = SJ_TRY(list_times(store, scope_of(ward), ward.child));
  std::vector<TimeDto> times;
  for (const SchoolTime& line : lines) {
    TimeDto dto;
    dto.school = line.school_name;
    dto.class_name =
        SJ_TRY(find_place_name(store, ward.area, {auth::PlaceKind::class_, line.class_id}, today));
    dto.from = line.from;
    if (line.until) dto.until = *line.until;
    times.push_back(std::move(dto));
  }
  return times;
}

Result<http::Response> get_children(const Settings& settings,
                                    const api::Call& call,
                                    sql::Reader& store) {
  const LocalDay today = day_of(call.now);
  const auto wards = SJ_TRY(list_wards(store, call.actor, today));
  ChildrenDto dto;
  for (const Ward& ward : wards) {
    auto child = SJ_TRY(child_dto(settings, store, ward, today));
    dto.rows.push_back(std::move(child));
  }
  return api::reply(json::encode(dto));
}

Result<http::Response> get_child(const Settings& settings,
                                 const api::Call& call,
                                 sql::Reader& store) {
  const std::int64_t child = SJ_TRY(call.id(0));
  const LocalDay today = day_of(call.now);
  const auto ward = SJ_TRY(find_ward(store, call.actor, child, today, FamilyDeed::see));
  auto dto = SJ_TRY(child_dto(settings, store, ward, today));
  dto.memberships = SJ_TRY(times_of(store, ward, today));
  return api::reply(json::encode(dto));
}

std::vector<LookDto> look_dtos(const std::vector<LookLine>& lines) {
  std::vector<LookDto> looks;
  looks.reserve(lines.size());
  for (const LookLine& line : lines) {
    looks.push_back({line.at, line.action == "org.person.looked" ? "looked" : "exported", line.who,
                     line.role.empty() ? line.actor_kind : line.role, line.purpose,
                     words_of(line.fields), line.school});
  }
  return looks;
}

Result<http::Response> get_looks(const Settings& settings,
                                 const api::Call& call,
                                 sql::Reader& store) {
  const std::int64_t child = SJ_TRY(call.id(0));
  const auto ward = SJ_TRY(find_ward(store, call.actor, child, day_of(call.now), FamilyDeed::see));
  const auto lines = SJ_TRY(list_looks(store, *settings.vault, ward));
  return api::reply(json::encode(LooksDto{look_dtos(lines)}));
}

RequestDto request_dto(const RequestLine& line, const Ward& ward, bool is_protected) {
  RequestDto dto;
  dto.id = line.id;
  dto.kind = name_of(line.kind);
  dto.text = line.text;
  if (!line.field.empty()) dto.field = line.field;
  dto.asked = line.asked;
  if (line.decided_ms) {
    dto.decided = Instant(*line.decided_ms);
    dto.granted = line.granted;
    dto.answer = line.answer;
  }
  const bool shows = !sees_own_only(ward, is_protected) || line.asker == ward.guardian;
  if (shows && !line.asker_name.empty()) dto.asker = line.asker_name;
  return dto;
}

desk::Entry entry_of(const char* action, const auth::Target& target, std::int64_t pupil) {
  desk::Entry entry;
  entry.school = target.school;
  entry.action = action;
  entry.subject_kind = "pupil";
  entry.subject = pupil;
  entry.detail = "{}";
  return entry;
}

/// A copy that leaves is on record like a look.
Result<http::Response> post_export(const Settings& settings, const api::Call& call, desk::Tx& tx) {
  const std::int64_t id = SJ_TRY(call.id(0));
  const auto ward = SJ_TRY(find_ward(tx, call.actor, id, tx.today(), FamilyDeed::copy));
  const auto child = SJ_TRY(find_child(tx, scope_of(ward), id));
  ExportDto dto;
  dto.made = tx.now();
  dto.child = SJ_TRY(child_dto(settings, tx, ward, tx.today()));
  dto.child.memberships = SJ_TRY(times_of(tx, ward, tx.today()));
  dto.ethnic = ward.confirmed ? child->ethnic : kMasked;
  dto.local_no = ward.confirmed ? child->local_no : kMasked;
  std::string fields;
  for (const std::string_view field : sealed_fields()) {
    // A custody note may speak of the other guardian: the school shows it, not the phone. Nor does
    // the phone tell where a protected child lives.
    if (field == "custody") continue;
    if (child->is_protected && (field == "address" || field == "phone")) continue;
    if (!ward.confirmed) {
      // Masked whether there is something or not: that a child is poor or ill tells enough.
      dto.sealed.push_back({std::string(field), std::string(kMasked)});
      continue;
    }
    auto value = SJ_TRY(open_field(tx, tx.vault(), ward.area, id, field));
    if (!value) continue;
    fields += (fields.empty() ? "" : " ") + std::string(field);
    dto.sealed.push_back({std::string(field), *std::move(value)});
  }
  const bool own_only = sees_own_only(ward, child->is_protected);
  const auto consents = SJ_TRY(list_consents(tx, ward, own_only ? ward.guardian : 0));
  for (const ConsentLine& line : consents) {
    ConsentDto consent{line.purpose, line.wording, line.given, std::nullopt};
    if (line.withdrawn_ms) consent.withdrawn = Instant(*line.withdrawn_ms);
    dto.consents.push_back(std::move(consent));
  }
  const auto requests =
      SJ_TRY(list_requests_of(tx, tx.vault(), ward, own_only ? call.actor.account : 0));
  for (const RequestLine& line : requests) {
    dto.requests.push_back(request_dto(line, ward, child->is_protected));
  }
  const auto looks = SJ_TRY(list_looks(tx, tx.vault(), ward));
  dto.looks = look_dtos(looks);
  const auto target = SJ_TRY(find_pupil_target(tx, ward.area, id, tx.today()));
  desk::Entry entry = entry_of("org.person.exported", target.value_or(auth::Target{}), id);
  entry.detail = object_of(
      {{"fields", fields}, {"masked", ward.confirmed ? "no" : "yes"}, {"role", "guardian"}});
  entry.person = id;
  SJ_TRY(tx.audit(ward.area, entry));
  http::Response response =
      api::download(json::encode(dto), "application/json; charset=utf-8", dto.child.name + ".json");
  response.headers.push_back({"Cache-Control", "no-store"});
  return response;
}

Result<http::Response> delete_child(const api::Call& call, desk::Tx& tx) {
  const std::int64_t child = SJ_TRY(call.id(0));
  const auto ward = SJ_TRY(find_ward(tx, call.actor, child, tx.today(), FamilyDeed::leave));
  SJ_TRY(withdraw(tx, ward));
  const auto target = SJ_TRY(find_pupil_target(tx, ward.area, child, tx.today()));
  desk::Entry entry = entry_of("org.consent.withdrawn", target.value_or(auth::Target{}), child);
  entry.detail = object_of({{"guardian", std::to_string(ward.guardian)}});
  SJ_TRY(tx.audit(ward.area, entry));
  return api::nothing();
}

Result<http::Response> post_request(const api::Call& call, desk::Tx& tx) {
  const std::int64_t child = SJ_TRY(call.id(0));
  const auto ward = SJ_TRY(find_ward(tx, call.actor, child, tx.today(), FamilyDeed::ask));
  const auto body = SJ_TRY(json::read<RequestBody>(call.request.body));
  const auto kind = request_kind_of(body.kind);
  if (!kind) {
    return Error{ErrorKind::invalid, "org.bad_request_text", "kind: correction or erasure"};
  }
  RequestCommand command;
  command.kind = *kind;
  command.text = text::trim(body.text);
  command.field = body.field.value_or("");
  const std::int64_t open = SJ_TRY(count_open_requests(tx, ward, call.actor.account));
  SJ_TRY(decide_request(command, open));
  const std::int64_t id = tx.new_id();
  SJ_TRY(insert_request(tx, ward, id, command));
  const auto target = SJ_TRY(find_pupil_target(tx, ward.area, child, tx.today()));
  desk::Entry entry = entry_of("org.request.asked", target.value_or(auth::Target{}), child);
  entry.detail = object_of({{"kind", body.kind}, {"request", std::to_string(id)}});
  SJ_TRY(tx.audit(ward.area, entry));
  return api::reply(json::encode(AskedDto{id}), 201);
}

Result<http::Response> get_requests(const Settings& settings,
                                    const api::Call& call,
                                    sql::Reader& store) {
  const std::int64_t child = SJ_TRY(call.id(0));
  const auto ward = SJ_TRY(find_ward(store, call.actor, child, day_of(call.now), FamilyDeed::see));
  const auto known = SJ_TRY(find_child(store, scope_of(ward), child));
  const bool is_protected = !known || known->is_protected;
  const bool own_only = sees_own_only(ward, is_protected);
  const auto lines =
      SJ_TRY(list_requests_of(store, *settings.vault, ward, own_only ? call.actor.account : 0));
  RequestsDto dto;
  for (const RequestLine& line : lines) dto.rows.push_back(request_dto(line, ward, is_protected));
  return api::reply(json::encode(dto));
}

}  // namespace

void add_family_routes(api::Room& room, const Settings& settings) {
  using ReadWith = Result<http::Response> (*)(const Settings&, const api::Call&, sql::Reader&);
  const auto read = [&settings](ReadWith handler) {
    return api::Read{[settings, handler](const api::Call& call, sql::Reader& store) {
      return handler(settings, call, store);
    }};
  };
  room.routes.emplace_back(http::Method::get, "/api/family/children", kChildRead,
                           read(get_children),
                           api::Doc{.id = "list_children",
                                    .summary = "The children of this account.",
                                    .reply = &json::schema_of<ChildrenDto>});
  room.routes.emplace_back(http::Method::get, "/api/family/children/{child}", kChildRead,
                           read(get_child),
                           api::Doc{.id = "get_child",
                                    .summary = "One child with its times at schools.",
                                    .reply = &json::schema_of<ChildDto>});
  room.routes.emplace_back(
      http::Method::delete_, "/api/family/children/{child}", kChildRead, api::Write{delete_child},
      api::Doc{.id = "withdraw_consent",
               .summary = "Withdraws consent: this account no longer sees the child.",
               .status = 204});
  room.routes.emplace_back(
      http::Method::get, "/api/family/children/{child}/looks", kChildRead, read(get_looks),
      api::Doc{.id = "list_looks",
               .summary = "Who saw sensitive fields of the child, when and what for.",
               .reply = &json::schema_of<LooksDto>});
  room.routes.emplace_back(http::Method::post, "/api/family/children/{child}/export", kChildRead,
                           api::Write{[settings](const api::Call& call, desk::Tx& tx) {
                             return post_export(settings, call, tx);
                           }},
                           api::Doc{.id = "export_child",
                                    .summary = "Everything held about the child, as a file; what "
                                               "is sealed only once the school confirmed who asks.",
                                    .reply = &json::schema_of<ExportDto>});
  room.routes.emplace_back(http::Method::post, "/api/family/children/{child}/requests", kChildRead,
                           api::Write{post_request},
                           api::Doc{.id = "ask_for_change",
                                    .summary = "Asks the school to correct or erase data.",
                                    .body = &json::schema_of<RequestBody>,
                                    .reply = &json::schema_of<AskedDto>,
                                    .status = 201});
  room.routes.emplace_back(http::Method::get, "/api/family/children/{child}/requests", kChildRead,
                           read(get_requests),
                           api::Doc{.id = "list_own_requests",
                                    .summary = "What was asked for, and the answers.",
                                    .reply = &json::schema_of<RequestsDto>});
}

}  // namespace sj::org
