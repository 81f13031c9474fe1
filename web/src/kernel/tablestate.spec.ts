import { describe, expect, it } from 'vitest';
import { nextSort, readState, sorted, windowOf, writeState } from './tablestate';

describe('the address of a table', () => {
  it('gives back what was written, and leaves what is not its own', () => {
    const state = {
      q: '李',
      sort: '-pupils',
      filters: { kind: ['public', 'private'] },
      columns: ['name', 'pupils'],
    };
    const query = writeState({ side: '7', 'p.q': 'x' }, state, ['kind', 'street']);
    expect(query).toEqual({
      side: '7',
      'p.q': 'x',
      q: '李',
      sort: '-pupils',
      kind: 'public,private',
      cols: 'name,pupils',
    });
    expect(readState(query, ['kind', 'street'])).toEqual(state);
  });

  it('keeps two tables of a page apart', () => {
    const empty = { q: '', sort: '', filters: {}, columns: null };
    const query = writeState({ q: 'a' }, { ...empty, q: 'b' }, [], 'p.');
    expect(readState(query, []).q).toBe('a');
    expect(readState(query, [], 'p.').q).toBe('b');
    expect(writeState(query, empty, [], 'p.')).toEqual({ q: 'a' });
  });

  it('takes nonsense for nothing', () => {
    expect(readState({ kind: null, q: ['a', 'b'], sort: undefined }, ['kind'])).toEqual({
      q: 'a',
      sort: '',
      filters: {},
      columns: null,
    });
  });
});

describe('sorting', () => {
  const rows = [
    { id: '1', name: '三年级10班', n: 3 },
    { id: '2', name: '三年级2班', n: null },
    { id: '3', name: '一年级1班', n: 12 },
  ];
  const by = (key: 'name' | 'n', sort: string) =>
    sorted(rows, sort, (row) => row[key]).map(({ id }) => id);

  it('knows numbers inside names, and puts what is empty last both ways', () => {
    expect(by('name', 'name').indexOf('2')).toBeLessThan(by('name', 'name').indexOf('1'));
    expect(by('n', 'n')).toEqual(['1', '3', '2']);
    expect(by('n', '-n')).toEqual(['3', '1', '2']);
    expect(by('n', '')).toEqual(['1', '2', '3']);
  });

  it('goes up, down, and back', () => {
    expect(nextSort('', 'a')).toBe('a');
    expect(nextSort('a', 'a')).toBe('-a');
    expect(nextSort('-a', 'a')).toBe('');
    expect(nextSort('b', 'a')).toBe('a');
  });
});

it('draws only the rows in view', () => {
  expect(windowOf(10_000, 40, 0, 800)).toEqual([0, 32]);
  expect(windowOf(10_000, 40, 40_000, 800)).toEqual([988, 1032]);
  expect(windowOf(300, 40, 20_000, 800)[1]).toBe(300);
  expect(windowOf(0, 40, 0, 800)).toEqual([0, 0]);
});
