import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { Algorithm } from './algorithm.js';
import { readMarket, toJson } from './instance.js';
import type { Market, Row, Student, Wish } from './instance.js';
import { fits, Held } from './rules.js';
import type { Outcome } from './rules.js';
import { bytesOf, dice, randomInstance } from './testing.js';
import { resultText, verify } from './verify.js';

const wish = (market: Market, student: string, section: string): Wish =>
  market.students
    .find((one) => one.id === student)!
    .wishes.find((one) => one.section.id === section)!;

const signed = (certificate: Row): Row => ({
  ...certificate,
  sha256: createHash('sha256').update(toJson(certificate)).digest('hex'),
});

const welfare = (ignorePrio: boolean): Algorithm => ({ rule: 'welfare', edition: 2, ignorePrio });

const seatsOf = (granted: Wish[]): Outcome => {
  const held = new Held(granted);
  return { drawn: held, held, lastTurns: new Map(), reopened: [], aside: [] };
};

/** Verifies the result that grants these wishes and carries this certificate. */
async function judge(instance: unknown, granted: Wish[], market: Market, certificate: unknown) {
  const text = resultText(market, welfare(false), seatsOf(granted), certificate);
  return verify(bytesOf(instance), Buffer.from(text));
}

// One seat for two: total rank is the same, so the better position decides. U = 1 + 1 + 1 = 3.
// s1 a is worth [2, -1, -tie], s2 a is worth [2, -2, -tie]. Any price between proves s1.
const oneSeat = {
  courses: [{ id: 'a', cap: 1 }],
  students: [
    { id: 's1', quota: 1, lottery: 1, prefs: ['a'] },
    { id: 's2', quota: 1, lottery: 2, prefs: ['a'] },
  ],
};
const leaf = (prices: object, scale: unknown = 1, groups = {}, surcharges = {}) => ({
  groups,
  prices,
  scale,
  surcharges,
});
const proof = (root: object, unit: unknown, gap: unknown = null) =>
  signed({ components: [{ gap, root, unit }], format: 1 });

test('prices prove the better of two assignments, at any scale', async () => {
  const market = await readMarket(bytesOf(oneSeat), null, false);
  const right = [wish(market, 's1', 'a')];
  const good = { ok: true, reasons: [] };
  assert.deepEqual(await judge(oneSeat, right, market, proof(leaf({ a: [2, -2, 0] }), 3)), good);
  assert.deepEqual(
    await judge(oneSeat, right, market, proof(leaf({ a: [20, -17, 0] }, 10), 3)),
    good,
  );
  // beyond 2^53: the same prices 2^55 times as large
  const huge = 2n ** 55n;
  const large = proof(leaf({ a: [2n * huge, -2n * huge, 0] }, huge), 3);
  assert.deepEqual(await judge(oneSeat, right, market, large), good);
});

test('prices that do not prove, or an assignment that is not best, are found', async () => {
  const market = await readMarket(bytesOf(oneSeat), null, false);
  const [right, wrong] = [[wish(market, 's1', 'a')], [wish(market, 's2', 'a')]];
  const reasons = async (granted: Wish[], certificate: unknown) => {
    const report = await judge(oneSeat, granted, market, certificate);
    assert.equal(report.ok, false);
    return report.reasons.join('\n');
  };
  const unproved = /gap and unit should be \[\{"seats":0,"unit":0\},3\]/;
  assert.match(await reasons(wrong, proof(leaf({ a: [2, -2, 0] }), 3)), unproved);
  assert.match(await reasons(right, proof(leaf({ a: [2, 0, 0] }), 3)), unproved);
  // price 0: both students gain their wish, one seat (unit 2) more than there is
  assert.match(await reasons(right, proof(leaf({}), 3)), /\[\{"seats":0,"unit":2\},3\]/);
  assert.match(await reasons([], proof(leaf({}), 3)), /\[\{"seats":1,"unit":4\},3\]/);
  assert.match(await reasons(right, proof(leaf({ a: [2, -2, 0] }), 4)), /unit should be/);
  assert.match(await reasons(right, proof(leaf({ a: [2, -2] }), 3)), /three figures/);
  assert.match(await reasons(right, proof(leaf({ a: [2, -2, 0.5] }), 3)), /not whole/);
  assert.match(await reasons(right, proof(leaf({ a: [-2, -2, 0] }), 3)), /negative price/);
  assert.match(await reasons(right, proof(leaf({ b: [2, -2, 0] }), 3)), /elsewhere/);
  assert.match(await reasons(right, proof(leaf({ a: [2, -2, 0] }, 0), 3)), /scale/);
  assert.match(await reasons(right, signed({ components: [], format: 1 })), /1 components/);
  assert.match(await reasons(right, null), /no certificate/);
  // one figure changed without a new hash
  const changed = JSON.parse(toJson(proof(leaf({ a: [2, -2, 0] }), 3))) as Row;
  const text = toJson(changed).replace('[2,-2,0]', '[2,-2,-1]');
  assert.match(await reasons(right, JSON.parse(text)), /hash differs/);
});

test('a stated gap is accepted when the prices give exactly this gap', async () => {
  const market = await readMarket(bytesOf(oneSeat), null, false);
  const certificate = proof(leaf({}), 3, { seats: 0, unit: 2 });
  const report = await judge(oneSeat, [wish(market, 's1', 'a')], market, certificate);
  assert.deepEqual(report, { ok: true, reasons: [] });
});

// a runs with two students only, but only s1 wishes it: the seat in b goes to s2, who likes it best.
// U = 1 + 2 + 1 = 4: s1 a [3,-1,..], s1 b [2,-1,..], s2 b [3,-2,..].
const tooFew = {
  courses: [
    { id: 'a', cap: 2, min: 2 },
    { id: 'b', cap: 1 },
  ],
  students: [
    { id: 's1', quota: 1, lottery: 1, prefs: ['a', 'b'] },
    { id: 's2', quota: 1, lottery: 2, prefs: ['b'] },
  ],
};

test('incomes count only for as many sections as all students can fill', async () => {
  const school = (students: number) => ({
    courses: [
      { id: 'a', cap: 2, min: 2 },
      { id: 'b', cap: 2, min: 2 },
    ],
    students: Array.from({ length: students }, (_, i) => ({
      id: `s${i + 1}`,
      quota: 1,
      lottery: i + 1,
      prefs: i < 3 ? ['a', 'b'] : ['a'],
    })),
  });
  const judged = async (students: number, root: object, unit: number) => {
    const instance = school(students);
    const market = await readMarket(bytesOf(instance), null, false);
    const seats = [wish(market, 's1', 'a'), wish(market, 's2', 'a')];
    return (await judge(instance, seats, market, proof(root, unit))).ok;
  };
  // Three students fill one section, so that of [12,-6,0] and [10,0,0] only the first counts.
  const prices = leaf({ a: [6, -3, 0], b: [5, 0, 0] });
  assert.equal(await judged(3, prices, 7), true);
  // Both open need four students: whatever the prices, there is nothing below.
  const both = { closed: prices, open: leaf({}), section: 'b' };
  assert.equal(await judged(3, { closed: prices, open: both, section: 'a' }, 7), true);
  // With a fourth student both could be held.
  assert.equal(await judged(4, prices, 8), false);
});

test('a branch: the section holds nobody, or at least its minimum', async () => {
  const market = await readMarket(bytesOf(tooFew), null, false);
  const right = [wish(market, 's2', 'b')];
  const branch = (closed: object, open: object) => proof({ closed, open, section: 'a' }, 4);
  // Closed: at price [2,0,0] s1 gains nothing, s2 [1,-2,..]; bound = [3,-2,..], the value itself.
  // Open: two seats of a are paid 4 each although only one can be used; bound = [2,-1,..].
  const closed = leaf({ b: [2, 0, 0] });
  const open = leaf({ a: [-4, 0, 0], b: [3, 0, 0] });
  const report = await judge(tooFew, right, market, branch(closed, open));
  assert.deepEqual(report, { ok: true, reasons: [] });
  // Without the branch one cannot pay for being open, nor in the closed half.
  for (const bad of [proof(open, 4), branch(open, open), branch(closed, closed)]) {
    assert.equal((await judge(tooFew, right, market, bad)).ok, false);
  }
  // The forbidden assignment: a with a single student.
  const alone = [wish(market, 's1', 'a'), wish(market, 's2', 'b')];
  const { reasons } = await judge(tooFew, alone, market, branch(closed, open));
  assert.ok(reasons.includes('a runs below its minimum'));
});

test('an open section is paid for its minimum of seats, not for all it has', async () => {
  // As before, with 5 seats in a. At -3 a seat the open half is bounded by -6 + 3 + 6 = 3: no proof.
  const instance = { ...tooFew, courses: [{ id: 'a', cap: 5, min: 2 }, tooFew.courses[1]!] };
  const market = await readMarket(bytesOf(instance), null, false);
  const right = [wish(market, 's2', 'b')];
  const check = async (figure: number) => {
    const open = leaf({ a: [figure, 0, 0], b: [3, 0, 0] });
    const root = { closed: leaf({ b: [2, 0, 0] }), open, section: 'a' };
    return (await judge(instance, right, market, proof(root, 4))).ok;
  };
  assert.equal(await check(-4), true);
  assert.equal(await check(-3), false);
});

test('a surcharge shows what opening a section costs, without a branch', async () => {
  const market = await readMarket(bytesOf(tooFew), null, false);
  const right = [wish(market, 's2', 'b')];
  const check = async (figure: number, section = 'a', student = 's1') => {
    const surcharges = { [section]: { [student]: [figure, 0, 0] } };
    const only = leaf({ a: [-3, 0, 0], b: [2, 0, 0] }, 1, {}, surcharges);
    return (await judge(tooFew, right, market, proof(only, 4))).reasons.join();
  };
  // Two seats of a at -3 and 6 from s1 are an income of 0; s1 pays 3 for a, which it is not worth.
  assert.equal(await check(6), '');
  assert.match(await check(7), /gap and unit/); // an income of 1
  assert.match(await check(5), /gap and unit/); // an income of -1 counts as 0, and s1 gains 1
  assert.match(await check(-6), /wrong surcharge/);
  assert.match(await check(6, 'a', 's2'), /wrong surcharge/);
  assert.match(await check(6, 'b', 's2'), /no minimum/);
});

test('a better assignment would be worth at least one more, times the scale', async () => {
  // Two seats in z, one student: at price x the bound is 2x - x above ten times the value.
  const instance = {
    courses: [{ id: 'z', cap: 2 }],
    students: [{ id: 's', quota: 1, lottery: 1, prefs: ['z'] }],
  };
  const market = await readMarket(bytesOf(instance), null, false);
  const check = async (x: number) => {
    const certificate = proof(leaf({ z: [0, 0, x] }, 10), 2);
    return (await judge(instance, [wish(market, 's', 'z')], market, certificate)).ok;
  };
  assert.equal(await check(9), true);
  assert.equal(await check(10), false);
});

test('a section that can never reach its minimum is closed without a branch', async () => {
  const instance = { ...tooFew, courses: [{ id: 'a', cap: 1, min: 2 }, tooFew.courses[1]!] };
  const market = await readMarket(bytesOf(instance), null, false);
  const certificate = proof(leaf({ b: [2, 0, 0] }), 4);
  const report = await judge(instance, [wish(market, 's2', 'b')], market, certificate);
  assert.deepEqual(report, { ok: true, reasons: [] });
});

test('a branch on a wish: granted, or not; a half that is impossible is proved', async () => {
  const market = await readMarket(bytesOf(oneSeat), null, false);
  const right = [wish(market, 's1', 'a')];
  const on = (take: object, skip: object) => proof({ section: 'a', skip, student: 's2', take }, 3);
  // Taken by s2: s1 is out at price [2,-1,0]; bound = [2,-2,..] below the value [2,-1,..].
  // Skipped: only s1 is left; price 0 is enough.
  const good = on(leaf({ a: [2, -1, 0] }), leaf({}));
  assert.deepEqual(await judge(oneSeat, right, market, good), { ok: true, reasons: [] });
  assert.equal((await judge(oneSeat, right, market, on(leaf({}), leaf({})))).ok, false);
  const again = { section: 'a', skip: leaf({}), student: 's2', take: leaf({}) };
  const impossible = on({ ...again, take: leaf({ a: [2, -1, 0] }) }, { ...again, skip: leaf({}) });
  assert.deepEqual(await judge(oneSeat, right, market, impossible), { ok: true, reasons: [] });
});

test('a wish that is taken twice on the way to a leaf is held once', async () => {
  const market = await readMarket(bytesOf(oneSeat), null, false);
  const on = (take: object) => ({
    section: 'a',
    skip: leaf({ a: [2, -2, 0] }),
    student: 's1',
    take,
  });
  const wrong = [wish(market, 's2', 'a')];
  // Were this half "impossible", s2 would be proved best.
  const certificate = proof(on(on(leaf({ a: [2, -2, 0] }))), 3);
  assert.equal((await judge(oneSeat, wrong, market, certificate)).ok, false);
});

test('components are proved one by one, in the order of their smallest section', async () => {
  // z is wished by s3 alone: U = 1 + 1 = 2, and at price 0 s3 gains exactly what it has.
  const courses = [{ id: 'z', cap: 1 }, { id: 'y', cap: 1 }, ...oneSeat.courses];
  const s3 = { id: 's3', quota: 1, lottery: 3, prefs: ['z'] };
  const instance = { courses, students: [...oneSeat.students, s3] };
  const market = await readMarket(bytesOf(instance), null, false);
  const right = [wish(market, 's1', 'a'), wish(market, 's3', 'z')];
  const first = { gap: null, root: leaf({ a: [2, -2, 0] }), unit: 3 };
  const second = { gap: null, root: leaf({}), unit: 2 };
  const check = async (components: object[], granted = right) =>
    (await judge(instance, granted, market, signed({ components, format: 1 }))).ok;
  assert.equal(await check([first, second]), true);
  assert.equal(await check([second, first]), false);
  assert.equal(await check([first]), false);
  assert.equal(await check([first, second, second]), false);
  assert.equal(await check([first, second], right.slice(0, 1)), false);
});

test('a group joins components, and its seats have a price too', async () => {
  // One seat for a and b together. U = 1 + 1 + 1 = 3; s1 a [2,-1,..], s2 b [2,-2,..].
  const instance = {
    courses: [
      { id: 'a', cap: 5, group: 'g' },
      { id: 'b', cap: 5, group: 'g' },
    ],
    groups: [{ id: 'g', cap: 1 }],
    students: [oneSeat.students[0]!, { ...oneSeat.students[1]!, prefs: ['b'] }],
  };
  const market = await readMarket(bytesOf(instance), null, false);
  const check = async (granted: Wish[], groups: object) =>
    (await judge(instance, granted, market, proof(leaf({}, 1, groups), 3))).ok;
  const [a, b] = [wish(market, 's1', 'a'), wish(market, 's2', 'b')];
  assert.equal(await check([a], { g: [2, -2, 0] }), true);
  assert.equal(await check([b], { g: [2, -2, 0] }), false);
  assert.equal(await check([a, b], { g: [2, -2, 0] }), false);
  assert.equal(await check([a], { g: [-2, -2, 0] }), false);
  assert.equal(await check([a], { h: [2, -2, 0] }), false);
});

test('welfare with classes had to be refused; with +ignore-prio it is not', async () => {
  const students = [{ ...oneSeat.students[0]!, prio: { a: 1 } }, oneSeat.students[1]!];
  const instance = { ...oneSeat, students };
  const market = await readMarket(bytesOf(instance), null, true);
  const right = [wish(market, 's1', 'a')];
  const certificate = proof(leaf({ a: [2, -2, 0] }), 3);
  const outcome = seatsOf(right);
  const check = (ignorePrio: boolean) =>
    verify(
      bytesOf(instance),
      Buffer.from(resultText(market, welfare(ignorePrio), outcome, certificate)),
    );
  assert.deepEqual((await check(true)).reasons, []);
  assert.match((await check(false)).reasons[0]!, /priorities/);
});

// --- every assignment of small random instances, with a proof by complete enumeration ---

/** All assignments that keep every rule. */
function allAssignments(market: Market): Wish[][] {
  const wishes = market.students.flatMap((student) => student.wishes);
  const found: Wish[][] = [];
  const extend = (i: number, taken: Wish[]): void => {
    if (i === wishes.length) {
      const held = new Held(taken);
      const good = (section: Wish['section']) => {
        const seats = held.in(section).length;
        return seats === 0 || seats >= section.min;
      };
      if (market.sections.every(good)) found.push(taken);
      return;
    }
    extend(i + 1, taken);
    const { section, student } = wishes[i]!;
    const seats = (inPool: boolean) =>
      taken.filter((t) => (inPool ? t.section.pool === section.pool : t.section === section))
        .length;
    const own = taken.filter((t) => t.student === student);
    const room = seats(false) < section.cap && seats(true) < section.pool.cap;
    if (fits(wishes[i]!, own) && room) extend(i + 1, [...taken, wishes[i]!]);
  };
  extend(0, []);
  return found;
}

function tie(seed: string, { student, section }: Wish): number {
  const text = `${seed}|${student.id}|${section.id}`;
  return createHash('sha256').update(text).digest().readUInt32BE(0);
}

const sum = (figures: number[]): number => figures.reduce((total, figure) => total + figure, 0);

function objectives(market: Market, granted: Wish[]): number[] {
  return [
    granted.length,
    sum(granted.map((one) => (market.hasPoints ? one.points : -one.rank))),
    -sum(granted.map((one) => one.student.position)),
    -sum(granted.map((one) => tie('ab', one))),
  ];
}

function compare(a: number[], b: number[]): number {
  const i = a.findIndex((figure, at) => figure !== b[at]);
  return i < 0 ? 0 : a[i]! - b[i]!;
}

function unitOf(market: Market): number {
  const largest = market.students.map(({ wishes, quota }) => {
    const figures = wishes.map((one) => (market.hasPoints ? one.points : one.rank));
    return sum(figures.sort((a, b) => b - a).slice(0, quota));
  });
  return 1 + sum(largest);
}

/** A tree that decides every section and every wish; its leaves price what is over-full. */
function fullTree(market: Market, unit: number): Row {
  const wishes = market.students.flatMap((student) => student.wishes);
  const wished = market.sections.filter((s) => wishes.some((one) => one.section === s));
  const much = unit * 100;
  const decideWish = (i: number, open: Set<unknown>, taken: Wish[]): Row => {
    const next = wishes[i];
    if (next) {
      return {
        section: next.section.id,
        skip: decideWish(i + 1, open, taken),
        student: next.student.id,
        take: decideWish(i + 1, open, [...taken, next]),
      };
    }
    const prices = new Map<string, number[]>();
    const groups = new Map<string, number[]>();
    for (const section of wished) {
      const seats = taken.filter((one) => one.section === section).length;
      if (seats > section.cap) prices.set(section.id, [much, 0, 0]);
      if (open.has(section) && seats < section.min) prices.set(section.id, [-much, 0, 0]);
      const together = taken.filter((one) => one.section.pool === section.pool).length;
      if (together > section.pool.cap) groups.set(section.pool.id, [much, 0, 0]);
    }
    return leaf(prices, 1, groups);
  };
  const decideSection = (i: number, open: Set<unknown>): Row => {
    const section = wished[i];
    if (!section) return decideWish(0, open, []);
    if (section.min === 0) return decideSection(i + 1, open);
    return {
      closed: decideSection(i + 1, open),
      open: decideSection(i + 1, new Set([...open, section])),
      section: section.id,
    };
  };
  return decideSection(0, new Set());
}

function isConnected(students: Student[]): boolean {
  const wishing = students.filter((student) => student.wishes.length > 0);
  const reached = new Set(wishing.slice(0, 1));
  for (const student of reached) {
    for (const other of wishing) {
      const pools = student.wishes.map((one) => one.section.pool);
      if (other.wishes.some((one) => pools.includes(one.section.pool))) reached.add(other);
    }
  }
  return wishing.length > 0 && reached.size === wishing.length;
}

/** A tree of random branches whose leaves have random prices. */
function randomTree(
  market: Market,
  unit: number,
  roll: (sides: number) => number,
  depth: number,
): Row {
  const wishes = market.students.flatMap((student) => student.wishes);
  const { section, student } = wishes[roll(wishes.length)]!;
  const below = () => randomTree(market, unit, roll, depth - 1);
  const kind = depth === 0 ? 0 : roll(3);
  if (kind === 1) return { closed: below(), open: below(), section: section.id };
  if (kind === 2) return { section: section.id, skip: below(), student: student.id, take: below() };
  const scale = 1 + roll(3);
  const figures = (least: number) => [least + roll(scale * unit + 1 - least), roll(9) - 4, 0];
  const prices = new Map<string, number[]>();
  const groups = new Map<string, number[]>();
  const surcharges = new Map<string, Map<string, number[]>>();
  for (const one of wishes) {
    const min = one.section.min;
    if (roll(3)) prices.set(one.section.id, min ? figures(-unit) : figures(1));
    if (one.section.pool.cap < Infinity && roll(2)) groups.set(one.section.pool.id, figures(1));
    const extra = new Map([[one.student.id, figures(1)]]);
    if (min && roll(2)) surcharges.set(one.section.id, extra);
  }
  return { groups, prices, scale, surcharges };
}

test('whatever the prices, what they prove is true', async () => {
  let proved = 0;
  let bounded = 0;
  for (let seed = 0; seed < 250; seed++) {
    const instance = randomInstance(seed, {
      students: 3,
      sections: 3,
      mins: seed % 3 > 0,
      groups: seed % 5 < 2,
    });
    const market = await readMarket(bytesOf(instance), 'ab', false);
    if (!isConnected(market.students)) continue;
    const all = allAssignments(market);
    all.sort((a, b) => compare(objectives(market, b), objectives(market, a)));
    const unit = unitOf(market);
    const worth = ([seats, rank]: number[]) => seats! * unit + rank!;
    for (let i = 0; i < 8; i++) {
      const granted = all[Math.min(i >> 1, all.length - 1)]!;
      const root = randomTree(market, unit, dice(seed * 100 + i), i % 4);
      const { reasons } = await judge(instance, granted, market, proof(root, unit));
      const gain = worth(objectives(market, all[0]!)) - worth(objectives(market, granted));
      if (reasons.length === 0) {
        assert.equal(compare(objectives(market, granted), objectives(market, all[0]!)), 0);
        proved++;
      } else {
        const [, stated] = /"unit":(\d+)\},/.exec(reasons.join()) ?? [];
        assert.ok(Number(stated) >= gain, `${seed} ${i}: ${stated} < ${gain}`);
        bounded++;
      }
    }
  }
  assert.ok(proved > 20 && bounded > 500, toJson({ proved, bounded }));
});

test('random instances: the best assignment is proved, every other one is rejected', async () => {
  let proved = 0;
  let rejected = 0;
  let illegal = 0;
  for (let seed = 0; seed < 120; seed++) {
    const instance = randomInstance(seed, {
      students: 3,
      sections: 3,
      overlaps: seed % 2 === 0,
      mins: seed % 3 === 0,
      groups: seed % 5 < 2,
      util: seed % 4 === 0,
    });
    const market = await readMarket(bytesOf(instance), 'ab', false);
    if (!isConnected(market.students)) continue;
    const all = allAssignments(market);
    all.sort((a, b) => compare(objectives(market, b), objectives(market, a)));
    const unit = unitOf(market);
    const certificate = proof(fullTree(market, unit), unit);
    const report = await judge(instance, all[0]!, market, certificate);
    assert.deepEqual(report, { ok: true, reasons: [] }, `instance ${seed}`);
    proved++;
    for (const other of all.slice(1, 15)) {
      assert.equal((await judge(instance, other, market, certificate)).ok, false);
      rejected++;
    }
    // all wishes at once: more than allowed is no way to do better
    const everything = market.students.flatMap((student) => student.wishes);
    if (all.some((granted) => granted.length === everything.length)) continue;
    assert.equal((await judge(instance, everything, market, certificate)).ok, false);
    illegal++;
  }
  assert.ok(proved > 30 && rejected > 200 && illegal > 20, toJson({ proved, rejected, illegal }));
});
