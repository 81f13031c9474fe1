import { afterEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '../http';
import { setSession } from '../session';
import { mount, settle } from '../testing';
import DataTable from './DataTable.vue';
import type { Column, Filter } from './DataTable.vue';

interface School {
  id: string;
  name: string;
  kind: string;
  pupils: number;
}
const rows: School[] = [
  { id: '1', name: '实验小学', kind: 'public', pupils: 980 },
  { id: '2', name: '枫树山小学', kind: 'private', pupils: 1200 },
  { id: '3', name: '泰禹小学', kind: 'public', pupils: 40 },
];
const columns: Column<School>[] = [
  { key: 'name', title: '校名', value: (row) => row.name },
  {
    key: 'pupils',
    title: '学生',
    value: (row) => row.pupils,
    numeric: true,
    total: (all) => all.reduce((sum, row) => sum + row.pupils, 0),
  },
  { key: 'kind', title: '类型', value: (row) => row.kind, hidden: true },
];
const filters: Filter<School>[] = [
  {
    key: 'kind',
    title: '类型',
    options: [
      { value: 'public', title: '公办' },
      { value: 'private', title: '民办' },
    ],
    is: (row, value) => row.kind === value,
  },
];
const table = {
  name: '学校',
  table: 'schools',
  rows,
  columns,
  filters,
  complete: true,
  empty: '还没有学校',
};
const text = (row: School) => row.name;

let page: Awaited<ReturnType<typeof mount>>;
afterEach(() => page.unmount());
const names = () => page.texts('tbody tr.data td:first-child');

describe('a table', () => {
  it('sorts by its heads, and tells it in the address and to screen readers', async () => {
    page = await mount(DataTable, table);
    expect(names()).toEqual(['实验小学', '枫树山小学', '泰禹小学']);
    const pupils = () => page.all('thead button')[1]!;
    pupils().click();
    await settle();
    expect(names()).toEqual(['泰禹小学', '实验小学', '枫树山小学']);
    expect(page.router.currentRoute.value.query).toEqual({ sort: 'pupils' });
    expect(page.all('th')[1]!.getAttribute('aria-sort')).toBe('ascending');
    pupils().click();
    await settle();
    expect(names()).toEqual(['枫树山小学', '实验小学', '泰禹小学']);
  });

  it('begins as its address says, with filters shown as chips that can be taken off', async () => {
    page = await mount(DataTable, table, '/page?kind=public&sort=-pupils&cols=name,kind&side=9');
    expect(names()).toEqual(['实验小学', '泰禹小学']);
    expect(page.texts('thead th')).toEqual(['校名', '类型']);
    expect(page.texts('.chip')[0]).toContain('类型：公办');
    page.one('.chip').click();
    await settle();
    expect(names()).toHaveLength(3);
    expect(page.router.currentRoute.value.query).toEqual({
      sort: '-pupils',
      cols: 'name,kind',
      side: '9',
    });
  });

  it('searches while one types', async () => {
    page = await mount(DataTable, { ...table, search: '校名', text });
    const field = page.one('input[type=search]') as HTMLInputElement;
    field.value = '枫';
    field.dispatchEvent(new Event('input'));
    await new Promise((done) => setTimeout(done, 250));
    await settle();
    expect(names()).toEqual(['枫树山小学']);
    expect(page.router.currentRoute.value.query.q).toBe('枫');
  });

  it('sums what is shown, not what is hidden', async () => {
    page = await mount(DataTable, table, '/page?kind=public');
    expect(page.texts('tfoot td')).toEqual(['合计', '1020']);
  });

  it('selects rows and hands them to the bulk actions', async () => {
    page = await mount(DataTable, { ...table, selectable: true });
    const boxes = () => page.all('tbody input[type=checkbox]') as HTMLInputElement[];
    boxes()[1]!.click();
    await settle();
    expect(page.one('.table-bulk').textContent).toContain('已选 1 项');
    page.one('thead input').click();
    await settle();
    expect(boxes().every((box) => box.checked)).toBe(true);
  });

  it('says what will be here, or that nothing matches', async () => {
    page = await mount(DataTable, { ...table, rows: [] });
    expect(page.one('.table-empty').textContent).toContain('还没有学校');
    page.unmount();
    page = await mount(DataTable, { ...table, search: '校名', text }, '/page?q=无');
    expect(page.one('.table-empty').textContent).toContain('没有符合条件的');
    page.one('.table-empty button').click();
    await settle();
    expect(names()).toHaveLength(3);
  });

  it('shows a refusal with its number and a way to try again', async () => {
    const retry = vi.fn();
    const error = new ApiError(500, { title: '出错了', request: 'r-9' });
    page = await mount(DataTable, { ...table, rows: null, error, retry });
    expect(page.one('[role=alert]').textContent).toContain('r-9');
    page.one('[role=alert] button').click();
    expect(retry).toHaveBeenCalledTimes(1);
  });

  it('exports exactly what is shown, for whoever may export', async () => {
    page = await mount(DataTable, table);
    expect(page.all('.menu-do')).toEqual([]);
    page.unmount();
    const asked = vi.fn<(address: string, sent: { body: string }) => Promise<Response>>();
    asked.mockResolvedValue(new Response('bytes'));
    vi.stubGlobal('fetch', asked);
    vi.stubGlobal('URL', { createObjectURL: () => 'blob:1', revokeObjectURL: () => undefined });
    setSession({ permissions: ['org.export'], roles: [] } as never);
    page = await mount(DataTable, table, '/page?kind=public&sort=-pupils&cols=pupils,name');
    page.all('.menu-do')[1]!.click();
    await settle();
    setSession(null);
    vi.unstubAllGlobals();
    expect(asked.mock.calls[0]![0]).toBe('/api/org/sheets.csv');
    expect(JSON.parse(asked.mock.calls[0]![1].body)).toEqual({
      table: 'schools',
      name: '学校',
      columns: [
        { title: '校名', numeric: false },
        { title: '学生', numeric: true },
      ],
      rows: [
        ['实验小学', '980'],
        ['泰禹小学', '40'],
      ],
    });
  });

  it('draws a part of a long list only', async () => {
    const many = Array.from({ length: 5000 }, (_, n) => ({ ...rows[0]!, id: String(n) }));
    page = await mount(DataTable, { ...table, rows: many });
    expect(page.all('tbody tr.data').length).toBeLessThan(100);
    expect(page.one('.table-count').textContent).toContain('5,000');
  });
});
