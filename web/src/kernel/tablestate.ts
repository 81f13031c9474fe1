// A table's state in the address: what is shown can be sent to a colleague and survives "back".
//   ?q=li&sort=-pupils&kind=public,private&cols=name,pupils
// Several tables on a page each have a prefix of their own: ?pupils.q=li

export interface TableState {
  q: string;
  sort: string; // a column's key, '-' before it for descending, '' for the server's order
  filters: Record<string, string[]>;
  columns: string[] | null; // null: the usual ones
}

export type AddressQuery = Record<string, string | null | (string | null)[] | undefined>;

const RESERVED = ['q', 'sort', 'cols'];

const first = (value: AddressQuery[string]): string =>
  (Array.isArray(value) ? value[0] : value) ?? '';

const listOf = (value: AddressQuery[string]): string[] =>
  first(value)
    .split(',')
    .filter((one) => one !== '');

/** Reads the state; of the filters only those named, so that other pages' words stay theirs. */
export function readState(
  query: AddressQuery,
  filters: readonly string[],
  prefix = '',
): TableState {
  const chosen: Record<string, string[]> = {};
  for (const name of filters) {
    const values = listOf(query[prefix + name]);
    if (values.length) chosen[name] = values;
  }
  const columns = listOf(query[`${prefix}cols`]);
  return {
    q: first(query[`${prefix}q`]),
    sort: first(query[`${prefix}sort`]),
    filters: chosen,
    columns: columns.length ? columns : null,
  };
}

/** The query with this state in it; everything that is not the table's stays. */
export function writeState(
  query: AddressQuery,
  state: TableState,
  filters: readonly string[],
  prefix = '',
): AddressQuery {
  const result: AddressQuery = { ...query };
  for (const name of [...RESERVED, ...filters]) delete result[prefix + name];
  if (state.q) result[`${prefix}q`] = state.q;
  if (state.sort) result[`${prefix}sort`] = state.sort;
  for (const [name, values] of Object.entries(state.filters)) {
    if (values.length) result[prefix + name] = values.join(',');
  }
  if (state.columns) result[`${prefix}cols`] = state.columns.join(',');
  return result;
}

/** Ascending, then descending, then the order of the server again. */
export function nextSort(sort: string, key: string): string {
  if (sort === key) return `-${key}`;
  return sort === `-${key}` ? '' : key;
}

const collator = new Intl.Collator('zh-Hans-CN', { numeric: true });

/** Orders rows by one column; empty values come last both ways; equals keep their order. */
export function sorted<Row>(
  rows: readonly Row[],
  sort: string,
  valueOf: (row: Row, key: string) => string | number | boolean | null | undefined,
): Row[] {
  if (!sort) return [...rows];
  const descending = sort.startsWith('-');
  const key = descending ? sort.slice(1) : sort;
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [valueOf(a, key), valueOf(b, key)];
    const empty = (value: typeof x) => value === null || value === undefined || value === '';
    if (empty(x) || empty(y)) return Number(empty(x)) - Number(empty(y));
    if (typeof x === 'number' && typeof y === 'number') return sign * (x - y);
    return sign * collator.compare(String(x), String(y));
  });
}

/** Which rows of a long table are in view: first, one past the last. */
export function windowOf(
  total: number,
  rowHeight: number,
  scrolled: number,
  height: number,
  spare = 12,
): [number, number] {
  const from = Math.max(0, Math.floor(scrolled / rowHeight) - spare);
  const until = Math.min(total, Math.ceil((scrolled + height) / rowHeight) + spare);
  return [Math.min(from, Math.max(0, total - 1)), until];
}
