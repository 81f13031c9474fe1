// A teacher sees the own classes and nobody else's, whatever address is typed.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { open } from './world.js';
import type { World } from './world.js';

let world: World;
before(async () => {
  world = await open();
});
after(() => world.close());

test('a teacher of another school sees nothing', { timeout: 240_000 }, async () => {
  // What there is to see at the first school.
  const clerk = await world.desk();
  await world.logIn(clerk, 'clerk1');
  await clerk.getByRole('link', { name: '本校' }).click();
  await clerk.waitForURL(/\/desk\/schools\/\d+/);
  const school = new URL(clerk.url()).pathname;
  await clerk.locator('tbody tr.data .row-link').first().click();
  await clerk.waitForURL(/\/desk\/classes\/\d+/);
  const page = new URL(clerk.url()).pathname;
  await clerk.waitForSelector('tbody tr.data');
  const pupil = (await clerk.locator('tbody tr.data .row-link').first().getAttribute('href'))!;
  const name = (await clerk.locator('tbody tr.data td:nth-child(3)').first().textContent())!.trim();
  assert.ok(name.length >= 2, name);

  const teacher = await world.desk();
  await world.logIn(teacher, 'teacher2');
  for (const address of [school, page, pupil]) {
    await teacher.goto(address);
    await teacher.getByRole('alert').first().waitFor();
    assert.ok(!(await teacher.locator('main').textContent())!.includes(name), address);
  }
  await teacher.goto(`/desk/people?q=${encodeURIComponent(name)}`);
  await teacher.waitForTimeout(1000);
  const hrefs = await teacher
    .locator('tbody .row-link')
    .evaluateAll((links) => links.map((link) => link.getAttribute('href')));
  assert.ok(!hrefs.includes(pupil));

  // The rail offers only what a teacher may do.
  const rail = await teacher.locator('.desk-rail a').allTextContents();
  for (const hidden of ['名册导入', '权限', '操作记录']) {
    assert.ok(!rail.some((text) => text.includes(hidden)), hidden);
  }
  assert.deepEqual(world.faults, []);
});

test('nobody sees the desk without logging in, and a wrong password says so', async () => {
  const page = await world.desk();
  await page.goto('/desk/schools');
  await page.waitForURL(/\/login/);
  await page.getByLabel('用户名').fill('clerk1');
  await page.getByLabel('密码', { exact: true }).fill('wrong');
  await page.getByRole('button', { name: '登录', exact: true }).click();
  await page.getByRole('alert').waitFor();
  await page.getByLabel('密码', { exact: true }).fill('shuangjian-demo');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/desk\/schools/);
  assert.deepEqual(world.faults, []);
});
