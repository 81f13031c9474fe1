#include <algorithm>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <numeric>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "engines/allocate/flow.h"
#include "engines/allocate/opening.h"
#include "engines/allocate/rules.h"
#include "engines/allocate/welfare.h"

namespace sj::allocate {
namespace {

struct Features {
  bool priorities = false;  // per wish
  bool one_class_each = false;
  bool reserves = false;
  bool overlaps = false;  // times that are not cliques
  bool groups = false;
  bool minimum = false;
  bool points = false;
  int most_students = 12;
  int most_sections = 7;
};

// Many cases, and all of full size: small markets have hardly any rule to break.
const bool kManyCases = ::setenv("RC_PARAMS", "max_success=1000 max_discard_ratio=20", 0) == 0;
int number(int least, int most) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(least, most + 1));
}
bool one_in(int n) {
  return number(1, n) == 1;
}

Section random_section(const Features& with, int groups) {
  Section section;
  section.cap = number(0, 4);
  if (one_in(2)) section.slot = number(0, 2);
  if (one_in(3)) section.course = number(0, 2);
  if (with.overlaps && one_in(2)) {
    section.days = {number(0, 1)};
    section.start_min = 60 * number(8, 11);
    section.end_min = section.start_min + 30 * number(1, 5);
  }
  if (groups > 0 && one_in(2)) section.group = number(0, groups - 1);
  if (with.minimum && one_in(2)) section.min = number(1, 4);
  if (with.reserves && section.cap > 0 && one_in(2)) {
    section.reserves.push_back({number(0, 2), number(1, section.cap)});
  }
  return section;
}

Market random_market(const Features& with) {
  Market market;
  const int groups = with.groups ? number(0, 2) : 0;
  std::generate_n(std::back_inserter(market.group_caps), groups, [] { return number(0, 5); });
  const int sections = number(1, with.most_sections);
  std::generate_n(std::back_inserter(market.sections), sections,
                  [&] { return random_section(with, groups); });
  const int students = number(0, with.most_students);
  std::vector<std::pair<int, int>> lottery;
  lottery.reserve(static_cast<std::size_t>(students));
  for (int i = 0; i < students; ++i) lottery.push_back({number(0, 1'000'000), i});
  std::sort(lottery.begin(), lottery.end());
  market.positions.resize(static_cast<std::size_t>(students));
  for (int i = 0; i < students; ++i) at(market.positions, at(lottery, i).second) = i + 1;
  for (int i = 0; i < students; ++i) {
    market.quotas.push_back(number(1, 3));
    const int own_class = number(0, 2);
    std::vector<int> order(static_cast<std::size_t>(sections));
    std::iota(order.begin(), order.end(), 0);
    for (int j = sections - 1; j > 0; --j) std::swap(at(order, j), at(order, number(0, j)));
    order.resize(static_cast<std::size_t>(number(0, std::min(sections, 5))));
    for (const int section : order) {
      Wish wish{section, 0, with.points ? number(0, 5) : 0};
      if (with.one_class_each) wish.priority_class = own_class;
      if (with.priorities) wish.priority_class = number(0, 2);
      market.wishes.push_back(wish);
      market.ties.push_back(static_cast<std::uint32_t>(number(0, 3)));
    }
    market.wish_end.push_back(static_cast<std::int64_t>(market.wishes.size()));
  }
  market.has_points = with.points;
  return market;
}

// What `is_feasible` says, said again in another way: by counting, section after section.
bool keeps_every_rule(const Market& market, const Assignment& assignment) {
  std::vector<int> taken(market.sections.size(), 0);
  std::vector<int> in_group(market.group_caps.size(), 0);
  for (int student = 0; student < market.student_count(); ++student) {
    std::vector<int> mine;
    for (auto wish = market.wish_begin(student); wish < at(market.wish_end, student); ++wish) {
      if (at(assignment.held, wish) != 0) mine.push_back(at(market.wishes, wish).section);
    }
    if (static_cast<int>(mine.size()) > at(market.quotas, student)) return false;
    for (std::size_t a = 0; a < mine.size(); ++a) {
      const Section& x = at(market.sections, mine[a]);
      ++at(taken, mine[a]);
      if (x.group >= 0) ++at(in_group, x.group);
      for (std::size_t b = 0; b < a; ++b) {
        const Section& y = at(market.sections, mine[b]);
        const bool same_day = !x.days.empty() && x.days == y.days;
        if (x.slot >= 0 && x.slot == y.slot) return false;
        if (x.course >= 0 && x.course == y.course) return false;
        if (same_day && x.start_min < y.end_min && y.start_min < x.end_min) return false;
      }
    }
  }
  for (int section = 0; section < market.section_count(); ++section) {
    const Section& facts = at(market.sections, section);
    const int here = at(taken, section);
    if (here > facts.cap || (here > 0 && here < facts.min)) return false;
  }
  for (std::size_t group = 0; group < in_group.size(); ++group) {
    if (in_group[group] > market.group_caps[group]) return false;
  }
  return true;
}

bool all_cliques(const Market& market) {
  for (int student = 0; student < market.student_count(); ++student) {
    if (!conflicts_are_cliques(market, student)) return false;
  }
  return true;
}

std::vector<int> sections_of(const Market& market, const Assignment& assignment, int student) {
  std::vector<int> sections;
  for (auto wish = market.wish_begin(student); wish < at(market.wish_end, student); ++wish) {
    if (at(assignment.held, wish) != 0) sections.push_back(at(market.wishes, wish).section);
  }
  return sections;
}

// The best of all assignments, by trying every one. Only for a handful of wishes.
struct Best {
  std::int64_t must_hold = -1;  // a wish
  std::array<std::int64_t, 4> value{-1};
  void try_all(const Market& market) {
    Assignment assignment{std::vector<char>(market.wishes.size(), 0),
                          std::vector<char>(market.sections.size(), 0)};
    const std::vector<int> owners = wish_owners(market);
    const auto step = [&](const auto& self, std::size_t wish) -> void {
      if (wish == market.wishes.size()) {
        const bool holds = must_hold < 0 || at(assignment.held, must_hold) != 0;
        if (holds && keeps_every_rule(market, assignment)) {
          value = std::max(value, value_of(market, assignment));
        }
        return;
      }
      self(self, wish + 1);
      const int student = owners[wish];
      if (static_cast<int>(sections_of(market, assignment, student).size()) <
          at(market.quotas, student)) {
        assignment.held[wish] = 1;
        self(self, wish + 1);
        assignment.held[wish] = 0;
      }
    };
    step(step, 0);
  }
  static std::array<std::int64_t, 4> value_of(const Market& market, const Assignment& assignment) {
    std::array<std::int64_t, 4> value{};
    for (int student = 0; student < market.student_count(); ++student) {
      const auto begin = market.wish_begin(student);
      for (auto wish = begin; wish < at(market.wish_end, student); ++wish) {
        if (at(assignment.held, wish) == 0) continue;
        value[0] += 1;
        value[1] += market.has_points ? at(market.wishes, wish).points : begin - wish - 1;
        value[2] -= at(market.positions, student);
        value[3] -= at(market.ties, wish);
      }
    }
    return value;
  }
};

TEST(Allocate, NoRuleEverBreaksAConstraint) {
  EXPECT_TRUE(rc::check("feasible", [] {
    const Market market = random_market({.one_class_each = one_in(2),
                                         .reserves = one_in(2),
                                         .overlaps = one_in(2),
                                         .groups = one_in(2),
                                         .minimum = one_in(2)});
    RC_ASSERT(keeps_every_rule(market, decide_stable(market).assignment));
    RC_ASSERT(keeps_every_rule(market, decide_draft(market).assignment));
    RC_ASSERT(keeps_every_rule(market, decide_serial(market).assignment));
    RC_ASSERT(keeps_every_rule(market, decide_welfare(market, {}).outcome.assignment));
  }));
}

TEST(Allocate, StableHasNoBlockingPairWhereItPromisesNone) {
  EXPECT_TRUE(rc::check("stable", [] {
    const Market market = random_market({.priorities = one_in(2),
                                         .reserves = one_in(2),
                                         .overlaps = one_in(2),
                                         .groups = one_in(2)});
    RC_PRE(all_cliques(market));
    RC_ASSERT(blocking_pairs(market, decide_stable(market).assignment).empty());
  }));
}

// The clique promise is what the property above rests on; here is a market without it.
TEST(Allocate, OverlapsCanLeaveNoStableResultAndTheCountSaysSo) {
  EXPECT_TRUE(rc::check("count", [] {
    const Market market = random_market({.priorities = true, .overlaps = true});
    const Outcome outcome = decide_stable(market);
    const auto pairs = blocking_pairs(market, outcome.assignment);
    RC_ASSERT(statistics(market, outcome.assignment).blocking_pairs ==
              static_cast<std::int64_t>(pairs.size()));
  }));
}

TEST(Allocate, ASeatMoreHarmsNobodyUnderStable) {
  EXPECT_TRUE(rc::check("monotone", [] {
    Market market = random_market({.priorities = true});
    RC_PRE(all_cliques(market));
    std::fill(market.quotas.begin(), market.quotas.end(), 1);
    const Outcome before = decide_stable(market);
    ++at(market.sections, number(0, market.section_count() - 1)).cap;
    const Outcome after = decide_stable(market);
    const std::vector<int> owners = wish_owners(market);
    for (int student = 0; student < market.student_count(); ++student) {
      const auto rank = [&](const Outcome& outcome) {
        for (auto wish = market.wish_begin(student); wish < at(market.wish_end, student); ++wish) {
          if (at(outcome.assignment.held, wish) != 0) return wish;
        }
        return at(market.wish_end, student);
      };
      RC_ASSERT(rank(after) <= rank(before));
    }
  }));
}

TEST(Allocate, WelfareIsTheBestOfAllAndProvesIt) {
  EXPECT_TRUE(rc::check("best", [] {
    const Market market = random_market({.overlaps = one_in(2),
                                         .groups = one_in(2),
                                         .minimum = one_in(2),
                                         .points = one_in(2),
                                         .most_students = 5,
                                         .most_sections = 4});
    RC_PRE(market.wishes.size() <= 14U);
    const WelfareOutcome result = decide_welfare(market, {});
    Best best;
    best.try_all(market);
    RC_ASSERT(Best::value_of(market, result.outcome.assignment) == best.value);
    RC_ASSERT(check_certificate(market, result.outcome.assignment, result.certificate));
    RC_ASSERT(std::none_of(result.certificate.begin(), result.certificate.end(),
                           [](const auto& c) { return c.gap.has_value(); }));
  }));
}

// `decide_welfare` settles small markets before it asks which sections open, so this asks at once.
TEST(Allocate, TheSearchForOpenSectionsFindsTheBestOfAllAndProvesIt) {
  EXPECT_TRUE(rc::check("opening", [] {
    const Market market = random_market({.overlaps = one_in(2),
                                         .groups = one_in(2),
                                         .minimum = true,
                                         .points = one_in(2),
                                         .most_students = 6,
                                         .most_sections = 4});
    RC_PRE(market.wishes.size() <= 14U);
    Assignment found{std::vector<char>(market.wishes.size(), 0), {}};
    const auto sections = components(market);
    const auto students = students_of(market, sections);
    for (std::size_t i = 0; i < sections.size(); ++i) {
      const Problem problem = make_problem(market, sections[i], students[i]);
      BranchSolution solution{solve_roughly(problem).bundles, {}};
      if (can_solve_by_opening(problem)) {
        solution = solve_by_opening(problem, solution.bundles, {});
        RC_ASSERT(check_proof(problem, solution.proof, solution.bundles, solution.proof.gap));
        RC_ASSERT(!solution.proof.gap);
      } else {
        solution =
            solve_by_branching(problem, solve_roughly(problem), Restrictions(problem), {}).solution;
      }
      for (std::size_t student = 0; student < students[i].size(); ++student) {
        for (const int place : solution.bundles[student]) {
          at(found.held, market.wish_begin(students[i][student]) + place) = 1;
        }
      }
    }
    RC_ASSERT(keeps_every_rule(market, found));
    Best best;
    best.try_all(market);
    RC_ASSERT(Best::value_of(market, found) == best.value);
  }));
}

// Sections that are alike, all with a minimum near their seats: which of them open is what is hard.
Market tight_market(int students, int sections, int cap, int min, std::uint64_t seed) {
  constexpr int kWishes = 4;
  Market market;
  market.sections.assign(static_cast<std::size_t>(sections), {.cap = cap, .min = min});
  const auto next = [&seed] {  // Knuth's multiplier; the high bits are good
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::uint32_t>(seed >> 32U);
  };
  std::vector<int> list;
  for (int student = 0; student < students; ++student) {
    list.clear();
    while (list.size() < kWishes) {
      const int section = static_cast<int>(next() % static_cast<std::uint32_t>(sections));
      if (std::find(list.begin(), list.end(), section) == list.end()) list.push_back(section);
    }
    for (const int section : list) {
      market.wishes.push_back({section, 0, 0});
      market.ties.push_back(next());
    }
    market.quotas.push_back(1);
    market.positions.push_back(student + 1);
    market.wish_end.push_back(static_cast<std::int64_t>(market.wishes.size()));
  }
  return market;
}

// The ranks are those CBC proves optimal.
TEST(Allocate, TightMinimaAreProvedAndAgreeWithCbc) {
  struct Case {
    Market market;
    std::int64_t seats;
    std::int64_t rank;
  };
  for (const Case& one : {Case{tight_market(300, 25, 20, 17, 1), 300, 385},
                          Case{tight_market(200, 40, 12, 8, 1), 200, 282}}) {
    const auto result = decide_welfare(one.market, {});
    const auto found = statistics(one.market, result.outcome.assignment);
    EXPECT_EQ(found.seated, one.seats);
    EXPECT_EQ(found.total_rank, one.rank);
    ASSERT_EQ(result.certificate.size(), 1U);
    EXPECT_FALSE(result.certificate[0].gap.has_value());
    EXPECT_GT(result.certificate[0].nodes.size(), 1U);
    EXPECT_TRUE(check_certificate(one.market, result.outcome.assignment, result.certificate));
  }
}

// Two sections with `min` 2 and three students: only one can be held, so only the larger income
// counts, and what decides both open is empty.
TEST(Allocate, IncomesCountOnlyForAsManySectionsAsCanBeHeld) {
  Market market;
  market.sections = {{.cap = 2, .min = 2}, {.cap = 2, .min = 2}};
  for (int student = 0; student < 3; ++student) {
    market.quotas.push_back(1);
    market.positions.push_back(student + 1);
    market.wishes.push_back({0, 0, 0});
    market.wishes.push_back({1, 0, 0});
    market.wish_end.push_back(static_cast<std::int64_t>(market.wishes.size()));
  }
  market.ties.assign(market.wishes.size(), 7);
  const Assignment best{{1, 0, 1, 0, 0, 0}, {0, 1}};
  ProofNode leaf;
  leaf.prices = {{0, {6, -3, 0}}, {1, {5, 0, 0}}};
  const ComponentProof proof{{leaf}, 7, {}};
  EXPECT_TRUE(check_certificate(market, best, {proof}));

  ProofNode branch;
  branch.kind = ProofNode::Kind::section_branch;
  branch.section = 0;
  branch.first = 1;
  branch.second = 2;
  ProofNode below = branch;
  below.section = 1;
  below.first = 3;
  below.second = 4;
  EXPECT_TRUE(check_certificate(market, best, {{{branch, below, leaf, {}, leaf}, 7, {}}}));
  // The same prices prove nothing once a fourth student could fill the other section.
  market.quotas.push_back(1);
  market.positions.push_back(4);
  market.wishes.push_back({0, 0, 0});
  market.ties.push_back(7);
  market.wish_end.push_back(7);
  const Assignment same{{1, 0, 1, 0, 0, 0, 0}, {0, 1}};
  EXPECT_FALSE(check_certificate(market, same, {{{leaf}, 8, {}}}));
}

TEST(Allocate, ThreadsDoNotChangeTheResult) {
  EXPECT_TRUE(rc::check("threads", [] {
    const Market market = random_market({.overlaps = true, .minimum = true, .most_sections = 12});
    const auto one = decide_welfare(market, {.threads = 1});
    const auto four = decide_welfare(market, {.threads = 4});
    RC_ASSERT(one.outcome.assignment.held == four.outcome.assignment.held);
  }));
}

// A search that may do nothing still ends with a true assignment and a gap that is a real bound.
TEST(Allocate, ALimitedSearchEndsWithAGapThatHolds) {
  EXPECT_TRUE(rc::check("gap", [] {
    const Market market =
        random_market({.overlaps = true, .minimum = true, .most_students = 5, .most_sections = 4});
    RC_PRE(market.wishes.size() <= 14U);
    const auto result = decide_welfare(market, {.limits = {.nodes = 0, .work = 0}});
    RC_ASSERT(keeps_every_rule(market, result.outcome.assignment));
    RC_ASSERT(check_certificate(market, result.outcome.assignment, result.certificate));
    Best best;
    best.try_all(market);
    const auto got = Best::value_of(market, result.outcome.assignment);
    std::int64_t seats_possible = 0;
    for (const auto& component : result.certificate) {
      if (component.gap) seats_possible += component.gap->seats + 1;
    }
    RC_ASSERT(best.value[0] - got[0] <= seats_possible);
  }));
}

TEST(Allocate, ACertificateForOtherSeatsIsRejected) {
  EXPECT_TRUE(rc::check("reject", [] {
    const Market market = random_market({.overlaps = one_in(2), .groups = one_in(2)});
    const WelfareOutcome result = decide_welfare(market, {});
    for (std::size_t wish = 0; wish < market.wishes.size(); ++wish) {
      Assignment other = result.outcome.assignment;
      if (other.held[wish] == 0) continue;
      other.held[wish] = 0;
      RC_ASSERT(!check_certificate(market, other, result.certificate));
    }
  }));
}

TEST(Allocate, UnderSerialNobodyDrawnEarlierIsTouchedByALaterList) {
  EXPECT_TRUE(rc::check("serial", [] {
    Market market = random_market({.overlaps = one_in(2), .groups = one_in(2)});
    RC_PRE(market.student_count() > 0);
    const Outcome before = decide_serial(market);
    const int changed = number(0, market.student_count() - 1);
    const auto begin = market.wish_begin(changed);
    const auto end = at(market.wish_end, changed);
    RC_PRE(end - begin > 1);
    std::reverse(market.wishes.begin() + begin, market.wishes.begin() + end);
    const Outcome after = decide_serial(market);
    for (int student = 0; student < market.student_count(); ++student) {
      if (at(market.positions, student) >= at(market.positions, changed)) continue;
      RC_ASSERT(sections_of(market, before.assignment, student) ==
                sections_of(market, after.assignment, student));
    }
  }));
}

// Four students, two sections with three seats each, two seats wanted by all: the first round gives
// s0 s1 s2 their first section and s3 the second; the second round starts with s3.
TEST(Allocate, DraftTurnsRoundEverySecondRound) {
  Market market;
  market.sections = {{.cap = 3}, {.cap = 3}};
  for (int student = 0; student < 4; ++student) {
    market.quotas.push_back(2);
    market.positions.push_back(student + 1);
    market.wishes.push_back({0, 0, 0});
    market.wishes.push_back({1, 0, 0});
    market.wish_end.push_back(static_cast<std::int64_t>(market.wishes.size()));
  }
  const Outcome outcome = decide_draft(market);
  EXPECT_EQ(sections_of(market, outcome.assignment, 0), (std::vector<int>{0}));
  EXPECT_EQ(sections_of(market, outcome.assignment, 1), (std::vector<int>{0, 1}));
  EXPECT_EQ(sections_of(market, outcome.assignment, 2), (std::vector<int>{0, 1}));
  EXPECT_EQ(sections_of(market, outcome.assignment, 3), (std::vector<int>{1}));
  ASSERT_EQ(outcome.cut_offs[1].size(), 1U);
  EXPECT_EQ(outcome.cut_offs[1][0].student, 1);
  EXPECT_EQ(outcome.cut_offs[1][0].round, 2);
  EXPECT_EQ(outcome.cut_offs[1][0].turn, 7);
}

// A reserve of class 1 keeps its seat for that class, though class 0 has better numbers; what the
// class leaves free goes to all.
TEST(Allocate, ReservedSeatsGoToTheirClassFirstAndThenToAll) {
  for (const int members : {0, 1, 2}) {
    Market market;
    market.sections = {{.cap = 2, .reserves = {{1, 1}}}};
    for (int student = 0; student < 4; ++student) {
      market.quotas.push_back(1);
      market.positions.push_back(student + 1);
      // With class 2 above class 1, the reserve is what lets class 1 in.
      market.wishes.push_back({0, student >= 4 - members ? 1 : 2, 0});
      market.wish_end.push_back(student + 1);
    }
    const Outcome stable = decide_stable(market);
    const Outcome draft = decide_draft(market);
    const bool reserve_used = members > 0;
    const int last_in = reserve_used ? 4 - members : 1;
    for (int student = 0; student < 4; ++student) {
      const bool in = student == 0 || student == last_in;
      EXPECT_EQ(stable.assignment.held[static_cast<std::size_t>(student)] != 0, in) << members;
      EXPECT_EQ(draft.assignment.held[static_cast<std::size_t>(student)] != 0, in) << members;
    }
  }
}

// The fuller of two short sections stays: the other is closed first and its students move over.
TEST(Allocate, SectionsBelowTheirMinimumCloseOneByOne) {
  Market market;
  market.sections = {{.cap = 5, .min = 3}, {.cap = 5, .min = 3}};
  for (int student = 0; student < 3; ++student) {
    market.quotas.push_back(1);
    market.positions.push_back(student + 1);
    const int first = student == 0 ? 1 : 0;
    market.wishes.push_back({first, 0, 0});
    market.wishes.push_back({1 - first, 0, 0});
    market.wish_end.push_back(static_cast<std::int64_t>(market.wishes.size()));
  }
  for (const auto& decide : {decide_stable, decide_draft, decide_serial}) {
    const Outcome outcome = decide(market, Edition::second);
    EXPECT_EQ(outcome.assignment.closed, (std::vector<char>{0, 1}));
    EXPECT_EQ(statistics(market, outcome.assignment).seated, 3);
  }
}

// Both close; then both students have nothing, and both wish section 0.
TEST(Allocate, WhatThoseWithNothingCanHoldOpensAgain) {
  Market market;
  market.sections = {{.cap = 2, .min = 2}, {.cap = 2, .min = 2}};
  market.quotas = {1, 1};
  market.positions = {1, 2};
  market.wishes = {{0, 0, 0}, {1, 0, 0}, {0, 0, 0}};
  market.wish_end = {1, 3};
  for (const auto& decide : {decide_stable, decide_draft, decide_serial}) {
    EXPECT_EQ(statistics(market, decide(market, Edition::first).assignment).seated, 0);
    const Outcome outcome = decide(market, Edition::second);
    EXPECT_EQ(outcome.assignment.held, (std::vector<char>{1, 0, 1}));
    EXPECT_EQ(outcome.assignment.closed, (std::vector<char>{0, 1}));
    EXPECT_EQ(outcome.reopened, (std::vector<int>{0}));
    EXPECT_TRUE(outcome.aside.empty());
  }
}

// Closing and opening as they are defined: every draw is made again from the start.
struct ByDefinition {
  using Decide = Outcome (*)(const Market&, Edition);
  const Market& market;
  Decide decide;
  std::vector<char> closed{};
  std::vector<int> reopened{};

  std::vector<char> draw(const std::vector<char>& without) const {
    Market open = market;
    for (std::size_t section = 0; section < without.size(); ++section) {
      open.sections[section].min = 0;
      if (without[section] != 0) open.sections[section].cap = 0;
    }
    return decide(open, Edition::second).assignment.held;
  }
  std::vector<int> taken(const std::vector<char>& held) const {
    std::vector<int> result(market.sections.size(), 0);
    for (std::size_t wish = 0; wish < held.size(); ++wish) {
      if (held[wish] != 0) ++at(result, market.wishes[wish].section);
    }
    return result;
  }
  std::vector<int> holding(const std::vector<char>& held) const {
    std::vector<int> result(market.quotas.size(), 0);
    const auto owners = wish_owners(market);
    for (std::size_t wish = 0; wish < held.size(); ++wish) {
      if (held[wish] != 0) ++at(result, owners[wish]);
    }
    return result;
  }
  int shortest(const std::vector<char>& held, const std::vector<char>& without) const {
    int found = -1;
    const auto here = taken(held);
    const auto missing = [&](int section) {
      return at(market.sections, section).min - at(here, section);
    };
    for (int section = 0; section < market.section_count(); ++section) {
      if (at(without, section) != 0 || missing(section) <= 0) continue;
      if (found < 0 || missing(section) > missing(found)) found = section;
    }
    return found;
  }
  void run() {
    closed.assign(market.sections.size(), 0);
    std::vector<char> held = draw(closed);
    for (int one = shortest(held, closed); one >= 0; one = shortest(held, closed)) {
      at(closed, one) = 1;
      held = draw(closed);
    }
    std::vector<char> tried(closed.size(), 0);
    while (true) {
      const auto waiting = unserved(market, {held, closed});
      int largest = -1;
      for (int section = 0; section < market.section_count(); ++section) {
        const int seats = at(waiting, section).seats;
        if (at(tried, section) != 0 || seats < std::max(1, at(market.sections, section).min)) {
          continue;
        }
        if (largest < 0 || seats > at(waiting, largest).seats) largest = section;
      }
      if (largest < 0) return;
      at(tried, largest) = 1;
      auto without = closed;
      at(without, largest) = 0;
      const auto next = draw(without);
      const auto before = holding(held);
      const auto after = holding(next);
      if (shortest(next, without) >= 0 ||
          !std::equal(before.begin(), before.end(), after.begin(), std::less_equal<>())) {
        continue;
      }
      closed = without;
      held = next;
      reopened.push_back(largest);
    }
  }
};

TEST(Allocate, GoingOnGivesWhatDrawingAgainFromTheStartGives) {
  EXPECT_TRUE(rc::check("going on", [] {
    Market market = random_market({.one_class_each = one_in(2),
                                   .overlaps = one_in(3),
                                   .groups = one_in(2),
                                   .minimum = true,
                                   .most_students = 40,
                                   .most_sections = 15});
    if (one_in(2)) {
      for (Section& section : market.sections) section.slot = section.course = -1;
    }
    for (const auto& decide : {decide_stable, decide_draft, decide_serial}) {
      if (decide == decide_stable && !all_cliques(market)) continue;
      ByDefinition right{.market = market, .decide = decide};
      right.run();
      const Outcome outcome = decide(market, Edition::second);
      RC_ASSERT(outcome.reopened == right.reopened);
      auto closed = outcome.assignment.closed;
      for (const int section : outcome.aside) at(closed, section) = 1;
      RC_ASSERT(closed == right.closed);
      const auto held = right.draw(closed);
      for (std::size_t wish = 0; wish < held.size(); ++wish) {
        if (at(closed, market.wishes[wish].section) == 0) {
          RC_ASSERT(outcome.assignment.held[wish] == held[wish]);
        }
      }
    }
    // With a class for each wish there may be several results that are stable.
    for (Wish& wish : market.wishes) wish.priority_class = number(0, 2);
    if (!all_cliques(market)) return;
    ByDefinition right{.market = market, .decide = decide_stable};
    right.run();
    const Outcome outcome = decide_stable(market, Edition::second);
    RC_ASSERT(outcome.reopened == right.reopened);
  }));
}

// After closing no section is left that those with nothing could hold; counted here in another way.
TEST(Allocate, NoClosedSectionIsLeftThatThoseWithNothingCouldHold) {
  EXPECT_TRUE(rc::check("reopened", [] {
    const Market market = random_market({.one_class_each = one_in(2),
                                         .reserves = one_in(2),
                                         .overlaps = one_in(3),
                                         .groups = one_in(2),
                                         .minimum = true});
    for (const auto& decide : {decide_stable, decide_draft, decide_serial}) {
      const Outcome outcome = decide(market, Edition::second);
      RC_ASSERT(keeps_every_rule(market, outcome.assignment));
      for (int section = 0; section < market.section_count(); ++section) {
        const Section& facts = at(market.sections, section);
        if (at(outcome.assignment.closed, section) == 0) continue;
        int wishing = 0;
        int in_group = 0;
        for (int student = 0; student < market.student_count(); ++student) {
          const auto held = sections_of(market, outcome.assignment, student);
          for (const int other : held) {
            if (facts.group >= 0 && at(market.sections, other).group == facts.group) ++in_group;
          }
          for (const Wish& wish : market.list(student)) {
            if (held.empty() && wish.section == section) ++wishing;
          }
        }
        int seats = std::min(wishing, facts.cap);
        if (facts.group >= 0) {
          seats = std::min(seats, at(market.group_caps, facts.group) - in_group);
        }
        RC_ASSERT(seats < std::max(1, facts.min));
      }
    }
  }));
}

// What keeps a wrong decision from being written; every kind of fault is handed to it.
TEST(Allocate, TheCheckAfterEveryDecisionNoticesEveryBrokenRule) {
  Market market;  // two students, each wishes all three sections
  market.sections = {
      {.cap = 1, .group = 0}, {.cap = 2, .min = 2, .slot = 0}, {.cap = 1, .group = 0}};
  market.group_caps = {1};
  market.quotas = {2, 3};
  market.positions = {1, 2};
  for (int wish = 0; wish < 6; ++wish) market.wishes.push_back({wish % 3, 0, 0});
  market.wish_end = {3, 6};
  const auto good = [&](std::vector<char> held, std::vector<char> closed) {
    return is_feasible(market, {std::move(held), std::move(closed)});
  };
  const std::vector<char> open = {0, 0, 0};
  EXPECT_TRUE(good({1, 1, 0, 0, 1, 0}, open));
  EXPECT_FALSE(good({1, 0, 0, 1, 0, 0}, open)) << "two in one seat";
  EXPECT_FALSE(good({1, 0, 0, 0, 0, 1}, open)) << "two in a group of one";
  EXPECT_FALSE(good({0, 1, 0, 0, 0, 0}, open)) << "below the minimum";
  EXPECT_FALSE(good({1, 1, 0, 0, 1, 0}, {0, 1, 0})) << "seats in a closed section";
  at(market.quotas, 0) = 1;
  EXPECT_FALSE(good({1, 1, 0, 0, 1, 0}, open)) << "more than the quota";
  at(market.quotas, 0) = 2;
  at(market.sections, 0).slot = 0;
  EXPECT_FALSE(good({1, 1, 0, 0, 1, 0}, open)) << "two of one slot";
  at(market.sections, 0).slot = -1;
  at(market.sections, 0) = {.cap = 1, .days = {1}, .start_min = 60, .end_min = 120};
  at(market.sections, 1).days = {1};
  at(market.sections, 1).start_min = 119;
  at(market.sections, 1).end_min = 180;
  EXPECT_FALSE(good({1, 1, 0, 0, 1, 0}, open)) << "overlapping times";
}

TEST(Allocate, AGivenSeatCostsWhatTheBestOfAllWithItLacks) {
  EXPECT_TRUE(rc::check("cost", [] {
    const Market market = random_market({.overlaps = one_in(2),
                                         .groups = one_in(2),
                                         .minimum = one_in(2),
                                         .most_students = 5,
                                         .most_sections = 4});
    RC_PRE(!market.wishes.empty() && market.wishes.size() <= 12U);
    const auto wish = number(0, static_cast<int>(market.wishes.size()) - 1);
    const int student = at(wish_owners(market), wish);
    const auto assignment = decide_welfare(market, {}).outcome.assignment;
    const auto cost = cost_of_giving(market, assignment, student,
                                     wish - static_cast<int>(market.wish_begin(student)), {});
    Best best;
    best.must_hold = wish;
    best.try_all(market);
    RC_ASSERT(cost.proved);
    RC_ASSERT(cost.possible == (best.value[0] >= 0));
    const auto now = Best::value_of(market, assignment);
    if (!cost.possible) return;
    RC_ASSERT(cost.seats == now[0] - best.value[0]);
    RC_ASSERT(cost.rank == now[1] - best.value[1]);
  }));
}

TEST(Allocate, GivingASeatCostsWhatSolvingAgainSays) {
  Market market;  // one seat each; the first student likes both, the second only section 0
  market.sections = {{.cap = 1}, {.cap = 1}};
  market.quotas = {1, 1};
  market.positions = {1, 2};
  market.wishes = {{0, 0, 0}, {1, 0, 0}, {0, 0, 0}};
  market.ties = {0, 0, 0};
  market.wish_end = {2, 3};
  const auto best = decide_welfare(market, {});
  EXPECT_EQ(best.outcome.assignment.held, (std::vector<char>{0, 1, 1}));
  const SeatCost cost = cost_of_giving(market, best.outcome.assignment, 0, 0, {});
  EXPECT_TRUE(cost.possible);
  EXPECT_EQ(cost.seats, 1);
}

}  // namespace
}  // namespace sj::allocate
