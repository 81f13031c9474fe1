/** What was typed or scanned as an invitation, down to the code: "ab12 cd34" and whole links too. */
export function cleanCode(typed: string): string {
  const link = /\/j\/([^/?#\s]+)/.exec(typed);
  const code = link ? decodeURIComponent(link[1]!) : typed;
  return code
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, '');
}

/** "K7M2-9QXD": in fours, as it is read out. */
export const inFours = (code: string): string =>
  /^[0-9A-Z]+$/i.test(code) ? code.replace(/(.{4})(?=.)/g, '$1-') : code;

/** The ISO day of three numbers, or nothing if there is no such day. */
export function dayFrom(year: string, month: string, date: string): string | null {
  const [y, m, d] = [Number(year), Number(month), Number(date)];
  if (!/^\d{4}$/.test(year.trim()) || !Number.isInteger(m) || !Number.isInteger(d)) return null;
  const at = new Date(Date.UTC(y, m - 1, d));
  const same = at.getUTCFullYear() === y && at.getUTCMonth() === m - 1 && at.getUTCDate() === d;
  return same && m > 0 ? at.toISOString().slice(0, 10) : null;
}

export const RELATIONS = ['mother', 'father', 'grandmother', 'grandfather', 'other'] as const;
export type Relation = (typeof RELATIONS)[number];
