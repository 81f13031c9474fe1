#include "org/family_store.h"

#include <algorithm>

#include "kernel/json/json.h"
#include "kernel/sql/statement.h"
#include "kernel/time/zone.h"

#include "org/detail.h"
#include "org/invite_store.h"
#include "org/role_store.h"
#include "org/seals.h"
#include "org/target_store.h"

namespace sj::org {
namespace {

const sql::Statement kWards{
    "SELECT l.child_area_id, l.child_id, l.guardian_id, l.confirmed_ms FROM org_family_link l "
    "JOIN org_guardianship g ON g.area_id = l.child_area_id AND g.pupil_id = l.child_id AND "
    "g.guardian_id = l.guardian_id "
    "JOIN org_person p ON p.area_id = l.child_area_id AND p.id = l.child_id "
    "WHERE l.area_id = $1 AND l.account_id = $2 AND l.ended_ms IS NULL AND g.from_day <= $3 AND "
    "(g.until_day IS NULL OR g.until_day > $3) AND p.erased_ms IS NULL "
    "ORDER BY p.birth_day, p.id"};
const sql::Statement kChild{
    "SELECT p.id, p.name, p.sex, p.birth_day, p.ethnic, u.local_no, u.protected "
    "FROM org_person p JOIN org_pupil u ON u.area_id = p.area_id AND u.person_id = p.id "
    "WHERE p.area_id = $1 AND p.id = $2 AND p.id IN {{IDS $3}}"};
const sql::Statement kGuardians{
    "SELECT g.guardian_id, p.name, g.relation, g.position, g.may_collect, (SELECT "
    "max(l.linked_ms) FROM org_family_link l WHERE l.child_area_id = $1 AND "
    "l.child_id = g.pupil_id AND l.guardian_id = g.guardian_id AND l.ended_ms IS NULL), "
    "(SELECT count(*) FROM org_family_link l WHERE l.child_area_id = $1 AND "
    "l.child_id = g.pupil_id AND l.guardian_id = g.guardian_id AND l.ended_ms IS NULL AND "
    "l.confirmed_ms IS NULL) FROM org_guardianship g "
    "JOIN org_person p ON p.area_id = g.area_id AND p.id = g.guardian_id "
    "WHERE g.area_id = $1 AND g.pupil_id = $2 AND g.pupil_id IN {{IDS $3}} AND g.from_day <= $4 "
    "AND (g.until_day IS NULL OR g.until_day > $4) ORDER BY g.position, g.id"};
const sql::Statement kMemberships{
    "SELECT m.school_id, s.name, coalesce(m.class_id, 0), m.from_day, m.until_day, "
    "coalesce(m.ended, '') FROM org_membership m "
    "JOIN org_school s ON s.area_id = m.area_id AND s.id = m.school_id "
    "WHERE m.area_id = $1 AND m.person_id = $2 AND m.person_id IN {{IDS $3}} "
    "ORDER BY m.from_day DESC, m.id DESC LIMIT 100"};
const sql::Statement kLooks{
    "SELECT e.at_ms, e.action, e.actor_kind, coalesce(p.name, ''), e.detail, e.personal, "
    "coalesce(s.name, ''), e.person_id FROM kernel_audit_entry e "
    "LEFT JOIN org_person p ON p.area_id = e.area_id AND p.id = e.actor_person "
    "LEFT JOIN org_school s ON s.area_id = e.area_id AND s.id = e.school_id "
    "WHERE e.area_id = $1 AND (e.person_id = $2 OR e.person_id = $3) AND "
    "(e.action = 'org.person.looked' OR e.action = 'org.person.exported') "
    "ORDER BY e.id DESC LIMIT 500"};
const sql::Statement kConsents{
    "SELECT purpose, wording, given_ms, withdrawn_ms FROM org_consent "
    "WHERE area_id = $1 AND pupil_id = $2 AND "
    "(CAST($3 AS BIGINT) = 0 OR guardian_id = $3) ORDER BY id"};
// Only if no other phone of his is tied to the child: whoever took his name for his own withdraws
// nothing of his.
const sql::Statement kWithdraw{
    "UPDATE org_consent SET withdrawn_ms = $4 WHERE area_id = $1 AND pupil_id = $2 AND "
    "guardian_id = $3 AND withdrawn_ms IS NULL AND NOT EXISTS (SELECT 1 FROM org_family_link l "
    "WHERE l.child_area_id = $1 AND l.child_id = $2 AND l.guardian_id = $3 AND "
    "l.ended_ms IS NULL)"};
const sql::Statement kRequestsOf{
    "SELECT r.area_id, r.id, r.pupil_id, p.name, r.kind, r.sealed, r.asked_ms, r.decided_ms, "
    "r.granted, r.answer, l.guardian_id, a.name, "
    "(SELECT g.relation FROM org_guardianship g WHERE g.area_id = r.area_id AND "
    "g.pupil_id = r.pupil_id AND g.guardian_id = l.guardian_id "
    "ORDER BY g.from_day DESC, g.id DESC LIMIT 1), l.confirmed_ms FROM org_request r "
    "JOIN org_person p ON p.area_id = r.area_id AND p.id = r.pupil_id "
    "LEFT JOIN org_family_link l ON l.child_area_id = r.area_id AND "
    "l.child_id = r.pupil_id AND l.account_id = r.account_id "
    "LEFT JOIN org_person a ON a.area_id = r.area_id AND a.id = l.guardian_id "
    "WHERE r.area_id = $1 AND r.pupil_id = $2 AND "
    "(CAST($3 AS BIGINT) = 0 OR r.account_id = $3) ORDER BY r.id DESC LIMIT 200"};
const sql::Statement kCountOpen{
    "SELECT count(*) FROM org_request WHERE area_id = $1 AND pupil_id = $2 AND account_id = $3 AND "
    "decided_ms IS NULL"};
const sql::Statement kOpenRequests{
    "SELECT r.area_id, r.id, r.pupil_id, p.name, r.kind, r.sealed, r.asked_ms, r.decided_ms, "
    "r.granted, r.answer, l.guardian_id, a.name, "
    "(SELECT g.relation FROM org_guardianship g WHERE g.area_id = r.area_id AND "
    "g.pupil_id = r.pupil_id AND g.guardian_id = l.guardian_id "
    "ORDER BY g.from_day DESC, g.id DESC LIMIT 1), l.confirmed_ms FROM org_request r "
    "JOIN org_person p ON p.area_id = r.area_id AND p.id = r.pupil_id "
    "LEFT JOIN org_family_link l ON l.child_area_id = r.area_id AND "
    "l.child_id = r.pupil_id AND l.account_id = r.account_id "
    "LEFT JOIN org_person a ON a.area_id = r.area_id AND a.id = l.guardian_id "
    "WHERE r.area_id = $1 AND r.decided_ms IS NULL ORDER BY r.id LIMIT 1000"};
const sql::Statement kFindRequest{
    "SELECT r.area_id, r.id, r.pupil_id, p.name, r.kind, r.sealed, r.asked_ms, r.decided_ms, "
    "r.granted, r.answer, l.guardian_id, a.name, "
    "(SELECT g.relation FROM org_guardianship g WHERE g.area_id = r.area_id AND "
    "g.pupil_id = r.pupil_id AND g.guardian_id = l.guardian_id "
    "ORDER BY g.from_day DESC, g.id DESC LIMIT 1), l.confirmed_ms FROM org_request r "
    "JOIN org_person p ON p.area_id = r.area_id AND p.id = r.pupil_id "
    "LEFT JOIN org_family_link l ON l.child_area_id = r.area_id AND "
    "l.child_id = r.pupil_id AND l.account_id = r.account_id "
    "LEFT JOIN org_person a ON a.area_id = r.area_id AND a.id = l.guardian_id "
    "WHERE r.area_id = $1 AND r.id = $2"};
const sql::Statement kInsertRequest{
    "INSERT INTO org_request (area_id, id, pupil_id, account_id, kind, sealed, asked_ms, answer) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, '')"};
const sql::Statement kAnswerRequest{
    "UPDATE org_request SET decided_ms = $3, decided_by = $4, granted = $5, answer = $6 "
    "WHERE area_id = $1 AND id = $2 AND decided_ms IS NULL"};
const sql::Statement kAtSchool{
    "SELECT count(*) FROM org_membership WHERE area_id = $1 AND person_id = $2 AND "
    "(until_day IS NULL OR until_day > $3)"};
const sql::Statement kMergedInto{
    "SELECT id FROM org_person WHERE area_id = $1 AND merged_into = $2 AND erased_ms IS NULL"};
const sql::Statement kLonelyGuardians{
    "SELECT DISTINCT g.guardian_id FROM org_guardianship g WHERE g.area_id = $1 AND "
    "g.pupil_id = $2 AND NOT EXISTS (SELECT 1 FROM org_guardianship o WHERE "
    "o.area_id = g.area_id AND o.guardian_id = g.guardian_id AND o.pupil_id <> $2 AND "
    "(o.until_day IS NULL OR o.until_day > $3)) AND NOT EXISTS (SELECT 1 FROM org_staff f WHERE "
    "f.area_id = g.area_id AND f.person_id = g.guardian_id)"};
const sql::Statement kEndGuardianships{
    "UPDATE org_guardianship SET until_day = $3 WHERE area_id = $1 AND pupil_id = $2 AND "
    "(until_day IS NULL OR until_day > $3)"};
const sql::Statement kRevokeCodes{
    "UPDATE org_invitation SET revoked_ms = coalesce(revoked_ms, $3), invited = NULL "
    "WHERE area_id = $1 AND pupil_id = $2 AND redeemed_ms IS NULL"};
const sql::Statement kBlankPerson{
    "UPDATE org_person SET name = $3, pinyin = '', sex = 0, birth_day = NULL, ethnic = '', "
    "erased_ms = $4 WHERE area_id = $1 AND id = $2 AND erased_ms IS NULL"};
const sql::Statement kBlankPupil{
    "UPDATE org_pupil SET local_no = '' WHERE area_id = $1 AND person_id = $2"};
const sql::Statement kDropKeys{"DELETE FROM org_name_key WHERE area_id = $1 AND person_id = $2"};
const sql::Statement kDropSealed{"DELETE FROM org_sealed WHERE area_id = $1 AND person_id = $2"};
const sql::Statement kDropForeign{
    "DELETE FROM org_foreign_id WHERE area_id = $1 AND kind = 'person' AND our_id = $2"};

// What people wrote in free text about him, or to his family.
const sql::Statement kBlankPurposes{
    "UPDATE org_data_grant SET purpose = '' WHERE area_id = $1 AND place_kind = 'pupil' AND "
    "place_id = $2"};
const sql::Statement kBlankAnswers{
    "UPDATE org_request SET answer = '' WHERE area_id = $1 AND pupil_id = $2"};
const sql::Statement kBlankReasons{
    "UPDATE org_merge SET reason = '' WHERE area_id = $1 AND (kept_id = $2 OR gone_id = $2)"};

constexpr std::string_view kErasedName = "（已删除）";

/// The text at `key` of a JSON object of texts; empty if it has none.
Result<std::string> member(std::string_view object_text, std::string_view key) {
  const auto value = SJ_TRY(json::parse(object_text));
  const auto* const object = value.if_object();
  const auto* const found = object == nullptr ? nullptr : object->if_contains(key);
  const auto* const text = found == nullptr ? nullptr : found->if_string();
  return text == nullptr ? std::string{} : std::string(text->data(), text->size());
}

/// What was sealed, or nothing once its key was destroyed.
Result<std::string> open_or_empty(sql::Reader& store,
                                  auth::Vault& vault,
                                  std::int64_t area,
                                  std::int64_t person,
                                  std::string_view purpose,
                                  std::string_view sealed) {
  auto opened = vault.open(store, area, person, purpose, sealed);
  if (opened.ok() || opened.error().code != "auth.erased") return opened;
  return std::string{};
}

struct SealedRequest {
  RequestLine line{};
  std::string sealed{};
};
SealedRequest request_of(const sql::Row& row) {
  SealedRequest found;
  RequestLine& line = found.line;
  line.area = row.integer(0);
  line.id = row.integer(1);
  line.pupil = row.integer(2);
  line.pupil_name = row.text(3);
  line.kind = request_kind_of(row.bytes(4)).value_or(RequestKind::correction);
  found.sealed = row.text(5);
  line.asked = row.instant(6);
  line.decided_ms = row.maybe_integer(7);
  line.granted = row.maybe_integer(8).value_or(0) == 1;
  line.answer = row.text(9);
  line.asker = row.maybe_integer(10).value_or(0);
  line.asker_name = row.maybe_text(11).value_or("");
  line.asker_relation = row.maybe_text(12).value_or("");
  line.waiting = row.is_null(13);
  return found;
}

Result<RequestLine> opened(sql::Reader& store, auth::Vault& vault, const SealedRequest& request) {
  RequestLine line = request.line;
  const auto plain =
      SJ_TRY(open_or_empty(store, vault, line.area, line.pupil, kRequestSeal, request.sealed));
  if (plain.empty()) return line;
  line.field = SJ_TRY(member(plain, "field"));
  line.text = SJ_TRY(member(plain, "text"));
  return line;
}

Result<std::int64_t> erase_person(desk::Tx& tx, std::int64_t area, std::int64_t person) {
  SJ_TRY(tx.vault().erase(tx, area, person, tx.now()));
  const std::int64_t blanked = SJ_TRY(tx.run(kBlankPerson, {area, person, kErasedName, tx.now()}));
  for (const sql::Statement* statement : {&kBlankPupil, &kDropKeys, &kDropSealed, &kDropForeign,
                                          &kBlankPurposes, &kBlankAnswers, &kBlankReasons}) {
    static_cast<void>(SJ_TRY(tx.run(*statement, {area, person})));
  }
  return blanked;
}

}  // namespace

Result<std::vector<Ward>> list_wards(sql::Reader& store, const auth::Actor& actor, LocalDay today) {
  return store.all(kWards, {actor.area, actor.account, today}, [](const sql::Row& row) {
    return Ward{row.integer(0), row.integer(1), row.integer(2), !row.is_null(3)};
  });
}

Result<Ward> find_ward(sql::Reader& store,
                       const auth::Actor& actor,
                       std::int64_t child,
                       LocalDay today,
                       FamilyDeed deed) {
  const auto wards = SJ_TRY(list_wards(store, actor, today));
  const auto found = std::find_if(wards.begin(), wards.end(),
                                  [&](const Ward& ward) { return ward.child == child; });
  if (found == wards.end()) {
    return Error{ErrorKind::not_found, "org.unknown_child", "not a child of this account"};
  }
  SJ_TRY(decide_family_deed(*found, deed));
  return *found;
}

Result<std::optional<Child>> find_child(sql::Reader& store,
                                        const auth::Scope& scope,
                                        std::int64_t child) {
  return store.first(kChild, {scope.area(), child, sql::Ids{scope.pupils()}},
                     [](const sql::Row& row) {
                       Child found;
                       found.id = row.integer(0);
                       found.name = row.text(1);
                       found.sex = row.integer(2);
                       found.birth_day = row.maybe_day(3);
                       found.ethnic = row.text(4);
                       found.local_no = row.text(5);
                       found.is_protected = row.flag(6);
                       return found;
                     });
}

Result<std::vector<GuardianLine>> list_guardians_of(sql::Reader& store,
                                                    const auth::Scope& scope,
                                                    std::int64_t child,
                                                    LocalDay today) {
  return store.all(kGuardians, {scope.area(), child, sql::Ids{scope.pupils()}, today},
                   [](const sql::Row& row) {
                     GuardianLine line;
                     line.guardian = row.integer(0);
                     line.name = row.text(1);
                     line.relation = row.text(2);
                     line.position = row.integer(3);
                     line.may_collect = row.flag(4);
                     line.joined_ms = row.maybe_integer(5);
                     line.waiting = row.integer(6) > 0;
                     return line;
                   });
}

Result<std::vector<SchoolTime>> list_times(sql::Reader& store,
                                           const auth::Scope& scope,
                                           std::int64_t child) {
  return store.all(kMemberships, {scope.area(), child, sql::Ids{scope.pupils()}},
                   [](const sql::Row& row) {
                     SchoolTime line;
                     line.school = row.integer(0);
                     line.school_name = row.text(1);
                     line.class_id = row.integer(2);
                     line.from = row.day(3);
                     line.until = row.maybe_day(4);
                     line.ended = row.text(5);
                     return line;
                   });
}

Result<std::vector<LookLine>> list_looks(sql::Reader& store, auth::Vault& vault, const Ward& ward) {
  struct Sealed {
    LookLine line{};
    std::string detail{};
    std::optional<std::string> personal{};
    std::int64_t person = 0;
  };
  const auto found =
      SJ_TRY(store.all(kLooks, {ward.area, ward.child, ward.guardian}, [](const sql::Row& row) {
        Sealed look;
        look.line.at = row.instant(0);
        look.line.action = row.text(1);
        look.line.actor_kind = row.text(2);
        look.line.who = row.text(3);
        look.detail = row.text(4);
        look.personal = row.maybe_text(5);
        look.line.school = row.text(6);
        look.person = row.integer(7);
        return look;
      }));
  std::vector<LookLine> lines;
  for (const Sealed& look : found) {
    LookLine line = look.line;
    line.role = SJ_TRY(member(look.detail, "role"));
    // That somebody looked at a hardship note tells that there is one.
    if (ward.confirmed) line.fields = SJ_TRY(member(look.detail, "fields"));
    if (look.personal && ward.confirmed) {
      const auto plain =
          SJ_TRY(open_or_empty(store, vault, ward.area, look.person, kAuditSeal, *look.personal));
      if (!plain.empty()) line.purpose = SJ_TRY(member(plain, "purpose"));
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

Result<std::vector<ConsentLine>> list_consents(sql::Reader& store,
                                               const Ward& ward,
                                               std::int64_t guardian) {
  return store.all(kConsents, {ward.area, ward.child, guardian}, [](const sql::Row& row) {
    return ConsentLine{row.text(0), row.text(1), row.instant(2), row.maybe_integer(3)};
  });
}

Result<void> withdraw(desk::Tx& tx, const Ward& ward) {
  static_cast<void>(SJ_TRY(end_links(tx, ward.area, ward.child, tx.actor().account, tx.now())));
  static_cast<void>(SJ_TRY(tx.run(kWithdraw, {ward.area, ward.child, ward.guardian, tx.now()})));
  return {};
}

Result<std::vector<RequestLine>> list_requests_of(sql::Reader& store,
                                                  auth::Vault& vault,
                                                  const Ward& ward,
                                                  std::int64_t account) {
  const auto found = SJ_TRY(store.all(kRequestsOf, {ward.area, ward.child, account}, request_of));
  std::vector<RequestLine> lines;
  for (const SealedRequest& request : found) {
    auto line = SJ_TRY(opened(store, vault, request));
    lines.push_back(std::move(line));
  }
  return lines;
}

Result<std::int64_t> count_open_requests(sql::Reader& store,
                                         const Ward& ward,
                                         std::int64_t account) {
  return store.number(kCountOpen, {ward.area, ward.child, account});
}

Result<std::vector<RequestLine>> list_open_requests(sql::Reader& store,
                                                    auth::Vault& vault,
                                                    const auth::Scope& scope,
                                                    LocalDay today) {
  const auto found = SJ_TRY(store.all(kOpenRequests, {scope.area()}, request_of));
  std::vector<RequestLine> lines;
  for (const SealedRequest& request : found) {
    const auto target = SJ_TRY(find_pupil_target(store, scope.area(), request.line.pupil, today));
    if (!target || !scope.covers(*target)) continue;
    auto line = SJ_TRY(opened(store, vault, request));
    lines.push_back(std::move(line));
  }
  return lines;
}

Result<std::optional<RequestLine>> find_request(sql::Reader& store,
                                                auth::Vault& vault,
                                                std::int64_t area,
                                                std::int64_t id) {
  using Found = std::optional<RequestLine>;
  const auto found = SJ_TRY(store.first(kFindRequest, {area, id}, request_of));
  if (!found) return Found{};
  auto line = SJ_TRY(opened(store, vault, *found));
  return Found{std::move(line)};
}

Result<void> insert_request(desk::Tx& tx,
                            const Ward& ward,
                            std::int64_t id,
                            const RequestCommand& command) {
  const std::string plain = object_of({{"field", command.field}, {"text", command.text}});
  const auto sealed = SJ_TRY(tx.vault().seal(tx, ward.area, ward.child, kRequestSeal, plain));
  static_cast<void>(
      SJ_TRY(tx.run(kInsertRequest, {ward.area, id, ward.child, tx.actor().account,
                                     name_of(command.kind), sql::Blob{sealed}, tx.now()})));
  return {};
}

Result<void> update_request(desk::Tx& tx,
                            std::int64_t area,
                            std::int64_t id,
                            const RequestAnswer& answer) {
  static_cast<void>(SJ_TRY(tx.run(
      kAnswerRequest, {area, id, tx.now(), tx.actor().person, answer.grant, answer.answer})));
  return {};
}

Result<bool> is_at_school(sql::Reader& store,
                          std::int64_t area,
                          std::int64_t pupil,
                          LocalDay today) {
  const std::int64_t rows = SJ_TRY(store.number(kAtSchool, {area, pupil, today}));
  return rows > 0;
}

Result<std::int64_t> erase_leaver(desk::Tx& tx, std::int64_t area, std::int64_t pupil) {
  const auto id_of = [](const sql::Row& row) { return row.integer(0); };
  auto persons = SJ_TRY(tx.all(kMergedInto, {area, pupil}, id_of));
  const auto guardians = SJ_TRY(tx.all(kLonelyGuardians, {area, pupil, tx.today()}, id_of));
  persons.push_back(pupil);
  persons.insert(persons.end(), guardians.begin(), guardians.end());
  static_cast<void>(SJ_TRY(end_links(tx, area, pupil, 0, tx.now())));
  static_cast<void>(SJ_TRY(tx.run(kEndGuardianships, {area, pupil, tx.today()})));
  static_cast<void>(SJ_TRY(tx.run(kRevokeCodes, {area, pupil, tx.now()})));
  std::int64_t erased = 0;
  for (const std::int64_t person : persons) erased += SJ_TRY(erase_person(tx, area, person));
  return erased;
}

}  // namespace sj::org
