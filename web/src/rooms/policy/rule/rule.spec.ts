import { beforeEach, describe, expect, it } from 'vitest';
import type { RuleFact } from '@/kernel/api-types';
import { setWords } from '@/kernel/i18n';
import rules from '@/kernel/i18n/rules.zh.json';
import zh from '@/kernel/i18n/zh.json';
import { areaName, factText, givenOf, noNumbers, sinceText, typedOf } from './rule';

const fact = (name: string, type: string, unit = ''): RuleFact => ({
  name,
  type,
  unit,
  title: name,
  words: [{ word: 'primary', title: '小学' }],
  computed: false,
});
const facts = [
  fact('minutes', 'number', 'min'),
  fact('share', 'number', 'ratio'),
  fact('asked', 'flag'),
  fact('stage', 'word'),
  fact('end', 'time'),
  fact('on', 'day'),
];

beforeEach(() => setWords('zh', { ...zh, ...rules }));

describe('a rule in words', () => {
  it('says since when as exactly as it is known', () => {
    expect(sinceText('2021-09-01', 'day')).toBe('2021年9月1日起');
    expect(sinceText('2025-12-01', 'month')).toBe('2025年12月起');
    expect(sinceText('2021-09-01', 'term')).toBe('2021年秋季学期起');
    expect(sinceText('2024-02-01', 'term')).toBe('2024年春季学期起');
  });

  it('names places, and gives the number of those without a name', () => {
    expect(areaName('')).toBe('全国');
    expect(areaName('32')).toBe('江苏省');
    expect(areaName('6101')).toBe('地区 6101');
  });

  it('writes facts as people do', () => {
    const said = (name: string, value: unknown) =>
      factText(
        facts.find((one) => one.name === name),
        value,
      );
    expect(said('minutes', 90)).toBe('90分钟');
    expect(said('share', 0.07)).toBe('7%');
    expect(said('asked', false)).toBe('否');
    expect(said('stage', 'primary')).toBe('小学');
    expect(said('on', '2026-10-12')).toBe('2026年10月12日');
  });
});

describe('the form made of a rule', () => {
  it('leaves out what nobody told, and gives back what it was given', () => {
    const given = { minutes: 90, share: 0.07, asked: false, end: '18:00' };
    const typed = typedOf(facts, given);
    expect(typed).toEqual({
      minutes: '90',
      share: '7',
      asked: 'false',
      stage: '',
      end: '18:00',
      on: '',
    });
    expect(givenOf(facts, typed)).toEqual(given);
    expect(givenOf(facts, {})).toEqual({});
  });

  it('reads numbers as people type them, and names what is none', () => {
    expect(givenOf(facts, { minutes: '１２０' })).toEqual({ minutes: 120 });
    expect(noNumbers(facts, { minutes: '1,200', share: '' })).toEqual([]);
    expect(noNumbers(facts, { minutes: 'two hours', end: '18:00' })).toEqual(['minutes']);
  });
});
