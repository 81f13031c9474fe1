import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  BadInput,
  byCodePoint,
  conflict,
  parseJson,
  readMarket,
  toJson,
  utf8,
} from './instance.js';
import { bytesOf } from './testing.js';

const section = { id: 'a', cap: 1 };
const student = { id: 's', quota: 1, lottery: 1, prefs: ['a'] };

const read = (courses: unknown[], students: unknown[], more = {}, seed: string | null = null) =>
  readMarket(bytesOf({ courses, students, ...more }), seed, false);

test('ids are ordered by code point, not by UTF-16 unit or by number', async () => {
  const ids = ['b', '\u{1F600}', '10', '\uFFEE', '9', '__proto__', 'ab', 'a'];
  const sorted = ['10', '9', '__proto__', 'a', 'ab', 'b', '\uFFEE', '\u{1F600}'];
  assert.deepEqual([...ids].sort(byCodePoint), sorted);
  const market = await read(
    ids.map((id) => ({ id, cap: 1 })),
    [],
  );
  assert.deepEqual(
    market.sections.map(({ id }) => id),
    sorted,
  );
});

test('JSON is compact, with sorted keys, and leaves out what is undefined', () => {
  const map = new Map<string, unknown>([
    ['b', 1n << 70n],
    ['__proto__', null],
    ['10', ['"\\\n\u0001/é\u007f']],
    ['9', { z: 1, a: undefined }],
  ]);
  const text =
    '{"10":["\\"\\\\\\n\\u0001/é\u007f"],"9":{"z":1},"__proto__":null,"b":1180591620717411303424}';
  assert.equal(toJson(map), text);
  assert.equal(toJson(parseJson(text)), text);
});

test('long whole numbers keep their digits, in strings digits stay as they are', () => {
  const text =
    '{"e":1234567890123456,"a":9007199254740993,"b":-12345678901234567890,"c":0.12345678901234567,"d":"12345678901234567890"}';
  const { a, b, c, d, e } = parseJson(text) as Record<string, unknown>;
  assert.deepEqual(
    [a, b, c, d, e],
    [
      9007199254740993n,
      -12345678901234567890n,
      0.12345678901234567,
      '12345678901234567890',
      1234567890123456,
    ],
  );
});

test('without a seed the lottery goes by the number in the file, then by id', async () => {
  const market = await read(
    [section],
    [
      { ...student, id: 'b', lottery: 5 },
      { ...student, id: '10', lottery: 5 },
      { ...student, id: 'c', lottery: -1 },
    ],
  );
  assert.deepEqual(
    market.byPosition.map(({ id, position }) => [id, position]),
    [
      ['c', 1],
      ['10', 2],
      ['b', 3],
    ],
  );
});

test('with a seed the number is SHA-256 of seed and secret; siblings share it', async () => {
  const market = await read(
    [section],
    [
      { ...student, id: 'b', token: 'family' },
      { ...student, id: 'a', token: 'family' },
      { ...student, id: 'c', token: null },
    ],
    {},
    'ab12',
  );
  const number = new Map(market.students.map((one) => [one.id, one.number]));
  // printf 'ab12|family' | sha256sum; printf 'ab12|c' | sha256sum
  assert.equal(number.get('a'), '7151ae58f802b1dc21bfc2ecd2a66f828f61cbc4d88ff337adb2c46751d8291a');
  assert.equal(number.get('a'), number.get('b'));
  assert.equal(number.get('c'), '2fc9805c2a7a2119aa98d1ede7768af613fd09cfd949f731de94d88c80a0e340');
});

test('sections conflict by slot, by course number, or by a common day and overlapping minutes', async () => {
  const times = { days: ['Mon', 'Wed'], start: 600, end: 660 };
  const market = await read(
    [
      { id: '0', cap: 1, ...times },
      { id: '1', cap: 1, days: ['Wed'], start: 659, end: 700 },
      { id: '2', cap: 1, days: ['Wed'], start: 660, end: 700 },
      { id: '3', cap: 1, days: ['Tue'], start: 600, end: 660 },
      { id: '4', cap: 1, slot: 'x', course: 'y' },
      { id: '5', cap: 1, slot: 'x', course: 'z' },
      { id: '6', cap: 1, slot: null, course: 'y' },
    ],
    [],
  );
  const pairs = market.sections.flatMap((a, i) =>
    market.sections.slice(i + 1).flatMap((b) => (conflict(a, b) ? [`${a.id}${b.id}`] : [])),
  );
  assert.deepEqual(pairs, ['01', '12', '45', '46']);
});

test('what cannot be drawn is refused with a reason', async () => {
  const refused = async (courses: unknown[], students: unknown[], more?: object, seed?: string) =>
    assert.rejects(read(courses, students, more, seed), BadInput);
  await refused([section, section], []);
  await refused([section], [student, student]);
  await refused([], [student]);
  await refused([section], [{ ...student, prefs: ['a', 'a'] }]);
  await refused([section], [{ ...student, lottery: null }]);
  await refused([section], [{ ...student, quota: 1.5 }]);
  await refused([section], [{ ...student, util: { a: -1 } }]);
  await refused([section], [{ ...student, id: '\ud800' }]);
  await refused([{ ...section, cap: 2 ** 53 }], []);
  await refused([{ ...section, group: 'g' }], []);
  await refused([{ ...section, days: ['Mon'] }], []);
  await refused([section], [student], {}, 'AB');
  await assert.rejects(readMarket(utf8('{"courses":[]'), null, false), BadInput);
  await assert.rejects(readMarket(Uint8Array.of(0x7b, 0xff, 0x7d), null, false), BadInput);
});
