// Runs the verifier's tests (node) and the pages' (vitest); ends with the sum of both,
// "N passed, N failed". A runner that crashes, or runs nothing, counts as a failure.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const WEB = fileURLToPath(new URL('..', import.meta.url));
let passed = 0;
let failed = 0;

function run(command, args) {
  const { status, stdout } = spawnSync(command, args, {
    cwd: WEB,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 28,
  });
  return { status, text: stdout ?? '' };
}

function add(name, status, good, bad) {
  const crashed = bad === 0 && (status !== 0 || good === 0) ? 1 : 0;
  passed += good;
  failed += bad + crashed;
  console.log(`${name}: ${good} passed, ${bad + crashed} failed, exit ${status}`);
}

const numberIn = (pattern, text) => Number(pattern.exec(text)?.[1] ?? 0);

const built = run('npm', ['run', '--silent', 'build:draw']);
if (built.status !== 0) {
  process.stdout.write(built.text);
  add('build of the verifier', built.status, 0, 0);
} else {
  const files = ['dist/src', 'dist/tools'].flatMap((folder) =>
    readdirSync(join(WEB, folder), { recursive: true })
      .filter((name) => name.endsWith('.test.js'))
      .map((name) => join(folder, name)),
  );
  const { status, text } = run(process.execPath, ['--test', '--test-reporter=tap', ...files]);
  if (status !== 0) process.stdout.write(text);
  add('verifier', status, numberIn(/^# pass (\d+)$/m, text), numberIn(/^# fail (\d+)$/m, text));
}

const folder = mkdtempSync(join(tmpdir(), 'vitest-'));
const report = join(folder, 'report.json');
const { status, text } = run('npx', [
  '--no-install',
  'vitest',
  'run',
  '--reporter=dot',
  '--reporter=json',
  `--outputFile.json=${report}`,
]);
if (status !== 0) process.stdout.write(text);
let result = { numPassedTests: 0, numFailedTests: 0 };
try {
  result = JSON.parse(readFileSync(report, 'utf8'));
} catch {
  console.log('vitest left no report');
}
rmSync(folder, { recursive: true });
add('pages', status, result.numPassedTests, result.numFailedTests);

console.log(`${passed} passed, ${failed} failed`);
process.exit(failed || !passed ? 1 : 0);
