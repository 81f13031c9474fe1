// The only place that speaks to the server: sessions' CSRF token, Idempotency-Key, retries,
// problem+json.

import type { BodyAt, FieldProblem, Known, Problem, QueryAt, ReplyAt, Sent } from './api-types';
import { lookup, t } from './i18n';
import { setServerNow } from './time';

/** A refusal or a failed line. `message` is a sentence for the person in front of the page. */
export class ApiError extends Error {
  readonly status: number; // 0: the server was not reached
  readonly code: string;
  readonly detail: string;
  readonly fields: FieldProblem[];
  readonly request: string;
  /** Of a refusal by a rule: which, where it is written, what it demands and what was sent. */
  readonly rule: Record<'rule' | 'clause' | 'limit' | 'value', string> | null;
  readonly retryAfter: number; // seconds, 0 if not told

  constructor(status: number, problem: Partial<Problem>, retryAfter = 0) {
    const code = problem.code ?? (status === 0 ? 'web.offline' : 'web.unknown');
    const own = problem.code || !problem.title ? lookup(`error.${code}`) : undefined;
    super(own ?? problem.title ?? t('error.web.unknown'));
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.detail = problem.detail ?? '';
    this.fields = problem.fields ?? [];
    this.request = problem.request ?? '';
    const { rule, clause = '', limit = '', value = '' } = problem;
    this.rule = rule ? { rule, clause, limit, value } : null;
    this.retryAfter = retryAfter;
  }

  get offline(): boolean {
    return this.status === 0;
  }

  /** What the server adds for people; what it adds for logs is in English and not shown. */
  get said(): string {
    return /\p{Script=Han}/u.test(this.detail) ? this.detail : '';
  }

  /** Whether the same request may do better later: no line, a busy server, somebody in between. */
  get passes(): boolean {
    return this.status <= 0 || this.status === 409 || this.status === 429 || this.status >= 500;
  }

  /** The sentence for one field, if the server named it. */
  of(field: string): string {
    return this.fields.find((one) => one.field === field)?.message ?? '';
  }
}

export const asApiError = (error: unknown): ApiError =>
  error instanceof ApiError
    ? error
    : new ApiError(-1, { title: t('error.web.unknown'), detail: String(error) });

type Verb = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
export type Query = Record<string, string | number | boolean | null | undefined>;

export interface Options {
  query?: Query;
  body?: unknown;
  /** Bytes instead of JSON. */
  raw?: Blob;
  /** The Idempotency-Key of a form that may be sent twice; one is made for every POST without. */
  key?: string;
  signal?: AbortSignal;
  /** Of `raw`: the share sent, 0..1. */
  onSent?: (share: number) => void;
  as?: 'json' | 'blob';
  timeout_ms?: number;
}

const TIMEOUT_MS = 20_000;
const TRIES = 3;
const WAIT_MS = [400, 1500];
const WAIT_MAX_S = 5;

let csrf = '';
let onExpired: (() => void) | null = null;
let refresh: (() => Promise<void>) | null = null;

export const setCsrf = (token: string): void => {
  csrf = token;
};

/** What happens when the server says that the session is over, and how a stale token is renewed. */
export function onSessionEnd(expired: () => void, renew: () => Promise<void>): void {
  onExpired = expired;
  refresh = renew;
}

/** A fresh Idempotency-Key. A form makes one when it opens and keeps it until it succeeds. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function addressOf(path: string, query: Query = {}): string {
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== undefined && value !== null && value !== '')
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
  return pairs.length ? `${path}?${pairs.join('&')}` : path;
}

const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** A reply that says "not now", or none at all: worth asking again. */
const passing = (status: number): boolean =>
  status === 0 || status === 502 || status === 503 || status === 504;

interface Reply {
  status: number;
  header(name: string): string | null;
  text(): Promise<string>;
  blob(): Promise<Blob>;
}

async function send(method: Verb, address: string, headers: Headers, options: Options) {
  if (options.raw && options.onSent) return sendFile(method, address, headers, options);
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), options.timeout_ms ?? TIMEOUT_MS);
  const cancel = () => abort.abort();
  options.signal?.addEventListener('abort', cancel);
  try {
    const response = await fetch(address, {
      method,
      headers,
      body: options.raw ?? (options.body === undefined ? null : JSON.stringify(options.body)),
      credentials: 'same-origin',
      cache: 'no-store',
      signal: abort.signal,
    });
    const reply: Reply = {
      status: response.status,
      header: (name) => response.headers.get(name),
      text: () => response.text(),
      blob: () => response.blob(),
    };
    return reply;
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', cancel);
  }
}

/** As `send`, telling how much has gone: browsers tell that only of the older interface. */
function sendFile(method: Verb, address: string, headers: Headers, options: Options) {
  return new Promise<Reply>((done, failed) => {
    const request = new XMLHttpRequest();
    request.open(method, address);
    headers.forEach((value, name) => request.setRequestHeader(name, value));
    request.responseType = 'blob';
    request.upload.onprogress = (event) => options.onSent?.(event.loaded / event.total);
    request.onerror = () => failed(new TypeError('network'));
    request.onabort = () => failed(new DOMException('aborted', 'AbortError'));
    request.onload = () => {
      const blob = request.response as Blob;
      done({
        status: request.status,
        header: (name) => request.getResponseHeader(name),
        text: () => blob.text(),
        blob: () => Promise.resolve(blob),
      });
    };
    options.signal?.addEventListener('abort', () => request.abort());
    request.send(options.raw);
  });
}

async function problemOf(reply: Reply): Promise<ApiError> {
  let problem: Partial<Problem> = {};
  try {
    problem = JSON.parse(await reply.text()) as Problem;
  } catch {
    problem = {}; // a proxy's page, not ours
  }
  return new ApiError(reply.status, problem, Number(reply.header('Retry-After') ?? 0) || 0);
}

/**
 * Asks the server. GET, PUT and DELETE, and POST under its Idempotency-Key, are repeated when the
 * line fails; PATCH is not. Throws ApiError, or AbortError if `signal` was aborted.
 */
export async function request<T>(method: Verb, path: string, options: Options = {}): Promise<T> {
  const key = method === 'POST' ? (options.key ?? newKey()) : undefined;
  const address = addressOf(path, options.query);
  let renewed = false;
  for (let tried = 1; ; tried += 1) {
    const headers = new Headers({
      Accept: 'application/json, application/problem+json, */*',
      'Accept-Language': document.documentElement.lang || 'zh-Hans',
    });
    if (method !== 'GET' && csrf) headers.set('X-CSRF-Token', csrf);
    if (key) headers.set('Idempotency-Key', key);
    if (options.raw) headers.set('Content-Type', options.raw.type || 'application/octet-stream');
    else if (options.body !== undefined) headers.set('Content-Type', 'application/json');

    let failure: ApiError;
    try {
      const reply = await send(method, address, headers, options);
      if (reply.status < 400) return await contentOf<T>(reply, options);
      failure = await problemOf(reply);
    } catch (error) {
      if (options.signal?.aborted) throw error;
      if (error instanceof ApiError) throw error;
      failure = new ApiError(0, {});
    }

    if (failure.code === 'api.csrf' && !renewed && refresh) {
      renewed = true;
      await refresh();
      continue;
    }
    if (failure.status === 401 && failure.code !== 'org.wrong_login') onExpired?.();
    const mayRepeat = method !== 'PATCH' && !options.raw && tried < TRIES;
    if (!passing(failure.status) || !mayRepeat || failure.retryAfter > WAIT_MAX_S) throw failure;
    await wait(Math.max(WAIT_MS[tried - 1] ?? 0, failure.retryAfter * 1000));
  }
}

async function contentOf<T>(reply: Reply, options: Options): Promise<T> {
  const date = reply.header('X-Now');
  if (date) setServerNow(date);
  if (options.as === 'blob') return (await reply.blob()) as T;
  const text = await reply.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

// What comes back, and what has to be sent, follows from the address: api-types.ts.

export const get = <P extends string>(
  path: P,
  ...[query, signal]: Known<'get', P, [query?: QueryAt<'get', P>, signal?: AbortSignal]>
): Promise<ReplyAt<'get', P>> =>
  request('GET', path, { ...(query && { query }), ...(signal && { signal }) });
export const post = <P extends string>(
  path: P,
  ...[body = {}, key]: Known<'post', P, Sent<'post', P>>
): Promise<ReplyAt<'post', P>> => request('POST', path, { body, ...(key && { key }) });
export const patch = <P extends string>(
  path: P,
  ...[body]: Known<'patch', P, [body: BodyAt<'patch', P>]>
): Promise<ReplyAt<'patch', P>> => request('PATCH', path, { body });
export const put = <P extends string>(
  path: P,
  ...[body]: Known<'put', P, [body: BodyAt<'put', P>]>
): Promise<ReplyAt<'put', P>> => request('PUT', path, { body });
export const remove = <P extends string>(
  path: P,
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- its type says that the path is known
  ..._: Known<'delete', P, []>
): Promise<ReplyAt<'delete', P>> => request('DELETE', path);

/** Fetches a file and hands it to the browser to keep. */
export async function download(path: string, name: string, options: Options = {}): Promise<void> {
  const method = options.body === undefined ? 'GET' : 'POST';
  const file = await request<Blob>(method, path, { ...options, as: 'blob', timeout_ms: 120_000 });
  keep(file, name);
}

/** Lets the browser keep a file made here. */
export function keep(file: Blob, name: string): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
