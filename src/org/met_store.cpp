#include "org/met_store.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string>

#include "org/detail.h"
#include "org/guess_store.h"
#include "org/target_store.h"

namespace sj::org {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

std::string subject_of(std::string_view what, std::int64_t account) {
  return "number." + std::string(what) + ":" + std::to_string(account);
}

Result<void> tell_school(desk::Tx& tx, std::int64_t area, const Meeting& meeting, const Met& met) {
  const auto targets = SJ_TRY(find_person_targets(tx, area, met.person_id, tx.today()));
  desk::Entry entry;
  entry.school = targets.empty() ? 0 : targets.front().school;
  entry.action = "org.number.met_elsewhere";
  entry.subject_kind = "person";
  entry.subject = met.person_id;
  entry.detail =
      object_of({{"at_school", std::to_string(meeting.own_school)}, {"field", met.field}});
  return tx.audit(area, entry);
}

Result<void> tell_too_many(desk::Tx& tx, std::int64_t area, std::int64_t own_school) {
  desk::Entry entry;
  entry.school = own_school;
  entry.action = "org.number.too_many";
  entry.subject_kind = "school";
  entry.subject = own_school;
  return tx.audit(area, entry);
}

constexpr std::size_t kIdLength = 18;

// A student number is most often a letter and the ID number: both together are one number.
std::string_view without_letter(std::string_view number) {
  return number.size() == kIdLength + 1 ? number.substr(1) : number;
}

// What a guesser knows before he begins: place and birth day. What is left are 500 serials of each
// sex; of papers of another shape there are too many to try.
std::string_view known_part(std::string_view id_number) {
  constexpr std::size_t kBeforeSerial = 14;
  return id_number.substr(0, kBeforeSerial);
}

}  // namespace

Result<bool> count_tried(desk::Tx& tx, std::int64_t area, const Meeting& meeting) {
  if (meeting.tried.empty()) return true;
  const bool by_account = meeting.has_district || meeting.own_school == 0;
  const std::string owner = "tried." + std::string(by_account ? "account" : "school") +
                            std::to_string(by_account ? meeting.account : meeting.own_school) + ":";
  constexpr std::size_t kPartHash = 16;
  constexpr std::size_t kNumberHash = 32;
  const std::size_t part_end = owner.size() + kPartHash;
  std::set<std::string> asked;
  for (const std::string& whole : meeting.tried) {
    const std::string_view number = without_letter(whole);
    if (number.size() != kIdLength) continue;
    asked.insert(guess_subject(tx.vault(), owner, known_part(number)).substr(0, part_end) +
                 guess_subject(tx.vault(), "", number).substr(0, kNumberHash));
  }
  if (asked.empty()) return true;
  const auto known = SJ_TRY(list_guessed(tx, area, asked.begin()->substr(0, part_end),
                                         asked.rbegin()->substr(0, part_end) + "g",
                                         Instant(tx.now().utc_ms() - kDayMs)));
  std::vector<std::string> fresh;
  std::set_difference(asked.begin(), asked.end(), known.begin(), known.end(),
                      std::back_inserter(fresh));
  std::map<std::string, std::int64_t> of_part;
  for (const std::string& subject : known) ++of_part[subject.substr(0, part_end)];
  const std::int64_t most = meeting.has_district ? kTriedMaxDistrict : kTriedMax;
  for (const std::string& subject : fresh) {
    if (++of_part[subject.substr(0, part_end)] <= most) continue;
    SJ_TRY(tell_too_many(tx, area, meeting.own_school));
    return false;
  }
  SJ_TRY(insert_guesses(tx, area, fresh, tx.now()));
  return true;
}

Error too_many_numbers() {
  return Error{ErrorKind::limited, "org.too_many_numbers",
               "too many numbers of other schools' pupils in a day"};
}

Result<bool> tell_met(desk::Tx& tx, std::int64_t area, const Meeting& meeting) {
  const Instant since(tx.now().utc_ms() - kDayMs);
  const auto count = [&](const std::string& subject) -> Result<std::int64_t> {
    return SJ_TRY(load_guesses(tx, area, subject, since)).count;
  };
  const std::string full = subject_of("full", meeting.account);
  if (meeting.has_unknown && SJ_TRY(count(full)) != 0) return too_many_numbers();
  // Of a refusal the children who would have been told are not kept: tomorrow they count again.
  std::vector<const Met*> fresh;
  std::int64_t bare = 0;
  std::int64_t named = 0;
  for (const Met& met : meeting.met) {
    const std::string known = subject_of(std::to_string(met.person_id), meeting.account);
    if (SJ_TRY(count(known)) != 0) continue;
    fresh.push_back(&met);
    ++(met.by_name ? named : bare);
  }
  const std::int64_t bare_before = SJ_TRY(count(subject_of("bare", meeting.account)));
  const std::int64_t named_before = SJ_TRY(count(subject_of("named", meeting.account)));
  if ((bare != 0 && bare + bare_before > kMetMax) ||
      (named != 0 && named + named_before > kMetNamedMax)) {
    SJ_TRY(insert_guess(tx, area, full, tx.now()));
    SJ_TRY(tell_too_many(tx, area, meeting.own_school));
    return false;
  }
  for (const Met* met : fresh) {
    SJ_TRY(insert_guess(tx, area, subject_of(std::to_string(met->person_id), meeting.account),
                        tx.now()));
    SJ_TRY(insert_guess(tx, area, subject_of(met->by_name ? "named" : "bare", meeting.account),
                        tx.now()));
    SJ_TRY(tell_school(tx, area, meeting, *met));
  }
  return true;
}

}  // namespace sj::org
