// Days and instants as a school in China reads them, whatever zone the device is set to.

import { language, t } from './i18n';

const ZONE_MS = 8 * 3_600_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let ahead = 0;

/** Sets this clock by the server's: a demo district lives at its own day. */
export function setServerNow(iso: string): void {
  const server = Date.parse(iso);
  if (!Number.isNaN(server)) ahead = server - Date.now();
}

export const now = (): number => Date.now() + ahead;

interface Parts {
  year: number;
  month: number;
  day: number;
  weekday: number; // 0 is Sunday
  hour: number;
  minute: number;
}

/** The parts of a moment at +08:00. */
export function partsOf(ms: number): Parts {
  const at = new Date(ms + ZONE_MS);
  return {
    year: at.getUTCFullYear(),
    month: at.getUTCMonth() + 1,
    day: at.getUTCDate(),
    weekday: at.getUTCDay(),
    hour: at.getUTCHours(),
    minute: at.getUTCMinutes(),
  };
}

const two = (n: number): string => String(n).padStart(2, '0');

/** Today at +08:00, as 2026-10-12. */
export const today = (): string => dayOf(now());

export function dayOf(ms: number): string {
  const { year, month, day } = partsOf(ms);
  return `${year}-${two(month)}-${two(day)}`;
}

/** Days between two ISO days. */
export const daysBetween = (from: string, until: string): number =>
  Math.round((Date.parse(until) - Date.parse(from)) / 86_400_000);

const EN_DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const EN_MONTHS = [
  'Jan',
  'Feb',
  'Mar',
  'Apr',
  'May',
  'Jun',
  'Jul',
  'Aug',
  'Sep',
  'Oct',
  'Nov',
  'Dec',
];

function dateText(parts: Parts, withWeekday: boolean): string {
  const thisYear = partsOf(now()).year === parts.year;
  if (language.value === 'en') {
    const date = `${parts.day} ${EN_MONTHS[parts.month - 1]}${thisYear ? '' : ` ${parts.year}`}`;
    return withWeekday ? `${EN_DAYS[parts.weekday]} ${date}` : date;
  }
  const week = language.value === 'zh-Hant' ? '週' : '周';
  const date = `${thisYear ? '' : `${parts.year}年`}${parts.month}月${parts.day}日`;
  return withWeekday ? `${date} ${week}${'日一二三四五六'[parts.weekday]}` : date;
}

/** "10月12日 周一 18:05"; the year only when it is not this one. */
export function instant(iso: string | null | undefined): string {
  const ms = Date.parse(iso ?? '');
  if (Number.isNaN(ms)) return '';
  const parts = partsOf(ms);
  return `${dateText(parts, true)} ${two(parts.hour)}:${two(parts.minute)}`;
}

/** "5分钟前" within the last hour, else as `instant`. */
export function ago(iso: string | null | undefined): string {
  const ms = Date.parse(iso ?? '');
  if (Number.isNaN(ms)) return '';
  const since = now() - ms;
  if (since < -MINUTE || since >= HOUR) return instant(iso);
  const minutes = Math.floor(since / MINUTE);
  return minutes < 1 ? t('time.just_now') : t('time.minutes_ago', { n: minutes });
}

/** "10月12日 周一" of an ISO day. */
export function day(iso: string | null | undefined): string {
  const ms = Date.parse(`${iso ?? ''}T00:00:00+08:00`);
  return Number.isNaN(ms) ? '' : dateText(partsOf(ms), true);
}

/** "2018年3月5日" of an ISO day: birth days always carry their year. */
export function birthDay(iso: string | null | undefined): string {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(iso ?? '');
  if (!match) return '';
  const [year, month, date] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (language.value === 'en') return `${date} ${EN_MONTHS[month - 1]} ${year}`;
  return `${year}年${month}月${date}日`;
}

/** "约20秒", "约3分钟": what is left of a long job. */
export function duration(seconds: number): string {
  if (seconds < 90) return t('time.about_seconds', { n: Math.max(1, Math.round(seconds)) });
  return t('time.about_minutes', { n: Math.round(seconds / 60) });
}

export interface Term {
  id?: string;
  school_year: number;
  part: number | string;
  first_day: string;
  last_day: string;
}

/** The week of a term a day lies in, counted from the Monday of its first week; nothing outside. */
export function weekOf(term: Term, on: string): number | null {
  if (on < term.first_day || on > term.last_day) return null;
  const first = Date.parse(term.first_day);
  const weekday = (new Date(first).getUTCDay() + 6) % 7;
  return Math.floor((daysBetween(term.first_day, on) + weekday) / 7) + 1;
}
