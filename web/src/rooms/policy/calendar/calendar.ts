// A school year as pages show it: months, weeks, what a day looks like, and ranges of days. Pure.

import type { CalendarDay, CalendarMove } from '@/kernel/api-types';
import { t, word } from '@/kernel/i18n';
import { birthDay, daysBetween } from '@/kernel/time';

const DAY_MS = 86_400_000;

/** 2026-10-12 and three days more: 2026-10-15. */
export const plusDays = (day: string, n: number): string =>
  new Date(Date.parse(day) + n * DAY_MS).toISOString().slice(0, 10);

/** 1 is Monday, 7 Sunday. */
export const weekdayOf = (day: string): number => new Date(Date.parse(day)).getUTCDay() || 7;

/** The school year a day lies in: it begins in September. */
export function schoolYearOf(day: string): number {
  const [year, month] = day.split('-').map(Number) as [number, number];
  return month >= 9 ? year : year - 1;
}

export const yearFrom = (year: number): string => `${year}-09-01`;
export const yearTo = (year: number): string => `${year + 1}-08-31`;

export interface Month {
  year: number;
  month: number;
  /** Each week from Monday to Sunday; nothing where the day is another month's. */
  weeks: (string | null)[][];
}

/** September to August. */
export function monthsOf(schoolYear: number): Month[] {
  return Array.from({ length: 12 }, (_, n) => {
    const at = new Date(Date.UTC(schoolYear, 8 + n, 1));
    const year = at.getUTCFullYear();
    const month = at.getUTCMonth() + 1;
    const length = new Date(Date.UTC(year, month, 0)).getUTCDate();
    const first = at.toISOString().slice(0, 10);
    const before = weekdayOf(first) - 1;
    const weeks = Array.from({ length: Math.ceil((before + length) / 7) }, (__, week) =>
      Array.from({ length: 7 }, (___, column) => {
        const date = week * 7 + column - before;
        return date < 0 || date >= length ? null : plusDays(first, date);
      }),
    );
    return { year, month, weeks };
  });
}

export const LOOKS = [
  'school_day',
  'weekend',
  'holiday',
  'vacation',
  'makeup',
  'half_day',
  'event',
] as const;
export type Look = (typeof LOOKS)[number];

/** What a day looks like: its kind, and what makes a school day an unusual one. */
export function lookOf(day: CalendarDay): Look {
  if (day.kind !== 'school_day') return day.kind;
  if (day.ends_at) return 'half_day';
  if (!day.lessons) return 'event';
  return day.follows_weekday || day.weekday > 5 ? 'makeup' : 'school_day';
}

export interface Range {
  from: string;
  to: string;
}

export const rangeOf = (a: string, b: string): Range =>
  a <= b ? { from: a, to: b } : { from: b, to: a };

export const lengthOf = ({ from, to }: Range): number => daysBetween(from, to) + 1;

/** Where a key leads from a day; nothing if it is no such key. */
export function dayAfterKey(day: string, key: string): string | null {
  const weekday = weekdayOf(day);
  const months = (n: number): string => {
    const [year, month, date] = day.split('-').map(Number) as [number, number, number];
    const last = new Date(Date.UTC(year, month + n, 0)).getUTCDate();
    return new Date(Date.UTC(year, month - 1 + n, Math.min(date, last))).toISOString().slice(0, 10);
  };
  const steps: Record<string, () => string> = {
    ArrowLeft: () => plusDays(day, -1),
    ArrowRight: () => plusDays(day, 1),
    ArrowUp: () => plusDays(day, -7),
    ArrowDown: () => plusDays(day, 7),
    Home: () => plusDays(day, 1 - weekday),
    End: () => plusDays(day, 7 - weekday),
    PageUp: () => months(-1),
    PageDown: () => months(1),
  };
  return steps[key]?.() ?? null;
}

/** "10月12日 周一". The year only where it is not the one the page is about. */
export function shortDay(day: string): string {
  const [, month, date] = day.split('-').map(Number);
  return `${t('calendar.date', { month: String(month), day: String(date) })} ${word('weekday', weekdayOf(day))}`;
}

export function rangeText({ from, to }: Range): string {
  if (from === to) return shortDay(from);
  return t('calendar.range', { from: shortDay(from), to: shortDay(to), n: lengthOf({ from, to }) });
}

/** "16:30放学", or each stage with its own time. */
export function dismissalText(day: CalendarDay): string {
  const times = day.dismissal;
  if (!times.length) return '';
  const [first] = times;
  if (times.every(({ at }) => at === first!.at)) return t('calendar.goes_home', { at: first!.at });
  return times
    .map(({ stage, at }) => `${word('stages', stage)} ${t('calendar.goes_home', { at })}`)
    .join(t('common.and'));
}

/** "半天 期末考试 12:00放学": what a day is, in words. */
export function dayWhat(day: CalendarDay): string {
  const look = lookOf(day);
  const parts = [word('look', look)];
  if (day.name && day.name !== parts[0]) parts.push(day.name);
  if (day.follows_weekday) {
    parts.push(t('calendar.follows', { day: word('weekday', day.follows_weekday) }));
  }
  const home = dismissalText(day);
  if (home) parts.push(home);
  else if (day.ends_at) parts.push(t('calendar.goes_home', { at: day.ends_at }));
  return parts.join(' ');
}

/** As a screen reader says it: the day, what it is, its week, what is not announced yet. */
export function dayLabel(day: CalendarDay): string {
  return [
    `${birthDay(day.day)} ${word('weekday', day.weekday)}`,
    dayWhat(day),
    day.week ? t('desk.week', { n: day.week }) : '',
    day.provisional ? t('calendar.not_announced') : '',
  ]
    .filter(Boolean)
    .join(t('common.comma'));
}

export interface MoveGroup extends Range {
  /** How many of the days between move so. */
  n: number;
  before: string;
  after: string;
}

/** Days that move in the same way are told as one, in the order of the first of each. */
export function movesOf(moves: readonly CalendarMove[]): MoveGroup[] {
  const groups = new Map<string, MoveGroup>();
  for (const move of moves) {
    const { day } = move.after;
    const before = dayWhat(move.before);
    const after = dayWhat(move.after);
    if (before === after) continue; // only no longer provisional
    const key = `${before}\n${after}`;
    const group = groups.get(key);
    if (group) {
      group.to = day;
      group.n += 1;
    } else {
      groups.set(key, { from: day, to: day, n: 1, before, after });
    }
  }
  return [...groups.values()];
}

export function moveText(group: MoveGroup): string {
  if (group.n === lengthOf(group)) return rangeText(group);
  const { from, to, n } = group;
  return t('change.span', { from: shortDay(from), to: shortDay(to), n });
}

export interface NationalSpan extends Range {
  kind: 'holiday' | 'makeup';
  name: string;
}

/** What the country says of this year: each holiday once, each make-up day. */
export function nationalSpans(days: readonly CalendarDay[]): NationalSpan[] {
  const spans: NationalSpan[] = [];
  for (const { day, national } of days) {
    if (!national) continue;
    const { kind, name } = national;
    const last = spans[spans.length - 1];
    if (last && last.kind === kind && last.name === name && plusDays(last.to, 1) === day) {
      last.to = day;
    } else {
      spans.push({ from: day, to: day, kind, name });
    }
  }
  return spans;
}
