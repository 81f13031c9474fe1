import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { toasts } from './act';
import { setWords } from './i18n';
import zh from './i18n/zh.json';

let replies: (Response | 'line down')[] = [];
let keys: (string | null)[] = [];

beforeEach(() => {
  replies = [];
  keys = [];
  localStorage.clear();
  toasts.value = [];
  vi.resetModules();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  vi.stubGlobal('fetch', (_: string, init: RequestInit) => {
    keys.push((init.headers as Headers).get('Idempotency-Key'));
    const reply = replies.shift();
    return reply instanceof Response
      ? Promise.resolve(reply)
      : Promise.reject(new TypeError('net'));
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** As when the page is opened: nothing but what is on the device. */
async function opened() {
  const { setWords: words } = await import('./i18n');
  words('zh', zh);
  return import('./outbox');
}
async function after<T>(promise: Promise<T>): Promise<T | Error> {
  const settled = promise.catch((error: unknown) => error as Error);
  await vi.runAllTimersAsync();
  return settled;
}
const ok = () => new Response('{"id":"1"}', { status: 201 });

describe('what a family sends', () => {
  it('is kept when there is no line, and sent once under the same key when it is back', async () => {
    setWords('zh', zh);
    let box = await opened();
    expect(await after(box.sendOrKeep('/api/x', { text: 'a' }))).toBe('kept');
    expect(box.waitingCount.value).toBe(1);
    const key = keys[0];

    vi.resetModules(); // the page is closed and opened again
    box = await opened();
    expect(box.waitingCount.value).toBe(1);
    replies = [ok()];
    await after(box.sendWaiting());
    expect(box.waitingCount.value).toBe(0);
    expect(keys.at(-1)).toBe(key);
  });

  it('waits on when the line is still down, and keeps its order', async () => {
    const box = await opened();
    await after(box.sendOrKeep('/api/1', {}));
    await after(box.sendOrKeep('/api/2', {}));
    await after(box.sendWaiting());
    expect(box.waitingCount.value).toBe(2);
    replies = [ok(), 'line down'];
    await after(box.sendWaiting());
    expect(box.waitingCount.value).toBe(1);
  });

  it('is not kept when the server refuses it', async () => {
    const box = await opened();
    replies = [new Response('{"code":"org.bad","title":"不行"}', { status: 400 })];
    expect(await after(box.sendOrKeep('/api/x', {}))).toMatchObject({ status: 400 });
    expect(box.waitingCount.value).toBe(0);
  });

  it('is dropped with word of it when it is refused later', async () => {
    const box = await opened();
    await after(box.sendOrKeep('/api/x', {}));
    replies = [new Response('{"code":"org.bad","title":"不行"}', { status: 409 })];
    await after(box.sendWaiting());
    expect(box.waitingCount.value).toBe(0);
  });
});
