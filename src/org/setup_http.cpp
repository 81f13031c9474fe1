#include <optional>
#include <string>
#include <utility>

#include "kernel/api/reply.h"
#include "kernel/codes/region_code.h"
#include "kernel/desk/audit.h"
#include "kernel/desk/clock_watch.h"
#include "kernel/json/encode.h"
#include "kernel/json/json.h"
#include "kernel/json/schema.h"
#include "kernel/text/free_text.h"
#include "kernel/text/person_name.h"

#include "org/account.h"
#include "org/room.h"
#include "org/session_store.h"
#include "org/setup.h"
#include "org/words.h"

namespace sj::org {
namespace {

struct AdministratorBody {
  std::optional<std::string> area_code;
  std::optional<std::string> area_name;
  std::string name;
  std::string username;
  std::optional<json::OneOf<kOfficerRoles>> role;  // admin if not given
};
BOOST_DESCRIBE_STRUCT(AdministratorBody, (), (area_code, area_name, name, username, role))

struct AcceptBody {
  std::string found;  // desk::findings_hash()
  std::int64_t breaks = 0;
};
BOOST_DESCRIBE_STRUCT(AcceptBody, (), (found, breaks))

struct AdministratorDto {
  std::string area_code;
  std::string username;
  std::string password;  // shown once; must be changed
};
BOOST_DESCRIBE_STRUCT(AdministratorDto, (), (area_code, username, password))

// A district that nobody has named yet: it can be named later, its id stays.
constexpr std::string_view kUnnamedCode = "000000";
constexpr std::string_view kUnnamed = "本区";

constexpr std::size_t kAreaNameMax = 30;  // characters; the longest of all districts has 15

// A slip of the finger in a code must not make a district beside those there are.
Result<void> check_area_meant(sql::Reader& store,
                              const std::string& code,
                              const std::optional<std::string>& name) {
  const auto areas = SJ_TRY(list_areas(store));
  for (const Area& area : areas) {
    if (area.code != code) continue;
    if (!name || *name == area.name) return {};
    return Error{ErrorKind::conflict, "org.area_named", code + " is " + area.name};
  }
  const auto region = codes::RegionCode::create(code);
  if (!region.ok()) return Error{ErrorKind::invalid, "org.bad_area_code", region.error().detail};
  if (!region.value().is_district()) {
    return Error{ErrorKind::invalid, "org.bad_area_code", code + " is a province or a city"};
  }
  if (areas.empty() || name) return {};
  return Error{ErrorKind::invalid, "org.area_unknown",
               code + ": no such district; to make it, say its name (--area-name)"};
}

Result<http::Response> post_administrator(const api::Call& call,
                                          sql::Reader& store,
                                          desk::Desk& desk,
                                          Entropy& entropy,
                                          const auth::PasswordCost& cost) {
  const auto body = SJ_TRY(json::read<AdministratorBody>(call.request.body));
  const auto areas = SJ_TRY(list_areas(store));
  std::optional<std::string> area_name;
  if (body.area_name) area_name = SJ_TRY(text::check_free_text(*body.area_name, kAreaNameMax));
  const std::string name = SJ_TRY(text::check_person_name(body.name));
  AdministratorDto made;
  made.area_code = std::string(kUnnamedCode);
  if (body.area_code) {
    made.area_code = *body.area_code;
  } else if (areas.size() == 1) {
    made.area_code = areas.front().code;
  } else if (areas.size() > 1) {
    return Error{ErrorKind::invalid, "org.area_needed", "say which district: --area"};
  }
  made.username = SJ_TRY(normalise_username(body.username));
  made.password = make_first_password(entropy);

  NewLogin login;
  login.username = made.username;
  login.password_hash = auth::hash_password(made.password, entropy, cost);
  login.role = body.role ? std::string(*body.role) : std::string(kOfficerRoles.front());
  SJ_TRY(desk.run({call.actor, call.now}, [&](desk::Tx& tx) -> Result<void> {
    if (body.area_code) SJ_TRY(check_area_meant(tx, made.area_code, area_name));
    const std::int64_t area =
        SJ_TRY(ensure_area(tx, made.area_code, area_name.value_or(std::string(kUnnamed))));
    login.person = SJ_TRY(insert_office_member(tx, area, name));
    return insert_login(tx, area, login);
  }));
  return api::reply(json::encode(made), 201);
}

Result<http::Response> post_clock(const api::Call&, desk::Tx& tx) {
  SJ_TRY(desk::confirm_clock(tx));
  return api::nothing();
}

Result<http::Response> post_trail(const api::Call& call, desk::Tx& tx) {
  const auto body = SJ_TRY(json::read<AcceptBody>(call.request.body));
  SJ_TRY(desk::accept_findings(tx, body.found, body.breaks));
  return api::nothing();
}

}  // namespace

void add_setup_routes(api::Room& room, const Settings& settings) {
  Entropy* const entropy = settings.entropy;
  const auth::PasswordCost cost = settings.password_cost;
  room.routes.emplace_back(
      http::Method::post, "/api/setup/administrator", auth::kOperate,
      api::Slow{[entropy, cost](const api::Call& call, sql::Reader& store, desk::Desk& desk) {
        return post_administrator(call, store, desk, *entropy, cost);
      }},
      api::Doc{.id = "create_administrator",
               .summary = "Makes one of the three officers, and the district if it is new",
               .body = &json::schema_of<AdministratorBody>,
               .reply = &json::schema_of<AdministratorDto>,
               .status = 201,
               .shown_once = true});
  room.routes.emplace_back(
      http::Method::post, "/api/setup/clock", auth::kOperate, api::Write{post_clock},
      api::Doc{.id = "confirm_clock",
               .summary = "Says that the server's clock is right, although it has jumped",
               .status = 204});
  room.routes.emplace_back(
      http::Method::post, "/api/setup/trail", auth::kOperate, api::Write{post_trail},
      api::Doc{.id = "accept_findings",
               .summary = "Says that what audit verify found is known; it stays what it is",
               .body = json::schema_of<AcceptBody>,
               .status = 204});
}

}  // namespace sj::org
