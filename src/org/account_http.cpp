#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "kernel/api/reply.h"
#include "kernel/api/route.h"
#include "kernel/auth/secret.h"
#include "kernel/json/encode.h"
#include "kernel/json/json.h"
#include "kernel/json/schema.h"
#include "kernel/time/zone.h"

#include "org/account.h"
#include "org/account_store.h"
#include "org/detail.h"
#include "org/guess_store.h"
#include "org/officer_store.h"
#include "org/rights.h"
#include "org/role_store.h"
#include "org/room.h"
#include "org/session_store.h"
#include "org/target_store.h"

namespace sj::org {
namespace {

struct OwnerDto {
  json::Id id;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(OwnerDto, (), (id, name))
struct AccountDto {
  json::Id id;
  std::string username;
  OwnerDto person;
  bool locked = false;
  bool disabled = false;
  std::optional<json::Moment> last_seen;
};
BOOST_DESCRIBE_STRUCT(AccountDto, (), (id, username, person, locked, disabled, last_seen))
struct AccountsDto {
  std::vector<AccountDto> rows;
};
BOOST_DESCRIBE_STRUCT(AccountsDto, (), (rows))

struct NewAccountBody {
  json::Id person_id;
  std::string username;
};
BOOST_DESCRIBE_STRUCT(NewAccountBody, (), (person_id, username))
struct FirstPasswordDto {
  json::Id id;
  std::string username;
  std::string password;
};
BOOST_DESCRIBE_STRUCT(FirstPasswordDto, (), (id, username, password))

/// Decides about the account of `person`; gives the places where he works. A parent of a pupil here
/// who works elsewhere is not of this staff.
Result<std::vector<auth::Target>> reach_owner(const api::Call& call,
                                              sql::Reader& store,
                                              std::int64_t person) {
  const std::int64_t area = call.scope.area();
  const LocalDay today = day_of(call.now);
  const auto targets = SJ_TRY(find_work_targets(store, area, person, today));
  if (!call.scope.everywhere() && !covers_any(call.scope, targets)) {
    return Error{ErrorKind::not_found, "org.unknown_person", "no such person in reach"};
  }
  AccountState state;
  state.is_staff = SJ_TRY(is_staff(store, area, person, today));
  state.is_own = person == call.actor.person;
  state.giver_arranges_area = call.scope.everywhere();
  const auto places = SJ_TRY(list_right_places(store, area, person, today));
  state.owner_within_reach = SJ_TRY(covers_all(store, call.scope, places, today));
  SJ_TRY(decide_account(state));
  return targets;
}

desk::Entry entry_of(const char* action,
                     const std::vector<auth::Target>& targets,
                     std::int64_t account,
                     std::string detail) {
  desk::Entry entry;
  for (const auth::Target& target : targets) {
    if (entry.school == 0) entry.school = target.school;
  }
  entry.action = action;
  entry.subject_kind = "account";
  entry.subject = account;
  entry.detail = std::move(detail);
  return entry;
}

Result<http::Response> get_accounts(const api::Call& call, sql::Reader& store) {
  const std::int64_t school =
      SJ_TRY(call.query_number("school", 0, 0, std::numeric_limits<std::int64_t>::max()));
  const auto rows = SJ_TRY(list_accounts(store, call.scope, school, day_of(call.now)));
  AccountsDto dto;
  for (const AccountRow& row : rows) {
    AccountDto line;
    line.id = row.id;
    line.username = row.username;
    line.person = {row.person, row.person_name};
    line.locked = call.now < row.locked_until;
    line.disabled = row.disabled;
    if (row.last_seen_ms) line.last_seen = Instant(*row.last_seen_ms);
    dto.rows.push_back(std::move(line));
  }
  return api::reply(json::encode(dto));
}

Result<http::Response> post_account(const Settings& settings,
                                    const api::Call& call,
                                    sql::Reader& store,
                                    desk::Desk& desk) {
  const auto body = SJ_TRY(json::read<NewAccountBody>(call.request.body));
  const auto username = SJ_TRY(normalise_username(body.username));
  const std::int64_t person = body.person_id.value;
  static_cast<void>(SJ_TRY(reach_owner(call, store, person)));
  const std::string password = make_first_password(*settings.entropy);
  const std::string hash = auth::hash_password(password, *settings.entropy, settings.password_cost);
  return call.store(desk, [&](const api::Call& same, desk::Tx& tx) -> Result<http::Response> {
    const auto targets = SJ_TRY(reach_owner(same, tx, person));
    SJ_TRY(use_officer_leave(tx, same.scope.area(), {"account", person}));
    NewAccount account;
    account.area = same.scope.area();
    account.id = tx.new_id();
    account.username = username;
    account.password_hash = hash;
    account.person = person;
    SJ_TRY(insert_account(tx, account));
    SJ_TRY(tx.audit(account.area, entry_of("org.account.created", targets, account.id,
                                           object_of({{"person", std::to_string(person)},
                                                      {"username", username}}))));
    return api::reply(json::encode(FirstPasswordDto{account.id, username, password}), 201);
  });
}

/// The account of the path, if its owner is within reach.
struct Reached {
  Account account{};
  std::vector<auth::Target> targets{};
};
Result<Reached> reach_account(const api::Call& call, sql::Reader& store) {
  const std::int64_t id = SJ_TRY(call.id(0));
  auto account = SJ_TRY(find_account(store, call.scope.area(), id));
  const Error unknown{ErrorKind::not_found, "org.unknown_account", "no such account in reach"};
  if (!account || account->kind != AccountKind::staff) return unknown;
  auto targets = reach_owner(call, store, account->person);
  // An account out of reach is answered as one that does not exist.
  if (!targets.ok()) {
    return targets.error().kind == ErrorKind::not_found ? unknown : std::move(targets).error();
  }
  return Reached{*std::move(account), std::move(targets).value()};
}

Result<http::Response> post_reset(const Settings& settings,
                                  const api::Call& call,
                                  sql::Reader& store,
                                  desk::Desk& desk) {
  const auto reached = SJ_TRY(reach_account(call, store));
  const Account& account = reached.account;
  const std::string password = make_first_password(*settings.entropy);
  const std::string hash = auth::hash_password(password, *settings.entropy, settings.password_cost);
  return call.store(desk, [&](const api::Call& same, desk::Tx& tx) -> Result<http::Response> {
    const auto fresh = SJ_TRY(reach_account(same, tx));
    const std::int64_t area = same.scope.area();
    SJ_TRY(use_officer_leave(tx, area, {"reset", fresh.account.person}));
    SJ_TRY(reset_account(tx, area, account.id, hash));
    SJ_TRY(forget_guesses(tx, area, guess_subject(*settings.vault, "login:", account.username)));
    const std::int64_t closed = SJ_TRY(revoke_sessions(tx, area, account.id, tx.now(), {}));
    SJ_TRY(tx.audit(area, entry_of("org.account.reset", fresh.targets, account.id,
                                   object_of({{"sessions_closed", std::to_string(closed)}}))));
    return api::reply(json::encode(FirstPasswordDto{account.id, account.username, password}));
  });
}

Result<http::Response> post_disable(const api::Call& call, desk::Tx& tx) {
  const auto reached = SJ_TRY(reach_account(call, tx));
  const std::int64_t area = call.scope.area();
  const std::int64_t id = reached.account.id;
  const auto roles = SJ_TRY(list_roles_of(tx, area, reached.account.person, tx.today()));
  for (const RoleRow& role : roles) {
    if (role.role != "admin") continue;
    const std::int64_t others = SJ_TRY(count_others(tx, area, role.role, role.id, tx.today()));
    if (others == 0) {
      return Error{ErrorKind::conflict, "org.last_admin", "appoint another one first"};
    }
  }
  SJ_TRY(use_officer_leave(tx, area, {"disable", reached.account.person}));
  SJ_TRY(disable_account(tx, area, id));
  const std::int64_t closed = SJ_TRY(revoke_sessions(tx, area, id, tx.now(), {}));
  SJ_TRY(tx.audit(area, entry_of("org.account.disabled", reached.targets, id,
                                 object_of({{"sessions_closed", std::to_string(closed)}}))));
  return api::nothing();
}

}  // namespace

void add_account_routes(api::Room& room, const Settings& settings) {
  room.routes.emplace_back(
      http::Method::get, "/api/org/accounts", kRoleRead, api::Read{get_accounts},
      api::Doc{.id = "list_accounts",
               .summary = "Accounts of staff.",
               .query = {{.name = "school", .about = "of one school", .takes = api::Takes::id}},
               .reply = &json::schema_of<AccountsDto>});
  room.routes.emplace_back(
      http::Method::post, "/api/org/accounts", kRoleWrite,
      api::Slow{[settings](const api::Call& call, sql::Reader& store, desk::Desk& desk) {
        return post_account(settings, call, store, desk);
      }},
      api::Doc{.id = "create_account",
               .summary = "Makes an account; its first password is shown this once.",
               .body = &json::schema_of<NewAccountBody>,
               .reply = &json::schema_of<FirstPasswordDto>,
               .status = 201,
               .shown_once = true});
  room.routes.emplace_back(
      http::Method::post, "/api/org/accounts/{account}/reset", kRoleWrite,
      api::Slow{[settings](const api::Call& call, sql::Reader& store, desk::Desk& desk) {
        return post_reset(settings, call, store, desk);
      }},
      api::Doc{.id = "reset_account",
               .summary = "A new first password; signs the owner out and unlocks the account.",
               .reply = &json::schema_of<FirstPasswordDto>,
               .shown_once = true});
  room.routes.emplace_back(http::Method::post, "/api/org/accounts/{account}/disable", kRoleWrite,
                           api::Write{post_disable},
                           api::Doc{.id = "disable_account",
                                    .summary = "Closes an account with the next request.",
                                    .status = 204});
}

}  // namespace sj::org
