import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hex, sha256, toJson, utf8 } from './instance.js';
import type { Row } from './instance.js';
import { checkReceipt, leavesOf, merkleRoot } from './receipt.js';
import { bytesOf, drawn, randomInstance, receiptsOf, treeHash } from './testing.js';
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

test('welfare: only what a family can see for itself is checked', async () => {
  const [first] = await receiptsOf(small, await drawn(small, 'stable'));
  const receipt = {
    ...first,
    rule: 'welfare',
    algorithm: 'welfare-1+ignore-prio',
    assignment: ['b'],
    cutoffs: { a: 'full', b: 'full', c: null },
  };
  const report = await check(receipt, first!.root, null);
  assert.equal(report.ok, true);
  assert.deepEqual(
    report.wishes.map(({ reason }) => reason),
    ['welfare', 'granted', 'conflict'],
  );
  const bad = [['b', 'c'], ['z'], ['c', 'b']];
  for (const assignment of bad) {
    assert.equal((await check({ ...receipt, assignment }, first!.root, null)).ok, false);
  }
  const closed = { ...receipt, cutoffs: { a: 'full', b: 'closed', c: null } };
  assert.equal((await check(closed, first!.root, null)).ok, false);
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
    await bad({ format: 2 }, /format/);
    await bad({ cutoffs: {} }, /no cut-off/);
    await bad({ sections: sections.slice(1) }, /unknown section/);
    const cap = (sections[0]!.leaf as Row).cap as number;
    const larger = { ...sections[0], leaf: { ...(sections[0]!.leaf as Row), cap: cap + 1 } };
    await bad({ sections: [larger, ...sections.slice(1)] }, /not what was published/);
    await bad({ leaf: null }, /form/);
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
