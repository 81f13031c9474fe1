import { afterEach, expect, it, vi } from 'vitest';
import { defineComponent, h, ref } from 'vue';
import type { CalendarDay } from '@/kernel/api-types';
import { setServerNow } from '@/kernel/time';
import { mount, settle } from '@/kernel/testing';
import { plusDays, weekdayOf } from './calendar';
import type { Range } from './calendar';
import YearGrid from './YearGrid.vue';

const days: CalendarDay[] = Array.from({ length: 365 }, (_, n) => {
  const day = plusDays('2026-09-01', n);
  const weekday = weekdayOf(day);
  return {
    day,
    weekday,
    kind: weekday > 5 ? 'weekend' : 'school_day',
    name: '',
    provisional: day >= '2027',
    working: weekday < 6,
    lessons: weekday < 6,
    layer: day === '2026-10-15' ? 'school' : 'national',
    dismissal: [],
    ...(day === '2026-10-15' && { lessons: false, name: '运动会' }),
    ...(day < '2027-01-23' && { week: Math.floor(n / 7) + 1 }),
  };
});

let page: Awaited<ReturnType<typeof mount>>;
afterEach(() => page.unmount());

async function open() {
  setServerNow('2026-10-12T08:00:00+08:00');
  const chosen = ref<Range | null>(null);
  const settled = vi.fn<(range: Range) => void>();
  const holder = defineComponent({
    render: () =>
      h(YearGrid, {
        year: 2026,
        days,
        chosen: chosen.value,
        onChoose: (range: Range | null) => (chosen.value = range),
        onSettle: settled,
      }),
  });
  page = await mount(holder);
  return { chosen, settled };
}
const at = (day: string) => page.one(`[data-day="${day}"]`);
async function press(key: string, shiftKey = false): Promise<void> {
  document.activeElement?.dispatchEvent(
    new KeyboardEvent('keydown', { key, shiftKey, bubbles: true, cancelable: true }),
  );
  await settle();
}

it('shows twelve months, each day named, marked and known without its colour', async () => {
  await open();
  expect(page.all('.month')).toHaveLength(12);
  expect(at('2026-10-15').getAttribute('aria-label')).toContain('2026年10月15日 周四，活动 运动会');
  expect(at('2026-10-15').textContent).toBe('15活');
  expect(at('2027-01-05').getAttribute('aria-label')).toContain('放假安排未公布');
  expect(at('2026-10-12').getAttribute('aria-current')).toBe('date');
});

it('is one stop of the keyboard, and grows a range by shift and arrows', async () => {
  const { chosen, settled } = await open();
  expect(page.all('.day[tabindex="0"]').map((one) => one.dataset.day)).toEqual(['2026-10-12']);
  at('2026-10-12').focus();
  await press('ArrowDown');
  expect(document.activeElement).toBe(at('2026-10-19'));
  await press('ArrowRight', true);
  await press('ArrowRight', true);
  expect(chosen.value).toEqual({ from: '2026-10-19', to: '2026-10-21' });
  await press('ArrowLeft', true);
  expect(chosen.value).toEqual({ from: '2026-10-19', to: '2026-10-20' });
  await press('Enter');
  expect(settled).toHaveBeenCalledWith({ from: '2026-10-19', to: '2026-10-20' });
  await press('Escape');
  expect(chosen.value).toBeNull();
});

it('is chosen from by dragging, also backwards', async () => {
  const { chosen, settled } = await open();
  const mouse = (type: string) =>
    new MouseEvent(type, { bubbles: true, button: 0, clientX: 1, clientY: 1 });
  at('2026-10-16').dispatchEvent(mouse('pointerdown'));
  document.elementFromPoint = () => at('2026-10-14');
  window.dispatchEvent(mouse('pointermove'));
  window.dispatchEvent(mouse('pointerup'));
  await settle();
  expect(chosen.value).toEqual({ from: '2026-10-14', to: '2026-10-16' });
  expect(settled).toHaveBeenCalledTimes(1);
});
