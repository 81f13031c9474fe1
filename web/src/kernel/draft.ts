// What was typed is kept on the device until it has been sent.

import { reactive, watch } from 'vue';
import { readJson, write, writeJson } from './storage';

export function useDraft<T extends object>(name: string, empty: T) {
  const key = `draft.${name}`;
  const form = reactive({ ...empty, ...readJson<Partial<T>>(key, {}) }) as T;
  watch(form, () => writeJson(key, form));
  /** The form was sent: forget it. */
  function clear(): void {
    Object.assign(form, empty);
    queueMicrotask(() => write(key, null));
  }
  return { form, clear };
}
