import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import desk from './desk.zh.json';
import enOwn from './en.json';
import { count, lookup, preferred, setWords, t, word } from './index';
import rulesEn from './rules.en.json';
import rulesHant from './rules.zh-Hant.json';
import rules from './rules.zh.json';
import hantOwn from './zh-Hant.json';
import zhOwn from './zh.json';

const zh = { ...zhOwn, ...rules };
const zhHant = { ...hantOwn, ...rulesHant };
const en = { ...enOwn, ...rulesEn };

const SOURCES = join(process.cwd(), 'src');
const pages = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(vue|ts)$/.test(name) && !/spec\.ts$|rooms\/draw\//.test(name))
  .map((name) => ({ name, text: readFileSync(join(SOURCES, name), 'utf8') }));
const all = { ...zh, ...desk } as Record<string, string>;
const places = (sentence: string) => [...new Set(sentence.match(/\{\w+\}/g) ?? [])].sort();

describe('the catalogues', () => {
  it.each([
    ['zh-Hant', zhHant],
    ['en', en],
  ])('have the same keys and the same places in %s', (_, other: Record<string, string>) => {
    expect(Object.keys(other)).toEqual(Object.keys(zh));
    for (const [key, sentence] of Object.entries(zh)) {
      expect(other[key], key).not.toBe('');
      expect(places(other[key]!), key).toEqual(places(sentence));
    }
  });

  it('are in the script they claim', () => {
    const simplified = /[这们个为开关长过时说请给认发现级师应动线录处从学校区]/;
    const both = /[给从处应学校区]/;
    for (const [key, sentence] of Object.entries(zhHant)) {
      const only = sentence.replaceAll(new RegExp(both, 'g'), '');
      expect(simplified.test(only), `${key}: ${sentence}`).toBe(false);
    }
    for (const [key, sentence] of Object.entries(en)) {
      expect(/\p{Script=Han}/u.test(sentence), `${key}: ${sentence}`).toBe(false);
    }
  });

  it('do not shout and do not flatter', () => {
    for (const [key, sentence] of [...Object.entries(all), ...Object.entries(zhHant)]) {
      expect(/[!！亲親]/.test(sentence.replaceAll(/[父母]亲|[父母]親|亲属/g, '')), key).toBe(false);
    }
  });

  it('say a thing in one place only', () => {
    const own = Object.keys(zhOwn).filter((key) => key in rules);
    const twice = [...own, ...Object.keys(desk).filter((key) => key in zh)];
    expect(twice).toEqual([]);
  });
});

describe('what the server tells', () => {
  const openapi = readFileSync(join(process.cwd(), 'openapi.json'), 'utf8');
  const wordsOf = (one: string) => {
    const found = /"enum": ?(\[[^\]]*\])/g;
    const lists = [...openapi.matchAll(found)].map((match) => JSON.parse(match[1]!) as string[]);
    return lists.find((list) => list.includes(one)) ?? [];
  };

  it.each([
    ['need', 'odd_joins'],
    ['need_why', 'odd_joins'],
    ['need_do', 'odd_joins'],
    ['may', 'org.newcomer.decide'],
  ])('has its words: %s', (family, one) => {
    const kinds = wordsOf(one);
    expect(kinds.length).toBeGreaterThan(1);
    expect(kinds.filter((kind) => !all[`${family}.${kind}`])).toEqual([]);
  });
});

describe('the pages', () => {
  it('have no Chinese of their own', () => {
    for (const { name, text } of pages) {
      if (/i18n\/index\.ts$|kernel\/time\.ts$/.test(name)) continue;
      const code = text.replaceAll(/\/\/.*$|\/\*[^]*?\*\/|<!--[^]*?-->/gm, '');
      expect(/\p{Script=Han}/u.exec(code)?.[0], name).toBeUndefined();
    }
  });

  it('use every entry of the catalogues', () => {
    const text = pages.map((page) => page.text).join('\n');
    const words = [...text.matchAll(/\bword\(\s*['"`]([\w.]+)/g)].map((match) => `${match[1]}.`);
    const built = [...text.matchAll(/`([a-z_]+[.][a-z_.]*)\$\{/g)].map((match) => match[1]!);
    const put = [...words, ...built];
    const unused = Object.keys(all).filter((key) => {
      const literal = text.includes(`'${key}'`) || text.includes(`"${key}"`);
      return !literal && !put.some((start) => key.startsWith(start));
    });
    expect(unused).toEqual([]);
  });
});

describe('t', () => {
  it('fills places, chooses the half by n, groups digits', () => {
    setWords('en', { a: '{n} child|{n} children of {name}' } as never);
    expect(t('a' as never, { n: 1 })).toBe('1 child');
    expect(t('a' as never, { n: 20000, name: 'Li' })).toBe('20,000 children of Li');
    expect(count(1234567)).toBe('1,234,567');
  });

  it('never leaves a blank', () => {
    setWords('zh', zh);
    expect(t('no.such' as never)).toBe('no.such');
    expect(lookup('no.such')).toBeUndefined();
    expect(word('sex', 'male')).toBe('男');
    expect(word('sex', 'unheard')).toBe('unheard');
    expect(word('sex', null)).toBe('');
  });

  it('speaks what the device speaks', () => {
    expect(preferred(['zh-TW', 'en'])).toBe('zh-Hant');
    expect(preferred(['zh-Hans-CN'])).toBe('zh');
    expect(preferred(['de', 'en-GB'])).toBe('en');
    expect(preferred(['de'])).toBe('zh');
  });
});
