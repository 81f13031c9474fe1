#include "kernel/desk/clock_watch.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>

#include "kernel/sql/statement.h"

namespace sj::desk {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kDayMs = 24 * kHourMs;
constexpr std::string_view kSetting = "clock";

const sql::Statement kFind{"SELECT value FROM kernel_setting WHERE name = $1"};
const sql::Statement kSet{
    "INSERT INTO kernel_setting (name, value) VALUES ($1, $2)"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value"};
const sql::Statement kLastEntry{
    "SELECT coalesce(max(at_ms), 0) FROM kernel_audit_entry WHERE area_id > $1"};

/// Three numbers with blanks between.
ClockState parse(std::string_view text) {
  ClockState state;
  for (std::int64_t* one : {&state.believed_ms, &state.doubted_from_ms, &state.doubted_to_ms}) {
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), *one);
    if (problem != std::errc()) return {};
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.empty()) text.remove_prefix(1);
  }
  return state;
}

Result<void> keep(sql::Writer& store, const ClockState& state) {
  const std::string text = std::to_string(state.believed_ms) + ' ' +
                           std::to_string(state.doubted_from_ms) + ' ' +
                           std::to_string(state.doubted_to_ms);
  static_cast<void>(SJ_TRY(store.run(kSet, {kSetting, text})));
  return {};
}

Result<ClockState> load(sql::Reader& store) {
  const auto kept =
      SJ_TRY(store.first(kFind, {kSetting}, [](const sql::Row& row) { return row.text(0); }));
  ClockState state = parse(kept.value_or(""));
  if (state.believed_ms == 0) state.believed_ms = SJ_TRY(store.number(kLastEntry, {-1}));
  return state;
}

}  // namespace

ClockState decide_clock(const ClockState& before, Instant now) {
  const std::int64_t at = now.utc_ms();
  const bool is_near = std::abs(at - before.believed_ms) <= kJumpDays * kDayMs;
  // Nothing to compare with, or as expected; small steps back leave the later moment.
  if (before.believed_ms == 0 || is_near) return {std::max(before.believed_ms, at), 0, 0};
  // The clock that is doubted goes on, if not faster than one that was off for a night.
  const bool goes_on =
      before.doubted() && at >= before.doubted_to_ms && at - before.doubted_to_ms <= kDayMs;
  if (!goes_on) return {before.believed_ms, at, at};
  if (at - before.doubted_from_ms >= kBelievedAfterDays * kDayMs) return {at, 0, 0};
  return {before.believed_ms, before.doubted_from_ms, at};
}

Result<bool> watch_clock(Desk& desk, sql::Connection& reader, const Clock& clock) {
  SJ_TRY(reader.begin_read());
  const Result<ClockState> loaded = load(reader);
  reader.rollback();
  const ClockState before = SJ_TRY(loaded);
  const ClockState after = decide_clock(before, clock.now());
  const bool is_news = before.doubted_from_ms != after.doubted_from_ms ||
                       after.believed_ms - before.believed_ms >= kHourMs ||
                       after.doubted_to_ms - before.doubted_to_ms >= kHourMs;
  if (!is_news) return after.doubted();
  const log::Log* const log = desk.context().log;
  if (log != nullptr && after.doubted_from_ms != before.doubted_from_ms) {
    log->write(after.doubted() ? log::Level::error : log::Level::info, "desk.clock_doubtful", "",
               {{"doubted", std::int64_t{after.doubted()}},
                {"believed_ms", before.believed_ms},
                {"now_ms", clock.now().utc_ms()}});
  }
  auth::Actor actor;
  actor.kind = auth::ActorKind::system;
  SJ_TRY(desk.run(actor, [&](Tx& tx) { return keep(tx, after); }));
  return after.doubted();
}

Result<void> confirm_clock(Tx& tx) {
  return keep(tx, {tx.now().utc_ms(), 0, 0});
}

}  // namespace sj::desk
