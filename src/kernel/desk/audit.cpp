#include "kernel/desk/audit.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <span>
#include <tuple>
#include <utility>

#include "kernel/base/check.h"
#include "kernel/desk/chain.h"
#include "kernel/sql/statement.h"
#include "kernel/text/text.h"

namespace sj::desk {
namespace {

constexpr int kCheckpointMinute = 5;  // of the night
constexpr int kAheadDays = 2;         // a clock that was put right by less costs a night or two

const sql::Statement kEntries{
    "SELECT area_id, school_id, seq, id, at_ms, actor_kind, actor_account, actor_person, action,"
    " subject_kind, subject_id, detail, person_id, personal, hash FROM kernel_audit_entry"
    " ORDER BY area_id, school_id, seq"};
const sql::Statement kChains{
    "SELECT area_id, school_id, algorithm, seq, hash FROM kernel_audit_chain"};
const sql::Statement kHeads{
    "SELECT school_id, seq, hash FROM kernel_audit_chain WHERE area_id = $1 ORDER BY school_id"};
const sql::Statement kAreas{"SELECT DISTINCT area_id FROM kernel_audit_chain ORDER BY area_id"};
const sql::Statement kCheckpoints{
    "SELECT area_id, day, chains, heads, previous, hash FROM kernel_audit_checkpoint"
    " ORDER BY area_id, day"};
const sql::Statement kLastCheckpoint{
    "SELECT day, hash, heads FROM kernel_audit_checkpoint WHERE area_id = $1 ORDER BY day DESC "
    "LIMIT 1"};
const sql::Statement kInsertCheckpoint{
    "INSERT INTO kernel_audit_checkpoint (area_id, day, chains, heads, previous, hash)"
    " VALUES ($1, $2, $3, $4, $5, $6)"};

std::string hex(std::string_view bytes) {
  return text::to_hex({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

using Chain = std::pair<std::int64_t, std::int64_t>;                 // area, school
using Place = std::tuple<std::int64_t, std::int64_t, std::int64_t>;  // and number
struct Claim {
  std::string hash{};  // in hex
  std::string day{};   // of the first checkpoint that says so
};

std::string name_of(const Chain& chain) {
  return "area " + std::to_string(chain.first) + " school " + std::to_string(chain.second);
}

/// Takes a number and the character behind it.
std::optional<std::int64_t> take_number(std::string_view& text, char end) {
  std::int64_t number = 0;
  const auto [at, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (wrong != std::errc() || at == text.data() + text.size() || *at != end) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(at - text.data()) + 1);
  return number;
}

class Verifier {
 public:
  explicit Verifier(sql::Reader& store) : store_(store) {}

  Result<ChainReport> run() {
    SJ_TRY(store_.each(kChains, {}, [&](const sql::Row& row) -> Result<void> {
      const Chain chain{row.integer(0), row.integer(1)};
      if (row.bytes(2) != chain::kAlgorithm) {
        broken(name_of(chain) + ": unknown algorithm " + row.text(2));
      }
      heads_[chain] = {row.integer(3), row.text(4)};
      return {};
    }));
    SJ_TRY(store_.each(kCheckpoints, {}, [&](const sql::Row& row) -> Result<void> {
      take_checkpoint(row);
      return {};
    }));
    SJ_TRY(store_.each(kEntries, {}, [&](const sql::Row& row) -> Result<void> {
      take_entry(row);
      return {};
    }));
    end_chain();
    for (const auto& [chain, head] : heads_) {
      broken(name_of(chain) + ": the head says " + std::to_string(head.seq) +
             " entries, but there are none");
    }
    for (const auto& [place, claim] : claims_) {
      const auto& [area, school, seq] = place;
      broken(name_of({area, school}) + " number " + std::to_string(seq) + ": the checkpoint of " +
             claim.day + " names it, but it is gone");
    }
    return std::move(report_);
  }

 private:
  void broken(std::string sentence) { report_.breaks.push_back(std::move(sentence)); }

  void take_checkpoint(const sql::Row& row) {
    ++report_.checkpoints;
    const std::int64_t area = row.integer(0);
    const std::string day = row.text(1);
    const std::string heads = row.text(3);
    const std::string where = "area " + std::to_string(area) + " checkpoint of " + day;
    if (area != checkpoint_area_) checkpoint_hash_ = chain::zeros();
    checkpoint_area_ = area;
    if (row.bytes(4) != checkpoint_hash_) {
      broken(where + ": it does not follow the checkpoint before");
    }
    // Over what is stored as the hash before: a break of the line above is told once.
    const std::string previous = row.text(4);
    const Sha256 hash =
        chain::hash_of(hasher_, previous, chain::Checkpoint{area, day, row.integer(2), heads});
    checkpoint_hash_ = row.text(5);
    if (chain::view(hash) != checkpoint_hash_) broken(where + ": its hash is not that of its text");

    std::int64_t lines = 0;
    for (std::string_view left = heads; !left.empty(); ++lines) {
      const auto school = take_number(left, ':');
      // The number comes after the school's; without the one, the other is of no use.
      const auto seq = take_number(left, ':');
      const std::size_t end = left.find('\n');
      if (!school || !seq || end == std::string_view::npos) {
        broken(where + ": its heads cannot be read");
        return;
      }
      const Claim claim{std::string(left.substr(0, end)), day};
      left.remove_prefix(end + 1);
      const auto [found, is_new] = claims_.try_emplace({area, *school, *seq}, claim);
      if (!is_new && found->second.hash != claim.hash) {
        broken(where + ": number " + std::to_string(*seq) + " of school " +
               std::to_string(*school) + " differs from the checkpoint of " + found->second.day);
      }
    }
    if (lines != row.integer(2)) {
      broken(where + ": it counts " + std::to_string(row.integer(2)) + " chains and lists " +
             std::to_string(lines));
    }
  }

  void take_entry(const sql::Row& stored) {
    ++report_.entries;
    chain::Row row;
    row.area = stored.integer(0);
    row.school = stored.integer(1);
    row.seq = stored.integer(2);
    row.id = stored.integer(3);
    row.at_ms = stored.integer(4);
    row.actor_kind = stored.bytes(5);
    row.actor_account = stored.integer(6);
    row.actor_person = stored.integer(7);
    row.action = stored.bytes(8);
    row.subject_kind = stored.bytes(9);
    row.subject = stored.integer(10);
    row.detail = stored.bytes(11);
    row.person = stored.integer(12);
    if (!stored.is_null(13)) row.personal = stored.bytes(13);

    const Chain chain{row.area, row.school};
    if (chain_ != chain) {
      end_chain();
      chain_ = chain;
      last_ = {0, chain::zeros()};
      ++report_.chains;
    }
    const std::string where = name_of(chain) + " number " + std::to_string(row.seq);
    if (row.seq != last_.seq + 1) {
      broken(where + ": it follows number " + std::to_string(last_.seq));
    } else if (chain::view(chain::hash_of(hasher_, last_.hash, row)) != stored.bytes(14)) {
      broken(where + ": its hash is not that of the entry and the hash before");
    }
    // Goes on from the stored hash, so that one changed entry is one break.
    last_ = {row.seq, stored.text(14)};

    const auto claim = claims_.find({row.area, row.school, row.seq});
    if (claim == claims_.end()) return;
    if (claim->second.hash != hex(last_.hash)) {
      broken(where + ": the checkpoint of " + claim->second.day + " has another hash for it");
    }
    claims_.erase(claim);
  }

  void end_chain() {
    if (!chain_) return;
    const auto head = heads_.find(*chain_);
    if (head == heads_.end()) {
      broken(name_of(*chain_) + ": the chain has no head");
      return;
    }
    if (head->second.seq != last_.seq) {
      broken(name_of(*chain_) + ": the head says " + std::to_string(head->second.seq) +
             ", the last entry is number " + std::to_string(last_.seq));
    } else if (head->second.hash != last_.hash) {
      broken(name_of(*chain_) + ": the head has another hash than the last entry, number " +
             std::to_string(last_.seq));
    }
    heads_.erase(head);
  }

  sql::Reader& store_;
  Hasher hasher_;
  ChainReport report_;
  std::map<Chain, chain::Head> heads_;  // not yet met
  std::map<Place, Claim> claims_;       // of checkpoints, not yet met
  std::int64_t checkpoint_area_ = -1;
  std::string checkpoint_hash_ = chain::zeros();
  std::optional<Chain> chain_;
  chain::Head last_;
};

}  // namespace

Result<ChainReport> verify_chains(sql::Reader& store) {
  return Verifier(store).run();
}

Result<void> write_checkpoint(Tx& tx, std::int64_t area, LocalDay day) {
  const auto last = SJ_TRY(tx.first(kLastCheckpoint, {area}, [](const sql::Row& row) {
    return std::tuple(row.day(0), row.text(1), row.text(2));
  }));
  const bool is_ahead = last && std::get<0>(*last) > day.plus_days(kAheadDays);
  if (last && std::get<0>(*last) >= day && !is_ahead) return {};
  std::string heads;
  std::int64_t chains = 0;
  SJ_TRY(tx.each(kHeads, {area}, [&](const sql::Row& row) -> Result<void> {
    heads += std::to_string(row.integer(0)) + ':' + std::to_string(row.integer(1)) + ':' +
             hex(row.bytes(2)) + '\n';
    ++chains;
    return {};
  }));
  if (is_ahead) {
    // The clock was ahead once. Checkpoints stand in the order of their days, so the next one is
    // named after the last, and none while nothing has happened.
    if (std::get<2>(*last) == heads) return {};
    day = std::get<0>(*last).plus_days(1);
  }
  const std::string& previous = last ? std::get<1>(*last) : chain::zeros();
  Hasher hasher;
  const std::string iso = day.to_iso();
  const Sha256 hash = chain::hash_of(hasher, previous, chain::Checkpoint{area, iso, chains, heads});
  static_cast<void>(SJ_TRY(tx.run(kInsertCheckpoint, {area, iso, chains, heads, sql::Blob{previous},
                                                      sql::Blob{chain::view(hash)}})));
  return {};
}

Job checkpoint_job() {
  Job job;
  job.name = "desk.checkpoint";
  job.at_minute_of_day = kCheckpointMinute;
  job.work = [](Tx& tx) -> Result<void> {
    const auto areas =
        SJ_TRY(tx.all(kAreas, {}, [](const sql::Row& row) { return row.integer(0); }));
    for (const std::int64_t area : areas) {
      SJ_TRY(write_checkpoint(tx, area, tx.today().plus_days(-1)));
    }
    return {};
  };
  return job;
}

}  // namespace sj::desk
