import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import en from './i18n/en.json';
import zh from './i18n/zh.json';
import { setWords } from './i18n';
import { ago, birthDay, day, duration, instant, setServerNow, today, weekOf } from './time';

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-11-22T00:00:00Z') });
  setServerNow('2026-10-12T18:30:00+08:00');
  setWords('zh', zh);
});
afterEach(() => {
  vi.useRealTimers();
});

describe('instants', () => {
  it('are told as a school tells them, at +08:00, by the clock of the server', () => {
    expect(instant('2026-10-12T18:05:00+08:00')).toBe('10月12日 周一 18:05');
    expect(instant('2026-10-12T16:30:00Z')).toBe('10月13日 周二 00:30');
    expect(instant('2025-12-31T23:59:00+08:00')).toBe('2025年12月31日 周三 23:59');
    expect(today()).toBe('2026-10-12');
  });

  it('are relative only within the last hour', () => {
    expect(ago('2026-10-12T18:29:40+08:00')).toBe('刚刚');
    expect(ago('2026-10-12T18:05:00+08:00')).toBe('25分钟前');
    expect(ago('2026-10-12T17:30:00+08:00')).toBe('10月12日 周一 17:30');
    expect(ago('2026-10-12T19:00:00+08:00')).toBe('10月12日 周一 19:00');
  });

  it('are nothing when there is none', () => {
    expect(instant(null)).toBe('');
    expect(instant('soon')).toBe('');
    expect(day('2026-13-01')).toBe('');
  });

  it('follow the language', () => {
    setWords('en', en);
    expect(instant('2026-10-12T18:05:00+08:00')).toBe('Mon 12 Oct 18:05');
    expect(birthDay('2018-03-05')).toBe('5 Mar 2018');
    setWords('zh-Hant', zh);
    expect(day('2026-10-12')).toBe('10月12日 週一');
  });
});

describe('days, weeks and waits', () => {
  it('always give the year of a birth day', () => {
    expect(birthDay('2018-03-05')).toBe('2018年3月5日');
    expect(day('2026-09-01')).toBe('9月1日 周二');
  });

  it('count the weeks of a term from the Monday of its first week', () => {
    const term = { school_year: 2026, part: 1, first_day: '2026-09-01', last_day: '2027-01-20' };
    expect(weekOf(term, '2026-09-01')).toBe(1);
    expect(weekOf(term, '2026-09-06')).toBe(1);
    expect(weekOf(term, '2026-09-07')).toBe(2);
    expect(weekOf(term, '2026-10-12')).toBe(7);
    expect(weekOf(term, '2026-08-31')).toBeNull();
    expect(weekOf(term, '2027-01-21')).toBeNull();
  });

  it('are rounded as people say them', () => {
    expect(duration(0.2)).toBe('约1秒');
    expect(duration(89)).toBe('约89秒');
    expect(duration(170)).toBe('约3分钟');
  });
});
