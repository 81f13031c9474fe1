import { describe, expect, it } from 'vitest';
import { cleanCode, dayFrom, inFours } from './code';

describe('an invitation code', () => {
  it('is found in what people type, paste and scan', () => {
    expect(cleanCode(' k7m2-9qxd ')).toBe('K7M29QXD');
    expect(cleanCode('ｋ７ｍ２　9qxd')).toBe('K7M29QXD');
    expect(cleanCode('请加入：https://x.cn/j/K7M29QXD?area=1 邀请码')).toBe('K7M29QXD');
    expect(cleanCode('——')).toBe('');
  });
  it('is read out in fours', () => {
    expect(inFours('K7M29QXD')).toBe('K7M2-9QXD');
    expect(inFours('K7M29')).toBe('K7M2-9');
    expect(inFours('K7M2-9QXD')).toBe('K7M2-9QXD');
  });
});

describe('a birth date', () => {
  it('is a day that exists', () => {
    expect(dayFrom('2018', '3', '5')).toBe('2018-03-05');
    expect(dayFrom('2016', '02', '29')).toBe('2016-02-29');
    expect(dayFrom('2018', '2', '29')).toBeNull();
    expect(dayFrom('18', '3', '5')).toBeNull();
    expect(dayFrom('2018', '', '5')).toBeNull();
    expect(dayFrom('2018', '13', '5')).toBeNull();
  });
});
