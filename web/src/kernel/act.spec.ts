import { describe, expect, it, vi } from 'vitest';
import { ask, done, question, refused, settle, toasts, undo, useDeed } from './act';
import { ApiError } from './http';
import { setWords } from './i18n';
import zh from './i18n/zh.json';
import { mount, settle as wait } from './testing';
import AskDialog from './widgets/AskDialog.vue';

setWords('zh', zh);

describe('a question', () => {
  it('gives the reason, or nothing when one steps back; a newer one replaces it', async () => {
    const first = ask({ title: '撤销 李明 的邀请？', verb: '撤销' });
    const second = ask({ title: '别的', verb: '做', reason: '为什么' });
    expect(await first).toBeNull();
    settle('因为');
    expect(await second).toBe('因为');
    expect(question.value).toBeNull();
  });

  it('does not let a wanted reason be left out', async () => {
    HTMLDialogElement.prototype.showModal = vi.fn();
    HTMLDialogElement.prototype.close = vi.fn();
    const page = await mount(AskDialog);
    const answer = ask({ title: '查看？', verb: '查看', reason: '用途' });
    await wait();
    expect(page.one('h2').textContent).toBe('查看？');
    page.one('form').dispatchEvent(new Event('submit'));
    await wait();
    expect(page.one('.field-error').textContent).toBe(zh['common.say_why']);
    const field = page.one('textarea') as HTMLTextAreaElement;
    field.value = '核对学籍';
    field.dispatchEvent(new Event('input'));
    page.one('form').dispatchEvent(new Event('submit'));
    expect(await answer).toBe('核对学籍');
    page.unmount();
  });
});

describe('word of a deed', () => {
  it('can be taken back', async () => {
    const back = vi.fn(() => Promise.resolve());
    done('已合并', back);
    await undo(toasts.value.at(-1)!);
    expect(back).toHaveBeenCalledTimes(1);
    expect(toasts.value.at(-1)!.text).toBe(zh['common.undone']);
  });

  it('names the request that was refused', () => {
    refused(new ApiError(409, { title: '不行。', detail: '已有同名班级', request: 'r-1' }));
    expect(toasts.value.at(-1)).toMatchObject({
      text: '不行。 已有同名班级',
      kind: 'fail',
      request: 'r-1',
    });
  });
});

describe('a deed', () => {
  it('runs once at a time and keeps its refusal', async () => {
    const { state, run } = useDeed();
    const first = run(() => new Promise((go) => setTimeout(go, 5)));
    expect(state.busy).toBe(true);
    expect(await run(() => Promise.resolve())).toBe(false);
    expect(await first).toBe(true);
    expect(await run(() => Promise.reject(new ApiError(409, { title: '不行' })))).toBe(false);
    expect(state.error?.message).toBe('不行');
  });
});
