// The proof that nothing better exists than the result of `welfare` (draw.md, section 5).
//
// Put a price on every seat. Whatever assignment is made, its worth is at most what all the seats
// cost together plus what every student gains at these prices by choosing freely. If that bound is
// no higher than the worth of the assignment at hand, nothing better exists. A branch splits the
// question in two (a section runs or not, a wish is granted or not); each half has its own prices.

import { BadInput, conflict, hex, listOf, refuse, rowOf, rowsOf } from './instance.js';
import { sha256, sha256All, toJson, utf8 } from './instance.js';
import type { Market, Pool, Row, Section, Student, Wish } from './instance.js';
import { fits } from './rules.js';
import type { Held } from './rules.js';

// Worths and prices are three figures that compare from the left. One BigInt holds them, 256 bits
// apart, so that adding and comparing is that of whole numbers, exact at any size. A figure of a
// certificate is below 2^64 and caps below 2^53: no sum spills into the next figure.
const SHIFT = 256n;
export const pack = (a: bigint, b: bigint, c: bigint): bigint => (((a << SHIFT) + b) << SHIFT) + c;
const firstFigure = (packed: bigint): bigint =>
  (packed + (1n << (2n * SHIFT - 1n))) >> (2n * SHIFT);

export function figure(value: unknown): bigint {
  if (!Number.isSafeInteger(value) && typeof value !== 'bigint') refuse('a figure is not whole');
  const exact = BigInt(value as number | bigint);
  return exact < 1n << 64n && exact > -(1n << 64n) ? exact : refuse('a figure is too large');
}

export function price(row: Row, name: string): bigint {
  const figures = listOf(row, name).map(figure);
  if (figures.length !== 3) refuse(`the price of ${name} is not three figures`);
  return pack(figures[0]!, figures[1]!, figures[2]!);
}

type Component = { sections: Section[]; students: Student[] };

/** Sections belong together when a student wishes both or a group holds both. */
export function components(market: Market): Component[] {
  const wishers = new Map<Section, Student[]>();
  for (const student of market.students) {
    for (const { section } of student.wishes) {
      if (!wishers.get(section)?.push(student)) wishers.set(section, [student]);
    }
  }
  const seen = new Set<Section>();
  const found: Component[] = [];
  for (const first of market.sections) {
    if (seen.has(first) || !wishers.has(first)) continue;
    const sections = new Set([first]); // grows while the loop walks it
    const students = new Set<Student>();
    for (const section of sections) {
      seen.add(section);
      for (const other of section.pool.sections) if (wishers.has(other)) sections.add(other);
      for (const student of wishers.get(section)!) {
        if (students.has(student)) continue;
        students.add(student);
        for (const wish of student.wishes) sections.add(wish.section);
      }
    }
    found.push({ sections: [...sections], students: [...students] });
  }
  return found;
}

/** 1 + the sum of every student's largest `quota` ranks (or points): one seat outweighs them all. */
function unitOf(market: Market, students: Student[]): bigint {
  let unit = 1n;
  for (const student of students) {
    const figures = student.wishes.map((wish) => (market.hasPoints ? wish.points : wish.rank));
    figures.sort((a, b) => b - a);
    for (const value of figures.slice(0, student.quota)) unit += BigInt(value);
  }
  return unit;
}

/** Puts every wish into the first clique of wishes that all conflict with it. */
export function cliquesOf(student: Student): Map<Wish, number> {
  const cliques: Wish[][] = [];
  const clique = new Map<Wish, number>();
  for (const wish of student.wishes) {
    const conflicts = (other: Wish): boolean => conflict(wish.section, other.section);
    let index = cliques.findIndex((members) => members.every(conflicts));
    if (index < 0) index = cliques.push([]) - 1;
    cliques[index]!.push(wish);
    clique.set(wish, index);
  }
  return clique;
}

export type Offer = { wish: Wish; gain: bigint; clique: number };

/** The most a student can gain from a bundle of these offers on top of the wishes already taken. */
export function bestBundle(offers: Offer[], taken: Wish[]): bigint {
  let most = 0n;
  // Of a clique at most one can be held: so many of the best, each of another clique, are a bound.
  const bound = (from: Offer[], start: number, seats: number): bigint => {
    const used: number[] = [];
    let sum = 0n;
    for (let i = start; i < from.length && used.length < seats; i++) {
      if (used.includes(from[i]!.clique)) continue;
      used.push(from[i]!.clique);
      sum += from[i]!.gain;
    }
    return sum;
  };
  const search = (from: Offer[], bundle: Wish[], sum: bigint): void => {
    if (sum > most) most = sum;
    for (const [i, { wish, gain }] of from.entries()) {
      if (sum + bound(from, i, wish.student.quota - bundle.length) <= most) return;
      const larger = [...bundle, wish];
      search(
        from.slice(i + 1).filter((other) => fits(other.wish, larger)),
        larger,
        sum + gain,
      );
    }
  };
  const useful = offers.filter((offer) => offer.gain > 0n && fits(offer.wish, taken));
  useful.sort((a, b) => (a.gain > b.gain ? -1 : a.gain < b.gain ? 1 : 0));
  search(useful, taken, 0n);
  return most;
}

/** What is decided on the way from the root to a leaf. */
type Decided = { closed: Section[]; open: Section[]; skipped: Wish[]; taken: Wish[] };

/** It has too few seats, of its own or of its group, to hold its minimum. */
const neverOpens = ({ cap, min, pool }: Section): boolean => min > cap || min > pool.cap;

/**
 * How many of the undecided sections can hold their minimum together: all students fill only so
 * many seats. null: even those that are decided to open cannot.
 */
function mostToOpen(part: Component, { closed, open }: Decided): number | null {
  let seats = 0;
  for (const { quota, wishes } of part.students) seats += Math.min(quota, wishes.length);
  const able = part.sections.filter((one) => one.min > 0 && !neverOpens(one));
  for (const section of able) if (open.includes(section)) seats -= section.min;
  if (seats < 0) return null;
  const undecided = able.filter((one) => !open.includes(one) && !closed.includes(one));
  let most = 0;
  for (const min of undecided.map((one) => one.min).sort((a, b) => a - b)) {
    seats -= min;
    if (seats < 0) break;
    most++;
  }
  return most;
}

/** The largest gain over the assignment that the proof of one component leaves; null: none. */
function gapOf(
  part: Component,
  held: Held,
  worth: Map<Wish, bigint>,
  root: unknown,
): bigint | null {
  const sections = new Map(part.sections.map((section) => [section.id, section]));
  const grouped = part.sections.filter((section) => section.pool.cap < Infinity);
  const groups = new Map(grouped.map(({ pool }) => [pool.id, pool]));
  const students = new Map(part.students.map((student) => [student.id, student]));
  const cliques = new Map(part.students.map((student) => [student, cliquesOf(student)]));
  let value = 0n;
  for (const [wish, worthOfWish] of worth) if (held.has(wish)) value += worthOfWish;

  /** An upper bound on scale × the worth of any assignment below this leaf; null: there is none. */
  const boundOf = (leaf: Row, scale: bigint, decided: Decided): bigint | null => {
    const { closed, open, skipped, taken } = decided;
    const costs = new Map<Section | Pool | Wish, bigint>();
    const cost = (of: Section | Pool | Wish): bigint => costs.get(of) ?? 0n;
    const priceList = (list: Row, set: (id: string, price: bigint) => unknown): void => {
      for (const id of Object.keys(list)) set(id, price(list, id));
    };
    const sectionNamed = (id: string): Section =>
      sections.get(id) ?? refuse(`a price for ${id}, which is elsewhere`);

    priceList(rowOf(leaf.prices, 'prices'), (id, figures) => {
      const section = sectionNamed(id);
      if (figures < 0n && section.min === 0) refuse(`a negative price for ${id}`);
      costs.set(section, figures);
    });
    // What all students together pay for a section, at the most.
    const income = new Map<Section, bigint>();
    for (const section of part.sections) {
      const seats = cost(section) < 0n ? section.min : section.cap;
      income.set(section, cost(section) * BigInt(seats));
    }
    const surcharges = rowOf(leaf.surcharges ?? {}, 'surcharges');
    for (const name of Object.keys(surcharges)) {
      const section = sectionNamed(name);
      if (section.min === 0) refuse(`a surcharge for ${name}, which has no minimum`);
      priceList(rowOf(surcharges[name], 'surcharges'), (id, figures) => {
        const wish = students.get(id)?.wishes.find((own) => own.section === section);
        if (!wish || figures < 0n) return refuse(`a wrong surcharge of ${id} for ${name}`);
        costs.set(wish, figures);
        income.set(section, income.get(section)! + figures);
      });
    }
    let bound = 0n;
    priceList(rowOf(leaf.groups, 'prices of groups'), (id, figures) => {
      const group = groups.get(id) ?? refuse(`a price for group ${id}, which is elsewhere`);
      if (figures < 0n) refuse(`a negative price for group ${id}`);
      costs.set(group, figures);
      bound += figures * BigInt(group.cap);
    });
    const isClosed = (section: Section): boolean => closed.includes(section) || neverOpens(section);
    const choices: bigint[] = []; // incomes of sections that need not open
    for (const [section, paid] of income) {
      if (isClosed(section)) continue;
      if (section.min === 0 || open.includes(section)) bound += paid;
      else if (paid > 0n) choices.push(paid);
    }
    const most = mostToOpen(part, decided);
    if (most === null) return null;
    choices.sort((a, b) => (a > b ? -1 : a < b ? 1 : 0));
    for (const paid of choices.slice(0, most)) bound += paid;

    const gainOf = (wish: Wish): bigint =>
      scale * worth.get(wish)! - cost(wish.section) - cost(wish.section.pool) - cost(wish);
    const isOut = (wish: Wish): boolean => skipped.includes(wish) || isClosed(wish.section);
    for (const student of part.students) {
      const own = student.wishes.filter((wish) => taken.includes(wish));
      if (own.some((wish, i) => isOut(wish) || !fits(wish, own.slice(0, i)))) return null;
      const offers = student.wishes
        .filter((wish) => !isOut(wish) && !own.includes(wish))
        .map((wish) => ({ wish, gain: gainOf(wish), clique: cliques.get(student)!.get(wish)! }));
      bound += own.reduce((sum, wish) => sum + gainOf(wish), bestBundle(offers, own));
    }
    return bound;
  };

  let gap: bigint | null = null;
  const follow = (given: unknown, decided: Decided): void => {
    const node = rowOf(given, 'node in the certificate');
    if (node.scale !== undefined) {
      const scale = figure(node.scale);
      if (scale < 1n) refuse('a scale is not positive');
      const bound = boundOf(node, scale, decided);
      // A better assignment is worth at least 1 more in the last figure.
      if (bound === null || bound < scale * (value + 1n)) return; // proved
      const more = firstFigure(bound - scale * value) / scale;
      if (gap === null || more > gap) gap = more;
      return;
    }
    const section = sections.get(String(node.section)) ?? refuse('a branch on an unknown section');
    if (node.student === undefined) {
      follow(node.closed, { ...decided, closed: [...decided.closed, section] });
      follow(node.open, { ...decided, open: [...decided.open, section] });
    } else {
      const student = students.get(String(node.student));
      const wish = student?.wishes.find((own) => own.section === section);
      if (!wish) return refuse('a branch on a wish that nobody has');
      follow(node.skip, { ...decided, skipped: [...decided.skipped, wish] });
      follow(node.take, { ...decided, taken: [...decided.taken, wish] });
    }
  };
  follow(root, { closed: [], open: [], skipped: [], taken: [] });
  return gap;
}

/** First 32 bits of a hash: they decide between assignments that are equal in all else. */
async function tiesOf(market: Market): Promise<Map<Wish, bigint>> {
  const wishes = market.students.flatMap((student) => student.wishes);
  const inputs = wishes.map((w) => utf8(`${market.seed ?? ''}|${w.student.id}|${w.section.id}`));
  const hashes = await sha256All(inputs);
  return new Map(wishes.map((wish, i) => [wish, BigInt(`0x${hex(hashes[i]!.subarray(0, 4))}`)]));
}

/** Everything in which a certificate does not prove what it states about these seats. */
export async function certificateFaults(
  market: Market,
  held: Held,
  given: unknown,
): Promise<string[]> {
  const faults: string[] = [];
  try {
    const certificate = rowOf(given, 'certificate');
    const unhashed = toJson({ ...(given as Row), sha256: undefined });
    if (hex(await sha256(utf8(unhashed))) !== certificate.sha256) {
      faults.push('the certificate was changed after it was made (its hash differs)');
    }
    if (certificate.format !== 1) refuse('unknown format');
    const parts = components(market);
    const proofs = rowsOf(certificate, 'components');
    if (proofs.length !== parts.length) refuse(`it should have ${parts.length} components`);
    const ties = await tiesOf(market);
    parts.forEach((part, i) => {
      const unit = unitOf(market, part.students);
      const worth = new Map<Wish, bigint>();
      for (const wish of part.students.flatMap((student) => student.wishes)) {
        const liked = BigInt(market.hasPoints ? wish.points : -wish.rank);
        worth.set(wish, pack(unit + liked, -BigInt(wish.student.position), -ties.get(wish)!));
      }
      const gain = gapOf(part, held, worth, proofs[i]!.root);
      const gap = gain === null ? null : { seats: gain / unit, unit: gain };
      const stated = proofs[i]!.gap ?? null;
      if (toJson([stated, proofs[i]!.unit]) !== toJson([gap, unit])) {
        const name = `component ${i + 1} (with section ${part.sections[0]!.id})`;
        faults.push(`${name}: gap and unit should be ${toJson([gap, unit])}, by its own prices`);
      }
    });
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    faults.push(`the certificate is not valid: ${error.message}`);
  }
  return faults;
}
