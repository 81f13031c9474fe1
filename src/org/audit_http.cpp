#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "kernel/api/reply.h"
#include "kernel/api/route.h"
#include "kernel/json/encode.h"
#include "kernel/json/schema.h"
#include "kernel/text/text.h"
#include "kernel/time/zone.h"

#include "org/audit.h"
#include "org/person_store.h"
#include "org/rights.h"
#include "org/room.h"
#include "org/seals.h"
#include "org/words.h"

namespace sj::org {
namespace {

struct ActorDto {
  json::OneOf<kActorKinds> kind;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(ActorDto, (), (kind, name))
struct TrailDto {
  json::Id id;
  json::Moment at;
  std::optional<json::Id> school_id;
  std::optional<std::string> school;
  std::int64_t seq = 0;
  ActorDto actor;
  std::string action;
  std::string subject_kind;
  std::optional<json::Id> subject_id;
  std::optional<std::string> subject_name;
  json::RawObject detail;
  std::optional<json::RawObject> personal;
  std::string hash;
};
BOOST_DESCRIBE_STRUCT(TrailDto,
                      (),
                      (id,
                       at,
                       school_id,
                       school,
                       seq,
                       actor,
                       action,
                       subject_kind,
                       subject_id,
                       subject_name,
                       detail,
                       personal,
                       hash))
struct TrailPageDto {
  std::vector<TrailDto> rows;
  std::optional<std::string> next;
};
BOOST_DESCRIBE_STRUCT(TrailPageDto, (), (rows, next))

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLimitMax = 200;

/// A day of the query, or nothing if it is not there.
Result<std::optional<LocalDay>> day_at(const api::Call& call, std::string_view name) {
  const std::string text = call.query_text(name);
  if (text.empty()) return std::optional<LocalDay>{};
  const auto day = SJ_TRY(LocalDay::parse(text));
  return std::optional<LocalDay>{day};
}

Result<TrailFilter> filter_of(const api::Call& call) {
  TrailFilter filter;
  filter.school = SJ_TRY(call.query_number("school", 0, 0, kMax));
  filter.action = call.query_text("action");
  filter.actor = SJ_TRY(call.query_number("actor", 0, 0, kMax));
  filter.person = SJ_TRY(call.query_number("person", 0, 0, kMax));
  filter.before = SJ_TRY(call.query_number("after", 0, 0, kMax));
  filter.limit = SJ_TRY(call.query_number("limit", 50, 1, kLimitMax));
  const auto from = SJ_TRY(day_at(call, "from"));
  const auto to = SJ_TRY(day_at(call, "to"));
  if (from) filter.from = instant_of(*from, 0);
  if (to) filter.until = instant_of(*to, 24 * 60);
  return filter;
}

std::string hex(std::string_view bytes) {
  const std::vector<std::uint8_t> numbers(bytes.begin(), bytes.end());
  return text::to_hex(numbers);
}

Result<TrailDto> dto_of(const Settings& settings,
                        const api::Call& call,
                        sql::Reader& store,
                        TrailLine line) {
  hide_names(line, call.access);
  TrailDto dto;
  dto.id = line.id;
  dto.at = line.at;
  if (line.school != 0) {
    dto.school_id = line.school;
    dto.school = line.school_name;
  }
  dto.seq = line.seq;
  dto.actor = {line.actor_kind, line.actor_name};
  dto.action = line.action;
  dto.subject_kind = line.subject_kind;
  if (line.subject != 0) dto.subject_id = line.subject;
  if (!line.subject_name.empty()) dto.subject_name = line.subject_name;
  if (!line.detail.empty()) dto.detail.text = line.detail;
  dto.hash = hex(line.hash);
  if (line.personal.empty()) return dto;
  auto opened =
      settings.vault->open(store, call.scope.area(), line.person, kAuditSeal, line.personal);
  if (opened.ok()) {
    dto.personal = json::RawObject(std::move(opened).value());
  } else if (opened.error().code != "auth.erased") {
    return std::move(opened).error();
  }
  return dto;
}

Result<http::Response> page_of(const Settings& settings,
                               const api::Call& call,
                               sql::Reader& store,
                               const TrailFilter& filter,
                               const std::vector<TrailLine>& lines) {
  TrailPageDto page;
  for (const TrailLine& line : lines) {
    auto dto = SJ_TRY(dto_of(settings, call, store, line));
    page.rows.push_back(std::move(dto));
  }
  if (static_cast<std::int64_t>(lines.size()) == filter.limit) {
    page.next = std::to_string(lines.back().id);
  }
  return api::reply(json::encode(page));
}

Result<http::Response> get_trail(const Settings& settings,
                                 const api::Call& call,
                                 sql::Reader& store) {
  const auto filter = SJ_TRY(filter_of(call));
  const auto lines = SJ_TRY(list_trail(store, call.scope, filter));
  return page_of(settings, call, store, filter, lines);
}

Result<http::Response> get_history(const Settings& settings,
                                   const api::Call& call,
                                   sql::Reader& store) {
  const std::int64_t id = SJ_TRY(call.id(0));
  const auto person = SJ_TRY(find_person(store, call.scope, id, day_of(call.now)));
  if (!person) return Error{ErrorKind::not_found, "org.no_such_person", "person"};
  TrailFilter filter;
  filter.before = SJ_TRY(call.query_number("after", 0, 0, kMax));
  filter.limit = SJ_TRY(call.query_number("limit", 50, 1, kLimitMax));
  const auto lines = SJ_TRY(list_history(store, call.scope.area(), id, filter));
  return page_of(settings, call, store, filter, lines);
}

}  // namespace

void add_audit_routes(api::Room& room, const Settings& settings) {
  room.routes.emplace_back(
      http::Method::get, "/api/org/audit", kAuditRead,
      api::Read{[settings](const api::Call& call, sql::Reader& store) {
        return get_trail(settings, call, store);
      }},
      api::Doc{
          .id = "list_audit",
          .summary = "What was done, by whom, to what; the latest first.",
          .query = {{.name = "school", .about = "of one school", .takes = api::Takes::id},
                    {.name = "action", .about = "how the action begins"},
                    {.name = "actor", .about = "an account or person", .takes = api::Takes::id},
                    {.name = "person", .about = "whom it is about", .takes = api::Takes::id},
                    {.name = "from", .about = "first day", .takes = api::Takes::day},
                    {.name = "to", .about = "last day", .takes = api::Takes::day},
                    {.name = "after", .about = "next of the page before", .takes = api::Takes::id},
                    {.name = "limit", .about = "1 to 200", .takes = api::Takes::number}},
          .reply = &json::schema_of<TrailPageDto>});
  room.routes.emplace_back(
      http::Method::get, "/api/org/people/{person}/history", kPupilRead,
      api::Read{[settings](const api::Call& call, sql::Reader& store) {
        return get_history(settings, call, store);
      }},
      api::Doc{
          .id = "list_person_history",
          .summary = "What happened to a person, and by whom; the latest first.",
          .query = {{.name = "after", .about = "next of the page before", .takes = api::Takes::id},
                    {.name = "limit", .about = "1 to 200", .takes = api::Takes::number}},
          .reply = &json::schema_of<TrailPageDto>});
}

}  // namespace sj::org
