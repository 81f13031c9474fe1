// Lists of the server: all of a short one, or page by page of a long one.

import { onScopeDispose, ref, shallowRef, watch } from 'vue';
import { asApiError, request } from './http';
import type { ApiError } from './http';
import type { Known, QueryAt, RowAt } from './api-types';

const PAGE = 200;
const MOST = 10_000;

interface Page<Row> {
  rows: Row[];
  more?: boolean;
  next?: string;
  total?: number;
}

/** Every row of a list that is known to be short. */
export async function getAll<P extends string>(
  path: P,
  ...[query, signal]: Known<'get', P, [query?: QueryAt<'get', P>, signal?: AbortSignal]>
): Promise<RowAt<P>[]> {
  const rows: RowAt<P>[] = [];
  let after: string | undefined;
  do {
    const page = await request<Page<RowAt<P>>>('GET', path, {
      query: { limit: PAGE, ...query, after },
      ...(signal && { signal }),
    });
    rows.push(...page.rows);
    after = page.next ?? undefined;
  } while (after && rows.length < MOST);
  return rows;
}

/** A long list, page by page; a change of what `query` gives begins anew. */
export function usePaged<P extends string>(
  path: () => P | null,
  ...[query]: Known<'get', P, [query: () => QueryAt<'get', P>]>
) {
  const rows = shallowRef<RowAt<P>[] | null>(null);
  const total = ref<number | null>(null);
  const next = ref<string | null>(null);
  const error = shallowRef<ApiError | null>(null);
  const slow = ref(false);
  const busy = ref(false);
  /** There is more than the server gives of such a list. */
  const cut = ref(false);
  let current: AbortController | null = null;

  async function load(first: boolean): Promise<void> {
    const where = path();
    if (!first && (busy.value || !next.value)) return;
    current?.abort();
    if (where === null) {
      rows.value = null;
      cut.value = false;
      return;
    }
    const mine = new AbortController();
    current = mine;
    busy.value = true;
    const timer = setTimeout(() => (slow.value = true), 300);
    try {
      const after = first ? undefined : next.value;
      const page = await request<Page<RowAt<P>>>('GET', where, {
        query: { limit: 100, ...query(), after },
        signal: mine.signal,
      });
      if (mine.signal.aborted) return;
      rows.value = first ? page.rows : [...(rows.value ?? []), ...page.rows];
      next.value = page.next ?? null;
      total.value = page.total ?? null;
      cut.value = page.more ?? false;
      error.value = null;
    } catch (failure) {
      if (mine.signal.aborted) return;
      error.value = asApiError(failure);
      if (first) rows.value = null;
    } finally {
      clearTimeout(timer);
      if (current === mine) {
        busy.value = false;
        slow.value = false;
      }
    }
  }

  watch(
    () => JSON.stringify([path(), query()]),
    () => void load(true),
    { immediate: true },
  );
  onScopeDispose(() => current?.abort());
  return {
    rows,
    total,
    next,
    error,
    slow,
    busy,
    cut,
    more: () => load(false),
    reload: () => load(true),
  };
}
