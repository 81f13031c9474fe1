// Anybody looks up a rule and tries it; a clerk moves a sports day, sees what that moves, saves it
// and takes it back; the office takes in a year's days off.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { ask, fitsFinger, fitsWidth, isAccessible, open } from './world.js';
import type { World } from './world.js';

let world: World;
before(async () => {
  world = await open();
});
after(() => world.close());

test('a parent looks up a rule and tries it', { timeout: 240_000 }, async () => {
  const phone = await world.phone();
  await phone.goto('/');
  await phone.getByRole('link', { name: /现在执行哪些规定/ }).click();
  await phone.waitForURL(/\/rules$/);
  await phone.locator('.rule-card').first().waitFor();
  const all = await phone.locator('.rule-card').count();
  await world.picture(phone, 'phone-rules');

  // Whom it concerns, what it is about, and words: all of it in the address.
  await phone.getByRole('button', { name: '家长', exact: true }).click();
  await phone.getByRole('button', { name: '课后服务', exact: true }).click();
  await phone.getByRole('searchbox').fill('2小时');
  await phone.waitForURL(/for=family.*domain=after_school.*q=2/);
  const card = phone.locator('.rule-card', { hasText: '课后服务每天不少于120分钟' });
  await card.waitFor();
  assert.ok((await phone.locator('.rule-card').count()) < all);
  await isAccessible(phone);

  await card.getByRole('link').click();
  await phone.waitForURL(/\/rules\/AS-2H/);
  await phone.getByRole('heading', { name: '课后服务每天至少2小时' }).waitFor();
  await phone.getByLabel('课后服务开始时间').fill('16:30');
  await phone.getByLabel('课后服务结束时间').fill('18:00');
  await phone.getByLabel('年级').fill('3');
  await phone.getByRole('button', { name: '判断' }).click();
  const verdict = phone.locator('.ruling');
  await verdict.waitFor();
  assert.match((await verdict.textContent())!, /不符合.*120分钟.*实际90分钟.*依据.*新闻发布会/);
  await world.picture(phone, 'phone-rule');
  // What stands in the form is no longer what was judged.
  await phone.getByLabel('课后服务结束时间').fill('18:30');
  await verdict.waitFor({ state: 'detached' });
  await phone.getByRole('button', { name: '判断' }).click();
  await phone.locator('.ruling-pass').waitFor();
  await fitsWidth(phone);
  await fitsFinger(phone);
  await isAccessible(phone);

  // A rule that is broken says which clause; what is missing is said, and never guessed.
  await phone.goto('/rules/ST-HOLCLASS');
  await phone.getByText('是', { exact: true }).first().click();
  await phone.getByLabel('年级').fill('3');
  await phone.getByRole('button', { name: '判断' }).click();
  await phone.locator('.ruling-unknown', { hasText: '日期类别' }).waitFor();
  await phone.getByLabel('日期类别').selectOption('weekend');
  await phone.getByRole('button', { name: '判断' }).click();
  await phone.locator('.ruling-fail', { hasText: '第三十三条' }).waitFor();

  // On an earlier day less was in force, and it is said since when.
  await phone.goto('/rules?on=2019-03-01&for=teacher');
  await phone.locator('.rule-card.idle', { hasText: '这一天还没有这条规定' }).first().waitFor();
  await phone.getByRole('button', { name: 'English' }).click();
  await phone.getByRole('heading', { name: 'Rules' }).waitFor();
  await fitsWidth(phone);
  await isAccessible(phone);
  assert.deepEqual(world.faults, []);
});

test('the desk has the same rules as a table', { timeout: 240_000 }, async () => {
  const desk = await world.desk();
  await world.logIn(desk, 'teacher1');
  await desk.getByRole('link', { name: '规则', exact: true }).click();
  await desk.locator('tbody tr.data').first().waitFor();
  await desk.getByRole('searchbox').fill('补课');
  await desk.waitForURL(/q=/);
  await desk.locator('.row-link', { hasText: '不得在节假日' }).click();
  const panel = desk.locator('.side-panel');
  await panel.getByText('集体上课只能安排在上课日').first().waitFor();
  await isAccessible(desk);
  await world.picture(desk, 'desk-rules');
  await panel.getByRole('button', { name: '试这个例子' }).first().click();
  await panel.locator('.ruling-fail').waitFor();
  assert.deepEqual(world.faults, []);
});

const day = (page: Page, iso: string) => page.locator(`[data-day="${iso}"]`);

async function drag(page: Page, from: string, to: string): Promise<void> {
  const start = (await day(page, from).boundingBox())!;
  const end = (await day(page, to).boundingBox())!;
  await page.mouse.move(start.x + 8, start.y + 8);
  await page.mouse.down();
  await page.mouse.move(end.x + 8, end.y + 8, { steps: 6 });
  await page.mouse.up();
  await page.locator('.side-panel').waitFor();
}

/** Saves once the preview is there. */
async function save(page: Page, verb = '保存'): Promise<void> {
  const button = page.locator('.side-foot').getByRole('button', { name: verb });
  await page.locator('.change:not(.stale)').waitFor();
  await button.click();
  await page.locator('.side-panel').waitFor({ state: 'detached' });
}

test('a clerk moves the sports day', { timeout: 240_000 }, async () => {
  const desk = await world.desk();
  await world.logIn(desk, 'clerk1');
  await desk.getByRole('link', { name: '校历', exact: true }).click();
  await day(desk, '2026-10-15').waitFor();
  assert.match((await desk.locator('.calendar-banner').textContent())!, /2027/);
  await isAccessible(desk);

  await drag(desk, '2026-10-15', '2026-10-16');
  await desk.locator('.entry-kinds').getByText('活动', { exact: true }).click();
  await desk.getByLabel('名称').fill('运动会');
  await desk.locator('.change', { hasText: '活动 运动会' }).waitFor();
  await isAccessible(desk);
  await save(desk);
  const entry = desk.locator('.entries li', { hasText: '运动会' });
  await entry.getByText('10月15日 周四至10月16日 周五').waitFor();
  assert.match((await day(desk, '2026-10-15').getAttribute('aria-label'))!, /活动 运动会/);

  // It rains: a week later. What moves is told before anything has.
  await entry.getByRole('button', { name: '修改 运动会' }).click();
  const panel = desk.locator('.side-panel');
  await panel.getByLabel('从', { exact: true }).fill('2026-10-22');
  await panel.getByLabel('到（含当天）').fill('2026-10-23');
  const rows = panel.locator('.change-table tbody tr');
  await rows.filter({ hasText: '10月22日' }).waitFor();
  assert.match((await rows.nth(0).textContent())!, /10月15日.*活动 运动会.*上课/);
  assert.match((await rows.nth(1).textContent())!, /10月22日.*上课.*活动 运动会/);
  await world.picture(desk, 'desk-calendar-change');
  await save(desk);
  await entry.getByText('10月22日 周四至10月23日 周五').waitFor();
  assert.match((await day(desk, '2026-10-15').getAttribute('aria-label'))!, /周四，上课，第7周/);
  await world.picture(desk, 'desk-calendar');

  // Back again with the toast, and gone with its own button.
  await desk.locator('.toast').last().getByRole('button', { name: '撤销' }).click();
  await entry.getByText('10月15日 周四至10月16日 周五').waitFor();
  await entry.getByRole('button', { name: '撤销 运动会' }).click();
  await save(desk, '撤销这项安排');
  await entry.waitFor({ state: 'detached' });

  // No lessons on the national day: refused with its rule, before one could save it.
  await drag(desk, '2026-10-02', '2026-10-02');
  await desk.locator('.entry-kinds').getByText('上课', { exact: true }).click();
  await desk.locator('.change', { hasText: '规则不允许' }).waitFor();
  assert.match((await desk.locator('.change-rules').textContent())!, /第三十三条/);
  assert.ok(await desk.locator('.side-foot').getByRole('button', { name: '保存' }).isDisabled());
  await desk.keyboard.press('Escape');

  const file = desk.waitForEvent('download');
  await desk.getByRole('button', { name: '下载日历' }).click();
  const ics = readFileSync((await (await file).path())!, 'utf8');
  assert.match(ics, /^BEGIN:VCALENDAR\r\n/);
  assert.match(ics, /国庆节/);
  assert.deepEqual(world.faults, []);
});

test('days are chosen by keyboard and by touch', { timeout: 240_000 }, async () => {
  const desk = await world.desk();
  await world.logIn(desk, 'clerk2');
  await desk.goto('/desk/calendar');
  await day(desk, '2026-10-12').waitFor();
  await day(desk, '2026-10-12').focus();
  await desk.keyboard.press('ArrowDown');
  await desk.keyboard.press('Shift+ArrowRight');
  await desk.keyboard.press('Shift+ArrowRight');
  await desk.locator('.choice-bar', { hasText: '10月19日 周一至10月21日 周三，3天' }).waitFor();
  await desk.keyboard.press('Enter');
  await desk.locator('.side-panel', { hasText: '10月19日 周一至10月21日 周三' }).waitFor();
  await desk.keyboard.press('Escape');

  const phone = await world.phone();
  await world.logIn(phone, 'clerk2');
  await phone.goto('/desk/calendar');
  await day(phone, '2026-11-10').tap();
  await day(phone, '2026-11-12').tap();
  await phone.locator('.choice-bar', { hasText: '3天' }).waitFor();
  await fitsWidth(phone);
  await phone.getByRole('button', { name: '安排这几天' }).tap();
  await phone.locator('.entry-kinds').getByText('半天', { exact: true }).tap();
  await phone.locator('.change', { hasText: '12:00放学' }).waitFor();
  await fitsWidth(phone);
  await save(phone);
  const dot = day(phone, '2026-11-11');
  assert.match((await dot.getAttribute('aria-label'))!, /半天 12:00放学/);

  // A teacher reads it and changes nothing.
  const teacher = await world.desk();
  await world.logIn(teacher, 'teacher2');
  await teacher.goto('/desk/calendar');
  await teacher.getByText('您可以查看这份校历').waitFor();
  assert.equal(await teacher.getByRole('button', { name: '修改 ' }).count(), 0);
  assert.deepEqual(world.faults, []);
});

test('the office takes in a year of days off', { timeout: 240_000 }, async () => {
  const desk = await world.desk();
  await world.logIn(desk, 'office');
  await desk.goto('/desk/calendar');
  await desk.getByRole('link', { name: '导入年度节假日' }).click();
  await desk
    .locator('textarea')
    .fill(
      [
        'date,type,holiday,is_statutory_day',
        '2027-01-01,off,元旦,1',
        '2027-01-02,off,元旦,0',
        '2027-01-03,off,元旦,0',
      ].join('\n'),
    );
  assert.equal(await desk.getByLabel('年份').inputValue(), '2027');
  await desk.getByLabel('依据的文件').fill('放假安排的通知（演示）');
  await desk.getByRole('button', { name: '看看有什么不同' }).click();
  await desk.getByRole('heading', { name: '2027年：3天不同' }).waitFor();
  await isAccessible(desk);
  await world.picture(desk, 'desk-calendar-year');
  const before = await ask<{ provisional_years: number[] }>(desk, '/api/policy/calendar');
  assert.deepEqual(before.provisional_years, [2027]);
  await desk.getByRole('button', { name: '写入全区校历' }).click();
  await desk.locator('.lines li', { hasText: '2027' }).getByText('本区导入').waitFor();
  await desk.goto('/desk/calendar');
  await day(desk, '2027-01-01').waitFor();
  assert.match((await day(desk, '2027-01-01').getAttribute('aria-label'))!, /放假 元旦/);
  assert.equal(await desk.locator('.calendar-banner').count(), 0);
  assert.deepEqual(world.faults, []);
});
