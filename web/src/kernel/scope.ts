// The place a desk acts in: one school, or the whole district. Pages ask for `scopeSchool`.

import { computed, ref, shallowRef, watch } from 'vue';
import { read, write } from './storage';
import { session } from './session';

export interface ScopePlace {
  id: string;
  name: string;
}

const chosen = ref(read('scope') ?? '');
/** The schools to choose from, once the desk's frame has loaded them. */
export const scopeSchools = shallowRef<ScopePlace[]>([]);

/** Holds something beyond single schools: may look at all of them. */
export const isArea = computed(
  () =>
    session.value?.roles?.some(({ place_kind: kind }) => kind === 'area' || kind === 'street') ??
    false,
);

const ownSchools = computed(() => {
  const found = new Map<string, string>();
  for (const role of session.value?.roles ?? []) {
    if (role.place_kind === 'school') found.set(role.place_id, role.place_name);
  }
  return [...found].map(([id, name]) => ({ id, name }));
});

/** What the chooser in the head offers. */
export const choices = computed(() =>
  scopeSchools.value.length ? scopeSchools.value : ownSchools.value,
);

/** The school acted in; nothing means the whole district. */
export const scopeSchool = computed<ScopePlace | null>(() => {
  const found = choices.value.find(({ id }) => id === chosen.value);
  if (found) return found;
  return isArea.value ? null : (choices.value[0] ?? null);
});

export function chooseScope(id: string): void {
  chosen.value = id;
  write('scope', id || null);
}

watch(session, (now) => {
  if (!now) scopeSchools.value = [];
});
