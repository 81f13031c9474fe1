// One family's receipt, checked alone: that its wishes are in the published list, that its number
// follows from the seed, and that its result follows from the published cut-offs. Also the hash tree
// over the whole list (RFC 6962). Definition: draw.md, section 6.

import { readAlgorithm } from './algorithm.js';
import { bestBundle, cliquesOf, figure, pack, price } from './certificate.js';
import type { Offer } from './certificate.js';
import { BadInput, byCodePoint, conflict, hex, listOf, parseFile } from './instance.js';
import { readSection, readStudent, refuse, rowOf, rowsOf } from './instance.js';
import { sha256, sha256All, toJson, utf8 } from './instance.js';
import type { Bytes, Row, Pool, Student, Wish } from './instance.js';
import { headLeaf, sectionLeaf, studentLeaf } from './outcome.js';
import { fits } from './rules.js';
import { say } from './words.js';
import type { Report } from './verify.js';
import type { Language, Word } from './words.js';

// --- the hash tree ---

const leafInput = (leaf: unknown): Bytes => Uint8Array.of(0, ...utf8(toJson(leaf)));
const nodeInput = (left: Bytes, right: Bytes): Bytes => Uint8Array.of(1, ...left, ...right);

/** The leaves in their order: groups, sections, students. Absent fields are left out. */
export function leavesOf(instance: Bytes): Row[] {
  const file = rowOf(parseFile(instance), 'object in the file');
  const byId = (name: string): Row[] =>
    rowsOf(file, name).sort((a, b) => byCodePoint(String(a.id), String(b.id)));
  const groups = byId('groups').map(({ id, cap }) => ({ cap, group: id }));
  const daysOf = (row: Row): string[] | undefined => {
    const days = [...new Set(listOf(row, 'days').map(String))].sort(byCodePoint);
    return days.length ? days : undefined;
  };
  const sections = byId('courses').map((row) => ({
    cap: row.cap,
    course: row.course,
    days: daysOf(row),
    end: daysOf(row) && row.end,
    group: row.group,
    min: row.min || undefined,
    reserve:
      row.reserve &&
      rowsOf(row, 'reserve')
        .sort((a, b) => Number(a.class) - Number(b.class))
        .map((r) => ({ class: r.class, n: r.n })),
    section: row.id,
    slot: row.slot,
    start: daysOf(row) && row.start,
  }));
  const students = byId('students').map((row) => {
    const wished = new Set(row.prefs as string[]);
    const ofWishes = (given: unknown) =>
      given && new Map(Object.entries(given).filter(([id, n]) => wished.has(id) && n !== null));
    const { lottery, prefs, quota, id, token } = row;
    const prio = ofWishes(row.prio);
    return { lottery, prefs, prio, quota, student: id, token, util: ofWishes(row.util) };
  });
  return [...groups, ...sections, ...students];
}

/** The root of the tree over a whole instance, published before the seed is known. */
export async function merkleRoot(instance: Bytes): Promise<string> {
  return rootOver(leavesOf(instance));
}

export async function rootOver(leaves: Row[]): Promise<string> {
  // Level by level; whoever has no neighbour moves up. That is the split at powers of two.
  let level = await sha256All(leaves.map(leafInput));
  if (level.length === 0) return hex(await sha256(utf8('')));
  while (level.length > 1) {
    const pairs: Bytes[] = [];
    for (let i = 0; i + 1 < level.length; i += 2) pairs.push(nodeInput(level[i]!, level[i + 1]!));
    const alone = level.length % 2 === 1 ? [level.at(-1)!] : [];
    level = [...(await sha256All(pairs)), ...alone];
  }
  return hex(level[0]!);
}

/** Climbs from a leaf to the root; `path` holds the neighbours met on the way, lowest first. */
async function rootFrom(leaf: Bytes, index: number, size: number, path: Bytes[]): Promise<Bytes> {
  const neighbour = path.at(-1);
  if (size === 1 && index === 0 && !neighbour) return leaf;
  if (size <= 1 || index < 0 || index >= size || !neighbour)
    return refuse('a path that leads nowhere');
  let left = 1; // leaves in the left part: the largest power of two below `size`
  while (left * 2 < size) left *= 2;
  const below = path.slice(0, -1);
  return index < left
    ? sha256(nodeInput(await rootFrom(leaf, index, left, below), neighbour))
    : sha256(nodeInput(neighbour, await rootFrom(leaf, index - left, size - left, below)));
}

/** Does a leaf lead along the part's path to the root? */
async function isInTree(part: Row, of: unknown, size: unknown, root: string): Promise<boolean> {
  const path = part.path as string[];
  if (!path.every((step) => /^[0-9a-f]{64}$/.test(step))) refuse('a path of other than hashes');
  const steps = path.map((step) => Uint8Array.from(step.match(/../g)!, (two) => parseInt(two, 16)));
  try {
    const leaf = await sha256(leafInput(of));
    return hex(await rootFrom(leaf, part.index as number, size as number, steps)) === root;
  } catch (error) {
    if (error instanceof BadInput) return false;
    throw error;
  }
}

// --- the cut-offs ---

type Last = { class: number; number: unknown; position: number };
type Turn = Last & { round: number; release: boolean };
type ClassCut = Last & { open?: true; none?: true };
type Cut = Turn & { classes?: ClassCut[]; phases?: Turn[]; reopened?: number };
type Cutoff = null | 'closed' | 'full' | Cut;

/** Its number among the sections that opened again for those with nothing; 0: it is none. */
const reopenedAs = (cutoff: Cutoff): number =>
  typeof cutoff === 'object' && cutoff !== null ? (cutoff.reopened ?? 0) : 0;

/** Where a wish stands at a cut-off: below 0 it gets in, above 0 not, 0: it has the last seat. */
type Standing = number;
const IN: Standing = -1;
const OUT: Standing = 1;

function compareNumbers(student: Student, last: Last): Standing {
  const order =
    student.number === ''
      ? student.lottery! - Number(last.number)
      : byCodePoint(student.number.slice(0, 16), String(last.number));
  return order || student.position - last.position;
}

/** `stable`: the key must not be worse than that of the last one admitted. */
function standingByKey(wish: Wish, cutoff: Cutoff): Standing {
  if (cutoff === null) return IN;
  if (typeof cutoff === 'string' || reopenedAs(cutoff) > 0) return OUT;
  return standingAt(wish, cutoff);
}

function standingAt({ student, class: own }: Wish, cutoff: Cut): Standing {
  const last: ClassCut | undefined = cutoff.classes
    ? cutoff.classes.find((entry) => entry.class === own)
    : cutoff;
  if (!last || last.none) return OUT;
  return last.open ? IN : last.class - own || compareNumbers(student, last);
}

/** `draft`, `serial`: the section must still be open when it is the child's turn in this round. */
function standingByTurn(wish: Wish, cutoff: Cutoff, release: boolean, round: number): Standing {
  if (cutoff === null) return IN;
  if (typeof cutoff === 'string' || reopenedAs(cutoff) > 0) return OUT;
  let last: Turn = cutoff;
  if (cutoff.phases) {
    const own = cutoff.phases.find((p) => p.class === wish.class && p.release === release);
    if (!own) return IN; // open to this class to the end
    if (own.number === null) return OUT;
    last = own;
  } else {
    // Without reserves nothing is held back: the seats go in the first pass, highest class first.
    if (release) return OUT;
    if (last.class !== wish.class) return last.class - wish.class;
  }
  if (round !== last.round) return round - last.round;
  const order = compareNumbers(wish.student, last);
  return round % 2 === 1 ? order : -order; // even rounds go backwards
}

/** The wishes a child must get by the cut-offs: its own turns or its own walk down the list again. */
function derive(
  rule: string,
  student: Student,
  cutoffOf: (wish: Wish) => Cutoff,
  stated: Wish[],
): Wish[] {
  const taken: Wish[] = [];
  const takeFrom = (standingOf: (wish: Wish) => Standing): void => {
    const before = taken.length;
    for (const wish of student.wishes) {
      if (taken.includes(wish) || !fits(wish, taken)) continue;
      const standing = standingOf(wish);
      // A child that took the last seat of a group meets its own number at the group's other sections
      // too. How many seats the group still had is not in a receipt: there the result is believed.
      const sameGroup = taken.slice(before).some((own) => own.section.pool === wish.section.pool);
      const believed = standing === 0 && sameGroup && !stated.includes(wish);
      if (standing <= 0 && !believed) taken.push(wish);
      if (rule === 'draft' && taken.length > before) return; // one section a turn
    }
  };
  if (rule === 'stable') takeFrom((wish) => standingByKey(wish, cutoffOf(wish)));
  for (const release of rule === 'stable' ? [] : [false, true]) {
    for (let round = 1, before = -1; taken.length > before; round++) {
      before = rule === 'serial' ? Infinity : taken.length; // serial has a single round
      takeFrom((wish) => standingByTurn(wish, cutoffOf(wish), release, round));
    }
  }
  if (taken.length === 0) {
    // Who got nothing takes the first section that opened again and lets the child in.
    const letsIn = (wish: Wish): boolean => {
      const cutoff = cutoffOf(wish);
      if (typeof cutoff !== 'object' || cutoff === null || reopenedAs(cutoff) === 0) return false;
      const all = cutoff.classes === undefined && cutoff.class === undefined;
      return all || standingAt(wish, cutoff) <= 0;
    };
    const order = (wish: Wish): number => reopenedAs(cutoffOf(wish));
    taken.push(
      ...student.wishes
        .filter(letsIn)
        .sort((a, b) => order(a) - order(b))
        .slice(0, 1),
    );
  }
  return student.wishes.filter((wish) => taken.includes(wish));
}

// --- the receipt ---

export type WishReport = { section: string; granted: boolean; reason: Word; text: string };
/** `malformed`: it has not the form of a receipt, and so is neither true nor false. */
export type ReceiptReport = Report & { wishes: WishReport[] };

/**
 * Checks one receipt against what was published: the root of the inputs, the seed (null: drawn by the
 * file's own numbers) and the root of the outcome (null: not at hand, then the report names it).
 */
export async function checkReceipt(
  bytes: Bytes,
  root: string,
  seed: string | null,
  language: Language = 'zh-Hans',
  outcome: string | null = null,
): Promise<ReceiptReport> {
  try {
    return await check(parseFile(bytes) as Row, { root, seed, outcome }, language);
  } catch (error) {
    // What has another type where an object, a list or a number should stand, or is nested too deep.
    const kinds = [BadInput, TypeError, RangeError];
    if (!(error instanceof Error && kinds.some((kind) => error instanceof kind))) throw error;
    const reasons = [say(language, 'form', { why: error.message })];
    return { ok: false, malformed: true, reasons, wishes: [] };
  }
}

/** Refuses an object with other members than these. */
function only(value: unknown, names: string[]): Row {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse('no object');
  for (const name of Object.keys(value)) {
    if (!names.includes(name)) refuse(`"${name}" stands in no receipt`);
  }
  for (const name of names) if (!(name in value)) refuse(`"${name}" is missing`);
  return value as Row;
}

const members =
  'algorithm assignment cutoffs format index leaf number outcome path position root rule sections seed size';

type Published = { root: string; seed: string | null; outcome: string | null };

/** Are rule, seed and size, the cut-offs, the seats and the place those of the outcome's tree? */
async function checkOutcome(
  receipt: Row,
  student: Student,
  published: Published,
  fault: (word: Word, values?: object) => unknown,
): Promise<void> {
  const { algorithm, root, seed, size, assignment, number, position, rule } = receipt;
  const outcome = only(receipt.outcome, 'head leaves points root sections student'.split(' '));
  const tree = String(outcome.root);
  if (!/^[0-9a-f]{64}$/.test(tree)) refuse('the root of the outcome');
  if (published.outcome !== null && tree !== published.outcome) fault('outcome');
  const { leaves, points } = outcome;
  const head = headLeaf({ algorithm, leaves, points, root, seed, size });
  const top = { ...only(outcome.head, ['path']), index: 0 };
  if (!(await isInTree(top, head, leaves, tree))) fault('head');
  const prices = rule === 'welfare' ? (receipt.prices as Row) : {};
  const priceOf = new Map(Object.entries(prices));
  const wished = new Set(student.wishes.map(({ section }) => section.id));
  for (const id of priceOf.keys()) if (!wished.has(id)) refuse(`a price for ${id}`);
  const parts = listOf(outcome, 'sections');
  if (parts.length !== student.wishes.length) refuse('a section of the outcome for each wish');
  for (const [i, { section }] of student.wishes.entries()) {
    const cutoff = new Map(Object.entries(receipt.cutoffs as Row)).get(section.id);
    const price = priceOf.get(section.id);
    const leaf = sectionLeaf(
      section.id,
      cutoff,
      price === undefined ? {} : only(price, ['price', 'scale', 'unit']),
    );
    const part = only(parts[i], ['index', 'path']);
    if (!(await isInTree(part, leaf, leaves, tree))) fault('cutoff', { section: section.id });
  }
  const own = { assignment, number, position };
  const surcharges = new Map(Object.entries((receipt.surcharges as Row | undefined) ?? {}));
  const leaf = studentLeaf(student.id, own, surcharges);
  const part = only(outcome.student, ['index', 'path']);
  if (!(await isInTree(part, leaf, leaves, tree))) fault('own');
}

/**
 * `welfare`: at the published prices no bundle may be worth more to the child than what it has, or
 * the bound of the proof could not hold. Branches of a proof no receipt can show: then true.
 */
async function isBestAtPrices(receipt: Row, student: Student, stated: Wish[]): Promise<boolean> {
  const prices = new Map(Object.entries(receipt.prices as Row));
  const surcharges = new Map(Object.entries(receipt.surcharges as Row));
  const { points } = receipt.outcome as Row;
  const cliques = cliquesOf(student);
  const offers: Offer[] = [];
  let least = 0n;
  for (const wish of student.wishes) {
    const given = prices.get(wish.section.id);
    if (given === undefined) return true;
    const { scale, unit } = given as Row;
    const hash = await sha256(utf8(`${receipt.seed ?? ''}|${student.id}|${wish.section.id}`));
    const tie = BigInt(`0x${hex(hash.subarray(0, 4))}`);
    const liked = BigInt(points ? wish.points : -wish.rank);
    const worth = pack(figure(unit) + liked, -BigInt(student.position), -tie);
    const cost = price(given as Row, 'price');
    const more = surcharges.has(wish.section.id)
      ? price(receipt.surcharges as Row, wish.section.id)
      : 0n;
    const gain = figure(scale) * worth - cost - more;
    const { cap, min } = wish.section;
    if (cap > 0 && min <= cap) offers.push({ wish, gain, clique: cliques.get(wish)! });
    if (stated.includes(wish)) least += gain;
  }
  if (offers.length === 0) return true;
  const scale = figure((prices.get(offers[0]!.wish.section.id) as Row).scale);
  return bestBundle(offers, []) < least + scale;
}

async function check(
  receipt: Row,
  published: Published,
  language: Language,
): Promise<ReceiptReport> {
  const { root, seed } = published;
  const reasons: string[] = [];
  const fault = (word: Word, values = {}): unknown => reasons.push(say(language, word, values));
  const { algorithm, rule, size } = receipt;
  only(receipt, [...members.split(' '), ...(rule === 'welfare' ? ['prices', 'surcharges'] : [])]);
  if (receipt.format !== 2) refuse(`format ${receipt.format}`);
  if (!['stable', 'draft', 'serial', 'welfare'].includes(String(rule))) refuse(`rule ${rule}`);
  if (typeof algorithm !== 'string') refuse('"algorithm" is not a text');
  if (readAlgorithm(String(rule), algorithm) === null) fault('algorithm');
  const ignorePrio = algorithm.endsWith('+ignore-prio');

  // 1. The wishes and the sections are those in the published list.
  if (receipt.root !== root) fault('root');
  if (receipt.seed !== seed) fault('seed');
  if (!(await isInTree(receipt, receipt.leaf, size, root))) fault('leaf');
  const groups = new Map<string, Pool>();
  const parts = rowsOf(receipt, 'sections').map((part) => only(part, ['index', 'leaf', 'path']));
  const sections = new Map(
    parts.map((part) => {
      const leaf = part.leaf as Row;
      const group = leaf.group as string | undefined;
      if (group !== undefined && !groups.has(group))
        groups.set(group, { id: group, cap: Infinity, sections: [] });
      return [
        leaf.section as string,
        readSection({ ...leaf, id: leaf.section }, groups, ignorePrio),
      ];
    }),
  );
  for (const part of parts) {
    const section = (part.leaf as Row).section;
    if (!(await isInTree(part, part.leaf, size, root))) fault('section', { section });
  }
  const leaf = receipt.leaf as Row;
  const student = readStudent({ ...leaf, id: leaf.student }, sections, ignorePrio);

  // 2. The number follows from the seed.
  student.position = receipt.position as number;
  if (receipt.seed === null && student.lottery === null) refuse('no lottery number');
  if (seed !== null)
    student.number = hex(await sha256(utf8(`${seed}|${student.token ?? student.id}`)));
  if (receipt.number !== (seed === null ? student.lottery : student.number)) fault('number');

  // 3. The result follows from the cut-offs.
  const cutoffs = new Map(Object.entries(receipt.cutoffs as Record<string, Cutoff>));
  const cutoffOf = (wish: Wish): Cutoff => {
    const cutoff = cutoffs.get(wish.section.id);
    return cutoff === undefined ? refuse(`no cut-off for ${wish.section.id}`) : cutoff;
  };
  if (cutoffs.size !== student.wishes.length) refuse('one cut-off for each wish');
  await checkOutcome(receipt, student, published, fault);
  const assignment = receipt.assignment as string[];
  const stated = student.wishes.filter((wish) => assignment.includes(wish.section.id));
  const possible = stated.every((wish, i) => fits(wish, stated.slice(0, i)));
  if (!possible || stated.length !== assignment.length) fault('forbidden');
  const granted =
    rule === 'welfare'
      ? stated.filter((wish) => cutoffOf(wish) !== 'closed')
      : derive(String(rule), student, cutoffOf, stated);
  const expected = toJson(granted.map((wish) => wish.section.id));
  const actual = toJson(assignment);
  if (expected !== actual) fault('derived', { expected, actual });
  if (rule === 'welfare' && !(await isBestAtPrices(receipt, student, stated))) fault('prices');
  const wishes = student.wishes.map((wish): WishReport => {
    const section = wish.section.id;
    const { reason, ...values } = reasonFor(String(rule), wish, granted, cutoffOf(wish));
    const text = say(language, reason, { section, ...values });
    return { section, granted: granted.includes(wish), reason, text };
  });
  return { ok: reasons.length === 0, reasons, wishes };
}

/** Why a wish was granted or not. A difference of classes is not named: it could tell of hardship. */
function reasonFor(
  rule: string,
  wish: Wish,
  granted: Wish[],
  cutoff: Cutoff,
): { reason: Word; other?: string; quota?: number; number?: unknown; position?: number } {
  if (granted.includes(wish)) return { reason: 'granted' };
  if (cutoff === 'closed') return { reason: 'closed' };
  const above = granted.filter((own) => own.rank < wish.rank);
  const rival = above.find((own) => conflict(own.section, wish.section));
  if (rival) return { reason: 'conflict', other: rival.section.id };
  const { quota, position } = wish.student;
  if (above.length >= quota) return { reason: 'quota', quota };
  if (rule === 'welfare') return { reason: 'welfare' };
  if (cutoff === null || typeof cutoff === 'string') return { reason: 'full' };
  if (reopenedAs(cutoff) > 0) return { reason: 'reopened' };
  if (cutoff.position === position && above.length > 0) return { reason: 'group' };
  if (rule !== 'stable') return { reason: 'taken' };
  const last = cutoff.classes?.find((entry) => entry.class === wish.class) ?? cutoff;
  if (last.class !== wish.class || last.number === undefined) return { reason: 'full' };
  return { reason: 'after', number: last.number, position: last.position };
}
