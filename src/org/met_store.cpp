#include "org/met_store.h"

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

}  // namespace

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
    desk::Entry entry;
    entry.school = meeting.own_school;
    entry.action = "org.number.too_many";
    entry.subject_kind = "school";
    entry.subject = meeting.own_school;
    SJ_TRY(tx.audit(area, entry));
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
