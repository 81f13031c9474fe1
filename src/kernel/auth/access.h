#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "kernel/time/local_day.h"

namespace sj::auth {

/// A right to do one sort of thing. Rooms declare theirs once as constants; the bit is unique in
/// the product (a test sees to it), the name is what OpenAPI, the matrix and the screens show.
struct Permission {
  int bit = 0;            // 0..kPermissionBits-1
  const char* name = "";  // "org.pupil.read"
};
inline constexpr int kPermissionBits = 128;

/// Bits 0..3 are the kernel's. Anybody, also without a session.
inline constexpr Permission kPublic{0, "public"};
/// Any session; what it may see is decided by what belongs to the session itself.
inline constexpr Permission kSignedIn{1, "signed_in"};
/// Whoever may use the data folder: the command line, and its socket on a live server.
inline constexpr Permission kOperate{2, "operate"};

using Permissions = std::bitset<kPermissionBits>;

/// Where a right holds. Ids of org, but the kernel only compares them.
// NOLINTNEXTLINE(readability-identifier-naming): `class` is a keyword
enum class PlaceKind : unsigned char { area, street, school, class_, pupil };

struct Place {
  PlaceKind kind = PlaceKind::area;
  std::int64_t id = 0;  // 0 for the area itself; of other kinds 0 is nowhere
};

/// A thing to be touched, with everything it lies in; 0 where it lies in none (a pupil between
/// classes, the district's own office).
struct Target {
  std::int64_t area = 0;
  std::int64_t street = 0;
  std::int64_t school = 0;
  std::int64_t class_id = 0;
  std::int64_t pupil = 0;
};

/// One role of one person somewhere, in force today.
struct Grant {
  Permissions what{};
  Place where{};
  std::string role{};       // "clerk", for explanations
  std::int64_t source = 0;  // the row it comes from, for "why can X see this"
};

/// Which rows a query may return: every store function that reads takes one. Made by Access only,
/// so that no rows come without somebody's right to them.
///
/// In SQL: `area_id = $1 AND ($2 = 1 OR school_id IN {{IDS $3}} OR class_id IN {{IDS $4}} OR
/// pupil_id IN {{IDS $5}})`, leaving out what the table does not have. Whoever loads the access
/// also grants the schools of a granted street, so that only tables of streets ask for `streets`.
class Scope {
 public:
  [[nodiscard]] std::int64_t area() const { return area_; }
  /// All rows of the area.
  [[nodiscard]] bool everywhere() const { return everywhere_; }
  [[nodiscard]] const std::vector<std::int64_t>& streets() const { return streets_; }
  [[nodiscard]] const std::vector<std::int64_t>& schools() const { return schools_; }
  [[nodiscard]] const std::vector<std::int64_t>& classes() const { return classes_; }
  [[nodiscard]] const std::vector<std::int64_t>& pupils() const { return pupils_; }
  [[nodiscard]] bool empty() const {
    return !everywhere_ && streets_.empty() && schools_.empty() && classes_.empty() &&
           pupils_.empty();
  }
  /// The same answer as Access::allows for the permission it was made for.
  [[nodiscard]] bool covers(const Target& target) const;

 private:
  friend class Access;
  std::int64_t area_ = 0;
  bool everywhere_ = false;
  std::vector<std::int64_t> streets_{};  // sorted, each id once, as the others
  std::vector<std::int64_t> schools_{};
  std::vector<std::int64_t> classes_{};
  std::vector<std::int64_t> pupils_{};
};

/// What one session may do, loaded anew for every request: no cache stands between a revocation
/// and its effect. Without a grant nothing is allowed, and nothing in another area ever. An area's
/// grant covers all of it; the others what lies in their street, school or class, or the pupil.
class Access {
 public:
  Access() = default;
  Access(std::int64_t area, std::vector<Grant> grants) : area_(area), grants_(std::move(grants)) {}

  [[nodiscard]] std::int64_t area() const { return area_; }
  [[nodiscard]] const std::vector<Grant>& grants() const { return grants_; }
  /// Has it this right anywhere at all?
  [[nodiscard]] bool has(Permission permission) const;
  /// May it do this to that? At least 5 million answers a second on one core.
  [[nodiscard]] bool allows(Permission permission, const Target& target) const;
  /// The grant that allows it, for explanations.
  [[nodiscard]] const Grant* why(Permission permission, const Target& target) const;
  /// Empty when it has the right nowhere.
  [[nodiscard]] Scope scope(Permission permission) const;

 private:
  std::int64_t area_ = 0;
  std::vector<Grant> grants_{};
};

/// Who acts.
// NOLINTNEXTLINE(readability-identifier-naming): `operator` is a keyword
enum class ActorKind : unsigned char { nobody, staff, guardian, operator_, system };

struct Actor {
  ActorKind kind = ActorKind::nobody;
  std::int64_t area = 0;
  std::int64_t account = 0;  // of org_account
  std::int64_t person = 0;   // of org_person; 0 for a family account's device, operators and jobs
  std::int64_t session = 0;
};

[[nodiscard]] const char* name_of(ActorKind kind);

}  // namespace sj::auth
