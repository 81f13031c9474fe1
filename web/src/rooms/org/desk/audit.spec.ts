import { describe, expect, it } from 'vitest';
import desk from '@/kernel/i18n/desk.zh.json';
import { setWords } from '@/kernel/i18n';
import zh from '@/kernel/i18n/zh.json';
import { ACTIONS, internals, particulars, sentence, whoDid } from './audit';

setWords('zh', zh, desk);

describe('the trail', () => {
  it('is told in sentences', () => {
    expect(sentence({ action: 'org.invitation.made', subject_name: '李欣怡' })).toBe(
      '给 李欣怡 发邀请',
    );
    expect(sentence({ action: 'org.import.applied', detail: { file_name: '三年级.xlsx' } })).toBe(
      '开始写入名册 三年级.xlsx',
    );
  });
  it('leaves no braces where a name is not known, and shows actions it has no sentence for', () => {
    expect(sentence({ action: 'org.pupil.left', subject_name: null })).toBe('离校');
    expect(sentence({ action: 'org.new.thing', subject_name: '甲' })).toBe('org.new.thing 甲');
  });
  it('tells particulars by the words of the page', () => {
    expect(
      particulars({ fields: ['id_number', 'phone'], role: 'clerk', purpose: '核对', none: null }),
    ).toEqual([
      { name: '项目', text: '证件号码、电话' },
      { name: '角色', text: '教务员' },
      { name: '用途', text: '核对' },
    ]);
  });
  it('keeps ids and codes apart from what a clerk reads', () => {
    const detail = { purpose: '核对', invitation: '897272870935767808' };
    expect(particulars(detail)).toEqual([{ name: '用途', text: '核对' }]);
    expect(internals(detail)).toEqual([{ name: 'invitation', text: '897272870935767808' }]);
  });
  it('names whoever was nobody until then', () => {
    const actor = { kind: 'nobody', name: '' };
    const who = (action: string) => whoDid({ action, subject_name: '王燕', actor });
    expect(who('org.session.opened')).toBe('王燕');
    expect(who('org.guardian.joined')).toBe('家长');
    expect(who('org.invitation.guessed')).toBe('未登录的人');
  });
  it('has a sentence and a name for everything it can be filtered by', () => {
    const words: Record<string, string> = desk;
    for (const action of ACTIONS) {
      expect(words[`audit.${action}`], action).toBeTruthy();
      expect(words[`action.${action}`], action).toBeTruthy();
    }
  });
});
