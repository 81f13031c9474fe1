#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/desk/tx.h"
#include "kernel/sql/sql.h"
#include "kernel/time/calendar.h"
#include "kernel/time/instant.h"

#include "policy/calendar.h"

namespace sj::api {
struct Room;
}

namespace sj::policy {

/// What always holds between the rows of calendars.
void add_calendar_invariants(api::Room& room);

/// An open entry or row, with who it belongs to. school 0: the district.
struct StoredEntry {
  CalendarEntry entry{};
  std::int64_t school = 0;
  Instant made{0};
};
struct StoredDismissal {
  Dismissal row{};
  std::int64_t school = 0;
};

/// What the district and one school have entered and not ended, of days in a range; the older
/// first. school 0: the district's only. Whoever asks has found the school through his scope.
[[nodiscard]] Result<std::vector<StoredEntry>> list_entries(sql::Reader& store,
                                                            std::int64_t area,
                                                            std::int64_t school,
                                                            Days range);
[[nodiscard]] Result<std::vector<StoredDismissal>> list_dismissals(sql::Reader& store,
                                                                   std::int64_t area,
                                                                   std::int64_t school,
                                                                   Days range);
/// The same of all schools of the area.
[[nodiscard]] Result<std::vector<StoredEntry>> list_all_entries(sql::Reader& store,
                                                                std::int64_t area,
                                                                Days range);
[[nodiscard]] Result<std::vector<StoredDismissal>> list_all_dismissals(sql::Reader& store,
                                                                       std::int64_t area,
                                                                       Days range);

/// The notices the district took in itself, the newest of each year.
[[nodiscard]] Result<std::vector<NationalYear>> list_taken_years(sql::Reader& store,
                                                                 std::int64_t area);
[[nodiscard]] Result<void> insert_year(desk::Tx& tx, std::int64_t area, const NationalYear& year);

/// Each is given its id. `school` 0: the district's.
[[nodiscard]] Result<std::vector<std::int64_t>> insert_entries(
    desk::Tx& tx, std::int64_t area, std::int64_t school, std::span<const CalendarEntry> entries);
[[nodiscard]] Result<std::vector<std::int64_t>> insert_dismissals(desk::Tx& tx,
                                                                  std::int64_t area,
                                                                  std::int64_t school,
                                                                  std::span<const Dismissal> rows);
/// Ends them now. Gives how many were open.
[[nodiscard]] Result<std::int64_t> end_entries(desk::Tx& tx,
                                               std::int64_t area,
                                               std::int64_t school,
                                               std::span<const std::int64_t> ids);
[[nodiscard]] Result<std::int64_t> end_dismissals(desk::Tx& tx,
                                                  std::int64_t area,
                                                  std::int64_t school,
                                                  std::span<const std::int64_t> ids);

}  // namespace sj::policy
