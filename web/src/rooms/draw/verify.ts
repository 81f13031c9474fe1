// The result of a draw: derived again in full, or (rule `welfare`) checked with its certificate.
// Definition: draw.md, section 4. `verify` trusts nothing in the result but the seed and the rule.

import { certificateFaults } from './certificate.js';
import { BadInput, Impossible, listOf, parseFile, parseJson, readMarket } from './instance.js';
import { deny, refuse, rowOf, toJson } from './instance.js';
import type { Bytes, Market, Row, Section, Student, Wish } from './instance.js';
import { blockingPairs, byKey, draw, fits, Held, refusedBy, wouldTake } from './rules.js';
import { algorithmOf, readAlgorithm } from './algorithm.js';
import type { Algorithm } from './algorithm.js';
import type { Aside, Outcome, Turn } from './rules.js';

/** The rules that need no proof: they are drawn again. */
const RULES = ['stable', 'draft', 'serial'];

/** How a cut-off names a student; the number is shortened, or the file's own without a seed. */
const shown = (market: Market, student: Student) => ({
  number: market.seed === null ? student.lottery : student.number.slice(0, 16),
  position: student.position,
});

const hasReserves = (section: Section): boolean =>
  section.pool.sections.some((other) => other.reserve.size > 0);

/** `stable`: the worst key that got in. With reserves every class has a cut-off of its own. */
function stableCutoff(market: Market, held: Held, section: Section, wishes: Wish[]): unknown {
  const last = (admitted: readonly Wish[]) => {
    const wish = admitted.at(-1);
    return wish && { class: wish.class, ...shown(market, wish.student) };
  };
  const fullPlace = [section, section.pool].find((place) => held.isFull(place));
  if (!fullPlace) return null;
  if (!hasReserves(section)) return last(held.in(fullPlace));
  const classes = [...new Set(wishes.map((wish) => wish.class))].sort((a, b) => b - a);
  return {
    classes: classes.map((name) => {
      const { student, ...wish } = wishes.find((one) => one.class === name)!;
      const oneMore = { ...wish, student: { ...student, position: Infinity } };
      if (refusedBy(held, oneMore) !== oneMore) return { class: name, open: true };
      const admitted = held.in(section).filter((one) => one.class === name);
      return last(admitted) ?? { class: name, none: true };
    }),
  };
}

/** `draft`, `serial`: the turn after which the section was full, or closed to a class. */
function turnCutoff(market: Market, section: Section, lastTurns: Turn[]): unknown {
  const phases = lastTurns.map(({ student, ...turn }) => ({
    ...turn,
    ...(student ? shown(market, student) : { number: null, position: 0 }),
  }));
  if (phases.length === 0) return null;
  return hasReserves(section) ? { phases } : { ...phases[0], release: undefined };
}

/** A section that opened again for those with nothing, as number `order`: who of them got in. */
function asideCutoff(market: Market, { section, admitted, left }: Aside, order: number): unknown {
  if (left.length === 0) return { reopened: order };
  const last = (of: Wish[]) => {
    const wish = of.at(-1);
    return wish && { class: wish.class, ...shown(market, wish.student) };
  };
  if (section.reserve.size === 0) return { ...last(admitted), reopened: order };
  const names = [...new Set([...admitted, ...left].map((wish) => wish.class))];
  const classes = names
    .sort((a, b) => b - a)
    .map((name) => {
      if (left.every((wish) => wish.class !== name)) return { class: name, open: true };
      const own = admitted.filter((wish) => wish.class === name).sort(byKey);
      return last(own) ?? { class: name, none: true };
    });
  return { classes, reopened: order };
}

/** The bytes of the result: one line of compact JSON. */
export function resultText(
  market: Market,
  { rule, edition, ignorePrio }: Algorithm,
  { drawn, held, lastTurns, reopened, aside }: Outcome,
  certificate: unknown,
): string {
  const { sections, students } = market;
  const closed = new Set(sections.filter((s) => s.min > 0 && held.in(s).length === 0));
  const wishesFor = new Map<Section, Wish[]>(sections.map((section) => [section, []]));
  const waiting = new Map<Section, Wish[]>(sections.map((section) => [section, []]));
  for (const student of students) {
    for (const wish of student.wishes) wishesFor.get(wish.section)!.push(wish);
    for (const wish of wouldTake(student, held)) {
      if (!closed.has(wish.section)) waiting.get(wish.section)!.push(wish);
    }
  }
  const cutoff = (section: Section): unknown => {
    const order = aside.findIndex((one) => one.section === section) + 1;
    if (order > 0) return asideCutoff(market, aside[order - 1]!, order);
    if (closed.has(section) || section.cap === 0 || section.pool.cap === 0) return 'closed';
    if (rule === 'stable') return stableCutoff(market, drawn, section, wishesFor.get(section)!);
    if (rule !== 'welfare') return turnCutoff(market, section, lastTurns.get(section)!);
    return held.isFull(section) || held.isFull(section.pool) ? 'full' : null;
  };
  const openedAgain = new Set([...reopened, ...aside.map(({ section }) => section)]);
  const again = sections.filter((section) => openedAgain.has(section));
  const granted = students.flatMap((student) => held.of(student));
  const longest = students.reduce((most, student) => Math.max(most, student.wishes.length), 0);
  const profile: number[] = Array(longest).fill(0);
  for (const wish of granted) profile[wish.rank - 1]!++;
  // Points may be large: BigInt keeps their total exact.
  const points = granted.reduce((sum, wish) => sum + BigInt(wish.points), 0n);
  const bySection = (list: (section: Section) => unknown) =>
    new Map(sections.map((section) => [section.id, list(section)]));
  const text = toJson({
    algorithm: algorithmOf({ rule, edition, ignorePrio }),
    assignment: new Map(
      students.map((student) => [student.id, held.of(student).map((wish) => wish.section.id)]),
    ),
    certificate,
    cutoffs: bySection(cutoff),
    format: 1,
    instance_sha256: market.sha256,
    rule,
    seed: market.seed,
    stats: {
      blocking_pairs: blockingPairs(market, held, closed).length,
      closed: [...closed].map((section) => section.id),
      profile,
      reopened: rule === 'welfare' || edition === 1 ? undefined : again.map(({ id }) => id),
      seated: granted.length,
      total_rank: granted.reduce((sum, wish) => sum + wish.rank, 0),
      total_utility: market.hasPoints ? points : null,
      with_nothing: students.filter((student) => held.of(student).length === 0).length,
    },
    waiting: bySection((section) => {
      const wishes = waiting.get(section)!.sort(byKey);
      return wishes.map((wish) => wish.student.id);
    }),
  });
  return text + '\n';
}

/** Draws: the bytes of the result for `stable`, `draft` or `serial`. */
export async function run(
  instance: Bytes,
  rule: string,
  seed: string | null,
  ignorePrio: boolean,
  edition: 1 | 2 = 2,
): Promise<string> {
  if (!RULES.includes(rule)) refuse(`this program cannot run "${rule}"`);
  const market = await readMarket(instance, seed, ignorePrio);
  const outcome = draw(market, rule, edition);
  // Whoever decides wrongly must not publish.
  const faults = brokenRules(market, outcome.held);
  if (faults.length > 0) throw new Error(`a fault of ours: ${faults.join('; ')}`);
  return resultText(market, { rule, edition, ignorePrio }, outcome, null);
}

/** Everything in which the granted seats break a rule of section 1. */
function brokenRules(market: Market, held: Held): string[] {
  const faults: string[] = [];
  for (const student of market.students) {
    const own = held.of(student);
    const possible = own.every((wish, i) => fits(wish, own.slice(0, i)));
    if (!possible) faults.push(`${student.id} holds too many sections, or two that conflict`);
  }
  for (const section of market.sections) {
    const seats = held.in(section).length;
    if (seats > section.cap) faults.push(`${section.id} has more students than places`);
    if (seats > 0 && seats < section.min) faults.push(`${section.id} runs below its minimum`);
  }
  for (const pool of new Set(market.sections.map((section) => section.pool))) {
    if (held.in(pool).length > pool.cap)
      faults.push(`group ${pool.id} has more students than places`);
  }
  return faults;
}

/** `welfare`: who got what is read from the result; all else is derived from it. */
function readAssignment(market: Market, assignment: Row, faults: string[]): Held {
  const held = new Held();
  for (const student of market.students) {
    for (const name of listOf(assignment, student.id)) {
      const wish = student.wishes.find((own) => own.section.id === name);
      if (!wish) faults.push(`${student.id} holds ${String(name)} without having wished it`);
      else if (!held.has(wish)) held.add(wish);
    }
  }
  return held;
}

/** Names what differs, down to the section or student. */
function differences(expected: Row, actual: Row): string[] {
  const lines = (result: Row): Map<string, string> => {
    const found = new Map<string, string>();
    for (const [name, value] of Object.entries(result)) {
      const isMap = ['assignment', 'cutoffs', 'stats', 'waiting'].includes(name);
      if (!isMap) found.set(name, toJson(value));
      for (const [key, item] of isMap ? Object.entries(value ?? {}) : []) {
        found.set(`${name} of ${key}`, toJson(item));
      }
    }
    return found;
  };
  const [want, got] = [lines(expected), lines(actual)];
  const differing = [...new Set([...want.keys(), ...got.keys()])].filter(
    (name) => want.get(name) !== got.get(name),
  );
  if (differing.length === 0) return ['the text is not the canonical JSON of its content'];
  const shown = (json = 'absent'): string => (json.length > 300 ? `${json.slice(0, 300)}…` : json);
  return differing.map((n) => `${n} should be ${shown(want.get(n))}, not ${shown(got.get(n))}`);
}

async function faultsOf(instance: Bytes, given: Bytes): Promise<string[]> {
  const result = rowOf(parseFile(given), 'object in the result');
  const rule = String(result.rule);
  if (![...RULES, 'welfare'].includes(rule)) refuse('unknown rule');
  if (typeof result.algorithm !== 'string') refuse('"algorithm" is not a text');
  const seed = result.seed === undefined ? null : String(result.seed).toLowerCase();
  if (seed !== null && typeof result.seed !== 'string') refuse('"seed" is not a text');
  const assignment = rowOf(result.assignment, 'assignment');
  for (const student of Object.keys(result.assignment as Row)) {
    if (!Array.isArray(assignment[student])) refuse(`"assignment" of ${student} is not a list`);
  }
  const algorithm = readAlgorithm(rule, result.algorithm) ?? deny('unknown algorithm');
  const { edition, ignorePrio } = algorithm;

  const faults: string[] = [];
  let expected: string;
  if (rule === 'welfare') {
    const market = await readMarket(instance, seed, ignorePrio);
    const classed = market.students.some(({ wishes }) => wishes.some((wish) => wish.class !== 0));
    if (classed || market.sections.some((section) => section.reserve.size > 0)) {
      deny('welfare knows no priorities: this input had to be refused');
    }
    const held = readAssignment(market, assignment, faults);
    faults.push(...brokenRules(market, held));
    faults.push(...(await certificateFaults(market, held, result.certificate)));
    // The certificate was judged just now. Here it stands for itself; all else is derived.
    const outcome = { drawn: held, held, lastTurns: new Map(), reopened: [], aside: [] };
    expected = resultText(market, algorithm, outcome, result.certificate ?? null);
  } else {
    expected = await run(instance, rule, seed, ignorePrio, edition);
  }
  if (new TextDecoder().decode(given) !== expected) {
    faults.push(...differences(parseJson(expected) as Row, parseFile(given) as Row));
  }
  return faults;
}

/** `malformed`: an input or a result file that has no such form, which is neither true nor false. */
export type Report = { ok: boolean; malformed?: true; reasons: string[] };

/** Is this the result that the published rule gives for this input? Reasons are whole sentences. */
export async function verify(instance: Bytes, result: Bytes): Promise<Report> {
  try {
    const reasons = await faultsOf(instance, result);
    return { ok: reasons.length === 0, reasons };
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    const reasons = [error.message];
    return error instanceof Impossible
      ? { ok: false, reasons }
      : { ok: false, malformed: true, reasons };
  }
}
