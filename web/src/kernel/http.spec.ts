import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addressOf, ApiError, get, onSessionEnd, patch, post, request, setCsrf } from './http';
import zh from './i18n/zh.json';
import { setWords } from './i18n';

interface Sent {
  address: string;
  method: string;
  headers: Headers;
  body: string | null;
}
let sent: Sent[] = [];
let replies: (Response | 'line down')[] = [];

const json = (status: number, value: unknown, headers: Record<string, string> = {}) =>
  new Response(status === 204 ? null : JSON.stringify(value), { status, headers });

beforeEach(() => {
  sent = [];
  replies = [];
  setWords('zh', zh);
  setCsrf('token');
  onSessionEnd(
    () => undefined,
    () => Promise.resolve(),
  );
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  vi.stubGlobal('fetch', (address: string, init: RequestInit) => {
    sent.push({
      address,
      method: init.method ?? '',
      headers: init.headers as Headers,
      body: init.body as string | null,
    });
    const reply = replies.shift();
    if (!reply) throw new Error('nothing prepared');
    return reply === 'line down' ? Promise.reject(new TypeError('net')) : Promise.resolve(reply);
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** Lets the waits between tries pass. */
async function outcome<T>(promise: Promise<T>): Promise<T | ApiError> {
  const settled = promise.catch((error: unknown) => error as ApiError);
  await vi.runAllTimersAsync();
  return settled;
}
const keyOf = (one: Sent | undefined) => one?.headers.get('Idempotency-Key');

describe('what is sent', () => {
  it('carries the token on every method that changes something, and a key on every POST', async () => {
    replies = [json(200, {}), json(201, { id: '1' }), json(204, null)];
    await get('/api/org/people', { q: '李 明', kind: '', school: null, limit: 0 });
    await post('/api/org/merges/1/decide', { merge: true });
    expect(await request('DELETE', '/api/a/1')).toBeUndefined();
    expect(sent[0]!.address).toBe('/api/org/people?q=%E6%9D%8E%20%E6%98%8E&limit=0');
    expect(sent[0]!.headers.get('X-CSRF-Token')).toBeNull();
    expect(keyOf(sent[0])).toBeNull();
    expect(sent[1]!.headers.get('X-CSRF-Token')).toBe('token');
    expect(keyOf(sent[1])).toMatch(/^[0-9a-f]{32}$/);
    expect(sent[1]!.body).toBe('{"merge":true}');
    expect(sent[2]!.headers.get('X-CSRF-Token')).toBe('token');
    expect(addressOf('/a')).toBe('/a');
  });

  it('repeats a POST under the same key when the line fails, and never a PATCH', async () => {
    replies = ['line down', json(503, {}, { 'Retry-After': '1' }), json(201, { id: '1' })];
    expect(await outcome(post('/api/org/accounts/1/reset'))).toEqual({ id: '1' });
    expect(sent).toHaveLength(3);
    expect(new Set(sent.map(keyOf)).size).toBe(1);

    replies = ['line down'];
    expect(await outcome(patch('/api/org/classes/1', {}))).toMatchObject({
      status: 0,
      code: 'web.offline',
    });
    expect(sent).toHaveLength(4);
  });

  it('gives up after three tries, and does not wait for a server that asks for a minute', async () => {
    replies = ['line down', 'line down', 'line down'];
    expect(await outcome(get('/api/areas'))).toMatchObject({ offline: true });
    expect(sent).toHaveLength(3);
    replies = [json(503, { code: 'api.full' }, { 'Retry-After': '60' })];
    expect(await outcome(get('/api/areas'))).toMatchObject({ status: 503, retryAfter: 60 });
    expect(sent).toHaveLength(4);
  });

  it('does not repeat a refusal', async () => {
    replies = [json(409, { code: 'org.code_used', title: 'x' })];
    expect(await outcome(post('/api/org/accounts/1/reset'))).toMatchObject({ status: 409 });
    expect(sent).toHaveLength(1);
  });

  it('renews a stale token once', async () => {
    const renew = vi.fn(() => Promise.resolve(setCsrf('fresh')));
    onSessionEnd(() => undefined, renew);
    replies = [json(403, { code: 'api.csrf' }), json(200, { ok: true })];
    expect(await outcome(post('/api/org/accounts/1/reset'))).toEqual({ ok: true });
    expect(renew).toHaveBeenCalledTimes(1);
    expect(sent[1]!.headers.get('X-CSRF-Token')).toBe('fresh');
    replies = [json(403, { code: 'api.csrf' }), json(403, { code: 'api.csrf' })];
    expect(await outcome(post('/api/org/accounts/1/reset'))).toMatchObject({ status: 403 });
  });

  it('tells that a session has ended, but not when a password was wrong', async () => {
    const ended = vi.fn();
    onSessionEnd(ended, () => Promise.resolve());
    replies = [json(401, { code: 'org.wrong_login' })];
    await outcome(post('/api/session', { username: 'a', password: 'b' }));
    expect(ended).not.toHaveBeenCalled();
    replies = [json(401, { code: 'api.unauthenticated' })];
    await outcome(get('/api/areas'));
    expect(ended).toHaveBeenCalledTimes(1);
  });

  it('stops when the page no longer wants the answer', async () => {
    const abort = new AbortController();
    replies = ['line down'];
    abort.abort();
    const failed = get('/api/areas', {}, abort.signal).catch((error: unknown) => error);
    expect(await failed).toBeInstanceOf(TypeError);
    expect(sent).toHaveLength(1);
  });
});

describe('what a refusal says', () => {
  const problem = {
    title: '服务器的话。',
    status: 400,
    code: 'org.bad_form',
    detail: '第 3 行',
    request: 'r-17',
    fields: [{ field: 'name', code: 'json.missing', message: '缺姓名' }],
  };

  it('is the sentence of the server, its fields and its number', async () => {
    replies = [json(400, problem)];
    const error = (await outcome(post('/api/org/accounts/1/reset'))) as ApiError;
    expect(error.message).toBe('服务器的话。');
    expect([error.detail, error.request, error.of('name'), error.of('other')]).toEqual([
      '第 3 行',
      'r-17',
      '缺姓名',
      '',
    ]);
  });

  it('is the sentence of the catalogue where the family pages have one', async () => {
    replies = [json(409, { code: 'org.code_used', title: '邀请码已用。' })];
    const error = (await outcome(
      post('/api/join', { code: 'ABCD', birth_day: '2017-03-01' }),
    )) as ApiError;
    expect(error.message).toBe(zh['error.org.code_used']);
  });

  it('is readable even if a proxy answers with its own page', async () => {
    replies = [new Response('<html>', { status: 500 })];
    expect(await outcome(get('/api/areas'))).toMatchObject({
      status: 500,
      message: zh['error.web.unknown'],
    });
  });
});

it('shows people what was said to people, and offers again what may go better', () => {
  const of = (status: number, detail: string) => new ApiError(status, { title: '不行。', detail });
  expect(of(400, 'the address holds no id where one should stand').said).toBe('');
  expect(of(400, '第 3 行').said).toBe('第 3 行');
  expect([0, 409, 429, 503].map((status) => of(status, '').passes)).not.toContain(false);
  expect([400, 403, 404, 422].map((status) => of(status, '').passes)).not.toContain(true);
});
