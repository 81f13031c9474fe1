#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "kernel/api/reply.h"
#include "kernel/api/route.h"
#include "kernel/auth/secret.h"
#include "kernel/json/encode.h"
#include "kernel/json/json.h"
#include "kernel/json/schema.h"
#include "kernel/print/print.h"
#include "kernel/text/person_name.h"
#include "kernel/time/zone.h"

#include "org/detail.h"
#include "org/device.h"
#include "org/family_store.h"
#include "org/guess_store.h"
#include "org/invite.h"
#include "org/invite_store.h"
#include "org/newcomer_store.h"
#include "org/rights.h"
#include "org/room.h"
#include "org/seals.h"
#include "org/session_store.h"
#include "org/session_view.h"
#include "org/target_store.h"
#include "org/words.h"

namespace sj::org {
namespace {

struct LookBody {
  std::string code;
  std::optional<std::string> area;
};
BOOST_DESCRIBE_STRUCT(LookBody, (), (code, area))

struct LookDto {
  std::string school;
  std::string class_name;
  std::string child_hint;
  std::vector<std::string> needs;
  std::string wording;
};
BOOST_DESCRIBE_STRUCT(LookDto, (), (school, class_name, child_hint, needs, wording))

struct JoinBody {
  std::string code;
  json::Day birth_day;
  std::optional<json::OneOf<kRelations>> relation;
  std::optional<std::string> name;
  std::optional<std::string> area;
  std::optional<std::string> device;
  std::optional<std::string> secret;
};
BOOST_DESCRIBE_STRUCT(JoinBody, (), (code, birth_day, relation, name, area, device, secret))

struct QrDto {
  std::int64_t size = 0;
  std::string path;
};
BOOST_DESCRIBE_STRUCT(QrDto, (), (size, path))

struct InvitationDto {
  std::string code;
  std::string url;
  json::Moment expires;
  QrDto qr;
};
BOOST_DESCRIBE_STRUCT(InvitationDto, (), (code, url, expires, qr))

struct GuardianBody {
  json::OneOf<kRelations> relation;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(GuardianBody, (), (relation, name))

struct PupilBody {
  std::optional<json::Id> guardian_id;
};
BOOST_DESCRIBE_STRUCT(PupilBody, (), (guardian_id))

struct ClassBody {
  std::optional<bool> only_not_joined;
  std::optional<std::vector<json::Id>> pupil_ids;
};
BOOST_DESCRIBE_STRUCT(ClassBody, (), (only_not_joined, pupil_ids))

struct MadeDto {
  json::Id pupil_id;
  std::string name;
  std::string code;
  std::string url;
  json::Moment expires;
};
BOOST_DESCRIBE_STRUCT(MadeDto, (), (pupil_id, name, code, url, expires))
struct SkippedDto {
  json::Id pupil_id;
  std::string name;
  std::string code;  // of the refusal
};
BOOST_DESCRIBE_STRUCT(SkippedDto, (), (pupil_id, name, code))
struct BatchDto {
  std::vector<MadeDto> rows;
  std::vector<SkippedDto> skipped;
};
BOOST_DESCRIBE_STRUCT(BatchDto, (), (rows, skipped))

struct PupilDto {
  json::Id id;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(PupilDto, (), (id, name))
struct LineDto {
  json::Id id;
  PupilDto pupil;
  json::Moment made;
  json::Moment expires;
  std::optional<json::Moment> redeemed;
  std::optional<json::Moment> revoked;
  std::string by;
};
BOOST_DESCRIBE_STRUCT(LineDto, (), (id, pupil, made, expires, redeemed, revoked, by))
struct LinesDto {
  std::vector<LineDto> rows;
};
BOOST_DESCRIBE_STRUCT(LinesDto, (), (rows))

struct EndedDto {
  std::int64_t ended = 0;
};
BOOST_DESCRIBE_STRUCT(EndedDto, (), (ended))

constexpr std::string_view kGuessKind = "invitation";
constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::size_t kCsrfBytes = 16;
constexpr std::size_t kSecretLeast = 32;
constexpr std::size_t kSecretMost = 128;

std::string birth_day_subject(std::int64_t invitation) {
  return "invitation:" + std::to_string(invitation);
}

std::string base_url_of(const Settings& settings, const api::Call& call) {
  if (!settings.base_url.empty()) return settings.base_url;
  return loopback_url(call.request.header("Host").value_or(""), call.secure_cookie);
}

/// Which browser asks, without keeping its address or what it says of itself.
std::string browser_of(const auth::Vault& vault, const http::Request& request) {
  const std::string agent(request.header("User-Agent").value_or(""));
  return vault.blind("org.join.browser", request.peer + " " + agent);
}

/// As a roster's. Fails: text.name_* (invalid), naming the field.
Result<std::string> name_of_person(const std::string& typed) {
  auto name = text::check_person_name(typed);
  if (name.ok()) return name;
  Error error = std::move(name).error();
  error.fields.push_back({"name", error.code, typed});
  return error;
}

Instant expiry_of(Instant now) {
  // The end of the day, so that the day that is printed still holds.
  return instant_of(day_of(Instant(now.utc_ms() + kInvitationDays * kDayMs)), 24 * 60);
}

/// The last day on which a code can be used.
LocalDay last_day_of(Instant expires) {
  return day_of(Instant(expires.utc_ms() - 1));
}

desk::Entry entry_of(const char* action,
                     const auth::Target& target,
                     std::int64_t subject,
                     std::string detail) {
  desk::Entry entry;
  entry.school = target.school;
  entry.action = action;
  entry.subject_kind = "pupil";
  entry.subject = subject;
  entry.detail = std::move(detail);
  return entry;
}

/// Where an attempt is counted, and where its code is looked for. Guesses at codes are limited for
/// all districts together, so all of them are counted with the first, whichever is named.
struct Places {
  std::int64_t counted_in = 0;
  std::vector<std::int64_t> searched{};
};
Result<Places> places_of(sql::Reader& store, const std::optional<std::string>& area) {
  Places places;
  const auto areas = SJ_TRY(list_areas(store));
  if (!areas.empty()) places.counted_in = areas.front().id;
  if (area) {
    const auto found = SJ_TRY(find_area(store, area));
    places.searched.push_back(found.id);
    return places;
  }
  for (const Area& one : areas) places.searched.push_back(one.id);
  return places;
}

Result<std::optional<Invitation>> look_up(sql::Reader& store,
                                          auth::Vault& vault,
                                          const std::vector<std::int64_t>& areas,
                                          std::string_view code,
                                          Instant now) {
  for (const std::int64_t area : areas) {
    auto found = SJ_TRY(find_invitation(store, vault, area, code, day_of(now)));
    if (!found) continue;
    const auto wrong = SJ_TRY(load_guesses(store, area, birth_day_subject(found->id), Instant(0)));
    found->wrong_birth_days = wrong.count;
    return found;
  }
  return std::optional<Invitation>{};
}

/// One try at a code, from an address that may have tried too much.
struct Try {
  std::optional<Invitation> invitation{};
  bool too_much = false;

  /// What is told of a try that fails: from an address that tries too much always the same.
  [[nodiscard]] Error refusal(Error error) const {
    return too_much ? too_many_guesses() : std::move(error);
  }
};

/// Looks for what was typed; a code that does not exist is counted.
/// Fails: auth.bad_code
Result<Try> try_code(const Settings& settings,
                     const api::Call& call,
                     sql::Reader& store,
                     desk::Desk& desk,
                     const std::string& typed,
                     const std::optional<std::string>& area) {
  const auto places = SJ_TRY(places_of(store, area));
  Try found;
  found.too_much = SJ_TRY(guesses_too_much(store, *settings.vault, places.counted_in, kGuessKind,
                                           call.request.peer, call.now));
  const auto code = SJ_TRY(auth::normalise_code(typed));
  found.invitation = SJ_TRY(look_up(store, *settings.vault, places.searched, code, call.now));
  if (found.invitation || places.counted_in == 0) return found;
  SJ_TRY(desk.run(call.unit(), [&](desk::Tx& tx) -> Result<void> {
    SJ_TRY(count_guess(tx, *settings.vault, places.counted_in, kGuessKind, call.request.peer,
                       tx.now()));
    desk::Entry entry;
    entry.action = "org.invitation.guessed";
    entry.subject_kind = "invitation";
    entry.detail = "{}";
    return tx.audit(places.counted_in, entry);
  }));
  return found;
}

Error unknown_code() {
  return Error{ErrorKind::not_found, "org.unknown_code", "code: there is no such code"};
}

Result<http::Response> post_look(const Settings& settings,
                                 const api::Call& call,
                                 sql::Reader& store,
                                 desk::Desk& desk) {
  const auto body = SJ_TRY(json::read<LookBody>(call.request.body));
  const auto tried = SJ_TRY(try_code(settings, call, store, desk, body.code, body.area));
  if (tried.too_much) return too_many_guesses();
  if (!tried.invitation) return unknown_code();
  const Invitation& invitation = *tried.invitation;
  SJ_TRY(check_invitation(invitation, call.now));
  const LocalDay today = day_of(call.now);
  const auto target = SJ_TRY(find_pupil_target(store, invitation.area, invitation.pupil, today));
  SJ_CHECK(target.has_value());
  const auth::Place school{auth::PlaceKind::school, target->school};
  const auth::Place class_place{auth::PlaceKind::class_, target->class_id};
  const auth::Place pupil{auth::PlaceKind::pupil, invitation.pupil};
  LookDto dto;
  dto.school = SJ_TRY(find_place_name(store, invitation.area, school, today));
  dto.class_name = SJ_TRY(find_place_name(store, invitation.area, class_place, today));
  const auto name = SJ_TRY(find_place_name(store, invitation.area, pupil, today));
  dto.child_hint = name_hint(name);
  dto.needs = {"birth_day"};
  if (!invitation.knows_who()) dto.needs.insert(dto.needs.end(), {"relation", "name"});
  dto.wording = kJoinWording;
  return api::reply(json::encode(dto));
}

Result<void> count_wrong_birth_day(const Settings& settings,
                                   const api::Call& call,
                                   desk::Desk& desk,
                                   const Invitation& invitation) {
  return desk.run(call.unit(), [&](desk::Tx& tx) -> Result<void> {
    SJ_TRY(insert_guess(tx, invitation.area, birth_day_subject(invitation.id), tx.now()));
    const auto places = SJ_TRY(places_of(tx, std::nullopt));
    SJ_TRY(count_guess(tx, *settings.vault, places.counted_in, kGuessKind, call.request.peer,
                       tx.now()));
    const auto target =
        SJ_TRY(find_pupil_target(tx, invitation.area, invitation.pupil, tx.today()));
    return tx.audit(
        invitation.area,
        entry_of("org.invitation.wrong_birth_day", target.value_or(auth::Target{}),
                 invitation.pupil, object_of({{"invitation", std::to_string(invitation.id)}})));
  });
}

Result<http::Response> sign_in(const api::Call& call,
                               desk::Tx& tx,
                               std::int64_t area,
                               std::int64_t account,
                               const std::optional<std::string>& device) {
  NewSession session;
  session.area = area;
  session.id = tx.new_id();
  session.account = account;
  session.kind = AccountKind::family;
  session.secret = auth::make_token(tx.entropy());
  session.csrf = tx.entropy().hex(kCsrfBytes);
  const std::string agent(call.request.header("User-Agent").value_or(""));
  session.device = device_name(device.value_or(agent));
  SJ_TRY(insert_session(tx, session, tx.now()));
  const std::string token = spell_token({area, session.secret});
  const auto found = SJ_TRY(find_session(tx, token, tx.now()));
  SJ_CHECK(found.has_value());
  auto body = SJ_TRY(session_json(tx, found->session.actor, found->session.access, tx.now()));
  http::Response response = api::reply(std::move(body), 201);
  response.headers.push_back(
      call.session_cookie(token, session_lifetime_ms(AccountKind::family) / 1000));
  return response;
}

/// Has the school look twice at whoever joins for many children, or where his code was made. He is
/// not kept out: honest families share telephones, and schools their network.
Result<void> watch_joiner(desk::Tx& tx,
                          const Invitation& invitation,
                          const Joiner& joiner,
                          const auth::Target& target) {
  const JoinOrigin origin{invitation.area, joiner.account, joiner.browser, joiner.device};
  const bool of_school = invitation.by == InvitedBy::school;
  const JoinFacts facts = SJ_TRY(load_join_facts(
      tx, origin, of_school ? invitation.maker_account : 0, invitation.browser, tx.now()));
  const std::string odd(decide_odd(facts));
  if (odd.empty()) return {};
  SJ_TRY(mark_odd(tx, origin, invitation.pupil, facts));
  SJ_TRY(tx.audit(invitation.area,
                  entry_of("org.join.odd", target, invitation.pupil,
                           object_of({{"account", std::to_string(joiner.account)},
                                      {"children_of_account", std::to_string(facts.of_account)},
                                      {"children_of_browser", std::to_string(facts.of_browser)},
                                      {"children_of_device", std::to_string(facts.of_device)},
                                      {"invitation", std::to_string(invitation.id)},
                                      {"maker", std::to_string(invitation.maker)},
                                      {"odd", odd}}))));
  return tx.publish(invitation.area,
                    {"org.join.odd", object_of({{"account", std::to_string(joiner.account)},
                                                {"odd", odd},
                                                {"pupil", std::to_string(invitation.pupil)}})});
}

Result<void> tell_of_joiner(desk::Tx& tx,
                            const Invitation& invitation,
                            const Joiner& joiner,
                            const Joined& joined) {
  const auto found = SJ_TRY(find_pupil_target(tx, invitation.area, invitation.pupil, tx.today()));
  const auth::Target target = found.value_or(auth::Target{});
  const std::string guardian = std::to_string(joined.guardian);
  SJ_TRY(tx.audit(invitation.area,
                  entry_of("org.guardian.joined", target, invitation.pupil,
                           object_of({{"account", std::to_string(joiner.account)},
                                      {"admitted", joined.admitted ? "yes" : "no"},
                                      {"by", std::string(name_of(invitation.by))},
                                      {"guardian", guardian},
                                      {"invitation", std::to_string(invitation.id)},
                                      {"maker", std::to_string(invitation.maker)}}))));
  // Whoever listens tells the guardians who were there before.
  SJ_TRY(tx.publish(invitation.area, {"org.guardian.joined",
                                      object_of({{"account", std::to_string(joiner.account)},
                                                 {"guardian", guardian},
                                                 {"pupil", std::to_string(invitation.pupil)}})}));
  return watch_joiner(tx, invitation, joiner, target);
}

/// What the phone made up, to ask again with when a reply is lost.
/// Fails: org.bad_join_secret (invalid)
Result<std::string> secret_of(const JoinBody& body) {
  const std::string secret = body.secret.value_or("");
  if (secret.empty() || (secret.size() >= kSecretLeast && secret.size() <= kSecretMost)) {
    return secret;
  }
  return Error{ErrorKind::invalid, "org.bad_join_secret", "secret: 32 to 128 characters of chance"};
}

bool is_redeemer(const api::Call& call, const Invitation& invitation) {
  return call.actor.kind == auth::ActorKind::guardian &&
         call.actor.account == invitation.redeemed_account;
}

bool knows_secret(const std::string& secret, const Invitation& invitation) {
  return !secret.empty() &&
         auth::equal_secrets(invitation.redeemed_secret, auth::token_hash(secret));
}

/// What a session shows of itself, for whoever has it already; not kept for a retry, because it
/// holds the session's token.
Result<http::Response> show_session(const api::Call& call, desk::Tx& tx) {
  const auto access =
      SJ_TRY(load_family_access(tx, call.actor.area, call.actor.account, tx.today()));
  http::Response response = api::reply(SJ_TRY(session_json(tx, call.actor, access, tx.now())), 201);
  response.headers.push_back({"Cache-Control", "no-store"});
  return response;
}

/// For a phone whose reply was lost: a new session in the place of the one it never got.
Result<http::Response> rejoin(const Settings& settings,
                              const api::Call& call,
                              desk::Tx& tx,
                              const Invitation& invitation,
                              const std::optional<std::string>& device) {
  const std::int64_t account = invitation.redeemed_account;
  RejoinState state;
  state.same_account = is_redeemer(call, invitation);
  state.never_came = SJ_TRY(has_unused_session(tx, *settings.seen, invitation.area, account));
  SJ_TRY(decide_rejoin(invitation, state));
  const auto target = SJ_TRY(find_pupil_target(tx, invitation.area, invitation.pupil, tx.today()));
  SJ_TRY(tx.audit(
      invitation.area,
      entry_of("org.guardian.joined_again", target.value_or(auth::Target{}), invitation.pupil,
               object_of({{"account", std::to_string(account)},
                          {"invitation", std::to_string(invitation.id)}}))));
  if (state.same_account) return show_session(call, tx);
  static_cast<void>(SJ_TRY(revoke_sessions(tx, invitation.area, account, tx.now(), {})));
  return sign_in(call, tx, invitation.area, account, device);
}

Result<http::Response> post_join(const Settings& settings,
                                 const api::Call& call,
                                 sql::Reader& store,
                                 desk::Desk& desk) {
  const auto body = SJ_TRY(json::read<JoinBody>(call.request.body));
  if (call.actor.kind == auth::ActorKind::staff) {
    return Error{ErrorKind::conflict, "org.signed_in_as_staff", "log out first"};
  }
  const std::string secret = SJ_TRY(secret_of(body));
  const auto tried = SJ_TRY(try_code(settings, call, store, desk, body.code, body.area));
  if (!tried.invitation) return tried.refusal(unknown_code());
  const Invitation& invitation = *tried.invitation;
  const bool is_known = is_redeemer(call, invitation) || knows_secret(secret, invitation);
  if (is_rejoin(invitation, is_known, body.birth_day.value, call.now)) {
    return call.store(desk, [&](const api::Call& same, desk::Tx& tx) -> Result<http::Response> {
      const auto code = SJ_TRY(auth::normalise_code(body.code));
      const auto fresh = SJ_TRY(look_up(tx, tx.vault(), {invitation.area}, code, tx.now()));
      SJ_CHECK(fresh.has_value());
      return rejoin(settings, same, tx, *fresh, body.device);
    });
  }
  JoinCommand command;
  command.birth_day = body.birth_day.value;
  if (body.name && !body.name->empty()) command.name = SJ_TRY(name_of_person(*body.name));
  command.relation = body.relation.value_or("");
  auto decided = decide_join(invitation, command, call.now);
  if (!decided.ok()) {
    Error error = std::move(decided).error();
    if (error.code == "org.wrong_birth_day") {
      SJ_TRY(count_wrong_birth_day(settings, call, desk, invitation));
      const std::int64_t left = kBirthDayGuesses - invitation.wrong_birth_days - 1;
      error.fields.push_back({"guesses_left", error.code, std::to_string(left)});
    }
    return tried.refusal(std::move(error));
  }
  return call.store(desk, [&](const api::Call& same, desk::Tx& tx) -> Result<http::Response> {
    const auto code = SJ_TRY(auth::normalise_code(body.code));
    const auto fresh = SJ_TRY(look_up(tx, tx.vault(), {invitation.area}, code, tx.now()));
    SJ_CHECK(fresh.has_value());
    SJ_TRY(decide_join(*fresh, command, tx.now()));
    Joiner joiner;
    joiner.is_new = same.actor.kind != auth::ActorKind::guardian;
    joiner.account_area = joiner.is_new ? fresh->area : same.actor.area;
    joiner.account = joiner.is_new ? tx.new_id() : same.actor.account;
    joiner.name = command.name;
    joiner.relation = command.relation;
    joiner.browser = browser_of(tx.vault(), same.request);
    std::string device = device_secret(same.request);
    if (device.empty()) device = auth::make_token(tx.entropy());
    joiner.device = auth::token_hash(device);
    joiner.secret = secret;
    const auto joined = SJ_TRY(insert_joiner(tx, *fresh, joiner));
    SJ_TRY(tell_of_joiner(tx, *fresh, joiner, joined));
    http::Response response;
    if (joiner.is_new) {
      response = SJ_TRY(sign_in(same, tx, joiner.account_area, joiner.account, body.device));
    } else {
      response = SJ_TRY(show_session(same, tx));
    }
    response.headers.push_back(device_cookie(same, device));
    return response;
  });
}

/// Makes one invitation inside a unit of work, with its entry and event.
Result<void> make_invitation(desk::Tx& tx,
                             const NewInvitation& invitation,
                             const auth::Target& target) {
  SJ_TRY(insert_invitation(tx, invitation));
  SJ_TRY(tx.audit(invitation.area,
                  entry_of("org.invitation.made", target, invitation.pupil,
                           object_of({{"by", std::string(name_of(invitation.by))},
                                      {"guardian", std::to_string(invitation.guardian.value_or(0))},
                                      {"invitation", std::to_string(invitation.id)}}))));
  return tx.publish(invitation.area, {"org.guardian.invited",
                                      object_of({{"invitation", std::to_string(invitation.id)},
                                                 {"pupil", std::to_string(invitation.pupil)}})});
}

Result<http::Response> reply_with(const Settings& settings,
                                  const api::Call& call,
                                  const NewInvitation& invitation) {
  InvitationDto dto;
  dto.code = invitation.code;
  dto.url = code_url(base_url_of(settings, call), invitation.code);
  dto.expires = invitation.expires;
  const auto qr = SJ_TRY(print::qr_path(dto.url));
  dto.qr = {qr.size, qr.path};
  return api::reply(json::encode(dto), 201);
}

Result<http::Response> post_family_invitation(const Settings& settings,
                                              const api::Call& call,
                                              desk::Tx& tx) {
  const std::int64_t child = SJ_TRY(call.id(0));
  const auto ward = SJ_TRY(find_ward(tx, call.actor, child, tx.today(), FamilyDeed::invite));
  const auto body = SJ_TRY(json::read<GuardianBody>(call.request.body));
  std::string name;
  if (!body.name.empty()) name = SJ_TRY(name_of_person(body.name));
  if (name.empty() || !is_relation(body.relation)) {
    return Error{ErrorKind::invalid, "org.who_are_you",
                 "name and relation: who is invited, and what he is to the child"};
  }
  const auto invitee = SJ_TRY(find_invitee(tx, scope_of(ward), child));
  InviteState state;
  state.by = InvitedBy::guardian;
  state.at_school = invitee.has_value();
  if (invitee) {
    state.is_protected = invitee->is_protected;
    state.knows_birth_day = invitee->birth_day.has_value();
  }
  SJ_TRY(decide_invite(state));
  NewInvitation invitation;
  invitation.area = ward.area;
  invitation.id = tx.new_id();
  invitation.code = auth::make_code(tx.entropy());
  invitation.pupil = child;
  invitation.by = InvitedBy::guardian;
  invitation.maker = ward.guardian;
  invitation.browser = browser_of(tx.vault(), call.request);
  invitation.expires = expiry_of(tx.now());
  const std::string plain = object_of({{"name", name}, {"relation", body.relation}});
  invitation.invited = SJ_TRY(tx.vault().seal(tx, ward.area, child, kInvitedSeal, plain));
  const auto target = SJ_TRY(find_pupil_target(tx, ward.area, child, tx.today()));
  SJ_TRY(make_invitation(tx, invitation, target.value_or(auth::Target{})));
  return reply_with(settings, call, invitation);
}

Result<http::Response> post_pupil_invitation(const Settings& settings,
                                             const api::Call& call,
                                             desk::Tx& tx) {
  const std::int64_t pupil = SJ_TRY(call.id(0));
  PupilBody body;
  if (!call.request.body.empty()) body = SJ_TRY(json::read<PupilBody>(call.request.body));
  const auto invitee = SJ_TRY(find_invitee(tx, call.scope, pupil));
  if (!invitee) return Error{ErrorKind::not_found, "org.unknown_pupil", "no such pupil in reach"};
  const std::int64_t area = call.scope.area();
  NewInvitation invitation;
  if (body.guardian_id) {
    const bool is_one = SJ_TRY(is_guardian(tx, area, pupil, body.guardian_id->value, tx.today()));
    if (!is_one) {
      return Error{ErrorKind::not_found, "org.unknown_person", "guardian_id: not his guardian"};
    }
    invitation.guardian = body.guardian_id->value;
  }
  InviteState state;
  state.is_protected = invitee->is_protected;
  state.knows_birth_day = invitee->birth_day.has_value();
  state.names_guardian = invitation.guardian.has_value();
  SJ_TRY(decide_invite(state));
  invitation.area = area;
  invitation.id = tx.new_id();
  invitation.code = auth::make_code(tx.entropy());
  invitation.pupil = pupil;
  invitation.maker = call.actor.person;
  invitation.browser = browser_of(tx.vault(), call.request);
  invitation.expires = expiry_of(tx.now());
  const auto target = SJ_TRY(find_pupil_target(tx, area, pupil, tx.today()));
  SJ_TRY(make_invitation(tx, invitation, target.value_or(auth::Target{})));
  return reply_with(settings, call, invitation);
}

/// A class's place, if the caller may invite there.
Result<auth::Target> reach_class(const api::Call& call, sql::Reader& store, std::int64_t class_id) {
  const auth::Place place{auth::PlaceKind::class_, class_id};
  const auto target = SJ_TRY(find_target(store, call.scope.area(), place, day_of(call.now)));
  if (target && call.scope.covers(*target)) return *target;
  return Error{ErrorKind::not_found, "org.unknown_class", "no such class in reach"};
}

/// A class's new codes before they are stored.
struct Batch {
  auth::Target target{};
  Sheet sheet{};
  Instant expires{0};
  BatchDto dto{};
};

Result<Batch> make_batch(const Settings& settings, const api::Call& call, sql::Reader& store) {
  const std::int64_t class_id = SJ_TRY(call.id(0));
  ClassBody body;
  if (!call.request.body.empty()) body = SJ_TRY(json::read<ClassBody>(call.request.body));
  const std::int64_t area = call.scope.area();
  const LocalDay today = day_of(call.now);
  const auth::Place place{auth::PlaceKind::class_, class_id};
  const auto target = SJ_TRY(reach_class(call, store, class_id));
  Batch batch;
  batch.target = target;
  batch.expires = expiry_of(call.now);
  batch.sheet.school =
      SJ_TRY(find_place_name(store, area, {auth::PlaceKind::school, target.school}, today));
  batch.sheet.class_name = SJ_TRY(find_place_name(store, area, place, today));
  batch.sheet.expires = last_day_of(batch.expires);
  const auto invitees = SJ_TRY(list_invitees(store, call.scope, class_id));
  const std::string base_url = base_url_of(settings, call);
  for (const Invitee& invitee : invitees) {
    if (invitee.joined && body.only_not_joined.value_or(true)) continue;
    const auto wanted = [&](const json::Id& id) { return id.value == invitee.pupil; };
    if (body.pupil_ids && std::none_of(body.pupil_ids->begin(), body.pupil_ids->end(), wanted)) {
      continue;
    }
    InviteState state;
    state.is_protected = invitee.is_protected;
    state.knows_birth_day = invitee.birth_day.has_value();
    const auto decided = decide_invite(state);
    if (!decided.ok()) {
      batch.dto.skipped.push_back({invitee.pupil, invitee.name, decided.error().code});
      continue;
    }
    Card card;
    card.pupil = invitee.pupil;
    card.name = invitee.name;
    card.code = auth::make_code(*settings.entropy);
    card.url = code_url(base_url, card.code);
    batch.dto.rows.push_back({card.pupil, card.name, card.code, card.url, batch.expires});
    batch.sheet.cards.push_back(std::move(card));
  }
  return batch;
}

Result<void> store_batch(desk::Tx& tx, const api::Call& call, const Batch& batch) {
  for (const Card& card : batch.sheet.cards) {
    NewInvitation invitation;
    invitation.area = call.scope.area();
    invitation.id = tx.new_id();
    invitation.code = card.code;
    invitation.pupil = card.pupil;
    invitation.maker = call.actor.person;
    invitation.browser = browser_of(tx.vault(), call.request);
    invitation.expires = batch.expires;
    SJ_TRY(make_invitation(tx, invitation, batch.target));
  }
  return {};
}

Result<http::Response> post_class_invitations(const Settings& settings,
                                              const api::Call& call,
                                              desk::Tx& tx) {
  const auto batch = SJ_TRY(make_batch(settings, call, tx));
  SJ_TRY(store_batch(tx, call, batch));
  return api::reply(json::encode(batch.dto), 201);
}

Result<http::Response> post_class_sheet(const Settings& settings,
                                        const api::Call& call,
                                        sql::Reader& store,
                                        desk::Desk& desk) {
  const auto batch = SJ_TRY(make_batch(settings, call, store));
  if (batch.sheet.cards.empty()) {
    return Error{ErrorKind::conflict, "org.nobody_to_invite", "everybody joined, or was skipped"};
  }
  const auto pdf = SJ_TRY(print_sheet(batch.sheet));
  return call.store(desk, [&](const api::Call& same, desk::Tx& tx) -> Result<http::Response> {
    SJ_TRY(store_batch(tx, same, batch));
    const std::string name = batch.sheet.class_name + "家长邀请码.pdf";
    return api::download(pdf, "application/pdf", name);
  });
}

Result<http::Response> get_class_invitations(const api::Call& call, sql::Reader& store) {
  const std::int64_t class_id = SJ_TRY(call.id(0));
  static_cast<void>(SJ_TRY(reach_class(call, store, class_id)));
  const auto lines = SJ_TRY(list_invitations(store, call.scope, class_id));
  LinesDto dto;
  const auto moment = [](const std::optional<std::int64_t>& ms) {
    return ms ? std::optional<json::Moment>(Instant(*ms)) : std::nullopt;
  };
  for (const InvitationLine& line : lines) {
    dto.rows.push_back({line.id,
                        {line.pupil, line.name},
                        line.made,
                        line.expires,
                        moment(line.redeemed_ms),
                        moment(line.revoked_ms),
                        line.by});
  }
  return api::reply(json::encode(dto));
}

/// A pupil's place, if the caller may invite there.
Result<auth::Target> reach_pupil(const api::Call& call, sql::Reader& store, std::int64_t pupil) {
  const auto target = SJ_TRY(find_pupil_target(store, call.scope.area(), pupil, day_of(call.now)));
  if (target && call.scope.covers(*target)) return *target;
  return Error{ErrorKind::not_found, "org.unknown_pupil", "no such pupil in reach"};
}

Result<http::Response> delete_invitation(const api::Call& call, desk::Tx& tx) {
  const std::int64_t id = SJ_TRY(call.id(0));
  const std::int64_t area = call.scope.area();
  // No invitation, and one of another school's pupil, are answered alike.
  const auto pupil = SJ_TRY(find_invitation_pupil(tx, area, id));
  const auto target = SJ_TRY(reach_pupil(call, tx, pupil.value_or(0)));
  const std::int64_t revoked = SJ_TRY(revoke_invitation(tx, area, id, tx.now()));
  if (revoked == 0) return Error{ErrorKind::conflict, "org.code_used", "used or revoked before"};
  SJ_TRY(tx.audit(area, entry_of("org.invitation.revoked", target, *pupil,
                                 object_of({{"invitation", std::to_string(id)}}))));
  return api::nothing();
}

/// Ends links of a family; `account` 0 ends all.
Result<http::Response> unlink(const api::Call& call, desk::Tx& tx, std::int64_t account) {
  const std::int64_t pupil = SJ_TRY(call.id(0));
  const std::int64_t area = call.scope.area();
  const auto target = SJ_TRY(reach_pupil(call, tx, pupil));
  const std::int64_t ended = SJ_TRY(end_links(tx, area, pupil, account, tx.now()));
  SJ_TRY(tx.audit(area, entry_of("org.family.unlinked", target, pupil,
                                 object_of({{"account", std::to_string(account)},
                                            {"ended", std::to_string(ended)}}))));
  SJ_TRY(tx.publish(area, {"org.family.unlinked", object_of({{"pupil", std::to_string(pupil)}})}));
  return api::reply(json::encode(EndedDto{ended}));
}

Result<http::Response> delete_devices(const api::Call& call, desk::Tx& tx) {
  return unlink(call, tx, 0);
}

Result<http::Response> delete_family(const api::Call& call, desk::Tx& tx) {
  const std::int64_t account = SJ_TRY(call.id(1));
  return unlink(call, tx, account);
}

void add_family_side(api::Room& room, const Settings& settings) {
  room.routes.emplace_back(
      http::Method::post, "/api/join/look", auth::kPublic,
      api::Slow{[settings](const api::Call& call, sql::Reader& store, desk::Desk& desk) {
        return post_look(settings, call, store, desk);
      }},
      api::Doc{.id = "look_at_code",
               .summary = "What a printed code is for, without saying who the child is.",
               .body = &json::schema_of<LookBody>,
               .reply = &json::schema_of<LookDto>});
  room.routes.emplace_back(
      http::Method::post, "/api/join", auth::kPublic,
      api::Slow{[settings](const api::Call& call, sql::Reader& store, desk::Desk& desk) {
        return post_join(settings, call, store, desk);
      }},
      api::Doc{.id = "join",
               .summary = "Redeems a code and ties the phone, or the account, to the child.",
               .body = &json::schema_of<JoinBody>,
               .reply = &session_schema,
               .status = 201});
  room.routes.emplace_back(http::Method::post, "/api/family/children/{child}/invitations",
                           kChildInvite,
                           api::Write{[settings](const api::Call& call, desk::Tx& tx) {
                             return post_family_invitation(settings, call, tx);
                           }},
                           api::Doc{.id = "invite_guardian",
                                    .summary = "A guardian invites another one.",
                                    .body = &json::schema_of<GuardianBody>,
                                    .reply = &json::schema_of<InvitationDto>,
                                    .status = 201,
                                    .shown_once = true});
}

void add_desk_side(api::Room& room, const Settings& settings) {
  room.routes.emplace_back(
      http::Method::post, "/api/org/classes/{class}/invitations", kInvite,
      api::Write{[settings](const api::Call& call, desk::Tx& tx) {
        return post_class_invitations(settings, call, tx);
      }},
      api::Doc{.id = "invite_class",
               .summary = "Makes codes for the pupils of a class; they are shown this once.",
               .body = &json::schema_of<ClassBody>,
               .reply = &json::schema_of<BatchDto>,
               .status = 201,
               .shown_once = true});
  room.routes.emplace_back(
      http::Method::post, "/api/org/classes/{class}/invitations.pdf", kInvite,
      api::Slow{[settings](const api::Call& call, sql::Reader& store, desk::Desk& desk) {
        return post_class_sheet(settings, call, store, desk);
      }},
      api::Doc{.id = "print_class_invitations",
               .summary = "Makes codes for the pupils of a class as cards to cut and hand out.",
               .body = &json::schema_of<ClassBody>,
               .reply_type = "application/pdf",
               .shown_once = true});
  room.routes.emplace_back(http::Method::get, "/api/org/classes/{class}/invitations", kInvite,
                           api::Read{get_class_invitations},
                           api::Doc{.id = "list_class_invitations",
                                    .summary = "The codes of a class and what became of them.",
                                    .reply = &json::schema_of<LinesDto>});
  room.routes.emplace_back(
      http::Method::post, "/api/org/pupils/{person}/invitations", kInvite,
      api::Write{[settings](const api::Call& call, desk::Tx& tx) {
        return post_pupil_invitation(settings, call, tx);
      }},
      api::Doc{.id = "invite_pupil",
               .summary = "A new code for one pupil; older unused ones are void.",
               .body = &json::schema_of<PupilBody>,
               .reply = &json::schema_of<InvitationDto>,
               .status = 201,
               .shown_once = true});
  room.routes.emplace_back(
      http::Method::delete_, "/api/org/invitations/{id}", kInvite, api::Write{delete_invitation},
      api::Doc{.id = "revoke_invitation", .summary = "Makes an unused code void.", .status = 204});
  room.routes.emplace_back(
      http::Method::delete_, "/api/org/pupils/{person}/devices", kInvite,
      api::Write{delete_devices},
      api::Doc{.id = "unlink_pupil",
               .summary = "No phone of any family sees this pupil from the next request on.",
               .reply = &json::schema_of<EndedDto>});
  room.routes.emplace_back(http::Method::delete_, "/api/org/pupils/{person}/family/{account}",
                           kInvite, api::Write{delete_family},
                           api::Doc{.id = "unlink_family",
                                    .summary = "One family account no longer sees this pupil.",
                                    .reply = &json::schema_of<EndedDto>});
}

}  // namespace

void add_invite_routes(api::Room& room, const Settings& settings) {
  add_family_side(room, settings);
  add_desk_side(room, settings);
}

}  // namespace sj::org
