#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernel/base/result.h"
#include "kernel/desk/tx.h"

#include "org/import.h"

/// Numbers of other schools' pupils that somebody at a school typed or uploaded. That a number is
/// there is knowledge of a child, and numbers can be invented by the thousand.
namespace sj::org {

/// Children whose number somebody has without their name, in a day: slips of the pen are fewer.
inline constexpr std::int64_t kMetMax = 20;
/// Children whose name he has as well, in a day: a whole year group that comes from the primary
/// schools around.
inline constexpr std::int64_t kMetNamedMax = 1000;

/// Different numbers of one place and birth day that a school tries in a day, those that nobody has
/// included: of 8,000 pupils of one county about 13 were born on one day, and more is guessing.
inline constexpr std::int64_t kTriedMax = 20;
/// For whoever has the whole district: he imports all schools at once.
inline constexpr std::int64_t kTriedMaxDistrict = 200;

/// Whoever asks, and what for.
struct Meeting {
  std::int64_t account = 0;
  std::int64_t own_school = 0;
  std::vector<Met> met{};
  bool has_unknown = false;  // a number that nobody of his school has
  bool has_district = false;
  std::vector<std::string> tried{};  // ID and student numbers, to be compared with what is there
};

/// Called before somebody at a school is told what his numbers meet, by form or by file. Each child
/// counts once a day for an account and is told in the trail of his school. One more than may be,
/// and nothing is told, not even of which number; from then on, for a day, no number that is new to
/// the school is looked at, or whether it is refused would tell as much.
///
/// Gives:   whether it may be told; if not, what was written has to be stored with the refusal.
/// Fails:   org.too_many_numbers (limited): there were too many before
[[nodiscard]] Result<bool> tell_met(desk::Tx& tx, std::int64_t area, const Meeting& meeting);

/// Called before anybody is told anything that follows from comparing numbers, whoever has them and
/// if nobody has. A number counts once a day for a school; of a refusal nothing is counted.
///
/// Gives:   whether it may be told; if not, the entry in the trail has to be stored with the
/// refusal.
[[nodiscard]] Result<bool> count_tried(desk::Tx& tx, std::int64_t area, const Meeting& meeting);

[[nodiscard]] Error too_many_numbers();

}  // namespace sj::org
