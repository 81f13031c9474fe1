// Who is using the page, as the server sees it.

import { computed, shallowRef } from 'vue';
import { ApiError, get, onSessionEnd, post, remove, setCsrf } from './http';
import type { Permission, Session } from './api-types';
import { setServerNow } from './time';

export const session = shallowRef<Session | null>(null);
let known: Promise<Session | null> | null = null;

export function setSession(value: Session | null): void {
  session.value = value;
  known = Promise.resolve(value);
  setCsrf(value?.csrf ?? '');
  if (value?.now) setServerNow(value.now);
}

/** Asks the server once; later calls answer from memory. */
export function loadSession(again = false): Promise<Session | null> {
  if (known && !again) return known;
  const asking = get('/api/session').then(
    (value) => {
      setSession(value);
      return value;
    },
    (error: unknown) => {
      if (error instanceof ApiError && error.status === 401) {
        setSession(null);
        return null;
      }
      known = null; // a bad line proves nothing: ask again next time
      throw error;
    },
  );
  known = asking;
  return asking;
}

export async function logIn(username: string, password: string, area?: string): Promise<Session> {
  const value = await post('/api/session', { username, password, ...(area && { area }) });
  setSession(value);
  return value;
}

export async function logOut(): Promise<void> {
  try {
    await remove('/api/session');
  } finally {
    setSession(null);
  }
}

export const can = (permission: Permission): boolean =>
  session.value?.permissions?.includes(permission) ?? false;

export const isFamily = computed(() => session.value?.kind === 'family');

/** `expired` is called when the server says that a session that was there is over. */
export function watchSession(expired: () => void): void {
  onSessionEnd(
    () => {
      if (!session.value) return;
      setSession(null);
      expired();
    },
    async () => {
      await loadSession(true);
    },
  );
}
