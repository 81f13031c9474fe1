// What the pages about rules say in the same words. The texts of rules come from the server and
// stay Chinese in every language; what stands around them is in the catalogues.

import type { RuleFact } from '@/kernel/api-types';
import { lookup, t, word } from '@/kernel/i18n';
import { birthDay } from '@/kernel/time';

export const DOMAINS = ['after_school', 'school_time', 'exams'] as const;
export const AUDIENCES = ['family', 'teacher', 'school', 'office', 'institution'] as const;

export type Tone = 'pass' | 'warn' | 'fail' | 'info' | 'plain';
export const VERDICT_TONES: Record<string, Tone> = {
  pass: 'pass',
  fail: 'fail',
  warn: 'warn',
  unknown: 'info',
  na: 'plain',
};
export const STRENGTH_TONES: Record<string, Tone> = { must: 'fail', in_principle: 'warn' };

/** "2021年秋季学期起": as exactly as it is known, and not more so. */
export function sinceText(from: string, precision: string): string {
  const [year = '', month = ''] = from.split('-');
  if (precision === 'month') return t('since.month', { year, month: String(Number(month)) });
  if (precision === 'term') {
    return t(Number(month) >= 7 ? 'since.autumn' : 'since.spring', { year });
  }
  return t('since.day', { day: birthDay(from) });
}

/** Of districts only one's own set limits (six digits); provinces and cities have names. */
export function areaName(code: string): string {
  if (code === '') return t('area.country');
  return lookup(`area.${code}`) ?? t(code.length === 6 ? 'area.own' : 'area.code', { code });
}

export type Facts = Record<string, unknown>;

/** "每天：90分钟": a fact as people write it. */
export function factText(fact: RuleFact | undefined, value: unknown): string {
  if (value === true) return t('rule.yes');
  if (value === false) return t('rule.no');
  if (!fact) return String(value);
  if (fact.type === 'word') return fact.words.find((one) => one.word === value)?.title ?? '';
  if (fact.type === 'day') return birthDay(String(value));
  if (fact.unit === 'ratio') return `${shares(Number(value))}%`;
  return `${String(value)}${word('unit', fact.unit === 'count' ? '' : fact.unit)}`;
}

export const shares = (ratio: number): string => String(Number((ratio * 100).toPrecision(12)));

/** What a form's fields hold: everything as text, nothing where nothing is known. */
export type Typed = Record<string, string>;

export function typedOf(facts: readonly RuleFact[], given: Facts): Typed {
  const typed: Typed = {};
  for (const { name, unit } of facts) {
    const value = given[name];
    if (value === undefined || value === null) typed[name] = '';
    else typed[name] = unit === 'ratio' ? shares(Number(value)) : String(value);
  }
  return typed;
}

/** As a number: full-width digits, too, that some keyboards write. */
const numberOf = (text: string): number => Number(text.normalize('NFKC').replaceAll(',', ''));

/** The facts that are asked for as numbers and are none. */
export const noNumbers = (facts: readonly RuleFact[], typed: Typed): string[] =>
  facts
    .filter(({ name, type }) => type === 'number' && Number.isNaN(numberOf(typed[name] ?? '')))
    .map(({ name }) => name);

/** The facts that were told, as the server takes them. */
export function givenOf(facts: readonly RuleFact[], typed: Typed): Facts {
  const given: Facts = {};
  for (const { name, type, unit } of facts) {
    const text = (typed[name] ?? '').trim();
    if (text === '') continue;
    if (type === 'flag') given[name] = text === 'true';
    else if (type === 'number') {
      given[name] =
        unit === 'ratio' ? Number((numberOf(text) / 100).toPrecision(12)) : numberOf(text);
    } else given[name] = text;
  }
  return given;
}
