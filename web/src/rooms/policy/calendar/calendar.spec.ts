import { beforeEach, describe, expect, it } from 'vitest';
import type { CalendarDay } from '@/kernel/api-types';
import { setWords } from '@/kernel/i18n';
import desk from '@/kernel/i18n/desk.zh.json';
import zh from '@/kernel/i18n/zh.json';
import {
  dayAfterKey,
  dayLabel,
  dayWhat,
  lookOf,
  monthsOf,
  moveText,
  movesOf,
  nationalSpans,
  rangeOf,
  rangeText,
  schoolYearOf,
  weekdayOf,
} from './calendar';

const day = (iso: string, more: Partial<CalendarDay> = {}): CalendarDay => ({
  day: iso,
  weekday: weekdayOf(iso),
  kind: 'school_day',
  name: '',
  provisional: false,
  working: true,
  lessons: true,
  layer: 'national',
  dismissal: [],
  ...more,
});

beforeEach(() => setWords('zh', zh, desk));

describe('a school year', () => {
  it('begins in September', () => {
    expect(schoolYearOf('2026-09-01')).toBe(2026);
    expect(schoolYearOf('2027-08-31')).toBe(2026);
  });

  it('has twelve months of whole weeks, and every day once', () => {
    const months = monthsOf(2026);
    expect(months.map(({ month }) => month)).toEqual([9, 10, 11, 12, 1, 2, 3, 4, 5, 6, 7, 8]);
    const days = months.flatMap(({ weeks }) => weeks.flat()).filter((one) => one !== null);
    expect(days).toHaveLength(365);
    expect(days[0]).toBe('2026-09-01');
    expect(days.at(-1)).toBe('2027-08-31');
    expect([...days].sort()).toEqual(days);
    // The first of September 2026 is a Tuesday; February 2027 begins on a Monday and is four weeks.
    expect(months[0]!.weeks[0]!.slice(0, 2)).toEqual([null, '2026-09-01']);
    expect(months[5]!.weeks).toHaveLength(4);
    expect(monthsOf(2027)[5]!.weeks.flat().filter(Boolean)).toHaveLength(29);
  });
});

describe('a day', () => {
  it('looks like what is unusual about it', () => {
    expect(lookOf(day('2026-10-12'))).toBe('school_day');
    expect(lookOf(day('2026-10-10'))).toBe('makeup');
    expect(lookOf(day('2026-10-12', { follows_weekday: 3 }))).toBe('makeup');
    expect(lookOf(day('2026-10-12', { ends_at: '12:00' }))).toBe('half_day');
    expect(lookOf(day('2026-10-12', { lessons: false, name: '运动会' }))).toBe('event');
    expect(lookOf(day('2026-10-01', { kind: 'holiday', lessons: false }))).toBe('holiday');
  });

  it('says what it is', () => {
    const both = [
      { stage: 'primary' as const, at: '16:30' },
      { stage: 'junior' as const, at: '17:30' },
    ];
    expect(dayWhat(day('2026-10-12', { dismissal: both }))).toBe(
      '上课 小学 16:30放学、初中 17:30放学',
    );
    expect(dayWhat(day('2026-10-10', { follows_weekday: 3, name: '国庆调休' }))).toBe(
      '调休上课 国庆调休 按周三课表',
    );
    expect(dayLabel(day('2027-02-08', { kind: 'vacation', provisional: true }))).toBe(
      '2027年2月8日 周一，寒暑假，放假安排未公布',
    );
  });
});

describe('a range', () => {
  it('is the same from both ends', () => {
    expect(rangeOf('2026-10-15', '2026-10-12')).toEqual({ from: '2026-10-12', to: '2026-10-15' });
    expect(rangeText({ from: '2026-10-12', to: '2026-10-12' })).toBe('10月12日 周一');
    expect(rangeText({ from: '2026-10-12', to: '2026-10-15' })).toBe(
      '10月12日 周一至10月15日 周四，4天',
    );
  });

  it('grows by the keys of a keyboard', () => {
    expect(dayAfterKey('2026-10-12', 'ArrowUp')).toBe('2026-10-05');
    expect(dayAfterKey('2026-10-14', 'Home')).toBe('2026-10-12');
    expect(dayAfterKey('2026-10-14', 'End')).toBe('2026-10-18');
    expect(dayAfterKey('2027-01-31', 'PageDown')).toBe('2027-02-28');
    expect(dayAfterKey('2026-12-31', 'PageUp')).toBe('2026-11-30');
    expect(dayAfterKey('2026-10-14', 'a')).toBeNull();
  });
});

describe('what moves', () => {
  it('is told once for days that move alike', () => {
    const off = (iso: string) => ({
      before: day(iso),
      after: day(iso, { kind: 'holiday', name: '台风停课', lessons: false }),
    });
    const groups = movesOf([off('2026-10-12'), off('2026-10-13'), off('2026-10-15')]);
    expect(groups).toEqual([
      { from: '2026-10-12', to: '2026-10-15', n: 3, before: '上课', after: '放假 台风停课' },
    ]);
    expect(moveText(groups[0]!)).toBe('10月12日 周一至10月15日 周四，其中3天');
    expect(moveText(movesOf([off('2026-10-12')])[0]!)).toBe('10月12日 周一');
    // A day that is only no longer provisional looks as it did.
    const sure = { before: day('2027-03-01', { provisional: true }), after: day('2027-03-01') };
    expect(movesOf([sure])).toEqual([]);
  });

  it('leaves the country its holidays', () => {
    const national = { kind: 'holiday' as const, name: '国庆节', statutory: true };
    const makeup = { kind: 'makeup' as const, name: '国庆节', statutory: false };
    expect(
      nationalSpans([
        day('2026-10-01', { national }),
        day('2026-10-02', { national }),
        day('2026-10-09'),
        day('2026-10-10', { national: makeup }),
      ]),
    ).toEqual([
      { from: '2026-10-01', to: '2026-10-02', kind: 'holiday', name: '国庆节' },
      { from: '2026-10-10', to: '2026-10-10', kind: 'makeup', name: '国庆节' },
    ]);
  });
});
