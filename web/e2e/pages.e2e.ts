// Every page fits a phone of 360 px and passes axe, on the desk's screen too, by day and by night.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { ask, firstClass, fitsFinger, fitsWidth, isAccessible, joinFamily, open } from './world.js';
import type { World } from './world.js';

let world: World;
before(async () => {
  world = await open();
});
after(() => world.close());

async function shows(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await page.locator('h1').first().waitFor();
  await page.waitForLoadState('networkidle');
  await fitsWidth(page);
  await isAccessible(page);
}

const ANYBODY = ['/', '/j', '/j/ABCD2345', '/login', '/nowhere', '/rules', '/rules/AS-2H'];

test('what anybody may open, in three languages', { timeout: 240_000 }, async () => {
  const phone = await world.phone();
  for (const name of ['简体中文', '繁體中文', 'English']) {
    await phone.goto('/');
    await phone.getByRole('button', { name }).click();
    for (const address of ANYBODY) {
      await shows(phone, address);
      await fitsFinger(phone);
    }
  }
  // What was refused is said to people: no word of the logs.
  await phone.goto('/j/ABCD2345');
  assert.match((await phone.getByRole('alert').textContent())!, /There is no such code/);
  assert.doesNotMatch((await phone.getByRole('alert').textContent())!, /code:/);
  assert.deepEqual(world.faults, []);
});

test('every page of the desk', { timeout: 480_000 }, async () => {
  const desk = await world.desk();
  const phone = await world.phone();
  await world.logIn(desk, 'admin');
  await world.logIn(phone, 'admin');
  const id = await firstClass(desk);
  const { rows } = await ask<{ rows: { id: string; school_id: string }[] }>(
    desk,
    `/api/org/classes/${id}/pupils`,
  );
  const { school_id: school } = await ask<{ school_id: string }>(desk, `/api/org/classes/${id}`);
  const pages = [
    '/desk',
    '/desk/schools',
    `/desk/schools/${school}`,
    `/desk/schools/${school}?side=facts`,
    `/desk/classes/${id}`,
    `/desk/classes/${id}/teachers`,
    `/desk/classes/${id}/invitations`,
    `/desk/classes/${id}?side=pupil`,
    '/desk/people?q=李',
    `/desk/people/${rows[0]!.id}`,
    '/desk/imports',
    '/desk/imports/new',
    '/desk/print/invitations',
    `/desk/print/invitations?classes=${id}`,
    '/desk/queues/newcomers',
    '/desk/queues/leavers',
    '/desk/queues/merges',
    '/desk/calendar',
    '/desk/calendar/years',
    '/desk/rules',
    '/desk/rules?side=ST-HOLCLASS',
    '/desk/access',
    '/desk/access?side=grant',
    '/desk/access/accounts',
    '/desk/access/catalogue',
    '/desk/access/why',
    '/desk/audit',
    '/desk/me',
    '/password',
    '/desk/nowhere',
  ];
  for (const address of pages) {
    await shows(desk, address);
    await shows(phone, address);
  }
  await desk.emulateMedia({ colorScheme: 'dark' });
  for (const address of pages.slice(0, 5)) await shows(desk, address);
  assert.deepEqual(world.faults, []);
});

test('every page of a family, also dark and in large type', { timeout: 240_000 }, async () => {
  const clerk = await world.desk();
  await world.logIn(clerk, 'clerk1');
  const phone = await world.phone();
  const child = await joinFamily(world, clerk, phone, await firstClass(clerk));
  const pages = ['/my', `/my/${child.id}`, `/my/${child.id}?invite=1`, '/my/settings'];
  pages.push(`/my/${child.id}/looks`, `/my/${child.id}/requests`);
  for (const address of pages) {
    await shows(phone, address);
    await fitsFinger(phone);
  }
  await phone.goto('/my/settings');
  await phone.getByRole('switch').check();
  await phone.emulateMedia({ colorScheme: 'dark' });
  for (const address of pages) await shows(phone, address);
  assert.deepEqual(world.faults, []);
});
