// Words in three languages. A page asks `t('key')`; the key is checked when it is compiled, and a
// test keeps the three catalogues of the family pages complete.

import { shallowRef } from 'vue';
import { read, write } from '../storage';
import type desk from './desk.zh.json';
import type rules from './rules.zh.json';
import type zh from './zh.json';

export type Language = 'zh' | 'zh-Hant' | 'en';
export type Key = keyof typeof zh | keyof typeof rules | keyof typeof desk;
type Words = Record<string, string>;

export const LANGUAGES: readonly { code: Language; name: string; tag: string }[] = [
  { code: 'zh', name: '简体中文', tag: 'zh-Hans' },
  { code: 'zh-Hant', name: '繁體中文', tag: 'zh-Hant' },
  { code: 'en', name: 'English', tag: 'en' },
];

const catalogues: Record<Language, () => Promise<{ default: Words }>> = {
  zh: () => import('./zh.json'),
  'zh-Hant': () => import('./zh-Hant.json'),
  en: () => import('./en.json'),
};

/** Words about rules, for the pages that speak of them: not a part of a family's first page. */
const ruleCatalogues: typeof catalogues = {
  zh: () => import('./rules.zh.json'),
  'zh-Hant': () => import('./rules.zh-Hant.json'),
  en: () => import('./rules.en.json'),
};

export const language = shallowRef<Language>('zh');
const words = shallowRef<Words>({});
const deskWords = shallowRef<Words>({});
let withRules = false;

/** What the device speaks, unless somebody has chosen. */
export function preferred(languages: readonly string[] = navigator.languages): Language {
  const chosen = read('language');
  if (LANGUAGES.some(({ code }) => code === chosen)) return chosen as Language;
  for (const tag of languages) {
    if (/^zh-(hant|tw|hk|mo)/i.test(tag)) return 'zh-Hant';
    if (/^zh/i.test(tag)) return 'zh';
    if (/^en/i.test(tag)) return 'en';
  }
  return 'zh';
}

export async function useLanguage(code: Language, rules = withRules): Promise<void> {
  withRules = rules;
  const [own, more] = await Promise.all([
    catalogues[code](),
    rules ? ruleCatalogues[code]() : null,
  ]);
  words.value = { ...more?.default, ...own.default };
  language.value = code;
  document.documentElement.lang = LANGUAGES.find((one) => one.code === code)!.tag;
}

export function chooseLanguage(code: Language): Promise<void> {
  write('language', code);
  return useLanguage(code);
}

/** The words about rules, also when the language changes later. */
export async function loadRuleWords(): Promise<void> {
  if (withRules) return;
  const code = language.value;
  const { default: more } = await ruleCatalogues[code]();
  withRules = true;
  if (code === language.value) words.value = { ...more, ...words.value };
  else await useLanguage(language.value);
}

/** The desk's words, which come with the desk and not with a family's first page. */
export async function loadDeskWords(): Promise<void> {
  deskWords.value = (await import('./desk.zh.json')).default;
}

/** For tests: words without loading. */
export function setWords(code: Language, family: Words, desk: Words = {}): void {
  language.value = code;
  words.value = family;
  deskWords.value = desk;
}

export type Values = Record<string, string | number>;

/**
 * The sentence for a key with its {places} filled. A sentence in two halves "one|many" is chosen by
 * `n`. An unknown key gives itself, so that nothing is ever blank.
 */
export function t(key: Key, values?: Values): string {
  return fill(words.value[key] ?? deskWords.value[key] ?? key, values);
}

/** As `t`, for keys that are put together; nothing if there is no such key. */
export function lookup(key: string, values?: Values): string | undefined {
  const found = words.value[key] ?? deskWords.value[key];
  return found === undefined ? undefined : fill(found, values);
}

/** A word of an enum: `word('kind', 'pupil')` is the entry `kind.pupil`, or the value itself. */
export const word = (prefix: string, value: string | number | null | undefined): string =>
  value || value === 0 ? (lookup(`${prefix}.${value}`) ?? String(value)) : '';

function fill(sentence: string, values?: Values): string {
  const halves = sentence.split('|');
  const chosen = halves.length === 2 && values?.n !== 1 ? halves[1]! : halves[0]!;
  if (!values) return chosen;
  return chosen.replace(/\{(\w+)\}/g, (place, name: string) =>
    name in values ? number(values[name]!) : place,
  );
}

const number = (value: string | number): string =>
  typeof value === 'number' ? value.toLocaleString('en-US') : value;

/** 20,000 */
export const count = (value: number | null | undefined): string => number(value ?? 0);
