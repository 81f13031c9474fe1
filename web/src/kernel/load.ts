// What every page does with what it asks the server for: wait, show, say why not, ask again.

import { onScopeDispose, ref, shallowRef, watch } from 'vue';
import type { Ref, ShallowRef } from 'vue';
import { asApiError } from './http';
import type { ApiError } from './http';

export interface Loaded<T> {
  data: ShallowRef<T | null>;
  error: ShallowRef<ApiError | null>;
  /** True once the wait has lasted 300 ms: time for a skeleton. */
  slow: Ref<boolean>;
  loading: Ref<boolean>;
  reload: () => Promise<void>;
}

const SLOW_MS = 300;

/** Calls `ask` now and whenever what `on` reads changes; a newer call cancels an older one. */
export function useLoad<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  on?: () => unknown,
  options: { keep?: boolean; wait_ms?: number } = {},
): Loaded<T> {
  const data = shallowRef<T | null>(null);
  const error = shallowRef<ApiError | null>(null);
  const slow = ref(false);
  const loading = ref(false);
  let current: AbortController | null = null;

  async function reload(): Promise<void> {
    current?.abort();
    const mine = new AbortController();
    current = mine;
    loading.value = true;
    const timer = setTimeout(() => (slow.value = true), SLOW_MS);
    try {
      const value = await ask(mine.signal);
      if (mine.signal.aborted) return;
      data.value = value;
      error.value = null;
    } catch (failure) {
      if (mine.signal.aborted) return;
      error.value = asApiError(failure);
    } finally {
      clearTimeout(timer);
      if (current === mine) {
        loading.value = false;
        slow.value = false;
      }
    }
  }

  if (on) {
    let timer: ReturnType<typeof setTimeout>;
    watch(on, () => {
      if (!options.keep) data.value = null;
      clearTimeout(timer);
      timer = setTimeout(() => void reload(), options.wait_ms ?? 0);
    });
    onScopeDispose(() => clearTimeout(timer));
  }
  onScopeDispose(() => current?.abort());
  void reload();
  return { data, error, slow, loading, reload };
}
