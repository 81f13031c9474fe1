// A change of a calendar: first what it would move, then the change itself, of what was seen.

import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue';
import { asApiError, newKey, post } from '@/kernel/http';
import type { ApiError } from '@/kernel/http';
import type { CalendarChange, CalendarPreview } from '@/kernel/api-types';

const PAUSE_MS = 350;

/** Asks for a preview whenever `change` gives another one; nothing while it gives nothing. */
export function usePreview(change: () => CalendarChange | null) {
  const preview = shallowRef<CalendarPreview | null>(null);
  const error = shallowRef<ApiError | null>(null);
  const busy = ref(false);
  let asked = 0;
  let timer: ReturnType<typeof setTimeout>;
  let key = newKey(); // of one change, however often it is sent

  async function look(): Promise<void> {
    const what = change();
    const mine = (asked += 1);
    if (!what) {
      preview.value = null;
      error.value = null;
      busy.value = false;
      return;
    }
    busy.value = true;
    try {
      const found = await post('/api/policy/calendar/preview', what);
      if (mine !== asked) return;
      preview.value = found;
      error.value = null;
    } catch (failure) {
      if (mine !== asked) return;
      preview.value = null;
      error.value = asApiError(failure);
    }
    busy.value = false;
  }
  // What was seen is no longer what would be done: the old preview goes at once.
  watch(
    () => JSON.stringify(change()),
    () => {
      key = newKey();
      busy.value = true;
      clearTimeout(timer);
      timer = setTimeout(() => void look(), preview.value || error.value ? PAUSE_MS : 0);
    },
    { immediate: true },
  );
  onScopeDispose(() => clearTimeout(timer));

  /** Does what the preview told; refused if the calendar would move otherwise by now. */
  async function save() {
    const what = change();
    if (!what || !preview.value) return null;
    try {
      const made = await post(
        '/api/policy/calendar/entries',
        { ...what, seen: preview.value.seen },
        key,
      );
      return made;
    } catch (failure) {
      const refusal = asApiError(failure);
      if (!refusal.offline) key = newKey();
      if (refusal.code === 'policy.calendar_moved') await look();
      throw refusal;
    }
  }
  const ready = computed(() => preview.value !== null && !busy.value && !preview.value.refused);
  return { preview, error, busy, ready, look, save };
}
