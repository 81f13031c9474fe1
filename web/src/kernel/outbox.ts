// What a family sends while the line is down: kept on the device, sent when it is back, in order,
// each under its own Idempotency-Key so that nothing arrives twice.

import { computed, ref } from 'vue';
import { done, refused } from './act';
import { ApiError, newKey, request } from './http';
import { t } from './i18n';
import { readJson, writeJson } from './storage';

export interface Waiting {
  path: string;
  body: unknown;
  key: string;
}

const waiting = ref<Waiting[]>(readJson<Waiting[]>('outbox', []));
export const waitingCount = computed(() => waiting.value.length);
let sending = false;

function keepAll(rows: Waiting[]): void {
  waiting.value = rows;
  writeJson('outbox', rows);
}

/** Sends, or keeps it for later when there is no line; tells which. Throws what the server refuses. */
export async function sendOrKeep(path: string, body: unknown): Promise<'sent' | 'kept'> {
  const key = newKey();
  try {
    await request('POST', path, { body, key });
    return 'sent';
  } catch (error) {
    if (!(error instanceof ApiError) || !error.offline) throw error;
    keepAll([...waiting.value, { path, body, key }]);
    return 'kept';
  }
}

/** Sends what waits. Stops at the first that meets no line; what is refused is told and dropped. */
export async function sendWaiting(): Promise<void> {
  if (sending) return;
  sending = true;
  try {
    for (let next = waiting.value[0]; next; next = waiting.value[0]) {
      try {
        await request('POST', next.path, { body: next.body, key: next.key });
        done(t('outbox.sent'));
      } catch (error) {
        if (error instanceof ApiError && (error.offline || error.status === 401)) return;
        refused(error);
      }
      keepAll(waiting.value.slice(1));
    }
  } finally {
    sending = false;
  }
}

export function watchLine(): void {
  window.addEventListener('online', () => void sendWaiting());
  if (waiting.value.length) void sendWaiting();
}
