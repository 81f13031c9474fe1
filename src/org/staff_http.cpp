#include <optional>
#include <string>
#include <utility>

#include "kernel/api/reply.h"
#include "kernel/api/route.h"
#include "kernel/json/encode.h"
#include "kernel/json/json.h"
#include "kernel/json/schema.h"
#include "kernel/text/text.h"

#include "org/clear_text.h"
#include "org/detail.h"
#include "org/rights.h"
#include "org/staff.h"
#include "org/words.h"

namespace sj::org {
namespace {

struct PostDto {
  json::Id id;
  json::Id person_id;
  std::optional<json::Id> school_id;  // none: the district office
  std::string school;
  json::OneOf<kPosts> post;
  std::string staff_no;
  json::Day from;
  std::optional<json::Day> until;
  std::int64_t teachings_ended = 0;
};
BOOST_DESCRIBE_STRUCT(
    PostDto, (), (id, person_id, school_id, school, post, staff_no, from, until, teachings_ended))
struct PostPatch {
  std::optional<json::OneOf<kPosts>> post;
  std::optional<std::string> staff_no;
  std::optional<json::Day> until;
};
BOOST_DESCRIBE_STRUCT(PostPatch, (), (post, staff_no, until))

PostDto dto_of(const StaffPost& post) {
  PostDto dto;
  dto.id = post.id;
  dto.person_id = post.person;
  if (post.school != 0) dto.school_id = json::Id(post.school);
  dto.school = post.school_name;
  dto.post = post.post;
  dto.staff_no = post.staff_no;
  dto.from = post.from;
  if (post.until) dto.until = json::Day(*post.until);
  return dto;
}

Result<http::Response> patch_staff(const api::Call& call, desk::Tx& tx) {
  const std::int64_t id = SJ_TRY(call.id(0));
  const auto found = SJ_TRY(find_post(tx, call.scope, id, tx.today()));
  if (!found) return Error{ErrorKind::not_found, "org.no_such_post", "no such post in reach"};
  const auto body = SJ_TRY(json::read<PostPatch>(call.request.body));
  StaffChange change;
  if (body.post) change.post = *body.post;
  if (body.staff_no) SJ_TRY(check_clear("staff_no", *body.staff_no, tx.today()));
  if (body.staff_no) change.staff_no = std::string(text::trim(*body.staff_no));
  if (body.until) change.until = body.until->value;
  const auto next = SJ_TRY(decide_staff_change(*found, change, tx.today()));
  const std::int64_t area = call.scope.area();
  const std::int64_t ended = SJ_TRY(update_post(tx, area, next));
  desk::Entry entry;
  entry.school = next.school;
  entry.action = next.until && !found->until ? "org.staff.ended" : "org.staff.changed";
  entry.subject_kind = "person";
  entry.subject = next.person;
  entry.person = next.person;
  entry.detail = object_of({{"post", next.post},
                            {"post_before", found->post},
                            {"teachings_ended", std::to_string(ended)},
                            {"until", next.until ? next.until->to_iso() : ""}});
  SJ_TRY(tx.audit(area, entry));
  PostDto dto = dto_of(next);
  dto.teachings_ended = ended;
  return api::reply(json::encode(dto));
}

}  // namespace

void add_staff_routes(api::Room& room) {
  room.routes.emplace_back(http::Method::patch, "/api/org/staff/{staff}", kStaffWrite,
                           api::Write{patch_staff},
                           api::Doc{.id = "change_staff",
                                    .summary = "Changes or ends what somebody is at a school.",
                                    .body = &json::schema_of<PostPatch>,
                                    .reply = &json::schema_of<PostDto>});
}

}  // namespace sj::org
