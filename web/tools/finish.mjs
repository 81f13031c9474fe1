// After the build: the service worker's list of files, compressed copies beside every text file,
// and the budget of the first pages. Fails when one of them has become too heavy.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const SITE = fileURLToPath(new URL('../dist/site/', import.meta.url));
const BUDGET = 60 * 1024; // bytes of gzip until a family sees and can use its page
const LEAST_TO_COMPRESS = 512;
const TEXT = new Set(['.html', '.js', '.css', '.svg', '.json', '.webmanifest', '.txt']);

const manifest = JSON.parse(readFileSync(join(SITE, '.vite/manifest.json'), 'utf8'));
rmSync(join(SITE, '.vite'), { recursive: true });

/** Every file that these entries of the manifest need before they run. */
function filesOf(...names) {
  const files = new Set();
  const seen = new Set();
  const add = (name) => {
    const entry = manifest[name];
    if (!entry) throw new Error(`the build has no ${name}`);
    if (seen.has(name)) return;
    seen.add(name);
    files.add(entry.file);
    for (const css of entry.css ?? []) files.add(css);
    for (const other of entry.imports ?? []) add(other);
  };
  names.forEach(add);
  return [...files];
}

// What people open first, with weak phones on bad lines: joining and "my children"; the rules.
const FIRST = ['index.html', 'src/kernel/i18n/zh.json'];
const PAGES = {
  "a family's first page": ['src/rooms/org/family/first.ts'],
  'the page of rules': [
    'src/rooms/policy/public/PublicFrame.vue',
    'src/rooms/policy/public/RulesPage.vue',
    'src/kernel/i18n/rules.zh.json',
  ],
};

const gzipOf = (file) => gzipSync(readFileSync(join(SITE, file)), { level: 9 }).length;

let heavy = false;
for (const [name, pages] of Object.entries(PAGES)) {
  const files = ['index.html', ...filesOf(...FIRST, ...pages)];
  const bytes = files.reduce((sum, file) => sum + gzipOf(file), 0);
  if (bytes > BUDGET) heavy = true;
  console.log(
    `${name}: ${(bytes / 1024).toFixed(1)} KB gzip in ${files.length} files` +
      `, budget ${BUDGET / 1024} KB${bytes > BUDGET ? ': TOO HEAVY' : ''}`,
  );
}

// What the service worker keeps on the phone: the family's pages and the wall's, nobody's data.
const kept = new Set(['/']);
for (const [name, entry] of Object.entries(manifest)) {
  const isFamily =
    name === 'index.html' ||
    /org\/(family|public)\/|policy\/public\/|i18n\/(rules\.)?(zh|en|zh-Hant)\.json/.test(name);
  if (isFamily && entry.file) filesOf(name).forEach((file) => kept.add(`/${file}`));
}
kept.add('/icon.svg');
kept.delete('/index.html');
const list = [...kept].sort();
const worker = readFileSync(fileURLToPath(new URL('../src/sw.js', import.meta.url)), 'utf8');
const version = createHash('sha256')
  .update(worker)
  .update(readFileSync(join(SITE, 'index.html')))
  .update(list.join())
  .digest('hex')
  .slice(0, 16);

/** The worker with that put in its place; a worker that keeps nothing would pass unseen. */
function put(text, place, value) {
  if (!place.test(text)) throw new Error(`src/sw.js has no ${place}`);
  return text.replace(place, () => value);
}
writeFileSync(
  join(SITE, 'sw.js'),
  put(
    put(worker, /'VERSION'/, JSON.stringify(version)),
    /\[\s*\/\* FILES \*\/\s*\]/,
    JSON.stringify(list),
  ),
);

for (const file of readdirSync(SITE, { recursive: true, withFileTypes: true })) {
  if (!file.isFile() || !TEXT.has(extname(file.name))) continue;
  const path = join(file.parentPath, file.name);
  const plain = readFileSync(path);
  if (plain.length < LEAST_TO_COMPRESS) continue;
  writeFileSync(`${path}.gz`, gzipSync(plain, { level: 9 }));
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
  writeFileSync(`${path}.br`, brotliCompressSync(plain, { params }));
}
if (heavy) {
  rmSync(SITE, { recursive: true }); // what is too heavy is not shipped
  process.exit(1);
}
