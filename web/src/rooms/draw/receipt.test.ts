import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hex, sha256, toJson, utf8 } from './instance.js';
import type { Row } from './instance.js';
import { checkReceipt, leavesOf, merkleRoot } from './receipt.js';
import { bytesOf, dice, drawn, randomInstance, receiptsOf, treeHash } from './testing.js';
import type { Language } from './words.js';

const check = (receipt: Row, root: unknown, seed: string | null, language?: Language) =>
  checkReceipt(utf8(toJson(receipt)), String(root), seed, language);

test('the leaves: groups, sections, students; absent fields left out', () => {
  const instance = {
    name: 'x',
    courses: [
      { id: 'b', cap: 2, min: 0, slot: null, start: 1, end: 2 },
      {
        id: 'a',
        cap: 1,
        min: 1,
        group: 'g',
        course: 'k',
        days: ['Wed', 'Mon'],
        start: 600,
        end: 660,
        reserve: [
          { class: 2, n: 1, note: 'x' },
          { class: -1, n: 0 },
        ],
      },
    ],
    students: [
      {
        id: 's',
        quota: 2,
        lottery: 3,
        token: 't',
        prefs: ['b', 'a'],
        prio: { a: 1, z: 2 },
        util: { z: 9 },
      },
    ],
    groups: [{ id: 'g', cap: 5 }],
  };
  assert.deepEqual(leavesOf(bytesOf(instance)).map(toJson), [
    '{"cap":5,"group":"g"}',
    '{"cap":1,"course":"k","days":["Mon","Wed"],"end":660,"group":"g","min":1,' +
      '"reserve":[{"class":-1,"n":0},{"class":2,"n":1}],"section":"a","start":600}',
    '{"cap":2,"section":"b"}',
    '{"lottery":3,"prefs":["b","a"],"prio":{"a":1},"quota":2,"student":"s","token":"t","util":{}}',
  ]);
});

test('the root is that of RFC 6962 for every number of leaves', async () => {
  assert.equal(await merkleRoot(bytesOf({})), hex(await sha256(utf8(''))));
  for (let n = 1; n <= 20; n++) {
    const courses = Array.from({ length: n }, (_, i) => ({ id: `c${i}`, cap: i }));
    const leaves = leavesOf(bytesOf({ courses })).map((leaf) => utf8(toJson(leaf)));
    assert.equal(await merkleRoot(bytesOf({ courses })), hex(await treeHash(leaves)));
  }
});

const small = {
  courses: [
    { id: 'a', cap: 1 },
    { id: 'b', cap: 1, slot: 'x' },
    { id: 'c', cap: 2, slot: 'x' },
    { id: 'd', cap: 5, min: 3 },
  ],
  students: [
    { id: 's1', quota: 2, lottery: 1, prefs: ['a', 'b', 'c'] },
    { id: 's2', quota: 1, lottery: 2, prefs: ['a', 'd', 'c', 'b'] },
  ],
};

test('every wish has its sentence, in three languages', async () => {
  const [first, second] = await receiptsOf(small, await drawn(small, 'stable'));
  const root = first!.root;
  const own = await check(first!, root, null);
  assert.equal(own.ok, true);
  assert.deepEqual(
    own.wishes.map(({ text }) => text),
    ['a：已录取。', 'b：已录取。', 'c：与已录取的更靠前志愿 b 冲突，不能兼得。'],
  );
  const reasons = async (receipt: Row, language: Language) =>
    (await check(receipt, root, null, language)).wishes.map(({ text }) => text);
  assert.deepEqual(await reasons(second!, 'en'), [
    'a: full; this child comes after the last one admitted (number 1, place 1).',
    'd: does not take place, or has no seats.',
    'c: granted.',
    'b: cannot be held together with c, a better wish that was granted.',
  ]);
  assert.equal((await reasons(second!, 'zh-Hant'))[1], 'd：未開班，或沒有名額。');
});

// After closing p2 and p3 nobody but s4 and s5 is left with nothing; both wish p2.
test('a section that opened again is granted by its own cut-off', async () => {
  const courses = [
    { id: 'k', cap: 2, min: 2 },
    { id: 'p', cap: 1, min: 1 },
    { id: 'q', cap: 2, min: 2 },
  ];
  // x would rather have p, but k needs x; y and z have nothing, and p has one seat.
  const students = [
    { id: 'w', quota: 1, lottery: 4, prefs: ['k'] },
    { id: 'x', quota: 1, lottery: 1, prefs: ['q', 'p', 'k'] },
    { id: 'y', quota: 1, lottery: 2, prefs: ['q', 'p'] },
    { id: 'z', quota: 1, lottery: 3, prefs: ['p'] },
  ];
  for (const rule of ['stable', 'draft', 'serial']) {
    for (let seed = 0; seed < 8; seed++) {
      const roll = dice(seed);
      const instance = {
        courses: courses.map((row) => ({ ...row, min: 1 + roll(3), cap: 3 })),
        students: students.map((row) => ({ ...row, lottery: roll(50) })),
      };
      const result = await drawn(instance, rule);
      for (const receipt of await receiptsOf(instance, result)) {
        assert.deepEqual((await check(receipt, receipt.root, null, 'en')).reasons, []);
      }
    }
  }
});

test('draft and serial tell that the seat was taken before the turn', async () => {
  for (const rule of ['draft', 'serial']) {
    const [, second] = await receiptsOf(small, await drawn(small, rule));
    const { ok, wishes } = await check(second!, second!.root, null);
    assert.equal(ok, true);
    assert.deepEqual(
      wishes.map(({ reason }) => reason),
      ['taken', 'closed', 'granted', 'conflict'],
    );
  }
});

// One seat for two: total rank is the same, so the better position decides. Any price between the
// two worths proves it (docs: draw.md, section 5; the same market as in certificate.test.ts).
test('welfare: at the published prices nothing else is worth more to the child', async () => {
  const market = {
    courses: [
      { id: 'a', cap: 1 },
      { id: 'b', cap: 1, slot: 'x' },
    ],
    students: [
      { id: 's1', quota: 1, lottery: 1, prefs: ['a'] },
      { id: 's2', quota: 1, lottery: 2, prefs: ['a'] },
      { id: 's3', quota: 1, lottery: 3, prefs: ['b'] },
    ],
  };
  const leaf = (prices: Row) => ({ groups: {}, prices, scale: 1, surcharges: {} });
  const component = (prices: Row, unit: number) => ({ gap: null, root: leaf(prices), unit });
  const certificate = {
    components: [component({ a: [2, -2, 0] }, 3), component({}, 2)],
    format: 1,
  };
  const result = {
    ...(await drawn(market, 'stable')),
    rule: 'welfare',
    algorithm: 'welfare-1',
    certificate,
    cutoffs: { a: 'full', b: 'full' },
    assignment: { s1: ['a'], s2: [] as string[], s3: ['b'] },
  };
  const receipts = await receiptsOf(market, result);
  for (const receipt of receipts) {
    assert.deepEqual((await check(receipt, receipt.root, null, 'en')).reasons, []);
  }
  const reasons = async (forged: object, i: number) => {
    const all = await receiptsOf(market, { ...result, ...forged });
    return (await check(all[i]!, all[i]!.root, null, 'en')).reasons.join(' ');
  };
  // Even an office that publishes it so is found out by the child who was passed over.
  const turned = { s1: [], s2: ['a'], s3: ['b'] };
  assert.match(await reasons({ assignment: turned }, 0), /worth more/);
  assert.match(await reasons({ assignment: { ...result.assignment, s3: [] } }, 2), /worth more/);
  // A proof with branches shows nothing to one child; the seats are committed all the same.
  const branch = { closed: leaf({}), open: leaf({ a: [2, -2, 0] }), section: 'a' };
  const components = [{ gap: null, root: branch, unit: 3 }, component({}, 2)];
  assert.equal(
    await reasons({ certificate: { components, format: 1 }, assignment: turned }, 0),
    '',
  );
  const [first] = receipts;
  for (const assignment of [[], ['b'], ['a', 'b']]) {
    const report = await check({ ...first, assignment }, first!.root, null, 'en');
    assert.match(report.reasons.join(' '), /not those of the outcome/);
  }
  const closed = { ...first, cutoffs: { a: 'closed' } };
  assert.match((await check(closed, first!.root, null, 'en')).reasons.join(' '), /cut-off of a/);
});

test('whatever is changed in a receipt is found', async () => {
  const result = await drawn(small, 'stable', 'ab');
  for (const receipt of await receiptsOf(small, result)) {
    const { root } = receipt;
    assert.deepEqual((await check(receipt, root, 'ab', 'en')).reasons, []);
    const bad = async (changed: Row, reason: RegExp, seed: string | null = 'ab') => {
      const report = await check({ ...receipt, ...changed }, root, seed, 'en');
      assert.equal(report.ok, false);
      assert.match(report.reasons.join(' '), reason);
    };
    const leaf = receipt.leaf as Row;
    const sections = receipt.sections as Row[];
    await bad({ leaf: { ...leaf, quota: 5 } }, /published list/);
    await bad(
      { leaf: { ...leaf, prefs: [...(leaf.prefs as string[])].reverse() } },
      /published list/,
    );
    await bad({ leaf: { ...leaf, token: 'x' } }, /number does not follow/);
    await bad({ index: 4 + (Number(receipt.index) === 4 ? 1 : 0) }, /published list/);
    await bad({ size: 5 }, /published/);
    await bad({ path: [] }, /published list/);
    await bad({ root: '00' }, /roots differ/);
    await bad({ seed: 'ac' }, /another seed/);
    await bad({}, /another seed/, 'ac');
    await bad({}, /form|seed/, null);
    await bad({ number: '00' }, /number/);
    await bad({ assignment: [] }, /By the cut-offs/);
    await bad({ assignment: ['a', 'b', 'c'] }, /By the cut-offs/);
    await bad({ rule: 'draft' }, /algorithm/);
    await bad({ format: 1 }, /format/);
    await bad({ cutoffs: {} }, /one cut-off/);
    await bad({ sections: sections.slice(1) }, /unknown section/);
    const cap = (sections[0]!.leaf as Row).cap as number;
    const larger = { ...sections[0], leaf: { ...(sections[0]!.leaf as Row), cap: cap + 1 } };
    await bad({ sections: [larger, ...sections.slice(1)] }, /not what was published/);
    await bad({ leaf: null }, /form/);
    await bad({ position: 0 }, /place of this child/);
    await bad({ position: 1_000_000 }, /place of this child/);
    await bad({ algorithm: 'stable-1' }, /Rule, seed/);
    await bad({ algorithm: 'stable-2+ignore-prio' }, /Rule, seed/);
    await bad({ extra: 1 }, /stands in no receipt/);
    const cutoffs = Object.keys(receipt.cutoffs as Row).map((id) => [id, 'closed']);
    await bad({ cutoffs: Object.fromEntries(cutoffs) as Row, assignment: [] }, /cut-off/);
    const outcome = receipt.outcome as Row;
    await bad({ outcome: { ...outcome, root: '0'.repeat(64) } }, /of the outcome/);
    await bad({ outcome: { ...outcome, more: 1 } }, /stands in no receipt/);
    const text = utf8(toJson(receipt));
    const other = await checkReceipt(text, String(root), 'ab', 'en', '0'.repeat(64));
    assert.match(other.reasons.join(' '), /another outcome/);
  }
  const report = await checkReceipt(utf8('{"format":'), 'x', null);
  assert.equal(report.ok, false);
});

const kinds = [
  { rule: 'stable', wanted: { prio: 'wish' } },
  { rule: 'stable', wanted: { prio: 'wish', reserves: true, groups: true, mins: true } },
  { rule: 'draft', wanted: { overlaps: true } },
  { rule: 'draft', wanted: { prio: 'student', reserves: true, groups: true, mins: true } },
  { rule: 'serial', wanted: { prio: 'student', reserves: true, groups: true, mins: true } },
] as const;

test('random instances: every receipt agrees with its result, and with no other', async () => {
  let receipts = 0;
  for (const { rule, wanted } of kinds) {
    for (let seed = 0; seed < 25; seed++) {
      const instance = randomInstance(seed, wanted);
      const drawSeed = seed % 2 === 0 ? 'ab' : null;
      const result = await drawn(instance, rule, drawSeed, seed % 7 === 0);
      for (const receipt of await receiptsOf(instance, result)) {
        const { ok, reasons } = await check(receipt, receipt.root, drawSeed, 'en');
        assert.deepEqual(
          { ok, reasons },
          { ok: true, reasons: [] },
          `${rule} ${seed} ${toJson(receipt)}`,
        );
        receipts++;
        const assignment = receipt.assignment as string[];
        if (assignment.length === 0) continue;
        const fewer = { ...receipt, assignment: assignment.slice(1) };
        assert.equal((await check(fewer, receipt.root, drawSeed)).ok, false, toJson(fewer));
      }
    }
  }
  assert.ok(receipts > 800);
});
