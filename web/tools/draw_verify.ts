// The verifier of the draw on the command line. Exit status: 0 good, 1 not good, 2 bad arguments or input.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { refuse } from '../src/rooms/draw/instance.js';
import { outcomeRoot } from '../src/rooms/draw/outcome.js';
import { checkReceipt, merkleRoot } from '../src/rooms/draw/receipt.js';
import { run, verify } from '../src/rooms/draw/verify.js';
import type { Report } from '../src/rooms/draw/verify.js';
import type { Language } from '../src/rooms/draw/words.js';

const usage = `usage: draw_verify run --in FILE --rule stable|draft|serial [--seed HEX] [--ignore-prio]
       draw_verify verify --in FILE --result FILE
       draw_verify root --in FILE [--result FILE]   (with a result: the root over its outcome)
       draw_verify receipt FILE --root HEX [--seed HEX] [--outcome HEX] [--lang zh-Hans|zh-Hant|en]
       draw_verify batch DIR   (every NAME.in.json with each NAME.RULE.out.json)`;

const read = (path: string): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(path));
const print = (line: string): unknown => process.stdout.write(line + '\n');

/** Verifies every result in a folder in one process; prints what does not match. */
async function batch(folder: string): Promise<boolean> {
  let passed = 0;
  let failed = 0;
  for (const file of readdirSync(folder).sort()) {
    const [, name] = /^(.+)\.(?:stable|draft|serial|welfare)\.out\.json$/.exec(file) ?? [];
    if (name === undefined) continue;
    const { ok, reasons } = await verify(
      read(join(folder, `${name}.in.json`)),
      read(join(folder, file)),
    );
    if (ok) passed++;
    else failed++;
    if (!ok) print(`${file}: ${reasons.slice(0, 3).join('; ')}`);
  }
  print(`${passed} passed, ${failed} failed`);
  return failed === 0;
}

/** Prints what was found; what has not the form to be true or false is bad input. */
function conclude({ ok, malformed, reasons }: Report): boolean {
  if (malformed) return refuse(reasons.join('; '));
  reasons.forEach(print);
  return ok;
}

async function main(): Promise<boolean> {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      in: text,
      rule: text,
      seed: text,
      result: text,
      root: text,
      outcome: text,
      lang: text,
      'ignore-prio': { type: 'boolean' },
    },
  });
  const need = (value: string | undefined): string => value ?? refuse(usage);
  const seed = values.seed?.toLowerCase() ?? null;
  const [command, path] = positionals;
  if (command === 'run') {
    const ignorePrio = values['ignore-prio'] ?? false;
    process.stdout.write(await run(read(need(values.in)), need(values.rule), seed, ignorePrio));
    return true;
  }
  if (command === 'verify') {
    return conclude(await verify(read(need(values.in)), read(need(values.result))));
  }
  if (command === 'root') {
    const instance = read(need(values.in));
    const { result } = values;
    if (result === undefined) print(await merkleRoot(instance));
    else print(await outcomeRoot(instance, read(result)));
    return true;
  }
  if (command === 'receipt') {
    const language = (values.lang ?? 'zh-Hans') as Language;
    const outcome = values.outcome ?? null;
    const receipt = read(need(path));
    const report = await checkReceipt(receipt, need(values.root), seed, language, outcome);
    for (const { text: sentence } of report.wishes) print(sentence);
    return conclude(report);
  }
  if (command === 'batch') return batch(need(path));
  return refuse(usage);
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  process.stderr.write((error instanceof Error ? error.message : String(error)) + '\n');
  process.exitCode = 2;
}
