#include "policy/calendar_store.h"

#include <map>

#include "kernel/api/route.h"
#include "kernel/sql/watched.h"

namespace sj::policy {

namespace {

const sql::Statement kListEntries{
    "SELECT id, school_id, kind, name, from_day, to_day, follows_weekday, ends_min, made_ms "
    "FROM policy_calendar_entry WHERE area_id = $1 AND (school_id = 0 OR school_id = $2) "
    "AND ended_ms IS NULL AND to_day >= $3 AND from_day <= $4 ORDER BY made_ms, id"};
const sql::Statement kListAllEntries{
    "SELECT id, school_id, kind, name, from_day, to_day, follows_weekday, ends_min, made_ms "
    "FROM policy_calendar_entry WHERE area_id = $1 AND ended_ms IS NULL AND to_day >= $2 "
    "AND from_day <= $3 ORDER BY made_ms, id"};
const sql::Statement kListDismissals{
    "SELECT id, school_id, stages, weekdays, from_day, to_day, minute FROM policy_dismissal "
    "WHERE area_id = $1 AND (school_id = 0 OR school_id = $2) AND ended_ms IS NULL "
    "AND to_day >= $3 AND from_day <= $4 ORDER BY made_ms, id"};
const sql::Statement kListAllDismissals{
    "SELECT id, school_id, stages, weekdays, from_day, to_day, minute FROM policy_dismissal "
    "WHERE area_id = $1 AND ended_ms IS NULL AND to_day >= $2 AND from_day <= $3 "
    "ORDER BY made_ms, id"};
const sql::Statement kListYears{
    "SELECT id, year, announced, source FROM policy_national_year WHERE area_id = $1 "
    "AND (year, id) IN (SELECT year, max(id) FROM policy_national_year WHERE area_id = $1 "
    "GROUP BY year) ORDER BY year, id"};
const sql::Statement kListYearDays{
    "SELECT day, kind, name, statutory FROM policy_national_day "
    "WHERE area_id = $1 AND year_id = $2 ORDER BY day"};
const sql::Statement kInsertYear{
    "INSERT INTO policy_national_year (area_id, id, year, announced, source, made_ms, made_by) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7)"};
const sql::Statement kInsertYearDay{
    "INSERT INTO policy_national_day (area_id, year_id, day, kind, name, statutory) "
    "VALUES ($1, $2, $3, $4, $5, $6)"};
const sql::Statement kInsertEntry{
    "INSERT INTO policy_calendar_entry (area_id, id, school_id, kind, name, from_day, to_day, "
    "follows_weekday, ends_min, made_ms, made_by) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"};
const sql::Statement kInsertDismissal{
    "INSERT INTO policy_dismissal (area_id, id, school_id, stages, weekdays, from_day, to_day, "
    "minute, made_ms, made_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"};
const sql::Statement kEndEntries{
    "UPDATE policy_calendar_entry SET ended_ms = $4 WHERE area_id = $1 AND school_id = $2 "
    "AND id IN {{IDS $3}} AND ended_ms IS NULL"};
const sql::Statement kEndDismissals{
    "UPDATE policy_dismissal SET ended_ms = $4 WHERE area_id = $1 AND school_id = $2 "
    "AND id IN {{IDS $3}} AND ended_ms IS NULL"};

const sql::Watched kEntryTable{"policy_calendar_entry", "id",
                               "school_id kind name from_day to_day follows_weekday ends_min"
                               " made_ms made_by ended_ms"};
const sql::Watched kDismissalTable{"policy_dismissal", "id",
                                   "school_id stages weekdays from_day to_day minute made_ms"
                                   " made_by ended_ms"};
const sql::Watched kYearTable{"policy_national_year", "id",
                              "year announced source made_ms made_by"};
const sql::Watched kDayTable{"policy_national_day", "year_id day", "kind name statutory"};

// Each counts the rows that break it.
const sql::Statement kOverlaps{
    "SELECT count(*) FROM policy_calendar_entry a JOIN policy_calendar_entry b "
    "ON b.area_id = a.area_id AND b.school_id = a.school_id AND b.kind = a.kind AND b.id > a.id "
    "AND b.from_day <= a.to_day AND a.from_day <= b.to_day "
    "WHERE a.ended_ms IS NULL AND b.ended_ms IS NULL AND (a.kind <> 'event' OR a.name = b.name)"};
const sql::Statement kLostDays{
    "SELECT count(*) FROM policy_national_day d LEFT JOIN policy_national_year y "
    "ON y.area_id = d.area_id AND y.id = d.year_id WHERE y.id IS NULL"};
const sql::Statement kEmptyYears{
    "SELECT count(*) FROM policy_national_year y WHERE NOT EXISTS (SELECT 1 "
    "FROM policy_national_day d WHERE d.area_id = y.area_id AND d.year_id = y.id)"};

CalendarLayer layer_of(std::int64_t school) {
  return school == 0 ? CalendarLayer::district : CalendarLayer::school;
}

StoredEntry entry_of(const sql::Row& row) {
  StoredEntry stored;
  CalendarEntry& entry = stored.entry;
  entry.id = row.integer(0);
  stored.school = row.integer(1);
  entry.layer = layer_of(stored.school);
  entry.kind = find_entry_kind(row.bytes(2)).value_or(EntryKind::event);
  entry.name = row.text(3);
  entry.from = row.day(4);
  entry.to = row.day(5);
  if (const auto weekday = row.maybe_integer(6)) entry.follows = static_cast<Weekday>(*weekday);
  if (const auto minute = row.maybe_integer(7)) entry.ends_min = static_cast<int>(*minute);
  stored.made = row.instant(8);
  return stored;
}

StoredDismissal dismissal_of(const sql::Row& row) {
  StoredDismissal stored;
  Dismissal& one = stored.row;
  one.id = row.integer(0);
  stored.school = row.integer(1);
  one.layer = layer_of(stored.school);
  one.stages = static_cast<unsigned>(row.integer(2));
  one.weekdays = static_cast<unsigned>(row.integer(3));
  one.from = row.day(4);
  one.to = row.day(5);
  one.minute = static_cast<int>(row.integer(6));
  return stored;
}

}  // namespace

void add_calendar_invariants(api::Room& room) {
  room.invariants.push_back(
      {"open entries of one kind in one calendar share no day; events have names of their own",
       &kOverlaps});
  room.invariants.push_back({"a day of the country belongs to a notice", &kLostDays});
  room.invariants.push_back({"a notice has days", &kEmptyYears});
}

Result<std::vector<StoredEntry>> list_entries(sql::Reader& store,
                                              std::int64_t area,
                                              std::int64_t school,
                                              Days range) {
  return store.all(kListEntries, {area, school, range.from, range.to}, entry_of);
}

Result<std::vector<StoredDismissal>> list_dismissals(sql::Reader& store,
                                                     std::int64_t area,
                                                     std::int64_t school,
                                                     Days range) {
  return store.all(kListDismissals, {area, school, range.from, range.to}, dismissal_of);
}

Result<std::vector<StoredEntry>> list_all_entries(sql::Reader& store,
                                                  std::int64_t area,
                                                  Days range) {
  return store.all(kListAllEntries, {area, range.from, range.to}, entry_of);
}

Result<std::vector<StoredDismissal>> list_all_dismissals(sql::Reader& store,
                                                         std::int64_t area,
                                                         Days range) {
  return store.all(kListAllDismissals, {area, range.from, range.to}, dismissal_of);
}

Result<std::vector<NationalYear>> list_taken_years(sql::Reader& store, std::int64_t area) {
  std::map<std::int64_t, NationalYear> by_id;
  SJ_TRY(store.each(kListYears, {area}, [&](const sql::Row& row) -> Result<void> {
    NationalYear& year = by_id[row.integer(0)];
    year.year = static_cast<int>(row.integer(1));
    year.announced = row.day(2);
    year.source = row.text(3);
    return {};
  }));
  std::vector<NationalYear> years;
  for (auto& [id, year] : by_id) {
    year.days = SJ_TRY(store.all(kListYearDays, {area, id}, [](const sql::Row& row) {
      return NationalDay{row.day(0),
                         find_national_kind(row.bytes(1)).value_or(NationalKind::holiday),
                         row.text(2), row.flag(3)};
    }));
    years.push_back(std::move(year));
  }
  return years;
}

Result<void> insert_year(desk::Tx& tx, std::int64_t area, const NationalYear& year) {
  const std::int64_t id = tx.new_id();
  static_cast<void>(SJ_TRY(tx.run(kInsertYear, {area, id, year.year, year.announced, year.source,
                                                tx.now(), tx.actor().account})));
  static_cast<void>(SJ_TRY(tx.run_many(
      kInsertYearDay, year.days.size(), [&](std::size_t i, std::vector<sql::Bind>& binds) {
        const NationalDay& day = year.days[i];
        binds = {area, id, day.day, name_of(day.kind), day.name, day.statutory};
      })));
  return {};
}

Result<std::vector<std::int64_t>> insert_entries(desk::Tx& tx,
                                                 std::int64_t area,
                                                 std::int64_t school,
                                                 std::span<const CalendarEntry> entries) {
  std::vector<std::int64_t> ids;
  for (std::size_t i = 0; i < entries.size(); ++i) ids.push_back(tx.new_id());
  static_cast<void>(SJ_TRY(
      tx.run_many(kInsertEntry, entries.size(), [&](std::size_t i, std::vector<sql::Bind>& binds) {
        const CalendarEntry& entry = entries[i];
        std::optional<int> follows;
        if (entry.follows) follows = static_cast<int>(*entry.follows);
        binds = {area,
                 ids[i],
                 school,
                 name_of(entry.kind),
                 entry.name,
                 entry.from,
                 entry.to,
                 follows,
                 entry.ends_min,
                 tx.now(),
                 tx.actor().account};
      })));
  return ids;
}

Result<std::vector<std::int64_t>> insert_dismissals(desk::Tx& tx,
                                                    std::int64_t area,
                                                    std::int64_t school,
                                                    std::span<const Dismissal> rows) {
  std::vector<std::int64_t> ids;
  for (std::size_t i = 0; i < rows.size(); ++i) ids.push_back(tx.new_id());
  static_cast<void>(SJ_TRY(
      tx.run_many(kInsertDismissal, rows.size(), [&](std::size_t i, std::vector<sql::Bind>& binds) {
        const Dismissal& row = rows[i];
        binds = {area,
                 ids[i],
                 school,
                 static_cast<std::int64_t>(row.stages),
                 static_cast<std::int64_t>(row.weekdays),
                 row.from,
                 row.to,
                 row.minute,
                 tx.now(),
                 tx.actor().account};
      })));
  return ids;
}

Result<std::int64_t> end_entries(desk::Tx& tx,
                                 std::int64_t area,
                                 std::int64_t school,
                                 std::span<const std::int64_t> ids) {
  return tx.run(kEndEntries, {area, school, sql::Ids{ids}, tx.now()});
}

Result<std::int64_t> end_dismissals(desk::Tx& tx,
                                    std::int64_t area,
                                    std::int64_t school,
                                    std::span<const std::int64_t> ids) {
  return tx.run(kEndDismissals, {area, school, sql::Ids{ids}, tx.now()});
}

}  // namespace sj::policy
