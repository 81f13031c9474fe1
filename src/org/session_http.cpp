#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernel/api/reply.h"
#include "kernel/api/route.h"
#include "kernel/auth/secret.h"
#include "kernel/json/encode.h"
#include "kernel/json/json.h"
#include "kernel/json/schema.h"
#include "kernel/text/pinyin.h"
#include "kernel/text/text.h"
#include "kernel/time/zone.h"

#include "org/detail.h"
#include "org/device.h"
#include "org/device_store.h"
#include "org/guess_store.h"
#include "org/role_store.h"
#include "org/room.h"
#include "org/session.h"
#include "org/session_store.h"
#include "org/session_view.h"
#include "org/target_store.h"

namespace sj::org {
namespace {

struct LoginBody {
  std::optional<std::string> area;
  std::string username;
  json::Exact password;
};
BOOST_DESCRIBE_STRUCT(LoginBody, (), (area, username, password))

struct PasswordBody {
  json::Exact old;
  json::Exact new_;
};
BOOST_DESCRIBE_STRUCT(PasswordBody, (), (old, new_))

struct AreaRowDto {
  json::Id id;
  std::string code;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(AreaRowDto, (), (id, code, name))
struct AreasDto {
  std::vector<AreaRowDto> rows;
};
BOOST_DESCRIBE_STRUCT(AreasDto, (), (rows))

struct DeviceDto {
  json::Id id;
  std::string device;
  json::Moment created;
  json::Moment seen;
  bool current = false;
  bool signed_in = true;
};
BOOST_DESCRIBE_STRUCT(DeviceDto, (), (id, device, created, seen, current, signed_in))
struct DevicesDto {
  std::vector<DeviceDto> rows;
};
BOOST_DESCRIBE_STRUCT(DevicesDto, (), (rows))

constexpr std::string_view kGuessKind = "login";
constexpr std::int64_t kForgetFailuresMs = 86'400'000;
constexpr std::size_t kCsrfBytes = 16;

desk::Entry entry_of(const char* action, std::int64_t account, std::string detail) {
  desk::Entry entry;
  entry.action = action;
  entry.subject_kind = "account";
  entry.subject = account;
  entry.detail = std::move(detail);
  return entry;
}

/// As user names are stored, so that capitals and blanks of a phone's keyboard do not matter.
std::string login_name(std::string_view typed) {
  std::string name(text::trim(typed));
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name;
}

/// Who is counted when he is wrong: strangers at a user name by their address, and all together;
/// a device its owner is known on, and a session that asks for another password, by themselves, so
/// that no stranger shuts them out.
struct Counted {
  std::string subject{};
  std::string of_all{};  // empty: nobody else is counted with him
};

Result<Counted> counted_as(const Settings& settings,
                           const api::Call& call,
                           sql::Reader& store,
                           std::int64_t area,
                           const std::string& name,
                           const std::optional<Account>& account) {
  const std::string secret = device_secret(call.request);
  if (!secret.empty() && account && account->kind == AccountKind::staff) {
    const auto device = SJ_TRY(find_device(store, area, account->id, secret));
    if (device && !device->is_gone) {
      return Counted{"login-known:" + std::to_string(device->id), ""};
    }
  }
  const std::string of_all = guess_subject(*settings.vault, "login:", name);
  return Counted{of_all + guess_subject(*settings.vault, "@", call.request.peer), of_all};
}

// The device of whoever logs in where he is known. Whatever is wrong with the request is told
// later.
Result<std::string> known_device(const api::Call& call, sql::Reader& store) {
  const std::string secret = device_secret(call.request);
  if (secret.empty()) return std::string();
  const auto body = json::read<LoginBody>(call.request.body);
  if (!body.ok()) return std::string();
  const auto area = find_area(store, body.value().area);
  if (!area.ok()) return std::string();
  const std::string name = login_name(body.value().username);
  const auto account = SJ_TRY(find_account(store, area.value().id, name));
  if (!account || account->kind != AccountKind::staff) return std::string();
  const auto device = SJ_TRY(find_device(store, area.value().id, account->id, secret));
  return device && !device->is_gone ? "device " + std::to_string(device->id) : std::string();
}

/// Everything about one attempt to log in.
class Login {
 public:
  Login(const Settings& settings, const api::Call& call, std::int64_t area, Counted counted)
      : settings_(settings), call_(call), area_(area), counted_(std::move(counted)) {}

  [[nodiscard]] Result<LoginState> load(sql::Reader& store) const {
    const Instant since(call_.now.utc_ms() - kForgetFailuresMs);
    const auto guesses = SJ_TRY(load_guesses(store, area_, counted_.subject, since));
    LoginState state;
    state.failures = guesses.count;
    state.last_failure = guesses.last;
    if (counted_.of_all.empty()) return state;
    const auto all = SJ_TRY(load_guesses(store, area_, counted_.of_all, since));
    state.failures_of_all = all.count;
    state.last_of_all = all.last;
    return state;
  }

  /// Counts a wrong password, also for a name that does not exist.
  [[nodiscard]] Result<void> record_failure(desk::Desk& desk, std::int64_t account) const {
    return desk.run(call_.unit(), [&](desk::Tx& tx) -> Result<void> {
      SJ_TRY(insert_guess(tx, area_, counted_.subject, tx.now()));
      const bool is_strange = !counted_.of_all.empty();
      if (is_strange) {
        SJ_TRY(insert_guess(tx, area_, counted_.of_all, tx.now()));
        SJ_TRY(count_guess(tx, *settings_.vault, area_, kGuessKind, call_.request.peer, tx.now()));
      }
      const auto state = SJ_TRY(load(tx));
      if (account != 0 && is_strange) {
        SJ_TRY(update_failures(tx, area_, account, state.failures_of_all, locked_until(state)));
      }
      return tx.audit(area_, entry_of("org.login.failed", account,
                                      object_of({{"failures", std::to_string(state.failures)}})));
    });
  }

  [[nodiscard]] Result<void> forget_failures(desk::Tx& tx, std::int64_t account) const {
    SJ_TRY(forget_guesses(tx, area_, counted_.subject));
    if (counted_.of_all.empty()) return {};
    return update_failures(tx, area_, account, 0, Instant(0));
  }

 private:
  const Settings& settings_;
  const api::Call& call_;
  std::int64_t area_;
  Counted counted_;
};

Result<http::Response> open_session(const api::Call& call,
                                    desk::Tx& tx,
                                    std::int64_t area,
                                    const Account& account) {
  NewDevice device{area, 0, account.id, device_secret(call.request),
                   device_name(call.request.header("User-Agent").value_or(""))};
  std::optional<Device> known;
  if (!device.secret.empty()) known = SJ_TRY(find_device(tx, area, account.id, device.secret));
  if (known && !known->is_gone) {
    device.id = known->id;
    SJ_TRY(update_device_seen(tx, area, device.id, tx.now()));
  } else {
    // The browser's own secret, also when somebody else has logged in there; not one that was let
    // go, which may be in other hands.
    if (known || device.secret.empty()) device.secret = auth::make_token(tx.entropy());
    device.id = tx.new_id();
    SJ_TRY(insert_device(tx, device, tx.now()));
  }
  NewSession session;
  session.area = area;
  session.id = tx.new_id();
  session.account = account.id;
  session.kind = AccountKind::staff;
  session.secret = auth::make_token(tx.entropy());
  session.csrf = tx.entropy().hex(kCsrfBytes);
  session.device = device.name;
  session.device_id = device.id;
  SJ_TRY(insert_session(tx, session, tx.now()));
  SJ_TRY(tx.audit(area, entry_of("org.session.opened", account.id,
                                 object_of({{"session", std::to_string(session.id)}}))));
  const std::string token = spell_token({area, session.secret});
  const auto found = SJ_TRY(find_session(tx, token, tx.now()));
  SJ_CHECK(found.has_value());
  auto body = SJ_TRY(session_json(tx, found->session.actor, found->session.access, tx.now()));
  http::Response response = api::reply(std::move(body));
  response.headers.push_back(
      call.session_cookie(token, session_lifetime_ms(AccountKind::staff) / 1000));
  response.headers.push_back(device_cookie(call, device.secret));
  return response;
}

Result<http::Response> post_session(const Settings& settings,
                                    const std::string& dummy_hash,
                                    const api::Call& call,
                                    sql::Reader& store,
                                    desk::Desk& desk) {
  const auto body = SJ_TRY(json::read<LoginBody>(call.request.body));
  const auto area = SJ_TRY(find_area(store, body.area));
  const std::string name = login_name(body.username);
  const auto account = SJ_TRY(find_account(store, area.id, name));
  const Counted counted = SJ_TRY(counted_as(settings, call, store, area.id, name, account));
  const Login login(settings, call, area.id, counted);
  auto state = SJ_TRY(login.load(store));
  // From an address that guesses, a name is looked at once: whoever knows his password gets in.
  // What was wrong elsewhere does not count, or its owner's slips would tell that there is such a
  // name.
  if (!counted.of_all.empty() && state.failures > 0 &&
      SJ_TRY(guesses_too_much(store, *settings.vault, area.id, kGuessKind, call.request.peer,
                              call.now))) {
    return too_many_guesses();
  }
  if (call.now < locked_until(state)) return decide_login(state, call.now).error();
  // A name that does not exist costs as much as one that does.
  const bool is_known = account && account->kind == AccountKind::staff && !name.empty();
  const std::string& hash = is_known ? account->password_hash : dummy_hash;
  const bool matches = auth::password_matches(body.password, hash);
  state.password_matches = matches && is_known;
  state.disabled = is_known && account->disabled;
  auto decided = decide_login(state, call.now);
  if (!decided.ok()) {
    const auto more = auth::cost_short_of(hash, settings.password_cost);
    if (more) static_cast<void>(auth::hash_password(body.password, *settings.entropy, *more));
    SJ_TRY(login.record_failure(desk, is_known ? account->id : 0));
    return std::move(decided).error();
  }
  std::string better_hash;
  if (auth::needs_rehash(account->password_hash, settings.password_cost)) {
    better_hash = auth::hash_password(body.password, *settings.entropy, settings.password_cost);
  }
  return call.store(desk, [&](const api::Call& same, desk::Tx& tx) -> Result<http::Response> {
    // Others may have guessed while this one was being checked.
    auto now_known = SJ_TRY(login.load(tx));
    now_known.password_matches = true;
    SJ_TRY(decide_login(now_known, tx.now()));
    SJ_TRY(login.forget_failures(tx, account->id));
    if (!better_hash.empty()) {
      SJ_TRY(update_password(tx, area.id, account->id, better_hash, account->must_change));
    }
    return open_session(same, tx, area.id, *account);
  });
}

Result<http::Response> get_session(const api::Call& call, sql::Reader& store) {
  auto body = SJ_TRY(session_json(store, call.actor, call.access, call.now));
  return api::reply(std::move(body));
}

Result<http::Response> delete_session(const api::Call& call, desk::Tx& tx) {
  static_cast<void>(
      SJ_TRY(revoke_sessions(tx, call.actor.area, call.actor.account, tx.now(),
                             {.only = call.actor.session, .forgets_devices = false})));
  SJ_TRY(tx.audit(call.actor.area,
                  entry_of("org.session.closed", call.actor.account,
                           object_of({{"session", std::to_string(call.actor.session)}}))));
  http::Response response = api::nothing();
  response.headers.push_back(call.session_cookie("", 0));
  return response;
}

Result<http::Response> get_sessions(const api::Call& call, sql::Reader& store) {
  const auto sessions = SJ_TRY(list_sessions(store, call.actor.area, call.actor.account, call.now));
  DevicesDto dto;
  for (const SessionLine& line : sessions) {
    dto.rows.push_back({line.id, line.device, line.created, line.seen,
                        line.id == call.actor.session, line.signed_in});
  }
  return api::reply(json::encode(dto));
}

Result<http::Response> delete_one_session(const api::Call& call, desk::Tx& tx) {
  const std::int64_t session = SJ_TRY(call.id(0));
  const std::int64_t revoked =
      SJ_TRY(revoke_sessions(tx, call.actor.area, call.actor.account, tx.now(), {.only = session}));
  if (revoked == 0) {
    return Error{ErrorKind::not_found, "org.unknown_session", "no such session of this account"};
  }
  SJ_TRY(tx.audit(call.actor.area, entry_of("org.session.closed", call.actor.account,
                                            object_of({{"session", std::to_string(session)}}))));
  http::Response response = api::nothing();
  if (session == call.actor.session) response.headers.push_back(call.session_cookie("", 0));
  return response;
}

Result<http::Response> delete_all_sessions(const api::Call& call, desk::Tx& tx) {
  const std::int64_t revoked =
      SJ_TRY(revoke_sessions(tx, call.actor.area, call.actor.account, tx.now(), {}));
  SJ_TRY(tx.audit(call.actor.area, entry_of("org.session.closed_all", call.actor.account,
                                            object_of({{"count", std::to_string(revoked)}}))));
  http::Response response = api::nothing();
  response.headers.push_back(call.session_cookie("", 0));
  return response;
}

/// What everybody knows of somebody: his user name, and as they are written and typed his name, his
/// schools, the district and the name of this program.
Result<std::vector<std::string>> known_of(sql::Reader& store,
                                          const Account& account,
                                          std::int64_t area,
                                          LocalDay today) {
  std::vector<std::string> known{account.username, "shuang jian"};
  std::vector<std::string> names{"双减", SJ_TRY(find_person_name(store, area, account.person))};
  names.push_back(SJ_TRY(find_place_name(store, area, {auth::PlaceKind::area, area}, today)));
  const auto targets = SJ_TRY(find_work_targets(store, area, account.person, today));
  for (const auth::Target& target : targets) {
    names.push_back(
        SJ_TRY(find_place_name(store, area, {auth::PlaceKind::school, target.school}, today)));
  }
  for (const std::string& name : names) {
    known.push_back(name);
    known.push_back(text::pinyin(name));
    known.push_back(text::pinyin_initials(name));
  }
  return known;
}

Result<http::Response> post_password(const Settings& settings,
                                     const api::Call& call,
                                     sql::Reader& store,
                                     desk::Desk& desk) {
  const auto body = SJ_TRY(json::read<PasswordBody>(call.request.body));
  const std::int64_t area = call.actor.area;
  const auto account = SJ_TRY(find_account(store, area, call.actor.account));
  if (!account || account->kind != AccountKind::staff) {
    return Error{ErrorKind::forbidden, "org.wrong_password", "a family's account has no password"};
  }
  const Login login(
      settings, call, area,
      {.subject = guess_subject(*settings.vault, "password:", std::to_string(call.actor.session))});
  auto state = SJ_TRY(login.load(store));
  const bool is_locked = call.now < locked_until(state);
  if (is_locked) return decide_login(state, call.now).error();
  if (!auth::password_matches(body.old, account->password_hash)) {
    SJ_TRY(login.record_failure(desk, account->id));
    return Error{ErrorKind::forbidden, "org.wrong_password", "old: not the present password"};
  }
  if (body.new_ == body.old) {
    return Error{ErrorKind::invalid, "org.same_password", "new: the same as the present one"};
  }
  auto known = SJ_TRY(known_of(store, *account, area, day_of(call.now)));
  // With something put before or behind it the old one is no new one.
  known.push_back(body.old);
  SJ_TRY(auth::check_new_password(body.new_, known));
  if (!account->first_hash.empty() && auth::password_matches(body.new_, account->first_hash)) {
    return Error{ErrorKind::invalid, "org.same_password", "new: the first one, which was printed"};
  }
  const std::string hash =
      auth::hash_password(body.new_, *settings.entropy, settings.password_cost);
  return call.store(desk, [&](const api::Call& same, desk::Tx& tx) -> Result<http::Response> {
    SJ_TRY(update_password(tx, area, account->id, hash, false));
    if (account->must_change)
      SJ_TRY(keep_first_password(tx, area, account->id, account->password_hash));
    SJ_TRY(login.forget_failures(tx, account->id));
    const std::int64_t revoked =
        SJ_TRY(revoke_sessions(tx, area, account->id, tx.now(), {.but = same.actor.session}));
    SJ_TRY(tx.audit(area, entry_of("org.password.changed", account->id,
                                   object_of({{"sessions_closed", std::to_string(revoked)}}))));
    return api::nothing();
  });
}

Result<http::Response> get_areas(const api::Call&, sql::Reader& store) {
  const auto areas = SJ_TRY(list_areas(store));
  AreasDto dto;
  for (const Area& area : areas) dto.rows.push_back({area.id, area.code, area.name});
  return api::reply(json::encode(dto));
}

Result<void> write_seen(SessionsSeen& seen, desk::Tx& tx) {
  const auto uses = seen.take();
  if (uses.empty()) return {};
  SJ_TRY(update_seen(tx, uses));
  std::int64_t count = 0;
  for (std::size_t i = 0; i < uses.size(); ++i) {
    ++count;
    if (i + 1 < uses.size() && uses[i + 1].area == uses[i].area) continue;
    SJ_TRY(tx.audit(uses[i].area, entry_of("org.session.seen", 0,
                                           object_of({{"count", std::to_string(count)}}))));
    count = 0;
  }
  return {};
}

}  // namespace

api::FindSession session_finder(const Settings& settings) {
  return [seen = settings.seen](sql::Reader& store, std::string_view token,
                                Instant now) -> Result<std::optional<api::Session>> {
    auto found = SJ_TRY(find_session(store, token, now));
    if (!found) return std::optional<api::Session>{};
    const auth::Actor& actor = found->session.actor;
    // A first use is told from none, also in the millisecond in which the session was opened.
    const Instant first(found->created.utc_ms() + 1);
    if (found->seen < first || now.utc_ms() - found->seen.utc_ms() >= kSeenEveryMs) {
      seen->note({actor.area, actor.session, found->kind, std::max(now, first)});
    }
    return std::optional<api::Session>{std::move(found->session)};
  };
}

void add_session_routes(api::Room& room, const Settings& settings) {
  const auto dummy_hash = std::make_shared<const std::string>(
      auth::hash_password("nobody has this password", *settings.entropy, settings.password_cost));
  room.routes.emplace_back(
      http::Method::post, "/api/session", auth::kPublic,
      api::Slow{
          .run =
              [settings, dummy_hash](const api::Call& call, sql::Reader& store, desk::Desk& desk) {
                return post_session(settings, *dummy_hash, call, store, desk);
              },
          .known = known_device},
      api::Doc{.id = "log_in",
               .summary = "Opens a session by user name and password.",
               .body = &json::schema_of<LoginBody>,
               .reply = &session_schema});
  room.routes.emplace_back(http::Method::get, "/api/session", auth::kSignedIn,
                           api::Read{get_session},
                           api::Doc{.id = "get_session",
                                    .summary = "Who is signed in, and what he may do today.",
                                    .reply = &session_schema});
  room.routes.emplace_back(
      http::Method::delete_, "/api/session", auth::kSignedIn, api::Write{delete_session},
      api::Doc{.id = "log_out", .summary = "Closes this session.", .status = 204});
  room.routes.emplace_back(http::Method::get, "/api/sessions", auth::kSignedIn,
                           api::Read{get_sessions},
                           api::Doc{.id = "list_sessions",
                                    .summary = "The devices this account is signed in on.",
                                    .reply = &json::schema_of<DevicesDto>});
  room.routes.emplace_back(
      http::Method::delete_, "/api/sessions/{session}", auth::kSignedIn,
      api::Write{delete_one_session},
      api::Doc{.id = "close_session", .summary = "Signs one device out.", .status = 204});
  room.routes.emplace_back(
      http::Method::delete_, "/api/sessions", auth::kSignedIn, api::Write{delete_all_sessions},
      api::Doc{.id = "close_sessions", .summary = "Signs every device out.", .status = 204});
  room.routes.emplace_back(
      http::Method::post, "/api/session/password", auth::kSignedIn,
      api::Slow{[settings](const api::Call& call, sql::Reader& store, desk::Desk& desk) {
        return post_password(settings, call, store, desk);
      }},
      api::Doc{.id = "change_password",
               .summary = "Changes the password and signs all other devices out.",
               .body = &json::schema_of<PasswordBody>,
               .status = 204});
  room.routes.emplace_back(http::Method::get, "/api/areas", auth::kPublic, api::Read{get_areas},
                           api::Doc{.id = "list_areas",
                                    .summary = "The districts one can log in to.",
                                    .reply = &json::schema_of<AreasDto>});
  desk::Job job;
  job.name = "org_sessions_seen";
  job.every_minutes = 5;
  job.work = [seen = settings.seen](desk::Tx& tx) { return write_seen(*seen, tx); };
  room.jobs.push_back(std::move(job));
}

}  // namespace sj::org
