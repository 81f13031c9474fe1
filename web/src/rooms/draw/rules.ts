// The three rules that are derived again in full: stable, draft, serial (draw.md, sections 2 and 3).

import { conflict, deny } from './instance.js';
import type { Market, Pool, Section, Student, Wish } from './instance.js';

/** The higher class first, then the better place in the lottery, then the better liked section. */
export const byKey = (a: Wish, b: Wish): number =>
  b.class - a.class || a.student.position - b.student.position || a.rank - b.rank;

/** The wishes that are granted. Every section and every pool has a list, best key first. */
export class Held {
  private readonly granted = new Set<Wish>();
  private readonly lists = new Map<Section | Pool, Wish[]>();

  constructor(wishes: Wish[] = []) {
    for (const wish of wishes) this.add(wish);
  }
  add(wish: Wish): void {
    this.granted.add(wish);
    for (const place of [wish.section, wish.section.pool]) {
      const list = this.lists.get(place) ?? [];
      let [low, high] = [0, list.length]; // its place in the order lies between these
      while (low < high) {
        const middle = (low + high) >> 1;
        if (byKey(list[middle]!, wish) < 0) low = middle + 1;
        else high = middle;
      }
      list.splice(low, 0, wish);
      this.lists.set(place, list);
    }
  }
  remove(wish: Wish): void {
    this.granted.delete(wish);
    for (const place of [wish.section, wish.section.pool]) {
      const list = this.lists.get(place)!;
      list.splice(list.indexOf(wish), 1);
    }
  }
  has(wish: Wish): boolean {
    return this.granted.has(wish);
  }
  of(student: Student): Wish[] {
    return student.wishes.filter((wish) => this.granted.has(wish));
  }
  in(place: Section | Pool): readonly Wish[] {
    return this.lists.get(place) ?? [];
  }
  isFull(place: Section | Pool): boolean {
    return this.in(place).length >= place.cap;
  }
}

/** May a student who has taken these also take this one? */
export const fits = (wish: Wish, taken: Wish[]): boolean =>
  taken.length < wish.student.quota && !taken.some((own) => conflict(own.section, wish.section));

/** What a student takes, walking down the own list, of the wishes that may be had. */
function chosen(student: Student, available: (wish: Wish) => boolean): Wish[] {
  const taken: Wish[] = [];
  for (const wish of student.wishes) if (available(wish) && fits(wish, taken)) taken.push(wish);
  return taken;
}

/** The wishes a student would rather have than what is held below them, or than nothing. */
export function wouldTake(student: Student, held: Held): Wish[] {
  const above: Wish[] = [];
  return student.wishes.filter((wish) => {
    if (!held.has(wish)) return fits(wish, above);
    above.push(wish);
    return false;
  });
}

/** The best of each class that a section reserves seats for. `wishes`: of one section, best key first. */
function reservedOf(section: Section, wishes: readonly Wish[]): Wish[] {
  return [...section.reserve].flatMap(([name, seats]) =>
    wishes.filter((wish) => wish.class === name).slice(0, seats),
  );
}

/**
 * Who is not accepted when one more wish asks to get in? It can only be one: the last in the order
 * (reserved first, then by key) of the section if that is full, else of its group if that is full.
 */
export function refusedBy(held: Held, wish: Wish): Wish | null {
  const { section } = wish;
  const fullPlace = [section, section.pool].find((place) => held.isFull(place));
  if (!fullPlace) return null;
  const sections = fullPlace === section ? [section] : section.pool.sections;
  const reserves = sections.filter((place) => place.reserve.size > 0);
  const last = held.in(fullPlace).at(-1) ?? wish;
  if (reserves.length === 0) return byKey(last, wish) > 0 ? last : wish;
  const rivals = [...held.in(fullPlace), wish].sort(byKey);
  const reserved = new Set(
    reserves.flatMap((place) =>
      reservedOf(
        place,
        rivals.filter((rival) => rival.section === place),
      ),
    ),
  );
  return rivals.findLast((rival) => !reserved.has(rival)) ?? rivals.at(-1)!;
}

/** Wishes whose student would take them and would be accepted: `stable` promises that none is left. */
export function blockingPairs(market: Market, held: Held, closed: Set<Section>): Wish[] {
  return market.byPosition
    .flatMap((student) => wouldTake(student, held))
    .filter((wish) => !closed.has(wish.section) && refusedBy(held, wish) !== wish);
}

/** The turn after which a section was no longer open to a class; student null: not open at all. */
export type Turn = {
  class: number;
  release: boolean;
  round: number;
  turn: number;
  student: Student | null;
};

/** Those with nothing who got a seat in a section that opened again, and who of them did not. */
export type Aside = { section: Section; admitted: Wish[]; left: Wish[] };

/**
 * `drawn` is what the draw itself gave, `held` that and the seats given aside. `reopened` are the
 * sections that had been closed and are part of the draw again.
 */
export type Outcome = {
  drawn: Held;
  held: Held;
  lastTurns: Map<Section, Turn[]>;
  reopened: Section[];
  aside: Aside[];
};
type Drawn = Pick<Outcome, 'drawn' | 'lastTurns'>;

/** Deferred acceptance: everyone asks down the own list, a full section keeps the best keys. */
function stable(market: Market, closed: Set<Section>): Drawn {
  const held = new Held();
  const refused = new Set<Wish>();

  const settle = (first: Student): void => {
    const stack = [first];
    for (let student = stack.pop(); student; student = stack.pop()) {
      const want = chosen(student, (wish) => !refused.has(wish) && !closed.has(wish.section));
      const had = held.of(student);
      for (const wish of had) if (!want.includes(wish)) held.remove(wish);
      let again = false;
      for (const wish of want.filter((wanted) => !had.includes(wanted))) {
        const loser = refusedBy(held, wish);
        if (loser !== wish) held.add(wish);
        if (!loser) continue;
        refused.add(loser);
        if (loser !== wish) held.remove(loser);
        if (loser.student === student) again = true;
        else if (!stack.includes(loser.student)) stack.push(loser.student);
      }
      if (again) stack.push(student);
    }
  };

  market.byPosition.forEach(settle);
  // With overlapping times blocking pairs may be left: forget these refusals and try again.
  let fewest = Infinity;
  let best: Wish[] = [];
  for (let repairs = 0; ; repairs++) {
    const pairs = blockingPairs(market, held, closed);
    if (pairs.length < fewest) best = market.students.flatMap((student) => held.of(student));
    fewest = Math.min(fewest, pairs.length);
    if (pairs.length === 0 || repairs === 20) break;
    for (const wish of pairs) refused.delete(wish);
    for (const student of new Set(pairs.map((wish) => wish.student))) settle(student);
  }
  return { drawn: new Held(best), lastTurns: new Map() };
}

/** Both rules in turns need one class per student; who wishes nothing has class 0. */
function classOf(student: Student): number {
  const first = student.wishes[0]?.class ?? 0;
  if (student.wishes.some((wish) => wish.class !== first)) {
    deny('this rule needs the same class (prio) for all wishes of a student');
  }
  return first;
}

/** Students choose in turn: one section at a time in many rounds (draft) or all at once (serial). */
function inTurns(market: Market, closed: Set<Section>, oneRound: boolean): Drawn {
  const held = new Held();
  const lastTurns = new Map<Section, Turn[]>(market.sections.map((section) => [section, []]));
  const freeSeats = (section: Section): number =>
    closed.has(section) || held.isFull(section.pool) ? 0 : section.cap - held.in(section).length;
  const heldBack = (section: Section, from: number): number => {
    let seats = 0;
    for (const [name, n] of section.reserve) {
      const taken = held.in(section).filter((wish) => wish.class === name).length;
      if (name !== from) seats += Math.max(0, n - taken);
    }
    return seats;
  };

  const phase = (name: number, students: Student[], release: boolean): void => {
    const isOpen = (section: Section): boolean =>
      freeSeats(section) > (release ? 0 : heldBack(section, name));
    const open = new Set(market.sections.filter(isOpen));
    const close = (
      section: Section,
      round: number,
      turn: number,
      student: Student | null,
    ): void => {
      open.delete(section);
      lastTurns.get(section)!.push({ class: name, release, round, turn, student });
    };
    for (const section of market.sections) if (!open.has(section)) close(section, 0, 0, null);

    let turn = 0;
    let someoneTook = true;
    for (let round = 1; someoneTook && !(oneRound && round > 1); round++) {
      someoneTook = false;
      for (const student of round % 2 === 1 ? students : [...students].reverse()) {
        turn++;
        const own = held.of(student);
        for (const wish of student.wishes) {
          if (!open.has(wish.section) || own.includes(wish) || !fits(wish, own)) continue;
          held.add(wish);
          own.push(wish);
          someoneTook = true;
          for (const section of wish.section.pool.sections) {
            if (open.has(section) && !isOpen(section)) close(section, round, turn, student);
          }
          if (!oneRound) break;
        }
      }
    }
  };

  const byClass = new Map<number, Student[]>();
  for (const student of market.byPosition) {
    const name = classOf(student);
    if (!byClass.get(name)?.push(student)) byClass.set(name, [student]);
  }
  const phases = [...byClass].sort(([a], [b]) => b - a);
  for (const [name, students] of phases) phase(name, students, false);
  // What was held back for one class and not wanted by it is released to all in a second pass.
  if (market.sections.some((section) => section.reserve.size > 0)) {
    for (const [name, students] of phases) phase(name, students, true);
  }
  return { drawn: held, lastTurns };
}

function once(market: Market, rule: string, closed: Set<Section>): Drawn {
  return rule === 'stable' ? stable(market, closed) : inTurns(market, closed, rule === 'serial');
}

const missing = (section: Section, held: Held): number => section.min - held.in(section).length;

/** The wishes for each closed section of those who hold nothing. */
function unserved(market: Market, held: Held, closed: Set<Section>): Map<Section, Wish[]> {
  const wishes = new Map([...closed].map((section): [Section, Wish[]] => [section, []]));
  for (const student of market.students) {
    if (student.wishes.some((wish) => held.has(wish))) continue;
    for (const wish of student.wishes) wishes.get(wish.section)?.push(wish);
  }
  return wishes;
}

/** The closed section that could seat most of those with nothing and would reach its `min`. */
function largest(
  market: Market,
  held: Held,
  closed: Set<Section>,
  tried: Set<Section>,
): { section: Section; wishes: Wish[]; seats: number } | null {
  let best = null;
  const waiting = unserved(market, held, closed);
  for (const section of market.sections) {
    const wishes = waiting.get(section);
    if (!wishes || tried.has(section)) continue;
    const left = section.pool.cap - held.in(section.pool).length;
    const seats = Math.min(wishes.length, section.cap, Math.max(0, left));
    if (seats === 0 || seats < section.min) continue;
    if (!best || seats > best.seats) best = { section, wishes, seats };
  }
  return best;
}

/**
 * Draws; a section short of its `min` is closed and all is drawn again, in the same order. In the
 * second edition what those with nothing can hold opens again: by another draw with it open, if that
 * leaves no section short and takes no seat from anybody, else for those with nothing alone.
 */
export function draw(market: Market, rule: string, edition: 1 | 2): Outcome {
  const closed = new Set<Section>();
  const short = (held: Held): Section[] =>
    market.sections.filter((section) => !closed.has(section) && missing(section, held) > 0);
  let now = once(market, rule, closed);
  for (let few = short(now.drawn); few.length > 0; few = short(now.drawn)) {
    const most = Math.max(...few.map((section) => missing(section, now.drawn)));
    closed.add(few.find((section) => missing(section, now.drawn) === most)!); // the smallest id
    now = once(market, rule, closed);
  }
  const reopened: Section[] = [];
  const aside: Aside[] = [];
  if (edition === 1) return { ...now, held: now.drawn, reopened, aside };

  const tried = new Set<Section>();
  for (;;) {
    const next = largest(market, now.drawn, closed, tried);
    if (!next) break;
    tried.add(next.section);
    closed.delete(next.section);
    const again = once(market, rule, closed);
    const losers = market.students.some(
      (student) => again.drawn.of(student).length < now.drawn.of(student).length,
    );
    if (losers || short(again.drawn).length > 0) {
      closed.add(next.section);
      continue;
    }
    reopened.push(next.section);
    now = again;
  }
  const held = new Held(market.students.flatMap((student) => now.drawn.of(student)));
  for (;;) {
    const next = largest(market, held, closed, new Set());
    if (!next) return { ...now, held, reopened, aside };
    const { section, seats } = next;
    const wishes = next.wishes.sort(byKey);
    const first = reservedOf(section, wishes);
    const order = [
      ...wishes.filter((wish) => first.includes(wish)),
      ...wishes.filter((wish) => !first.includes(wish)),
    ];
    closed.delete(section);
    aside.push({ section, admitted: order.slice(0, seats), left: order.slice(seats) });
    for (const wish of order.slice(0, seats)) held.add(wish);
  }
}
