// The input of a draw: read, checked and put in order. The definition is docs/algorithms/draw.md;
// this folder follows that page and shares nothing with the program that made the draw.

/** Sections that share a cap. A section without a group is a pool of its own, without a limit. */
export type Pool = { id: string; cap: number; sections: Section[] };

export type Section = {
  id: string;
  cap: number;
  min: number;
  slot: string | null;
  course: string | null;
  days: string[];
  start: number;
  end: number;
  pool: Pool;
  reserve: Map<number, number>; // class -> seats first filled by wishes of that class
};

export type Student = {
  id: string;
  quota: number;
  lottery: number | null;
  token: string | null; // the family's secret, shared by siblings
  wishes: Wish[]; // best first
  number: string; // 64 hex digits; empty without a seed
  position: number; // place in the lottery, from 1
};

/** rank 1 is the first wish; the higher class comes first. */
export type Wish = {
  student: Student;
  section: Section;
  rank: number;
  class: number;
  points: number;
};

/** Everything sorted by id; `byPosition` holds the students in the order of the lottery. */
export type Market = {
  sections: Section[];
  students: Student[];
  byPosition: Student[];
  seed: string | null;
  hasPoints: boolean;
  sha256: string; // of the file
};

export type Bytes = Uint8Array<ArrayBuffer>;

/** The least whole number that may stand for a class or a lottery number. */
const LEAST = Number.MIN_SAFE_INTEGER;

/** Says in one sentence why an input cannot be used. */
export class BadInput extends Error {}

export function refuse(why: string): never {
  throw new BadInput(why);
}

/** The form is good, but no draw could have begun so: a result that claims it is false. */
export class Impossible extends BadInput {}

export function deny(why: string): never {
  throw new Impossible(why);
}

/** Order by Unicode code point; plain `<` compares UTF-16 units and misplaces rare characters. */
export function byCodePoint(a: string, b: string): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    if (a[i] !== b[i]) return a.codePointAt(i)! - b.codePointAt(i)!;
  }
  return a.length - b.length;
}

/** Compact JSON, keys in code point order; fields that are undefined are left out. */
export function toJson(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(toJson).join(',')}]`;
  const fields = value instanceof Map ? [...value] : Object.entries(value);
  const present = fields.filter(([, field]) => field !== undefined);
  present.sort(([a], [b]) => byCodePoint(a, b));
  return `{${present.map(([key, field]) => `${JSON.stringify(key)}:${toJson(field)}`).join(',')}}`;
}

/** JSON.parse, but whole numbers beyond 2^53 become BigInt so that no digit is lost. */
export function parseJson(text: string): unknown {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
  const marked = text.replace(stringOrNumber, (found) =>
    /^-?\d{16,}$/.test(found) ? `"\\u0001${found}"` : found,
  );
  return JSON.parse(marked, (_, value: unknown) => {
    if (typeof value !== 'string' || !/^\u0001-?\d+$/.test(value)) return value;
    const digits = value.slice(1);
    return Number.isSafeInteger(Number(digits)) ? Number(digits) : BigInt(digits);
  });
}

/** The first member that stands in its object already; JSON.parse would keep the last of the two. */
function secondMember(json: string): string | null {
  const names: Set<string>[] = [];
  for (const [token, text, colon] of json.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[{}[\]]/g)) {
    if (token === '{' || token === '[') names.push(new Set());
    else if (token === '}' || token === ']') names.pop();
    else if (colon !== undefined) {
      const name = JSON.parse(text!) as string;
      if (names.at(-1)!.has(name)) return name;
      names.at(-1)!.add(name);
    }
  }
  return null;
}

export function parseFile(bytes: Bytes): unknown {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = parseJson(text);
  } catch {
    return refuse('the file is not JSON in UTF-8');
  }
  const second = secondMember(text);
  return second === null ? value : refuse(`"${second}" stands twice in one object`);
}

export const utf8 = (text: string): Bytes => new TextEncoder().encode(text);
export const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

export async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', bytes));
}

/** Many hashes, some thousands at a time so that little memory is needed. */
export async function sha256All(inputs: Bytes[]) {
  const hashes: Bytes[] = [];
  for (let i = 0; i < inputs.length; i += 4096) {
    hashes.push(...(await Promise.all(inputs.slice(i, i + 4096).map(sha256))));
  }
  return hashes;
}

export type Row = Record<string, unknown>;

export function rowOf(value: unknown, what: string): Row {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(`no ${what}`);
  // A field that is null counts as absent.
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null));
}

export function listOf(row: Row, name: string): unknown[] {
  const list = row[name] ?? [];
  return Array.isArray(list) ? list : refuse(`"${name}" is not a list`);
}

export const rowsOf = (row: Row, name: string): Row[] =>
  listOf(row, name).map((item) => rowOf(item, `object in "${name}"`));

function text(row: Row, name: string): string {
  const value = row[name];
  // Half a surrogate pair has no UTF-8 form and so no hash.
  if (typeof value === 'string' && !/\p{Surrogate}/u.test(value)) return value;
  return refuse(`"${name}" of ${String(row.id)} is not a text`);
}

const textOrNull = (row: Row, name: string): string | null =>
  row[name] === undefined ? null : text(row, name);

/** All numbers of an input are whole and below 2^53, where JavaScript counts exactly. */
function whole(row: Row, name: string, least = 0): number {
  const value = row[name];
  if (Number.isSafeInteger(value) && (value as number) >= least) return value as number;
  return refuse(`"${name}" of ${String(row.id)} is not a whole number below 2^53`);
}

/** Sorts by id. Ids are looked up in a Map: a plain object would trip over names like "__proto__". */
function byId<T extends { id: string }>(items: T[]): Map<string, T> {
  const map = new Map(items.sort((a, b) => byCodePoint(a.id, b.id)).map((item) => [item.id, item]));
  return map.size === items.length ? map : refuse('an id occurs twice');
}

export function readSection(row: Row, groups: Map<string, Pool>, ignorePrio: boolean): Section {
  const group = textOrNull(row, 'group');
  const ownPool = { id: '', cap: Infinity, sections: [] };
  const pool = group === null ? ownPool : (groups.get(group) ?? refuse(`unknown group ${group}`));
  const days = listOf(row, 'days').map(String);
  const reserve = ignorePrio ? [] : rowsOf(row, 'reserve').filter((r) => r.n !== 0);
  const section: Section = {
    id: text(row, 'id'),
    cap: whole(row, 'cap'),
    min: whole({ min: 0, ...row }, 'min'),
    slot: textOrNull(row, 'slot'),
    course: textOrNull(row, 'course'),
    days,
    start: days.length ? whole(row, 'start') : 0,
    end: days.length ? whole(row, 'end') : 0,
    pool,
    reserve: new Map(reserve.map((r) => [whole(r, 'class', LEAST), whole(r, 'n')])),
  };
  if (section.reserve.size < reserve.length) refuse(`${section.id} reserves twice for one class`);
  pool.sections.push(section);
  return section;
}

export function readStudent(
  row: Row,
  sections: Map<string, Section>,
  ignorePrio: boolean,
): Student {
  const id = text(row, 'id');
  const classes = new Map(Object.entries(ignorePrio ? {} : (row.prio ?? {})));
  const points = new Map(Object.entries(row.util ?? {}));
  const student: Student = {
    id,
    quota: whole(row, 'quota'),
    lottery: row.lottery === undefined ? null : whole(row, 'lottery', LEAST),
    token: textOrNull(row, 'token'),
    wishes: [],
    number: '',
    position: 0,
  };
  const names = listOf(row, 'prefs') as string[];
  if (new Set(names).size < names.length) refuse(`${id} wishes a section twice`);
  student.wishes = names.map((name, i) => ({
    student,
    section: sections.get(name) ?? refuse(`${id} wishes the unknown section ${name}`),
    rank: i + 1,
    class: whole({ id, prio: classes.get(name) ?? 0 }, 'prio', LEAST), // not named: class 0
    points: whole({ id, util: points.get(name) ?? 0 }, 'util'),
  }));
  return student;
}

/** Reads the file and holds the lottery. `ignorePrio` drops `prio` and `reserve`. */
export async function readMarket(
  bytes: Bytes,
  seed: string | null,
  ignorePrio: boolean,
): Promise<Market> {
  if (seed !== null && !/^(?:[0-9a-f]{2}){1,512}$/.test(seed))
    refuse('the seed is not hexadecimal');
  const file = rowOf(parseFile(bytes), 'object in the file');
  const groups = rowsOf(file, 'groups').map(
    (row): Pool => ({ id: text(row, 'id'), cap: whole(row, 'cap'), sections: [] }),
  );
  const groupOf = byId(groups);
  const sections = rowsOf(file, 'courses').map((row) => readSection(row, groupOf, ignorePrio));
  const sectionOf = byId(sections);
  const studentRows = rowsOf(file, 'students');
  const students = studentRows.map((row) => readStudent(row, sectionOf, ignorePrio));
  byId(students);

  // The lottery. Students are sorted by id already, so equal numbers stay in the order of the ids.
  if (seed !== null) {
    const inputs = students.map(({ id, token }) => utf8(`${seed}|${token ?? id}`));
    (await sha256All(inputs)).forEach((hash, i) => (students[i]!.number = hex(hash)));
  } else if (students.some((student) => student.lottery === null)) {
    deny('without a seed every student needs a lottery number');
  }
  const byPosition = [...students].sort((a, b) =>
    seed === null ? a.lottery! - b.lottery! : byCodePoint(a.number, b.number),
  );
  byPosition.forEach((student, i) => (student.position = i + 1));
  const hasPoints = studentRows.some((row) => row.util !== undefined);
  return { sections, students, byPosition, seed, hasPoints, sha256: hex(await sha256(bytes)) };
}

/** May nobody hold both? Same slot, same course number, or a common day and overlapping minutes. */
export function conflict(a: Section, b: Section): boolean {
  if (a.slot !== null && a.slot === b.slot) return true;
  if (a.course !== null && a.course === b.course) return true;
  return a.start < b.end && b.start < a.end && a.days.some((day) => b.days.includes(day));
}
