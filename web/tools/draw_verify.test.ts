import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { toJson } from '../src/rooms/draw/instance.js';
import { drawn, receiptsOf } from '../src/rooms/draw/testing.js';

const program = fileURLToPath(new URL('./draw_verify.js', import.meta.url));

function call(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args]);
  return { status, out: stdout.toString(), error: stderr.toString() };
}

const instance = {
  courses: [{ id: 'a', cap: 1 }],
  students: [
    { id: 's1', quota: 1, prefs: ['a'] },
    { id: 's2', quota: 1, prefs: ['a'] },
  ],
};

test('run, verify, root, receipt and batch, with their exit status', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'draw-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const input = file('one.in.json', JSON.stringify(instance));
  for (const rule of ['stable', 'draft', 'serial']) {
    const { status, out } = call('run', '--in', input, '--rule', rule, '--seed', 'AB12');
    assert.equal(status, 0);
    const result = file(`one.${rule}.out.json`, out);
    assert.deepEqual(call('verify', '--in', input, '--result', result), {
      status: 0,
      out: '',
      error: '',
    });
  }
  assert.deepEqual(call('batch', folder), { status: 0, out: '3 passed, 0 failed\n', error: '' });
  file(
    'one.serial.out.json',
    call('run', '--in', input, '--rule', 'draft', '--seed', 'ab12').out.trim(),
  );
  const batch = call('batch', folder);
  assert.equal(batch.status, 1);
  assert.match(batch.out, /^one\.serial\.out\.json: .*\n2 passed, 1 failed\n$/);

  const root = call('root', '--in', input).out.trim();
  const [receipt] = await receiptsOf(instance, await drawn(instance, 'stable', 'ab12'));
  const path = file('receipt.json', toJson(receipt));
  const good = call('receipt', path, '--root', root, '--seed', 'ab12', '--lang', 'en');
  assert.equal(good.status, 0);
  assert.match(good.out, /^a: /);
  assert.equal(call('receipt', path, '--root', root, '--seed', 'ab13').status, 1);

  // What has another form is neither true nor false.
  const text = toJson(receipt);
  const result = call('run', '--in', input, '--rule', 'stable', '--seed', 'ab12').out;
  const noReceipts = [
    '',
    '[]',
    '7',
    text.slice(0, -9),
    text.replace('"format":2', '"format":3'),
    text.replace('"format":2', '"format":2,"format":2'),
    text.replace('"format":2', '"format":2,"more":1'),
    text.replace('"sections":[', '"sections":[7,'),
    text.replace('"path":["', '"path":["0'),
    text.replace('"rule":"stable"', '"rule":"other"'),
    text.replace('"leaf":{', '"leaf":7,"other":{'),
    '['.repeat(100_000) + ']'.repeat(100_000),
  ];
  const noResults = [
    '',
    '7',
    result.slice(0, -9),
    result.replace('"format":1', '"format":1,"format":1'),
    result.replace('"rule":"stable"', '"rule":"other"'),
    result.replace('"algorithm":"stable-2"', '"algorithm":2'),
    result.replace('"assignment":{', '"assignment":7,"other":{'),
    result.replace('"s2":[', '"s2":7,"s3":['),
    result.replace('"seed":"ab12"', '"seed":"abc"'),
    result.replace('"seed":"ab12"', '"seed":7'),
  ];
  const falseResults = [
    result + ' ',
    result.replace('"algorithm":"stable-2"', '"algorithm":"stable-9"'),
    result.replace('"seed":"ab12"', '"seed":null'),
    result.replace('"seed":"ab12"', '"seed":"AB12"'),
    result.replace('"s2":[', '"s2":["x",'),
    result.replace('"stats":{', '"stats":7,"other":{'),
  ];
  const statusOf = (kind: string, content: string): { status: number | null; lines: number } => {
    const given = file('given.json', content);
    const { status, error } =
      kind === 'receipt'
        ? call('receipt', given, '--root', root, '--seed', 'ab12')
        : call('verify', '--in', input, '--result', given);
    return { status, lines: error.split('\n').length - 1 };
  };
  for (const [kind, contents, status] of [
    ['receipt', noReceipts, 2],
    ['receipt', [text.replace('"position":1', '"position":2').replace('"s1"', '"s3"')], 1],
    ['verify', noResults, 2],
    ['verify', falseResults, 1],
  ] as const) {
    for (const content of contents) {
      assert.deepEqual(
        statusOf(kind, content),
        { status, lines: status === 2 ? 1 : 0 },
        `${kind} ${content.slice(0, 300)}`,
      );
    }
  }

  for (const args of [
    [],
    ['run'],
    ['run', '--in', input, '--rule', 'welfare'],
    ['root', '--in', 'none'],
  ]) {
    const { status, error } = call(...args);
    assert.equal(status, 2);
    assert.notEqual(error, '');
  }
});
