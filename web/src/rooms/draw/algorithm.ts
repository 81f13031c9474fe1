// The ids of the rules, as results and receipts name them (draw.md, sections 3 and 4).

/** Edition 1 leaves closed what it closed; edition 2 opens again what those with nothing can hold. */
export type Algorithm = { rule: string; edition: 1 | 2; ignorePrio: boolean };

export const algorithmOf = ({ rule, edition, ignorePrio }: Algorithm): string =>
  `${rule}-${rule === 'welfare' ? 1 : edition}${ignorePrio ? '+ignore-prio' : ''}`;

/** What an id says; null: it is none of this rule, or the rule is unknown. */
export function readAlgorithm(rule: string, id: unknown): Algorithm | null {
  if (!['stable', 'draft', 'serial', 'welfare'].includes(rule)) return null;
  for (const edition of [2, 1] as const) {
    for (const ignorePrio of [false, true]) {
      const algorithm = { rule, edition, ignorePrio };
      if (id === algorithmOf(algorithm)) return algorithm;
    }
  }
  return null;
}
