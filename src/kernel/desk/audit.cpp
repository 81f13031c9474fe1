#include "kernel/desk/audit.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <tuple>
#include <utility>

#include "kernel/base/check.h"
#include "kernel/desk/chain.h"
#include "kernel/desk/rows.h"
#include "kernel/json/writer.h"
#include "kernel/sql/statement.h"
#include "kernel/sql/watched.h"
#include "kernel/text/text.h"

namespace sj::desk {
namespace {

constexpr int kCheckpointMinute = 5;  // of the night
constexpr int kAheadDays = 2;         // a clock that was put right by less costs a night or two

const sql::Statement kEntries{
    "SELECT area_id, school_id, seq, id, at_ms, actor_kind, actor_account, actor_person, action,"
    " subject_kind, subject_id, detail, person_id, personal, hash, unit, rows"
    " FROM kernel_audit_entry"
    " ORDER BY area_id, school_id, seq"};
const sql::Statement kChains{
    "SELECT area_id, school_id, algorithm, seq, hash, seal FROM kernel_audit_chain"};
const sql::Statement kHeads{
    "SELECT school_id, seq, hash FROM kernel_audit_chain WHERE area_id = $1 ORDER BY school_id"};
const sql::Statement kAreas{"SELECT DISTINCT area_id FROM kernel_audit_chain ORDER BY area_id"};
const sql::Statement kCheckpoints{
    "SELECT area_id, day, chains, heads, previous, hash FROM kernel_audit_checkpoint"
    " ORDER BY area_id, day"};
constexpr std::string_view kCheckpointAction = "desk.trail.checkpoint";
const sql::Statement kIsCheckpoint{
    "SELECT count(*) FROM kernel_audit_entry WHERE area_id = $1 AND school_id = 0 AND seq = $2 AND "
    "action = 'desk.trail.checkpoint'"};
const sql::Statement kLastCheckpoint{
    "SELECT day, hash, heads FROM kernel_audit_checkpoint WHERE area_id = $1 ORDER BY day DESC "
    "LIMIT 1"};
const sql::Statement kInsertCheckpoint{
    "INSERT INTO kernel_audit_checkpoint (area_id, day, chains, heads, previous, hash)"
    " VALUES ($1, $2, $3, $4, $5, $6)"};

const sql::Statement kUnsealed{
    "SELECT area_id, school_id, seq, hash FROM kernel_audit_chain WHERE seal IS NULL"
    " ORDER BY area_id, school_id"};
const sql::Statement kSeal{
    "UPDATE kernel_audit_chain SET seal = $3 WHERE area_id = $1 AND school_id = $2"};
const sql::Statement kSetting{"SELECT value FROM kernel_setting WHERE name = $1"};
const sql::Statement kSet{
    "INSERT INTO kernel_setting (name, value) VALUES ($1, $2)"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value"};

const sql::Watched kCheckpoint{"kernel_audit_checkpoint", "day", "previous:bytes hash:bytes"};
const sql::Unwatched kCheckpointRest{"kernel_audit_checkpoint", "chains heads",
                                     "its hash is over them"};
const sql::Unwatched kChainTable{"kernel_audit_chain", "its heads are sealed"};
const sql::Unwatched kEntryTable{"kernel_audit_entry", "it is the trail, chained by its hashes"};
const sql::Unwatched kRowsTable{"kernel_audit_rows", "entries answer for its marks by a hash"};
const sql::Unwatched kPersonKeyTable{
    "kernel_person_key",
    "a key that is not the one cannot unseal; it goes when its person is erased"};
const sql::Unwatched kIdempotencyTable{"kernel_idempotency", "replies of a day, sealed"};
const sql::Unwatched kEventTable{"kernel_outbox_event", "what is to be heard, gone when it was"};
const sql::Unwatched kDeliveryTable{"kernel_outbox_delivery", "how far listeners are"};
const sql::Unwatched kJobTable{"kernel_job", "when jobs ran last"};
const sql::Unwatched kSettingTable{"kernel_setting", "of the store, not of people"};
const sql::Unwatched kMigrationTable{"kernel_migration",
                                     "every start compares it with the program"};

// Since when heads are sealed.
constexpr std::string_view kSealedSetting = "sealed_since_ms";
// Marks are made with the key, so a store that holds some is none of before there were seals.
const sql::Statement kAnyMarks{
    "SELECT count(*) FROM (SELECT 1 FROM kernel_audit_rows WHERE area_id > $1 LIMIT 1) AS one"};

std::string hex(std::string_view bytes) {
  return text::to_hex({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

/// Since when heads are sealed and so many columns of each table are watched, and the seal over it.
constexpr std::string_view kClaimsSeal = "watched_seal";
const sql::Statement kSaid{
    "SELECT name, value FROM kernel_setting WHERE name LIKE $1 OR name = $2"};

struct Claims {
  std::optional<std::string> seal{};
  std::string right{};  // the seal there should be

  /// A store that has no such seal yet is believed once, unless its key knows better.
  [[nodiscard]] bool trusted(bool sealed_before) const {
    return seal ? *seal == right : !sealed_before;
  }
};

Result<Claims> load_claims(sql::Reader& store, const auth::Vault& vault) {
  std::map<std::string, std::string> said;
  SJ_TRY(store.each(kSaid, {std::string(rows::kWatchedSetting) + "%", kSealedSetting},
                    [&](const sql::Row& row) -> Result<void> {
                      said.emplace(row.text(0), row.text(1));
                      return {};
                    }));
  chain::Canonical text;
  text.add("watched");
  for (const auto& [name, value] : said) text.add(name).add(value);
  Claims claims;
  claims.right = hex(vault.mark(text.text()));
  claims.seal =
      SJ_TRY(store.first(kSetting, {kClaimsSeal}, [](const sql::Row& row) { return row.text(0); }));
  return claims;
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
  Verifier(sql::Reader& store, const auth::Vault* key, bool sealed_before)
      : store_(store), key_(key), sealed_before_(sealed_before) {}

  Result<ChainReport> run(std::span<const PublishedHead> published) {
    const auto sealed_since = SJ_TRY(
        store_.first(kSetting, {kSealedSetting}, [](const sql::Row& row) { return row.text(0); }));
    const std::int64_t marks = SJ_TRY(store_.number(kAnyMarks, {-1}));
    const bool is_of_before = !sealed_since && marks == 0 && published.empty() && !sealed_before_;
    if (key_ != nullptr) {
      const Claims claims = SJ_TRY(load_claims(store_, *key_));
      if (!claims.trusted(sealed_before_)) {
        broken("kernel_setting: what is watched since when is not sealed by this program");
      }
    }
    SJ_TRY(store_.each(kChains, {}, [&](const sql::Row& row) -> Result<void> {
      const Chain chain{row.integer(0), row.integer(1)};
      if (row.bytes(2) != chain::kAlgorithm) {
        broken(name_of(chain) + ": unknown algorithm " + row.text(2));
      }
      const chain::Head& head = heads_[chain] = {row.integer(3), row.text(4)};
      if (row.is_null(5) && is_of_before) {
        ++report_.unsealed;
      } else if (key_ != nullptr && row.maybe_text(5) != key_->mark(chain::head_text(
                                                             chain.first, chain.second, head))) {
        broken(name_of(chain) + ": the head, number " + std::to_string(head.seq) +
               ", is not sealed by this program");
      }
      return {};
    }));
    SJ_TRY(store_.each(kCheckpoints, {}, [&](const sql::Row& row) -> Result<void> {
      take_checkpoint(row);
      return {};
    }));
    for (auto& [area, head] : last_checkpoints_) report_.heads.push_back(head);
    report_.all_heads = checkpoints_;
    look_at(published);
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

  void look_at(std::span<const PublishedHead> published) {
    for (const PublishedHead& head : published) {
      const bool found =
          std::any_of(checkpoints_.begin(), checkpoints_.end(), [&](const PublishedHead& one) {
            return (head.area == 0 || head.area == one.area) && head.day == one.day &&
                   head.hash == one.hash;
          });
      if (!found) {
        broken("checkpoint of " + head.day + ": " + head.hash.substr(0, 16) +
               "... was published, and is not in the trail");
      }
    }
  }

  void take_checkpoint(const sql::Row& row) {
    ++report_.checkpoints;
    checkpoints_.push_back({row.integer(0), row.text(1), hex(row.bytes(5))});
    last_checkpoints_[row.integer(0)] = checkpoints_.back();
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
    row.unit = stored.maybe_integer(15).value_or(0);
    if (!stored.is_null(16)) row.rows = stored.bytes(16);

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
    if (row.action == chain::kTrailBroken) {
      broken(where + ": what stood before it was not the end that this program had written (" +
             std::string(row.detail) + ")");
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
  const auth::Vault* key_;  // or nothing
  bool sealed_before_;
  Hasher hasher_;
  ChainReport report_;
  std::vector<PublishedHead> checkpoints_;
  std::map<std::int64_t, PublishedHead> last_checkpoints_;
  std::map<Chain, chain::Head> heads_;  // not yet met
  std::map<Place, Claim> claims_;       // of checkpoints, not yet met
  std::int64_t checkpoint_area_ = -1;
  std::string checkpoint_hash_ = chain::zeros();
  std::optional<Chain> chain_;
  chain::Head last_;
};

}  // namespace

Result<ChainReport> verify_chains(sql::Reader& store,
                                  const auth::Vault* key,
                                  std::span<const PublishedHead> published,
                                  bool sealed_before) {
  return Verifier(store, key, sealed_before).run(published);
}

namespace {

Result<void> seal_heads(Tx& tx) {
  const auto since =
      SJ_TRY(tx.first(kSetting, {kSealedSetting}, [](const sql::Row& row) { return row.text(0); }));
  // Where marks stand without seals somebody took the seals away: nothing is sealed over that.
  const std::int64_t marks = SJ_TRY(tx.number(kAnyMarks, {-1}));
  if (since || marks != 0) return {};
  struct Found {
    std::int64_t area = 0;
    std::int64_t school = 0;
    chain::Head head{};
  };
  const auto heads = SJ_TRY(tx.all(kUnsealed, {}, [](const sql::Row& row) {
    return Found{row.integer(0), row.integer(1), {row.integer(2), row.text(3)}};
  }));
  std::map<std::int64_t, std::int64_t> sealed;  // by area
  for (const Found& one : heads) {
    const std::string seal = tx.vault().mark(chain::head_text(one.area, one.school, one.head));
    static_cast<void>(SJ_TRY(tx.run(kSeal, {one.area, one.school, sql::Blob{seal}})));
    ++sealed[one.area];
  }
  for (const auto& [area, count] : sealed) {
    Entry entry;
    entry.action = "desk.trail.sealed";
    entry.detail = "{\"chains\":" + std::to_string(count) + "}";
    SJ_TRY(tx.audit(area, entry));
  }
  static_cast<void>(SJ_TRY(tx.run(kSet, {kSealedSetting, std::to_string(tx.now().utc_ms())})));
  return {};
}

}  // namespace

Result<bool> says_it_is_sealed(sql::Reader& store) {
  const auto since = SJ_TRY(
      store.first(kSetting, {kSealedSetting}, [](const sql::Row& row) { return row.text(0); }));
  return since.has_value();
}

Result<void> begin_watching(Tx& tx, bool sealed_before) {
  const Claims before = SJ_TRY(load_claims(tx, tx.vault()));
  if (!before.trusted(sealed_before)) return {};
  SJ_TRY(seal_heads(tx));
  std::set<std::int64_t> areas;
  for (const sql::Watched* watched : sql::Watched::all()) {
    const std::string name = std::string(rows::kWatchedSetting) + watched->table();
    const auto since =
        SJ_TRY(tx.first(kSetting, {name}, [](const sql::Row& row) { return row.text(0); }));
    const std::uint64_t done = since ? std::stoull(*since) : 0;
    const std::size_t count = watched->columns().size();
    if (done >= count) continue;
    const std::uint64_t missing = watched->all_columns() & ~((std::uint64_t{1} << done) - 1);
    SJ_TRY(tx.each(watched->rows(), {}, [&](const sql::Row& row) -> Result<void> {
      tx.take_over(*watched, missing, row);
      areas.insert(row.integer(0));
      return {};
    }));
    static_cast<void>(SJ_TRY(tx.run(kSet, {name, std::to_string(count)})));
  }
  for (const std::int64_t area : areas) {
    Entry entry;
    entry.action = rows::kTakeOverAction;
    SJ_TRY(tx.audit(area, entry));
  }
  const Claims after = SJ_TRY(load_claims(tx, tx.vault()));
  if (after.seal == after.right) return {};
  static_cast<void>(SJ_TRY(tx.run(kSet, {kClaimsSeal, after.right})));
  return {};
}

std::string findings_hash(const std::vector<std::string>& breaks) {
  chain::Canonical text;
  for (const std::string& one : breaks) text.add(one);
  return text::to_hex(Hasher().hash({text.text()}));
}

namespace {

constexpr std::string_view kAcceptedSetting = "trail_accepted";
const sql::Statement kAllHeads{
    "SELECT area_id, school_id, seq, hash, seal FROM kernel_audit_chain ORDER BY area_id, "
    "school_id"};

std::string acceptance(const auth::Vault& vault, const std::string& hash) {
  chain::Canonical text;
  text.add("accepted").add(hash);
  return hex(vault.mark(text.text()));
}

}  // namespace

Result<void> accept_findings(Tx& tx, const std::string& hash, std::int64_t breaks) {
  const Claims claims = SJ_TRY(load_claims(tx, tx.vault()));
  if (!claims.seal) SJ_TRY(begin_watching(tx));
  json::Writer detail;
  detail.begin_object().key("breaks").value(breaks);
  detail.key("hash").value(hash).end_object();
  Entry entry;
  entry.action = "desk.trail.accepted";
  entry.detail = detail.text();
  std::vector<Chain> ends;
  SJ_TRY(tx.each(kAllHeads, {}, [&](const sql::Row& row) -> Result<void> {
    const std::string text =
        chain::head_text(row.integer(0), row.integer(1), {row.integer(2), row.text(3)});
    const bool ours = row.maybe_text(4) == tx.vault().mark(text);
    if (!ours || row.integer(1) == 0) ends.emplace_back(row.integer(0), row.integer(1));
    return {};
  }));
  for (const auto& [area, school] : ends) {
    entry.school = school;
    SJ_TRY(tx.audit(area, entry));
  }
  static_cast<void>(SJ_TRY(tx.run(kSet, {kAcceptedSetting, acceptance(tx.vault(), hash)})));
  return {};
}

Result<bool> is_accepted(sql::Reader& store, const auth::Vault& vault, const std::string& hash) {
  const auto accepted = SJ_TRY(
      store.first(kSetting, {kAcceptedSetting}, [](const sql::Row& row) { return row.text(0); }));
  return accepted == acceptance(vault, hash);
}

namespace {

/// Since those heads were taken, has nothing been written but the entry of their own checkpoint?
Result<bool> is_all_of_checkpoint(Tx& tx,
                                  std::int64_t area,
                                  std::string_view before,
                                  std::string_view now) {
  std::int64_t seq = 0;  // of the one entry behind the heads before, in the district's own chain
  while (!now.empty()) {
    const std::string_view line = now.substr(0, now.find('\n') + 1);
    now.remove_prefix(line.size());
    if (before.find(line) != std::string_view::npos) continue;
    if (seq != 0 || !line.starts_with("0:")) return false;
    seq = std::stoll(std::string(line.substr(2)));
    const bool is_next = seq == 1 || before.starts_with("0:" + std::to_string(seq - 1) + ":");
    if (!is_next) return false;
  }
  if (seq == 0) return true;
  const std::int64_t own = SJ_TRY(tx.number(kIsCheckpoint, {area, seq}));
  return own == 1;
}

}  // namespace

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
    const bool idle = SJ_TRY(is_all_of_checkpoint(tx, area, std::get<2>(*last), heads));
    if (idle) return {};
    day = std::get<0>(*last).plus_days(1);
  }
  const std::string& previous = last ? std::get<1>(*last) : chain::zeros();
  Hasher hasher;
  const std::string iso = day.to_iso();
  const Sha256 hash = chain::hash_of(hasher, previous, chain::Checkpoint{area, iso, chains, heads});
  static_cast<void>(SJ_TRY(tx.run(kInsertCheckpoint, {area, iso, chains, heads, sql::Blob{previous},
                                                      sql::Blob{chain::view(hash)}})));
  json::Writer payload;
  payload.begin_object().key("day").value(iso);
  payload.key("hash").value(text::to_hex(hash)).end_object();
  SJ_TRY(tx.publish(area, {std::string(kCheckpointTopic), payload.text()}));
  Entry entry;
  entry.action = std::string(kCheckpointAction);
  entry.detail = payload.text();
  return tx.audit(area, entry);
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
