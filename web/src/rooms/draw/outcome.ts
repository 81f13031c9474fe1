// The hash tree over an outcome (draw.md, section 6): its root, published with the result, holds the
// office to every cut-off and to every seat.

import { readAlgorithm } from './algorithm.js';
import { components, figure } from './certificate.js';
import { byCodePoint, parseFile, readMarket, refuse, rowOf, rowsOf } from './instance.js';
import type { Bytes, Market, Row } from './instance.js';
import { leavesOf, merkleRoot, rootOver } from './receipt.js';

type Price = { price: bigint[]; scale: unknown; unit: unknown };

const added = (a: bigint[], b: unknown[]): bigint[] => a.map((level, i) => level + figure(b[i]));

/** The price of each section, its group's included, and what single students pay more. */
export type Prices = {
  sections: Map<string, Price>;
  surcharges: Map<string, Map<string, unknown>>; // student -> section
};

/** Only where a single leaf without a gap proves a component: branches no receipt could show. */
export function pricesOf(market: Market, certificate: unknown): Prices {
  const prices: Prices = { sections: new Map(), surcharges: new Map() };
  if (certificate === null || certificate === undefined) return prices;
  const proofs = rowsOf(rowOf(certificate, 'certificate'), 'components');
  components(market).forEach(({ sections }, i) => {
    const proof = proofs[i] ?? refuse('a component without a proof');
    const leaf = rowOf(proof.root, 'node in the certificate');
    if (leaf.scale === undefined || (proof.gap ?? null) !== null) return;
    // Where minima decide which sections are open, its prices are no family's own.
    if (sections.some((section) => section.min > 0)) return;
    const own = new Map(Object.entries(rowOf(leaf.prices, 'prices')));
    const ofGroups = new Map(Object.entries(rowOf(leaf.groups, 'prices of groups')));
    for (const { id, pool } of sections) {
      let price = [0n, 0n, 0n];
      for (const more of [own.get(id), pool.cap < Infinity ? ofGroups.get(pool.id) : undefined]) {
        if (more !== undefined) price = added(price, more as unknown[]);
      }
      prices.sections.set(id, { price, scale: leaf.scale, unit: proof.unit });
    }
    for (const [section, students] of Object.entries(rowOf(leaf.surcharges, 'surcharges'))) {
      for (const [student, price] of Object.entries(rowOf(students, 'surcharges'))) {
        const known = prices.surcharges.get(student) ?? new Map<string, unknown>();
        prices.surcharges.set(student, known.set(section, price));
      }
    }
  });
  return prices;
}

export const headLeaf = (head: {
  algorithm: unknown;
  leaves: unknown;
  points: unknown;
  root: unknown;
  seed: unknown;
  size: unknown;
}): Row => head;

export const sectionLeaf = (section: unknown, cutoff: unknown, price?: object): Row => ({
  cutoff,
  section,
  ...price,
});

export const studentLeaf = (
  student: unknown,
  own: { assignment: unknown; number: unknown; position: unknown },
  surcharges: Map<string, unknown>,
): Row => ({ ...own, student, surcharges: surcharges.size > 0 ? surcharges : undefined });

/** Head, sections, students, the latter two by id. `result` is one that verified. */
export async function outcomeLeaves(instance: Bytes, result: Row): Promise<Row[]> {
  const { algorithm } = result;
  const seed = result.seed === undefined ? null : (result.seed as string | null);
  const { ignorePrio } = readAlgorithm(String(result.rule), algorithm) ?? refuse('algorithm');
  const market = await readMarket(instance, seed, ignorePrio);
  const prices = pricesOf(market, result.certificate);
  const cutoffs = new Map(Object.entries(result.cutoffs as Row));
  const assignment = new Map(Object.entries(result.assignment as Row));
  const head = headLeaf({
    algorithm,
    leaves: 1 + market.sections.length + market.students.length,
    points: market.hasPoints,
    root: await merkleRoot(instance),
    seed,
    size: leavesOf(instance).length,
  });
  return [
    head,
    ...market.sections.map(({ id }) => sectionLeaf(id, cutoffs.get(id), prices.sections.get(id))),
    ...market.students.map(({ id, number, lottery, position }) =>
      studentLeaf(
        id,
        { assignment: assignment.get(id), number: seed === null ? lottery : number, position },
        new Map([...(prices.surcharges.get(id) ?? [])].sort(([a], [b]) => byCodePoint(a, b))),
      ),
    ),
  ];
}

/** The root of the outcome of a result that verified. */
export async function outcomeRoot(instance: Bytes, result: Bytes): Promise<string> {
  return rootOver(await outcomeLeaves(instance, parseFile(result) as Row));
}
