#include "kernel/auth/access.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "kernel/base/check.h"

namespace sj::auth {
namespace {

constexpr Permission kRead{10, "test.read"};
constexpr Permission kWrite{11, "test.write"};

Permissions rights(std::initializer_list<Permission> list) {
  Permissions set;
  for (const Permission permission : list) set.set(static_cast<std::size_t>(permission.bit));
  return set;
}

constexpr std::int64_t kArea = 1;
// Street 5 has school 50 with class 500, in which is pupil 5000; ids differ by what they are.
constexpr Target kPupil{.area = kArea, .street = 5, .school = 50, .class_id = 500, .pupil = 5000};

Access with(PlaceKind kind, std::int64_t id) {
  return Access(kArea, {Grant{.what = rights({kRead}), .where = {kind, id}, .role = "test"}});
}

TEST(Access, NothingIsAllowedWithoutAGrant) {
  EXPECT_FALSE(Access().allows(kRead, Target{}));
  EXPECT_FALSE(Access(kArea, {}).allows(kRead, kPupil));
  EXPECT_FALSE(Access(kArea, {}).has(kRead));
  EXPECT_TRUE(Access(kArea, {}).scope(kRead).empty());
}

TEST(Access, EachPlaceCoversWhatLiesInIt) {
  const struct {
    PlaceKind kind;
    std::int64_t id;
  } cases[] = {{PlaceKind::area, 0},
               {PlaceKind::street, 5},
               {PlaceKind::school, 50},
               {PlaceKind::class_, 500},
               {PlaceKind::pupil, 5000}};
  for (const auto& one : cases) {
    const Access access = with(one.kind, one.id);
    EXPECT_TRUE(access.allows(kRead, kPupil));
    EXPECT_TRUE(access.has(kRead));
    EXPECT_FALSE(access.has(kWrite));
    EXPECT_FALSE(access.allows(kWrite, kPupil)) << "another right";
    Target other_area = kPupil;
    other_area.area = 2;
    EXPECT_FALSE(access.allows(kRead, other_area)) << "another area";
    if (one.kind != PlaceKind::area) {
      EXPECT_FALSE(with(one.kind, one.id + 1).allows(kRead, kPupil)) << "another place";
      EXPECT_FALSE(access.allows(kRead, Target{.area = kArea})) << "in no place at all";
    }
  }
}

// The ids of a school and of a class may be equal numbers.
TEST(Access, AnIdCountsOnlyForItsKind) {
  EXPECT_FALSE(with(PlaceKind::class_, 50).allows(kRead, kPupil));
  EXPECT_FALSE(with(PlaceKind::school, 5).allows(kRead, kPupil));
  EXPECT_FALSE(with(PlaceKind::pupil, 500).allows(kRead, kPupil));
}

TEST(Access, ZeroIsNowhere) {
  for (const PlaceKind kind :
       {PlaceKind::street, PlaceKind::school, PlaceKind::class_, PlaceKind::pupil}) {
    const Access access = with(kind, 0);
    EXPECT_FALSE(access.allows(kRead, Target{.area = kArea}));
    EXPECT_TRUE(access.scope(kRead).empty());
  }
}

TEST(Access, SaysWhichGrantAllowsIt) {
  const Access access(
      kArea, {Grant{.what = rights({kWrite}), .where = {PlaceKind::area, 0}, .source = 1},
              Grant{.what = rights({kRead}), .where = {PlaceKind::class_, 7}, .source = 2},
              Grant{.what = rights({kRead}), .where = {PlaceKind::school, 50}, .source = 3}});
  ASSERT_NE(access.why(kRead, kPupil), nullptr);
  EXPECT_EQ(access.why(kRead, kPupil)->source, 3);
  EXPECT_EQ(access.why(kRead, Target{.area = kArea}), nullptr);
}

TEST(Access, APermissionOutOfRangeIsAFaultOfOurs) {
  const Access access = with(PlaceKind::area, 0);
  EXPECT_THROW(static_cast<void>(access.allows(Permission{kPermissionBits, "x"}, kPupil)),
               InvariantBroken);
  EXPECT_THROW(static_cast<void>(access.has(Permission{-1, "x"})), InvariantBroken);
}

/// A small world: class c is in school c / 4, school s in street s / 3, and so on, so that random
/// grants and targets meet often. Some pupils are between classes, some rows belong to a school.
Target any_target() {
  Target target;
  target.area = *rc::gen::inRange<std::int64_t>(1, 3);
  target.school = *rc::gen::inRange<std::int64_t>(0, 5);
  if (target.school != 0) {
    target.street = target.school / 3 + 1;
    const auto nth = *rc::gen::inRange<std::int64_t>(0, 3);
    if (nth != 0) target.class_id = target.school * 4 + nth;
    if (*rc::gen::arbitrary<bool>()) target.pupil = *rc::gen::inRange<std::int64_t>(1, 9);
  }
  return target;
}

Access any_access() {
  std::vector<Grant> grants;
  for (int left = *rc::gen::inRange(0, 6); left > 0; --left) {
    Grant grant;
    if (*rc::gen::arbitrary<bool>()) grant.what.set(10);
    if (*rc::gen::arbitrary<bool>()) grant.what.set(11);
    // Whole areas seldom, or hardly anything else would be tried.
    grant.where.kind = *rc::gen::weightedElement<PlaceKind>({{1, PlaceKind::area},
                                                             {3, PlaceKind::street},
                                                             {6, PlaceKind::school},
                                                             {6, PlaceKind::class_},
                                                             {6, PlaceKind::pupil}});
    grant.where.id =
        *rc::gen::inRange<std::int64_t>(0, grant.where.kind == PlaceKind::class_ ? 24 : 9);
    grants.push_back(grant);
    // As whoever loads an access does: the schools of a street are granted with it.
    if (grant.where.kind == PlaceKind::street) {
      for (std::int64_t school = 1; school < 5; ++school) {
        if (school / 3 + 1 != grant.where.id) continue;
        Grant of_school = grant;
        of_school.where = {PlaceKind::school, school};
        grants.push_back(of_school);
      }
    }
  }
  return Access(*rc::gen::inRange<std::int64_t>(1, 3), std::move(grants));
}

TEST(Access, AScopeCoversExactlyWhatIsAllowed) {
  int covered = 0;
  EXPECT_TRUE(rc::check([&] {
    const Access access = any_access();
    for (const Permission permission : {kRead, kWrite}) {
      const Scope scope = access.scope(permission);
      RC_ASSERT(access.has(permission) || scope.empty());
      for (int i = 0; i < 20; ++i) {
        const Target target = any_target();
        RC_ASSERT(scope.covers(target) == access.allows(permission, target));
        covered += scope.covers(target) ? 1 : 0;
      }
    }
  }));
  EXPECT_GT(covered, 10) << "the worlds hardly meet";
}

bool in(const std::vector<std::int64_t>& ids, std::int64_t id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

// What the SQL of Scope's comment says, for tables with school, class and pupil: 0 is stored as
// NULL or 0, and no list holds 0.
TEST(Access, TheListsOfAScopeFindExactlyTheRowsThatAreAllowed) {
  EXPECT_TRUE(rc::check([] {
    const Access access = any_access();
    const Scope scope = access.scope(kRead);
    for (int i = 0; i < 20; ++i) {
      const Target target = any_target();
      const bool found = target.area == scope.area() &&
                         (scope.everywhere() || in(scope.schools(), target.school) ||
                          in(scope.classes(), target.class_id) || in(scope.pupils(), target.pupil));
      RC_ASSERT(found == access.allows(kRead, target));
    }
  }));
}

TEST(Access, ListsAreSortedAndHoldEachIdOnce) {
  const Grant grant{.what = rights({kRead}), .where = {PlaceKind::school, 9}};
  Grant other = grant;
  other.where.id = 4;
  const Scope scope = Access(kArea, {grant, other, grant}).scope(kRead);
  EXPECT_EQ(scope.schools(), (std::vector<std::int64_t>{4, 9}));
}

TEST(Actor, EachKindHasItsOwnName) {
  std::vector<std::string> names;
  for (const ActorKind kind : {ActorKind::nobody, ActorKind::staff, ActorKind::guardian,
                               ActorKind::operator_, ActorKind::system}) {
    names.emplace_back(name_of(kind));
  }
  EXPECT_EQ(names, (std::vector<std::string>{"nobody", "staff", "guardian", "operator", "system"}));
}

}  // namespace
}  // namespace sj::auth
