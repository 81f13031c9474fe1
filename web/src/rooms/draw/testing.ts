// Helpers of the tests in this folder: small random instances, and receipts as the office prints them.

import { hex, readMarket, sha256, toJson, utf8 } from './instance.js';
import type { Bytes, Row } from './instance.js';
import { outcomeLeaves, pricesOf } from './outcome.js';
import { leavesOf, merkleRoot, rootOver } from './receipt.js';
import { run } from './verify.js';

export const bytesOf = (value: unknown): Bytes => utf8(JSON.stringify(value));

export type Result = {
  assignment: Record<string, string[]>;
  cutoffs: Record<string, unknown>;
  waiting: Record<string, string[]>;
  stats: {
    blocking_pairs: number;
    closed: string[];
    profile: number[];
    reopened?: string[];
    seated: number;
    total_rank: number;
    total_utility: number | null;
    with_nothing: number;
  };
} & Row;

export async function drawn(
  instance: unknown,
  rule: string,
  seed: string | null = null,
  ignorePrio = false,
): Promise<Result> {
  return JSON.parse(await run(bytesOf(instance), rule, seed, ignorePrio)) as Result;
}

/** Numbers that look random and are the same on every machine (mulberry32). */
export function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % sides;
  };
}

export function shuffled<T>(items: T[], roll: (sides: number) => number): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = roll(i + 1);
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}

export type Instance = { courses: Row[]; students: Row[]; groups: Row[] };

type Wanted = {
  students?: number;
  sections?: number;
  overlaps?: boolean; // weekly times, so that conflicts are no separate cliques
  prio?: 'wish' | 'student';
  reserves?: boolean;
  mins?: boolean;
  groups?: boolean;
  util?: boolean;
};

/** Seats reserved for one or two classes, no more than there are. */
function reserves(cap: number, roll: (sides: number) => number): Row[] {
  const first = { class: roll(3), n: 1 + roll(cap) };
  const second = { class: (first.class + 1) % 3, n: roll(cap - first.n + 1) };
  return roll(2) ? [first] : [first, second];
}

/** A small scarce instance with the features asked for. */
export function randomInstance(seed: number, wanted: Wanted): Instance {
  const roll = dice(seed);
  const count = wanted.sections ?? 2 + roll(5);
  const groups = wanted.groups ? ['g1', 'g2'].map((id) => ({ id, cap: 1 + roll(4) })) : [];
  const courses = Array.from({ length: count }, (_, i): Row => {
    const start = 900 + 30 * roll(4);
    const cap = roll(12) === 0 ? 0 : 1 + roll(3);
    return {
      id: ['10', '9', 'x', '__proto__', 'é', '2', '\u{1F600}', '\uFFEE'][i]!,
      cap,
      slot: roll(2) ? `t${roll(3)}` : null,
      ...(wanted.overlaps && { days: shuffled(['Mon', 'Tue', 'Wed'], roll).slice(0, 1 + roll(2)) }),
      ...(wanted.overlaps && { start, end: start + 60 }),
      ...(wanted.mins && roll(3) === 0 && { min: 1 + roll(3) }),
      ...(wanted.groups && roll(3) > 0 && { group: `g${1 + roll(2)}` }),
      ...(wanted.reserves && cap > 0 && roll(2) && { reserve: reserves(cap, roll) }),
    };
  });
  const students = Array.from({ length: wanted.students ?? 3 + roll(10) }, (_, i): Row => {
    const prefs = shuffled(courses, roll)
      .slice(0, roll(count + 1))
      .map((course) => course.id);
    const own = roll(3);
    const perWish = (figure: () => number) => Object.fromEntries(prefs.map((id) => [id, figure()]));
    return {
      id: `s${i}`,
      quota: 1 + roll(3),
      lottery: roll(8), // with equal numbers
      ...(roll(4) === 0 && { token: `family ${roll(3)}` }),
      prefs,
      ...(wanted.prio === 'wish' && { prio: perWish(() => roll(3)) }),
      ...(wanted.prio === 'student' && { prio: perWish(() => own) }),
      ...(wanted.util && { util: perWish(() => roll(9)) }),
    };
  });
  return { courses, students, groups };
}

async function pathTo(index: number, leaves: Bytes[]): Promise<Bytes[]> {
  if (leaves.length <= 1) return [];
  let left = 1;
  while (left * 2 < leaves.length) left *= 2;
  const [low, high] = [leaves.slice(0, left), leaves.slice(left)];
  return index < left
    ? [...(await pathTo(index, low)), await treeHash(high)]
    : [...(await pathTo(index - left, high)), await treeHash(low)];
}

/** The root by the definition in RFC 6962, section 2.1. */
export async function treeHash(leaves: Bytes[]): Promise<Bytes> {
  if (leaves.length === 0) return sha256(utf8(''));
  if (leaves.length === 1) return sha256(Uint8Array.of(0, ...leaves[0]!));
  let left = 1;
  while (left * 2 < leaves.length) left *= 2;
  const parts = [await treeHash(leaves.slice(0, left)), await treeHash(leaves.slice(left))];
  return sha256(Uint8Array.of(1, ...parts[0]!, ...parts[1]!));
}

/** The receipts of all students of a result. */
export async function receiptsOf(instance: unknown, result: Result): Promise<Row[]> {
  const bytes = bytesOf(instance);
  const leaves = leavesOf(bytes);
  const encoded = leaves.map((leaf) => utf8(toJson(leaf)));
  const root = await merkleRoot(bytes);
  const outcome = await outcomeLeaves(bytes, result);
  const outcomeRoot = await rootOver(outcome);
  const outcomeEncoded = outcome.map((leaf) => utf8(toJson(leaf)));
  const part = async (index: number) => ({
    index,
    leaf: JSON.parse(toJson(leaves[index])) as Row,
    path: (await pathTo(index, encoded)).map(hex),
  });
  const outcomePart = async (index: number) => ({
    index,
    path: (await pathTo(index, outcomeEncoded)).map(hex),
  });
  const seed = result.seed as string | null;
  const market = await readMarket(bytes, seed, false);
  const prices = pricesOf(market, result.certificate);
  const own = new Map(Object.entries(result.assignment));
  return Promise.all(
    market.students.map(async (student) => {
      const ids = student.wishes.map(({ section }) => section.id);
      const sections = ids.map((id) => part(leaves.findIndex((leaf) => leaf.section === id)));
      const inOutcome = ids.map((id) =>
        outcomePart(outcome.findIndex((leaf) => leaf.section === id)),
      );
      const cutoffs = ids.map((id): [string, unknown] => [
        id,
        new Map(Object.entries(result.cutoffs)).get(id),
      ]);
      const ownPrices = ids.flatMap((id): [string, unknown][] =>
        prices.sections.has(id) ? [[id, JSON.parse(toJson(prices.sections.get(id)))]] : [],
      );
      return {
        algorithm: result.algorithm,
        assignment: own.get(student.id),
        cutoffs: Object.fromEntries(cutoffs),
        format: 2,
        ...(await part(leaves.findIndex((leaf) => leaf.student === student.id))),
        number: seed === null ? student.lottery : student.number,
        outcome: {
          head: { path: (await pathTo(0, outcomeEncoded)).map(hex) },
          leaves: outcome.length,
          points: market.hasPoints,
          root: outcomeRoot,
          sections: await Promise.all(inOutcome),
          student: await outcomePart(outcome.findIndex((leaf) => leaf.student === student.id)),
        },
        position: student.position,
        ...(result.rule === 'welfare' && {
          prices: Object.fromEntries(ownPrices),
          surcharges: Object.fromEntries(prices.surcharges.get(student.id) ?? []),
        }),
        root,
        rule: result.rule,
        sections: await Promise.all(sections),
        seed,
        size: leaves.length,
      };
    }),
  );
}
