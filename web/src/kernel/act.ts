// Questions before a deed, and word that it is done: one dialog and one line of toasts a page.

import { reactive, ref, shallowRef } from 'vue';
import { asApiError } from './http';
import type { ApiError } from './http';
import { t } from './i18n';

export interface Question {
  /** Names the thing: "撤销 李明 的邀请？" */
  title: string;
  text?: string;
  /** The verb on the button: "撤销邀请", never "确定". */
  verb: string;
  danger?: boolean;
  /** A reason that has to be given: its label. */
  reason?: string;
}

export const question = shallowRef<Question | null>(null);
let answer: ((reason: string | null) => void) | null = null;

/** Asks; gives the reason ('' if none was asked for), or nothing when the person steps back. */
export function ask(what: Question): Promise<string | null> {
  answer?.(null);
  question.value = what;
  return new Promise((done) => {
    answer = done;
  });
}

export function settle(reason: string | null): void {
  question.value = null;
  answer?.(reason);
  answer = null;
}

export interface Toast {
  id: number;
  text: string;
  kind: 'pass' | 'fail' | 'info';
  request?: string;
  undo?: () => Promise<unknown>;
}

export const toasts = ref<Toast[]>([]);
let last = 0;
const STAYS_MS = 7_000;

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

function show(toast: Omit<Toast, 'id'>): void {
  const id = (last += 1);
  toasts.value = [...toasts.value.slice(-2), { id, ...toast }];
  if (toast.kind !== 'fail') setTimeout(() => dismiss(id), STAYS_MS);
}

export const done = (text: string, undo?: () => Promise<unknown>): void =>
  show({ text, kind: 'pass', ...(undo && { undo }) });

export const tell = (text: string): void => show({ text, kind: 'info' });

export function refused(failure: unknown): void {
  const error = asApiError(failure);
  const text = error.said ? `${error.message} ${error.said}` : error.message;
  show({ text, kind: 'fail', ...(error.request && { request: error.request }) });
}

/** Takes back what a toast told. */
export async function undo(toast: Toast): Promise<void> {
  dismiss(toast.id);
  try {
    await toast.undo?.();
    tell(t('common.undone'));
  } catch (failure) {
    refused(failure);
  }
}

/** A deed behind a button: busy while it runs, its refusal kept beside the form. */
export function useDeed() {
  const state = reactive({ busy: false, error: null as ApiError | null });
  async function run(deed: () => Promise<unknown>): Promise<boolean> {
    if (state.busy) return false;
    state.busy = true;
    state.error = null;
    try {
      await deed();
      return true;
    } catch (failure) {
      state.error = asApiError(failure);
      return false;
    } finally {
      state.busy = false;
    }
  }
  return { state, run };
}
